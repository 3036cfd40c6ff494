"""Small facts out of a sentence, as JSON: `Extract name and age as JSON: Mei is 23.` → `{"name": "Mei", "age": 23}`.

Values are copied from the sentence: names and places mostly made up, numbers random.  The keys come in the order in
which they are asked for, or that of the sentence where they are not named.
"""

# ruff: noqa: E501, SIM905 (tables of words)

import json
import random
from dataclasses import dataclass

from training import talk_memory
from training.talk._write import write

JOBS = {
    'en': 'teacher|doctor|nurse|engineer|baker|pilot|student|farmer|driver|painter|cook|lawyer|writer|singer|gardener|librarian|programmer|plumber|waiter|dentist'.split('|'),
    'zh': '老师|医生|护士|工程师|面包师|飞行员|学生|农民|司机|画家|厨师|律师|作家|歌手|园丁|程序员|演员|店员|牙医|记者'.split('|'),
}  # fmt: skip
PRODUCTS = {
    'en': 'apples|pens|books|lamps|cups|chairs|shirts|tickets|cakes|stamps|shoes|phones|bottles|bags|eggs|plates'.split('|'),
    'zh': '苹果|钢笔|书|台灯|杯子|椅子|衬衫|门票|蛋糕|邮票|鞋子|手机|瓶子|书包|鸡蛋|盘子'.split('|'),
}  # fmt: skip
EVENTS = {
    'en': 'meeting|lesson|concert|party|exam|dinner|match|talk|film|workshop'.split('|'),
    'zh': '会议|课程|音乐会|聚会|考试|晚餐|比赛|讲座|电影|培训'.split('|'),
}
DAYS = {
    'en': 'Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday|today|tomorrow'.split('|'),
    'zh': '周一|周二|周三|周四|周五|周六|周日|今天|明天'.split('|'),
}
# The keys of each field: English ones also for Chinese sentences.
KEYS = {
    'name': ('name', '姓名', '名字'), 'age': ('age', '年龄'), 'city': ('city', '城市'), 'job': ('job', '职业', '工作'),
    'food': ('food', '食物'), 'colour': ('colour', '颜色'), 'pet': ('pet', '宠物'),
    'product': ('product', '商品'), 'quantity': ('quantity', '数量'), 'price': ('price', '价格'),
    'event': ('event', '活动'), 'day': ('day', '日期'), 'time': ('time', '时间'), 'room': ('room', '房间'),
}  # fmt: skip
# What a sentence says of a person after the name, by field.
CLAUSES = {
    'en': {
        'age': ('is {v} years old', 'is {v}', 'turned {v}', 'is {v} years of age', 'just became {v}'),
        'city': ('lives in {v}', 'is from {v}', 'comes from {v}', 'moved to {v}', 'works in {v}', 'was born in {v}'),
        'job': ('works as a {v}', 'is a {v}', 'has a job as a {v}', 'became a {v}'),
        'food': ('likes {v}', 'loves {v}', 'likes to eat {v}'),
        'colour': ('likes the colour {v}', 'loves {v} things'),
        'pet': ('has a {v}', 'owns a {v}', 'keeps a {v}'),
    },
    'zh': {
        'age': ('今年{v}岁', '{v}岁', '今年 {v} 岁', '刚满{v}岁'),
        'city': ('住在{v}', '来自{v}', '家在{v}', '在{v}生活', '搬到了{v}'),
        'job': ('是一名{v}', '是{v}', '工作是{v}', '当{v}'),
        'food': ('喜欢吃{v}', '爱吃{v}'),
        'colour': ('喜欢{v}', '最爱{v}'),
        'pet': ('养了一只{v}', '有一只{v}'),
    },
}
ORDERS = {
    'en': ('{name} [bought|ordered|paid for] {quantity} {product} [for|at] {price} [dollars|yuan|euros]', 'an order by {name}: {quantity} {product}, {price} [dollars|yuan|euros]', '{name} wants {quantity} {product} and pays {price}'),
    'zh': ('{name}[买了|订了|要]{quantity}[个|件|份]{product}，[一共|花了|付了]{price}元', '{name}的订单：{product}{quantity}[个|件|份]，{price}元'),
}  # fmt: skip
DATES = {
    'en': ('the {event} is [on|] {day} at {time} in room {room}', '{event} {day}, {time}, room {room}', '{day} at {time} there is a {event} in room {room}'),
    'zh': ('{day}{time}在{room}房间有{event}', '{event}在{day}{time}，{room}房间', '{event}：{day}，{time}，房间{room}'),
}  # fmt: skip
ASKS = {
    'en': (
        '[Extract|Get|Find|Take|Pull out|Read] [the |]{keys} [as JSON|in JSON|into JSON|as a JSON object][:| from:| from this:| out of this sentence:] {text}',
        '[Give me|Return|Write|Output|Show] [the |]{keys} [as JSON|in JSON format|as a JSON object][:|. Text:|. Sentence:] {text}',
        '[Extract|Return] JSON with [the keys |keys |]{keys}[:| from:] {text}',
        '[Turn|Put|Convert] this into JSON with [the keys |]{keys}: {text}',
        '{text} [Extract|Give me|Return|Write down] [the |]{keys} as JSON.',
        '{text}\n[Extract|Give|Return] {keys} [as|in] JSON[.|]',
        '[From|In] the sentence "{text}" [extract|give me|find] [the |]{keys} as JSON.',
        'JSON, please, with {keys}: {text}',
    ),
    'zh': (
        '[从下面的句子中|从这句话里|从文中|][提取|抽取|找出]{keys}，[输出|返回|写成|用]JSON[：|。句子：|格式：] {text}',
        '[提取|抽取|给出|输出]{keys}的JSON：{text}',
        '[把|将]这句话[转成|变成|写成]JSON，[键|字段][是|为|用]{keys}：{text}',
        '{text}[ 请|请|\n]提取{keys}，[输出|返回|用|写成]JSON[。||格式]',
        '[以|用]JSON[给出|返回|输出|写出]{keys}：{text}',
        '请用JSON[回答|输出]{keys}[：|。]{text}',
    ),
}  # fmt: skip
UNNAMED = {
    'en': ('[Extract|Turn|Convert|Put] [this|the facts|the data|this sentence] [as|into|to] JSON: {text}', '[as JSON|JSON]: {text}', '{text} [Write|Give me] [that|this] as JSON.'),
    'zh': ('[把|将]这句话[转成|变成|写成]JSON：{text}', '[提取信息|抽取信息]，[输出|返回]JSON：{text}', '{text} [请|]写成JSON。'),
}  # fmt: skip


@dataclass(frozen=True)
class Fact:
    """A sentence with its fields in order, and the values in it."""

    sentence: str
    values: dict[str, str | int]

    @property
    def copied(self) -> tuple[str, ...]:
        return tuple(value for value in self.values.values() if isinstance(value, str))


def value(rng: random.Random, field: str, language: str, name: str | None = None) -> str | int:
    """A random value of a field; `name`: that of the person instead of a drawn one."""
    if field == 'name':
        return name or talk_memory.draw_name(rng, language)
    if field == 'city':
        return talk_memory.draw_place(rng, language)
    if field == 'age':
        return rng.randint(1, 99)
    if field in ('quantity', 'price', 'room'):
        return rng.choice((rng.randint(1, 9), rng.randint(10, 99), rng.randint(100, 999), rng.randint(1000, 9999)))
    if field == 'time':
        return f'{rng.randint(7, 22)}:{rng.choice(("00", "15", "30", "45", "10"))}'
    words = {'job': JOBS, 'food': talk_memory.FOODS, 'colour': talk_memory.COLOURS, 'pet': talk_memory.ANIMALS}
    words |= {'product': PRODUCTS, 'event': EVENTS, 'day': DAYS}
    return rng.choice(words[field][language])


def person(rng: random.Random, language: str, name: str | None = None) -> Fact:
    """A sentence on a person: the name and one to three fields more."""
    fields = list(CLAUSES[language])
    chosen = ['age', 'city'] if rng.random() < 0.35 else rng.sample(fields, rng.choice((1, 2, 2, 3)))
    if rng.random() < 0.3:
        rng.shuffle(chosen)
    values = {'name': value(rng, 'name', language, name)} | {field: value(rng, field, language) for field in chosen}
    clauses = [rng.choice(CLAUSES[language][field]).format(v=values[field]) for field in chosen]
    if language == 'zh':
        comma = '，' if rng.random() < 0.5 else ''
        return Fact(f'{values["name"]}{comma}{"，".join(clauses)}。', values)
    joined = ' and '.join([', '.join(clauses[:-1]), clauses[-1]] if len(clauses) > 1 else clauses)
    return Fact(f'{values["name"]} {joined}.', values)


def fact(rng: random.Random, language: str, name: str | None = None) -> Fact:
    """A sentence on a person, an order, a date."""
    kind = rng.random()
    if kind < 0.66:
        return person(rng, language, name)
    fields = ('name', 'quantity', 'product', 'price') if kind < 0.84 else ('event', 'day', 'time', 'room')
    values = {field: value(rng, field, language, name) for field in fields}
    frame = write(rng, (ORDERS if kind < 0.84 else DATES)[language], **{field: f'{{{field}}}' for field in fields})
    order = sorted(fields, key=lambda field: frame.index(f'{{{field}}}'))
    sentence = frame.format(**values).replace('  ', ' ') + ('。' if language == 'zh' else '.')
    return Fact(sentence, {field: values[field] for field in order})


def joined(rng: random.Random, keys: list[str], language: str) -> str:
    """The keys as one names them: with commas, `and`, quotes."""
    if rng.random() < 0.12:
        keys = [f'"{key}"' for key in keys]
    way = rng.random()
    if language == 'zh':
        last = '和' if way < 0.5 else '、'
        return '、'.join(keys[:-1]) + (last if len(keys) > 1 else '') + keys[-1]
    if way < 0.6 and len(keys) > 1:
        return ', '.join(keys[:-1]) + ' and ' + keys[-1]
    return ', '.join(keys)


def item(rng: random.Random, language: str, name: str | None = None) -> tuple[str, dict, tuple[str, ...]]:
    """A question, the object that answers it, and the words copied from one to the other."""
    found = fact(rng, language, name)
    fields = list(found.values)
    unnamed = rng.random() < 0.15
    chinese = language == 'zh' and not unnamed and rng.random() < 0.4
    keys = {field: rng.choice(KEYS[field][1:]) if chinese else KEYS[field][0] for field in fields}
    if unnamed:
        question = write(rng, UNNAMED[language], text='{text}').format(text=found.sentence)
    else:
        if rng.random() < 0.25 and len(fields) > 1:
            fields = rng.sample(fields, rng.randint(1, len(fields)))
        names = joined(rng, [keys[field] for field in fields], language)
        question = write(rng, ASKS[language], text='{text}', keys=names).format(text=found.sentence)
    return question, {keys[field]: found.values[field] for field in fields}, found.copied


def conversation(rng: random.Random, language: str) -> list[dict]:
    """One to three sentences."""
    messages = []
    for _ in range(rng.choice((1, 1, 2, 3))):
        question, wanted, copied = item(rng, language)
        messages += talk_memory.turn(question, json.dumps(wanted, ensure_ascii=False), copied)
    return messages
