"""What is asked before a run, chapter by chapter, and how an answer is read."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field

from translations.messages import shown

_NUMBER = re.compile(r'([-−+]?)((?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:e[+-]?\d+)?|\.\d+)\s*(\D*)', re.I)
_SPELLED = {'tokens': ('token', '词元', '个词元', '个'), 'times': ('x', '×', '倍'), 'clients': ('client', '个', '人')}
MOST = 1e15  # of a number that can be kept


class GuessError(ValueError):
    """What was entered is no guess; the message says what to enter."""


@dataclass(frozen=True)
class Question:
    """A number in `unit`, by a slider from 0 to `most` where that is given; or one of `choices`: key → words."""

    ask: str
    formula: str = ''  # what the course's prediction is made of
    unit: str = ''
    most: int = 0
    choices: Mapping[str, str] = field(default_factory=dict)

    def read(self, entry) -> float | str:
        """The guess in what was typed or chosen.  GuessError where there is none."""
        if self.choices:
            if not isinstance(entry, str) or entry not in self.choices:
                raise GuessError(f'choose one of these: {", ".join(self.choices)}.')
            return entry
        text = unicodedata.normalize('NFKC', str(entry)).strip()
        found = _NUMBER.fullmatch(text)
        if not found:
            raise GuessError(f'“{text:.30}” is no number: type one, such as 12.5 or 1,024.')
        sign, digits, unit = found[1], found[2], found[3].strip()
        if unit.casefold() not in ('', self.unit.casefold(), *_SPELLED.get(self.unit, ())):
            raise GuessError(f'the answer is asked for in {self.unit}, not in “{unit:.20}”.')
        value = float(digits.replace(',', ''))
        if sign in ('-', '−') or value == 0:
            raise GuessError(f'{text:.30} cannot be: the answer is a number above 0.')
        if value > MOST:
            raise GuessError(f'{text:.30} is more than anything here: type a smaller number.')
        return value

    def said(self, value: float | str, language: str = '') -> str:
        """A guess, or what it is compared with, as one reads it."""
        if self.choices:
            return shown(self.choices.get(value, value), language)
        return f'{rounded(value)} {unit_words(self.unit, language)}'


def rounded(value: float) -> str:
    """Four digits that count: 131,072; 14.42; 0.0031."""
    return f'{value:,.0f}' if abs(value) >= 1000 or value == int(value) else f'{value:.4g}'


def unit_words(unit: str, language: str = '') -> str:
    words = {'tokens': shown('tokens', language), 'times': shown('times', language)}
    return (words | {'clients': shown('clients', language)}).get(unit, unit)


def question(number: str) -> Question:
    """The question '3.2'.  KeyError where there is none."""
    if number not in QUESTIONS:
        raise KeyError(f'no prediction {number!r}; there are {", ".join(QUESTIONS)}')
    return QUESTIONS[number]


QUESTIONS = {
    '0.4': Question(
        'How many MB are the weights of your model on the disk? tiny-chat has 7 million parameters, '
        'InternLM2-Chat-1.8B has 1.9 billion.',
        'two bytes for each parameter',
        'MB',
    ),
    '0.5': Question('How many MiB do 64 × 2²⁰ numbers in 32 bit take?', 'four bytes for each number', 'MiB'),
    '1.3': Question(
        'Where do the tokens of transformers and of LMDeploy part?',
        'in 32 bit nowhere; in 16 bit a near tie may go either way',
        choices={
            'nowhere': 'nowhere: all are the same',
            'tie': 'somewhere, at a near tie',
            'anywhere': 'anywhere: other kernels, other tokens',
        },
    ),
    '1.4': Question(
        'Sixteen requests at once: how many times the tokens/s of one?',
        'if a step took no longer for sixteen than for one',
        'times',
    ),
    '1.7': Question(
        'How many MiB are the weights? The shapes in config.json give the number of parameters: '
        '7 million for tiny-chat, 1.9 billion for InternLM2-Chat-1.8B.',
        'two bytes for each parameter',
        'MiB',
    ),
    '2.3': Question(
        'You sent one word, “hello”. How many tokens did the engine read?',
        'the tokens of all that the chat template writes',
        'tokens',
    ),
    '2.4': Question(
        'How many tokens go in for the second turn, if the first had about 15?',
        'the tokens of the whole transcript in the chat template',
        'tokens',
    ),
    '2.6': Question(
        'Four answers one after the other: how many times as long as in one batch?',
        'if a step took no longer for four than for one',
        'times',
    ),
    '3.2': Question(
        'How many MiB will the engine take in all, at the ratio 0.4? The first cell says how much is free (without a GPU: take its total).',
        'weights + ratio × what they leave free + the rest',
        'MiB',
    ),
    '3.5': Question(
        'KV int8 instead of the cache as it is, both at the ratio 0.2: what becomes of the memory in all?',
        'the ratio fixes the bytes of the cache, whatever a token takes of them',
        choices={'smaller': 'it gets smaller', 'same': 'it stays the same', 'larger': 'it gets larger'},
    ),
    '4.2': Question(
        'What part of the bytes is left in the file? A quarter would be 25 %.',
        'the packed weights, their scales and zero points, and what stays at 16 bit',
        '%',
        most=100,
    ),
    '4.5': Question(
        'The 1.8B on the slice, at the ratio 0.8: how many times as many tokens fit with W4A16 as in 16 bit?',
        'smaller weights leave more free, and the cache takes its share of that',
        'times',
    ),
    '4.6': Question(
        'Which costs more quality, W4A16 or KV int8? The record at the end of this section says it of SmolLM2-135M.',
        choices={'weights': 'the weights in 4 bit', 'cache': 'the cache in 8 bit', 'same': 'both the same'},
    ),
    '5.1': Question(
        '“What is TurboMind?” has three words. How many tokens will the server count?',
        'the tokens of all that the chat template writes',
        'tokens',
    ),
    '5.5': Question(
        'From 1 to 32 clients: how many times as many tokens/s do they get together?',
        'if a step took no longer for thirty-two than for one',
        'times',
    ),
    '5.6': Question(
        'Our server takes 64 requests at once. Of 96 clients, how many wait when it is fullest?',
        'the clients less the places',
        'clients',
    ),
    '6.4': Question(
        'How many tokens does your drawing cost? Look at the numbers of config.json as you read on.',
        '(image_size / patch_size × downsample_ratio)² for each tile',
        'tokens',
    ),
    '6.4-shape': Question(
        'InternVL3: which picture costs more tokens?',
        'tiles: the nearest grid, and a small one of the whole',
        choices={
            'small': 'the one of 640 × 480 pixels',
            'large': 'the one of 1280 × 720 pixels',
            'same': 'both the same',
        },
    ),
    '7.1': Question(
        "By the notes' script, on this device: how many times as fast as transformers is LMDeploy?",
        'what the notes say of their card',
        'times',
    ),
    '7.3': Question(
        'W4A16 against batched transformers, both with four at once: how many times the tokens/s?',
        'if a step took as long as reading its weights',
        'times',
    ),
}
