"""What a machine reaches, asked of servers on this machine: fast, slow, refusing, with bad TLS, behind a proxy."""

import base64
import dataclasses
import http.server
import shutil
import socket
import ssl
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from server_support import free_port

from lessons import network
from lessons.network import Place, Reach, advice, places, print_network, reachable

ROOT = Path(__file__).resolve().parent.parent.parent
SECRET = 'pa55w0rd'
NEEDED = f'Basic {base64.b64encode(f"user:{SECRET}".encode()).decode()}'
LIMIT_S = 1.0
NO_PROXIES = {}


class Handler(http.server.BaseHTTPRequestHandler):
    """The path says what to answer; `seen` keeps what was asked, and through which proxy's eyes."""

    def do_GET(self):
        self.server.seen.append(self.path)
        if self.server.is_proxy and self.headers.get('Proxy-Authorization') != NEEDED:
            return self._answer(407)
        word = self.path.split('/')[-1]
        if word == 'slow':
            self.server.enough.wait(10)
        elif word == 'drip':
            self._head(200, 10**6)
            while not self.server.enough.wait(0.1):
                self.wfile.write(b' ')
        elif word == 'private':
            self._answer(200 if self.headers.get('Authorization') == NEEDED else 401)
        elif word == 'moved':
            self._answer(302, Location='/fine')
        elif word == 'round':
            self._answer(302, Location='/round')
        elif word == 'login':
            self._answer(200, b'<html>please log in')
        elif word == 'cut':
            self.close_connection = True
        else:
            self._answer(int(word) if word.isdigit() else 200)

    def do_CONNECT(self):
        self._answer(403 if self.headers.get('Proxy-Authorization') == NEEDED else 407)

    def _head(self, status, length, **headers):
        self.send_response(status)
        for name, value in {'Content-Length': str(length), **headers}.items():
            self.send_header(name, value)
        self.end_headers()

    def _answer(self, status, body=b'{}', **headers):
        self._head(status, len(body), **headers)
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Quiet(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        """Clients go away."""


def _serve(is_proxy=False, tls=None):
    server = Quiet(('127.0.0.1', 0), Handler)
    server.seen, server.enough, server.is_proxy = [], threading.Event(), is_proxy
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    server.at = f'127.0.0.1:{server.server_port}'
    threading.Thread(target=server.serve_forever, kwargs={'poll_interval': 0.02}, daemon=True).start()
    return server


def _end(server):
    server.enough.set()
    server.shutdown()
    server.server_close()


@pytest.fixture
def server():
    made = _serve()
    yield made
    _end(made)


@pytest.fixture
def proxy():
    made = _serve(is_proxy=True)
    yield made
    _end(made)


def ask(*urls, environ=NO_PROXIES, **settings):
    return reachable([Place('place', url, b'{', **settings) for url in urls], LIMIT_S, environ)


def test_what_answers_is_reached(server):
    fine, moved, private = ask(
        f'http://{server.at}/fine', f'http://{server.at}/moved', f'http://user:{SECRET}@{server.at}/private'
    )
    for reach in (fine, moved, private):
        assert reach.why == ''
        assert reach.answer_s > 0
        assert reach.host == server.at
    assert server.seen.count('/fine') == 2


@pytest.mark.parametrize(
    ('word', 'why'),
    [
        ('403', 'refused (403)'),
        ('401', 'it asks for a user and a password (401)'),
        ('private', 'it asks for a user and a password (401)'),
        ('404', 'it answers with an error (404)'),
        ('502', 'it answers with an error (502)'),
        ('round', 'it redirects without end'),
        ('login', 'something else answers'),
        ('cut', 'the connection breaks off'),
        ('slow', 'connected, and no answer in 1 s'),
        ('drip', 'neither a whole answer nor an error in 1 s'),
    ],
)
def test_what_does_not_answer_says_why(server, word, why):
    [reach] = ask(f'http://{server.at}/{word}')
    assert reach.answer_s is None
    assert reach.why.startswith(why)


def test_a_port_where_nobody_listens_and_addresses_that_are_none():
    refused, no_scheme, folder, broken = ask(
        f'http://127.0.0.1:{free_port()}/', 'mirror.example/x', 'file:///wheels', 'http://[::1/'
    )
    assert refused.why == 'the connection is refused'
    for reach in (no_scheme, folder, broken):
        assert reach.why == 'its address is none that begins with http:// or https://'


def test_a_name_that_is_not_found(monkeypatch):
    def unknown(*_, **__):
        raise socket.gaierror(socket.EAI_NONAME, 'Name or service not known')

    monkeypatch.setattr(socket, 'getaddrinfo', unknown)
    assert ask('https://hub.example/x')[0].why == 'its name is not found (DNS)'
    proxied = {'https_proxy': 'http://proxy.example:1'}
    assert ask('https://hub.example/x', environ=proxied)[0].why == 'the name of the proxy is not found (DNS)'


def test_a_lookup_that_hangs_keeps_nobody_waiting(monkeypatch, server):
    ended, waited = threading.Event(), threading.Event()
    looked_up = socket.getaddrinfo

    def hang(host, *rest, **named):
        if host == 'hub.example':
            ended.wait(60)
            waited.set()
        return looked_up(host, *rest, **named)

    monkeypatch.setattr(socket, 'getaddrinfo', hang)
    hung, fine = ask('http://hub.example/x', f'http://{server.at}/fine')
    assert not waited.is_set()
    ended.set()
    assert 'in 1 s' in hung.why
    assert fine.answer_s is not None


def test_places_are_asked_side_by_side(monkeypatch):
    """Each answers only when both have been asked."""
    both = threading.Barrier(2)

    def wait(*_):
        both.wait(10)
        return 0.1

    monkeypatch.setattr(network, '_ask', wait)
    reaches = reachable([Place(n, 'http://127.0.0.1:9/', b'{') for n in 'ab'], 30, NO_PROXIES)
    assert [reach.answer_s for reach in reaches] == [0.1, 0.1]


def test_tls_that_is_none(server):
    assert ask(f'https://{server.at}/fine')[0].why == 'the TLS handshake fails'


@pytest.mark.skipif(not shutil.which('openssl'), reason='makes its certificate with openssl')
def test_a_certificate_that_nobody_trusts_and_one_that_pip_is_told_of(tmp_path):
    key, certificate = tmp_path / 'key.pem', tmp_path / 'certificate.pem'
    command = 'openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=here -addext subjectAltName=IP:127.0.0.1'
    subprocess.run([*command.split(), '-keyout', key, '-out', certificate], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server = _serve(tls=context)
    try:
        why = ask(f'https://{server.at}/fine')[0].why
        assert why.startswith('its certificate is not trusted (TLS): self')
        assert ask(f'https://{server.at}/fine', certificates=str(certificate))[0].answer_s is not None
        assert ask(f'https://{server.at}/fine', certificates='/no/such')[0].why.endswith('cannot be used')
    finally:
        _end(server)


def test_through_a_proxy(proxy):
    with_password = {'http_proxy': f'http://user:{SECRET}@{proxy.at}', 'https_proxy': f'user:{SECRET}@{proxy.at}'}
    [reach] = ask('http://hub.example/fine', environ=with_password)
    assert reach.answer_s is not None
    assert reach.proxied
    assert proxy.seen == ['http://hub.example/fine']
    assert ask('https://hub.example/fine', environ=with_password)[0].why == 'the proxy refuses (403)'
    without = {'HTTP_PROXY': f'http://{proxy.at}', 'ALL_PROXY': f'http://{proxy.at}'}
    for url in ('http://hub.example/fine', 'https://hub.example/fine'):
        assert ask(url, environ=without)[0].why == 'the proxy asks for a user and a password (407)'
    gone = {'http_proxy': f'http://127.0.0.1:{free_port()}'}
    assert ask('http://hub.example/fine', environ=gone)[0].why == 'the proxy refuses the connection'


def test_no_proxy_for_what_no_proxy_names_and_none_that_cannot_be_used(server, proxy):
    for left in ({'no_proxy': '127.0.0.1', 'http_proxy': f'http://{proxy.at}'}, {'all_proxy': 'nonsense://x'}):
        [reach] = ask(f'http://{server.at}/fine', environ=left)
        assert reach.answer_s is not None
        assert not reach.proxied
    assert proxy.seen == []
    own = ask('http://index.example/fine', proxy=f'http://user:{SECRET}@{proxy.at}')
    assert own[0].answer_s is not None


@pytest.fixture
def environ(tmp_path, monkeypatch):
    """The variables of a user whose pip is told nothing."""
    base = {'PATH': '/usr/bin:/bin', 'HOME': str(tmp_path), 'PIP_CONFIG_FILE': str(tmp_path / 'pip.conf')}
    (tmp_path / 'pip.conf').write_text('')
    monkeypatch.setattr(network, 'PYPI', 'http://default.example/simple')
    return base


def test_the_index_is_pips_own(environ, tmp_path):
    conf = tmp_path / 'pip.conf'

    def index(**more):
        return places({**environ, **more})[0]

    if '[global]' not in conf.read_text():
        conf.write_text(
            f'[global]\nindex-url = http://user:{SECRET}@file.example/simple/\nproxy = http://p.example:1\n'
        )
    place = index()
    assert place.url == f'http://user:{SECRET}@file.example/simple/pip/'
    assert place.proxy == 'http://p.example:1'
    assert SECRET not in repr(place)
    assert index(PIP_INDEX_URL='http://variable.example/s').url == 'http://variable.example/s/pip/'
    conf.write_text(conf.read_text() + '[install]\nindex-url = http://install.example/simple\n')
    assert index().url == 'http://install.example/simple/pip/'
    conf.write_text('[global\nno configuration')
    assert index(PIP_INDEX_URL='http://variable.example/s').url == 'http://variable.example/s/pip/'
    assert index().url == 'http://default.example/simple/pip/'


def test_the_hub_is_the_endpoint_and_the_file_is_the_models(environ):
    _, hub, scope = places(environ)
    assert hub.url == 'https://huggingface.co/internlm/internlm2-chat-1_8b/resolve/main/config.json'
    assert '/Shanghai_AI_Laboratory/internlm2-chat-1_8b/' in scope.url
    _, hub, scope = places({**environ, 'HF_ENDPOINT': 'http://hub.example/', 'MODELSCOPE_DOMAIN': 'scope.example'})
    assert hub.url == 'http://hub.example/internlm/internlm2-chat-1_8b/resolve/main/config.json'
    assert scope.url.startswith('https://scope.example/api/')


def reached(index, hub, scope):
    return [Reach(name, 'h', answer_s) for name, answer_s in zip('ihs', (index, hub, scope), strict=True)]


NEVER = None
SCOPE, HUB = 'the model, ModelScope first: pip install modelscope && ', 'the model: hf download internlm/'
MIRROR, INDEX = 'Hugging Face through a mirror', "packages from your platform's own mirror: pip config set"


@pytest.mark.parametrize(
    ('answers_s', 'lines'),
    [
        ((0.3, 0.3, 0.3), [HUB]),
        ((0.3, 0.3, NEVER), [HUB]),
        ((0.3, 0.02, 0.001), [HUB]),  # twenty times, and nobody notices
        ((0.3, NEVER, 0.3), [SCOPE, MIRROR]),
        ((0.3, 2.0, 0.3), [SCOPE, MIRROR]),
        ((2.0, 2.0, 1.5), [HUB]),  # everything is slow
        ((NEVER, 0.3, 0.3), [HUB, INDEX]),
        ((2.0, 0.3, 0.3), [HUB, INDEX]),
        ((NEVER, NEVER, 0.3), [SCOPE, MIRROR, INDEX]),
        ((0.3, NEVER, NEVER), ['no hub is reached; a small real model', MIRROR]),
        ((NEVER, NEVER, NEVER), ['offline: everything in the course runs with tiny-chat']),
    ],
)
def test_the_line_to_type_fits(answers_s, lines):
    said = advice(*reached(*answers_s), NO_PROXIES)
    assert len(said) == len(lines)
    assert all(line.startswith(begin) for line, begin in zip(said, lines, strict=True))


def test_a_variable_for_pip_is_set_where_one_is_set_already():
    """pip heeds $PIP_INDEX_URL before what `pip config set` writes."""
    said = advice(*reached(NEVER, 0.3, 0.3), {'PIP_INDEX_URL': 'http://index.example'})
    assert 'export PIP_INDEX_URL=ADDRESS-' in said[-1]
    assert 'index.example' not in said[-1]


def test_what_is_printed_has_no_secret(environ, proxy, capsys, monkeypatch):
    environ.update(
        PIP_INDEX_URL=f'http://user:{SECRET}@index.example:81/{SECRET}/simple',
        HF_ENDPOINT=f'http://user:{SECRET}@hub.example/?token={SECRET}',
        MODELSCOPE_DOMAIN=f'user:{SECRET}@scope.example',
        http_proxy=f'http://user:{SECRET}@{proxy.at}',
        https_proxy=f'http://user:{SECRET}@{proxy.at}',
        all_proxy=f'nonsense://user:{SECRET}@{proxy.at}',
    )
    monkeypatch.setenv('COURSE_LANG', 'en')
    print_network(LIMIT_S, environ)
    english = capsys.readouterr().out
    assert SECRET not in english
    assert proxy.at not in english
    assert '[NOTE] ModelScope (scope.example, through a proxy): not reached: the proxy refuses (403)\n' in english
    assert '[NOTE] package index (index.example:81, through a proxy): not reached: something else answers' in english
    assert '[OK]   Hugging Face (hub.example, through a proxy): 0.' in english
    assert '[NOTE] a proxy that cannot be used, left out: all_proxy\n' in english
    assert '       → the model: hf download internlm/internlm2-chat-1_8b' in english
    monkeypatch.setenv('COURSE_LANG', 'zh')
    print_network(LIMIT_S, environ)
    chinese = capsys.readouterr().out
    assert SECRET not in chinese
    assert 'ModelScope (scope.example, 经过代理): 连不上：代理拒绝了请求（403）\n' in chinese
    assert '→ 模型：hf download' in chinese


def test_the_program_says_the_same_offline(environ):
    nowhere = f'http://127.0.0.1:{free_port()}'
    environ.update(all_proxy=nowhere, http_proxy=nowhere, https_proxy=nowhere, PYTHONPATH=str(ROOT), COURSE_LANG='en')
    done = subprocess.run(
        [sys.executable, '-m', 'lessons.network'], cwd=ROOT, env=environ, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    *notes, last = done.stdout.splitlines()
    assert [line[:6] for line in notes] == ['[NOTE]'] * 3
    assert last == '       → offline: everything in the course runs with tiny-chat'


def test_what_is_given_back_is_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        reached(1, 1, 1)[0].answer_s = 2.0
