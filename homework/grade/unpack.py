"""Take a learner's zip apart without harm: what it may hold is checked before anything is written.

A zip can name files outside its folder, hold links, or unpack to a thousand times its size.  `unpack` refuses each of
those with a message that can be sent to the learner, and leaves either the whole submission in its folder or nothing.

Learners and learning platforms also take a good zip apart and make it again: `zip_names` puts right what that changes.
"""

import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from helpers.files import tilde, whole_folder
from helpers.memory import MIB

from .zip_names import BadSubmissionError, checked_name, is_folder, named_entries, quoted, without_folders_around

# A submission is below 64 MiB and 200 files (`pack`); a grader is a little more generous.
MOST_ARCHIVE_BYTES = 80 * MIB
MOST_FILES = 400
MOST_FILE_BYTES = 32 * MIB
MOST_BYTES = 160 * MIB  # of all files, unpacked
MOST_ENTRIES = 1000  # of its list: a Mac adds one to each file, and one for a folder
MOST_DIRECTORY_BYTES = 256 << 10  # the zip's own list of files
_COPY_BYTES = 1 << 16

_END, _END_BYTES = b'PK\x05\x06', 22
_END64_LOCATOR, _END64_LOCATOR_BYTES = b'PK\x06\x07', 20
_ENCRYPTED = 0x1
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


def unpack(archive: Path | str, folder: Path | str) -> list[str]:
    """Unpack a submission's zip into `folder`, which must not exist.

    Returns the paths of its files, sorted, without the folders around manifest.json and without what systems leave
    (`is_leftover`).  Modes, times and comments of the zip are left behind.

    Raises:
        BadSubmissionError: it is not a zip, is cut off or damaged, too large, or holds what no submission holds: a path
            outside, a link, an encrypted file, two files of one name.  Then there is no `folder`.
    """
    archive, folder = Path(archive), Path(folder)
    _check_archive(archive)
    if folder.exists():
        raise FileExistsError(f'{tilde(folder)} is there: unpack into a new folder')
    try:
        with whole_folder(folder) as work, zipfile.ZipFile(archive) as opened:
            members = _checked_members(opened.infolist())
            left = MOST_BYTES
            for path, member in members.items():
                left -= _extract(opened, member, work / path, left)
    except (zipfile.BadZipFile, zlib.error, EOFError, struct.error, NotImplementedError) as error:
        raise BadSubmissionError(
            f'the zip is damaged or cut off ({error}): pack it again and upload the whole file'
        ) from None
    except UnicodeError:
        raise BadSubmissionError('a name in the zip is not text: pack it with `make submission`') from None
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
    if count > MOST_ENTRIES or directory_bytes > MOST_DIRECTORY_BYTES:
        raise BadSubmissionError(f'{count} files; a submission has at most {MOST_FILES}')


def _checked_members(infos: Iterable[zipfile.ZipInfo]) -> dict[str, zipfile.ZipInfo]:
    """The files by path, or an error that names the first one that must not be there."""
    infos = list(infos)
    if len(infos) > MOST_ENTRIES:
        raise BadSubmissionError(f'{len(infos)} files; a submission has at most {MOST_FILES}')
    if any(info.header_offset < 0 for info in infos):
        raise zipfile.BadZipFile('its list of files points before its beginning')
    entries = without_folders_around(named_entries(infos))
    members, seen, folders = {}, {}, {}
    for name, info in entries:
        path = checked_name(name)
        same = _folded(path)
        for parent in list(PurePosixPath(same).parents)[:-1]:
            folders[str(parent)] = path
        if is_folder(name, info):
            folders[same] = path
            continue
        if same in seen:
            raise BadSubmissionError(
                f'{quoted(path)} and {quoted(seen[same])}: two files of one name, as some disks see them'
            )
        seen[same] = path
        if info.flag_bits & _ENCRYPTED:
            raise BadSubmissionError(f'{quoted(path)} is encrypted: pack it without a password')
        if info.compress_type not in _METHODS:
            raise BadSubmissionError(f'{quoted(path)} is compressed in an unusual way: pack it with `make submission`')
        if info.file_size > MOST_FILE_BYTES:
            raise BadSubmissionError(_too_large(path))
        members[path] = info
    if both := sorted(folders.keys() & seen.keys()):
        raise BadSubmissionError(f'{quoted(seen[both[0]])} is a file and a folder at once')
    if len(members) > MOST_FILES:
        raise BadSubmissionError(f'{len(members)} files; a submission has at most {MOST_FILES}')
    if sum(info.file_size for info in members.values()) > MOST_BYTES:
        raise BadSubmissionError(_too_much())
    if not members:
        raise BadSubmissionError('the zip holds no file')
    inner = [path for path in members if path.lower().endswith('.zip')]
    if inner and 'manifest.json' not in members:
        raise BadSubmissionError(
            f'holds other zips ({quoted(inner[0])}, {len(inner)} in all): unpack it once, and give the zips in it'
        )
    return members


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


def _too_large(path: str) -> str:
    return f'{quoted(path)} unpacks to more than {MOST_FILE_BYTES // MIB} MiB: no file of a submission is so large'


def _too_much() -> str:
    return f'it unpacks to more than {MOST_BYTES // MIB} MiB: no submission is so large'
