"""Exercises of "Watching a server": a counter that began again, and a quantile between two bounds."""

import itertools

from .checking import exercise
from .judging import Result, amount

READINGS, APART_S = (900, 1500, 2100, 0, 600, 1200), 10  # of watching.1
BUCKETS = {0.25: 40, 0.5: 120, 0.75: 170, 1.0: 184, 2.5: 200}  # of watching.2: at most so many seconds, so many answers
QUANTILE = 0.95


@exercise('watching.1')
def rate_over_a_restart(tokens_per_s) -> Result:
    """Tokens a second of a counter that was read every ten, and fell in between."""
    grown = [new - old if new >= old else new for old, new in itertools.pairwise(READINGS)]
    lasted_s = APART_S * len(grown)
    right = sum(grown) / lasted_s
    return amount(
        tokens_per_s,
        right,
        'tokens/s',
        slips=[
            ((READINGS[-1] - READINGS[0]) / lasted_s, 'That is the trap: last minus first takes the fall for a loss.'),
            (READINGS[-1] / lasted_s, 'Those are the tokens after the restart; the others were written too.'),
            (sum(grown) / (lasted_s - APART_S), 'The ten seconds of the restart passed too: divide by all 50.'),
            (sum(grown), 'Those are the tokens; how many is that in a second?'),
            (max(READINGS) / lasted_s, 'The highest reading holds what was written before, and lacks what came after.'),
        ],
        because='What was written between the last reading and the restart is in no reading: nobody knows it.',
    )


@exercise('watching.2')
def quantile_of_buckets(p95_s) -> Result:
    """What Prometheus makes of a histogram: a straight line between two bounds."""
    rank, below, bound = QUANTILE * max(BUCKETS.values()), 0, 0.0
    for upper, at_most in BUCKETS.items():
        if at_most >= rank:
            break
        below, bound = at_most, upper
    right = bound + (upper - bound) * (rank - below) / (at_most - below)
    return amount(
        p95_s,
        right,
        's',
        slips=[
            (upper, 'That is the upper bound of its bucket; Prometheus draws a line between the two.'),
            (bound, 'That is the lower bound of its bucket; Prometheus draws a line between the two.'),
            ((bound + upper) / 2, 'Not the middle of the bucket: how far into it is this answer?'),
            (QUANTILE * upper, 'Not 95 % of a bound: the 95 % are counted in answers.'),
            (bound + (upper - bound) * (rank - below) / max(BUCKETS.values()), 'Divide by the answers of this bucket.'),
        ],
        because=f'All {at_most - below} answers in that bucket may have taken {bound + 0.1:.1f} s: it does not know.',
    )
