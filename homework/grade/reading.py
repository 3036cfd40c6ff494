"""A submission, unpacked and read, with what does not fit together in it."""

import dataclasses
import datetime
import hashlib
import itertools
from pathlib import Path

from homework.evidence import CLOCK_STEP, parsed_time, short_code
from homework.manifest import digest_of
from homework.missing import cells_out_of_order
from homework.schema import Evidence, Link, Manifest, SubmissionContent, read_checked
from homework.tasks import TASKS

from .intake import NOBODY, Owner
from .pictures import Picture, read_picture
from .roster import Person
from .rubric import predictions_that_differ
from .unpack import BadSubmissionError, unpack
from .verdicts import LOOK, WRONG, Flag, flag

_CLOCKS_DIFFER = datetime.timedelta(days=1)
_SLACK_S = 5.0 + CLOCK_STEP.total_seconds()  # times are kept to the second


@dataclasses.dataclass
class Submission:
    """What a learner handed in.  `flags` grows while it is looked at."""

    file: str  # the archive's name, without its folder
    archive_sha256: str
    folder: Path
    name: str
    language: str
    packed: str
    links: list[Link]
    tasks: dict[str, Evidence]  # id → evidence
    pictures: list[Picture]
    flags: list[Flag]
    owner: Owner = NOBODY  # as its path says
    person: Person | None = None  # on the roster
    newer: str = ''  # the file that counts in its place; '': this one does

    @property
    def shown(self) -> str:
        """The name that tables and pages give it: the roster's, or what the learner typed."""
        return self.person.name if self.person else self.name


def read_submission(archive: Path, folder: Path) -> Submission:
    """Unpack `archive` into `folder` and read what is in it.

    Raises BadSubmissionError if it cannot be graded; what is odd but can be graded is a flag.
    """
    paths = unpack(archive, folder)
    manifest, flags = _manifest(folder, paths)
    try:
        content, plain = read_checked((folder / 'evidence.json').read_bytes(), SubmissionContent)
    except FileNotFoundError:
        raise BadSubmissionError('there is no evidence.json in it: pack it with `make submission`') from None
    except ValueError as error:
        raise BadSubmissionError(f'evidence.json cannot be read: {error}') from None
    if manifest.name != content.name:
        flags.append(flag(WRONG, 'manifest-name', found=manifest.name, wanted=content.name))
    tasks, pictures = {}, []
    for evidence, code in zip(content.tasks, map(short_code, plain['tasks']), strict=True):
        task = evidence.task
        if task not in TASKS:
            flags.append(flag(WRONG, 'task-unknown', task=task))
        elif task in tasks:
            flags.append(flag(WRONG, 'task-twice', task=task))
        else:
            tasks[task] = evidence
            found, more = _pictures(evidence, folder, set(paths))
            pictures += found
            flags += more + _flags_of(evidence, code, content)
    submission = Submission(
        file=archive.name,
        archive_sha256=hashlib.sha256(archive.read_bytes()).hexdigest(),
        folder=folder,
        name=content.name,
        language=content.language,
        packed=content.packed,
        links=content.links,
        tasks=tasks,
        pictures=pictures,
        flags=flags,
    )
    submission.flags += _overlaps(tasks)
    return submission


def _manifest(folder: Path, paths: list[str]) -> tuple[Manifest, list[Flag]]:
    """The manifest, and whatever in the zip is not as it says."""
    try:
        manifest, plain = read_checked((folder / 'manifest.json').read_bytes(), Manifest)
    except FileNotFoundError:
        raise BadSubmissionError('there is no manifest.json in it: pack it with `make submission`') from None
    except ValueError as error:
        raise BadSubmissionError(f'manifest.json cannot be read: {error}') from None
    flags, there = [], set(paths) - {'manifest.json'}
    for path in sorted(there | manifest.files.keys()):
        if path not in manifest.files:
            flags.append(flag(WRONG, 'manifest-extra', file=path))
        elif path not in there:
            flags.append(flag(WRONG, 'manifest-missing', file=path))
        elif hashlib.sha256((folder / path).read_bytes()).hexdigest() != manifest.files[path].sha256:
            flags.append(flag(WRONG, 'manifest-changed', file=path))
    if manifest.digest != digest_of(plain['files']):
        flags.append(flag(WRONG, 'manifest-digest'))
    return manifest, flags


def _pictures(evidence: Evidence, folder: Path, paths: set[str]) -> tuple[list[Picture], list[Flag]]:
    """The task's card and screenshots, as far as they can be shown."""
    task, pictures, flags = evidence.task, [], []
    wanted = [(f'cards/{task}.png', None)] + [(shot.file, shot.sha256) for shot in evidence.screenshots]
    for file, sha256 in wanted:
        if file not in paths:
            flags.append(flag(WRONG, 'picture-lost', task=task, file=file))
            continue
        if sha256 and hashlib.sha256((folder / file).read_bytes()).hexdigest() != sha256:
            flags.append(flag(WRONG, 'picture-changed', task=task, file=file))
        try:
            picture = read_picture(folder, file, task)
        except ValueError as error:
            flags.append(flag(WRONG, 'picture-unreadable', file=file, why=str(error)))
            continue
        if picture.code is not None and picture.code != evidence.code:
            flags.append(flag(WRONG, 'card-differs', task=task, found=picture.code, wanted=evidence.code))
        pictures.append(picture)
    return pictures, flags


def _flags_of(evidence: Evidence, code: str, content: SubmissionContent) -> list[Flag]:
    """What does not fit together in the evidence of one task, whose content gives `code`."""
    task, flags = evidence.task, []
    if evidence.code != code:
        flags.append(flag(WRONG, 'edited', task=task, found=evidence.code, wanted=code))
    if evidence.name != content.name:
        flags.append(flag(WRONG, 'evidence-name', task=task, found=evidence.name, wanted=content.name))
    if fall := cells_out_of_order(evidence):
        flags.append(flag(LOOK, 'out-of-order', task=task, before=fall[0], after=fall[1]))
    for engine, found, wanted in predictions_that_differ(evidence):
        values = {'task': task, 'label': engine.label, 'found': found, 'wanted': wanted}
        flags.append(flag(LOOK, 'prediction-differs', **values))
    return flags + _times(evidence, content.packed) + _speeds(evidence)


def _times(evidence: Evidence, packed: str) -> list[Flag]:
    """Begun, the steps in their order, finished, packed, now: none before the one before it, but for a clock's step."""
    task = evidence.task
    order = [('begun', evidence.begun)]
    order += [(step.step, step.time) for step in evidence.run.steps]
    order += [('finished', evidence.finished), ('packed', packed)]
    try:
        times = [(what, parsed_time(text)) for what, text in order]
        readings = [(f'memory {r.label}', parsed_time(r.time)) for r in evidence.memory]
    except ValueError as error:
        return [flag(WRONG, 'time-future', task=task, found=str(error))]
    latest, latest_time = times[0]
    for what, time in times:
        if time < latest_time - CLOCK_STEP:
            return [_wrong_order(task, what, time, latest, latest_time)]
        latest, latest_time = max((latest, latest_time), (what, time), key=lambda pair: pair[1])
    begun, finished = times[0][1], times[-2][1]
    for what, time in readings:
        if time < begun - CLOCK_STEP:
            return [_wrong_order(task, what, time, 'begun', begun)]
        if time > finished + CLOCK_STEP:
            return [_wrong_order(task, 'finished', finished, what, time)]
    if finished > datetime.datetime.now(datetime.UTC) + _CLOCKS_DIFFER:
        return [flag(WRONG, 'time-future', task=task, found=evidence.finished)]
    spent = [row['time_s'] for row in evidence.rows if isinstance(row.get('time_s'), int | float)]
    answered = [answer.time_s for answer in evidence.answers if answer.time_s]
    # Answers may have run side by side, rows too; but not the longest of them for longer than all.
    longest = max([*spent, *answered], default=0)
    total = (finished - begun).total_seconds()
    if longest > total + _SLACK_S:
        return [flag(WRONG, 'time-sum', task=task, found=longest, wanted=total)]
    if max(sum(spent), sum(answered)) > total + _SLACK_S:
        return [flag(LOOK, 'time-sum', task=task, found=max(sum(spent), sum(answered)), wanted=total)]
    return []


def _wrong_order(task: str, first: str, first_time, second: str, second_time) -> Flag:
    values = {'first_time': f'{first_time:%H:%M:%S}', 'second_time': f'{second_time:%H:%M:%S}'}
    return flag(WRONG, 'time-order', task=task, first=first, second=second, **values)


def _speeds(evidence: Evidence) -> list[Flag]:
    """Tokens per second that are not tokens over seconds."""
    for answer in evidence.answers:
        tokens, time_s, speed = answer.output_tokens, answer.time_s, answer.tokens_per_s
        if tokens and time_s and speed and abs(speed - tokens / time_s) > 0.02 * speed + 0.1:
            return [flag(WRONG, 'speed', task=evidence.task, tokens=tokens, time=time_s, found=speed)]
    return []


def _overlaps(tasks: dict[str, Evidence]) -> list[Flag]:
    """Tasks that two kernels worked on at the same time: their memory readings are of both."""
    flags = []
    for a, b in itertools.combinations(tasks.values(), 2):
        if a.run.id != b.run.id and _together(a, b) > CLOCK_STEP:
            flags.append(flag(LOOK, 'overlap', task=a.task, other=b.task))
    return flags


def _together(a: Evidence, b: Evidence) -> datetime.timedelta:
    """How long both were worked on."""
    try:
        return min(map(parsed_time, (a.finished, b.finished))) - max(map(parsed_time, (a.begun, b.begun)))
    except ValueError:  # no times: a flag of their own
        return datetime.timedelta(0)
