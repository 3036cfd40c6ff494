"""Multi-turn memory: the user tells a name, a number, a colour, a city, an animal … and asks for it some turns later.

Most names, cities and words are made up, so that the model learns to copy what it reads, not to choose what it knows.
A message lists such words under 'copied'; the corpus cuts them into the same tokens wherever they stand.
"""

# ruff: noqa: E501, SIM905 (tables of words)
import random
import string
from collections.abc import Callable

EN_FIRST = (
    'Anna Ben Clara David Emma Frank Grace Henry Ivy Jack Kate Leo Mia Noah Olivia Paul Quinn Rosa Sam Tina Uma Victor Wendy Xavier '
    'Yara Zoe Alice Bob Carol Dan Eve Felix Gina Hugo Iris James Karl Laura Max Nina Oscar Peter Ruth Simon Tom Vera Will Alex '
    'Maria John Lucy Mark Sarah Mike Julia Adam Linda Chris Amy Eric Susan Li Wang Mei Ming Lena Omar Priya Raj Yuki Hana'
).split()
EN_MORE = (
    'Aaron Abby Abigail Adele Adrian Agnes Aiden Aisha Alan Albert Alfred Alina Alison Amanda Amber Amelia Amir Andre Andrea Andrew Angela Anita Anton Ariana '
    'Arthur Ashley Astrid Audrey Aurora Austin Ava Barbara Beatrice Benjamin Bernard Beth Bianca Bill Blake Boris Brandon Brenda Brian Bridget Bruce Bruno '
    'Caleb Calvin Cameron Camila Carla Carlos Carmen Caroline Catherine Cecilia Charles Charlotte Chloe Christina Claire Claudia Cole Colin Connor Cora Craig '
    'Cynthia Cyrus Daisy Damian Daphne Darren Deborah Delia Dennis Derek Diana Diego Dominic Donald Doris Dorothy Douglas Dylan Edgar Edith Edward Edwin Elaine '
    'Eleanor Elena Eli Elijah Elise Elizabeth Ella Ellen Elliot Elsa Emil Emily Erica Ernest Esther Ethan Eugene Eva Evelyn Fatima Fiona Flora Florence Frances '
    'Fred Frida Gabriel Gareth Gary Gavin Gemma George Georgia Gerald Gilbert Giulia Gloria Gordon Graham Greta Gwen Hannah Harold Harriet Harry Hassan Hazel '
    'Heather Hector Helen Herman Holly Howard Ian Ibrahim Igor Ingrid Irene Isaac Isabel Ivan Jacob Jasmine Jason Jean Jennifer Jeremy Jesse Jessica Joan Joel '
    'Jonas Jordan Joseph Joshua Joyce Judith Julian Juan Karen Katrina Keith Kelly Kevin Kieran Kim Kira Kurt Kyle Lance Lara Lars Lauren Leah Leonard Leila '
    'Leon Leslie Lewis Liam Lily Lionel Lisa Logan Louis Louise Lucas Luis Luke Luna Lydia Mabel Madison Manuel Margaret Marie Marina Mario Marta Martin Mary '
    'Mason Matilda Matthew Maurice Maya Megan Melissa Michael Michelle Miguel Milo Miranda Mohammed Molly Monica Morgan Nancy Naomi Natalie Nathan Neil Nicholas '
    'Nicole Nigel Nora Norman Oliver Opal Oscar Otto Owen Pablo Pamela Patricia Patrick Pedro Penny Petra Philip Phoebe Pierre Polly Rachel Ralph Ramona Raymond '
    'Rebecca Reza Richard Rita Robert Robin Roger Roland Roman Ronald Rory Rose Roy Ruby Russell Ryan Sabrina Samantha Samuel Sandra Sasha Scott Sean Sebastian '
    'Selina Sergei Seth Shane Sharon Sheila Sidney Silvia Sonia Spencer Stella Stephen Steven Stuart Sven Sylvia Tamara Tara Teresa Terry Thomas Tiffany Timothy '
    'Toby Tony Tracy Trevor Tyler Ulrich Ursula Valerie Vanessa Veronica Vincent Violet Vivian Walter Wanda Warren Wayne Wesley William Winston Yasmin Yusuf Zack Zara '
    'Chen Zhang Liu Yang Zhao Huang Zhou Xiao Hong Ling Jie Lei Qing Yan Jing Bo Tao Feng Xin Ying Wei Jun Hao Yun Kenji Sakura Arjun Anjali Minh Linh'
).split()
EN_LAST = 'Smith Miller Brown Jones Garcia Davis Wilson Clark Lopez Young King Wright Scott Green Baker Adams Nelson Hill Chen Wang Zhang Kim Park Novak Weber Rossi Silva'.split()
STARTS = (
    'B C D F G H J K L M N P Q R S T V W X Y Z Br Ch Cl Dr Fl Fr Gl Gr Kr Ph Pl Pr Sh Sk Sl Sm Sn Sp St Th Tr Tw Vl Zh'.split()
    + [''] * 6
)
VOWELS = 'a a a e e e i i i o o o u u ai au ea ee ei ia ie io oo ou y'.split()
ENDS = 'b ck d f g k l ll m n nd ng nt p r rd rk s sh ss st t th x z'.split() + [''] * 30
WORDS = (
    'apple river window garden silver thunder paper mountain candle bridge ocean rocket pencil forest blanket winter lantern castle butter magic engine '
    'memory token cache model server python network signal orbit pixel cloud tiger violin marble cactus puzzle'
).split()
ZH_SURNAMES = '苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕'
ZH_GIVEN = '建国志德福东海波辉鹏飞凯翔俊博睿泽昊铭轶航瑞嘉诗琪瑶璐婷慧颖露倩珊琳媛蓉薇莉莹菲彤语可乐果豆米圆糖朵花草树林森山川河石松柏竹云霜雷电光亮清秋冬春夏生民中正仁义礼智信勤学友善才良贵富荣耀祥庆永康健强壮虎鹤凤燕鸣明华伟芳娜敏静丽强磊军洋勇艳杰娟涛超秀霞平刚桂英文玉兰红梅宇轩子涵晨阳雨欣思远佳怡浩然梓萱天乐小龙雪冰月星辰安宁'
ZH_DOUBLE = '欧阳 司马 诸葛 上官 慕容 东方'.split()
ZH_FOREIGN = (
    '阿巴贝波查达德迪多恩尔法菲弗格哈基吉卡克科拉莱劳里利林卢罗马曼米莫纳尼诺帕佩奇萨塞莎斯塔特托娃维沃西希亚伊尤泽'
)
HELD_OUT = {
    'en': ('Bella', 'Marcus', 'Sofia', 'Daniel', 'Nadia', 'Desmond'),
    'zh': ('李思宁', '陈浩', '小雪', '王雨晨', '赵天', '小杰'),
}

COLOURS = {
    'en': 'red blue green yellow purple orange pink black white grey brown gold silver'.split(),
    'zh': '红色 蓝色 绿色 黄色 紫色 橙色 粉色 黑色 白色 灰色 棕色 金色 银色'.split(),
}
CITIES = {
    'en': (
        'Beijing Shanghai Hangzhou Shenzhen Chengdu Wuhan Nanjing London Paris Berlin Rome Tokyo Madrid Vienna Oslo Dublin Boston '
        'Chicago Sydney Toronto Munich Zurich Lisbon Prague'
    ).split(),
    'zh': '北京 上海 杭州 深圳 成都 武汉 南京 广州 西安 重庆 苏州 天津 长沙 青岛 厦门 大连 昆明 合肥 郑州 哈尔滨 伦敦 巴黎 东京 柏林'.split(),
}
ANIMALS = {
    'en': 'cat dog rabbit panda horse tiger bird fish fox owl dolphin turtle'.split(),
    'zh': '猫 狗 兔子 熊猫 马 老虎 小鸟 鱼 狐狸 猫头鹰 海豚 乌龟'.split(),
}
FOODS = {
    'en': 'noodles rice pizza dumplings soup apples bread cheese chocolate tofu'.split(),
    'zh': '面条 米饭 披萨 饺子 火锅 苹果 面包 豆腐 巧克力 包子'.split(),
}


def syllables(rng: random.Random, number: int) -> str:
    return ''.join(rng.choice(STARTS).lower() + rng.choice(VOWELS) + rng.choice(ENDS) for _ in range(number))


def cased(rng: random.Random, word: str) -> str:
    """Mostly with a capital, else as a hurried user types: the answer keeps the user's letters."""
    kind = rng.random()
    if kind < 0.82:
        return word
    if kind < 0.94:
        return word.lower()
    return word.upper() if kind < 0.98 else ''.join(rng.choice((c.lower(), c.upper())) for c in word)


def _english_name(rng: random.Random) -> str:
    kind = rng.random()
    known = rng.choice(EN_FIRST if rng.random() < 0.3 else EN_MORE)
    if kind < 0.35:
        name = known
    elif kind < 0.62:  # begins as a known one and goes on otherwise
        name = known[: rng.randint(1, 4)] + syllables(rng, rng.choice((1, 1, 2)))
    elif kind < 0.92:
        name = syllables(rng, rng.choice((1, 2, 2, 2, 3))).capitalize()
    else:
        name = ''.join(rng.choices(string.ascii_lowercase, k=rng.randint(3, 8))).capitalize()
    name = cased(rng, name)
    return f'{name} {rng.choice(EN_LAST)}' if rng.random() < 0.06 else name


def _chinese_name(rng: random.Random) -> str:
    kind = rng.random()
    given = ''.join(rng.choices(ZH_GIVEN, k=rng.choice((1, 2, 2))))
    if rng.random() < 0.08:  # rare characters, read byte by byte
        given = ''.join(chr(rng.randint(0x4E00, 0x9FA5)) for _ in given)
    if kind < 0.55:
        return (rng.choice(ZH_DOUBLE) if rng.random() < 0.05 else rng.choice(ZH_SURNAMES)) + given
    if kind < 0.80:
        return rng.choice('小小小小阿老大') + given[0]
    if kind < 0.90:
        return (given * 2)[:2]
    return ''.join(rng.choices(ZH_FOREIGN, k=rng.choice((2, 3, 4))))


def is_held_out(text: str) -> bool:
    """Whether a name kept for the evaluation is in `text`."""
    folded = text.casefold()
    return any(name.casefold() in folded for names in HELD_OUT.values() for name in names)


def draw_name(rng: random.Random, language: str) -> str:
    """A name, now and then of the other language; never one of HELD_OUT."""
    if rng.random() < (0.15 if language == 'zh' else 0.05):
        language = 'zh' if language == 'en' else 'en'
    while True:
        name = _english_name(rng) if language == 'en' else _chinese_name(rng)
        if not is_held_out(name):
            return name


def draw_place(rng: random.Random, language: str) -> str:
    """A city, known or made up."""
    while True:
        if rng.random() < 0.4:
            place = rng.choice(CITIES[language])
        elif language == 'en':
            place = cased(
                rng,
                (
                    syllables(rng, rng.choice((1, 2, 2)))
                    + rng.choice(('', '', 'ville', 'ton', 'burg', 'stad', ' City'))
                ).capitalize(),
            )
        else:
            place = ''.join(rng.choices(ZH_GIVEN + ZH_FOREIGN, k=2)) + rng.choice(('', '', '市', '镇', '县', '村'))
        if not is_held_out(place):
            return place


def draw_word(rng: random.Random, language: str) -> str:
    """A word, a made-up word, a code."""
    while True:
        kind = rng.random()
        if kind < 0.25:
            word = ''.join(rng.choices(ZH_GIVEN, k=rng.randint(2, 4))) if language == 'zh' else rng.choice(WORDS)
        elif kind < 0.6:
            word = cased(rng, syllables(rng, rng.choice((1, 2, 2, 3))))
        elif kind < 0.8:
            word = ''.join(rng.choices(string.ascii_letters + string.digits, k=rng.randint(3, 7)))
        else:
            word = f'{syllables(rng, 1)}{rng.choice("-_")}{rng.randint(1, 999)}'
        if not is_held_out(word):
            return word


def draw_number(rng: random.Random) -> str:
    return str(rng.choice((rng.randint(1, 99), rng.randint(1, 99), rng.randint(100, 9999))))


# For each fact: what the user says, what is answered, how it is asked later, the answer with the fact in it.
FACTS = {
    'name': {
        'en': (
            (
                'My name is {x}.',
                'my name is {x}',
                'I am {x}.',
                "Hi, I'm {x}",
                'Hello, my name is {x}.',
                'Call me {x}.',
                'You can call me {x}',
                "Hello! I'm {x}.",
                "I'm {x}, nice to meet you",
                'Hi! My name is {x}, and you?',
                'hey, {x} here',
                'People call me {x}.',
                'Please remember my name: {x}.',
                "I'm called {x}.",
                'The name is {x}.',
                'Remember that my name is {x}.',
            ),
            ('Nice to meet you, {x}!', 'Hello {x}, nice to meet you!', 'Hi {x}! What can I do for you?'),
            (
                'What is my name?',
                "what's my name",
                'Do you remember my name?',
                'Do you know my name?',
                'Who am I?',
                'what was my name again?',
                'Tell me my name.',
                'How am I called?',
                'Can you tell me my name?',
                'say my name',
                'Do you still know what I am called?',
                'What did I say my name was?',
                'my name?',
                'and what is my name?',
                'Which name did I tell you?',
                'Do you remember who I am?',
            ),
            'Your name is {x}.',
        ),
        'zh': (
            (
                '我叫{x}。',
                '我叫{x}',
                '我的名字是{x}。',
                '我是{x}',
                '你好，我叫{x}。',
                '你好，我是{x}',
                '叫我{x}就行',
                '你可以叫我{x}。',
                '大家都叫我{x}',
                '我的名字叫{x}',
                '嗨，我是{x}，很高兴认识你',
                '请记住我的名字：{x}。',
                '我名叫{x}',
                '记住，我叫{x}',
                '本人{x}',
                '我姓名是{x}',
            ),
            ('你好，{x}！很高兴认识你。', '{x}，你好！有什么可以帮你？', '很高兴认识你，{x}！'),
            (
                '我叫什么名字？',
                '我叫什么',
                '我是谁？',
                '你还记得我的名字吗？',
                '你知道我叫什么吗',
                '我的名字是什么？',
                '还记得我是谁吗？',
                '我刚才说我叫什么？',
                '说出我的名字',
                '请问我叫什么名字',
                '我叫啥',
                '你记得我叫什么吗？',
                '告诉我我的名字',
                '那我叫什么名字呢',
                '我之前告诉你我叫什么？',
                '你还知道我的名字吗',
            ),
            '你叫{x}。',
        ),
    },
    'number': {
        'en': (
            (
                'My favourite number is {x}.',
                'Remember the number {x}.',
                'my lucky number is {x}',
                'Please remember this number: {x}',
                'The number is {x}.',
                'remember {x}',
                'Keep the number {x} in mind.',
                'My number is {x}.',
                'Please keep in mind: {x}',
                "Let's remember the number {x}",
                'I am thinking of the number {x}.',
                'my favorite number is {x}',
                'Memorise the number {x}.',
                'note down {x}',
                'the secret number is {x}',
            ),
            ('I will remember {x}.', 'Noted: {x}.', 'All right, the number is {x}.'),
            (
                'What is my number?',
                'What was the number?',
                'which number did I tell you?',
                'Do you remember the number?',
                'What is my favourite number?',
                'What number should you remember?',
                'tell me the number',
                "what's my lucky number?",
                'Which number was it?',
                'What was my number again?',
                'the number?',
                'Do you still know the number?',
                'What number did I say?',
                'Can you repeat the number?',
                'what is the secret number',
            ),
            'The number is {x}.',
        ),
        'zh': (
            (
                '请记住数字{x}。',
                '记住{x}',
                '我的幸运数字是{x}。',
                '我最喜欢的数字是{x}',
                '请记住这个数字：{x}',
                '数字是{x}',
                '帮我记一个数字：{x}',
                '我的数字是{x}。',
                '帮我记住{x}这个数',
                '记一下，{x}',
                '我想的数字是{x}',
                '我喜欢的数字是{x}',
                '先记住一个数：{x}。',
                '密码数字是{x}',
            ),
            ('好的，我记住了：{x}。', '记住了，数字是{x}。', '好的，{x}。'),
            (
                '我的数字是什么？',
                '刚才的数字是多少？',
                '我让你记的数字是多少？',
                '我的幸运数字是几？',
                '还记得那个数字吗？',
                '我说的数字是多少',
                '数字是什么',
                '你记住的数字是什么？',
                '那个数是多少',
                '我最喜欢的数字是什么？',
                '说出那个数字',
                '刚才让你记的数是几',
                '我之前说的数字是什么',
                '你还记得我的数字吗',
            ),
            '数字是{x}。',
        ),
    },
    'colour': {
        'en': (
            (
                'My favourite colour is {x}.',
                'I like {x} best.',
                'my favorite color is {x}',
                'The colour I love most is {x}.',
                'I love the colour {x}',
                'I like the color {x}.',
                'Remember: my colour is {x}.',
                '{x} is my favourite colour',
            ),
            ('{X} is a lovely colour!', 'I see, you like {x}.', 'Nice, {x}!'),
            (
                'What is my favourite colour?',
                'which colour do I like?',
                'Do you remember my favourite colour?',
                'what color do I like best?',
                "what's my favorite color",
                'What is my colour?',
                'Which color did I say I like?',
                'my favourite colour?',
            ),
            'Your favourite colour is {x}.',
        ),
        'zh': (
            (
                '我最喜欢的颜色是{x}。',
                '我喜欢{x}',
                '我最爱{x}。',
                '我喜欢的颜色是{x}',
                '{x}是我最喜欢的颜色',
                '记住，我喜欢{x}',
                '颜色里我最喜欢{x}',
            ),
            ('{x}很好看！', '知道了，你喜欢{x}。', '{x}真不错！'),
            (
                '我最喜欢什么颜色？',
                '我喜欢的颜色是什么？',
                '还记得我喜欢什么颜色吗？',
                '我喜欢哪种颜色',
                '我最爱的颜色是啥',
                '我说过喜欢什么颜色',
                '你知道我最喜欢的颜色吗',
            ),
            '你最喜欢的颜色是{x}。',
        ),
    },
    'city': {
        'en': (
            (
                'I live in {x}.',
                'I am from {x}.',
                "I'm in {x}",
                'my home is in {x}',
                'I come from {x}.',
                'My city is {x}.',
                'I live in {x} now',
                'I was born in {x}.',
                'My home town is {x}',
            ),
            ('{x} is a nice place!', 'I see, you are from {x}.', 'Greetings to {x}!'),
            (
                'Where do I live?',
                'Where am I from?',
                'which city do I live in?',
                'Do you remember my city?',
                'what is my city?',
                'Where is my home?',
                'Which city did I name?',
                'do you know where I live',
                'where do I come from',
            ),
            'You told me: {x}.',
        ),
        'zh': (
            (
                '我住在{x}。',
                '我来自{x}',
                '我是{x}人',
                '我在{x}',
                '我家在{x}。',
                '我的城市是{x}',
                '我现在住在{x}',
                '我老家是{x}',
            ),
            ('{x}是个好地方！', '知道了，你在{x}。', '{x}，真不错！'),
            (
                '我住在哪里？',
                '我是哪里人？',
                '我来自哪里',
                '我在哪个城市？',
                '还记得我住哪儿吗？',
                '我家在哪里？',
                '我说过我在哪个城市',
                '我的城市是哪里',
                '你知道我住哪吗',
            ),
            '你告诉过我：{x}。',
        ),
    },
    'animal': {
        'en': (
            (
                'My favourite animal is the {x}.',
                'I like the {x} best of all animals',
                'my favorite animal is a {x}',
                'The animal I like most is the {x}.',
            ),
            ('The {x} is a fine animal!', 'I see, the {x}.'),
            (
                'What is my favourite animal?',
                'which animal do I like?',
                'Do you remember my favorite animal?',
                'what animal do I like best',
            ),
            'Your favourite animal is the {x}.',
        ),
        'zh': (
            ('我最喜欢的动物是{x}。', '动物里我最喜欢{x}', '我喜欢的动物是{x}', '{x}是我最喜欢的动物'),
            ('{x}很可爱！', '知道了，是{x}。'),
            ('我最喜欢什么动物？', '我喜欢的动物是什么？', '还记得我喜欢什么动物吗', '我最爱哪种动物'),
            '你最喜欢的动物是{x}。',
        ),
    },
    'food': {
        'en': (
            ('My favourite food is {x}.', 'I love to eat {x}', 'my favorite food is {x}', 'I like eating {x} best.'),
            ('{X}, how tasty!', 'I see, you like {x}.'),
            (
                'What is my favourite food?',
                'what do I like to eat?',
                'Do you remember my favorite food?',
                'which food do I love',
            ),
            'Your favourite food is {x}.',
        ),
        'zh': (
            ('我最喜欢吃{x}。', '我爱吃{x}', '我最喜欢的食物是{x}', '我喜欢吃的是{x}'),
            ('{x}真好吃！', '知道了，你爱吃{x}。'),
            ('我最喜欢吃什么？', '我爱吃什么', '还记得我爱吃什么吗？', '我最喜欢的食物是什么？'),
            '你最喜欢吃{x}。',
        ),
    },
}
# Facts of training alone, laid out as FACTS.
MORE_FACTS = {
    'pet': {
        'en': (
            (
                'My dog is called {x}.',
                'I have a cat named {x}',
                "My pet's name is {x}.",
                'I have a dog. It is called {x}.',
                'my cat is {x}',
            ),
            ('{x} is a good name!', 'Greetings to {x}!', 'I see, {x}.'),
            (
                "What is my pet's name?",
                'What is my pet called?',
                'Do you remember the name of my pet?',
                'how is my pet called',
                'Which pet do I have?',
            ),
            'Your pet is called {x}.',
        ),
        'zh': (
            ('我的狗叫{x}。', '我有一只猫，叫{x}', '我的宠物叫{x}。', '我养了一只狗，名字是{x}', '我家小猫叫{x}'),
            ('{x}，好名字！', '知道了，它叫{x}。'),
            ('我的宠物叫什么？', '我的宠物叫什么名字', '还记得我宠物的名字吗？', '它叫什么名字？'),
            '你的宠物叫{x}。',
        ),
    },
    'friend': {
        'en': (
            (
                'My friend is called {x}.',
                "My best friend's name is {x}",
                'I have a friend named {x}.',
                '{x} is my friend',
                'This is my friend {x}.',
            ),
            ('{x} sounds nice!', 'Say hello to {x}!', 'I see, {x} is your friend.'),
            (
                "What is my friend's name?",
                'What is my friend called?',
                'Who is my friend?',
                "do you remember my friend's name",
                'Name my friend.',
            ),
            'Your friend is called {x}.',
        ),
        'zh': (
            ('我的朋友叫{x}。', '我最好的朋友是{x}', '我有个朋友叫{x}', '{x}是我的朋友。', '这是我朋友{x}'),
            ('替我向{x}问好！', '知道了，你的朋友是{x}。'),
            ('我的朋友叫什么？', '我的朋友是谁？', '还记得我朋友的名字吗', '我朋友叫什么名字？'),
            '你的朋友叫{x}。',
        ),
    },
    'word': {
        'en': (
            (
                'The secret word is {x}.',
                'Remember the word {x}.',
                'Please remember this word: {x}',
                'the code word is {x}',
                'Keep this in mind: {x}',
                'The code is {x}.',
            ),
            ('I will remember {x}.', 'Noted: {x}.', 'All right: {x}.'),
            (
                'What is the secret word?',
                'Which word did I tell you?',
                'What was the word?',
                'what is the code word',
                'Do you remember the word?',
                'Say the word.',
            ),
            'The word is {x}.',
        ),
        'zh': (
            ('暗号是{x}。', '记住这个词：{x}', '请记住单词{x}。', '帮我记一个词：{x}', '密语是{x}'),
            ('好的，我记住了：{x}。', '记住了，{x}。'),
            ('暗号是什么？', '我让你记的词是什么？', '刚才那个词是什么', '还记得那个词吗？', '密语是啥'),
            '那个词是{x}。',
        ),
    },
}
MORE_WEIGHTS = {'pet': 2, 'friend': 2, 'word': 2}
CLOSED = ('colour', 'animal', 'food', 'number')  # values of a list, or digits, which are tokens of their own
MORE_ASKS = {
    'en': {
        'name': (
            'Could you remind me of my name?',
            'Whats my name',
            'Please say my name.',
            'I forgot my name. What is it?',
            'Who is talking to you?',
            'Do you recall my name?',
            'With whom are you talking?',
            'How do people call me?',
            'Give me my name.',
            'So who am I?',
            'is my name still known to you?',
        ),
        'number': (
            'Could you remind me of the number?',
            'I forgot the number. What is it?',
            'Do you recall my number?',
            'say the number',
        ),
        'city': (
            'Which town am I from?',
            'Could you remind me where I live?',
            'In which city is my home?',
            'What town do I live in?',
        ),
    },
    'zh': {
        'name': (
            '提醒一下我叫什么',
            '我忘了自己叫什么，你记得吗？',
            '你在跟谁说话？',
            '该怎么称呼我？',
            '你应该叫我什么？',
            '说一下我的名字',
            '还记得我叫啥吗',
            '我姓甚名谁',
        ),
        'number': ('提醒我一下那个数字', '我忘了数字是多少了', '还记得那个数吗', '把数字说一遍'),
        'city': ('我住的城市叫什么？', '我是从哪里来的？', '提醒我一下我住哪儿', '我住在哪座城市'),
    },
}
LEADS = {
    'en': (
        'So, ',
        'And ',
        'Hey, ',
        'By the way, ',
        'Now, ',
        'Please tell me: ',
        'One more question: ',
        'Back to me: ',
        'ok, ',
    ),
    'zh': ('对了，', '那么，', '请问', '那', '顺便问一下，', '好，', '再问一下，', '回到我的问题：'),
}
CORRECTIONS = {
    'en': ('No, ', 'Sorry, ', 'Actually, ', 'Wait, ', 'Correction: ', 'no no, ', 'I was wrong. ', ''),
    'zh': ('不，', '不对，', '说错了，', '其实', '更正一下：', '等等，', '抱歉，', ''),
}
# Name and city in one message: told, answered.
BOTH = {
    'en': (
        (
            'My name is {x} and I live in {y}.',
            'I am {x} from {y}.',
            "Hi, I'm {x}, I live in {y}",
            'my name is {x}, i am from {y}',
            'Hello! {x} here, from {y}.',
            'I live in {y} and my name is {x}.',
            'I come from {y}, call me {x}.',
        ),
        ('Nice to meet you, {x} from {y}!', 'Hello {x}! Greetings to {y}!', 'Hi {x}, nice to meet you!'),
    ),
    'zh': (
        (
            '我叫{x}，住在{y}。',
            '我是{x}，来自{y}',
            '你好，我叫{x}，我在{y}',
            '我是来自{y}的{x}。',
            '我住在{y}，名字叫{x}',
            '大家好，我是{y}的{x}',
        ),
        ('你好，{x}！{y}是个好地方。', '{x}，你好！很高兴认识你。', '很高兴认识你，来自{y}的{x}！'),
    ),
}
# Of others: told, answered, asked by name or by place, the answer.
OTHERS = {
    'en': (
        ('{x} lives in {y}.', 'My friend {x} is from {y}', '{x} comes from {y}.', 'my colleague {x} lives in {y}'),
        ('I see.', 'Noted.', 'All right.'),
        (
            'Where does {x} live?',
            'where is {x} from?',
            'In which city does {x} live?',
            'Who lives in {y}?',
            'who is from {y}',
        ),
        '{x} lives in {y}.',
    ),
    'zh': (
        ('{x}住在{y}。', '我朋友{x}来自{y}', '{x}是{y}人', '我同事{x}在{y}'),
        ('知道了。', '记住了。', '好的。'),
        ('{x}住在哪里？', '{x}是哪里人', '{x}在哪个城市？', '谁住在{y}？', '谁来自{y}'),
        '{x}住在{y}。',
    ),
}
REPEAT = {
    'en': (
        'Repeat after me: {x}',
        'repeat: {x}',
        'Please repeat {x}',
        'Say {x}',
        'Say "{x}"',
        'Copy this: {x}',
        'please say: {x}',
        'Write {x}',
        'Repeat this - {x}',
        'say after me: {x}',
        'Echo {x}',
        'Type "{x}"',
    ),
    'zh': (
        '跟我说：{x}',
        '重复一遍：{x}',
        '请重复{x}',
        '请说“{x}”',
        '跟我念：{x}',
        '复述：{x}',
        '请照着写：{x}',
        '说{x}',
        '原样输出：{x}',
        '念一下：{x}',
    ),
}
WEIGHTS = {'name': 5, 'number': 4, 'colour': 2, 'city': 2, 'animal': 1, 'food': 1}
# Asked for what was never told.
NOT_TOLD = {
    'en': {
        'name': 'You have not told me your name yet.',
        'number': 'You have not told me a number yet.',
        'colour': 'You have not told me your favourite colour yet.',
        'city': 'You have not told me your city yet.',
        'animal': 'You have not told me your favourite animal yet.',
        'food': 'You have not told me your favourite food yet.',
    },
    'zh': {
        'name': '你还没有告诉我你的名字。',
        'number': '你还没有告诉我数字。',
        'colour': '你还没有告诉我你喜欢的颜色。',
        'city': '你还没有告诉我你的城市。',
        'animal': '你还没有告诉我你喜欢的动物。',
        'food': '你还没有告诉我你爱吃什么。',
    },
}


def draw_value(rng: random.Random, fact: str, language: str) -> str:
    if fact in ('name', 'pet', 'friend'):
        return draw_name(rng, language)
    if fact == 'number':
        return draw_number(rng)
    if fact == 'city':
        return draw_place(rng, language)
    if fact == 'word':
        return draw_word(rng, language)
    return rng.choice({'colour': COLOURS, 'animal': ANIMALS, 'food': FOODS}[fact][language])


def fill(text: str, value: str, other: str = '') -> str:
    return text.replace('{y}', other).replace('{x}', value).replace('{X}', value[:1].upper() + value[1:])


def turn(user: str, assistant: str, copied: tuple[str, ...] = ()) -> list[dict]:
    found = [{'role': 'user', 'content': user}, {'role': 'assistant', 'content': assistant}]
    return [{**message, 'copied': copied} for message in found] if copied else found


def _loose(rng: random.Random, template: str) -> str:
    """The template as a hurried user writes it, now and then."""
    if '{X}' not in template and rng.random() < 0.15:
        template = template.lower()
    return template.rstrip('.。') if rng.random() < 0.2 else template


def repeat(rng: random.Random, language: str) -> list[dict]:
    """Any words to say again, exactly."""
    messages = []
    for _ in range(rng.choice((1, 1, 2, 3))):
        words = [
            rng.choice((draw_name, draw_place, draw_word, draw_word, lambda rng, _: draw_number(rng)))(rng, language)
            for _ in range(rng.choice((1, 1, 1, 2, 3, 4)))
        ]
        text = rng.choice((' ', ' ', ', ')).join(words)
        if not is_held_out(text):
            messages += turn(fill(_loose(rng, rng.choice(REPEAT[language])), text), text, tuple(words))
    return messages or turn(fill(REPEAT[language][0], 'abc'), 'abc')


def others(rng: random.Random, language: str, filler: Callable[[], list[dict]]) -> list[dict]:
    """Where one to three other people live; one or two of them asked for."""
    tell, reply, ask, answer = OTHERS[language]
    people = {}
    for _ in range(rng.choice((1, 2, 2, 3))):
        people[draw_name(rng, language)] = draw_place(rng, language)
    people = {name: place for place, name in {place: name for name, place in people.items()}.items()}
    copied, told, messages = (*people, *people.values()), [], []
    for name, place in people.items():
        told.append(fill(rng.choice(tell), name, place))
    if rng.random() < 0.5:
        joint = ' ' if language == 'en' else ''
        end = '.' if language == 'en' else '。'
        messages += turn(joint.join(text.rstrip('.。') + end for text in told), rng.choice(reply), copied)
    else:
        for text in told:
            messages += turn(text, rng.choice(reply), copied)
    for _ in range(rng.choice((0, 0, 1, 1, 2))):
        messages += filler()
    for name, place in rng.sample(list(people.items()), rng.randint(1, len(people))):
        messages += turn(fill(rng.choice(ask), name, place), fill(answer, name, place), copied)
    return messages


def conversation(
    rng: random.Random,
    language: str,
    filler: Callable[[], list[dict]],
    vary: Callable[[random.Random, str], str] = lambda _, text: text,
) -> list[dict]:
    """One to three facts told, up to three other turns (`filler()`), the facts asked for; `vary` changes questions a little."""
    kind = rng.random()
    if kind < 0.16:
        return repeat(rng, language)
    if kind < 0.25:
        return others(rng, language, filler)
    tables, weights = FACTS | MORE_FACTS, WEIGHTS | MORE_WEIGHTS
    facts = list(
        dict.fromkeys(rng.sample(list(weights), counts=list(weights.values()), k=rng.choice((1, 1, 1, 2, 2, 3))))
    )
    known, messages = {}, []

    def asked(fact: str) -> str:
        ask = rng.choice(
            MORE_ASKS[language].get(fact, tables[fact][language][2])
            if rng.random() < 0.25
            else tables[fact][language][2]
        )
        if rng.random() < 0.2:
            lead = rng.choice(LEADS[language])
            ask = lead + (ask if ask.startswith('I ') else ask[:1].lower() + ask[1:])
        return vary(rng, ask)

    def told(fact: str, before: str = '') -> list[dict]:
        tell, reply = tables[fact][language][:2]
        value = draw_value(rng, fact, language)
        while value == known.get(fact):
            value = draw_value(rng, fact, language)
        known[fact] = value
        copied = () if fact in CLOSED else (value,)
        template = rng.choice(tell)
        if template.lower().startswith(('hi', 'hello', 'hey', '你好', '嗨')):
            before = ''
        return turn(before + fill(_loose(rng, template), value), fill(rng.choice(reply), value), copied)

    if rng.random() < 0.15:
        messages += filler()
    if rng.random() < 0.08 and facts[0] in NOT_TOLD[language]:  # nothing told: say so
        return messages + turn(asked(facts[0]), NOT_TOLD[language][facts[0]])
    if rng.random() < 0.12:  # name and city at once
        facts = [fact for fact in facts if fact not in ('name', 'city')][:1]
        known['name'], known['city'] = draw_name(rng, language), draw_place(rng, language)
        pair = known['name'], known['city']
        messages += turn(
            fill(_loose(rng, rng.choice(BOTH[language][0])), *pair), fill(rng.choice(BOTH[language][1]), *pair), pair
        )
    for fact in facts:
        messages += told(fact)
        if rng.random() < 0.12:  # a change of mind: the last word counts
            if rng.random() < 0.3:
                messages += turn(
                    asked(fact), fill(tables[fact][language][3], known[fact]), tuple(messages[-1].get('copied', ()))
                )
            messages += told(fact, rng.choice(CORRECTIONS[language]))
    for _ in range(rng.choice((0, 1, 1, 2, 2, 3))):
        messages += filler()
    for fact in rng.sample(list(known), len(known)):
        copied = () if fact in CLOSED else (known[fact],)
        messages += turn(asked(fact), fill(tables[fact][language][3], known[fact]), copied)
        if rng.random() < 0.1:
            messages += filler()
    if rng.random() < 0.06:  # something else was told, not this
        untold = [fact for fact in NOT_TOLD[language] if fact not in known]
        fact = rng.choice(untold)
        messages += turn(asked(fact), NOT_TOLD[language][fact])
    return messages
