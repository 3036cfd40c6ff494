"""The machinery: a table of what is changed in LMDeploy, each with its reason, and loud when a target is gone.

Nothing here touches torch, nor a file. Every change does what LMDeploy did before unless the device is the CPU, but for
those that are marked as good `everywhere`. Changes that are marked `late` wait until LMDeploy loads their module, which
would take seconds and may never be wanted.
"""

import functools
import importlib
import sys
from collections.abc import Callable
from dataclasses import dataclass

VERSION = '0.18.0'


@dataclass(frozen=True)
class Patch:
    """One change: `make` gets what was at `target` ('module:Class.name' or 'module:name') and returns its successor."""

    target: str
    reason: str
    make: Callable
    everywhere: bool = False  # of use on a GPU too
    late: bool = False

    @property
    def module(self) -> str:
        return self.target.partition(':')[0]


PATCHES: list[Patch] = []
_applied: set[str] = set()  # targets
_wanted: list[Patch] = []  # late ones that wait


def patch(target: str, reason: str, everywhere: bool = False, late: bool = False):
    """Enter the decorated `make(old) -> new` into the table."""

    def register(make):
        PATCHES.append(Patch(target, reason, make, everywhere, late))
        return make

    return register


def check_version() -> None:
    """Refuse any LMDeploy but the one whose insides the table names."""
    install = f"install it with: pip install 'lmdeploy=={VERSION}'"
    try:
        from lmdeploy.version import __version__ as found
    except ImportError as e:
        raise RuntimeError(f'lmdeploy_cpu needs LMDeploy {VERSION}, which is not installed here; {install}') from e
    if found != VERSION:
        raise RuntimeError(f'lmdeploy_cpu is written for LMDeploy {VERSION}, but {found} is installed; {install}')


def locate(p: Patch):
    """(module or class that holds the target, the target's name in it, what is there); RuntimeError if nothing is."""
    path = p.target.partition(':')[2]
    owner = importlib.import_module(p.module)
    *parents, name = path.split('.')
    for parent in parents:
        owner = getattr(owner, parent, None)
    old = getattr(owner, '__dict__', {}).get(name)
    if old is None:
        raise RuntimeError(
            f'lmdeploy_cpu: {p.target} is missing from this LMDeploy, so this does not work: {p.reason} '
            f"Is its {VERSION} damaged? Reinstall: pip install --force-reinstall 'lmdeploy=={VERSION}'"
        )
    return owner, name, old


def put(p: Patch, owner, name: str, old) -> None:
    """Put one change into place, and wherever in lmdeploy the same object was imported by name."""
    wrapper = type(old) if isinstance(old, (staticmethod, classmethod)) else None
    raw = old.__func__ if wrapper else old
    new = p.make(raw)
    if callable(raw) and not isinstance(raw, type):
        new = functools.update_wrapper(new, raw)
    if isinstance(owner, type):
        setattr(owner, name, wrapper(new) if wrapper else new)
        return
    modules = [m for n, m in list(sys.modules.items()) if n == 'lmdeploy' or n.startswith('lmdeploy.')]
    for module in modules:
        if getattr(module, '__dict__', {}).get(name) is old and (module is owner or name != 'torch'):
            setattr(module, name, new)


def apply_all() -> None:
    """Apply the whole table once, or nothing of it."""
    check_version()
    from . import accept, device, pictures, repairs  # noqa: F401  they fill the table
    from .internlm2 import register

    if _apply(PATCHES):
        register()


def apply_everywhere() -> None:
    """Apply once what is of use on a GPU too."""
    check_version()
    from . import pictures  # noqa: F401

    _apply([p for p in PATCHES if p.everywhere])


def apply_late() -> None:
    """Apply the late changes that are wanted and whose module has been loaded meanwhile."""
    _apply(_wanted)


def _apply(patches: list[Patch]) -> bool:
    """Apply those that are not applied yet, or none of them; whether there were any."""
    missing = [p for p in patches if p.target not in _applied]
    waiting = [p for p in missing if p.late and p.module not in sys.modules]
    found = [(p, *locate(p)) for p in missing if p not in waiting]  # all of them, before anything is changed
    for change in found:
        put(*change)
    _applied.update(p.target for p, *_ in found)
    _wanted.extend(p for p in waiting if p not in _wanted)
    return bool(found)


def on_cpu() -> bool:
    """Is the engine that was built last a CPU engine?  (LMDeploy keeps one device context for the whole process.)"""
    from lmdeploy.pytorch.devices import get_device_manager

    return get_device_manager().current_context().device_type == 'cpu'
