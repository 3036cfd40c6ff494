"""The proxies that the environment names are for the outside: nothing on the way to this machine goes through one.

httpx, with which Gradio, JupyterLab and the `openai` SDK speak, looks at all of them whenever a client is made, and
raises for one that it cannot use, whatever address is meant: `socks5://…` without the package socksio, `socks://…` as a
desktop's settings have it, an address that is none.
"""

import contextlib
import os
from collections.abc import Iterator, MutableMapping

_HERE = ('127.0.0.1', 'localhost', '::1')


def proxy_variables(environ=os.environ) -> dict[str, str]:
    """The variables that name a proxy, however they are spelled."""
    return {name: environ[name] for name in environ if name.lower().endswith('_proxy') and name.lower() != 'no_proxy'}


def no_proxy(environ=os.environ) -> dict[str, str]:
    """$no_proxy and $NO_PROXY with this machine among the addresses that no proxy is for."""
    given = [environ.get(name, '') for name in ('no_proxy', 'NO_PROXY')]
    words = [word.strip() for text in given for word in text.split(',') if word.strip()]
    text = '*' if '*' in words else ','.join(dict.fromkeys([*words, *_HERE]))  # curl knows * by itself alone
    return {'no_proxy': text, 'NO_PROXY': text}


@contextlib.contextmanager
def without_proxies(environ: MutableMapping[str, str] = os.environ) -> Iterator[None]:
    """`with without_proxies()`: the environment names none."""
    hidden = proxy_variables(environ)
    for name in hidden:
        del environ[name]
    try:
        yield
    finally:
        environ.update(hidden)


def usable(environ=os.environ) -> tuple[dict[str, str], list[str]]:
    """The environment with those proxies alone that httpx can use, and the variables that were left out.

    One without a scheme (`proxy.example:3128`) gets `http://`, as curl has it.
    """
    kept, left_out = dict(environ), []
    for name, value in proxy_variables(environ).items():
        if not value.strip() or _can_be_used(value):
            continue
        if '://' not in value and _can_be_used(f'http://{value}'):
            kept[name] = f'http://{value}'
        else:
            del kept[name]
            left_out.append(name)
    return kept, left_out


def _can_be_used(proxy: str) -> bool:
    import httpx

    try:
        return bool(httpx.URL(proxy).host) and httpx.HTTPTransport(proxy=proxy) is not None
    except Exception:  # ValueError, ImportError, httpx.InvalidURL, which is neither: by what is wrong
        return False
