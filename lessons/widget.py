"""A box of widgets that leaves nothing behind when it is closed, and is stored as text that never changes."""

from collections.abc import Iterator

import ipywidgets


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
