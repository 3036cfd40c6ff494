"""The measurement of chapter 6 without a GPU: what it plans, keeps and goes on with; and slowly, for real."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import campaign
from benchmarks import vision_models as models
from benchmarks import vision_on_gpu as vision
from benchmarks.vision_on_gpu import Case

ROOT = Path(__file__).resolve().parent.parent.parent
COSTS = {
    'weights_mib': 9.0, 'vision_weights_mib': 1.0,
    'memory': [{'cache_max_entry_count': 0.2, 'language_model_only': False, 'load_s': 1.0, 'used_mib': 900}],
    'pictures': [{'width': 448, 'height': 448, 'tokens': 256}],
    'throughput': [{'batch': 8, 'images_per_s': 3.0, 'output_tokens_per_s': 9.0}],
}  # fmt: skip


def test_every_family_is_tried_in_every_engine_and_costs_only_on_a_gpu():
    on_gpu, on_cpu = vision.cases(cuda=True, tiny=False), vision.cases(cuda=False, tiny=False)
    assert len(set(on_gpu)) == len(on_gpu)
    table = {(case.model, case.engine) for case in on_gpu if case.part == 'table'}
    assert table == {(family, engine) for family in models.TITLES for engine in ('turbomind', 'pytorch')}
    assert {case.model for case in on_gpu if case.part == 'costs'} == {'internvl3-2b', 'internvl3-1b', 'llava-1.5-7b'}
    assert on_cpu == [Case('table', family, 'cpu') for family in models.TITLES]


@pytest.mark.parametrize(
    ('arguments', 'said'),
    [
        (['--save', '../vision'], "'../vision' is not a record's name"),
        (['--save', 'h200/vision', '--commit', 'main'], 'commit must be a git commit'),
        ([], '--only table and --tiny run on a CPU'),
    ],
)
def test_refused_before_anything_is_measured(arguments, said, monkeypatch, capsys):
    monkeypatch.setattr('torch.cuda.is_available', lambda: False)
    monkeypatch.setattr(sys, 'argv', ['vision_on_gpu.py', *arguments])
    with pytest.raises((SystemExit, ValueError)) as caught:
        vision.main()
    assert said in capsys.readouterr().err + str(caught.value)


class Runner:
    """Measures in no time; the `breaks_at`th case breaks the run off, the case `broken` is never measured."""

    calls, breaks_at, broken = 0, None, None
    ends = 'it hangs'

    def __init__(self, method, environment):
        pass

    def call(self, make, model, folder):
        assert make is models.make_whole
        Path(folder).mkdir()

    def measure(self, measure, arguments, *, keep, environment, **_):
        case, folder, *_ = arguments
        assert measure is vision.measure_case
        assert Path(folder).is_dir()
        assert environment == {}
        if case == Runner.broken:
            return f'{Runner.ends}\nand more'
        Runner.calls += 1
        if Runner.calls == Runner.breaks_at:
            raise KeyboardInterrupt
        keep(COSTS if case.part == 'costs' else {'outcome': 'equal', 'message': '', 'ran': case.engine})
        return None


@pytest.fixture
def run(monkeypatch, tmp_path, saved):
    """run(*arguments) -> what main() returns, on a GPU that measures nothing."""
    for name in ('breaks_at', 'broken'):
        monkeypatch.setattr(Runner, name, None)
    monkeypatch.setattr(Runner, 'calls', 0)
    monkeypatch.setattr(campaign, 'Processes', Runner)

    def call(*arguments):
        save = ('--save', 'h200/vision', '--commit', '0123abc', '--workers', '1')
        monkeypatch.setattr(
            sys, 'argv', ['vision_on_gpu.py', '--rows', str(tmp_path / 'rows.jsonl'), *save, *arguments]
        )
        return vision.main()

    call.saved, call.rows = saved, tmp_path / 'rows.jsonl'
    return call


def test_broken_off_it_goes_on_where_it_stopped(run):
    Runner.breaks_at = 5
    with pytest.raises(KeyboardInterrupt):
        run()
    assert len(run.rows.read_text().splitlines()) == 4
    Runner.breaks_at, Runner.calls = None, 0
    assert run() == 0
    wanted = len(vision.cases(cuda=True, tiny=False))
    assert Runner.calls == wanted - 4
    ((_, record),) = run.saved
    data = json.loads(json.dumps(record.data))
    assert len(data['table']) + len(data['costs']) == wanted
    assert data['broken'] == []
    assert 'LLaVA-1.5-7B' in record.model
    assert all(row['seconds'] >= 0 for row in data['table'] + data['costs'])
    assert not run.rows.exists()  # the next call measures anew


def test_a_case_that_breaks_is_named_and_tried_again(run):
    Runner.broken = Case('table', 'llava', 'pytorch')
    assert run('--models', 'llava') == 1
    assert [row['message'] for row in run.saved[0][1].data['broken']] == ['it hangs']
    Runner.broken = None
    assert run('--models', 'llava') == 0
    assert {row['engine'] for row in run.saved[1][1].data['table']} == {'turbomind', 'pytorch'}


def test_a_model_that_ends_its_process_has_a_row(run, monkeypatch):
    monkeypatch.setattr(Runner, 'ends', 'the process ended with -11')
    Runner.broken = Case('table', 'llava', 'pytorch')
    assert run('--models', 'llava') == 0
    data = run.saved[0][1].data
    (row,) = [row for row in data['table'] if row['engine'] == 'pytorch']
    assert (row['outcome'], row['message']) == ('fails', 'the process ended with -11')
    assert data['broken'] == []


def test_a_process_that_cannot_use_cuda_says_nothing_of_the_model(monkeypatch):
    outcome = {'outcome': 'fails', 'message': 'RuntimeError: Cannot re-initialize CUDA in forked subprocess'}
    monkeypatch.setattr(vision, 'try_model', lambda *_: outcome)
    with pytest.raises(RuntimeError, match='forked subprocess'):
        vision.measure_case(Case('table', 'llava', 'pytorch'), 'folder', [None], {}, pytest.fail)


@pytest.mark.parametrize(
    ('family', 'name', 'hub'),
    [
        (
            'llava',
            'model.vision_tower.embeddings.class_embedding',
            'vision_tower.vision_model.embeddings.class_embedding',
        ),
        ('llava', 'model.language_model.norm.weight', 'language_model.model.norm.weight'),
        ('llava_next', 'model.image_newline', 'image_newline'),
        ('internvl3', 'lm_head.weight', 'language_model.lm_head.weight'),
        ('qwen2_vl', 'model.language_model.norm.weight', 'model.norm.weight'),
        ('qwen2_5_vl', 'model.visual.merger.ln_q.weight', 'visual.merger.ln_q.weight'),
        ('qwen3_vl', 'model.visual.pos_embed.weight', 'model.visual.pos_embed.weight'),
    ],
)
def test_names_are_the_hubs(family, name, hub):
    assert models.hub_name(family, name) == hub


@pytest.mark.slow
def test_it_runs_on_a_cpu(tmp_path):
    rows = tmp_path / 'rows.jsonl'
    command = [sys.executable, '-m', 'benchmarks.vision_on_gpu', '--tiny', '--models', 'internvl3', 'internvl2']
    command += ['--workers', '1']
    done = subprocess.run(
        [*command, '--rows', rows, '--checkpoints', tmp_path],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    args = vision.command_line().parse_args(['--rows', str(rows)])
    there = vision.Vision(args, []).read_rows()
    row = there[Case('table', 'internvl3', 'cpu'), None]
    assert row['outcome'] == row['repaired']['outcome'] == 'equal'
    assert row['unreadable'].startswith('PictureError: no picture')
    assert row['lives_on']
    assert there[Case('table', 'internvl2', 'cpu'), None]['outcome'] == 'refused'
    costs = there[Case('costs', 'internvl3', 'cpu'), None]
    # 112 pixels are 8 × 8 patches, of which 2 × 2 make a token, between two tokens that mark a picture's ends
    assert costs['pictures'][0]['tokens'] == 16 + 3
    assert 0 < costs['vision_weights_mib'] < costs['weights_mib']
    assert [row['batch'] for row in costs['throughput']] == [1, 3]
    assert all(row['images_per_s'] > 0 for row in costs['throughput'])
