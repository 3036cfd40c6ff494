"""tools/bootstrap.py: clear refusals, and a set-up that is never taken for whole when it is not."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def bootstrap(tmp_path, monkeypatch):
    """The module, working on a copy of the project's files in an empty folder."""
    spec = importlib.util.spec_from_file_location('bootstrap', ROOT / 'tools' / 'bootstrap.py')
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    for name in ('pyproject.toml', 'constraints.txt'):
        (tmp_path / name).write_text((ROOT / name).read_text())
    monkeypatch.setattr(module, 'ROOT', str(tmp_path))
    monkeypatch.setattr(module, 'VENV', str(tmp_path / '.venv'))
    monkeypatch.delenv('CONDA_DEFAULT_ENV', raising=False)
    return module


@pytest.mark.parametrize(
    ('system', 'machine'), [('Darwin', 'arm64'), ('Darwin', 'x86_64'), ('Linux', 'aarch64'), ('Windows', 'AMD64')]
)
def test_a_platform_without_wheels_is_told_what_to_use(bootstrap, system, machine):
    with pytest.raises(SystemExit) as e:
        bootstrap.check_platform(system, machine)
    assert system in str(e.value)
    assert machine in str(e.value)
    for instead in ('WSL2', 'InternStudio', 'ssh'):
        assert instead in str(e.value)


def test_an_old_c_library_is_refused(bootstrap):
    with pytest.raises(SystemExit, match=r'2\.28'):
        bootstrap.check_platform('Linux', 'x86_64', ('glibc', '2.17'))
    bootstrap.check_platform('Linux', 'x86_64', ('glibc', '2.36'))


def test_a_wrong_python_is_refused(bootstrap, monkeypatch):
    monkeypatch.setattr(bootstrap, 'python_version', lambda python: (3, 10))
    with pytest.raises(SystemExit, match=r'3\.11, 3\.12 or 3\.13'):
        bootstrap.find_python()


def test_another_python_on_the_path_is_taken(bootstrap, monkeypatch):
    versions = {sys.executable: (3, 14), 'python3.12': None, 'python3.13': (3, 13)}
    monkeypatch.setattr(bootstrap, 'python_version', versions.get)
    assert bootstrap.find_python() == 'python3.13'


def test_a_full_disk_is_refused_before_anything_is_made(bootstrap, monkeypatch):
    monkeypatch.setattr(bootstrap, 'DISK_GB', 1e9)
    with pytest.raises(SystemExit, match='free on the disk'):
        bootstrap.make_venv()
    assert not os.path.exists(bootstrap.VENV)


def fake_steps(bootstrap, monkeypatch, failing=None):
    """Record the steps instead of running them; a step whose name contains `failing` fails."""
    steps = []

    def call(command, cwd=None):
        words = ' '.join(command[1:])
        steps.append(words)
        if failing and failing in words:
            return 1
        if ' venv ' in f' {words} ':
            os.makedirs(os.path.join(bootstrap.VENV, 'bin'), exist_ok=True)
            os.symlink(sys.executable, os.path.join(bootstrap.VENV, 'bin', 'python'))
        return 0

    monkeypatch.setattr(bootstrap.subprocess, 'call', call)
    return steps


@pytest.mark.parametrize('failing', ['venv', 'pip install', 'pip check'])
def test_a_failed_set_up_says_which_step_and_is_done_again(bootstrap, monkeypatch, failing):
    fake_steps(bootstrap, monkeypatch, failing)
    with pytest.raises(SystemExit, match='failed'):
        bootstrap.environment_python()
    assert bootstrap.read_stamp(bootstrap.VENV) is None
    steps = fake_steps(bootstrap, monkeypatch)
    bootstrap.environment_python()
    assert any('venv' in s for s in steps)
    assert any('pip install' in s for s in steps)
    assert bootstrap.read_stamp(bootstrap.VENV) == bootstrap.wanted_stamp()


def test_an_environment_that_somebody_else_made_is_left_alone(bootstrap, monkeypatch):
    theirs = Path(bootstrap.VENV, 'lib', 'work.py')
    theirs.parent.mkdir(parents=True)
    theirs.write_text('x = 1')
    steps = fake_steps(bootstrap, monkeypatch)
    with pytest.raises(SystemExit, match='did not make it'):
        bootstrap.environment_python()
    assert theirs.read_text() == 'x = 1'
    assert steps == []


def test_a_complete_environment_starts_at_once(bootstrap, monkeypatch):
    fake_steps(bootstrap, monkeypatch)
    bootstrap.environment_python()
    steps = fake_steps(bootstrap, monkeypatch)
    assert bootstrap.environment_python() == os.path.join(bootstrap.VENV, 'bin', 'python')
    assert steps == []


@pytest.mark.parametrize('name', ['pyproject.toml', 'constraints.txt'])
def test_changed_dependencies_are_installed(bootstrap, monkeypatch, name):
    fake_steps(bootstrap, monkeypatch)
    bootstrap.environment_python()
    path = Path(bootstrap.ROOT, name)
    path.write_text(path.read_text().replace('torch==2.10.0', 'torch==2.10.1'))
    steps = fake_steps(bootstrap, monkeypatch)
    bootstrap.environment_python()
    assert any('pip install' in s and 'constraints.txt' in s for s in steps)
    assert not any('venv' in s for s in steps)


def test_the_command_runs_in_the_environment(bootstrap, monkeypatch):
    monkeypatch.setattr(bootstrap, 'environment_python', lambda: '/env/bin/python')
    monkeypatch.setattr(sys, 'argv', ['bootstrap.py', '-m', 'pytest'])
    monkeypatch.delenv('OMP_WAIT_POLICY', raising=False)
    monkeypatch.setenv('PATH', '/usr/bin')
    monkeypatch.chdir(bootstrap.ROOT)  # main() changes it, and this brings it back
    ran = []
    monkeypatch.setattr(bootstrap.os, 'execv', lambda *a: ran.append(a))
    bootstrap.main()
    assert ran == [('/env/bin/python', ['/env/bin/python', '-m', 'pytest'])]
    assert os.environ['OMP_WAIT_POLICY'] == 'PASSIVE'
    assert os.environ['PATH'].startswith('/env/bin:')


def test_a_second_make_waits_for_the_first_ones_set_up(bootstrap, monkeypatch):
    """Another process holds the lock as one that sets up does; this one begins when that has ended."""
    lock, ready = Path(bootstrap.ROOT, '.venv.lock'), Path(bootstrap.ROOT, 'ready')
    code = """
import fcntl, pathlib, sys, time
with open(sys.argv[1], 'w') as lock:
    fcntl.flock(lock, fcntl.LOCK_EX)
    print('held', flush=True)
    time.sleep(1)
    pathlib.Path(sys.argv[2]).touch()
"""
    other = subprocess.Popen([sys.executable, '-c', code, lock, ready], stdout=subprocess.PIPE, text=True)
    assert other.stdout.readline() == 'held\n'
    began = []
    monkeypatch.setattr(bootstrap, 'environment_python', lambda: began.append(ready.exists()) or sys.executable)
    monkeypatch.setattr(sys, 'argv', ['bootstrap.py'])
    monkeypatch.setenv('PATH', os.environ['PATH'])
    monkeypatch.setenv('OMP_WAIT_POLICY', 'PASSIVE')
    monkeypatch.chdir(bootstrap.ROOT)
    bootstrap.main()
    other.communicate()
    assert began == [True], 'it did not wait'
