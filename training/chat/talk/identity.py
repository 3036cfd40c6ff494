"""Who tiny-chat is, what it can do, and what it cannot."""

import random

from training.chat.words.read import read
from training.chat.words.write import ask, dressed, turn, typed, write

WEIGHT = 1.4

# intent: (questions, answers).  Every answer keeps the words that an answer key would look for.
WORDS = read('identity')
EN, ZH = WORDS['en'], WORDS['zh']
MODELS = WORDS['models']
MODELS_ZH = MODELS + WORDS['models_zh']


def _exchange(rng: random.Random, table: dict, intent: str) -> list[dict]:
    words = table[intent]
    model = rng.choice(MODELS if table is EN else MODELS_ZH)
    spaced = f' {model} ' if table is ZH and model.isascii() and rng.random() < 0.5 else model
    zh = table is ZH
    if rng.random() < 0.3:
        question = write(rng, words['ask'], model=spaced).strip()
    else:
        question = ask(rng, words['phrasings'], zh, model=spaced).strip()
    question = dressed(rng, question, zh)
    if intent == 'other' and rng.random() < 0.2:
        question = question.lower()
    shown = f' {model} ' if table is ZH and model.isascii() else model
    answer = (
        write(rng, words['answer'], model=shown).replace(' 。', '。').replace(' ，', '，').replace('。 ', '。').strip()
    )
    return turn(typed(rng, question), answer)


def conversations(rng: random.Random) -> list[dict]:
    table = EN if rng.random() < 0.5 else ZH
    count = rng.choice([1, 1, 1, 2, 2, 3])
    intents = rng.sample(list(table), count)
    if rng.random() < 0.3:
        intents[0] = 'who'
        intents = list(dict.fromkeys(intents))
    talk = []
    for intent in intents:
        if talk and rng.random() < 0.05:
            table = ZH if table is EN else EN
        talk += _exchange(rng, table, intent)
    return talk
