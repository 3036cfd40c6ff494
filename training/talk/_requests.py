"""How people ask for a story or a poem: an occasion, a frame, a kind of text with a theme, and a last word, all combined."""

# ruff: noqa: E501 (tables of words)

import random
import re

from ._write import article, capital, write

STORY_EN = (
    ['story'] * 9
    + ['short story', 'little story', 'bedtime story', 'tale', 'tale', 'fairy tale', 'fable', 'good-night story']
    + ["children's story", 'little tale', 'adventure story', 'nice story', 'sweet little story', 'funny story']
    + ['calm story', 'gentle story', 'cosy story', 'new story', 'made-up story', 'happy story', 'quick story', 'yarn']
)
POEM_EN = (
    ['poem'] * 9
    + ['short poem', 'little poem', 'verse', 'rhyme', 'four-line poem', 'rhyming poem', 'nice poem', 'lovely poem']
    + ['small verse', 'few rhyming lines', 'few lines of poetry', 'quatrain', 'stanza', 'nursery rhyme', 'simple poem']
    + ['ode', 'gentle poem', 'happy poem', 'beautiful verse', 'tiny poem', 'poem of four lines', 'sweet poem']
)
STORY_ZH = (
    ['故事'] * 10
    + ['小故事'] * 6
    + ['睡前故事', '童话', '童话故事', '短故事', '寓言', '小童话', '寓言故事', '温馨的故事']
)
POEM_ZH = ['诗'] * 8 + ['小诗'] * 4 + ['短诗', '诗歌', '小短诗', '四行诗', '新诗', '现代诗', '儿童诗', '抒情诗']

_ABOUT_EN = (
    ['about {t}'] * 12
    + [
        'on {t}',
        'with {t} in it',
        'that is about {t}',
        'in which {t} appears',
        'featuring {t}',
        'involving {t}',
        'around {t}',
    ]
    + [
        'to do with {t}',
        'that has {t} in it',
        'where {t} plays a role',
        'that deals with {t}',
        'of {t}',
        'concerning {t}',
    ]
)
_ABOUT_HERO_EN = [
    'with {t} as the hero',
    'starring {t}',
    'whose hero is {t}',
    'where the main character is {t}',
    'with {t}',
    'told about {t}',
]
_ABOUT_PLACE_EN = ['set in {t}', 'that happens in {t}', 'that takes place in {t}', 'that plays in {t}']
_ABOUT_THEME_EN = [
    'on the theme of {t}',
    'that teaches something about {t}',
    'with a lesson about {t}',
    'on the subject of {t}',
    'to learn about {t}',
    'that shows what {t} means',
    'with the message of {t}',
]
_ABOUT_POEM_EN = ['about {t}'] * 12 + [
    'on {t}',
    'for {t}',
    'to {t}',
    'dedicated to {t}',
    'in praise of {t}',
    'that is about {t}',
    'on the subject of {t}',
    'on the topic of {t}',
    'that mentions {t}',
    'inspired by {t}',
    'describing {t}',
    'with {t} in it',
    'that celebrates {t}',
    'around {t}',
]

# What a person is asked to do with {np}; the gerund stands in the other frames.
_DO_STORY_EN = (
    ('tell me', 'telling me'),
    ('tell me', 'telling me'),
    ('tell us', 'telling us'),
    ('tell', 'telling'),
    ('write', 'writing'),
    ('write me', 'writing me'),
    ('make up', 'making up'),
    ('invent', 'inventing'),
    ('read me', 'reading me'),
    ('give me', 'giving me'),
    ('come up with', 'coming up with'),
    ('think of', 'thinking of'),
    ('share', 'sharing'),
    ('create', 'creating'),
    ('think up', 'thinking up'),
    ('dream up', 'dreaming up'),
    ('spin me', 'spinning me'),
    ('start', 'starting'),
    ('offer me', 'offering me'),
    ('let me hear', 'letting me hear'),
    ('entertain me with', 'entertaining me with'),
    ('surprise me with', 'surprising me with'),
    ('treat us to', 'treating us to'),
    ('cheer me up with', 'cheering me up with'),
    ('compose', 'composing'),
    ('improvise', 'improvising'),
    ('narrate', 'narrating'),
    ('tell my son', 'telling my son'),
    ('tell my little girl', 'telling my little girl'),
    ('tell the children', 'telling the children'),
)
_DO_POEM_EN = (
    ('write', 'writing'),
    ('write', 'writing'),
    ('write me', 'writing me'),
    ('write me', 'writing me'),
    ('compose', 'composing'),
    ('make', 'making'),
    ('make me', 'making me'),
    ('make up', 'making up'),
    ('give me', 'giving me'),
    ('give us', 'giving us'),
    ('come up with', 'coming up with'),
    ('create', 'creating'),
    ('pen', 'penning'),
    ('produce', 'producing'),
    ('recite', 'reciting'),
    ('read me', 'reading me'),
    ('tell me', 'telling me'),
    ('think of', 'thinking of'),
    ('share', 'sharing'),
    ('let me read', 'letting me read'),
    ('show me', 'showing me'),
    ('put together', 'putting together'),
    ('send me', 'sending me'),
    ('craft', 'crafting'),
    ('try', 'trying'),
    ('delight me with', 'delighting me with'),
    ('surprise me with', 'surprising me with'),
    ('help me write', 'helping me write'),
)
# {do} {np}: imperatives; {doing} {np}: gerunds; {np}: with its article; {nps}: plural without one; {w}: the word alone.
_FRAMES_EN = ('{do} {np}',) * 5 + (
    '[please|kindly|do|just|now|so|ok,|hey,|well then,|come on,|quick,|for once,] {do} {np}',
    '[can|could|would|will] you [|please |maybe |perhaps |kindly |possibly ]{do} {np}?',
    '[can|could|would|will] you [|please |maybe |perhaps |quickly ]{do} {np}?',
    '[can|could|would|will] you {do} {np}?',
    "[I want|I'd like|I would like|I'd love|we'd like|we want|I need|I wish for|I am asking for|all I want is|how I would love] {np}",
    "[I want|I'd like|I would like|I need|I'd love|we would like] you to {do} {np}",
    "[I'd like|I would like|I want|I'd love|I am dying|I would really like|it would be nice|we are eager|I was hoping] to {enjoy} {np}",
    '[would you mind|do you mind|how about|what about|do you feel like|how do you feel about|are you up for|are you in the mood for|would you consider|thank you for|fancy|is there a chance of you] {doing} {np}?',
    '[are you able to|is it possible for you to|would you be so kind as to|would it be possible to|do you want to|are you ready to|do you know how to|would you like to|may I ask you to|can I ask you to|can I get you to|could I trouble you to|do you think you could|any chance you could|is it OK to ask you to] {do} {np}?',
    '[do you have|have you got|do you know|got|would you have|is there|can I have|may I have|could I have|can I get|could we have|can we get|may I ask for|could I ask for] {np}[| for me| for us| for tonight]?',
    '[do you have|have you got|do you know|got|are there|know|have you heard|can you do] any [good |nice |short |little |]{nps}?',
    '[what|which] {nps} do you [know|have|like best]?',
    '[I feel like|I am in the mood for|I could use|I am longing for|I would enjoy|I am ready for|I have a craving for|I could do with|I am looking for|we are waiting for|time for|it is time for|now comes the time for|my wish is] {np}',
    '[{np}|{np}|one {w} {a}|your best {w} {a}|some {w} {a}|another {w} {a}]',
    "[let's have|let us have|let's hear|let me have|how about|what about|let us try|let's go with|I choose|my order:|my request:|next:|wanted:|task:|today:] {np}",
    '[maybe|perhaps|now|then|first|next] {np}[| then| first| instead| for a change|]',
    '[I was told you|they say you|I heard you|I know that you|I bet you|you surely] can {do} {np}',
    '[nothing would be nicer than|what I need now is|what would help is|what I am after is|I have always wanted|my day would be complete with|I would give a lot for] {np}',
    '[my daughter|my son|my little brother|the baby|my grandchild|my class|my niece|my nephew|the whole family|my friend|my wife|the kids] [wants|would like|would love|asks for|is waiting for|needs] {np}',
    "[I don't know|I do not know] any [good |nice |]{nps}, {do} one",
    '[if you can|if you like|if you want|if it is not too much trouble|when you are ready|whenever you like], {do} {np}',
    '[your task|your job|your turn|my question to you|challenge|assignment]: {do} {np}',
    '[go ahead and|why not|try to|be nice and|be so kind and|be a dear and|you must|you should|now you can|please try to] {do} {np}',
)
_FRAMES_TOPIC_EN = (
    '{t}: {do} {np0} about it',
    '{t}. {do} {np0} [about|on] that, please',
    'topic: {t}. {do} {np0}',
    '{w} topic: {t}',
    '{w}, {t}',
    '{w} about {t}',
    '{w} [with|on|about] {t}',
    '{bare} {w}',
    'a {bare} {w}',
    '{do} a {bare} {w}',
    '[I love|I like|my son loves|we all like|I am fond of|my daughter is crazy about|I have always liked|I am thinking of] {t}. {do} {np0} about that',
    'let {t} be the [topic|subject|theme] of {np0}',
    'the [topic|subject|theme] of the {w} [is|should be|shall be] {t}',
    'make {t} the [topic|subject|theme] of your {w}',
    'take {t} as your [topic|subject|theme] and {do} {np0}',
    'use {t} as the [topic|theme|idea] for {np0}',
    'make it {np}',
    'is there {np}?',
    'what would {np} [sound like|be like|look like]?',
    'how would {np} go?',
    'how would your {w} about {t} [start|begin|go]?',
    'can it be {np}?',
    '{do} something [about|on|with] {t}, like {np0}',
    'something about {t}, as {np0}',
    'do you know {np}, by any chance?',
    '{np}. can you do that?',
    "it's about {t}, and it's {np0}: {do} it",
    'my favourite thing is {t}, so {do} {np0} about it',
)
_BEFORE_STORY_EN = (
    "[my daughter|my son|my little girl|the baby|my child|my nephew] [can't sleep|does not want to sleep|is in bed now|is afraid of the dark|is crying|is sick today|turns five today].",
    "[I can't sleep|I cannot fall asleep|I am going to bed|I am lying in bed|I had a long day|I am so tired|I am bored|I feel lonely|I am a bit sad|it is late|it is raining|it is cold outside|it is snowing|the power is out|the lights are off|it is nearly bedtime|it is bedtime|we are sitting around the fire|we are on a long train ride|we are stuck in traffic|we are waiting for the bus|I am waiting for my dinner|my tea is ready|I am ill in bed|today is my birthday|I need a break|enough of LMDeploy for today|enough work for today|enough with the code|I finished the chapter|grandma always told us something|I am a teacher|I have five minutes].",
    '[the children|the kids|my pupils|my students|my twins] [are in bed|are bored|are restless|are waiting|want to listen|have finished their homework].',
)
_BEFORE_POEM_EN = (
    '[it is my birthday|my mother has her birthday|I am writing a card|I need something for a card|I love poetry|I am feeling romantic|it is a lovely day|I am sitting in the garden|it is spring at last|I want to impress someone|I need it for school|I have to read something out tomorrow|I am bored|I feel a bit sad|enough of prose|I like words that rhyme|you are a poet, I hear|they say you are a poet|I look out of the window|my class is learning about poetry|I am making a calendar].',
)
_AFTER_STORY_EN = (
    '[, please| please|, thanks|, thank you|, will you|, if you can|, if you like|, my friend|, tiny-chat|, would you| now| today| tonight| for once]',
    ' [for me|for us|for my son|for my daughter|for the children|for kids|for a five-year-old|for my class|for the night|for tonight|for bedtime|for my grandma|for a rainy day|for in between|to fall asleep|to cheer me up|to pass the time|to make me smile|to relax|to calm down|before I go to bed|before I sleep|while I wait|so that I can sleep|so I can sleep]',
    '[. Keep it short.|. Not too long, please.|. Make it nice.|. I love stories.|. I like stories.|. With a happy end, please.|. It should end well.|. Nothing scary, please.|. I am listening.|. Thank you!|. Thanks!|. Please!|. Surprise me.|. You choose the rest.|. The rest is up to you.|. I am curious.]',
)
_AFTER_POEM_EN = (
    '[, please| please|, thanks|, thank you|, will you|, if you can|, if you like|, my friend|, tiny-chat|, would you| now| today| for once]',
    ' [for me|for us|for my mother|for my friend|for a card|for my wife|for the children|for my class|for school|for today|for a birthday card|that rhymes|with rhymes|in four lines|in a few lines|to cheer me up|to make me smile|to read aloud]',
    '[. Keep it short.|. Not too long, please.|. Make it nice.|. I love poems.|. It should rhyme.|. Four lines are enough.|. It may rhyme.|. Thank you!|. Thanks!|. Please!|. Surprise me.|. I am curious.|. You are the poet.]',
)

_ABOUT_ZH = (
    ['关于{t}的'] * 6
    + ['{t}的'] * 5
    + [
        '有关{t}的',
        '跟{t}有关的',
        '和{t}有关的',
        '讲{t}的',
        '以{t}为主题的',
        '{t}主题的',
        '说{t}的',
        '里面有{t}的',
        '写{t}的',
        '涉及{t}的',
        '围绕{t}的',
        '与{t}相关的',
    ]
)
_ABOUT_HERO_ZH = ['以{t}为主角的', '{t}当主角的', '主角是{t}的', '{t}做主人公的']
_ABOUT_PLACE_ZH = ['发生在{t}的', '在{t}里的', '{t}里的']
_ABOUT_POEM_ZH = (
    ['关于{t}的'] * 6
    + ['{t}的'] * 5
    + [
        '描写{t}的',
        '写{t}的',
        '赞美{t}的',
        '歌颂{t}的',
        '以{t}为题的',
        '有关{t}的',
        '咏{t}的',
        '送给{t}的',
        '跟{t}有关的',
        '形容{t}的',
    ]
)
_POLITE_ZH = '[请|请你|麻烦你|麻烦|能不能|能|可以|可不可以|能否|你能|你可以|帮我|帮忙|劳驾|快|来|就|那就|不如|现在|要不你|你来|请帮我|拜托|求你|方便的话|想请你||||||]'
_WHOM_STORY_ZH = '[给我|给我|给我们|为我|跟我|给孩子|给大家|给宝宝|给我女儿|给我儿子|给小朋友|对我|给全班||||]'
_WHOM_POEM_ZH = '[给我|给我|为我|给我们|给妈妈|替我|为大家||||||]'
_DO_STORY_ZH = '[讲|讲|讲讲|说|说说|编|编写|写|写写|来|创作|念|读|想|构思|随便讲|现编|即兴讲|分享|聊|编造|虚构|整|安排|生成|输出|准备]'
_DO_POEM_ZH = '[写|写|写|作|来|创作|念|吟|读|做|编|送我|想|整|赋|即兴写|随手写|试着写|朗诵|背|给出|生成|创作出]'
_ASK_END_ZH = '[吧|吗|好吗|好不好|呗|可以吗|行吗|行不行|听听|看看|嘛|哦|好么|如何|成不成|来听听|||||||]'
_FRAMES_ZH = ('{polite}{whom}{do}{one}{np}{end}',) * 6 + (
    '[我想|我要|我好想|我们想|好想|很想|特别想|今天想|突然想|想|宝宝想|孩子想|女儿想|儿子想|弟弟想|大家都想]{enjoy}{one}{np}[|了|，可以吗|，行吗|，好吗|，谢谢]',
    '[我需要|我要|我想要|给我|想要|需要|求|求一下|在找|找|我在找|先来|再来|想点播|点播|点]{one}{np}[|，谢谢|，拜托了|，行吗]',
    '[有没有|有|你有没有|你有|你知道|知不知道|听没听过|你听过|你会不会讲|你那儿有][|什么|好听的|有趣的|适合孩子的]{np}[吗|？|可以分享的吗]',
    '{np}[|！|，谢谢|，来一个|，有吗|，会吗|，走起|，快|，麻烦了|，行吗|，怎么样]',
    '{one}{np}[|，谢谢|，麻烦了|，拜托|，走起|就好|就行|吧]',
    '[不如|要不|要不然|干脆|那|接下来|现在|下面|最后|先|然后]{do}{one}{np}[吧|怎么样|好了|如何|呗]',
    '[你能|你会|你可以|会不会|能不能|你行不行|你会不会]{do}{one}{np}[吗|？|？我想看看]',
    '[如果可以，|可以的话，|要是方便，|方便的话，|不麻烦的话，|有空的话，]{do}{one}{np}[吧|好吗|给我]',
    '[任务|要求|题目|请求|命题|作业]：{do}{one}{np}',
    '[听说你会|我知道你会|都说你会|据说你能]{do}{np}，{do}{one}[吧|听听|看看]',
)
_FRAMES_TOPIC_ZH = (
    '[以|用|拿|就以]{t}为[主题|题|题目|题材]，?{do}{one}{w}[吧|好吗|，谢谢|]',
    '[关于|围绕|根据]{t}，?{do}{one}{w}[吧|好吗|行吗|]',
    '{do}{one}{w}，[主题|题目|内容|题材][是|为|：|要求是|就是]{t}',
    '{do}{one}{w}，[要有|里面有|里面要有|关于|写的是|讲的是|跟{t}有关，要提到|必须出现]{t}',
    '[主题|题目|关键词][是|：]{t}，{do}{one}{w}[吧|]',
    '{t}[，|：]{do}{one}{w}[吧|]',
    '[我喜欢|我最喜欢|孩子喜欢|我女儿喜欢|我儿子最爱|大家都喜欢|我很想念|我想到了]{t}，{do}{one}{w}[吧|好吗|行吗]',
    '{t}{w}[|来一个|，有吗|，谢谢|，走起]',
    '{w}，{t}',
    '{w}：{t}',
    '{do}{do2}{t}的{w}',
    '拿{t}编{one}{w}',
    '有{t}的{w}吗',
    '如果{do}{one}{t}的{w}，会是什么样',
)
_BEFORE_STORY_ZH = (
    '[睡不着|孩子睡不着|女儿睡不着|宝宝不肯睡|孩子不肯睡觉|要睡觉了|该睡觉了|马上睡觉了|外面下雨了|下大雪了|停电了|今天好累|学累了|写代码写累了|课上完了|心情不好|有点难过|好无聊|太无聊了|坐火车好无聊|堵在路上了|在等公交|在排队|孩子在哭|孩子吵着要听|孩子们都坐好了|小朋友们等着呢|我是幼儿园老师|明天要给孩子们讲课|今天是我生日|我生病了，躺着呢|天黑了|灯关了|吃完饭了|休息一下|换个轻松的|歇会儿|晚安之前|离下课还有五分钟|奶奶以前常给我讲]，',
)
_BEFORE_POEM_ZH = (
    '[今天天气真好|心情不错|有点伤感|妈妈过生日|要写贺卡|我想发朋友圈|春游回来|我在看窗外|看着窗外|语文作业要用|学校要朗诵|我喜欢诗|听说你会写诗|突然有了诗意|今晚月色很美|换个文艺的|想表白|写代码写累了|休息一下|明天要上台|老师布置的]，',
)
_AFTER_STORY_ZH = '[，谢谢|，谢谢你|，拜托了|，要短一点的|，别太长|，不要吓人的|，结局要好|，要温馨一点|，给孩子听的|，哄孩子用|，睡前听|，我喜欢听故事|，让我放松一下|，其他随你|，随便编|，我在听|，五岁孩子听的]'
_AFTER_POEM_ZH = '[，谢谢|，谢谢你|，拜托了|，短一点|，别太长|，四句就好|，要押韵|，简单点|，美一点|，写在贺卡上的|，送给妈妈|，送朋友|，随便写写|，我想看看|，让我高兴一下]'
_PLURAL = {
    'mouse': 'mice',
    'wolf': 'wolves',
    'goose': 'geese',
    'fish': 'fish',
    'sheep': 'sheep',
    'deer': 'deer',
    'knife': 'knives',
    'leaf': 'leaves',
    'man': 'men',
    'child': 'children',
    'dice': 'dice',
    'moose': 'moose',
    'spectacles': 'spectacles',
    'hero': 'heroes',
    'potato': 'potatoes',
    'tomato': 'tomatoes',
    'shelf': 'shelves',
    'elf': 'elves',
    'scarf': 'scarves',
    'witch': 'witches',
    'calf': 'calves',
    'shrimp': 'shrimp',
}


def plural(noun: str) -> str:
    """'foxes', 'mice', 'bus drivers'."""
    head, _, last = noun.rpartition(' ')
    if last in _PLURAL:
        last = _PLURAL[last]
    elif re.search('(s|x|z|ch|sh)$', last):
        last += 'es'
    elif re.search('[^aeiou]y$', last):
        last = last[:-1] + 'ies'
    else:
        last += 's'
    return f'{head} {last}'.strip()


def _varied(rng: random.Random, topic: str) -> str:
    """'a fox' as people may say it: 'foxes', 'two foxes', 'my fox'."""
    bare = re.sub('^an? ', '', topic)
    if bare == topic:
        return topic
    return rng.choice(
        (plural(bare), plural(bare), f'some {plural(bare)}', f'two {plural(bare)}', f'my {bare}', f'the {bare}', bare)
    )


def _english(rng: random.Random, poem: bool, topic: str, sort: str) -> str:
    word = rng.choice(POEM_EN if poem else STORY_EN)
    simple = (
        word
        if word in ('story', 'tale', 'poem', 'verse', 'rhyme', 'fairy tale', 'ode')
        else 'poem'
        if poem
        else 'story'
    )
    bare = re.sub('^(an?|the|my) ', '', topic)
    about = ''
    frames = _FRAMES_EN
    if topic:
        if sort in ('kind', 'thing', 'more', 'plant') and rng.random() < 0.25:
            topic = _varied(rng, topic)
        ways = list(_ABOUT_POEM_EN if poem else _ABOUT_EN)
        if not poem:
            ways += {'kind': _ABOUT_HERO_EN * 2, 'place': _ABOUT_PLACE_EN * 3, 'theme': _ABOUT_THEME_EN * 2}.get(
                sort, []
            )
        about = rng.choice(ways).format(t=topic)
        if rng.random() < 0.3:
            frames = _FRAMES_TOPIC_EN
    do, doing = rng.choice(_DO_POEM_EN if poem else _DO_STORY_EN)
    slots = {
        'do': do,
        'doing': doing,
        'enjoy': rng.choice(
            ('read', 'read', 'hear', 'have', 'see', 'get')
            if poem
            else ('hear', 'hear', 'listen to', 'read', 'have', 'get')
        ),
        'np': f'{article(word)} {about}'.strip(),
        'np0': article(word),
        'nps': f'{plural(simple)} {about}'.strip(),
        'a': about,
        'w': simple,
        't': topic,
        'bare': bare,
    }
    text = re.sub(' +', ' ', write(rng, frames, **slots)).strip().replace(' ?', '?')
    chance = rng.random()
    if chance < 0.2 and text[-1] != '?':
        text += write(rng, _AFTER_POEM_EN if poem else _AFTER_STORY_EN)
    if 0.12 < chance < 0.27:
        text = f'{capital(write(rng, _BEFORE_POEM_EN if poem else _BEFORE_STORY_EN))} {capital(text)}'
    return text if text[-1] in '.?!' or rng.random() < 0.5 else text + rng.choice('..!')


def _chinese(rng: random.Random, poem: bool, topic: str, sort: str) -> str:
    word = rng.choice(POEM_ZH if poem else STORY_ZH)
    about = ''
    frames = _FRAMES_ZH
    if topic:
        ways = list(_ABOUT_POEM_ZH if poem else _ABOUT_ZH)
        if not poem:
            ways += {'kind': _ABOUT_HERO_ZH * 2, 'place': _ABOUT_PLACE_ZH * 2}.get(sort, [])
        about = rng.choice(ways).format(t=topic)
        if rng.random() < 0.3:
            frames = _FRAMES_TOPIC_ZH
    one = ('一首', '一首', '首', '一首', '首', '') if poem else ('一个', '个', '一个', '个', '一段', '一则', '一篇', '')
    slots = {
        'polite': write(rng, _POLITE_ZH),
        'whom': write(rng, _WHOM_POEM_ZH if poem else _WHOM_STORY_ZH),
        'do': write(rng, _DO_POEM_ZH if poem else _DO_STORY_ZH),
        'do2': rng.choice(('写写', '来写', '写', '吟咏') if poem else ('讲讲', '说说', '聊聊', '来讲')),
        'one': rng.choice(one),
        'end': write(rng, _ASK_END_ZH),
        'enjoy': rng.choice(('读', '看', '听', '要') if poem else ('听', '听', '听听', '看', '要')),
        'np': about + word,
        'w': word,
        't': topic,
    }
    text = write(rng, frames, **slots).replace('，?', rng.choice('，，、')).replace('的的', '的')
    if text[0] in '个首':
        text = '一' + text
    if topic and frames is _FRAMES_TOPIC_ZH:
        text = text.replace(slots['do'] + slots['do2'], slots['do2'])
    chance = rng.random()
    if chance < 0.14 and text[-1] not in '？！' and '谢' not in text:
        text += write(rng, _AFTER_POEM_ZH if poem else _AFTER_STORY_ZH)
    if 0.08 < chance < 0.2:
        text = write(rng, _BEFORE_POEM_ZH if poem else _BEFORE_STORY_ZH) + text
    if text[-1] in '吗么':
        return text + rng.choice('？？？ ').strip()
    return text if text[-1] in '？！。' or rng.random() < 0.6 else text + rng.choice('。。！')


def request(rng: random.Random, zh: bool, poem: bool, topic: str = '', sort: str = '') -> str:
    """A request for a story or a poem, about `topic` (with its article) if there is one; `sort`: the topic's in the stories."""
    return (_chinese if zh else _english)(rng, poem, topic, sort)
