"""A quiz as HTML without a script: each choice is a `<details>`; as text where there is no HTML."""

import html
import re
from dataclasses import dataclass
from pathlib import Path

from lessons.quizzes.questions import Choice, Question, questions_of
from lessons.quizzes.words import frame, say
from translations.messages import course_language

CHAPTERS = {
    '0': '00_setup.ipynb',
    '1': '01_hf_vs_turbomind.ipynb',
    '2': '02_chat.ipynb',
    '3': '03_kv_cache.ipynb',
    '4': '04_w4a16.ipynb',
    '5': '05_serving.ipynb',
    '6': '06_vlm.ipynb',
    '7': '07_speed.ipynb',
    '8': '08_your_own_model.ipynb',
}
OTHER = {'en': ('zh', '中文'), 'zh': ('en', 'English')}
MOST_BYTES = 15_000  # of a stored output
_CSS = (Path(__file__).resolve().parent / 'quiz.css').read_text(encoding='utf-8')


@dataclass(frozen=True)
class Quiz:
    """What a cell shows: the questions on a section, in the course's language, folded below in the other."""

    number: str
    language: str | None = None  # 'en', 'zh'; None: the course's where it is shown

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict[str, str]:
        """HTML and text.  ValueError where the output gets too large to store."""
        language, questions = self.language or course_language(), questions_of(self.number)
        other, name = OTHER[language]
        page = (
            f'<div class="course-quiz" data-quiz="{self.number}" data-lm-suppress-shortcuts="true">'
            f'<style>{_CSS}</style>\n{_part(self.number, questions, language)}'
            f'<details class="quiz-other"><summary lang="{other}">{name}</summary>\n'
            f'{_part(self.number, questions, other)}</details></div>'
        )
        if (size := len(page.encode())) > MOST_BYTES:
            raise ValueError(f'quiz {self.number}: {size:,} bytes, at most {MOST_BYTES:,}: fewer questions')
        return {'text/html': page, 'text/plain': _text(self.number, questions, language)}


def quiz(number: str) -> Quiz:
    """The questions on a section, such as '3.2'.  KeyError where it has none."""
    questions_of(number)
    return Quiz(number)


def turned(bundle: dict, language: str) -> dict:
    """A stored output in another language; one that is no quiz comes back as it is."""
    found = re.match(r'<div class="course-quiz" data-quiz="([\d.]+)"', ''.join(bundle.get('text/html', '')))
    return Quiz(found[1], language)._repr_mimebundle_() if found else bundle


def _part(number: str, questions: list[Question], language: str) -> str:
    """All questions in one language."""
    title = frame('title', language, number=number)
    parts = [f'<div lang="{language}"><p><b>{html.escape(title)}</b></p>\n']
    for n, question in enumerate(questions, 1):
        ask = _marked(say(question.ask, question.id, language))
        parts.append(f'<p>{n}. {ask}</p>\n')
        # Of the details with one name, a browser keeps one open.
        group = f'{question.id}-{language}'
        parts += [_choice(question, choice, letter, group, language) for letter, choice in _lettered(question)]
    return ''.join([*parts, '</div>\n'])


def _lettered(question: Question):
    return zip('ABCDEF', question.choices, strict=False)


def _choice(question: Question, choice: Choice, letter: str, group: str, language: str) -> str:
    verdict = 'right' if choice.right else 'wrong'
    why = _marked(say(choice.why, question.id, language))
    where = frame('look', language, where=_where(choice.look, question, language)) if choice.look else ''
    blank = '' if language == 'zh' else ' '  # none beside full-width punctuation
    said = [f'<b>{"✓" if choice.right else "✗"} {frame(verdict, language)}</b>', why, where]
    return (
        f'<details name="{group}"><summary>{letter}. {_marked(say(choice.say, question.id, language))}</summary>'
        f'<p class="quiz-{verdict}">{blank.join(filter(None, said))}</p></details>\n'
    )


def _where(look: str, question: Question, language: str) -> str:
    """A section of this chapter by its number, anything else as a link."""
    if '.' in look and look.replace('.', '').isdigit():
        words = frame('section', language, number=look)
        chapter = look.partition('.')[0]
        if chapter == question.quiz.partition('.')[0]:
            return words
        look = CHAPTERS[chapter]
    else:
        words = frame('deep' if look.startswith('deep/') else 'glossary', language)
    return f'<a href="{html.escape(look)}">{words}</a>'


def _marked(text: str) -> str:
    return re.sub(r'`([^`]+)`', r'<code>\1</code>', html.escape(text, quote=False))


def _text(number: str, questions: list[Question], language: str) -> str:
    """Questions and choices for a terminal or a PDF, with the letters of the right ones in the last line."""
    lines, right = [frame('title', language, number=number)], []
    for n, question in enumerate(questions, 1):
        lines += ['', f'{n}. {say(question.ask, question.id, language)}']
        lines += [f'   {letter}. {say(c.say, question.id, language)}' for letter, c in _lettered(question)]
        right += [f'{n}{letter}' for letter, choice in _lettered(question) if choice.right]
    return '\n'.join([*lines, '', f'{frame("answers", language)} {", ".join(right)}'])
