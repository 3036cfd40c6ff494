"""`check('3.1', answer)`: is it right, and if not, what is off.

To write the exercise 3.1, four things:

1. Two cells at the end of the chapter, both tagged `exercise`: Markdown that begins `**3.1** · basic · 5 min` (or
   `advanced`; `· trap` after it where the first idea misleads) and ends with a folded hint; then a cell to work in:

       <details><summary>Hint</summary>

       A key **and** a value, in every layer.

       </details>

       from lessons.exercises import check

       token_bytes = ...
       check('3.1', token_bytes)

2. A function in `chapter_03.py` (a deep dive `deep/02_sampling.ipynb`: `deep_sampling.py`, exercise `sampling.1`).
   Its parameters are what the cell gives; it computes the right answer, and the wrong ones that people give, from the
   code that the chapter teaches and from what the cell ran, so that it fits whatever model and machine this is:

       @exercise('3.1')
       def bytes_of_a_token(token_bytes):
           of = GEOMETRIES['internlm2-chat-7b']
           right = 2 * of.num_layers * of.num_kv_heads * of.head_dim * 2
           return amount(token_bytes, right, 'bytes', slips=[(right / 2, 'A key and a value: times 2.')])

   `amount` knows mistaken units by itself, `choice` judges a letter, `judged` anything else; `expect` refuses what
   cannot be read (all in `judging`).  Each sentence is one string or f-string: with the file in SPEAKING of
   tools/program_messages.py, `tools/translate.py update` puts it into translations/zh/messages.po for its Chinese.
3. The solution in `notebooks/solutions/03_kv_cache.ipynb`: a heading `## 3.1`, the way in the open, `assert check(…)`.
   Store its outputs: `python tools/course.py --store --out build/solutions notebooks/solutions/03_kv_cache.ipynb`.
4. Tests in `tests/lessons/exercises/`: the right answer, each slip, garbage.  `tests/course/test_exercises.py` looks
   whether a chapter has all of it: add the chapter to its list, and the new file to README.

As long as an answer is `...` or None, `check` says that there is nothing to check, and a notebook runs through.
"""

import importlib
import inspect
from collections.abc import Callable

from .judging import Result, UnreadableError

_JUDGES: dict[str, Callable[..., Result]] = {}  # number of the exercise: what judges its answer


def exercise(number: str):
    """Register the function that judges the answer to an exercise; it returns a Result."""

    def register(judge):
        _JUDGES[number] = judge
        return judge

    return register


def check(number: str, *given) -> Result:
    """Print whether an answer is right, and what is off; the Result is true only for a right answer.

    Args:
        number: of the exercise, as its text has it: '3.1'.
        given: what the exercise asks for, in its order.  `...` or None, also as an item of a list or a dictionary's
            value (there only `...`): nothing is checked yet.

    Raises KeyError for a number that no exercise has.  A wrong answer, of whatever type, raises nothing.
    """
    judge = judge_of(number)
    wanted = list(inspect.signature(judge).parameters)
    if not given or any(value is None or _is_open(value) for value in given):
        result = Result('open', ('nothing to check yet: put your answer in the place of the dots.',))
    elif len(given) != len(wanted):
        names = ', '.join(wanted)
        result = Result('unreadable', (f'give {len(wanted)} after the number, not {len(given)}: {names}.',))
    else:
        try:
            result = judge(*given)
        except UnreadableError as error:
            result = Result('unreadable', (str(error),))
    print(f'{number} {result}')
    return result


def judge_of(number: str) -> Callable[..., Result]:
    """The function that judges an exercise.  KeyError: there is none."""
    chapter = str(number).partition('.')[0]
    module = f'chapter_{int(chapter):02}' if chapter.isdecimal() else f'deep_{chapter}'
    try:
        importlib.import_module(f'{__package__}.{module}')
    except ModuleNotFoundError as error:
        if error.name != f'{__package__}.{module}':
            raise
    if number not in _JUDGES:
        known = ', '.join(n for n in _JUDGES if n.startswith(f'{chapter}.')) or 'none in this chapter'
        raise KeyError(f'no exercise {number!r}; there are: {known}')
    return _JUDGES[number]


def _is_open(value) -> bool:
    if isinstance(value, dict):
        value = list(value.values())
    return value is ... or (isinstance(value, list | tuple) and any(item is ... for item in value))
