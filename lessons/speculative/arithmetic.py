"""What guessing gives and what it costs, in steps of plain decoding.

Leviathan, Kalman and Matias, "Fast Inference from Transformers via Speculative Decoding" (ICML 2023, arXiv:2211.17192):
`tokens_a_step` is its equation 1, and `speed_up` with check = 1 its theorem 3.8.
"""

import random

from helpers.checkpoints.geometry import Geometry
from lessons.speed import DeviceLimits, StepWork, decode_step


def tokens_a_step(acceptance: float, guesses: int) -> float:
    """Tokens that one check makes, on average: 1 + a + a² + … + a^guesses.

    The check's own token is always right; guess i counts if it and all before it agree, each with the probability
    `acceptance`, whatever came before.  Raises ValueError for an acceptance outside of [0, 1] or guesses below 0.
    """
    if not 0 <= acceptance <= 1 or guesses < 0:
        raise ValueError(f'acceptance={acceptance}, guesses={guesses}: a share from 0 to 1, and 0 guesses or more')
    return sum(acceptance**i for i in range(guesses + 1))


def simulated_tokens_a_step(acceptance: float, guesses: int, steps: int = 20_000, seed: int = 0) -> float:
    """The same without the formula: guesses drawn one by one, kept up to the first that does not agree."""
    draw, tokens = random.Random(seed), 0
    for _ in range(steps):
        tokens += 1
        for _ in range(guesses):
            if draw.random() >= acceptance:
                break
            tokens += 1
    return tokens / steps


def speed_up(acceptance: float, guesses: int, check: float, guess: float) -> float:
    """How many times as fast as plain decoding it is: the tokens of a step by what the step costs.

    Args:
        check: what checking all guesses at once costs, in plain steps: 1 where a step only reads the weights.
        guess: what one guess costs, in plain steps.
    """
    return tokens_a_step(acceptance, guesses) / (check + guesses * guess)


def acceptance_needed(guesses: int, check: float, guess: float) -> float | None:
    """The acceptance rate from which on it pays (`speed_up` is 1); None: at no rate."""
    if speed_up(1, guesses, check, guess) < 1:
        return None
    low, high = 0.0, 1.0
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (low, middle) if speed_up(middle, guesses, check, guess) >= 1 else (middle, high)
    return high


def check_cost(
    geometry: Geometry, batch: int, guesses: int, limits: DeviceLimits, *, tokens: int, number_bytes: int
) -> float:
    """What a check costs on a device, in plain steps, by its roofline (`lessons.speed`).

    It reads what a plain step reads, weights and caches, and multiplies guesses + 1 times as much.

    Args:
        batch: conversations at once.
        tokens: how long each is.
        number_bytes: of a weight and of a number in the cache.
    """
    plain = decode_step(geometry, batch, tokens, number_bytes)
    return limits.least_s(StepWork(plain.read_bytes, plain.flop * (guesses + 1))) / limits.least_s(plain)
