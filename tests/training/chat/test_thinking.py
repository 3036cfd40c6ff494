"""Sums of several steps and thoughts: what the generator writes, what is learnt of it, how it is graded."""

import json
import pathlib
import random
import re

import pytest
from test_training_model import MODEL, NoCuts

from training.chat import build_corpus, card, evaluate, mix, texts, thinking
from training.chat.talk import arithmetic, tools
from training.tables import interval
from training.tokenizer import (
    CALL_START,
    IM_END,
    THINK_END,
    THINK_START,
    encode_chat,
    load_tokenizer,
    save_tokenizer,
    with_thinking,
)

SUMS = pathlib.Path(__file__).parents[3] / 'lessons' / 'data' / 'sums.jsonl'
PLAIN = [{'role': 'user', 'content': 'Hi there'}, {'role': 'assistant', 'content': 'Hello!'}]


@pytest.fixture(scope='module')
def tokenizer():
    return with_thinking(load_tokenizer(MODEL))


@pytest.fixture(scope='module')
def problems():
    rng = random.Random(0)
    return [(language, thinking.draw(rng, language)) for _ in range(1000) for language in texts.LANGUAGES]


@pytest.fixture(scope='module')
def drawn():
    rng = random.Random(0)
    return [thinking.conversation(rng, rng.choice(texts.LANGUAGES), lambda: PLAIN) for _ in range(2000)]


def test_every_step_is_right_small_and_trained(problems):
    for _, problem in problems:
        assert 2 <= len(problem.steps) <= 4
        for step in problem.steps:
            a, sign, b, result = re.fullmatch(r'(\d+) ([+×-]) (\d+) = (\d+)', step).groups()
            a, b, result = int(a), int(b), int(result)
            assert result == {'+': a + b, '-': a - b, '×': a * b}[sign]
            assert 0 <= result <= thinking.LIMIT
            assert not arithmetic.is_kept_back(a, {'×': '*'}.get(sign, sign), b), 'that one is for the test'
        assert problem.steps[-1].endswith(f'= {problem.result}')
        assert eval(problem.expression.replace('×', '*')) == problem.result


def test_the_question_has_the_numbers_and_its_language(problems):
    for language, problem in problems:
        asked = [int(number) for number in re.findall(r'\d+', problem.question)]
        assert asked == [int(number) for number in re.findall(r'\d+', problem.expression)]
        if language == 'en':
            assert texts.language_of(problem.question) == 'en'
        chinese = tools.language_of(problem.question) == 'zh'
        assert problem.answer.endswith('。' if chinese else '.')
        assert thinking.answer_number(problem.answer) == problem.result
        assert not {'[', ']', '{', '}', '|'} & set(problem.question)


def test_products_come_first():
    assert thinking.work_out([17, 3, 4, 5], ['+', '*', '-']) == (
        ((3, '*', 4, 12), (17, '+', 12, 29), (29, '-', 5, 24)),
        24,
    )


def test_no_trained_sum_is_one_of_the_test(problems):
    held_out = thinking.held_out_sums()
    assert len(held_out) == thinking.HELD_OUT == len({problem.expression for _, problem in held_out})
    assert {problem.expression for _, problem in held_out}.isdisjoint(problem.expression for _, problem in problems)
    assert all(thinking.is_held_out(problem.expression) for _, problem in held_out)
    assert not any(thinking.is_held_out(problem.expression) for _, problem in problems)
    assert held_out == thinking.held_out_sums()
    # the lesson's file has the same
    rows = [json.loads(line) for line in SUMS.read_text('utf-8').splitlines()]
    assert [(row['question'], row['result']) for row in rows] == [(p.question, p.result) for _, p in held_out]


def test_a_thought_stands_in_the_last_answers_alone(drawn):
    """As the template has it: those before the last question are left out."""
    kinds = {'thought': 0, 'none': 0, 'tools': 0}
    for messages in drawn:
        last = max(at for at, message in enumerate(messages) if message['role'] == 'user')
        for at, message in enumerate(messages):
            assert (THINK_START in message['content']) <= (message['role'] == 'assistant' and at > last)
        final = messages[-1]['content']
        assert messages[-1]['role'] == 'assistant'
        kinds['thought' if final.startswith(THINK_START) else 'none'] += 1
        kinds['tools'] += any(m['role'] == 'tools' for m in messages)
    assert kinds['thought'] > 1000
    assert kinds['none'] > 500
    assert kinds['tools'] > 200


def test_thoughts_are_laid_out_as_the_template_does(drawn):
    for messages in drawn:
        for message in messages:
            if THINK_START in message['content']:
                found = re.fullmatch(r'<think>\n(.+?)\n</think>\n\n(.+)', message['content'], re.DOTALL)
                assert found
                assert found[1] == found[1].strip()
                if found[2].startswith(CALL_START):
                    assert tools.calls_of(found[2])
                    assert all(str(v) in found[1] for v in tools.calls_of(found[2])[0]['parameters'].values())


def test_the_tag_is_the_templates_and_what_follows_is_learnt(tokenizer):
    answer = thinking.thinking('1 + 2 = 3\n3 + 4 = 7', '1 + 2 + 4 = 7.')
    turns = [mix.Turn('user', '1 + 2 + 4'), mix.Turn('assistant', answer)]
    tokens, kinds = (rows[0] for rows in build_corpus.encode(tokenizer, [turns], NoCuts()))
    start = encode_chat(tokenizer, [{'role': 'user', 'content': '1 + 2 + 4'}], thinking=True)
    assert tokens[: len(start)].tolist() == start
    assert not (kinds[: len(start)] == build_corpus.ASSISTANT).any()
    learnt = tokens[kinds == build_corpus.ASSISTANT].tolist()
    assert tokens[len(start) : len(start) + len(learnt)].tolist() == learnt
    assert tokenizer.decode([*start[-2:], *learnt[:-1]], skip_special_tokens=False) == answer
    assert learnt[-1] == IM_END


def as_a_client_sends(message: dict) -> dict:
    """A message of the generator with its thought and its call in their fields."""
    thought, _, said = message['content'].rpartition(f'\n{THINK_END}\n\n')
    sent = {'role': message['role'], 'content': said}
    if thought:
        sent['reasoning_content'] = thought.removeprefix(f'{THINK_START}\n') + '\n'
    if CALL_START in said:
        call = tools.calls_of(said)[0]
        sent['content'] = '\n\n' if thought else None
        sent['tool_calls'] = [{'function': {'name': call['name'], 'arguments': call['parameters']}}]
    return sent


def test_the_template_renders_what_was_trained(tokenizer, drawn, tmp_path):
    """Up to the last answer, thoughts and calls on the way to it too, as LMDeploy gives them and clients send them."""
    from transformers import AutoTokenizer

    save_tokenizer(tokenizer, tmp_path)
    fast = AutoTokenizer.from_pretrained(tmp_path, trust_remote_code=False)
    on_the_way = 0
    for talk in [*drawn[:100], *(talk for talk in drawn if any(m['role'] == 'tools' for m in talk))]:
        if '</s>' in ''.join(m['content'] for m in talk) or '<|' in talk[0]['content']:
            continue  # as tool_choice='required' makes the model write; the template does not
        listed = next((json.loads(m['content']) for m in talk if m['role'] == 'tools'), None)
        messages = [as_a_client_sends(m) for m in talk if m['role'] != 'tools']
        think = THINK_START in talk[-1]['content']
        text = fast.apply_chat_template(
            messages[:-1], tools=listed, tokenize=False, add_generation_prompt=True, enable_thinking=think
        )
        trained = build_corpus.encode(tokenizer, [mix.clean(talk)], NoCuts())[0][0].tolist()
        ids = fast.encode(text, add_special_tokens=False)
        if len(trained) < build_corpus.CONTEXT - 100:
            assert trained[: len(ids)] == ids
            on_the_way += any('reasoning_content' in m for m in messages[:-1])
    assert on_the_way > 10


def test_they_fit_into_the_context(tokenizer, drawn):
    turns = [mix.clean(messages) for messages in drawn]
    tokens, _ = build_corpus.encode(tokenizer, turns, NoCuts())
    assert len(tokens) == len(turns)
    assert max(map(len, tokens)) < build_corpus.CONTEXT


def test_nothing_follows_a_thought_in_the_corpus():
    rng, seen = random.Random(2), 0
    for _ in range(3000):
        turns = mix.draw(rng)
        for at, turn in enumerate(turns):
            if THINK_START in turn.content and turn.role == 'assistant':
                assert not any(later.role == 'user' for later in turns[at:])
                seen += 1
    assert seen > 50


def test_an_answer_is_graded_by_its_last_number():
    problem = thinking.draw(random.Random(1), 'en')
    said = thinking.thinking(thinking.thought(problem), problem.answer)
    assert thinking.answer_number(said) == problem.result
    assert thinking.answer_number(f'{THINK_START}\n{thinking.thought(problem)}') is None, 'the thought has no end'
    assert thinking.answer_number(None) is None
    assert thinking.answer_number('I do not know') is None
    assert thinking.answer_number('5 - 8 = -3.') == -3


class Model:
    """Knows the sums it is asked with thinking, and every third without."""

    def generated(self, conversations, progress='', think=False):
        found = []
        for at, ((_, problem), messages) in enumerate(zip(thinking.held_out_sums(), conversations, strict=True)):
            assert messages == [{'role': 'user', 'content': problem.question}]
            if think:
                found.append((thinking.thinking(thinking.thought(problem), problem.answer), 40))
            else:
                found.append((problem.answer if at % 3 == 0 else None if at == 1 else 'It is 1000.', 10))
        return found


def test_what_thinking_brings_is_counted():
    found = evaluate.several_steps(Model())
    once, thought = (found[way] for way in evaluate.THINKING_WAYS)
    assert thought == {x: {'right': 100, 'number': 100, 'tokens': 40.0, 'ended': 100} for x in texts.LANGUAGES}
    assert once['en'] == {'right': 34, 'number': 100, 'tokens': 10.0, 'ended': 100}
    assert once['zh'] == {'right': 33, 'number': 100, 'tokens': 10.0, 'ended': 99}
    assert found['gained'] == {'en': 66, 'zh': 67}
    assert found['lost'] == {'en': 0, 'zh': 0}


def test_the_card_shows_it_beside_the_other_scores():
    found = evaluate.several_steps(Model())
    result = {'scores': {'faq': {'en': [1, 1]}}, 'baseline': {'faq': {'en': [1, 1]}}, 'thinking': found}
    rows = card.score_rows(result)
    assert ['several steps, at once', '34 of 100 (34.0%)', '33 of 100 (33.0%)', '–', '–'] in rows
    assert ['several steps, thinking', '100 of 100 (100.0%)', '100 of 100 (100.0%)', '–', '–'] in rows
    text = '\n'.join(card.with_thinking(result))
    assert '34 of 100 (34.0%), 25% to 44% | 10.0 | 0' in text
    assert 'English: thinking has 66 right that were wrong without, and 0 wrong that were right' in text
    assert not card.with_thinking({'scores': {}})


def test_wilsons_interval():
    """Of 10 right of 20: 29.9 % to 70.1 % (Wilson 1927, as every table has it)."""
    assert interval(10, 20) == pytest.approx((0.2993, 0.7007), abs=1e-4)
    assert interval(0, 10) == pytest.approx((0.0, 0.2775), abs=1e-4)
    assert interval(10, 10) == pytest.approx((0.7225, 1.0), abs=1e-4)
