"""Seconds of several ways to do one thing, taken in turns, and compared with their spread; and how many runs fit."""

import dataclasses
import statistics
import time
from collections.abc import Callable, Sequence


@dataclasses.dataclass(frozen=True, slots=True)
class Comparison:
    """How many times as fast one way is as the other: the median, and between what bounds single runs have it."""

    times: float
    low: float
    high: float
    runs: int

    @property
    def seen(self) -> bool:
        """Whether every run of one way was faster than every run of the other."""
        return self.low > 1 or self.high < 1

    def __str__(self) -> str:
        bounds = f'{self.low:.1f} to {self.high:.1f} in {self.runs} runs'
        return f'{self.times:.1f} times ({bounds})' if self.seen else f'no difference seen ({bounds})'


def fitting(what: str, one_s: float, within_s: float, *, most: int, least: int = 1) -> int:
    """How many of `what` to take, `most` of them unless that needs more than `within_s` seconds; `least` in any case.

        turns = fitting('turns', seconds_of_one, 30, most=9, least=3)

    A large model on a small machine then does less, and a line says so: '3 of 9 turns: one takes 12 s here'.

    Args:
        what: what is counted, in the plural.
        one_s: seconds that one took here.
    """
    if not 1 <= least <= most:
        raise ValueError(f'{what}: at least one, and no more at least than at most, not {least} and {most}')
    if not (one_s >= 0 and within_s > 0):
        raise ValueError(f'{what}: seconds of one and of all are needed, not {one_s} and {within_s}')
    count = most if one_s * most <= within_s else max(least, int(within_s / one_s))
    if count < most:
        print(f'{count} of {most} {what}: one takes {one_s:.2g} s here')
    return count


def in_turns(*ways: Callable[[], object], repeats: int = 5, within_s: float = 60) -> list[list[float]]:
    """Seconds of each way, `repeats` times, in turns, so that what slows the machine down meets all of them.

    A first round warms up and is not counted.  Where as many rounds as that one need more than `within_s` seconds,
    fewer are run, two at least, and a line says so.
    """
    rounds = fitting('rounds', sum(_round(ways)), within_s, most=repeats, least=min(2, repeats))
    return [list(taken) for taken in zip(*(_round(ways) for _ in range(rounds)), strict=True)]


def _round(ways: Sequence[Callable[[], object]]) -> list[float]:
    taken = []
    for way in ways:
        start = time.perf_counter()
        way()
        taken.append(time.perf_counter() - start)
    return taken


def compare(old_s: Sequence[float], new_s: Sequence[float]) -> Comparison:
    """How many times as fast as the old way the new one is, from the seconds that both took for the same work."""
    times = statistics.median(old_s) / statistics.median(new_s)
    return Comparison(times, min(old_s) / max(new_s), max(old_s) / min(new_s), min(len(old_s), len(new_s)))
