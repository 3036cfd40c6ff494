"""Files and folders that are either whole or not there."""

import contextlib
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from glob import escape
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


def write_whole(path: Path, content: bytes) -> None:
    """Write `content` to a file beside `path`, then rename it: half a file never stands there."""
    half = path.with_name(f'.{path.name}.{os.getpid()}.part')
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(half, 'wb') as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        half.replace(path)
    except OSError as error:
        why = error.strerror or error
        raise OSError(error.errno, f'{tilde(path)} cannot be written ({why}): nothing was changed') from None
    finally:
        half.unlink(missing_ok=True)


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


def lock_of(target: Path) -> Path:
    """The file to hold (`locked`) while the absolute path `target` is made: in the cache, not beside it."""
    return cache_folder() / 'locks' / hashlib.sha256(str(target).encode()).hexdigest()[:16]


@contextlib.contextmanager
def replaced_folder(target: Path, is_ours: Callable[[Path], bool], needed_bytes: int = 0) -> Iterator[Path]:
    """`with replaced_folder(…) as work`: an empty folder beside `target`, which takes its place when the block ends.

    What stands at `target` is replaced only where `is_ours(target)`.  Whatever happens before the end (an error, a
    kill, a full disk) leaves it as it was; what a killed process left behind, the next call removes.  A second process
    that wants the same target waits for the first.

    Raises FileExistsError where `target` is something else, OSError without room for `needed_bytes`.
    """
    target = target.expanduser().absolute()
    making, old = f'.{target.name}.making-', target.with_name(f'.{target.name}.replaced')
    with locked(lock_of(target)):
        if old.exists() and not target.exists():  # killed between the two renames below
            old.rename(target)
        for left in (old, *target.parent.glob(escape(making) + '*')):
            shutil.rmtree(left, ignore_errors=True)
        empty = target.is_dir() and not any(target.iterdir())
        if os.path.lexists(target) and (target.is_symlink() or not target.is_dir() or not (empty or is_ours(target))):
            raise FileExistsError(f'{tilde(target)} is there, and is something else: choose another name')
        require_room(target.parent, needed_bytes)
        target.parent.mkdir(parents=True, exist_ok=True)
        work = Path(tempfile.mkdtemp(prefix=making, dir=target.parent))
        try:
            yield work
            _to_disk(work)
            if target.exists():
                target.rename(old)
            work.rename(target)
        finally:
            shutil.rmtree(work, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)


def _to_disk(folder: Path) -> None:
    """Wait until all files are on the disk, so that a full one is noticed in time; let everybody read them."""
    folder.chmod(0o755)  # mkdtemp and safetensors let nobody else
    for path in (*folder.iterdir(), folder):
        if path.is_file():
            path.chmod(0o644)
        number = os.open(path, os.O_RDONLY)
        try:
            os.fsync(number)
        finally:
            os.close(number)
