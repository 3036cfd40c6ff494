"""The memory budget: bytes of RAM that play the part of a GPU's memory; and what a container may use of the machine.

Control groups (cgroup v1 and v2) limit memory and processor time.  A group's limit holds for all groups in it, so the
tightest on the way from this process's group to the root counts.
"""

import math
import os
import sys
from collections.abc import Iterator
from pathlib import Path

DEFAULT_GIB = 4.0
CGROUP, MEMBERSHIP = Path('/sys/fs/cgroup'), Path('/proc/self/cgroup')
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


def available_memory(cgroup: Path = CGROUP, membership: Path = MEMBERSHIP) -> int | None:
    """Bytes of RAM that can be had now; a container's own limit (cgroup v1 or v2) counts.  None where nobody says."""
    try:
        available = _numbers(Path('/proc/meminfo'))['MemAvailable:'] * 1024
    except KeyError:
        return None
    left = memory_left(cgroup, membership)
    return available if left is None else min(available, left)


def memory_left(cgroup: Path = CGROUP, membership: Path = MEMBERSHIP) -> int | None:
    """Bytes that this process's groups still let it have, cached files counted as free; None without a limit."""
    left = []
    for names in (('max', 'current', 'inactive_file'), ('limit_in_bytes', 'usage_in_bytes', 'total_inactive_file')):
        for group in _groups('memory', names[0] != 'max', cgroup, membership):
            try:
                limit, in_use = (int((group / f'memory.{name}').read_text()) for name in names[:2])
            except (OSError, ValueError):  # no such file, or 'max'
                continue
            if limit < 1 << 60:  # v1 says 'no limit' as nearly 2**63
                left.append(max(0, limit - in_use + _numbers(group / 'memory.stat').get(names[2], 0)))
    return min(left, default=None)


def processors(cgroup: Path = CGROUP, membership: Path = MEMBERSHIP) -> int:
    """How many processors this process may keep busy: its affinity (so cpusets and taskset), and its groups' quotas."""
    shares = [float(len(os.sched_getaffinity(0)))]
    for group in _groups('cpu', False, cgroup, membership):
        try:
            quota, period = (group / 'cpu.max').read_text().split()
            shares.append(int(quota) / int(period))
        except (OSError, ValueError, ZeroDivisionError):  # no such file, or 'max'
            continue
    for group in _groups('cpu', True, cgroup, membership):
        try:
            quota, period = (int((group / f'cpu.cfs_{name}_us').read_text()) for name in ('quota', 'period'))
        except (OSError, ValueError):
            continue
        if quota > 0 and period > 0:  # -1: no quota
            shares.append(quota / period)
    return max(1, math.ceil(min(shares)))


def follow_quota(cgroup: Path = CGROUP, membership: Path = MEMBERSHIP) -> None:
    """Have torch start no more threads than the quota keeps busy, unless OMP_NUM_THREADS says how many.

    OpenMP looks at the affinity alone: with two of 64 processors' time it would start 64 threads, which use the quota
    up in a moment and then all stand still.
    """
    if os.environ.get('OMP_NUM_THREADS'):
        return
    count = processors(cgroup, membership)
    if count < len(os.sched_getaffinity(0)):
        os.environ['OMP_NUM_THREADS'] = str(count)  # read when torch is loaded, here and in the processes started here
        torch = sys.modules.get('torch')
        if torch is not None and hasattr(torch, 'set_num_threads') and torch.get_num_threads() > count:
            torch.set_num_threads(count)


def _groups(controller: str, v1: bool, cgroup: Path, membership: Path) -> Iterator[Path]:
    """The folders of this process's group for `controller` and of those around it, as far as they can be seen.

    A container sees its own group as the root, while /proc/self/cgroup may have the path outside.
    """
    try:
        lines = [line.split(':', 2) for line in membership.read_text().splitlines()]
    except OSError:
        lines = []
    if v1:
        found = [(names, path) for _, names, path in lines if controller in names.split(',')]
        names, path = found[0] if found else (controller, '/')
        roots = [cgroup / names, cgroup / controller]
    else:
        path = next((path for number, names, path in lines if number == '0' and not names), '/')
        roots = [cgroup, cgroup / 'unified']
    for root in dict.fromkeys(roots):
        group = root / path.lstrip('/')
        if '..' in group.parts:  # outside of what a namespace shows
            group = root
        while group != root:
            yield group
            group = group.parent
        yield root


def _numbers(path: Path) -> dict[str, int]:
    """The number on each line by the word before it; {} where there is no such file."""
    try:
        lines = [line.split() for line in path.read_text().splitlines()]
        return {words[0]: int(words[1]) for words in lines}
    except (OSError, ValueError):
        return {}
