"""Requests at a rate: when they come, and from when an answer's times count."""

import itertools
import json
import statistics

import openai
import pytest
from clock_support import FIRST_S, STEP_S, clock

from lessons.serving.figures import RequestTiming
from lessons.speed.rates import arrival_times, measure_rate, most_at_once

__all__ = ['clock']  # the fixture: a server that sends by the clock


def test_times_of_a_poisson_process():
    times_s = arrival_times(50, 200, seed=1)
    gaps_s = [b - a for a, b in itertools.pairwise(times_s)]
    assert times_s[0] == 0
    assert times_s == sorted(times_s)
    assert times_s[-1] < 200
    assert len(times_s) == pytest.approx(10_000, rel=0.05)
    assert statistics.mean(gaps_s) == pytest.approx(1 / 50, rel=0.05)
    assert statistics.stdev(gaps_s) == pytest.approx(1 / 50, rel=0.05)  # even times would have none
    assert arrival_times(50, 200, seed=1) == times_s
    assert arrival_times(50, 200, seed=2) != times_s
    assert arrival_times(0.001, 1, seed=1) == [0.0]


def test_how_many_at_once():
    def answer(start_s, end_s):
        return RequestTiming(1, 2, start_s, start_s, end_s)

    assert most_at_once([answer(0, 3), answer(1, 2), answer(1.5, 4), answer(3.5, 5)]) == 3
    assert most_at_once([answer(0, 1), answer(1, 2)]) == 1


def test_an_open_loop_does_not_wait_for_answers(clock):
    """8 answers a second, each of 0.5 s: together they take little longer than they come."""
    m = measure_rate(clock.client, requests_per_s=8, duration_s=1.5, output_tokens=5, seed=3, top_p=0.5)
    due_s = arrival_times(8, 1.5, seed=3)
    begin_s = min(t.start_s for t in m.timings)
    assert sorted(t.start_s - begin_s for t in m.timings) == pytest.approx(due_s)  # not when it was really sent
    assert m.requests == len(due_s) == len(clock.bodies) > 5
    one_s = FIRST_S + 4 * STEP_S
    assert due_s[-1] + one_s <= m.wall_time_s < due_s[-1] + 3 * one_s < m.requests * one_s
    assert 1 < m.clients == most_at_once(m.timings) <= clock.most + 1
    for body in clock.bodies:
        assert (body['max_tokens'], body['ignore_eos'], body['top_p']) == (5, True, 0.5)
    for t in m.timings:
        assert FIRST_S <= t.ttft_s < FIRST_S + 0.5
    row = m.row()
    assert json.loads(json.dumps(row)) == row
    assert (row['requests_per_s'], row['requests'], row['most_at_once']) == (8, m.requests, m.clients)
    assert 'clients' not in row
    assert str(m).startswith('8 requests/s')


def test_prompts_in_turn_and_failures_counted(clock):
    m = measure_rate(clock.client, requests_per_s=20, duration_s=0.4, prompts=['a', 'fail'], output_tokens=2)
    asked = [b['messages'][0]['content'] for b in clock.bodies]
    assert abs(asked.count('a') - asked.count('fail')) <= 1
    assert (m.requests, m.failed_requests) == (asked.count('a'), asked.count('fail'))


@pytest.mark.parametrize(
    ('wrong', 'said'),
    [
        ({'requests_per_s': 0}, 'requests_per_s must be above 0, not 0'),
        ({'duration_s': -1}, 'duration_s must be above 0, not -1'),
        ({'requests_per_s': float('nan')}, 'above 0, not nan'),
        ({'prompts': []}, 'prompts: at least one'),
        ({'output_tokens': 0}, 'output_tokens: at least one'),
    ],
)
def test_nothing_to_measure(wrong, said):
    nobody = openai.OpenAI(base_url='http://127.0.0.1:9/v1', api_key='the-key')
    with pytest.raises(ValueError, match=said):
        measure_rate(nobody, **{'requests_per_s': 1} | wrong)
