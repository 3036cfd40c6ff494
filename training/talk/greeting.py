"""Hello, thanks, goodbye, and how are you."""

# ruff: noqa: E501 (tables of words)

import random

from . import _asks_en, _asks_more, _asks_zh
from ._write import ask, dressed, joined, turn, typed, write

WEIGHT = 1.4

EN = {
    'hello': (
        [
            '[hello|hi|hey|hiya|howdy|greetings|hello hello|hi hi|hey hey|yo|hallo]'
            '[| there| tiny-chat| friend| my friend| again| everyone| model| buddy| you| little one| dear]'
            '[|!|.|!!|, how is it going?|, nice to see you|, good to see you!]',
            '[hello|hi|hey], [I am new here|this is my first time here|I just started the course|I am a student'
            '|I just installed you|just saying hi|testing, testing|anyone home?|can you hear me?|let us talk]',
            "[hello|hi|hey][|,] [world|what's up|sup|nice to meet you|pleased to meet you|glad to meet you|I'm back]",
        ],
        [
            'Hello! [I am tiny-chat. |][How can I help you|What would you like to know|What can I do for you] today?',
            'Hi there! [Ask me about LMDeploy or the course|Ask me anything about LMDeploy and this course]'
            ', or [let me tell you a story|ask me for a story|just chat with me].',
            'Hello, [nice to meet you|good to see you|welcome]! I can help with LMDeploy and the course.',
            'Hi! [Welcome to the course|Glad you are here|Nice to see you]. '
            '[What shall we look at first?|Where would you like to start?|What would you like to ask?]',
            'Hello! I am tiny-chat, a small model [with good manners|that likes company]. '
            '[What is on your mind?|What would you like to talk about?]',
        ],
    ),
    'day': (
        [
            'good [morning|afternoon|evening|day][| to you| there| tiny-chat| everyone| my friend][|!|.]',
            '[morning|evening|afternoon][|!| all| tiny-chat]',
        ],
        [
            'Good {time}! [How can I help you today?|What would you like to know?|I hope it is a good one.]',
            'Good {time} to you too! [Shall we look at LMDeploy, or would you like a story?|'
            'Ask me about LMDeploy whenever you are ready.]',
            'Good {time}! [It is nice to see you.|I am ready when you are.] I can help with LMDeploy and the course.',
        ],
    ),
    'how': (
        [
            'how are you[| doing| today| doing today| feeling| feeling today| this morning][|?]',
            "[how's it going|how is it going|how do you do|how are things|how is life|how's life|what's up|whats up|"
            "are you ok|are you well|how have you been|everything fine|how is your day|how's your day going][|?]",
            '[hi|hey|hello][|,] how are you[| doing| today][|?]',
        ],
        [
            'I am [fine|doing well|very well], thank you! [How are you?|And you?|How is the course going?]',
            'Thank you for asking, I am [fine|well]. [All my weights are in place.|My cache is warm and I am ready.] '
            '[How can I help you?|And how are you?]',
            'I am doing well, thanks! A small model needs little to be happy. [What can I do for you?|How are you today?]',
        ],
    ),
    'there': (
        [
            'are you [there|awake|here|online|ready|listening|still there|alive|up][|?]',
            'anybody [there|here|home][|?]',
            '[is anyone|are you] there[|?| please]',
            'can you [hear|read|see] [me|this]?',
            '[test|testing|ping|knock knock]',
        ],
        [
            'Yes, I am here! [How can I help?|What would you like to know?]',
            '[I am here|Here I am] and ready. [Ask me about LMDeploy or the course.|What can I do for you?]',
            'Yes, I am here and listening. [Go ahead.|Ask away.|What is on your mind?]',
        ],
    ),
    'thanks': (
        [
            '[thanks|thank you|many thanks|thx|ty|thanks a lot|thank you so much|thank you very much|cheers|thanks a million]'
            '[|!|.| tiny-chat| for your help| for the help| for that|, that helps|, that was useful|, got it|, great| again]',
            '[great|perfect|cool|nice|wonderful|super|ok|okay|got it], [thanks|thank you][|!]',
            '[that was|this is|that is] [helpful|very helpful|great|what I needed][|, thanks|, thank you][|!]',
            'I [appreciate it|appreciate your help|am grateful]',
        ],
        [
            "You're welcome! [Ask me again any time.|I am glad I could help.|Good luck with the course.]",
            "You're welcome! [It was a pleasure.|Happy to help.|Anything else?]",
            "My pleasure, you're welcome! [Just ask if you need more.|Enjoy the course.]",
        ],
    ),
    'bye': (
        [
            '[bye|goodbye|bye bye|good bye|see you|see you later|see ya|farewell|so long|take care|later|cya|have a nice day]'
            '[|!|.| tiny-chat| my friend|, thanks| for now| tomorrow]',
            '[I have to go|I need to go|I am leaving|gotta go|time to go|I am done for today|that is all|that is all for today]'
            '[|, bye|, goodbye|, see you][|!|.]',
            '[talk to you|see you] [soon|later|next time]',
        ],
        [
            'Goodbye! [See you soon.|Have a lovely day.|Come back any time.|Take care.]',
            'Goodbye, and [good luck with the course|take care|thank you for the talk]!',
            'Goodbye! [I will be here when you come back.|It was nice to talk with you.|Good luck with your next chapter.]',
        ],
    ),
    'night': (
        [
            '[good night|goodnight|night night|sleep well|sweet dreams][|!| tiny-chat| my friend|, I am going to bed|, I am tired]'
        ],
        [
            'Good night! [Sleep well.|Rest well, the course will wait for you.|Sweet dreams.]',
            'Good night, and sweet dreams! [See you tomorrow.|Until next time.]',
        ],
    ),
    'back': (
        [
            'long time no see[|!|, my friend|, tiny-chat]',
            "[I missed you|I am back|I'm back again|here I am again|it's me again|me again|did you miss me][|!|.]",
            "[hi|hello|hey], [I am back|it's me again|long time no see][|!]",
        ],
        [
            'Welcome back! [What shall we do today?|It is good to see you.|How can I help you?]',
            'Hello again, welcome back! [Shall we go on with the course?|What would you like to know?]',
        ],
    ),
    'meet': (
        [
            '[nice|good|great|pleased|happy|a pleasure|glad] to [meet|know|see] you[|!|.| tiny-chat|, friend| too]',
            'I am [new|a beginner|a student|a learner] here[|, hello|, hi][|.|!]',
        ],
        [
            'Nice to meet you too! [How can I help you?|What would you like to learn?]',
            'It is nice to meet you! [I can help with LMDeploy and the course.|Ask me anything about LMDeploy.]',
            'Welcome, it is nice to have you here! [Where shall we start?|Ask me about LMDeploy or the course.]',
        ],
    ),
}

ZH = {
    'hello': (
        [
            '[你好|您好|哈喽|嗨|嘿|哈啰|你好你好|hello|hi|喂|大家好|你们好|哈喽哈喽|嗨嗨|你好哇|侬好|雷猴]'
            '[|啊|呀|哦|，朋友|，小模型|，小家伙|，老师|，同学|，伙计|，tiny-chat|，亲|，在不在|，很高兴见到你|，我来了|，初次见面][|！|。|~|!]',
            '你好[啊|呀|]，[我是新来的|我是新手|我是学生|我刚开始学这门课|我第一次来|我刚装好环境|能聊聊吗|来聊天吧|我想和你聊聊|请多指教]',
            '[打个招呼|先打个招呼吧|来打个招呼|跟你打个招呼|向你问好|给你问好]',
        ],
        [
            '你好！我是 tiny-chat，[很高兴见到你|很高兴认识你|见到你真好]。[有什么可以帮你的吗？|想聊点什么？|今天想学点什么？]',
            '你好呀！[有什么可以帮你的吗？|今天想了解点什么？|我们从哪里开始呢？]',
            '你好！[LMDeploy 和这门课的问题都可以问我|关于 LMDeploy 和课程的问题，尽管问我]，[想听故事也行|也可以让我讲个小故事|闲聊也可以]。',
            '嗨，你好！[欢迎来到这门课|欢迎欢迎|很高兴你来了]，[想先了解什么？|有问题就问我吧。|我随时都在。]',
        ],
    ),
    'bro': (
        [
            '[你好|嗨|嘿|哈喽|在吗|早|来了|哟][啊|呀|，|]'
            '[兄嘚|兄弟|哥们|哥们儿|老铁|老哥|大兄弟|大哥|兄dei|老弟|姐妹|小老弟|老兄|朋友][|！|。|~|，吃了吗|，忙啥呢|，最近咋样|，聊聊]',
            '[兄嘚|兄弟|哥们|老铁|老哥|姐妹][，|][你好|好啊|好久不见|在吗|在不在|最近怎么样|最近咋样|忙什么呢|整点啥][|？|！]',
        ],
        [
            '你好啊兄嘚！[有什么我能帮上忙的吗？|今天想聊点什么？|LMDeploy 的问题尽管问我。]',
            '你好呀，兄嘚！我是 tiny-chat，[有问题随时问我|学 LMDeploy 的路上我陪着你|今天也一起加油吧]。',
            '兄嘚你好！[见到你真高兴|好久不见，真想你]，[今天想学点什么？|想聊课程，还是想听个故事？]',
        ],
    ),
    'day': (
        [
            '[早上|上午|中午|下午|晚上]好[|啊|呀|，朋友|，tiny-chat|，老师|，各位|，小模型|，兄嘚][|！|。|~]',
            '[早|早啊|早安|早呀|大家早][|！|。|，朋友]',
        ],
        [
            '{time}好！[今天想学点什么？|有什么可以帮你的吗？|祝你一切顺利。]',
            '{time}好呀！[见到你真高兴|很高兴见到你]，[有问题尽管问我。|LMDeploy 的问题随时问我。]',
            '{time}好！[我准备好了，随时可以开始。|我们开始吧，想聊 LMDeploy 还是听故事？]',
        ],
    ),
    'how': (
        [
            '你[最近|今天|现在|][过得好吗|好吗|怎么样|还好吗|感觉怎么样|心情怎么样|心情好吗|咋样|过得怎么样|忙吗][|？|呀？|啊]',
            '[最近|近来|今天][好吗|怎么样|如何|还好吗|过得如何|可好][|？]',
            '[你好|嗨|哈喽]，[最近|今天]怎么样[|？]',
            '[吃了吗|吃饭了吗|你吃了没][|？]',
        ],
        [
            '我很好，谢谢[关心|你]！[你呢？|你今天怎么样？|课程学得顺利吗？]',
            '我很好呀，[权重都在，缓存也热着|小模型的快乐很简单]。[你呢？|有什么可以帮你的？]',
            '谢谢你问我，我很好！[你最近怎么样？|今天想学点什么？]',
        ],
    ),
    'there': (
        [
            '[在吗|在不在|在么|你在吗|有人吗|有人在吗|你还在吗|还在吗|在线吗|醒着吗|你在线吗|能听到吗|听得见吗|看得到我说话吗|在不|人呢|你在哪儿呢，在吗|出来聊聊|测试|测试一下|喂喂]'
            '[|？|?|，想问个问题|，有事请教|，帮个忙|，聊会儿]'
        ],
        [
            '在的！[有什么可以帮你？|请说吧。|想问点什么？]',
            '我在呢，[请说|你说吧|随时待命]。[LMDeploy 和课程的问题都可以问我。|有什么可以帮你？]',
            '在呀！[我一直都在|我在听]，有什么想问的吗？',
        ],
    ),
    'thanks': (
        [
            '[谢谢|谢谢你|多谢|感谢|太感谢了|谢啦|谢了|非常感谢|十分感谢|thanks|3q|感恩|辛苦了|谢谢啊|谢谢老师|多谢多谢|万分感谢]'
            '[|！|。|，帮大忙了|，我懂了|，明白了|，很有帮助|，解决了|，学到了|，你真好|，tiny-chat|，下次再聊][|！|~]',
            '[好的|明白了|懂了|太好了|太棒了|可以了|原来如此|搞定了|收到]，[谢谢|谢谢你|多谢][|！|啦]',
        ],
        [
            '不客气！[能帮到你我很高兴。|有问题随时再来。|祝你学习顺利。]',
            '不客气呀，[随时来问我|这是我该做的|很高兴能帮上忙]。',
            '不用谢，不客气！[课程加油。|还有什么想问的吗？]',
        ],
    ),
    'bye': (
        [
            '[再见|拜拜|拜|回见|下次见|下次再聊|明天见|回头聊|我走了|我先走了|先这样|先撤了|下线了|我要下线了|88|溜了|告辞|我去忙了|今天就到这里|不聊了|bye|后会有期]'
            '[|！|。|~|啦|，谢谢|，tiny-chat|，朋友|，保重]'
        ],
        [
            '再见！[祝你一切顺利。|随时欢迎回来。|下次再聊。|照顾好自己。]',
            '再见呀，[和你聊天很开心|祝你今天愉快|课程加油]！',
            '好的，再见！[我会一直在这里。|期待下次见到你。]',
        ],
    ),
    'night': (
        ['[晚安|晚安安|睡了|我要睡了|我去睡觉了|睡觉去了|困了，先睡了|好梦][|！|。|~|，tiny-chat|，明天见|，朋友]'],
        ['晚安！[做个好梦。|好好休息。|明天见。]', '晚安，[祝你好梦|早点休息|睡个好觉]！'],
    ),
    'meet': (
        [
            '[很高兴|高兴|很荣幸|有幸|真高兴|好开心][认识|见到|遇见]你[|！|。|，tiny-chat]',
            '[好久不见|我又来了|我回来了|我来啦|想我了吗|又见面了|终于见到你了|久仰久仰|幸会|幸会幸会][|！|。|，朋友]',
        ],
        [
            '我也很高兴见到你！[有什么可以帮你？|我们聊点什么？]',
            '见到你真高兴！[LMDeploy 和课程的问题都可以问我。|今天想学点什么？]',
            '欢迎欢迎，很高兴见到你！[从哪里开始呢？|随时问我吧。]',
        ],
    ),
}

_TIMES_ZH = ('早上', '上午', '中午', '下午', '晚上', '傍晚')


_ASKS_EN = joined(_asks_en.GREETING, _asks_more.GREETING_EN)
_ASKS_ZH = joined(_asks_zh.GREETING, _asks_more.GREETING_ZH)


def _exchange(rng: random.Random, table: dict, intent: str) -> list[dict]:
    questions, answers = table[intent]
    zh = table is ZH
    if rng.random() < 0.35:
        question = write(rng, questions)
    else:
        question = ask(rng, (_ASKS_ZH if zh else _ASKS_EN)[intent], zh)
        question = dressed(rng, question, zh) if intent in ('how', 'there') else question
    time = ''
    if intent == 'day':
        if table is EN:
            time = next((t for t in ('mornin', 'afternoon', 'evening') if t in question), 'day').replace(
                'mornin', 'morning'
            )
        else:
            time = next((t for t in _TIMES_ZH if t in question), '早上')
    return turn(typed(rng, question), write(rng, answers, time=time))


# The greetings that the course's own pages type.
COURSE = {
    'hello': (EN, 'hello'),
    'Hello!': (EN, 'hello'),
    'hi': (EN, 'hello'),
    'Hi there': (EN, 'hello'),
    '你好': (ZH, 'hello'),
    '你好！': (ZH, 'hello'),
    '你好啊兄嘚': (ZH, 'bro'),
}


def conversations(rng: random.Random) -> list[dict]:
    if rng.random() < 0.10:
        question = rng.choice(list(COURSE))
        table, intent = COURSE[question]
        return turn(question, write(rng, table[intent][1]))
    table = EN if rng.random() < 0.5 else ZH
    opening = rng.choice(
        [name for name in table if name not in ('thanks', 'bye', 'night')] * 2 + ['thanks', 'bye', 'night']
    )
    talk = _exchange(rng, table, opening)
    if opening in ('bye', 'night'):
        return talk
    if opening in ('hello', 'bro', 'day', 'meet') and rng.random() < 0.25:
        talk += _exchange(rng, table, rng.choice(['how', 'there']))
    if rng.random() < 0.2:
        if rng.random() < 0.15:
            table = ZH if table is EN else EN
        talk += _exchange(rng, table, rng.choice(['thanks', 'bye', 'night']))
    return talk
