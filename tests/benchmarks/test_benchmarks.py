"""The measuring scripts, without a measurement: what they refuse before it, what they set up, what they keep."""

import ast
import importlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
PROGRAMS = [
    path.stem for path in sorted((ROOT / 'benchmarks').glob('*.py'))
    if hasattr(importlib.import_module(f'benchmarks.{path.stem}'), 'main')
]  # fmt: skip


def load(name: str):
    return importlib.import_module(f'benchmarks.{name}')


def call(program: str, *arguments) -> subprocess.CompletedProcess:
    """The program, as one types it in the repository's root."""
    command = [sys.executable, '-m', f'benchmarks.{program}', *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT)


@pytest.mark.parametrize('name', PROGRAMS)
def test_a_programs_docstring_is_its_manual(name, monkeypatch, capsys):
    monkeypatch.setattr(sys, 'argv', [f'{name}.py', '--help'])
    with pytest.raises(SystemExit) as ended:
        load(name).main()
    assert ended.value.code == 0
    said = capsys.readouterr().out
    assert said.startswith(f'usage: python -m benchmarks.{name} ')
    assert load(name).__doc__ in said
    assert f'python -m benchmarks.{name}' in load(name).__doc__ or 'make records' in load(name).__doc__


def test_no_program_serves_as_a_library_for_another():
    """What is shared stands in modules without a `main`."""
    imported = set()
    for path in (ROOT / 'benchmarks').glob('*.py'):
        for node in ast.walk(ast.parse(path.read_bytes())):  # imports inside functions too
            if isinstance(node, ast.ImportFrom):
                imported |= {node.module, *(f'{node.module}.{alias.name}' for alias in node.names)}
            elif isinstance(node, ast.Import):
                imported |= {alias.name for alias in node.names}
    assert 'benchmarks.campaign' in imported
    assert not imported & {f'benchmarks.{program}' for program in PROGRAMS}


@pytest.mark.parametrize('script', [['first_speed'], ['notebooks_on_gpu', '--settings', 'tiny']])
@pytest.mark.parametrize(
    ('arguments', 'said'),
    [
        (['--save', '../speed'], "'../speed' is not a record's name"),
        (['--save', 'h200/speed', '--commit', 'main'], 'commit must be a git commit'),
    ],
)
def test_a_record_that_could_not_be_saved_is_refused_before_the_measurement(script, arguments, said):
    done = call(*script, *arguments)
    assert done.returncode != 0
    assert said in done.stderr


def test_first_speed_measures_the_model_that_its_record_names():
    done = call('first_speed', '--model', 'models/tiny-chat')
    assert 'unrecognized arguments: --model' in done.stderr


def test_the_share_is_found_where_internstudio_has_it(tmp_path, monkeypatch):
    """The setting `share` names no model: `model_path` has to search, and what it finds names remote code."""
    script, made, ran = load('notebooks_on_gpu'), [], []
    monkeypatch.setattr(script, 'random_checkpoint', lambda *args, **options: made.append((*args, options)))
    monkeypatch.setattr(
        script,
        'execute',
        lambda path, setting, _: ran.append((setting, *map(os.environ.get, ('COURSE_MODEL', 'COURSE_VLM')))) or ROW,
    )
    monkeypatch.setattr(script, 'SHARE', tmp_path)
    (tmp_path / 'OpenGVLab' / 'InternVL3-1B-hf').mkdir(parents=True)  # there already: 1.9 GB are not drawn here
    monkeypatch.setenv('COURSE_MODEL', 'something else')
    monkeypatch.setenv('COURSE_VLM', 'something else')
    monkeypatch.setattr(
        sys, 'argv', ['notebooks_on_gpu.py', '--settings', 'tiny', 'share', '--only', '01_hf', '06_vlm']
    )
    assert script.main() == 0
    assert made == [
        ('internlm2-chat-1_8b', tmp_path / 'Shanghai_AI_Laboratory/internlm2-chat-1_8b', {'auto_map': True})
    ]
    assert ran == [('tiny', 'tiny-chat', 'tiny-vlm')] * 2 + [('share', None, None)] * 2


ROW = {'ran_to_the_end': True}


@pytest.mark.parametrize('content', [b'', b'{"cells": [', b'<<<<<<< HEAD\n', b'[]'])
def test_what_is_no_notebook_is_a_row_and_stops_no_others(tmp_path, capsys, content):
    (tmp_path / 'bad.ipynb').write_bytes(content)
    row = load('notebooks_on_gpu').execute(tmp_path / 'bad.ipynb', 'tiny', tmp_path / 'out')
    assert (row['notebook'], row['ran_to_the_end']) == ('bad', False)
    assert 'bad.ipynb is no notebook' in capsys.readouterr().out


def test_the_folder_for_the_measurements_is_made_before_them(tmp_path, monkeypatch):
    for name in ('HF_HUB_OFFLINE', 'TRANSFORMERS_VERBOSITY'):
        monkeypatch.setenv(name, os.environ.get(name, ''))
    script, file = load('cpu_vs_transformers'), tmp_path / 'out' / 'x.json'
    rows = [
        {
            'model': 'm', 'parameters': 1, 'dtype': 'float32', 'batch': 1, 'ratios': [1.0],
            'lmdeploy_tokens_per_s': [1.0], 'transformers_tokens_per_s': [1.0],
        }
    ]  # fmt: skip
    there = []
    monkeypatch.setattr(script.lmdeploy_cpu, 'enable', lambda: None)
    monkeypatch.setattr(script, 'measure', lambda args, progress, show: there.append(file.parent.is_dir()) or rows)
    monkeypatch.setattr(sys, 'argv', ['cpu_vs_transformers.py', '--json', str(file)])
    script.main()
    assert there == [True]
    assert json.loads(file.read_text())['rows'] == rows


def test_a_measurement_that_fails_closes_the_engine(monkeypatch):
    from benchmarks import cpu_turns

    script, closed = load('cpu_vs_transformers'), []

    class Engine:
        num_parameters = 1

        def close(self):
            closed.append(self)

    class Args:
        dtypes, batches, repeat = ['float32'], [1], 1

    def fails(side, prompts):
        raise RuntimeError('too few tokens')

    model = type('Model', (), {'model': type('M', (), {'config': type('C', (), {'vocab_size': 100})})})
    monkeypatch.setattr(script, 'models', lambda work: [('m', work, work)])
    monkeypatch.setattr(script, 'LMDeploy', lambda folder, dtype: Engine())
    monkeypatch.setattr(script, 'Transformers', lambda folder, dtype: model)
    monkeypatch.setattr(cpu_turns, 'rate', fails)
    with pytest.raises(RuntimeError, match='too few'):
        script.measure(Args, None, print)
    assert len(closed) == 1


@pytest.fixture
def records(tmp_path, monkeypatch):
    """The runner of all measurements, with programs that only say that they ran."""
    script, ran = load('records'), []
    monkeypatch.setattr(script, 'STATE', tmp_path / 'records.json')
    monkeypatch.setattr(script.torch.cuda, 'is_available', lambda: True)
    monkeypatch.setattr(script.torch.cuda, 'get_device_name', lambda: 'NVIDIA H200')
    monkeypatch.setattr(script, 'TOPICS', {topic: ((topic, '--x'), 'something', 1) for topic in 'abc'})

    class Done:
        returncode = 0

    def run(command, cwd):
        assert command[:2] == [sys.executable, '-m']
        assert command[2].startswith('benchmarks.')
        ran.append(command[4:])
        Done.returncode = int(command[5] == broken[0]) if broken else 0
        return Done

    broken = []
    monkeypatch.setattr(script.subprocess, 'run', run)
    monkeypatch.setattr(sys, 'argv', ['records.py', '--commit', 'abcdef0'])
    return script, ran, broken


def test_records_go_on_where_they_stopped(records):
    script, ran, broken = records
    broken.append('h200/b')
    assert script.main() == 1
    assert [args[1] for args in ran] == ['h200/a', 'h200/b']
    broken.clear()
    ran.clear()
    assert script.main() == 0
    assert [args[1] for args in ran] == ['h200/b', 'h200/c']
    ran.clear()
    assert script.main() == 0  # all were done: from the beginning
    assert [args[1] for args in ran] == ['h200/a', 'h200/b', 'h200/c']
    assert ran[0] == ['--save', 'h200/a', '--commit', 'abcdef0']


def test_records_of_another_commit_are_measured_anew(records, monkeypatch):
    script, ran, broken = records
    broken.append('h200/c')
    script.main()
    ran.clear()
    monkeypatch.setattr(sys, 'argv', ['records.py', '--commit', '0123456'])
    script.main()
    assert [args[1] for args in ran] == ['h200/a', 'h200/b', 'h200/c']


def test_what_needs_two_cards_is_left_out_where_there_is_one(records, monkeypatch):
    script, ran, _ = records
    monkeypatch.setattr(script, 'TOPICS', dict.fromkeys(('a', 'scaling'), (('a', '--x'), 'something', 1)))
    for cards, topics in ((1, ['h200/a']), (2, ['h200/a', 'h200/scaling'])):
        monkeypatch.setattr(script.torch.cuda, 'device_count', lambda cards=cards: cards)
        ran.clear()
        assert script.main() == 0
        assert [args[1] for args in ran] == topics


def test_every_measuring_program_is_there():
    script = load('records')
    for (program, *_), _, minutes in script.TOPICS.values():
        assert program in PROGRAMS
        assert minutes > 0


def test_a_device_has_a_folder_of_its_own():
    folder = load('records').device_folder
    assert folder('NVIDIA H200') == 'h200'
    assert folder('NVIDIA A100-SXM4-80GB') == 'a100-sxm4-80gb'


def test_w4a16_on_the_cpu_is_measured_layer_by_layer():
    done = call('w4a16_cpu', '--quick', '--dtypes', 'bfloat16')
    assert done.returncode == 0, done.stderr
    rows = [line.split('|')[1:4] for line in done.stdout.splitlines() if '| bfloat16 |' in line]
    assert len(rows) == 24  # six layers, four batches


def test_the_ballast_says_when_it_cannot_be_allocated(monkeypatch):
    from benchmarks import gpu as card

    monkeypatch.setenv('CUDA_VISIBLE_DEVICES', '3')
    assert card.first_visible() == 3
    for spelled, cards in (('2, 5', [2, 5]), ('GPU-01-23', ['GPU-01-23']), ('', []), ('1,GPU-4,', [1, 'GPU-4'])):
        monkeypatch.setenv('CUDA_VISIBLE_DEVICES', spelled)
        assert card.visible_cards() == cards
    monkeypatch.setenv('CUDA_VISIBLE_DEVICES', '3')
    monkeypatch.setattr(card, '_HOLD', 'import os, sys; print(os.environ["CUDA_VISIBLE_DEVICES"], sys.argv[1])')
    with pytest.raises(RuntimeError, match='more than 8182 MiB'):
        card.Ballast(card.SLICE_MIB)


def test_the_ballast_holds_until_it_is_closed(monkeypatch):
    from benchmarks import gpu as card

    hold = 'import sys; assert int(sys.argv[1]) == 5 << 20; print("ready", flush=True); sys.stdin.read()'
    monkeypatch.setattr(card, '_HOLD', hold)
    ballast = card.Ballast(5, index=1)
    assert ballast._process.poll() is None
    ballast.close()
    assert ballast._process.returncode == 0


def test_looking_at_the_programs_sets_nothing():
    """This file imports them all, as everything that lists their manuals does: the process stays as it was."""
    code = 'import os, sys; before = dict(os.environ); import importlib\n'
    code += f'for name in {PROGRAMS}: importlib.import_module("benchmarks." + name)\n'
    code += (
        'ours = {k for k in os.environ.keys() - before.keys() if k.startswith(("LMDEPLOY", "COURSE", "CUDA", "OMP"))}\n'
    )
    code += 'sys.exit(str(ours) if ours else 0)'
    done = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
