"""How people ask for a story or a poem: an occasion, a frame, a kind of text with a theme, and a last word."""

import random
import re

from training.chat.words.read import read
from training.chat.words.write import article, capital, write

WORDS = read('request')


def plural(noun: str) -> str:
    """'foxes', 'mice', 'bus drivers'."""
    head, _, last = noun.rpartition(' ')
    if last in WORDS['plurals']:
        last = WORDS['plurals'][last]
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
    words = WORDS['en']
    kind = words['poem' if poem else 'story']
    word = rng.choice(kind['words'])
    simple = (
        word
        if word in ('story', 'tale', 'poem', 'verse', 'rhyme', 'fairy tale', 'ode')
        else 'poem'
        if poem
        else 'story'
    )
    bare = re.sub('^(an?|the|my) ', '', topic)
    about = ''
    frames = words['frames']
    if topic:
        if sort in ('kind', 'thing', 'more', 'plant') and rng.random() < 0.25:
            topic = _varied(rng, topic)
        ways = kind['about']
        if not poem:
            more = {'kind': kind['about_hero'] * 2, 'place': kind['about_place'] * 3, 'theme': kind['about_theme'] * 2}
            ways += more.get(sort, ())
        about = rng.choice(ways).format(t=topic)
        if rng.random() < 0.3:
            frames = words['frames_topic']
    do, doing = rng.choice(kind['do'])
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
    text = re.sub(' +', ' ', write(rng, frames, **slots)).strip().replace(' ?', '?').replace(' ,', ',')
    chance = rng.random()
    if chance < 0.2 and text[-1] != '?':
        text += write(rng, kind['after'])
    if 0.12 < chance < 0.27:
        text = capital(write(rng, kind['before'])) + ' ' + capital(text)
    return text if text[-1] in '.?!' or rng.random() < 0.5 else text + rng.choice('..!')


def _chinese(rng: random.Random, poem: bool, topic: str, sort: str) -> str:
    words = WORDS['zh']
    kind = words['poem' if poem else 'story']
    word = rng.choice(kind['words'])
    about = ''
    frames = words['frames']
    if topic:
        ways = kind['about']
        if not poem:
            ways += {'kind': kind['about_hero'] * 2, 'place': kind['about_place'] * 2}.get(sort, ())
        about = rng.choice(ways).format(t=topic)
        if rng.random() < 0.3:
            frames = words['frames_topic']
    one = ('一首', '一首', '首', '一首', '首', '') if poem else ('一个', '个', '一个', '个', '一段', '一则', '一篇', '')
    slots = {
        'polite': write(rng, words['polite']),
        'whom': write(rng, kind['whom']),
        'do': write(rng, kind['do']),
        'do2': rng.choice(('写写', '来写', '写', '吟咏') if poem else ('讲讲', '说说', '聊聊', '来讲')),
        'one': rng.choice(one),
        'end': write(rng, words['end']),
        'enjoy': rng.choice(('读', '看', '听', '要') if poem else ('听', '听', '听听', '看', '要')),
        'np': about + word,
        'w': word,
        't': topic,
    }
    text = write(rng, frames, **slots).replace('，?', rng.choice('，，、')).replace('的的', '的')
    if text[0] in '个首':
        text = '一' + text
    if topic and frames is words['frames_topic']:
        text = text.replace(slots['do'] + slots['do2'], slots['do2'])
    chance = rng.random()
    if chance < 0.14 and text[-1] not in '？！' and '谢' not in text:
        text += write(rng, kind['after'])
    if 0.08 < chance < 0.2:
        text = write(rng, kind['before']) + text
    if text[-1] in '吗么':
        return text + rng.choice('？？？ ').strip()
    return text if text[-1] in '？！。' or rng.random() < 0.6 else text + rng.choice('。。！')


def request(rng: random.Random, zh: bool, poem: bool, topic: str = '', sort: str = '') -> str:
    """A request for a story or a poem, about `topic` (with its article) if there is one; `sort`: of stories.Topic."""
    return (_chinese if zh else _english)(rng, poem, topic, sort)
