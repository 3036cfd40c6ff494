"""A few numbered suggestions on everyday topics."""

# ruff: noqa: E501 (tables of words)

import random
import re

from ._tips import NUMBERS_EN, NUMBERS_ZH, TIPS, UNKNOWN_EN, UNKNOWN_ZH
from ._write import turn, typed, write

WEIGHT = 1.5

ASK_EN = (
    '[please |can you |could you |would you |could you please |][provide|give me|give|offer|tell me|write|list|make|suggest|share] {n} [suggestion|piece of advice|tip|idea|recommendation|hint]{s} [about|on|for|about|regarding|concerning|about] {topic}[| please|, please]',
    '[I need|I want|I would like|I am looking for|do you have] {n} [tip|suggestion|idea]{s} [for|about|on] {topic}',
    '{n} [tip|suggestion|idea]{s} [about|on|for] {topic}[| please|, please]',
    '[what are|name|what are your] {n} [good |helpful |useful |]tip{s} [for|about] {topic}[|?]',
)
ASK_SOME_EN = (
    '[please |can you |could you |][give me|provide|offer|share] [some |a few |your |]{some} [about|on|for|regarding] {topic}[| please|, please]',
    '[any|some] {some} [about|on|for] {topic}[|?| please]',
    '[do you have|have you got] [any |some |]{some} [about|on|for] {topic}[|?]',
    '[help me with|I need help with|I have trouble with|I struggle with|I have problems with] {topic}',
    '{topic}: [what do you suggest|any ideas|what should I do|what can I do][|?]',
    '[what do you suggest|what would you suggest|what do you recommend] [for|about] {topic}[|?]',
    '{topic} tips[| please]',
)
ASK_ZH = (
    '[请|请你|能不能|可以|麻烦你|帮我|你能|请帮我|][给我|给出|提供|提|给|列出|写|说|给我提|为我提供]{n}[条|个|点][关于|有关|]{topic}的[建议|小建议|小技巧|意见|方法|技巧|窍门][吧|吗|好吗|][|。|？|！]',
    '[关于{topic}，|{topic}方面，|在{topic}上，][请|能不能|][给我|提|说][{n}][条|个|点][建议|小建议|意见][吧|吗|][|。|？]',
    '{topic}的{n}[条|个|点][建议|小技巧|方法][|，谢谢|。]',
    '[我想要|我需要|想听听你的]{n}[条|个]{topic}[的|方面的][建议|意见][|。]',
)
ASK_SOME_ZH = (
    '[怎么|如何|怎样|怎样才能|怎么才能|我该怎么|应该怎么]{topic}[|？|呢？|呀]',
    '[请|能不能|][给我|给]一?些?{topic}的[建议|小技巧|方法][吧|][|。]',
    '{topic}[有什么建议|有什么好方法|有什么技巧|有没有建议|有什么窍门][吗|][|？]',
    '[关于|对于]{topic}，你[有什么建议|怎么看|建议什么|有什么好办法][|？]',
    '{topic}方面，?[给点|给些|有没有]建议[吧|吗|][|？]',
)
MORE_EN = (
    '[another|one more][| tip| suggestion][| please]',
    '[more|any more][|?| please| tips| suggestions]',
    '[anything else|what else][|?]',
)
MORE_ZH = ('[还有吗|还有别的吗|再来一条|再给一条|再多一条|再来一个|更多建议|再来一条吧|再给一条吧][|？|。]',)
# The requests that the course's own pages type.
COURSE = (
    'please provide three suggestions about time management',
    'Please provide three suggestions about time management.',
    'please provide three suggestions about time management.',
    '请提供三条关于时间管理的建议',
    '请给我三条时间管理的建议',
    '请给出三条时间管理的建议。',
)
# Names that read well after "how do I" in Chinese: the others only take a noun's place.
VERBS_ZH = frozenset(
    (
        '管理时间',
        '合理安排时间',
        '利用时间',
        '提高学习效率',
        '改善睡眠',
        '睡个好觉',
        '早点入睡',
        '写代码',
        '写好代码',
        '写程序',
        '多读书',
        '养成阅读习惯',
        '准备面试',
        '做报告',
        '做展示',
        '和同事合作',
        '学英语',
        '提高英语',
        '练口语',
        '缓解压力',
        '减压',
        '放松',
        '应对压力',
        '锻炼身体',
        '坚持锻炼',
        '吃得健康',
        '吃得更好',
        '存钱',
        '省钱',
        '攒钱',
        '交朋友',
        '认识新朋友',
        '结交朋友',
        '写文章',
        '写作文',
        '提高写作',
        '备考',
        '准备考试',
        '调试代码',
        '找bug',
        '修复错误',
        '集中注意力',
        '提高专注力',
        '保持专注',
        '养成好习惯',
        '培养习惯',
        '克服拖延症',
        '改掉拖延',
        '规划旅行',
        '整理房间',
        '收拾屋子',
        '整理桌面',
        '提高会议效率',
        '主持会议',
        '学数学',
        '学好数学',
        '学习大模型',
        '入门人工智能',
        '学AI',
        '学习深度学习',
        '学好这门课',
        '学习LMDeploy',
        '保护眼睛',
        '护眼',
        '陪孩子',
        '教孩子',
        '保持好心情',
        '让自己开心',
        '调节心情',
        '变得快乐',
        '过周末',
        '提好问题',
        '提高记忆力',
        '记单词',
        '增强记忆',
        '挑礼物',
        '选生日礼物',
        '准备礼物',
    )
)


def _numbered(tips: list[str], start: int = 1) -> str:
    return '\n'.join(f'{number}. {tip}' for number, tip in enumerate(tips, start))


def conversations(rng: random.Random) -> list[dict]:
    if rng.random() < 0.06:
        question = rng.choice(COURSE)
        tips = TIPS[0][4] if question[0] >= '一' else TIPS[0][3]
        return turn(question, _numbered(rng.sample(tips, 3)))
    zh = rng.random() < 0.5
    count = rng.choice([3, 3, 3, 3, 3, 2, 2, 1, 4, 5])
    number = (NUMBERS_ZH if zh else NUMBERS_EN)[count] if rng.random() < 0.75 else str(count)
    plural = '' if count == 1 else 's'
    if rng.random() < 0.08:
        topic = rng.choice(UNKNOWN_ZH if zh else UNKNOWN_EN)
        question = write(rng, ASK_ZH if zh else ASK_EN, n=number, s=plural, topic=topic).replace(
            'pieces of advices', 'pieces of advice'
        )
        answer = write(
            rng,
            [
                '{t}我不知道该怎么[建议|提建议]，[我只了解日常的一些话题|我的知识很有限]。学习、时间管理、写代码这些，可以问我。',
                '[抱歉，|]关于{t}，我不知道，不敢乱说。[睡眠、阅读、面试|时间管理、写作、团队合作]这些我可以给建议。',
            ]
            if zh
            else [
                "I don't know enough about {t} to give good advice. Ask me about [learning, time management or writing code|sleep, reading or teamwork] instead.",
                "Sorry, I don't know about {t}. I can give suggestions on [time management, learning or sleep|reading, interviews or writing code].",
            ],
            t=topic,
        )
        return turn(typed(rng, _mend(question)), answer)
    _key, names_en, names_zh, tips_en, tips_zh = rng.choice(TIPS if rng.random() < 0.9 else TIPS[:1])
    topic = rng.choice(names_zh if zh else names_en)
    if rng.random() < 0.7:
        question = write(rng, ASK_ZH if zh else ASK_EN, n=number, s=plural, topic=topic)
    else:
        count = 3
        asks = (ASK_SOME_ZH if topic in VERBS_ZH else ASK_SOME_ZH[1:]) if zh else ASK_SOME_EN
        question = write(rng, asks, topic=topic, some=rng.choice(['advice', 'tips', 'suggestions', 'ideas']))
        question = question.replace('a few advice', 'some advice')
    pool = list(tips_zh if zh else tips_en)
    rng.shuffle(pool)
    chosen, rest = pool[:count], pool[count:]
    body = chosen[0] if count == 1 else _numbered(chosen)
    chance = rng.random()
    if count > 1 and chance < 0.5:
        if zh:
            body = write(rng, '[关于{t}，|][这里有|给你]{n}条建议：\n', t=topic, n=NUMBERS_ZH[count]) + body
        else:
            body = (
                write(
                    rng,
                    '[Here are {n} suggestions about {t}:|Here are {n} suggestions:|{N} suggestions about {t}:]\n',
                    n=NUMBERS_EN[count],
                    N=NUMBERS_EN[count].capitalize(),
                    t=re.sub(r'\bmy\b', 'your', topic),
                )
                + body
            )
    talk = turn(typed(rng, _mend(question)), body)
    if rest and rng.random() < 0.15:
        talk += turn(typed(rng, _mend(write(rng, MORE_ZH if zh else MORE_EN))), rest[0])
    elif rng.random() < 0.1:
        talk += turn(
            typed(
                rng,
                write(
                    rng, '[谢谢|很有用|谢谢你|学到了][|！]' if zh else '[thanks|thank you|very useful|that helps][|!]'
                ),
            ),
            write(
                rng, '不客气！[祝你顺利。|希望对你有帮助。]' if zh else "You're welcome! [Good luck.|I hope it helps.]"
            ),
        )
    return talk


def _mend(question: str) -> str:
    """The small words that a template cannot know."""
    return question.replace('piece of advices', 'pieces of advice').replace('一?些?', '一些').replace('，?', '，')
