"""The worked solutions, really run and packed, get full marks; spoiled, they are flagged for what was spoiled.

What is spoiled is a submission that was run and packed once, and is stored: spoiling needs no engine.
"""

import json
from pathlib import Path

import pytest
from homework_good import Builder, contents, edited, recoded
from homework_support import QUICK, solved_folder

from helpers.models import EMBEDDED
from homework.grade.grade import grade_files
from homework.grade.rubric import GRADED
from homework.grade.verdicts import MET, NOT_MET
from homework.tasks import TASKS

HAS_TINY_VLM = (EMBEDDED / 'tiny-vlm' / 'config.json').is_file()
DONE = [task for task in GRADED if HAS_TINY_VLM or task.id != 'vision-page']


STORED = Path(__file__).parents[1] / 'data' / 'submission-schema-1.zip'  # all of chapter 9, on the CPU device


def full_marks(archive: Path, done: list[str], monkeypatch) -> None:
    """Full marks for the tasks `done`, nothing stands out, and nothing was taken on trust."""
    monkeypatch.setenv('LMDEPLOY_CPU_MEMORY_GB', '2')
    grading = grade_files([archive])
    (graded,) = grading.graded
    assert {g.task.id: g.points for g in graded.grades if g.task.id in done} == {t: TASKS[t].points for t in done}
    assert [flag.text('en') for flag in graded.submission.flags] == []
    verdicts = {g.task.id: {f.key for c in g.criteria for f in c.findings if c.verdict == MET} for g in graded.grades}
    for task in done:
        if task in ('chat', 'story', 'api-kv', 'chat-w4a16', 'server-w4a16', 'python-w4a16'):
            assert {'complete', 'memory-agrees', 'plausible'} <= verdicts[task], 'all was checked'
        if task in ('api-kv', 'chat-w4a16', 'server-w4a16', 'python-w4a16'):
            assert 'w4a16' in verdicts[task]


def test_full_marks(monkeypatch):
    (archive,) = solved_folder(quick=True).glob('submission-*.zip')
    full_marks(archive, list(QUICK), monkeypatch)


@pytest.mark.deep
def test_full_marks_for_all(monkeypatch):
    (archive,) = solved_folder(quick=False).glob('submission-*.zip')
    content = json.loads(contents(archive)['evidence.json'])
    assert {task.id for task in DONE} <= {e['task'] for e in content['tasks']} <= set(TASKS)
    full_marks(archive, [task.id for task in DONE], monkeypatch)


def ratio_of(evidence):
    for engine in evidence['engines']:
        engine['real']['cache_max_entry_count'] = 0.8


def blocks_of(evidence):
    evidence['engines'][0]['real']['num_blocks'] *= 2


def typed(evidence):
    evidence['answers'][0]['text'] = evidence['answers'][0]['text'][:50]


def slower(evidence):
    evidence['rows'][0]['time_s'] /= 3


@pytest.mark.parametrize(
    ('task', 'spoil', 'key'),
    [
        ('server-w4a16', ratio_of, 'incomplete'),
        ('python-w4a16', blocks_of, 'blocks-differ'),
        ('story', typed, 'incomplete'),
        ('benchmark', slower, 'row-speed'),
        ('story', lambda e: e.update(chapter='02'), 'other-chapter'),
        ('api-kv', lambda e: e['engines'][0]['checkpoint'].update(quantization_config=None), 'w4a16-not'),
    ],
)
def test_spoiled(tmp_path, task, spoil, key):
    def change(content):
        for at, evidence in enumerate(content['tasks']):
            if evidence['task'] in ('chat-w4a16', 'server-w4a16'):  # stored when screenshots were no matter
                evidence['screenshots'] = [Builder().screenshot(evidence['task'], n) for n in (1, 2)]
            if evidence['task'] == task:
                spoil(evidence)
            content['tasks'][at] = recoded(evidence)

    (graded,) = grade_files([edited(STORED, tmp_path / 'a.zip', change)], scores=False).graded
    lost = {g.task.id: g for g in graded.grades if g.present and g.points < g.of}
    assert list(lost) == [task]
    assert key in {f.key for c in lost[task].criteria if c.verdict == NOT_MET for f in c.findings}
    assert 'card-differs' in {flag.key for flag in graded.submission.flags}, 'its card is of other evidence'
