"""For who presents: the presenter's pages as data, and what to run before the first live cell.

In a notebook, or in a console of its kernel: `%load_ext lessons.presenting`, then `%prepare`.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__, submod_attrs={'pages': ['page_of'], 'projector': ['use_projector']}
)


def load_ipython_extension(shell) -> None:
    """Add `%prepare` to a kernel."""
    from .live import Presentation

    presentation = Presentation(shell)
    shell.register_magic_function(presentation.prepare, 'line', 'prepare')
    shell.events.register('post_run_cell', presentation.go_on)
