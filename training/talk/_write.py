"""The pens of the talk modules: templates with choices, turns, and the way that people type."""

# ruff: noqa: E501 (tables of words)

import random
import re

_CHOICE = re.compile(r'\[([^\[\]]*)\]')


def write(rng: random.Random, template: str | list[str] | tuple[str, ...], **slots) -> str:
    """One text from a template, or from one of several: `[a|b]` is a choice (it nests), `{name}` a slot."""
    if not isinstance(template, str):
        template = rng.choice(template)
    while '[' in template:
        template = _CHOICE.sub(lambda match: rng.choice(match[1].split('|')), template)
    return template.format(**slots) if '{' in template else template


def typed(rng: random.Random, text: str) -> str:
    """`text` as a person might type it: a capital or the last mark missing, a mark of the other alphabet."""
    if text.lower().count('please') > 1:
        text = re.sub(r',? please$', '', text)
    chance = rng.random()
    if chance < 0.25:
        text = text[:1].lower() + text[1:]
    elif chance < 0.30:
        text = text.lower()
    elif chance < 0.60:
        text = text[:1].upper() + text[1:]
    chance = rng.random()
    if chance < 0.40:
        text = text.rstrip('.?!。？！~')
    elif chance < 0.50:
        text = text.replace('？', '?').replace('，', ',').replace('！', '!')
    return text.strip()


_OPENERS_EN = (
    '[so|well|ok|okay|right|now|um|hmm|oh|and|but|actually|honestly|anyway|alright|erm][, | ]',
    '[hi|hey|hello|hi there|hey there|hello there|good morning|good evening][, |! |. ]',
    '[by the way|just out of curiosity|out of interest|one question|quick question|a silly question|excuse me|sorry to ask|if I may ask|before we start|tell me|tell me honestly|be honest|please tell me|seriously|one more thing|real quick|forgive me|my question is|maybe a stupid question|I am curious|just curious|no offence|serious question|bro|dude|man|friend|tiny-chat][, |: | - ]',
    '[I have a question|I have one question for you|let me ask you something|can I ask you something|I am new here|I just got here|my friend wants to know this|my teacher asked me|I was thinking|sorry for my English][. |: |, ]',
)
_CLOSERS_EN = (
    '[, please| please|, just curious|, if I may ask|, I wonder|, by the way|, exactly|, actually|, really|, honestly|, then|, my friend|, mate|, bro|, dude|, man|, tiny-chat|, buddy| again| anyway| or what|, or not| in your opinion|, be honest|, tell me]',
    '[? Just curious.|? I am new here.|? Please tell me.|? I want to know.|? Thanks!|? Thank you.|? I really wonder.|? Be honest.|? :)|? My friend asked.|? I forgot.|? Sorry for asking.]',
)
_FRAMES_EN = (
    '[could|can|would|will] you [please |kindly |][tell me|let me know|explain to me|explain|say|share with me|clarify] {c}[?| please?|, please?]',
    '[tell me|please tell me|do tell me|just tell me|tell me honestly|tell us|explain|please explain|kindly tell me|let me know|say][ |: ]{c}[.||, please|, will you?]',
    "[I would like to know|I'd like to know|I want to know|I wanna know|I need to know|I'd love to know|I wonder|I'm wondering|I was wondering|I was just wondering|I am curious about|I'm curious|I'd like to ask|I wanted to ask|I want to ask you|my question is|I am interested to know|I don't know|I'm not sure|I cannot figure out|nobody told me|I forgot] {c}[.||, can you tell me?|, please tell me|, could you help?]",
    '[do you know|do you mind telling me|would you mind telling me|would you mind saying|is it possible to know|may I ask|may I know|might I ask|can I ask|can I know|could I know|am I allowed to know|any idea|any chance you tell me|are you able to tell me|want to tell me|how about you tell me] {c}?',
    '[people ask me|my friends want to know|my teacher asks|my colleague wonders|my little brother wants to know|somebody asked me] {c}[.||, what should I say?]',
)
_OPENERS_ZH = (
    '[请问|问一下，|想问一下，|想问问，|我想知道，|我想问，|好奇问一下，|冒昧问一句，|随便问问，|顺便问一下，|话说，|那个，|那，|嗯，|诶，|哎，|对了，|还有，|说真的，|说实话，|老实说，|老实告诉我，|坦白说，|悄悄问一句，|不好意思，|打扰一下，|弱弱问一句，|我有个问题，|问你个事，|你说，|跟我说说，|告诉我，|你先告诉我，]',
    '[你好，|您好，|嗨，|嘿，|哈喽，|在吗，|兄弟，|朋友，|亲，|老师，|小模型，|tiny-chat，|喂，|哥们，]',
)
_CLOSERS_ZH = '[呀|啊|呢|嘛|哈|哦|，我很好奇|，告诉我吧|，说说看|，说说呗|，请告诉我|，能说说吗|，我想知道|，老实说|，谢谢|，朋友问的|，我是新来的|来着|，行不行嘛]'
_FRAMES_ZH = (
    '[能告诉我|可以告诉我|能不能告诉我|可不可以告诉我|请告诉我|告诉我|麻烦告诉我|方便告诉我|请你说说|说说|讲讲|能说说|我想知道|我想了解一下|我很好奇|好奇|我想问问|想问一下|不知道|我不清楚|有人问我|朋友问我|老师问|我忘了|解释一下|谁知道|你知道|你知不知道|你能讲讲|跟我讲讲|快说][，|]{c}[|吗|吧|。|？]',
)
_SHORT = (
    ('you', 'u'),
    ('are', 'r'),
    ('your', 'ur'),
    ('please', 'pls'),
    ('what is', 'whats'),
    ('do not', 'dont'),
    ("don't", 'dont'),
    ("what's", 'whats'),
    ("I'm", 'im'),
    ('do you', 'you'),
    ('are you', 'you are'),
    ('the ', ''),
    ('a ', ''),
    ('want to', 'wanna'),
    ('because', 'cuz'),
    ('is ', ''),
    ('to', '2'),
    ('thanks', 'thx'),
)


def parse_asks(text: str) -> dict[str, tuple[tuple[str, ...], tuple[str, ...]]]:
    """Intents of a list of phrasings: the whole phrasings, and the clauses (`~`) that a frame can embed."""
    found = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        # `?` after a choice or a Han character: it may be left out
        line = re.sub(r'([\u4e00-\u9fff，])\?', r'[\1|]', line.replace(']?', '|]'))
        if line.startswith('# '):
            whole, clauses = found.setdefault(line[2:], ([], []))
        elif line.startswith('~'):
            clauses.append(line[1:])
        else:
            # a line stands for as many phrasings as its longest choice: it is drawn as often as their root
            weight = max((match[1].count('|') + 1 for match in _CHOICE.finditer(line)), default=1)
            whole += [line] * max(1, round(weight**0.5))
    return {intent: (tuple(whole), tuple(clauses)) for intent, (whole, clauses) in found.items()}


def joined(asks: dict[str, tuple], more: dict[str, tuple]) -> dict[str, tuple[tuple[str, ...], tuple[str, ...]]]:
    """Two lists of phrasings as one."""
    return {
        intent: tuple(
            first + second for first, second in zip(asks.get(intent, ((), ())), more.get(intent, ((), ())), strict=True)
        )
        for intent in asks | more
    }


def dressed(rng: random.Random, text: str, zh: bool) -> str:
    """A question between polite, chatty or hesitant words, or none; some in the short spelling of messages."""
    chance = rng.random()
    if chance < 0.22:
        first = text.split(' ')[0]
        keep = zh or first.startswith('I') or first[1:] != first[1:].lower()
        opener = write(rng, _OPENERS_ZH if zh else _OPENERS_EN)
        text = opener + (text if keep else text[:1].lower() + text[1:])
    if 0.16 < chance < 0.32:
        ended = text.rstrip(' .?!。？！~')
        text = ended + write(rng, _CLOSERS_ZH if zh else _CLOSERS_EN) if ended else text
    if not zh and rng.random() < 0.08:
        old, new = rng.choice([pair for pair in _SHORT if re.search(rf'\b{pair[0]}', text)] or [('', '')])
        text = re.sub(rf'\b{old}(?!\w)' if not old.endswith(' ') else rf'\b{old}', new, text, count=1) if old else text
    return re.sub(' {2,}', ' ', text).strip()


def ask(rng: random.Random, phrasings: tuple[tuple[str, ...], tuple[str, ...]], zh: bool, **slots) -> str:
    """A question from `parse_asks`: one of its phrasings, or one of its clauses in a frame."""
    whole, clauses = phrasings
    if clauses and rng.random() < 0.3:
        clause = write(rng, clauses, **slots)
        return write(rng, _FRAMES_ZH if zh else _FRAMES_EN, c=clause).replace('吗吗', '吗')
    text = write(rng, whole, **slots)
    return text + rng.choice('？？。！' if zh else '???.!') if text[-1].isalnum() else text


def capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def article(noun: str) -> str:
    """'a fox', 'an owl'."""
    return (
        'an ' if noun[0].lower() in 'aeiou' and not noun.startswith(('uni', 'use', 'one', 'USB', 'yeti')) else 'a '
    ) + noun


def turn(question: str, answer: str) -> list[dict]:
    return [{'role': 'user', 'content': question}, {'role': 'assistant', 'content': answer}]
