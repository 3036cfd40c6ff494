"""Beside each API server: keep LMDeploy's proxy told of it.

    python register.py http://SERVER:23333 http://PROXY:8000 MODEL_NAME

`lmdeploy serve api_server --proxy-url` tells the proxy once, when it starts.  A proxy that starts anew would never hear
of it again, and one whose server dies sends it requests until the next heartbeat.  This looks every two seconds: a
server in good health is on the proxy's list, another is not; SIGTERM takes it off, so that it ends its work in peace.
It needs Python alone.
"""

import json
import signal
import sys
import time
import urllib.error
import urllib.request

EVERY_S, TIMEOUT_S = 2.0, 5.0
DIRECTLY = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # both are inside, where no HTTP proxy leads


def ask(url: str, body: dict | None = None):
    """What `url` answers, as JSON; None if it has no JSON to say.  OSError: it is not there, or not well."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {'Content-Type': 'application/json'})
    with DIRECTLY.open(request, timeout=TIMEOUT_S) as answer:
        text = answer.read()
    try:
        return json.loads(text)
    except ValueError:
        return None


def healthy(server: str) -> bool:
    try:
        ask(f'{server}/health')
    except OSError:
        return False
    return True


def look(server: str, proxy: str, model: str) -> str:
    """Add or remove the server, if the proxy has it wrong; what was done."""
    listed, well = server in (ask(f'{proxy}/nodes/status') or {}), healthy(server)
    if well and not listed:
        ask(f'{proxy}/nodes/add', {'url': server, 'status': {'models': [model]}})
        return 'added'
    if listed and not well:
        ask(f'{proxy}/nodes/remove', {'url': server})
        return 'removed'
    return ''


def main(server: str, proxy: str, model: str) -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        while True:
            try:
                if done := look(server, proxy, model):
                    print(f'{server}: {done}', flush=True)
            except OSError as error:
                print(f'{proxy}: {error}', flush=True)
            time.sleep(EVERY_S)
    finally:
        ask(f'{proxy}/nodes/remove', {'url': server})
        print(f'{server}: removed', flush=True)


if __name__ == '__main__':
    main(*sys.argv[1:])
