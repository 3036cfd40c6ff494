"""Hello, thanks, goodbye, and how are you."""

import random

from training.chat.words.read import read
from training.chat.words.write import ask, dressed, turn, typed, write

WEIGHT = 1.4

WORDS = read('greeting')
EN, ZH = WORDS['en'], WORDS['zh']
_TIMES_ZH = ('早上', '上午', '中午', '下午', '晚上', '傍晚')


def _exchange(rng: random.Random, table: dict, intent: str) -> list[dict]:
    words = table[intent]
    zh = table is ZH
    if rng.random() < 0.35:
        question = write(rng, words['ask'])
    else:
        question = ask(rng, words['phrasings'], zh)
        question = dressed(rng, question, zh) if intent in ('how', 'there') else question
    time = ''
    if intent == 'day':
        if table is EN:
            time = next((t for t in ('mornin', 'afternoon', 'evening') if t in question), 'day').replace(
                'mornin', 'morning'
            )
        else:
            time = next((t for t in _TIMES_ZH if t in question), '早上')
    return turn(typed(rng, question), write(rng, words['answer'], time=time))


# The greetings that the course's own pages type.
COURSE = {
    'hello': (EN, 'hello'),
    'Hello!': (EN, 'hello'),
    'hi': (EN, 'hello'),
    'Hi there': (EN, 'hello'),
    '你好': (ZH, 'hello'),
    '你好！': (ZH, 'hello'),
    '你好啊兄嘚': (ZH, 'bro'),
}


def conversations(rng: random.Random) -> list[dict]:
    if rng.random() < 0.10:
        question = rng.choice(list(COURSE))
        table, intent = COURSE[question]
        return turn(question, write(rng, table[intent]['answer']))
    table = EN if rng.random() < 0.5 else ZH
    opening = rng.choice(
        [name for name in table if name not in ('thanks', 'bye', 'night')] * 2 + ['thanks', 'bye', 'night']
    )
    talk = _exchange(rng, table, opening)
    if opening in ('bye', 'night'):
        return talk
    if opening in ('hello', 'bro', 'day', 'meet') and rng.random() < 0.25:
        talk += _exchange(rng, table, rng.choice(['how', 'there']))
    if rng.random() < 0.2:
        if rng.random() < 0.15:
            table = ZH if table is EN else EN
        talk += _exchange(rng, table, rng.choice(['thanks', 'bye', 'night']))
    return talk
