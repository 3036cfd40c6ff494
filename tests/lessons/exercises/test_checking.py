"""`check`: what it says of any answer: numbers with their units, letters, things that were run."""

import numpy as np
import pytest
import torch

from lessons.exercises import check
from lessons.exercises.checking import exercise
from lessons.exercises.judging import amount, choice, expect, judged


@pytest.fixture
def asked(monkeypatch):
    """Register an exercise of a test, as a chapter does."""
    monkeypatch.setattr('lessons.exercises.checking._JUDGES', {})
    return exercise


@pytest.fixture
def mib(asked):
    asked('0.1')(lambda size: amount(size, 64, 'MiB', [(32, 'A key and a value.')], because='So it is.'))


@pytest.mark.parametrize('given', [(), (None,), (...,), ([1, ...],), ({'a': ...},)])
def test_without_an_answer_nothing_is_wrong(mib, capsys, given):
    result = check('0.1', *given)
    assert (result.state, bool(result)) == ('open', False)
    assert 'nothing to check yet' in capsys.readouterr().out


@pytest.mark.parametrize('answer', [64, 64.4, np.float32(64), np.int64(64), torch.tensor(64.0), np.array(64)])
def test_a_right_number_is_right_in_whatever_type(mib, capsys, answer):
    assert check('0.1', answer)
    assert capsys.readouterr().out == '0.1 ✓ Right: 64 MiB. So it is.\n'


@pytest.mark.parametrize(
    ('answer', 'says'),
    [
        (32, 'A key and a value.'),
        (32.1, 'A key and a value.'),
        (67.11, 'right in MB; the question asks for MiB'),
        (64 * 2**20, 'right in bytes'),
        (512 * 2**20, 'right in bits'),
        (64 / 1024, 'right in GiB'),
        (640, 'Too high, by a factor of 10.'),
        (6.4, 'Too low, by a factor of 10.'),
        (66, 'Too high, by 3.1 %.'),
        (60, 'Too low, by 6.2 %.'),
    ],
)
def test_it_says_what_is_off(mib, capsys, answer, says):
    result = check('0.1', answer)
    assert (result.state, bool(result)) == ('wrong', False)
    assert says in capsys.readouterr().out


@pytest.mark.parametrize(
    ('answer', 'says'),
    [
        ('64 MiB', 'is text: give a number'),
        (float('nan'), 'give a finite number'),
        (10**400, 'give a finite number'),
        (True, 'not a bool'),
        ([64], 'not a list'),
        (torch.ones(2), 'not a Tensor'),
        (1j, 'not a complex'),
        (-64, 'a number above 0'),
        (0, 'a number above 0'),
    ],
)
def test_what_is_no_number_gets_a_sentence(mib, capsys, answer, says):
    assert check('0.1', answer).state == 'unreadable'
    assert says in capsys.readouterr().out


def test_too_much_or_too_little_names_what_is_wanted(mib, capsys):
    assert check('0.1', 1, 2).state == 'unreadable'
    assert 'give 1 after the number, not 2: size.' in capsys.readouterr().out


def test_what_is_right_here_is_never_called_a_mistake(asked):
    """On a model with as many KV heads as heads a typical mistake may be the right number."""
    asked('0.2')(lambda n: amount(n, 8, 'heads', [(8, 'Count KV heads.')], tolerance=0))
    assert check('0.2', 8)


def test_the_nearest_mistake_is_meant(asked, capsys):
    asked('0.3')(lambda n: amount(n, 1, 'MiB', [(100, 'the first'), (100.4, 'the second')]))
    check('0.3', 100.4)
    assert 'the second' in capsys.readouterr().out


@pytest.mark.parametrize(('answer', 'state'), [('b', 'right'), (' (B) ', 'right'), ('a', 'wrong'), ('c', 'unreadable')])
def test_a_letter(asked, capsys, answer, state):
    asked('0.4')(lambda letter: choice(letter, 'b', {'a': 'That is the server.', 'b': 'So it is.'}))
    assert check('0.4', answer).state == state
    said = capsys.readouterr().out
    assert {'right': 'So it is.', 'wrong': 'That is the server.', 'unreadable': 'none of the letters a, b'}[
        state
    ] in said


def test_no_letter_at_all(asked):
    asked('0.4')(lambda letter: choice(letter, 'b', {'a': '', 'b': ''}))
    assert check('0.4', 2).state == 'unreadable'


def test_an_object_that_is_not_what_was_asked_for(asked, capsys):
    def judge(run):
        expect(isinstance(run, tuple), 'run is what measure gives.')
        return judged(True)

    asked('0.5')(judge)
    assert check('0.5', 'text').state == 'unreadable'
    assert 'run is what measure gives.' in capsys.readouterr().out
    assert check('0.5', (1,))


def test_a_number_that_no_exercise_has():
    with pytest.raises(KeyError, match=r"no exercise '3\.99'; there are: 3\.1, 3\.2"):
        check('3.99', 1)
    with pytest.raises(KeyError, match='none in this chapter'):
        check('nowhere.1', 1)


@pytest.mark.parametrize(
    ('answer', 'says'),
    [
        (2048, '3.1 ✓ 正确：2,048 MiB。\n'),
        (1024, '3.1 ✗ 只有一半：每个词元既有键又有值；要不就是你按每个数 1 字节算了。\n'),
        (64, '3.1 ✗ 这只是一层；模型有 32 层。\n'),
        (2**31, '3.1 ✗ 如果单位是 bytes 就对了；题目问的是 MiB。\n'),
        (3000, '3.1 ✗ 偏大 46 %。\n'),
        ('2 GiB', "3.1 ? '2 GiB' 是文字：请写一个数，不要引号，也不要单位。\n"),
        (..., '3.1 … 还没有可检查的：请把省略号换成你的答案。\n'),
    ],
)
def test_a_learner_who_reads_chinese(monkeypatch, capsys, answer, says):
    monkeypatch.setenv('COURSE_LANG', 'zh')
    result = check('3.1', answer)
    assert capsys.readouterr().out == says
    monkeypatch.setenv('COURSE_LANG', 'en')
    assert str(result).isascii() or not any('\u4e00' <= letter <= '\u9fff' for letter in str(result))


def test_chinese_sentences_and_units_beside_each_other(monkeypatch):
    monkeypatch.setenv('COURSE_LANG', 'zh')
    assert str(amount(3, 3, 'tokens', because='5 steps become 2: the longest answer decides.')) == (
        '✓ 正确：3 个词元。5 步变成 2 步：由最长的回答决定。'
    )
    assert str(judged(False, 'bf16: That is int8.')) == '✗ bf16：这是 int8。'
