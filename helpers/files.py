"""Files and folders that are either whole or not there."""

import contextlib
import json
import os
import shutil
from pathlib import Path

LFS_POINTER = b'version https://git-lfs'


def read_json(path: Path) -> dict:
    """The JSON object in `path`, {} where there is no such file.  ValueError names a file that holds none."""
    try:
        content = json.loads(path.read_text(encoding='utf-8'))
    except FileNotFoundError:
        return {}
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f'{path} is not JSON ({error}): cut short, or a git-lfs pointer?') from None
    if not isinstance(content, dict):
        raise ValueError(f'{path} holds a {type(content).__name__}, not a JSON object')
    return content


def write_json(path: Path, content: dict) -> None:
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + '\n', encoding='utf-8')


def is_lfs_pointer(path: Path) -> bool:
    """Whether `path` is the note of some 130 bytes that git leaves where git-lfs has not fetched the file."""
    if path.stat().st_size > 1024:
        return False
    with open(path, 'rb') as file:
        return file.read(len(LFS_POINTER)) == LFS_POINTER


def cache_folder() -> Path:
    """The course's own folder for what can be made again: `$XDG_CACHE_HOME/lmdeploy-course`, or under `~/.cache`."""
    folder = Path(os.environ.get('XDG_CACHE_HOME') or '~/.cache').expanduser() / 'lmdeploy-course'
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OSError(f'cannot make {tilde(folder)} ({error}): set XDG_CACHE_HOME to a folder of yours') from None
    return folder


def fingerprint(folder: Path) -> dict[str, list[int]]:
    """Size in bytes and time of the last change (ns) of each file in `folder`: other when a file was changed."""
    files = sorted(path for path in folder.iterdir() if path.is_file())
    return {path.name: [path.stat().st_size, path.stat().st_mtime_ns] for path in files}


def tilde(path: Path | str) -> str:
    """`path` with the home folder written `~`, for messages."""
    home = os.path.expanduser('~')
    path = str(path)
    return '~' + path[len(home) :] if home != '/' and (path == home or path.startswith(home + os.sep)) else path


def require_room(folder: Path, needed_bytes: int) -> None:
    """Raise OSError, saying how much is missing, if the disk of `folder` has no room for `needed_bytes`."""
    existing = next(parent for parent in (folder.absolute(), *folder.absolute().parents) if parent.exists())
    free_bytes = shutil.disk_usage(existing).free
    if free_bytes < needed_bytes * 1.01:
        raise OSError(
            f'{tilde(folder)} needs {needed_bytes / 1e9:.1f} GB, and its disk has {free_bytes / 1e9:.1f} GB free: '
            f'make room for {(needed_bytes * 1.01 - free_bytes) / 1e9:.1f} GB more, or choose another disk'
        )


@contextlib.contextmanager
def locked(path: Path):
    """Hold an exclusive lock on the file `path`: a second process waits for the first.  The file is left behind."""
    import fcntl

    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, 'w') as file:
        with contextlib.suppress(OSError):  # some network disks know no locks; then one process at a time is up to you
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
