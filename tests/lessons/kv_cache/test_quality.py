"""Quality in figures, with how sure one may be."""

import math
from pathlib import Path
from types import SimpleNamespace

import pytest

from lessons.kv_cache.quality import SUMS, estimate, prose_windows, right_endings, right_sums
from lessons.texts import load_tokenizer, rows

TINY = Path(__file__).resolve().parent.parent.parent.parent / 'models' / 'tiny-chat'


def test_an_estimate_holds_the_mean_and_narrows_with_more_items():
    few, many = estimate([0, 1] * 10), estimate([0, 1] * 1000)
    assert few.value == many.value == 0.5
    assert few.low < many.low < 0.5 < many.high < few.high
    # Twenty fair coins: about two standard errors, 2 x 0.112, to each side.
    assert few.high - few.low == pytest.approx(4 * 0.5 / math.sqrt(20), rel=0.15)


def test_weights_count_and_then_transforms():
    assert estimate([1, 3], [3, 1]).value == 1.5
    found = estimate([2.0, 2.0], then=math.exp)
    assert found.low == found.value == found.high == pytest.approx(math.exp(2))


@pytest.mark.parametrize(('items', 'weights'), [([], None), ([1, 2], [1])])
def test_items_without_weights_are_refused(items, weights):
    with pytest.raises(ValueError, match='items'):
        estimate(items, weights)


def test_the_items_are_sound():
    items = rows('choices.jsonl')
    assert len(items) == 60
    assert len({item['beginning'] for item in items}) == 60
    assert all(len(set(item['endings'])) == 4 for item in items)
    assert len(set(SUMS)) == len(SUMS) == 80


def test_windows_are_of_one_length():
    windows = prose_windows(TINY)
    assert len(windows) >= 20
    assert {len(window) for window in windows} == {256}


class Pipe:
    """An engine that finds certain texts likely, and sums as it is told."""

    def __init__(self, tokenizer, likely=(), answers=()):
        self.likely = [tokenizer(f' {text}', add_special_tokens=False).input_ids for text in likely]
        self.answers = answers

    def get_ppl(self, inputs):
        return [0.5 if any(ids[-len(tail) :] == tail for tail in self.likely) else 3.0 for ids in inputs]

    def __call__(self, prompts, **_):
        return [SimpleNamespace(text=answer) for answer in self.answers]


def test_the_most_likely_ending_counts():
    tokenizer = load_tokenizer(TINY)
    for chosen in (0, 1):  # a word may be right in one sentence and wrong in another: each is asked about by itself
        likely = [item['endings'][chosen] for item in rows('choices.jsonl')]
        for number in (0, 4, 30, 59):
            right = right_endings(Pipe(tokenizer, likely=likely[number : number + 1]), TINY)
            assert right[number] == (chosen == 0)


def test_a_sum_is_right_to_the_last_digit():
    answers = [f' {a + b}\n7' for a, b in SUMS]
    answers[:3] = [' 1', f' {sum(SUMS[1])}0', '']
    assert right_sums(Pipe(None, answers=answers)) == [False] * 3 + [True] * (len(SUMS) - 3)
