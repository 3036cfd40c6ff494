"""The machinery: tables of what is changed in LMDeploy, each change with its reason, and loud when a target is gone.

    table = Patches('mine')

    @table.patch('lmdeploy.utils:is_bf16_supported', 'No answer for the CPU.')
    def bf16(old):
        return lambda device_type='cuda': device_type == 'cpu' or old(device_type)

    table.apply()

Changes are made in memory; nothing here touches torch, nor a file.
"""

import functools
import importlib
import inspect
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

VERSION = '0.18.0'


@dataclass(frozen=True)
class Patch:
    """One change: `make` gets what was at `target` ('module:Class.name' or 'module:name') and returns its successor."""

    target: str
    reason: str
    make: Callable
    late: bool = False
    only_here: bool = False
    inherited: bool = False

    @property
    def module(self) -> str:
        return self.target.partition(':')[0]

    @property
    def package(self) -> str:
        return self.module.partition('.')[0]


_tables: dict[str, 'Patches'] = {}


def tables() -> tuple['Patches', ...]:
    """Every table of the modules that are loaded."""
    return tuple(_tables.values())


class Patches:
    """A table of changes to LMDeploy, which are made together or not at all."""

    def __init__(self, name: str, on_gpu: bool = False):
        """`name` stands before what an error says; `on_gpu`: an engine on a GPU gets these changes too."""
        self.name, self.on_gpu = name, on_gpu
        self.patches: list[Patch] = []
        self.applied: list[Patch] = []
        _tables[name] = self

    def patch(
        self, target: str, reason: str, *, late: bool = False, only_here: bool = False, inherited: bool = False
    ) -> Callable:
        """Enter the decorated `make(old) -> new` into the table.

        `late`: wait until LMDeploy loads the module, which would take seconds and may never be wanted (`apply_late`).
        `only_here`: leave alone the other modules of LMDeploy that imported the same object by the same name.
        `inherited`: the class may have the target from one above it.  What `make` asks for by other names than `old`
        (`def make(old, key)`), `apply(key=…)` gives it.
        """

        def register(make):
            self.patches.append(Patch(target, reason, make, late, only_here, inherited))
            return make

        return register

    def apply(self, **given: Any) -> bool:
        """Make the changes that are not made yet, or none of them; whether there were any.

        Raises RuntimeError, naming target and reason, if a target is gone, or if the installed LMDeploy is not VERSION.
        """
        return apply_tables(self, **given)

    def apply_late(self) -> None:
        """Make the late changes whose module has been loaded since `apply`."""
        if self.applied:
            _apply([(self, p) for p in self.patches if p.late], {})


def apply_tables(*some: Patches, **given: Any) -> bool:
    """As `Patches.apply`, for several tables at once: all of their changes, or none."""
    check_version()
    return _apply([(table, p) for table in some for p in table.patches], given)


def _apply(changes: list[tuple[Patches, Patch]], given: dict[str, Any]) -> bool:
    now = [
        (table, p) for table, p in changes if p not in table.applied and not (p.late and p.module not in sys.modules)
    ]
    found = [(*change, *locate(*change)) for change in now]  # all of them, before anything is changed
    made, latest = [], {}
    for table, p, owner, name, old in found:
        old = latest.get((owner, name), old)  # the second change of one target changes what the first has made
        latest[owner, name] = new = _successor(p, old, given)
        made.append((table, p, owner, name, old, new))
    for table, p, owner, name, old, new in made:
        _put(p, owner, name, old, new)
        table.applied.append(p)
    return bool(made)


def check_version() -> None:
    """Refuse any LMDeploy but the one whose insides the tables name."""
    install = f"install it with: pip install 'lmdeploy=={VERSION}'"
    try:
        from lmdeploy.version import __version__ as found
    except ImportError as e:
        raise RuntimeError(f'lmdeploy_cpu needs LMDeploy {VERSION}, which is not installed here; {install}') from e
    if found != VERSION:
        raise RuntimeError(f'lmdeploy_cpu is written for LMDeploy {VERSION}, but {found} is installed; {install}')


def locate(table: Patches, p: Patch) -> tuple[Any, str, Any]:
    """(module or class that holds the target, the target's name in it, what is there); RuntimeError if nothing is."""
    *parents, name = p.target.partition(':')[2].split('.')
    try:
        owner = importlib.import_module(p.module)
    except ModuleNotFoundError as e:
        if e.name is None or not f'{p.module}.'.startswith(f'{e.name}.'):  # another module is missing
            raise
        owner = None
    for parent in parents:
        owner = getattr(owner, parent, None)
    if p.inherited and owner is not None:
        old = inspect.getattr_static(owner, name, None)
    else:
        old = getattr(owner, '__dict__', {}).get(name)
    if old is None:
        what, repair = p.package, f'It is written for another version of {p.package}.'
        if what == 'lmdeploy':
            what = 'LMDeploy'
            repair = f"Is its {VERSION} damaged? Reinstall: pip install --force-reinstall 'lmdeploy=={VERSION}'"
        raise RuntimeError(
            f'{table.name}: {p.target} is missing from this {what}, so this does not work: {p.reason} {repair}'
        )
    return owner, name, old


def _successor(p: Patch, old: Any, given: dict[str, Any]) -> Any:
    """What `make` returns for `old`, wrapped as `old` is (staticmethod, classmethod)."""
    wrapper = type(old) if isinstance(old, (staticmethod, classmethod)) else None
    raw = old.__func__ if wrapper else old
    wanted = list(inspect.signature(p.make).parameters)[1:]
    new = p.make(raw, **{name: given[name] for name in wanted if name in given})
    if callable(raw) and not isinstance(raw, type):
        new = functools.update_wrapper(new, raw)
    return wrapper(new) if wrapper else new


def _put(p: Patch, owner: Any, name: str, old: Any, new: Any) -> None:
    """Put one change into place, and wherever in LMDeploy the same object was imported by name."""
    setattr(owner, name, new)
    if isinstance(owner, type) or p.only_here:
        return
    modules = [m for n, m in list(sys.modules.items()) if n == 'lmdeploy' or n.startswith('lmdeploy.')]
    for module in modules:
        if getattr(module, '__dict__', {}).get(name) is old:
            setattr(module, name, new)


def on_cpu() -> bool:
    """Is the engine that was built last a CPU engine?  (LMDeploy keeps one device context for the whole process.)"""
    from lmdeploy.pytorch.devices import get_device_manager

    return get_device_manager().current_context().device_type == 'cpu'
