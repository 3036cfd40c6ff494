"""Small arithmetic: sums and differences up to 100, products up to 12 x 12.  One pair in eight is kept for the test."""

import random
import re

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
    sum_ = f'{a}{space}{shown}{space}{b}'
    if language == 'en':
        word = f'{a} {WORDS[sign][0]} {b}'
        return rng.choice(
            (
                f'What is {sum_}?',
                f'what is {word}?',
                f'{sum_}',
                f'{sum_}=',
                f'{sum_} = ?',
                f'{sum_}=?',
                f'Calculate {sum_}',
                f'How much is {word}?',
                f'compute {sum_}',
                f'What is {word}',
                f"what's {sum_}",
                f'Can you calculate {sum_}?',
                f'{word}',
                f'{word}?',
                f'how much is {sum_}',
                f'Please calculate {sum_}.',
                f'Solve {sum_}',
                f'do you know what {word} is?',
                f'What does {word} equal?',
                f'Tell me {sum_}',
                f'{word} equals?',
            )
        )
    word = f'{a}{WORDS[sign][1]}{"以" if sign == "*" and rng.random() < 0.5 else ""}{b}'
    return rng.choice(
        (
            f'{sum_}等于多少？',
            f'{word}等于多少？',
            f'{sum_}',
            f'{sum_}=',
            f'{sum_}=？',
            f'计算{sum_}',
            f'计算 {sum_}',
            f'请计算 {sum_}',
            f'{word}是多少？',
            f'{word}等于几',
            f'{sum_} 是多少',
            f'算一下{word}',
            f'帮我算一下 {sum_}',
            f'{word}得多少',
            f'请问{word}等于多少',
            f'你会算{sum_}吗？',
            f'{a} {WORDS[sign][1]} {b} 等于多少？',
            f'{word}=?',
        )
    )


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
