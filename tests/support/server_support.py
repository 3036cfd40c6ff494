"""For the tests of `lessons.serving.server`: what is left of a server, and a stand-in for LMDeploy that starts at once.

Run as a program it is `lessons.serving.process`, all of it but LMDeploy: an HTTP server on the socket it
was given, with child
processes, one of them in a session of its own.  $STAND_IN makes it 'die', be 'killed' or be 'slow' while starting.
"""

import http.server
import json
import os
import random
import signal
import socket
import subprocess
import sys
import time

import psutil

LAUNCHER = [sys.executable, os.path.abspath(__file__)]


def tree(pid: int) -> list[psutil.Process]:
    """The process and all below it."""
    process = psutil.Process(pid)
    return [process, *process.children(recursive=True)]


def alive(processes: list[psutil.Process], timeout_s: float = 0.0) -> list[psutil.Process]:
    """Those that still run after `timeout_s`; a zombie does not."""

    def running():
        return [p for p in processes if p.is_running() and p.status() != psutil.STATUS_ZOMBIE]

    deadline = time.monotonic() + timeout_s
    while running() and time.monotonic() < deadline:
        time.sleep(0.02)
    return running()


def is_free(port: int) -> bool:
    """Whether a server could listen on the port."""
    with socket.socket() as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            s.bind(('127.0.0.1', port))
            s.listen()
        except OSError:
            return False
        return True


def free_port() -> int:
    """A port that nobody listens on, below those that outgoing connections take."""
    return next(port for port in iter(lambda: random.randrange(20_000, 30_000), None) if is_free(port))


class _Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == '/slowly':
            time.sleep(1000)
        body = json.dumps({'data': [{'id': 'stand-in'}], 'headers': dict(self.headers)}).encode()
        self.send_response(200)
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def stand_in(key, listening, arguments):
    subprocess.Popen(['sleep', '1000'])
    subprocess.Popen(['sleep', '1000'], start_new_session=True)
    mode = os.environ.get('STAND_IN')
    if mode == 'die':
        raise ValueError('the stand-in was told to')
    if mode == 'killed':
        os.kill(os.getpid(), signal.SIGKILL)
    if mode == 'slow':
        time.sleep(1000)
    server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), _Handler, bind_and_activate=False)
    server.socket = listening
    server.serve_forever()


if __name__ == '__main__':
    from lessons.serving import process as serve

    serve.serve = stand_in
    serve.main()
