"""Two network namespaces stand for two machines: a server of LMDeploy in each, the proxy with the first; the link
between them is cut and healed."""

import contextlib
import ctypes
import os
import secrets
import shutil
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import ClassVar

import pytest
import requests

from helpers.models import EMBEDDED
from lessons.scaling.clusters import Cluster, Proxy, is_whole
from lessons.serving.arguments import command_line
from lessons.serving.server import Server

pytestmark = pytest.mark.deep
CLONE_NEWNET = 0x40000000
ADDRESSES = ('10.77.8.1', '10.77.8.2')
HELLO = [{'role': 'user', 'content': 'hello'}]


def ip(*words) -> None:
    done = subprocess.run(['ip', *words], capture_output=True, text=True)
    if done.returncode:
        raise OSError(f'ip {" ".join(words)}: {done.stderr.strip()}')


@pytest.fixture(scope='module')
def networks():
    """Names of two namespaces that are linked with each other and with nothing else."""
    if not shutil.which('ip'):
        pytest.skip('no `ip` (iproute2) on this machine: two networks cannot be made')
    number = os.getpid() % 10_000
    names = [f'course-{number}-{i}' for i in (1, 2)]
    ends = [f'cv{number}-{i}' for i in (1, 2)]
    with contextlib.ExitStack() as stack:
        try:
            for name in names:
                ip('netns', 'add', name)
                stack.callback(ip, 'netns', 'del', name)
            ip('link', 'add', ends[0], 'netns', names[0], 'type', 'veth', 'peer', 'name', ends[1], 'netns', names[1])
            for name, end, address in zip(names, ends, ADDRESSES, strict=True):
                ip('-n', name, 'addr', 'add', f'{address}/24', 'dev', end)
                ip('-n', name, 'link', 'set', end, 'up')
                ip('-n', name, 'link', 'set', 'lo', 'up')
        except OSError as error:
            pytest.skip(f'this user may not make network namespaces ({error})')
        yield names


def inside(name: str, work):
    """What `work()` returns in a thread that lives in the network `name`; its sockets stay there."""
    result = []

    def enter_and_work():
        with open(f'/run/netns/{name}') as network:
            if ctypes.CDLL(None, use_errno=True).setns(network.fileno(), CLONE_NEWNET):
                raise OSError(ctypes.get_errno(), f'setns {name}')
        try:
            result.append(work())
        except Exception as error:
            result.append(error)

    thread = threading.Thread(target=enter_and_work)
    thread.start()
    thread.join()
    if isinstance(result[0], Exception):
        raise result[0]
    return result[0]


def listen(name: str, address: str) -> socket.socket:
    return inside(name, lambda: socket.create_server((address, 0)))


@pytest.fixture(scope='module')
def machines(networks, tmp_path_factory):
    """A cluster whose servers and proxy live in the two networks, and who asks from within the first."""
    near, far = networks
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv('XDG_CACHE_HOME', str(tmp_path_factory.mktemp('cache')))
        patch.setenv('OMP_NUM_THREADS', '1')
        patch.setenv('LMDEPLOY_CPU_MEMORY_GB', '1')
        patch.delenv('LMDEPLOY_API_KEY', raising=False)
        arguments = {'session_len': 512, 'max_batch_size': 8, 'cache_max_entry_count': 0.1, 'model_name': 'tiny-chat'}
        cluster = Cluster([], secrets.token_urlsafe(32), [], 300)
        try:
            for kind, name, address in (
                (Proxy, near, ADDRESSES[0]),
                (Server, near, ADDRESSES[0]),
                (Server, far, ADDRESSES[1]),
            ):

                class There(kind):
                    module = 'lessons.scaling.proxy_process' if kind is Proxy else 'lessons.serving.process'
                    launcher: ClassVar[list[str]] = ['ip', 'netns', 'exec', name, sys.executable, '-m', module]

                with listen(name, address) as listening:
                    port = listening.getsockname()[1]
                    if kind is Proxy:
                        line = [f'--server-name={address}', f'--server-port={port}', '--log-level=ERROR']
                    else:
                        line = [*command_line(EMBEDDED / 'tiny-chat', **arguments), f'--server-port={port}']
                    started = There(address, port, line, listening, cluster._key)
                if kind is Proxy:
                    cluster.proxy = started
                else:
                    cluster.servers.append(started)

            def ready():
                cluster.proxy.wait_until_ready(300)
                for server in cluster.servers:
                    server.wait_until_ready(300)
                    cluster.register(server)

            inside(near, ready)
            yield Machines(cluster, near, far)
        finally:
            cluster.stop()


class Machines:
    """The cluster, seen from the first machine, and the link."""

    def __init__(self, cluster: Cluster, near: str, far: str):
        self.cluster, self._near, self._far = cluster, near, far

    def ask(self, count: int, **options) -> list[dict]:
        def ask(_):
            return inside(self._near, lambda: self.cluster.ask(HELLO, max_tokens=4, temperature=0, **options))

        with ThreadPoolExecutor(4) as pool:
            return list(pool.map(ask, range(count)))

    def nodes(self) -> set[str]:
        return set(inside(self._near, self.cluster.nodes))

    def register(self, which: int):
        inside(self._near, lambda: self.cluster.register(self.cluster.servers[which]))

    def cut(self):
        """The second machine's packets vanish on their way, and nobody says so."""
        ip('-n', self._far, 'route', 'add', 'blackhole', f'{ADDRESSES[0]}/32')

    def heal(self):
        ip('-n', self._far, 'route', 'del', 'blackhole', f'{ADDRESSES[0]}/32')

    def waits_in_vain(self, timeout_s: float) -> bool:
        """Whether one of eight requests to the proxy gets no answer at all, not even that there is none."""

        def post(_) -> bool:
            body = {'model': 'tiny-chat', 'messages': HELLO, 'max_tokens': 1}
            try:
                inside(self._near, lambda: self.cluster.post('/v1/chat/completions', body, timeout=timeout_s))
            except requests.Timeout:
                return True
            return False

        with ThreadPoolExecutor(8) as pool:
            return any(pool.map(post, range(8)))


def test_the_link_is_cut_and_healed(machines):
    near, far = (server.url for server in machines.cluster.servers)
    assert near.startswith(f'http://{ADDRESSES[0]}')
    assert far.startswith(f'http://{ADDRESSES[1]}')
    assert machines.nodes() == {near, far}
    answers = machines.ask(8)
    assert all(map(is_whole, answers))

    machines.cut()
    begin = time.monotonic()
    answers = machines.ask(8, timeout_s=15, tries=4)
    assert all(map(is_whole, answers)), 'nothing is lost'
    assert time.monotonic() - begin > 15, 'nobody asked the far one'
    assert machines.nodes() == {near}

    machines.register(1)  # what a proxy does that knows no better
    assert machines.waits_in_vain(15)
    assert machines.nodes() == {near, far}, 'it has not noticed'

    machines.heal()
    machines.register(1)
    assert machines.nodes() == {near, far}
    assert all(map(is_whole, machines.ask(8)))
