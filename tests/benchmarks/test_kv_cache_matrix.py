"""The measurement of an engine's memory, without a GPU: what it reads in a log, what it makes of a start."""

import dataclasses
import itertools
import os
import sys
import time

import pytest

from benchmarks import kv_cache_matrix as matrix
from benchmarks import memory_matrix
from benchmarks.own_process import Processes
from lessons.kv_cache import predict_memory

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


def test_the_log():
    assert memory_matrix.parse_log(LOG) == {
        'budget_mib': 1385.85, 'free_at_sizing_mib': 138585.12,
        'slab_bytes': 134217728, 'block_bytes': 6291456, 'blocks_per_slab': 21,
        'num_pages': 43, 'num_slabs': 10, 'num_blocks': 210, 'longest_warm_up': 8320,
        'most_blocks_used': 208, 'most_blocks_made': 210, 'most_requests_waiting': 9,
        'out_of_memory_lines': 0,
    }  # fmt: skip


def starts(case, folder, log, report):
    os.write(1, LOG.encode())  # as TurboMind does
    free = 140_000 * 2**20
    rows = [
        {'stage': 'before', 'card_used_bytes': 0},
        {'stage': 'context', 'time_s': 0.5, 'card_used_bytes': 2**29, 'free_bytes': free, 'total_bytes': free + 2**29},
        {'stage': 'started', 'time_s': 7.0, 'card_used_bytes': 2**32, 'free_bytes': free - 6000 * 2**20},
        {'stage': 'served', 'card_used_bytes': 2**32, 'free_bytes': free - 6001 * 2**20},
    ]
    for row in rows:
        report(**row)


def hangs(case, folder, log, report):
    while True:
        os.write(1, b'[TM][INFO] out of memory at 0/1 ' + b'x' * 40 + b'\n')
        time.sleep(0.001)


def sleeps(case, folder, log, report):
    time.sleep(1000)


def fails(case, folder, log, report):
    raise RuntimeError('no such model')


def crashes(case, folder, log, report):
    os._exit(7)


def stops_later(case, folder, log, report):
    starts(case, folder, log, report)
    time.sleep(1000)


@pytest.mark.parametrize(
    ('start', 'timeout_s', 'outcome'),
    [
        (starts, 60, 'started'),
        (hangs, 20, 'hang'),
        (sleeps, 0.5, 'hang'),
        (fails, 60, 'failed'),
        (crashes, 60, 'failed'),
        (stops_later, 5, 'failed'),
    ],
)
def test_what_becomes_of_a_start(monkeypatch, tmp_path, start, timeout_s, outcome):
    monkeypatch.setattr(os, 'environ', os.environ.copy())
    case = memory_matrix.Case('1_8b', ratio=0.01)
    row = memory_matrix.measure(start, case, tmp_path, Processes('fork'), timeout_s, {})
    assert row['outcome'] == outcome
    row = dataclasses.asdict(case) | row
    assert outcome in memory_matrix.line_of(row)
    figures = memory_matrix.figures_of(row)
    assert figures['outcome'] == outcome
    if outcome == 'started':
        assert (figures['tokens'], figures['engine_mib'], figures['start_s']) == (210 * 64, 6001, 6.5)
        assert predict_memory(**figures['arguments']).tokens == 210 * 64
    if start is fails:
        assert 'no such model' in row['stages']['failed']['error']


def test_the_plan_has_every_combination_once_and_the_filters_choose():
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
    assert len({case.name for case in full}) == len(full)


class Gpu:
    """Every start takes no time; at the `breaks_at`th the run is broken off."""

    starts = 0
    breaks_at = None

    def measure(self, case, todo, cards, keep):
        Gpu.starts += 1
        if Gpu.starts == Gpu.breaks_at:
            raise KeyboardInterrupt
        stages = {
            'before': {'card_used_bytes': 0},
            'context': {'time_s': 1, 'card_used_bytes': 2**29, 'free_bytes': 2**37},
            'started': {'time_s': 9, 'free_bytes': 2**37 - 2**33, 'max_batch_size': 1024},
        }
        keep({'outcome': 'started', 'log': {}, 'stages': stages})


@pytest.fixture
def run(monkeypatch, tmp_path, saved):
    """run(*arguments) -> what main() returns, with GPUs that measure nothing."""
    monkeypatch.setattr(matrix.Matrix, 'measure', Gpu.measure)
    monkeypatch.setattr(Gpu, 'starts', 0)
    monkeypatch.setattr(Gpu, 'breaks_at', None)

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
