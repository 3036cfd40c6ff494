"""The sweep of a server: what it refuses, what it asks for, what it keeps; and once, slowly, for real."""

import contextlib
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import serving_sweep as script
from lessons.serving.figures import LoadMeasurement, RequestTiming
from lessons.serving.metrics import ServerMetrics, TimeSum

ROOT = Path(__file__).resolve().parent.parent.parent
TINY_CHAT = ROOT / 'models' / 'tiny-chat'


@pytest.mark.parametrize(
    ('arguments', 'said'),
    [
        (['--save', '../serving'], "'../serving' is not a record's name"),
        (['--save', 'h200/serving', '--commit', 'main'], 'commit must be a git commit'),
        ([], 'with --model models/tiny-chat it runs on a CPU'),
    ],
)
def test_refused_before_anything_is_measured(arguments, said):
    command = [sys.executable, '-m', 'benchmarks.serving_sweep', *arguments]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    assert done.returncode != 0
    assert said in done.stderr


def test_each_row_is_warmed_up_and_the_record_says_how_it_was_measured(monkeypatch):
    asked, started, saved = [], [], []

    def measure_clients(client, *, clients, prompts, output_tokens, requests_per_client=1, progress):
        asked.append((clients, requests_per_client))
        timings = [RequestTiming(61, output_tokens, 0.0, 0.1, 1.0)] * (clients * requests_per_client)
        return LoadMeasurement(clients, 2.0, 0.1, tuple(timings), ())

    def read_metrics(client):
        tokens = sum(clients * requests * 32 for clients, requests in asked)
        return ServerMetrics(128, 0, 32, 0.25, 0.0, 0, tokens, 0, *[TimeSum(1.0 * tokens, tokens)] * 4)

    @contextlib.contextmanager
    def api_server(folder, **arguments):
        started.append((Path(folder), arguments))
        yield type('Server', (), {'client': None})

    for name, fake in locals().copy().items():
        if name in ('measure_clients', 'read_metrics', 'api_server'):
            monkeypatch.setattr(script, name, fake)
    monkeypatch.setattr(script, 'server_cpu_s', lambda server: 0.0)
    monkeypatch.setattr(script, 'save_record', lambda record, name: saved.append((record, name)))
    options = ['--clients', '1', '4', '8', '--tokens-out', '32', '--watch-s', '6', '--save', 'cpu/serving']
    monkeypatch.setattr(sys, 'argv', ['x', '--model', str(TINY_CHAT), *options, '--commit', 'abcdef0'])
    script.main()
    # 8 answers, or two of each client, after one that does not count; then 160 clients for 6 s at 256 tokens/s
    assert asked == [(1, 1), (1, 8), (4, 1), (4, 2), (8, 1), (8, 2), (160, 1)]
    ((folder, arguments),) = started
    assert folder == TINY_CHAT
    assert arguments['max_batch_size'] == 128
    ((record, name),) = saved
    assert (name, record.topic, record.model, record.weights) == ('cpu/serving', 'serving', 'tiny-chat', 'trained')
    data = json.loads(json.dumps(record.data))
    assert (data['tokens_in'], data['tokens_out'], data['max_batch_size']) == (61, 32, 128)
    assert [row['clients'] for row in data['rows']] == [1, 4, 8]
    assert data['rows'][0]['output_tokens_per_s'] == 8 * 32 / 2
    assert (data['watched'][0]['num_requests_running'], data['watched'][0]['num_api_requests_waiting']) == (128, 32)


@pytest.mark.slow
def test_it_runs_on_a_cpu():
    command = [sys.executable, '-m', 'benchmarks.serving_sweep', '--model', TINY_CHAT, '--clients', '1', '3']
    command += ['--tokens-out', '8', '--watch-s', '0']
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=300)
    assert done.returncode == 0, done.stderr
    rows = [json.loads(line) for line in re.findall(r'^\{.*\}$', done.stdout, re.M)]
    assert [(row['clients'], row['requests'], row['input_tokens']) for row in rows] == [(1, 8, 488), (3, 6, 366)]
    for row in rows:
        assert row['output_tokens'] == 8 * row['requests']
        assert 0 < row['ttft_p50_s'] < row['latency_p50_s']
        assert row['peak_mib'] > 100
        assert row['server_cpu_s'] > 0
