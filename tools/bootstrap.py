"""Set up the course's Python environment if need be, then run a command in it.

    python3 tools/bootstrap.py [PYTHON ARGUMENTS ...]      # for example: tools/lab.py, or -m pytest

Runs on the bare Python of the machine: standard library only, and syntax that an old Python 3 still reads, so that it
can say what is wrong.  The environment is `.venv`, or the active conda environment when that was made from
environment.yml.  A stamp inside the environment, written last, names what was installed: without it, or when
pyproject.toml's dependencies or constraints.txt changed, the set-up runs again.
"""

import contextlib
import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VENV = os.path.join(ROOT, '.venv')
CONDA_NAME = 'lmdeploy-course'
CONSTRAINTS = 'constraints.txt'  # the versions that the course was tested with
OLDEST, NEWEST = (3, 11), (3, 13)
UNFINISHED = '.course-unfinished'  # ours to remove: an environment that somebody else made is not
DISK_GB = 12  # the finished environment has about 9 GB, and pip unpacks beside its downloads
INSTEAD = """LMDeploy has wheels for Linux on x86-64 only (and none that this course can use elsewhere).  Use instead:
  - Windows: WSL2 (wsl --install), then this same command inside it;
  - macOS, or 64-bit Arm: a Linux x86-64 machine, for example an InternStudio machine (the documents' own way), a cloud
    machine, or any Linux PC over ssh: `make lab` prints the address to open and the ssh line for it;
  - to read only: the notebooks in notebooks/ are stored with their outputs."""


def fail(message):
    sys.exit('\n[FAIL] ' + message)


def check_platform(system=None, machine=None, libc=None):
    """Stop on a platform that LMDeploy has no wheels for, and say what to use instead."""
    system = system or platform.system()
    machine = machine or platform.machine()
    if system != 'Linux' or machine not in ('x86_64', 'AMD64'):
        fail(f'this is {system} on {machine}.\n{INSTEAD}')
    name, version = libc or platform.libc_ver()
    if name == 'glibc' and tuple(int(n) for n in re.findall(r'\d+', version)[:2]) < (2, 28):
        fail(
            f'the C library of this Linux is glibc {version}; the wheels of PyTorch need 2.28 or newer '
            '(Debian 10, Ubuntu 18.10, RHEL 8 or later).'
        )


def python_version(python):
    """(major, minor) of the interpreter `python`, or None where there is none that runs."""
    code = 'import sys; print(sys.version_info[0], sys.version_info[1])'
    try:
        done = subprocess.run([python, '-c', code], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=60)
        return tuple(int(n) for n in done.stdout.split()) if done.returncode == 0 else None
    except (OSError, subprocess.TimeoutExpired):
        return None


def find_python():
    """An interpreter that LMDeploy and transformers both have wheels for: the one in use, else one on the PATH."""
    names = [sys.executable] + [f'python3.{minor}' for minor in (12, 13, 11)]
    for name in names:
        if OLDEST <= (python_version(name) or (0, 0)) <= NEWEST:
            return name
    found = '.'.join(str(n) for n in sys.version_info[:3])
    fail(
        f'Python {found} is here, and the course needs 3.11, 3.12 or 3.13 (LMDeploy has no wheels for others).\n'
        'Install one and name it: make PYTHON=python3.12 lab; or use conda: conda env create -f environment.yml'
    )


def wanted_stamp():
    """What an up-to-date environment was made from: a hash of pyproject.toml's dependencies and their versions."""
    with open(os.path.join(ROOT, 'pyproject.toml'), encoding='utf-8') as f:
        text = f.read()
    dependencies = re.search(r'^dependencies = \[.*?^\]', text, re.M | re.S).group(0)
    with open(os.path.join(ROOT, CONSTRAINTS), encoding='utf-8') as f:
        versions = f.read()
    return hashlib.sha256((dependencies + versions + ROOT).encode()).hexdigest()


def read_stamp(prefix):
    try:
        with open(os.path.join(prefix, '.course-complete'), encoding='utf-8') as f:
            return f.read().strip()
    except OSError:
        return None


def run_step(what, command, advice):
    print('[....] ' + what, flush=True)
    if subprocess.call(command, cwd=ROOT) != 0:
        fail(f'{what} failed; its last lines above say why.\n{advice}\nThen run the same command again.')


def install(python, prefix):
    """pip-install the course and all it names into the environment of `python`; the stamp comes last."""
    stamp = os.path.join(prefix, '.course-complete')
    if os.path.exists(stamp):
        os.remove(stamp)
    run_step(
        'installing the packages (about 4 GB to download the first time)',
        [python, '-m', 'pip', 'install', '--disable-pip-version-check', '--constraint', CONSTRAINTS, '--editable', '.'],
        'Often it is the network (try again, or set a mirror: pip config set global.index-url …) or a full disk.',
    )
    run_step(
        'checking that they fit together',
        [python, '-m', 'pip', 'check'],
        'The package named above has the wrong version; `make clean` and the same command make a new environment.',
    )
    with open(stamp + '.tmp', 'w', encoding='utf-8') as f:
        f.write(wanted_stamp() + '\n')
    os.replace(stamp + '.tmp', stamp)
    if os.path.exists(os.path.join(prefix, UNFINISHED)):
        os.remove(os.path.join(prefix, UNFINISHED))
    print('[ OK ] the environment is ready: ' + prefix, flush=True)


def make_venv():
    """A new `.venv`; what an interrupted set-up left there is removed first."""
    python = find_python()
    free_gb = shutil.disk_usage(ROOT).free / 1e9
    if free_gb < DISK_GB:
        fail(f'{free_gb:.1f} GB are free on the disk of {ROOT}, and the environment needs {DISK_GB} GB.')
    if os.path.lexists(VENV):
        if not os.path.exists(os.path.join(VENV, UNFINISHED)) and read_stamp(VENV) is None:
            fail(
                f'{VENV} is there, and this course did not make it: move it away, or activate an environment of conda.'
            )
        print('[....] removing an environment that was not finished', flush=True)
        shutil.rmtree(VENV)
    os.makedirs(VENV)
    with open(os.path.join(VENV, UNFINISHED), 'w', encoding='utf-8') as f:
        f.write('made by tools/bootstrap.py, which removes this file when all is there\n')
    version = '.'.join(str(n) for n in python_version(python))
    run_step(
        'making a virtual environment with Python ' + version,
        [python, '-m', 'venv', VENV],
        f'On Debian and Ubuntu the module comes in a package of its own: apt install python{version}-venv',
    )


def environment_python():
    """The interpreter of a complete environment, which is made first where there is none."""
    if os.environ.get('CONDA_DEFAULT_ENV') == CONDA_NAME:
        prefix = os.environ['CONDA_PREFIX']
        python = os.path.join(prefix, 'bin', 'python')
        if read_stamp(prefix) != wanted_stamp():
            install(python, prefix)
        return python
    python = os.path.join(VENV, 'bin', 'python')
    if read_stamp(VENV) == wanted_stamp() and os.path.exists(python):
        return python
    if read_stamp(VENV) is None or python_version(python) is None:
        make_venv()
    install(python, VENV)
    return python


@contextlib.contextmanager
def one_at_a_time():
    """Wait until no other process sets up the environment, and keep others waiting."""
    import fcntl  # not on Windows, where check_platform stops first

    with open(os.path.join(ROOT, '.venv.lock'), 'w') as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print('[....] waiting for another `make`, which sets up the environment', flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def main():
    check_platform()
    with one_at_a_time():
        python = environment_python()
    # The engine's threads sleep while they wait, instead of spinning: it must be set before torch is loaded.
    os.environ.setdefault('OMP_WAIT_POLICY', 'PASSIVE')
    os.environ['PATH'] = os.path.dirname(python) + os.pathsep + os.environ.get('PATH', '')
    os.chdir(ROOT)
    if len(sys.argv) > 1:
        sys.stdout.flush()
        os.execv(python, [python, *sys.argv[1:]])


if __name__ == '__main__':
    main()
