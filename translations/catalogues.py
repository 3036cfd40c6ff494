"""Catalogues of the Chinese in translations/zh: PO files, without header and places, a line to a message."""

import io
import os
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

CATALOGUES = Path(__file__).resolve().parent / 'zh'


def empty() -> Catalog:
    return Catalog(locale='zh', fuzzy=False)


def read(path: Path) -> Catalog:
    """What is translated so far; empty where there is no file yet.  Raises ValueError for a file that is no PO."""
    if not path.exists():
        return empty()
    try:
        with open(path, 'rb') as file:
            return read_po(file, locale='zh', abort_invalid=True)
    except Exception as error:
        raise ValueError(f'{path} is no catalogue: {error}') from None


def content(catalogue: Catalog) -> bytes:
    """The file that holds a catalogue."""
    whole = io.BytesIO()
    options = {'omit_header': True, 'no_location': True, 'ignore_obsolete': True, 'include_previous': True}
    write_po(whole, catalogue, width=0, **options)
    return whole.getvalue()


def updated(path: Path, english: Catalog) -> tuple[Catalog, str]:
    """The catalogue in the file `path` brought up to date with its English, and what there is to say of it."""
    catalogue = read(path)
    catalogue.update(english, update_header_comment=False)
    missing = sum(1 for m in catalogue if m.id and not m.string)
    fuzzy = sum(1 for m in catalogue if m.id and m.fuzzy)
    said = f'{os.path.relpath(path)}: {len(english)} messages, {missing} to translate, {fuzzy} to look over'
    return catalogue, said


def chinese(text: str, context: str | None, catalogue: Catalog) -> str:
    """The text in Chinese; without a translation, or with one that is fuzzy, it stays English."""
    message = catalogue.get(text, context)
    return message.string if message is not None and message.string and not message.fuzzy else text


def problems(path: Path, english: Catalog) -> list[str]:
    """What keeps the Chinese from being whole: messages that are missing, fuzzy or obsolete."""
    have, keys = read(path), {(m.id, m.context) for m in english if m.id}
    where, found = os.path.relpath(path, CATALOGUES.parent.parent), []
    for text, context in sorted(keys, key=str):
        message = have.get(text, context)
        state = 'missing' if message is None or not message.string else 'fuzzy' if message.fuzzy else ''
        found += [f'{where}: {state}: {context or "page"}: {text[:60]!r}'] * bool(state)
    obsolete = [m for m in have if m.id and (m.id, m.context) not in keys]
    return found + [f'{where}: obsolete: {m.context or "page"}: {m.id[:60]!r}' for m in obsolete]
