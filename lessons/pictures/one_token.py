"""One token at a time: keys and values fill; with the cache and without; what has been worked through so far."""

from dataclasses import dataclass

from lessons.pictures.frame import MovingPicture, Step
from lessons.pictures.shapes import Shape, rect, text
from lessons.pictures.words import Words, say

MOST_TOKENS, LEFT, RIGHT = 14, 20, 620


@dataclass(frozen=True)
class Work:
    """What one step of the model works through, in tokens: each goes through every layer, for its key and its value."""

    cached_tokens: int
    uncached_tokens: int


def work_of(prompt_tokens: int, answer_tokens: int) -> list[Work]:
    """The work of each step that gives a token of the answer.

    The first step reads the prompt (prefill).  Each later one gets the token before: with a cache it works through that
    one alone, without one through all that is there.
    """
    return [Work(prompt_tokens if n == 0 else 1, prompt_tokens + n) for n in range(answer_tokens)]


def one_token_at_a_time(prompt: list[str], answer: list[str]) -> MovingPicture:
    """A step for each token of the answer.

    Args:
        prompt, answer: the text of each token, as the model's own tokenizer gives it.
    Raises:
        ValueError: no token to begin with or to give, or more than MOST_TOKENS together.
    """
    if not prompt or not answer or len(prompt) + len(answer) > MOST_TOKENS:
        raise ValueError(
            f'{len(prompt)} tokens of a prompt and {len(answer)} of an answer: '
            f'at least one of each, and at most {MOST_TOKENS} together, have room in the picture'
        )
    work, steps = work_of(len(prompt), len(answer)), []
    for n, now in enumerate(work):
        cached = sum(w.cached_tokens for w in work[: n + 1])
        uncached = sum(w.uncached_tokens for w in work[: n + 1])
        there = len(prompt) + n
        shapes = [
            *_tokens([*prompt, *answer], len(prompt), there),
            *_row(118, say('with the KV cache'), len(prompt) + len(answer), there, there - now.cached_tokens),
            *_row(218, say('without'), len(prompt) + len(answer), there, 0),
            *_counter(312, say('with'), cached, sum(w.uncached_tokens for w in work)),
            *_counter(350, say('without'), uncached, sum(w.uncached_tokens for w in work)),
            *_legend(402),
        ]
        steps.append(Step(shapes, _caption(n, now, there, answer[n])))
    return MovingPicture(
        say('One token at a time'),
        say('A column for each token, with its key and its value; below, how many tokens were worked through so far.'),
        steps,
        height=424,
    )


def _caption(n: int, now: Work, there: int, token: str) -> Words:
    if n == 0:
        return say(
            'Prefill: the prompt’s {there} tokens are worked through at once, and give the first new token, {token!r}.',
            there=there,
            token=token,
        )
    return say(
        'Step {step} gives {token!r}: with the cache it works through 1 token and reads the other {kept}; without, '
        'through all {there} again.',
        step=n + 1,
        token=token,
        kept=there - now.cached_tokens,
        there=there,
    )


def _column(index: int, count: int) -> tuple[float, float]:
    width = (RIGHT - LEFT) / count
    return LEFT + index * width, width


def _tokens(pieces: list[str], prompt: int, there: int) -> list[Shape]:
    """The text so far, and the token that this step gives in a frame of its own."""
    shapes = [
        text(LEFT, 24, say('prompt'), 16, 'quiet'),
        text(_column(prompt, len(pieces))[0], 24, say('answer'), 16, 'quiet'),
    ]
    for index, piece in enumerate(pieces[: there + 1]):
        x, width = _column(index, len(pieces))
        fill, stroke = ('grey', None) if index < there else ('sand', 'sand_line')
        shapes.append(rect(x + 2, 32, width - 4, 34, fill, stroke, round=4))
        shapes.append(text(x + width / 2, 55, _short(piece, width), 16, anchor='middle'))
    return shapes


def _short(piece: str, width: float) -> str:
    """As much of a token as a column has room for; a blank at its beginning is no letter."""
    shown = piece.strip().replace('\n', '↵') or '␣'
    room, kept = (width - 6) / 9, ''
    for letter in shown:
        room -= 1.8 if ord(letter) > 0x2E80 else 1
        if room < 0:
            return kept[:-1] + '…'
        kept += letter
    return kept


def _row(y: float, name: Words, count: int, there: int, kept: int) -> list[Shape]:
    """Keys and values: those that are read from the cache are pale, those that this step works out have an outline."""
    shapes = [text(LEFT, y - 10, name, bold=True)]
    for index in range(count):
        x, width = _column(index, count)
        for up, fill, letter in ((0, 'blue', 'K'), (32, 'green', 'V')):
            at = x + 2, y + up, width - 4, 28
            if index >= there:
                shapes.append(rect(*at, 'none', 'rule', round=3, dashed=True))
                continue
            shapes.append(rect(*at, fill, f'{fill}_line' if index >= kept else None, round=3, thick=3))
            shapes.append(text(x + width / 2, y + up + 20, letter, 16, anchor='middle', bold=index >= kept))
    return shapes


def _counter(y: float, name: Words, tokens: int, most: int) -> list[Shape]:
    start, full = 110, 380
    return [
        text(LEFT, y + 20, name),
        rect(start, y, full * tokens / most, 28, 'violet', 'violet_line', round=3),
        text(start + full * tokens / most + 8, y + 20, say('{tokens} tokens', tokens=tokens), bold=True),
    ]


def _legend(y: float) -> list[Shape]:
    return [
        rect(LEFT, y - 3, 20, 16, 'blue', 'blue_line', thick=3, round=3),
        text(LEFT + 28, y + 12, say('worked out in this step'), 16, 'quiet'),
        rect(330, y - 3, 20, 16, 'blue', round=3),
        text(358, y + 12, say('read from the cache'), 16, 'quiet'),
    ]
