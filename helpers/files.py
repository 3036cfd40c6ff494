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


def write_whole(path: Path, content: bytes | Callable[[Path], None], mode: int | None = None) -> None:
    """Write a file beside `path`, then rename it: half a file never stands there, and nobody ever reads one.

    Args:
        content: the bytes, or a function that writes them to the path it is given.
        mode: permissions, also of the half file; None: as the process's mask has them.
    """
    half = path.with_name(f'.{path.name}.{os.getpid()}.part')
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        half.unlink(missing_ok=True)  # of a process that was killed
        os.close(os.open(half, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666 if mode is None else mode))
        if callable(content):
            content(half)
        else:
            half.write_bytes(content)
        if mode is not None:
            half.chmod(mode)  # whatever the mask, and whatever `content` made of it
        _sync(half)
        half.replace(path)
    except OSError as error:
        why = error.strerror or error
        what = f'{tilde(path)} cannot be written ({why}): nothing was changed'
        raise OSError(error.errno, what + f'; {_mend(path)}' * path.is_relative_to(_cache())) from None
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
    folder = _cache()
    try:
        if folder.parts[0] == '~':  # neither $HOME nor the password file has one
            raise OSError('you have no home folder')
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OSError(f'cannot make {tilde(folder)} ({error}): {_mend(folder)}') from None
    return folder


def _cache() -> Path:
    return Path(os.path.expanduser(os.environ.get('XDG_CACHE_HOME') or '~/.cache'), 'lmdeploy-course')


def _mend(path: Path) -> str:
    """What to do where `path` cannot be written."""
    return f'{"set XDG_CACHE_HOME to" if path.is_relative_to(_cache()) else "choose"} a folder of yours'


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
    """Raise OSError, saying how much is missing, if `folder` has no room for `needed_bytes`, or cannot be written."""
    existing = next(parent for parent in (folder.absolute(), *folder.absolute().parents) if parent.exists())
    if not os.access(existing, os.W_OK | os.X_OK):
        raise OSError(f'{tilde(existing)} cannot be written: {_mend(folder.absolute())}')
    free_bytes = shutil.disk_usage(existing).free
    if free_bytes < needed_bytes * 1.01:
        raise OSError(
            f'{tilde(folder)} needs {needed_bytes / 1e9:.1f} GB, and its disk has {free_bytes / 1e9:.1f} GB free: '
            f'make room for {(needed_bytes * 1.01 - free_bytes) / 1e9:.1f} GB more, or choose another disk'
        )


@contextlib.contextmanager
def locked(path: Path):
    """Hold an exclusive lock on the file `path`, which stays: a second process waits for the first.

    On a network disk without locks one at a time is up to you.  (`filelock` raises there, and polls where this waits.)
    """
    import fcntl

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = open(path, 'w')  # noqa: SIM115  closed below
    except OSError as error:
        raise OSError(error.errno, f'{tilde(path)} cannot be written ({error.strerror}): {_mend(path)}') from None
    with file:
        with contextlib.suppress(OSError):
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def lock_of(target: Path) -> Path:
    """The file to hold (`locked`) while the absolute path `target` is made: in the cache, not beside it."""
    return cache_folder() / 'locks' / hashlib.sha256(str(target).encode()).hexdigest()[:16]


@contextlib.contextmanager
def whole_folder(target: Path, replaces: Callable[[Path], bool] | None = None, needed_bytes: int = 0) -> Iterator[Path]:
    """`with whole_folder(…) as work`: an empty folder beside `target`, which takes its place when the block ends.

    Whatever happens before the end (an error, a kill, a full disk) leaves `target` as it was.

    Without `replaces`, a folder that another process put at `target` meanwhile stays: it was made from the same things.
    With it, what stands at `target` is replaced where `replaces(target)` says so; a second process that wants the same
    target waits for the first; what a killed process left behind, the next call removes.

    Raises FileExistsError where `target` is something else, OSError without room for `needed_bytes`.
    """
    target = target.expanduser().absolute()
    making, old = f'.{target.name}.making-', target.with_name(f'.{target.name}.replaced')
    with locked(lock_of(target)) if replaces else contextlib.nullcontext():
        if replaces:
            if old.exists() and not target.exists():  # killed between the two renames of `appear`
                old.rename(target)
            for left in (old, *target.parent.glob(escape(making) + '*')):
                shutil.rmtree(left, ignore_errors=True)
            empty = target.is_dir() and not any(target.iterdir())
            is_folder = target.is_dir() and not target.is_symlink()
            if os.path.lexists(target) and not (is_folder and (empty or replaces(target))):
                raise FileExistsError(f'{tilde(target)} is there, and is something else: choose another name')
        require_room(target.parent, needed_bytes)
        target.parent.mkdir(parents=True, exist_ok=True)
        work = Path(tempfile.mkdtemp(prefix=making, dir=target.parent))
        try:
            yield work
            appear(work, target, old if replaces else None)
        finally:
            shutil.rmtree(work, ignore_errors=True)


def appear(work: Path, target: Path, old: Path | None = None) -> None:
    """Rename the finished folder `work` to `target`, once all of it is on the disk and can be read by everybody.

    A folder at `target` is moved to `old` before, and removed after; where `old` is None it stays, and `work` too.
    """
    for path in (work, *work.rglob('*')):
        if path.is_symlink():  # what it leads to is not ours
            continue
        path.chmod(0o755 if path.is_dir() else 0o644)  # mkdtemp and safetensors let nobody else
        _sync(path)  # so that a full disk is noticed in time
    if old is not None and target.exists():
        target.rename(old)
    try:
        work.rename(target)
    except OSError:
        if old is not None or not target.is_dir():
            raise
    if old is not None:
        shutil.rmtree(old, ignore_errors=True)


def _sync(path: Path) -> None:
    number = os.open(path, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
