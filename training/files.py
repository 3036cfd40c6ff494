"""One way to write a JSON file."""

import json
import os
import pathlib


def write_json(path: pathlib.Path, content: dict, indent: int = 1) -> None:
    """`content` at `path` as UTF-8, written beside it and renamed: a break leaves the file that was there."""
    new = path.with_name(f'{path.name}.new')
    new.write_text(json.dumps(content, ensure_ascii=False, indent=indent) + '\n', 'utf-8')
    os.replace(new, path)
