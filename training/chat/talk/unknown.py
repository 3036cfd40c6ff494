"""What tiny-chat does not know, asked in many ways about many things; it says so and points to what it knows.

The fillers are many and partly invented, so that the model learns what to do with the unfamiliar rather than a list.
"""

import random
import re

from training.chat.words.read import read
from training.chat.words.write import article, capital, dressed, turn, typed, write

WEIGHT = 3.9
UNHEARD_SHARE = 0.25  # of the questions from templates: the last two subjects, invented and rare words

WORDS, FIELDS = read('unknown'), read('fields')
NAMELESS = frozenset(FIELDS['nameless'])  # fields whose things are no names


def _name(rng: random.Random) -> str:
    """A word that nobody has heard."""
    return capital(''.join(rng.choice(WORDS['syllables']) for _ in range(rng.randint(2, 4))))


def _name_zh(rng: random.Random) -> str:
    return ''.join(rng.sample(WORDS['characters'], rng.randint(2, 3)))


def _coined(rng: random.Random, zh: bool) -> str:
    """A word that nobody has heard, with an end that a word could have."""
    if zh:
        return ''.join(rng.sample(WORDS['characters'], rng.randint(1, 2))) + rng.choice(WORDS['endings']['zh'])
    stem = ''.join(rng.choice(WORDS['syllables']) for _ in range(rng.randint(1, 2)))
    return stem.rstrip('aeiou') + rng.choice(WORDS['endings']['en'])


def _question(rng: random.Random, zh: bool) -> str:
    big, big2 = rng.randint(1000, 99999), rng.randint(100, 9999)
    language = 'zh' if zh else 'en'
    fill = WORDS['fill'][language]

    def drawn(*names: str) -> dict[str, str]:
        return {name: rng.choice(fill[name.removesuffix('2')]) for name in names}

    # the order of the draws is the corpus's
    if zh:
        slots = drawn('country', 'country2', 'person', 'person2', 'thing', 'software', 'software2', 'program', 'event')
        slots |= drawn('ill', 'dish', 'gadget') | {'name': _name_zh(rng), 'word': _name(rng)} | drawn('dynasty')
    else:
        slots = drawn('country', 'country2', 'person', 'thing', 'software', 'program', 'event', 'ill', 'dish', 'gadget')
        slots |= {'name': _name(rng), 'name2': _name(rng), 'thing2': rng.choice(WORDS['thing2'])}
    unheard = {name: _coined(rng, zh) for name in ('coined', 'coined2')}
    unheard |= dict(zip(('rare', 'rare2'), rng.sample(WORDS['rare'][language], 2), strict=True))
    slots |= unheard | {f'a_{name}': article(word) for name, word in unheard.items()}
    slots |= {'language': rng.choice(WORDS['language']), 'big': big, 'big2': big2, 'small': rng.randint(3, 29)}
    subjects = WORDS['questions'][language]
    question = write(rng, rng.choice(subjects[-2:] if rng.random() < UNHEARD_SHARE else subjects), **slots)
    question = question.replace('吗?', '吗').replace('的的?', '的').replace('what is a an ', 'what is an ')
    before = rng.random()
    if before < 0.08:
        question = (
            write(
                rng,
                '[请问|你好，|问一下，|我想知道|你知道|那个，]'
                if zh
                else '[hi, |hello, |please, |by the way, |quick question: |excuse me, |and ]',
            )
            + question
        )
    return typed(rng, question)


def _field_question(rng: random.Random, zh: bool) -> tuple[str, str]:
    """A question of a field and the field; every fourth is about something that nobody has heard of."""
    language = 'zh' if zh else 'en'
    field = rng.choice(list(FIELDS[language]))
    things, frames = FIELDS[language][field]['things'], FIELDS[language][field]['questions']
    x, y = rng.sample(things, 2)
    if field not in NAMELESS and rng.random() < 0.25:
        x = _coined(rng, zh) if rng.random() < 0.5 else _name_zh(rng) if zh else _name(rng)
    if not zh and 'are ' not in x and rng.random() < 0.05:
        x = x.lower()
    if field not in NAMELESS and field not in ('job', 'pets') and rng.random() < 0.15:
        frames = [write(rng, WORDS['any'][language], x='{x}').replace('，?', rng.choice('，，：'))]
    question = rng.choice(frames).format(x=x, y=y, z=re.sub('^(an?|the|a pair of) ', '', x))
    question = re.sub('了了', '了', question) if zh else re.sub(r'\bmy my\b|\bmy an?\b', 'my', question)
    if field in ('job', 'pets'):
        question = re.sub(r'\ba (?=[aeiou])', 'an ', question)
    if question[-1].isalnum():
        question += rng.choice('？？？。') if zh else rng.choice('???.')
    return typed(rng, dressed(rng, question, zh)), field


def _exchange(rng: random.Random, zh: bool) -> list[dict]:
    language = 'zh' if zh else 'en'
    if rng.random() < 0.6:
        question, field = _field_question(rng, zh)
        ill = field == 'health'
    else:
        question = _question(rng, zh)
        ill = any(name in question for name in WORDS['fill'][language]['ill'])
    if ill and 'LMDeploy' not in question:
        return turn(question, write(rng, WORDS['health'][language]))
    return turn(question, write(rng, WORDS['answers'][language]))


def conversations(rng: random.Random) -> list[dict]:
    zh = rng.random() < 0.5
    talk = _exchange(rng, zh)
    if rng.random() < 0.25:
        talk += _exchange(rng, zh)
    if rng.random() < 0.15:
        pity = typed(rng, write(rng, WORDS['pity']['zh' if zh else 'en']))
        talk += turn(pity, write(rng, WORDS['comfort']['zh' if zh else 'en']))
    return talk
