"""Several API servers behind LMDeploy's proxy, as one context manager; and a client that survives the loss of one.

with cluster(model_path('internlm2-chat-1_8b'), servers=2, cache_max_entry_count=0.4) as c:
    c.client.chat.completions.create(model=c.model_name, messages=[…])
"""

import contextlib
import os
import secrets
import sys
from pathlib import Path
from typing import ClassVar

import requests

from lessons.serving.port import listen
from lessons.serving.server import Server

STRATEGIES = ('random', 'min_expected_latency', 'min_observed_latency')


class NoAnswerError(RuntimeError):
    """No server gave a whole answer, however often it was asked for."""


def cluster(
    model: Path | str,
    *,
    servers: int = 2,
    routing_strategy: str = 'min_expected_latency',
    heartbeat_s: int = 90,
    gpus: list[str] | None = None,
    timeout_s: float = 900.0,
    **arguments,
) -> 'Cluster':
    """Start `servers` API servers on `model` and LMDeploy's proxy before them; wait until all are ready.

    All have the same fresh key and listen on this machine only.  They end with the `with` block, with `stop()`, and
    with this process, however that ends.

    Args:
        servers: how many.
        routing_strategy: of `lmdeploy serve proxy`: how it chooses a server for a request.
        heartbeat_s: how often the proxy asks its servers whether they live (LMDeploy's default).
        gpus: what each server sees of the machine's cards, as CUDA_VISIBLE_DEVICES has it: ['0', '1'], ['0,1', '2,3'].
            None: one card after the other, where there are any.
        timeout_s: how long loading may take.
        arguments: LMDeploy's options by name, as `api_server` takes them; the same for all servers.

    Raises those of `api_server`; then nothing is left running.
    """
    from lessons.serving.arguments import command_line

    check_strategy(routing_strategy)
    if gpus is not None and len(gpus) != servers:
        raise ValueError(f'gpus names the cards of {len(gpus)} servers, and there are {servers}')
    line = command_line(model, server_name='127.0.0.1', **arguments)
    started = Cluster(line, secrets.token_urlsafe(32), gpus or _cards(), timeout_s, heartbeat_s)
    try:
        started.proxy = started.start_proxy(routing_strategy)
        started._start(servers)
    except BaseException:  # a KeyboardInterrupt too
        started.stop()
        raise
    return started


class Cluster:
    """Running API servers behind a running proxy; `cluster` makes it."""

    def __init__(self, line: list[str], key: str, gpus: list[str], timeout_s: float, heartbeat_s: int = 90):
        self.servers: list[Server] = []
        self.proxy: Proxy | None = None
        self._line, self._key, self._gpus = line, key, gpus
        self._timeout_s, self._heartbeat_s = timeout_s, heartbeat_s

    def __enter__(self) -> 'Cluster':
        return self

    def __exit__(self, *_) -> None:
        self.stop()

    def __repr__(self) -> str:
        alive = sum(server.running for server in self.servers)
        return f'<proxy at {self.url}, {alive} of {len(self.servers)} servers running>'

    @property
    def url(self) -> str:
        return self.proxy.url

    @property
    def model_name(self) -> str:
        return self.servers[0].model_name

    @property
    def client(self):
        """A client of the `openai` SDK that talks to the proxy."""
        return self.proxy.client

    def get(self, path: str, **options) -> requests.Response:
        """GET `path` of the proxy, with the key."""
        return self.proxy.get(path, **options)

    def post(self, path: str, body: dict, **options) -> requests.Response:
        """POST `body` to `path` of the proxy, with the key."""
        return self.proxy.post(path, body, **options)

    def nodes(self) -> dict[str, dict]:
        """The servers that the proxy knows, by address: their models, unfinished requests, last latencies in s."""
        return self.get('/nodes/status').json()

    def add(self) -> Server:
        """Start one more server like the others, and tell the proxy."""
        (server,) = self._start(1)
        return server

    def remove(self, url: str) -> None:
        """Have the proxy send nothing more to the server at `url`; the server itself runs on."""
        self.post('/nodes/remove', {'url': url}).raise_for_status()

    def remove_dead(self, timeout_s: float = 10.0) -> list[str]:
        """Take out of the proxy whatever does not answer; which those were.

        Who is dead on a machine that lives refuses at once; `timeout_s` is for one that is busy, or not to be reached.
        """
        dead = [url for url in self.nodes() if not _answers(url, timeout_s)]
        for url in dead:
            self.remove(url)
        return dead

    def ask(self, messages: list[dict], *, tries: int = 3, timeout_s: float = 300.0, **options) -> dict:
        """A whole answer of any server: the JSON of a chat completion.

        When the answer is none, because a server died while or before it wrote it, the dead are taken out of the proxy
        and the request is sent again.  So the same request may be worked on twice; one that writes somewhere
        (a tool call that buys something) needs more than this.

        Raises:
            ValueError: a server refused the request; asking again would not help.
            NoAnswerError: `tries` times none came.
        """
        body = {'model': self.model_name, 'messages': messages, **options}
        for _ in range(tries):
            with contextlib.suppress(requests.RequestException):
                answer = self.post('/v1/chat/completions', body, timeout=timeout_s)
                content = answer.json()
                if is_whole(content):
                    return content
                if is_refusal(content) and self.nodes():  # without any, the proxy says that it knows no such model
                    raise ValueError(f'refused: {content.get("message", content)}')
            self.remove_dead()
        raise NoAnswerError(f'{tries} times no whole answer; the proxy knows {len(self.nodes())} servers')

    def stop(self) -> None:
        """End the proxy and all servers.  Twice is once."""
        for server in [*filter(None, [self.proxy]), *self.servers]:
            server.stop()

    def restart_proxy(self, routing_strategy: str = 'min_expected_latency') -> None:
        """Put a new proxy in the place of the old one, at its address, and tell it of the servers that run."""
        check_strategy(routing_strategy)
        self.proxy.stop()
        self.proxy = self.start_proxy(routing_strategy, self.proxy.port)
        self.proxy.wait_until_ready(self._timeout_s)
        for server in self.servers:
            if server.running:
                self.register(server)

    def start_proxy(self, routing_strategy: str, port: int | None = None) -> 'Proxy':
        """Start a proxy with the cluster's key, and no servers yet; at `port`, or at one that is free."""
        with listen('127.0.0.1', port, announce=False) as listening:
            port = listening.getsockname()[1]
            line = ['--server-name=127.0.0.1', f'--server-port={port}', f'--routing-strategy={routing_strategy}']
            environment = {
                'LMDEPLOY_CONTROLLER_HEART_BEAT_EXPIRATION': str(self._heartbeat_s),
                'CUDA_VISIBLE_DEVICES': '',
            }
            proxy = Proxy('127.0.0.1', port, [*line, '--log-level=ERROR'], listening, self._key, environment)
        return proxy

    def _start(self, count: int) -> list[Server]:
        """Start servers at once, wait for all, tell the proxy of each."""
        new = []
        for _ in range(count):
            with listen('127.0.0.1', None, announce=False) as listening:
                port = listening.getsockname()[1]
                line = [*self._line, f'--server-port={port}']
                new.append(Server('127.0.0.1', port, line, listening, self._key, self._environment()))
            self.servers.append(new[-1])
        self.proxy.wait_until_ready(self._timeout_s)
        for server in new:
            server.wait_until_ready(self._timeout_s)
            self.register(server)
        return new

    def register(self, server: Server) -> None:
        """Tell the proxy of a server."""
        node = {'url': server.url, 'status': {'models': [server.model_name]}}
        self.post('/nodes/add', node).raise_for_status()

    def _environment(self) -> dict[str, str]:
        return {'CUDA_VISIBLE_DEVICES': self._gpus[len(self.servers) % len(self._gpus)]} if self._gpus else {}


class Proxy(Server):
    """A running `lmdeploy serve proxy`."""

    launcher: ClassVar[list[str]] = [sys.executable, '-m', 'lessons.scaling.proxy_process']
    ready_path: ClassVar[str] = '/nodes/status'
    names_models: ClassVar[bool] = False


def check_strategy(routing_strategy: str) -> None:
    """Raise ValueError unless LMDeploy's proxy has it."""
    if routing_strategy not in STRATEGIES:
        raise ValueError(f'routing_strategy={routing_strategy!r}: LMDeploy has {", ".join(STRATEGIES)}')


def is_whole(answer: dict) -> bool:
    """Whether the JSON of a chat completion is an answer, brought to its end."""
    choices = answer.get('choices') if isinstance(answer, dict) else None
    return bool(choices) and all(choice.get('finish_reason') for choice in choices)


def is_refusal(answer: dict) -> bool:
    """Whether it is a server's own refusal (4xx), which the proxy hands on as a 200."""
    code = answer.get('code') if isinstance(answer, dict) else None
    return isinstance(code, int) and 400 <= code < 500


def _answers(url: str, timeout_s: float) -> bool:
    with contextlib.suppress(requests.RequestException), requests.Session() as session:
        session.trust_env = False
        return session.get(f'{url}/health', timeout=timeout_s).ok
    return False


def _cards() -> list[str]:
    import torch

    if not torch.cuda.is_available():
        return []
    if visible := os.environ.get('CUDA_VISIBLE_DEVICES'):
        return [card.strip() for card in visible.split(',') if card.strip()]
    return [str(i) for i in range(torch.cuda.device_count())]
