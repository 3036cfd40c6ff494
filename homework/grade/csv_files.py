"""Files of the instructor's, as a spreadsheet saves them: rows by the names of their columns, or an error with the
line."""

from pathlib import Path

from helpers.files import tilde
from lessons.text_files.encodings import decode
from lessons.text_files.forms import values_of


class TableError(ValueError):
    """A file of the instructor's that cannot be followed; the message names the line, and what to do."""


def text_of(path: Path, names: tuple[str, ...]) -> tuple[str, str]:
    """Text and encoding.  A spreadsheet in Chinese saves CSV in GB18030, without a mark: it is that where one of the
    `names` of columns can be read in it; the command says so.

    Raises ValueError.
    """
    content = path.read_bytes()
    try:
        return decode(path, content)
    except ValueError:
        if b'\0' in content or not any(name.encode('gb18030') in content.lower() for name in names):
            raise
        try:
            return decode(path, content, 'gb18030')
        except ValueError:
            pass
        raise


def read_rows(path: Path, columns: dict[str, tuple[str, ...]], head: str) -> tuple[list[tuple[int, dict]], str]:
    """The rows of a CSV file as (line, {column: text}), and its encoding.

    Args:
        columns: for each column that is needed the names that it may have; others are left out.
        head: a first line that is right, for the error.

    Raises TableError.
    """
    if not path.is_file():
        raise TableError(f'there is no file {tilde(path)}')
    known = {alias: column for column, aliases in columns.items() for alias in aliases}
    try:
        text, encoding = text_of(path, tuple(known))
        values = values_of(path, text, 'csv', '\n', field=next(iter(text.splitlines()), '').strip()).values
    except ValueError as error:
        raise TableError(str(error)) from None
    if not values:
        raise TableError(f'{tilde(path)} has no lines below its first one: that must be `{head}`')
    rows = []
    for number, row in values:
        found: dict[str, str] = {}
        for name, cell in row.items() if isinstance(row, dict) else ():
            column = known.get(' '.join(name.replace('_', ' ').lower().split()))
            if column in found:
                raise TableError(f'{tilde(path)}, line 1: two columns are the {column}: leave one of them')
            if column:
                found[column] = (cell or '').strip().removeprefix("'")
        if found.keys() != columns.keys():
            raise TableError(f'{tilde(path)}, line 1: a column is missing: the first line must be `{head}`')
        rows.append((number, found))
    return rows, encoding
