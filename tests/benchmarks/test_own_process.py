"""What becomes of a measurement in a process of its own."""

import ctypes
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from benchmarks.own_process import NVML_CHECK, Processes


def works(numbers, report):
    for number in numbers:
        report(number=number)


def stops_halfway(numbers, report):
    report(number=numbers[0])
    time.sleep(1000)


def prints_and_waits(numbers, report):
    print('loading the model', flush=True)
    report(number=numbers[0])
    time.sleep(1000)


def raises(numbers, report):
    report(number=numbers[0])
    print('loading the model')
    raise RuntimeError('no such engine')


def crashes(numbers, report):
    print('[TM][FATAL] out of cheese', flush=True)
    os._exit(7)


def segfaults(numbers, report):
    ctypes.string_at(0)


def leaves_a_child(numbers, report):
    child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])
    report(number=child.pid)
    time.sleep(60)


def tells_its_environment(names, report):
    report(**{name: os.environ.get(name) for name in names})


@pytest.fixture
def processes():
    before = os.environ.copy()
    yield Processes('spawn')
    os.environ.clear()
    os.environ.update(before)


def measure(processes, function, numbers=(8, 1), timeout_s=300.0, minutes_s=600.0, **more):
    rows = []
    deadline = time.monotonic() + minutes_s
    why = processes.measure(function, (numbers,), keep=rows.append, timeout_s=timeout_s, deadline=deadline, **more)
    return rows, why


@pytest.mark.parametrize(
    ('function', 'numbers', 'said'),
    [
        (works, [8, 1], None),
        (raises, [8], 'RuntimeError: no such engine\nloading the model'),
        (crashes, [], 'the process ended with 7\n[TM][FATAL] out of cheese'),
        (segfaults, [], 'the process ended with -11'),
    ],
)
def test_rows_and_end(processes, function, numbers, said):
    rows, why = measure(processes, function)
    assert [row['number'] for row in rows] == numbers
    assert why is None if said is None else why.startswith(said)


@pytest.mark.parametrize(
    ('limits', 'said'), [({'timeout_s': 15}, 'stopped after 15 s'), ({'minutes_s': 15}, 'the minutes are over')]
)
def test_what_takes_too_long_is_ended_and_keeps_its_rows(processes, limits, said):
    rows, why = measure(processes, stops_halfway, **limits)
    assert (rows, why) == ([{'number': 8}], said)


def test_who_asks_may_give_up_and_keep_the_log(processes, tmp_path):
    log, rows = tmp_path / 'log', []
    end = {'timeout_s': 60.0, 'deadline': time.monotonic() + 100}
    why = processes.measure(prints_and_waits, ([8],), keep=rows.append, log=log, give_up=lambda: bool(rows), **end)
    assert (why, rows) == ('given up\nloading the model', [{'number': 8}])
    assert log.read_text() == 'loading the model\n'


def test_what_it_started_ends_with_it(processes):
    rows, _ = measure(processes, leaves_a_child, timeout_s=15)
    status = Path(f'/proc/{rows[0]["number"]}/stat')
    deadline = time.monotonic() + 300
    while status.exists() and status.read_text().rpartition(')')[2].split()[0] != 'Z':
        assert time.monotonic() < deadline, 'the child lives on'
        time.sleep(0.1)


TERMINATED = """
import os, sys, time
from benchmarks.command_line import CommandLine
from benchmarks.own_process import Processes

def waits(report):
    report(pid=os.getpid())
    time.sleep(1000)

if __name__ == '__main__':
    CommandLine('').parse_args([])
    limits = {'timeout_s': 600, 'deadline': time.monotonic() + 600}
    keep = lambda row: print(row['pid'], flush=True)
    Processes('spawn').measure(waits, (), keep=keep, **limits)
"""


def test_what_is_terminated_leaves_no_measurement_behind(tmp_path):
    """As `timeout` or a job scheduler ends it: what stays would keep the card's memory."""
    program = tmp_path / 'program.py'
    program.write_text(TERMINATED)
    environment = os.environ | {'PYTHONPATH': str(Path(__file__).parents[2])}
    with subprocess.Popen([sys.executable, program], env=environment, stdout=subprocess.PIPE, text=True) as running:
        pid = int(running.stdout.readline())
        running.terminate()
        assert running.wait(30) == 143
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_a_measurement_looks_for_a_gpu_as_any_program_does(processes):
    """With NVML's check each look costs milliseconds: `generate`, which looks often, would be measured too slow."""
    names = (NVML_CHECK, 'CUDA_VISIBLE_DEVICES', 'HF_HUB_OFFLINE')
    (row,), why = measure(processes, tells_its_environment, names, environment={'CUDA_VISIBLE_DEVICES': '3'})
    assert why is None
    assert row == {NVML_CHECK: None, 'CUDA_VISIBLE_DEVICES': '3', 'HF_HUB_OFFLINE': '1'}


def test_where_cuda_cannot_be_forked_all_starts_anew(processes, monkeypatch):
    runs = []

    def run(*_):
        runs.append(processes._context)
        return 'RuntimeError: Cannot re-initialize CUDA in forked subprocess' if len(runs) == 1 else None

    monkeypatch.setattr(processes, '_run', run)
    processes._context = 'forkserver'
    assert measure(processes, works) == ([], None)
    assert runs[0] == 'forkserver'
    assert runs[1].get_start_method() == 'spawn'


def test_environment_of_all(monkeypatch):
    monkeypatch.setattr(os, 'environ', {})
    Processes('spawn', {'NCCL_NVLS_ENABLE': '0'})
    assert os.environ.items() >= {NVML_CHECK: '1', 'NCCL_NVLS_ENABLE': '0'}.items()
