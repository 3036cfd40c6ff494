"""What became of a guess: guess, formula and measurement side by side, as a small picture and as text."""

import html
from dataclasses import dataclass, field

from translations.messages import course_language, shown

from .kept import Kept, keep_outcome, read
from .questions import QUESTIONS, Question, question

STYLE = 'max-width:900px;font-size:16px;line-height:1.5'
_COLOURS = {'guess': '#2e9e5b', 'formula': '#4c72b0', 'measured': '#dd8452'}
_RAN: dict[str, tuple] = {}  # number → (formula, measured), as far as this kernel has them
_SPOT_ON, _VERY_NEAR, _FACTOR = 0.02, 0.15, 1.5


def outcome(number: str, *, measured, formula=None) -> 'Outcome | None':
    """Set a guess beside what the course predicts and what was measured: the last line of a cell.

    Without a guess it gives None, and the cell shows what it has always shown.

    Args:
        number: of the question.
        measured: in the question's unit, or one of its keys; None where this machine cannot measure it.
        formula: the same from arithmetic, if there is some.
    """
    question(number)
    _RAN[number] = formula, measured
    kept = keep_outcome(number, formula, measured)
    return Outcome(number, kept) if kept else None


def ran(number: str) -> tuple | None:
    """(formula, measured), if this kernel has them already."""
    return _RAN.get(number)


@dataclass(frozen=True)
class Outcome:
    """A guess that met its measurement."""

    number: str
    kept: Kept

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict[str, str]:
        language, asked = course_language(), QUESTIONS[self.number]
        drawn = (_dots if asked.choices else _bars)(asked, self.kept, language)
        said = [shown(sentence, language) for sentence in sentences(asked, self.kept)]
        lines = ''.join(f'<p style="margin:.2em 0">{html.escape(line)}</p>' for line in said)
        figures = ' · '.join(f'{name}: {value}' for name, value in _figures(asked, self.kept, language).items())
        return {
            'text/html': f'<div class="course-outcome" style="{STYLE}">{drawn}{lines}</div>',
            'text/plain': '\n'.join([figures, *said]),
        }


@dataclass(frozen=True)
class Predictions:
    """All guesses of a chapter."""

    chapter: int
    language: str | None = None  # 'en', 'zh'; None: the course's where it is shown
    kept: dict[str, Kept] = field(default_factory=dict)

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict[str, str]:
        language = self.language or course_language()
        title = shown(f'Your predictions in chapter {self.chapter}', language)
        if self.kept:
            rows = [self._row(number, kept, language) for number, kept in self.kept.items()]
            head = [shown('question', language), *_names(language).values(), '']
            table = f'<table>{_row("th", head)}{"".join(_row("td", row) for row in rows)}</table>'
            lines = [' · '.join(filter(None, row)) for row in rows]
            mark = ''
        else:
            none = shown('No guess was kept. Write one into a box, and run the cells below it again.', language)
            table, lines, mark = html.escape(none), [none], f' data-chapter="{self.chapter}"'
        page = f'<div class="course-predictions"{mark} style="{STYLE}"><p><b>{html.escape(title)}</b></p>{table}</div>'
        return {'text/html': page, 'text/plain': '\n'.join([title, *lines])}

    def _row(self, number: str, kept: Kept, language: str) -> list[str]:
        asked = QUESTIONS[number]
        figures = _figures(asked, kept, language)
        values = [figures.get(name, '–') for name in _names(language).values()]
        said = [shown(sentence, language) for sentence in sentences(asked, kept, made_of=False)]
        return [f'{label(number)} {shown(asked.ask, language)}', *values, ' '.join(said)]


def predictions(chapter: int | str) -> Predictions:
    """The guesses of a chapter and what became of them: a cell at its end.  KeyError where nothing is asked in it."""
    mine = [number for number in QUESTIONS if int(number.partition('.')[0]) == int(chapter)]
    if not mine:
        raise KeyError(f'chapter {chapter} asks for no predictions')
    return Predictions(int(chapter), kept={number: kept for number, kept in read().items() if number in mine})


def label(number: str) -> str:
    """The section that a question stands in."""
    return number.partition('-')[0]


def sentences(asked: Question, kept: Kept, made_of: bool = True) -> list[str]:
    """In English: how near the guess was; `made_of`: and what the formula is made of."""
    said = []
    if kept.measured is None:
        said.append('The run is still to come.' if kept.formula is None else 'This machine does not measure it.')
    elif asked.choices:
        said.append('As you guessed.' if kept.guess == kept.measured else 'Not as you guessed: now you know.')
    elif kept.measured > 0:
        said.append(_near(kept.guess, kept.measured))
    else:
        said.append('Nothing was measured.')
    if made_of and asked.formula and kept.formula is not None:
        said.append(f'The formula: {asked.formula}.')
    if kept.late:
        said.append('You guessed after the run.')
    return said


def _near(guess: float, measured: float) -> str:
    high, times = guess > measured, max(guess, measured) / min(guess, measured)
    off = abs(guess / measured - 1)
    percent, factor = f'{100 * off:.2g}', f'{times:.3g}'
    if off <= _SPOT_ON:
        return 'Spot on.'
    if off <= _VERY_NEAR:
        return f'Very near: {percent} % too high.' if high else f'Very near: {percent} % too low.'
    if times < _FACTOR:
        return f'The right region: {percent} % too high.' if high else f'The right region: {percent} % too low.'
    if high:
        return f'Too high, by a factor of {factor}: what takes less than you thought?'
    return f'Too low, by a factor of {factor}: what did you not count?'


def _names(language: str) -> dict[str, str]:
    return {
        'guess': shown('your guess', language),
        'formula': shown('formula', language),
        'measured': shown('measured', language),
    }


def _figures(asked: Question, kept: Kept, language: str) -> dict[str, str]:
    """Name → value of what is known."""
    values = {words: getattr(kept, name) for name, words in _names(language).items()}
    return {words: asked.said(value, language) for words, value in values.items() if value is not None}


def _row(tag: str, texts: list[str]) -> str:
    cells = ''.join(f'<{tag} style="text-align:left">{html.escape(text)}</{tag}>' for text in texts)
    return f'<tr>{cells}</tr>'


def _bars(asked: Question, kept: Kept, language: str) -> str:
    """A bar each, as long as its number."""
    values = {name: getattr(kept, name) for name in _COLOURS if getattr(kept, name) is not None}
    longest, names, rows = max(*values.values(), 1e-9), _names(language), []
    for name, value in values.items():
        width, said = max(0, 100 * value / longest), html.escape(asked.said(value, language))
        bar = f'<div style="height:1em;min-width:2px;width:{width:.1f}%;background:{_COLOURS[name]}"></div>'
        rows.append(f'<div>{names[name]}</div><div>{bar}</div><div>{said}</div>')
    return _grid('max-content minmax(40px,320px) auto', rows)


def _dots(asked: Question, kept: Kept, language: str) -> str:
    """A row for each choice, with a dot for who says so."""
    names, rows = _names(language), []
    for key, words in asked.choices.items():
        saying = [name for name in _COLOURS if getattr(kept, name) == key]
        dots = (f'<span style="color:{_COLOURS[name]}">●</span> {names[name]}&emsp;' for name in saying)
        rows.append(f'<div>{html.escape(shown(words, language))}</div><div>{"".join(dots)}</div>')
    return _grid('fit-content(60%) auto', rows)


def _grid(columns: str, rows: list[str]) -> str:
    style = f'display:grid;grid-template-columns:{columns};gap:.2em .8em;align-items:center;margin:.4em 0'
    return f'<div style="{style}">{"".join(rows)}</div>'
