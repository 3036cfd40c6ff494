"""LMDeploy's own proxy before servers that are stand-ins: what it does when one dies, and what our client makes of it.
(With LMDeploy's servers: chapter 10, and test_two_networks.py.)"""

import os
import signal
import sys
import threading
import types
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest
import requests
import uvicorn
from cluster_support import LAUNCHER
from patience import PATIENCE_S, wait_until
from server_support import alive, free_port, is_free, tree

from lessons.scaling import proxy_process as serve_proxy
from lessons.scaling.clusters import NoAnswerError, cluster, is_whole
from lessons.scaling.patches import PROXY
from lessons.serving import arguments as server_arguments
from lessons.serving import port as server_port
from lessons.serving import running_servers
from lessons.serving import server as server_module

HELLO = [{'role': 'user', 'content': 'hello'}]
SLOW = [{'role': 'user', 'content': 'slow'}]


@pytest.fixture(scope='module')
def patched(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv('XDG_CACHE_HOME', str(tmp_path_factory.mktemp('cache')))
        patch.delenv('LMDEPLOY_API_KEY', raising=False)
        patch.setattr(server_module.Server, 'launcher', LAUNCHER)
        patch.setattr(server_arguments, 'command_line', lambda model, **_: [str(model)])
        patch.setattr(server_port, 'FIRST_PORT', free_port())
        yield patch


@pytest.fixture(scope='module')
def running(patched):
    """A cluster: the proxy is LMDeploy's; and when all is over, nothing is left of it."""
    with cluster('x', servers=2) as c:
        yield c
        processes = [p for server in [c.proxy, *c.servers] if server.running for p in tree(server.pid)]
        ports = [server.port for server in [c.proxy, *c.servers]]
    assert len(processes) >= 4
    assert not alive(processes)
    assert all(map(is_free, ports))


@pytest.fixture
def c(running, request):
    """The cluster with two fresh servers, and a new proxy (seconds) only where the old one shares out otherwise."""
    strategy = getattr(request, 'param', 'min_expected_latency')
    if not any(f'--routing-strategy={strategy}' in process.cmdline() for process in tree(running.proxy.pid)):
        running.restart_proxy(strategy)
    for server in running.servers:
        server.stop()
    for url in running.nodes():
        running.remove(url)
    running.servers.clear()
    running.add(), running.add()
    return running


def kill(server):
    """-9, and it is gone when this returns."""
    processes = tree(server.pid)
    os.kill(server.pid, signal.SIGKILL)
    assert not alive(processes, PATIENCE_S)


def counts(c):
    return [server.get('/count').json()['requests'] for server in c.servers if server.running]


def until(bad, ask):
    def look():
        answer = ask()
        return (answer,) if bad(answer) else None  # a bad requests.Response is false itself

    return wait_until(look, every_s=0)[0]


# ---------------------------------------------------------------------------------------- what LMDeploy's proxy does


def test_requests_are_shared_out(c):
    assert set(c.nodes()) == {server.url for server in c.servers}
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: c.ask(HELLO), range(40)))
    assert all(is_whole(answer) for answer in answers)
    assert sum(counts(c)) == 40
    assert min(counts(c)) >= 8


def test_of_the_dead_it_says_200(c):
    """What chapter 10 shows; when a newer LMDeploy does better, chapter and client may be simpler."""
    body = {'model': c.model_name, 'messages': HELLO}
    kill(c.servers[0])
    raw = until(lambda r: 'choices' not in r.json(), lambda: c.post('/v1/chat/completions', body))
    assert raw.status_code == 200
    assert raw.json()['error_code'] == 10402
    assert not is_whole(raw.json())
    sdk = until(lambda r: r.choices is None, lambda: c.client.chat.completions.create(**body))
    assert sdk.choices is None
    stream = until(lambda s: not s, lambda: list(c.client.chat.completions.create(**body, stream=True)))
    assert stream == []
    assert c.servers[0].url in c.nodes(), 'it stays on the list'


def test_the_dead_draw_requests(c):
    kill(c.servers[0])
    body = {'model': c.model_name, 'messages': SLOW}
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: c.post('/v1/chat/completions', body).json(), range(16)))
    assert sum(not is_whole(answer) for answer in answers) > 8, 'more than its half'


# ------------------------------------------------------------------------------------------------- what our client does


def test_nothing_is_lost(c):
    first, second = c.servers
    threading.Timer(0.5, os.kill, (first.pid, signal.SIGKILL)).start()
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda i: c.ask(SLOW if i % 3 else HELLO), range(30)))
    assert not first.running
    assert all(is_whole(answer) for answer in answers)
    assert list(c.nodes()) == [second.url]


def test_a_server_is_added_and_gets_its_share(c):
    kill(c.servers[0])
    assert c.remove_dead() == [c.servers[0].url]
    assert c.remove_dead() == []
    new = c.add()
    assert new.url in c.nodes()
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: c.ask(HELLO), range(20)))
    assert min(counts(c)) >= 4


def test_a_refusal_is_no_death(c):
    with pytest.raises(ValueError, match='refused: no such thing'):
        c.ask([{'role': 'user', 'content': 'refuse'}])
    assert len(c.nodes()) == 2
    assert sum(counts(c)) == 1, 'it is not asked again'


def test_when_all_are_dead_it_says_so(c):
    for server in c.servers:
        kill(server)
    with pytest.raises(NoAnswerError, match='2 times no whole answer; the proxy knows 0 servers'):
        c.ask(HELLO, tries=2)


def test_a_server_that_hangs_is_waited_for_no_longer_than_told(c):
    first, second = c.servers
    stopped = [p for p in tree(first.pid) if p.pid != first.pid]
    for process in stopped:
        process.suspend()
    try:
        with ThreadPoolExecutor(4) as pool:
            answers = list(pool.map(lambda _: c.ask(HELLO, timeout_s=5, tries=5), range(4)))
        assert all(is_whole(answer) for answer in answers)
        assert list(c.nodes()) == [second.url]
    finally:
        for process in stopped:
            process.resume()


def test_a_new_proxy_takes_the_old_ones_place(c):
    kill(c.servers[0])
    url, client, old = c.url, c.client, c.proxy.pid
    with pytest.raises(ValueError, match="routing_strategy='fair': LMDeploy has random"):
        c.restart_proxy('fair')
    assert c.proxy.pid == old, 'nothing was ended for nothing'
    c.restart_proxy('min_observed_latency')
    assert (c.url, c.proxy.running) == (url, True)
    assert c.proxy.pid != old
    assert list(c.nodes()) == [c.servers[1].url], 'those that run'
    assert client.chat.completions.create(model=c.model_name, messages=HELLO).choices, 'who knew the old one is served'


@pytest.mark.parametrize('c', ['min_observed_latency'], indirect=True)
def test_no_latency_seen_yet_means_no_requests(c):
    """What chapter 10 shows of LMDeploy's min_observed_latency: only the first on the list is ever asked."""
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: c.ask(HELLO), range(20)))
    assert counts(c) == [20, 0]


# ------------------------------------------------------------------------------------------------------- its endpoints


def test_every_endpoint_wants_the_key(c):
    for path in ('/nodes/status', '/v1/models', '/', '/openapi.json'):
        assert requests.get(c.url + path, timeout=PATIENCE_S).status_code == 401, path
    for path, body in (
        ('/nodes/add', {'url': 'http://127.0.0.1:1', 'status': {'models': ['stand-in']}}),
        ('/nodes/remove', {'url': c.servers[0].url}),
        ('/v1/chat/completions', {'model': c.model_name, 'messages': HELLO}),
    ):
        assert requests.post(c.url + path, json=body, timeout=PATIENCE_S).status_code == 401, path
    assert set(c.nodes()) == {server.url for server in c.servers}


def test_no_process_shows_the_key(c):
    lines = [' '.join(p.cmdline()) for server in [c.proxy, *c.servers] for p in tree(server.pid)]
    assert len(lines) >= 6
    assert not [line for line in lines if c.client.api_key in line]
    assert c.client.api_key not in c.proxy.log.read_text()


def test_no_list_is_kept_or_read(monkeypatch):
    """LMDeploy's proxy reads `proxy_config.json` when it is imported; we start it without what that said."""
    from lmdeploy.cli.serve import SubCliServe
    from lmdeploy.serve.proxy import proxy
    from lmdeploy.serve.utils.server_utils import AuthenticationMiddleware

    monkeypatch.setattr(proxy.node_manager, 'nodes', {'http://127.0.0.1:1': proxy.Status(models=['old'])})
    monkeypatch.setattr(proxy.node_manager, 'latencies', {'x': deque()})
    # all that is changed comes back
    monkeypatch.setattr(PROXY, 'applied', [])
    monkeypatch.setattr(SubCliServe, 'proxy', staticmethod(lambda args: None))
    monkeypatch.setattr(AuthenticationMiddleware, '__init__', AuthenticationMiddleware.__init__)
    monkeypatch.setattr('uvicorn.Server.run', uvicorn.Server.run)
    monkeypatch.setattr('lmdeploy.cli.run', lambda: None)
    monkeypatch.setattr(sys, 'argv', [])
    serve_proxy.serve('key', None, ['--server-port=1'])
    assert proxy.node_manager.nodes == {}
    assert AuthenticationMiddleware(None, ['key']).skip_prefixes == []
    args = types.SimpleNamespace()
    SubCliServe.proxy(args)
    assert args.api_keys == ['key']
    assert sys.argv == ['lmdeploy', 'serve', 'proxy', '--server-port=1', '--disable-cache-status']


def test_the_file_in_site_packages_does_not_name_our_servers(c):
    import lmdeploy

    kept = Path(lmdeploy.__file__).parent / 'serve' / 'proxy' / 'proxy_config.json'
    text = kept.read_text() if kept.exists() else ''
    assert not [server.url for server in c.servers if server.url in text]


# ----------------------------------------------------------------------------------------------- how it starts and ends


@pytest.mark.parametrize(
    ('arguments', 'said'),
    [
        ({'routing_strategy': 'fair'}, "routing_strategy='fair': LMDeploy has random, min_expected_latency"),
        ({'servers': 2, 'gpus': ['0']}, 'gpus names the cards of 1 servers, and there are 2'),
    ],
)
def test_wrong_arguments_are_refused(patched, arguments, said):
    before = running_servers()
    with pytest.raises(ValueError, match=said):
        cluster('x', **arguments)
    assert running_servers() == before


def test_if_a_server_does_not_start_nothing_is_left(running, patched):
    """`running`: so that the only others are that one's."""
    before = {p.pid for p in psutil.Process().children(recursive=True)}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv('STAND_IN', 'die')
        with pytest.raises(RuntimeError, match='the stand-in was told to'):
            cluster('x', servers=2)
    assert {p.pid for p in psutil.Process().children(recursive=True)} <= before
