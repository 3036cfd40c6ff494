"""Grade submissions: a table, a report for each learner, and an overview with every picture.

    python -m homework grade submissions/*.zip --csv grades.csv

writes grades.csv and, beside it, the folder grades/: overview.html, reports/, pictures/.  It is a help to judge, not a
lock (README.md in the folder above says what it can see, and what it cannot).  What the instructor decides stands in
overrides.csv beside the table, and is read at each run.
"""

import argparse
import dataclasses
import os
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import NamedTuple

from tqdm import tqdm

from helpers.files import tilde, whole_folder, write_whole
from helpers.troubleshooting import pointer
from homework.leftovers import is_leftover
from homework.manifest import slug
from homework.texts import Message, message
from translations.messages import course_language, shown

from .copies import flag_copies
from .overrides import NAME, Overrides, OverridesError, read_overrides
from .pages import overview_page, report_page, write_pictures
from .reading import Submission, read_submission
from .rubric import GRADED, TOTAL, TaskGrade, grade_task
from .scores import left_out, score_submissions
from .table import keep_table, table_bytes, visible
from .unpack import BadSubmissionError

MOST_SUBMISSIONS = 1000


@dataclasses.dataclass(frozen=True)
class Graded:
    """A submission with the grade of each task."""

    submission: Submission
    grades: tuple[TaskGrade, ...]

    @property
    def total(self) -> float:
        """With the instructor's points."""
        return round(sum(grade.points for grade in self.grades), 2)

    @property
    def machine_total(self) -> float:
        return round(sum(grade.machine_points for grade in self.grades), 1)


@dataclasses.dataclass(frozen=True)
class Grading:
    """All that one call graded; `unreadable` holds file and reason of what it could not."""

    graded: list[Graded]
    unreadable: list[tuple[str, str]]
    not_scored: dict[tuple[int, str], int]  # `scores.left_out`

    @property
    def left_out(self) -> Message | None:
        """What --no-scores left out; None: nothing."""
        if not self.not_scored:
            return None
        return message(
            '--no-scores left out one check: whether the model can have written the answers (answers not checked: '
            '{answers}; learners: {learners}). It counts as met: a run without --no-scores may give fewer points.',
            answers=sum(self.not_scored.values()),
            learners=len({number for number, _ in self.not_scored}),
        )


class Written(NamedTuple):
    """What `write_grades` left."""

    overview: Path
    kept: Path | None  # the table that stood there before, where it was another one


def grade_files(files: list[Path], scores: bool = True, overrides: Overrides | None = None) -> Grading:
    """Read, compare and grade submissions; nothing is written.

    Args:
        files: archives that learners sent.
        scores: whether to run tiny-chat over their answers.
        overrides: what the instructor decided.

    Raises OverridesError where they do not fit these submissions.
    """
    submissions, unreadable = [], []
    with tempfile.TemporaryDirectory(prefix='grading-') as scratch:
        for number, file in enumerate(tqdm(files, unit='submission', disable=len(files) < 4)):
            try:
                submissions.append(read_submission(Path(file), Path(scratch, str(number))))
            except BadSubmissionError as error:
                unreadable.append((Path(file).name, str(error)))
    decided = overrides.of(submissions) if overrides else {}  # before what takes long
    flag_copies(submissions)
    found = score_submissions(submissions, scores)
    graded = []
    for number, submission in enumerate(submissions):
        grades = [grade_task(task, submission.tasks.get(task.id), found.get((number, task.id), [])) for task in GRADED]
        grades = [grade.decided(decided.get((number, grade.task.id))) for grade in grades]
        graded.append(Graded(submission, tuple(grades)))
    return Grading(graded, unreadable, left_out(found))


def write_grades(grading: Grading, table: Path, language: str | None = None) -> Written:
    """Write the table, and the pages into the folder beside it that bears its name.

    All of it appears whole: an error leaves earlier grades as they were.  A table that would change is kept.

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
        page = overview_page(grading.graded, grading.unreadable, language, places, grading.left_out)
        (work / 'overview.html').write_text(page, encoding='utf-8')
        content = table_bytes(grading, language, places, folder.name)
        kept = keep_table(table, content)
        write_whole(table, content)
    return Written(folder / 'overview.html', kept)


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
    parser.add_argument(
        '--overrides',
        type=Path,
        metavar='FILE',
        help=shown("the instructor's own points; default: overrides.csv beside the table"),
    )
    parser.add_argument('--no-scores', action='store_true', help=shown('do not run tiny-chat over the answers'))
    args = parser.parse_args(arguments)
    if args.csv.suffix.lower() != '.csv':
        why = f'--csv {args.csv}: the name must end in .csv; the pages go to a folder of that name without it'
        parser.error(shown(why))
    path = (args.overrides or args.csv.with_name(NAME)).expanduser()
    if path.absolute() == args.csv.expanduser().absolute():
        parser.error(shown(f'--csv {args.csv}: that is the file of overrides; give the table another name'))
    files = [f for file in args.files for f in (_archives(file) if file.is_dir() else [file])]
    if not files:
        parser.error(shown('no archive (.zip) in ' + ', '.join(map(str, args.files))))
    if len(files) > MOST_SUBMISSIONS:
        parser.error(shown(f'{len(files)} files; grade {MOST_SUBMISSIONS} at a time'))
    try:
        overrides = read_overrides(path) if args.overrides or os.path.lexists(path) else None
        grading = grade_files(files, scores=not args.no_scores, overrides=overrides)
        overview, kept = write_grades(grading, args.csv, args.language)
    except (OSError, OverridesError) as error:
        print(shown(f'nothing was written: {error}') + pointer(error), file=sys.stderr)
        return 1
    for graded in grading.graded:
        flags = len(graded.submission.flags)
        tasks = sum(grade.override is not None for grade in graded.grades)
        print(
            f'{graded.total:>6g} / {TOTAL}  {visible(graded.submission.name)}'
            + (f'  {shown(f"({flags} to look at)")}' if flags else '')
            + (f'  {shown(f"(tasks that the instructor decided: {tasks})")}' if tasks else '')
        )
    for file, why in grading.unreadable:
        print(f'{shown("not graded"):<13} {visible(file)}: {shown(why)}', file=sys.stderr)
    if grading.left_out:
        print(grading.left_out.text(course_language()))
    if overrides:
        lines, name = len(overrides.lines), tilde(overrides.path)
        print(shown(f'overrides that were followed: {lines}, from {name}, read as {overrides.encoding.upper()}'))
    if kept:
        print(shown(f'the table that was there is kept as {tilde(kept)}: points that you change belong in {NAME}'))
    print(f'{tilde(args.csv)}, {tilde(overview)}')
    return 1 if grading.unreadable else 0
