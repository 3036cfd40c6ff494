"""A hosted notebook gets what the course lacks, beside its own torch and kernel, or hears what does not fit."""

import os
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest
from packaging.requirements import Requirement

from helpers.environment import LMDEPLOY, TOOLS
from lessons import hosted
from lessons.hosted import ACCEPTED, clone_lines, course_address, hosted_page, make_plan, set_up

# Out of the list that Colab publishes of its GPU image (googlecolab/backend-info, early 2026).
COLAB = {
    'torch': '2.10.0+cu128', 'torchvision': '0.25.0+cu128', 'torchaudio': '2.10.0+cu128', 'triton': '3.6.0',
    'numpy': '2.0.2', 'transformers': '5.0.0', 'ipykernel': '6.17.1', 'ipython': '7.34.0', 'ipywidgets': '7.7.1',
    'openai': '2.23.0', 'gradio': '5.50.0', 'peft': '0.18.1', 'matplotlib': '3.10.0', 'psutil': '5.9.5',
}  # fmt: skip
HERE = ((3, 12, 3), 'Linux x86_64', 60.0)


def test_what_lmdeploy_accepts_is_what_it_says():
    said = {r.name: r.specifier for r in map(Requirement, metadata.requires('lmdeploy')) if not r.extras}
    assert {r.name: r.specifier for r in map(Requirement, ACCEPTED)} == {
        name: said[name] for name in ('torch', 'torchvision', 'triton')
    }
    assert f'LMDeploy {LMDEPLOY} needs' in make_plan({'torch': '1.0'}, *HERE).misfits[0]


def test_only_what_make_needs_is_left_out():
    assert hosted.UNNEEDED == TOOLS


def test_colab_keeps_its_torch_and_its_kernel():
    plan = make_plan(COLAB, *HERE)
    assert not plan.misfits
    names = {line.partition('==')[0] for line in plan.install}
    assert {'lmdeploy', 'transformers', 'openai', 'gradio', 'psutil'} <= names  # missing, or too old
    assert not names & {'torch', 'torchvision', 'numpy', 'matplotlib', 'ipykernel', 'ipython', 'ipywidgets', 'pytest'}
    assert f'lmdeploy=={LMDEPLOY}' in plan.install
    kept = ('torch==2.10.0+cu128', 'torchaudio==2.10.0+cu128', 'triton==3.6.0', 'numpy==2.0.2', 'ipykernel==6.17.1')
    assert set(kept) <= set(plan.hold)


@pytest.mark.parametrize('version', ['2.8.0+cu126', '2.9.1', '2.11.0+cu130', '2.12.1+cpu'])
def test_another_torch_that_lmdeploy_accepts_stays(version):
    plan = make_plan({'torch': version, 'triton': '3.5.1'}, *HERE)
    assert f'torch=={version}' in plan.hold
    assert 'torchvision' in plan.install  # without a version: the one that goes with this torch
    assert not [line for line in plan.install if line.startswith('torch==')]


@pytest.mark.parametrize(
    ('installed', 'python', 'machine', 'free_gb', 'said'),
    [
        ({'torch': '2.13.0+cu130'}, (3, 12, 3), 'Linux x86_64', 60, 'torch 2.13.0+cu130: LMDeploy 0.18.0 needs'),
        ({'torch': '2.3.1', 'triton': '2.3.1'}, (3, 11, 5), 'Linux x86_64', 60, 'triton 2.3.1'),
        ({}, (3, 10, 12), 'Linux x86_64', 60, 'Python 3.10.12: the course needs >=3.11,<3.14'),
        ({}, (3, 14, 0), 'Linux x86_64', 60, 'Python 3.14.0'),
        ({}, (3, 12, 0), 'Linux aarch64', 60, 'Linux aarch64'),
        ({}, (3, 12, 0), 'Linux x86_64', 8, '8.0 GB of disk are free: about 12 GB'),
        (COLAB, (3, 12, 0), 'Linux x86_64', 3.2, '3.2 GB of disk are free: about 6 GB'),
    ],
)
def test_what_does_not_fit_is_named_and_nothing_is_done(installed, python, machine, free_gb, said):
    plan = make_plan(installed, python, machine, free_gb)
    assert [m for m in plan.misfits if m.startswith(said)]
    assert not plan.install


def test_an_old_numpy_is_replaced_not_held():
    plan = make_plan(COLAB | {'numpy': '1.26.4'}, *HERE)
    assert [line for line in plan.install if line.startswith('numpy==2')]
    assert not [line for line in plan.hold if line.startswith('numpy')]


@pytest.mark.parametrize(
    ('environ', 'page'),
    [
        ({'COLAB_RELEASE_TAG': 'release-colab_2026'}, 'Colab'),
        ({'COLAB_RELEASE_TAG': 'x', 'KAGGLE_KERNEL_RUN_TYPE': 'Interactive'}, 'Kaggle'),
        ({'MODELSCOPE_ENVIRONMENT': 'dsw'}, 'ModelScope'),
        ({'HOME': '/root'}, ''),
    ],
)
def test_the_page_is_known_by_its_variables(environ, page):
    assert hosted_page(environ) == page


@pytest.fixture
def page(monkeypatch):
    """A hosted machine: its packages before and after pip, what pip was called with, and what pip answers."""
    it = SimpleNamespace(before=dict(COLAB), after=COLAB | {'transformers': '5.24.0'}, calls=[], rc=0, held='')
    versions = iter([lambda: it.before, lambda: it.after])
    monkeypatch.setattr(hosted, 'installed_versions', lambda: next(versions)())
    monkeypatch.setattr(hosted.sys, 'version_info', (3, 12, 3, 'final', 0))
    monkeypatch.setattr(hosted.platform, 'machine', lambda: 'x86_64')
    monkeypatch.setattr(hosted.shutil, 'disk_usage', lambda _: SimpleNamespace(free=60e9))
    monkeypatch.setattr(hosted.sys, 'path', sys.path[:])

    def run(command):
        it.calls.append(command)
        if '--constraint' in command:
            it.held = Path(command[command.index('--constraint') + 1]).read_text()
        return it.rc

    it.run = run
    return it


def test_elsewhere_nothing_is_done(page, capsys, monkeypatch):
    for name in ('KAGGLE_KERNEL_RUN_TYPE', 'COLAB_RELEASE_TAG', 'MODELSCOPE_ENVIRONMENT'):
        monkeypatch.delenv(name, raising=False)
    assert set_up(run=page.run)
    assert not page.calls
    assert 'nothing to do' in capsys.readouterr().out


def test_packages_with_the_page_s_own_held_then_the_course_alone(page, capsys, monkeypatch):
    monkeypatch.delitem(sys.modules, 'transformers', raising=False)
    assert set_up('Colab', page.run)
    packages, course = page.calls
    assert f'lmdeploy=={LMDEPLOY}' in packages
    assert 'torch==2.10.0+cu128' in page.held.splitlines()
    assert course[-3:] == ['--no-deps', '--editable', str(hosted.ROOT)]
    out = capsys.readouterr().out
    assert 'kept: torch==2.10.0+cu128' in out
    assert 'the course is set up' in out


@pytest.mark.parametrize(('where', 'how'), list(hosted.RESTART.items()))
def test_a_loaded_package_that_was_replaced_asks_for_a_restart(page, capsys, monkeypatch, where, how):
    monkeypatch.setitem(sys.modules, 'transformers', SimpleNamespace())
    assert not set_up(where, page.run)
    out = capsys.readouterr().out
    assert how in out
    assert 'transformers' in out


def test_pip_that_fails_is_told(page, capsys):
    page.rc = 1
    assert not set_up('Kaggle', page.run)
    assert len(page.calls) == 1
    assert 'pip could not install' in capsys.readouterr().out


def test_what_does_not_fit_is_told_and_pip_not_called(page, capsys):
    page.before['torch'] = '2.14.0+cu130'
    assert not set_up('Colab', page.run)
    assert not page.calls
    out = capsys.readouterr().out
    assert '- torch 2.14.0+cu130: LMDeploy 0.18.0 needs' in out
    assert 'Nothing was changed' in out


def test_it_needs_none_of_the_course_s_packages():
    code = 'import sys, lessons.hosted; print(sorted({m.partition(".")[0] for m in sys.modules} & set(sys.argv[1:])))'
    heavy = ['torch', 'lmdeploy', 'helpers', 'lazy_loader', 'numpy', 'IPython']
    done = subprocess.run([sys.executable, '-c', code, *heavy], cwd=hosted.ROOT, capture_output=True, text=True)
    assert done.stdout.strip() == '[]', done.stderr


@pytest.mark.parametrize(
    ('origin', 'address'),
    [
        ('https://example.org/someone/course.git', 'https://example.org/someone/course.git'),
        ('https://someone:secret@example.org:8443/course?token=1', 'https://example.org:8443/course'),
        ('git@example.org:someone/course.git', 'git@example.org:someone/course.git'),
        ('ssh://git@example.org/course.git', 'ssh://git@example.org/course.git'),
        ('/srv/course.git', None),
        ('', None),
    ],
)
def test_the_address_is_asked_from_git(tmp_path, origin, address):
    subprocess.run(['git', 'init', '-q', tmp_path], check=True)
    if origin:
        subprocess.run(['git', '-C', tmp_path, 'remote', 'add', 'origin', origin], check=True)
    assert course_address(tmp_path) == address
    lines = clone_lines(tmp_path).splitlines()
    if address:
        assert lines == [f'git clone {address} lmdeploy-course', 'cd lmdeploy-course']
    else:
        assert 'no remote `origin`' in lines[0]
        assert 'git archive' in lines[2]


def test_a_machine_without_git_has_no_address(monkeypatch):
    monkeypatch.setenv('PATH', '')
    assert course_address() is None


def test_a_page_that_came_alone_fetches_the_course(tmp_path):
    """The cell of chapter 0, where nothing but the notebook lies, and again after a restart of its kernel."""
    course, page = tmp_path / 'course', tmp_path / 'page'
    page.mkdir()
    for name in ('lessons', 'notebooks'):
        (course / name).mkdir(parents=True)
    (course / 'lessons' / '__init__.py').touch()
    (course / 'lessons' / 'hosted.py').write_text('def set_up():\n    print("set up")\n    return True\n')
    (course / 'notebooks' / 'empty.txt').touch()
    git = ['git', '-c', 'user.name=a', '-c', 'user.email=a@example.org', '-C', course]
    for command in (['init', '-q'], ['add', '.'], ['commit', '-qm', 'all']):
        subprocess.run([*git, *command], check=True)
    cells = nbformat.read(hosted.ROOT / 'notebooks' / '00_setup.ipynb', as_version=4).cells
    (cell,) = [c.source for c in cells if c.id == 'hosted']
    env = {name: value for name, value in os.environ.items() if name != 'PYTHONPATH'}
    code = [sys.executable, '-P', '-c', f'{cell}\nprint(os.getcwd(), set_up.__code__.co_filename)']
    for said in (f'{course}\n', ''):
        done = subprocess.run(code, cwd=page, env=env, input=said, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        assert 'set up' in done.stdout
        assert f'{page}/lmdeploy-course/notebooks {page}/lmdeploy-course/lessons/hosted.py' in done.stdout
