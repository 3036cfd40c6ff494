"""grades.csv: what stands in it, and the table that stood there before."""

import csv
import datetime
import io
import itertools
import os
import shutil
from pathlib import Path

from helpers.files import write_whole
from homework.texts import Message, message, printable
from translations.messages import shown

from .rubric import GRADED
from .verdicts import WRONG

HEADS = {
    'number': message('number'),
    'name': message('name'),
    'file': message('file'),
    'total': message('total'),
    'status': message('status'),
    'packed': message('packed'),
    'late': message('late'),
    'why': message('why'),
    'wrong': message('wrong'),
    'look': message('look'),
    'remarks': message('remarks'),
    'report': message('report'),
    'machine_total': message('machine_total'),
    'instructor': message('instructor'),
}
_AFTER = ('status', 'packed', 'late', 'why', 'wrong', 'look', 'remarks', 'report', 'machine_total', 'instructor')
_COUNTS, _NOBODYS = message('graded'), message('graded; not on the roster')
_UNREADABLE, _ABSENT = message('could not be graded'), message('handed in nothing')
# What a spreadsheet takes for a formula's start.
_FORMULA = ('=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠')


def table_bytes(grading, language: str, places: dict, folder: str) -> bytes:
    """A row for each learner, then for what could not be graded, what is older, and who handed in nothing; UTF-8 with
    the mark that Excel asks for.

    The columns of tasks and `total` have the points that count; `instructor` says which of them are the instructor's,
    `why` what the missing ones were lost for.
    """
    tasks = [task.id for task in GRADED]
    before = [HEADS[name].text(language) for name in ('number', 'name', 'file', 'total')]
    after = [HEADS[name].text(language) for name in _AFTER]
    rows = [[*before, message('of_{of}', of=f'{grading.of:g}').text(language), *tasks, *after]]
    for number, graded in enumerate(grading.graded):
        s = graded.submission
        status = _NOBODYS if grading.roster and not s.person else _COUNTS
        rows.append(_row(grading, graded, status, f'{folder}/{places[number]}', language))
    for one in grading.unreadable:
        number = one.person.number if one.person else ''
        rows.append(_bare(number, one.name, one.file, _UNREADABLE, shown(one.why, language), language))
    for graded in grading.older:
        status = message('older: {file} counts', file=graded.submission.newer)
        rows.append(_row(grading, graded, status, '', language))
    rows += [_bare(person.number, person.name, '', _ABSENT, '', language) for person in grading.absent]
    buffer = io.StringIO()
    csv.writer(buffer).writerows([defused(cell) for cell in row] for row in rows)
    return buffer.getvalue().encode('utf-8-sig')


def _row(grading, graded, status: Message, report: str, language: str) -> list:
    s = graded.submission
    wrong = sum(flag.level == WRONG for flag in s.flags)
    late = grading.late(graded)
    cells = {
        'status': status.text(language),
        'packed': s.packed,
        'late': late.text(language) if late else '',
        'why': ' | '.join(_why(graded, language)),
        'wrong': wrong,
        'look': len(s.flags) - wrong,
        'remarks': ' | '.join(flag.text(language) for flag in s.flags),
        'report': report,
        'machine_total': graded.machine_total,
        'instructor': ' | '.join(f'{g.task.id}: {g.override.text(language)}' for g in graded.grades if g.override),
    }
    points = [grade.points if grade.counts else '' for grade in graded.grades]
    name = s.shown if s.shown == s.name else f'{s.shown} ({s.name})'
    number = s.person.number if s.person else ''
    share = round(100 * graded.total / grading.of)
    return [number, name, s.file, graded.total, f'{share} %', *points, *(cells[column] for column in _AFTER)]


def _why(graded, language: str) -> list[str]:
    """What points were lost for, task by task; those that are not there at all together."""
    said = [f'{g.task.id}: {" ".join(texts)}' for g in graded.grades if g.present and (texts := g.lost(language))]
    if absent := [g.task.id for g in graded.grades if g.is_absent]:
        said.append(message('not in the submission: {tasks}', tasks=', '.join(absent)).text(language))
    return said


def _bare(number: str, name: str, file: str, status: Message, remarks: str, language: str) -> list:
    """The row of somebody without points."""
    cells = {'status': status.text(language), 'remarks': remarks}
    return [number, name, file, '', '', *[''] * len(GRADED), *(cells.get(column, '') for column in _AFTER)]


def keep_table(table: Path, content: bytes) -> Path | None:
    """Copy the table that stands at `table`, if `content` would change it; returns the copy's path, or None.

    The copy bears the time when that table was last changed, and never replaces another file.
    """
    if not table.is_file() or table.read_bytes() == content:
        return None
    changed = datetime.datetime.fromtimestamp(table.stat().st_mtime)  # the instructor's own clock
    for number in itertools.count(1):
        kept = table.with_name(f'{table.stem}.{changed:%Y-%m-%d-%H%M%S}{f"-{number}" * (number > 1)}{table.suffix}')
        if not os.path.lexists(kept):
            write_whole(kept, lambda half: shutil.copy2(table, half))
            return kept
        if kept.is_file() and kept.read_bytes() == table.read_bytes():
            return kept


def defused(cell):
    """A text that no spreadsheet takes for a formula."""
    if not isinstance(cell, str):
        return cell
    text = ' '.join(visible(cell).splitlines())
    return f"'{text}" if text.lstrip().startswith(_FORMULA) or text.startswith(_FORMULA) else text


def visible(text: str) -> str:
    """The text with a mark in place of what cannot be seen."""
    return printable(text, '�')
