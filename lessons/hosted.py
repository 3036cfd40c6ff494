"""Chapter 0: where this course comes from, and how it gets onto a hosted notebook (Colab, Kaggle, ModelScope).

A hosted notebook has a Python and a torch of its own, and what is installed there goes on working: only what the course
lacks is installed, beside the installed torch if LMDeploy accepts it.  Standard library and `packaging` only: this is
imported before the course's packages are there.
"""

import dataclasses
import importlib
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Callable, Mapping
from importlib import metadata
from pathlib import Path
from urllib.parse import urlsplit

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from translations.messages import shown

ROOT = Path(__file__).resolve().parent.parent
# What LMDeploy 0.18.0 accepts; it cannot be asked before it is installed.
ACCEPTED = ('torch>=2.0.0,<=2.12.1', 'torchvision>=0.15.0,<=0.27.1', 'triton>=3.4.0,<=3.7.1')
# The page's own: its kernel and its widgets belong to the page that shows them, and are never replaced.
PAGE = {
    'ipykernel', 'ipython', 'ipywidgets', 'jupyter-client', 'jupyter-core', 'jupyter-server', 'jupyterlab',
    'jupyterlab-widgets', 'nbformat', 'pyzmq', 'tornado', 'traitlets', 'widgetsnbextension',
}  # fmt: skip
HELD = PAGE | {'torch', 'torchvision', 'torchaudio', 'triton', 'numpy'}
# What only make's commands need: tests, drawing slides, a JupyterLab of its own.
UNNEEDED = {
    'import-linter', 'jupyter-server', 'jupyterlab', 'nbclient', 'nbconvert', 'nbval', 'playwright', 'pytest',
    'pytest-timeout', 'pytest-xdist', 'ruff', 'zizmor', 'jupyterlab-language-pack-zh-CN',
}  # fmt: skip
NEEDED_GB = {True: 6, False: 12}  # with an installed torch that stays; without
RESTART = {
    'Colab': 'Runtime ▸ Restart session',
    'Kaggle': 'Run ▸ Restart & clear cell outputs',
    'ModelScope': 'Kernel ▸ Restart Kernel',
}


def course_address(root: Path = ROOT) -> str | None:
    """Where others can get this copy of the course from, as git knows it, without anybody's password; None: nowhere."""
    try:
        asked = subprocess.run(['git', 'remote', 'get-url', 'origin'], cwd=root, capture_output=True, text=True)
    except OSError:  # no git
        return None
    address = asked.stdout.strip()
    parts = urlsplit(address)
    if parts.scheme in ('http', 'https') and parts.hostname:
        host = parts.hostname + (f':{parts.port}' if parts.port else '')
        return parts._replace(netloc=host, query='', fragment='').geturl()
    is_ssh = parts.scheme == 'ssh' or re.match(r'[\w.-]+@[\w.-]+:', address)
    return address if is_ssh else None  # a folder of this machine helps nobody elsewhere


def clone_lines(root: Path = ROOT) -> str:
    """What to type on a new machine to have the course there, in a folder `lmdeploy-course`."""
    address = course_address(root)
    if address:
        return f'git clone {address} lmdeploy-course\ncd lmdeploy-course'
    return (
        '# git knows no address of this copy (no remote `origin`): take the course with you instead.\n'
        '# 1. here: pack it                2. there: upload lmdeploy-course.zip (JupyterLab, arrow upwards), then\n'
        'git archive --format zip --prefix lmdeploy-course/ -o lmdeploy-course.zip HEAD\n'
        'unzip -q lmdeploy-course.zip && cd lmdeploy-course'
    )


def hosted_page(environ: Mapping[str, str] = os.environ) -> str:
    """'Colab', 'Kaggle' or 'ModelScope' where this notebook is shown by one of them, else ''."""
    if 'KAGGLE_KERNEL_RUN_TYPE' in environ:  # first: its image is made from Colab's
        return 'Kaggle'
    if 'COLAB_RELEASE_TAG' in environ:
        return 'Colab'
    return 'ModelScope' if 'MODELSCOPE_ENVIRONMENT' in environ else ''


@dataclasses.dataclass(frozen=True)
class Plan:
    """What setting up would do.  `misfits`: why it cannot; else `install` with `hold` kept as they are."""

    misfits: tuple[str, ...] = ()
    install: tuple[str, ...] = ()
    hold: tuple[str, ...] = ()


def make_plan(
    installed: Mapping[str, str], python: tuple[int, ...], machine: str, free_gb: float, root: Path = ROOT
) -> Plan:
    """Decide what to install beside what is there.

    Args:
        installed: version of each installed package, by its canonical name.
        python: version of Python.
        machine: system and processor, as 'Linux x86_64'.
        free_gb: on the disk that packages go to.
    """
    project = tomllib.loads((root / 'pyproject.toml').read_text(encoding='utf-8'))['project']
    misfits = []
    if machine != 'Linux x86_64':
        misfits.append(f'{machine}: LMDeploy has wheels for Linux on x86_64 only')
    version = '.'.join(map(str, python[:3]))
    if not Requirement(f'python{project["requires-python"]}').specifier.contains(version):
        misfits.append(f'Python {version}: the course needs {project["requires-python"]}')
    for accepted in map(Requirement, ACCEPTED):
        if accepted.name in installed and not _fits(installed[accepted.name], accepted):
            misfits.append(f'{accepted.name} {installed[accepted.name]}: LMDeploy 0.18.0 needs {accepted.specifier}')
    needed_gb = NEEDED_GB['torch' in installed]
    lacking = [r for r in map(Requirement, project['dependencies']) if _is_lacking(r, installed)]
    if lacking and free_gb < needed_gb:
        misfits.append(f'{free_gb:.1f} GB of disk are free: about {needed_gb} GB are needed')
    if misfits:
        return Plan(tuple(misfits))
    tried = _pins(root)
    # The torchvision that goes with an installed torch, pip finds out.
    pinned = [r.name != 'torchvision' or 'torch' not in installed for r in lacking]
    names = [(r.name, tried[canonicalize_name(r.name)]) for r in lacking]
    install = tuple(f'{n}=={v}' if pin else n for (n, v), pin in zip(names, pinned, strict=True))
    replaced = {canonicalize_name(r.name) for r in lacking}
    hold = tuple(f'{name}=={version}' for name, version in installed.items() if name in HELD - replaced)
    return Plan((), install, hold)


def set_up(page: str | None = None, run: Callable[..., int] = subprocess.call) -> bool:
    """Install what the course lacks here; say what was done, or what does not fit.  True: go on.

    Args:
        page: 'Colab', 'Kaggle' or 'ModelScope'; None: found out.  Elsewhere nothing is done.
        run: starts pip.
    """
    page = hosted_page() if page is None else page
    if not page:
        print(shown('no hosted notebook (Colab, Kaggle, ModelScope): nothing to do'))
        return True
    before = installed_versions()
    free_gb = shutil.disk_usage(sys.prefix).free / 1e9
    plan = make_plan(before, sys.version_info[:3], f'{platform.system()} {platform.machine()}', free_gb)
    if plan.misfits:
        print(shown(f'This {page} notebook and the course do not fit together:'))
        print(*(f'  - {shown(misfit)}' for misfit in plan.misfits), sep='\n')
        print(shown('Nothing was changed. Use InternStudio or a machine of your own, or read the stored outputs.'))
        return False
    if plan.install and not _pip(plan, run):
        why = 'pip could not install the packages; its last lines above say why. The installed torch is as it was.'
        print(shown(why))
        return False
    if str(ROOT) not in sys.path:
        sys.path.insert(0, str(ROOT))  # until the next start, when the course is found as a package
    importlib.invalidate_caches()
    stale = _loaded(before, installed_versions())
    if stale:
        restart = RESTART.get(page, 'Restart')
        why = f'because it has loaded older\nversions of {", ".join(stale)}; then go on from the top.'
        print(shown(f'Installed. Now restart the kernel once ({restart}), {why}'))
        return False
    print(shown('the course is set up' if plan.install else "all of the course's packages are here: nothing to do"))
    return True


def installed_versions() -> dict[str, str]:
    """Version of each installed package, by its canonical name; of two copies the one that is imported."""
    found = {}
    for d in metadata.distributions():
        if d.metadata['Name']:
            found.setdefault(canonicalize_name(d.metadata['Name']), d.version)
    return found


def _pip(plan: Plan, run: Callable[..., int]) -> bool:
    pip = [sys.executable, '-m', 'pip', 'install', '--quiet', '--disable-pip-version-check']
    kept = [line for line in plan.hold if line.startswith('torch==')]
    what = f'installing {len(plan.install)} packages and what they need, some minutes'
    print(shown(f'{what}; kept: {", ".join(kept) or "-"}'))
    sys.stdout.flush()
    with tempfile.TemporaryDirectory() as folder:
        hold = Path(folder, 'hold.txt')
        hold.write_text('\n'.join(plan.hold) + '\n', encoding='utf-8')
        if run([*pip, '--constraint', str(hold), *plan.install]) != 0:
            return False
    return run([*pip, '--no-deps', '--editable', str(ROOT)]) == 0


def _is_lacking(requirement: Requirement, installed: Mapping[str, str]) -> bool:
    """Not there, or in a version that the course was not tried with, and no business of the page's."""
    name = canonicalize_name(requirement.name)
    if name in UNNEEDED:
        return False
    if name not in installed:
        return True
    kept = PAGE | {Requirement(accepted).name for accepted in ACCEPTED}
    return name not in kept and not _fits(installed[name], requirement)


def _fits(version: str, requirement: Requirement) -> bool:
    return requirement.specifier.contains(version.partition('+')[0], prereleases=True)


def _pins(root: Path) -> dict[str, str]:
    lines = (root / 'constraints.txt').read_text(encoding='utf-8').splitlines()
    return {canonicalize_name(n): v for n, eq, v in (line.partition('==') for line in lines) if eq}


def _loaded(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    """Packages that were changed, and are loaded in this process in their old version."""
    changed = {name for name, version in before.items() if after.get(name) != version}
    owners = metadata.packages_distributions()
    return sorted(m for m in owners.keys() & sys.modules.keys() if changed & set(map(canonicalize_name, owners[m])))
