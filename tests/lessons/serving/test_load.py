"""The definitions, on streams whose times are known, and the clients against a server that sends by the clock."""

import asyncio
import itertools
import json
import os
import signal
import subprocess
import sys

import openai
import pytest
from clock_support import DONE, FIRST_S, STEP_S, clock, event
from lmdeploy.profiler import Profiler, Session
from patience import PATIENCE_S, wait_until

from lessons.serving.figures import LoadMeasurement, Repeats, RequestTiming, Spread, repeated
from lessons.serving.load import measure_clients
from lessons.serving.replies import Reply

__all__ = ['clock']  # the fixture: a server that sends by the clock


def timing(*pieces, wanted=4, start_s=10.0) -> RequestTiming:
    return Reply(start_s, list(pieces)).timing(wanted)


# ---------------------------------------------------------------- definitions


def test_ttft_and_tpot_by_hand():
    t = timing(
        (11.0, event('a', ids=[5])),
        (11.5, event('b', ids=[6])),
        (12.0, event('c', ids=[7])),
        (13.0, event('d', ids=[8]) + event('', ids=[], finish='length') + event(usage=4) + DONE),
    )
    assert t == RequestTiming(14, 4, 10.0, 11.0, 13.0, 1, (0.5, 0.5, 1.0))
    assert (t.ttft_s, t.tpot_s, t.latency_s) == (1.0, 2 / 3, 3.0)


def test_tokens_are_those_of_the_usage_not_pieces_or_characters():
    t = timing((11.0, event('a long piece of text')), (12.0, event('!', finish='length') + event(usage=9)), wanted=9)
    assert (t.output_tokens, t.first_tokens) == (9, 1)
    assert t.tpot_s == 1 / 8


def test_several_tokens_may_come_first():
    t = timing((11.0, event('ab', ids=[5, 6, 7])), (12.0, event('d', ids=[8], finish='length') + event(usage=4)))
    assert (t.first_tokens, t.tpot_s) == (3, 1.0)


def test_a_token_without_text_is_a_token():
    """Half a character has no text yet; LMDeploy sends its number."""
    t = timing((11.0, event('', ids=[200])), (12.0, event('好', ids=[201], finish='length') + event(usage=4)))
    assert t.first_s == 11.0


def test_vllm_names_the_numbers_token_ids():
    first = event('', ids=[200, 201]).replace(b'output_ids', b'token_ids')
    t = timing((11.0, first), (12.0, event('d', finish='length') + event(usage=4)))
    assert (t.first_s, t.first_tokens) == (11.0, 2)


def test_a_beginning_without_a_token_is_not_the_first_token():
    t = timing(
        (10.5, event('', role='assistant')), (11.0, event('a')), (12.0, event('', finish='stop') + event(usage=4))
    )
    assert t.first_s == 11.0


def test_an_answer_in_one_piece():
    t = timing((12.0, event('abcd', ids=[1, 2, 3, 4], finish='length') + event(usage=4)))
    assert (t.ttft_s, t.tpot_s) == (2.0, 0.5)


def test_events_may_be_cut_anywhere():
    whole = event('好', ids=[5]) + event('b', ids=[6, 7, 8], finish='length') + event(usage=4) + DONE
    for size in (1, 7, 50):
        parts = [(11.0 + i, whole[at : at + size]) for i, at in enumerate(range(0, len(whole), size))]
        first = 11.0 + (whole.index(b'\n') // size)  # the piece that ends the first line
        assert timing(*parts).first_s == first


@pytest.mark.parametrize(
    ('pieces', 'said'),
    [
        ([event('a', ids=[5]), event('b', ids=[6], finish='stop') + event(usage=2)], 'of 2 tokens, not 4'),
        ([event('a', ids=[5])], 'ended before the answer'),
        ([], 'ended before the answer'),
        ([event(usage=4)], 'ended before the answer'),
        ([event('a', ids=[5]), b'data: {"error": {"message": "engine stopped"}}\n\n'], 'engine stopped'),
        ([event('a', ids=[5]), b'data: {"err\n\n'], 'Unterminated'),
    ],
)
def test_what_is_no_whole_answer_does_not_count(pieces, said):
    with pytest.raises(ValueError, match=said):
        timing(*((11.0 + i, piece) for i, piece in enumerate(pieces)))


TIMINGS = (
    RequestTiming(14, 8, 0.0, 0.5, 1.875, 1, (0.25, 0.125, 0.5, 0.25, 0.125, 0.0, 0.125)),
    RequestTiming(20, 8, 0.1, 1.0, 2.0, 2, (0.5, 0.25, 0.125, 0.125)),  # several tokens in a piece
    RequestTiming(14, 8, 1.9, 2.0, 3.0, 1, (0.125,) * 6 + (0.25,)),
    RequestTiming(15, 8, 2.0, 3.0, 3.0, 8),
)


def test_agrees_with_the_profiler_of_lmdeploy():
    ours = LoadMeasurement(2, 3.5, 0.1, TIMINGS, ())
    theirs = Profiler(stream_output=True, percentages=[50, 95, 99])
    for t in TIMINGS:
        session: Session = theirs.new_session(t.input_tokens, t.output_tokens)
        session.ts = [t.start_s, *itertools.accumulate(t.itls_s, initial=t.first_s)]
        session.ns = [0, *[t.first_tokens] * len(t.itls_s), t.output_tokens]
        session.finish(Session.SUCCESS)
    theirs.elapsed_time = 3.5
    theirs.compute_metrics()
    assert (ours.requests, ours.input_tokens, ours.output_tokens) == (4, theirs.total_input, theirs.total_output)
    assert ours.output_tokens_per_s == theirs.output_throughput
    assert ours.input_tokens_per_s == theirs.input_throughput
    assert ours.requests_per_s == theirs.rps
    for mine, mean, spread in (
        (ours.ttft, theirs.ttft_mean, theirs.ttft_stat),
        (ours.tpot, theirs.tpot_mean, theirs.tpot_stat),
        (ours.itl, theirs.itls_mean, theirs.itls_stat),
        (ours.latency, theirs.e2e_mean, theirs.e2e_stat),
    ):
        assert mine == Spread(mean, *spread)


def test_what_one_client_sees():
    ours = LoadMeasurement(2, 3.5, 0.1, TIMINGS, ('HTTP 503',))
    assert ours.client_tokens_per_s == pytest.approx((8 / 1.875 + 8 / 1.9 + 8 / 1.1 + 8 / 1.0) / 4)
    assert ours.failed_requests == 1
    assert '1 failed' in str(ours)
    row = ours.row()
    assert json.loads(json.dumps(row)) == row
    assert row['ttft_p95_s'] == round(ours.ttft.p95_s, 4)
    for times in ('ttft', 'tpot', 'itl', 'latency'):
        assert {f'{times}_{figure}_s' for figure in ('mean', 'p50', 'p95', 'p99')} <= row.keys()
    assert row['completed_per_s'] == round(4 / 3.5, 3)


def test_answers_in_one_piece_have_no_gaps():
    ours = LoadMeasurement(1, 3.5, 0.1, TIMINGS[-1:], ())
    assert ours.row()['itl_p95_s'] is None
    assert json.loads(json.dumps(ours.row(), allow_nan=False))


# ---------------------------------------------------------------- the same again


def load(wall_time_s, errors=()):
    return LoadMeasurement(2, wall_time_s, 0.1, TIMINGS, errors)


def test_repeats_show_their_spread():
    left = iter([load(100.0), load(4.0), load(2.0), load(8.0)])  # the first warms up
    found = repeated(lambda: next(left))
    assert [run.wall_time_s for run in found.runs] == [4.0, 2.0, 8.0]
    assert (found.median.wall_time_s, found.slowest_tokens_per_s, found.fastest_tokens_per_s) == (4.0, 4.0, 16.0)
    row = found.row()
    assert (row['output_tokens_per_s'], row['output_tokens_per_s_min'], row['output_tokens_per_s_max']) == (8, 4, 16)
    assert row['repeats'] == 3
    assert str(found).endswith('(median of 3: 4.0 to 16.0)')
    assert Repeats((load(4.0), load(2.0))).median.wall_time_s == 4.0
    with pytest.raises(ValueError, match='at least 1, not 0'):
        repeated(lambda: load(1.0), repeats=0)


@pytest.mark.parametrize('how', ['raised', 'partial'])
def test_ctrl_c_gives_the_repeats_there_are(how):
    calls = []

    def measure():
        calls.append(1)
        if len(calls) < stops_at:
            return load(len(calls))
        if how == 'raised':
            raise KeyboardInterrupt
        return load(1.0, ('interrupted',))

    stops_at = 4
    assert [run.wall_time_s for run in repeated(measure).runs] == [2, 3]
    calls.clear()
    stops_at = 1  # while warming up
    with pytest.raises(KeyboardInterrupt):
        repeated(measure)


# ---------------------------------------------------------------- against a server that sends by the clock


def test_the_clock_is_read_right(clock):
    m = measure_clients(clock.client, clients=3, requests_per_client=2, output_tokens=9)
    assert (m.requests, m.failed_requests, m.input_tokens, m.output_tokens) == (6, 0, 6 * 14, 6 * 9)
    seen_s = [*sorted(t.first_s for t in m.timings), *sorted(t.end_s for t in m.timings)]
    sent_s = [*sorted(first_s for first_s, _ in clock.sent), *sorted(last_s for _, last_s in clock.sent)]
    late_s = [seen - sent for seen, sent in zip(seen_s, sent_s, strict=True)]
    assert 0 <= min(late_s) < 0.2  # one clock for both; a busy machine may see any of them later
    one = FIRST_S + 8 * STEP_S
    for t in m.timings:
        assert t.ttft_s >= FIRST_S
        assert t.latency_s >= one
        assert t.tpot_s == pytest.approx((t.end_s - t.first_s) / 8)
        assert t.latency_s == pytest.approx(t.ttft_s + 8 * t.tpot_s)
    assert m.wall_time_s >= 2 * one  # two answers one after the other; that three clients are at once, `most` says
    assert m.output_tokens_per_s == pytest.approx(54 / m.wall_time_s)
    assert clock.most == 3
    assert 0 < m.client_cpu_s < m.wall_time_s  # it waits


def test_what_is_asked(clock):
    measure_clients(clock.client, clients=2, requests_per_client=2, output_tokens=3, prompts=['a', 'b', 'c'], top_p=0.5)
    assert sorted(b['messages'][0]['content'] for b in clock.bodies) == ['a', 'a', 'b', 'c']
    for body in clock.bodies:
        assert body['model'] == 'the-model'
        assert (body['max_tokens'], body['ignore_eos'], body['temperature'], body['top_p']) == (3, True, 0.0, 0.5)
        assert body['stream_options'] == {'include_usage': True}
    assert clock.keys == {'Bearer the-key'}


def test_failed_requests_are_counted_and_their_tokens_are_not(clock):
    m = measure_clients(clock.client, clients=3, output_tokens=4, prompts=['good', 'fail', 'short'])
    assert (m.requests, m.output_tokens) == (1, 4)
    assert sorted(e[:12] for e in m.errors) == ['HTTP 503: <!', 'an answer of']


def test_when_all_fail_the_reason_is_said(clock):
    with pytest.raises(RuntimeError, match=r'none of 2 requests .* HTTP 503'):
        measure_clients(clock.client, clients=2, output_tokens=4, prompts='fail')
    nobody = openai.OpenAI(base_url='http://127.0.0.1:9/v1', api_key='the-key')
    with pytest.raises(RuntimeError, match='Cannot connect') as caught:
        measure_clients(nobody, output_tokens=4, model='m')
    assert 'the-key' not in str(caught.value)
    with pytest.raises(RuntimeError, match='Timeout'):
        measure_clients(clock.client, output_tokens=100, timeout_s=0.5)


@pytest.mark.parametrize('name', ['clients', 'output_tokens', 'requests_per_client'])
def test_nothing_to_measure(clock, name):
    with pytest.raises(ValueError, match=f'{name}: at least one'):
        measure_clients(clock.client, **{name: 0})
    with pytest.raises(ValueError, match='prompts: at least one'):
        measure_clients(clock.client, prompts=[])
    assert not clock.bodies


def test_inside_a_running_loop_as_in_a_notebook(clock):
    async def cell():
        return measure_clients(clock.client, output_tokens=2)

    assert asyncio.run(cell()).requests == 1


def test_one_line_of_progress_on_stderr(clock, capfd):
    """Only of what takes longer than a second: a notebook keeps it."""
    measure_clients(clock.client, clients=2, requests_per_client=4, output_tokens=2)
    out, err = capfd.readouterr()
    assert out == ''
    assert '2 clients' in err
    measure_clients(clock.client, clients=2, requests_per_client=4, output_tokens=2, progress=False)
    assert capfd.readouterr() == ('', '')

    def says_nothing():
        measure_clients(clock.client, clients=2, output_tokens=2)
        return capfd.readouterr() == ('', '')

    assert any(says_nothing() for _ in range(10))  # on a busy machine it may take longer than a second


INTERRUPTED = """
import sys, threading, time, openai
from lessons.serving.load import measure_clients
client = openai.OpenAI(base_url=sys.argv[1], api_key='k')
try:
    print('go', flush=True)
    measure_clients(client, clients=4, output_tokens=2000, progress=False, model='m')
except KeyboardInterrupt:
    time.sleep(0.1)
    print('interrupted', 'clients' in [t.name for t in threading.enumerate()], flush=True)
"""


PARTIAL = """
import sys, openai
from lessons.serving.load import measure_clients
client = openai.OpenAI(base_url=sys.argv[1], api_key='k')
print('go', flush=True)
m = measure_clients(client, clients=2, requests_per_client=50, output_tokens=2, progress=False, model='m')
print(m.requests, m.output_tokens, set(m.errors), m.requests + m.failed_requests, m.wall_time_s > 0)
"""


def test_ctrl_c_gives_what_was_measured_so_far(clock):
    command = [sys.executable, '-c', PARTIAL, str(clock.client.base_url)]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert child.stdout.readline() == 'go\n'
        wait_until(lambda: len(clock.sent) >= 4)
        os.kill(child.pid, signal.SIGINT)
        out, err = child.communicate(timeout=PATIENCE_S)
        assert err == ''
        requests, rest = out.split(' ', 1)
        assert 3 <= int(requests) < 50
        assert rest == f"{2 * int(requests)} {{'interrupted'}} 100 True\n"
    finally:
        child.kill()
        child.wait()


def test_ctrl_c_ends_it(clock):
    command = [sys.executable, '-c', INTERRUPTED, str(clock.client.base_url)]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert child.stdout.readline() == 'go\n'
        wait_until(lambda: clock.now >= 4)
        os.kill(child.pid, signal.SIGINT)
        out, err = child.communicate(timeout=60)  # its answers would take 100 s
        assert (out, err) == ('interrupted False\n', '')
    finally:
        child.kill()
        child.wait()
