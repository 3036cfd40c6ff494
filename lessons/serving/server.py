"""LMDeploy's API server as a context manager: started with a fresh key, on this machine only, and surely ended.

with api_server(model_path('internlm2-chat-1_8b'), cache_max_entry_count=0.4) as server:
    server.client.chat.completions.create(model=server.model_name, messages=[…])
"""

import contextlib
import json
import os
import secrets
import shlex
import signal
import socket
import subprocess
import sys
import time
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

import psutil
import requests

import lmdeploy_cpu
from helpers.files import require_room, tilde

from .keys import ENVIRONMENT, ApiKey, key_path, leave_key, remove_key
from .log import end_of_log, why_it_ended
from .port import listen
from .process import GUARD_VARIABLE
from .proxies import no_proxy, proxy_variables

_ANYWHERE = {'0.0.0.0': '127.0.0.1', '::': '::1'}  # every address of this machine → one of them
_live: weakref.WeakSet['Server'] = weakref.WeakSet()


def api_server(
    model: Path | str,
    *,
    server_name: str = '127.0.0.1',
    server_port: int | None = None,
    timeout_s: float = 900.0,
    guard: bool = True,
    **arguments,
) -> 'Server':
    """Start `lmdeploy serve api_server` on `model`, and wait until it is ready.

    The engine is this machine's (`engine_choice`), the key a fresh one.  The server ends with the `with` block, with
    `stop()`, when nothing names it any more, and with this process, however that ends.  Pictures come in the request:
    the server opens no file for a client, and fetches from no host but those of `allowed_media_domains=[…]`.

    Args:
        model: a checkpoint's folder, or the id of a repository that LMDeploy fetches.
        server_name: the address to listen on; any but this machine's own must be asked for.
        server_port: None: 23333, or the next one that is free.
        timeout_s: how long loading may take.
        guard: False: without `lessons.serving.guard` and the repairs of `lmdeploy_cpu`, to see what LMDeploy answers.
        arguments: LMDeploy's options by name, `--cache-max-entry-count 0.4` as `cache_max_entry_count=0.4`, those
            without a value as True.

    Raises:
        TypeError, ValueError, FileNotFoundError: an argument is wrong, or the engine would not start with it.
        OSError: the port is taken.
        RuntimeError: the server did not start; the message shows the end of its log.
    """
    from .arguments import command_line

    try:
        line = command_line(model, server_name=server_name, server_port=server_port, **arguments)
    except (ValueError, RuntimeError) as error:
        for server in running_servers():
            error.add_note(f'A server of this process still runs, and holds memory: {server.url}; stop() ends it.')
        raise
    listening = listen(server_name, server_port)
    port = listening.getsockname()[1]
    if not server_port:
        line = [word for word in line if not word.startswith('--server-port')] + [f'--server-port={port}']
    with listening:
        server = Server(server_name, port, line, listening, environment={GUARD_VARIABLE: 'on' if guard else 'off'})
    try:
        server.wait_until_ready(timeout_s)
    except BaseException:  # a KeyboardInterrupt too
        server.stop()
        raise
    return server


def running_servers() -> list['Server']:
    """The servers of this process that still run."""
    return [server for server in _live if server.running]


def live_keys() -> list[ApiKey]:
    """The keys of the servers and proxies of this process that still run: what must stand in no file."""
    return [server.key for server in running_servers()]


class Server:
    """A running `lmdeploy serve api_server`; `api_server` makes it.

    `line` is its command line: the words after `lmdeploy serve api_server`.  The `key` is in none of them.
    """

    launcher: ClassVar[list[str]] = [sys.executable, '-m', 'lessons.serving.process']
    ready_path: ClassVar[str] = '/health'  # answered as soon as the server is ready
    names_models: ClassVar[bool] = True

    def __init__(
        self,
        server_name: str,
        port: int,
        line: list[str],
        listening: socket.socket,
        key: str | None = None,
        environment: dict[str, str] | None = None,
    ):
        host = _ANYWHERE.get(server_name, server_name)
        self.port = port
        self.url = f'http://[{host}]:{port}' if ':' in host else f'http://{host}:{port}'
        self.base_url = f'{self.url}/v1'
        self.model_name = ''
        self.line = tuple(line)
        self.key = ApiKey(key or secrets.token_urlsafe(32))
        self.log = key_path(port).with_suffix('.log')
        require_room(self.log.parent, 0)
        self.log.parent.mkdir(mode=0o700, exist_ok=True)
        descriptor = listening.fileno()
        budget = {'LMDEPLOY_CPU_MEMORY_GB': str(lmdeploy_cpu.memory_budget() / 2**30)}
        encoding = {'PYTHONIOENCODING': 'utf-8:replace'}  # of the log
        environment = os.environ | no_proxy() | budget | encoding | (environment or {})
        environment.pop(ENVIRONMENT, None)
        self.log.unlink(missing_ok=True)
        with open(os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), 'wb') as log:
            self._process = subprocess.Popen(
                [*self.launcher, str(descriptor), *line],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                bufsize=0,
                env=environment,
                pass_fds=[descriptor],
                start_new_session=True,  # Ctrl-C is for the notebook alone
            )
        self._end = weakref.finalize(self, _end, self._process, port, os.getpid())
        _live.add(self)
        with contextlib.suppress(BrokenPipeError):  # it ended already; `wait_until_ready` says why
            self._process.stdin.write(f'{self.key}\n'.encode())

    def __enter__(self) -> 'Server':
        return self

    def __exit__(self, *_) -> None:
        self.stop()

    def __repr__(self) -> str:
        state = 'running' if self.running else f'ended by itself, see {tilde(self.log)}' if self._end.alive else 'ended'
        return f'<{self.model_name or "server"} at {self.url}, {state}>'

    @property
    def pid(self) -> int:
        """The process above all of the server's."""
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._end.alive and not _has_ended(self._process)

    @property
    def client(self):
        """A client of the `openai` SDK, with the key; of a server that has ended it says so, and where its log is."""
        import openai

        explained = self._explained

        class Client(openai.DefaultHttpxClient):
            def send(self, request, **options):
                def error(text):
                    return openai.APIConnectionError(message=text, request=request)

                with explained(Exception, error):  # the SDK may bring an httpx of its own
                    return super().send(request, **options)

        # Without the proxy that the environment may name: it could not reach this machine.
        return openai.OpenAI(base_url=self.base_url, api_key=self.key, http_client=Client(trust_env=False))

    def get(self, path: str, **options) -> requests.Response:
        """GET `path` with the key; `options` as `requests` takes them."""
        return self._request('GET', path, **options)

    def post(self, path: str, body: dict, **options) -> requests.Response:
        """POST `body` as JSON to `path` with the key; `options` as `requests` takes them."""
        return self._request('POST', path, json=body, **options)

    def _request(self, method: str, path: str, **options) -> requests.Response:
        with requests.Session() as session:
            session.trust_env = False
            headers = {'Authorization': f'Bearer {self.key}'} | options.pop('headers', {})
            with self._explained(requests.ConnectionError, requests.ConnectionError):
                return session.request(method, self.url + path, headers=headers, **{'timeout': 300} | options)

    @contextlib.contextmanager
    def _explained(self, expected: type[Exception], explained: Callable[[str], Exception]):
        """Where an `expected` error comes of the server's end: `explained` in its place, with why, and the log."""
        try:
            yield
        except expected as error:
            patience_s = 0 if 'Timeout' in type(error).__name__ else 2
            deadline = time.monotonic() + patience_s  # the connection ends before the process does
            while self.running and time.monotonic() < deadline:
                time.sleep(0.05)
            if self.running:
                raise
            how = f'ended by itself: {why_it_ended(self.log)}' if self._end.alive else 'was ended with stop()'
            raise explained(f'{self.url} does not answer: the server {how}') from error

    def curl(self, path: str, body: dict | None = None) -> str:
        """The line for a terminal that asks for `path`; the key is in $LMDEPLOY_API_KEY there (`environment()`).

        While curl runs, `ps` shows the key to other users of the machine.
        """
        curl = "curl -s --noproxy '*'" if proxy_variables() else 'curl -s'  # the terminal may have the same proxy
        words = [f'{curl} {shlex.quote(self.url + path)}', f'-H "Authorization: Bearer ${ENVIRONMENT}"']
        if body is not None:
            words += ["-H 'Content-Type: application/json'", f'-d {shlex.quote(json.dumps(body, ensure_ascii=False))}']
        return ' '.join(words)

    def environment(self) -> dict[str, str]:
        """The environment for a program that uses this server: the key, and no proxy on the way here."""
        return {**os.environ, **no_proxy(), ENVIRONMENT: self.key}

    def stop(self) -> None:
        """End the server and wait until its processes, its port and its memory are free.  Twice is once."""
        self._end()

    def wait_until_ready(self, timeout_s: float) -> None:
        """Return when the server answers; RuntimeError if it ended, or is not ready in time."""
        from tqdm import tqdm

        deadline = time.monotonic() + timeout_s
        shown = {'bar_format': '{desc}: {elapsed}', 'delay': 1.0, 'mininterval': 1.0, 'leave': False}
        with tqdm(desc='starting the server', **shown) as bar:
            while True:
                if _has_ended(self._process):
                    raise RuntimeError(f'the server ended while starting: {why_it_ended(self.log)}')
                if time.monotonic() > deadline:
                    raise RuntimeError(f'the server is not ready after {timeout_s:g} s\n{end_of_log(self.log)}')
                with contextlib.suppress(requests.RequestException):
                    if self._request('GET', self.ready_path, timeout=2).ok:  # waits: the socket listens already
                        break
                time.sleep(0.1)
                bar.update()
        if self.names_models:
            self.model_name = self.get('/v1/models').json()['data'][0]['id']
        leave_key(self.port, self.key, self.pid)


def _end(process: subprocess.Popen, port: int, owner: int) -> None:
    """Close the life line, wait until the watcher in `process` has ended all others, and make sure."""
    if os.getpid() != owner:  # a fork of the notebook's process ends here, not its server
        return
    process.stdin.close()
    deadline = time.monotonic() + 15
    while not _has_ended(process) and time.monotonic() < deadline:
        time.sleep(0.02)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    remove_key(port, process.pid)


def _has_ended(process: subprocess.Popen) -> bool:
    """Whether it has, without reaping it: so its number stays its own, and `os.killpg` meets no other's processes."""
    if process.returncode is not None:
        return True
    try:
        return os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
    except ChildProcessError:  # in a fork of the notebook's process
        return not psutil.pid_exists(process.pid)


def _let_go_in_a_fork() -> None:
    """A child that never calls exec (multiprocessing's) would hold the life line after the notebook is gone."""
    for server in _live:
        server._process.stdin.close()


os.register_at_fork(after_in_child=_let_go_in_a_fork)
