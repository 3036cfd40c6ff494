"""api_server and the engine's process that it spawns: neither outlives the other, and the engine waits without polling.

`ENGINE_GONE`, the server's end, is for every device: `python -m lmdeploy_cpu` applies it, `enable()` does not, since
whoever has other work in his process does not want it ended.
"""

import asyncio
import multiprocessing
import os
import signal
import sys
import threading
import time
import weakref
from multiprocessing.connection import wait

from . import CPU
from .patching import Patches, on_cpu

ENGINE_GONE = Patches('engine_gone', on_gpu=True)
ENGINE_PROCESS = 'mp_engine_proc'  # LMDeploy's name for it

_servers = weakref.WeakKeyDictionary()  # event loop -> the RPC server that runs in it; in an engine's process alone


def open_streams() -> int:
    """How many streams an API server reads from the engine in this event loop."""
    server = _servers.get(asyncio.get_running_loop())
    return 0 if server is None else len(server.stream_output)


def end_with_parent() -> None:
    """In the engine's process: kill it as soon as the process that spawned it is gone, however that ended."""
    parent = multiprocessing.parent_process()
    if parent is None or multiprocessing.current_process().name != ENGINE_PROCESS:
        return

    def follow():
        parent.join()  # asleep until the kernel closes the parent's side of a pipe
        os.kill(os.getpid(), signal.SIGKILL)

    threading.Thread(target=follow, name='ends with parent', daemon=True).start()


@ENGINE_GONE.patch(
    'lmdeploy.pytorch.engine.mp_engine.zmq_engine:ZMQMPEngine.__init__',
    "With the PyTorch engine's process gone every request got a 500, for ever: now the server says so, and ends.",
)
def end_with_the_engine(old):

    def __init__(self, *args, **kwargs):
        old(self, *args, **kwargs)  # it has loaded the model by now
        threading.Thread(target=end_after, args=[self], daemon=True).start()

    return __init__


def end_after(engine) -> None:
    """End this process, with a sentence in its log, when the process of a ZMQMPEngine has ended but by `close()`."""
    process = engine.proc
    wait([process.sentinel])
    time.sleep(0.5)
    if engine.proc is None:  # close() has forgotten it
        return
    code = process.exitcode or 0
    how = f'was killed by signal {-code}' if code < 0 else f'ended with status {code}'
    print(f"lmdeploy: the engine's process {how}; without it the server ends", file=sys.stderr, flush=True)
    os._exit(1)


@CPU.patch(
    'lmdeploy.pytorch.engine.mp_engine.zmq_rpc:AsyncRPCServer.run',
    'An idle engine looked for a request every 10 ms, 2 % of a core and more: now it sleeps until one comes.',
)
def sleep_until_a_request_comes(old):

    async def run(self):
        if not on_cpu():
            return await old(self)
        from lmdeploy.pytorch.engine.mp_engine.zmq_rpc import zmq

        self.running, self.news = True, asyncio.Event()
        self.register_method('_asyncrpcserver_get_stream_output', self.get_stream_output)
        self.register_method('_asyncrpcserver_drop_stream_output', self.drop_stream_output)
        loop = asyncio.get_running_loop()
        loop.add_reader(self.socket.fd, self.news.set)
        _servers[loop] = self
        try:
            while self.running:
                self.news.clear()
                # ZeroMQ's descriptor says "something changed" once; whether a message is there, EVENTS says
                while self.running and self.socket.getsockopt(zmq.EVENTS) & zmq.POLLIN:
                    await self.call_and_response()
                await self.news.wait()
        finally:
            loop.remove_reader(self.socket.fd)
            self.socket.close()
            self.context.term()
            self.running = False

    return run


@CPU.patch(
    'lmdeploy.pytorch.engine.mp_engine.zmq_rpc:AsyncRPCServer.send_multipart',
    'An answer that is sent may swallow the sign that a request came, for which the change above waits: look again.',
)
def look_again_after_an_answer(old):

    def send_multipart(self, client_id, data):
        old(self, client_id, data)
        if (news := getattr(self, 'news', None)) is not None:
            news.set()

    return send_multipart
