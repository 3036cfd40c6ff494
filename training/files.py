"""One way to write a JSON file, to pack a folder, and to name the commit of the code."""

import json
import pathlib
import subprocess
import tarfile

from helpers.files import write_whole


def write_json(path: pathlib.Path, content: dict, indent: int = 1) -> None:
    """`content` at `path` as UTF-8; a break leaves the file that was there."""
    write_whole(path, (json.dumps(content, ensure_ascii=False, indent=indent) + '\n').encode())


def record(folder: pathlib.Path, name: str, result: dict) -> None:
    """Put `result` as `name` into the folder's training_log.json."""
    path = folder / 'training_log.json'
    log = json.loads(path.read_text('utf-8')) if path.exists() else {}
    write_json(path, log | {name: result})


def record_evaluation(folder: pathlib.Path, result: dict) -> None:
    """Put `result` into the folder's training_log.json."""
    record(folder, 'evaluation', result)


def pack(folder: pathlib.Path, archive: pathlib.Path) -> None:
    """The files of `folder` as a .tar.gz, without the folder's name."""
    with tarfile.open(archive, 'w:gz') as packed:
        for path in sorted(folder.iterdir()):
            packed.add(path, path.name)


def current_commit() -> str | None:
    """The commit of this checkout, with `-dirty` behind it where files differ from it; None where git cannot say."""
    command = ['git', 'describe', '--always', '--dirty', '--abbrev=40', '--exclude=*']
    try:
        done = subprocess.run(command, cwd=pathlib.Path(__file__).parent, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()
