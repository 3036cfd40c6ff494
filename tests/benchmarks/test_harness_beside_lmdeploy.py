"""The turns of benchmarks/harness_beside_lmdeploy.py, and its table; what the sides do needs an engine."""

import time

import pytest

from benchmarks.harness_beside_lmdeploy import NAMES, Run, Sides, table, take_turns
from helpers.models import EMBEDDED


def test_every_side_is_warmed_up_and_has_every_place_in_the_order():
    asked = []
    runs = take_turns({name: lambda name=name: asked.append(name) or 7 for name in 'abc'}, 3, 7)
    assert {name: len(found) for name, found in runs.items()} == {'a': 3, 'b': 3, 'c': 3}
    assert ''.join(asked) == 'abc' + 'bca' + 'cab' + 'abc'


def test_a_side_that_makes_other_tokens_is_refused():
    with pytest.raises(RuntimeError, match='b made 8 tokens, not 7'):
        take_turns({'a': lambda: 7, 'b': lambda: 8}, 3, 7)


def test_processor_time_is_that_of_the_whole_process():
    def busy():
        until = time.process_time() + 0.05
        while time.process_time() < until:
            pass
        return 7

    (found,) = take_turns({'a': busy}, 1, 7)['a']
    assert 0.05 <= found.cpu_s < 0.5
    assert found.time_s > 0.04


def test_the_table_has_ratios_of_the_same_turn_and_the_median():
    base = [Run(1.0, 0.5, 1000), Run(2.0, 0.5, 1000), Run(4.0, 0.5, 1000)]
    other = [Run(0.5, 0.4, 1000), Run(2.0, 0.1, 1000), Run(1.0, 0.3, 1000)]
    lines = table({'stream': base, 'pipeline': other}).splitlines()
    assert lines[1].split() == ['stream', '1.000', '(1.000', 'to', '1.000)', '500']
    assert lines[2].split() == ['pipeline', '2.000', '(1.000', 'to', '4.000)', '300']


@pytest.mark.slow
def test_all_sides_make_the_same_number_of_tokens():
    sides = Sides(EMBEDDED / 'tiny-chat', 'bfloat16', 2, 4, 6)
    try:
        assert {name: getattr(sides, name)() for name in NAMES} == dict.fromkeys(NAMES, 24)
    finally:
        sides.engine.close()
