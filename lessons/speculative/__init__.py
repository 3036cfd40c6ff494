"""Deep dive 7: speculative decoding, its arithmetic, a draft head for tiny-chat, and how often its guesses agree."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        'arithmetic': ['acceptance_needed', 'check_cost', 'simulated_tokens_a_step', 'speed_up', 'tokens_a_step'],
        'methods': ['methods', 'targets'],
        'tiny_draft': ['draft_folder', 'draft_share'],
        'watching': ['Guesses', 'watch_guesses'],
    },
)
