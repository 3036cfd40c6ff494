"""The questions as they stand in chapter_NN.toml."""

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

HERE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Choice:
    """`key` names it for tests, `say` is what one chooses, `why` what one reads then, `look` says where more is."""

    key: str
    say: str
    why: str
    right: bool = False
    look: str | None = None


@dataclass(frozen=True)
class Question:
    """One question of the quiz at the end of the section `quiz` ('3.2')."""

    id: str
    quiz: str
    ask: str
    choices: tuple[Choice, ...]


@cache
def all_questions() -> tuple[Question, ...]:
    """Every question, by chapter, in the order of its file.  ValueError names the file and question that is wrong."""
    return tuple(question for path in sorted(HERE.glob('chapter_*.toml')) for question in read(path))


def questions_of(number: str) -> list[Question]:
    """The questions on a section.  KeyError where it has none."""
    found = [question for question in all_questions() if question.quiz == number]
    if not found:
        known = ', '.join(dict.fromkeys(question.quiz for question in all_questions()))
        raise KeyError(f'no quiz {number!r}; there are {known}')
    return found


def read(path: Path) -> list[Question]:
    """The questions of one file."""
    found = []
    for n, entry in enumerate(tomllib.loads(path.read_text(encoding='utf-8')).get('question', []), 1):
        try:
            question = Question(**entry | {'choices': tuple(Choice(**choice) for choice in entry['choices'])})
            _require_whole(question)
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f'{path.name}, question {n} ({entry.get("id", "no id")}): {error}') from None
        found.append(question)
    return found


def _require_whole(question: Question) -> None:
    keys = [choice.key for choice in question.choices]
    right = [choice.key for choice in question.choices if choice.right]
    if not re.fullmatch(r'\d+\.\d+', question.quiz):
        raise ValueError(f'quiz = {question.quiz!r}: the number of a section, such as 3.2')
    if len(keys) < 2 or len(set(keys)) < len(keys):
        raise ValueError(f'two choices or more, each with a key of its own, not {keys}')
    if len(right) != 1:
        raise ValueError(f'one choice is right, not {len(right)}')
    for choice in question.choices:
        if not (choice.say.strip() and choice.why.strip()):
            raise ValueError(f'{choice.key}: say and why are wanted')
        if not (choice.right or choice.look):
            raise ValueError(f'{choice.key}: a wrong choice says where to look')
