"""Ways timed in turns, and factors that are told from noise."""

import itertools

import pytest

from lessons import timing
from lessons.timing import Comparison, compare, fitting, in_turns


def test_ways_are_run_in_turns_and_the_first_round_is_not_counted():
    order = []
    seconds = in_turns(lambda: order.append('a'), lambda: order.append('b'), repeats=3)
    assert order == ['a', 'b'] * 4
    assert [len(taken) for taken in seconds] == [3, 3]
    assert all(s >= 0 for taken in seconds for s in taken)


def test_a_factor_outside_of_the_spread_is_seen():
    faster = compare([4.0, 4.4, 4.2], [2.0, 2.1, 2.2])
    assert (faster.times, faster.low, faster.high) == (2.0, 4.0 / 2.2, 2.2)
    assert faster.seen
    assert str(faster) == '2.0 times (1.8 to 2.2 in 3 runs)'
    assert compare([2.0, 2.1], [4.0, 4.4]).seen, 'slower is a difference too'


def test_a_factor_inside_of_the_spread_is_no_difference():
    same = compare([1.0, 2.0, 3.0], [1.5, 1.9, 2.5])
    assert not same.seen
    assert str(same) == 'no difference seen (0.4 to 2.0 in 3 runs)'
    assert not Comparison(1.0, 1.0, 1.0, 5).seen


@pytest.mark.parametrize(
    ('one_s', 'taken'),
    [(0, 9), (1.0, 9), (10 / 9, 9), (1.2, 8), (2.5, 4), (5.0, 3), (100.0, 3)],
    ids=lambda value: f'{value:.3g}',
)
def test_what_does_not_fit_into_the_seconds_is_left_out_and_said(one_s, taken, capsys):
    assert fitting('turns', one_s, 10, most=9, least=3) == taken
    said = capsys.readouterr().out
    assert said == ('' if taken == 9 else f'{taken} of 9 turns: one takes {one_s:.2g} s here\n')


@pytest.mark.parametrize(
    ('one_s', 'within_s', 'least', 'most'),
    [(1, 10, 0, 9), (1, 10, 4, 3), (-1, 10, 1, 9), (float('nan'), 10, 1, 9), (1, 0, 1, 9)],
)
def test_a_budget_that_makes_no_sense_is_an_error_that_names_it(one_s, within_s, least, most):
    with pytest.raises(ValueError, match='turns: '):
        fitting('turns', one_s, within_s, least=least, most=most)


def test_slow_ways_get_fewer_rounds_and_two_at_least(monkeypatch, capsys):
    def rounds_of(way_s, repeats=5):
        clock = itertools.count(step=way_s)  # each look at it is a way's seconds later
        monkeypatch.setattr(timing.time, 'perf_counter', lambda: next(clock))
        seconds = in_turns(lambda: None, lambda: None, repeats=repeats, within_s=60)
        assert {s for taken in seconds for s in taken} == {way_s}
        (rounds,) = {len(taken) for taken in seconds}
        return rounds

    assert rounds_of(6) == 5
    assert capsys.readouterr().out == ''
    assert rounds_of(10) == 3
    assert capsys.readouterr().out == '3 of 5 rounds: one takes 20 s here\n'
    assert rounds_of(100) == 2
    assert rounds_of(100, repeats=1) == 1
