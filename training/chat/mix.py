"""Conversations of the corpus: one source alone, or several in a row, with a system prompt or without."""

import functools
import random
from dataclasses import dataclass

from training.chat.talk import arithmetic, extract, memory, tools
from training.chat.words.read import read

from . import texts, thinking
from .augment import augment, recombine, surface

# Share of conversations whose first part is of this kind.
SHARES = {
    'faq': 0.38,
    'talk': 0.235,
    'memory': 0.14,
    'arithmetic': 0.045,
    'synonyms': 0.05,
    'tools': 0.1,
    'extraction': 0.05,
    'thinking': 0.06,
}
CHAIN_SHARE = 0.5
SYSTEM_SHARE = 0.3
RECOMBINED_SHARE = 0.12  # of the questions of the FAQ
MAX_CHARACTERS = 1800  # of a chain; what is longer in tokens than the context is left out later

SYSTEM_PROMPTS = read('system')['fixed']


@dataclass(frozen=True)
class Turn:
    """A message; `maskable`: its words may be hidden in training (a question that stays clear without one of them);
    `copied`: words that the conversation repeats, in the same tokens everywhere; `special`: its `<|…|>` are tokens."""

    role: str
    content: str
    maskable: bool = False
    copied: tuple[str, ...] = ()
    special: bool = False


@functools.cache
def entries(language: str) -> tuple[texts.Entry, ...]:
    return tuple(entry for entry in texts.faq() if entry.language == language)


@functools.cache
def _talk_choice() -> tuple[tuple, tuple]:
    return texts.talks(), tuple(talk.weight for talk in texts.talks())


def clean(conversation: list[dict]) -> list[Turn]:
    """Turns of a talk's messages; ends stripped, so that the tokenizer sees each alone as it does in the template."""
    return [
        Turn(
            message['role'],
            message['content'].strip(),
            copied=message.get('copied', ()),
            special=message.get('special', False),
        )
        for message in conversation
    ]


def _ask(rng: random.Random, entry: texts.Entry) -> str:
    if rng.random() < RECOMBINED_SHARE:
        return augment(rng, recombine(rng, entry.asks, entry.answer))
    return augment(rng, rng.choice(entry.asks))


def faq_turns(rng: random.Random, language: str) -> list[Turn]:
    """One question of the FAQ, varied, with its answer."""
    found = entries(language)
    if not found:
        return memory_turns(rng, language)
    entry = rng.choice(found)
    return [Turn('user', _ask(rng, entry), maskable=True), Turn('assistant', entry.answer)]


def talk_turns(rng: random.Random) -> list[Turn]:
    """One conversation of a talk generator; the surface of its first question is varied now and then."""
    found, weights = _talk_choice()
    if not found:
        return memory_turns(rng, rng.choice(texts.LANGUAGES))
    turns = clean(rng.choices(found, weights)[0].conversation(rng))
    if rng.random() < 0.35:
        turns = [Turn(turn.role, surface(rng, turn.content)) if turn.role == 'user' else turn for turn in turns]
    return turns


def filler(rng: random.Random, language: str) -> list[dict]:
    """Other talk between telling a fact and asking for it."""
    kind = rng.random()
    if kind < 0.55 and entries(language):
        turns = faq_turns(rng, language)
    elif kind < 0.9 and texts.talks():
        turns = talk_turns(rng)
        if turns[0].role == 'system' or texts.language_of(turns[0].content) != language or len(turns) > 4:
            turns = clean(arithmetic.conversation(rng, language)[:2])
        # a short answer most of the time: long stories crowd out the fact
        if sum(len(turn.content) for turn in turns) > 900:
            turns = clean(arithmetic.conversation(rng, language)[:2])
    else:
        turns = clean(arithmetic.conversation(rng, language)[:2])
    return [{'role': turn.role, 'content': turn.content} for turn in turns]


def memory_turns(rng: random.Random, language: str) -> list[Turn]:
    return clean(memory.conversation(rng, language, lambda: filler(rng, language), surface))


def synonyms(rng: random.Random) -> list[Turn]:
    """Phrasings of one question and its answer in any order, a text without roles: which words go with which."""
    language = rng.choice(texts.LANGUAGES)
    entry = rng.choice(entries(language))
    lines = rng.sample(entry.asks, min(len(entry.asks), rng.randint(2, 6)))
    if rng.random() < 0.4:
        other = other_language(entry)
        lines += rng.sample(other.asks, min(len(other.asks), rng.randint(1, 2)))
        if rng.random() < 0.5:
            lines.append(other.answer)
    lines.append(entry.answer)
    if rng.random() < 0.6:
        rng.shuffle(lines)
    return [Turn('text', '\n'.join(lines))]


@functools.cache
def _by_id() -> dict[tuple[str, str], texts.Entry]:
    return {(entry.id, entry.language): entry for entry in texts.faq()}


def other_language(entry: texts.Entry) -> texts.Entry:
    return _by_id()[entry.id, 'zh' if entry.language == 'en' else 'en']


def part(rng: random.Random, kind: str, language: str) -> list[Turn]:
    """The turns of one kind of source."""
    if kind == 'faq':
        return faq_turns(rng, language)
    if kind == 'memory':
        return memory_turns(rng, language)
    if kind == 'arithmetic':
        return clean(arithmetic.conversation(rng, language))
    if kind == 'tools':
        return clean(tools.conversation(rng, language, lambda: filler(rng, language)))
    if kind == 'extraction':
        return clean(extract.conversation(rng, language))
    if kind == 'thinking':
        return clean(thinking.conversation(rng, language, lambda: filler(rng, language)))
    return talk_turns(rng)


def _draw(rng: random.Random) -> list[Turn]:
    kinds, shares = list(SHARES), list(SHARES.values())
    kind = rng.choices(kinds, shares)[0]
    if kind == 'synonyms':
        if texts.faq():
            return synonyms(rng)
        kind = 'memory'
    language = rng.choice(texts.LANGUAGES)
    turns = part(rng, kind, language)
    # a sum behind a list of tools would want one; behind a thought nothing follows: it stands in the last answer alone
    if kind not in ('tools', 'thinking') and rng.random() < CHAIN_SHARE:
        for _ in range(rng.choice((1, 1, 2, 2, 3))):
            # memory stays alone after its start: another told name would be a second truth
            more = part(
                rng,
                rng.choices(('faq', 'talk', 'arithmetic'), (0.66, 0.27, 0.07))[0],
                language if rng.random() < 0.8 else rng.choice(texts.LANGUAGES),
            )
            if sum(len(turn.content) for turn in (*turns, *more)) <= MAX_CHARACTERS:
                turns = turns + [turn for turn in more if turn.role != 'system']
    if turns[0].role != 'system' and rng.random() < SYSTEM_SHARE:
        turns = [Turn('system', rng.choice(SYSTEM_PROMPTS)), *turns]
    return turns


def draw(rng: random.Random) -> list[Turn]:
    """One conversation of the corpus; no user turn of it is a held-out question."""
    while True:
        turns = _draw(rng)
        if not any(texts.normalise(turn.content) in texts.forbidden() for turn in turns if turn.role == 'user'):
            return turns
