"""The talk modules: what they write is whole, consistent, repeatable, and never a held-out question."""

import itertools
import random
import re

import pytest

from training.chat import texts
from training.chat.talk import MODULES, advice, games, poems, smalltalk, stories, tales, unknown

SEEDS = 1000
# Different conversations in 1000 draws: at least this many.
DISTINCT = {
    'greeting': 800,
    'identity': 800,
    'stories': 995,
    'poems': 930,
    'advice': 990,
    'smalltalk': 800,
    'unknown': 950,
    'system': 950,
}


def name_of(module) -> str:
    return module.__name__.rsplit('.', 1)[1]


@pytest.fixture(scope='module')
def drawn() -> dict[str, list[list[dict]]]:
    return {name_of(m): [m.conversations(random.Random(seed)) for seed in range(SEEDS)] for m in MODULES}


@pytest.mark.parametrize('module', MODULES, ids=name_of)
def test_conversations_are_whole(module, drawn):
    for talk in drawn[name_of(module)]:
        turns = [t for t in talk if t['role'] != 'system']
        assert [t['role'] for t in turns] == ['user', 'assistant'] * (len(turns) // 2)
        assert 1 <= len(turns) // 2 <= 4
        for message in talk:
            text = message['content']
            assert text, talk
            assert text.strip() == text, talk
            assert not re.search(r'[{}\[\]|]', text), text
            assert not re.search('  |，。|(?<!。)。。(?!。)', text), text
            assert len(text) < 1800


@pytest.mark.parametrize('module', MODULES, ids=name_of)
def test_same_seed_same_conversation_and_many_different(module, drawn):
    again = [module.conversations(random.Random(seed)) for seed in range(100)]
    assert again == drawn[name_of(module)][:100]
    assert len({str(talk) for talk in drawn[name_of(module)]}) >= DISTINCT[name_of(module)]
    languages = [texts.language_of(talk[-1]['content']) for talk in drawn[name_of(module)]]
    assert 0.35 < languages.count('zh') / len(languages) < 0.65


def test_every_choice_of_a_beat_can_be_told():
    slots = {'zh': set(), 'en': set()}
    for language in slots:
        for seed in range(400):
            tale = stories.tell(random.Random(seed), language == 'zh')
            slots[language].add(tale.plot)
        assert slots[language] == set(stories.WORDS[language]['plots'])


def test_story_of_300_characters():
    for seed in range(300):
        topic = random.Random(seed).choice(stories.TOPICS)
        for wanted in (None, topic):
            zh = stories.tell(random.Random(seed), True, wanted, '300').text
            assert 280 <= len(re.sub(r'\s', '', zh)) <= 320, (seed, wanted)
        assert 270 <= len(stories.tell(random.Random(seed), False, length='300').text) <= 330, seed


def test_a_counted_story_is_counted_in_the_conversation_too(drawn):
    found = 0
    for talk in drawn['stories']:
        question, answer = talk[0]['content'], talk[1]['content']
        if re.search('300 ?个?字|三百', question) or ('300' in question and 'character' in question):
            found += 1
            counted = re.sub(r'\s', '', answer) if texts.language_of(answer) == 'zh' else answer
            assert 270 <= len(counted) <= 330, question
    assert found > 80


@pytest.mark.parametrize('sort', sorted({topic.sort for topic in stories.ALL_TOPICS}))
def test_a_story_honours_its_topic_and_keeps_its_hero(sort):
    for topic in (topic for topic in stories.ALL_TOPICS if topic.sort == sort):
        for zh, seed in itertools.product((True, False), range(3)):
            tale = stories.tell(random.Random(seed), zh, topic)
            s = tale.slots
            shown = {
                'kind': s['kind'],
                'place': s['at'],
                'thing': s['obj'],
                'more': s['obj'],
                'theme': tale.moral,
                'skill': s['skill'],
                'sight': s['sight'],
                'fear': s['fear'],
                'little': s['little'],
                'plant': s['aplant'],
            }[topic.sort]
            asked = topic.zh if zh else re.sub('^(an?|the) ', '', topic.en)
            if topic.sort in ('kind', 'thing', 'more'):
                assert (asked[-1] if zh else asked) in shown, topic
            assert shown in tale.text or shown[1:] in tale.text, (topic, tale.text)
            names = [n for n in names_of(zh) if re.search(n if zh else rf'\b{n}\b', tale.text)]
            assert names == [s['n']], (topic, tale.text)
            assert tale.text.count(s['n']) >= 2, (topic, tale.text)
            if not zh:
                other = {'he': r'\b(she|her|She|Her)\b', 'she': r'\b(he|him|his|He|His)\b'}[s['he']]
                assert not re.search(other, tale.text), (topic, tale.text)
            else:
                # a seed or a present is an 它 beside any hero
                found = set('他她') & set(re.sub('其他|他们|吉他', '', tale.text))
                assert not found - {s['ta']}, (topic, tale.text)


def test_a_story_has_both_the_hero_and_the_other_thing_that_were_asked_for():
    for seed in range(400):
        zh = seed % 2 == 0
        question, tale, topic = stories._pair(random.Random(seed), zh)
        assert (tale.kind.topic_zh if zh else tale.kind.en).lower() in question.lower()
        shown = {
            'place': tale.slots['at'],
            'thing': tale.slots['obj'],
            'more': tale.slots['obj'],
            'theme': tale.moral,
            'skill': tale.slots['skill'],
            'sight': tale.slots['sight'],
            'little': tale.slots['little'],
            'plant': tale.slots['aplant'],
        }[topic.sort]
        assert shown[1:] in tale.text, question


def names_of(zh: bool) -> list[str]:
    return sorted(tales.NAMES['zh'] if zh else tales.NAMES['he'] + tales.NAMES['she'])


def test_another_story_is_another():
    for seed in range(200):
        rng = random.Random(seed)
        first = stories.tell(rng, seed % 2 == 0)
        second = stories.tell(rng, seed % 2 == 0, avoid=first)
        assert first.plot != second.plot
        assert first.slots['n'] != second.slots['n']


def test_answers_about_a_story_come_from_it():
    for seed in range(300):
        zh = seed % 2 == 0
        tale = stories.tell(random.Random(seed), zh)
        for _question, answer in stories._questions(tale, zh):
            facts = [f for f in (*tale.slots.values(), tale.moral) if len(f) > 1 and f in answer]
            assert facts, answer


def test_poems_keep_their_metre():
    for table, length in ((poems.FIVE_ZH, 5), (poems.SEVEN_ZH, 7)):
        for topic, found in table.items():
            for poem in found:
                assert [{len(line) for line in lines} for lines in poem] == [{length}] * 4, topic
    for topic, found in [*poems.EN.items(), *poems.FIVE_ZH.items(), *poems.SEVEN_ZH.items()]:
        for poem in found:
            assert len(poem[0]) == len(poem[1]), topic
            assert len(poem[2]) == len(poem[3]), topic


def test_a_poem_on_any_topic_names_it():
    for topic in poems.TOPICS['en']:
        assert topic in poems._any(random.Random(topic), False, topic)
    for topic in poems.TOPICS['zh']:
        assert topic in poems._any(random.Random(topic), True, topic)


def test_a_joke_is_about_what_was_asked():
    found = [smalltalk._chat(random.Random(seed), False, 'joke') for seed in range(1500)]
    jokes = {about: joke for about, _, joke in smalltalk.JOKES_ABOUT['en'] if joke}
    asked = 0
    for question, answer in found:
        about = question['content'].rpartition(' about ')[2]
        if about in jokes:
            asked += 1
            assert answer['content'] == jokes[about], question
    assert asked > 40


def test_advice_counts_and_is_numbered(drawn):
    assert len(advice.TOPICS) >= 31
    for topic in advice.TOPICS:
        assert min(len(topic.tips['en']), len(topic.tips['zh'])) >= 5, topic.names
    numbers = {'three': 3, '三': 3, 'two': 2, '两': 2, 'four': 4, 'five': 5}
    for talk in drawn['advice']:
        question, answer = talk[0]['content'], talk[1]['content']
        match = re.search(r'\b(two|three|four|five)\b|([两三])[条个点]', question)
        if match and "don't know" not in answer and '不知道' not in answer:
            lines = re.findall(r'^\d\. ', answer, re.M)
            assert len(lines) == numbers[match[1] or match[2]], talk


def test_the_unknown_is_always_said():
    for seed in range(SEEDS):
        talk = unknown.conversations(random.Random(seed))
        assert "don't know" in talk[1]['content'] or '不知道' in talk[1]['content'], talk


@pytest.mark.parametrize('language', texts.LANGUAGES)
def test_many_questions_to_decline_have_rare_or_invented_words(language, monkeypatch):
    coined = unknown._coined(random.Random(0), language == 'zh')
    assert coined != unknown._coined(random.Random(1), language == 'zh')
    monkeypatch.setattr(unknown, '_coined', lambda rng, zh: '~~')
    questions = [talk[0]['content'] for talk in (unknown.conversations(random.Random(x)) for x in range(3000))]
    mine = [question for question in questions if texts.language_of(question) == language]
    rare = [word for word in unknown.WORDS['rare'][language] if any(word in question.lower() for question in mine)]
    assert len(rare) > 50
    assert sum('~~' in question for question in mine) > 0.07 * len(mine)
    assert sum(any(word in question.lower() for word in rare) for question in mine) > 0.04 * len(mine)


def test_repeated_text_is_exact():
    for seed in range(300):
        question, answer = games.repeat(random.Random(seed), seed % 2 == 0)
        assert answer['content'] in question['content']


def test_held_out_talk():
    ids = set()
    count = {'en': 0, 'zh': 0}
    for item in texts.heldout('first'):
        if item.category != 'faq':
            ids.add(item.category)
            count[item.language] += 1
            assert texts.language_of(item.question) == item.language
    assert {'greeting', 'identity', 'story', 'poem', 'advice', 'unknown', 'smalltalk'} <= ids
    assert min(count.values()) >= 60


@pytest.mark.parametrize('module', MODULES, ids=name_of)
def test_held_out_questions_are_never_generated(module, drawn):
    forbidden = texts.forbidden()
    more = (module.conversations(random.Random(f'more {seed}')) for seed in range(2000))
    for talk in [*drawn[name_of(module)], *more]:
        for message in talk:
            if message['role'] == 'user':
                assert texts.normalise(message['content']) not in forbidden, message['content']
