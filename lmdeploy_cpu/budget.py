"""The memory budget: bytes of RAM that play the part of a GPU's memory."""

import os

DEFAULT_GB = 4.0
_budget_bytes: int | None = None


def set_memory_budget(nbytes: int | None) -> None:
    """Weights and KV cache of one engine must fit into `nbytes`; engines built from now on see it.

    `cache_max_entry_count` is a ratio of what the weights leave of it. None: back to the environment variable.
    """
    global _budget_bytes
    if nbytes is not None and int(nbytes) <= 0:
        raise ValueError(f'the memory budget must be a positive number of bytes, not {nbytes!r}')
    _budget_bytes = None if nbytes is None else int(nbytes)


def memory_budget() -> int:
    """The budget in bytes: what was set, else LMDEPLOY_CPU_MEMORY_GB (in GiB), else 4 GiB."""
    if _budget_bytes is not None:
        return _budget_bytes
    text = os.environ.get('LMDEPLOY_CPU_MEMORY_GB', str(DEFAULT_GB))
    try:
        gib = float(text)
    except ValueError:
        gib = 0.0
    if not 0 < gib < float('inf'):
        raise ValueError(f'LMDEPLOY_CPU_MEMORY_GB must be a positive number of GiB, not {text!r}')
    return int(gib * 2**30)


def available_memory() -> int | None:
    """Bytes that the kernel could give us now, or None where it does not say."""
    try:
        with open('/proc/meminfo', encoding='ascii') as f:
            for line in f:
                if line.startswith('MemAvailable:'):
                    return int(line.split()[1]) * 1024
    except OSError:
        pass
    return None
