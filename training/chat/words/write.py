"""The pens of the talk modules: templates with choices, turns, and the way that people type."""

import functools
import random
import re

from .read import read

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


_DRESSING = read('dressing')


@functools.cache
def phrasings(lines: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The whole phrasings of one intent, and the clauses (`~`) that a frame can embed."""
    whole, clauses = [], []
    for line in lines:
        # `?` after a choice or a Han character: it may be left out
        line = re.sub(r'([\u4e00-\u9fff，])\?', r'[\1|]', line.replace(']?', '|]'))
        if line.startswith('~'):
            clauses.append(line[1:])
        else:
            # a line stands for as many phrasings as its longest choice: it is drawn as often as their root
            weight = max((match[1].count('|') + 1 for match in _CHOICE.finditer(line)), default=1)
            whole += [line] * max(1, round(weight**0.5))
    return tuple(whole), tuple(clauses)


def dressed(rng: random.Random, text: str, zh: bool) -> str:
    """A question between polite, chatty or hesitant words, or none; some in the short spelling of messages."""
    chance = rng.random()
    if chance < 0.22:
        first = text.split(' ')[0]
        keep = zh or first.startswith('I') or first[1:] != first[1:].lower()
        opener = write(rng, _DRESSING['openers']['zh' if zh else 'en'])
        text = opener + (text if keep else text[:1].lower() + text[1:])
    if 0.16 < chance < 0.32:
        ended = text.rstrip(' .?!。？！~')
        text = ended + write(rng, _DRESSING['closers']['zh' if zh else 'en']) if ended else text
    if not zh and rng.random() < 0.08:
        old, new = rng.choice([pair for pair in _DRESSING['short'] if re.search(rf'\b{pair[0]}', text)] or [('', '')])
        text = re.sub(rf'\b{old}(?!\w)' if not old.endswith(' ') else rf'\b{old}', new, text, count=1) if old else text
    return re.sub(' {2,}', ' ', text).strip()


def ask(rng: random.Random, lines: tuple[str, ...], zh: bool, **slots) -> str:
    """A question from the `phrasings` of an intent: one of them, or one of their clauses in a frame."""
    whole, clauses = phrasings(lines)
    if clauses and rng.random() < 0.3:
        clause = write(rng, clauses, **slots)
        return write(rng, _DRESSING['frames']['zh' if zh else 'en'], c=clause).replace('吗吗', '吗')
    text = write(rng, whole, **slots)
    return text + rng.choice('？？。！' if zh else '???.!') if text[-1].isalnum() else text


def capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def article(noun: str) -> str:
    """'a fox', 'an owl'."""
    return (
        'an ' if noun[0].lower() in 'aeiou' and not noun.startswith(('uni', 'use', 'one', 'USB', 'yeti')) else 'a '
    ) + noun


def turn(question: str, answer: str) -> list[dict]:
    return [{'role': 'user', 'content': question}, {'role': 'assistant', 'content': answer}]
