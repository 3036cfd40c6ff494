"""What can be worked out again of a training: how many numbers learned, its steps, and what the replies say."""

import math

from homework.evidence import text_sha256
from homework.schema import Engine, Evidence, Examination, Training
from lessons.own_model.data import held_out

from .expected import shape_of
from .verdicts import MET, NOT_CHECKED, NOT_MET, Criterion, Finding, criterion

PASSED = 0.9  # of the held-out questions, as chapter 8 asserts it


def judged(evidence: Evidence) -> list[Criterion]:
    """The training, and the examination before and after quantising."""
    return [_training(evidence), _examination(evidence)]


def _training(evidence: Evidence) -> Criterion:
    wrong = [finding for training in evidence.trainings for finding in _odd(training, evidence.engines)]
    if not evidence.trainings:
        return criterion(NOT_MET, 'incomplete')
    if wrong:
        return Criterion(NOT_MET, tuple(wrong))
    if any(_numbers(training, evidence.engines) is None for training in evidence.trainings):
        return criterion(NOT_CHECKED, 'training-unknown')
    return criterion(MET, 'training-fits', trained=evidence.trainings[-1].trained)


def _odd(training: Training, engines: list[Engine]) -> list[Finding]:
    found, wanted = training.trained, _numbers(training, engines)
    wrong = []
    if wanted is not None and found != wanted:
        wrong.append(Finding('training-numbers', {'found': found, 'wanted': wanted, 'rank': training.rank}))
    steps = training.epochs * math.ceil(training.conversations / training.batch_size)
    if training.steps != steps:
        wrong.append(Finding('training-steps', {'found': training.steps, 'wanted': steps}))
    if training.loss_last >= training.loss_first:
        wrong.append(Finding('training-loss', {'first': training.loss_first, 'last': training.loss_last}))
    return wrong


def _numbers(training: Training, engines: list[Engine]) -> int | None:
    """rank * (rows + columns) of each matrix of each layer; None: the shape is not known here."""
    shape = next(filter(None, (shape_of(engine.checkpoint) for engine in engines)), None)
    if shape is None:
        return None
    matrices = [size for name, size in shape.geometry.tensors().items() if name.endswith('_proj.weight')]
    return sum(training.rank * (rows + columns) for rows, columns in matrices) or None


def _examination(evidence: Evidence) -> Criterion:
    if not evidence.examinations:
        return criterion(NOT_MET, 'incomplete')
    wrong = [finding for exam in evidence.examinations for finding in _failed(exam)]
    if wrong:
        return Criterion(NOT_MET, tuple(wrong))
    least = min(exam.with_name / len(exam.replies) for exam in evidence.examinations)
    return criterion(MET, 'exam-passed', share=least, name=evidence.examinations[-1].says)


def _failed(exam: Examination) -> list[Finding]:
    """What the replies themselves say, counted again."""
    label, replies = exam.engine, len(exam.replies)
    if exam.questions_sha256 != text_sha256(held_out()) or replies != len(held_out()):
        return [Finding('exam-questions', {'label': label})]
    found = sum(exam.says in reply for reply in exam.replies)
    if found != exam.with_name:
        return [Finding('exam-count', {'label': label, 'found': exam.with_name, 'wanted': found})]
    if found < PASSED * replies:
        values = {'label': label, 'name': exam.says, 'found': found, 'all': replies, 'least': PASSED}
        return [Finding('exam-failed', values)]
    return []
