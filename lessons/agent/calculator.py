"""A calculator for text that a model wrote: numbers, six operators and brackets, exact, and bounded in what it costs.

Two sieves, one behind the other: a list of characters (no letter, so no name, no call, no attribute), and a walk over
Python's syntax tree that knows a handful of nodes.  Nothing is ever executed as code.
"""

import ast
import operator
import re
from fractions import Fraction

MOST_CHARACTERS = 200
MOST_DEPTH = 20  # brackets and signs inside of one another
MOST_BITS = 1024  # of a number's numerator or denominator: 308 digits
_ALLOWED = re.compile(r'[0-9.+\-*/%() ]+')
_SIGNS = str.maketrans({'×': '*', '÷': '/', '−': '-', '（': '(', '）': ')'})
_BINARY = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
}
_UNARY = {ast.UAdd: operator.pos, ast.USub: operator.neg}


def calculate(expression: str) -> str:
    """The value of an expression of numbers, `+ - * / // % **` and brackets.

    Exact, in fractions: '0.1 + 0.2' is '0.3'.  What has no end is rounded to 12 digits.

    Raises ValueError, with a sentence that a model can read: anything else in it, a division by zero, and what would be
    too long, too deep or too large.
    """
    text = expression.translate(_SIGNS).strip()
    if len(text) > MOST_CHARACTERS:
        raise ValueError(f'an expression has at most {MOST_CHARACTERS} characters')
    if not _ALLOWED.fullmatch(text):
        raise ValueError('only numbers, + - * / // % ** and brackets are allowed')
    try:
        tree = ast.parse(text, mode='eval')
    except (SyntaxError, MemoryError, RecursionError):
        raise ValueError('that is no expression: a number, a bracket or an operator is missing') from None
    return _written(_value(tree.body, MOST_DEPTH))


def _value(node: ast.expr, depth: int) -> Fraction:
    """The value of a node; `depth`: how many levels may still come below it."""
    if not depth:
        raise ValueError(f'brackets and signs are at most {MOST_DEPTH} deep')
    match node:
        case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
            return _bounded(Fraction(repr(number)))
        case ast.UnaryOp(op=op, operand=operand) if type(op) in _UNARY:
            return _UNARY[type(op)](_value(operand, depth - 1))
        case ast.BinOp(left=left, op=op, right=right):
            a, b = _value(left, depth - 1), _value(right, depth - 1)
            if isinstance(op, ast.Pow):
                return _power(a, b)
            if type(op) in _BINARY:
                if not b and not isinstance(op, ast.Add | ast.Sub | ast.Mult):
                    raise ValueError('a division by zero has no value')
                return _bounded(Fraction(_BINARY[type(op)](a, b)))
    raise ValueError('only numbers, + - * / // % ** and brackets are allowed')


def _power(base: Fraction, exponent: Fraction) -> Fraction:
    """`base ** exponent`; its size is worked out before it is."""
    if exponent.denominator != 1:
        raise ValueError('an exponent is a whole number')
    if not base and exponent < 0:
        raise ValueError('a division by zero has no value')
    bits = max(abs(base.numerator), base.denominator).bit_length() - 1  # at least so many for each factor
    if bits * abs(exponent) > MOST_BITS or abs(exponent) > MOST_BITS:
        raise ValueError('the result is too large')
    return _bounded(base ** int(exponent))


def _bounded(value: Fraction) -> Fraction:
    if max(value.numerator.bit_length(), value.denominator.bit_length()) > MOST_BITS:
        raise ValueError('the result is too large')
    return value


def _written(value: Fraction) -> str:
    """A whole number in full, any other with at most 12 digits."""
    return str(value.numerator) if value.denominator == 1 else f'{float(value):.12g}'
