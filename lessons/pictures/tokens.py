"""A token in its box: what is written in it, how wide it is."""

LETTERS = 12  # of a token: <|im_start|>


def token_label(piece: str) -> str:
    """A token that is nothing but a blank is a dot, a line's end is \\n."""
    shown = piece.strip(' ').replace('\n', '\\n') or '·'
    return shown if len(shown) <= LETTERS else shown[: LETTERS - 1] + '…'


def width_of(words: str) -> int:
    """Units that words of 16 units take, or a little less."""
    return sum(16 if letter > '\u2e80' else 9 for letter in words)
