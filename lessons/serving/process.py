"""The process that `lessons.serving.api_server` starts: LMDeploy's own server, and a watcher that it does not outlive.

    python -m lessons.serving.process SOCKET MODEL [options of `lmdeploy serve api_server`]

The first line of standard input is the key: a command line or an environment could be read by others.  The end of
standard input is the order to end.  It comes however the starter ends, since a process that is killed -9 loses its
side of the pipe too; then the watcher kills LMDeploy's processes, and waits until they have given back all they had.
SOCKET is the number of an inherited socket that listens already, so that nobody takes the port while the model loads.
"""

import contextlib
import ctypes
import os
import select
import shutil
import signal
import socket
import sys
import tempfile
import time

import psutil

from lmdeploy_cpu.sockets import has_room_for_sockets

from .keys import ApiKey, remove_key

GUARD_VARIABLE = 'COURSE_SERVER_GUARD'  # 'off': LMDeploy's server as it is, but for the key and the socket
_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36  # linux/prctl.h


def main(run=None) -> None:
    """Start what `run(key, socket, arguments)` serves, and watch it; None: `serve` below."""
    run = run or serve
    listening, arguments = socket.socket(fileno=int(sys.argv[1])), sys.argv[2:]
    port = listening.getsockname()[1]
    key = _read_key()
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)  # whoever loses its parent below becomes a child of the watcher
    watcher, temporary = os.getpid(), temporary_folder()
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


def temporary_folder() -> str:
    """A new folder for the server's temporary files: in $TMPDIR, or in /tmp where the names of sockets do not fit."""
    folder = tempfile.mkdtemp(prefix='lmdeploy-server-')
    if has_room_for_sockets(folder):
        return folder
    os.rmdir(folder)
    return tempfile.mkdtemp(prefix='lmdeploy-server-', dir='/tmp')


def serve(key: ApiKey, listening: socket.socket, arguments: list[str]) -> None:
    """Run `lmdeploy serve api_server` in this process, with the key, on the socket."""
    sys.argv = ['lmdeploy', 'serve', 'api_server', *arguments]
    if '--device=cpu' in arguments:
        from lmdeploy_cpu.__main__ import main as lmdeploy
    else:
        from lmdeploy.cli import run as lmdeploy
    from lmdeploy_cpu.patches.guided import GUIDED
    from lmdeploy_cpu.patches.patching import apply_tables
    from lmdeploy_cpu.patches.pictures import PICTURES
    from lmdeploy_cpu.patches.processes import ENGINE_GONE

    from .guard.limits import Limits
    from .guard.patches import GUARD
    from .patches import SERVER

    guarded = () if os.environ.get(GUARD_VARIABLE) == 'off' else (PICTURES, GUIDED, GUARD)
    apply_tables(*guarded, SERVER, ENGINE_GONE, key=key, listening=listening, limits=Limits(), contexts=[])
    lmdeploy()


def watch(server: int) -> None:
    """Return when the process `server` has ended, or standard input has, or SIGTERM came."""
    woken, wake = os.pipe()  # a byte for each signal: no polling, for a server may be idle all day
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    while True:
        while (ended := os.waitpid(-1, os.WNOHANG))[0]:
            if ended[0] == server:
                code = os.waitstatus_to_exitcode(ended[1])
                how = f'was killed by signal {-code}' if code < 0 else f'ended with status {code}'
                print(f'lessons.serving.process: the server {how}', file=sys.stderr, flush=True)
                return
        readable = select.select([0, woken], [], [])[0]
        if woken in readable:
            os.read(woken, 4096)
        if 0 in readable and not os.read(0, 4096):
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
            sys.exit('lessons.serving.process: no key on standard input')
        line += byte
    return ApiKey(line.decode().strip())


def _prctl(option: int, value: int) -> None:
    if ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0):
        raise OSError(ctypes.get_errno(), f'prctl({option}, {value})')


if __name__ == '__main__':
    main()
