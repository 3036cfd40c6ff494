"""The check of the environment: each line can fail, and says what mends it."""

import os
import subprocess
import sys
import types
from pathlib import Path

import pytest

from helpers import environment, memory, models
from helpers.environment import Check, check_environment, main, print_checks
from helpers.memory import DeviceMemory
from helpers.models import Place

GIB = 1 << 30
NAMES = [
    'platform', 'Python', 'packages', 'NVIDIA driver', 'CUDA', 'LMDeploy', 'TurboMind', 'transformers', 'widgets',
    'kernel', 'memory', 'disk', 'models',
]  # fmt: skip


@pytest.fixture
def checks(monkeypatch):
    """A function that puts three checks in place of the real ones: fine, worth knowing, and the one given."""

    def use(last):
        three = {'one': lambda: (True, 'fine', ''), 'two': lambda: (None, 'no GPU', 'nothing to do'), 'three': last}
        monkeypatch.setattr(environment, 'CHECKS', three)

    return use


@pytest.fixture
def installed(monkeypatch):
    """A function that sets the version of a package; the others stay."""
    real = environment._installed
    changed = {}
    monkeypatch.setattr(environment, '_installed', lambda name: changed[name] if name in changed else real(name))
    return changed.__setitem__


@pytest.fixture
def gpu(monkeypatch):
    """A function that lets the checks see a driver, and CUDA that works or not."""

    def use(driver='580.95.05', cuda=(13, 0), works=True):
        monkeypatch.setattr(environment, '_nvidia_driver', lambda: (driver, cuda))
        monkeypatch.setattr('torch.cuda.is_available', lambda: works)
        monkeypatch.setattr('torch.cuda.get_device_name', lambda: 'NVIDIA A100')
        monkeypatch.delenv('CUDA_VISIBLE_DEVICES', raising=False)

    return use


# --- the report


def test_a_line_each_with_its_mend(checks, capsys):
    checks(lambda: (False, '3.10', 'install 3.12'))
    assert print_checks() is False
    assert capsys.readouterr().out.splitlines() == [
        '[OK]   one: fine',
        '[NOTE] two: no GPU',
        '       → nothing to do',
        '[FAIL] three: 3.10',
        '       → install 3.12',
    ]
    assert main() == 1


def test_a_note_is_no_failure(checks):
    checks(lambda: (None, '', ''))
    assert print_checks() is True
    assert main() == 0


def test_the_stable_report_holds_names_and_states_only(checks, capsys):
    checks(lambda: (False, '3.10', 'install 3.12'))
    print_checks(stable=True)
    assert capsys.readouterr().out.splitlines() == ['[OK] one', '[OK] two', '[FAIL] three']


def test_a_check_that_breaks_has_failed(checks):
    checks(lambda: 1 / 0)
    last = check_environment()[-1]
    assert last == Check('three', False, 'cannot be checked: ZeroDivisionError: division by zero', environment.INSTALL)


def test_the_module_prints_every_check_and_exits_with_the_result():
    done = subprocess.run([sys.executable, '-m', 'helpers.environment'], capture_output=True, text=True)
    lines = [line for line in done.stdout.splitlines() if line.startswith('[')]
    assert [line[7:].split(':')[0] for line in lines] == NAMES
    assert done.returncode == any(line.startswith('[FAIL]') for line in lines)
    assert 'cannot be checked' not in done.stdout


# --- its lines


@pytest.mark.parametrize(
    ('machine', 'ok'),
    [
        (('linux', 'x86_64', '6.1'), True),
        (('linux', 'x86_64', '5.15.167.4-microsoft-standard-WSL2'), True),
        (('darwin', 'arm64', '24.1'), False),
        (('linux', 'aarch64', '6.1'), False),
        (('win32', 'AMD64', '11'), False),
    ],
)
def test_platform(machine, ok):
    found_ok, found, mend = environment._platform(*machine)
    assert found_ok is ok
    assert ('(WSL)' in found) == ('WSL' in machine[2])
    assert bool(mend) is not ok


@pytest.mark.parametrize(
    ('version', 'ok'), [((3, 10, 9), False), ((3, 11, 0), True), ((3, 13, 1), True), ((3, 14, 0), False)]
)
def test_python(version, ok):
    assert environment._python(version)[0] is ok


def test_packages_missing_fail_and_others_are_noted(installed):
    assert environment._packages()[0] is True
    installed('torch', '2.11.0+cu130')
    ok, found, _ = environment._packages()
    assert ok is None
    assert 'torch 2.11.0+cu130 (tried with ==2.10.0)' in found
    installed('pexpect', None)
    ok, found, _ = environment._packages()
    assert ok is False
    assert found == 'missing: pexpect'


def test_what_only_make_needs_may_be_missing(installed):
    """A kernel may be used from the JupyterLab of another environment."""
    installed('ruff', None)
    installed('jupyterlab', None)
    ok, found, mend = environment._packages()
    assert ok is None
    assert 'jupyterlab, ruff' in found
    assert 'make lab' in mend


def test_driver(gpu):
    gpu()
    assert environment._driver() == (True, '580.95.05, for CUDA up to 13.0', '')
    gpu(driver='470.82.01', cuda=(11, 4))
    ok, _, mend = environment._driver()
    assert ok is False
    assert '525' in mend
    gpu(driver=None, cuda=(0, 0), works=False)
    assert environment._driver()[0] is None


def test_cuda_tells_a_torch_that_is_too_new_for_the_driver(gpu, monkeypatch):
    gpu()
    assert environment._cuda()[0] is True
    monkeypatch.setattr('torch.version.cuda', '13.0')
    gpu(driver='535.54.03', cuda=(12, 2), works=False)
    ok, found, mend = environment._cuda()
    assert ok is False
    assert 'built for CUDA 13.0; the driver goes up to CUDA 12.2' in found
    assert 'torch==2.10.0' in mend
    monkeypatch.setattr('torch.version.cuda', None)
    assert environment._cuda()[0] is False
    monkeypatch.setenv('CUDA_VISIBLE_DEVICES', '')
    assert environment._cuda()[0] is None
    gpu(driver=None, cuda=(0, 0), works=False)
    assert environment._cuda()[0] is None


def test_cards_that_the_chapters_leave_alone_are_named(gpu, monkeypatch):
    """Kaggle gives two T4s: one is enough for all chapters but the one on scaling out."""
    gpu()
    monkeypatch.setattr('torch.cuda.device_count', lambda: 1)
    assert 'chapter 10' not in environment._cuda()[1]
    monkeypatch.setattr('torch.cuda.device_count', lambda: 2)
    assert environment._cuda()[1].endswith(', and 1 for chapter 10')


@pytest.mark.parametrize('error', [RuntimeError('Could not determine home directory.'), PermissionError(13, 'no')])
def test_a_check_that_fails_for_the_home_names_it(monkeypatch, error):
    def check():
        raise error

    monkeypatch.setattr(environment, 'CHECKS', {'kernel': check})
    (found,) = environment.check_environment()
    assert found.ok is False
    assert found.mend.startswith('export HOME=')


@pytest.mark.parametrize(
    ('value', 'ok'),
    [('', None), ('-1', None), ('NoDevFiles', None), ('1', False), ('GPU-0', False), ('"0"', False), ('0, 1', False)],
)
def test_cuda_names_the_variable_that_hides_the_card(gpu, monkeypatch, value, ok):
    monkeypatch.setattr('torch.version.cuda', '12.8')
    gpu(driver='550.54.15', cuda=(12, 4), works=False)
    assert 'CUDA_VISIBLE_DEVICES' not in ' '.join(environment._cuda()[1:])
    monkeypatch.setenv('CUDA_VISIBLE_DEVICES', value)
    state, found, mend = environment._cuda()
    assert state is ok
    assert 'CUDA_VISIBLE_DEVICES' in found
    assert 'unset CUDA_VISIBLE_DEVICES' in mend


def test_a_machine_without_a_home(monkeypatch, gpu):
    gpu()
    for name in ('HOME', 'XDG_CACHE_HOME', 'JUPYTER_DATA_DIR'):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr('os.path.expanduser', lambda path: path)
    ok, found, mend = environment._disk()
    assert (ok, mend) == (False, 'set XDG_CACHE_HOME to a folder of yours')
    assert 'you have no home folder' in found
    assert environment._jupyter_data(environment.ROOT)
    assert 'tiny-chat in the course' in environment._models()[1]


def test_a_cache_that_cannot_be_written(monkeypatch, tmp_path, gpu):
    gpu()
    monkeypatch.setenv('HOME', str(tmp_path))
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path))
    assert environment._disk()[0] is True
    monkeypatch.setattr('os.access', lambda *_: False)  # root may write everywhere
    ok, found, mend = environment._disk()
    assert (ok, mend) == (False, 'set XDG_CACHE_HOME to a folder of yours')
    assert 'cannot be written' in found


def test_lmdeploy_and_transformers_of_other_versions_fail(installed):
    assert environment._lmdeploy()[0] is True
    assert environment._transformers()[0] is True
    installed('lmdeploy', '0.17.1')
    assert environment._lmdeploy()[:2] == (False, '0.17.1')
    installed('transformers', '4.50.0')
    ok, found, mend = environment._transformers()
    assert ok is False
    assert '4.50.0, and LMDeploy needs' in found
    assert mend.startswith("pip install 'transformers")
    installed('transformers', None)
    assert environment._transformers()[0] is False


def test_turbomind_may_be_missing_without_a_gpu_only(gpu, monkeypatch):
    monkeypatch.setattr('helpers.engine.turbomind_import_error', lambda: 'libcublas.so.12: not found')
    gpu(driver=None, works=False)
    assert environment._turbomind()[:2] == (None, 'libcublas.so.12: not found')
    gpu()
    ok, found, mend = environment._turbomind()
    assert (ok, found) == (False, 'libcublas.so.12: not found')
    assert 'LD_LIBRARY_PATH' in mend
    monkeypatch.setattr('helpers.engine.turbomind_import_error', lambda: None)
    assert environment._turbomind()[0] is True


@pytest.fixture
def other_lab(monkeypatch, tmp_path):
    """The environment of a JupyterLab that is not this one."""
    monkeypatch.setattr(environment, '_lab_prefix', lambda: tmp_path / 'lab')
    monkeypatch.setenv('JUPYTER_DATA_DIR', str(tmp_path / 'user'))
    monkeypatch.delenv('JUPYTER_PATH', raising=False)
    return tmp_path / 'lab'


def test_widgets_must_be_where_jupyterlab_is(other_lab):
    ok, found, mend = environment._widgets()
    assert ok is False
    assert str(other_lab) in found
    assert mend.startswith(f'{other_lab}/bin/python -m pip install jupyterlab_widgets')
    (other_lab / 'share/jupyter/labextensions/@jupyter-widgets').mkdir(parents=True)
    assert environment._widgets()[0] is True


def test_the_kernel_must_be_where_another_jupyterlab_sees_it(other_lab, tmp_path):
    ok, found, mend = environment._kernel()
    assert ok is False
    assert str(other_lab) in found
    command = mend.split(' --display-name')[0].split()
    assert command[1:] == ['-m', 'ipykernel', 'install', '--user', '--name', 'lmdeploy-course']
    subprocess.run(command, check=True, capture_output=True, env={**os.environ, 'HOME': str(tmp_path)})
    assert environment._kernel()[:2] == (True, 'lmdeploy-course')


def test_this_environments_own_kernel_is_enough_for_its_own_jupyterlab(monkeypatch):
    monkeypatch.setattr(environment, '_lab_prefix', lambda: Path(sys.prefix))
    ok, found, _ = environment._kernel()
    assert ok is True
    assert 'python3' in found


def test_the_jupyter_server_is_found_by_its_command_line(tmp_path):
    (tmp_path / 'bin').mkdir()
    python = tmp_path / 'bin' / 'python'
    python.symlink_to(sys.executable)
    for name, prefix in (('jupyter-lab', tmp_path), ('pytest', None)):
        script = tmp_path / 'bin' / name
        script.write_text('import sys; print("up", flush=True); sys.stdin.read()')
        with subprocess.Popen([python, script], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
            process.stdout.readline()
            assert environment._lab_prefix(str(process.pid)) == prefix
            process.stdin.close()
    assert environment._lab_prefix('') is None


def test_memory_of_a_gpu(monkeypatch):
    def has(free, total=8, card=80):
        reading = DeviceMemory((total - free) * GIB, free * GIB, total * GIB, None, '', 'A100', 0, card * GIB)
        monkeypatch.setattr(memory, 'device_memory', lambda: reading)
        return environment._memory()

    assert has(7.5) == (True, '7.5 of 8.0 GiB free on A100 (a slice of the card)', '')
    ok, _, mend = has(3)
    assert ok is False
    assert 'COURSE_MODEL=tiny-chat' in mend


def test_memory_of_a_cpu(monkeypatch):
    monkeypatch.setattr(memory, 'device_memory', lambda: DeviceMemory(0, 4 * GIB, 4 * GIB, 0, '', 'CPU', device='cpu'))
    monkeypatch.setattr(environment, 'available_memory', lambda: 6 * GIB)
    assert environment._memory()[0] is True
    monkeypatch.setattr(environment, 'available_memory', lambda: 3 * GIB)
    ok, _, mend = environment._memory()
    assert ok is False
    assert mend.endswith('export LMDEPLOY_CPU_MEMORY_GB=2.0')


def test_disk(monkeypatch, gpu):
    monkeypatch.setattr(environment.shutil, 'disk_usage', lambda _: types.SimpleNamespace(free=4 * 10**9))
    gpu(works=False)
    assert environment._disk()[0] is True
    gpu()
    ok, _, mend = environment._disk()
    assert ok is False
    assert mend.startswith('make room for 6.0 GB more')


def test_models(monkeypatch, gpu):
    def there(**states):
        def places(name):
            key = 'big' if name == environment.MODEL else 'tiny'
            return [Place(Path('/models') / name, 'home', states.get(key, 'absent'), 'half of it')]

        monkeypatch.setattr(models, 'model_places', places)
        return environment._models()

    gpu(works=False)
    assert there(big='found', tiny='found')[0] is True
    assert there(tiny='found') == (True, 'tiny-chat found in /models/tiny-chat', '')
    ok, found, mend = there(big='broken')
    assert ok is False
    assert found == f'broken: /models/{environment.MODEL} (half of it)'
    assert 'download_commands' in mend
    gpu()
    assert there(tiny='found')[0] is None
