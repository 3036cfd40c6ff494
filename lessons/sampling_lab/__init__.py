"""Deep dive 2: what the parameters of sampling make of the next token's probabilities, under sliders."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        'distribution': ['Sampling', 'after_sampling'],
        'draws': ['draw_tokens'],
        'panel': ['sampling_lab'],
    },
)
