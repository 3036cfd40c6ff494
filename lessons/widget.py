"""A box of widgets that leaves nothing behind when it is closed, and is stored as text that never changes."""

import threading
import time
import warnings
from collections.abc import Callable, Iterator

import ipywidgets

_AFTER_ENTER_S = 0.5
TEXT_COMES_WITHIN_S = 3.0  # what was typed, after the click that a waiting page sends first


class Panel(ipywidgets.VBox):
    """What the course's boxes and charts are made of: a column of widgets, and of rows of them."""

    def close(self) -> None:
        """Take it off the page, and close all that is inside: else it would live as long as the kernel."""
        for widget in _inside(self):
            widget.close()
        super().close()

    def __repr__(self) -> str:  # a notebook stores it beside the widget, so it must not change from run to run
        return f'{type(self).__name__}()'


def _inside(box: ipywidgets.Box) -> Iterator[ipywidgets.Widget]:
    for widget in box.children:
        if isinstance(widget, ipywidgets.Box):
            yield from _inside(widget)
        yield widget


def on_enter(field: ipywidgets.Text, do: Callable[[], object]) -> Callable[[], None]:
    """Call `do` when Enter is pressed in the field, with all that was typed in its value; never when it is left.

    Returns what a button beside the field calls: the same, and what is in the value already goes at once.  A page that
    still waits for the kernel sends its click first, and only then what was typed.
    """
    until_s = 0.0  # a press waits until then for its text

    def now(_=None) -> None:
        nonlocal until_s
        if time.monotonic() < until_s:
            if field.value.strip():
                until_s = 0.0
            do()

    def press() -> None:
        nonlocal until_s
        until_s = time.monotonic() + TEXT_COMES_WITHIN_S
        now()

    def enter(_) -> None:
        """The page says that Enter was pressed; what was typed comes right after it, or was there already."""
        nonlocal until_s
        until_s = time.monotonic() + TEXT_COMES_WITHIN_S
        threading.Timer(_AFTER_ENTER_S, now).start()

    with warnings.catch_warnings():
        # Observing `value` instead, as ipywidgets proposes, sends a draft as soon as one clicks elsewhere.
        warnings.simplefilter('ignore', DeprecationWarning)
        field.on_submit(enter)
    field.continuous_update = False  # at every letter, the last ones would come after Enter
    field.observe(now, 'value')
    return press
