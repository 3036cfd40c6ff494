"""Whether the grader can tell tiny-chat's answers from others, with the model itself; the record behind its bands."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from homework_good import ENGLISH_STORY, HELLO, STORY, Builder, own_sample, typed

from helpers import load_record
from homework.grade import expected
from homework.grade.rubric import grade_task
from homework.grade.scores import TINY_CHAT, score_submissions
from homework.grade.verdicts import MET, NOT_CHECKED, NOT_MET, Finding
from homework.schema import Engine, checked
from homework.tasks import TASKS

ROOT = Path(__file__).resolve().parents[3]
TYPED = (
    '从前有座山，山上有座庙，庙里有个老和尚和一个小和尚。有一天，老和尚对小和尚说，你去山下挑两桶水来。小和尚一边走一边唱歌，'
    '走到半路，他看见一只受伤的小鹿躺在路边，便把水倒掉，用桶把小鹿背回了庙里。'
)


def submission(*answers, **engine):
    """One with the task `story`, told by its answers."""
    builder = Builder()
    told = builder.engine('16 bit', 'pipeline', awq=False)
    told['checkpoint'] |= {'weights_sample_sha256': own_sample()} | engine
    shots = [builder.screenshot('story')]
    evidence = builder.evidence('story', engines=[told], answers=list(answers), screenshots=shots)
    return type('Submission', (), {'tasks': {'story': typed(evidence)}})


def answer(question, text, **more):
    return Builder().answer('16 bit', 'pipeline', question, text, **more)


def test_answers_of_the_model_and_others(monkeypatch):
    """Real answers pass, typed and changed ones do not; line breaks that a terminal or page lost are forgiven."""
    monkeypatch.setenv('LMDEPLOY_CPU_MEMORY_GB', '2')
    zh, en = '写一个 300 字的小故事', 'Tell me a story'
    real = [(zh, STORY), (zh, STORY.replace('\n\n', '\n')), (zh, STORY.replace('\n\n', '')), (en, ENGLISH_STORY)]
    real += [('who are you', HELLO), (en, ENGLISH_STORY.replace('\n\n', ' ') + '\n')]
    others = [
        (zh, TYPED),
        (en, TYPED),
        (zh, STORY[::-1]),
        (zh, STORY[:120] + TYPED),
    ]
    submissions = [submission(answer(*pair)) for pair in real + others] + [submission(answer(zh, STORY * 12))]
    found = score_submissions(submissions)
    verdicts = [
        grade_task(TASKS['story'], s.tasks['story'], found[n, 'story']).criteria[-1].verdict
        for n, s in enumerate(submissions)
    ]
    assert verdicts == [MET] * len(real) + [NOT_MET] * len(others) + [NOT_CHECKED], found
    assert found[len(submissions) - 1, 'story'] == [Finding('why-long')]


@pytest.mark.parametrize(
    ('more', 'engine', 'key'),
    [
        ({'text': 'Hi'}, {}, 'why-short'),
        ({'sampling': {'temperature': 1.5}}, {}, 'why-sampling'),
        ({'tool_calls': [{'name': 'add', 'arguments': {}}]}, {}, 'why-picture-or-tools'),
        ({'messages': [{'role': 'user', 'content': [{'type': 'image'}]}]}, {}, 'why-picture-or-tools'),
        ({'engine': 'another'}, {}, 'why-no-engine'),
        ({}, {'tensor_bytes': 3_778_220_032}, 'why-other-model'),
        ({}, {'weights_sample_sha256': '0' * 64}, 'why-other-weights'),
    ],
)
def test_what_is_not_scored_and_why(more, engine, key, monkeypatch):
    """No model is started for them."""
    monkeypatch.setitem(sys.modules, 'lmdeploy', None)
    found = score_submissions([submission(answer('Tell me a story', STORY) | more, **engine)])
    assert [finding.key for finding in found[0, 'story']] == [key]


def test_scores_that_nobody_wants():
    found = score_submissions([submission(answer('Tell me a story', STORY))], wanted=False)
    assert found == {(0, 'story'): [Finding('why-no-scores')]}


def test_a_model_that_cannot_run_here_accuses_nobody(monkeypatch):
    import lmdeploy

    def refuse(*args, **kwargs):
        raise RuntimeError('out of memory')

    monkeypatch.setattr(lmdeploy, 'pipeline', refuse)
    subject = submission(answer('Tell me a story', ENGLISH_STORY))
    (finding,) = score_submissions([subject])[0, 'story']
    assert finding.key == 'why-failed'
    assert 'out of memory' in finding.text('zh')
    assert grade_task(TASKS['story'], subject.tasks['story'], [finding]).points == 20


def test_the_record_behind_the_bands():
    """The band holds every measured answer with room to spare, and none that somebody typed."""
    record = load_record(expected.BANDS)
    data, least = record.data, expected.lowest_score()
    assert record.model == TINY_CHAT.name
    assert sum(row['count'] for row in data['answers']) > 1000
    assert {(row['weights'], row['kv']) for row in data['answers']} == {
        (weights, kv) for weights in ('16 bit', 'W4A16') for kv in ('16 bit', 'int8', 'int4')
    }
    assert least == 2 * min(row['lowest'] for row in data['answers'])
    changed = {row['change']: row for row in data['changed']}
    assert changed['typed by people']['highest'] < least
    assert changed['every 10th character another']['highest'] < least
    assert changed['every 40th character another']['median'] < least
    ways = {row['way'] for row in data['memory']}
    assert ways == {'pipeline', 'api_server'}


def test_the_bands_tell_the_ratios_apart():
    """On the budget of the record an engine at 0.8 is outside the band of 0.4, however it runs."""
    builder = Builder()
    for way in ('pipeline', 'api_server'):
        for awq in (False, True):
            engine, larger = (checked(builder.engine('x', way, awq=awq, ratio=ratio), Engine) for ratio in (0.4, 0.8))
            band = expected.memory_band(engine, expected.shape_of(engine.checkpoint))
            assert engine.used_bytes in band
            assert larger.used_bytes not in band


@pytest.mark.parametrize(
    ('arguments', 'said'),
    [(['--save', '../homework'], "is not a record's name"), (['--save', 'cpu/x', '--commit', 'main'], 'a git commit')],
)
def test_the_measurement_refuses_a_record_that_it_could_not_save(arguments, said):
    command = [sys.executable, '-m', 'benchmarks.homework_bands', *arguments]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    assert done.returncode != 0
    assert said in done.stderr


@pytest.mark.slow
def test_the_measurement():
    command = [sys.executable, '-m', 'benchmarks.homework_bands', '--tiny']
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=900)
    assert done.returncode == 0, done.stderr[-2000:]
    rows = [json.loads(line) for line in done.stdout.splitlines() if line.startswith('{')]
    assert sum('way' in row for row in rows) == 4
    assert min(row['lowest'] for row in rows if 'topic' in row) > expected.lowest_score()
    assert {row['change'] for row in rows if 'change' in row} == {
        row['change'] for row in load_record(expected.BANDS).data['changed']
    }
