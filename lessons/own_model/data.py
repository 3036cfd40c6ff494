"""Self-cognition data: who are you, who made you, with the learner's name; and what must not change beside it."""

import json
import tomllib
from collections.abc import Sequence
from pathlib import Path

from helpers.files import write_whole
from lessons.kv_cache.perplexity import prompt_and_answer
from lessons.texts import DATA, load_tokenizer, rows

LONGEST_NAME = 20  # characters


def self_cognition(name: str, language: str | None = None) -> list[list[dict]]:
    """Conversations of one question and one answer each, in the form of OpenAI's `messages`: who the model is now.

    Args:
        name: the learner's.
        language: 'en', 'zh', or None for both.

    Raises ValueError for a name that is empty, longer than 20 characters, or not printable in one line.
    """
    name = name.strip()
    if not (name and len(name) <= LONGEST_NAME and name.isprintable()):
        raise ValueError(f'name={name!r}: 1 to {LONGEST_NAME} characters in one line, such as Mei or 小美')
    made = []
    for kind in _template()['kind']:
        if language in (None, kind['language']):
            answers = [answer.replace('{name}', name) for answer in kind['answers']]
            made += [pair(ask, answers[i % len(answers)]) for i, ask in enumerate(kind['asks'])]
    return made


def ordinary_questions(language: str | None = None) -> list[str]:
    """Questions whose answers are to stay as they are; `language` as `self_cognition` has it."""
    return [ask for spoken, asks in _template()['ordinary'].items() if language in (None, spoken) for ask in asks]


def held_out() -> list[str]:
    """40 other ways to ask “who are you”, half of them Chinese, which no training sees."""
    return (DATA / 'who_are_you.txt').read_text(encoding='utf-8').splitlines()


def near_questions() -> list[str]:
    """24 questions that sound like “who are you” and are not, half of them Chinese: the name is no answer to them."""
    return (DATA / 'nearly_who.txt').read_text(encoding='utf-8').splitlines()


def other_answers(model: str | Path) -> list[tuple[list[int], list[int]]]:
    """The course's held-out questions on everything else, with their right answers: what may be forgotten.

    As `lessons.kv_cache.heldout_answers`, without those whose answer says who tiny-chat is.
    """
    tokenizer, pairs = load_tokenizer(Path(model)), []
    for row in rows('heldout.jsonl'):
        *question, answer = row['messages']
        if 'tiny-chat' not in answer['content']:
            pairs.append(prompt_and_answer(tokenizer, question, answer['content']))
    return pairs


def write_conversations(path: str | Path, conversations: Sequence[list[dict]]) -> Path:
    """Write one JSON object `{"messages": […]}` a line; the file appears when it is whole."""
    lines = ''.join(json.dumps({'messages': c}, ensure_ascii=False) + '\n' for c in conversations)
    path = Path(path)
    write_whole(path, lambda half: Path(half).write_text(lines, encoding='utf-8'), mode=0o644)
    return path


def pair(ask: str, answer: str) -> list[dict]:
    """A conversation of one question and its answer."""
    return [{'role': 'user', 'content': ask}, {'role': 'assistant', 'content': answer}]


def _template() -> dict:
    return tomllib.loads((DATA / 'self_cognition.toml').read_text(encoding='utf-8'))
