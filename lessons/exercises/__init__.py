"""Exercises that answer back: `check('3.1', answer)`; how to write one stands in `lessons.exercises.checking`."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(__name__, submod_attrs={'checking': ['check']})
