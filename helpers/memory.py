"""How much of the device's memory is in use, and who says so.

On CUDA the reading is what this process may use (`torch.cuda.mem_get_info`): on a slice of a card that is the slice,
while NVML and `nvidia-smi` show the whole card.  Elsewhere the memory budget of `lmdeploy_cpu` plays the GPU's part.
"""

import dataclasses
import functools
import os
import time
from collections.abc import Callable
from pathlib import Path

import lmdeploy_cpu

from .nvml import card_bytes, process_bytes
from .sampling import Sampler

MIB = 1 << 20
# A card keeps some memory for itself, so what torch may use is a little below NVML's total on a whole card too.
_WHOLE_CARD = 0.95
_LOOK_AGAIN_S = 1.0  # a reader that is used again and again does its slow look-ups this often


@dataclasses.dataclass(frozen=True, slots=True)
class DeviceMemory:
    """One reading, in bytes."""

    used_bytes: int  # by everyone on this device or slice
    free_bytes: int
    total_bytes: int
    process_bytes: int | None  # by this process; None where nobody can tell
    source: str
    device_name: str
    card_used_bytes: int | None = None  # NVML's view of the whole card, as nvidia-smi shows it
    card_total_bytes: int | None = None
    device: str = 'cuda'  # 'cuda' | 'cpu'

    @property
    def is_slice(self) -> bool:
        """True if this process may use only a part of the card."""
        return self.card_total_bytes is not None and self.total_bytes < _WHOLE_CARD * self.card_total_bytes

    @property
    def budget_bytes(self) -> int:
        """What an engine that starts now counts by: on CUDA what is free, on the CPU device the whole budget."""
        return self.total_bytes if self.device == 'cpu' else self.free_bytes

    def __str__(self) -> str:
        name = f'{self.device_name} (a slice of the card)' if self.is_slice else self.device_name
        rows = [('used', self.used_bytes), ('free', self.free_bytes), ('total', self.total_bytes)]
        if self.process_bytes is not None:
            rows.append(('this process', self.process_bytes))
        if self.is_slice:
            rows += [('whole card, used', self.card_used_bytes), ('whole card, total', self.card_total_bytes)]
        lines = [f'{label:<18}{count / MIB:>8.0f} MiB' for label, count in rows]
        lines.append(f'source: {self.source}')
        width = max(map(len, [name, *lines]))
        rule = f'+{"-" * (width + 2)}+'
        return '\n'.join([rule, f'| {name:<{width}} |', rule, *(f'| {line:<{width}} |' for line in lines), rule])


def device_memory(device: int | str = 0) -> DeviceMemory:
    """Read the memory of the CUDA device, or of the CPU device where there is none.

    The first reading on CUDA makes this process's CUDA context, some hundred MiB that an engine needs anyway.

    Args:
        device: index of the CUDA device as torch counts them (CUDA_VISIBLE_DEVICES applies); 'cpu': the CPU device.
    """
    return memory_reader(device)()


def memory_reader(device: int | str = 0) -> Callable[[], DeviceMemory]:
    """Give a function that reads the memory again and again, with the slow look-ups done once."""
    if device == 'cpu':
        return CpuReader()
    import torch

    return CudaReader(torch.cuda, device) if torch.cuda.is_available() else CpuReader()


class CudaReader:
    """Reads what this process may use from torch, and the whole card and this process's share from NVML."""

    def __init__(self, cuda, device: int = 0, nvml: Callable[[], tuple[int, int, int | None]] | None = None):
        self._cuda, self._device = cuda, device
        self._name = cuda.get_device_name(device)
        self._card: tuple[int, int, int | None] | None = None
        self._card_until = 0.0
        self._nvml = nvml or functools.partial(_read_nvml, str(cuda.get_device_properties(device).uuid))

    def __call__(self) -> DeviceMemory:
        free, total = self._cuda.mem_get_info(self._device)
        now = time.monotonic()
        if now >= self._card_until:  # NVML is slow to list processes, and only `used` has to be fresh
            self._card, self._card_until = self._read_card(), now + _LOOK_AGAIN_S
        if self._card is None:
            source = 'torch.cuda.mem_get_info; NVML cannot be read'
            return DeviceMemory(total - free, free, total, None, source, self._name)
        card_used, card_total, process = self._card
        reading = DeviceMemory(total - free, free, total, process, '', self._name, card_used, card_total)
        whose = 'the slice' if reading.is_slice else 'the card'
        source = f'torch.cuda.mem_get_info ({whose}); NVML (this process, the whole card)'
        return dataclasses.replace(reading, source=source)

    def _read_card(self) -> tuple[int, int, int | None] | None:
        try:
            return self._nvml()
        except Exception:  # no library, no permission, another container's card: torch's reading still holds
            return None


def _read_nvml(card: str) -> tuple[int, int, int | None]:
    used, _, total = card_bytes(card)
    return used, total, process_bytes(card)


class CpuReader:
    """Reads what this process and its children have written to memory, against the budget of `lmdeploy_cpu`."""

    _SOURCE = 'memory budget of lmdeploy_cpu; /proc (this process and its children)'

    def __init__(self):
        self._children: list[str] = []
        self._children_until = 0.0

    def __call__(self) -> DeviceMemory:
        now = time.monotonic()
        if now >= self._children_until:  # looking for them costs more than reading them
            self._children, self._children_until = _descendants(os.getpid()), now + _LOOK_AGAIN_S
        total = lmdeploy_cpu.memory_budget()
        process = _written_bytes('self')
        used = process + sum(map(_written_bytes, self._children))
        return DeviceMemory(used, max(0, total - used), total, process, self._SOURCE, 'CPU', device='cpu')


def _written_bytes(pid: int | str) -> int:
    """Resident memory less the pages of mapped files: libraries do not count, weights and the KV cache do."""
    try:
        resident, shared = Path(f'/proc/{pid}/statm').read_text().split()[1:3]
    except OSError:  # it has ended meanwhile
        return 0
    return (int(resident) - int(shared)) * os.sysconf('SC_PAGE_SIZE')


def _descendants(pid: int | str) -> list[str]:
    """Ids of the children of a process, their children and so on: `api_server` runs its engine in one of them.

    psutil's `children(recursive=True)` looks at every process of the machine, which ten readings a second would feel.
    """
    found = []
    for path in Path(f'/proc/{pid}/task').glob('*/children'):
        try:
            children = path.read_text().split()
        except OSError:
            continue
        for child in children:
            found += [child, *_descendants(child)]
    return found


class MemorySampler(Sampler):
    """Reads the memory in the background while a `with` block runs.

        with MemorySampler() as sampler:
            pipe('hello')
        print(sampler.peak_used_bytes)

    `readings` holds pairs of seconds since the start and a `DeviceMemory`; the arguments are those of `Sampler`.
    """

    def __init__(self, interval_s: float = 0.1, read: Callable | None = None, keep: int | None = None, **options):
        super().__init__(read, interval_s, keep, **options)
        self.peak_used_bytes = 0  # the highest seen; 0 when no reading succeeded

    def start(self) -> 'MemorySampler':
        self._read = self._read or memory_reader()
        return super().start()

    def _take(self, reading: DeviceMemory) -> None:
        self.peak_used_bytes = max(self.peak_used_bytes, reading.used_bytes)
        super()._take(reading)
