"""Proxies in the environment: none between this machine and itself, and none that keeps a program from starting."""

import asyncio
import http.server
import importlib.util
import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import requests
from server_support import free_port

from lessons.serving import proxies
from lessons.serving.clients import api
from lessons.serving.keys import ApiKey, is_this_machine
from lessons.serving.metrics import read_metrics
from lessons.serving.server import Server

ROOT = Path(__file__).resolve().parent.parent.parent.parent
NAMES = ['ALL_PROXY', 'all_proxy', 'HTTP_PROXY', 'http_proxy', 'HTTPS_PROXY', 'https_proxy', 'Http_Proxy']
NOWHERE = '127.0.0.1:9'  # where nobody listens
PROXIES = [
    f'socks5://{NOWHERE}',
    f'socks5h://{NOWHERE}',
    f'socks4://{NOWHERE}',
    f'socks://{NOWHERE}/',
    f'http://{NOWHERE}',
    f'https://{NOWHERE}',
    f'http://user:p%40ss@{NOWHERE}',
    NOWHERE,
    '',
    '::',
    'http://[',
    'http://host:port',
    'nonsense://',
]


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch):
    for name in [*NAMES, 'NO_PROXY', 'no_proxy']:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope='module')
def address():
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header('Content-Type', 'application/json')
            self.end_headers()
            models = {'object': 'list', 'data': [{'id': 'm', 'object': 'model'}]}
            self.wfile.write(json.dumps(models).encode() if self.path.startswith('/v1') else b'')

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f'http://127.0.0.1:{server.server_port}'
        server.shutdown()


def client_of(address: str) -> Server:
    """A server's clients, without a server of ours behind the address."""
    server = Server.__new__(Server)
    server.url, server.base_url, server.key = address, f'{address}/v1', ApiKey('key')
    return server


@pytest.mark.parametrize('proxy', PROXIES)
def test_local_clients_ask_no_proxy(monkeypatch, address, proxy):
    for name in NAMES:
        monkeypatch.setenv(name, proxy)
    server = client_of(address)
    assert [model.id for model in server.client.models.list()] == ['m']
    assert server.get('/v1/models').ok
    assert asyncio.run(api.ChatServer(address, 'key').models()) == ['m']
    with pytest.raises(RuntimeError, match='is not among the metrics'):  # it came, and is none
        read_metrics(server.client)


@pytest.mark.parametrize('name', ['http_proxy', 'HTTP_PROXY', 'all_proxy', 'ALL_PROXY'])
def test_the_curl_line_passes_them_by(monkeypatch, address, name):
    """In a terminal that has the proxy, and nothing of `server.environment()` but the key."""
    environ = {'PATH': os.environ['PATH'], 'LMDEPLOY_API_KEY': 'key'}
    assert '--noproxy' not in client_of(address).curl('/v1/models')
    monkeypatch.setenv(name, f'http://{NOWHERE}')
    line = client_of(address).curl('/v1/models')
    done = subprocess.run(line, shell=True, env=environ | {name: f'http://{NOWHERE}'}, capture_output=True)
    assert json.loads(done.stdout)['data'][0]['id'] == 'm'


@pytest.mark.parametrize('proxy', PROXIES)
def test_a_client_of_another_machine_starts(monkeypatch, capsys, proxy):
    for name in NAMES:
        monkeypatch.setenv(name, proxy)
    api.ChatServer('http://192.0.2.1:23333', 'key')
    kept, left_out = proxies.usable()
    if left_out:
        assert 'cannot be used' in capsys.readouterr().err
        assert all(name in NAMES for name in left_out)
    assert proxies.usable(kept) == (kept, [])


def test_what_is_usable():
    environ = {
        'http_proxy': 'proxy.example:3128',
        'HTTPS_PROXY': 'https://user:secret@proxy.example',
        'ALL_PROXY': 'socks5://proxy.example:1080',
        'all_proxy': 'socks://proxy.example/',
        'NO_PROXY': '::',
        'ftp_proxy': 'nonsense://',
        'no_proxy': 'a',
        'HOME': '/h',
    }
    kept, left_out = proxies.usable(environ)
    socks = importlib.util.find_spec('socksio') is not None
    assert kept['http_proxy'] == 'http://proxy.example:3128'
    assert kept['HTTPS_PROXY'] == environ['HTTPS_PROXY']
    assert (kept['NO_PROXY'], kept['no_proxy'], kept['HOME']) == ('::', 'a', '/h')
    assert left_out == [*([] if socks else ['ALL_PROXY']), 'all_proxy', 'ftp_proxy']


@pytest.mark.parametrize(
    ('given', 'text'),
    [
        ({}, '127.0.0.1,localhost,::1'),
        ({'no_proxy': 'a.example, b'}, 'a.example,b,127.0.0.1,localhost,::1'),
        ({'NO_PROXY': 'localhost'}, 'localhost,127.0.0.1,::1'),
        ({'NO_PROXY': 'a', 'no_proxy': 'b,'}, 'b,a,127.0.0.1,localhost,::1'),
        ({'NO_PROXY': '*'}, '*'),
        ({'no_proxy': 'a,*'}, '*'),
    ],
)
def test_what_no_proxy_is_for(given, text):
    assert proxies.no_proxy(given) == {'no_proxy': text, 'NO_PROXY': text}
    away = [url for url in ('http://127.0.0.1:1', 'http://localhost:1') if not bypassed(url, text)]
    assert away == []


def bypassed(url: str, text: str) -> bool:
    return text == '*' or requests.utils.should_bypass_proxies(url, text)


def test_hidden_for_a_while():
    environ = {'ALL_PROXY': 'a', 'https_proxy': 'b', 'no_proxy': 'c', 'HOME': '/h'}
    before = dict(environ)
    with proxies.without_proxies(environ):
        assert environ == {'no_proxy': 'c', 'HOME': '/h'}
    assert environ == before


@pytest.mark.parametrize(
    ('host', 'here'),
    [
        ('127.0.0.1', True),
        ('127.0.0.2', True),
        ('127.1', True),
        ('0.0.0.0', True),
        ('::1', True),
        ('::ffff:127.0.0.1', True),
        ('localhost', True),
        ('localhost.', True),
        ('192.0.2.1', False),
        ('localhost.example', False),
        ('example.org', False),
        ('', False),
    ],
)
def test_this_machine(host, here):
    assert is_this_machine(host) is here


@pytest.mark.parametrize('proxy', ['socks5://127.0.0.1:7897', '::'])
def test_the_page_starts(proxy):
    environ = os.environ | dict.fromkeys(NAMES, proxy) | {'PYTHONPATH': str(ROOT)}
    command = [sys.executable, '-m', 'lessons.serving.clients.page', 'http://127.0.0.1:9', '--port', str(free_port())]
    with subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as page:
        lines = []
        for line in page.stdout:
            lines.append(line)
            if line.startswith('Open http'):
                break
        page.kill()
    assert lines[-1].startswith('Open http'), ''.join(lines)
