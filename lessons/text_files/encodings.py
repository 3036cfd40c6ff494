"""The text in the bytes of a file, where it is certain how they are meant."""

import codecs
import re
from pathlib import Path

from helpers.files import tilde

_MARKS = (  # the longer ones first: UTF-16's is the beginning of UTF-32's
    (codecs.BOM_UTF8, 'utf-8'),
    (codecs.BOM_UTF32_LE, 'utf-32-le'),
    (codecs.BOM_UTF32_BE, 'utf-32-be'),
    (codecs.BOM_UTF16_LE, 'utf-16-le'),
    (codecs.BOM_UTF16_BE, 'utf-16-be'),
    (b'\x84\x31\x95\x33', 'gb18030'),
)
_NO_TEXT = (
    (b'PK\x03\x04', 'an archive, such as those of Excel (.xlsx) and Word (.docx)'),
    (b'\xd0\xcf\x11\xe0', 'a document of old Office (.xls, .doc)'),
    (b'%PDF', 'a PDF'),
    (b'{\\rtf', 'rich text (.rtf)'),
    (b'PAR1', 'Parquet'),
    (b'\x1f\x8b', 'compressed (.gz)'),
)
_CONTROL = re.compile(r'[\x00-\x08\x0e-\x1a\ufffe\uffff]')
_CHINESE = re.compile(r'[\u3400-\u9fff]')


def decode(path: Path, content: bytes, encoding: str | None = None) -> tuple[str, str]:
    """Text and encoding of a file's bytes: `encoding`; else the one whose mark (BOM) they begin with, UTF-16 where the
    zero bytes of Latin letters, digits and line ends show it, or UTF-8.

    Raises ValueError, with the line and what to do, where they are none of these.
    """
    for begin, what in _NO_TEXT:
        if content.startswith(begin):
            raise ValueError(f'{tilde(path)} is no text but {what}: save it as text, or as CSV, in UTF-8')
    mark = next(((mark, name) for mark, name in _MARKS if content.startswith(mark)), None)
    if encoding is not None:
        return _as_told(path, content, encoding).removeprefix('\ufeff'), encoding
    if mark:
        content, encoding = content[len(mark[0]) :], mark[1]
    elif b'\0' in content:
        encoding = _utf16_without_mark(path, content)
    else:
        encoding = 'utf-8'
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        if encoding != 'utf-8':
            raise ValueError(
                f'{tilde(path)} is not UTF-8, and begins as {encoding.upper()} does, but byte {error.start} is none of '
                f"it ({error.reason}).  Save it as UTF-8 in your editor, or say what it is: encoding='…'"
            ) from None
        raise ValueError(_not_utf8(path, content, error)) from None
    if odd := _CONTROL.search(text):
        line = text.count('\n', 0, odd.start()) + 1
        raise ValueError(
            f'{tilde(path)}, line {line}: {odd[0]!r} stands in no text.  Save it as UTF-8 in your editor, or say '
            f"what it is, such as encoding='utf-16-le'"
        )
    return text.removeprefix('\ufeff'), encoding


def _as_told(path: Path, content: bytes, encoding: str) -> str:
    try:
        return content.decode(encoding)
    except LookupError:
        raise ValueError(f"encoding={encoding!r}: Python knows none of that name; 'gb18030' is one") from None
    except UnicodeError as error:
        start = getattr(error, 'start', 0)
        line = content.count(b'\n', 0, start) + 1
        raise ValueError(
            f'{tilde(path)} is not {encoding}: byte 0x{content[start]:02x} in line {line} (byte {start} of the file)'
        ) from None


def _utf16_without_mark(path: Path, content: bytes) -> str:
    """UTF-16's byte order: a Latin letter has its zero byte second in little endian, first in big endian."""
    first, second = content[0::2].count(0), content[1::2].count(0)
    encoding = 'utf-16-le' if not first else 'utf-16-be' if not second else None
    if encoding:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            text = '\0'
        if not _CONTROL.search(text):
            return encoding
    raise ValueError(
        f'{tilde(path)} is not UTF-8: byte {content.index(0)} of the file is zero, which no text has.  Is it a text '
        f"file?  If so, save it as UTF-8 in your editor, or say what it is, such as encoding='utf-16-le'"
    )


def _not_utf8(path: Path, content: bytes, error: UnicodeDecodeError) -> str:
    line = content.count(b'\n', 0, error.start) + 1
    said = (
        f'{tilde(path)} is not UTF-8: byte 0x{content[error.start]:02x} in line {line} (byte {error.start} of the '
        f'file).  Save it as UTF-8 in your editor, or try `iconv -f GB18030 -t UTF-8 OLD > NEW`'
    )
    try:
        chinese = content.decode('gb18030').split('\n')[line - 1].strip()
    except UnicodeDecodeError:
        return f"{said}; or say what it is: encoding='…'"
    if not _CHINESE.search(chinese):
        return f"{said}; or say what it is: encoding='…'"
    return f"{said}; if the line reads {chinese[:40]!r}, give encoding='gb18030'"
