"""Open JupyterLab on the course: also as root, without a browser, on a taken port, and over ssh.

    python tools/lab.py [--port 8888] [--no-browser] [--dry-run]

It listens on 127.0.0.1 with a fresh token and prints the address to open.
"""

import argparse
import getpass
import json
import os
import secrets
import socket
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FIRST = 'notebooks/00_setup.ipynb'


def free_port(first: int, tries: int = 50) -> int:
    """The first port from `first` on that nobody listens on."""
    for port in range(first, min(first + tries, 65536)):
        with socket.socket() as s:
            # As the server will bind: without this, a port in TIME_WAIT after a restart counts as taken.
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                s.bind(('127.0.0.1', port))
            except OSError:
                continue
            return port
    sys.exit(f'[FAIL] the ports {first} to {first + tries - 1} are all taken: make lab ARGS="--port 9999"')


def has_browser(environ=os.environ) -> bool:
    """Whether a browser can show up here: a display, or WSL, and not over ssh."""
    if 'SSH_CONNECTION' in environ:
        return False
    return bool(environ.get('DISPLAY') or environ.get('WAYLAND_DISPLAY') or environ.get('WSL_DISTRO_NAME'))


def banner(port: int, token: str, browser: bool, environ=os.environ) -> str:
    """What to open, and how to get there from another machine."""
    address = f'http://127.0.0.1:{port}/lab/tree/{FIRST}?token={token}'
    lines = [
        '',
        'The course is open in your browser.' if browser else 'Open this address in a browser:',
        f'  {address}',
    ]
    if not browser:
        parts = environ.get('SSH_CONNECTION', '').split()
        host, ssh_port = (parts[2], parts[3]) if len(parts) == 4 else ('YOUR-MACHINE', '22')
        lines += [
            'If the browser is on another machine, forward the port first (there, in a terminal that stays open):',
            f'  ssh -CNL {port}:127.0.0.1:{port} {getpass.getuser()}@{host} -p {ssh_port}',
        ]
    return '\n'.join([*lines, 'Ctrl-C twice ends JupyterLab.', ''])


def no_news() -> None:
    """Tell this environment's JupyterLab not to ask about news, nor to look for any: a class may be offline."""
    path = Path(sys.prefix, 'share', 'jupyter', 'lab', 'settings', 'overrides.json')
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        settings = {'@jupyterlab/apputils-extension:notification': {'fetchNews': 'false', 'checkForUpdates': False}}
        path.write_text(json.dumps(settings), encoding='utf-8')


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--port', type=int, default=8888, help='the first port to try (default: %(default)s)')
    parser.add_argument('--no-browser', action='store_true', help='only print the address')
    parser.add_argument('--dry-run', action='store_true', help='print the address and the command, start nothing')
    args = parser.parse_args()
    if not 0 < args.port < 65536:
        parser.error(f'--port {args.port}: a port is a number from 1 to 65535')
    port = free_port(args.port)
    if port != args.port:
        print(f'[NOTE] port {args.port} is taken: using {port}')
    browser = has_browser() and not args.no_browser
    token = secrets.token_urlsafe(24)
    command = [sys.executable, '-m', 'jupyterlab', '--ip=127.0.0.1', f'--port={port}', '--ServerApp.port_retries=0']
    command += [f'--ServerApp.root_dir={ROOT}', f'--LabApp.default_url=/lab/tree/{FIRST}', '--log-level=WARN']
    command += [] if browser else ['--no-browser']
    command += ['--allow-root'] if os.geteuid() == 0 else []
    print(banner(port, token, browser), flush=True)
    if args.dry_run:
        print(' '.join(command))
        return
    no_news()
    # The token goes by the environment: a command line can be read by every user of the machine.
    os.environ.update(JUPYTER_TOKEN=token, JUPYTER_PREFER_ENV_PATH='1')
    os.execv(command[0], command)


if __name__ == '__main__':
    main()
