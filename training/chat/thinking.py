"""Sums of several steps, answered at once or behind a thought that has one step a line; and thoughts on other talk.

As with Qwen3, a thought stands between `<think>` and `</think>` in the last answer alone: those of earlier turns are
left out of a conversation.  Every step is a sum that `arithmetic` trains, none is one that it keeps back.
`python -m training.chat.thinking` writes the held-out sums, for the lesson, to lessons/data/sums.jsonl.
"""

import json
import random
import re
import zlib
from collections.abc import Callable
from dataclasses import asdict, dataclass

from helpers.files import write_whole
from training.chat.talk import arithmetic, tools
from training.chat.words.read import read
from training.chat.words.write import write
from training.tokenizer import CALL_START, THINK_END, THINK_START

TABLE = read('thinking')
STORY_SHARE = 0.4  # of the sums are told in words
THINKING_SHARE = 0.55  # of the sums are answered behind a thought
OTHER_SHARE = 0.14  # of the conversations think about no sum of several steps, but about a single one, or talk
TOOLS_SHARE = 0.14  # of the conversations think before a call
LIMIT = 100  # of every number and result, as in arithmetic
HELD_OUT = 200  # sums of the test, half of them in each language


@dataclass(frozen=True)
class Problem:
    """A sum of several steps as asked, its steps in order (`17 + 25 = 42`), its result, and the answer to it."""

    question: str
    expression: str
    steps: tuple[str, ...]
    result: int
    answer: str


def is_held_out(expression: str) -> bool:
    """Whether this sum is only in the test, however it is asked: one in eight."""
    return zlib.crc32(expression.encode()) % 8 == 0


def work_out(numbers: list[int], signs: list[str]) -> tuple[tuple[tuple[int, str, int, int], ...], int]:
    """The steps (a, sign, b, result), products first, then from left to right, and the result."""
    numbers, signs, steps = list(numbers), list(signs), []
    while signs:
        at = signs.index('*') if '*' in signs else 0
        a, sign, b = numbers[at], signs.pop(at), numbers[at + 1]
        result = {'+': a + b, '-': a - b, '*': a * b}[sign]
        numbers[at : at + 2] = [result]
        steps.append((a, sign, b, result))
    return tuple(steps), numbers[0]


def thought(problem: Problem) -> str:
    """What is written between the tags: a step a line."""
    return '\n'.join(problem.steps)


def thinking(text: str, answer: str) -> str:
    """An answer with a thought in front, laid out as Qwen3 does."""
    return f'{THINK_START}\n{text}\n{THINK_END}\n\n{answer}'


def numbers_for(rng: random.Random, signs: list[str], held_out: bool) -> tuple[list[int], tuple, int]:
    """Numbers with which every step stays within 0 to LIMIT, the steps and the result."""
    while True:
        numbers = [rng.randint(1, 99) if rng.random() < 0.8 else rng.randint(1, 20) for _ in range(len(signs) + 1)]
        for at, sign in enumerate(signs):
            if sign == '*':
                numbers[at], numbers[at + 1] = rng.randint(2, 12), rng.randint(2, 12)
        steps, result = work_out(numbers, signs)
        if not all(0 <= step[3] <= LIMIT for step in steps):
            continue
        if not held_out and any(arithmetic.is_kept_back(*step[:3]) for step in steps):
            continue
        if is_held_out(written(numbers, signs)) == held_out:
            return numbers, steps, result


def written(numbers: list[int], signs: list[str], space: str = ' ', shown: dict[str, str] = arithmetic.SIGNS) -> str:
    """The sum in signs."""
    text = str(numbers[0])
    for sign, number in zip(signs, numbers[1:], strict=True):
        text += f'{space}{shown[sign]}{space}{number}'
    return text


def draw(rng: random.Random, language: str, held_out: bool = False, story: bool | None = None) -> Problem:
    """A problem in signs or told in words (`story`; default: either)."""
    if story is None:
        story = rng.random() < STORY_SHARE
    return told(rng, language, held_out) if story else in_signs(rng, language, held_out)


def in_signs(rng: random.Random, language: str, held_out: bool) -> Problem:
    """`17 + 25 - 8 + 31` of three to five numbers, at most one product among them, asked as arithmetic asks."""
    signs = [rng.choice('+-') for _ in range(rng.choice((2, 2, 3, 3, 3, 4)))]
    if rng.random() < 0.3:
        signs[rng.randrange(len(signs))] = '*'
    numbers, steps, result = numbers_for(rng, signs, held_out)
    shown = dict(arithmetic.SIGNS, **{'*': rng.choice('×**x')})
    words = {sign: names[language == 'zh'] for sign, names in arithmetic.WORDS.items()}
    slots = {
        'sum': written(numbers, signs, rng.choice(('', ' ', ' ')), shown),
        'word': written(numbers, signs, ' ' if language == 'en' else '', words),
    }
    ways = [way for way in arithmetic.ASKS[language] if '{a}' not in way]
    question = rng.choice(ways).format(**slots)
    expression = written(numbers, signs)
    answer = f'{expression} = {result}{stop(question)}'
    return Problem(question, expression, tuple(shown_step(*step) for step in steps), result, answer)


def told(rng: random.Random, language: str, held_out: bool) -> Problem:
    """A sum of two or three steps in a little story."""
    story = rng.choice(TABLE['stories'])
    signs = [{'×': '*'}.get(sign, sign) for sign in story['sum'].split()[1::2]]
    numbers, steps, result = numbers_for(rng, signs, held_out)
    n, m = rng.sample(TABLE['names'][language], 2)
    slots = dict(zip('abcd', numbers, strict=False))
    question = write(rng, story[language], n=n, m=m, t=rng.choice(TABLE['things'][language]), **slots)
    if language == 'zh' and rng.random() < 0.5:
        question = re.sub(r' ?(\d+) ?', r'\1', question)
    answer = TABLE['answers'][language].format(r=result)
    return Problem(question, written(numbers, signs), tuple(shown_step(*step) for step in steps), result, answer)


def shown_step(a: int, sign: str, b: int, result: int) -> str:
    return f'{a} {arithmetic.SIGNS[sign]} {b} = {result}'


def stop(question: str) -> str:
    """The full stop of an answer: Chinese where the question is, so not for bare digits."""
    return '。' if tools.language_of(question) == 'zh' else '.'


def held_out_sums() -> list[tuple[str, Problem]]:
    """The HELD_OUT sums of the test with their languages, one after the other, no two alike."""
    rng, found = random.Random('held-out sums'), {}
    while len(found) < HELD_OUT:
        language = ('en', 'zh')[len(found) % 2]
        problem = draw(rng, language, held_out=True)
        found.setdefault(problem.expression, (language, problem))
    return list(found.values())


def answer_number(text: str | None) -> int | None:
    """The last whole number of an answer, behind its thought; None where there is none, or the thought has no end."""
    if text is None or (THINK_START in text and THINK_END not in text):
        return None
    numbers = re.findall(r'-?\d+', text.split(THINK_END)[-1])
    return int(numbers[-1]) if numbers else None


def turns(problem: Problem, think: bool) -> list[dict]:
    """The question and its answer."""
    said = thinking(thought(problem), problem.answer) if think else problem.answer
    return [{'role': 'user', 'content': problem.question}, {'role': 'assistant', 'content': said}]


def other(rng: random.Random, language: str, filler: Callable[[], list[dict]]) -> list[dict]:
    """Thinking asked for where there is little to think about: a single sum, or other talk."""
    if rng.random() < 0.4:
        asked, said = arithmetic.conversation(rng, language)[:2]
        return [asked, {**said, 'content': thinking(said['content'].rstrip('.。'), said['content'])}]
    found = filler()
    words = TABLE['nothing'][tools.language_of(found[-2]['content'])]
    return [*found[:-1], {**found[-1], 'content': thinking(words, found[-1]['content'])}]


def with_tools(rng: random.Random, language: str, filler: Callable[[], list[dict]]) -> list[dict]:
    """Tools, and thoughts on the way from the last question to its answer; earlier ones may be left out."""
    found = tools.conversation(rng, language, filler)
    last = max(at for at, message in enumerate(found) if message['role'] == 'user')
    kept = rng.random() < 0.5  # clients send earlier thoughts back, or not
    messages = found[: last + 1]
    for at, message in enumerate(found[last + 1 :], last + 1):
        if message['role'] == 'assistant' and (kept or at == len(found) - 1):
            words = about(found[at - 1], message, tools.language_of(found[last]['content']))
            message = {**message, 'content': thinking(words, message['content'])}
        messages.append(message)
    if len(found) > last + 2 and rng.random() < 0.6:  # as a client asks that has not called yet
        words = about(found[last], found[last + 1], tools.language_of(found[last]['content']))
        return [*found[: last + 1], {**found[last + 1], 'content': thinking(words, found[last + 1]['content'])}]
    return messages


def about(before: dict, message: dict, language: str) -> str:
    """The thought in front of `message`, which answers `before`."""
    if message['content'].startswith(CALL_START):
        call = tools.calls_of(message['content'])[0]
        values = ', '.join(f'{name} = {value}' for name, value in call['parameters'].items())
        return TABLE['call'][language].format(tool=call['name'], values=values)
    if before['role'] == 'tool':
        return TABLE['result'][language].format(r=before['content'])
    return TABLE['nothing'][language]


def conversation(rng: random.Random, language: str, filler: Callable[[], list[dict]]) -> list[dict]:
    """One to three questions, the last of them often with a thought; `filler`: other talk, as between facts."""
    kind = rng.random()
    if kind < TOOLS_SHARE:
        return with_tools(rng, language, filler)
    messages = []
    for _ in range(rng.choice((0, 0, 0, 1, 1, 2))):
        messages += filler() if rng.random() < 0.5 else turns(draw(rng, language), False)
    if kind < TOOLS_SHARE + OTHER_SHARE:
        return [*messages, *other(rng, language, filler)]
    return [*messages, *turns(draw(rng, language), rng.random() < THINKING_SHARE)]


if __name__ == '__main__':
    from .calibration import DATA

    rows = [{'language': language, **asdict(problem)} for language, problem in held_out_sums()]
    lines = ''.join(json.dumps(row, ensure_ascii=False) + '\n' for row in rows)
    write_whole(DATA / 'sums.jsonl', lines.encode())
    print(f'sums.jsonl: {len(rows)} sums, {len(lines.encode())} bytes')
