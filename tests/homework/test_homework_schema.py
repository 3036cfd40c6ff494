"""One model for evidence that is collected, read back and graded: what it takes, what it refuses, what it keeps."""

import io
import json
from pathlib import Path

import pytest
from homework_good import Builder, contents, typed
from PIL import Image

from homework import pack_submission
from homework.evidence import HomeworkError, read_evidence, short_code, write_evidence
from homework.grade.grade import grade_files
from homework.schema import Evidence, SubmissionContent, checked, read_checked
from homework.tasks import TASKS

# What the code before these models collected and packed, chapter 9 worked through on the CPU device; its cards are made
# smaller, and the notes left out.
BEFORE = Path(__file__).parent / 'data' / 'submission-schema-1.zip'
LATER = ('assistant', 'publish')  # tasks that there were not yet
UNPICTURED = ('chat-w4a16', 'server-w4a16')  # said in a terminal or on a page, without a screenshot


@pytest.fixture(scope='module')
def before() -> list[dict]:
    return json.loads(contents(BEFORE)['evidence.json'])['tasks']


def test_a_submission_made_before_gets_the_grade_that_it_got():
    (graded,) = grade_files([BEFORE], scores=False).graded
    lost = {grade.task.id: grade.of - grade.points for grade in graded.grades if grade.points < grade.of}
    assert lost == {'chat-w4a16': 1.5, 'server-w4a16': 2, 'assistant': 5, 'publish': 4}, (
        'a story needed no picture then'
    )
    assert [flag.text('en') for flag in graded.submission.flags] == []
    verdicts = {grade.task.id: [c.verdict for c in grade.criteria] for grade in graded.grades}
    assert verdicts['story'] == ['met', 'met', 'not checked']
    assert verdicts['api-kv'] == ['met', 'met', 'met', 'not checked']
    assert verdicts['memory-kv'] == ['met', 'met', 'met']
    assert verdicts['benchmark'] == ['met', 'met']
    assert len(graded.submission.pictures) == 12


def test_evidence_made_before_is_read_back_and_packed_as_it_is(before, tmp_path, monkeypatch):
    monkeypatch.setenv('COURSE_SUBMISSION', str(tmp_path))
    (tmp_path / 'evidence').mkdir()
    (tmp_path / 'screenshots').mkdir()
    (tmp_path / 'screenshots/vision-page-1.png').write_bytes(contents(BEFORE)['screenshots/vision-page-1.png'])
    for evidence in before:
        path = tmp_path / 'evidence' / f'{evidence["task"]}.json'
        path.write_text(json.dumps(evidence), encoding='utf-8')
        assert read_evidence(path).plain() == evidence
    packed = pack_submission()
    missing = dict.fromkeys((*UNPICTURED, *LATER), 1)
    assert {task: len(said) for task, said in packed.missing.items()} == missing
    files = contents(packed.path)
    told = {e['task']: e for e in json.loads(files['evidence.json'])['tasks']}
    assert told == {e['task']: e for e in before}, 'in the order that tasks have now'
    with Image.open(io.BytesIO(files['cards/story.png'])) as card:
        assert card.info['course-code'] == next(e['code'] for e in before if e['task'] == 'story')
    (graded,) = grade_files([packed.path], scores=False).graded
    assert (graded.total, graded.submission.flags) == (100 - 1.5 - 2 - 5 - 4, [])


def test_what_no_model_names_is_kept_and_numbers_stay_what_they_are():
    evidence = Builder('Ada', 'en').all()['story']
    evidence['engines'][0]['asked'] = {'odd': [1, 1.0, None, {'deep': True}]}
    evidence['engines'][0]['real']['rope'] = 2.0
    evidence['answers'][0] |= {'time_s': 2, 'more': 'text'}
    text = json.dumps(typed(evidence).plain(), sort_keys=True)
    assert text == json.dumps(evidence, sort_keys=True)
    assert short_code(json.loads(text)) == short_code(evidence)


@pytest.mark.parametrize(
    ('change', 'message'),
    [
        (lambda e: e.update(schema=2), r"\['schema'\]"),
        (lambda e: e.pop('run'), "'run' is a required property"),
        (lambda e: e.update(device=[]), r"\['device'\]: \[\] is not of type 'object'"),
        (lambda e: e['versions'].pop('lmdeploy'), "'lmdeploy' is a required property"),
        (lambda e: e.update(begun='2026-11-20'), r"\['begun'\]"),
        (lambda e: e.update(task='../x'), r"\['task'\]"),
        (lambda e: e['engines'][0].update(used_bytes='12'), r"\['engines'\]\[0\]\['used_bytes'\]"),
        (lambda e: e['engines'][0].update(used_bytes=True), r"\['used_bytes'\]"),
        (lambda e: e['engines'][0].update(used_bytes=10**30), r"\['used_bytes'\]"),
        (lambda e: e['engines'][0].update(label='x' * 301), r"\['label'\]"),
        (lambda e: e['answers'][0].update(text='x' * 100_001), r"\['text'\]"),
        (lambda e: e['answers'][0].update(time_s=-1), r"\['time_s'\]"),
        (lambda e: e['answers'][0].update(time_s=float('inf')), r"\['time_s'\]"),
        (lambda e: e['answers'][0].update(client='telephone'), r"\['client'\]"),
        (lambda e: e['answers'].extend(e['answers'] * 100), r"\['answers'\]"),
        (lambda e: e['answers'][0].update(tool_calls=[{'name': 'mul', 'arguments': {'a': 'x'}}]), 'not a number'),
        (lambda e: e['answers'][0].update(tool_calls=[{'name': 'mul', 'arguments': {'a': 10**999}}]), 'not a number'),
        (lambda e: e['rows'].append({'a': [1]}), r"\['rows'\]\[0\]\['a'\]"),
        (lambda e: e['rows'].append({'a': 10**16}), r"\['rows'\]"),
        (lambda e: e['rows'].append({str(n): n for n in range(41)}), r"\['rows'\]"),
        (lambda e: e['screenshots'].append({'file': 'screenshots/../x.png', 'sha256': '0' * 64}), r"\['file'\]"),
        (lambda e: e.update(code='abcd'), r"\['code'\]"),
    ],
)  # fmt: skip
def test_what_is_refused(change, message):
    evidence = json.loads(json.dumps(Builder('Ada', 'en').all()['story']))
    checked(evidence, Evidence)
    change(evidence)
    with pytest.raises(ValueError, match=message):
        checked(evidence, Evidence)


def test_half_characters_are_refused_before_they_are_hashed():
    with pytest.raises(ValueError, match='not JSON'):
        read_checked(b'{"schema": 1, "more": "\\ud800"}', SubmissionContent)


def test_a_file_of_ones_own_that_does_not_fit_says_what_to_do(tmp_path):
    evidence = Builder('Ada', 'en').all()['story']
    path = write_evidence(typed(evidence), tmp_path)
    evidence['answers'][0]['client'] = 'telephone'
    path.write_text(json.dumps(evidence | {'code': short_code(evidence)}), encoding='utf-8')
    with pytest.raises(HomeworkError, match=r"story\.json is no evidence.*'client'.*do the task again"):
        read_evidence(path)


def test_all_tasks_of_the_builder_fit():
    for task, evidence in Builder('Ada', 'en').all().items():
        assert typed(evidence).task == task
        assert task in TASKS
