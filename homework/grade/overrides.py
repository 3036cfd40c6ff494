"""overrides.csv: what the instructor decided, a line for a learner's task.  It is read at each run, and never written.

student,task,points,comment
王小明,story,15,The screenshot came by mail.
"""

import difflib
import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from helpers.files import tilde
from homework.tasks import Task
from lessons.text_files.forms import values_of

from .csv_files import TableError, text_of
from .reading import Submission
from .rubric import GRADED
from .table import visible
from .verdicts import Override
from .weights import task_named

NAME = 'overrides.csv'
_NEEDED, _COLUMNS = ('student', 'task', 'points'), ('student', 'task', 'points', 'comment')
_POINTS = re.compile(r'\d{1,9}([.,]\d{1,2})?', re.ASCII)  # 7,5 is what a spreadsheet writes in half of Europe
_LISTED = 20  # students that an error names: the nearest ones


class OverridesError(TableError):
    """Overrides that cannot be followed; the message names the line, what is known, and what to do."""


@dataclass(frozen=True)
class Line:
    """A line of the file; the task is known already, the student not yet."""

    number: int
    student: str
    task: Task
    override: Override


@dataclass(frozen=True)
class Overrides:
    """The lines of a file, and how its bytes were read."""

    path: Path
    encoding: str
    lines: tuple[Line, ...]

    def of(self, submissions: list[Submission]) -> dict[tuple[int, str], Override]:
        """For the number of a submission and a task's id what the instructor decided.

        A student is the name in a submission as the table shows it, the student number on the roster, or the file where
        several bear that name.
        Raises OverridesError.
        """
        found, seen = {}, {}
        for line in self.lines:
            key = _number_of(self.path, line, submissions), line.task.id
            if key in seen:
                raise OverridesError(
                    f'{tilde(self.path)}, line {line.number}: student {line.student!r} and task {line.task.id!r} are '
                    f'in line {seen[key]} already: take one of the two lines out'
                )
            seen[key], found[key] = line.number, line.override
        return found


def read_overrides(path: Path, weights: dict[str, float] | None = None) -> Overrides:
    """Read a CSV file with the columns student, task, points, comment (the last may be left out).

    Args:
        weights: the points that tasks have here; None: the course's.

    Raises OverridesError, with the line: it is not there or cannot be read, or a task or points are none.
    """
    if not path.is_file():
        raise OverridesError(f'there is no file {tilde(path)}: write it, or leave --overrides out')
    try:
        text, encoding = text_of(path, _NEEDED)
        # The first line is always names here: a single one is a mistake of ours to explain, not the reader's.
        values = values_of(path, text, 'csv', '\n', field=next(iter(text.splitlines()), '').strip()).values
    except ValueError as error:
        raise OverridesError(str(error)) from None
    if not values and text.strip() and not all(name in text.lower() for name in _NEEDED):
        _refuse_columns(path, text.strip().splitlines()[0])  # a line, and no names above it
    lines = []
    for number, row in values:
        row = _columns(path, row)
        task = _task(path, number, row['task'])
        most = (weights or {}).get(task.id, task.points)
        override = Override(_points(path, number, row['points'], task, most), row['comment'])
        lines.append(Line(number, row['student'], task, override))
    return Overrides(path, encoding, tuple(lines))


def _columns(path: Path, row: dict[str, str | None]) -> dict[str, str]:
    """A row by the names that are known; what stands in none of them is an error, for it would be lost."""
    found = {name.strip().lower(): (cell or '').strip() for name, cell in row.items()}
    if not set(_NEEDED) <= found.keys() <= set(_COLUMNS):
        _refuse_columns(path, ', '.join(map(str, row)))
    return {'comment': ''} | found


def _refuse_columns(path: Path, names: str) -> NoReturn:
    raise OverridesError(
        f'{tilde(path)}, line 1: the columns are {names[:200]!r}: the first line must be `student,task,points,comment`'
    )


def _task(path: Path, number: int, said: str) -> Task:
    """The task of this id, or with this title in either language."""
    if task := task_named(_plain(said)):
        return task
    known = ', '.join(task.id for task in GRADED)
    raise OverridesError(
        f'{tilde(path)}, line {number}: there is no graded task {said[:60]!r}: write one of {known}, or its title'
    )


def _points(path: Path, number: int, said: str, task: Task, most: float) -> float:
    if not _POINTS.fullmatch(said) or (points := float(said.replace(',', '.'))) > most:
        raise OverridesError(
            f'{tilde(path)}, line {number}: the points are {said[:60]!r}: task {task.id!r} has 0 to '
            f'{most:g}, with two decimals at most'
        )
    return points


def _number_of(path: Path, line: Line, submissions: list[Submission]) -> int:
    """Which of the submissions is the student's."""
    student, number = line.student, line.number
    wanted = _plain(student)
    counted = [(n, s) for n, s in enumerate(submissions) if not s.newer]
    numbered = [n for n, s in counted if s.person and _plain(s.person.number) == wanted]
    named = [n for n, s in counted if wanted in (_plain(s.name), _plain(s.shown))]
    found = numbered or named or [n for n, s in enumerate(submissions) if _plain(s.file) == _plain(student)]
    if len(found) == 1:
        return found[0]
    if found:
        files = ', '.join(visible(submissions[n].file) for n in found[:_LISTED])
        raise OverridesError(
            f'{tilde(path)}, line {number}: {len(found)} submissions are of {student!r} ({files}): '
            f'write the file instead of the name, and give each file a name of its own'
        )
    names = sorted({visible(s.shown) for s in submissions}, key=lambda name: (-_likeness(name, student), name))
    known = ', '.join(names[:_LISTED]) + ', …' * (len(names) > _LISTED) or 'none'
    raise OverridesError(
        f'{tilde(path)}, line {number}: no submission is of {student[:60]!r} (known: {known}): write the '
        f'name as the table shows it, grade that submission, too, or take the line out'
    )


def _likeness(a: str, b: str) -> float:
    return difflib.SequenceMatcher(None, a[:60], b[:60]).ratio()


def _plain(text: str) -> str:
    """One text for all that look the same, with or without the quote that keeps a spreadsheet from calculating."""
    return ' '.join(unicodedata.normalize('NFC', visible(text)).split()).removeprefix("'")
