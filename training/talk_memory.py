"""Multi-turn memory: the user tells a name, a number, a colour, a city, an animal … and asks for it some turns later."""

# ruff: noqa: E501, SIM905 (tables of words)
import random
from collections.abc import Callable

EN_FIRST = ('Anna Ben Clara David Emma Frank Grace Henry Ivy Jack Kate Leo Mia Noah Olivia Paul Quinn Rosa Sam Tina Uma Victor Wendy Xavier '
            'Yara Zoe Alice Bob Carol Dan Eve Felix Gina Hugo Iris James Karl Laura Max Nina Oscar Peter Ruth Simon Tom Vera Will Alex '
            'Maria John Lucy Mark Sarah Mike Julia Adam Linda Chris Amy Eric Susan Li Wang Mei Ming Lena Omar Priya Raj Yuki Hana').split()
EN_PARTS = (('Ka', 'Lo', 'Mi', 'Ra', 'Te', 'Vi', 'Zo', 'Be', 'Da', 'Fe', 'Jo', 'Na', 'Sa', 'Tu', 'Ari', 'Eli', 'Cor', 'Bran', 'Shan', 'Del'),
            ('ra', 'na', 'lo', 'mi', 'ven', 'ton', 'la', 'rik', 'sa', 'den', 'lia', 'mar', 'vin', 'bel', 'n', 'da', 'th', 'ra'))
ZH_SURNAMES = '王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕'
ZH_GIVEN = '明华伟芳娜敏静丽强磊军洋勇艳杰娟涛超秀霞平刚桂英文玉兰红梅宇轩子涵晨阳雨欣思远佳怡浩然梓萱天乐小龙雪冰月星辰安宁'
HELD_OUT = {'en': ('Bella', 'Marcus', 'Sofia', 'Daniel', 'Nadia', 'Theo'), 'zh': ('李思宁', '陈浩', '小雪', '王雨晨', '赵天', '小杰')}

COLOURS = {'en': 'red blue green yellow purple orange pink black white grey brown gold silver'.split(),
           'zh': '红色 蓝色 绿色 黄色 紫色 橙色 粉色 黑色 白色 灰色 棕色 金色 银色'.split()}
CITIES = {'en': ('Beijing Shanghai Hangzhou Shenzhen Chengdu Wuhan Nanjing London Paris Berlin Rome Tokyo Madrid Vienna Oslo Dublin Boston '
                 'Chicago Sydney Toronto Munich Zurich Lisbon Prague').split(),
          'zh': '北京 上海 杭州 深圳 成都 武汉 南京 广州 西安 重庆 苏州 天津 长沙 青岛 厦门 大连 昆明 合肥 郑州 哈尔滨 伦敦 巴黎 东京 柏林'.split()}
ANIMALS = {'en': 'cat dog rabbit panda horse tiger bird fish fox owl dolphin turtle'.split(),
           'zh': '猫 狗 兔子 熊猫 马 老虎 小鸟 鱼 狐狸 猫头鹰 海豚 乌龟'.split()}
FOODS = {'en': 'noodles rice pizza dumplings soup apples bread cheese chocolate tofu'.split(),
         'zh': '面条 米饭 披萨 饺子 火锅 苹果 面包 豆腐 巧克力 包子'.split()}


def draw_name(rng: random.Random, language: str) -> str:
    """A name; never one of HELD_OUT."""
    while True:
        if language == 'en':
            name = rng.choice(EN_FIRST) if rng.random() < 0.5 else ''.join(rng.choice(part) for part in EN_PARTS)
        else:
            given = ''.join(rng.choices(ZH_GIVEN, k=rng.choice((1, 2, 2))))
            kind = rng.random()
            name = rng.choice(ZH_SURNAMES) + given if kind < 0.6 else '小' + given[0] if kind < 0.85 else (given * 2)[:2]
        if name not in HELD_OUT[language]:
            return name


def draw_number(rng: random.Random) -> str:
    return str(rng.choice((rng.randint(1, 99), rng.randint(1, 99), rng.randint(100, 9999))))


# For each fact: what the user says, what is answered, how it is asked later, the answer with the fact in it.
FACTS = {
    'name': {
        'en': (('My name is {x}.', 'my name is {x}', 'I am {x}.', "Hi, I'm {x}", 'Hello, my name is {x}.', 'Call me {x}.', 'You can call me {x}', "Hello! I'm {x}.",
                "I'm {x}, nice to meet you", 'Hi! My name is {x}, and you?', 'hey, {x} here', 'People call me {x}.', 'Please remember my name: {x}.', "I'm called {x}.",
                'The name is {x}.', 'Remember that my name is {x}.'),
               ('Nice to meet you, {x}!', 'Hello {x}, nice to meet you!', 'Hi {x}! What can I do for you?'),
               ('What is my name?', "what's my name", 'Do you remember my name?', 'Do you know my name?', 'Who am I?', 'what was my name again?', 'Tell me my name.',
                'How am I called?', 'Can you tell me my name?', 'say my name', 'Do you still know what I am called?', 'What did I say my name was?', 'my name?',
                'and what is my name?', 'Which name did I tell you?', 'Do you remember who I am?'),
               'Your name is {x}.'),
        'zh': (('我叫{x}。', '我叫{x}', '我的名字是{x}。', '我是{x}', '你好，我叫{x}。', '你好，我是{x}', '叫我{x}就行', '你可以叫我{x}。', '大家都叫我{x}', '我的名字叫{x}', '嗨，我是{x}，很高兴认识你',
                '请记住我的名字：{x}。', '我名叫{x}', '记住，我叫{x}', '本人{x}', '我姓名是{x}'),
               ('你好，{x}！很高兴认识你。', '{x}，你好！有什么可以帮你？', '很高兴认识你，{x}！'),
               ('我叫什么名字？', '我叫什么', '我是谁？', '你还记得我的名字吗？', '你知道我叫什么吗', '我的名字是什么？', '还记得我是谁吗？', '我刚才说我叫什么？', '说出我的名字', '请问我叫什么名字',
                '我叫啥', '你记得我叫什么吗？', '告诉我我的名字', '那我叫什么名字呢', '我之前告诉你我叫什么？', '你还知道我的名字吗'),
               '你叫{x}。'),
    },
    'number': {
        'en': (('My favourite number is {x}.', 'Remember the number {x}.', 'my lucky number is {x}', 'Please remember this number: {x}', 'The number is {x}.', 'remember {x}', 'Keep the number {x} in mind.',
                'My number is {x}.', 'Please keep in mind: {x}', "Let's remember the number {x}", 'I am thinking of the number {x}.', 'my favorite number is {x}', 'Memorise the number {x}.',
                'note down {x}', 'the secret number is {x}'),
               ('I will remember {x}.', 'Noted: {x}.', 'All right, the number is {x}.'),
               ('What is my number?', 'What was the number?', 'which number did I tell you?', 'Do you remember the number?', 'What is my favourite number?', 'What number should you remember?',
                'tell me the number', "what's my lucky number?", 'Which number was it?', 'What was my number again?', 'the number?', 'Do you still know the number?', 'What number did I say?',
                'Can you repeat the number?', 'what is the secret number'),
               'The number is {x}.'),
        'zh': (('请记住数字{x}。', '记住{x}', '我的幸运数字是{x}。', '我最喜欢的数字是{x}', '请记住这个数字：{x}', '数字是{x}', '帮我记一个数字：{x}', '我的数字是{x}。', '帮我记住{x}这个数', '记一下，{x}', '我想的数字是{x}',
                '我喜欢的数字是{x}', '先记住一个数：{x}。', '密码数字是{x}'),
               ('好的，我记住了：{x}。', '记住了，数字是{x}。', '好的，{x}。'),
               ('我的数字是什么？', '刚才的数字是多少？', '我让你记的数字是多少？', '我的幸运数字是几？', '还记得那个数字吗？', '我说的数字是多少', '数字是什么', '你记住的数字是什么？', '那个数是多少', '我最喜欢的数字是什么？', '说出那个数字',
                '刚才让你记的数是几', '我之前说的数字是什么', '你还记得我的数字吗'),
               '数字是{x}。'),
    },
    'colour': {
        'en': (('My favourite colour is {x}.', 'I like {x} best.', 'my favorite color is {x}', 'The colour I love most is {x}.', 'I love the colour {x}', 'I like the color {x}.', 'Remember: my colour is {x}.', '{x} is my favourite colour'),
               ('{X} is a lovely colour!', 'I see, you like {x}.', 'Nice, {x}!'),
               ('What is my favourite colour?', 'which colour do I like?', 'Do you remember my favourite colour?', 'what color do I like best?', "what's my favorite color", 'What is my colour?', 'Which color did I say I like?', 'my favourite colour?'),
               'Your favourite colour is {x}.'),
        'zh': (('我最喜欢的颜色是{x}。', '我喜欢{x}', '我最爱{x}。', '我喜欢的颜色是{x}', '{x}是我最喜欢的颜色', '记住，我喜欢{x}', '颜色里我最喜欢{x}'),
               ('{x}很好看！', '知道了，你喜欢{x}。', '{x}真不错！'),
               ('我最喜欢什么颜色？', '我喜欢的颜色是什么？', '还记得我喜欢什么颜色吗？', '我喜欢哪种颜色', '我最爱的颜色是啥', '我说过喜欢什么颜色', '你知道我最喜欢的颜色吗'),
               '你最喜欢的颜色是{x}。'),
    },
    'city': {
        'en': (('I live in {x}.', 'I am from {x}.', "I'm in {x}", 'my home is in {x}', 'I come from {x}.', 'My city is {x}.', 'I live in {x} now', 'I was born in {x}.', 'My home town is {x}'),
               ('{x} is a nice place!', 'I see, you are from {x}.', 'Greetings to {x}!'),
               ('Where do I live?', 'Where am I from?', 'which city do I live in?', 'Do you remember my city?', 'what is my city?', 'Where is my home?', 'Which city did I name?', 'do you know where I live', 'where do I come from'),
               'You told me: {x}.'),
        'zh': (('我住在{x}。', '我来自{x}', '我是{x}人', '我在{x}', '我家在{x}。', '我的城市是{x}', '我现在住在{x}', '我老家是{x}'),
               ('{x}是个好地方！', '知道了，你在{x}。', '{x}，真不错！'),
               ('我住在哪里？', '我是哪里人？', '我来自哪里', '我在哪个城市？', '还记得我住哪儿吗？', '我家在哪里？', '我说过我在哪个城市', '我的城市是哪里', '你知道我住哪吗'),
               '你告诉过我：{x}。'),
    },
    'animal': {
        'en': (('My favourite animal is the {x}.', 'I like the {x} best of all animals', 'my favorite animal is a {x}', 'The animal I like most is the {x}.'),
               ('The {x} is a fine animal!', 'I see, the {x}.'),
               ('What is my favourite animal?', 'which animal do I like?', 'Do you remember my favorite animal?', 'what animal do I like best'),
               'Your favourite animal is the {x}.'),
        'zh': (('我最喜欢的动物是{x}。', '动物里我最喜欢{x}', '我喜欢的动物是{x}', '{x}是我最喜欢的动物'), ('{x}很可爱！', '知道了，是{x}。'),
               ('我最喜欢什么动物？', '我喜欢的动物是什么？', '还记得我喜欢什么动物吗', '我最爱哪种动物'), '你最喜欢的动物是{x}。'),
    },
    'food': {
        'en': (('My favourite food is {x}.', 'I love to eat {x}', 'my favorite food is {x}', 'I like eating {x} best.'), ('{X}, how tasty!', 'I see, you like {x}.'),
               ('What is my favourite food?', 'what do I like to eat?', 'Do you remember my favorite food?', 'which food do I love'), 'Your favourite food is {x}.'),
        'zh': (('我最喜欢吃{x}。', '我爱吃{x}', '我最喜欢的食物是{x}', '我喜欢吃的是{x}'), ('{x}真好吃！', '知道了，你爱吃{x}。'),
               ('我最喜欢吃什么？', '我爱吃什么', '还记得我爱吃什么吗？', '我最喜欢的食物是什么？'), '你最喜欢吃{x}。'),
    },
}
WEIGHTS = {'name': 5, 'number': 4, 'colour': 2, 'city': 2, 'animal': 1, 'food': 1}
# Asked for what was never told.
NOT_TOLD = {
    'en': {'name': "You have not told me your name yet.", 'number': 'You have not told me a number yet.', 'colour': 'You have not told me your favourite colour yet.',
           'city': 'You have not told me your city yet.', 'animal': 'You have not told me your favourite animal yet.', 'food': 'You have not told me your favourite food yet.'},
    'zh': {'name': '你还没有告诉我你的名字。', 'number': '你还没有告诉我数字。', 'colour': '你还没有告诉我你喜欢的颜色。', 'city': '你还没有告诉我你的城市。',
           'animal': '你还没有告诉我你喜欢的动物。', 'food': '你还没有告诉我你爱吃什么。'},
}


def draw_value(rng: random.Random, fact: str, language: str) -> str:
    if fact == 'name':
        return draw_name(rng, language)
    if fact == 'number':
        return draw_number(rng)
    return rng.choice({'colour': COLOURS, 'city': CITIES, 'animal': ANIMALS, 'food': FOODS}[fact][language])


def fill(text: str, value: str) -> str:
    return text.replace('{x}', value).replace('{X}', value[:1].upper() + value[1:])


def turn(user: str, assistant: str) -> list[dict]:
    return [{'role': 'user', 'content': user}, {'role': 'assistant', 'content': assistant}]


def conversation(rng: random.Random, language: str, filler: Callable[[], list[dict]],
                 vary: Callable[[random.Random, str], str] = lambda _, text: text) -> list[dict]:
    """One or two facts told, up to three other turns (`filler()`), the facts asked for; `vary` changes questions a little."""
    facts = rng.sample(list(FACTS), counts=list(WEIGHTS.values()), k=rng.choice((1, 1, 1, 2)))
    facts = list(dict.fromkeys(facts))
    known, messages = {}, []
    if rng.random() < 0.15:
        messages += filler()
    if rng.random() < 0.08:  # nothing told: say so
        fact = facts[0]
        return messages + turn(vary(rng, rng.choice(FACTS[fact][language][2])), NOT_TOLD[language][fact])
    for fact in facts:
        tell, reply = FACTS[fact][language][:2]
        known[fact] = draw_value(rng, fact, language)
        messages += turn(fill(rng.choice(tell), known[fact]), fill(rng.choice(reply), known[fact]))
        if rng.random() < 0.08:  # a change of mind: the last word counts
            known[fact] = draw_value(rng, fact, language)
            messages += turn(fill(rng.choice(tell), known[fact]), fill(rng.choice(reply), known[fact]))
    for _ in range(rng.choice((0, 1, 1, 2, 2, 3))):
        messages += filler()
    for fact in rng.sample(list(known), len(known)):
        ask, answer = FACTS[fact][language][2:]
        messages += turn(vary(rng, rng.choice(ask)), fill(answer, known[fact]))
        if rng.random() < 0.1:
            messages += filler()
    return messages
