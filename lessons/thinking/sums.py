"""Sums of several steps that tiny-chat was not trained on, and the number that an answer to one ends with."""

import re
from dataclasses import dataclass

from lessons.texts import rows


@dataclass(frozen=True)
class Sum:
    """One sum: how it is asked ('en' or 'zh'), its steps in order (`17 + 25 = 42`), its result."""

    language: str
    question: str
    steps: tuple[str, ...]
    result: int


def held_out_sums(number: int = 200) -> list[Sum]:
    """The first `number` of lessons/data/sums.jsonl, the languages in turns.  Raises ValueError where there are fewer.

    `training.chat.thinking` wrote them, with the share of sums that it keeps out of the corpus.
    """
    found = rows('sums.jsonl')
    if not 0 < number <= len(found):
        raise ValueError(f'{number} sums are asked for: there are 1 to {len(found)}')
    return [Sum(row['language'], row['question'], tuple(row['steps']), row['result']) for row in found[:number]]


def last_number(text: str | None) -> int | None:
    """The last whole number of an answer, which for a sum is its result; None where there is none."""
    numbers = re.findall(r'-?\d+', text or '')
    return int(numbers[-1]) if numbers else None
