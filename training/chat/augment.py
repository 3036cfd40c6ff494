"""Cheap variation of a question, so that the model learns what is asked and not the letters it is asked in."""

import random
import re
import string

from training.chat.words.read import read

from .frames import reframe
from .texts import language_of

TABLE = read('augment')
HALF_TO_FULL = str.maketrans(',.?!:;()', '，。？！：；（）')
FULL_TO_HALF = str.maketrans('，。？！：；（）“”', ',.?!:;()""')


def _typo(rng: random.Random, text: str) -> str:
    """One letter of a longer Latin word dropped, doubled, exchanged with its neighbour, or replaced."""
    words = [match.span() for match in re.finditer(r'[A-Za-z]{4,}', text)]
    if not words:
        return text
    start, end = rng.choice(words)
    at = rng.randrange(start + 1, end - 1)
    kind = rng.randrange(4)
    if kind == 0:
        return text[:at] + text[at + 1 :]
    if kind == 1:
        return text[:at] + text[at] + text[at:]
    if kind == 2:
        return text[:at] + text[at + 1] + text[at] + text[at + 2 :]
    return text[:at] + rng.choice(string.ascii_lowercase) + text[at + 1 :]


def _drop(rng: random.Random, text: str, language: str) -> str:
    """Some words (English) or characters outside of words (Chinese) left out."""
    pieces = re.findall(r'[A-Za-z0-9_.-]+|\s+|.', text)
    rate = rng.choice((0.08, 0.15, 0.25)) * (0.6 if language == 'zh' else 1)
    kept = [piece for piece in pieces if piece.isspace() or rng.random() >= rate]
    out = re.sub(r' +', ' ', ''.join(kept)).strip()
    return out if len(out) >= max(4, len(text) // 3) else text


def _swap(rng: random.Random, text: str, language: str) -> str:
    """Up to three synonyms put in."""
    candidates = []
    for old, new in TABLE['swaps'][language]:
        pattern = rf'\b{re.escape(old)}\b' if language == 'en' else re.escape(old)
        if re.search(pattern, text, re.IGNORECASE):
            candidates.append((pattern, new))
    for pattern, new in rng.sample(candidates, min(len(candidates), rng.choice((1, 1, 2, 3)))):
        text = re.sub(pattern, lambda _, new=new: new, text, count=1, flags=re.IGNORECASE)
    return re.sub(r' +', ' ', text).strip()


def _spacing(rng: random.Random, text: str) -> str:
    """The space between Han and Latin put in or left out."""
    if rng.random() < 0.6:
        return re.sub(r'(?<=[\u4e00-\u9fff]) (?=[A-Za-z0-9`])|(?<=[A-Za-z0-9`]) (?=[\u4e00-\u9fff])', '', text)
    return re.sub(r'(?<=[\u4e00-\u9fff])(?=[A-Za-z0-9])|(?<=[A-Za-z0-9])(?=[\u4e00-\u9fff])', ' ', text)


def surface(rng: random.Random, text: str) -> str:
    """Changes that keep every word: case, end punctuation, width of punctuation, spaces."""
    language = language_of(text)
    kind = rng.random()
    if kind < 0.25:
        text = text.lower()
    elif kind < 0.30:
        text = text.upper() if rng.random() < 0.3 else text.title()
    elif kind < 0.45:
        text = text[:1].upper() + text[1:]
    if rng.random() < 0.35:
        text = text.rstrip('?!.。？！')
        if rng.random() < 0.5:
            text += rng.choice(
                ('?', '.', '??', '!', ' ?', '...') if language == 'en' else ('？', '?', '。', '！', '？？', '…')
            )
    if language == 'zh':
        if rng.random() < 0.3:
            text = _spacing(rng, text)
        if rng.random() < 0.15:
            text = text.translate(rng.choice((HALF_TO_FULL, FULL_TO_HALF)))
    elif rng.random() < 0.03:
        text = text.translate(HALF_TO_FULL)
    return text


def augment(rng: random.Random, text: str) -> str:
    """A question changed a little, or left as it is (about one in six)."""
    if rng.random() < 0.16:
        return text
    language = language_of(text)
    if rng.random() < 0.3:
        text = reframe(rng, text)
    if rng.random() < 0.45:
        text = _swap(rng, text, language)
    if rng.random() < 0.30:
        text = _drop(rng, text, language)
    if rng.random() < 0.22:
        prefix = rng.choice(TABLE['prefixes'][language])
        first = text.split(' ')[0]
        text = prefix + (text if first.upper() == first or rng.random() < 0.3 else text[:1].lower() + text[1:])
    if rng.random() < 0.15:
        text = text.rstrip('?!.。？！') + rng.choice(TABLE['suffixes'][language])
    text = surface(rng, text)
    if rng.random() < 0.12:
        text = _typo(rng, text)
    return text.strip() or 'hello'


def recombine(rng: random.Random, asks: tuple[str, ...], answer: str) -> str:
    """A question of two phrasings of the same question, or of words of its answer: other words, the same matter."""
    language = language_of(asks[0])
    if rng.random() < 0.6:
        first, second = (re.findall(r'[A-Za-z0-9_.`-]+ ?|.', ask) for ask in rng.choices(asks, k=2))
        head = first[: rng.randint(len(first) // 3, 2 * len(first) // 3)]
        tail = second[rng.randint(len(second) // 3, 2 * len(second) // 3) :]
        return re.sub(r' +', ' ', ''.join([*head, ' ' if language == 'en' else '', *tail])).strip()
    clauses = [clause.strip() for clause in re.split(r'[,.;:，。；：]\s*', answer) if len(clause.strip()) > 3]
    if not clauses:
        return rng.choice(asks)
    clause = rng.choice(clauses)
    if language == 'en':
        words = clause.split()
        start = rng.randrange(max(1, len(words) - 3))
        clause = ' '.join(words[start : start + rng.randint(3, 7)])
    else:
        start = rng.randrange(max(1, len(clause) - 5))
        clause = clause[start : start + rng.randint(5, 12)]
    if rng.random() < 0.5:
        ask = rng.choice(asks).rstrip('?？.。')
        clause = f'{ask} {clause}' if language == 'en' else f'{ask}{clause}'
    return clause
