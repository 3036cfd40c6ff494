"""Chapter 8: a model of one's own, by LoRA: its data, its training, what it cost, and the merged folder."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        'data': [
            'held_out',
            'near_questions',
            'ordinary_questions',
            'other_answers',
            'pair',
            'self_cognition',
            'write_conversations',
        ],
        'judging': ['own_answers', 'perplexity', 'share_saying'],
        'merging': ['merge'],
        'spoiling': ['DEFECTS', 'MORE_DEFECTS', 'said_of', 'spoil'],
        'training': ['Lora', 'Training', 'train'],
    },
)
