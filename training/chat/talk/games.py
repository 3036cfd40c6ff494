"""Small games with words and numbers."""

import random

from training.chat.words.read import read
from training.chat.words.write import capital, turn, typed, write

TABLE = read('games')
ASK, ANSWER, DAYS, MONTHS = (TABLE[key] for key in ('ask', 'answer', 'days', 'months'))
COMMA, PAUSE, STOP = {'en': ', ', 'zh': '，'}, {'en': ', ', 'zh': '、'}, {'en': '.', 'zh': '。'}
_LETTERS = 'aeioubcdfghklmnprstvw'


def _count(rng: random.Random, language: str) -> list[dict]:
    start = rng.choice([1, 1, 1, 1, 0, 2, 5, 10, rng.randint(3, 30)])
    end = start + rng.randint(3, 14) if rng.random() < 0.7 else max(10, start + 5)
    question = write(rng, ASK['count'][language], a=start, b=end)
    return turn(typed(rng, question), COMMA[language].join(map(str, range(start, end + 1))))


def _count_down(rng: random.Random, language: str) -> list[dict]:
    start = rng.choice([10, 5, 3, 8, rng.randint(4, 15)])
    question = write(rng, ASK['count_down'][language], a=start)
    return turn(typed(rng, question), COMMA[language].join(map(str, range(start, 0, -1))))


def _days(rng: random.Random, language: str) -> list[dict]:
    question = write(rng, ASK['days'][language])
    return turn(typed(rng, question), PAUSE[language].join(DAYS[language]) + STOP[language])


def _next(rng: random.Random, language: str) -> list[dict]:
    """A day after or before another, or how many there are of something."""
    if rng.random() < 0.3:
        found = rng.choice(TABLE['how_many'])
        return turn(typed(rng, write(rng, found['ask'][language])), found['answer'][language])
    index, after = rng.randrange(7), rng.random() < 0.6
    days = DAYS[language]
    question = write(rng, ASK['day_after' if after else 'day_before'][language], d=days[index])
    answer = ANSWER['next'][language].format(d=days[(index + (1 if after else -1)) % 7])
    return turn(typed(rng, question), answer)


def _months(rng: random.Random, language: str) -> list[dict]:
    if language == 'zh':
        index = rng.randrange(1, 12)
        month, following = index, f'{index + 1}月'
    elif rng.random() < 0.5:
        index = rng.randrange(12)
        month, following = MONTHS[index], MONTHS[(index + 1) % 12]
    else:
        return turn(typed(rng, write(rng, ASK['months'][language])), ', '.join(MONTHS) + '.')
    question = write(rng, ASK['month_after'][language], d=month)
    return turn(typed(rng, question), ANSWER['next'][language].format(d=following))


def _seasons(rng: random.Random, language: str) -> list[dict]:
    return turn(typed(rng, write(rng, ASK['seasons'][language])), ANSWER['seasons'][language])


def _spell(rng: random.Random, language: str) -> list[dict]:
    word = rng.choice(TABLE['spell'])
    return turn(write(rng, ASK['spell'][language], w=word), '-'.join(word))


def _letters(rng: random.Random, language: str) -> list[dict]:
    word = rng.choice(TABLE['spell'])
    question = write(rng, ASK['letters'][language], w=word).replace(f'does {word}', f'does {word} have')
    return turn(question, ANSWER['letters'][language].format(w=word, W=capital(word), n=len(word)))


def _opposite(rng: random.Random, language: str) -> list[dict]:
    a, b = rng.choice(TABLE['opposites'][language])
    if rng.random() < 0.4 and b not in ('old', '少'):
        a, b = b, a
    question = write(rng, ASK['opposite'][language], a=a)
    return turn(typed(rng, question), ANSWER['opposite'][language].format(a=a, b=b))


def _translate(rng: random.Random, language: str) -> list[dict]:
    en, zh = rng.choice(TABLE['words'])
    way, word = ('into_chinese', en) if rng.random() < 0.5 else ('into_english', zh)
    question = write(rng, ASK[way][language], w=word)
    return turn(typed(rng, question), ANSWER[way][language].format(en=en, En=capital(en), zh=zh))


def _colour(rng: random.Random, language: str) -> list[dict]:
    en, zh, colour_en, colour_zh = rng.choice(TABLE['colours'])
    if rng.random() < 0.15:
        question = write(rng, ASK['three_colours'][language], u=rng.choice(['u', '']))
        names = rng.sample(TABLE['colour_names'][language], 3)
        return turn(typed(rng, question), capital(PAUSE[language].join(names)) + STOP[language])
    word, colour = (zh, colour_zh) if language == 'zh' else (en, colour_en)
    question = write(rng, ASK['colour'][language], w=word, u=rng.choice(['u', '']))
    return turn(typed(rng, question), ANSWER['colour'][language].format(w=word, W=capital(word), c=colour))


def _language(rng: random.Random, language: str) -> list[dict]:
    """A language that it does not speak."""
    word = rng.choice(TABLE['said'][language])
    unknown = rng.choice(TABLE['unknown_languages'][language])
    question = write(rng, ASK['language'][language], w=word, l=unknown)
    return turn(typed(rng, question), write(rng, ANSWER['language'][language], l=unknown))


def _coin(rng: random.Random, language: str) -> list[dict]:
    if rng.random() < 0.5:
        return turn(typed(rng, write(rng, ASK['coin'][language])), rng.choice(ANSWER['coin'][language]))
    question = typed(rng, write(rng, ASK['dice'][language]))
    return turn(question, ANSWER['dice'][language].format(n=rng.randint(1, 6)))


_GAMES = (
    *(_count, _count, _count_down, _days, _next, _months, _seasons, _spell, _opposite, _opposite),
    *(_translate, _translate, _colour, _language, _coin, _letters),
)


def game(rng: random.Random, zh: bool) -> list[dict]:
    """One game: the question and its answer."""
    return rng.choice(_GAMES)(rng, 'zh' if zh else 'en')


def repeat(rng: random.Random, zh: bool) -> list[dict]:
    """Words to say again, exactly."""
    language = 'zh' if zh else 'en'
    if rng.random() < 0.3:
        text = _word(rng) if rng.random() < 0.5 else str(rng.randint(10, 99999))
    else:
        text = write(rng, TABLE['phrases'][language])
    plain = rng.random() < 0.7
    question = write(rng, ASK['repeat'][language], t=text)
    return turn(question if plain else capital(question), text)


def _word(rng: random.Random) -> str:
    """A word that may never have been written before: to copy, not to remember."""
    return ''.join(rng.choice(_LETTERS) for _ in range(rng.randint(3, 8)))
