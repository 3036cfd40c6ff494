"""The measuring scripts, without a measurement: what they refuse before it, what they set up, what they keep."""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).resolve().parent.parent / 'benchmarks'


def load(name: str):
    spec = importlib.util.spec_from_file_location(name, BENCHMARKS / f'{name}.py')
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize('script', [['first_speed.py'], ['notebooks_on_gpu.py', '--settings', 'tiny']])
@pytest.mark.parametrize(
    ('arguments', 'said'),
    [
        (['--save', '../speed'], "'../speed' is not a record's name"),
        (['--save', 'h200/speed', '--commit', 'main'], 'commit must be a git commit'),
    ],
)
def test_a_record_that_could_not_be_saved_is_refused_before_the_measurement(script, arguments, said):
    command = [sys.executable, *script, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, cwd=BENCHMARKS)
    assert done.returncode != 0
    assert said in done.stderr


def test_first_speed_measures_the_model_that_its_record_names():
    command = [sys.executable, BENCHMARKS / 'first_speed.py', '--model', 'models/tiny-chat']
    done = subprocess.run(command, capture_output=True, text=True)
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
    monkeypatch.setattr(sys, 'argv', ['notebooks_on_gpu.py', '--settings', 'tiny', 'share', '--only', '01', '06'])
    assert script.main() == 0
    assert made == [
        ('internlm2-chat-1_8b', tmp_path / 'Shanghai_AI_Laboratory/internlm2-chat-1_8b', {'auto_map': True})
    ]
    assert ran == [('tiny', 'tiny-chat', 'tiny-vlm')] * 2 + [('share', None, None)] * 2


ROW = {'ran_to_the_end': True}


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
    monkeypatch.setattr(script, 'rate', fails)
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
    monkeypatch.setattr(script, 'TOPICS', {topic: ((f'{topic}.py', '--x'), 'something', 1) for topic in 'abc'})

    class Done:
        returncode = 0

    def run(command, cwd):
        ran.append(command[3:])
        Done.returncode = int(command[4] == broken[0]) if broken else 0
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
    monkeypatch.setattr(script, 'TOPICS', dict.fromkeys(('a', 'scaling'), (('a.py', '--x'), 'something', 1)))
    for cards, topics in ((1, ['h200/a']), (2, ['h200/a', 'h200/scaling'])):
        monkeypatch.setattr(script.torch.cuda, 'device_count', lambda cards=cards: cards)
        ran.clear()
        assert script.main() == 0
        assert [args[1] for args in ran] == topics


def test_every_measuring_program_is_there():
    script = load('records')
    for (program, *_), _, minutes in script.TOPICS.values():
        assert (BENCHMARKS / program).is_file(), program
        assert minutes > 0


def test_a_device_has_a_folder_of_its_own():
    folder = load('records').device_folder
    assert folder('NVIDIA H200') == 'h200'
    assert folder('NVIDIA A100-SXM4-80GB') == 'a100-sxm4-80gb'


def test_w4a16_on_the_cpu_is_measured_layer_by_layer():
    command = [sys.executable, 'w4a16_cpu.py', '--quick', '--dtypes', 'bfloat16']
    done = subprocess.run(command, capture_output=True, text=True, cwd=BENCHMARKS)
    assert done.returncode == 0, done.stderr
    rows = [line.split('|')[1:4] for line in done.stdout.splitlines() if '| bfloat16 |' in line]
    assert len(rows) == 24  # six layers, four batches


def test_the_ballast_says_when_it_cannot_be_allocated(monkeypatch):
    import card

    monkeypatch.setenv('CUDA_VISIBLE_DEVICES', '3')
    assert card.first_visible() == 3
    monkeypatch.setattr(card, '_HOLD', 'import os, sys; print(os.environ["CUDA_VISIBLE_DEVICES"], sys.argv[1])')
    with pytest.raises(RuntimeError, match='more than 8182 MiB'):
        card.Ballast(card.SLICE_MIB)


def test_the_ballast_holds_until_it_is_closed(monkeypatch):
    import card

    hold = 'import sys; assert int(sys.argv[1]) == 5 << 20; print("ready", flush=True); sys.stdin.read()'
    monkeypatch.setattr(card, '_HOLD', hold)
    ballast = card.Ballast(5, index=1)
    assert ballast._process.poll() is None
    ballast.close()
    assert ballast._process.returncode == 0
