"""Small arithmetic: sums and differences up to 100, products up to 12 x 12.  One pair in eight is kept for the test."""

import random
import re

from training.chat.words.read import read

ASKS = read('arithmetic')
WORDS = {'+': ('plus', '加'), '-': ('minus', '减'), '*': ('times', '乘')}
SIGNS = {'+': '+', '-': '-', '*': '×'}


def is_kept_back(a: int, sign: str, b: int) -> bool:
    """Whether this pair is only in the test.  Products of single digits are all trained: a table must be learnt."""
    if sign == '*':
        return False
    return (a * 37 + b * 11 + ord(sign)) % 8 == 0


def is_hard(a: int, sign: str, b: int) -> bool:
    """Whether a one is carried or borrowed."""
    return (a % 10 + b % 10 > 9) if sign == '+' else sign == '-' and a % 10 < b % 10


def draw(rng: random.Random, kept_back: bool = False, hard: float = 0.0) -> tuple[int, str, int, int]:
    """a, sign, b and the result: 0..100, a product of 0..12; `hard`: the least share of sums with a carry or borrow."""
    hard = bool(hard) and rng.random() < hard
    while True:
        sign = rng.choice('++--*' if not kept_back else '+-')
        if sign == '*' or rng.random() < 0.3:
            a, b = rng.randint(0, 12), rng.randint(0, 12)
        else:
            a = rng.randint(0, 100)
            b = rng.randint(0, 100 - a) if sign == '+' else rng.randint(0, a)
        if sign == '-' and b > a:
            a, b = b, a
        if hard and not is_hard(a, sign, b):
            continue
        if is_kept_back(a, sign, b) == kept_back:
            return a, sign, b, {'+': a + b, '-': a - b, '*': a * b}[sign]


def question(rng: random.Random, a: int, sign: str, b: int, language: str) -> str:
    """One of the ways to ask."""
    shown = SIGNS[sign]
    if sign == '*':
        shown = rng.choice('×**x')
    space = rng.choice(('', ' ', ' '))
    slots = {'sum': f'{a}{space}{shown}{space}{b}', 'a': a, 'b': b}
    sign_word = WORDS[sign][language == 'zh']
    if language == 'en':
        slots['word'] = f'{a} {sign_word} {b}'
    else:
        slots['word'] = f'{a}{sign_word}{"以" if sign == "*" and rng.random() < 0.5 else ""}{b}'
    return rng.choice(ASKS[language]).format(**slots, sign=sign_word)


def answer(a: int, sign: str, b: int, result: int, question: str) -> str:
    """The one form of the answer: a Chinese full stop where the question has a Chinese sign, so not for bare digits."""
    stop = '。' if re.search(r'[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]', question) else '.'
    return f'{a} {SIGNS[sign]} {b} = {result}{stop}'


def conversation(rng: random.Random, language: str) -> list[dict]:
    """One to four sums."""
    messages = []
    for _ in range(rng.choice((1, 1, 2, 2, 3, 4))):
        a, sign, b, result = draw(rng, hard=0.4)
        text = question(rng, a, sign, b, language)
        if messages and rng.random() < 0.3:
            text = f'and {text}' if language == 'en' else f'那{text}'
        messages += [
            {'role': 'user', 'content': text},
            {'role': 'assistant', 'content': answer(a, sign, b, result, text)},
        ]
    return messages
