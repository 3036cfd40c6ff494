"""The Chinese of the quizzes, in translations/zh/quizzes.po: a message for each sentence, with the question's id."""

from functools import cache

from babel.messages.catalog import Catalog

from lessons.quizzes.questions import all_questions
from translations import catalogues

CATALOGUE = catalogues.CATALOGUES / 'quizzes.po'
LANGUAGES = 'en', 'zh'
FRAME = 'frame'  # context of the words around the questions
FRAME_WORDS = {
    'title': 'Questions on section {number}',
    'right': 'Right.',
    'wrong': 'No.',
    'look': 'Look at {where}.',
    'section': 'section {number}',
    'glossary': 'the glossary',
    'deep': 'the deep dive',
    'answers': 'Right:',
}


def say(english: str, context: str, language: str) -> str:
    """A sentence in one of LANGUAGES; without a translation it stays English."""
    return (_chinese().get((context, english)) or english) if language == 'zh' else english


def frame(name: str, language: str, **values) -> str:
    """One of FRAME_WORDS, filled in."""
    return say(FRAME_WORDS[name], FRAME, language).format(**values)


@cache
def _chinese() -> dict[tuple[str, str], str]:
    return {(m.context, m.id): m.string for m in catalogues.read(CATALOGUE) if m.id and not m.fuzzy}


def messages() -> Catalog:
    """All English that is to be translated."""
    found = catalogues.empty()
    for words in FRAME_WORDS.values():
        found.add(words, context=FRAME)
    for question in all_questions():
        for words in (question.ask, *(text for choice in question.choices for text in (choice.say, choice.why))):
            found.add(words, context=question.id)
    return found
