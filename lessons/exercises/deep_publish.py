"""Exercises of "Your model, published": what limits make of ten friends, and a folder for a Python that is too old."""

import math
from pathlib import Path

from .checking import exercise
from .judging import Result, amount, expect, judged

_FRIENDS, _USERS, _TOKENS, _STEP_S = 10, 2, 128, 0.03  # of publish.1


@exercise('publish.1')
def last_of_ten(wait_s) -> Result:
    """Seconds until the last of ten friends, who ask at once, has the whole answer."""
    answer_s = _TOKENS * _STEP_S
    right = math.ceil(_FRIENDS / _USERS) * answer_s
    return amount(
        wait_s,
        right,
        's',
        slips=[
            (answer_s, 'So it would be if all were answered at once: `users` lets two in.'),
            (_FRIENDS * answer_s, 'Not one after the other: two are answered at once.'),
            (right - answer_s, 'Then the last two begin: they want their answer, too.'),
            (_FRIENDS / _USERS, 'Those are rounds: how long does one take?'),
        ],
        because=f'{right / answer_s:.0f} rounds of {answer_s:.1f} s. With half as many tokens it is half as long.',
    )


@exercise('publish.2')
def for_an_old_python(folder) -> Result:
    """A copy of the folder whose README asks for a Python that is too old, with no other fault."""
    from lessons.publish import demo_faults

    expect(isinstance(folder, str | Path) and Path(folder).is_dir(), 'folder is the path of your copy.')
    faults = demo_faults(folder)
    if not faults:
        return judged(False, 'That folder is in order: look at the lines between --- in its README.md.')
    others = [fault for fault in faults if 'python_version' not in fault]
    if others:
        return judged(False, f'It has another fault: {others[0]}')
    return judged(True, f'Right: {faults[0]}')
