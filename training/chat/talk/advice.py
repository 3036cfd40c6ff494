"""A few numbered suggestions on everyday topics."""

import random
import re
from dataclasses import dataclass

from training.chat.words.read import read
from training.chat.words.write import turn, typed, write

WEIGHT = 1.5

WORDS = read('advice')
ASK, ASK_SOME, ASK_MORE, UNKNOWN, COURSE = (WORDS[key] for key in ('ask', 'ask_some', 'ask_more', 'unknown', 'course'))
VERBS_ZH = frozenset(WORDS['verbs'])
NUMBERS = {'en': ('-', 'one', 'two', 'three', 'four', 'five'), 'zh': '-一两三四五'}


@dataclass(frozen=True)
class Topic:
    """A topic of advice: its names and the tips, by language."""

    names: dict[str, tuple[str, ...]]
    tips: dict[str, tuple[str, ...]]


TOPICS = tuple(Topic(found['topic'], found['tips']) for found in WORDS['tips'].values())


def _numbered(tips: list[str], start: int = 1) -> str:
    return '\n'.join(f'{number}. {tip}' for number, tip in enumerate(tips, start))


def conversations(rng: random.Random) -> list[dict]:
    if rng.random() < 0.06:
        question = rng.choice(COURSE)
        return turn(question, _numbered(rng.sample(TOPICS[0].tips['zh' if question[0] >= '一' else 'en'], 3)))
    zh = rng.random() < 0.5
    language = 'zh' if zh else 'en'
    count = rng.choice([3, 3, 3, 3, 3, 2, 2, 1, 4, 5])
    number = NUMBERS[language][count] if rng.random() < 0.75 else str(count)
    plural = '' if count == 1 else 's'
    if rng.random() < 0.08:
        topic = rng.choice(UNKNOWN[language])
        question = write(rng, ASK[language], n=number, s=plural, topic=topic).replace(
            'pieces of advices', 'pieces of advice'
        )
        answer = write(rng, WORDS['unknown_answer'][language], t=topic)
        return turn(typed(rng, _mend(question)), answer)
    found = rng.choice(TOPICS if rng.random() < 0.9 else TOPICS[:1])
    topic = rng.choice(found.names[language])
    if rng.random() < 0.7:
        question = write(rng, ASK[language], n=number, s=plural, topic=topic)
    else:
        count = 3
        asks = ASK_SOME[language] if not zh or topic in VERBS_ZH else ASK_SOME['zh'][1:]
        question = write(rng, asks, topic=topic, some=rng.choice(['advice', 'tips', 'suggestions', 'ideas']))
        question = question.replace('a few advice', 'some advice')
    pool = list(found.tips[language])
    rng.shuffle(pool)
    chosen, rest = pool[:count], pool[count:]
    body = chosen[0] if count == 1 else _numbered(chosen)
    chance = rng.random()
    if count > 1 and chance < 0.5:
        number = NUMBERS[language][count]
        about = topic if zh else re.sub(r'\bmy\b', 'your', topic)
        before = write(rng, WORDS['before'][language], n=number, N=number.capitalize(), t=about)
        body = f'{before}\n{body}'
    talk = turn(typed(rng, _mend(question)), body)
    if rest and rng.random() < 0.15:
        talk += turn(typed(rng, _mend(write(rng, ASK_MORE[language]))), rest[0])
    elif rng.random() < 0.1:
        thanks = typed(rng, write(rng, WORDS['thanks'][language]))
        talk += turn(thanks, write(rng, WORDS['welcome'][language]))
    return talk


def _mend(question: str) -> str:
    """The small words that a template cannot know."""
    return question.replace('piece of advices', 'pieces of advice').replace('一?些?', '一些').replace('，?', '，')
