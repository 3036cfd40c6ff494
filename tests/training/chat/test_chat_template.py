"""The template and the tokenizer of a tiny-chat that thinks: without thoughts they write what they wrote before."""

import itertools
import json
import random

import pytest
from test_training_model import MODEL, STRINGS

from helpers.checkpoints.tokenizer_files import CHATML_TEMPLATE
from training.chat import mix
from training.tokenizer import (
    TEMPLATE,
    THINK_END,
    THINK_START,
    VOCAB_SIZE,
    encode_chat,
    encode_plain,
    load_tokenizer,
    save_tokenizer,
    with_thinking,
)

TOOLS = [{'type': 'function', 'function': {'name': 'add', 'description': '加', 'parameters': {'type': 'object'}}}]
CALLED = [{'id': 'x', 'type': 'function', 'function': {'name': 'add', 'arguments': '{"a": 1}'}}]


@pytest.fixture(scope='module')
def before():
    return load_tokenizer(MODEL)


@pytest.fixture(scope='module')
def now(before):
    return with_thinking(before)


@pytest.fixture(scope='module')
def fast(now, tmp_path_factory):
    """As transformers reads it."""
    from transformers import AutoTokenizer

    folder = tmp_path_factory.mktemp('thinks')
    save_tokenizer(now, folder)
    return AutoTokenizer.from_pretrained(folder, trust_remote_code=False)


def render(fast, messages, template=TEMPLATE, **known):
    return fast.apply_chat_template(messages, chat_template=template, tokenize=False, **known)


def conversations():
    """Of every kind: drawn ones with turns of all roles, calls, results, no content."""
    rng = random.Random(0)
    for _ in range(120):
        drawn = [turn for turn in mix.draw(rng) if turn.role in ('system', 'user', 'assistant')]
        messages = [{'role': turn.role, 'content': turn.content} for turn in drawn if THINK_END not in turn.content]
        if messages:
            yield messages
    asked = {'role': 'user', 'content': '1 + 2?'}
    for content in (None, '', 'I call.', [{'type': 'text', 'text': 'x'}]):
        call = {'role': 'assistant', 'content': content, 'tool_calls': CALLED * 2}
        yield [
            asked,
            call,
            {'role': 'tool', 'content': '3', 'tool_call_id': 'x'},
            {'role': 'assistant', 'content': '3.'},
        ]
        yield [{'role': 'system', 'content': 'Be brief.'}, asked, call]
    yield [{'role': 'assistant', 'content': '<think> opens no thought'}, asked]


@pytest.mark.parametrize('known', [{}, {'enable_thinking': False}, {'enable_thinking': None}])
def test_without_thinking_every_byte_is_as_before(fast, known):
    for messages, tools, prompt in itertools.product(conversations(), (None, TOOLS), (True, False)):
        old = render(fast, messages, CHATML_TEMPLATE, tools=tools, add_generation_prompt=prompt)
        assert render(fast, messages, tools=tools, add_generation_prompt=prompt, **known) == old


def test_with_thinking_the_answer_begins_with_a_thought(fast):
    for messages, tools in itertools.product(conversations(), (None, TOOLS)):
        without = render(fast, messages, tools=tools, add_generation_prompt=True)
        on = render(fast, messages, tools=tools, add_generation_prompt=True, enable_thinking=True)
        assert on == f'{without}{THINK_START}\n'


def test_thoughts_stay_until_the_next_question(fast):
    """As Qwen3's template has it: in a loop of tools they are read again, afterwards no more."""
    messages = [
        {'role': 'user', 'content': '1 + 2?'},
        {'role': 'assistant', 'content': '', 'reasoning_content': 'I call add.\n', 'tool_calls': CALLED},
        {'role': 'tool', 'content': '3', 'tool_call_id': 'x'},
        {'role': 'assistant', 'content': '\n\n3.', 'reasoning_content': 'It is 3.'},
    ]
    text = render(fast, messages)
    assert '<think>\nI call add.\n</think>\n\n<|action_start|>' in text
    assert '<think>\nIt is 3.\n</think>\n\n3.<|im_end|>' in text  # as LMDeploy gives it back, with its line breaks
    later = render(fast, [*messages, {'role': 'user', 'content': 'Thanks'}])
    assert THINK_START not in later
    bare = [{key: value for key, value in m.items() if key != 'reasoning_content'} for m in messages]
    bare[-1]['content'] = '3.'
    assert later == render(fast, [*bare, {'role': 'user', 'content': 'Thanks'}], CHATML_TEMPLATE)


def test_a_thought_in_the_answer_itself_is_left_out(fast):
    """As a client without a parser sends it back; a user's words are the user's."""
    said = {'role': 'assistant', 'content': '1 + 2 = 3\n</think>\n\n3.'}
    text = render(fast, [{'role': 'user', 'content': 'a </think> b'}, said, {'role': 'user', 'content': 'hi'}])
    assert '<|im_start|>assistant\n3.<|im_end|>' in text
    assert 'a </think> b' in text


def test_no_text_is_encoded_otherwise(before, now):
    """The tags take the places of two bytes that stand in no UTF-8 text."""
    assert (before.get_vocab_size(), now.get_vocab_size()) == (VOCAB_SIZE, VOCAB_SIZE)
    rng = random.Random(1)
    texts = [*STRINGS, *(turn.content for _ in range(200) for turn in mix.draw(rng))]
    texts += [
        ''.join(chr(rng.choice((rng.randrange(0xD800), rng.randrange(0xE000, 0x110000)))) for _ in range(40))
        for _ in range(200)
    ]
    for text in texts:
        if THINK_START not in text and THINK_END not in text:
            assert now.encode(text).ids == before.encode(text).ids
    moved = {token for token, index in now.get_vocab().items() if before.get_vocab().get(token) != index}
    assert moved <= {THINK_START, THINK_END}


def test_the_tags_are_tokens_that_a_decoder_shows(now, fast):
    text = f'{THINK_START}\n17 + 25 = 42\n{THINK_END}\n\n42.'
    ids = now.encode(text).ids
    for tag in (THINK_START, THINK_END):
        assert ids.count(now.token_to_id(tag)) == 1
    assert now.decode(ids, skip_special_tokens=True) == text
    assert fast.encode(text, add_special_tokens=False) == ids == encode_plain(now, [text])[0]
    assert fast.decode(ids, skip_special_tokens=True) == text
    assert len(fast) == VOCAB_SIZE
    assert with_thinking(now) is now


def test_encode_chat_is_the_template(now, fast):
    messages = [{'role': 'system', 'content': 'Be brief.'}, {'role': 'user', 'content': '你好 12'}]
    for thinking in (False, True):
        text = render(fast, messages, add_generation_prompt=True, enable_thinking=thinking)
        assert fast.encode(text, add_special_tokens=False) == encode_chat(now, messages, thinking)


def test_the_folder_says_which_template(fast, tmp_path, now):
    save_tokenizer(now, tmp_path)
    assert json.loads((tmp_path / 'tokenizer_config.json').read_text('utf-8'))['chat_template'] == TEMPLATE
    assert fast.chat_template == TEMPLATE
