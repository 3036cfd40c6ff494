"""Is this machine ready for the course?  `python -m helpers.environment` prints the answer line by line.

[OK] is fine.  [NOTE] is worth knowing, and the course runs all the same.  [FAIL] needs the mend that stands below it.
"""

import dataclasses
import importlib.util
import os
import platform
import shutil
import sys
import tomllib
from collections.abc import Callable, Iterator
from importlib import metadata
from pathlib import Path

from lmdeploy_cpu.budget import available_memory
from lmdeploy_cpu.cards import why_hidden
from lmdeploy_cpu.terminal import print_anything
from translations.messages import shown

from .files import cache_folder, require_room, tilde
from .nvml import driver_version, newest_cuda
from .troubleshooting import pointer

ROOT = Path(__file__).resolve().parent.parent
MODEL = 'internlm2-chat-1_8b'  # what the documents deploy
LMDEPLOY = '0.18.0'  # what the course is written for, as pyproject.toml; lmdeploy_cpu, copyable alone, has its own
GB, GIB = 10**9, 1 << 30

GPU_FREE_GIB, RAM_SPARE_GIB = 7.0, 1.0  # the chapters peak below 7.5 GB; Python, beside the CPU device's budget
# On a GPU machine: the model, its copy in Llama's format and its 4-bit copy; on a CPU: executed copies and caches.
DISK_GPU_GB, DISK_CPU_GB = 10, 1
MIN_DRIVER = 525  # the oldest for CUDA 12
# What make's commands need, and cells do not: a kernel may be used from another environment's JupyterLab.
TOOLS = {'import-linter', 'jupyter-server', 'jupyterlab', 'nbclient', 'nbconvert', 'nbval', 'playwright', 'pytest',
         'pytest-timeout', 'pytest-xdist', 'ruff', 'zizmor', 'jupyterlab-language-pack-zh-CN'}  # fmt: skip
INSTALL = 'make lab (a virtual environment), or: conda env create -f environment.yml && conda activate lmdeploy-course'


@dataclasses.dataclass(frozen=True, slots=True)
class Check:
    """One line of the report."""

    name: str
    ok: bool | None  # True: fine; False: the mend is needed; None: worth knowing
    found: str
    mend: str = ''  # what to do about it; '' where nothing is needed

    @property
    def state(self) -> str:
        """'OK', 'FAIL' or 'NOTE'."""
        return {True: 'OK', False: 'FAIL', None: 'NOTE'}[self.ok]


def check_environment() -> list[Check]:
    """Run every check; none raises, and a check that breaks counts as failed."""
    return list(_run_checks())


def print_checks(stable: bool = False) -> bool:
    """Print the report as it is made, and return whether nothing failed.

    Args:
        stable: print the names and [OK] or [FAIL] only (a note counts as OK), which is the same on every machine that
            is ready: what a stored notebook can be compared with.
    """
    ready = True
    for check in _run_checks():
        ready = ready and check.ok is not False
        if stable:
            print(f'[{"FAIL" if check.ok is False else "OK"}] {check.name}', flush=True)
            continue
        print(f'{f"[{check.state}]":<7}{shown(check.name)}: {shown(check.found)}', flush=True)
        if check.mend:
            print(f'       → {shown(check.mend)}', flush=True)
        if check.ok is False and (row := pointer(f'[FAIL] {check.name}: {check.found}', '       ')):
            print(row, flush=True)
    return ready


def _run_checks() -> Iterator[Check]:
    for name, check in CHECKS.items():
        try:
            ok, found, mend = check()
        except Exception as error:
            ok, found = False, f'cannot be checked: {type(error).__name__}: {error}'
            no_home = isinstance(error, OSError) or 'home' in str(error)
            mend = 'export HOME=FOLDER, one that you may write' if no_home else INSTALL
        yield Check(name, ok, found, mend)


# Each check gives (ok, found, mend).
Answer = tuple[bool | None, str, str]


def _platform(system: str | None = None, machine: str | None = None, release: str | None = None) -> Answer:
    system, machine = system or sys.platform, machine or platform.machine()
    found = f'{system} {machine}' + (' (WSL)' if 'microsoft' in (release or platform.release()).lower() else '')
    if (system, machine) == ('linux', 'x86_64'):
        return True, found, ''
    mend = 'LMDeploy needs Linux on x86-64: on Windows use WSL2, elsewhere a Linux machine or InternStudio'
    return False, found, mend


def _python(version=sys.version_info) -> Answer:
    found = '.'.join(map(str, version[:3]))
    if (3, 11) <= tuple(version[:2]) <= (3, 13):
        return True, found, ''
    return False, found, f'the course needs Python 3.11, 3.12 or 3.13: {INSTALL}'


def _packages() -> Answer:
    from packaging.requirements import Requirement

    wanted = tomllib.loads((ROOT / 'pyproject.toml').read_text(encoding='utf-8'))['project']['dependencies']
    missing, others = [], []
    for requirement in map(Requirement, wanted):
        version = _installed(requirement.name)
        if version is None:
            missing.append(requirement.name)
        elif not requirement.specifier.contains(version, prereleases=True):
            others.append(f'{requirement.name} {version} (tried with {requirement.specifier})')
    if set(missing) - TOOLS:
        return False, f'missing: {", ".join(missing)}', INSTALL
    if missing:
        return None, f'missing: {", ".join(missing)}; notebooks run without, in another JupyterLab', INSTALL
    if others:
        return None, ', '.join(others), f'other versions than the course was tried with; if something breaks: {INSTALL}'
    return True, f'all {len(wanted)} of pyproject.toml', ''


def _driver() -> Answer:
    driver, cuda = _nvidia_driver()
    if driver is None:
        if _torch_cuda():
            return None, 'NVML cannot be read, and CUDA works', ''
        return None, 'no NVIDIA driver', 'nothing to do: without a GPU the course runs on the CPU'
    found = f'{driver}, for CUDA up to {cuda[0]}.{cuda[1]}'
    if int(driver.split('.')[0]) < MIN_DRIVER:
        return False, found, f'install an NVIDIA driver of version {MIN_DRIVER} or newer'
    return True, found, ''


def _cuda() -> Answer:
    import torch

    built = torch.version.cuda
    found = f'torch {torch.__version__}' + (f', built for CUDA {built}' if built else ', built without CUDA')
    if torch.cuda.is_available():
        more = torch.cuda.device_count() - 1
        return (
            True,
            f'{found}, running on {torch.cuda.get_device_name()}' + f', and {more} for chapter 10' * (more > 0),
            '',
        )
    driver, cuda = _nvidia_driver()
    if driver is None:
        return None, f'{found}; no GPU', 'nothing to do: without a GPU the course runs on the CPU'
    too_new = built and int(built.split('.')[0]) > cuda[0]
    hidden = why_hidden()
    if hidden.endswith('all') or (hidden and built and not too_new):
        mend = 'unset CUDA_VISIBLE_DEVICES, or name a card as `nvidia-smi -L` does: 0, or GPU-…'
        return None if hidden.endswith('all') else False, f'{found}; {hidden}', mend
    why = f'the driver goes up to CUDA {cuda[0]}.{cuda[1]}' if too_new else 'it cannot use the GPU'
    mend = "pip install --force-reinstall 'torch==2.10.0' 'torchvision==0.25.0' (built for CUDA 12.8)"
    return False, f'{found}; {why}', mend


def _lmdeploy() -> Answer:
    version = _installed('lmdeploy')
    if version == LMDEPLOY:
        return True, version, ''
    return False, version or 'not installed', f'pip install lmdeploy=={LMDEPLOY}'


def _turbomind() -> Answer:
    from .engine import turbomind_import_error

    error = turbomind_import_error()
    if error is None:
        return True, 'can be imported', ''
    if not _torch_cuda():
        return None, error, "nothing to do: TurboMind needs a GPU; here LMDeploy's PyTorch engine runs on the CPU"
    mend = (
        "LMDeploy would fall back to its PyTorch engine in silence; put the library's folder into LD_LIBRARY_PATH, or "
        f'reinstall: pip install --force-reinstall --no-deps lmdeploy=={LMDEPLOY}'
    )
    return False, error, mend


def _transformers() -> Answer:
    from packaging.requirements import Requirement

    version = _installed('transformers')
    if version is None:
        return False, 'not installed', INSTALL
    for needed in map(Requirement, metadata.requires('lmdeploy') or []):
        if needed.name == 'transformers' and not needed.specifier.contains(version, prereleases=True):
            return False, f'{version}, and LMDeploy needs {needed.specifier}', f"pip install '{needed}'"
    return True, version, ''


def _widgets() -> Answer:
    missing = [name for name in ('ipywidgets', 'matplotlib') if importlib.util.find_spec(name) is None]
    if missing:
        return False, f'missing in this environment: {", ".join(missing)}', f'pip install {" ".join(missing)}'
    prefix = _lab_prefix()
    here = prefix is None or prefix == Path(sys.prefix)
    prefix = prefix or Path(sys.prefix)
    whose = 'this environment' if here else f"JupyterLab's own environment, {prefix}"
    if any((folder / 'labextensions' / '@jupyter-widgets').is_dir() for folder in _jupyter_data(prefix)):
        return True, f'jupyterlab_widgets is in {whose}', ''
    python = 'python' if here else prefix / 'bin' / 'python'
    mend = f'{python} -m pip install jupyterlab_widgets, then reload the page'
    # Without a Jupyter server to judge by, this is a program's run, and nobody looks at a widget.
    ok = None if _lab_prefix() is None else False
    return ok, f'jupyterlab_widgets is not in {whose}: widgets show as text', mend


def _kernel() -> Answer:
    from jupyter_client.kernelspec import KernelSpecManager

    prefix = _lab_prefix()
    own_lab = prefix is None or prefix == Path(sys.prefix)
    names = []
    for name, spec in KernelSpecManager().get_all_specs().items():
        python = (spec['spec'].get('argv') or [''])[0]
        inside = Path(spec['resource_dir']).is_relative_to(sys.prefix)  # seen by this environment's JupyterLab only
        if (inside and own_lab) or (not inside and os.path.dirname(python) == os.path.dirname(sys.executable)):
            names.append(name)
    if names:
        return True, ', '.join(sorted(names)), ''
    mend = f"{sys.executable} -m ipykernel install --user --name lmdeploy-course --display-name 'LMDeploy course'"
    where = '' if own_lab else f' (JupyterLab runs in {prefix})'
    return False, f'no kernel of this environment is registered{where}', f'{mend}, then reload the page'


def _memory() -> Answer:
    from .memory import device_memory

    memory = device_memory()
    if memory.device != 'cpu':
        found = f'{memory.free_bytes / GIB:.1f} of {memory.total_bytes / GIB:.1f} GiB free on {memory.device_name}'
        found = f'{found} (a slice of the card)' if memory.is_slice else found
        if memory.free_bytes >= GPU_FREE_GIB * GIB:
            return True, found, ''
        mend = f'{MODEL} needs {GPU_FREE_GIB:g} GiB: end other programs and notebooks, or take the small model: '
        return False, found, mend + 'export COURSE_MODEL=tiny-chat'
    available = available_memory()
    found = f'{available / GIB:.1f} GiB of RAM free, budget of the CPU device {memory.total_bytes / GIB:.1f} GiB'
    if available >= memory.total_bytes + RAM_SPARE_GIB * GIB:
        return True, found, ''
    room = max(0.5, available / GIB - RAM_SPARE_GIB)
    return False, found, f'end other programs, or make the budget smaller: export LMDEPLOY_CPU_MEMORY_GB={room:.1f}'


def _disk() -> Answer:
    home = Path(os.path.expanduser('~')).absolute()
    free = shutil.disk_usage(next(folder for folder in (home, *home.parents) if folder.is_dir())).free
    needed = (DISK_GPU_GB if _torch_cuda() else DISK_CPU_GB) * GB
    found = f'{free / GB:.1f} GB free in your home, {needed / GB:.0f} GB needed'
    try:
        require_room(cache_folder(), 0)
    except OSError as error:
        return False, *str(error).rsplit(': ', 1)
    if free >= needed:
        return True, found, ''
    return False, found, f'make room for {(needed - free) / GB:.1f} GB more (du -sh ~/* ~/.cache)'


def _models() -> Answer:
    from .models import model_places

    places = {name: model_places(name) for name in (MODEL, 'tiny-chat')}
    found = {name: [p for p in there if p.state == 'found'] for name, there in places.items()}
    broken = [p for p in places[MODEL] if p.state == 'broken']
    first = {name: there[0] for name, there in found.items() if there}
    names = [
        f'{n} in the course' if p.kind == 'embedded' else f'{n} found in {tilde(p.path)}' for n, p in first.items()
    ]
    names = '; '.join(names + [f'broken: {tilde(p.path)} ({p.detail})' for p in broken])
    how = f'to get {MODEL}: python -m lessons.network, or download_commands({MODEL!r}) out of helpers, says how'
    if found[MODEL]:
        return True, names, ''
    if found['tiny-chat']:
        return (None, names, how) if _torch_cuda() else (True, names, '')
    return False, names or 'none', f'git checkout models/tiny-chat; {how}'


CHECKS: dict[str, Callable[[], Answer]] = {
    'platform': _platform,
    'Python': _python,
    'packages': _packages,
    'NVIDIA driver': _driver,
    'CUDA': _cuda,
    'LMDeploy': _lmdeploy,
    'TurboMind': _turbomind,
    'transformers': _transformers,
    'widgets': _widgets,
    'kernel': _kernel,
    'memory': _memory,
    'disk': _disk,
    'models': _models,
}


def _installed(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _torch_cuda() -> bool:
    import torch

    return torch.cuda.is_available()


def _nvidia_driver() -> tuple[str | None, tuple[int, int]]:
    """The driver's version and the newest CUDA it runs; None where there is no driver."""
    try:
        return driver_version(), newest_cuda()
    except Exception:  # no library, no driver, no permission: all the same to the course
        return None, (0, 0)


def _lab_prefix(parent: str | None = None) -> Path | None:
    """The environment of the Jupyter server that started this kernel; None where no such server did."""
    parent = parent or os.environ.get('JPY_PARENT_PID', '')
    try:
        argv = Path(f'/proc/{int(parent)}/cmdline').read_text().split('\0')
    except (OSError, ValueError):
        return None
    if not any('jupyter' in os.path.basename(word) for word in argv[:3]):
        return None
    python = argv[0] if os.path.isabs(argv[0]) else shutil.which(argv[0])
    return Path(python).parent.parent if python else None


def _jupyter_data(prefix: Path) -> list[Path]:
    """Where the JupyterLab of an environment looks for its extensions."""
    listed = [Path(entry) for entry in os.environ.get('JUPYTER_PATH', '').split(os.pathsep) if entry]
    user = Path(os.environ.get('JUPYTER_DATA_DIR') or os.path.expanduser('~/.local/share/jupyter'))
    return [*listed, user, prefix / 'share' / 'jupyter', Path('/usr/local/share/jupyter'), Path('/usr/share/jupyter')]


def main() -> int:
    """Print the report; 1 if something failed."""
    print_anything()
    return 0 if print_checks() else 1


if __name__ == '__main__':
    sys.exit(main())
