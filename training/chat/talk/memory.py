"""Multi-turn memory: the user tells a name, a number, a colour, a city, an animal … and asks for it some turns later.

Most names, cities and words are made up, so that the model learns to copy what it reads, not to choose what it knows.
A message lists such words under 'copied'; the corpus cuts them into the same tokens wherever they stand.
"""

import random
import string
from collections.abc import Callable

from training.chat.words.read import read

TABLE = read('memory')
_EN, _ZH = TABLE['names']['en'], TABLE['names']['zh']
ZH_SURNAMES, ZH_GIVEN, ZH_FOREIGN = _ZH['surnames'], _ZH['given'], _ZH['foreign']
HELD_OUT = TABLE['held_out']
STARTS, ENDS = (*TABLE['starts'], *[''] * 6), (*TABLE['ends'], *[''] * 30)
COLOURS, ANIMALS, FOODS = TABLE['colours'], TABLE['animals'], TABLE['foods']
FACTS = TABLE['facts']
WEIGHTS = {'name': 5, 'number': 4, 'colour': 2, 'city': 2, 'animal': 1, 'food': 1}
MORE_WEIGHTS = {'pet': 2, 'friend': 2, 'word': 2}
CLOSED = ('colour', 'animal', 'food', 'number')  # values of a list, or digits, which are tokens of their own
NOT_TOLD = TABLE['not_told']


def syllables(rng: random.Random, number: int) -> str:
    return ''.join(rng.choice(STARTS).lower() + rng.choice(TABLE['vowels']) + rng.choice(ENDS) for _ in range(number))


def cased(rng: random.Random, word: str) -> str:
    """Mostly with a capital, else as a hurried user types: the answer keeps the user's letters."""
    kind = rng.random()
    if kind < 0.82:
        return word
    if kind < 0.94:
        return word.lower()
    return word.upper() if kind < 0.98 else ''.join(rng.choice((c.lower(), c.upper())) for c in word)


def _english_name(rng: random.Random) -> str:
    kind = rng.random()
    known = rng.choice(_EN['first'] if rng.random() < 0.3 else _EN['more'])
    if kind < 0.35:
        name = known
    elif kind < 0.62:  # begins as a known one and goes on otherwise
        name = known[: rng.randint(1, 4)] + syllables(rng, rng.choice((1, 1, 2)))
    elif kind < 0.92:
        name = syllables(rng, rng.choice((1, 2, 2, 2, 3))).capitalize()
    else:
        name = ''.join(rng.choices(string.ascii_lowercase, k=rng.randint(3, 8))).capitalize()
    name = cased(rng, name)
    return name + ' ' + rng.choice(_EN['last']) if rng.random() < 0.06 else name


def _chinese_name(rng: random.Random) -> str:
    kind = rng.random()
    given = ''.join(rng.choices(ZH_GIVEN, k=rng.choice((1, 2, 2))))
    if rng.random() < 0.08:  # rare characters, read byte by byte
        given = ''.join(chr(rng.randint(0x4E00, 0x9FA5)) for _ in given)
    if kind < 0.55:
        return (rng.choice(_ZH['double']) if rng.random() < 0.05 else rng.choice(ZH_SURNAMES)) + given
    if kind < 0.80:
        return rng.choice('小小小小阿老大') + given[0]
    if kind < 0.90:
        return (given * 2)[:2]
    return ''.join(rng.choices(ZH_FOREIGN, k=rng.choice((2, 3, 4))))


def is_held_out(text: str) -> bool:
    """Whether a name kept for the evaluation is in `text`."""
    folded = text.casefold()
    return any(name.casefold() in folded for names in HELD_OUT.values() for name in names)


def draw_name(rng: random.Random, language: str) -> str:
    """A name, now and then of the other language; never one of HELD_OUT."""
    if rng.random() < (0.15 if language == 'zh' else 0.05):
        language = 'zh' if language == 'en' else 'en'
    while True:
        name = _english_name(rng) if language == 'en' else _chinese_name(rng)
        if not is_held_out(name):
            return name


def draw_place(rng: random.Random, language: str) -> str:
    """A city, known or made up."""
    while True:
        if rng.random() < 0.4:
            place = rng.choice(TABLE['cities'][language])
        elif language == 'en':
            place = cased(
                rng,
                (
                    syllables(rng, rng.choice((1, 2, 2)))
                    + rng.choice(('', '', 'ville', 'ton', 'burg', 'stad', ' City'))
                ).capitalize(),
            )
        else:
            place = ''.join(rng.choices(ZH_GIVEN + ZH_FOREIGN, k=2)) + rng.choice(('', '', '市', '镇', '县', '村'))
        if not is_held_out(place):
            return place


def draw_word(rng: random.Random, language: str) -> str:
    """A word, a made-up word, a code."""
    while True:
        kind = rng.random()
        if kind < 0.25:
            word = (
                ''.join(rng.choices(ZH_GIVEN, k=rng.randint(2, 4))) if language == 'zh' else rng.choice(TABLE['words'])
            )
        elif kind < 0.6:
            word = cased(rng, syllables(rng, rng.choice((1, 2, 2, 3))))
        elif kind < 0.8:
            word = ''.join(rng.choices(string.ascii_letters + string.digits, k=rng.randint(3, 7)))
        else:
            word = f'{syllables(rng, 1)}{rng.choice("-_")}{rng.randint(1, 999)}'
        if not is_held_out(word):
            return word


def draw_number(rng: random.Random) -> str:
    return str(rng.choice((rng.randint(1, 99), rng.randint(1, 99), rng.randint(100, 9999))))


def draw_value(rng: random.Random, fact: str, language: str) -> str:
    if fact in ('name', 'pet', 'friend'):
        return draw_name(rng, language)
    if fact == 'number':
        return draw_number(rng)
    if fact == 'city':
        return draw_place(rng, language)
    if fact == 'word':
        return draw_word(rng, language)
    return rng.choice({'colour': COLOURS, 'animal': ANIMALS, 'food': FOODS}[fact][language])


def fill(text: str, value: str, other: str = '') -> str:
    return text.replace('{y}', other).replace('{x}', value).replace('{X}', value[:1].upper() + value[1:])


def turn(user: str, assistant: str, copied: tuple[str, ...] = ()) -> list[dict]:
    found = [{'role': 'user', 'content': user}, {'role': 'assistant', 'content': assistant}]
    return [{**message, 'copied': copied} for message in found] if copied else found


def _loose(rng: random.Random, template: str) -> str:
    """The template as a hurried user writes it, now and then."""
    if '{X}' not in template and rng.random() < 0.15:
        template = template.lower()
    return template.rstrip('.。') if rng.random() < 0.2 else template


def repeat(rng: random.Random, language: str) -> list[dict]:
    """Any words to say again, exactly."""
    messages = []
    for _ in range(rng.choice((1, 1, 2, 3))):
        words = [
            rng.choice((draw_name, draw_place, draw_word, draw_word, lambda rng, _: draw_number(rng)))(rng, language)
            for _ in range(rng.choice((1, 1, 1, 2, 3, 4)))
        ]
        text = rng.choice((' ', ' ', ', ')).join(words)
        if not is_held_out(text):
            messages += turn(fill(_loose(rng, rng.choice(TABLE['repeat'][language])), text), text, tuple(words))
    return messages or turn(fill(TABLE['repeat'][language][0], 'abc'), 'abc')


def others(rng: random.Random, language: str, filler: Callable[[], list[dict]]) -> list[dict]:
    """Where one to three other people live; one or two of them asked for."""
    words = TABLE['others'][language]
    people = {}
    for _ in range(rng.choice((1, 2, 2, 3))):
        people[draw_name(rng, language)] = draw_place(rng, language)
    people = {name: place for place, name in {place: name for name, place in people.items()}.items()}
    copied, told, messages = (*people, *people.values()), [], []
    for name, place in people.items():
        told.append(fill(rng.choice(words['tell']), name, place))
    if rng.random() < 0.5:
        joint = ' ' if language == 'en' else ''
        end = '.' if language == 'en' else '。'
        messages += turn(joint.join(text.rstrip('.。') + end for text in told), rng.choice(words['reply']), copied)
    else:
        for text in told:
            messages += turn(text, rng.choice(words['reply']), copied)
    for _ in range(rng.choice((0, 0, 1, 1, 2))):
        messages += filler()
    for name, place in rng.sample(list(people.items()), rng.randint(1, len(people))):
        messages += turn(fill(rng.choice(words['ask']), name, place), fill(words['answer'], name, place), copied)
    return messages


def conversation(
    rng: random.Random,
    language: str,
    filler: Callable[[], list[dict]],
    vary: Callable[[random.Random, str], str] = lambda _, text: text,
) -> list[dict]:
    """One to three facts told, up to three other turns (`filler()`), the facts asked for; `vary` changes questions."""
    kind = rng.random()
    if kind < 0.16:
        return repeat(rng, language)
    if kind < 0.25:
        return others(rng, language, filler)
    words = {fact: found[language] for fact, found in (FACTS | TABLE['more_facts']).items()}
    weights = WEIGHTS | MORE_WEIGHTS
    facts = list(
        dict.fromkeys(rng.sample(list(weights), counts=list(weights.values()), k=rng.choice((1, 1, 1, 2, 2, 3))))
    )
    known, messages = {}, []

    def asked(fact: str) -> str:
        more = TABLE['more_asks'][language]
        ask = rng.choice(more[fact] if rng.random() < 0.25 and fact in more else words[fact]['ask'])
        if rng.random() < 0.2:
            lead = rng.choice(TABLE['leads'][language])
            ask = lead + (ask if ask.startswith('I ') else ask[:1].lower() + ask[1:])
        return vary(rng, ask)

    def told(fact: str, before: str = '') -> list[dict]:
        value = draw_value(rng, fact, language)
        while value == known.get(fact):
            value = draw_value(rng, fact, language)
        known[fact] = value
        copied = () if fact in CLOSED else (value,)
        template = rng.choice(words[fact]['tell'])
        if template.lower().startswith(('hi', 'hello', 'hey', '你好', '嗨')):
            before = ''
        return turn(before + fill(_loose(rng, template), value), fill(rng.choice(words[fact]['reply']), value), copied)

    if rng.random() < 0.15:
        messages += filler()
    if rng.random() < 0.08 and facts[0] in NOT_TOLD[language]:  # nothing told: say so
        return messages + turn(asked(facts[0]), NOT_TOLD[language][facts[0]])
    if rng.random() < 0.12:  # name and city at once
        facts = [fact for fact in facts if fact not in ('name', 'city')][:1]
        known['name'], known['city'] = draw_name(rng, language), draw_place(rng, language)
        pair = known['name'], known['city']
        both = TABLE['both'][language]
        messages += turn(
            fill(_loose(rng, rng.choice(both['tell'])), *pair), fill(rng.choice(both['reply']), *pair), pair
        )
    for fact in facts:
        messages += told(fact)
        if rng.random() < 0.12:  # a change of mind: the last word counts
            if rng.random() < 0.3:
                messages += turn(
                    asked(fact), fill(words[fact]['answer'], known[fact]), tuple(messages[-1].get('copied', ()))
                )
            messages += told(fact, rng.choice(TABLE['corrections'][language]))
    for _ in range(rng.choice((0, 1, 1, 2, 2, 3))):
        messages += filler()
    for fact in rng.sample(list(known), len(known)):
        copied = () if fact in CLOSED else (known[fact],)
        messages += turn(asked(fact), fill(words[fact]['answer'], known[fact]), copied)
        if rng.random() < 0.1:
            messages += filler()
    if rng.random() < 0.06:  # something else was told, not this
        untold = [fact for fact in NOT_TOLD[language] if fact not in known]
        fact = rng.choice(untold)
        messages += turn(asked(fact), NOT_TOLD[language][fact])
    return messages
