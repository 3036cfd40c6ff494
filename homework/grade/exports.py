"""The table as other programs take it: Moodle's import of grades, and nbgrader's own export."""

import csv
import datetime
import io

from .table import defused

# mod/assign/feedback/offline/importgradeslib.php of Moodle asks for these three by the words of an English site:
# Identifier ("Participant 48213"), Grade, Last modified (grade); a comment goes by its field's name.  "Grades > Import
# > CSV file" takes any columns, and matches people by the ID number.
_MOODLE = (
    'Identifier', 'Full name', 'ID number', 'Grade', 'Maximum grade', 'Last modified (grade)', 'Feedback comments'
)  # fmt: skip
# CsvExportPlugin in nbgrader/plugins/export.py of nbgrader.
_NBGRADER = (
    'assignment', 'duedate', 'timestamp', 'student_id', 'last_name', 'first_name', 'email', 'raw_score',
    'late_submission_penalty', 'score', 'max_score'
)  # fmt: skip
ASSIGNMENT = 'homework'  # as README names it for nbgrader


def moodle_bytes(grading) -> bytes:
    """A row for each submission that counts; who handed in nothing, or nothing that can be read, has no grade."""
    rows = []
    for one in grading.graded:
        s = one.submission
        said = [
            f'{grade.task.title(s.language)} {grade.points:g}/{grade.of:g}: {text}'
            for grade in one.grades
            for text in grade.lost(s.language, bands=False) + ([grade.override.comment] if grade.override else [])
            if text
        ]
        number = s.person.number if s.person else ''
        identifier = f'Participant {s.owner.participant}' if s.owner.participant else ''
        rows.append((identifier, s.shown, number, f'{one.total:g}', f'{one.of:g}', '-', ' | '.join(said)))
    return _csv(_MOODLE, rows, 'utf-8')


def nbgrader_bytes(grading) -> bytes:
    """A row for each learner, those who handed in nothing with 0, as nbgrader has it.  Being late costs nothing."""
    due = _time(grading.deadline) if grading.deadline else ''
    rows = []
    for one in grading.graded:
        s = one.submission
        student = s.person.number if s.person else s.owner.key.removeprefix('nbgrader:') or s.name
        packed = s.packed.replace('T', ' ').removesuffix('Z')
        score = float(one.total)
        rows.append((ASSIGNMENT, due, packed, student, '', s.shown, '', score, 0.0, score, float(one.of)))
    for person in grading.absent:
        rows.append((ASSIGNMENT, due, '', person.number, '', person.name, '', 0.0, 0.0, 0.0, float(grading.of)))
    return _csv(_NBGRADER, rows, 'utf-8')


def _time(time: datetime.datetime) -> str:
    return f'{time:%Y-%m-%d %H:%M:%S}'


def _csv(head: tuple, rows: list[tuple], encoding: str) -> bytes:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator='\n')
    writer.writerow(head)
    writer.writerows([cell if cell == '-' else defused(cell) for cell in row] for row in rows)
    return buffer.getvalue().encode(encoding)
