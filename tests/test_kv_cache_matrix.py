"""The measurement of an engine's memory, without a GPU: what it reads in a log, what it makes of a start."""

import dataclasses
import importlib.util
import itertools
import json
import multiprocessing
import os
import sys
import time
from pathlib import Path

import pytest

from helpers import predict_memory

SCRIPT = Path(__file__).resolve().parent.parent / 'benchmarks' / 'kv_cache_matrix.py'
LOG = """
[TM][INFO] Object cache budget: 1385.85 MB from free 138585.12 MB and ratio 0.010
[TM][WARN] slab_size 134217728, object_size 6291456, object_count 21, ratio 0.984375
[TM][WARN] dp0 cache stats:
[cache] region=1.35GiB live=0.00B (0.00%) live_alloc=0 | pages 0/43 used (0.00%) page_size=32.00MiB
[cache]   free pages by order: o0=1 o1=1 o5=1
[cache]   slab obj=6.00MiB slab=128.00MiB cap=21 slabs=0(F0/P0/E0) obj 0/0 used (0.00%)
[TM][INFO] Warm-up lengths: 8, 16, 8192, 8320
[TM][INFO] dp0 total: 20, eligible: 20, active: 11
[cache]   slab obj=6.00MiB slab=128.00MiB cap=21 slabs=10(F9/P1/E0) obj 208/210 used (99.05%)
"""


@pytest.fixture(scope='module')
def matrix():
    spec = importlib.util.spec_from_file_location('kv_cache_matrix', SCRIPT)
    module = sys.modules['kv_cache_matrix'] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    yield module
    del sys.modules['kv_cache_matrix']


def test_the_log(matrix):
    assert matrix.parse_log(LOG) == {
        'budget_mib': 1385.85, 'free_at_sizing_mib': 138585.12,
        'slab_bytes': 134217728, 'block_bytes': 6291456, 'blocks_per_slab': 21,
        'num_pages': 43, 'num_slabs': 10, 'num_blocks': 210, 'longest_warm_up': 8320,
        'most_blocks_used': 208, 'most_blocks_made': 210, 'most_requests_waiting': 9,
        'out_of_memory_lines': 0,
    }  # fmt: skip


def starts(case, folder, gpu, log, out):
    Path(log).write_text(LOG)
    free = 140_000 * 2**20
    rows = [
        {'stage': 'before', 'card_used_bytes': 0},
        {'stage': 'context', 'time_s': 0.5, 'card_used_bytes': 2**29, 'free_bytes': free, 'total_bytes': free + 2**29},
        {'stage': 'started', 'time_s': 7.0, 'card_used_bytes': 2**32, 'free_bytes': free - 6000 * 2**20},
        {'stage': 'served', 'card_used_bytes': 2**32, 'free_bytes': free - 6001 * 2**20},
    ]
    Path(out).write_text(''.join(json.dumps(row) + '\n' for row in rows))


def hangs(case, folder, gpu, log, out):
    with open(log, 'w') as file:
        while True:
            print('[TM][INFO] out of memory at 0/1', 'x' * 40, file=file, flush=True)
            time.sleep(0.001)


def sleeps(case, folder, gpu, log, out):
    time.sleep(60)


def fails(case, folder, gpu, log, out):
    Path(out).write_text(json.dumps({'stage': 'failed', 'error': 'RuntimeError: no such model'}) + '\n')
    os._exit(0)


@pytest.mark.parametrize(
    ('start', 'timeout_s', 'outcome'),
    [(starts, 20, 'started'), (hangs, 20, 'hang'), (sleeps, 0.5, 'hang'), (fails, 20, 'failed')],
)
def test_what_becomes_of_a_start(matrix, monkeypatch, tmp_path, start, timeout_s, outcome):
    monkeypatch.setattr(matrix, 'start', start)
    begin = time.monotonic()
    case = matrix.Case('1_8b', ratio=0.01)
    row = matrix.measure(case, tmp_path, 0, multiprocessing.get_context('fork'), timeout_s)
    assert time.monotonic() - begin < 15
    assert row['outcome'] == outcome
    assert outcome in matrix.line_of(row)
    figures = matrix.figures_of(row)
    assert figures['outcome'] == outcome
    if outcome == 'started':
        assert (figures['tokens'], figures['engine_mib'], figures['start_s']) == (210 * 64, 6001, 6.5)
        assert predict_memory(**figures['arguments']).tokens == 210 * 64
    if outcome == 'failed':
        assert 'no such model' in row['stages']['failed']['error']


def test_the_plan_has_every_combination_once_and_the_filters_choose(matrix):
    full = matrix.cases('full')
    assert len(full) == len(set(full))
    asked = {
        (c.model, c.weights, c.quant_policy, c.ratio, c.max_batch_size)
        for c in full
        if not c.slice_mib and c.engine == 'turbomind' and c.session_len is None
    }
    ratios = (0.01, 0.2, 0.4, 0.5, 0.8)
    assert asked >= set(itertools.product(('1_8b', '7b', 'qwen'), ('bf16', 'awq'), (0, 8, 4), ratios, (128, None)))
    assert full[: len(matrix.cases('explore'))] == matrix.cases('explore')
    assert len({case.key for case in full}) == len(full)


class Gpu:
    """Every start takes no time; at the `breaks_at`th the run is broken off."""

    starts = 0
    breaks_at = None

    def __init__(self, index, args, folder):
        self.ended = False

    def measure(self, case):
        Gpu.starts += 1
        if Gpu.starts == Gpu.breaks_at:
            raise KeyboardInterrupt
        stages = {
            'before': {'card_used_bytes': 0},
            'context': {'time_s': 1, 'card_used_bytes': 2**29, 'free_bytes': 2**37},
            'started': {'time_s': 9, 'free_bytes': 2**37 - 2**33, 'max_batch_size': 1024},
        }
        return {**dataclasses.asdict(case), 'outcome': 'started', 'log': {}, 'stages': stages}

    def end_ballast(self):
        pass


@pytest.fixture
def run(matrix, monkeypatch, tmp_path):
    """run(*arguments) -> what main() returns, with GPUs that measure nothing."""
    monkeypatch.setattr(matrix, 'Gpu', Gpu)
    monkeypatch.setattr(Gpu, 'starts', 0)
    monkeypatch.setattr(Gpu, 'breaks_at', None)
    saved = []
    monkeypatch.setattr(matrix, 'save_record', lambda record, name: saved.append((name, record)))

    def call(*arguments):
        monkeypatch.setattr(sys, 'argv', ['kv_cache_matrix.py', '--rows', str(tmp_path / 'rows.jsonl'), *arguments])
        return matrix.main()

    call.saved, call.rows = saved, tmp_path / 'rows.jsonl'
    return call


def test_broken_off_it_goes_on_where_it_stopped(run, monkeypatch):
    wanted = ['--plan', 'full', '--models', '7b', '--kv', '8', '--weights', 'bf16', '--ratios', '0.8', '0.2', '0.01']
    monkeypatch.setattr(Gpu, 'breaks_at', 3)
    with pytest.raises(KeyboardInterrupt):
        run(*wanted)
    assert len(run.rows.read_text().splitlines()) == 2
    monkeypatch.setattr(Gpu, 'breaks_at', None)
    Gpu.starts = 0
    assert run(*wanted, '--save', 'h200/kv_cache', '--commit', '0123abc', '--gpus', '0', '1') == 0
    ((name, record),) = run.saved
    assert (name, record.topic, record.weights) == ('h200/kv_cache', 'kv_cache', 'random')
    assert len(record.data['rows']) == 2 + Gpu.starts == 6
    assert all(row['engine_mib'] == 8192 for row in record.data['rows'])
    assert {row['arguments']['max_batch_size'] for row in record.data['rows']} == {128, 1024}
    assert not run.rows.exists()  # the next call measures anew


def test_no_engine_starts_after_the_minutes(run):
    assert run('--plan', 'explore', '--minutes', '0', '--save', 'h200/kv_cache', '--commit', '0123abc') == 1
    assert Gpu.starts == 0
    assert run.saved == []
