"""One whole GPU as NVML sees it, and a ballast that makes a small card of a big one.

torch's reading would make a CUDA context in this process, and take half a gigabyte from what is measured.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable

from helpers import device_memory
from helpers.memory import MIB, DeviceMemory
from helpers.nvml import card_bytes

SLICE_MIB = 8182  # 10 % of an A100 with 80 GB, as InternStudio rents it
_HOLD = """
import sys, torch
free_bytes = torch.cuda.mem_get_info()[0]
ballast = torch.empty(free_bytes - int(sys.argv[1]), dtype=torch.uint8, device='cuda')
print('ready', flush=True)
sys.stdin.read()
"""


def visible_cards() -> list[int | str]:
    """How NVML, which counts all cards, knows those that CUDA_VISIBLE_DEVICES names: by index or UUID; without: [0]."""
    words = [word.strip() for word in os.environ.get('CUDA_VISIBLE_DEVICES', '0').split(',')]
    return [int(word) if word.isdigit() else word for word in words if word]


def first_visible() -> int | str:
    """The index or UUID by which NVML knows the first card that CUDA sees here."""
    return visible_cards()[0]


def card_memory(index: int | None = None) -> DeviceMemory:
    """Read the memory of the whole card `index`, or of the first visible one."""
    used, free, total = card_bytes(first_visible() if index is None else index)
    return DeviceMemory(used, free, total, None, 'NVML', 'the card')


def read_memory() -> DeviceMemory:
    """Of the whole first card; without one, of this machine."""
    import torch

    return card_memory() if torch.cuda.is_available() else device_memory()


def settled(read: Callable[[], list[int]], timeout_s: float = 10.0) -> list[int]:
    """What `read` gives when nothing of it falls any more: the case before may still be giving its memory back."""
    used, deadline = read(), time.monotonic() + timeout_s
    while used and time.monotonic() < deadline:
        time.sleep(0.2)
        used, earlier = read(), used
        if all(now >= before for now, before in zip(used, earlier, strict=True)):
            break
    return used


def settled_bytes() -> int:
    """What is in use of the first card, or of this machine, when it no longer falls."""
    return settled(lambda: [read_memory().used_bytes])[0]


class Ballast:
    """A process that holds all of a card's memory but `mib`; it ends with `close()`, or with this process."""

    def __init__(self, mib: int, index: int | None = None):
        environment = {**os.environ, 'CUDA_VISIBLE_DEVICES': str(first_visible() if index is None else index)}
        command = [sys.executable, '-c', _HOLD, str(mib * MIB)]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
        )
        if self._process.stdout.readline().strip() != 'ready':
            self.close()
            raise RuntimeError(f'the ballast could not be allocated: is more than {mib} MiB of the card free?')

    def close(self) -> None:
        """Give the memory back."""
        self._process.communicate()
