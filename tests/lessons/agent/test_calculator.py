"""The calculator: exact where it answers, and quick to refuse whatever a model may write."""

import ast
import time
from fractions import Fraction

import pytest

from lessons.agent.calculator import MOST_BITS, MOST_CHARACTERS, MOST_DEPTH, _power, calculate


@pytest.mark.parametrize(
    ('expression', 'value'),
    [
        ('57 * 83', '4731'),
        ('(125 + 75) * 31', '6200'),
        ('0.1 + 0.2', '0.3'),
        ('10 / 4', '2.5'),
        ('1 / 3', '0.333333333333'),
        ('-7 // 2', '-4'),
        ('-7 % 3', '2'),
        ('2 ** 10', '1024'),
        ('2 ** -2', '0.25'),
        ('-2 ** 2', '-4'),
        ('2 ** 3 ** 2', '512'),
        ('１２'.translate({0xFF11: '1', 0xFF12: '2'}), '12'),
        ('12 × 3 ÷ 4 − 1', '8'),
        ('（1 + 2）* 3', '9'),
        ('  7  ', '7'),
        ('0 * 5', '0'),
        ('0 ** 0', '1'),
        ('1 ** 1000', '1'),
        ('(-1) ** 1023', '-1'),
        ('10 ** 20 + 1', '100000000000000000001'),
        ('.5 + 5.', '5.5'),
    ],
)
def test_exact(expression, value):
    assert calculate(expression) == value


@pytest.mark.parametrize(
    'expression',
    [
        "__import__('os').system('true')",
        '().__class__.__bases__[0].__subclasses__()',
        'open("x")',
        'lambda: 1',
        '[1 for _ in ()]',
        'a',
        'True',
        "'1' * 9",
        'f"{1}"',
        '1j',
        '1e5',
        '0x10',
        '1_000',
        '1 if 1 else 2',
        '1 < 2',
        '1 and 2',
        '~1',
        '1 << 9',
        '1 @ 2',
        '1, 2',
        '(1)(2)',
        '(1).real',
        '()',
        '...',
        '* 3',
        '1 +',
        '1 2',
        '(1',
        '1)',
        '',
        '   ',
        '1\n+ 1',
        '1; 2',
        '1 # 2',
        '\x001',
        '\ud800',
        '٣ + ١',
    ],
)
def test_refused(expression):
    with pytest.raises(ValueError, match=r'only numbers|no expression'):
        calculate(expression)


@pytest.mark.parametrize('expression', ['1 / 0', '1 // 0', '1 % 0', '0 ** -1', '1 / (2 - 2)', '0 // 0'])
def test_division_by_zero(expression):
    with pytest.raises(ValueError, match='division by zero'):
        calculate(expression)


@pytest.mark.parametrize(
    'expression',
    [
        '9**9**9',
        '9**9**9**9',
        '2**1024',
        '2**-1024',
        '(1/2)**1024',
        '(-2)**1024',
        '10**309',
        '1**(10**300)',
        '0**(10**300)',
        '*'.join(['10**300'] * 5),
        '/'.join(['1'] + ['10**300'] * 5),
        '9' * MOST_CHARACTERS + '**2',
        '10**200 * 10**200',
        '1.5**900',
    ],
)
def test_too_large(expression):
    with pytest.raises(ValueError, match=r'too large|at most'):
        calculate(expression)


class Spy(Fraction):
    """A number that nobody may raise to a power."""

    def __pow__(self, exponent, modulo=None):
        raise AssertionError('raised')


@pytest.mark.parametrize(('base', 'exponent'), [(2, MOST_BITS + 1), (10**300, 2), (2, -MOST_BITS - 1), (1, 10**300)])
def test_a_power_that_is_too_large_is_not_even_begun(base, exponent):
    with pytest.raises(ValueError, match='too large'):
        _power(Spy(base), Fraction(exponent))
    with pytest.raises(AssertionError, match='raised'):
        _power(Spy(2), Fraction(10))


def test_an_exponent_is_whole():
    with pytest.raises(ValueError, match='whole number'):
        calculate('2 ** 0.5')
    assert calculate('2 ** (4 / 2)') == '4'


def test_no_deeper_than_allowed():
    assert calculate('-' * (MOST_DEPTH - 1) + '1') == '-1'
    with pytest.raises(ValueError, match='deep'):
        calculate('-' * MOST_DEPTH + '1')
    with pytest.raises(ValueError, match='deep'):
        calculate('+'.join('1' * 50))  # a sum leans to the left, a level for each term
    assert calculate('(' * 90 + '1' + ')' * 90) == '1'  # brackets alone are no nodes


def test_no_longer_than_allowed():
    with pytest.raises(ValueError, match=f'at most {MOST_CHARACTERS}'):
        calculate('1' * (MOST_CHARACTERS + 1))
    assert calculate('1' * MOST_CHARACTERS) == '1' * MOST_CHARACTERS


def test_the_parser_is_never_asked_to_run_anything(monkeypatch):
    """Letters are refused before the parser sees them."""

    def parse(*_, **__):
        raise AssertionError('parsed')

    monkeypatch.setattr(ast, 'parse', parse)
    with pytest.raises(ValueError, match='only numbers'):
        calculate("__import__('os')")


def test_a_parser_that_gives_up_is_an_answer(monkeypatch):
    for fault in (MemoryError, RecursionError, SyntaxError):

        def parse(*_, fault=fault, **__):
            raise fault

        monkeypatch.setattr(ast, 'parse', parse)
        with pytest.raises(ValueError, match='no expression'):
            calculate('1 + 1')


def test_the_dearest_that_is_allowed_is_cheap():
    """A bound on time that only a missing bound on size breaks: a billion bits would take minutes."""
    begin = time.process_time()
    for _ in range(50):
        calculate('(10**300 - 1) ** 1 * 9 // 7 + (1/3)**600 * 0')
    assert time.process_time() - begin < 20


def test_a_bounded_number_is_written():
    assert len(calculate('2 ** 1023')) == len(str(2 ** (MOST_BITS - 1)))
    assert calculate('1 / 2**1000') == f'{float(Fraction(1, 2**1000)):.12g}'
