"""The written texts: questions with answers (faq/), talk generators (talk/), frozen paraphrases (heldout/).

Needs neither torch nor a tokenizer: the writers of texts can check theirs alone, `python -m training.chat.texts`.
"""

import functools
import hashlib
import pathlib
import random
import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import yaml

from training.chat.talk import MODULES
from training.chat.words import read

HERE = pathlib.Path(__file__).parent
LANGUAGES = ('en', 'zh')
# The folder of each frozen set.  The second was written from the topics alone, before the texts of December 2026.
HELD_OUT = {'first': 'heldout', 'second': 'heldout/second'}


@dataclass(frozen=True)
class Entry:
    """One question of the FAQ in one language: its phrasings, the one answer, and the answer key."""

    id: str
    language: str
    asks: tuple[str, ...]
    answer: str
    key: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class HeldOut:
    """One frozen paraphrase, never trained on, and the key its answer is graded by."""

    id: str
    category: str
    language: str
    question: str
    key: tuple[tuple[str, ...], ...]
    set: str = 'first'  # of HELD_OUT


@dataclass(frozen=True)
class Talk:
    """A generator of conversations and its share among the generators."""

    name: str
    conversation: Callable[[random.Random], list[dict]]
    weight: float


def normalise(text: str) -> str:
    """Letters and digits of `text` alone, in lower case: two questions that differ in less are the same question."""
    return re.sub(r'[\W_]+', '', unicodedata.normalize('NFKC', text).lower())


def plain(text: str) -> str:
    """For grading: one width, lower case, one kind of quotes, spaces collapsed, none beside Han or before a unit."""
    text = unicodedata.normalize('NFKC', text).lower().replace('’', "'").replace('“', '"').replace('”', '"')
    text = re.sub(r'(?<=\d) (?=[a-z%])', '', re.sub(r'\s+', ' ', text))
    return re.sub(r'(?<=[\u4e00-\u9fff]) | (?=[\u4e00-\u9fff])', '', text)


def is_right(answer: str, key: tuple[tuple[str, ...], ...]) -> bool:
    """Whether every group of `key` has one alternative in `answer`."""
    text = plain(answer)
    return all(any(plain(alternative) in text for alternative in group) for group in key)


def language_of(text: str) -> str:
    """'zh' if a Han character is in `text`, else 'en'."""
    return 'zh' if re.search(r'[\u4e00-\u9fff]', text) else 'en'


def _key(raw, where: str) -> tuple[tuple[str, ...], ...]:
    if not isinstance(raw, list) or not raw or not all(isinstance(group, (list, str)) for group in raw):
        raise ValueError(f'{where}: key must be a list of groups of alternatives, not {raw!r}')
    return tuple(tuple(str(a) for a in ([group] if isinstance(group, str) else group)) for group in raw)


def _read(path: pathlib.Path) -> list:
    # the loader in C where there is one: every process of the corpus reads the texts
    return yaml.load(path.read_text('utf-8'), Loader=getattr(yaml, 'CSafeLoader', yaml.SafeLoader)) or []


def _yaml_files(folder: str) -> list[pathlib.Path]:
    return sorted((HERE / folder).glob('*.yaml'))


def _new_asks(phrasings: list, asked: set[str]) -> tuple[str, ...]:
    """The phrasings that no earlier entry has; their normalised forms are put into `asked`."""
    # one that stands under two entries belongs to the first: the model could only guess
    asks = tuple(ask for ask in (str(phrasing).strip() for phrasing in phrasings) if normalise(ask) not in asked)
    asked.update(map(normalise, asks))
    return asks


@functools.cache
def faq() -> tuple[Entry, ...]:
    """All entries of faq/*.yaml; raises ValueError on a double id or an answer that fails its own key."""
    entries, seen, asked = [], set(), {language: set() for language in LANGUAGES}
    for path in _yaml_files('faq'):
        for item in _read(path):
            where = f'{path.name}: {item.get("id")}'
            if item['id'] in seen:
                raise ValueError(f'{where}: this id is used twice')
            seen.add(item['id'])
            for language in LANGUAGES:
                text = item[language]
                asks = _new_asks(text['ask'], asked[language])
                if not asks:
                    raise ValueError(f'{where}.{language}: every phrasing stands under another entry already')
                answer = str(text['answer']).strip()
                entry = Entry(str(item['id']), language, asks, answer, _key(text['key'], f'{where}.{language}'))
                if not is_right(entry.answer, entry.key):
                    raise ValueError(f'{where}.{language}: the answer fails its own key {entry.key}: {entry.answer}')
                entries.append(entry)
    return tuple(entries)


@functools.cache
def heldout(which: str) -> tuple[HeldOut, ...]:
    """The frozen paraphrases of one set (`HELD_OUT`); an item's key is its own, or that of the FAQ entry of its id."""
    keys = {(entry.id, entry.language): entry.key for entry in faq()}
    items = []
    for path in _yaml_files(HELD_OUT[which]):
        for item in _read(path):
            for language in LANGUAGES:
                own = item.get('key')
                own = own.get(language) if isinstance(own, dict) else own
                for question in item.get(language) or []:
                    where = f'{path.name}: {item["id"]}.{language}'
                    key = keys.get((item['id'], language))
                    category = 'faq' if key else str(item.get('category', str(item['id']).split('-')[0].split('_')[0]))
                    if own:
                        key = _key(own, where)
                    if not key:
                        raise ValueError(f'{where}: no FAQ entry has this id, and it has no key of its own')
                    items.append(HeldOut(str(item['id']), category, language, str(question).strip(), key, which))
    return tuple(items)


@functools.cache
def prompts() -> tuple[dict, ...]:
    """prompts.yaml: the prompts of the source documents, each with category, question (one turn or several), key."""
    return tuple(_read(HERE / 'prompts.yaml'))


@functools.cache
def talks() -> tuple[Talk, ...]:
    """The generators of talk/, by name."""
    named = sorted((module.__name__.rpartition('.')[2], module) for module in MODULES)
    return tuple(Talk(name, module.conversations, module.WEIGHT) for name, module in named)


def frozen_hashes() -> dict[str, str]:
    """SHA-256 of each frozen file, and of the prompts."""
    files = [*(path for folder in HELD_OUT.values() for path in _yaml_files(folder)), HERE / 'prompts.yaml']
    return {str(path.relative_to(HERE)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def digest() -> str:
    """SHA-256 of every word of the tables and of the FAQ."""
    tables = {path.stem: read.read(path.stem) for path in sorted(read.HERE.glob('*.yaml'))}
    return hashlib.sha256(repr((tables, faq())).encode()).hexdigest()


@functools.cache
def forbidden() -> frozenset[str]:
    """The held-out questions of all sets, normalised: no user turn of the corpus may be one of them."""
    return frozenset(normalise(item.question) for which in HELD_OUT for item in heldout(which))


def leaks(samples: int = 2000, seed: int = 0) -> Iterator[str]:
    """Held-out questions that the training texts contain: in the FAQ, or in `samples` talks of each generator."""
    for entry in faq():
        for ask in entry.asks:
            if normalise(ask) in forbidden():
                yield f'{entry.id}.{entry.language}: {ask}'
    rng = random.Random(seed)
    for talk in talks():
        texts = {m['content'] for _ in range(samples) for m in talk.conversation(rng) if m['role'] == 'user'}
        yield from (f'talk/{talk.name}: {text}' for text in sorted(texts) if normalise(text) in forbidden())


if __name__ == '__main__':
    for language in LANGUAGES:
        entries = [entry for entry in faq() if entry.language == language]
        asks = sum(len(entry.asks) for entry in entries)
        frozen = [sum(item.language == language for item in heldout(which)) for which in HELD_OUT]
        held_out = ' and '.join(map(str, frozen))
        print(f'{language}: {len(entries)} FAQ entries, {asks} phrasings, {held_out} held-out questions')
    print('talks:', ', '.join(f'{talk.name} ({talk.weight:g})' for talk in talks()))
    found = list(leaks())
    print('\n'.join(['held-out questions found in the training texts:', *found]) if found else 'no leak')
    raise SystemExit(bool(found))
