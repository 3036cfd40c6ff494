"""The way to a server on this machine from a browser on another."""

import contextlib
import getpass
import os

import requests

INTERN_STUDIO = 'root@ssh.intern-ai.org.cn -p SSH_PORT'


def tunnel_command(port: int, environ=os.environ) -> str:
    """The line that brings this machine's `port` to 127.0.0.1 of yours; or the address where it is reached without.

    The line is for a terminal on your own machine, that stays open.  The host is the one that you came to by ssh, or
    else InternStudio's; then SSH_PORT is your machine's own, as its page shows it under "SSH".

    What the documents have is `ssh -CNg -L …`.  With -g your machine takes the port on all its addresses, and passes
    on to the server whoever is in the same network; without it, only you.  -C compresses, -N starts no shell.

    Where the Jupyter that runs this notebook has jupyter-server-proxy, the server is behind Jupyter's own address
    (behind a hub, put the host of the notebook's page in place of this one), and no tunnel is needed.
    """
    if isinstance(port, bool) or not isinstance(port, int) or not 0 < port < 65536:
        raise ValueError(f'port={port!r}: a port is a number from 1 to 65535')
    return _jupyter_address(port) or ssh_command(port, environ)


def ssh_command(port: int, environ=os.environ, otherwise: str = INTERN_STUDIO) -> str:
    """The line of ssh alone; `otherwise`: host and ssh port where $SSH_CONNECTION names none."""
    parts = environ.get('SSH_CONNECTION', '').split()  # client, its port, this machine, its port
    host = f'{user_name()}@{parts[2]} -p {parts[3]}' if len(parts) == 4 else otherwise
    return f'ssh -CN -L {port}:127.0.0.1:{port} {host}'


def user_name() -> str:
    """Of who runs this; a placeholder in a container whose password file does not know the user (`docker run -u`)."""
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):  # by the version of Python
        return 'YOUR-NAME'


def _jupyter_address(port: int) -> str | None:
    """`port` behind the Jupyter that this kernel belongs to, if that passes ports on."""
    try:
        from jupyter_server.serverapp import list_running_servers
    except ImportError:  # Jupyter runs in another environment than this kernel
        return None

    for server in list_running_servers():
        if server['pid'] == os.getppid():
            # At port 1 nobody is: jupyter-server-proxy says so with a 5xx, a Jupyter without it knows no such page.
            nobody = f'{server["url"]}proxy/1/x'
            headers = {'Authorization': f'token {server["token"]}'}
            with contextlib.suppress(requests.RequestException), requests.Session() as session:
                session.trust_env = False  # no HTTP proxy on the way
                answer = session.get(nobody, headers=headers, timeout=5, allow_redirects=False)
                return f'{server["url"]}proxy/{port}/' if answer.status_code >= 500 else None
    return None
