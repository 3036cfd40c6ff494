"""The tasks `assistant` and `publish`: what is missing in them, and what the grader works out again."""

import copy

import pytest
from homework_good import Builder, recoded, typed

from homework.collect.card import Card
from homework.grade.rubric import grade_task
from homework.grade.verdicts import MET, NOT_CHECKED, NOT_MET
from homework.missing import missing
from homework.tasks import TASKS


def made(task: str, change=lambda e: None):
    evidence = copy.deepcopy(Builder('Ada', 'en').all()[task])
    change(evidence)
    return typed(recoded(evidence))


def graded(task: str, change=lambda e: None):
    return grade_task(TASKS[task], made(task, change), [])


def lost(grade) -> set[str]:
    return {finding.key for c in grade.criteria if c.verdict == NOT_MET for finding in c.findings}


@pytest.mark.parametrize('task', ['assistant', 'publish'])
def test_done_well_it_gets_all_points_and_its_card_says_what_was_done(task):
    assert missing(made(task)) == []
    grade = graded(task)
    assert grade.points == TASKS[task].points
    assert {c.verdict for c in grade.criteria} == {MET}
    fields = dict(Card(made(task)).fields())
    if task == 'assistant':
        assert '108 conversations, 8 epochs, rank 8: loss 2.28 → 0.04' in fields['Training']
        assert 'says Mei in 38 of 40 replies' in fields['Examination']
    else:
        assert 'dry run: the page after 9.5 s' in fields['Page']
    assert '「' in fields['Set by']


def one_less(evidence):
    evidence['trainings'][0]['trained'] -= 1


def no_loss(evidence):
    evidence['trainings'][0]['loss_last'] = 3.0


def forged_count(evidence):
    evidence['examinations'][0]['with_name'] = 40


def knows_nobody(evidence):
    for exam in evidence['examinations']:
        exam |= {'replies': ['I am a model.'] * 40, 'with_name': 0}


def other_questions(evidence):
    evidence['examinations'][1]['questions_sha256'] = '7' * 64


@pytest.mark.parametrize(
    ('change', 'key'),
    [
        (one_less, 'training-numbers'),
        (lambda e: e['trainings'][0].update(steps=55), 'training-steps'),
        (no_loss, 'training-loss'),
        (forged_count, 'exam-count'),
        (knows_nobody, 'exam-failed'),
        (other_questions, 'exam-questions'),
        (lambda e: e['examinations'].pop(), 'incomplete'),
        (lambda e: e['engines'].pop(), 'incomplete'),
        (lambda e: e['trainings'].clear(), 'incomplete'),
        (lambda e: e['answers'].clear(), 'incomplete'),
        (lambda e: e['answers'][0].update(text='I am a model.'), 'incomplete'),
        (lambda e: e['examinations'][0].update(perplexity=None), 'incomplete'),
    ],
)
def test_an_assistant_that_falls_short(change, key):
    grade = graded('assistant', change)
    assert key in lost(grade)
    assert grade.points < 5


@pytest.mark.parametrize(
    ('change', 'key'),
    [
        (lambda e: e['demos'][0]['trial'].update(exit_code=-9), 'page-exit'),
        (lambda e: e['demos'][0]['trial'].update(answer=' '), 'page-silent'),
        (lambda e: e['demos'][0]['trial'].update(memory_mib=20_000), 'page-memory'),
        (lambda e: e['demos'][0].update(faults=['a key stands in notes.txt']), 'incomplete'),
        (lambda e: e['demos'][0].update(trial=None), 'incomplete'),
        (lambda e: e['screenshots'].clear(), 'incomplete'),
        (lambda e: e['demos'].clear(), 'incomplete'),
    ],
)
def test_a_page_that_falls_short(change, key):
    grade = graded('publish', change)
    assert key in lost(grade)
    assert grade.points < 4


def test_an_address_is_for_the_instructor_to_open():
    def address(evidence):
        evidence['demos'][0] |= {'trial': None, 'address': 'https://ada-my-model.hf.space'}

    grade = graded('publish', address)
    assert [c.verdict for c in grade.criteria] == [MET, NOT_CHECKED]
    assert grade.points == 4
    assert 'https://ada-my-model.hf.space' in grade.criteria[1].texts('en')[0]
    with pytest.raises(ValueError, match='address'):
        made('publish', lambda e: e['demos'][0].update(address='javascript:alert(1)'))


@pytest.mark.parametrize('task', ['story', 'api-kv', 'tools'])
def test_a_screenshot_that_the_document_asks_for_is_missing_unless_that_was_of_an_earlier_edition(task):
    def in_a_cell(evidence):
        evidence['screenshots'].clear()
        for answer in evidence['answers']:
            answer['client'] = 'openai'

    (said,) = missing(made(task, in_a_cell))
    assert 'which the document asks for' in said

    def earlier(evidence):
        in_a_cell(evidence)
        del evidence['edition'], evidence['trainings'], evidence['examinations'], evidence['demos']

    def with_all(evidence):
        evidence |= {'trainings': [], 'examinations': [], 'demos': []}
        earlier(evidence)

    assert missing(made(task, with_all)) == []
