"""A submission, unpacked and read, with what does not fit together in it."""

import dataclasses
import datetime
import hashlib
import itertools
from pathlib import Path

from .evidence import short_code
from .pack import digest_of
from .pictures import Picture, read_picture
from .rubric import cell_numbers_fall, predictions_that_differ
from .schema import MANIFEST, SUBMISSION, read_checked
from .tasks import TASKS
from .unpack import BadSubmissionError, unpack
from .verdicts import LOOK, WRONG, Flag, flag

_CLOCKS_DIFFER = datetime.timedelta(days=1)
_SLACK_S = 5.0  # times are kept to the second


@dataclasses.dataclass
class Submission:
    """What a learner handed in.  `flags` grows while it is looked at."""

    file: str  # the archive's name, without its folder
    archive_sha256: str
    folder: Path
    name: str
    language: str
    packed: str
    links: list[dict]
    tasks: dict[str, dict]  # id → evidence
    pictures: list[Picture]
    flags: list[Flag]


def read_submission(archive: Path, folder: Path) -> Submission:
    """Unpack `archive` into `folder` and read what is in it.

    Raises BadSubmissionError if it cannot be graded; what is odd but can be graded is a flag.
    """
    paths = unpack(archive, folder)
    manifest, flags = _manifest(folder, paths)
    try:
        content = read_checked((folder / 'evidence.json').read_bytes(), SUBMISSION)
    except FileNotFoundError:
        raise BadSubmissionError('there is no evidence.json in it: pack it with `make submission`') from None
    except ValueError as error:
        raise BadSubmissionError(f'evidence.json cannot be read: {error}') from None
    if manifest is not None and manifest['name'] != content['name']:
        flags.append(flag(WRONG, 'manifest-name', found=manifest['name'], wanted=content['name']))
    tasks, pictures = {}, []
    for evidence in content['tasks']:
        task = evidence['task']
        if task not in TASKS:
            flags.append(flag(WRONG, 'task-unknown', task=task))
        elif task in tasks:
            flags.append(flag(WRONG, 'task-twice', task=task))
        else:
            tasks[task] = evidence
            found, more = _pictures(evidence, folder, set(paths))
            pictures += found
            flags += more + _flags_of(evidence, content)
    submission = Submission(
        file=archive.name,
        archive_sha256=hashlib.sha256(archive.read_bytes()).hexdigest(),
        folder=folder,
        name=content['name'],
        language=content['language'],
        packed=content['packed'],
        links=content.get('links', []),
        tasks=tasks,
        pictures=pictures,
        flags=flags,
    )
    submission.flags += _overlaps(tasks)
    return submission


def _manifest(folder: Path, paths: list[str]) -> tuple[dict | None, list[Flag]]:
    """The manifest, and whatever in the zip is not as it says."""
    try:
        manifest = read_checked((folder / 'manifest.json').read_bytes(), MANIFEST)
    except FileNotFoundError:
        raise BadSubmissionError('there is no manifest.json in it: pack it with `make submission`') from None
    except ValueError as error:
        raise BadSubmissionError(f'manifest.json cannot be read: {error}') from None
    flags, there = [], set(paths) - {'manifest.json'}
    for path in sorted(there | manifest['files'].keys()):
        if path not in manifest['files']:
            flags.append(flag(WRONG, 'manifest-extra', file=path))
        elif path not in there:
            flags.append(flag(WRONG, 'manifest-missing', file=path))
        elif hashlib.sha256((folder / path).read_bytes()).hexdigest() != manifest['files'][path]['sha256']:
            flags.append(flag(WRONG, 'manifest-changed', file=path))
    if manifest['digest'] != digest_of(manifest['files']):
        flags.append(flag(WRONG, 'manifest-digest'))
    return manifest, flags


def _pictures(evidence: dict, folder: Path, paths: set[str]) -> tuple[list[Picture], list[Flag]]:
    """The task's card and screenshots, as far as they can be shown."""
    task, pictures, flags = evidence['task'], [], []
    wanted = [(f'cards/{task}.png', None)] + [(shot['file'], shot['sha256']) for shot in evidence['screenshots']]
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
        if picture.code is not None and picture.code != evidence['code']:
            flags.append(flag(WRONG, 'card-differs', task=task, found=picture.code, wanted=evidence['code']))
        pictures.append(picture)
    return pictures, flags


def _flags_of(evidence: dict, content: dict) -> list[Flag]:
    """What does not fit together in the evidence of one task."""
    task, flags = evidence['task'], []
    if evidence['code'] != (code := short_code(evidence)):
        flags.append(flag(WRONG, 'edited', task=task, found=evidence['code'], wanted=code))
    if evidence['name'] != content['name']:
        flags.append(flag(WRONG, 'evidence-name', task=task, found=evidence['name'], wanted=content['name']))
    if fall := cell_numbers_fall(evidence):
        flags.append(flag(LOOK, 'out-of-order', task=task, before=fall[0], after=fall[1]))
    for engine, found, wanted in predictions_that_differ(evidence):
        values = {'task': task, 'label': engine['label'], 'found': found, 'wanted': wanted}
        flags.append(flag(LOOK, 'prediction-differs', **values))
    return flags + _times(evidence, content['packed']) + _speeds(evidence)


def _times(evidence: dict, packed: str) -> list[Flag]:
    """Begun, the steps in their order, finished, packed, now: none before the one before it."""
    task = evidence['task']
    order = [('begun', evidence['begun'])]
    order += [(step['step'], step['time']) for step in evidence['run']['steps']]
    order += [('finished', evidence['finished']), ('packed', packed)]
    try:
        times = [(what, _time(text)) for what, text in order]
        readings = [(f'memory {r["label"]}', _time(r['time'])) for r in evidence['memory']]
    except ValueError as error:
        return [flag(WRONG, 'time-future', task=task, found=str(error))]
    for (first, first_time), (second, second_time) in itertools.pairwise(times):
        if second_time < first_time:
            return [_wrong_order(task, second, second_time, first, first_time)]
    begun, finished = times[0][1], times[-2][1]
    for what, time in readings:
        if time < begun:
            return [_wrong_order(task, what, time, 'begun', begun)]
        if time > finished:
            return [_wrong_order(task, 'finished', finished, what, time)]
    if finished > datetime.datetime.now(datetime.UTC) + _CLOCKS_DIFFER:
        return [flag(WRONG, 'time-future', task=task, found=evidence['finished'])]
    spent = [row['time_s'] for row in evidence['rows'] if isinstance(row.get('time_s'), int | float)]
    answered = sum(answer['time_s'] or 0 for answer in evidence['answers'] if 'time_s' in answer)
    # Answers may have run side by side, rows too; but not the longest of them for longer than all.
    longest = max([*spent, *(a['time_s'] or 0 for a in evidence['answers'] if 'time_s' in a)], default=0)
    total = (finished - begun).total_seconds()
    if longest > total + _SLACK_S:
        return [flag(WRONG, 'time-sum', task=task, found=longest, wanted=total)]
    if max(sum(spent), answered) > total + _SLACK_S:
        return [flag(LOOK, 'time-sum', task=task, found=max(sum(spent), answered), wanted=total)]
    return []


def _wrong_order(task: str, first: str, first_time, second: str, second_time) -> Flag:
    values = {'first_time': f'{first_time:%H:%M:%S}', 'second_time': f'{second_time:%H:%M:%S}'}
    return flag(WRONG, 'time-order', task=task, first=first, second=second, **values)


def _speeds(evidence: dict) -> list[Flag]:
    """Tokens per second that are not tokens over seconds."""
    for answer in evidence['answers']:
        tokens, time_s, speed = (answer.get(name) for name in ('output_tokens', 'time_s', 'tokens_per_s'))
        if tokens and time_s and speed and abs(speed - tokens / time_s) > 0.02 * speed + 0.1:
            return [flag(WRONG, 'speed', task=evidence['task'], tokens=tokens, time=time_s, found=speed)]
    return []


def _overlaps(tasks: dict[str, dict]) -> list[Flag]:
    """Tasks that two kernels worked on at the same time: their memory readings are of both."""
    flags = []
    for a, b in itertools.combinations(tasks.values(), 2):
        apart = a['finished'] <= b['begun'] or b['finished'] <= a['begun']
        if a['run']['id'] != b['run']['id'] and not apart:
            flags.append(flag(LOOK, 'overlap', task=a['task'], other=b['task']))
    return flags


def _time(text: str) -> datetime.datetime:
    return datetime.datetime.strptime(text, '%Y-%m-%dT%H:%M:%SZ').replace(tzinfo=datetime.UTC)
