"""What was handed in, and by whom as far as its path tells: files, folders and archives of a whole class.

Three layouts tell the owner: Moodle's download (`NAME_48213_assignsubmission_file_/…`, or those words before the file's
name), nbgrader's (`submitted/STUDENT/ASSIGNMENT/…`, `autograded/…`), and a folder for each learner.
"""

import re
import shutil
import stat
import unicodedata
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from helpers.memory import MIB
from homework.leftovers import is_leftover

from .unpack import MOST_ARCHIVE_BYTES, MOST_BYTES, MOST_FILES, BadSubmissionError
from .zip_names import is_folder, named_entries, quoted

_MOODLE = re.compile(r'(?P<name>.+?)_(?P<participant>\d{1,12})_assignsubmission_(?:file|onlinetext)(?:_.*)?', re.DOTALL)
_NBGRADER = {'submitted', 'autograded'}
_NOT_NAMES = {*_NBGRADER, 'homework', 'submission', 'submissions', 'collected', '作业', '提交'}  # of folders
_OTHER_ARCHIVES = ('.rar', '.7z', '.tar', '.gz', '.tgz', '.xz', '.bz2')
_AGAIN = re.compile(r'\s*[(（]\d{1,3}[)）]$')  # 'submission-li (2)', as a browser saves the second one
_MOST_CLASS_BYTES, _MOST_CLASS_ENTRIES, _MOST_NESTED = 8 << 30, 50_000, 3


@dataclass(frozen=True)
class Owner:
    """Whose a file is, as its path says; '' for what it does not say."""

    name: str = ''
    key: str = ''  # the same for all that one learner handed in, where the layout tells learners apart
    participant: str = ''  # Moodle's number for this assignment


NOBODY = Owner()


@dataclass(frozen=True)
class Handed:
    """One submission, not looked into yet.  `archive` is a zip; `file` is its path as people know it."""

    archive: Path
    file: str
    owner: Owner = NOBODY


@dataclass(frozen=True)
class Refused:
    """What is no submission: a sentence says why."""

    file: str
    why: str
    owner: Owner = NOBODY


class _Nothing(str):
    """Why, of a learner's folder that holds no submission: no matter where another folder of theirs does."""


def handed_in(paths: list[Path], scratch: Path) -> tuple[list[Handed], list[Refused]]:
    """All submissions in these files and folders, in any nesting, in their order; and what cannot be one.

    Args:
        scratch: a folder for archives of a class, unpacked, and for folders that hold an unpacked submission.
    """
    found = []  # (path as shown, a zip or a folder or a sentence)
    for path in paths:
        shown = path.name or str(path)
        found += _in_folder(path, '', scratch) if path.is_dir() else _in_file(path, shown, scratch, 0)
    names = [name for name, _ in found]
    if len(set(names)) < len(names):  # a/x.zip and b/x.zip, named one by one
        found = [(f'{n}/{name}' if names.count(name) > 1 else name, what) for n, (name, what) in enumerate(found, 1)]
    owners = _owners([name for name, _ in found])
    handed, refused = [], []
    for name, what in found:
        if isinstance(what, str):
            refused.append(Refused(name, what, owners[name]))
            continue
        try:
            archive = _zipped(what, scratch) if what.is_dir() else what
            handed.append(Handed(archive, name, owners[name]))
        except BadSubmissionError as error:
            refused.append(Refused(name, str(error), owners[name]))
    there = {one.owner.key for one in handed} - {''}
    return handed, [r for r in refused if not (isinstance(r.why, _Nothing) and r.owner.key in there)]


def _in_folder(folder: Path, shown: str, scratch: Path, nested: int = 0) -> Iterator[tuple[str, Path | str]]:
    """Submissions below a folder.  Other files say nothing, but where a learner's folder holds nothing else."""
    entries = [p for p in sorted(folder.iterdir()) if not is_leftover(p.name)]
    if any(p.name.lower() == 'manifest.json' and p.is_file() for p in entries):
        yield shown or folder.name, folder
        return
    count, others = 0, []
    for path in entries:
        name = f'{shown}/{path.name}' if shown else path.name
        if path.is_dir() and not path.is_symlink():
            below = list(_in_folder(path, name, scratch, nested))
        elif path.suffix.lower() == '.zip' or path.name.lower().endswith(_OTHER_ARCHIVES):
            below = list(_in_file(path, name, scratch, nested))
        else:
            others.append(path.name)
            below = []
        count += len(below)
        yield from below
    if not count and _is_a_learners(shown):
        there = ', '.join(quoted(name) for name in others[:3]) or 'nothing'
        yield shown, _Nothing(f'no submission in it: a submission-….zip is missing; there is {there}')


def _is_a_learners(shown: str) -> bool:
    parts = PurePosixPath(shown).parts
    return bool(parts and _MOODLE.fullmatch(parts[-1])) or (len(parts) > 1 and parts[-2].lower() in _NBGRADER)


def _in_file(path: Path, shown: str, scratch: Path, nested: int) -> Iterator[tuple[str, Path | str]]:
    """A submission, or those in the archive of a class."""
    if path.name.lower().endswith(_OTHER_ARCHIVES):
        yield shown, f'an archive of another kind ({path.suffix}): hand in the .zip that `make submission` writes'
        return
    try:
        entries = _entries_of_a_class(path)
        if entries is None or nested >= _MOST_NESTED:
            yield shown, path
            return
        folder = scratch / f'class-{len(list(scratch.iterdir()))}'
        too_large = _unpack_class(path, entries, folder)
    except BadSubmissionError as error:
        yield shown, str(error)
        return
    except (zipfile.BadZipFile, OSError, UnicodeError, NotImplementedError, RuntimeError, EOFError, ValueError):
        yield shown, path  # `unpack` says what is wrong with it
        return
    for name in too_large:
        yield f'{shown}/{name}', f'more than {MOST_ARCHIVE_BYTES // MIB} MiB: no submission is so large'
    yield from _in_folder(folder, shown, scratch, nested + 1)


def _entries_of_a_class(path: Path) -> list[tuple[str, zipfile.ZipInfo]] | None:
    """The entries of a zip that holds zips, or several submissions; None: it is a submission, or nothing we know."""
    with zipfile.ZipFile(path) as opened:
        infos = opened.infolist()
    names = [info.orig_filename.replace('\\', '/') for info in infos if not is_leftover(info.orig_filename)]
    tops = {name.rpartition('/')[0] for name in names if name.lower().rpartition('/')[2] == 'manifest.json'}
    inner = any(name.lower().endswith('.zip') for name in names)
    if len(infos) > _MOST_CLASS_ENTRIES or '' in tops or (len(tops) == 1 and not inner) or not (tops or inner):
        return None
    return named_entries(infos)


def _unpack_class(path: Path, entries: list[tuple[str, zipfile.ZipInfo]], folder: Path) -> list[str]:
    """Write the files of a class's archive below `folder`; returns those that are too large, and were left out."""
    left, too_large = _MOST_CLASS_BYTES, []
    folder.mkdir()
    with zipfile.ZipFile(path) as opened:
        for name, info in entries:
            target = folder / name.removesuffix('/')
            if is_folder(name, info):
                target.mkdir(parents=True, exist_ok=True)
                continue
            if info.file_size > MOST_ARCHIVE_BYTES:
                too_large.append(name)
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            with opened.open(info) as source, open(target, 'xb') as file:
                left -= len(content := source.read(MOST_ARCHIVE_BYTES + 1))
                if left < 0 or len(content) > MOST_ARCHIVE_BYTES:
                    raise BadSubmissionError(f'{quoted(name)} unpacks to more than its zip says, or all is too much')
                file.write(content)
    return too_large


def _zipped(folder: Path, scratch: Path) -> Path:
    """An unpacked submission as a zip again: so it is looked over as all others are."""
    files, total = [], 0
    for path in sorted(folder.rglob('*')):
        name = path.relative_to(folder).as_posix()
        if is_leftover(name) or (path.is_dir() and not path.is_symlink()):
            continue
        if not stat.S_ISREG(path.lstat().st_mode):
            raise BadSubmissionError(f'{quoted(name)} is a link: put in the file itself')
        files.append((path, name))
        total += path.stat().st_size
        if len(files) > MOST_FILES or total > MOST_BYTES:
            raise BadSubmissionError(f'a folder of more than {MOST_FILES} files or {MOST_BYTES // MIB} MiB')
    archive = scratch / f'folder-{len(list(scratch.iterdir()))}.zip'
    with zipfile.ZipFile(archive, 'w', zipfile.ZIP_STORED) as opened:
        for path, name in files:
            with path.open('rb') as source, opened.open(zipfile.ZipInfo(name), 'w') as target:  # the same bytes always
                shutil.copyfileobj(source, target)
    return archive


# -------------------------------------------------------------------------------------------------------------- owners


def _owners(names: list[str]) -> dict[str, Owner]:
    """For each path its owner; folders that all of them lie in say nothing, where others are left."""
    groups: dict[str, list[str]] = {}
    for name in names:
        top = name.partition('/')[0]
        groups.setdefault(top if top.lower().endswith('.zip') else '', []).append(name)
    return {name: _owner(name, _shared_folders(group)) for group in groups.values() for name in group}


def _shared_folders(names: list[str]) -> int:
    """How many folders all of these paths begin with; 0 for a single one."""
    folders = [PurePosixPath(name).parts[:-1] for name in names]
    levels = [len(set(parts)) > 1 for parts in zip(*folders, strict=False)]
    return (levels.index(True) if True in levels else len(levels)) if len(names) > 1 else 0


def _owner(path: str, common: int) -> Owner:
    folders = PurePosixPath(path).parts[:-1]
    for part in reversed(PurePosixPath(path).parts):
        if told := _MOODLE.fullmatch(part):
            name = _plain(told['name'])
            return Owner(name, f'moodle:{told["participant"]}', told['participant'])
    parts = PurePosixPath(path).parts
    for at, part in enumerate(parts[:-1]):
        if part.lower() in _NBGRADER:
            return Owner(_plain(parts[at + 1]), f'nbgrader:{parts[at + 1]}')
    told = [part for part in folders[common:] if part.lower() not in _NOT_NAMES and not part.lower().endswith('.zip')]
    if told:
        return Owner(_plain(told[0]), f'folder:{"/".join(folders[: folders.index(told[0]) + 1])}')
    stem = re.sub(r'^(submission|homework|作业)[ _-]*', '', PurePosixPath(path).stem, flags=re.IGNORECASE)
    return Owner(_plain(_AGAIN.sub('', stem)))


def _plain(text: str) -> str:
    return ' '.join(unicodedata.normalize('NFC', text).split())
