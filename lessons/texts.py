"""The course's own texts, in a model's tokens: to calibrate on, and to measure quality with."""

import json
from pathlib import Path

DATA = Path(__file__).resolve().parent / 'data'


def course_texts(tokenizer) -> list[str]:
    return [conversation_text(tokenizer, row['messages']) for row in rows('calibration.jsonl')]


def conversation_text(tokenizer, messages: list[dict]) -> str:
    """A conversation in the model's chat template; its messages alone, where it has none."""
    if tokenizer.chat_template is None:
        return '\n'.join(message['content'] for message in messages)
    return tokenizer.apply_chat_template(messages, tokenize=False)


def rows(name: str) -> list[dict]:
    with open(DATA / name, encoding='utf-8') as lines:  # `splitlines` would split within strings
        return [json.loads(line) for line in lines]


def load_tokenizer(model: Path):
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(model, trust_remote_code=False)
