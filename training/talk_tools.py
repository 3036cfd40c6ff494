"""Conversations with tools: the list of them, questions that need one (or none), the call, its result, the answer.

Numbers are random everywhere, and so are the tools beside `add` and `mul`, their order and the names of their
parameters: the model has to read the list and copy from the question, not remember.
"""

# ruff: noqa: E501, SIM905 (tables of words)

import json
import random
import re
from collections.abc import Callable
from dataclasses import dataclass

from training import talk_arithmetic, talk_memory
from training.talk._write import typed, write
from training.tokenizer import CALL_END, CALL_START

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


PAIRS = (('a', 'b'), ('a', 'b'), ('a', 'b'), ('x', 'y'), ('first', 'second'), ('left', 'right'), ('m', 'n'), ('p', 'q'))
_TWO_INTEGERS = (('integer', ('a', 'x', 'first')), ('integer', ('b', 'y', 'second')))
TOOLS = {
    'add': Tool(
        ('add', 'sum', 'plus', 'add_numbers', 'addition'),
        {
            'en': (
                'Add two [integers|numbers][.|]',
                'The sum of [two integers|a and b][.|]',
                'Returns a + b[.|]',
                'Adds [two numbers|numbers][.|]',
            ),
            'zh': ('两个[整数|数]相加[。|]', '计算两数之和', '加法[。|]', '返回 a 加 b'),
        },
        _TWO_INTEGERS,
    ),
    'mul': Tool(
        ('mul', 'multiply', 'times', 'product', 'multiply_numbers'),
        {
            'en': (
                'Multiply two [integers|numbers][.|]',
                'The product of [two integers|a and b][.|]',
                'Returns a * b[.|]',
                'Multiplies [two numbers|numbers][.|]',
            ),
            'zh': ('两个[整数|数]相乘[。|]', '计算两数之积', '乘法[。|]', '返回 a 乘 b'),
        },
        _TWO_INTEGERS,
    ),
    'sub': Tool(
        ('sub', 'subtract', 'minus', 'difference'),
        {'en': ('Subtract b from a', 'The difference of two integers'), 'zh': ('两个整数相减', '减法')},
        _TWO_INTEGERS,
    ),
    'div': Tool(
        ('div', 'divide', 'quotient'),
        {'en': ('Divide a by b', 'Integer division'), 'zh': ('两数相除', '整数除法')},
        _TWO_INTEGERS,
    ),
    'max': Tool(
        ('max', 'maximum', 'larger'),
        {'en': ('The larger of two numbers', 'Maximum'), 'zh': ('两数中较大的', '最大值')},
        _TWO_INTEGERS,
    ),
    'get_weather': Tool(
        ('get_weather', 'weather', 'current_weather'),
        {'en': ('The weather of a city', 'Get the current weather'), 'zh': ('查询城市的天气', '天气')},
        (('string', ('city', 'location', 'place')),),
    ),
    'get_time': Tool(
        ('get_time', 'local_time', 'clock'),
        {'en': ('The time in a city', 'Local time of a city'), 'zh': ('查询城市的时间', '当地时间')},
        (('string', ('city', 'location', 'place')),),
    ),
    'set_timer': Tool(
        ('set_timer', 'timer', 'start_timer'),
        {'en': ('Set a timer in minutes', 'Start a timer'), 'zh': ('设置定时器，单位分钟', '定时')},
        (('integer', ('minutes', 'n', 'duration')),),
    ),
    'word_count': Tool(
        ('word_count', 'count_words', 'count_letters'),
        {'en': ('Count the letters of a word', 'Length of a text'), 'zh': ('数一个词的字母', '文本长度')},
        (('string', ('text', 'word', 's')),),
    ),
}
WORDED = {'en': ('first number', 'second number'), 'zh': ('第一个数', '第二个数')}

# How a sum is asked for: as a thing ("what is …"), as an order ("… for me"), as a small story, by language.
THINGS = {
    'add': {
        'en': ('{a} + {b}', '{a} + {b}', '{a}+{b}', '{a} plus {b}', '{a} plus {b}', 'the sum of {a} and {b}', '{a} and {b} [together|added up|added together|in total|summed]', '{a} added to {b}', 'the total of {a} and {b}'),
        'zh': ('{a} + {b}', '{a}+{b}', '{a} 加 {b}', '{a}加{b}', '{a} 加上 {b}', '{a}加上{b}', '{a} 与 {b} 的和', '{a}和{b}的和', '{a}跟{b}加起来', '{a} 和 {b} 相加', '{a}和{b}之和', '{a} 和 {b} 的总和'),
    },
    'mul': {
        'en': ('{a} * {b}', '{a} * {b}', '{a}*{b}', '{a} × {b}', '{a} x {b}', '{a} times {b}', '{a} times {b}', '{a} multiplied by {b}', 'the product of {a} and {b}', '{a} and {b} multiplied'),
        'zh': ('{a} * {b}', '{a}*{b}', '{a} × {b}', '{a}×{b}', '{a} 乘 {b}', '{a}乘{b}', '{a} 乘以 {b}', '{a}乘以{b}', '{a} 与 {b} 的积', '{a}和{b}的乘积', '{a} 和 {b} 相乘', '{a}和{b}之积'),
    },
    'sub': {'en': ('{a} - {b}', '{a} minus {b}', 'the difference of {a} and {b}'), 'zh': ('{a} - {b}', '{a}减{b}', '{a} 减去 {b}', '{a}与{b}的差')},
    'div': {'en': ('{a} / {b}', '{a} divided by {b}'), 'zh': ('{a} / {b}', '{a}除以{b}', '{a} 除以 {b}')},
    'max': {'en': ('the [larger|bigger|maximum] of {a} and {b}', '[larger|bigger], {a} or {b}'), 'zh': ('{a}和{b}中较大的数', '{a} 和 {b} 的最大值')},
}  # fmt: skip
ORDERS = {
    'add': {
        'en': ('add {a} and {b}', 'add {a} to {b}', 'sum {a} and {b}', 'add up {a} and {b}', 'put {a} and {b} together', 'sum up {a} and {b}', 'add the numbers {a} and {b}'),
        'zh': ('把{a}和{b}加起来', '把 {a} 和 {b} 相加', '将{a}加上{b}', '把{a}加到{b}上', '求{a}与{b}的和', '求 {a} 加 {b}'),
    },
    'mul': {
        'en': ('multiply {a} by {b}', 'multiply {a} and {b}', 'multiply {a} with {b}', 'take {a} times {b}', 'multiply the numbers {a} and {b}'),
        'zh': ('把{a}和{b}乘起来', '把 {a} 和 {b} 相乘', '将{a}乘以{b}', '把{a}乘上{b}', '求{a}与{b}的积', '求 {a} 乘 {b}'),
    },
    'sub': {'en': ('subtract {b} from {a}', 'take {b} away from {a}'), 'zh': ('从{a}里减去{b}', '求{a}减{b}')},
    'div': {'en': ('divide {a} by {b}',), 'zh': ('把{a}除以{b}',)},
    'max': {'en': ('[compare|take the larger of] {a} and {b}',), 'zh': ('比较{a}和{b}哪个大',)},
}  # fmt: skip
STORIES = {
    'add': {
        'en': (
            '[I have|She has|Tom has|We have|Anna had] {a} [apples|books|coins|stamps|marbles|cards|eggs] and [get|buy|find]s {b} more. How many [are there|is that|in total]?',
            'There are {a} [girls|cats|red balls|cars] and {b} [boys|dogs|blue balls|bikes]. How many [are there|altogether|in all]?',
            'One [bag|book|ticket|lamp] costs {a} [dollars|yuan|euros], another {b}. What do [I pay|both cost] [together|in total]?',
        ),
        'zh': (
            '[我|小明|她|妈妈]有{a}[个苹果|本书|枚硬币|张邮票|个鸡蛋]，又[买|拿|得到]了{b}[个|本|枚|张]，一共有多少？',
            '[停车场|公园|教室]里有{a}[辆车|只猫|个女生]和{b}[辆自行车|只狗|个男生]，一共多少？',
            '一[本书|件衣服|张票]{a}元，另一[本|件|张]{b}元，一共多少钱？',
        ),
    },
    'mul': {
        'en': (
            'There are {a} [boxes|bags|shelves|rows] with {b} [eggs|apples|books|chairs] [each|in each]. How many [is that|in total|altogether]?',
            '[I buy|We buy|She orders] {a} [tickets|pens|cakes] for {b} [dollars|yuan|euros] each. How much is [it|that] [in total|altogether|]?',
            '{a} [rows|pages] of {b} [seats|lines] [each|]: how many [seats|lines|in total]?',
        ),
        'zh': (
            '有{a}[个箱子|个袋子|排书架]，每[个|排]有{b}[个鸡蛋|个苹果|本书]，一共有多少？',
            '[买|订]{a}[张票|支笔|个蛋糕]，每[张|支|个]{b}元，一共多少钱？',
            '{a}[排座位|页纸]，每[排|页]{b}[个|行]，总共多少？',
        ),
    },
}  # fmt: skip
STARTS = {
    'en': (
        '',
        '',
        '',
        '',
        'please ',
        'hi, ',
        'hello! ',
        'ok, ',
        'now ',
        'and ',
        'so ',
        'next: ',
        'quick question: ',
        'question: ',
        'thanks! ',
    ),
    'zh': ('', '', '', '', '请', '你好，', '那', '好的，', '现在', '再', '问一下，', '下一题：', '谢谢！', '接着'),
}
ASK_THING = {
    'en': (
        "[what is|what's|what is|how much is|how much are|calculate|compute|work out|evaluate|solve|tell me|give me|find|what do you get for|what is the value of|do you know|show me] {e}[?||.| please| for me]",
        "[can|could|will|would] you [please |][calculate|compute|work out|tell me|give me|find|evaluate] {e}[?||for me?|, please]",
        '[use|please use|try|call] [the tool|a tool|the tools|your tools|the right tool|the calculator|the function] [to calculate|to compute|to work out|for|to get|to find]{s}{e}[.|||!]',
        "[I need|I want|I'd like|I would like|I need to know|I want to know|my homework is|I am looking for] {e}[.||, please]",
        '[with the tool|by tool|with your tools|using the tools|using a tool][,|:] [what is|how much is|calculate|compute] {e}[?||.]',
        '{e}[| = ?| =| = |?|=?| equals?| is what?| please|, please|, how much is that?| makes what?]',
        '[the result of|the answer to|the value of] {e}[?| please]',
        '[what does|how much does] {e} [equal|make|come to|give]?',
    ),
    'zh': (
        '{e}[等于多少|是多少|等于几|得多少|得几|的结果是多少|是几|结果是什么|怎么算][？||呢|呢？|？谢谢]',
        '[计算|算一下|算算|请计算|帮我算|帮我算一下|请算|算|求|请帮我计算|麻烦算一下|告诉我|请告诉我|帮忙算下][| |：]{e}[|。|吧|？| 谢谢]',
        '[用工具算|用工具计算|请用工具计算|使用工具算一下|调用工具算|用工具算一下|用函数算|请调用工具计算|借助工具算][| |：]{e}[|。|！|吧]',
        '[我想知道|我要知道|我需要|请问|你知道|能告诉我|想问下]{e}[等于多少|是多少|的结果|得多少][|？|吗？]',
        '{e}[|=|=？|= ?|？|?| 等于？|，用工具算]',
        '[能|可以|能不能|可不可以]用工具[算|计算][| ]{e}[吗？||？]',
    ),
}  # fmt: skip
ASK_ORDER = {
    'en': ('{e}[||.|, please|!| for me| now]', '[please|can you|could you|would you|will you|I want you to|now|just|let us|you should] {e}[||.|?]', '[use|please use] [the tool|a tool|your tools|the tools] [to|and] {e}[.||!]', '[with|using] [the tool|a tool|the tools][,|:|] {e}[.|]'),
    'zh': ('[|请|请你|帮我|麻烦你|现在|你来|能不能|用工具|请用工具|调用工具]{e}[||。|吧|，谢谢|！]',),
}  # fmt: skip
SENTENCES = {
    'add': {'en': '{a} plus {b} is {r}.', 'zh': '{a} 加 {b} 等于 {r}。'},
    'mul': {'en': '{a} times {b} is {r}.', 'zh': '{a} 乘以 {b} 等于 {r}。'},
    'sub': {'en': '{a} minus {b} is {r}.', 'zh': '{a} 减 {b} 等于 {r}。'},
    'div': {'en': '{a} divided by {b} is {r}.', 'zh': '{a} 除以 {b} 等于 {r}。'},
    'max': {'en': 'The larger of {a} and {b} is {r}.', 'zh': '{a} 和 {b} 中较大的是 {r}。'},
    'two steps': {'en': 'The result is {r}.', 'zh': '结果是 {r}。'},
    'get_weather': {'en': 'The weather in {a}: {r}.', 'zh': '{a}的天气：{r}。'},
    'get_time': {'en': 'In {a} it is {r}.', 'zh': '{a}现在是 {r}。'},
    'set_timer': {'en': 'The timer is set: {a} minutes.', 'zh': '定时器已设好：{a} 分钟。'},
    'word_count': {'en': '"{a}" has {r} letters.', 'zh': '“{a}”有 {r} 个字母。'},
    'failed': {'en': 'The tool reported an error: {r}', 'zh': '工具报错了：{r}'},
}
OTHER_ASKS = {
    'get_weather': {
        'en': ("[what is|what's|how is|tell me|check] the weather [in|of|for] {a}[?||today?| now?]", 'weather in {a}[?|, please|]', 'is it [raining|sunny|cold|warm] in {a}?'),
        'zh': ('{a}[今天|现在|]天气[怎么样|如何][？|]', '[查一下|查查|告诉我]{a}的天气', '{a}[下雨|冷|热]吗？'),
    },
    'get_time': {
        'en': ('[what time is it|what is the time|tell me the time] in {a}[?|]', 'how late is it in {a}?'),
        'zh': ('{a}[现在|]几点[了|]？', '[查一下|告诉我]{a}的时间'),
    },
    'set_timer': {
        'en': ('[set|start] a timer [for|of] {a} minutes', '[wake me|remind me] in {a} minutes', 'timer {a} min'),
        'zh': ('[定|设]个{a}分钟的[定时器|闹钟]', '{a}分钟后[提醒|叫]我'),
    },
    'word_count': {
        'en': ('how many letters [has|are in|does the word] {a}[?| have?]', 'count the letters of {a}'),
        'zh': ('{a}有[多少|几]个字母[？|]', '数一下{a}的字母'),
    },
}  # fmt: skip
# Two sums in a row: signs of the first and the second, whether the first result stands behind (a + b × c), the ways.
CHAINS = (
    ('add', 'mul', False, {'en': ('({a} + {b}) * {c}', '({a} + {b}) × {c}', '({a}+{b})*{c}', 'the sum of {a} and {b}, times {c}', '{a} plus {b}, and that times {c}'), 'zh': ('({a} + {b}) * {c}', '（{a}+{b}）×{c}', '({a}+{b})×{c}', '{a}加{b}的和乘以{c}', '{a} 加 {b} 再乘以 {c}', '{a}加{b}，再乘{c}')}, {'en': ('add {a} and {b}, then multiply by {c}', 'add {a} to {b} and multiply [the result|that|it] by {c}', 'first add {a} and {b}, then [times|multiply by] {c}', 'sum {a} and {b}; multiply the sum by {c}'), 'zh': ('先把{a}和{b}加起来，再乘以{c}', '{a}和{b}相加，然后乘以{c}', '先算{a}加{b}，再乘{c}')}),
    ('mul', 'add', False, {'en': ('{a} * {b} + {c}', '{a} × {b} + {c}', '{a}*{b}+{c}', '{a} times {b} plus {c}', '({a} * {b}) + {c}', 'the product of {a} and {b}, plus {c}'), 'zh': ('{a} * {b} + {c}', '{a}×{b}+{c}', '{a}乘以{b}再加{c}', '{a} 乘 {b} 加 {c}', '{a}和{b}的积加{c}')}, {'en': ('multiply {a} by {b}, then add {c}', 'multiply {a} and {b} and add {c}', 'first multiply {a} by {b}, then add {c}'), 'zh': ('先把{a}和{b}相乘，再加{c}', '{a}乘以{b}，然后加上{c}', '先算{a}乘{b}，再加{c}')}),
    ('mul', 'add', True, {'en': ('{c} + {a} * {b}', '{c} + {a} × {b}', '{c}+{a}*{b}', '{c} plus {a} times {b}', '{c} + ({a} * {b})'), 'zh': ('{c} + {a} * {b}', '{c}+{a}×{b}', '{c}加上{a}乘以{b}', '{c} 加 {a} 乘 {b}')}, {}),
    ('add', 'add', False, {'en': ('{a} + {b} + {c}', '{a}+{b}+{c}', '{a} plus {b} plus {c}', 'the sum of {a}, {b} and {c}'), 'zh': ('{a} + {b} + {c}', '{a}+{b}+{c}', '{a}加{b}加{c}', '{a}、{b}和{c}的和')}, {'en': ('add {a}, {b} and {c}', 'add {a} and {b}, then add {c}'), 'zh': ('把{a}、{b}和{c}加起来', '先把{a}和{b}相加，再加{c}')}),
    ('mul', 'mul', False, {'en': ('{a} * {b} * {c}', '{a} × {b} × {c}', '{a} times {b} times {c}', 'the product of {a}, {b} and {c}'), 'zh': ('{a} * {b} * {c}', '{a}×{b}×{c}', '{a}乘{b}乘{c}', '{a}、{b}和{c}的积')}, {'en': ('multiply {a}, {b} and {c}', 'multiply {a} by {b}, then by {c}'), 'zh': ('把{a}、{b}和{c}乘起来', '先把{a}和{b}相乘，再乘{c}')}),
)  # fmt: skip
# Phrasings that training never uses; the evaluation asks with them.
HELD_OUT = {
    'add': {
        'en': ('If I put {a} and {b} on one pile, what do I have?', 'Would you kindly figure out {a} plus {b}?', 'Let the machine add {a} and {b}.', 'A friend asks what {a} + {b} comes out as.', 'Run the numbers: {a} plus {b}'),
        'zh': ('劳驾，{a} 加 {b} 合计多少', '老师问{a}加上{b}得出多少', '借工具一用：{a}+{b}', '请把 {a} 与 {b} 求个和', '{a} 加 {b} 这道题的答案'),
    },
    'mul': {
        'en': ('Would you kindly figure out {a} times {b}?', 'Let the machine multiply {a} by {b}.', 'A friend asks what {a} * {b} comes out as.', 'Run the numbers: {a} times {b}', 'I wonder about {a} multiplied by {b}'),
        'zh': ('劳驾，{a} 乘以 {b} 合计多少', '老师问{a}乘{b}得出多少', '借工具一用：{a}×{b}', '请把 {a} 与 {b} 求个积', '{a} 乘 {b} 这道题的答案'),
    },
}  # fmt: skip
WHICH = {
    'en': (
        '[what|which] tools [do you have|can you use|are there][?|]',
        '[list|name|show me] your tools',
        'what functions can you call?',
    ),
    'zh': ('你[有|能用|可以用]哪些工具[？|]', '[列出|说说]你的工具', '有什么工具可以用？'),
}
WHICH_ANSWER = {'en': 'I can use these tools: {names}.', 'zh': '我可以用这些工具：{names}。'}
TOO_LARGE = {
    'en': "I don't know: without a tool I only calculate with small numbers.",
    'zh': '我不知道：没有工具，我只会算小的数。',
}
SYSTEMS = (
    'You [can|may] use tools.', 'You are a helpful assistant with tools.', 'Use the tools to calculate.', 'You are a [calculator|helpful calculator|maths assistant].',
    '你可以使用工具。', '请用工具计算。', '你是一个会用工具的助手。',
)  # fmt: skip
WEATHER = {
    'en': 'sunny|cloudy|rainy|windy|snow|fog|clear|storm|light rain|hot'.split('|'),
    'zh': '晴|多云|小雨|大风|下雪|有雾|阴天|雷阵雨'.split('|'),
}
ERRORS = ('timeout', 'not found', 'division by zero', 'invalid argument', 'service unavailable')


def number(rng: random.Random) -> int:
    """An integer of one to four digits, each length as often."""
    digits = rng.choice((1, 2, 2, 3, 3, 4))
    return rng.randint(0 if digits == 1 else 10 ** (digits - 1), 10**digits - 1)


def call(name: str, arguments: dict, bare: bool = False) -> str:
    """What the assistant writes to call a tool, as InternLM2 does: `name` and `parameters` between its action tokens."""
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
        names = ('a', 'b') if plain else rng.choice(PAIRS)
    else:
        names = tuple(rng.choice(names) for _, names in tool.parameters)
    described = rng.random() < 0.3
    properties = {}
    for (kind_of_value, _), parameter in zip(tool.parameters, names, strict=True):
        properties[parameter] = {'type': kind_of_value}
        if described:
            properties[parameter]['description'] = WORDED[language][len(properties) - 1]
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
    if way < 0.12 and kind in STORIES:
        text = write(rng, STORIES[kind][language], a=a, b=b)
    elif way < 0.38:
        text = dress(rng, write(rng, ORDERS[kind][language], a=a, b=b), ASK_ORDER, language)
    else:
        text = dress(rng, write(rng, THINGS[kind][language], a=a, b=b), ASK_THING, language)
    return typed(rng, text)


def dress(rng: random.Random, expression: str, frames: dict, language: str) -> str:
    """`expression` in one of the frames, with a beginning now and then."""
    return rng.choice(STARTS[language]) + write(rng, rng.choice(frames[language]), e=expression, s=' ')


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
        found[1]['content'] = f'error: {(error := rng.choice(ERRORS))}'
        said = SENTENCES['failed'][language_of(question)].format(r=error)
    return [{'role': 'user', 'content': question}, *found, {'role': 'assistant', 'content': said}]


def two_sums(rng: random.Random, tools: dict[str, Listed], language: str) -> list[dict]:
    """A question that takes two calls, one after the other."""
    first, second, behind, things, orders = rng.choice(CHAINS)
    a, b, c = number(rng), number(rng), number(rng)
    if orders and rng.random() < 0.4:
        text = dress(rng, write(rng, orders[language], a=a, b=b, c=c), ASK_ORDER, language)
    else:
        text = dress(rng, write(rng, things[language], a=a, b=b, c=c), ASK_THING, language)
    text = typed(rng, text)
    between = compute(first, a, b) if rng.random() < 0.8 else number(rng) * rng.choice((1, 13, 997))
    values = (c, between) if behind else (between, c)
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
        value = talk_memory.draw_word(rng, 'en')
        result = len(value)
    else:
        value = talk_memory.draw_place(rng, language)
        weather = f'{rng.choice(WEATHER[language])}, {rng.randint(-9, 38)}°C'
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
        said = TOO_LARGE[language_of(question)]
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
        messages.insert(0, {'role': 'system', 'content': write(rng, SYSTEMS)})
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
        question = typed(rng, write(rng, WHICH[language]))
        names = ', '.join(tool.name for tool in tools)
        said = WHICH_ANSWER[language_of(question)].format(names=names)
        return [{'role': 'user', 'content': question}, {'role': 'assistant', 'content': said}]
    if rng.random() < 0.1 and not {'add', 'sub', 'mul'} & {tool.kind for tool in tools}:
        return talk_arithmetic.conversation(rng, language)[:2]
    for _ in range(20):
        found = filler()
        # a sum belongs to the tools, and so do the weather and the time
        if not re.search(r'\d.*\d|weather|time|天气|几点|时间', found[0]['content']):
            return found
    return [{'role': 'user', 'content': 'hello'}, {'role': 'assistant', 'content': 'Hello!'}]
