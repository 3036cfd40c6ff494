"""JSON, CSV and lines: the values in a text, each with the line of the file that it stands in.

Lines end with a line feed alone: JSON's strings may hold the other separators that `str.splitlines` splits at.
"""

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from helpers.files import tilde

from .fields import KNOWN

FORMATS = ('json', 'csv', 'text')
_SUFFIXES = {'.json': 'json', '.jsonl': 'json', '.ndjson': 'json', '.csv': 'csv', '.tsv': 'csv'}
_OTHERS = {'.yaml', '.yml', '.toml', '.xml', '.html', '.htm', '.ipynb', '.tex', '.rst'}
_SEPARATORS = {',': 'commas', ';': 'semicolons', '\t': 'tabs', '|': 'bars'}


@dataclass(frozen=True)
class Values:
    """What stands in a text."""

    form: str  # in words
    values: list[tuple[int, object]]  # (line, a text or a dict of fields)
    has_fields: bool = True


def values_of(path: Path, text: str, format: str | None, separator: str, field: str | None = None) -> Values:
    """The values in `text`, as `format` or else the file's name says.

    Args:
        separator: of plain text: '\\n', a value a line; '\\n\\n', a paragraph.
        field: that is asked for: the only column of a CSV has it as its name then.

    Raises ValueError, with the line, where the text is not in that format, or plainly in another one.
    """
    if format is not None and format not in FORMATS:
        raise ValueError(f'format={format!r}: one of {", ".join(FORMATS)}')
    text = text.replace('\r\n', '\n')
    if '\n' not in text:
        text = text.replace('\r', '\n')  # as Macs wrote once
    format_ = format or _SUFFIXES.get(path.suffix.lower(), 'text')
    if format_ == 'json':
        return _json(path, text)
    if format_ == 'csv':
        return _csv(path, text, field)
    if format is None and path.suffix.lower() in _OTHERS:
        raise ValueError(
            f"{tilde(path)} is not read as {path.suffix[1:].upper()}: save it as JSON or CSV, or give format='text'"
        )
    if format is None and (other := _plainly(path, text)):
        raise ValueError(f"{tilde(path)} looks like {other.upper()}: give format='{other}', or format='text' for lines")
    return Values('lines' if separator == '\n' else 'text', list(_plain(text, separator)), has_fields=False)


def _plain(text: str, separator: str) -> Iterator[tuple[int, str]]:
    line = 1
    for piece in text.split(separator):
        if piece.strip() or separator != '\n':
            yield line, piece
        line += piece.count('\n') + separator.count('\n')


def _plainly(path: Path, text: str) -> str | None:
    """The format that a text without a telling name is in, where it can hardly be prose."""
    lines = [line for line in text.split('\n') if line.strip()]
    if lines and lines[0].lstrip()[0] in '{[' and (_is_json(text) or all(map(_is_json, lines))):
        return 'json'
    for separator in _SEPARATORS if len(lines) > 1 else ():
        names = [name.strip().strip('"').lower() for name in lines[0].split(separator)]
        if len(names) > 1 and KNOWN & set(names) and all(name.replace('_', 'a').isalnum() for name in names):
            return 'csv'
    return None


# ---------------------------------------------------------------- JSON


def _json(path: Path, text: str) -> Values:
    """A JSON list, or a value a line; whichever the name ends with, for `.json` is used for both."""
    try:
        whole = _loads(text)
    except ValueError as error:
        if not text.strip():
            return Values('JSON', [])
        lines = [(number, line) for number, line in enumerate(text.split('\n'), 1) if line.strip()]
        if text.lstrip().startswith('[') or (len(lines) > 1 and not _is_json(lines[0][1])):
            line = getattr(error, 'lineno', 1)
            raise ValueError(f'{tilde(path)}, line {line} is not JSON: {error}') from None
        return Values('JSON lines', [(number, _line(path, number, line)) for number, line in lines])
    if isinstance(whole, list):
        return Values('a JSON list', list(zip(_lines_of(text, len(whole)), whole, strict=True)))
    lists = isinstance(whole, dict) and [name for name, value in whole.items() if isinstance(value, list | dict)]
    if lists and not KNOWN & {str(name).lower() for name in whole}:
        raise ValueError(
            f'{tilde(path)} is one JSON object, with {", ".join(map(repr, lists))} in it: save the list of texts '
            f'alone, or an object a line'
        )
    return Values('JSON lines', [(_first_line(text), whole)])


def _loads(text: str):
    """Line ends and tabs in strings are taken as they are: where a string ends is certain all the same."""
    return json.loads(text, strict=False)


def _is_json(line: str) -> bool:
    try:
        _loads(line)
    except ValueError:
        return False
    return True


def _line(path: Path, number: int, line: str):
    try:
        return _loads(line)
    except ValueError as error:
        raise ValueError(f'{tilde(path)}, line {number} is not JSON: {error}') from None


def _first_line(text: str) -> int:
    return text[: len(text) - len(text.lstrip())].count('\n') + 1


def _lines_of(text: str, count: int) -> list[int]:
    """The line that each element of the JSON list in `text` begins in."""
    decoder, at, lines, line, seen = json.JSONDecoder(strict=False), text.index('[') + 1, [], 1, 0
    for _ in range(count):
        while text[at] in ' \t\r\n,':
            at += 1
        line, seen = line + text.count('\n', seen, at), at
        lines.append(line)
        _, at = decoder.raw_decode(text, at)
    return lines


# ---------------------------------------------------------------- CSV


def _csv(path: Path, text: str, field: str | None) -> Values:
    """Rows as dicts, by the names in the first one."""
    told, skipped = None, 0
    head = text.split('\n', 1)[0]
    if head.lower().startswith('sep=') and len(head) == 5:  # Excel's own way to say it
        told, text, skipped = head[4], text[len(head) + 1 :], 1
    if not text.strip():
        return Values('CSV', [])
    separator = told or ('\t' if path.suffix.lower() == '.tsv' else _separator(path, text))
    rows = list(_rows(path, text, separator, skipped))
    if not rows:
        return Values('CSV', [])
    line, names = rows.pop(0)
    names = [name.strip() for name in names]
    while names and not names[-1]:
        names.pop()
    if doubled := {name for name in names if names.count(name) > 1}:
        raise ValueError(f'{tilde(path)}, line {line}: two columns are named {min(doubled)!r}; rename one of them')
    if len(names) == 1 and names[0].lower() not in {*KNOWN, str(field).lower()} and not _is_name(names[0]):
        raise ValueError(
            f'{tilde(path)}, line {line}: is {names[0][:60]!r} the name of the column, or text?  If its name, give '
            f'it as field=…; if text, put a line `prompt` above it'
        )
    values = []
    for number, row in rows:
        if any(cell.strip() for cell in row[len(names) :]):
            raise ValueError(
                f'{tilde(path)}, line {number} has {len(row)} columns, and the first line {len(names)}: put text with '
                f'{_SEPARATORS.get(separator, separator)} in it in "quotes"'
            )
        if any(cell.strip() for cell in row):  # Excel writes empty rows, too
            values.append((number, dict(zip(names, row + [None] * (len(names) - len(row)), strict=False))))
    if len(names) == 1 and names[0].lower() not in KNOWN and field is None:
        return Values(f'CSV, its only column {names[0]!r}', [(number, row[names[0]]) for number, row in values])
    return Values(f'CSV with {_SEPARATORS.get(separator, separator)}' if len(names) > 1 else 'CSV', values)


def _is_name(text: str) -> bool:
    return text.isascii() and text.replace('_', 'a').replace('-', 'a').isalnum() and len(text) <= 40


def _separator(path: Path, text: str) -> str:
    """What the first line is separated by."""
    heads = {}
    for separator in _SEPARATORS:
        names = next(csv.reader(io.StringIO(text, newline=''), delimiter=separator), [])
        if len([name for name in names if name.strip()]) > 1:
            heads[separator] = {name.strip().lower() for name in names}
    if len(heads) > 1:  # one of them may be part of a name
        heads = {s: names for s, names in heads.items() if names & KNOWN and _is_even(text, s)} or heads
    if len(heads) > 1:
        which = ' or '.join(_SEPARATORS[separator] for separator in heads)
        raise ValueError(
            f'{tilde(path)}, line 1: are the columns separated by {which}?  Put a line such as `sep={min(heads)}` above'
        )
    return next(iter(heads), ',')


def _is_even(text: str, separator: str) -> bool:
    try:
        return len({len(row) for row in csv.reader(io.StringIO(text, newline=''), delimiter=separator) if row}) == 1
    except csv.Error:
        return False


def _rows(path: Path, text: str, separator: str, skipped: int) -> Iterator[tuple[int, list[str]]]:
    """Rows that are not empty, with the line that each begins in."""
    limit = csv.field_size_limit(len(text) + 1)  # a text may be longer than 128 KiB
    rows, line = csv.reader(io.StringIO(text, newline=''), delimiter=separator, strict=True), 1 + skipped
    try:
        for row in rows:
            if any(cell.strip() for cell in row):
                yield line, row
            line = rows.line_num + 1 + skipped
    except csv.Error as error:
        raise ValueError(f'{tilde(path)}, line {line} is not CSV: {error}') from None
    finally:
        csv.field_size_limit(limit)
