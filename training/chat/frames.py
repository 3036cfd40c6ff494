"""Other frames around the same matter: "How do I X?" becomes "Is there a way to X?", "X 是什么" becomes "说说 X"."""

import random
import re

from training.chat.words.read import read

from .texts import language_of

TABLE = read('frames')
RULES = {
    language: tuple((re.compile(rule['asked'], re.IGNORECASE), TABLE[language][rule['frames']]) for rule in rules)
    for language, rules in TABLE['rules'].items()
}


def reframe(rng: random.Random, text: str) -> str:
    """`text` in another frame of its kind, or as it is where no rule fits."""
    bare = text.rstrip('?？。.!！ ')
    for pattern, frames in RULES[language_of(text)]:
        match = pattern.fullmatch(bare)
        if match:
            return rng.choice(frames).format(*(group.strip() for group in match.groups()))
    return text
