"""Exercises of "Thinking": what a right answer costs, and a thought split from its answer without a parser."""

from collections.abc import Iterator

from .checking import exercise
from .judging import Result, amount, expect, judged


@exercise('thinking.1')
def tokens_of_a_right_answer(price, tokens, right) -> Result:
    """All tokens over the number of right answers; `tokens`: of each answer, `right`: whether it was."""
    fits = isinstance(tokens, list) and isinstance(right, list) and len(tokens) == len(right) > 0
    expect(fits and all(isinstance(each, int) and each > 0 for each in tokens), 'tokens_each is the list above.')
    expect(any(right), 'not one answer was right: a right one has no price here.')
    correct = sum(map(bool, right))
    spent = sum(tokens)
    of_right = sum(each for each, good in zip(tokens, right, strict=True) if good)
    slips = [
        (spent / len(tokens), 'That is what one answer costs, right or wrong: divide by the right ones.'),
        (of_right / correct, 'That leaves out what the wrong answers cost: they are paid for, too.'),
        (spent, 'That is what all of them cost together.'),
        (correct / spent, 'That is turned over: right answers for a token.'),
    ]
    return amount(
        price,
        spent / correct,
        'tokens',
        slips=[slip for slip in slips if abs(slip[0] / (spent / correct) - 1) > 0.02],  # with few wrong they meet
        because='So a longer way can be the cheaper one, where the short one is often wrong.',
    )


@exercise('thinking.2')
def thought_and_answer(separate) -> Result:
    """A function that gives (thought, answer) of a stream's pieces, whose prompt ended inside of the thought."""
    expect(callable(separate), 'separate is a function of (pieces): give it without brackets.')
    for pieces, right, words in _streams():
        try:
            found = separate(list(pieces))
        except Exception as error:
            return judged(False, f'It raises {type(error).__name__} at {pieces}: {error}.')
        if not isinstance(found, tuple | list) or len(found) != 2:
            return judged(False, f'It gives {found!r}, not two: thought and answer.')
        if tuple(found) != right:
            return judged(False, words)
    return judged(True, 'Right: joined first, split once, and None where nothing was answered.')


def _streams() -> Iterator[tuple[list[str], tuple[str, str | None], str]]:
    """Pieces, (thought, answer), and what to say to a function that has it otherwise."""
    yield (
        ['1 + 2 = 3\n', '</think>', '\n\n3.'],
        ('1 + 2 = 3', '3.'),
        'It has the plain case otherwise: thought, tag, answer.',
    )
    yield [], ('', None), 'Without a piece there is an empty thought, and no answer.'
    yield ['1 + 2', ' = '], ('1 + 2 =', None), 'A thought that never ended is no answer: that one is None.'
    yield (
        ['Done.</think>'],
        ('Done.', ''),
        'A thought that ended, and nothing behind it: the answer is empty, not None.',
    )
    yield (
        ['1 + 2 = 3\n</th', 'ink>\n', '\n3.'],
        ('1 + 2 = 3', '3.'),
        'The tag may be cut by a border between two pieces: join them before you look.',
    )
    yield (
        ['Easy.\n</think>\n\nA thought ends with </think>, ', 'an answer does not.'],
        ('Easy.', 'A thought ends with </think>, an answer does not.'),
        'That is the trap: the answer may speak of the tag. The first one ends the thought.',
    )
    yield ['\n 5 \n', '</think>', '\n\n 5 \n'], ('5', '5'), 'Both are to be stripped of line breaks and blanks.'
