"""Predictions that are kept: a box before a run, and after it guess, formula and measurement side by side.

    predict('3.2')                                              # the box; before the cell that runs
    outcome('3.2', formula=p.engine_bytes / MIB, measured=…)    # the last line of a cell behind it
    predictions(3)                                              # all of chapter 3, at its end

What is asked stands in `questions.py`, its Chinese in translations/zh/messages.po; formula and measurement are what the
cells computed, never typed in.  A guess is kept when Enter or the button is pressed, in `predictions.json` of the
submission's folder (`kept.py`), which the homework packs.  Without a guess `outcome` shows nothing: all runs as before.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__, submod_attrs={'box': ['predict'], 'outcomes': ['outcome', 'predictions']}
)
