"""Files of texts that people bring: prompts to measure with, text to calibrate on.  One reader, which never guesses."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__, submod_attrs={'reading': ['Entry', 'TextFile', 'read_text_file']}
)
