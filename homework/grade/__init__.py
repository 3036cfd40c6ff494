"""The instructor's side: unpack, check, score, report."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(__name__, submod_attrs={'grade': ['grade_files', 'write_grades']})
