"""The process that `helpers.api_server` starts: LMDeploy's own server, and a watcher that it does not outlive.

    python -m helpers.serve SOCKET MODEL [options of `lmdeploy serve api_server`]

The first line of standard input is the key: a command line or an environment could be read by others.  The end of
standard input is the order to end.  It comes however the starter ends, since a process that is killed -9 loses its
side of the pipe too; then the watcher kills LMDeploy's processes, and waits until they have given back all they had.
SOCKET is the number of an inherited socket that listens already, so that nobody takes the port while the model loads.
"""

import contextlib
import ctypes
import functools
import os
import select
import shutil
import signal
import socket
import sys
import tempfile
import time

import psutil

from .server_keys import ApiKey, remove_key

_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36  # linux/prctl.h


def main(run=None) -> None:
    """Start what `run(key, socket, arguments)` serves, and watch it; None: `serve` below."""
    run = run or serve
    listening, arguments = socket.socket(fileno=int(sys.argv[1])), sys.argv[2:]
    port = listening.getsockname()[1]
    key = _read_key()
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)  # whoever loses its parent below becomes a child of the watcher
    watcher, temporary = os.getpid(), tempfile.mkdtemp(prefix='lmdeploy-server-')
    server = os.fork()  # before anything starts threads
    if server == 0:
        _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != watcher:
            os._exit(1)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        tempfile.tempdir = temporary
        listening.set_inheritable(False)
        run(key, listening, arguments)
        return
    listening.close()
    try:
        watch(server)
    finally:
        remove_key(port, watcher)
        end_children()
        shutil.rmtree(temporary, ignore_errors=True)


def serve(key: ApiKey, listening: socket.socket, arguments: list[str]) -> None:
    """Run `lmdeploy serve api_server` in this process, with the key, on the socket."""
    sys.argv = ['lmdeploy', 'serve', 'api_server', *arguments]
    if '--device=cpu' in arguments:
        from lmdeploy_cpu.__main__ import main as lmdeploy
    else:
        from lmdeploy.cli import run as lmdeploy
    import uvicorn
    from lmdeploy.cli.serve import SubCliServe

    from . import guard

    api_server, run = SubCliServe.api_server, uvicorn.Server.run

    @functools.wraps(api_server)
    def api_server_with_key(args):
        args.api_keys = [key]  # not in sys.argv: that is handed on to other processes, and may be logged
        return api_server(args)

    SubCliServe.api_server = staticmethod(api_server_with_key)
    uvicorn.Server.run = lambda self, sockets=None: run(self, [listening])
    guard.install()
    lmdeploy()


def watch(server: int) -> None:
    """Return when the process `server` has ended, or standard input has, or SIGTERM came."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    while True:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if pid == server:
            code = os.waitstatus_to_exitcode(status)
            how = f'was killed by signal {-code}' if code < 0 else f'ended with status {code}'
            print(f'helpers.serve: the server {how}', file=sys.stderr, flush=True)
            return
        if select.select([0], [], [], 0.1)[0] and not os.read(0, 4096):
            return


def end_children(timeout_s: float = 10.0) -> None:
    """Kill every process below this one, and wait for their end: then their memory and ports are free."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        for process in psutil.Process().children(recursive=True):
            with contextlib.suppress(psutil.Error):
                process.kill()
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:  # none is left
            return
        time.sleep(0.02)


def _read_key() -> ApiKey:
    """The first line of standard input, and not a byte more."""
    line = b''
    while not line.endswith(b'\n'):
        byte = os.read(0, 1)
        if not byte:
            sys.exit('helpers.serve: no key on standard input')
        line += byte
    return ApiKey(line.decode().strip())


def _prctl(option: int, value: int) -> None:
    if ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0):
        raise OSError(ctypes.get_errno(), f'prctl({option}, {value})')


if __name__ == '__main__':
    main()
