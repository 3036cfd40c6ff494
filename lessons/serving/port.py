"""A port for a server: free, or an error that says who has it."""

import contextlib
import errno
import ipaddress
import os
import socket
import sys
import warnings

import psutil

from translations.messages import shown

FIRST_PORT = 23333  # LMDeploy's default


def listen(server_name: str, server_port: int | None, *, announce: bool = True) -> socket.socket:
    """A socket that listens, so that the port is the server's own from now on; None: 23333, or the next free one.

    `announce`: say on stderr if it is not 23333, and who has that.

    Raises OSError if the port that was asked for is taken, with who can be seen to hold it, or not to be had.
    """
    if server_name != 'localhost' and not _is_loopback(server_name):
        warnings.warn(
            f'the server listens on {server_name}: every machine that reaches this one can try the port, and the key '
            f'and all text go there unencrypted.  From your own machine, an ssh tunnel to 127.0.0.1 does as well '
            f'(`lessons.serving.tunnel_command`)',
            stacklevel=3,
        )
    if server_port is not None:
        try:
            return _bound(server_name, server_port)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise _unusable(server_name, server_port, error) from None
            raise OSError(
                errno.EADDRINUSE,
                f'port {server_port} is taken{_holder(server_port)}: end that, or leave server_port out for a free one',
            ) from None
    for port in range(FIRST_PORT, FIRST_PORT + 100):
        try:
            listening = _bound(server_name, port)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise _unusable(server_name, port, error) from None
            continue
        if port != FIRST_PORT and announce:
            print(shown(f'port {FIRST_PORT} is taken{_holder(FIRST_PORT)}: using {port}'), file=sys.stderr)
        return listening
    raise OSError(errno.EADDRINUSE, f'the ports {FIRST_PORT} to {FIRST_PORT + 99} are all taken')


def free_port(first: int, tries: int = 100) -> int:
    """The first port from `first` on that nobody listens on; for a program that binds it itself (Gradio, Jupyter).

    Raises OSError if none of `tries` ports is free.
    """
    for port in range(first, min(first + tries, 65536)):
        with contextlib.suppress(OSError), _bound('127.0.0.1', port):
            return port
    raise OSError(f'port {first} is taken' if tries == 1 else f'the ports {first} to {first + tries - 1} are all taken')


def _bound(server_name: str, port: int) -> socket.socket:
    if not isinstance(port, int) or not 0 < port < 65536:
        raise ValueError(f'server_port={port!r}: a port is a number from 1 to 65535')
    family, kind, protocol, _, address = socket.getaddrinfo(server_name, port, type=socket.SOCK_STREAM)[0]
    listening = socket.socket(family, kind, protocol)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # past the last server's TIME_WAIT
        listening.bind(address)
        listening.listen(2048)  # bound alone, another process could still take it
    except BaseException:
        listening.close()
        raise
    return listening


def _holder(port: int) -> str:
    """' by process 12 (python -m http.server)', as far as this user may see it."""
    for connection in psutil.net_connections('tcp'):
        if connection.status == psutil.CONN_LISTEN and connection.laddr.port == port and connection.pid:
            try:
                words = psutil.Process(connection.pid).cmdline()[:3]  # not more: a key may follow
            except psutil.Error:
                words = []
            return f' by process {connection.pid} ({" ".join(os.path.basename(word) for word in words) or "?"})'
    return ' by a process of another user'


def _unusable(server_name: str, port: int, error: OSError) -> OSError:
    return OSError(error.errno, f'cannot listen on {server_name} port {port}: {error.strerror}')


def _is_loopback(server_name: str) -> bool:
    try:
        return ipaddress.ip_address(server_name).is_loopback
    except ValueError:
        return False
