"""Submissions that are too alike: the same run, the same figures to the second, the same pictures.

All learners have the same model, and greedy answers are the same for everybody; so an equal text is no sign.  A run's
random number, the second of every step and a picture's bytes are never equal by chance.
"""

import itertools

from homework.schema import Evidence

from .pictures import alike
from .reading import Submission
from .verdicts import LOOK, WRONG, flag


def flag_copies(submissions: list[Submission]) -> None:
    """Add a flag to both of every two submissions that share what two people cannot share."""
    for a, b in itertools.combinations(submissions, 2):
        if same_learner(a, b):
            continue
        if a.archive_sha256 == b.archive_sha256:
            _both(a, b, WRONG, 'same-archive')
            continue  # all else is the same, too
        if a.name == b.name:
            _both(a, b, LOOK, 'same-name')  # somebody who handed in twice?
            if not _told_apart(a, b):
                continue
        _runs(a, b)
        _pictures(a, b)
    for submission in submissions:
        shots = [picture for picture in submission.pictures if not picture.is_card]
        for one, other in itertools.combinations(shots, 2):
            if one.sha256 == other.sha256:
                submission.flags.append(flag(LOOK, 'picture-twice', file=one.file, other=other.file))


def same_learner(a: Submission, b: Submission) -> bool:
    """Whether one learner handed in both, as roster, path or evidence show; an equal name alone shows nothing."""
    if a.person and b.person:
        return a.person == b.person
    if a.owner.key and b.owner.key:
        return a.owner.key == b.owner.key
    runs = {evidence.run.id for evidence in a.tasks.values()} & {evidence.run.id for evidence in b.tasks.values()}
    return a.name == b.name and bool(runs) and a.archive_sha256 != b.archive_sha256


def _told_apart(a: Submission, b: Submission) -> bool:
    """Whether roster or path say that two people handed these in."""
    return bool((a.person and b.person) or (a.owner.key and b.owner.key))


def _both(a: Submission, b: Submission, level: str, key: str) -> None:
    for one, other in ((a, b), (b, a)):
        one.flags.append(flag(level, key, other=_named(other)))


def _named(submission: Submission) -> str:
    return f'{submission.shown} ({submission.file})'


def _runs(a: Submission, b: Submission) -> None:
    """A kernel's run has a number of its own: two people cannot have it.  Nor bytes and times that are all the same."""
    for one, other in ((a, b), (b, a)):
        runs = {evidence.run.id for evidence in other.tasks.values()}
        shared = [task for task, evidence in one.tasks.items() if evidence.run.id in runs]
        same = [
            task
            for task in one.tasks.keys() & other.tasks.keys()
            if task not in shared and _figures(one.tasks[task]) == _figures(other.tasks[task])
        ]
        for key, tasks in (('same-run', shared), ('same-evidence', same)):
            if tasks:
                in_order = [task for task in one.tasks if task in tasks]
                one.flags.append(flag(WRONG, key, task=', '.join(in_order), other=_named(other)))


def _figures(evidence: Evidence) -> tuple:
    """What was measured: bytes, which may agree on two cards of one kind, and times, which do not."""
    used = [reading.used_bytes for reading in evidence.memory] + [engine.used_bytes for engine in evidence.engines]
    times = [answer.time_s for answer in evidence.answers] + [row.get('time_s') for row in evidence.rows]
    if not any(times):
        times = [step.time for step in evidence.run.steps]
    return used, times


def _pictures(a: Submission, b: Submission) -> None:
    """Screenshots; cards look alike by design, and those of one evidence are found by its run."""
    for one, other in ((a, b), (b, a)):
        theirs = [picture for picture in other.pictures if not picture.is_card]
        for mine in (picture for picture in one.pictures if not picture.is_card):
            same = next((p for p in theirs if p.sha256 == mine.sha256), None)
            like = same or next((p for p in theirs if alike(p, mine)), None)
            if like is None:
                continue
            values = {'file': mine.file, 'other_file': like.file, 'other': _named(other)}
            one.flags.append(flag(WRONG, 'same-picture', **values) if same else flag(LOOK, 'alike-picture', **values))
