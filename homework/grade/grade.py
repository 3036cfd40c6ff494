"""Grade submissions: a table, a report for each learner, and an overview with every picture.

    python -m homework grade submissions/ --csv grades.csv

writes grades.csv and, beside it, the folder grades/: overview.html, reports/, pictures/, and the table as Moodle and
nbgrader have it.  It is a help to judge, not a lock (README.md in the folder above says what it can see, and what it
cannot).  What the instructor decided stands in overrides.csv and weights.csv beside the table, read at each run.
"""

import argparse
import dataclasses
import datetime
import os
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import NamedTuple

from tqdm import tqdm

from helpers.files import tilde, whole_folder, write_whole
from helpers.troubleshooting import pointer
from homework.manifest import slug
from homework.texts import Message, message
from translations.messages import course_language, shown

from .copies import flag_copies, same_learner
from .csv_files import TableError
from .deadline import late, parsed_deadline
from .exports import moodle_bytes, nbgrader_bytes
from .intake import NOBODY, Owner, handed_in
from .overrides import NAME, Overrides, read_overrides
from .pages import overview_page, report_page, write_pictures
from .reading import Submission, read_submission
from .roster import Person, Roster, read_roster
from .rubric import GRADED, TaskGrade, grade_task
from .scores import left_out, score_submissions
from .table import keep_table, table_bytes, visible
from .unpack import BadSubmissionError
from .verdicts import LOOK, flag
from .weights import NAME as WEIGHTS
from .weights import read_weights

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

    @property
    def of(self) -> float:
        return sum(grade.of for grade in self.grades)


class Unreadable(NamedTuple):
    """A file that could not be graded, why, and whose it is as far as its path tells."""

    file: str
    why: str
    owner: Owner = NOBODY
    person: Person | None = None

    @property
    def name(self) -> str:
        return self.person.name if self.person else self.owner.name


@dataclasses.dataclass(frozen=True)
class Grading:
    """All that one call graded: of several submissions of a learner the newest in `graded`, the rest in `older`."""

    graded: list[Graded]
    unreadable: list[Unreadable]
    not_scored: dict[tuple[int, str], int]  # `scores.left_out`
    older: list[Graded] = dataclasses.field(default_factory=list)
    absent: tuple[Person, ...] = ()  # on the roster, and handed in nothing
    roster: Roster | None = None
    deadline: datetime.datetime | None = None
    weights: dict[str, float] | None = None

    @property
    def of(self) -> float:
        """All points that there are."""
        return sum((self.weights or {}).get(task.id, task.points) for task in GRADED)

    @property
    def strangers(self) -> list[Graded]:
        """Whose submission belongs to nobody on the roster."""
        return [one for one in self.graded if not one.submission.person] if self.roster else []

    def late(self, graded: Graded) -> Message | None:
        return late(graded.submission.packed, self.deadline)

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


def grade_files(
    files: list[Path],
    scores: bool = True,
    overrides: Overrides | None = None,
    *,
    roster: Roster | None = None,
    deadline: datetime.datetime | None = None,
    weights: dict[str, float] | None = None,
    by_learner: bool = False,
) -> Grading:
    """Read, compare and grade submissions; nothing is written.

    Args:
        files: archives that learners sent, folders of them, archives of a class.
        scores: whether to run tiny-chat over their answers.
        overrides: what the instructor decided.
        roster: who is to hand in.
        deadline: in UTC; who is late loses no points.
        weights: the points of each task (`read_weights`); None: the course's.
        by_learner: sorted by student number and name, whatever order the files come in.

    Raises TableError: there is nothing to grade or too much, or the overrides do not fit.
    """
    with tempfile.TemporaryDirectory(prefix='grading-') as scratch:
        submissions, unreadable = _read(files, Path(scratch), roster)
    if by_learner:
        submissions.sort(key=_place)
        unreadable.sort()
    _keep_the_newest(submissions)
    decided = overrides.of(submissions) if overrides else {}  # before what takes long
    flag_copies(submissions)
    found = score_submissions(submissions, scores)
    weights = weights or {}
    graded = []
    for number, submission in enumerate(submissions):
        grades = [
            grade_task(t, submission.tasks.get(t.id), found.get((number, t.id), []), weights.get(t.id)) for t in GRADED
        ]
        grades = [grade.decided(decided.get((number, grade.task.id))) for grade in grades]
        graded.append(Graded(submission, tuple(grades)))
    there = {one.person for one in (*submissions, *unreadable)}
    return Grading(
        graded=[one for one in graded if not one.submission.newer],
        unreadable=unreadable,
        not_scored=left_out(found),
        older=[one for one in graded if one.submission.newer],
        absent=tuple(person for person in roster.people if person not in there) if roster else (),
        roster=roster,
        deadline=deadline,
        weights=weights or None,
    )


def _read(files: list[Path], scratch: Path, roster: Roster | None) -> tuple[list[Submission], list[Unreadable]]:
    (scratch / 'in').mkdir()
    handed, refused = handed_in(files, scratch / 'in')
    if not handed and not refused:
        raise TableError('no submission (.zip) in ' + ', '.join(map(str, files)))
    if len(handed) > MOST_SUBMISSIONS:
        raise TableError(f'{len(handed)} submissions; grade {MOST_SUBMISSIONS} at a time')
    submissions = []
    unreadable = [Unreadable(r.file, r.why, r.owner, roster and roster.person(r.owner, r.file)) for r in refused]
    for number, one in enumerate(tqdm(handed, unit='submission', disable=len(handed) < 4)):
        person = roster and roster.person(one.owner, one.file)
        try:
            submission = read_submission(one.archive, scratch / str(number))
        except BadSubmissionError as error:
            unreadable.append(Unreadable(one.file, str(error), one.owner, person))
            continue
        submission.file, submission.owner = one.file, one.owner
        if roster:
            submission.person = person or roster.person(NOBODY, '', submission.name)
            other = roster.by_name(submission.name)
            if person and other and person.name != other.name:
                submission.flags.append(flag(LOOK, 'other-person', person=person.name, found=submission.name))
        submissions.append(submission)
    return submissions, unreadable


def _place(submission: Submission) -> tuple:
    """Where a submission stands in the table."""
    number = submission.person.number if submission.person else ''
    return not number, number, submission.shown.casefold(), submission.packed, submission.file


def _keep_the_newest(submissions: list[Submission]) -> None:
    """Of several submissions of one learner the one packed last counts; the others name its file."""
    for submission in sorted(submissions, key=lambda s: (s.packed, s.file), reverse=True):
        if not submission.newer:
            for other in submissions:
                if other is not submission and not other.newer and same_learner(submission, other):
                    other.newer = submission.file


def write_grades(grading: Grading, table: Path, language: str | None = None, release_flags: bool = False) -> Written:
    """Write the table, and the pages into the folder beside it that bears its name.

    All of it appears whole: an error leaves earlier grades as they were.  A table that would change is kept.

    Args:
        release_flags: whether reports tell learners what stood out, and which figures are accepted.

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
            places[number] = f'reports/{number + 1:03}-{slug(graded.submission.shown)}.html'
            page = report_page(graded, late=grading.late(graded), release_flags=release_flags)
            (work / places[number]).write_text(page, encoding='utf-8')
        (work / 'overview.html').write_text(overview_page(grading, language, places), encoding='utf-8')
        (work / 'moodle.csv').write_bytes(moodle_bytes(grading))
        (work / 'nbgrader.csv').write_bytes(nbgrader_bytes(grading))
        content = table_bytes(grading, language, places, folder.name)
        kept = keep_table(table, content)
        write_whole(table, content)
    return Written(folder / 'overview.html', kept)


def main(arguments: list[str]) -> int:
    """The command line; returns the exit status: 0, 1 if a file could not be graded, 2 for a wrong call."""
    parser = _parser()
    args = parser.parse_args(arguments)
    if args.csv.suffix.lower() != '.csv':
        why = f'--csv {args.csv}: the name must end in .csv; the pages go to a folder of that name without it'
        parser.error(shown(why))
    path, weights_path = (
        (said or args.csv.with_name(name)).expanduser()
        for said, name in ((args.overrides, NAME), (args.weights, WEIGHTS))
    )
    if path.absolute() == args.csv.expanduser().absolute():
        parser.error(shown(f'--csv {args.csv}: that is the file of overrides; give the table another name'))
    if weights_path.absolute() == args.csv.expanduser().absolute():
        parser.error(shown(f'--csv {args.csv}: that is the file of weights; give the table another name'))
    try:
        deadline = parsed_deadline(args.deadline) if args.deadline else None
    except ValueError as error:
        parser.error(f'--deadline: {shown(error)}')
    try:
        roster = read_roster(args.roster.expanduser()) if args.roster else None
        weights = read_weights(weights_path) if args.weights or os.path.lexists(weights_path) else None
        overrides = read_overrides(path, weights) if args.overrides or os.path.lexists(path) else None
        grading = grade_files(
            args.files,
            scores=not args.no_scores,
            overrides=overrides,
            roster=roster,
            deadline=deadline,
            weights=weights,
            by_learner=True,
        )
        overview, kept = write_grades(grading, args.csv, args.language, args.release_flags)
    except (OSError, TableError) as error:
        print(shown(f'nothing was written: {error}') + pointer(error), file=sys.stderr)
        return 1
    _tell(grading)
    if overrides:
        lines, name = len(overrides.lines), tilde(overrides.path)
        print(shown(f'overrides that were followed: {lines}, from {name}, read as {overrides.encoding.upper()}'))
    if weights:
        print(shown(f'weights of tasks: {tilde(weights_path)}, {grading.of:g} points in all'))
    if roster:
        people, name = len(roster.people), tilde(roster.path)
        print(shown(f'people on the roster: {people}, from {name}, read as {roster.encoding.upper()}'))
    if kept:
        print(shown(f'the table that was there is kept as {tilde(kept)}: points that you change belong in {NAME}'))
    print(f'{tilde(args.csv)}, {tilde(overview)}')
    return 1 if grading.unreadable else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog='python -m homework grade', description=shown('grade submissions: a help to judge, not a lock')
    )
    parser.add_argument(
        'files',
        nargs='+',
        type=Path,
        metavar='FILE',
        help=shown('submission-….zip; a folder of them, in any nesting; the archive of a class'),
    )
    parser.add_argument(
        '--csv', type=Path, default=Path('grades.csv'), help=shown('the table; pages go to a folder beside it')
    )
    parser.add_argument(
        '--language', choices=('en', 'zh'), help=shown("of overview and table; default: most learners'")
    )
    parser.add_argument(
        '--roster', type=Path, metavar='FILE', help=shown('CSV with student number and name: who is to hand in')
    )
    parser.add_argument(
        '--deadline',
        metavar='TIME',
        help=shown('2026-12-01, or "2026-12-01 23:59": who packed later is said to be late; it costs no points'),
    )
    parser.add_argument(
        '--weights', type=Path, metavar='FILE', help=shown('points of tasks; default: weights.csv beside the table')
    )
    parser.add_argument(
        '--overrides',
        type=Path,
        metavar='FILE',
        help=shown("the instructor's own points; default: overrides.csv beside the table"),
    )
    parser.add_argument(
        '--release-flags',
        action='store_true',
        help=shown('reports tell learners what stood out, and which figures are accepted'),
    )
    parser.add_argument('--no-scores', action='store_true', help=shown('do not run tiny-chat over the answers'))
    return parser


def _tell(grading: Grading) -> None:
    """A line for each submission, then whatever the instructor has to know of the others."""
    language = course_language()
    for graded in grading.graded:
        flags = len(graded.submission.flags)
        tasks = sum(grade.override is not None for grade in graded.grades)
        late_by = grading.late(graded)
        late_by = late_by and late_by.text(language)
        print(
            f'{graded.total:>6g} / {grading.of:g}  {visible(graded.submission.shown)}'
            + (f'  {shown(f"({flags} to look at)")}' if flags else '')
            + (f'  {shown(f"(tasks that the instructor decided: {tasks})")}' if tasks else '')
            + (f'  {shown(f"(late: {late_by})")}' if late_by else '')
        )
    for one in grading.older:
        file, newer = visible(one.submission.file), visible(one.submission.newer)
        print(shown(f'older, does not count: {visible(one.submission.shown)}, {file} (newer: {newer})'))
    for one in grading.unreadable:
        owner = f'{visible(one.name)}, ' if one.name and one.name not in one.file else ''
        print(f'{shown("not graded"):<13} {owner}{visible(one.file)}: {shown(one.why)}', file=sys.stderr)
    for one in grading.strangers:
        print(shown(f'not on the roster: {visible(one.submission.name)}, {visible(one.submission.file)}'))
    for person in grading.absent:
        print(shown(f'handed in nothing: {visible(person.number)} {visible(person.name)}'))
    if grading.left_out:
        print(grading.left_out.text(language))
