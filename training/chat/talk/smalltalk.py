"""Small talk: feelings, jokes, the weather, the clock, favourite things; and games."""

import random
import re
import string

from training.chat.words.read import read
from training.chat.words.write import ask, dressed, turn, typed, write

from . import games, stories
from .request import plural

WEIGHT = 2.9

WORDS = read('smalltalk')
EN, ZH = WORDS['en'], WORDS['zh']
# What a joke may be wanted about: as it is asked for, the bare word, the joke or nothing.
JOKES_ABOUT = WORDS['jokes_about']
JOKES = {
    language: tuple(dict.fromkeys((*jokes, *(joke for *_, joke in JOKES_ABOUT[language] if joke))))
    for language, jokes in WORDS['jokes'].items()
}

_SUBJECTS = [topic for topic in stories.ALL_TOPICS if topic.sort in ('kind', 'thing', 'more')]


def _noise(rng: random.Random) -> str:
    kind = rng.random()
    if kind < 0.5:
        return ''.join(rng.choice(string.ascii_lowercase) for _ in range(rng.randint(4, 12)))
    if kind < 0.7:
        return ' '.join(
            ''.join(rng.choice(string.ascii_lowercase) for _ in range(rng.randint(3, 7)))
            for _ in range(rng.randint(2, 4))
        )
    return rng.choice(WORDS['noise'])


def _subject(rng: random.Random, zh: bool) -> tuple[str, str, str]:
    """Any hero or thing of the stories, to ask for a joke about."""
    topic = rng.choice(_SUBJECTS)
    bare = re.sub('^an? ', '', topic.en)
    return (topic.zh, topic.zh, '') if zh else (rng.choice((topic.en, plural(bare), plural(bare))), bare, '')


def _chat(rng: random.Random, zh: bool, intent: str = '') -> list[dict]:
    language = 'zh' if zh else 'en'
    table, fill = WORDS[language], WORDS['fill'][language]
    intent = intent or rng.choice(list(table))
    words = table[intent]
    slots = {name: rng.choice(values) for name, values in fill.items()}
    slots['u'] = rng.choice(['u', ''])
    slots['like2'] = rng.choice(fill['like'])
    subjects = JOKES_ABOUT[language]
    slots['joked'], slots['joked_bare'], _ = rng.choice(subjects) if rng.random() < 0.7 else _subject(rng, zh)
    if 'phrasings' in words and rng.random() < 0.65:
        question = ask(rng, words['phrasings'], zh, **slots)
        if intent in ('weather', 'time', 'favourite', 'eat', 'joke', 'music', 'love', 'weekend', 'fact'):
            question = dressed(rng, question, zh)
    else:
        question = write(rng, words['ask'], **slots, noise=_noise(rng))
    question = question.replace('会?', rng.choice(['会', ''])).replace('一?个', rng.choice(['一个', '个']))
    fitting = [row[2] for row in subjects if row[2] and re.search(row[0] if zh else rf'\b{row[0]}\b', question)]
    joke = rng.choice(fitting or JOKES[language])
    return turn(
        question if words['ask'] == ('{noise}',) else typed(rng, question), write(rng, words['answer'], joke=joke)
    )


def conversations(rng: random.Random) -> list[dict]:
    zh = rng.random() < 0.5
    talk = []
    for _ in range(rng.choice([1, 1, 1, 2, 2, 3])):
        roll = rng.random()
        talk += (
            games.repeat(rng, zh)
            if roll < 0.09
            else games.game(rng, zh)
            if roll < 0.30
            else _chat(rng, zh, '' if talk else rng.choice([k for k in EN if k != 'ok']))
        )
        if rng.random() < 0.05:
            zh = not zh
    return talk
