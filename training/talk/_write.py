"""The pens of the talk modules: templates with choices, turns, and the way that people type."""

import random
import re

_CHOICE = re.compile(r'\[([^\[\]]*)\]')


def write(rng: random.Random, template: str | list[str] | tuple[str, ...], **slots) -> str:
    """One text from a template, or from one of several: `[a|b]` is a choice (it nests), `{name}` a slot."""
    if not isinstance(template, str):
        template = rng.choice(template)
    while '[' in template:
        template = _CHOICE.sub(lambda match: rng.choice(match[1].split('|')), template)
    return template.format(**slots) if '{' in template else template


def typed(rng: random.Random, text: str) -> str:
    """`text` as a person might type it: a capital or the last mark missing, a mark of the other alphabet."""
    if text.lower().count('please') > 1:
        text = re.sub(r',? please$', '', text)
    chance = rng.random()
    if chance < 0.25:
        text = text[:1].lower() + text[1:]
    elif chance < 0.30:
        text = text.lower()
    elif chance < 0.60:
        text = text[:1].upper() + text[1:]
    chance = rng.random()
    if chance < 0.40:
        text = text.rstrip('.?!。？！~')
    elif chance < 0.50:
        text = text.replace('？', '?').replace('，', ',').replace('！', '!')
    return text.strip()


def capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def article(noun: str) -> str:
    """'a fox', 'an owl'."""
    return ('an ' if noun[0].lower() in 'aeiou' and not noun.startswith(('uni', 'use', 'one')) else 'a ') + noun


def turn(question: str, answer: str) -> list[dict]:
    return [{'role': 'user', 'content': question}, {'role': 'assistant', 'content': answer}]
