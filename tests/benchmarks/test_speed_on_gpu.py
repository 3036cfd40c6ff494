"""The measurement of chapter 7 without a GPU: what it plans, keeps and goes on with; and once, slowly, for real."""

import json
import subprocess
import sys
from datetime import date
from importlib.metadata import version
from pathlib import Path

import pytest

from benchmarks import gpu
from benchmarks import speed_on_gpu as speed
from benchmarks.speed_on_gpu import Case
from helpers import load_record

ROOT = Path(__file__).resolve().parent.parent.parent
FIGURES = {
    'output_tokens_per_s': 400.0, 'output_tokens_per_s_min': 390.0, 'output_tokens_per_s_max': 401.0, 'repeats': 3,
    'time_s': 1.0, 'ttft_s': 0.1, 'tpot_s': 0.004, 'warm_up_s': 2.0, 'load_s': 6.0, 'start_mib': 9000, 'used_mib': 9001,
}  # fmt: skip
RATE = {
    'output_tokens_per_s': 400.0, 'most_at_once': 3, 'ttft_p50_s': 0.01, 'ttft_p95_s': 0.02, 'tpot_p50_s': 0.002,
    'tpot_p95_s': 0.003, 'failed_requests': 0, 'used_mib': 9001,
}  # fmt: skip


@pytest.mark.parametrize(
    ('arguments', 'said'),
    [
        (['--save', '../speed'], "'../speed' is not a record's name"),
        (['--save', 'h200/speed', '--commit', 'main'], 'commit must be a git commit'),
        ([], 'with --models tiny it runs on a CPU'),
        (['--models', 'tiny', '1_8b'], 'with --models tiny it runs on a CPU'),
    ],
)
def test_refused_before_anything_is_measured(arguments, said, monkeypatch, capsys):
    monkeypatch.setattr('torch.cuda.is_available', lambda: False)
    monkeypatch.setattr(sys, 'argv', ['speed_on_gpu.py', *arguments])
    with pytest.raises((SystemExit, ValueError)) as caught:
        speed.main()
    assert said in capsys.readouterr().err + str(caught.value)


def test_every_combination_is_planned_once_the_most_telling_first():
    cases = [case for case in speed.cases() if case.model != 'tiny']
    assert len(set(cases)) == len(cases)
    offline = {case for case in cases if case.engine != 'server'}
    assert offline == {
        Case(m, e, t) for m in ('1_8b', '7b') for e in set(speed.ENGINES) - {'server'} for t in (61, 1024)
    }
    assert {case.model for case in cases if case.engine == 'server'} == {'1_8b', '7b'}
    assert {case.engine for case in cases[:4]} == {'turbomind', 'transformers', 'compiled', 'server'}
    assert {(case.model, case.tokens_in) for case in cases[:4]} == {('1_8b', 61)}


def campaign_of(*arguments):
    args = speed.command_line().parse_args(arguments)
    return speed.Speed(args, speed.chosen(args))


def test_each_case_has_its_batches_the_most_telling_first():
    todo_of = campaign_of().todo_of
    assert sorted(todo_of(Case('1_8b', 'kv8', 61))) == [1, 2, 4, 8, 16, 32, 64, 128, 256]
    for case in speed.cases():
        wanted = todo_of(case)
        assert len(set(wanted)) == len(wanted)
        if case.engine != 'server':
            assert wanted[:2] == [8, 128], 'these two compare all engines'
            assert 1 in wanted


# ---------------------------------------------------------------- what is kept


class Gpu:
    """Measures in no time; the `breaks_at`th row breaks the run off, the engine `broken` fails."""

    rows, breaks_at, broken, without_weights = 0, None, None, None

    def measure(self, case, todo, cards, keep):
        for at in todo:
            if case.engine == Gpu.broken:
                return 'RuntimeError: it is broken\nand more'
            if case.engine == Gpu.without_weights:
                raise RuntimeError('no room for its weights')
            Gpu.rows += 1
            if Gpu.rows == Gpu.breaks_at:
                raise KeyboardInterrupt
            keep({'requests_per_s': at, **RATE} if case.engine == 'server' else {'batch': at, **FIGURES})
        return None


@pytest.fixture
def run(monkeypatch, tmp_path, saved):
    """run(*arguments) -> what main() returns, with GPUs that measure nothing."""
    for name, value in (('rows', 0), ('breaks_at', None), ('broken', None), ('without_weights', None)):
        monkeypatch.setattr(Gpu, name, value)
    monkeypatch.setattr(speed.Speed, 'measure', Gpu.measure)

    def call(*arguments):
        monkeypatch.setattr(sys, 'argv', ['speed_on_gpu.py', '--rows', str(tmp_path / 'rows.jsonl'), *arguments])
        return speed.main()

    call.saved, call.rows = saved, tmp_path / 'rows.jsonl'
    return call


SAVE = ('--save', 'h200/speed', '--commit', '0123abc')


def test_broken_off_it_goes_on_where_it_stopped(run):
    wanted = ['--models', '7b', '--tokens-in', '61', '--engines', 'turbomind', 'transformers', 'server']
    Gpu.breaks_at = 8  # in the second case
    with pytest.raises(KeyboardInterrupt):
        run(*wanted)
    assert len(run.rows.read_text().splitlines()) == 7
    Gpu.breaks_at, Gpu.rows = None, 0
    assert run(*wanted, *SAVE, '--gpus', '0', '1') == 0
    ((name, record),) = run.saved
    assert (name, record.topic, record.weights, record.model) == ('h200/speed', 'speed', 'random', 'InternLM2-Chat-7B')
    data = json.loads(json.dumps(record.data))
    assert len(data['rows']) + len(data['rates']) == 7 + Gpu.rows == 5 + 5 + 6
    assert [row['batch'] for row in data['rows'] if row['engine'] == 'turbomind'] == [1, 8, 32, 128, 256]
    assert [row['requests_per_s'] for row in data['rates']] == [2, 4, 8, 16, 32, 64]
    assert {(row['model'], row['tokens_in']) for row in data['rows']} == {('7b', 61)}
    assert data['ended_early'] == data['failed'] == []
    assert data['earlier'] == load_record(name).data['earlier'], 'the chapter reads it'
    assert not run.rows.exists()  # the next call measures anew


def test_a_case_that_fails_is_named_and_costs_no_other(run, capsys):
    Gpu.broken = 'batching'
    wanted = ['--models', '1_8b', '--tokens-in', '61', '--engines', 'turbomind', 'batching', 'kv8']
    assert run(*wanted, *SAVE) == 0
    ((_, record),) = run.saved
    assert {row['engine'] for row in record.data['rows']} == {'turbomind', 'kv8'}
    assert record.data['ended_early'] == [
        {'model': '1_8b', 'engine': 'batching', 'tokens_in': 61, 'why': 'RuntimeError: it is broken'}
    ]
    assert 'batching 61 in ended early: RuntimeError: it is broken' in capsys.readouterr().out
    Gpu.broken, Gpu.rows = None, 0
    assert run(*wanted, *SAVE) == 0  # only what failed is tried again
    assert Gpu.rows == 4
    assert len(run.saved[1][1].data['rows']) == 9 + 4 + 9


def test_weights_that_cannot_be_made_cost_no_other_case(run):
    Gpu.without_weights = 'w4a16'
    assert run('--models', '1_8b', '--tokens-in', '61', '--engines', 'turbomind', 'w4a16', 'kv8', *SAVE) == 0
    ((_, record),) = run.saved
    assert {row['engine'] for row in record.data['rows']} == {'turbomind', 'kv8'}
    assert [case['why'] for case in record.data['ended_early']] == ['RuntimeError: no room for its weights']


def test_memory_is_read_when_it_no_longer_falls(monkeypatch):
    readings = iter([9, 7, 5, 5, 4])
    monkeypatch.setattr(gpu, 'read_memory', lambda: type('M', (), {'used_bytes': next(readings)}))
    assert gpu.settled_bytes() == 5


def test_no_case_begins_after_the_minutes_and_what_there_is_is_saved(run):
    Gpu.breaks_at = 3
    with pytest.raises(KeyboardInterrupt):
        run('--models', '7b')
    Gpu.breaks_at, Gpu.rows = None, 0
    assert run('--models', '7b', '--minutes', '0', *SAVE) == 1
    assert Gpu.rows == 0
    assert len(run.saved[0][1].data['rows']) == 2
    assert run.rows.exists()


def test_a_batch_that_does_not_fit_is_no_row(run):
    failed = {'model': '7b', 'engine': 'compiled', 'tokens_in': 1024, 'batch': 128, 'failed': 'out of memory: 3 GiB'}
    run.rows.write_text(json.dumps(failed) + '\n')
    assert run('--models', '7b', '--tokens-in', '1024', '--engines', 'compiled', *SAVE) == 0
    data = run.saved[0][1].data
    assert [row['batch'] for row in data['rows']] == [1, 8]
    assert data['failed'] == [failed]
    assert 'out of memory' in speed.line_of(failed)


@pytest.mark.slow
def test_it_runs_on_a_cpu(tmp_path):
    rows = tmp_path / 'rows.jsonl'
    command = [sys.executable, '-m', 'benchmarks.speed_on_gpu', '--models', 'tiny', '--batches', '1', '3']
    command += ['--tokens-out', '6', '--rates', '2', '4', '--rate-s', '2', '--rows', rows, '--checkpoints', tmp_path]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=500)
    assert done.returncode == 0, done.stdout + done.stderr
    assert 'ended early' not in done.stdout
    there = campaign_of('--rows', str(rows)).read_rows()
    offline = {(Case('tiny', e, 61), b) for e in ('transformers', 'compiled', 'batching', 'pytorch') for b in (1, 3)}
    assert set(there) == offline | {(Case('tiny', 'server', 61), r) for r in (2, 4)}
    for (case, at), row in there.items():
        engine = case.engine
        assert row['used_mib'] > 50
        assert row['date'] == f'{date.today()}'
        assert row['transformers'] == version('transformers')
        if engine == 'server':
            assert row['input_tokens'] == 61 * row['requests']
            assert row['output_tokens'] == 6 * row['requests']
            assert 0 < row['ttft_p50_s'] < row['latency_p95_s']
        else:
            assert row['output_tokens_per_s'] == pytest.approx(at * 6 / row['time_s'], rel=0.02)
            assert row['ttft_s'] > 0
            assert ('compile_s' in row) == (engine == 'compiled')
            assert row['warm_up_s'] > 0.7 * row['time_s'], 'a warm-up of the whole length'
