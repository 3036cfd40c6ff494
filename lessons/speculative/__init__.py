"""Deep dive 7: speculative decoding, its arithmetic, a draft head for tiny-chat, and how often its guesses agree."""

from .arithmetic import speed_up, tokens_a_step
from .methods import methods, targets
from .tiny_draft import draft_folder
from .watching import Guesses, watch_guesses

__all__ = ['Guesses', 'draft_folder', 'methods', 'speed_up', 'targets', 'tokens_a_step', 'watch_guesses']
