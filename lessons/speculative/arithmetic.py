"""What guessing gives and what it costs, in steps of plain decoding."""


def tokens_a_step(acceptance: float, guesses: int) -> float:
    """Tokens that one check makes, on average: 1 + a + a² + … + a^guesses.

    The check's own token is always right; guess i counts if it and all before it agree, each with the probability
    `acceptance`, whatever came before.  Raises ValueError for an acceptance outside of [0, 1] or guesses below 0.
    """
    if not 0 <= acceptance <= 1 or guesses < 0:
        raise ValueError(f'acceptance={acceptance}, guesses={guesses}: a share from 0 to 1, and 0 guesses or more')
    return sum(acceptance**i for i in range(guesses + 1))


def speed_up(acceptance: float, guesses: int, check: float, guess: float) -> float:
    """How many times as fast as plain decoding it is: the tokens of a step by what the step costs.

    Args:
        check: what checking all guesses at once costs, in plain steps: 1 where a step only reads the weights.
        guess: what one guess costs, in plain steps.
    """
    return tokens_a_step(acceptance, guesses) / (check + guesses * guess)
