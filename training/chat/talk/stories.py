"""Small stories from a grammar: a hero, a place, a wish, an obstacle, a helper, a turn, and a gentle meaning.

A story keeps its facts (`Tale`), so that a question about it is answered from the story itself.
"""

import random
from dataclasses import dataclass

from training.chat.words.read import read
from training.chat.words.write import article, capital, turn, typed, write

from . import tales as t
from .request import request

WEIGHT = 3.6

WORDS = read('stories')
COURSE = WORDS['course']

# The length that a story of "300" has, in characters, punctuation included and line ends not.
ZH_300 = (292, 312)
EN_300 = (272, 328)

_LAND_PLOTS = ('lost', 'learn', 'guide', 'journey', 'fear', 'gift', 'share', 'seed')
_PLOTS = {
    'animal': _LAND_PLOTS,
    'child': _LAND_PLOTS,
    'person': _LAND_PLOTS,
    'magic': ('lost', 'learn', 'guide', 'journey', 'fear', 'gift'),
    'sea': ('learn', 'guide'),
    'machine': ('learn', 'guide', 'fear'),
}
_SKILLS_OF = {
    'sea': ('sing', 'dance', 'tell stories', 'count'),
    'machine': ('sing', 'read', 'tell stories', 'count', 'whistle'),
}
_NEEDS = {
    'thing': ('lost', 'gift'),
    'more': ('lost',),
    'sight': ('journey',),
    'fear': ('fear',),
    'plant': ('seed',),
    'little': ('guide',),
    'skill': ('learn',),
}
_HELPED = ('lost', 'guide', 'journey', 'learn')  # plots with a helper
# How often an ordinary story has what it could do without.
_SHARES = {'trait 0': 0.5, 'trait 1': 0.0, 'close': 0.4, 'moral': 0.75}
_BREAKS = (2, 5)  # a new paragraph starts before these beats


@dataclass(frozen=True)
class Topic:
    """What a request asks for: `sort` names the slot, `value` fills it; `en`, `zh` are the words of the request."""

    sort: str
    value: object
    en: str
    zh: str


@dataclass(frozen=True)
class Tale:
    text: str
    slots: dict[str, str]
    plot: str
    kind: t.Kind
    moral: str


TOPICS = (
    *(Topic('kind', k, article(k.en), k.topic_zh) for k in t.KINDS),
    *(Topic('place', p, article(p.topic_en) if p.topic_en != 'snow' else 'snow', p.topic_zh) for p in t.PLACES),
    *(Topic('thing', o, article(o[0]), o[1]) for o in t.THINGS),
    *(Topic('theme', theme, theme[0], theme[1]) for theme in t.THEMES),
    *(
        Topic('sight', s, s[2] if s[2] in ('snow', 'northern lights') else article(s[2]), s[3])
        for s in t.SIGHTS
        if s[2] not in ('sea', 'moon')
    ),
    *(Topic('fear', f, f[2], f[3]) for f in t.FEARS if f[2] != 'night'),
    *(Topic('plant', p, article(p[0]), p[1]) for p in t.PLANTS),
    *(Topic('little', x, 'the moon' if x[6] == 'moon' else article(x[6]), x[7]) for x in t.LOST),
    *(Topic('skill', s, s[1], s[4]) for s in t.SKILLS),
)
MORE_TOPICS = tuple(Topic('more', o, article(o[0]), o[1]) for o in t.MORE_THINGS)
ALL_TOPICS = TOPICS + MORE_TOPICS
_SHORT_TOPICS = [x for x in TOPICS if x.sort == 'kind' and x.value.sort in ('animal', 'child', 'person')]
_BY_SORT = {
    sort: [topic for topic in ALL_TOPICS if topic.sort == sort] for sort in dict.fromkeys(x.sort for x in ALL_TOPICS)
}


def _facts(
    rng: random.Random,
    zh: bool,
    topic: Topic | None,
    avoid: Tale | None,
    name: str | None,
    hero: t.Kind | None = None,
) -> tuple[str, t.Kind, dict, object]:
    """Plot, hero and every slot, so that all sentences speak of the same things."""
    sort, value = (topic.sort, topic.value) if topic else ('', None)
    while True:
        kind = value if sort == 'kind' else hero or rng.choice(t.KINDS)
        plots = set(_PLOTS[kind.sort]) & set(t.ONLY.get(kind.en, _LAND_PLOTS)) & set(_NEEDS.get(sort, _LAND_PLOTS))
        if sort == 'theme':
            plots &= set(value[2])
        if sort == 'thing' and value[0] not in t.MAKEABLE:
            plots -= {'gift'}
        if avoid:
            plots -= {avoid.plot}
        wrong_place = sort == 'place' and (value.sort == 'sea') != (kind.sort == 'sea')
        wrong_little = sort == 'little' and kind.sort == 'sea'
        wrong_skill = sort == 'skill' and value[0] not in _SKILLS_OF.get(kind.sort, (value[0],))
        repeated = avoid and sort != 'kind' and kind.en == avoid.kind.en
        if sort == 'kind' and avoid and not plots:
            plots = {avoid.plot}
        named_child = name and sort != 'kind' and kind.sort not in ('child', 'animal')
        if plots and not (wrong_place or wrong_little or wrong_skill or repeated or named_child):
            break
    plot = rng.choice(sorted(plots))
    sea = kind.sort == 'sea'
    he = kind.pronoun or rng.choice(['he', 'she'])
    names = t.NAMES['zh' if zh else he]
    if not name:
        name = rng.choice([n for n in names if not avoid or n != avoid.slots['n']])
    elif not zh and not kind.pronoun:
        he = 'he' if name in t.NAMES['he'] else 'she'
    sorts = ('sea',) if sea else ('wild', 'built') if kind.sort in ('child', 'person', 'machine') else ('wild',)
    place = value if sort == 'place' else rng.choice([p for p in t.PLACES if p.sort in sorts])
    helper = rng.choice([h for h in t.HELPERS if (h.sort == 'sea') == sea and h.kind != kind.en])
    thing = (
        value
        if sort in ('thing', 'more')
        else rng.choice([o for o in t.THINGS if plot != 'gift' or o[0] in t.MAKEABLE])
    )
    skill = (
        value if sort == 'skill' else rng.choice([s for s in t.SKILLS if s[0] in _SKILLS_OF.get(kind.sort, (s[0],))])
    )
    little = value if sort == 'little' else rng.choice(t.LOST_SEA if sea else t.LOST)
    sight = value if sort == 'sight' else rng.choice(t.SIGHTS)
    fear = value if sort == 'fear' else rng.choice(t.FEARS)
    plant = value if sort == 'plant' else rng.choice(t.PLANTS)
    if zh:
        person = kind.sort in ('child', 'person') or (kind.pronoun and kind.sort != 'animal')
        ta = ('他' if he == 'he' else '她') if person else '它'
        look = rng.choice(['漂亮的', '旧旧的', '红色的', '小小的', '蓝色的', '亮闪闪的'])
        adjective = rng.choice(['', '', '可爱的', '好奇的', '善良的', '害羞的', '快乐的', '认真的'])
        obj = thing[1]
        slots = {
            'at': place.at_zh,
            'ref': place.ref_zh,
            'akind': f'一{kind.measure}{adjective}{kind.zh}',
            'kind': kind.zh,
            'n': name,
            'ta': ta,
            'helper': helper.zh,
            'thehelper': helper.ref_zh,
            'obj': obj,
            'aobj': f'一{thing[2]}{look}{obj}',
            'skill': skill[4],
            'fail': skill[5],
            'success': skill[6],
            'little': little[3],
            'thelittle': little[4],
            'belongs': little[5],
            'sight': sight[1],
            'fear': fear[1],
            'plant': plant[1],
            'aplant': plant[2],
        }
    else:
        him, his = ('him', 'his') if he == 'he' else ('her', 'her')
        look = rng.choice(['little', 'red', 'old', 'blue', 'shiny', 'pretty', 'small silver', 'yellow'])
        adjective = rng.choice(
            ['young', 'small', 'curious', 'shy', 'cheerful', 'gentle', 'clever']
            if kind.sort != 'person'
            else ['young', 'kind', 'cheerful', 'quiet', 'clever']
        )
        fill = {'he': he}
        slots = {
            'at': place.at_en,
            'At': capital(place.at_en),
            'ref': place.ref_en,
            'akind': article(f'{adjective} {kind.en}'),
            'kind': kind.en,
            'n': name,
            'he': he,
            'He': capital(he),
            'him': him,
            'his': his,
            'His': capital(his),
            'helper': helper.en,
            'thehelper': helper.ref_en,
            'obj': thing[0],
            'aobj': article(f'{look} {thing[0]}'),
            'skill': skill[0],
            'skilling': skill[1],
            'fail': skill[2].format(**fill),
            'success': skill[3].format(**fill),
            'little': little[0],
            'thelittle': little[1],
            'belongs': little[2],
            'sight': sight[0],
            'fear': fear[0],
            'plant': plant[0],
            'aplant': article(plant[0]),
        }
    return plot, kind, slots, value if sort == 'theme' else None


def _moral(rng: random.Random, plot: str, theme: tuple | None, zh: bool) -> str:
    return theme[4 if zh else 3] if theme else rng.choice(t.MORALS[plot]['zh' if zh else 'en'])


def size(text: str) -> int:
    """Characters of a story as a word processor counts them: line ends left out."""
    return len(text.replace('\n', ''))


@dataclass(frozen=True)
class _Sentences:
    """The sentences of one telling; `scenes` may stand before the beats `gaps`."""

    opening: str
    traits: list[str]
    beats: list[str]
    scenes: list[str]
    gaps: list[int]
    close: str
    moral: str

    def text(self, chosen: set, join: str) -> str:
        """All beats, and those of 'trait 0', 'trait 1', 'close', 'moral' and the scenes 0 to 3 that are in `chosen`."""
        parts = [[self.opening]]
        parts[-1] += [trait for n, trait in enumerate(self.traits) if f'trait {n}' in chosen]
        for index, beat in enumerate(self.beats):
            if index in _BREAKS:
                parts.append([])
            parts[-1] += [scene for n, scene in enumerate(self.scenes) if n in chosen and self.gaps[n] == index]
            parts[-1].append(beat)
        if 'close' in chosen:
            parts[-1].append(self.close)
        if 'moral' in chosen:
            parts[-1].append(self.moral)
        return '\n\n'.join(join.join(part) for part in parts)


def tell(
    rng: random.Random,
    zh: bool,
    topic: Topic | None = None,
    length: str = '',
    avoid: Tale | None = None,
    name: str | None = None,
    hero: t.Kind | None = None,
) -> Tale:
    """A story.  `length`: '' as it comes, 'long', 'short', or '300' (see ZH_300 and EN_300); `hero`: beside a topic
    that is none."""
    if length == '300' and not zh:
        return _brief(rng, topic, avoid, name)
    book = WORDS['zh' if zh else 'en']
    join = '' if zh else ' '
    while True:
        plot, kind, slots, theme = _facts(rng, zh, topic, avoid, name, hero)
        beats = [beat for beat in book['plots'][plot] if length != 'short' or beat[0] != '?']
        sentences = _Sentences(
            opening=rng.choice(book['opening']).format(**slots),
            traits=[trait.format(**slots) for trait in rng.sample(book['trait'], 2)],
            beats=[rng.choice(beat[1:] if beat[0] == '?' else beat).format(**slots) for beat in beats],
            scenes=rng.sample(book['scenes'].get('sea' if kind.sort == 'sea' else plot, book['scenes']['other']), 4),
            gaps=rng.sample(range(1, 6), 4),
            close=rng.choice(book['close']).format(**slots),
            moral=_moral(rng, plot, theme, zh),
        )
        extras = ['trait 0', 'trait 1', 'close', 'moral', 0, 1, 2, 3]
        rng.shuffle(extras)
        if length == 'long':
            chosen = set(extras) - {3}
        elif length == 'short':
            chosen = {'moral'}
        elif length == '300':
            chosen = set()
        else:
            chosen = {extra for extra in extras if rng.random() < _SHARES.get(extra, 0.12)}
        if theme:
            chosen.add('moral')
        text = sentences.text(chosen, join)
        if length == '300':
            low, high = ZH_300
            for extra in extras:
                if size(text) >= low:
                    break
                chosen.add(extra)
                text = sentences.text(chosen, join)
            if not low <= size(text) <= high:
                continue
        return Tale(text, slots, plot, kind, sentences.moral)


def _brief(rng: random.Random, topic: Topic | None, avoid: Tale | None, name: str | None) -> Tale:
    while True:
        plot, kind, slots, _ = _facts(rng, False, topic, avoid, name)
        if plot not in WORDS['en']['brief']:
            continue
        beats = WORDS['en']['brief'][plot]
        text = ' '.join(rng.choice(beat).format(**slots) for beat in beats)
        if EN_300[0] <= len(text) <= EN_300[1]:
            return Tale(text, slots, plot, kind, rng.choice(beats[-1]).format(**slots))


def _questions(tale: Tale, zh: bool) -> list[tuple[str, str]]:
    """Questions about a story that it answers."""
    book = WORDS['zh' if zh else 'en']
    what = '什么|什么动物' if tale.kind.sort in ('animal', 'sea') else '什么'
    facts = tale.slots | {'moral': tale.moral, 'asked': tale.kind.topic_zh, 'what': what}
    found = [*book['questions'], *[book['helped']] * (tale.plot in _HELPED), book['of_plot'][tale.plot]]
    return [(pair['ask'].format(**facts), pair['answer'].format(**facts)) for pair in found]


_HEROES = [kind for kind in t.KINDS if kind.sort in ('animal', 'child', 'person')]


def _pair(rng: random.Random, zh: bool) -> tuple[str, Tale, Topic]:
    """A request that names a hero and one thing more, and its story, which has both."""
    hero = rng.choice(_HEROES)
    found = [
        topic
        for topic in _BY_SORT[rng.choice(list(WORDS['en']['pair']))]
        if topic.sort != 'place' or topic.value.sort != 'sea'
    ]
    topic = rng.choice(found)
    ways = WORDS['zh' if zh else 'en']['pair'][topic.sort]
    both = rng.choice(ways).format(h=hero.topic_zh if zh else article(hero.en), t=topic.zh if zh else topic.en)
    return request(rng, zh, False, both, 'pair'), tell(rng, zh, topic, hero=hero), topic


def _named(rng: random.Random, zh: bool, kind: t.Kind, name: str) -> str:
    """A hero with a name, as a request has it, or the name alone."""
    if zh:
        ways = ('叫{n}的{k}', '名叫{n}的{k}', '{k}{n}', '一{m}叫{n}的{k}', '一{m}名叫{n}的{k}', '{n}')
        return rng.choice(ways).format(n=name, k=kind.zh, m=kind.measure)
    ways = (
        '{a} called {n}',
        '{a} named {n}',
        '{a} whose name is {n}',
        '{a} with the name {n}',
        '{n} the {k}',
        '{n}, {a}',
    )
    return rng.choice((*ways, '{n}')).format(n=name, k=kind.en, a=article(kind.en))


def _first(rng: random.Random, zh: bool) -> tuple[str, Tale, Topic | None]:
    """A request and its story."""
    book = WORDS['zh' if zh else 'en']
    roll = rng.random()
    word = '故事' if zh else rng.choice(['story'] * 6 + ['tale'])
    if roll < 0.26:
        length = 'long' if rng.random() < 0.1 else ''
        if rng.random() < 0.65:
            return request(rng, zh, poem=False), tell(rng, zh, length=length), None
        return write(rng, book['ask'], word=word), tell(rng, zh, length=length), None
    if roll < 0.66:
        topic = rng.choice(_BY_SORT[rng.choice(list(_BY_SORT))]) if rng.random() < 0.35 else rng.choice(ALL_TOPICS)
        chance = rng.random()
        if chance < 0.18:
            return _pair(rng, zh)
        if chance < 0.75:
            question = request(rng, zh, False, topic.zh if zh else topic.en, topic.sort)
            return question, tell(rng, zh, topic), topic
        question = write(rng, book['ask_about'], word=word, topic=topic.zh if zh else topic.en).replace('，?', '，')
        return question, tell(rng, zh, topic), topic
    if roll < 0.74:
        names = (
            (*t.NAMES['zh'], '小明', '小红', '阿花', '大壮', '小刚', '李雷', '韩梅梅')
            if zh
            else t.NAMES['he'] + t.NAMES['she']
        )
        name = rng.choice(names)
        kind = rng.choice(
            [
                k
                for k in t.KINDS
                if k.sort in ('animal', 'child', 'magic')
                and (zh or not k.pronoun or (k.pronoun == 'he') == (name in t.NAMES['he']))
            ]
        )
        if rng.random() < 0.6:
            question = request(rng, zh, False, _named(rng, zh, kind, name), 'named')
        else:
            asks = book['ask_name']
            question = write(rng, asks, name=name, kind=kind.zh if zh else kind.en, akind=article(kind.en))
        kind_named = kind.zh in question if zh else kind.en in question
        topic = Topic('kind', kind, kind.en, kind.zh) if kind_named else None
        return question, tell(rng, zh, topic, name=name), topic
    if roll < 0.90:
        question = write(rng, book['ask_300']).replace('的?小?', rng.choice(['的小', '小', '的']))
        if rng.random() < 0.3:
            if zh:
                topic = rng.choice(TOPICS)
                return (
                    f'{question.rstrip("。？吧吗呗").removesuffix("好")}，关于{topic.zh}',
                    tell(rng, zh, topic, '300'),
                    topic,
                )
            topic = rng.choice(
                [x for x in TOPICS if x.sort == 'kind' and x.value.sort in ('animal', 'child', 'person')]
            )
            return (
                f'{question.removesuffix(" please").rstrip(",")} about {topic.en}',
                tell(rng, zh, topic, '300'),
                topic,
            )
        return question, tell(rng, zh, length='300'), None
    if roll < 0.96:
        count = rng.choice(
            ['500', '600', '800', '1000', '一千', '五百', '两千'] if zh else ['300', '200', '400', '500', '1000']
        )
        question = write(rng, book['ask_long'], count=count)
        tale = tell(rng, zh, length='long')
        if count in question:
            before = rng.choice(
                ['这么长的我还写不了，先讲一个我最长的故事：\n\n', '我最多只能讲这么长，请听：\n\n']
                if zh
                else [
                    'That is more than I can write, so here is my longest story:\n\n',
                    'My stories are shorter than that. Here is the longest I have:\n\n',
                ]
            )
            tale = Tale(before + tale.text, tale.slots, tale.plot, tale.kind, tale.moral)
        return question, tale, None
    question = write(rng, book['ask_short'], short=rng.choice(['100', '150', '50', '200']))
    topic = None
    if rng.random() < 0.6:
        topic = rng.choice(_SHORT_TOPICS) if rng.random() < 0.6 else None
        question = request(rng, zh, False, (topic.zh if zh else topic.en) if topic else '', 'kind' if topic else '')
        question = question.rstrip('.!?。！？') + write(rng, book['short_after'])
    return question, tell(rng, zh, topic, 'short'), topic


def conversations(rng: random.Random) -> list[dict]:
    if rng.random() < 0.06:
        question = rng.choice(COURSE)
        length = '300' if '300' in question else ''
        return turn(question, tell(rng, question[0] >= '一', length=length).text)
    zh = rng.random() < 0.5
    question, tale, topic = _first(rng, zh)
    text = tale.text
    if (
        '300' not in question
        and '三百' not in question
        and rng.random() < 0.2
        and '：\n' not in text
        and 'story:\n' not in text
        and 'have:\n' not in text
    ):
        text = rng.choice(WORDS['zh' if zh else 'en']['ready']) + '\n\n' + text
    talk = turn(typed(rng, question), text)
    turns = rng.choice([0, 0, 0, 1, 1, 2])
    asked = set()
    for _ in range(turns):
        if rng.random() < 0.4:
            keep = topic if topic and topic.sort == 'kind' and rng.random() < 0.3 else None
            tale = tell(rng, zh, keep, avoid=tale)
            talk += turn(typed(rng, write(rng, WORDS['zh' if zh else 'en']['again'])), tale.text)
            asked = set()
        else:
            choices = [pair for pair in _questions(tale, zh) if pair[1] not in asked]
            question, answer = rng.choice(choices)
            asked.add(answer)
            talk += turn(typed(rng, write(rng, question)), capital(answer))
    if zh and rng.random() < 0.2:
        talk[0]['content'] = talk[0]['content'].replace('300', ' 300 ').strip()
    return talk
