"""What LMDeploy's reasoning parsers make of thoughts: alone, with tools, cut off, in pieces (no engine runs here)."""

import re

import pytest
from lmdeploy.serve.openai.protocol import ChatCompletionRequest
from lmdeploy.serve.parsers.reasoning_parser import LEGACY_REASONING_PARSER_NAMES, ReasoningParserManager
from lmdeploy.serve.parsers.response_parser import BaseResponseParser, validate_parser_names
from thinking_model import ANSWER, CALL, PLAN, PRODUCT, ROOT, STEPS, SUM, TOOLS, user
from transformers import AutoTokenizer

from training.tokenizer import load_tokenizer, with_thinking

THOUGHT = f'{STEPS}\n</think>\n\n{ANSWER}'  # what a model writes behind a template that ends with `<think>\n`
REASONING = f'{STEPS}\n'
CONTENT = f'\n\n{ANSWER}'


def parser_class(reasoning='deepseek-v3', tools=None, tokenizer=None):
    """A class of its own: LMDeploy keeps the parsers of a server in its class."""

    class Parser(BaseResponseParser):
        pass

    Parser.set_parsers(reasoning, tools, tokenizer)
    return Parser


def parsed(text, reasoning='deepseek-v3', tools=None, piece=None, **request):
    """(content, [(name, arguments) of calls], reasoning_content), whole or read in pieces of `piece` characters.

    A tag stays in one piece: it is one token, and LMDeploy relies on that.
    """
    if tools:
        request |= {'tools': TOOLS}
    asked = ChatCompletionRequest(model='m', messages=[user(PRODUCT if tools else SUM)], **request)
    parser = parser_class(reasoning, tools)(asked)
    if piece is None:
        content, calls, thought = parser.parse_complete(text)
        return content, [(call.function.name, call.function.arguments) for call in calls or ()], thought
    content, thought, deltas = '', '', []
    pieces = re.findall(rf'</?think>|<\|\w+\|>|<|[^<]{{1,{piece}}}', text)
    assert ''.join(pieces) == text
    for at, part in enumerate(pieces, 1):
        for delta, _ in parser.stream_chunk(part, [1], final=at == len(pieces)):
            content += delta.content or ''
            thought += delta.reasoning_content or ''
            deltas += delta.tool_calls or ()
    calls = parser.tool_parser.build_tool_calls(deltas) if tools else ()
    return content or None, [(call.function.name, call.function.arguments) for call in calls], thought or None


def switch(value):
    return {'chat_template_kwargs': {'enable_thinking': value}}


def test_the_parsers_that_there_are():
    assert set(ReasoningParserManager.module_dict) == {
        'default',
        'deepseek-v3',
        'deepseek-v32',
        'deepseek-v3.2',
        'deepseek-v4',
    }
    for name in LEGACY_REASONING_PARSER_NAMES:
        assert validate_parser_names(name) == ('default', None)
    with pytest.raises(ValueError, match='qwen3'):  # the name of issue 3655
        validate_parser_names('qwen3')


def test_the_tags_must_be_tokens(tmp_path):
    """reasoning_parser.py, validate_tokenizer: text that only looks like the tags is not enough."""
    from training.tokenizer import save_tokenizer

    with pytest.raises(RuntimeError, match='<think>'):
        parser_class(tokenizer=AutoTokenizer.from_pretrained(ROOT / 'models' / 'tiny-vlm', trust_remote_code=False))
    save_tokenizer(with_thinking(load_tokenizer(ROOT / 'models' / 'tiny-chat')), tmp_path)
    parser_class(tokenizer=AutoTokenizer.from_pretrained(tmp_path, trust_remote_code=False))


def test_thought_and_answer_are_split_and_their_line_breaks_stay():
    """Nothing is stripped: Qwen3's layout leaves one line break behind the thought, two before the answer."""
    assert parsed(THOUGHT, **switch(True)) == (CONTENT, [], REASONING)


@pytest.mark.parametrize('reasoning', ['deepseek-v3', 'deepseek-v3.2', 'deepseek-v4'])
def test_without_the_switch_these_parsers_expect_no_thought(reasoning):
    assert parsed(ANSWER, reasoning) == (ANSWER, [], None)
    assert parsed(ANSWER, reasoning, **switch(False)) == (ANSWER, [], None)


def test_without_the_switch_the_default_parser_takes_the_whole_answer_for_a_thought():
    """starts_in_reasoning_mode is True, as a Qwen3 thinks unless it is told not to."""
    assert parsed(ANSWER, 'default') == (None, [], ANSWER)
    assert parsed(ANSWER, 'default', **switch(False)) == (ANSWER, [], None)
    assert parsed(THOUGHT, 'default') == (CONTENT, [], REASONING)


def test_a_word_for_the_switch_is_neither_on_nor_off():
    """The template thinks (a word is true), deepseek-v3's parser asks for True: the thought lands in the answer."""
    content, _, thought = parsed(THOUGHT, **switch('false'))
    assert thought is None
    assert '</think>' in content
    assert content.startswith(STEPS)


def test_with_the_switch_off_tags_are_dropped_and_the_thought_is_shown():
    assert parsed(f'<think>{STEPS}</think>{ANSWER}', **switch(False)) == (STEPS + ANSWER, [], None)


def test_a_model_that_opens_its_thought_itself():
    """Qwen3's own template leaves that to the model (issue 3664: `<think>` stood in the first piece)."""
    for piece in (None, 1, 3, 7):
        assert parsed(f'<think>\n{THOUGHT}', piece=piece, **switch(True)) == (CONTENT, [], f'\n{REASONING}')
        assert parsed(f'<think>\n{THOUGHT}', piece=piece) == (CONTENT, [], f'\n{REASONING}')


def test_cut_off_within_the_thought_there_is_no_answer():
    for piece in (None, 1, 5):
        assert parsed(STEPS, piece=piece, **switch(True)) == (None, [], STEPS)
        # and where the limit falls into the tag, its beginning is taken for thought
        assert parsed(f'{STEPS}\n</thi', piece=piece, **switch(True)) == (None, [], f'{STEPS}\n</thi')


def test_a_call_behind_a_thought():
    """Both parsers at once, which issues 3431, 3655 and 3412 asked for."""
    wanted = ('\n\n', [('mul', '{"a": 57, "b": 83}')], f'{PLAN}\n')
    for piece in (None, 1, 4, 11):
        assert parsed(f'{PLAN}\n</think>\n\n{CALL}', tools='internlm', piece=piece, **switch(True)) == wanted


def test_a_call_within_a_thought_is_a_call():
    """The thought goes on behind it; without an end of the thought the call is taken all the same."""
    for piece in (None, 1, 6):
        found = parsed(f'{PLAN}\n{CALL}\nDone.\n</think>\n\nIt is 4731.', tools='internlm', piece=piece, **switch(True))
        assert found == ('\n\nIt is 4731.', [('mul', '{"a": 57, "b": 83}')], f'{PLAN}\n\nDone.\n')
        unended = parsed(f'{PLAN}\n{CALL}', tools='internlm', piece=piece, **switch(True))
        assert unended == (None, [('mul', '{"a": 57, "b": 83}')], f'{PLAN}\n')


def test_a_required_call_is_a_grammar_that_leaves_the_thought_free():
    """response_parser.py: `tool_choice="required"` is the one form that knows of thoughts."""

    def elements(**request):
        asked = ChatCompletionRequest(
            model='m', messages=[user(PRODUCT)], tools=TOOLS, tool_choice='required', **request
        )
        form = parser_class(tools='internlm')(asked).request.response_format
        assert form['type'] == 'structural_tag'
        return form['format']['elements']

    free, blank, _ = elements(**switch(True))
    assert (free['begin'], free['content']['type'], free['end']) == ('', 'any_text', '</think>')
    assert blank['value'] == '\n\n'
    assert '</think>' not in str(elements())


def test_a_schema_does_not_know_of_thoughts():
    """It is handed on as it came, and holds from the first token: there is no room for a thought in it."""
    form = {'type': 'json_schema', 'json_schema': {'name': 'sum', 'schema': {'type': 'object'}}}
    asked = ChatCompletionRequest(model='m', messages=[user(SUM)], response_format=form, **switch(True))
    held = parser_class()(asked).request.response_format
    assert held['type'] == 'json_schema'
    assert '</think>' not in str(held)


def test_the_tokens_of_a_thought_are_counted(tmp_path):
    """Between the tags, the tags not; with the switch off none, whatever is written."""
    tokenizer = with_thinking(load_tokenizer(ROOT / 'models' / 'tiny-chat'))
    ids = tokenizer.encode(THOUGHT).ids
    end = tokenizer.token_to_id('</think>')
    from training.tokenizer import save_tokenizer

    save_tokenizer(tokenizer, tmp_path)
    known = parser_class(tokenizer=AutoTokenizer.from_pretrained(tmp_path, trust_remote_code=False))
    for request, wanted in ((switch(True), ids.index(end)), ({}, 0), (switch(False), 0)):
        parser = known(ChatCompletionRequest(model='m', messages=[user(SUM)], **request))
        parser.parse_complete(THOUGHT, ids)
        assert parser.reasoning_tokens == wanted
