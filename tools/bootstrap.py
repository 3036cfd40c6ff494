"""Set up the course's Python environment if need be, then run a command in it.

    python3 tools/bootstrap.py [PYTHON ARGUMENTS ...]      # for example: tools/lab.py, or -m pytest

Runs on the bare Python of the machine: standard library only, and syntax that an old Python 3 still reads, so that it
can say what is wrong.  The environment is `.venv`, or the active conda environment when that was made from
environment.yml, under whatever name or path.  A stamp inside the environment, written last, names what was installed:
without it, or when pyproject.toml's dependencies or constraints.txt changed, the set-up runs again.
"""

import ast
import contextlib
import getpass
import glob
import hashlib
import os
import platform
import re
import runpy
import shutil
import subprocess
import sys
import tempfile
from subprocess import DEVNULL, CalledProcessError, check_output

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VENV = os.path.join(ROOT, '.venv')
CONDA_NAME = 'lmdeploy-course'
CONSTRAINTS = 'constraints.txt'  # the versions that the course was tested with
OLDEST, NEWEST = (3, 11), (3, 13)
UNFINISHED = '.course-unfinished'  # ours to remove: an environment that somebody else made is not
# What pip is told elsewhere (PIP_… variables) of the network stays; of where to install and what, this file decides.
PIP_NETWORK = {
    *('INDEX_URL', 'EXTRA_INDEX_URL', 'TRUSTED_HOST', 'FIND_LINKS', 'NO_INDEX', 'PROXY', 'CERT', 'CLIENT_CERT'),
    *('TIMEOUT', 'DEFAULT_TIMEOUT', 'RETRIES', 'RESUME_RETRIES', 'CACHE_DIR', 'NO_CACHE_DIR', 'KEYRING_PROVIDER'),
    *('USE_FEATURE', 'NO_INPUT', 'PROGRESS_BAR', 'NO_COLOR', 'VERBOSE', 'QUIET', 'LOG', 'ROOT_USER_ACTION'),
}
DISK_GB = 12  # the finished environment has about 10 GB, and pip unpacks beside its downloads
INSTEAD = """LMDeploy has wheels for Linux on x86-64 only (and none that this course can use elsewhere).  Use instead:
  - Windows: WSL2 (wsl --install), then this same command inside it;
  - macOS, or 64-bit Arm: a Linux x86-64 machine, for example an InternStudio machine (the documents' own way), a cloud
    machine, or any Linux PC over ssh: `make lab` prints the address to open and the ssh line for it;
  - to read only: the notebooks in notebooks/ are stored with their outputs."""


def shown(text):
    """`text` in the course's language, by translations/messages.py, which needs no package (but a newer Python)."""
    try:
        return runpy.run_path(os.path.join(ROOT, 'translations', 'messages.py'))['shown'](text)
    except Exception:
        return text


def fail(message):
    sys.exit('\n[FAIL] ' + shown(message))


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
    """What an up-to-date environment was made from: a hash of pyproject.toml's dependencies, their versions, and the
    course's own folders, which an environment made before a folder came does not find."""
    with open(os.path.join(ROOT, 'pyproject.toml'), encoding='utf-8') as f:
        text = f.read()
    dependencies = re.search(r'^dependencies = \[.*?^\]', text, re.M | re.S).group(0)
    dependencies += ''.join(re.findall(r'^packages\.find\.include = .*$', text, re.M))
    with open(os.path.join(ROOT, CONSTRAINTS), encoding='utf-8') as f:
        versions = f.read()
    return hashlib.sha256((dependencies + versions + ROOT).encode()).hexdigest()


def read_stamp(prefix):
    try:
        with open(os.path.join(prefix, '.course-complete'), encoding='utf-8') as f:
            return f.read().strip()
    except OSError:
        return None


def run_step(what, command, advice, env=None):
    print('[....] ' + shown(what), flush=True)
    if subprocess.call(command, cwd=ROOT, env=env) != 0:
        fail(f'{what} failed; its last lines above say why.\n{advice}\nThen run the same command again.')


def pip_environment(python, environ=os.environ):
    """The variables for pip: without what would have it install elsewhere, or less, be it in a variable or a pip.conf.

    What lies in ~/.local or on PYTHONPATH is not in the environment, so pip must not see it either.
    """
    kept = {name: value for name, value in environ.items() if not name.startswith('PIP_')}
    for name in ('PYTHONPATH', 'PYTHONHOME', 'PYTHONUSERBASE'):
        kept.pop(name, None)
    try:  # lines such as global.index-url='https://…'; the later ones are the stronger
        listed = check_output([python, '-m', 'pip', 'config', 'list'], env=dict(environ), stderr=DEVNULL)
        lines = [line.partition('=') for line in listed.decode().splitlines()]
        lines.sort(key=lambda line: [line[0].startswith(section) for section in (':env:', 'install.')])
        told = {key.split('.', 1)[1].upper().replace('-', '_'): ast.literal_eval(value) for key, _, value in lines}
        kept['PIP_CONFIG_FILE'] = os.devnull
    except (OSError, CalledProcessError, ValueError, SyntaxError, IndexError):
        told = {name[4:]: value for name, value in environ.items() if name.startswith('PIP_')}
    kept.update({'PIP_' + name: value for name, value in told.items() if name in PIP_NETWORK})
    return dict(kept, PIP_USER='0', PIP_REQUIRE_VIRTUALENV='0', PYTHONNOUSERSITE='1')


def cannot_write(folder, error):
    fail(
        f'{folder} cannot be written ({error.strerror}), and the environment belongs there.  Put the course into a '
        'folder of yours (git clone, or cp -r), or activate a conda environment of yours:\n'
        'conda env create -f environment.yml && conda activate ' + CONDA_NAME
    )


def install(python, prefix):
    """pip-install the course and all it names into the environment of `python`; the stamp comes last."""
    stamp = os.path.join(prefix, '.course-complete')
    try:
        if os.path.exists(stamp):
            os.remove(stamp)
        tempfile.TemporaryFile(dir=prefix).close()
    except OSError as error:
        cannot_write(prefix, error)
    env = pip_environment(python)
    run_step(
        'installing the packages (about 4 GB to download the first time)',
        [python, '-m', 'pip', 'install', '--disable-pip-version-check', '--constraint', CONSTRAINTS, '--editable', '.'],
        'Often it is the network (try again, or set a mirror: pip config set global.index-url …) or a full disk.',
        env,
    )
    run_step(
        'checking that they fit together',
        [python, '-m', 'pip', 'check'],
        'The package named above has the wrong version; `make clean` and the same command make a new environment.',
        env,
    )
    with open(stamp + '.tmp', 'w', encoding='utf-8') as f:
        f.write(wanted_stamp() + '\n')
    os.replace(stamp + '.tmp', stamp)
    if os.path.exists(os.path.join(prefix, UNFINISHED)):
        os.remove(os.path.join(prefix, UNFINISHED))
    print('[ OK ] ' + shown('the environment is ready: ' + prefix), flush=True)


def make_venv():
    """A new `.venv`; what an interrupted set-up left there is removed first."""
    python = find_python()
    free_gb = shutil.disk_usage(ROOT).free / 1e9
    if free_gb < DISK_GB:
        fail(f'{free_gb:.1f} GB are free on the disk of {ROOT}, and the environment needs {DISK_GB} GB.')
    try:
        tempfile.TemporaryFile(dir=ROOT).close()
    except OSError as error:
        cannot_write(ROOT, error)
    if os.path.lexists(VENV):
        if not os.path.exists(os.path.join(VENV, UNFINISHED)) and read_stamp(VENV) is None:
            fail(
                f'{VENV} is there, and this course did not make it: move it away, or activate an environment of conda.'
            )
        print('[....] ' + shown('removing an environment that was not finished'), flush=True)
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


def conda_prefix():
    """The folder of the active conda environment (the inner one, where they are nested), if it is the course's.

    It is by its name, by its folder's name (`conda env create -p`), or since environment.yml put the course into it
    (`-n` another name).
    """
    prefix = os.environ.get('CONDA_PREFIX', '').rstrip('/')
    if not os.path.exists(os.path.join(prefix, 'bin', 'python')):
        return None
    active = os.environ.get('CONDA_DEFAULT_ENV', '').rstrip('/')
    if CONDA_NAME in (active, os.path.basename(active), os.path.basename(prefix)) or read_stamp(prefix):
        return prefix
    put = os.path.join(glob.escape(prefix), 'lib', 'python3*', 'site-packages', 'lmdeploy_course-*.dist-info')
    return prefix if glob.glob(put) else None


def environment_python():
    """The interpreter of a complete environment, which is made first where there is none."""
    prefix = conda_prefix()
    if prefix:
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
    """Wait until no other process sets up the environment, and keep others waiting.

    Where the disk knows no locks, or the checkout cannot be written, one `make` at a time is up to whoever calls it.
    """
    import fcntl  # not on Windows, where check_platform stops first

    try:
        lock = open(os.path.join(ROOT, '.venv.lock'), 'w')  # noqa: SIM115  closed below
    except OSError:
        yield
        return
    with lock:
        with contextlib.suppress(OSError):
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                print('[....] ' + shown('waiting for another `make`, which sets up the environment'), flush=True)
                fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def settle_user():
    """Say in variables what the password file does not, as with `docker run -u 12345`: torch and Jupyter ask for it."""
    try:
        getpass.getuser()
    except (KeyError, OSError, ImportError):  # by the version of Python
        folder = os.path.join(tempfile.gettempdir(), 'torchinductor_' + str(os.getuid()))
        os.environ.setdefault('TORCHINDUCTOR_CACHE_DIR', folder)
    if os.path.expanduser('~') == '~':
        os.environ['HOME'] = '/'  # as Docker has it; what would be kept there says which variable helps


def main():
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, 'reconfigure'):
            stream.reconfigure(errors='replace')  # a terminal may know latin-1 alone, or GBK
    check_platform()
    settle_user()
    with one_at_a_time():
        python = environment_python()
    # The engine's threads sleep while they wait, instead of spinning: it must be set before torch is loaded.
    os.environ.setdefault('OMP_WAIT_POLICY', 'PASSIVE')
    os.environ.setdefault('PYTHONIOENCODING', ':replace')  # for a terminal that knows latin-1 alone, or GBK
    os.environ.pop('PYTHONHOME', None)  # of another Python
    os.environ['PATH'] = os.path.dirname(python) + os.pathsep + os.environ.get('PATH', '')
    os.chdir(ROOT)
    if len(sys.argv) > 1:
        sys.stdout.flush()
        os.execv(python, [python, *sys.argv[1:]])


if __name__ == '__main__':
    main()
