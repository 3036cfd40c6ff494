"""Evidence of one task: a JSON object in submission/evidence/, and the short code that stands for it.

What the object holds is in `schema.py`.  It proves nothing that its maker does not want it to prove: it keeps
honest people from mixing things up, and makes a careless change visible.
"""

import base64
import datetime
import hashlib
import json
from pathlib import Path

from helpers.files import tilde, write_whole
from lessons import learner
from lessons.submission import FOLDER_VARIABLE, submission_folder

from .leftovers import is_leftover
from .schema import SCHEMA, Evidence, checked
from .tasks import TASKS

ROOT = Path(__file__).resolve().parent.parent
CLOCK_STEP = datetime.timedelta(
    minutes=2
)  # that a clock may be set back by while somebody works: no order by times is finer


class HomeworkError(ValueError):
    """Something is missing, or was done in another order than it can be; the message says what to do."""


def canonical(content) -> bytes:
    """The one way to write `content` as JSON, to be hashed."""
    return json.dumps(
        content, sort_keys=True, ensure_ascii=False, separators=(',', ':'), allow_nan=False
    ).encode('utf-8')  # fmt: skip


def short_code(content: dict) -> str:
    """Ten characters that stand for the content of evidence, as XXXX-XXXX-XX: they are on its card, too."""
    coded = {key: value for key, value in content.items() if key != 'code'}
    digits = base64.b32encode(hashlib.sha256(canonical(coded)).digest()).decode()
    return f'{digits[:4]}-{digits[4:8]}-{digits[8:10]}'


def text_sha256(lines: list[str]) -> str:
    """SHA-256 of texts, a line each: which questions they are."""
    return hashlib.sha256('\n'.join(lines).encode()).hexdigest()


def now() -> str:
    """UTC, to the second."""
    return datetime.datetime.now(datetime.UTC).strftime('%Y-%m-%dT%H:%M:%SZ')


def parsed_time(text: str) -> datetime.datetime:
    """What `now()` wrote.  ValueError, if it is no time."""
    return datetime.datetime.strptime(text, '%Y-%m-%dT%H:%M:%SZ').replace(tzinfo=datetime.UTC)


def check_name(name) -> str:
    """The learner's name, without blanks around it.  HomeworkError, if it is none."""
    try:
        return learner.check_name(name)
    except ValueError as error:
        raise HomeworkError(*error.args) from None


def evidence_path(task: str, folder: Path | None = None) -> Path:
    return (folder or submission_folder()) / 'evidence' / f'{task}.json'


def as_json(content: dict) -> bytes:
    """`content` as the file holds it."""
    return (json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + '\n').encode()


def write_evidence(evidence: Evidence, folder: Path | None = None) -> Path:
    """Put the evidence in its place, whole or not at all."""
    path = evidence_path(evidence.task, folder)
    try:
        write_whole(path, as_json(evidence.plain()))
    except OSError as error:
        error.add_note(f'${FOLDER_VARIABLE} can name another folder for your homework.')
        raise
    return path


def read_evidence(path: Path) -> Evidence:
    """The evidence in the file `path`.

    Raises HomeworkError, saying what to do, if it is no evidence, is another task's than its name says, or was changed
    after it was made.
    """
    again = f'do the task again in its notebook, or delete {tilde(path)}'
    try:
        content = json.loads(path.read_text(encoding='utf-8'))
    except (OSError, ValueError) as error:
        raise HomeworkError(f'{tilde(path)} cannot be read ({error}): {again}') from None
    if not isinstance(content, dict) or content.get('schema') != SCHEMA:
        raise HomeworkError(f'{tilde(path)} is not evidence of this version of the course: {again}')
    found = content.get('task')
    task = TASKS.get(found) if isinstance(found, str) else None
    if task is None or task.id != path.stem:
        raise HomeworkError(f'{tilde(path)} holds the evidence of {found!r}, not of {path.stem!r}: {again}')
    if (found := content.get('chapter')) != task.chapter:
        raise HomeworkError(f'{tilde(path)} comes from chapter {found}, and {task.id} is of {task.chapter}: {again}')
    if content.get('code') != short_code(content):
        raise HomeworkError(f'{tilde(path)} was changed after it was made (its code does not fit): {again}')
    try:
        return checked(content, Evidence)
    except ValueError as error:
        raise HomeworkError(f'{tilde(path)} is no evidence ({error}): {again}') from None


def read_all(folder: Path | None = None) -> list[Evidence]:
    """All evidence there is, in the order of the tasks; HomeworkError for a file that is none."""
    there = (folder or submission_folder()).glob('evidence/*.json')
    found = {path.stem: path for path in there if not is_leftover(path.name)}
    if odd := sorted(found.keys() - TASKS.keys()):
        raise HomeworkError(f'{tilde(found[odd[0]])} belongs to no task of this course: delete it')
    return [read_evidence(found[task]) for task in TASKS if task in found]
