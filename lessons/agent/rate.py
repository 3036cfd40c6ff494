"""How many tasks were solved, by kind, and how sure one may be of such a rate."""

import math
from collections.abc import Sequence

Z_95 = 1.96  # standard deviations on either side that hold 95 % of a normal distribution


def interval(solved: int, tasks: int) -> tuple[float, float]:
    """The 95 % interval of a rate, two shares of one: Wilson's, which also holds for few tasks, none or all solved.

    Raises ValueError: more solved than there are, or no task.
    """
    if not 0 <= solved <= tasks or not tasks:
        raise ValueError(f'{solved} of {tasks} is no rate')
    rate, square = solved / tasks, Z_95**2 / tasks
    middle = (rate + square / 2) / (1 + square)
    half = Z_95 / (1 + square) * math.sqrt(rate * (1 - rate) / tasks + square / tasks / 4)
    return middle - half if solved else 0.0, middle + half if solved < tasks else 1.0


def table(kinds: Sequence[str], solved: Sequence[bool]) -> str:
    """A line for each kind, in the order of their first task, and one for all, with its interval."""
    lines = []
    for kind in dict.fromkeys(kinds):
        of_kind = [right for each, right in zip(kinds, solved, strict=True) if each == kind]
        lines.append(f'{kind:<11} {sum(of_kind):>2} of {len(of_kind):>2}')
    low, high = interval(sum(solved), len(solved))
    whole = f'{sum(solved) / len(solved):.0%}, 95 % interval {low:.0%} to {high:.0%}'
    return '\n'.join([*lines, f'{"all":<11} {sum(solved):>2} of {len(solved):>2}: {whole}'])
