"""Readings say what they are of; the sampler is cheap and survives a reading that fails."""

import subprocess
import sys
import threading
import time
import types

import numpy as np
import pytest
from patience import wait_until

import lmdeploy_cpu
from helpers import memory
from helpers.memory import CpuReader, CudaReader, DeviceMemory, MemorySampler, device_memory, memory_reader

GIB = 1 << 30
MIB = 1 << 20


def cuda(free_bytes, total_bytes):
    return types.SimpleNamespace(
        mem_get_info=lambda device: (free_bytes, total_bytes), get_device_name=lambda device: 'NVIDIA A100'
    )


def reading(used_bytes):
    return DeviceMemory(used_bytes, 8 * GIB - used_bytes, 8 * GIB, None, 'a test', 'test')


def test_a_whole_card_is_read_from_torch_and_nvml():
    seen = CudaReader(cuda(60 * GIB, 79 * GIB), nvml=lambda: (19 * GIB, 80 * GIB, 5 * GIB))()
    assert (seen.used_bytes, seen.free_bytes, seen.total_bytes) == (19 * GIB, 60 * GIB, 79 * GIB)
    assert seen.process_bytes == 5 * GIB
    assert seen.budget_bytes == 60 * GIB, 'an engine counts by what is free'
    assert not seen.is_slice
    assert 'the card' in seen.source
    assert 'whole card, ' not in str(seen)


def test_on_a_slice_the_slice_counts_and_the_card_is_told():
    seen = CudaReader(cuda(6 * GIB, 8 * GIB), nvml=lambda: (70 * GIB, 80 * GIB, None))()
    assert (seen.used_bytes, seen.free_bytes, seen.total_bytes) == (2 * GIB, 6 * GIB, 8 * GIB)
    assert (seen.card_used_bytes, seen.card_total_bytes) == (70 * GIB, 80 * GIB)
    assert seen.is_slice
    assert 'the slice' in seen.source
    assert 'a slice of the card' in str(seen)
    assert f'{70 * 1024} MiB' in str(seen)
    assert 'this process ' not in str(seen).replace('this process, ', '')


def test_without_nvml_torch_is_enough():
    def broken():
        raise RuntimeError('driver and library do not match')

    seen = CudaReader(cuda(6 * GIB, 8 * GIB), nvml=broken)()
    assert seen.used_bytes == 2 * GIB
    assert seen.process_bytes is None
    assert seen.card_total_bytes is None
    assert not seen.is_slice
    assert 'NVML cannot be read' in seen.source


def test_nvml_is_asked_once_a_second_and_torch_each_time():
    asked = {'torch': 0, 'nvml': 0}

    def mem_get_info(device):
        asked['torch'] += 1
        return 6 * GIB, 8 * GIB

    def nvml():
        asked['nvml'] += 1
        return 2 * GIB, 8 * GIB, GIB

    device = cuda(0, 0)
    device.mem_get_info = mem_get_info
    read = CudaReader(device, nvml=nvml)
    assert [read().process_bytes for _ in range(50)] == [GIB] * 50
    assert asked == {'torch': 50, 'nvml': 1}


@pytest.fixture
def budget():
    yield lmdeploy_cpu.set_memory_budget
    lmdeploy_cpu.set_memory_budget(None)


def test_the_cpu_reading_is_of_the_budget(budget):
    budget(3 * GIB)
    seen = CpuReader()()
    assert seen.total_bytes == 3 * GIB
    assert seen.budget_bytes == 3 * GIB > seen.free_bytes, 'an engine counts by the whole budget'
    assert seen.free_bytes == 3 * GIB - seen.used_bytes
    assert seen.process_bytes <= seen.used_bytes
    assert 'lmdeploy_cpu' in seen.source
    budget(MIB)
    assert CpuReader()().free_bytes == 0


def test_the_cpu_reading_sees_what_is_written_and_given_back():
    read = CpuReader()
    before = read().used_bytes
    block = np.ones(300 * MIB, dtype=np.uint8)
    grown = read().used_bytes - before
    del block
    left = read().used_bytes - before
    assert 290 * MIB < grown < 310 * MIB
    assert left < 10 * MIB


def test_the_cpu_reading_leaves_out_mapped_files(tmp_path):
    (tmp_path / 'library.so').write_bytes(bytes(100 * MIB))
    read = CpuReader()
    before = read().used_bytes
    mapped = np.memmap(tmp_path / 'library.so', mode='r')
    assert mapped.sum() == 0  # every page is touched
    assert read().used_bytes - before < 10 * MIB


def test_the_cpu_reading_looks_for_children_once_a_second(monkeypatch):
    looked = []
    monkeypatch.setattr(memory, '_descendants', lambda pid: looked.append(pid) or [])
    read = CpuReader()
    for _ in range(50):
        read()
    assert len(looked) == 1


def test_the_cpu_reading_counts_children_and_their_children():
    hold = "import sys; b = bytearray(b'x') * (100 << 20); print('held', flush=True); sys.stdin.read()"
    parent = f'import subprocess, sys; subprocess.run([sys.executable, "-c", {hold!r}])'
    before = CpuReader()()
    with subprocess.Popen([sys.executable, '-c', parent], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout.readline() == b'held\n'
        during = CpuReader()()
        child.stdin.close()
    assert during.used_bytes - during.process_bytes - (before.used_bytes - before.process_bytes) > 100 * MIB


def test_a_reading_prints_as_a_table_with_its_source():
    lines = str(device_memory()).splitlines()
    assert len({len(line) for line in lines}) == 1
    assert any(line.startswith('| source: ') for line in lines)


def test_sampler_reads_in_the_background_and_knows_the_peak():
    values = iter([1, 2, 9, 3, *[4] * 100_000])
    with MemorySampler(0.01, read=lambda: reading(next(values))) as sampler:
        wait_until(lambda: len(sampler.readings) >= 4)
    assert sampler.peak_used_bytes == 9
    used = [seen.used_bytes for _, seen in sampler.readings]
    assert used[:4] == [1, 2, 9, 3]
    times = [time_s for time_s, _ in sampler.readings]
    assert times == sorted(times)
    count = len(sampler.readings)
    time.sleep(0.05)
    assert len(sampler.readings) == count  # it has ended
    assert sampler.failures == 0


def test_when_the_block_ends_so_has_the_thread():
    def slow_in_the_background():
        if threading.current_thread().name == 'sampler':
            time.sleep(0.3)
        return reading(5)

    with MemorySampler(0.01, read=slow_in_the_background):
        time.sleep(0.05)
    assert 'sampler' not in [thread.name for thread in threading.enumerate()]


def test_sampler_goes_on_after_a_reading_that_fails():
    calls = []

    def flaky():
        calls.append(1)
        if len(calls) % 2:
            raise OSError('lost')
        return reading(5)

    with MemorySampler(0.01, read=flaky) as sampler:
        wait_until(lambda: sampler.failures > 1 and len(sampler.readings) > 1)
    assert len(sampler.readings) + sampler.failures == len(calls)


def test_sampler_keeps_the_peak_of_readings_that_it_drops():
    values = iter([9, *[1] * 100_000])
    with MemorySampler(0.01, read=lambda: reading(next(values)), keep=3) as sampler:
        wait_until(lambda: sampler.readings[0][1].used_bytes == 1)
    assert len(sampler.readings) == 3
    assert sampler.peak_used_bytes == 9


def test_sampler_refuses_a_senseless_interval():
    with pytest.raises(ValueError, match='interval_s=0'):
        MemorySampler(0)


def share_of_a_core() -> float:
    """What ten readings a second take of one."""
    read, spent_s = memory_reader(), {}

    def timed():
        seen = read()
        spent_s.setdefault(threading.get_ident(), []).append((time.monotonic(), time.thread_time()))
        return seen

    with MemorySampler(0.1, read=timed) as sampler:
        background = sampler._thread.ident
        wait_until(lambda: len(spent_s.get(background, ())) > 20)
    (first, first_cpu), *_, (last, last_cpu) = spent_s[background]
    return (last_cpu - first_cpu) / (last - first)


def test_ten_readings_a_second_cost_less_than_a_hundredth_of_a_core():
    # A busy neighbour makes the same work take longer: the least of three is what it costs.
    assert min(share_of_a_core() for _ in range(3)) < 0.01
