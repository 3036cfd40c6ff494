"""Engines in turns: who is started, measured and closed when; and which factor is a difference."""

import itertools

import pytest

from lessons.serving.figures import LoadMeasurement, RequestTiming
from lessons.speed import NO_DIFFERENCE, measure_in_turns, versus


class Diary:
    def __init__(self, broken=None):
        self.did, self.broken = [], broken

    def start(self, name):
        self.did.append(f'start {name}')
        return type('Engine', (), {'close': lambda _: self.did.append(f'close {name}')})()

    def measure(self, name, engine):
        if name == self.broken:
            raise RuntimeError('it broke')
        self.did.append(name)
        return LoadMeasurement(1, 1.0, 0.0, (RequestTiming(1, len(self.did), 0.0, 0.1, 1.0),), ())

    def run(self, **options):
        return measure_in_turns({name: lambda name=name: self.start(name) for name in 'AB'}, self.measure, **options)


def test_each_round_starts_warms_up_measures_and_closes_each():
    diary = Diary()
    found = diary.run(rounds=2)
    assert diary.did == 2 * ['start A', 'A', 'A', 'close A', 'start B', 'B', 'B', 'close B']
    assert {name: len(repeats.runs) for name, repeats in found.items()} == {'A': 2, 'B': 2}


def test_engines_that_stay_open_warm_up_once_and_close_at_the_end():
    diary = Diary()
    found = diary.run(rounds=2, keep_open=True)
    assert diary.did == ['start A', 'A', 'A', 'start B', 'B', 'B', 'A', 'B', 'close A', 'close B']
    assert found['A'].speeds == [3, 7], 'the warm-up does not count'


@pytest.mark.parametrize('keep_open', [True, False])
def test_what_is_open_is_closed_after_an_error(keep_open):
    diary = Diary(broken='B')
    with pytest.raises(RuntimeError, match='it broke'):
        diary.run(keep_open=keep_open)
    assert sorted(line for line in diary.did if 'close' in line) == ['close A', 'close B']


def test_what_takes_long_gets_fewer_rounds_and_two_at_least(monkeypatch, capsys):
    monkeypatch.setattr('lessons.speed.turns.time.perf_counter', itertools.count(step=10).__next__)  # a round: 10 s
    for within_s, rounds in ((50, 5), (49, 4), (5, 2)):
        diary = Diary()
        found = diary.run(rounds=5, within_s=within_s)
        assert {len(repeats.runs) for repeats in found.values()} == {rounds}
        assert diary.did.count('start A') == diary.did.count('close A') == rounds
    assert capsys.readouterr().out == '4 of 5 rounds: one takes 10 s here\n2 of 5 rounds: one takes 10 s here\n'


def test_no_round_is_no_measurement():
    with pytest.raises(ValueError, match='at least 1'):
        Diary().run(rounds=0)


@pytest.mark.parametrize(
    ('speeds', 'base', 'said'),
    [
        ([30, 20, 40], [10, 15, 19], '2.00 times as fast'),
        ([5, 4], [10, 15, 19], '0.30 times as fast'),
        ([19, 40], [10, 15, 19], NO_DIFFERENCE),
        ([15], [10, 15, 19], NO_DIFFERENCE),
    ],
)
def test_a_factor_inside_the_spread_is_none(speeds, base, said):
    assert versus(speeds, base) == said
