"""A system prompt before the talk: it does not disturb."""

import random

from training.chat.words.read import read
from training.chat.words.write import write

from . import advice, greeting, identity, poems, smalltalk, stories, unknown

WEIGHT = 0.5

PROMPTS = read('system')['templates']


def conversations(rng: random.Random) -> list[dict]:
    content = write(rng, PROMPTS, name=rng.choice(['Max', 'Ada', 'Robo', '小智', '阿明', 'Sunny', 'Helper', '小助手']))
    module = rng.choice((advice, greeting, greeting, identity, identity, poems, smalltalk, stories, unknown))
    return [{'role': 'system', 'content': content}, *module.conversations(rng)]
