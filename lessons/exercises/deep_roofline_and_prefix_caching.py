"""Exercises of the deep dive on the roofline and prefix caching: users that make decode compute-bound, and a clock."""

import math
from collections.abc import Mapping

from helpers import load_record
from helpers.checkpoints.geometry import GEOMETRIES
from lessons.kv_cache import kv_bytes_per_token

from .checking import exercise
from .judging import Result, amount, expect, judged, number_in

BLOCK = 64  # tokens


@exercise('roofline_and_prefix_caching.1')
def users_until_compute_bound(users) -> Result:
    """From how many users of 50 tokens on decode of the 1.8B is compute-bound on the card of the record."""
    there = load_record('h200/quantised').data['roofline'][0]
    balance = there['bf16_flop_per_s'] / there['bytes_per_s']
    of = GEOMETRIES['internlm2-chat-1_8b']
    weights = of.num_parameters - of.vocab_size * of.hidden_size

    def enough(number: int, cache_bytes: float) -> float:
        """Users whose flop for each byte read reach the balance: 2 · number · n / (2 · number + n · cache_bytes)."""
        return 2 * number * balance / (2 * number - balance * cache_bytes)

    token_bytes = kv_bytes_per_token(of)
    most = 2 * weights / balance / token_bytes
    return amount(
        users,
        math.ceil(enough(weights, 50 * token_bytes)),
        'users at once',
        slips=[
            (
                balance,
                'That is the balance: the weights are read once, but each user brings a cache that is read, too.',
            ),
            (enough(of.num_parameters, 50 * token_bytes), 'Of the embeddings a step reads rows: take matrices(known).'),
            (enough(weights, 100 * token_bytes), 'That is with 100 tokens each.'),
            (enough(weights, 25 * token_bytes), 'Two bytes a number: that is a cache of half the size.'),
        ],
        tolerance=0.005,
        because=f'From {math.ceil(most)} tokens each on no number of users is enough: the caches grow along.',
    )


@exercise('roofline_and_prefix_caching.2')
def a_clock_in_the_prompt(reused, prompts) -> Result:
    """Tokens that the second request has from the cache, with a time in front of the rules and behind them.

    `reused`: {'front': …, 'behind': …}; `prompts`: {place: (token ids of the first request, of the second)}.
    """
    places = ('front', 'behind')
    whole = isinstance(prompts, Mapping) and set(prompts) == set(places)
    whole = whole and all(isinstance(pair, list | tuple) and len(pair) == 2 for pair in prompts.values())
    expect(bool(whole), 'prompts is the dictionary of this cell.')
    fits = isinstance(reused, Mapping) and set(reused) == set(places)
    expect(bool(fits), "reused is a dictionary with 'front' and 'behind'.")
    verdicts = [_judge_reused(number_in(reused[place], zero=True), *prompts[place]) for place in places]
    return judged(all(verdicts), *(f'{place}: {v.sentences[0]}' for place, v in zip(places, verdicts, strict=True)))


def _judge_reused(value: float, first, second) -> Result:
    shared = next(
        (i for i, (a, b) in enumerate(zip(first, second, strict=False)) if a != b), min(len(first), len(second))
    )
    right = shared // BLOCK * BLOCK
    if value == right:
        return judged(True, f'right, {right} tokens: the prompts part at token {shared}.')
    if value == shared:
        return judged(False, f'The first {shared} tokens are the same, but whole blocks of {BLOCK} are reused.')
    if right == 0 and value >= BLOCK:
        return judged(False, 'That is the trap: a block counts only if everything before it is the same, too.')
    if value == right // BLOCK:
        return judged(False, f'Those are blocks, of {BLOCK} tokens each.')
    if value in (len(second), len(second) // BLOCK * BLOCK):
        return judged(False, 'Time and question stand at the end, and differ.')
    return judged(False, 'Too many.' if value > right else 'Too few.')
