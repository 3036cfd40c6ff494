"""What fewer bits cost a model in quality: perplexity on prose, sums, endings to choose from, and how sure one may be.

All from LMDeploy's own engine, so that a quantised cache and 4-bit weights are in what is measured.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lessons.texts import DATA, load_tokenizer, rows

# A work of the United States Government: nobody's property.
PROSE = 'Proceedings of the Workshop on Electronic Texts, Library of Congress, 1992'
WINDOW_TOKENS = 256
SUMS = [(a, b) for a in range(3, 60, 7) for b in range(2, 48, 5)][:80]
_SHOTS = [(4, 5), (12, 7), (30, 21), (25, 16)]


@dataclass(frozen=True)
class Estimate:
    """A figure and its 95 % interval, from 2000 draws of the items with replacement (percentile bootstrap)."""

    value: float
    low: float
    high: float

    def __str__(self):
        return f'{self.value:.3f} ({self.low:.3f} to {self.high:.3f})'


def estimate(per_item, weights=None, then=lambda mean: mean) -> Estimate:
    """The mean over items, and how far it would move with other items like these.

    Args:
        per_item: a figure for each item, such as 1 or 0 for right or wrong.
        weights: of each item, such as its tokens; None: all alike.
        then: what the mean becomes, such as `math.exp` for a perplexity.

    Raises ValueError without items, or with weights of another number.
    """
    values = np.asarray(per_item, dtype=float)
    weights = np.ones_like(values) if weights is None else np.asarray(weights, dtype=float)
    if not values.size or values.shape != weights.shape:
        raise ValueError(f'{values.size} items with {weights.size} weights: as many of each, and one at least')
    draws = np.random.default_rng(0).integers(values.size, size=(2000, values.size))
    means = (values * weights)[draws].sum(1) / weights[draws].sum(1)
    low, high = np.quantile(means, (0.025, 0.975))
    return Estimate(*(float(then(x)) for x in ((values * weights).sum() / weights.sum(), low, high)))


def prose_windows(model: str | Path) -> list[list[int]]:
    """English prose in the model's tokens, in windows of 256: `PROSE` (public domain), 35 kB.

    The file is taken from the Canterbury corpus (lcet10.txt), by way of Project Gutenberg: headings left out.
    """
    ids = load_tokenizer(Path(model))((DATA / 'prose_en.txt').read_text(encoding='utf-8')).input_ids
    return [ids[at : at + WINDOW_TOKENS] for at in range(0, len(ids) - WINDOW_TOKENS + 1, WINDOW_TOKENS)]


def prose_nlls(pipe, windows: list[list[int]], at_once: int = 4) -> list[float]:
    """Negative log-likelihood in nats a token, the mean over each window's tokens but the first."""
    return [nll for at in range(0, len(windows), at_once) for nll in pipe.get_ppl(windows[at : at + at_once])]


def right_endings(pipe, model: str | Path, at_once: int = 16) -> list[bool]:
    """Of 60 beginnings with four endings each, ours: does the model find the right ending the most likely of the four?

    Likely: the log-likelihood of the ending's tokens given the beginning, summed, as in the benchmarks of the field.
    Chance is a quarter.
    """
    tokenizer, pairs = load_tokenizer(Path(model)), []
    items = rows('choices.jsonl')
    for item in items:
        begin = tokenizer(item['beginning'], add_special_tokens=False).input_ids
        pairs += [
            (len(begin), begin + tokenizer(f' {ending}', add_special_tokens=False).input_ids)
            for ending in item['endings']
        ]
    likely = []
    for at in range(0, len(pairs), at_once):
        some = pairs[at : at + at_once]
        means = pipe.get_ppl([ids for length, whole in some for ids in (whole[:length], whole)])
        for (length, whole), before, both in zip(some, means[::2], means[1::2], strict=True):
            likely.append(before * (length - 1) - both * (len(whole) - 1))
    fours = np.asarray(likely).reshape(len(items), 4)
    return (fours.argmax(1) == 0).tolist()


def right_sums(pipe) -> list[bool]:
    """Of 80 sums of two numbers below a hundred, each after four solved ones: is the greedy answer right?"""
    from lmdeploy import GenerationConfig

    solved = ''.join(f'{a} + {b} = {a + b}\n' for a, b in _SHOTS)
    greedy = GenerationConfig(max_new_tokens=5, do_sample=False)
    replies = pipe([f'{solved}{a} + {b} =' for a, b in SUMS], do_preprocess=False, gen_config=greedy)
    return [reply.text.split('\n')[0].strip() == str(a + b) for reply, (a, b) in zip(replies, SUMS, strict=True)]
