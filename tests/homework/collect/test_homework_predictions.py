"""Predictions in a submission: in its evidence and in its notes, in the learner's language; without any, as before."""

import json
import zipfile

import pytest
from homework_good import Builder, put_pictures, typed

from homework import pack_submission
from homework.evidence import short_code, submission_folder, write_evidence
from homework.grade.reading import read_submission
from homework.schema import SubmissionContent, checked
from lessons.predictions.kept import keep_guess, keep_outcome, kept_path


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv('COURSE_SUBMISSION', str(tmp_path / 'submission'))


def packed(name: str, language: str):
    story = Builder(name, language).all()['story']
    put_pictures(story, submission_folder())
    write_evidence(typed(story | {'code': short_code(story)}))
    path = pack_submission().path
    with zipfile.ZipFile(path) as archive:
        return path, json.loads(archive.read('evidence.json')), archive.read('README.md').decode()


def guess():
    keep_guess('3.2', 800.0, None)
    keep_outcome('3.2', 900, 1000)
    keep_guess('3.5', 'larger', ('same', 'same'))


def test_they_are_in_its_evidence_and_its_notes(tmp_path):
    guess()
    path, evidence, notes = packed('Ada Lovelace', 'en')
    assert [(g['number'], g['guess'], g['measured'], g['late']) for g in evidence['predictions']] == [
        ('3.2', 800, 1000, False), ('3.5', 'larger', 'same', True),
    ]  # fmt: skip
    assert '## Predictions' in notes
    assert '| 800 MiB | 900 MiB | 1,000 MiB | The right region: 20 % too low. |' in notes
    assert 'You guessed after the run.' in notes
    submission = read_submission(path, tmp_path / 'unpacked')
    assert submission.flags == [] or 'predictions' not in str(submission.flags)
    assert list(submission.tasks) == ['story']


def test_they_speak_the_language_of_the_notes():
    guess()
    _, _, notes = packed('王小明', 'zh')
    assert '## 预测' in notes
    assert '大致对了：低了 20 %。' in notes
    assert '| 变大 | 不变 | 不变 | 和你猜的不一样：现在知道了。' in notes


@pytest.mark.parametrize('content', [None, '{"3.2": {"guess": "<script>"}}', 'no JSON'])
def test_without_any_a_submission_is_as_before(content):
    if content:
        kept_path().parent.mkdir(parents=True)
        kept_path().write_text(content)
    _, evidence, notes = packed('Ada Lovelace', 'en')
    assert 'predictions' not in evidence
    assert 'Predictions' not in notes


@pytest.mark.parametrize(
    'bad',
    [{'guess': 1e300}, {'guess': [1]}, {'number': '../x'}, {'late': 'yes'}, {'guessed': 'today'}, {'guess': 'x' * 999}],
)
def test_what_is_no_prediction_is_no_submission(bad):
    head = {'schema': 1, 'name': 'Ada', 'language': 'en', 'packed': '2026-01-01T00:00:00Z', 'tasks': []}
    good = {'number': '3.2', 'guess': 800.0, 'guessed': '2026-01-01T00:00:00Z', 'late': False}
    assert checked(head | {'predictions': [good]}, SubmissionContent)
    with pytest.raises(ValueError, match='predictions'):
        checked(head | {'predictions': [good | bad]}, SubmissionContent)
