"""Exercises of the deep dive on sampling: how many tokens a hundred draws show, and the top-p that leaves two."""

from collections.abc import Mapping

from .checking import exercise
from .judging import Result, amount, expect, judged, number_in

DRAWS = 100


def _logits(z):
    """`z` as a float64 tensor of one dimension, or what to give instead."""
    import torch

    fits = isinstance(z, torch.Tensor) and z.ndim == 1 and len(z) > 2 and bool(z.isfinite().all())
    expect(fits, 'z is what next_logits of section 1 gives.')
    return z.double()


def _different(p) -> float:
    """How many different tokens DRAWS draws from the probabilities `p` show on average."""
    return float((1 - (1 - p) ** DRAWS).sum())


@exercise('sampling.1')
def different_tokens_at_a_half(different, z) -> Result:
    """Different first tokens expected in 100 draws at temperature 0.5; `z`: the logits of the first token."""
    z = _logits(z)
    right = _different((z / 0.5).softmax(-1))
    hot, cold, fifth = (_different((z / t).softmax(-1)) for t in (2.0, 1.0, 0.2))
    once = (z.softmax(-1) / 0.5).clamp(max=1)
    return amount(
        different,
        right,
        'tokens',
        slips=[
            (hot, 'That is at temperature 2: the logits are divided by T, not multiplied.'),
            (cold, 'That is at temperature 1: divide the logits by 0.5.'),
            (fifth, 'That is at temperature 0.2, of the table.'),
            (_different(once), 'Divide the logits by T, before the softmax, not the probabilities.'),
            (DRAWS, 'So many draws; the likely tokens come again and again.'),
            (len(z), 'Those are all tokens there are: most come in no draw.'),
        ],
        tolerance=0.02,
        because=f'At temperature 1 it is {cold:.1f}, at 0.2 {fifth:.1f}.',
    )


@exercise('sampling.2')
def top_p_that_leaves_two(top_p, counts, z) -> Result:
    """The smallest top_p, rounded up to three decimals, that leaves two tokens at temperature 2, and draws with it.

    `counts`: {(token,): how often}, as `first_tokens` gives it; `z`: the logits of the first token.
    """
    z = _logits(z)
    fits = isinstance(counts, Mapping) and counts and all(isinstance(k, tuple) and len(k) == 1 for k in counts)
    expect(bool(fits), 'counts is what first_tokens(2.0, top_p=top_p) gives.')
    value = number_in(top_p)
    expect(value <= 1, 'top_p lies between 0 and 1.')
    p = (z / 2.0).softmax(-1).sort(descending=True).values
    first, second = p[0].item(), p[1].item()
    stay = int((p.cumsum(-1) - p <= value).sum())  # as section 3 keeps them
    result = _judge_top_p(value, first, second, stay, z.softmax(-1).max().item())
    if result and len(counts) != 2:
        return judged(
            False,
            f'top_p is right, but your draws show {len(counts)} different tokens: draw 100 with this top_p, at '
            f'temperature 2.',
        )
    return result


def _judge_top_p(value: float, first: float, second: float, stay: int, cold: float) -> Result:
    if first <= value <= first + 0.00101:
        return judged(
            True,
            f'Right: the likeliest has {first:.4f}; from there on the second stays, too.',
        )
    if first - 0.00101 <= value < first:
        return judged(False, f'Rounded down: at {value:g} the likeliest, of {first:.4f}, is enough alone. Round up.')
    if abs(value - (first + second)) <= 0.002:
        return judged(
            False,
            f'That is the trap: at the sum of both {stay} tokens stay. The token that passes p stays, too.',
        )
    if abs(value - cold) <= 0.002:
        return judged(False, 'That is the likeliest at temperature 1; the draws are at 2.')
    return judged(False, f'At {value:g} the softmax leaves {stay}.', 'A larger one.' if stay < 2 else 'A smaller one.')
