"""The texts, the frozen paraphrases, and what is made of them."""

import random

import pytest

from training.chat import evaluate, mix, texts
from training.chat.augment import augment
from training.chat.baseline import NearestQuestion
from training.chat.talk import arithmetic, memory

pytestmark = pytest.mark.skipif(not texts.faq(), reason='no texts')

FROZEN = {
    'heldout/faq_a.yaml': '0f9834f7b3eae93042191baf5c1a7a85ab84574333a88bf14ad1b5cb82570c63',
    'heldout/faq_b.yaml': '4c53e2c999e8b8f127fb2bac4a4e04a05d5d0977ecc8479382f48584d6e8f449',
    'heldout/talk.yaml': 'a8a9738c545be29cc11c41b8479a2ae364a211c56e4f3638a690ad19c0fbb9e0',
    'heldout/second/faq.yaml': 'bf2f73e3008c9afe02d69cca9dd00699354b5a3035e16ab004df891c135e2619',
    'heldout/second/talk.yaml': 'ba0cf5b0e82ac13ddb57f18f6520c13432de585240e1536cd89904afbf9cbf20',
    'prompts.yaml': '2570c6c0d8afbe7054959cf33a51d5082d35b4e57ddf94183f2629273dbb3155',
}


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
    frozen = texts.heldout('first')
    for language in texts.LANGUAGES:
        assert sum(entry.language == language for entry in texts.faq()) >= 200
        assert sum(item.language == language for item in frozen) >= 200


def test_the_frozen_sets_stay_frozen():
    """Their sentences are graded, never read by who writes texts, and never changed: a new set is a new folder."""
    assert texts.frozen_hashes() == FROZEN
    for language in texts.LANGUAGES:
        assert sum(item.language == language for item in texts.heldout('second')) == 100


def test_a_miss_of_a_later_set_is_named_by_its_topic_alone():
    first, *_, second = evaluate.held_out_cases()
    assert evaluate.miss(first, 'wrong')['question'] == first.messages[-1]['content']
    missed = evaluate.miss(second, 'wrong')
    assert (missed['question'], missed['id'], missed['category']) == ('', second.id, second.category)
    asked = {item.question for item in texts.heldout('second')}
    more = [*evaluate.context_cases(random.Random(0), 900), *evaluate.tool_cases(random.Random(0), 900)]
    assert not asked & {case.messages[-1]['content'] for case in more}


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
        a, sign, b, result = arithmetic.draw(rng)
        assert not arithmetic.is_kept_back(a, sign, b)
        assert result == {'+': a + b, '-': a - b, '*': a * b}[sign] >= 0


def test_a_sum_has_one_style_of_answer():
    """A Chinese full stop where the question has a Chinese sign, whatever the language of the conversation."""
    rng = random.Random(0)
    found = {}
    for _ in range(3000):
        for turns in (arithmetic.conversation(rng, language) for language in texts.LANGUAGES):
            for asked, said in zip(turns[::2], turns[1::2], strict=True):
                assert found.setdefault(asked['content'], said['content']) == said['content']
    assert arithmetic.answer(7, '*', 9, 63, '7 * 9') == '7 × 9 = 63.'
    assert arithmetic.answer(24, '-', 17, 7, '24 - 17=？') == '24 - 17 = 7。'


def test_hard_sums_carry():
    rng = random.Random(0)
    drawn = [arithmetic.draw(rng, hard=1.0) for _ in range(300)]
    assert all(arithmetic.is_hard(a, sign, b) for a, sign, b, _ in drawn)
    assert {sign for _, sign, _, _ in drawn} == {'+', '-'}


@pytest.mark.parametrize('language', texts.LANGUAGES)
def test_memory_answers_hold_what_was_told(language):
    rng = random.Random(0)
    for _ in range(2000):
        messages = memory.conversation(rng, language, lambda: memory.turn('hello', 'Hello!'))
        assert [m['role'] for m in messages] == ['user', 'assistant'] * (len(messages) // 2)
        assert '{' not in ''.join(m['content'] for m in messages)
        assert not memory.is_held_out('\n'.join(m['content'] for m in messages))
        # what is answered about a told word was told before
        for at, message in enumerate(messages):
            for value in message.get('copied', ()) if message['role'] == 'assistant' else ():
                if value in message['content']:
                    assert any(value in earlier['content'] for earlier in messages[:at])


def test_made_up_names_are_many():
    rng = random.Random(0)
    for language in texts.LANGUAGES:
        assert len({memory.draw_name(rng, language) for _ in range(3000)}) > 2000


def test_lookup_finds_what_it_knows():
    entries = texts.faq()[:40]
    lookup = NearestQuestion([(ask, entry.answer) for entry in entries for ask in entry.asks])
    assert all(lookup.answer(f'{entry.asks[-1].upper()}??') == entry.answer for entry in entries)
