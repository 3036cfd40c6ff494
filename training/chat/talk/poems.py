"""Short poems of two couplets; each couplet has a few that can stand in its place."""

import random

from training.chat.words.read import read
from training.chat.words.write import capital, turn, typed, write

from . import stories
from .request import request

WEIGHT = 1.3

WORDS = read('poems')
# topic: poems; a poem is four lines; a line is its variants, and the variants of a couplet go together.
EN, FIVE_ZH, SEVEN_ZH, FREE_ZH = WORDS['english'], WORDS['five'], WORDS['seven'], WORDS['free']
COURSE, SAME, TOPICS = WORDS['course'], WORDS['same'], WORDS['topics']


def _couplets(rng: random.Random, poem: tuple) -> list[str]:
    """Four lines: the first two belong together, and the last two."""
    first, second = rng.randrange(len(poem[0])), rng.randrange(len(poem[2]))
    return [poem[0][first], poem[1][first], poem[2][second], poem[3][second]]


def _zh(rng: random.Random, topic: str, form: str = '') -> str:
    forms = [f for f, table in (('五', FIVE_ZH), ('七', SEVEN_ZH), ('自', FREE_ZH)) if topic in table]
    form = form or rng.choice(forms)
    if form == '自':
        slots = {key: rng.choice(values) for key, values in FREE_ZH[topic]['slots'].items()}
        return '\n'.join(FREE_ZH[topic]['lines']).format(**slots)
    poems = (FIVE_ZH if form == '五' else SEVEN_ZH)[topic]
    lines = _couplets(rng, rng.choice(poems))
    return f'{lines[0]}，\n{lines[1]}。\n{lines[2]}，\n{lines[3]}。'


def _en(rng: random.Random, topic: str) -> str:
    return '\n'.join(_couplets(rng, rng.choice(EN[topic])))


def _other(rng: random.Random, poem: str, make) -> str:
    while True:
        other = make()
        if other != poem:
            return other


def _titled(name: str, poem: str, zh: bool) -> str:
    """The poem under what was asked for: a title that is copied from the request."""
    return (f'《{name}》' if zh else capital(name)) + f'\n\n{poem}' if name else poem


def _any(rng: random.Random, zh: bool, topic: str) -> str:
    """A poem on a topic that none is written for: its couplets only name it."""
    return '\n'.join(_couplets(rng, WORDS['any']['zh' if zh else 'en'])).format(t=topic)


def _of_any(rng: random.Random, zh: bool) -> list[dict]:
    """A request for a poem on any topic, and the poem."""
    language = 'zh' if zh else 'en'
    if rng.random() < 0.5:
        topic, sort = rng.choice(TOPICS[language]), ''
        if topic in SAME[language]:
            same = SAME[language][topic]
            poem = _zh(rng, same) if zh else _en(rng, same)
            return turn(typed(rng, request(rng, zh, True, topic)), _titled(topic, poem, zh))
    else:
        found = rng.choice(stories.ALL_TOPICS)
        topic, sort = (found.zh if zh else found.en), found.sort
        if topic in ({*FIVE_ZH, *SEVEN_ZH, *FREE_ZH} if zh else EN):
            poem = _zh(rng, topic) if zh else _en(rng, topic)
            return turn(typed(rng, request(rng, zh, True, topic)), _titled(topic, poem, zh))
    if rng.random() < 0.75:
        question = request(rng, zh, True, topic, sort if sort != 'theme' else '')
    elif zh:
        question = write(rng, WORDS['ask']['zh'], form=f'关于{topic}的诗', topic=topic, plain='诗').replace('，?', '，')
    else:
        question = write(rng, WORDS['ask']['en'], topic=topic)
    return turn(typed(rng, question), _titled(topic, _any(rng, zh, topic), zh))


def conversations(rng: random.Random) -> list[dict]:
    if rng.random() < 0.06:
        question = rng.choice(COURSE)
        return turn(question, _zh(rng, '春天') if '春' in question else _en(rng, 'spring'))
    zh = rng.random() < 0.55
    roll = rng.random()
    name = ''
    if zh:
        topics = sorted({*FIVE_ZH, *SEVEN_ZH, *FREE_ZH})
        topic = rng.choice(topics + ['春天'] * 5 + ['夏天', '秋天', '冬天'] * 2)
        form = ''
        if roll < 0.14:
            question = request(rng, zh, poem=True) if rng.random() < 0.65 else write(rng, WORDS['ask_any']['zh'])
        elif roll < 0.42:
            return _of_any(rng, zh)
        else:
            names = [topic, topic] + [short for short, full in SAME['zh'].items() if full == topic]
            name = rng.choice(names)
            plain = rng.choice(['诗', '诗', '小诗', '短诗'])
            if roll < 0.57 and (topic in FIVE_ZH or topic in SEVEN_ZH):
                form = rng.choice([f for f, table in (('五', FIVE_ZH), ('七', SEVEN_ZH)) if topic in table])
                plain = {'五': ['五言诗', '五言绝句', '五字诗', '五言小诗'], '七': ['七言诗', '七言绝句', '七字诗']}[
                    form
                ][rng.randrange(3)]
            question = write(
                rng,
                WORDS['ask']['zh'],
                form=rng.choice(
                    [f'{name}的{plain}', f'关于{name}的{plain}', f'描写{name}的{plain}', f'{name}的{plain}']
                ),
                topic=name,
                plain=plain,
            ).replace('，?', '，')
            if not form and rng.random() < 0.6:
                question = request(rng, zh, True, name)

        def make() -> str:
            return _titled(name, _zh(rng, topic, form), zh)
    else:
        topic = rng.choice(sorted(EN) + ['spring'] * 3)
        if roll < 0.15:
            question = request(rng, zh, poem=True) if rng.random() < 0.65 else write(rng, WORDS['ask_any']['en'])
        elif roll < 0.42:
            return _of_any(rng, zh)
        else:
            names = [topic, topic] + [alias for alias, full in SAME['en'].items() if full == topic]
            name = rng.choice(names)
            question = (
                request(rng, zh, True, name) if rng.random() < 0.7 else write(rng, WORDS['ask']['en'], topic=name)
            )

        def make() -> str:
            return _titled(name, _en(rng, topic), zh)

    poem = make()
    talk = turn(typed(rng, question), poem)
    if rng.random() < 0.25:
        talk += turn(typed(rng, write(rng, WORDS['again']['zh' if zh else 'en'])), _other(rng, poem, make))
    elif rng.random() < 0.1:
        thanks = typed(rng, write(rng, WORDS['thanks']['zh' if zh else 'en']))
        talk += turn(thanks, write(rng, WORDS['welcome']['zh' if zh else 'en']))
    return talk
