"""Limits of control groups, of both versions and nested, in trees made for it."""

import os
import subprocess
import sys
import types
from pathlib import Path

import pytest

from lmdeploy_cpu import budget
from lmdeploy_cpu.budget import available_memory

MIB = 1 << 20
NO_LIMIT = 9223372036854771712  # as v1 says it
ROOT = Path(__file__).resolve().parent.parent.parent


def tree(folder: Path, membership: str, files: dict[str, object]) -> tuple[Path, Path]:
    """The arguments for a tree of groups with these files, and a process in the groups that `membership` names."""
    for name, content in files.items():
        path = folder / 'cgroup' / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f'{content}\n')
    (folder / 'self').write_text(membership)
    return folder / 'cgroup', folder / 'self'


def v2(where: str, limit, in_use, cached=0) -> dict:
    return {
        f'{where}memory.max': limit,
        f'{where}memory.current': in_use,
        f'{where}memory.stat': f'anon 5\ninactive_file {cached}',
    }


def v1(where: str, limit, in_use, cached=0) -> dict:
    return {
        f'{where}memory.limit_in_bytes': limit,
        f'{where}memory.usage_in_bytes': in_use,
        f'{where}memory.stat': f'inactive_file 1\ntotal_inactive_file {cached}',
    }


@pytest.mark.parametrize(
    ('membership', 'files', 'left'),
    [
        ('0::/\n', v2('', 3 * MIB, 2 * MIB, MIB), 2 * MIB),
        ('0::/\n', v2('', 'max', 2 * MIB), None),
        # The outer group is the tighter one, and the other way about.
        ('0::/a/b\n', v2('a/b/', 8 * MIB, MIB) | v2('a/', 4 * MIB, 2 * MIB), 2 * MIB),
        ('0::/a/b\n', v2('a/b/', 3 * MIB, MIB) | v2('a/', 9 * MIB, MIB), 2 * MIB),
        ('0::/a/b\n', v2('a/b/', 'max', MIB) | v2('a/', 'max', MIB) | v2('', 5 * MIB, MIB), 4 * MIB),
        # The path is the machine's, the folder the container's own.
        ('0::/docker/0123\n', v2('', 4 * MIB, MIB), 3 * MIB),
        ('0::/../other\n', v2('', 4 * MIB, MIB), 3 * MIB),
        ('4:memory:/\n0::/\n', v1('memory/', 4 * MIB, MIB, MIB), 4 * MIB),
        ('4:memory:/docker/0123\n', v1('memory/', 4 * MIB, MIB), 3 * MIB),
        ('4:memory:/a/b\n', v1('memory/a/b/', NO_LIMIT, MIB) | v1('memory/a/', 6 * MIB, MIB), 5 * MIB),
        ('4:memory:/\n', v1('memory/', NO_LIMIT, MIB), None),
        ('4:memory:/\n0::/u\n', v1('memory/', NO_LIMIT, MIB) | v2('unified/u/', 4 * MIB, MIB), 3 * MIB),
        ('0::/\n', v2('', MIB, 3 * MIB), 0),
        ('', {'x': ''}, None),
        ('0::/课程 [1]\n', v2('课程 [1]/', 4 * MIB, MIB), 3 * MIB),
    ],
)
def test_memory(tmp_path, membership, files, left):
    where = tree(tmp_path, membership, files)
    assert budget.memory_left(*where) == left
    assert left is None or available_memory(*where) == left
    assert left is not None or available_memory(*where) > 64 * MIB


QUOTAS = [
    ('0::/\n', {'cpu.max': '200000 100000'}, 2),
    ('0::/\n', {'cpu.max': 'max 100000'}, 64),
    ('0::/\n', {'cpu.max': '50000 100000'}, 1),
    ('0::/\n', {'cpu.max': '250000 100000'}, 3),
    ('0::/a/b\n', {'a/b/cpu.max': 'max 100000', 'a/cpu.max': '400000 100000'}, 4),
    ('2:cpu,cpuacct:/\n', {'cpu,cpuacct/cpu.cfs_quota_us': 200000, 'cpu,cpuacct/cpu.cfs_period_us': 100000}, 2),
    ('1:cpu:/docker/01\n', {'cpu/cpu.cfs_quota_us': 300000, 'cpu/cpu.cfs_period_us': 100000}, 3),
    ('1:cpu:/\n', {'cpu/cpu.cfs_quota_us': -1, 'cpu/cpu.cfs_period_us': 100000}, 64),
    ('1:cpu:/a\n', {'cpu/a/cpu.cfs_quota_us': 25000, 'cpu/a/cpu.cfs_period_us': 50000}, 1),
    ('', {'x': ''}, 64),
]


@pytest.mark.parametrize(('membership', 'files', 'count'), QUOTAS)
def test_processors(tmp_path, monkeypatch, membership, files, count):
    monkeypatch.setattr(os, 'sched_getaffinity', lambda pid: set(range(64)))
    assert budget.processors(*tree(tmp_path, membership, files)) == count


def test_an_affinity_that_is_tighter_than_the_quota(tmp_path, monkeypatch):
    monkeypatch.setattr(os, 'sched_getaffinity', lambda pid: {3, 5})
    assert budget.processors(*tree(tmp_path, '0::/\n', {'cpu.max': '800000 100000'})) == 2


@pytest.mark.parametrize(
    ('quota', 'given', 'variable', 'threads'),
    [
        ('200000 100000', None, '2', 2),
        ('200000 100000', '', '2', 2),
        ('200000 100000', '7', '7', 64),
        ('max 100000', None, None, 64),
        ('9900000 100000', None, None, 64),
    ],
)
def test_threads_follow_the_quota(tmp_path, monkeypatch, quota, given, variable, threads):
    monkeypatch.setattr(os, 'sched_getaffinity', lambda pid: set(range(64)))
    monkeypatch.setenv('OMP_NUM_THREADS', given or '')
    if given is None:
        monkeypatch.delenv('OMP_NUM_THREADS')
    counts = [64]
    torch = types.SimpleNamespace(get_num_threads=lambda: counts[-1], set_num_threads=counts.append)
    monkeypatch.setitem(sys.modules, 'torch', torch)
    where = tree(tmp_path, '0::/\n', {'cpu.max': quota})
    budget.follow_quota(*where)
    assert os.environ.get('OMP_NUM_THREADS') == variable
    assert counts[-1] == threads


def test_the_import_alone_does_it(tmp_path):
    """Before torch is loaded, in a process of its own; and a user without a name gets a folder for torch."""
    where = tree(tmp_path, '0::/\n', {'cpu.max': '200000 100000'})
    code = f"""
import os, pathlib, pwd, sys
os.sched_getaffinity = lambda pid: set(range(64))
def nobody(uid): raise KeyError('getpwuid(): uid not found')
pwd.getpwuid = nobody
true = pathlib.Path.read_text
places = {{'/sys/fs/cgroup/cpu.max': {str(where[0] / 'cpu.max')!r}, '/proc/self/cgroup': {str(where[1])!r}}}
pathlib.Path.read_text = lambda path, *a, **k: true(pathlib.Path(places.get(str(path), path)), *a, **k)
import lmdeploy_cpu
print(os.environ['OMP_NUM_THREADS'], os.environ['TORCHINDUCTOR_CACHE_DIR'], 'torch' in sys.modules)
"""
    left_out = ('OMP_NUM_THREADS', 'USER', 'LOGNAME', 'LNAME', 'USERNAME', 'TORCHINDUCTOR_CACHE_DIR')
    environ = {k: v for k, v in os.environ.items() if k not in left_out} | {'PYTHONPATH': str(ROOT)}
    done = subprocess.run([sys.executable, '-c', code], env=environ, capture_output=True, text=True)
    threads, folder, loaded = done.stdout.split()
    assert (threads, loaded) == ('2', 'False'), done.stderr
    assert folder.endswith(f'torchinductor_{os.getuid()}')
