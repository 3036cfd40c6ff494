"""The written texts: questions with answers (faq/), talk generators (talk/), frozen paraphrases (heldout/).

Imports nothing of this project, so that the writers of texts can check theirs alone: `python -m training.texts`.
"""

import functools
import hashlib
import importlib
import pathlib
import pkgutil
import random
import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import yaml

HERE = pathlib.Path(__file__).parent
LANGUAGES = ('en', 'zh')


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
def heldout() -> tuple[HeldOut, ...]:
    """The frozen paraphrases; an item's key is its own, or that of the FAQ entry of its id."""
    keys = {(entry.id, entry.language): entry.key for entry in faq()}
    items = []
    for path in _yaml_files('heldout'):
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
                    items.append(HeldOut(str(item['id']), category, language, str(question).strip(), key))
    return tuple(items)


@functools.cache
def prompts() -> tuple[dict, ...]:
    """prompts.yaml: the prompts of the source documents, each with category, question (one turn or several), key."""
    return tuple(_read(HERE / 'prompts.yaml'))


@functools.cache
def talks() -> tuple[Talk, ...]:
    """The generators of talk/*.py, each with `conversations(rng)` and `WEIGHT`."""
    found = []
    for module in sorted(pkgutil.iter_modules([str(HERE / 'talk')]), key=lambda module: module.name):
        if module.name.startswith('_'):
            continue
        loaded = importlib.import_module(f'training.talk.{module.name}')
        if hasattr(loaded, 'conversations'):
            found.append(Talk(module.name, loaded.conversations, float(getattr(loaded, 'WEIGHT', 1.0))))
    return tuple(found)


def frozen_hashes() -> dict[str, str]:
    """SHA-256 of each frozen file, and of the prompts."""
    files = [*_yaml_files('heldout'), HERE / 'prompts.yaml']
    return {str(path.relative_to(HERE)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@functools.cache
def forbidden() -> frozenset[str]:
    """The held-out questions, normalised: no user turn of the corpus may be one of them."""
    return frozenset(normalise(item.question) for item in heldout())


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
        frozen = [item for item in heldout() if item.language == language]
        print(f'{language}: {len(entries)} FAQ entries, {asks} phrasings, {len(frozen)} held-out questions')
    print('talks:', ', '.join(f'{talk.name} ({talk.weight:g})' for talk in talks()))
    found = list(leaks())
    print('\n'.join(['held-out questions found in the training texts:', *found]) if found else 'no leak')
    raise SystemExit(bool(found))
