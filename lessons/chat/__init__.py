"""Chapter 2: talking to a pipeline."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        'box': ['chat_box'],
        'logits': ['all_logits', 'next_logits'],
    },
)
