"""A clock that is set back by a little while somebody works accuses nobody; hours still do."""

import datetime
import json
import os

import pytest
from homework_good import Builder, contents, edited, pack, recoded, screenshot

from homework.collect.screenshots import store_screenshot
from homework.grade import grade_files

TIMES = {'time-order', 'time-sum', 'time-future', 'overlap'}


@pytest.fixture(scope='module')
def good(tmp_path_factory):
    tasks = Builder().all()
    with pytest.MonkeyPatch.context() as patch:
        return pack({name: tasks[name] for name in ('chat', 'story')}, tmp_path_factory.mktemp('good'), patch)


def later(text: str, seconds: float) -> str:
    time = datetime.datetime.strptime(text, '%Y-%m-%dT%H:%M:%SZ') + datetime.timedelta(seconds=seconds)
    return time.strftime('%Y-%m-%dT%H:%M:%SZ')


def flags(good, tmp_path, change) -> set[str]:
    """What times the grader flags, once `change(chat, story)` has altered them and their codes were made anew."""

    def whole(content):
        change(*content['tasks'])
        content['packed'] = later(content['tasks'][1]['finished'], -30)  # the clock may step before this, too
        content['tasks'] = [recoded(evidence) for evidence in content['tasks']]

    grading = grade_files([edited(good, tmp_path / 'a.zip', whole)], scores=False)
    assert grading.unreadable == []
    return {flag.key for flag in grading.graded[0].submission.flags} & TIMES


def short(evidence, took_s: float, answered_s: float):
    """A task that took `took_s` by its clock, and whose answer took `answered_s`."""
    evidence['finished'] = later(evidence['begun'], took_s)
    for thing in (*evidence['run']['steps'], *evidence['memory']):
        thing['time'] = evidence['begun']
    evidence['run']['steps'][-1]['time'] = evidence['memory'][-1]['time'] = evidence['finished']
    evidence['answers'][0] |= {'time_s': answered_s, 'tokens_per_s': None}


def other_run(evidence, begun: str):
    evidence['run']['id'] = 'c3' * 8
    evidence['begun'] = evidence['run']['steps'][0]['time'] = evidence['memory'][0]['time'] = begun


@pytest.mark.parametrize(
    'change',
    [
        lambda chat, story: None,
        lambda chat, story: story.update(begun=later(story['run']['steps'][0]['time'], 5)),
        lambda chat, story: short(story, -20, 3.0),
        lambda chat, story: short(story, -60, 40.0),
        lambda chat, story: short(story, 100, 150.0),
        lambda chat, story: story['run']['steps'][2].update(time=later(story['run']['steps'][1]['time'], -1)),
        lambda chat, story: story['run']['steps'][2].update(time=later(story['begun'], -59)),
        lambda chat, story: story['memory'][0].update(time=later(story['begun'], -60)),
        lambda chat, story: story['memory'][1].update(time=later(story['finished'], 60)),
        lambda chat, story: other_run(story, later(chat['finished'], -60)),
    ],
)
def test_a_small_step_accuses_nobody(good, tmp_path, change):
    assert flags(good, tmp_path, change) == set()


@pytest.mark.parametrize(
    ('change', 'wanted'),
    [
        (lambda chat, story: story.update(begun=later(story['finished'], 3600)), 'time-order'),
        (lambda chat, story: short(story, -600, 3.0), 'time-order'),
        (lambda chat, story: [s.update(time=later(story['begun'], -100 * n))
                              for n, s in enumerate(story['run']['steps'])], 'time-order'),
        (lambda chat, story: story['memory'][1].update(time=later(story['finished'], 600)), 'time-order'),
        (lambda chat, story: short(story, 60, 600.0), 'time-sum'),
        (lambda chat, story: other_run(story, later(chat['finished'], -200)), 'overlap'),
    ],
)  # fmt: skip
def test_a_large_one_is_looked_at(good, tmp_path, change, wanted):
    assert wanted in flags(good, tmp_path, change)


@pytest.mark.parametrize(('early_s', 'noted'), [(0, False), (60, False), (100, False), (600, True)])
def test_a_screenshot_taken_early(tmp_path, early_s, noted):
    (tmp_path / 'shot.png').write_bytes(screenshot())
    taken = datetime.datetime(2026, 11, 20, 12, tzinfo=datetime.UTC).timestamp() - early_s
    os.utime(tmp_path / 'shot.png', (taken, taken))
    _, notes = store_screenshot(tmp_path / 'shot.png', 'story-1', since='2026-11-20T12:00:00Z', folder=tmp_path)
    assert bool(notes) == noted


def test_the_evidence_is_what_the_steps_are_of(good):
    """The builder's own times are in order, so that what is changed above is all that is out of it."""
    for evidence in json.loads(contents(good)['evidence.json'])['tasks']:
        times = [evidence['begun'], *(step['time'] for step in evidence['run']['steps']), evidence['finished']]
        assert times == sorted(times)
