"""Which notebooks hold memory now, and how to end them: each has a process of its own until its kernel is shut down.

from lessons.kernels import kernels
print(kernels())
"""

import contextlib
import dataclasses
import os
from collections.abc import Iterable
from pathlib import Path

import psutil

from translations.messages import shown

GIB = 1 << 30


@dataclasses.dataclass(frozen=True, slots=True)
class Kernel:
    """A notebook's process with all that it started, such as servers."""

    notebook: str  # its file; 'a notebook' where nobody says which
    pid: int
    ram_bytes: int
    card_bytes: int  # of GPUs, as far as the driver tells

    def __str__(self) -> str:
        ram, card = (f'{nbytes / GIB:.1f} GiB' for nbytes in (self.ram_bytes, self.card_bytes))
        if not self.card_bytes:
            return f'{self.notebook}: {ram} of RAM, process {self.pid}'
        return f'{self.notebook}: {ram} of RAM and {card} of a card, process {self.pid}'


class Kernels(tuple):
    """Kernels, those that hold most first; as text it says how to end them."""

    def __str__(self) -> str:
        if not self:
            return 'No other notebook is running.'
        return '\n'.join(['Other notebooks hold memory:', *(f'  {kernel}' for kernel in self), self.way_out])

    def __repr__(self) -> str:  # under a cell
        return shown(self)

    @property
    def way_out(self) -> str:
        ids = ' '.join(str(kernel.pid) for kernel in self)
        return (
            f'End what you need no more, in JupyterLab (the second icon on the left, Running Terminals and Kernels) '
            f'or in a terminal: kill {ids}'
        )


def kernels(own: int | None = None) -> Kernels:
    """The notebooks' kernels of this user but for the process `own` (default: this one), the largest first."""
    own, on_cards, found = own or os.getpid(), _bytes_on_cards(), []
    for process in psutil.process_iter(['pid', 'cmdline', 'uids']):
        command = process.info['cmdline'] or []
        if process.pid == own or not any('ipykernel' in word for word in command[:5]):
            continue
        with contextlib.suppress(psutil.Error, OSError):  # it ended, or is somebody else's
            if process.info['uids'].real != os.getuid():
                continue
            family = [process, *process.children(recursive=True)]
            held = sum(_ram_bytes(one) for one in family), sum(on_cards.get(one.pid, 0) for one in family)
            name = process.environ().get('JPY_SESSION_NAME')  # the Jupyter server says so
            found.append(Kernel(Path(name).name if name else 'a notebook', process.pid, *held))
    return Kernels(sorted(found, key=lambda kernel: -kernel.card_bytes - kernel.ram_bytes))


def who_holds_memory(least_bytes: int = GIB // 4) -> str:
    """A sentence for an error about memory: which other notebooks hold much of it; '' where none does."""
    found = Kernels(kernel for kernel in kernels() if kernel.ram_bytes + kernel.card_bytes >= least_bytes)
    return f'\n{found}' if found else ''


def _ram_bytes(process: psutil.Process) -> int:
    with contextlib.suppress(psutil.Error):
        return process.memory_info().rss
    return 0


def _bytes_on_cards() -> dict[int, int]:
    """Process → bytes on all GPUs; {} where there is none, or the driver does not tell."""
    used: dict[int, int] = {}
    with contextlib.suppress(Exception):
        import pynvml

        pynvml.nvmlInit()
        handles: Iterable = map(pynvml.nvmlDeviceGetHandleByIndex, range(pynvml.nvmlDeviceGetCount()))
        for process in (p for handle in handles for p in pynvml.nvmlDeviceGetComputeRunningProcesses(handle)):
            used[process.pid] = used.get(process.pid, 0) + (process.usedGpuMemory or 0)
    return used
