"""The engine's own process: it ends with the one that spawned it, and that one with it; it sleeps while nobody asks."""

import asyncio
import contextlib
import os
import pickle
import resource
import signal
import subprocess
import sys
import threading
import time
import types

import psutil
import pytest
import zmq
from patience import PATIENCE_S

from lmdeploy_cpu.patches import processes

SPAWN = """
import multiprocessing, sys, time
from lmdeploy_cpu.patches.processes import end_with_parent

def work(name):
    end_with_parent()
    print('ready', multiprocessing.current_process().pid, flush=True)
    for _ in range(100_000):
        time.sleep(0.01) if name != 'busy' else sum(range(10_000))
    time.sleep(1000)

if __name__ == '__main__':
    name = sys.argv[1]
    context = multiprocessing.get_context('spawn')
    process = context.Process(target=work, args=[sys.argv[2]], name=name)
    process.start()
    sys.stdin.read()  # the test's order to end
    process.kill()
"""


@contextlib.contextmanager
def spawned(tmp_path, name, how='idle'):
    """(a process, the engine that it spawned)"""
    (tmp_path / 'spawn.py').write_text(SPAWN)
    parent = subprocess.Popen(
        [sys.executable, tmp_path / 'spawn.py', name, how], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    word, pid = parent.stdout.readline().split()
    assert word == 'ready'
    engine = psutil.Process(int(pid))
    try:
        yield parent, engine
    finally:
        for p in (parent, engine):
            with contextlib.suppress(psutil.NoSuchProcess):
                p.kill()
        parent.wait()


@pytest.mark.parametrize('number', [signal.SIGKILL, signal.SIGTERM, signal.SIGSEGV])
@pytest.mark.parametrize('how', ['idle', 'busy'])
def test_it_ends_with_its_parent(number, how, tmp_path):
    with spawned(tmp_path, processes.ENGINE_PROCESS, how) as (parent, engine):
        time.sleep(0.3)
        assert engine.is_running(), 'not before'
        parent.send_signal(number)
        parent.wait()
        psutil.wait_procs([engine], timeout=5)
        assert not engine.is_running() or engine.status() == psutil.STATUS_ZOMBIE


def test_a_programs_own_process_may_outlive_it(tmp_path):
    with spawned(tmp_path, 'a worker') as (parent, other):
        parent.kill()
        parent.wait()
        time.sleep(1)
        assert other.is_running()


def test_the_name_is_lmdeploys():
    import inspect

    from lmdeploy.pytorch.engine.mp_engine.zmq_engine import ZMQMPEngine

    assert f"name='{processes.ENGINE_PROCESS}'" in inspect.getsource(ZMQMPEngine._start_mp_proc)


ENGINE = """
import subprocess, sys, time, types, multiprocessing
from lmdeploy_cpu.patches import processes

def work(ending):
    sys.exit(3) if ending == 'it fails' else time.sleep(1000)

if __name__ == '__main__':
    ending = sys.argv[1]
    process = multiprocessing.get_context('spawn').Process(target=work, args=[ending], daemon=True)
    (patch,) = processes.ENGINE_GONE.patches
    process.start()
    engine = types.SimpleNamespace(proc=None)
    patch.make(lambda self: setattr(self, 'proc', process))(engine)
    if ending in ('kill', 'terminate'):
        getattr(process, ending)()
    if ending == 'close':
        process.terminate(); process.join(); process.close(); engine.proc = None
    time.sleep(3 if ending in ('close', 'nothing') else 60)
"""


@pytest.mark.parametrize(
    ('ending', 'status', 'said'),
    [
        ('kill', 1, 'was killed by signal 9; without it the server ends'),
        ('terminate', 1, 'was killed by signal 15; without it the server ends'),
        ('it fails', 1, 'ended with status 3; without it the server ends'),
        ('close', 0, ''),
        ('nothing', 0, ''),
    ],
)
def test_without_its_engine_the_server_says_so_and_ends(ending, status, said, tmp_path):
    (tmp_path / 'engine.py').write_text(ENGINE)
    done = subprocess.run(
        [sys.executable, tmp_path / 'engine.py', ending], capture_output=True, text=True, timeout=PATIENCE_S
    )
    assert done.returncode == status, done.stderr
    assert done.stderr.strip() == (f"lmdeploy: the engine's process {said}" if said else '')


# ---------------------------------------------------------------- turns for others


@pytest.mark.parametrize(('streams', 'turns'), [(0, 1), (1, 1), (2, 20), (8, 80), (16, 160), (500, 160)])
def test_each_stream_has_turns_after_a_forward_pass(streams, turns, monkeypatch):
    from lmdeploy_cpu.patches import repairs

    monkeypatch.setattr(repairs, 'on_cpu', lambda: True)
    slept, sleep = [], asyncio.sleep

    async def count(seconds):
        slept.append(seconds)
        await sleep(seconds)

    async def forward(self):
        return 'output'

    async def main():
        mailboxes = types.SimpleNamespace(stream_output=dict.fromkeys(range(streams)))
        processes._servers[asyncio.get_running_loop()] = mailboxes
        monkeypatch.setattr(repairs.asyncio, 'sleep', count)
        return await repairs.let_others_run(forward)(None)

    assert asyncio.run(main()) == 'output'
    assert slept == [0] * turns, 'nobody waits: one turn is enough where no stream is read'


# ---------------------------------------------------------------- an idle one


@pytest.fixture
def rpc(monkeypatch):
    """(port, switches): LMDeploy's RPC server in a thread, and how often that thread was woken so far."""
    from lmdeploy.pytorch.engine.mp_engine.zmq_rpc import AsyncRPCServer

    monkeypatch.setattr(processes, 'on_cpu', lambda: True)
    server, woken, ready = AsyncRPCServer(), [], threading.Event()

    async def slow(i):
        await asyncio.sleep(i % 7 / 1000)
        return i

    def count():
        woken.append(resource.getrusage(resource.RUSAGE_THREAD).ru_nvcsw)
        return len(woken)

    async def step():  # a forward pass: nobody looks for requests meanwhile
        await asyncio.sleep(0.01)
        time.sleep(0.1)

    server.register_method('slow', slow)
    server.register_method('step', step)
    server.register_method('count', count)

    async def main():
        task = asyncio.create_task(server.run())
        loop = asyncio.get_running_loop()
        rpc_end.append(lambda: loop.call_soon_threadsafe(task.cancel))
        ready.set()
        with contextlib.suppress(asyncio.CancelledError):
            await task

    rpc_end = []
    thread = threading.Thread(target=lambda: asyncio.run(main()))
    thread.start()
    ready.wait()
    with zmq.Context() as context, context.socket(zmq.DEALER) as socket:
        socket.linger = 0
        socket.connect(f'tcp://localhost:{server.port}')
        yield socket, woken
    rpc_end[0]()
    thread.join(PATIENCE_S)
    assert not thread.is_alive()


def ask(socket, number, method, *args):
    socket.send(pickle.dumps({'request_id': number, 'method': method, 'args': args}))


def answers(socket, count, timeout_s=PATIENCE_S):
    found = {}
    while len(found) < count:
        assert socket.poll(timeout_s * 1000), f'{count - len(found)} requests got no answer'
        reply = pickle.loads(socket.recv())
        assert reply['success'], reply
        found[reply['request_id']] = reply['result']
    return found


def test_it_sleeps_while_nobody_asks(rpc):
    socket, woken = rpc
    ask(socket, 0, 'count')
    answers(socket, 1)
    time.sleep(1.5)
    ask(socket, 1, 'count')
    answers(socket, 1)
    assert woken[1] - woken[0] < 20, 'it was 150: one every 10 ms'


def test_a_request_that_comes_just_before_an_answer_goes_out(rpc):
    """ZeroMQ tells of a change once, to whoever looks first: here the one who sends."""
    socket, _ = rpc
    ask(socket, 0, 'step')
    time.sleep(0.06)
    ask(socket, 1, 'count')
    assert sorted(answers(socket, 2, timeout_s=30)) == [0, 1]


def test_no_request_is_overlooked(rpc):
    socket, _ = rpc
    for first in range(0, 900, 30):
        for i in range(first, first + 30):
            ask(socket, i, 'slow', i)
            if i % 11 == 0:
                time.sleep(0.001)
        assert answers(socket, 30) == {i: i for i in range(first, first + 30)}
    for i in range(200):  # one after the other: each would wait for ever
        ask(socket, i, 'slow', i)
        assert answers(socket, 1) == {i: i}


@pytest.mark.parametrize('long', [False, True])
def test_a_folder_of_a_long_name_is_none_for_sockets(tmp_path, long):
    """The server and its engine speak through one: Linux has 107 bytes for its name."""
    folder = tmp_path / ('x' * 100 if long else 'x')
    folder.mkdir()
    code = 'import lmdeploy_cpu.__main__, tempfile; print(tempfile.gettempdir())'
    environ = os.environ | {'TMPDIR': str(folder)}
    done = subprocess.run([sys.executable, '-c', code], env=environ, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ('/tmp' if long or len(str(folder)) > 75 else str(folder))
