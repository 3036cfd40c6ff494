"""tools/bootstrap.py: clear refusals, and a set-up that is never taken for whole when it is not."""

import errno
import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

BACKEND = """
import os, zipfile
def build_editable(folder, config_settings=None, metadata_directory=None):
    with zipfile.ZipFile(os.path.join(folder, 'p-1-py3-none-any.whl'), 'w') as wheel:
        wheel.writestr('p-1.dist-info/METADATA', 'Metadata-Version: 2.1\\nName: p\\nVersion: 1\\n')
        wheel.writestr('p-1.dist-info/WHEEL', 'Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n')
        wheel.writestr('p-1.dist-info/RECORD', '')
    return 'p-1-py3-none-any.whl'
"""  # of a package that holds nothing
ROOT = Path(__file__).resolve().parent.parent.parent


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
    for name in ('CONDA_DEFAULT_ENV', 'CONDA_PREFIX'):
        monkeypatch.delenv(name, raising=False)
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

    def call(command, cwd=None, env=None):
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


@pytest.mark.parametrize(
    ('name', 'old', 'new'),
    [
        ('pyproject.toml', 'torch==2.10.0', 'torch==2.10.1'),
        ('constraints.txt', 'torch==2.10.0', 'torch==2.10.1'),
        ('pyproject.toml', '"helpers*"', '"helpers*", "a_new_folder"'),  # editable installs list the folders
    ],
)
def test_what_changed_is_installed(bootstrap, monkeypatch, name, old, new):
    fake_steps(bootstrap, monkeypatch)
    bootstrap.environment_python()
    path = Path(bootstrap.ROOT, name)
    path.write_text(path.read_text().replace(old, new))
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


class TestOddMachines:
    @pytest.mark.parametrize('number', [errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP, errno.EINVAL])
    def test_a_disk_without_locks(self, bootstrap, monkeypatch, number):
        def flock(*_):
            raise OSError(number, os.strerror(number))

        monkeypatch.setattr('fcntl.flock', flock)
        with bootstrap.one_at_a_time():
            went_on = True
        assert went_on

    def test_an_error_inside_of_the_lock_is_not_swallowed(self, bootstrap):
        with pytest.raises(OSError, match='mine'), bootstrap.one_at_a_time():
            raise OSError('mine')

    def test_a_lock_that_cannot_be_opened(self, bootstrap):
        Path(bootstrap.ROOT, '.venv.lock').mkdir()  # root may write in every folder, but opens none
        with bootstrap.one_at_a_time():
            went_on = True
        assert went_on

    def test_a_checkout_that_cannot_be_written(self, bootstrap, monkeypatch):
        def refuse(dir):
            raise OSError(errno.EROFS, os.strerror(errno.EROFS))

        monkeypatch.setattr(bootstrap.tempfile, 'TemporaryFile', refuse)
        steps = fake_steps(bootstrap, monkeypatch)
        with pytest.raises(SystemExit, match=r'Read-only file system.*(?s:.*)conda activate') as e:
            bootstrap.environment_python()
        assert bootstrap.ROOT in str(e.value)
        assert steps == []

    def test_a_read_only_checkout_with_a_whole_environment_starts(self, bootstrap, monkeypatch):
        fake_steps(bootstrap, monkeypatch)
        bootstrap.environment_python()
        monkeypatch.setattr(bootstrap, 'make_venv', lambda: pytest.fail('it is there'))
        monkeypatch.setattr(bootstrap, 'install', lambda *_: pytest.fail('it is there'))
        assert bootstrap.environment_python().startswith(bootstrap.VENV)

    @pytest.mark.parametrize(
        'variable', ['PIP_USER', 'PIP_TARGET', 'PIP_PREFIX', 'PIP_ROOT', 'PIP_NO_DEPS', 'PIP_PYTHON', 'PYTHONPATH']
    )
    def test_pip_is_told_where_to_by_nobody_else(self, bootstrap, variable):
        found = bootstrap.pip_environment(
            sys.executable, {variable: '1', 'PIP_INDEX_URL': 'https://mirror.example', 'HOME': '/h'}
        )
        assert found.get(variable, '0') == '0'
        assert found['PIP_INDEX_URL'] == 'https://mirror.example'
        assert found['HOME'] == '/h'
        assert found['PIP_REQUIRE_VIRTUALENV'] == '0'

    def test_a_mirror_of_a_pip_conf_stays(self, bootstrap, tmp_path):
        conf = '[global]\nindex-url = https://a.example\nextra-index-url =\n  https://b.example\n  https://c.example\n'
        (tmp_path / 'pip.conf').write_text(conf + 'prefix = /nowhere\n[install]\nindex-url = https://d.example\n')
        found = bootstrap.pip_environment(sys.executable, {'PIP_CONFIG_FILE': str(tmp_path / 'pip.conf'), 'HOME': '/'})
        assert found['PIP_INDEX_URL'] == 'https://d.example'
        assert found['PIP_EXTRA_INDEX_URL'].split() == ['https://b.example', 'https://c.example']
        assert 'PIP_PREFIX' not in found
        assert found['PIP_CONFIG_FILE'] == os.devnull

    @pytest.mark.parametrize(
        'told',
        [
            {'PIP_USER': '1'},
            {'PIP_TARGET': '/nowhere'},
            {'PIP_REQUIRE_VIRTUALENV': '1', 'PIP_DRY_RUN': '0', 'PIP_ROOT': '/nowhere'},
            '[global]\ntrusted-host = a\n  b\n[install]\nuser = yes\n',
            '[install]\ntarget = /nowhere\n',
            '[global]\nprefix = /nowhere\nrequire-virtualenv = yes\n',
        ],
    )
    def test_the_package_comes_into_the_environment(self, bootstrap, monkeypatch, tmp_path, told):
        """With pip itself, and a package of a line; offline."""
        (tmp_path / 'pyproject.toml').write_text(
            '[project]\nname = "p"\nversion = "1"\ndependencies = [\n]\n'
            '[build-system]\nrequires = []\nbuild-backend = "b"\nbackend-path = ["."]\n'
        )
        (tmp_path / 'b.py').write_text(BACKEND)
        (tmp_path / 'constraints.txt').write_text('')
        if isinstance(told, str):
            (tmp_path / 'pip.conf').write_text(told)
            told = {'PIP_CONFIG_FILE': str(tmp_path / 'pip.conf')}
        for name, value in told.items():
            monkeypatch.setenv(name, value.replace('/nowhere', str(tmp_path / 'nowhere')))
        prefix = tmp_path / 'v'
        subprocess.run([sys.executable, '-m', 'venv', '--without-pip', prefix], check=True)
        pip = Path(importlib.util.find_spec('pip').origin).parent
        site = next(prefix.glob('lib/python3*/site-packages'))
        (site / 'pip').symlink_to(pip)
        bootstrap.install(str(prefix / 'bin' / 'python'), str(prefix))
        assert (site / 'p-1.dist-info').is_dir()
        assert not (tmp_path / 'nowhere').exists()

    @pytest.mark.parametrize(
        ('name', 'folder', 'made'),
        [
            ('lmdeploy-course', 'envs/lmdeploy-course', True),
            ('{prefix}', 'my envs/lmdeploy-course', True),
            ('other', 'envs/other [1]', 'lib/python3.12/site-packages/lmdeploy_course-1.dist-info'),
            ('{prefix}', 'scratch/课程', '.course-complete'),
            ('base', 'miniconda3', False),
            ('other', 'envs/lmdeploy-course/envs/other', False),
        ],
    )
    def test_environments_of_conda(self, bootstrap, monkeypatch, tmp_path, name, folder, made):
        prefix = tmp_path / folder
        (prefix / 'bin').mkdir(parents=True)
        (prefix / 'bin' / 'python').symlink_to(sys.executable)
        if isinstance(made, str):
            (prefix / made).parent.mkdir(parents=True, exist_ok=True)
            (prefix / made).write_text('old')
        monkeypatch.setenv('CONDA_PREFIX', str(prefix))
        monkeypatch.setenv('CONDA_DEFAULT_ENV', name.format(prefix=prefix))
        assert bootstrap.conda_prefix() == (str(prefix) if made else None)

    def test_a_conda_environment_without_python_or_prefix(self, bootstrap, monkeypatch, tmp_path):
        monkeypatch.setenv('CONDA_DEFAULT_ENV', 'lmdeploy-course')
        assert bootstrap.conda_prefix() is None
        monkeypatch.setenv('CONDA_PREFIX', str(tmp_path))
        assert bootstrap.conda_prefix() is None

    @pytest.mark.parametrize('kind', [KeyError, OSError, ImportError])
    def test_a_user_without_an_entry_in_the_password_file(self, bootstrap, monkeypatch, kind):
        def nobody():
            raise kind('getpwuid(): uid not found: 12345')

        monkeypatch.setattr(bootstrap.getpass, 'getuser', nobody)
        monkeypatch.setattr(bootstrap.os.path, 'expanduser', lambda path: path)
        monkeypatch.setenv('HOME', '')
        monkeypatch.setenv('TORCHINDUCTOR_CACHE_DIR', '')
        monkeypatch.delenv('TORCHINDUCTOR_CACHE_DIR')
        bootstrap.settle_user()
        assert os.environ['TORCHINDUCTOR_CACHE_DIR'].endswith(f'torchinductor_{os.getuid()}')
        assert os.environ['HOME'] == '/'
