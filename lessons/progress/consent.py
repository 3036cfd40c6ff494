"""Whether this learner agreed that the instructor sees where they are; no, until they say so, and for one folder."""

import contextlib
import json
import os
import re
import secrets
from pathlib import Path

from helpers.files import lock_of, locked, read_json, tilde, write_whole

from ..learner import course_home

VARIABLE = 'COURSE_CLASS'


def class_folder(environ=os.environ) -> Path | None:
    """The class's shared folder, $COURSE_CLASS; None: this is no class."""
    named = environ.get(VARIABLE)
    return Path(named).expanduser().absolute() if named else None


def own_report() -> Path | None:
    """The file in which this learner agreed to report; None: no class, or they did not agree with this one."""
    agreed = _agreed()
    return agreed if agreed and agreed.parent == class_folder() else None


def agree(yes: bool) -> None:
    """Keep what the learner said; a no takes back a yes, and what was reported.  OSError says what cannot be done."""
    folder = class_folder()
    if yes and not (folder and folder.is_dir()):
        raise OSError(f'{VARIABLE}={tilde(folder or "")} is no folder here: ask your instructor for the right one')
    with locked(lock_of(_file())):
        if yes and own_report():
            return
        if before := _agreed():
            before.unlink(missing_ok=True)
        _file().unlink(missing_ok=True)
        if yes:
            answer = {'folder': str(folder), 'id': secrets.token_hex(16)}  # not to be guessed by others in the class
            write_whole(_file(), (json.dumps(answer, indent=1) + '\n').encode(), mode=0o600)


@contextlib.contextmanager
def while_agreed():
    """`with while_agreed() as path`: own_report(), which nobody takes back before the block ends."""
    with locked(lock_of(_file())):
        yield own_report()


def _agreed() -> Path | None:
    """Where the learner agreed to report, be it to this class or to another one."""
    with contextlib.suppress(ValueError, OSError):  # a spoiled answer is no yes
        said = read_json(_file())
        if re.fullmatch('[0-9a-f]{32}', str(said.get('id'))) and isinstance(said.get('folder'), str):
            return Path(said['folder'], f'{said["id"]}.json')
    return None


def _file() -> Path:
    return course_home() / 'work' / 'class.json'
