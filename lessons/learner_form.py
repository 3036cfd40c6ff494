"""The form in which a learner says who they are, once."""

import math
import time
from html import escape

import ipywidgets

from translations.messages import shown

from .learner import LANGUAGES, learner, save_learner
from .progress import agree, class_folder, own_report
from .widget import TEXT_COMES_WITHIN_S, Panel

OF_LANGUAGE = {'en': 'English', 'zh': '中文'}


class LearnerForm(Panel):
    """Name, student number, language, a button; `said` is what it answered last.

    In a class ($COURSE_CLASS) it asks too whether the instructor may see where the learner is; no, until they say yes.
    """

    def __init__(self):
        known = learner()
        given = {'style': {'description_width': '9em'}, 'layout': {'width': '30em'}}
        name = known.name if known.is_named else ''
        self.name = ipywidgets.Text(name, description=shown('Name'), **given)
        self.number = ipywidgets.Text(
            known.number, description=shown('Student number'), placeholder=shown('if you have one'), **given
        )
        self.language = ipywidgets.Dropdown(
            options=[(OF_LANGUAGE[language], language) for language in LANGUAGES],
            value=known.language, description=shown('Cards and notes'), **given,
        )  # fmt: skip
        save = ipywidgets.Button(description=shown('Save'), icon='check', button_style='primary')
        save.on_click(lambda _: self._press())
        self._answer = ipywidgets.HTML()
        self.reports, asked = None, []
        if class_folder():
            self.reports = ipywidgets.Checkbox(
                own_report() is not None, description=shown('My instructor may see where I am'), indent=False
            )
            what = shown('That is: my name and number, which section of which chapter I ran, and when; nothing that I '
                         'write. Until I untick it here and save.')  # fmt: skip
            asked = [self.reports, ipywidgets.HTML(what)]
        self._pressed_s = -math.inf
        for field in (self.name, self.number, self.language, *asked[:1]):
            field.observe(lambda _: self._changed(), 'value')
        super().__init__([self.name, self.number, self.language, *asked, ipywidgets.HBox([save, self._answer])])

    @property
    def said(self) -> str:
        return self._answer.value

    def _press(self) -> None:
        self._pressed_s = time.monotonic()
        self.save()

    def _changed(self) -> None:
        """A page that still waits for the kernel sends its click first, and only then what was typed."""
        if time.monotonic() < self._pressed_s + TEXT_COMES_WITHIN_S:
            self.save()

    def save(self) -> None:
        """What a click on Save does; a fault is said beside the button."""
        try:
            saved = save_learner(self.name.value, self.number.value, self.language.value)
            if self.reports:
                agree(self.reports.value)
        except (OSError, ValueError) as error:
            self._answer.value = f'<span style="color:#c62828">{escape(shown(error))}</span>'
        else:
            self._answer.value = escape(shown(f'{saved.name}: kept for all chapters'))


def learner_form() -> LearnerForm:
    """A form for name, student number and language; it shows who is known already."""
    return LearnerForm()
