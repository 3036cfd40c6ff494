"""The key of a server that runs on this machine, for a second terminal: nobody types or sees it.

`lessons.serving.api_server` leaves it in a file that only its owner may read, and takes it away when the server ends.
"""

import contextlib
import ipaddress
import json
import os
import socket
import stat
from pathlib import Path
from urllib.parse import urlsplit

from helpers.files import cache_folder, tilde, write_whole

ENVIRONMENT = 'LMDEPLOY_API_KEY'


class ApiKey(str):
    """A key that is not shown: `repr`, and so a notebook's output and a traceback's variables, hide it."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'key hidden'"


def key_of(url: str) -> ApiKey | None:
    """The key for the server at `url`: $LMDEPLOY_API_KEY, else the one that `api_server` left for that port; or None.

    A file is looked for only where `url` is of this machine, and believed only while the server that it belongs to
    runs; one of a server that is gone is removed.
    """
    if given := os.environ.get(ENVIRONMENT):
        return ApiKey(given)
    parts = urlsplit(url if '//' in url else f'//{url}')
    port = parts.port or {'https': 443}.get(parts.scheme, 80)
    if not is_this_machine(parts.hostname or ''):
        return None
    try:
        path = key_path(port)
    except OSError:  # no folder for it, so none was left there
        return None
    return _read(path)


def key_path(port: int) -> Path:
    """Where the key of this machine's server on `port` lies; a home folder may be shared by several machines."""
    return cache_folder() / 'servers' / f'{socket.gethostname()}-{port}.key'


def leave_key(port: int, key: str, pid: int) -> Path:
    """Write the key of the server whose process is `pid`, for `key_of` to find."""
    path = key_path(port)
    path.parent.mkdir(mode=0o700, exist_ok=True)
    path.parent.chmod(0o700)
    content = {'key': str(key), 'pid': pid, 'started': _start_time(pid)}
    write_whole(path, json.dumps(content).encode(), mode=0o600)
    return path


def remove_key(port: int, pid: int) -> None:
    """Remove the key that was left for `pid`; another server's stays."""
    path = key_path(port)
    with contextlib.suppress(OSError, ValueError):
        if json.loads(path.read_text(encoding='utf-8'))['pid'] == pid:
            path.unlink()


def _read(path: Path) -> ApiKey | None:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    except OSError:
        return None
    with open(descriptor, encoding='utf-8') as file:
        status = os.fstat(descriptor)
        if status.st_uid != os.getuid() or stat.S_IMODE(status.st_mode) & 0o077:
            raise PermissionError(f'{tilde(path)} can be read by others: remove it, and start the server again')
        try:
            content = json.load(file)
            key, pid, started = ApiKey(content['key']), content['pid'], int(content['started'])
        except (ValueError, TypeError, KeyError):
            key, pid, started = None, None, None
    if key and _start_time(pid) == started:
        return key
    path.unlink(missing_ok=True)
    return None


def _start_time(pid: int) -> int | None:
    """When the process `pid` started, in clock ticks since the machine did; None if it is gone.  A pid alone may by
    now be another process's."""
    try:
        after_name = Path(f'/proc/{pid}/stat').read_text().rpartition(')')[2].split()
    except OSError:
        return None
    return None if after_name[0] in 'ZX' else int(after_name[19])  # fields 3, dead or not, and 22 of proc(5)


def is_this_machine(host: str) -> bool:
    """Whether `host` is an address of this machine for itself, however spelled (127.1, ::ffff:127.0.0.1)."""
    if host.rstrip('.') == 'localhost':
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        try:
            address = ipaddress.ip_address(socket.inet_aton(host))
        except OSError:
            return False
    address = getattr(address, 'ipv4_mapped', None) or address
    return address.is_loopback or address.is_unspecified
