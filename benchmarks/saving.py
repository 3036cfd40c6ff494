"""Writing a record: what was measured now, on this machine, with its device, versions, date and commit."""

import dataclasses
import datetime
import json
import platform
import re
import subprocess
from importlib import metadata
from pathlib import Path

from helpers.files import write_whole
from helpers.records import PACKAGES, RECORDS, Record, load_record, record_path, require_commit
from lessons.machine import device_and_driver


def new_record(topic: str, *, model: str, weights: str, data: dict, commit: str | None = None) -> Record:
    """Make a record of figures measured on this machine now; device, versions and date are looked up.

    Args:
        commit: of this project; None: what git says.
    """
    device, driver = device_and_driver()
    versions = {'python': platform.python_version(), **{name: metadata.version(name) for name in PACKAGES}}
    return Record(topic, device, driver, versions, _today(), commit or _commit(), model, weights, data)


def row_origin(commit: str | None) -> dict:
    """What each row says of its run, so that rows of several runs can stand in one record."""
    return {'date': _today(), 'commit': commit, 'transformers': metadata.version('transformers')}


def require_savable(name: str, commit: str | None = None) -> str:
    """Make sure, before a long measurement, that its record can be saved as `name`; return the commit for it.

    Raises:
        ValueError: no name of a record, or no commit.
        RuntimeError: git knows no commit, and none is given.
    """
    record_path(name, RECORDS)
    commit = commit or _commit()
    require_commit(commit)
    return commit


def save_record(record: Record, name: str, folder: Path = RECORDS) -> Path:
    """Save the record as `name`, such as 'h200/speed'; an older one of that name is replaced.  Return its path."""
    path = record_path(name, folder)
    # First the text: figures that JSON does not know must not cost the old record.
    text = json.dumps(dataclasses.asdict(record), indent=1, ensure_ascii=False, allow_nan=False) + '\n'
    write_whole(path, text.encode())
    return path


def earlier_of(name: str, folder: Path = RECORDS) -> dict:
    """What the record `name` keeps of runs before it, for a newer one to keep too: {'earlier': …}, or {} without."""
    if not record_path(name, folder).exists():
        return {}
    return {key: value for key, value in load_record(name, folder).data.items() if key == 'earlier'}


def _today() -> str:
    return datetime.date.today().isoformat()


def _commit() -> str:
    def git(*arguments):
        command = ['git', '-C', str(RECORDS.parent), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    try:
        commit = git('rev-parse', 'HEAD')
        return f'{commit}-dirty' if git('status', '--porcelain', '--untracked-files=no') else commit
    except (OSError, subprocess.CalledProcessError):
        raise RuntimeError("git does not know this folder's commit; pass commit=…") from None


def device_folder(name: str) -> str:
    """The folder of a device's records: 'NVIDIA H200' -> 'h200'."""
    return re.sub(r'[^a-z0-9]+', '-', name.lower().removeprefix('nvidia ')).strip('-')
