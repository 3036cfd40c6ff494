"""One way to write a JSON file, and to pack a folder."""

import json
import os
import pathlib
import tarfile


def write_json(path: pathlib.Path, content: dict, indent: int = 1) -> None:
    """`content` at `path` as UTF-8, written beside it and renamed: a break leaves the file that was there."""
    new = path.with_name(f'{path.name}.new')
    new.write_text(json.dumps(content, ensure_ascii=False, indent=indent) + '\n', 'utf-8')
    os.replace(new, path)


def pack(folder: pathlib.Path, archive: pathlib.Path) -> None:
    """The files of `folder` as a .tar.gz, without the folder's name."""
    with tarfile.open(archive, 'w:gz') as packed:
        for path in sorted(folder.iterdir()):
            packed.add(path, path.name)
