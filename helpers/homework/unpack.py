"""Take a learner's zip apart without harm: what it may hold is checked before anything is written.

A zip can name files outside its folder, hold links, or unpack to a thousand times its size.  `unpack` refuses each of
those with a message that can be sent to the learner, and leaves either the whole submission in its folder or nothing.
"""

import shutil
import stat
import struct
import tempfile
import unicodedata
import zipfile
import zlib
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

MIB = 1 << 20
# A submission is below 64 MiB and 200 files (`pack`); a grader is a little more generous.
MOST_ARCHIVE_BYTES = 80 * MIB
MOST_FILES = 400
MOST_FILE_BYTES = 32 * MIB
MOST_BYTES = 160 * MIB  # of all files, unpacked
MOST_DIRECTORY_BYTES = 256 << 10  # the zip's own list of files
MOST_PATH_BYTES, MOST_FOLDERS = 200, 4
_COPY_BYTES = 1 << 16

_END, _END_BYTES = b'PK\x05\x06', 22
_END64_LOCATOR, _END64_LOCATOR_BYTES = b'PK\x06\x07', 20
_ENCRYPTED = 0x1
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_WINDOWS_DEVICES = {'con', 'prn', 'aux', 'nul', *(f'{port}{n}' for port in ('com', 'lpt') for n in range(1, 10))}


class BadSubmissionError(ValueError):
    """A file that cannot be graded; the message says what is wrong and what to do."""


def unpack(archive: Path | str, folder: Path | str) -> list[str]:
    """Unpack a submission's zip into `folder`, which must not exist.

    Returns the paths of its files, sorted.  Modes, times and comments of the zip are left behind.

    Raises:
        BadSubmissionError: it is not a zip, is cut off or damaged, too large, or holds what no submission holds: a path
            outside, a link, an encrypted file, two files of one name.  Then there is no `folder`.
    """
    archive, folder = Path(archive), Path(folder)
    _check_archive(archive)
    work = Path(tempfile.mkdtemp(prefix='.unpacking-', dir=folder.parent))
    try:
        with zipfile.ZipFile(archive) as opened:
            members = _checked_members(opened.infolist())
            left = MOST_BYTES
            for path, member in members.items():
                left -= _extract(opened, member, work / path, left)
        work.chmod(0o755)
        work.rename(folder)
    except (zipfile.BadZipFile, zlib.error, EOFError, struct.error, NotImplementedError) as error:
        raise BadSubmissionError(
            f'the zip is damaged or cut off ({error}): pack it again and upload the whole file'
        ) from None
    except UnicodeError:
        raise BadSubmissionError('a name in the zip is not text: pack it with `make submission`') from None
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return sorted(members)


def _check_archive(archive: Path) -> None:
    """Look at the file from outside, and at how many files it says it has, before zipfile reads that list."""
    try:
        size = archive.stat().st_size
        if not archive.is_file():
            raise BadSubmissionError('not a file: give the submission-….zip itself')
        with open(archive, 'rb') as file:
            file.seek(max(0, size - _END_BYTES - 0xFFFF - _END64_LOCATOR_BYTES))
            tail = file.read()
    except OSError as error:
        raise BadSubmissionError(f'cannot be read: {error.strerror}') from None
    if size == 0:
        raise BadSubmissionError('an empty file: the upload did not work, send it again')
    if size > MOST_ARCHIVE_BYTES:
        raise BadSubmissionError(f'{size / MIB:.0f} MiB; a submission has at most {MOST_ARCHIVE_BYTES // MIB} MiB')
    # The same two looks that zipfile takes: an end without a comment, then the last one anywhere.
    at = len(tail) - _END_BYTES
    if at < 0 or tail[at : at + 4] != _END or tail[-2:] != b'\0\0':
        at = tail.rfind(_END)
    if at < 0 or len(tail) - at < _END_BYTES:
        raise BadSubmissionError('not a whole zip: cut off while it was uploaded, or another kind of file')
    *_, count, directory_bytes, _, _ = struct.unpack('<4s4H2LH', tail[at : at + _END_BYTES])
    before = at - _END64_LOCATOR_BYTES
    if before >= 0 and tail[before : before + 4] == _END64_LOCATOR:
        raise BadSubmissionError('a Zip64 archive; no submission is so large: pack it with `make submission`')
    if count > MOST_FILES or directory_bytes > MOST_DIRECTORY_BYTES:
        raise BadSubmissionError(f'{count} files; a submission has at most {MOST_FILES}')


def _checked_members(infos: Iterable[zipfile.ZipInfo]) -> dict[str, zipfile.ZipInfo]:
    """The files by path, or an error that names the first one that must not be there."""
    members, seen, folders = {}, {}, {}
    infos = list(infos)
    if len(infos) > MOST_FILES:
        raise BadSubmissionError(f'{len(infos)} files; a submission has at most {MOST_FILES}')
    for info in infos:
        if info.header_offset < 0:
            raise zipfile.BadZipFile('its list of files points before its beginning')
        path = _checked_path(info.orig_filename)
        kind = stat.S_IFMT(info.external_attr >> 16)
        if kind == stat.S_IFLNK:
            raise BadSubmissionError(f'{_shown(path)} is a link: put in the file itself')
        if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
            raise BadSubmissionError(f'{_shown(path)} is neither a file nor a folder')
        same = _folded(path)
        for parent in list(PurePosixPath(same).parents)[:-1]:
            folders[str(parent)] = path
        if info.is_dir():
            folders[same] = path
            continue
        if same in seen:
            raise BadSubmissionError(
                f'{_shown(path)} and {_shown(seen[same])}: two files of one name, as some disks see them'
            )
        seen[same] = path
        if info.flag_bits & _ENCRYPTED:
            raise BadSubmissionError(f'{_shown(path)} is encrypted: pack it without a password')
        if info.compress_type not in _METHODS:
            raise BadSubmissionError(f'{_shown(path)} is compressed in an unusual way: pack it with `make submission`')
        if info.file_size > MOST_FILE_BYTES:
            raise BadSubmissionError(_too_large(path))
        members[path] = info
    if both := sorted(folders.keys() & seen.keys()):
        raise BadSubmissionError(f'{_shown(seen[both[0]])} is a file and a folder at once')
    if sum(info.file_size for info in members.values()) > MOST_BYTES:
        raise BadSubmissionError(_too_much())
    if not members:
        raise BadSubmissionError('the zip holds no file')
    return members


def _checked_path(name: str) -> str:
    """`name` as a path below the submission's folder."""
    if '\0' in name or any(unicodedata.category(letter) in ('Cc', 'Cf', 'Cs') for letter in name):
        raise BadSubmissionError(f'{_shown(name)}: a name with invisible characters')
    if name.startswith(('/', '\\')) or (len(name) > 1 and name[1] == ':'):
        raise BadSubmissionError(f'{_shown(name)} is an absolute path; paths of a submission begin in its own folder')
    if '\\' in name:
        raise BadSubmissionError(f'{_shown(name)} has a backslash: pack it with `make submission`')
    parts = name.removesuffix('/').split('/')
    if '..' in parts:
        raise BadSubmissionError(f'{_shown(name)} leads outside the submission')
    if any(part in ('', '.') for part in parts):
        raise BadSubmissionError(f'{_shown(name)} is not a plain path')
    if len(name.encode('utf-8')) > MOST_PATH_BYTES or len(parts) > MOST_FOLDERS:
        raise BadSubmissionError(f'{_shown(name)}: too long, or in too many folders')
    for part in parts:
        if part.endswith(('.', ' ')) or part.split('.')[0].casefold() in _WINDOWS_DEVICES or set(part) & set('<>:"|?*'):
            raise BadSubmissionError(f'{_shown(name)} is no name for a file on every system')
    return '/'.join(parts)


def _extract(opened: zipfile.ZipFile, member: zipfile.ZipInfo, target: Path, left: int) -> int:
    """Write one file and return its bytes; what the zip says of its size is not trusted."""
    target.parent.mkdir(parents=True, exist_ok=True)
    written = 0
    with opened.open(member) as source, open(target, 'xb') as file:
        while piece := source.read(_COPY_BYTES):
            written += len(piece)
            if written > MOST_FILE_BYTES:
                raise BadSubmissionError(_too_large(member.filename))
            if written > left:
                raise BadSubmissionError(_too_much())
            file.write(piece)
    return written


def _folded(path: str) -> str:
    """One text for all spellings that some file system takes for the same name."""
    return unicodedata.normalize('NFKC', unicodedata.normalize('NFKC', path).casefold())


def _shown(name: str) -> str:
    """A name for a message: short, nothing invisible."""
    return ascii(name) if len(name) <= 60 else ascii(name[:57]) + '…'


def _too_large(path: str) -> str:
    return f'{_shown(path)} unpacks to more than {MOST_FILE_BYTES // MIB} MiB: no file of a submission is so large'


def _too_much() -> str:
    return f'it unpacks to more than {MOST_BYTES // MIB} MiB: no submission is so large'
