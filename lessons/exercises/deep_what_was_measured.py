"""Exercises of "What was measured": a row that cannot be, and the runs that a whole table needs."""

from math import comb

from helpers import load_record

from .checking import exercise
from .judging import Result, expect, judged, number_in

_SHOWN = ('1_8b', 'turbomind', 61, 2)  # in section 5
_ODD = 1.1  # so many times the TPOT of the next row, with less to do
_ROWS, _LIMIT = 20, 0.05  # of what_was_measured.2


@exercise('what_was_measured.1')
def row_that_cannot_be(row) -> Result:
    """A key of `speed` whose TPOT is a tenth longer than that of the next row, which has more at once."""
    speed = {(r['model'], r['engine'], r['tokens_in'], r['batch']): r for r in load_record('h200/speed').data['rows']}
    fits = isinstance(row, tuple) and all(isinstance(part, int | str) for part in row) and row in speed
    expect(fits, "row is a key of speed: (model, engine, tokens_in, at once), as ('1_8b', 'turbomind', 61, 2).")
    if row == _SHOWN:
        return judged(False, 'That one stands in section 5: find another.')
    more = [key for key in speed if key[:3] == row[:3] and key[3] > row[3]]
    if not more:
        return judged(False, 'No row of this engine has more at once: there is nothing to compare it with.')
    following = min(more, key=lambda key: key[3])
    mine, theirs = (1000 * speed[key]['tpot_s'] for key in (row, following))
    both = f'{mine:.2f} ms a token with {row[3]} at once, {theirs:.2f} with {following[3]}.'
    if mine <= theirs:
        return judged(False, 'Nothing odd.', both)
    if mine < _ODD * theirs:
        return judged(False, 'Less than a tenth apart, and chance makes as much.', both)
    return judged(True, 'Right, this one cannot be.', both, 'With less to do no step should take longer.')


@exercise('what_was_measured.2')
def runs_for_a_table(runs) -> Result:
    """The fewest runs each, so that a table of 20 rows without a difference shows one in under 5 % of cases."""

    def chance(n, rows=_ROWS):
        return 1 - (1 - 2 / comb(2 * n, n)) ** rows

    right = next(n for n in range(1, 100) if chance(n) < _LIMIT)
    alone = next(n for n in range(1, 100) if chance(n, 1) < _LIMIT)
    value = number_in(runs)
    expect(value == int(value) and value < 1000, 'runs is a whole number: how often each engine is measured.')
    n = int(value)
    if n == right:
        return judged(
            True,
            f'Right: with {n} runs each it is {chance(n):.1%} of all such tables.',
            f'With three it is {chance(3):.0%}: a row without an overlap is to be expected there.',
        )
    if n > right:
        return judged(False, f'Fewer will do: with {n} runs each it is {chance(n):.2%}.')
    if n >= alone:
        return judged(
            False,
            f'That is the trap: of one row chance separates {chance(n, 1):.1%}, '
            f'but of 20 rows at least one in {chance(n):.0%} of all tables.',
        )
    return judged(False, f'Too few: with {n} runs each it is {chance(n):.0%} of all tables.')
