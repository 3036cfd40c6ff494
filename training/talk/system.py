"""A system prompt before the talk: it does not disturb."""

# ruff: noqa: E501 (tables of words)

import random

from . import advice, greeting, identity, poems, smalltalk, stories, unknown
from ._write import write

WEIGHT = 0.5

PROMPTS = (
    "[You are|You're] a [helpful|friendly|kind|polite|concise|patient|useful|clever] [assistant|AI assistant|chat model|teacher|tutor|helper][|.]",
    'You are an AI assistant whose name is InternLM (书生·浦语).',
    'Answer [briefly|in short sentences|politely|clearly|step by step|honestly][|.]',
    'You are tiny-chat, [the model|the small model|an assistant] of the LMDeploy course.',
    '[Be|Please be] [honest|kind|brief|polite|helpful][|.]',
    '[You are|Act as] {name}, a [teacher|pirate|poet|guide|librarian|scientist][|.]',
    '你是[一个|一位|][有用的|友好的|耐心的|有帮助的|专业的][助手|人工智能助手|老师|聊天机器人][|。]',
    '请[简短地|礼貌地|用简单的话|诚实地|耐心地]回答[|问题][|。]',
    '你是 tiny-chat，[LMDeploy 课程的小助手|一个小模型][|。]',
    '[回答要|请保持|请]简[短|洁][|。]',
    '你是{name}，[一位诗人|一位老师|一只猫|一位导游][|。]',
    '[请用中文和英文回答|You speak English and Chinese|Today is a good day|The user is a student|用户是一名学生][|。]',
)


def conversations(rng: random.Random) -> list[dict]:
    content = write(rng, PROMPTS, name=rng.choice(['Max', 'Ada', 'Robo', '小智', '阿明', 'Sunny', 'Helper', '小助手']))
    module = rng.choice((advice, greeting, greeting, identity, identity, poems, smalltalk, stories, unknown))
    return [{'role': 'system', 'content': content}, *module.conversations(rng)]
