"""The words of the pictures, in both languages: English in the code, Chinese from translations/zh/pictures.po."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_file

from translations import catalogues

HERE = Path(__file__).resolve().parent
CATALOGUE = catalogues.CATALOGUES / 'pictures.po'
LANGUAGES = 'en', 'zh'


@dataclass(frozen=True)
class Words:
    """The same words in both languages."""

    en: str
    zh: str


def say(template: str, **values) -> Words:
    """An English template and its Chinese, both filled in by str.format; without a translation the Chinese is English.

    A value that is itself Words is filled in in its own language.
    """
    chinese = _chinese().get(template) or template

    def filled(pattern: str, language: str) -> str:
        return pattern.format(**{k: in_language(v, language) for k, v in values.items()})

    return Words(filled(template, 'en'), filled(chinese, 'zh'))


def in_language(words, language: str):
    """Words in one of LANGUAGES; what is no Words stays as it is."""
    return getattr(words, language) if isinstance(words, Words) else words


@cache
def _chinese() -> dict[str, str]:
    return {m.id: m.string for m in catalogues.read(CATALOGUE) if m.id and not m.fuzzy}


def messages() -> Catalog:
    """Every English template of this folder: what stands first in a call of `say`."""
    found = catalogues.empty()
    for path in sorted(HERE.glob('*.py')):
        for _, text, _, _ in extract_from_file('python', path, keywords={'say': None}):
            found.add(text, locations=[(path.name, 1)])
    return found
