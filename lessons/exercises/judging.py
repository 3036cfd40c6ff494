"""Judging an answer: a number with its unit, a letter, or what a cell ran; and saying what is off."""

import dataclasses
import math
import numbers
import re
from collections.abc import Mapping, Sequence

from translations.messages import shown

_MARKS = {'right': '✓', 'wrong': '✗', 'open': '…', 'unreadable': '?'}
# Units that are taken for one another, each in terms of the family's first.
_FAMILIES = (
    {'bytes': 1, 'bits': 1 / 8, 'KB': 1e3, 'KiB': 2**10, 'MB': 1e6, 'MiB': 2**20, 'GB': 1e9, 'GiB': 2**30},
    {'s': 1, 'ms': 1e-3, 'µs': 1e-6},
)
_CLOSE = 0.005  # an answer this near to a typical mistake is that mistake, rounded


class UnreadableError(ValueError):
    """What was given is no answer: text for a number, another object than the exercise asks for."""


@dataclasses.dataclass(frozen=True, slots=True)
class Result:
    """What `check` found.  `state`: 'right', 'wrong', 'open' (no answer yet) or 'unreadable'."""

    state: str
    sentences: tuple[str, ...]

    def __bool__(self) -> bool:
        return self.state == 'right'

    def __str__(self) -> str:
        """The sentences in the course's language; `sentences` stay English."""
        text = ' '.join((_MARKS[self.state], *map(shown, self.sentences)))
        return re.sub(r'(?<=[。？！]) ', '', text)

    def _ipython_display_(self) -> None:
        """Nothing: `check` has printed it, and as the last line of a cell it would stand there twice."""


def judged(right: bool, *sentences: str) -> Result:
    """A Result with these sentences."""
    return Result('right' if right else 'wrong', sentences)


def expect(fits: bool, words: str) -> None:
    """Raise UnreadableError with a sentence that says what to give instead, unless it fits."""
    if not fits:
        raise UnreadableError(words)


def number_in(answer, *, zero: bool = False) -> float:
    """The number that was given.  Raises UnreadableError for text, lists, True, NaN, and numbers below 0.

    `zero`: may it be 0, as the number of a step may?
    """
    if not isinstance(answer, str | bytes) and getattr(answer, 'ndim', None) == 0:  # of NumPy or torch
        answer = answer.item()
    if isinstance(answer, str):
        raise UnreadableError(f'{answer!r} is text: give a number, without quotes and without its unit.')
    if isinstance(answer, bool) or not isinstance(answer, numbers.Real):
        raise UnreadableError(f'one number is asked for, not a {type(answer).__name__}.')
    try:
        value = float(answer)
    except OverflowError:
        value = math.inf
    if not math.isfinite(value):
        raise UnreadableError(f'{value} is no amount: give a finite number.')
    if value < 0 or (value == 0 and not zero):
        raise UnreadableError(f'{value:g} cannot be: the answer is a number above 0.')
    return value


def amount(
    answer,
    right: float,
    unit: str,
    slips: Sequence[tuple[float, str]] = (),
    *,
    tolerance: float = 0.01,
    because: str = '',
) -> Result:
    """Judge a number.

    Args:
        answer: what was given.
        right: the answer, in `unit`, above 0.
        unit: 'bytes', 'MiB', 'ms', 'tokens' …; where it has a family (bytes, seconds) another unit of it is recognised.
        slips: typical mistakes, (the number one gets by it, words that help).  The nearest is meant.
        tolerance: how far off is still right, relative; 0 for what is counted.
        because: a sentence after a right answer.

    Raises UnreadableError: `answer` is no number.
    """
    value = number_in(answer)
    if abs(value - right) <= tolerance * right:
        return judged(True, f'Right: {said(right)} {unit}.', *filter(None, [because]))
    near = [(abs(value - slip) / slip, words) for slip, words in slips if slip > 0]
    off, words = min(near, default=(math.inf, ''))
    if off <= max(tolerance, _CLOSE):
        return judged(False, words)
    for family in _FAMILIES:
        for other in family if unit in family else ():
            elsewhere = right * family[unit] / family[other]
            if other != unit and abs(value - elsewhere) <= tolerance * elsewhere:
                return judged(False, f'That would be right in {other}; the question asks for {unit}.')
    return judged(False, how_far(value, right))


def how_far(value: float, right: float) -> str:
    """Too high or too low, by how much."""
    times = max(value, right) / min(value, right)
    if times >= 1.5:
        return f'Too high, by a factor of {times:.3g}.' if value > right else f'Too low, by a factor of {times:.3g}.'
    percent = f'{100 * abs(value / right - 1):.2g}'
    return f'Too high, by {percent} %.' if value > right else f'Too low, by {percent} %.'


def choice(answer, right: str, reasons: Mapping[str, str]) -> Result:
    """Judge a letter.

    Args:
        answer: the letter that was given; case and blanks do not matter.
        right: the right letter, worked out or looked up by the exercise.
        reasons: for each letter the sentence that it is answered with: why it is right, or why not.

    Raises UnreadableError: none of the letters.
    """
    letters = ', '.join(reasons)
    expect(isinstance(answer, str), f'give one of the letters {letters}, in quotes.')
    letter = answer.strip().strip('()').lower()
    expect(letter in reasons, f'{answer!r} is none of the letters {letters}.')
    return judged(letter == right, reasons[letter])


def said(value: float) -> str:
    """A number as one reads it: 131,072; 14.42; 0.0031."""
    if value == int(value) or value >= 10_000:
        return f'{value:,.0f}'
    return f'{value:.4g}'
