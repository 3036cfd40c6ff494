"""Grade submissions: a table, a report for each learner, and an overview with every picture.

    python -m homework grade submissions/*.zip --csv grades.csv

writes grades.csv and, beside it, the folder grades/: overview.html, reports/, pictures/.  It is a help to judge, not a
lock (README.md beside this file says what it can see, and what it cannot).
"""

import argparse
import csv
import dataclasses
import io
import sys
import tempfile
from collections import Counter
from pathlib import Path

from tqdm import tqdm

from helpers.files import tilde, whole_folder, write_whole
from helpers.troubleshooting import pointer
from homework.leftovers import is_leftover
from homework.manifest import slug
from homework.texts import printable
from translations.messages import shown

from .copies import flag_copies
from .pages import overview_page, report_page, write_pictures
from .reading import Submission, read_submission
from .rubric import GRADED, TOTAL, TaskGrade, grade_task
from .scores import score_submissions
from .unpack import BadSubmissionError
from .verdicts import WRONG

MOST_SUBMISSIONS = 1000
_FORMULA = (
    '=',
    '+',
    '-',
    '@',
    '\t',
    '\r',
    '\n',
    '＝',
    '＋',
    '－',
    '＠',
)  # what a spreadsheet takes for a formula's start


@dataclasses.dataclass(frozen=True)
class Graded:
    """A submission with the grade of each task."""

    submission: Submission
    grades: tuple[TaskGrade, ...]

    @property
    def total(self) -> float:
        return round(sum(grade.points for grade in self.grades), 1)


@dataclasses.dataclass(frozen=True)
class Grading:
    """All that one call graded; `unreadable` holds file and reason of what it could not."""

    graded: list[Graded]
    unreadable: list[tuple[str, str]]


def grade_files(files: list[Path], scores: bool = True) -> Grading:
    """Read, compare and grade submissions; nothing is written.

    Args:
        files: archives that learners sent.
        scores: whether to run tiny-chat over their answers.
    """
    submissions, unreadable = [], []
    with tempfile.TemporaryDirectory(prefix='grading-') as scratch:
        for number, file in enumerate(tqdm(files, unit='submission', disable=len(files) < 4)):
            try:
                submissions.append(read_submission(Path(file), Path(scratch, str(number))))
            except BadSubmissionError as error:
                unreadable.append((Path(file).name, str(error)))
    flag_copies(submissions)
    found = score_submissions(submissions, scores)
    graded = []
    for number, submission in enumerate(submissions):
        grades = [grade_task(task, submission.tasks.get(task.id), found.get((number, task.id), [])) for task in GRADED]
        graded.append(Graded(submission, tuple(grades)))
    return Grading(graded, unreadable)


def write_grades(grading: Grading, table: Path, language: str | None = None) -> Path:
    """Write the table, and the pages into the folder beside it that bears its name; returns the overview's path.

    All of it appears whole: an error leaves earlier grades as they were.

    Raises OSError: the disk is full, or something else stands where the folder goes.
    """
    table = table.expanduser().absolute()
    folder = table.with_suffix('')
    languages = Counter(graded.submission.language for graded in grading.graded)
    language = language or next((name for name, _ in languages.most_common(1)), 'en')
    with whole_folder(folder, lambda there: (there / 'overview.html').is_file()) as work:
        places = write_pictures(grading.graded, work)
        (work / 'reports').mkdir()
        for number, graded in enumerate(grading.graded):
            places[number] = f'reports/{number + 1:03}-{slug(graded.submission.name)}.html'
            (work / places[number]).write_text(report_page(graded), encoding='utf-8')
        page = overview_page(grading.graded, grading.unreadable, language, places)
        (work / 'overview.html').write_text(page, encoding='utf-8')
        write_whole(table, _table(grading, language, places, folder.name).encode('utf-8-sig'))  # Excel asks for the BOM
    return folder / 'overview.html'


def _table(grading: Grading, language: str, places: dict, folder: str) -> str:
    """grades.csv: a row for each file, those that could not be graded last."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    tasks = [task.id for task in GRADED]
    writer.writerow(['name', 'file', 'total', f'of_{TOTAL}', *tasks, 'wrong', 'look', 'remarks', 'report'])
    for number, graded in enumerate(grading.graded):
        submission = graded.submission
        wrong = sum(flag.level == WRONG for flag in submission.flags)
        remarks = ' | '.join(flag.text(language) for flag in submission.flags)
        points = [grade.points if grade.present else '' for grade in graded.grades]
        share = round(100 * graded.total / TOTAL)
        row = [submission.name, submission.file, graded.total, f'{share} %', *points, wrong]
        row += [len(submission.flags) - wrong, remarks, f'{folder}/{places[number]}']
        writer.writerow([_defused(cell) for cell in row])
    for file, why in grading.unreadable:
        row = ['', file, '', '', *[''] * len(tasks), '', '', shown(why, language), '']
        writer.writerow([_defused(cell) for cell in row])
    return buffer.getvalue()


def _defused(cell):
    """A text that no spreadsheet takes for a formula."""
    if not isinstance(cell, str):
        return cell
    text = ' '.join(_visible(cell).splitlines())
    return f"'{text}" if text.lstrip().startswith(_FORMULA) or text.startswith(_FORMULA) else text


def _visible(text: str) -> str:
    return printable(text, '�')


def _archives(folder: Path) -> list[Path]:
    """The zips in a folder; where it has none, those in its folders: Moodle makes one for each learner."""

    def found(pattern: str) -> list[Path]:
        zips = (path for path in folder.glob(pattern) if path.suffix.lower() == '.zip')
        return sorted(path for path in zips if not is_leftover(path.relative_to(folder).as_posix()))

    return found('*') or found('*/*')


def main(arguments: list[str]) -> int:
    """The command line; returns the exit status: 0, 1 if a file could not be graded, 2 for a wrong call."""
    parser = argparse.ArgumentParser(
        prog='python -m homework grade', description=shown('grade submissions: a help to judge, not a lock')
    )
    parser.add_argument(
        'files', nargs='+', type=Path, metavar='FILE', help=shown('submission-….zip; or a folder of them')
    )
    parser.add_argument(
        '--csv', type=Path, default=Path('grades.csv'), help=shown('the table; pages go to a folder beside it')
    )
    parser.add_argument(
        '--language', choices=('en', 'zh'), help=shown("of overview and table; default: most learners'")
    )
    parser.add_argument('--no-scores', action='store_true', help=shown('do not run tiny-chat over the answers'))
    args = parser.parse_args(arguments)
    if args.csv.suffix.lower() != '.csv':
        why = f'--csv {args.csv}: the name must end in .csv; the pages go to a folder of that name without it'
        parser.error(shown(why))
    files = [f for file in args.files for f in (_archives(file) if file.is_dir() else [file])]
    if not files:
        parser.error(shown('no archive (.zip) in ' + ', '.join(map(str, args.files))))
    if len(files) > MOST_SUBMISSIONS:
        parser.error(shown(f'{len(files)} files; grade {MOST_SUBMISSIONS} at a time'))
    try:
        grading = grade_files(files, scores=not args.no_scores)
        overview = write_grades(grading, args.csv, args.language)
    except OSError as error:
        print(shown(f'nothing was written: {error}') + pointer(error), file=sys.stderr)
        return 1
    for graded in grading.graded:
        flags = len(graded.submission.flags)
        print(
            f'{graded.total:>6g} / {TOTAL}  {_visible(graded.submission.name)}'
            + (f'  {shown(f"({flags} to look at)")}' if flags else '')
        )
    for file, why in grading.unreadable:
        print(f'{shown("not graded"):<13} {_visible(file)}: {shown(why)}', file=sys.stderr)
    print(f'{tilde(args.csv)}, {tilde(overview)}')
    return 1 if grading.unreadable else 0
