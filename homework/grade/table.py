"""grades.csv: what stands in it, and the table that stood there before."""

import csv
import datetime
import io
import itertools
import os
import shutil
from pathlib import Path

from helpers.files import write_whole
from homework.texts import printable
from translations.messages import shown

from .rubric import GRADED, TOTAL
from .verdicts import WRONG

# What a spreadsheet takes for a formula's start.
_FORMULA = ('=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠')


def table_bytes(grading, language: str, places: dict, folder: str) -> bytes:
    """A row for each file, those that could not be graded last; UTF-8 with the mark that Excel asks for.

    The columns of tasks and `total` have the points that count; `instructor` says which of them are the instructor's.
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    tasks = [task.id for task in GRADED]
    columns = ['wrong', 'look', 'remarks', 'report', 'machine_total', 'instructor']
    writer.writerow(['name', 'file', 'total', f'of_{TOTAL}', *tasks, *columns])
    for number, graded in enumerate(grading.graded):
        submission = graded.submission
        wrong = sum(flag.level == WRONG for flag in submission.flags)
        remarks = ' | '.join(flag.text(language) for flag in submission.flags)
        points = [grade.points if grade.counts else '' for grade in graded.grades]
        decided = ' | '.join(f'{g.task.id}: {g.override.text(language)}' for g in graded.grades if g.override)
        share = round(100 * graded.total / TOTAL)
        row = [submission.name, submission.file, graded.total, f'{share} %', *points, wrong]
        row += [len(submission.flags) - wrong, remarks, f'{folder}/{places[number]}', graded.machine_total, decided]
        writer.writerow([defused(cell) for cell in row])
    for file, why in grading.unreadable:
        row = ['', file, '', '', *[''] * len(tasks), '', '', shown(why, language), '', '', '']
        writer.writerow([defused(cell) for cell in row])
    return buffer.getvalue().encode('utf-8-sig')


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
