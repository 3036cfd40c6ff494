"""The texts, the frozen paraphrases, and what is made of them."""

import random

import pytest

from training import mix, talk_arithmetic, talk_memory, texts
from training.augment import augment
from training.baseline import NearestQuestion

pytestmark = pytest.mark.skipif(not texts.faq(), reason='no texts')


def test_no_held_out_question_in_the_training_texts():
    assert list(texts.leaks(samples=300)) == []


def test_leaks_are_found(monkeypatch):
    ask = texts.faq()[0].asks[0]
    monkeypatch.setattr(texts, 'forbidden', lambda: frozenset({texts.normalise(f'  {ask.upper()}!! ')}))
    assert ask in next(texts.leaks(samples=1))


def test_drawn_conversations_hold_no_held_out_question():
    rng = random.Random(1)
    for _ in range(300):
        turns = mix.draw(rng)
        assert not {texts.normalise(turn.content) for turn in turns if turn.role == 'user'} & texts.forbidden()


def test_enough_is_written():
    frozen = texts.heldout()
    for language in texts.LANGUAGES:
        assert sum(entry.language == language for entry in texts.faq()) >= 200
        assert sum(item.language == language for item in frozen) >= 200


def test_normalise_and_keys():
    assert texts.normalise('What is  KV-cache？') == texts.normalise('what IS kv cache')
    assert texts.is_right('I don’t know; it takes 10 %', (("don't",), ('10 %', 'ten')))
    assert not texts.is_right('I know', (('know',), ('not',)))
    assert texts.is_right('显存 8 GB', (('显存8GB',),))


def test_augmentation_is_repeatable_and_varies():
    ask = 'How do I start the API server?'
    first = [augment(random.Random(seed), ask) for seed in range(200)]
    assert first == [augment(random.Random(seed), ask) for seed in range(200)]
    assert len(set(first)) > 60
    assert all(first)


def test_kept_back_sums_are_never_drawn():
    rng = random.Random(0)
    for _ in range(2000):
        a, sign, b, result = talk_arithmetic.draw(rng)
        assert not talk_arithmetic.is_kept_back(a, sign, b)
        assert result == {'+': a + b, '-': a - b, '*': a * b}[sign] >= 0


def test_a_sum_has_one_style_of_answer():
    """A Chinese full stop where the question has a Chinese sign, whatever the language of the conversation."""
    rng = random.Random(0)
    found = {}
    for _ in range(3000):
        for turns in (talk_arithmetic.conversation(rng, language) for language in texts.LANGUAGES):
            for asked, said in zip(turns[::2], turns[1::2], strict=True):
                assert found.setdefault(asked['content'], said['content']) == said['content']
    assert talk_arithmetic.answer(7, '*', 9, 63, '7 * 9') == '7 × 9 = 63.'
    assert talk_arithmetic.answer(24, '-', 17, 7, '24 - 17=？') == '24 - 17 = 7。'


def test_hard_sums_carry():
    rng = random.Random(0)
    drawn = [talk_arithmetic.draw(rng, hard=1.0) for _ in range(300)]
    assert all(talk_arithmetic.is_hard(a, sign, b) for a, sign, b, _ in drawn)
    assert {sign for _, sign, _, _ in drawn} == {'+', '-'}


@pytest.mark.parametrize('language', texts.LANGUAGES)
def test_memory_answers_hold_what_was_told(language):
    rng = random.Random(0)
    for _ in range(2000):
        messages = talk_memory.conversation(rng, language, lambda: talk_memory.turn('hello', 'Hello!'))
        assert [m['role'] for m in messages] == ['user', 'assistant'] * (len(messages) // 2)
        assert '{' not in ''.join(m['content'] for m in messages)
        assert not talk_memory.is_held_out('\n'.join(m['content'] for m in messages))
        # what is answered about a told word was told before
        for at, message in enumerate(messages):
            for value in message.get('copied', ()) if message['role'] == 'assistant' else ():
                if value in message['content']:
                    assert any(value in earlier['content'] for earlier in messages[:at])


def test_made_up_names_are_many():
    rng = random.Random(0)
    for language in texts.LANGUAGES:
        assert len({talk_memory.draw_name(rng, language) for _ in range(3000)}) > 2000


def test_lookup_finds_what_it_knows():
    entries = texts.faq()[:40]
    lookup = NearestQuestion([(ask, entry.answer) for entry in entries for ask in entry.asks])
    assert all(lookup.answer(f'{entry.asks[-1].upper()}??') == entry.answer for entry in entries)
