"""LMDeploy's server with a reasoning parser, and a model that thinks when asked to: what comes back."""

import json

import pytest
import thinking_model as model
from thinking_model import (
    ANSWER,
    FORM,
    INSIDE,
    JSON,
    JSON_THOUGHT,
    PLAN,
    PRODUCT,
    RESULT,
    SAID,
    STEPS,
    SUM,
    TOOLS,
    user,
)

from lessons.serving import api_server
from lessons.thinking import answer_behind, ask, ask_within

pytestmark = pytest.mark.deep
ASKED = {'model': 'stand-in', 'temperature': 0, 'max_tokens': 100}
ON = {'chat_template_kwargs': {'enable_thinking': True}}
PRODUCT_CALL = [('mul', '{"a": 57, "b": 83}')]
SCHEMA = {
    'type': 'object',
    'properties': {'sum': {'type': 'integer'}},
    'required': ['sum'],
    'additionalProperties': False,
}
AS_JSON = {'type': 'json_schema', 'json_schema': {'name': 'sum', 'schema': SCHEMA}}


@pytest.fixture(scope='module')
def server(tmp_path_factory):
    folder = model.make(tmp_path_factory.mktemp('thinks') / 'stand-in')
    settings = {'session_len': 512, 'cache_max_entry_count': 0.1, 'model_name': 'stand-in'}
    with api_server(folder, reasoning_parser='deepseek-v3', tool_call_parser='internlm', **settings) as running:
        yield running


def create(server, messages, think=True, **request):
    extra = (ON if think else {}) | request.pop('extra_body', {})
    messages = [user(messages)] if isinstance(messages, str) else messages
    return server.client.chat.completions.create(messages=messages, extra_body=extra, **ASKED | request)


def said(server, messages, think=True, **request):
    """(content, reasoning_content, calls, finish_reason)"""
    choice = create(server, messages, think, **request).choices[0]
    calls = [(call.function.name, call.function.arguments) for call in choice.message.tool_calls or ()]
    return choice.message.content, getattr(choice.message, 'reasoning_content', None), calls, choice.finish_reason


def test_only_when_asked_to(server):
    assert said(server, SUM, think=False) == (ANSWER, None, [], 'stop')
    assert said(server, SUM) == (f'\n\n{ANSWER}', f'{STEPS}\n', [], 'stop')
    off = {'chat_template_kwargs': {'enable_thinking': False}}
    assert said(server, SUM, think=False, extra_body=off) == (ANSWER, None, [], 'stop')
    # the field of its own, which LMDeploy calls deprecated
    assert said(server, SUM, think=False, extra_body={'enable_thinking': True})[1] == f'{STEPS}\n'


def test_usage_counts_the_thought(server):
    usage = create(server, SUM).usage
    assert usage.completion_tokens_details.reasoning_tokens == 17  # of its digits, signs, blanks and line breaks
    assert usage.completion_tokens == 17 + 1 + 2 + 11 + 1  # the tag, two line breaks, the answer, the end


@pytest.mark.parametrize('messages', [SUM, PRODUCT])
def test_streamed_it_is_the_same(server, messages):
    tools = {'tools': TOOLS} if messages == PRODUCT else {}
    whole = said(server, messages, **tools)
    content = thought = name = arguments = ''
    ended = None
    for event in create(server, messages, stream=True, **tools):
        delta, ended = event.choices[0].delta, event.choices[0].finish_reason or ended
        content += delta.content or ''
        thought += getattr(delta, 'reasoning_content', None) or ''
        for call in delta.tool_calls or ():
            name += call.function.name or ''
            arguments += call.function.arguments or ''
        assert not (delta.content and thought and '</think>' in delta.content)
    assert (content, thought, [(name, arguments)] if name else [], ended) == whole


@pytest.mark.parametrize('tokens', [1, 5, 17])
def test_cut_within_the_thought_there_is_no_answer(server, tokens):
    content, thought, _, ended = said(server, SUM, max_tokens=tokens)
    assert (content, ended) == (None, 'length')
    assert f'{STEPS}\n'.startswith(thought)


def test_cut_behind_the_thought_the_answer_is_cut(server):
    content, thought, _, ended = said(server, SUM, max_tokens=23)
    assert (thought, ended) == (f'{STEPS}\n', 'length')
    assert f'\n\n{ANSWER}'.startswith(content)


def test_tools_and_thinking(server):
    """Both parsers at once: issues 3431, 3655, 3412."""
    assert said(server, PRODUCT, False, tools=TOOLS) == (None, None, PRODUCT_CALL, 'tool_calls')
    assert said(server, PRODUCT, tools=TOOLS) == ('\n\n', f'{PLAN}\n', PRODUCT_CALL, 'tool_calls')
    assert said(server, PRODUCT, tools=TOOLS, tool_choice='required')[1:] == (f'{PLAN}\n', PRODUCT_CALL, 'tool_calls')


def test_a_call_within_the_thought_is_taken(server):
    """And its tokens are counted as thought."""
    assert said(server, INSIDE, tools=TOOLS) == (f'\n\n{SAID}', f'{PLAN}\n\n', PRODUCT_CALL, 'tool_calls')
    assert create(server, INSIDE, tools=TOOLS).usage.completion_tokens_details.reasoning_tokens > 40


def test_the_result_is_thought_about(server):
    call = {'id': 'x', 'type': 'function', 'function': {'name': 'mul', 'arguments': PRODUCT_CALL[0][1]}}
    messages = [
        user(PRODUCT),
        {'role': 'assistant', 'content': '', 'tool_calls': [call]},
        {'role': 'tool', 'tool_call_id': 'x', 'content': '4731'},
    ]
    assert said(server, messages, tools=TOOLS) == (f'\n\n{SAID}', f'{RESULT}\n', [], 'stop')


def test_a_schema_leaves_no_room_for_the_thought(server):
    """The grammar holds from the first token: JSON is what is thought, and there is no answer."""
    assert said(server, FORM) == (f'\n\n{JSON}', f'{JSON_THOUGHT}\n', [], 'stop')
    content, thought, _, ended = said(server, FORM, response_format=AS_JSON)
    assert (content, ended) == (None, 'stop')
    assert json.loads(thought) == {'sum': 7}


def test_thought_first_then_the_form(server):
    thought = ask(server.client, ASKED, FORM, think=True).thought
    reply = answer_behind(server.client, ASKED, FORM, thought, response_format=AS_JSON)
    assert (reply.thought, reply.ended) == (JSON_THOUGHT, 'stop')
    assert isinstance(json.loads(reply.answer)['sum'], int)


def test_a_limit_for_the_thought(server):
    whole = ask_within(server.client, ASKED, SUM, 60)
    assert (whole.thought, whole.answer, whole.ended) == (STEPS, ANSWER, 'stop')
    cut = ask_within(server.client, ASKED, SUM, 8)
    assert (cut.thought, cut.thought_tokens, cut.ended) == (STEPS.splitlines()[0], 8, 'stop')
    assert cut.answer == ANSWER  # the stand-in learnt it so


def test_with_the_switch_on_the_answer_behind_is_taken_for_thought(server):
    behind = [user(SUM), {'role': 'assistant', 'content': '', 'reasoning_content': STEPS.splitlines()[0]}]
    assert said(server, behind) == (None, ANSWER, [], 'stop')


def test_other_addresses(server):
    """/v1/responses reads over the switch, /v1/messages over Anthropic's: neither thinks, neither says so."""
    body = {'model': 'stand-in', 'temperature': 0}
    reply = server.post('/v1/responses', body | {'input': SUM, 'max_output_tokens': 100} | ON).json()
    assert reply['output_text'] == ANSWER
    claude = body | {'messages': [user(SUM)], 'max_tokens': 100, 'thinking': {'type': 'enabled', 'budget_tokens': 50}}
    reply = server.post('/v1/messages', claude, headers={'anthropic-version': '2023-06-01'}).json()
    assert [(part['type'], part['text']) for part in reply['content']] == [('text', ANSWER)]
