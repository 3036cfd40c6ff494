"""Which widgets a kernel still holds."""

import ipywidgets


def widgets_alive() -> list[str]:
    """Ids of the open widgets; layouts and styles, which hold nothing, are left out."""
    no_count = (ipywidgets.Layout, ipywidgets.Style)
    return [key for key, w in ipywidgets.widgets.widget._instances.items() if not isinstance(w, no_count)]
