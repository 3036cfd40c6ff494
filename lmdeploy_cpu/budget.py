"""The memory budget: bytes of RAM that play the part of a GPU's memory."""

import os
from pathlib import Path

DEFAULT_GIB = 4.0
_budget_bytes: int | None = None


def set_memory_budget(nbytes: int | None) -> None:
    """Weights and KV cache of one engine must fit into `nbytes`; engines built from now on see it.

    `cache_max_entry_count` is a ratio of what the weights leave of it. None: back to the environment variable.
    Raises ValueError unless `nbytes` is positive.
    """
    global _budget_bytes
    if nbytes is not None and int(nbytes) <= 0:
        raise ValueError(f'the memory budget must be a positive number of bytes, not {nbytes!r}')
    _budget_bytes = None if nbytes is None else int(nbytes)


def memory_budget() -> int:
    """The budget in bytes: what was set, else LMDEPLOY_CPU_MEMORY_GB (in GiB), else 4 GiB."""
    if _budget_bytes is not None:
        return _budget_bytes
    text = os.environ.get('LMDEPLOY_CPU_MEMORY_GB', str(DEFAULT_GIB))
    try:
        gib = float(text)
    except ValueError:
        gib = 0.0
    if not 0 < gib < float('inf'):
        raise ValueError(f'LMDEPLOY_CPU_MEMORY_GB must be a positive number of GiB, not {text!r}')
    return int(gib * 2**30)


def available_memory(cgroup: Path = Path('/sys/fs/cgroup')) -> int | None:
    """Bytes of RAM that can be had now; a container's own limit (cgroup v2) counts.  None where nobody says."""
    try:
        available = _numbers(Path('/proc/meminfo'))['MemAvailable:'] * 1024
    except (OSError, KeyError):
        return None
    try:
        limit, in_use = (int((cgroup / f'memory.{name}').read_text()) for name in ('max', 'current'))
        cached = _numbers(cgroup / 'memory.stat').get('inactive_file', 0)  # cached files make room
    except (OSError, ValueError):  # no limit
        return available
    return min(available, max(0, limit - in_use + cached))


def _numbers(path: Path) -> dict[str, int]:
    lines = (line.split() for line in path.read_text().splitlines())
    return {words[0]: int(words[1]) for words in lines}
