"""The measurement of chapter 10 without GPUs: what it plans, keeps and goes on with; and once, slowly, for real."""

import dataclasses
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from benchmarks import campaign, own_process
from benchmarks import scaling_on_gpu as scaling
from benchmarks.equal_layers import make_equal_layers
from benchmarks.models import TINY
from benchmarks.scaling_on_gpu import Case
from helpers import load_record
from helpers.checkpoints.shards import read_header, shard_names

ROOT = Path(__file__).resolve().parent.parent.parent
OFFLINE = {'ttft_s': 0.1, 'output_tokens_per_s': 400.0, 'used_mib': [9001], 'predicted_mib': 9000}
SERVED = {
    'output_tokens_per_s': 400.0, 'ttft_p50_s': 0.01, 'tpot_p50_s': 0.002, 'failed_requests': 0, 'used_mib': [9001],
    'requests_of_servers': [2, 2], 'proxy_cpu_s': 0.1, 'server_cpu_s': [0.5, 0.5], 'wall_time_s': 1.0,
}  # fmt: skip


@pytest.mark.parametrize(
    ('arguments', 'said'),
    [
        (['--save', '../scaling'], "'../scaling' is not a record's name"),
        (['--save', 'h200/scaling', '--commit', 'main'], 'commit must be a git commit'),
        ([], 'with --models tiny it runs on a CPU'),
    ],
)
def test_refused_before_anything_is_measured(arguments, said, monkeypatch, capsys):
    monkeypatch.setattr('torch.cuda.is_available', lambda: False)
    monkeypatch.setattr(sys, 'argv', ['scaling_on_gpu.py', *arguments])
    with pytest.raises((SystemExit, ValueError)) as caught:
        scaling.main()
    assert said in capsys.readouterr().err + str(caught.value)


def test_every_combination_is_planned_once():
    cases = [case for case in scaling.cases() if case.model != 'tiny']
    assert len(set(cases)) == len(cases)
    for model in ('1_8b', '7b', '20b'):
        assert {c.gpus for c in cases if (c.model, c.what) == (model, 'turbomind')} == {1, 2, 4}
        assert {c.gpus for c in cases if (c.model, c.what) == (model, 'replicas')} == {1, 2, 4}
        assert {c.gpus for c in cases if (c.model, c.what) == (model, 'tp')} == {2, 4}
    assert Case('7b', 'offline', 'pytorch-ray', 2) in cases


class Started(Exception):
    """An engine, or servers, would start now."""


@pytest.mark.parametrize('case', scaling.cases(), ids=lambda case: case.name)
def test_what_can_harm_a_shared_host_stays_off(case, monkeypatch):
    """TurboMind speaks through NCCL wherever it has several cards; see also the fixture `run` and the record."""
    started = []

    def start(*_, **arguments):
        started.append(arguments)
        raise Started

    monkeypatch.setattr('lessons.speed.LMDeployEngine', start)
    monkeypatch.setattr('lessons.scaling.clusters.cluster', start)
    monkeypatch.setattr('transformers.AutoTokenizer.from_pretrained', lambda *_, **__: None)
    monkeypatch.setattr(scaling, 'prompt_of', lambda *_: [{'content': 'a'}])
    monkeypatch.setattr(scaling, 'on_gpu', lambda: False)
    monkeypatch.setenv('CUDA_VISIBLE_DEVICES', ','.join(map(str, range(case.gpus))))
    with pytest.raises(Started):
        scaling.measure_case(case, 'folder', [], {}, pytest.fail)
    (arguments,) = started
    if case.what in ('turbomind', 'tp'):
        assert (arguments['tp'], arguments['communicator']) == (case.gpus, 'nccl')
    else:
        assert 'communicator' not in arguments
        assert arguments.get('tp', 1) == 1 or arguments['engine'] == 'pytorch'


def test_multicast_is_off_in_every_process(monkeypatch):
    monkeypatch.setattr(os, 'environ', {})
    own_process.Processes('spawn', scaling.Scaling.environment)
    assert os.environ['NCCL_NVLS_ENABLE'] == '0'
    assert os.environ['TORCH_SYMM_MEM_DISABLE_MULTICAST'] == os.environ['NVSHMEM_DISABLE_NVLS'] == '1'


def test_a_checkpoint_of_equal_layers_is_whole(tmp_path):
    from safetensors import safe_open

    class Here:
        """Processes that are none."""

        def call(self, function, *arguments):
            function(*arguments)

    folder = make_equal_layers(TINY, tmp_path / 'tiny', Here())
    files = {tensor: folder / name for name in shard_names(folder) for tensor in read_header(folder / name)}
    shapes = {t: tuple(read_header(path)[t]['shape']) for t, path in files.items()}
    assert shapes == TINY.tensors()
    name = 'model.layers.{}.mlp.up_proj.weight'
    first, second = (safe_open(files[name.format(i)], 'pt').get_tensor(name.format(i)) for i in (0, 1))
    assert first.equal(second)
    assert first.float().std() > 0.01
    assert json.loads((folder / 'config.json').read_text())['num_hidden_layers'] == 2
    assert not list(tmp_path.glob('*-one-layer'))


# ---------------------------------------------------------------- what is kept


@pytest.fixture
def run(monkeypatch, tmp_path, saved):
    """run(*arguments) -> what main() returns, with cases that measure nothing; `run.broken` is a case that fails."""
    at_once, most = set(), []

    class Processes:
        def __init__(self, method, environment):
            assert environment == scaling.SAFE

        def measure(self, measure, arguments, *, keep, environment, **_):
            case, _, todo, _ = arguments
            assert measure is scaling.measure_case
            assert set(environment) == {'CUDA_VISIBLE_DEVICES'}
            cards = environment['CUDA_VISIBLE_DEVICES'].split(',')
            assert len(cards) == case.gpus
            assert not at_once & set(cards), 'two cases on one card'
            at_once.update(cards)
            most.append(len(at_once))
            time.sleep(0.01)
            call.measured.append(case)
            at_once.difference_update(cards)
            if case == call.broken:
                return 'RuntimeError: it is broken\nand more'
            for a, b in todo:
                offline = case.kind == 'offline'
                keep({'tokens_in': a, 'batch': b, **OFFLINE} if offline else {'way': a, 'clients': b} | SERVED)
            return None

    monkeypatch.setattr(campaign, 'Processes', Processes)
    monkeypatch.setattr(scaling, 'make_equal_layers', lambda geometry, folder, processes: folder.mkdir())

    def call(*arguments):
        call.measured = []
        monkeypatch.setattr(sys, 'argv', ['scaling_on_gpu.py', '--rows', str(tmp_path / 'rows.jsonl'), *arguments])
        return scaling.main()

    call.saved, call.rows, call.broken, call.measured, call.most = saved, tmp_path / 'rows.jsonl', None, [], most
    return call


SAVE = ('--save', 'h200/scaling', '--commit', '0123abc')


def test_everything_is_measured_and_saved(run):
    assert run(*SAVE) == 0
    ((name, record),) = run.saved
    assert (name, record.topic, record.weights) == ('h200/scaling', 'scaling', 'random')
    data = json.loads(json.dumps(record.data))
    assert (data['communicator'], data['environment']) == ('nccl', scaling.SAFE)
    assert len(data['offline']) == 7 * 12
    assert {(r['model'], r['what'], r['gpus']) for r in data['serve']} == {
        (model, what, gpus)
        for model in ('1_8b', '7b', '20b')
        for what, gpus in (('replicas', 1), ('replicas', 2), ('replicas', 4), ('tp', 2), ('tp', 4))
    }
    assert {r['way'] for r in data['serve'] if r['what'] == 'tp'} == {'direct'}
    assert data['ended_early'] == []
    assert data['earlier'] == load_record(name).data['earlier'], 'the chapter reads it'
    assert max(run.most) > 1, 'cases run beside each other'
    assert not run.rows.exists()


def test_a_case_that_fails_is_named_and_costs_no_other(run, capsys):
    run.broken = Case('7b', 'offline', 'pytorch-ray', 2)
    assert run('--models', '7b', *SAVE) == 0
    ended = run.saved[0][1].data['ended_early']
    assert ended == [dataclasses.asdict(run.broken) | {'why': 'RuntimeError: it is broken'}]
    assert '7b offline pytorch-ray on 2 ended early: RuntimeError: it is broken' in capsys.readouterr().out
    broken, run.broken = run.broken, None
    assert run('--models', '7b', *SAVE) == 0
    assert run.measured == [broken], 'only what failed is tried again'


def test_no_case_begins_after_the_minutes(run):
    assert run('--models', '7b', '--minutes', '0', *SAVE) == 1
    assert run.measured == run.saved == []


def test_fewer_cards_leave_out_what_needs_more(run):
    assert run('--gpus', '0', '1') == 0
    assert max(case.gpus for case in run.measured) == 2


@pytest.mark.slow
def test_it_runs_on_a_cpu(tmp_path):
    rows = tmp_path / 'rows.jsonl'
    command = [sys.executable, '-m', 'benchmarks.scaling_on_gpu', '--models', 'tiny', '--batches', '1', '3']
    command += ['--clients', '1', '4']
    command += ['--tokens-out', '6', '--gpus', '0', '1', '--rows', rows, '--checkpoints', tmp_path]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=500)
    assert done.returncode == 0, done.stdout + done.stderr
    assert 'tiny offline turbomind on 2 ended early: RuntimeError: TurboMind cannot run here' in done.stdout
    args = scaling.command_line().parse_args(['--rows', str(rows), '--gpus', '0', '1'])
    there = scaling.Scaling(args, scaling.cases()).read_rows()
    offline, serve = Case('tiny', 'offline', 'pytorch', 1), Case('tiny', 'serve', 'replicas', 2)
    assert set(there) == {
        *((offline, at) for at in ((61, 1), (61, 3), (1024, 1))),
        *((serve, at) for at in (('proxy', 1), ('proxy', 4), ('direct', 4))),
    }
    for (case, _), row in there.items():
        if case == serve:
            assert row['output_tokens'] == 6 * row['requests']
            assert sum(row['requests_of_servers']) == row['requests']
            assert row['proxy_cpu_s'] < 0.1 if row['way'] == 'direct' else row['proxy_cpu_s'] > 0
