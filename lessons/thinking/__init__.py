"""Deep dive 5: a model that thinks before it answers, when it is asked to; what that costs, and what it brings."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        'asking': ['Reply', 'answer_behind', 'ask', 'ask_all', 'ask_within'],
        'sums': ['held_out_sums', 'last_number'],
    },
)
