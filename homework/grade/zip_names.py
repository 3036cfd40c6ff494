"""The names in a learner's zip: safe below one folder, and as `pack` gave them, whoever made the zip again.

What macOS, Windows, Moodle and archivers change is put right: the folder around all files, files that systems leave
beside others, names in another encoding, backslashes as separators, upper case.  What leads outside is refused.
"""

import re
import stat
import struct
import unicodedata
import zipfile
import zlib

from homework.leftovers import is_leftover

MOST_PATH_BYTES, MOST_FOLDERS = 200, 4  # in the submission; as many folders may lie around it
_UTF8 = 0x800  # bit of a file's flags
_DOS_FOLDER = 0x10
_UNICODE_PATH = 0x7075  # Info-ZIP's extra field with the name in UTF-8, for names in another encoding
_WINDOWS_DEVICES = {'con', 'prn', 'aux', 'nul', *(f'{port}{n}' for port in ('com', 'lpt') for n in range(1, 10))}
# The names that `pack` gives, for systems that turned them into upper case.
_PACKED = re.compile(r'(?:manifest|evidence)\.json|submission\.(?:html|pdf)|(?:cards|screenshots)/[a-z0-9-]+\.png')


class BadSubmissionError(ValueError):
    """A file that cannot be graded; the message says what is wrong and what to do."""


def named_entries(infos: list[zipfile.ZipInfo]) -> list[tuple[str, zipfile.ZipInfo]]:
    """All that people put into the zip, by safe relative paths with `/`; a folder's ends with one."""
    names = [_name_of(info) for info in infos]
    if all(name.startswith('./') for name in names):  # as `tar` on Windows and 7-Zip pack a folder from within
        names = [name.removeprefix('./') for name in names]
    entries = []
    for name, info in zip(names, infos, strict=True):
        if not name:
            continue  # the folder itself
        path = _safe_path(name)
        kind = stat.S_IFMT(info.external_attr >> 16)
        if kind == stat.S_IFLNK:
            raise BadSubmissionError(f'{quoted(path)} is a link: put in the file itself')
        if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
            raise BadSubmissionError(f'{quoted(path)} is neither a file nor a folder')
        if not is_leftover(path):
            entries.append((path, info))
    return entries


def _name_of(info: zipfile.ZipInfo) -> str:
    """The entry's name as text.

    Without the flag for UTF-8 the encoding is that of the system that made the zip: an extra field tells, or UTF-8
    (macOS), or GB18030 (Windows in Chinese, GBK).  A wrong guess changes no path of a submission: all are ASCII.
    """
    if info.flag_bits & _UTF8 or info.orig_filename.isascii():
        return info.orig_filename
    raw = info.orig_filename.encode('cp437')  # how zipfile read it
    extra = info.extra
    while len(extra) >= 4:
        kind, size = struct.unpack('<HH', extra[:4])
        field, extra = extra[4 : 4 + size], extra[4 + size :]
        if kind == _UNICODE_PATH and len(field) > 5 and field[:5] == struct.pack('<BL', 1, zlib.crc32(raw)):
            return field[5:].decode('utf-8')
    for encoding in ('utf-8', 'gb18030'):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return info.orig_filename


def _safe_path(name: str) -> str:
    """`name`, which may have backslashes for separators, as a relative path with `/` that stays below its folder."""
    if '\0' in name:
        raise BadSubmissionError(f'{quoted(name)}: a name with invisible characters')
    if name.startswith(('/', '\\')) or (len(name) > 1 and name[1] == ':'):
        raise BadSubmissionError(f'{quoted(name)} is an absolute path; paths of a submission begin in its own folder')
    path = name.replace('\\', '/')
    parts = path.removesuffix('/').split('/')
    if '..' in parts and path != name:
        raise BadSubmissionError(f'{quoted(name)} has a backslash, and leads outside: pack it with `make submission`')
    if '..' in parts:
        raise BadSubmissionError(f'{quoted(name)} leads outside the submission')
    if any(part in ('', '.') for part in parts):
        raise BadSubmissionError(f'{quoted(name)} is not a plain path')
    return path


def without_folders_around(entries: list[tuple[str, zipfile.ZipInfo]]) -> list[tuple[str, zipfile.ZipInfo]]:
    """The entries without the folders that hold all of them, where manifest.json lies in one: somebody unpacked the
    zip, and packed the folder that came of it."""
    manifests = [name for name, info in entries if _base(name) == 'manifest.json' and not is_folder(name, info)]
    depth = min((name.count('/') for name in manifests), default=0)
    tops = sorted({name[: -len('manifest.json')] for name in manifests if name.count('/') == depth})
    if len(tops) > 1 and depth:
        raise BadSubmissionError(
            f'holds {len(tops)} submissions ({", ".join(map(quoted, tops[:2]))}…): give each as a zip of its own'
        )
    if not depth:
        return entries
    top = tops[0]
    kept = []
    for name, info in entries:
        if name.startswith(top):
            kept += [(name[len(top) :], info)] if name != top else []
        elif not (is_folder(name, info) and top.startswith(name.removesuffix('/') + '/')):
            raise BadSubmissionError(
                f'manifest.json lies in the folder {quoted(top)}, and {quoted(name)} beside that folder: '
                f'send the zip as `make submission` wrote it'
            )
    if depth > MOST_FOLDERS:
        raise BadSubmissionError(f'{quoted(top)}: too long, or in too many folders')
    return kept


def is_folder(name: str, info: zipfile.ZipInfo) -> bool:
    told = stat.S_ISDIR(info.external_attr >> 16) or info.external_attr & _DOS_FOLDER
    return name.endswith('/') or bool(told and info.file_size == 0)


def _base(name: str) -> str:
    return name.rpartition('/')[2].lower()


def checked_name(name: str) -> str:
    """A safe path as one that every system can write, spelled as `pack` spells it."""
    if any(unicodedata.category(letter) in ('Cc', 'Cf', 'Cs') for letter in name):
        raise BadSubmissionError(f'{quoted(name)}: a name with invisible characters')
    path = name.removesuffix('/')
    parts = path.split('/')
    if len(name.encode('utf-8')) > MOST_PATH_BYTES or len(parts) > MOST_FOLDERS:
        raise BadSubmissionError(f'{quoted(name)}: too long, or in too many folders')
    for part in parts:
        if part.endswith(('.', ' ')) or part.split('.')[0].casefold() in _WINDOWS_DEVICES or set(part) & set('<>:"|?*'):
            raise BadSubmissionError(f'{quoted(name)} is no name for a file on every system')
    if path.isascii() and path.lower() == 'readme.md':
        return 'README.md'
    return path.lower() if path.isascii() and _PACKED.fullmatch(path.lower()) else path


def quoted(name: str) -> str:
    """A name for a message: short, nothing invisible."""
    return ascii(name) if len(name) <= 60 else ascii(name[:57]) + '…'
