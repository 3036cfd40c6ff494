"""The texts that chapter 04 calibrates on and measures with: `python -m training.chat.calibration`.

Writes lessons/data/calibration.jsonl (conversations as the corpus has them, drawn with another seed) and
lessons/data/heldout.jsonl (one question and its answer a line).  A held-out question is a frozen paraphrase, with
the FAQ's answer, or a sum, both kept out of the corpus; or one of a talk drawn with a third seed.
"""

import json
import pathlib
import random

from helpers.files import write_whole
from training.chat.talk import arithmetic

from . import mix, texts

DATA = pathlib.Path(__file__).resolve().parents[2] / 'lessons' / 'data'
MARKER = '<|'  # texts about the chat template: a tokenizer would read its markers as the tokens themselves
CALIBRATION_BYTES = 290_000
HELDOUT = {'faq': 36, 'talk': 12, 'arithmetic': 12}  # exchanges in each language


def calibration(rng: random.Random, size_bytes: int = CALIBRATION_BYTES) -> list[dict]:
    """Conversations, half of the text in each language, of `size_bytes` as JSON lines."""
    rows, room = [], dict.fromkeys(texts.LANGUAGES, size_bytes // 2)
    while max(room.values()) > 0:
        messages = [{'role': turn.role, 'content': turn.content} for turn in mix.draw(rng)]
        language = texts.language_of(messages[-1]['content'])
        row = {'language': language, 'messages': messages}
        if messages[0]['role'] != 'text' and not _has_marker(messages) and room[language] > 0:
            room[language] -= len(_line(row).encode())
            rows.append(row)
    return rows


def heldout(rng: random.Random, language: str) -> list[dict]:
    """Questions with their answers in one language."""
    answers = {x.id: x.answer for x in texts.faq() if x.language == language and MARKER not in x.answer}
    frozen = [item for item in texts.heldout('first') if item.language == language and item.id in answers]
    exchanges = [(item.question, answers[item.id]) for item in rng.sample(frozen, HELDOUT['faq'])]
    while len(exchanges) < HELDOUT['faq'] + HELDOUT['talk']:
        turns = mix.talk_turns(rng)
        if len(turns) == 2 and texts.language_of(turns[0].content + turns[1].content) == language:
            exchanges.append((turns[0].content, turns[1].content))
    for _ in range(HELDOUT['arithmetic']):
        a, sign, b, result = arithmetic.draw(rng, kept_back=True)
        question = arithmetic.question(rng, a, sign, b, language)
        exchanges.append((question, arithmetic.answer(a, sign, b, result, question)))
    roles = ('user', 'assistant')
    return [
        {'language': language, 'messages': [{'role': r, 'content': c} for r, c in zip(roles, exchange, strict=True)]}
        for exchange in exchanges
    ]


def _has_marker(messages: list[dict]) -> bool:
    return any(MARKER in message['content'] for message in messages)


def _line(row: dict) -> str:
    return json.dumps(row, ensure_ascii=False) + '\n'


def _write(name: str, rows: list[dict]) -> None:
    write_whole(DATA / name, ''.join(map(_line, rows)).encode())
    print(f'{name}: {len(rows)} conversations, {(DATA / name).stat().st_size} bytes')


if __name__ == '__main__':
    _write('calibration.jsonl', calibration(random.Random('calibration')))
    _write('heldout.jsonl', [row for x in texts.LANGUAGES for row in heldout(random.Random(f'heldout {x}'), x)])
