"""Small stories from a grammar: a hero, a place, a wish, an obstacle, a helper, a turn, and a gentle meaning.

A story keeps its facts (`Tale`), so that a question about it is answered from the story itself.
"""

# ruff: noqa: E501 (tables of words)

import random
from dataclasses import dataclass

from . import _tales as t
from . import _tales_en, _tales_zh
from . import _tales_more as more
from ._requests import request
from ._write import article, capital, turn, typed, write

WEIGHT = 3.6

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
# Plots that need legs, knees or hands are not for these.
_ONLY = {
    'computer': ('learn',),
    'language model': ('learn',),
    'train': ('learn', 'guide'),
    **{row[0]: ('learn', 'guide') for row in more.VEHICLES},
    **{row[0]: ('learn',) for row in more.MACHINES},
}
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
        plots = set(_PLOTS[kind.sort]) & set(_ONLY.get(kind.en, _LAND_PLOTS)) & set(_NEEDS.get(sort, _LAND_PLOTS))
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
    names = t.NAMES_ZH if zh else t.NAMES_HE if he == 'he' else t.NAMES_SHE
    if not name:
        name = rng.choice([n for n in names if not avoid or n != avoid.slots['n']])
    elif not zh and not kind.pronoun:
        he = 'he' if name in t.NAMES_HE else 'she'
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
    return theme[4 if zh else 3] if theme else rng.choice(t.MORALS[plot][1 if zh else 0])


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
    """A story.  `length`: '' as it comes, 'long', 'short', or '300' (see ZH_300 and EN_300); `hero`: beside a topic that is none."""
    if length == '300' and not zh:
        return _brief(rng, topic, avoid, name)
    book = _tales_zh if zh else _tales_en
    join = '' if zh else ' '
    while True:
        plot, kind, slots, theme = _facts(rng, zh, topic, avoid, name, hero)
        beats = [beat for beat in book.PLOTS[plot] if length != 'short' or beat[0] != '?']
        sentences = _Sentences(
            opening=rng.choice(book.OPENING).format(**slots),
            traits=[trait.format(**slots) for trait in rng.sample(book.TRAIT[1:], 2)],
            beats=[rng.choice(beat[1:] if beat[0] == '?' else beat).format(**slots) for beat in beats],
            scenes=rng.sample(book.SCENES.get('sea' if kind.sort == 'sea' else plot, book.SCENES['']), 4),
            gaps=rng.sample(range(1, 6), 4),
            close=rng.choice(book.CLOSE[1:]).format(**slots),
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
    plots = ('lost', 'learn', 'fear')
    while True:
        plot, kind, slots, _ = _facts(rng, False, topic, avoid, name)
        if plot not in plots:
            continue
        beats = _tales_en.BRIEF[plots.index(plot)]
        text = ' '.join(rng.choice(beat).format(**slots) for beat in beats)
        if EN_300[0] <= len(text) <= EN_300[1]:
            return Tale(text, slots, plot, kind, rng.choice(beats[-1]).format(**slots))


ASK_EN = (
    '[please |can you |could you |would you please |will you |can you please |hey, |ok, |now |]'
    '[tell me|tell|tell us|write me|write|make up|invent|give me] a [|short |little |small |nice |good |sweet |new |funny |lovely |bedtime |fairy ]{word}[| please|, please| for me| for kids| for my daughter| for my son]',
    "[I want|I would like|I'd like|I wish|I need] [to hear a|to read a|a] [|short |little |nice |good |small ]{word}[| please|, please| now]",
    '[a|one] [|short |little |bedtime |nice ]{word}[|, please| please| for tonight]',
    'do you know [a|any|some] [good |nice |short |]{word}?',
    '{word} time[!|]',
    '[once upon a time|begin with: once upon a time|once upon a time, go on|start: once upon a time|continue: once upon a time][...|, there was|]',
    '[|a ]{word} [of your choice|of your own|from your world|you like|you made up|nobody has heard yet|to fall asleep|for a good night|for my little one|with a good ending][| please|, please|!]',
    '[what is|do you have|tell me] your [favourite|best|newest|shortest good|nicest|own] {word}[?| please?|]',
    '[let me hear|read me|share] a [|short |nice |little ]{word}[| of yours| from you]',
    "[I can't sleep|I am bored|it is late|before I sleep], [tell me|please tell me] a {word}",
)
ASK_ABOUT_EN = (
    '[please |can you |could you |would you please |]'
    '[tell me|tell|write me|write|make up|invent|give me] a [|short |little |small |nice |good |bedtime ]{word} [about|about|about|on|with|of] {topic}[| please|, please]',
    "[I want|I would like|I'd like] [to hear a|a] [|short |little |nice ]{word} [about|with] {topic}[| please]",
    '[a|one] [|short |little ]{word} [about|with] {topic}[|, please| please]',
    '[do you know|have you got] a [|good |nice ]{word} about {topic}?',
    '{topic} {word}[| please]',
    'the {word} should be about {topic}',
    'a {word}! about {topic}!',
    '[can|could] the {word} be about {topic}?',
    '[tell me|give me] something about {topic}, as a {word}',
)
ASK_ZH = (
    '[从前|从前有一只|很久很久以前|以“从前”开头][……|，接着讲|，往下编|，讲下去|，继续]',
    '[你最拿手的|你最喜欢的|你自己编的|没人听过的|随便一个|有好结局的|哄睡的|你最会讲的|适合三岁孩子的|不长不短的]故事[|讲一个|来一个|是哪个|给我听听][|。|吧]',
    '[请|麻烦你|能不能|可以|能|你能|快|来|那就|拜托|请你|现在|][给我|给我们|为我|跟我|给大家|给孩子|给宝宝|][讲|说|编|写|来|讲讲|创作][一|][个|][小|短|小小的|短短的|有趣的|温馨的|好听的|温暖的|睡前|童话|新的|简短的|][{word}][吧|吗|好吗|好不好|听听|呗|可以吗|行吗|行不行|][|。|？|！]',
    '[我想|我要|好想|我们想|我女儿想|我儿子想|宝宝想]听[一个|个|你讲|你讲个|][小|][故事][|。|了|啦|吧|，可以吗]',
    '[来一个|来个|来段|整一个|整个|讲|有没有|会不会讲|会讲|你会讲][小|好听的|有意思的|][故事][吗|吧|][|？|。]',
    '[睡不着|好无聊|太无聊了|无聊|休息一下|学累了|晚安前]，[讲个|给我讲个|来个|想听个][小|][故事][吧|][|。]',
    '[请|][讲|写|编][一个|个][短篇|小|][故事][给我|给我听|][吧|][|。]',
)
ASK_ABOUT_ZH = (
    '[请|能不能|可以|能|你能|麻烦你|][给我|为我|给孩子|][讲|说|编|写|来|创作][一|]个[关于|有关|讲]{topic}的[小|短|睡前|][故事][吧|吗|好吗|呗|可以吗|][|。|？|！]',
    '[请|能不能|可以|][给我|][讲|说|编|写|来][一|]个{topic}的[小|][故事][吧|吗|好吗|呗|][|。|？|！]',
    '[我想|我要|好想|宝宝想]听[一个|个|][关于|]{topic}的[小|][故事][|。|，可以吗]',
    '[以|用]{topic}为[主题|主角|题]，?[写|讲|编][一个|个][小|][故事][吧|][|。]',
    '{topic}的故事[|，讲一个|，有吗|会讲吗][|？|。]',
    '[讲个|来个|写个][故事|小故事]，[主角是|里面要有|关于|要有|主题是]{topic}[|。|吧]',
    '[有没有|会不会讲|会讲|你知道][关于|]{topic}的[故事][吗|？|]',
)
ASK_NAME_EN = (
    '[please |can you |][tell|write|tell me|make up] a [|short |little ]story about {akind} [named|called] {name}[| please]',
    'a story about {name}, {akind}',
    '[tell me|write] a story about {name}',
    'a story in which [the hero|the main character] is [called|named] {name}',
)
ASK_NAME_ZH = (
    '[请|能不能|][讲|写|编|给我讲]一个[关于|]{kind}{name}的[小|]故事[吧|][|。]',
    '[讲|写|编]个故事，主角叫{name}[|。|吧]',
    '[讲|写|编]一个名叫{name}的{kind}的故事[|。|吧]',
)
ASK_300_EN = (
    '[please |can you |could you |][tell me|write|write me|give me|tell|generate|create|make up] a [|little |short |small ]story [of|with|in|using] [|about |around |exactly |roughly |some ]300 characters[| please|, please]',
    'a 300[ |-]character[s|] story[| please|, please]',
    '[please |][write|tell me|generate] a 300[ |-]character story[| please]',
    '[a|one] [short |little |]story[,| of] [|about |at most |not more than ]300 characters[| long|, please]',
    'story, 300 characters',
)
ASK_300_ZH = (
    '[请|能不能|帮我|可以|麻烦你|请帮我|请你|你能|][给我|为我|][讲|写|编|生成|创作|来|说][一个|一篇|个|篇|][|大约|大概|约|差不多|正好]300[字|个字|字左右|个字左右|字以内|字上下][的|][小|短|][故事][吧|吗|好吗|呗|][|。|？]',
    '[请|帮我|][讲|写|编|生成|创作][一个|一篇|个][小|短|][故事]，[|大约|大概|约|字数|长度|要求]300[字|个字|字左右|个字左右][|。|吧|就好]',
    '[300字|三百字|300字左右|三百字左右|大约三百字]的?小?故事[|来一个|，谢谢|，请][|。]',
    '[请|][讲|写|编|生成][一个|一篇|个]三百[字|个字|来字|字左右]的[小|短|][故事][吧|][|。]',
)
ASK_LONG_EN = (
    '[please |can you |][tell me|write|give me] a [|little ]story of [|about ]{count} words[| please]',
    'a {count}[ |-]word story[| please]',
    '[tell me|write|please tell me|can you tell me] a [long|longer|very long|really long] story[| please]',
    '[longer|a longer one|make it longer|a longer story][| please]',
)
ASK_LONG_ZH = (
    '[请|能不能|帮我|][写|讲|编|生成][一个|一篇|个]{count}[字|个字|字左右]的[小|长|][故事][吧|][|。]',
    '[讲|写|来|请讲|给我讲]一个[长一点|长点|长长|很长]的[故事][吧|][|。]',
    '[太短了，|][长一点|再长一点|讲个长一点的][吧|][|。]',
)
ASK_SHORT_EN = (
    '[tell me|write|please tell me] a very short story[| please]',
    '[a|the] [shortest|very short] story [you know|please]',
    '[a shorter one|make it shorter|shorter][| please]',
    'a story in a few sentences',
)
ASK_SHORT_ZH = (
    '[讲|写|来|说]一个[很短|特别短|最短|短一点]的故事[吧|][|。]',
    '[太长了，|][短一点|讲个短一点的|再短一点|简短点][吧|][|。]',
    '[讲|写|编]一个{short}字[左右|以内|]的[小|]故事[吧|][|。]',
)
SHORT_AFTER_EN = '[, but very short|. Make it very short.|, as short as you can|, very short please|, in two or three sentences|, no more than five sentences|. The shorter, the better.|, just a few sentences|, in a nutshell|. I have only a minute.|, one that takes a minute|, really short|. A very short one!]'
SHORT_AFTER_ZH = '[，越短越好|，要很短的|，特别短的那种|，几句话就行|，三五句话就好|，一分钟能讲完的|，不超过一百字|，短到不能再短|，我只有一分钟|，简短一点|，极短的]'
AGAIN_EN = (
    '[can|could|would|will] [you|we|I] [tell|have|hear|get] [another|one more|a new|a different|a second] [story|one|tale][| please|, please]?',
    "[please|now|go on,|and now|ok,|well,] [tell me|give me|let's hear|read me] [another|one more|a different|a second|a new] [story|one|tale][|!|, please]",
    '[do you have|have you got|got|is there|are there any] [more|another one|others|more stories|any others|more of these][?| for me?]',
    '[that was|it was|this is] [too short|sweet|so nice|lovely|a good story|wonderful], [I want another|may I hear another|do you have more|please go on with another][|.|!|?]',
    '[more stories|keep going|encore|once more|tell more|do another|again, but different|a new story now|next story|second story]',
    '[another|another one|one more|again|more|next|a new one|a different one|something else|tell me another|another story|one more story][| please|, please|!]',
    '[nice|great|lovely|good|cool|I like it|that was nice|beautiful][!|,|.] [another one|one more|tell me another one|more][| please]',
    '[can you tell|tell me|do you know] another [one|story][|?| please]',
    "[I want|I'd like|I would like] [another one|another story|one more story|to hear another one]",
    "[I don't like it|boring|I know that one], [tell me another one|another one, please|a different one]",
)
AGAIN_ZH = (
    '[能不能|可以|能|请|麻烦|][再|接着|继续|][讲|说|编|写|来][一个|个|一则|一段][别的|新的|不同的|不一样的|][故事|][吗|吧|好吗|呗|][|？|。]',
    '[还有没有|还有|有没有][别的|其他|更多|新的][故事|小故事][吗|呢|？]',
    '[太短了|没听够|听不够|意犹未尽|孩子还要听|孩子没睡着|还没困|好喜欢]，[再来|再讲一个|还要一个|继续|接着讲别的][|吧|！]',
    '[下一个故事|第二个故事|换个别的|来个新的|再来|继续来|多讲几个|安可|又想听了|接着来一个|再整一个]',
    '[再讲一个|再来一个|换一个|再说一个|还有吗|下一个|再讲个|再编一个|再写一个|换个故事|再讲一个不一样的|再来一个故事|还想听|还要听|继续讲一个][吧|呗|好吗|][|。|！|？]',
    '[真好听|好听|不错|喜欢|太好了|很有意思|真棒|这个好]，[再讲一个|再来一个|还想听一个|换一个][吧|][|！|。]',
    '[不好听|这个听过了|太老套了]，[换一个|再讲一个][吧|][|。]',
)


def _questions(tale: Tale, zh: bool) -> list[tuple[tuple[str, ...] | str, str]]:
    """Questions about a story that it answers."""
    s, kind = tale.slots, tale.kind
    if zh:
        animal = '|什么动物' if kind.sort in ('animal', 'sea') else ''
        asks = [
            (
                f'[{kind.topic_zh}|{kind.zh}|主角|故事里的{kind.zh}|它|刚才的主角][叫什么|叫什么名字|的名字是什么|名字叫什么][|？|来着？|呀？]',
                f'{s["kind"]}叫{s["n"]}。',
            ),
            ('[故事|这个故事][发生在哪里|发生在什么地方|在哪儿发生的][|？]', f'故事发生{s["at"]}。'),
            (f'{s["n"]}住在哪[里|儿][|？|呀？]', f'{s["n"]}住{s["at"]}。'),
            (
                '[这个故事|故事][告诉我们什么|说明了什么|的道理是什么|的寓意是什么|想说什么|有什么意义][道理|][|？]',
                tale.moral,
            ),
            (f'{s["n"]}是[谁|什么{animal}][|？]', f'{s["n"]}是{s["akind"]}。'),
            ('[主角|主人公]是[谁|什么][|？]', f'主角是{s["kind"]}{s["n"]}。'),
        ]
        if tale.plot in ('lost', 'guide', 'journey', 'learn'):
            asks.append((f'[谁|是谁]帮[助|]了{s["n"]}[|？|呀？]', f'帮助{s["n"]}的是{s["helper"]}。'))
        asks += {
            'lost': [(f'{s["n"]}[丢了|弄丢了|在找|找的是]什么[|？|东西？]', f'{s["n"]}丢了{s["aobj"]}。')],
            'learn': [(f'{s["n"]}[想学什么|学会了什么|在练什么][|？]', f'{s["n"]}学的是{s["skill"]}。')],
            'fear': [(f'{s["n"]}[害怕什么|怕什么|最怕什么][|？]', f'{s["n"]}害怕{s["fear"]}。')],
            'journey': [(f'{s["n"]}[想看什么|要去看什么|看到了什么][|？]', f'{s["n"]}想看的是{s["sight"]}。')],
            'guide': [(f'{s["n"]}[帮了谁|遇到了谁|送谁回家][|？]', f'{s["n"]}帮助了{s["little"]}。')],
            'gift': [(f'{s["n"]}[做了什么礼物|做了什么|送了什么][|？]', f'{s["n"]}做了{s["aobj"]}。')],
            'seed': [('种子[长成了什么|变成了什么][|？]', f'种子长成了{s["aplant"]}。')],
            'share': [('[谁|是谁][来敲门|又冷又饿|来了][|？]', f'是{s["helper"]}。')],
        }[tale.plot]
    else:
        be = capital(s['he'])
        asks = [
            (
                f"[what was|what is|what's|tell me] the [{kind.en}'s name|name of the {kind.en}|hero's name|name of the hero][|?| again?]",
                f'The {kind.en} was called {s["n"]}.',
            ),
            (f'[what|how] was the {kind.en} called[|?| again?]', f'The {kind.en} was called {s["n"]}.'),
            ('[where did|where does] the story [happen|take place|play][|?]', f'It happened {s["at"]}.'),
            (f'where did {s["n"]} live[|?]', f'{s["n"]} lived {s["at"]}.'),
            ("[what's|what is|what was] the [moral|meaning|lesson|message][| of the story| of that][|?]", tale.moral),
            ('what [do|can] we learn from [it|this|the story][|?]', tale.moral),
            (f'who [was|is] {s["n"]}[|?]', f'{s["n"]} was {s["akind"]}.'),
            ('who [was|is] the [hero|main character|story about][|?]', f'{s["n"]}, {s["akind"]}.'),
        ]
        if tale.plot in ('lost', 'guide', 'journey', 'learn'):
            asks.append((f'who helped {s["n"]}[|?]', f'It was {s["helper"]} who helped {s["n"]}.'))
        asks += {
            'lost': [(f'what did {s["n"]} [lose|look for|search for|find][|?]', f'It was {s["aobj"]}.')],
            'learn': [
                (f'what did {s["n"]} [learn|want to learn|practise][|?]', f'{be} wanted to learn to {s["skill"]}.')
            ],
            'fear': [(f'what was {s["n"]} afraid of[|?]', f'{be} was afraid of {s["fear"]}.')],
            'journey': [(f'what did {s["n"]} [want to see|see][|?]', f'{be} wanted to see {s["sight"]}.')],
            'guide': [(f'who did {s["n"]} [help|find|meet][|?]', f'{be} helped {s["little"]}.')],
            'gift': [(f'what did {s["n"]} make[|?]', f'{be} made {s["aobj"]}.')],
            'seed': [('what did the seed become[|?]', f'It became {s["aplant"]}.')],
            'share': [('who [knocked|came|was hungry|was outside][|?]', f'It was {s["helper"]}.')],
        }[tale.plot]
    return asks


# A hero {h} and what else the story is about {t}, as one topic of a request.
_PAIR_EN = {
    'place': ('{h} in {t}', '{h} who lives in {t}', '{h} that lives in {t}', '{h} from {t}'),
    'theme': ('{h} and {t}', '{h} who learns about {t}', '{h} and what {t} means'),
    'thing': ('{h} and {t}', '{h} with {t}', '{h} who has {t}', '{t} and {h}'),
    'more': ('{h} and {t}', '{h} with {t}', '{h} who loses {t}', '{h} that lost {t}', '{t} and {h}'),
    'skill': ('{h} who learns {t}', '{h} that tries {t}', '{h} and {t}', '{h} who dreams of {t}'),
    'sight': ('{h} and {t}', '{h} who wants to see {t}', '{h} that travels to see {t}'),
    'plant': ('{h} and {t}', '{h} who grows {t}', '{h} with {t}'),
    'little': ('{h} and {t}', '{h} who helps {t}', '{h} that meets {t}'),
}
_PAIR_ZH = {
    'place': ('{t}里的{h}', '住在{t}的{h}', '{h}在{t}'),
    'theme': ('{h}和{t}', '{h}与{t}', '{h}懂得{t}'),
    'thing': ('{h}和{t}', '{t}和{h}', '有{t}的{h}'),
    'more': ('{h}和{t}', '{t}和{h}', '{h}丢了{t}', '{h}找{t}'),
    'skill': ('{h}学{t}', '想学{t}的{h}', '{h}和{t}'),
    'sight': ('{h}去看{t}', '想看{t}的{h}', '{h}和{t}'),
    'plant': ('{h}和{t}', '{h}种{t}'),
    'little': ('{h}和{t}', '{h}帮助{t}', '{h}遇见{t}'),
}
_HEROES = [kind for kind in t.KINDS if kind.sort in ('animal', 'child', 'person')]


def _pair(rng: random.Random, zh: bool) -> tuple[str, Tale, Topic]:
    """A request that names a hero and one thing more, and its story, which has both."""
    hero = rng.choice(_HEROES)
    found = [
        topic for topic in _BY_SORT[rng.choice(list(_PAIR_EN))] if topic.sort != 'place' or topic.value.sort != 'sea'
    ]
    topic = rng.choice(found)
    ways = (_PAIR_ZH if zh else _PAIR_EN)[topic.sort]
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
    roll = rng.random()
    word = '故事' if zh else rng.choice(['story'] * 6 + ['tale'])
    if roll < 0.26:
        length = 'long' if rng.random() < 0.1 else ''
        if rng.random() < 0.65:
            return request(rng, zh, poem=False), tell(rng, zh, length=length), None
        return write(rng, ASK_ZH if zh else ASK_EN, word=word), tell(rng, zh, length=length), None
    if roll < 0.66:
        topic = rng.choice(_BY_SORT[rng.choice(list(_BY_SORT))]) if rng.random() < 0.35 else rng.choice(ALL_TOPICS)
        chance = rng.random()
        if chance < 0.18:
            return _pair(rng, zh)
        if chance < 0.75:
            question = request(rng, zh, False, topic.zh if zh else topic.en, topic.sort)
            return question, tell(rng, zh, topic), topic
        question = write(
            rng, ASK_ABOUT_ZH if zh else ASK_ABOUT_EN, word=word, topic=topic.zh if zh else topic.en
        ).replace('，?', '，')
        return question, tell(rng, zh, topic), topic
    if roll < 0.74:
        names = (
            (*t.NAMES_ZH, '小明', '小红', '阿花', '大壮', '小刚', '李雷', '韩梅梅') if zh else t.NAMES_HE + t.NAMES_SHE
        )
        name = rng.choice(names)
        kind = rng.choice(
            [
                k
                for k in t.KINDS
                if k.sort in ('animal', 'child', 'magic')
                and (zh or not k.pronoun or (k.pronoun == 'he') == (name in t.NAMES_HE))
            ]
        )
        if rng.random() < 0.6:
            question = request(rng, zh, False, _named(rng, zh, kind, name), 'named')
        else:
            asks = ASK_NAME_ZH if zh else ASK_NAME_EN
            question = write(rng, asks, name=name, kind=kind.zh if zh else kind.en, akind=article(kind.en))
        kind_named = kind.zh in question if zh else kind.en in question
        topic = Topic('kind', kind, kind.en, kind.zh) if kind_named else None
        return question, tell(rng, zh, topic, name=name), topic
    if roll < 0.90:
        question = write(rng, ASK_300_ZH if zh else ASK_300_EN).replace('的?小?', rng.choice(['的小', '小', '的']))
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
        question = write(rng, ASK_LONG_ZH if zh else ASK_LONG_EN, count=count)
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
    question = write(rng, ASK_SHORT_ZH if zh else ASK_SHORT_EN, short=rng.choice(['100', '150', '50', '200']))
    topic = None
    if rng.random() < 0.6:
        topic = rng.choice(_SHORT_TOPICS) if rng.random() < 0.6 else None
        question = request(rng, zh, False, (topic.zh if zh else topic.en) if topic else '', 'kind' if topic else '')
        question = question.rstrip('.!?。！？') + write(rng, SHORT_AFTER_ZH if zh else SHORT_AFTER_EN)
    return question, tell(rng, zh, topic, 'short'), topic


# The requests that the course's own pages type.
COURSE = (
    '请给我讲一个小故事吧',
    '请给我讲一个小故事吧。',
    '讲个故事',
    '给我讲个故事',
    '请讲一个300字的小故事',
    '请讲一个300字的故事',
    '写一个300字的小故事',
    '写一个300字左右的小故事',
    '写一个 300 字的小故事',
    '讲一个300字的小故事',
    'Tell me a story',
    'tell me a story',
    'Please tell me a story.',
    'Tell me a short story.',
    'Tell me a story of 300 characters.',
    'a story of 300 characters',
)
_READY_EN = ('Of course! ', 'Gladly. ', 'Here is one for you. ', 'With pleasure. ')
_READY_ZH = ('好呀！', '当然可以。', '好的，请听。', '没问题，这就讲。')


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
        text = rng.choice(_READY_ZH if zh else _READY_EN).strip() + '\n\n' + text
    talk = turn(typed(rng, question), text)
    turns = rng.choice([0, 0, 0, 1, 1, 2])
    asked = set()
    for _ in range(turns):
        if rng.random() < 0.4:
            keep = topic if topic and topic.sort == 'kind' and rng.random() < 0.3 else None
            tale = tell(rng, zh, keep, avoid=tale)
            talk += turn(typed(rng, write(rng, AGAIN_ZH if zh else AGAIN_EN)), tale.text)
            asked = set()
        else:
            choices = [pair for pair in _questions(tale, zh) if pair[1] not in asked]
            question, answer = rng.choice(choices)
            asked.add(answer)
            talk += turn(typed(rng, write(rng, question)), capital(answer))
    if zh and rng.random() < 0.2:
        talk[0]['content'] = talk[0]['content'].replace('300', ' 300 ').strip()
    return talk
