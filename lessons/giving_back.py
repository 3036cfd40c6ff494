"""The end of a chapter: a button that gives its memory back, so that Run All leaves everything alive."""

import ipywidgets

from helpers import release
from translations.messages import shown

from .widget import Panel


class GivingBack(Panel):
    """A button and, once it was clicked, what happened; `now()` does what a click does."""

    def __init__(self, *things):
        self._things = things
        self._button = ipywidgets.Button(
            description=shown('Give the memory back'), icon='power-off', layout={'width': 'auto'}
        )
        self._button.on_click(lambda _: self.now())
        self._said = ipywidgets.HTML(shown('Everything above still answers.'))
        super().__init__([ipywidgets.HBox([self._button, self._said])])

    @property
    def said(self) -> str:
        return self._said.value

    def now(self) -> None:
        """Stop servers, close boxes and pages, release pipelines and models; once."""
        things, self._things = self._things, ()
        self._button.disabled = True
        for thing in things:
            if isinstance(thing, ipywidgets.Widget):
                thing.close()
            elif hasattr(thing, 'stop'):
                thing.stop()
            elif hasattr(thing, 'launch'):  # a page of Gradio
                thing.close(verbose=False)
            else:
                release(thing)
        release()
        self._said.value = shown('Given back. To go on, run the cells again from the one that loads the model.')


def give_back(*things) -> GivingBack:
    """Show a button that ends these: servers, pages, boxes, pipelines, models.  Until the click all live."""
    return GivingBack(*things)
