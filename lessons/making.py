"""A checkpoint folder that is made in parts: resumable, whole or not there, and made once."""

import contextlib
import json
import os
import shutil
import zlib
from pathlib import Path

from helpers.checkpoints.shards import read_header
from helpers.files import appear, cache_folder, lock_of, locked, read_json, require_room, write_json, write_whole

RECORD = 'made_by.json'  # what a folder was made from: tells a finished one from another of the same name
SHARD_PATTERN = 'model{suffix}.safetensors'  # as the hub's libraries fill it in: `-00001-of-00002`


@contextlib.contextmanager
def making(target: Path, record: dict, needed_bytes: int):
    """`with making(…) as part`: the folder `part` becomes `target` when the block ends well.

    `part` is None when `target` was made from the same things before.  What was made from other things is an error, or,
    in the course's cache, made anew.  After a break the folder stays for the next try, unless that one makes something
    else.  One process at a time makes a target; others wait, and then find it there.
    """
    target = target.absolute()
    part = target.with_name(target.name + '.part')
    with locked(lock_of(target)):
        if not target.is_dir() and os.path.lexists(target):  # a file, or a link to nowhere
            raise FileExistsError(f'{target} is there, and is no folder: remove it, or choose another name')
        if target.exists():
            if read_json(target / RECORD) == record:
                yield None
                return
            if not target.is_relative_to(cache_folder()):
                raise FileExistsError(f'{target} is there, made from other things: remove it, or choose another name')
            shutil.rmtree(target)  # in the cache only what is up to date is of use
        if part.exists() and read_json(part / RECORD) != record:
            shutil.rmtree(part)
        for half in part.glob('.*'):  # left by a process that was killed: while we hold the lock nobody writes here
            half.unlink()
        there_bytes = sum(path.stat().st_size for path in part.glob('*'))
        require_room(part, needed_bytes - there_bytes)
        part.mkdir(parents=True, exist_ok=True)
        write_json(part / RECORD, record)
        yield part
        appear(part, target)


def crc(content: dict[str, str]) -> int:
    return zlib.crc32(json.dumps(content).encode())


def is_whole(path: Path, shapes: dict[str, list[int]]) -> bool:
    """Whether `path` is a whole safetensors file with just these tensors (an earlier try left it)."""
    try:
        return {name: tensor['shape'] for name, tensor in read_header(path).items()} == shapes
    except (OSError, ValueError):
        return False


def progress_bar(total: int, what: str, unit: str):
    """A progress bar that shows itself when the work takes longer than a second."""
    from tqdm import tqdm

    return tqdm(total=total, desc=what, unit=unit, unit_scale=unit == 'B', delay=1.0, mininterval=1.0, leave=False)


def write_shard(tensors: dict, path: Path) -> None:
    """Write name → tensor as a safetensors file; `path` appears only when it is whole and on the disk."""
    from safetensors.torch import save_file

    write_whole(path, lambda half: save_file(tensors, half, metadata={'format': 'pt'}), mode=0o644)
