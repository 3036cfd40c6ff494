"""Exercises of "Speculative decoding": how good a draft has to be, and how many guesses are too many."""

from lessons.speculative import acceptance_needed, speed_up

from .checking import exercise
from .judging import Result, amount, expect, judged, number_in

_GUESSES, _CHECK, _GUESS = 3, 1.3, 0.22  # of speculative.1
_ACCEPTANCE, _CHEAP_GUESS = 0.8, 0.1  # of speculative.2


@exercise('speculative.1')
def rate_that_pays(acceptance) -> Result:
    """The acceptance rate at which 3 guesses, a check of 1.3 steps and guesses of 0.22 are as fast as no guesses."""
    right, cost = acceptance_needed(_GUESSES, _CHECK, _GUESS), _CHECK + _GUESSES * _GUESS
    return amount(
        acceptance,
        right,
        'of 1',
        slips=[
            ((cost - 1) / _GUESSES, 'A guess counts only where all before it agreed: 1 + a + a² + a³, not 1 + 3a.'),
            (100 * right, 'That is right in percent; a rate lies between 0 and 1.'),
            (cost, 'That is what a step costs; which rate makes as many tokens?'),
            (acceptance_needed(_GUESSES, 1, _GUESS), 'A check costs 1.3 here, not 1.'),
        ],
        tolerance=0.02,
    )


@exercise('speculative.2')
def enough_guesses(guesses) -> Result:
    """The number of guesses at which an acceptance rate of 0.8 and guesses of a tenth of a step are fastest."""
    count = number_in(guesses)
    expect(count == int(count), 'guesses come whole: give 1, 2, 3 …')

    def times(number):
        return speed_up(_ACCEPTANCE, number, 1, _CHEAP_GUESS)

    right = max(range(1, 100), key=times)
    if count == right:
        return judged(True, f'Right: {right} guesses, {times(right):.3f} times as fast as plain decoding.')
    if count > right:
        given = f'{count:.0f} give {times(int(count)):.3f} times.'
        return judged(False, 'That is the trap: each guess costs the same, and late ones seldom count.', given)
    return judged(False, f'{count:.0f} give {times(int(count)):.3f} times; one more gives {times(int(count) + 1):.3f}.')
