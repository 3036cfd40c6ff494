"""Conversations with tools: the list of them, questions that need one (or none), the call, its result, the answer.

Numbers are random everywhere, and so are the tools beside `add` and `mul`, their order and the names of their
parameters: the model has to read the list and copy from the question, not remember.
"""

import json
import random
import re
from collections.abc import Callable
from dataclasses import dataclass

from training.chat.words.read import read
from training.chat.words.write import typed, write
from training.tokenizer import CALL_END, CALL_START

from . import arithmetic, memory

# Calls as LMDeploy's `tool_choice='required'` makes a model write them: no line break before the JSON, and an end that
# is `</s>`, the only one that its grammars know.
BARE_CALL_SHARE = 0.12


@dataclass(frozen=True)
class Tool:
    """One tool: its names (the first half of the time the first), descriptions by language, parameters with type and
    names."""

    names: tuple[str, ...]
    descriptions: dict[str, tuple[str, ...]]
    parameters: tuple[tuple[str, tuple[str, ...]], ...]


TABLE = read('tools')
TOOLS = {
    kind: Tool(
        found['names'],
        {language: found[language] for language in ('en', 'zh')},
        tuple((value, tuple(names.split())) for value, names in found['parameters']),
    )
    for kind, found in TABLE['tools'].items()
}
HELD_OUT = TABLE['held_out']  # phrasings of the evaluation alone
OTHER_ASKS, SENTENCES = TABLE['other_asks'], TABLE['sentences']


def number(rng: random.Random) -> int:
    """An integer of one to four digits, each length as often."""
    digits = rng.choice((1, 2, 2, 3, 3, 4))
    return rng.randint(0 if digits == 1 else 10 ** (digits - 1), 10**digits - 1)


def call(name: str, arguments: dict, bare: bool = False) -> str:
    """What the assistant writes to call a tool: as InternLM2, `name` and `parameters` between its action tokens."""
    written = json.dumps({'name': name, 'parameters': arguments}, ensure_ascii=False)
    return f'{CALL_START}{written}{CALL_END}</s>' if bare else f'{CALL_START}\n{written}{CALL_END}'


def calls_of(answer: str) -> list[dict] | None:
    """The calls in an assistant's message, [] where there is none; None where one of them is no JSON object."""
    calls = []
    for text in re.findall(re.escape(CALL_START) + r'(.*?)(?:' + re.escape(CALL_END) + '|$)', answer, re.DOTALL):
        try:
            calls.append(json.loads(text))
        except ValueError:
            return None
    return calls if all(isinstance(found, dict) for found in calls) else None


def language_of(question: str) -> str:
    """'zh' where the question has a Chinese sign; bare digits are answered in English."""
    return 'zh' if re.search(r'[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]', question) else 'en'


def compute(kind: str, a: int, b: int) -> int:
    """What the tool `kind` gives for a and b."""
    return {
        'add': lambda: a + b,
        'sub': lambda: a - b,
        'mul': lambda: a * b,
        'div': lambda: a // max(b, 1),
        'max': lambda: max(a, b),
    }[kind]()


@dataclass(frozen=True)
class Listed:
    """A tool as this conversation lists it: its kind, name, and its parameters' names."""

    kind: str
    name: str
    parameters: tuple[str, ...]
    schema: dict

    def arguments(self, *values) -> dict:
        return dict(zip(self.parameters, values, strict=True))


def listed(rng: random.Random, kind: str, language: str, plain: bool = False) -> Listed:
    """`kind` with a name, parameters and schema drawn; `plain`: under its first name, with `a` and `b`."""
    tool = TOOLS[kind]
    name = tool.names[0] if plain or rng.random() < 0.6 else rng.choice(tool.names)
    if len(tool.parameters) == 2:
        names = ('a', 'b') if plain else rng.choice(TABLE['pairs'])
    else:
        names = tuple(rng.choice(names) for _, names in tool.parameters)
    described = rng.random() < 0.3
    properties = {}
    for (kind_of_value, _), parameter in zip(tool.parameters, names, strict=True):
        properties[parameter] = {'type': kind_of_value}
        if described:
            properties[parameter]['description'] = TABLE['described'][language][len(properties) - 1]
    schema = {'type': 'object', 'properties': properties}
    if rng.random() < 0.85:
        schema['required'] = list(names)
    entry = {'name': name}
    if rng.random() < 0.85:
        entry['description'] = write(rng, tool.descriptions[language])
    return Listed(kind, name, names, {**entry, 'parameters': schema})


def draw_tools(rng: random.Random, language: str, needed: tuple[str, ...] = ()) -> list[Listed]:
    """One to four tools in any order, `needed` among them; half of the time `add` and `mul` alone."""
    if set(needed) <= {'add', 'mul'} and rng.random() < 0.55:
        kinds = ['add', 'mul'] if rng.random() < 0.8 or len(needed) > 1 else list(needed or ('add',))
        plain = rng.random() < 0.7
    else:
        others = [kind for kind in TOOLS if kind not in needed]
        kinds = [*needed, *rng.sample(others, rng.choice((0, 1, 1, 2, 3)) if needed else rng.choice((1, 2, 3)))]
        plain = rng.random() < 0.3
    rng.shuffle(kinds)
    return [listed(rng, kind, language, plain) for kind in kinds]


def tool_message(tools: list[Listed]) -> dict:
    """The list of tools, as the chat template writes it."""
    return {'role': 'tools', 'content': json.dumps([tool.schema for tool in tools], ensure_ascii=False)}


def ask(rng: random.Random, kind: str, a: int, b: int, language: str) -> str:
    """A question that needs the tool `kind` with a and b."""
    way = rng.random()
    if way < 0.12 and kind in TABLE['stories']:
        text = write(rng, TABLE['stories'][kind][language], a=a, b=b)
    elif way < 0.38:
        text = dress(rng, write(rng, TABLE['orders'][kind][language], a=a, b=b), 'ask_order', language)
    else:
        text = dress(rng, write(rng, TABLE['things'][kind][language], a=a, b=b), 'ask_thing', language)
    return typed(rng, text)


def dress(rng: random.Random, expression: str, frames: str, language: str) -> str:
    """`expression` in one of the frames of that name, with a beginning now and then."""
    start = rng.choice(TABLE['starts'][language])
    return start + write(rng, rng.choice(TABLE[frames][language]), e=expression, s=' ')


def shown(rng: random.Random, result) -> str:
    """A tool's result as a program sends it back."""
    kind = rng.random()
    if kind < 0.75:
        return str(result)
    key = rng.choice(('result', 'result', 'value', 'answer', 'output'))
    return json.dumps({key: result}, ensure_ascii=False)


def exchange(rng: random.Random, tool: Listed, values: tuple, result) -> list[dict]:
    """The call, and the result."""
    content = call(tool.name, tool.arguments(*values), rng.random() < BARE_CALL_SHARE)
    return [{'role': 'assistant', 'content': content, 'special': True}, {'role': 'tool', 'content': shown(rng, result)}]


def one_sum(rng: random.Random, tools: dict[str, Listed], kind: str, language: str) -> list[dict]:
    """A question, the call, the result (now and then a wrong one: it is to be read, not known), the answer."""
    a, b = number(rng), number(rng)
    question = ask(rng, kind, a, b, language)
    result = compute(kind, a, b) if rng.random() < 0.7 else number(rng) * rng.choice((1, 1, 7, 113, 9001))
    found = exchange(rng, tools[kind], (a, b), result)
    said = SENTENCES[kind][language_of(question)].format(a=a, b=b, r=result)
    if rng.random() < 0.02:
        error = rng.choice(TABLE['errors'])
        found[1]['content'] = f'error: {error}'
        said = SENTENCES['failed'][language_of(question)].format(r=error)
    return [{'role': 'user', 'content': question}, *found, {'role': 'assistant', 'content': said}]


def two_sums(rng: random.Random, tools: dict[str, Listed], language: str) -> list[dict]:
    """A question that takes two calls, one after the other."""
    chain = rng.choice(TABLE['chains'])
    first, second = chain['first'], chain['second']
    a, b, c = number(rng), number(rng), number(rng)
    if 'orders' in chain and rng.random() < 0.4:
        text = dress(rng, write(rng, chain['orders'][language], a=a, b=b, c=c), 'ask_order', language)
    else:
        text = dress(rng, write(rng, chain['things'][language], a=a, b=b, c=c), 'ask_thing', language)
    text = typed(rng, text)
    between = compute(first, a, b) if rng.random() < 0.8 else number(rng) * rng.choice((1, 13, 997))
    values = (c, between) if 'behind' in chain else (between, c)
    result = compute(second, *values)
    return [
        {'role': 'user', 'content': text},
        *exchange(rng, tools[first], (a, b), between),
        *exchange(rng, tools[second], values, result),
        {'role': 'assistant', 'content': SENTENCES['two steps'][language_of(text)].format(r=result)},
    ]


def another(rng: random.Random, tools: dict[str, Listed], kind: str, language: str) -> list[dict]:
    """A question for a tool that does not calculate."""
    if kind == 'set_timer':
        value = number(rng)
        result = rng.choice(('ok', 'done', 'true'))
    elif kind == 'word_count':
        value = memory.draw_word(rng, 'en')
        result = len(value)
    else:
        value = memory.draw_place(rng, language)
        weather = rng.choice(TABLE['weather'][language]) + f', {rng.randint(-9, 38)}°C'
        result = weather if kind == 'get_weather' else f'{rng.randint(0, 23):02}:{rng.randint(0, 59):02}'
    question = write(rng, rng.choice(OTHER_ASKS[kind][language]), a=value)
    found = exchange(rng, tools[kind], (value,), result)
    found[1]['content'] = str(result)
    said = SENTENCES[kind][language_of(question)].format(a=value, r=result)
    messages = [{'role': 'user', 'content': question}, *found, {'role': 'assistant', 'content': said}]
    copied = (value,) if isinstance(value, str) else ()
    return [{**message, 'copied': copied} for message in messages]


def conversation(rng: random.Random, language: str, filler: Callable[[], list[dict]]) -> list[dict]:
    """Tools, and one to three questions: most need one of them.  `filler`: other talk, which needs none.

    Roles are those of `tokenizer.HEADS`; `special`: the content holds special tokens.
    """
    if rng.random() < 0.05:  # the same question without tools
        kind = rng.choice(('add', 'mul'))
        question = ask(rng, kind, rng.randint(101, 9999), rng.randint(101, 9999), language)
        said = TABLE['too_large'][language_of(question)]
        return [{'role': 'user', 'content': question}, {'role': 'assistant', 'content': said}]
    kinds = rng.choices(
        (('add',), ('mul',), ('add', 'mul'), ('other',), ('sum',), ()), (0.27, 0.27, 0.17, 0.09, 0.06, 0.14)
    )[0]
    if kinds == ('other',):
        kinds = (rng.choice(list(OTHER_ASKS)),)
    elif kinds == ('sum',):
        kinds = (rng.choice(('sub', 'div', 'max')),)
    drawn = draw_tools(rng, language, kinds)
    tools = {tool.kind: tool for tool in drawn}
    messages = [tool_message(drawn)]
    if rng.random() < 0.15:
        messages.insert(0, {'role': 'system', 'content': write(rng, TABLE['systems'])})
    for index in range(rng.choice((1, 1, 1, 2, 2, 3))):
        if not kinds or (index and rng.random() < 0.3) or (not index and rng.random() < 0.08):
            messages += without(rng, drawn, language, filler)
        elif len(kinds) == 2:
            messages += two_sums(rng, tools, language)
        elif kinds[0] in OTHER_ASKS:
            messages += another(rng, tools, kinds[0], language)
        else:
            possible = [kind for kind in ('add', 'mul') if kind in tools and kinds[0] in ('add', 'mul')]
            kind = kinds[0] if not index or not possible else rng.choice(possible)
            messages += one_sum(rng, tools, kind, language)
    return messages


def without(rng: random.Random, tools: list[Listed], language: str, filler: Callable[[], list[dict]]) -> list[dict]:
    """A question that needs none of the tools."""
    if rng.random() < 0.12:
        question = typed(rng, write(rng, TABLE['which'][language]))
        names = ', '.join(tool.name for tool in tools)
        said = TABLE['which_answer'][language_of(question)].format(names=names)
        return [{'role': 'user', 'content': question}, {'role': 'assistant', 'content': said}]
    if rng.random() < 0.1 and not {'add', 'sub', 'mul'} & {tool.kind for tool in tools}:
        return arithmetic.conversation(rng, language)[:2]
    for _ in range(20):
        found = filler()
        # a sum belongs to the tools, and so do the weather and the time
        if not re.search(r'\d.*\d|weather|time|天气|几点|时间', found[0]['content']):
            return found
    return [{'role': 'user', 'content': 'hello'}, {'role': 'assistant', 'content': 'Hello!'}]
