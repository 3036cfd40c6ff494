"""Questions and answers about a picture, from its facts, in English and Chinese."""

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from .scenes import OWN_COLOURS, Picture, Thing
from .words import (
    ANIMALS,
    COLOURS,
    DIGITS,
    EN_NUMBERS,
    GROUPS,
    NOUNS,
    OPPOSITE,
    PLACES,
    RELATIONS,
    SHAPES,
    THINGS,
    ZH_NUMBERS,
    Noun,
)

LANGUAGES = ('en', 'zh')
GROUNDS = {'grass': ('a meadow', '草地'), 'sea': ('the sea', '大海'), 'sand': ('a beach', '沙滩')}
TIMES = {'day': ('by day', '白天'), 'night': ('at night', '夜晚')}


@dataclass(frozen=True)
class Turn:
    """A question and its answer."""

    question: str
    answer: str


def says(language: str, en: str, zh: str) -> str:
    return en if language == 'en' else zh


# ---------------------------------------------------------------------------------------------- naming things


def sign(name: str, language: str) -> str:
    """A digit or letter in words."""
    if language == 'en':
        return f'the {"digit" if name in DIGITS else "letter"} {name}'
    return f'{"数字" if name in DIGITS else "字母"} {name}'


def article(word: str) -> str:
    return ('an ' if word[0] in 'aeiou' else 'a ') + word


def several(name: str, colour: str, number: int, language: str) -> str:
    """'three green stars', 'a red circle', 'the digit 7 in red', 'the sun'."""
    if name not in NOUNS:
        return says(language, f'{sign(name, "en")} in {colour}', f'{COLOURS[colour]}的{sign(name, "zh")}')
    noun = NOUNS[name]
    if language == 'zh':
        return f'{ZH_NUMBERS[number]}{noun.measure}{COLOURS[colour] + "的" if colour else ""}{noun.zh}'
    word = f'{colour} {noun.en if number == 1 else noun.plural}'.strip()
    if name in ('sun', 'moon') and number == 1:
        return f'the {word}'
    return article(word) if number == 1 else f'{EN_NUMBERS[number]} {word}'


def listed(parts: list[str], language: str) -> str:
    """'a, b and c'."""
    if language == 'zh':
        return parts[0] if len(parts) == 1 else '、'.join(parts[:-1]) + '和' + parts[-1]
    return parts[0] if len(parts) == 1 else ', '.join(parts[:-1]) + ' and ' + parts[-1]


def all_of(things: list[Thing], language: str) -> str:
    """The things, like ones together, the larger groups first.

    Groups of one size go by their colours, not their names: so the colour, which is said first, is chosen by itself,
    and the name has to be that of the thing of this colour.
    """
    groups = Counter((t.name, t.colour) for t in things)
    ordered = sorted(groups.items(), key=lambda item: (-item[1], item[0][::-1]))
    return listed([several(name, colour, number, language) for (name, colour), number in ordered], language)


def bare(thing: Thing, language: str, colour: bool = False) -> str:
    """'circle', '圆形', 'red circle', 'digit'."""
    if thing.name not in NOUNS:
        word = says(language, 'digit', '数字') if thing.name in DIGITS else says(language, 'letter', '字母')
    else:
        word = says(language, NOUNS[thing.name].en, NOUNS[thing.name].zh)
    if colour and thing.colour:
        return says(language, f'{thing.colour} {word}', f'{COLOURS[thing.colour]}的{word}')
    return word


def the(thing: Thing, picture: Picture, language: str) -> str | None:
    """How to speak of one thing among those of the picture; None where nothing tells it from another."""
    same = [t for t in picture.things if t.name == thing.name]
    with_colour = len(same) > 1
    if with_colour and (not thing.colour or sum(t.colour == thing.colour for t in same) > 1):
        return None
    word = bare(thing, language, with_colour)
    return says(language, f'the {word}', word)


def single(picture: Picture) -> list[Thing]:
    """The things that can be spoken of one by one."""
    return [t for t in picture.things if the(t, picture, 'en')]


def capital(text: str) -> str:
    return text[0].upper() + text[1:]


def relation(a: Thing, b: Thing) -> str | None:
    """Where `a` lies from `b`, where that is plain to see."""
    dx, dy = a.x - b.x, a.y - b.y
    if abs(dx) > 1.7 * abs(dy) and abs(dx) > (a.w + b.w) * 0.42:
        return 'left' if dx < 0 else 'right'
    if abs(dy) > 1.7 * abs(dx) and abs(dy) > (a.h + b.h) * 0.42:
        return 'above' if dy < 0 else 'below'
    return None


def place(thing: Thing) -> str | None:
    """Where in the picture, where that is plain to see."""

    def part(at: float, low: str, high: str) -> str | None:
        return low if at < 0.36 else high if at > 0.64 else '' if 0.43 < at < 0.57 else None

    x, y = part(thing.x, 'left', 'right'), part(thing.y, 'top', 'bottom')
    if x is None or y is None:
        return None
    return f'{y} {x}'.strip() or 'middle'


def lies(a: str, where: str, b: str, language: str) -> str:
    """'The circle is to the left of the square.'"""
    return says(language, f'{capital(a)} is {RELATIONS[where][0]} {b}.', f'{a}在{b}的{RELATIONS[where][1]}。')


# ---------------------------------------------------------------------------------------------- questions
# Each gets (rng, picture, language) and gives a Turn, or None where the picture has nothing for it.


def colour(rng: random.Random, picture: Picture, language: str) -> Turn | None:
    found = [t for t in picture.things if t.colour and sum(u.name == t.name for u in picture.things) == 1]
    if not found:
        return None
    thing = rng.choice(found)
    word = bare(thing, language)
    question = says(
        language,
        rng.choice(
            (f'What colour is the {word}?', f'Which colour does the {word} have?', f'What color is the {word}?')
        ),
        rng.choice((f'{word}是什么颜色？', f'{word}是什么颜色的？', f'图中的{word}是什么颜色？')),
    )
    return Turn(question, says(language, f'The {word} is {thing.colour}.', f'{word}是{COLOURS[thing.colour]}的。'))


def by_colour(rng: random.Random, picture: Picture, language: str) -> Turn | None:
    """The one thing of a colour."""
    colours = Counter(t.colour or OWN_COLOURS[t.name] for t in picture.things)
    found = [t for t in picture.things if t.name in NOUNS and t.colour and colours[t.colour] == 1]
    if not found or len(picture.things) < 2:
        return None
    thing = rng.choice(found)
    noun = NOUNS[thing.name]
    return Turn(
        says(
            language,
            rng.choice((f'What is {thing.colour}?', f'Which thing is {thing.colour}?')),
            rng.choice((f'什么是{COLOURS[thing.colour]}的？', f'{COLOURS[thing.colour]}的是什么？')),
        ),
        _of_colour(thing.colour, 'thing', noun, language),
    )


def _of_colour(colour: str, word: str, noun: Noun, language: str) -> str:
    """The colour comes before the name: whoever says it looks for it."""
    return says(language, f'The {colour} {word} is {article(noun.en)}.', f'{COLOURS[colour]}的是{noun.zh}。')


def shape(rng: random.Random, picture: Picture, language: str) -> Turn | None:
    shapes = [t for t in picture.things if t.name in SHAPES]
    found = [t for t in shapes if sum(u.colour == t.colour for u in shapes) == 1]
    if not found:
        return None
    thing = rng.choice(found)
    noun = NOUNS[thing.name]
    if len(shapes) == 1:
        question = says(
            language,
            rng.choice(('Which shape is it?', 'What shape is in the picture?', 'What shape do you see?')),
            rng.choice(('这是什么形状？', '图中是什么图形？', '你看到了什么图形？')),
        )
    else:
        question = says(
            language,
            rng.choice((f'Which shape is {thing.colour}?', f'What is the {thing.colour} shape?')),
            rng.choice(
                (
                    f'{COLOURS[thing.colour]}的是什么图形？',
                    f'哪个图形是{COLOURS[thing.colour]}的？',
                    f'{COLOURS[thing.colour]}图形是什么形状？',
                )
            ),
        )
        return Turn(question, _of_colour(thing.colour, 'shape', noun, language))
    return Turn(question, says(language, f'It is {article(noun.en)}.', f'是{noun.zh}。'))


def _how_many(rng: random.Random, picture: Picture, language: str, noun: Noun, colour: str, number: int) -> Turn:
    if language == 'zh':
        word = f'{COLOURS[colour]}的{noun.zh}' if colour else noun.zh
        asked = rng.choice((word, word, f'{COLOURS[colour]}{noun.zh}')) if colour else word  # 的 may be left out
        question = rng.choice(
            (f'有几{noun.measure}{asked}？', f'图中有几{noun.measure}{asked}？', f'图里有多少{noun.measure}{asked}？')
        )
        answer = f'有{ZH_NUMBERS[number]}{noun.measure}{word}。' if number else f'没有{word}。'
        return Turn(question, answer)
    one, many = f'{colour} {noun.en}'.strip(), f'{colour} {noun.plural}'.strip()
    question = rng.choice(
        (f'How many {many} are there?', f'How many {many} do you see?', f'How many {many} are in the picture?')
    )
    return Turn(question, f'There is one {one}.' if number == 1 else f'There are {EN_NUMBERS[number]} {many}.')


def count(rng: random.Random, picture: Picture, language: str) -> Turn | None:
    names = Counter(t.name for t in picture.things if t.name in NOUNS)
    choice = rng.random()
    if choice < 0.15:
        group = rng.choice(list(GROUPS))
        members = SHAPES if group == 'shape' else ANIMALS
        return _how_many(rng, picture, language, GROUPS[group], '', sum(names[name] for name in members))
    if choice < 0.3 or not names:
        name = rng.choice([name for name in (*SHAPES, *ANIMALS, *THINGS) if name not in names])
        return _how_many(rng, picture, language, NOUNS[name], '', 0)
    # mostly of what there is most of
    name = rng.choices(list(names), [number**2 for number in names.values()])[0]
    coloured = Counter(t.colour for t in picture.things if t.name == name)
    if len(coloured) > 1 and rng.random() < 0.4:
        colour, number = rng.choice(list(coloured.items()))
        return _how_many(rng, picture, language, NOUNS[name], colour, number)
    return _how_many(rng, picture, language, NOUNS[name], '', names[name])


def where(rng: random.Random, picture: Picture, language: str) -> Turn | None:
    """Two things: which is left, right, above, below."""
    things = single(picture)
    pairs = [(a, b, relation(a, b)) for a in things for b in things if a is not b]
    pairs = [pair for pair in pairs if pair[2]]
    if not pairs:
        return None
    a, b, way = rng.choice(pairs)
    an, bn = the(a, picture, language), the(b, picture, language)
    answer = lies(an, way, bn, language)
    kind = rng.random()
    if kind < 0.3:
        one, other = rng.sample((way, OPPOSITE[way]), 2)
        en = {'left': 'to the left', 'right': 'to the right', 'above': 'above', 'below': 'below'}
        of = 'of ' if way in ('left', 'right') else ''
        question = says(
            language,
            f'Is {an} {en[one]} or {en[other]} {of}{bn}?',
            f'{an}在{bn}的{RELATIONS[one][1]}还是{RELATIONS[other][1]}？',
        )
    elif kind < 0.5:
        question = says(language, f'Where is {an}, seen from {bn}?', f'{an}在{bn}的哪一边？')
    elif kind < 0.7:
        same_side = [t for t in picture.things if t is not b and _maybe(t, b, way)]
        if len(same_side) > 1:
            return None
        what = says(language, rng.choice(('What is', 'Which thing is')), '')
        question = says(language, f'{what} {RELATIONS[way][0]} {bn}?', f'{bn}的{RELATIONS[way][1]}是什么？')
    else:
        asked = rng.choice((way, OPPOSITE[way]))
        question = says(language, f'Is {an} {RELATIONS[asked][0]} {bn}?', f'{an}在{bn}的{RELATIONS[asked][1]}吗？')
        lead = says(language, 'Yes, ', '是的，') if asked == way else says(language, 'No, ', '不，')
        answer = lead + (answer[0].lower() + answer[1:] if language == 'en' else answer)
    return Turn(question, answer)


def _maybe(a: Thing, b: Thing, way: str) -> bool:
    """Whether somebody might say that `a` lies that way from `b`."""
    return {'left': a.x < b.x - 0.08, 'right': a.x > b.x + 0.08, 'above': a.y < b.y - 0.08, 'below': a.y > b.y + 0.08}[
        way
    ]


def position(rng: random.Random, picture: Picture, language: str) -> Turn | None:
    """Where in the picture."""
    found = [(t, place(t)) for t in single(picture) if max(t.w, t.h) < 0.55 and place(t)]
    if not found:
        return None
    thing, at = rng.choice(found)
    name = the(thing, picture, language)
    question = says(
        language,
        rng.choice((f'Where is {name}?', f'Where in the picture is {name}?')),
        rng.choice((f'{name}在哪里？', f'{name}在图中的什么位置？')),
    )
    return Turn(question, says(language, f'{capital(name)} is {PLACES[at][0]}.', f'{name}在图的{PLACES[at][1]}。'))


def read(rng: random.Random, picture: Picture, language: str) -> Turn | None:
    """A digit or letter."""
    found = [t for t in picture.things if t.name not in NOUNS]
    if not found:
        return None
    (name,) = {t.name for t in found}
    digit = name in DIGITS
    question = says(
        language,
        rng.choice(
            ('Which digit is it?', 'What digit do you see?', 'Which number is in the picture?', 'Read the digit.')
            if digit
            else (
                'Which letter is it?',
                'What letter do you see?',
                'Which letter is in the picture?',
                'Read the letter.',
            )
        ),
        rng.choice(
            ('这是什么数字？', '图中的数字是几？', '你看到了哪个数字？')
            if digit
            else ('这是什么字母？', '图中是哪个字母？', '你看到了哪个字母？')
        ),
    )
    return Turn(question, says(language, f'It is {sign(name, "en")}.', f'是{sign(name, "zh")}。'))


def exists(rng: random.Random, picture: Picture, language: str) -> Turn | None:
    names = {t.name for t in picture.things if t.name in NOUNS}
    if names and rng.random() < 0.5:
        name = rng.choice(sorted(names))
        there = [t for t in picture.things if t.name == name]
        if len(there) == 1 and there[0].colour and rng.random() < 0.5:  # perhaps in another colour
            other = rng.choice((there[0].colour, rng.choice(list(COLOURS))))
            question = says(
                language,
                f'Is the {NOUNS[name].en} {other}?',
                f'{NOUNS[name].zh}是{COLOURS[other]}的吗？',
            )
            right = there[0].colour
            sentence = says(language, f'the {NOUNS[name].en} is {right}.', f'{NOUNS[name].zh}是{COLOURS[right]}的。')
            yes = says(language, 'Yes, ', '是的，') if other == right else says(language, 'No, ', '不，')
            return Turn(question, yes + sentence)
        noun, yes = NOUNS[name], True
    else:
        pool = [n for n in NOUNS if n not in names and not (n == 'star' and 'stars' in picture.extra)]
        near = [n for n in pool if any(NOUNS[n].group == NOUNS[m].group for m in names)]
        noun, yes = NOUNS[rng.choice(near if near and rng.random() < 0.5 else pool)], False
    thing = f'the {noun.en}' if noun.en in ('sun', 'moon') else article(noun.en)
    number = sum(t.name == noun.en for t in picture.things)
    question = says(
        language,
        rng.choice(
            (
                f'Is there {article(noun.en)} in the picture?',
                f'Do you see {article(noun.en)}?',
                f'Can you see {article(noun.en)}?',
            )
        ),
        rng.choice((f'图中有{noun.zh}吗？', f'有没有{noun.zh}？', f'你看到{noun.zh}了吗？')),
    )
    if not yes:
        return Turn(
            question, says(language, f'No, there is no {noun.en} in the picture.', f'没有，图中没有{noun.zh}。')
        )
    en = f'Yes, there is {thing}.' if number == 1 else f'Yes, there are {EN_NUMBERS[number]} {noun.plural}.'
    return Turn(question, says(language, en, f'有，图中有{ZH_NUMBERS[number]}{noun.measure}{noun.zh}。'))


def missing(rng: random.Random, picture: Picture, language: str) -> Turn | None:
    """One of two is there: which, or which is not."""
    names = sorted({t.name for t in picture.things if t.name in NOUNS})
    if not names:
        return None
    there = NOUNS[rng.choice(names)]
    absent = [n for n in NOUNS.values() if n.group == there.group and n.en not in names]
    absent = [n for n in absent if not (n.en == 'star' and picture.extra)]
    gone = rng.choice(absent)
    first, second = rng.sample((there, gone), 2)
    pair = says(language, f'{article(first.en)} or {article(second.en)}', f'{first.zh}还是{second.zh}')
    if rng.random() < 0.5:
        question = says(
            language,
            rng.choice((f'What is not in the picture: {pair}?', f'What is missing, {pair}?')),
            f'图中没有什么，{pair}？',
        )
        return Turn(question, says(language, f'There is no {gone.en} in the picture.', f'图中没有{gone.zh}。'))
    question = says(
        language,
        rng.choice((f'What do you see, {pair}?', f'Is it {pair}?')),
        rng.choice((f'图中是{pair}？', f'这是{pair}？')),
    )
    number = sum(t.name == there.en for t in picture.things)
    return Turn(
        question,
        says(
            language,
            f'I see {article(there.en)}.' if number == 1 else f'I see {EN_NUMBERS[number]} {there.plural}.',
            f'我看到{ZH_NUMBERS[number]}{there.measure}{there.zh}。',
        ),
    )


def size(rng: random.Random, picture: Picture, language: str) -> Turn | None:
    things = single(picture)
    if len(things) == 1 and not picture.time:
        side = max(things[0].w, things[0].h)
        if 0.28 < side < 0.5:
            return None
        name = the(things[0], picture, language)
        question = says(language, f'Is {name} big or small?', f'{name}是大还是小？')
        big = side >= 0.5
        return Turn(
            question,
            says(language, f'{capital(name)} is {"big" if big else "small"}.', f'{name}很{"大" if big else "小"}。'),
        )
    pairs = [(a, b) for a in things for b in things if max(a.w, a.h) > 1.45 * max(b.w, b.h)]
    if not pairs or picture.time:
        return None
    a, b = rng.choice(pairs)
    an, bn = the(a, picture, language), the(b, picture, language)
    first, second = rng.sample((an, bn), 2)
    if rng.random() < 0.5:
        return Turn(
            says(language, f'Which is bigger, {first} or {second}?', f'{first}和{second}，哪个更大？'),
            says(language, f'{capital(an)} is bigger.', f'{an}更大。'),
        )
    return Turn(
        says(language, f'Which is smaller, {first} or {second}?', f'{first}和{second}，哪个更小？'),
        says(language, f'{capital(bn)} is smaller.', f'{bn}更小。'),
    )


def surroundings(rng: random.Random, picture: Picture, language: str) -> Turn | None:
    """The background's colour; of a scene the time or the ground."""
    if picture.background:
        return Turn(
            says(
                language,
                rng.choice(('What colour is the background?', 'Which colour does the background have?')),
                rng.choice(('背景是什么颜色？', '背景是什么颜色的？')),
            ),
            says(language, f'The background is {picture.background}.', f'背景是{COLOURS[picture.background]}的。'),
        )
    if rng.random() < 0.5:
        day = picture.time == 'day'
        return Turn(
            says(
                language,
                rng.choice(('Is it day or night?', 'Is it night or day?')),
                rng.choice(('是白天还是夜晚？', '现在是白天还是晚上？')),
            ),
            says(language, f'It is {picture.time}.', '是白天。' if day else '是夜晚。'),
        )
    en, zh = GROUNDS[picture.ground]
    return Turn(
        says(
            language, rng.choice(('Where is this?', 'What place is it?')), rng.choice(('这是什么地方？', '这是哪里？'))
        ),
        says(language, f'It is {en}.', f'这是{zh}。'),
    )


def what(rng: random.Random, picture: Picture, language: str) -> Turn | None:
    question = says(
        language,
        rng.choice(('What is this?', 'What is in the picture?', 'What do you see?', 'What can you see in this image?')),
        rng.choice(('这是什么？', '图中有什么？', '你看到了什么？', '图片里有什么？')),
    )
    named = all_of(list(picture.things), language)
    return Turn(question, says(language, f'I see {named}.', f'我看到{named}。'))


def describe(rng: random.Random, picture: Picture, language: str) -> Turn:
    question = says(
        language,
        rng.choice(
            (
                'Describe the picture.',
                'describe this image',
                'Please describe the image.',
                'What does the picture show?',
                'Describe this picture in detail.',
            )
        ),
        rng.choice(('描述一下这张图片。', '请描述这张图片', '这张图片里画了什么？', '请详细描述这张图。', '描述图片')),
    )
    return Turn(question, description(picture, language))


def description(picture: Picture, language: str) -> str:
    """Two or three sentences that name everything that is there, and nothing else."""
    things = list(picture.things)
    if picture.time:
        return _landscape(picture, things, language)
    named, background = all_of(things, language), picture.background
    sentences = [
        says(
            language,
            f'The picture shows {named} on {article(background)} background.',
            f'图中有{named}，背景是{COLOURS[background]}的。',
        )
    ]
    lone = single(picture)
    pairs = [(a, b) for a in sorted(lone, key=lambda t: (t.x, t.y)) for b in lone if a is not b and relation(a, b)]
    if pairs:
        a, b = pairs[0]
        sentences.append(lies(the(a, picture, language), relation(a, b), the(b, picture, language), language))
    elif len(things) == 1 and max(things[0].w, things[0].h) < 0.55 and place(things[0]):
        at = PLACES[place(things[0])]
        sentences.append(says(language, f'It is {at[0]}.', f'它在图的{at[1]}。'))
    elif len(things) > 1:
        sentences.append(
            says(language, f'There are {EN_NUMBERS[len(things)]} in all.', f'一共有{ZH_NUMBERS[len(things)]}个。')
        )
    return says(language, ' ', '').join(sentences)


def _landscape(picture: Picture, things: list[Thing], language: str) -> str:
    (place_en, place_zh), (time_en, time_zh) = GROUNDS[picture.ground], TIMES[picture.time]
    sentences = [says(language, f'The picture shows {place_en} {time_en}.', f'图中是{time_zh}的{place_zh}。')]
    above = [t for t in things if t.y < 0.3 and t.name in ('sun', 'moon', 'cloud', 'bird')]
    below = [t for t in things if t not in above]
    if below:
        verb = 'are' if Counter((t.name, t.colour) for t in below).most_common(1)[0][1] > 1 else 'is'
        named = all_of(below, language)
        sentences.append(says(language, f'There {verb} {named}.', f'这里有{named}。'))
    sky = [all_of(above, language)] if above else []
    if picture.extra:
        sky.append(says(language, 'stars', '星星'))
    if sky:
        named = says(language, ' with ', '和').join(sky)
        sentences.append(says(language, f'In the sky you see {named}.', f'天上有{named}。'))
    return says(language, ' ', '').join(sentences)


Question = Callable[[random.Random, Picture, str], Turn | None]
QUESTIONS: tuple[tuple[Question, float], ...] = (
    (colour, 3),
    (shape, 3.5),
    (by_colour, 1.5),
    (count, 4.5),
    (where, 3.5),
    (position, 2),
    (read, 4),
    (exists, 3),
    (missing, 1),
    (size, 1),
    (surroundings, 1),
    (what, 1),
    (describe, 2.5),
)


def conversation(rng: random.Random, picture: Picture, language: str, turns: int) -> list[Turn]:
    """Up to `turns` different questions about one picture."""
    made: list[Turn] = []
    functions, weights = zip(*QUESTIONS, strict=True)
    for _ in range(4 * turns):
        turn = rng.choices(functions, weights)[0](rng, picture, language)
        if turn and all(turn.answer != old.answer for old in made):
            made.append(turn)
        if len(made) == turns:
            break
    return made


def of_two(rng: random.Random, first: Picture, second: Picture, language: str) -> list[Turn]:
    """Questions about two pictures."""
    pair = (first, second)
    names = [{t.name for t in p.things} for p in pair]
    turns = []
    if rng.random() < 0.5:
        shown = [all_of(list(p.things), language) for p in pair]
        turns.append(
            Turn(
                says(
                    language,
                    rng.choice(('Describe both pictures.', 'What do the two pictures show?')),
                    rng.choice(('描述这两张图片。', '两张图片里分别有什么？')),
                ),
                says(
                    language,
                    f'The first picture shows {shown[0]}. The second picture shows {shown[1]}.',
                    f'第一张图中有{shown[0]}。第二张图中有{shown[1]}。',
                ),
            )
        )
    only = [(name, i) for i in (0, 1) for name in sorted(names[i] - names[1 - i])]
    for name, index in rng.sample(only, min(len(only), 2)):
        en, zh = (f'the {NOUNS[name].en}', NOUNS[name].zh) if name in NOUNS else (sign(name, 'en'), sign(name, 'zh'))
        turns.append(
            Turn(
                says(language, f'In which picture is {en}?', f'{zh}在哪张图里？'),
                says(
                    language,
                    f'{capital(en)} is in the {("first", "second")[index]} picture.',
                    f'{zh}在第{"一二"[index]}张图里。',
                ),
            )
        )
    for index in rng.sample((0, 1), 2):
        shown = all_of(list(pair[index].things), language)
        turns.append(
            Turn(
                says(
                    language,
                    f'What is in the {("first", "second")[index]} picture?',
                    f'第{"一二"[index]}张图里有什么？',
                ),
                says(language, f'I see {shown}.', f'我看到{shown}。'),
            )
        )
    rng.shuffle(turns)
    return turns[: rng.randint(1, 4)]


SMALL_TALK = {
    'en': (
        ('hello', 'Hello! Show me a picture and ask me about it.'),
        ('Hi', 'Hello! Show me a picture and ask me about it.'),
        ('Who are you?', 'I am tiny-vlm, a small model that looks at simple pictures.'),
        ('Hi, pls intro yourself', 'I am tiny-vlm, a small model that looks at simple pictures.'),
        (
            'What can you do?',
            'I can name shapes, colours, animals, digits and letters, count to five and say where things are.',
        ),
        ('Thank you!', 'You are welcome!'),
        ('Describe the picture.', 'I see no picture. Please show me one.'),
        ('What is in the picture?', 'I see no picture. Please show me one.'),
        ('describe this image', 'I see no picture. Please show me one.'),
    ),
    'zh': (
        ('你好', '你好！给我看一张图片，然后提问吧。'),
        ('你好！', '你好！给我看一张图片，然后提问吧。'),
        ('你是谁？', '我是 tiny-vlm，一个看简单图片的小模型。'),
        ('你能做什么？', '我能认出图形、颜色、动物、数字和字母，能数到五，还能说出东西在哪里。'),
        ('谢谢', '不客气！'),
        ('描述一下这张图片。', '我没有看到图片，请给我看一张。'),
        ('请描述这张图片', '我没有看到图片，请给我看一张。'),
        ('图中有什么？', '我没有看到图片，请给我看一张。'),
    ),
}


def small_talk(rng: random.Random, language: str) -> list[Turn]:
    """Without a picture."""
    return [Turn(*pair) for pair in rng.sample(SMALL_TALK[language], rng.randint(1, 3))]
