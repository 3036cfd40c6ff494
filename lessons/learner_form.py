"""The form in which a learner says who they are, once."""

import ipywidgets

from translations.messages import shown

from .learner import LANGUAGES, learner, save_learner
from .widget import Panel

OF_LANGUAGE = {'en': 'English', 'zh': '中文'}


class LearnerForm(Panel):
    """Name, student number, language, a button; `said` is what it answered last."""

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
        save.on_click(lambda _: self.save())
        self._answer = ipywidgets.HTML()
        super().__init__([self.name, self.number, self.language, ipywidgets.HBox([save, self._answer])])

    @property
    def said(self) -> str:
        return self._answer.value

    def save(self) -> None:
        """What a click on Save does; a fault is said beside the button."""
        from html import escape

        try:
            saved = save_learner(self.name.value, self.number.value, self.language.value)
        except (OSError, ValueError) as error:
            self._answer.value = f'<span style="color:#c62828">{escape(shown(error))}</span>'
        else:
            self._answer.value = escape(shown(f'{saved.name}: kept for all chapters'))


def learner_form() -> LearnerForm:
    """A form for name, student number and language; it shows who is known already."""
    return LearnerForm()
