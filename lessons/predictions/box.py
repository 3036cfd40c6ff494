"""The box before a run: the question, a field, a slider or choices, and a button that keeps the guess."""

import html
import re

import ipywidgets

from lessons.widget import Panel, on_enter
from translations.messages import course_language, shown

from .kept import Kept, keep_guess, read
from .outcomes import STYLE, Outcome, Predictions, label, ran
from .questions import GuessError, Question, question, unit_words

_FRAME = f'{STYLE};border-left:6px solid #3b82d6;padding:.1em .8em;margin:.4em 0'


class PredictBox(Panel):
    """Asks for a guess, and keeps it when Enter or the button is pressed: a draft is never a guess."""

    def __init__(self, number: str):
        self.number, self.question = number, question(number)
        kept = read().get(number)
        self._field = _field(self.question, kept.guess if kept else None)
        self._said = ipywidgets.HTML()
        keep = ipywidgets.Button(description=shown('Keep my guess'), icon='check', layout={'width': 'max-content'})
        typed = isinstance(self._field, ipywidgets.Text)
        press = on_enter(self._field, self._guess_it) if typed else self._guess_it
        keep.on_click(lambda _: press())
        unit = [ipywidgets.Label(unit_words(self.question.unit))] if self.question.unit else []
        page = ipywidgets.HTML(_asked(number, course_language(), alone=False))
        super().__init__([page, ipywidgets.HBox([self._field, *unit, keep], layout={'margin': '0 1em'}), self._said])
        if kept:
            self._show(kept)

    def _guess_it(self) -> None:
        self.guess(self._field.value)

    def guess(self, entry) -> None:
        """Keep a guess as it was typed; what is wrong with it is shown."""
        try:
            self._show(keep_guess(self.number, self.question.read(entry), ran(self.number)))
        except (GuessError, OSError, RuntimeError) as error:
            self._say(shown(f'Not kept: {error}'), 'color:#c62828')

    def _show(self, kept: Kept) -> None:
        if ran(self.number):
            self._said.value = Outcome(self.number, kept)._repr_mimebundle_()['text/html']
        else:
            self._say(shown(f'Kept: {self.question.said(kept.guess)}. Until the run you may change it.'))

    def _say(self, text: str, style: str = '') -> None:
        self._said.value = f'<p role="status" style="{STYLE};margin:.2em 1em;{style}">{html.escape(text)}</p>'

    def __repr__(self) -> str:
        return _text(self.number, course_language())

    def _repr_mimebundle_(self, **options) -> dict:
        """The question besides, for pages where no widget runs."""
        return super()._repr_mimebundle_(**options) | static(self.number)


def predict(number: str, guess=None) -> PredictBox:
    """The box for a question, before the cell that answers it: the last line of a cell.

    Args:
        number: of the question, such as '3.2'.
        guess: the guess itself, where no widget runs: `predict('3.2', 800)`.
    """
    box = PredictBox(number)
    if guess is not None:
        box.guess(guess)
        print(html.unescape(re.sub(r'<[^>]+>', ' ', box._said.value)).strip())
    return box


def static(number: str, language: str | None = None) -> dict[str, str]:
    """The question where no widget runs, as HTML and as text."""
    language = language or course_language()
    return {'text/html': _asked(number, language), 'text/plain': _text(number, language)}


def turned(bundle: dict, language: str) -> dict:
    """A stored question, or a stored list without guesses, in another language; any other output as it is."""
    page = ''.join(bundle.get('text/html', ''))
    found = re.match(r'<div class="course-predict(?:ions)?" data-(\w+)="([\w.-]+)"', page)
    if not found:
        return bundle
    if found[1] == 'predict':
        return static(found[2], language)
    return Predictions(int(found[2]), language)._repr_mimebundle_()


def _field(asked: Question, value) -> ipywidgets.Widget:
    if asked.choices:
        options = [(shown(words), key) for key, words in asked.choices.items()]
        return ipywidgets.RadioButtons(options=options, value=value, layout={'width': 'max-content'})
    if asked.most:
        slide = {'min': 0, 'max': asked.most, 'step': 1, 'readout_format': '.0f'}
        return ipywidgets.FloatSlider(value or asked.most / 2, **slide, layout={'width': '320px'})
    text = '' if value is None else f'{value:g}'
    return ipywidgets.Text(text, placeholder=shown('your guess'), layout={'width': '160px'})


def _asked(number: str, language: str, alone: bool = True) -> str:
    """The question; `alone`: no field stands below it."""
    asked = question(number)
    title = html.escape(shown(f'Your prediction {label(number)}', language))
    parts = [f'<p style="margin:.2em 0"><b>{title}</b>&ensp;{html.escape(shown(asked.ask, language), quote=False)}</p>']
    if alone:
        choices = (html.escape(shown(words, language)) for words in asked.choices.values())
        parts += [f'<p style="margin:.1em 1em">○ {words}</p>' for words in choices]
        hint = shown('Guess before you read on. In a running notebook there is a box for it here.', language)
        parts.append(f'<p style="margin:.2em 0;opacity:.75">{html.escape(hint)}</p>')
    return f'<div class="course-predict" data-predict="{number}" style="{_FRAME}">{"".join(parts)}</div>'


def _text(number: str, language: str) -> str:
    asked = question(number)
    unit = f' ({unit_words(asked.unit, language)})' if asked.unit else ''
    first = f'{shown(f"Your prediction {label(number)}", language)}: {shown(asked.ask, language)}{unit}'
    return '\n'.join([first, *(f'- {shown(words, language)}' for words in asked.choices.values())])
