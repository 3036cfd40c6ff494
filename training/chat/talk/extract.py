"""Small facts out of a sentence, as JSON: `Extract name and age as JSON: Mei is 23.` → `{"name": "Mei", "age": 23}`.

Values are copied from the sentence: names and places mostly made up, numbers random.  The keys come in the order in
which they are asked for, or that of the sentence where they are not named.
"""

import json
import random
from dataclasses import dataclass

from training.chat.words.read import read
from training.chat.words.write import write

from . import memory

TABLE = read('extract')
KEYS, CLAUSES = TABLE['keys'], TABLE['clauses']


@dataclass(frozen=True)
class Fact:
    """A sentence with its fields in order, and the values in it."""

    sentence: str
    values: dict[str, str | int]

    @property
    def copied(self) -> tuple[str, ...]:
        return tuple(value for value in self.values.values() if isinstance(value, str))


def value(rng: random.Random, field: str, language: str, name: str | None = None) -> str | int:
    """A random value of a field; `name`: that of the person instead of a drawn one."""
    if field == 'name':
        return name or memory.draw_name(rng, language)
    if field == 'city':
        return memory.draw_place(rng, language)
    if field == 'age':
        return rng.randint(1, 99)
    if field in ('quantity', 'price', 'room'):
        return rng.choice((rng.randint(1, 9), rng.randint(10, 99), rng.randint(100, 999), rng.randint(1000, 9999)))
    if field == 'time':
        return f'{rng.randint(7, 22)}:{rng.choice(("00", "15", "30", "45", "10"))}'
    words = {'job': TABLE['jobs'], 'food': memory.FOODS, 'colour': memory.COLOURS, 'pet': memory.ANIMALS}
    words |= {'product': TABLE['products'], 'event': TABLE['events'], 'day': TABLE['days']}
    return rng.choice(words[field][language])


def person(rng: random.Random, language: str, name: str | None = None) -> Fact:
    """A sentence on a person: the name and one to three fields more."""
    fields = list(CLAUSES[language])
    chosen = ['age', 'city'] if rng.random() < 0.35 else rng.sample(fields, rng.choice((1, 2, 2, 3)))
    if rng.random() < 0.3:
        rng.shuffle(chosen)
    values = {'name': value(rng, 'name', language, name)} | {field: value(rng, field, language) for field in chosen}
    clauses = [rng.choice(CLAUSES[language][field]).format(v=values[field]) for field in chosen]
    if language == 'zh':
        comma = '，' if rng.random() < 0.5 else ''
        return Fact(f'{values["name"]}{comma}{"，".join(clauses)}。', values)
    joined = ' and '.join([', '.join(clauses[:-1]), clauses[-1]] if len(clauses) > 1 else clauses)
    return Fact(f'{values["name"]} {joined}.', values)


def fact(rng: random.Random, language: str, name: str | None = None) -> Fact:
    """A sentence on a person, an order, a date."""
    kind = rng.random()
    if kind < 0.66:
        return person(rng, language, name)
    fields = ('name', 'quantity', 'product', 'price') if kind < 0.84 else ('event', 'day', 'time', 'room')
    values = {field: value(rng, field, language, name) for field in fields}
    frame = write(
        rng, TABLE['orders' if kind < 0.84 else 'dates'][language], **{field: f'{{{field}}}' for field in fields}
    )
    order = sorted(fields, key=lambda field: frame.index(f'{{{field}}}'))
    sentence = frame.format(**values).replace('  ', ' ') + ('。' if language == 'zh' else '.')
    return Fact(sentence, {field: values[field] for field in order})


def joined(rng: random.Random, keys: list[str], language: str) -> str:
    """The keys as one names them: with commas, `and`, quotes."""
    if rng.random() < 0.12:
        keys = [f'"{key}"' for key in keys]
    way = rng.random()
    if language == 'zh':
        last = '和' if way < 0.5 else '、'
        return '、'.join(keys[:-1]) + (last if len(keys) > 1 else '') + keys[-1]
    if way < 0.6 and len(keys) > 1:
        return ', '.join(keys[:-1]) + ' and ' + keys[-1]
    return ', '.join(keys)


def item(rng: random.Random, language: str, name: str | None = None) -> tuple[str, dict, tuple[str, ...]]:
    """A question, the object that answers it, and the words copied from one to the other."""
    found = fact(rng, language, name)
    fields = list(found.values)
    unnamed = rng.random() < 0.15
    chinese = language == 'zh' and not unnamed and rng.random() < 0.4
    keys = {field: rng.choice(KEYS[field][1:]) if chinese else KEYS[field][0] for field in fields}
    if unnamed:
        question = write(rng, TABLE['unnamed'][language], text='{text}').format(text=found.sentence)
    else:
        if rng.random() < 0.25 and len(fields) > 1:
            fields = rng.sample(fields, rng.randint(1, len(fields)))
        names = joined(rng, [keys[field] for field in fields], language)
        question = write(rng, TABLE['asks'][language], text='{text}', keys=names).format(text=found.sentence)
    return question, {keys[field]: found.values[field] for field in fields}, found.copied


def conversation(rng: random.Random, language: str) -> list[dict]:
    """One to three sentences."""
    messages = []
    for _ in range(rng.choice((1, 1, 2, 3))):
        question, wanted, copied = item(rng, language)
        messages += memory.turn(question, json.dumps(wanted, ensure_ascii=False), copied)
    return messages
