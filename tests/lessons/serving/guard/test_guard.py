"""The guard alone: what it lets through unchanged, and what it says to the rest.

With a server: tests/lessons/serving/test_serving_attacks.py.
"""

import asyncio
import base64
import io
import json
import pathlib
import re
import time

import pytest
from PIL import Image

import lessons
from lessons.serving.guard.limits import Engine, Limits, Refused
from lessons.serving.guard.middleware import Guard
from lessons.serving.guard.requests import check
from lessons.serving.guard.schema import SchemaError, check_regex, check_schema

TINY_CHAT = pathlib.Path(lessons.__file__).parent.parent / 'models' / 'tiny-chat'
CHAT = '/v1/chat/completions'
ENGINE = Engine(session_len=512, vocabulary=100)
GOOD = {'model': 'm', 'messages': [{'role': 'user', 'content': 'hello 你好 😀'}]}


class Context:
    """As much of LMDeploy's ServerContext as the guard looks at."""

    class async_engine:
        session_len = 512

        class hf_cfg:
            vocab_size = 100


def ask(body, path=CHAT, app=None, limits=None, pieces=None, method='POST', content_type=b'application/json', **scope):
    """Send a request through the guard -> (status, body, what the application received)"""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    incoming = pieces or [{'type': 'http.request', 'body': data, 'more_body': False}]
    incoming, sent, seen = list(incoming), [], []

    async def receive():
        if not incoming:
            await asyncio.sleep(60)
        return incoming.pop(0)

    async def send(message):
        sent.append((time.monotonic(), message))

    async def echo(scope, receive, send):
        message = await receive()
        seen.append(message['body'])
        await send({'type': 'http.response.start', 'status': 200, 'headers': []})
        await send({'type': 'http.response.body', 'body': b'one', 'more_body': True})
        await asyncio.sleep(0.05)
        await send({'type': 'http.response.body', 'body': b'two', 'more_body': False})

    scope = {'type': 'http', 'method': method, 'path': path, 'headers': [(b'content-type', content_type)]} | scope
    asyncio.run(Guard(app or echo, Context, limits)(scope, receive, send))
    status = sent[0][1]['status'] if sent else None
    ask.times = [moment for moment, _ in sent]
    return status, b''.join(m.get('body', b'') for _, m in sent), seen


def test_a_good_request_passes_unchanged_and_its_answer_is_not_held_back():
    body = json.dumps(GOOD, indent=3).encode()
    half = len(body) // 2
    pieces = [
        {'type': 'http.request', 'body': body[:half], 'more_body': True},
        {'type': 'http.request', 'body': body[half:], 'more_body': False},
    ]
    status, answer, seen = ask(b'', pieces=pieces)
    assert (status, answer, seen) == (200, b'onetwo', [body])
    assert ask.times[-1] - ask.times[-2] > 0.04


def test_the_application_learns_that_the_client_left():
    heard = []

    async def app(scope, receive, send):
        heard.extend([(await receive())['type'], (await receive())['type']])

    body = json.dumps(GOOD).encode()
    pieces = [{'type': 'http.request', 'body': body, 'more_body': False}, {'type': 'http.disconnect'}]
    assert ask(b'', app=app, pieces=pieces)[0] is None
    assert heard == ['http.request', 'http.disconnect']


def test_a_client_that_leaves_before_its_request_is_whole():
    pieces = [{'type': 'http.request', 'body': b'{', 'more_body': True}, {'type': 'http.disconnect'}]
    assert ask(b'', pieces=pieces) == (None, b'', [])


def test_a_body_that_never_ends():
    status, answer, seen = ask(
        b'', pieces=[{'type': 'http.request', 'body': b'{', 'more_body': True}], limits=Limits(body_time_s=0.1)
    )
    assert (status, seen) == (408, [])
    assert 'no more of the request came for 0.1 s' in json.loads(answer)['message']


def test_a_body_that_is_too_long():
    limits = Limits(body_bytes=100)
    piece = {'type': 'http.request', 'body': b' ' * 40, 'more_body': True}
    assert ask(b'', pieces=[piece] * 3, limits=limits)[0] == 413
    headers = [(b'content-type', b'application/json'), (b'content-length', b'101')]
    assert ask(b'', pieces=[], headers=headers, limits=limits)[0] == 413  # before a byte is read


@pytest.mark.parametrize(('path', 'inside'), [(CHAT, None), ('/v1/messages', 'error'), ('/v1/responses', 'error')])
def test_the_answer_has_lmdeploys_shape(path, inside):
    status, answer, _ = ask(b'{', path=path)
    error = json.loads(answer)
    error = error[inside] if inside else error
    assert status == 400
    assert 'not JSON' in error['message']
    assert error['type'] == 'invalid_request_error'


def test_a_value_error_of_lmdeploys_is_the_requests_fault():
    async def app(scope, receive, send):
        raise ValueError('no such session\nand more')

    status, answer, _ = ask(GOOD, app=app)
    assert (status, json.loads(answer)['message']) == (400, 'no such session')

    async def broken(scope, receive, send):
        await send({'type': 'http.response.start', 'status': 200, 'headers': []})
        raise ValueError('too late')

    with pytest.raises(ValueError, match='too late'):
        ask(GOOD, app=broken)

    async def mistake(scope, receive, send):
        raise KeyError('not the client')

    with pytest.raises(KeyError):
        ask(GOOD, app=mistake)


def test_what_lmdeploy_looks_at_itself_passes():
    assert ask(b'\x89PNG', content_type=b'image/png')[0] == 200  # it is refused by LMDeploy
    assert ask(b'', method='GET', path='/v1/models')[0] == 200


@pytest.mark.parametrize('path', ['/update_weights', '/update_weights_from_ipc', '/distserve/free_cache', '/sleep'])
@pytest.mark.parametrize('method', ['GET', 'POST'])
def test_closed(path, method):
    assert ask(b'', path=path, method=method)[0] == 403


def say(request, path=CHAT):
    with pytest.raises(Refused) as caught:
        check(path, json.dumps(request).encode(), Limits(), ENGINE)
    return str(caught.value)


def test_numbers_as_text_do_not_slip_through():
    """Pydantic would read them as numbers."""
    for value in ('1180591620717411303424', 2**70, 1e30, -1e30):
        assert 'repetition_ngram_size' in say(GOOD | {'repetition_ngram_size': value})
    assert 'temperature must be a number' in say(GOOD | {'temperature': 'NaN'})
    for value in ('99', 99.0, True, -1, 100):
        assert 'input_ids[1]' in say({'input_ids': [5, value]}, '/generate')


@pytest.mark.parametrize('name', ['enable_thinking', 'thinking'])
def test_thinking_is_on_or_off(name):
    """A word is true for every template, 'false' too, and for LMDeploy's parser it is not True."""
    for value in ('false', 'true', 0, 1, []):
        assert f'{name} must be true or false' in say(GOOD | {'chat_template_kwargs': {name: value}})


def test_text_is_measured_but_pictures_are_not():
    file = io.BytesIO()
    Image.new('RGB', (1, 1)).save(file, 'png')
    long = base64.b64encode(file.getvalue() + bytes(1_000_000)).decode()
    picture = {'type': 'image_url', 'image_url': {'url': f'data:image/png;base64,{long}'}}
    check(CHAT, json.dumps(GOOD | {'messages': [{'role': 'user', 'content': [picture]}]}).encode(), Limits(), ENGINE)
    assert '16384' in say(GOOD | {'messages': [{'role': 'user', 'content': 'x' * 16_385}]})


@pytest.mark.parametrize(
    'extra',
    [
        {'temperature': 0, 'top_p': 1, 'top_k': 40, 'seed': 2**64 - 1, 'max_tokens': 512, 'n': 4, 'stream': True},
        {'stop': ['\n', '。'], 'response_format': {'type': 'json_object'}, 'logit_bias': {}, 'logprobs': True},
        {'messages': [{'role': 'assistant', 'tool_calls': [{'id': '1'}]}, {'role': 'tool', 'content': '5'}]},
        {'messages': [{'role': 'user', 'content': [{'type': 'text', 'text': 'a'}]}]},
        {'tools': [{'type': 'function', 'function': {'name': 'f'}}], 'tool_choice': {'function': {'name': 'f'}}},
        {'temperature': None, 'max_tokens': None, 'stop': None, 'tools': None, 'response_format': None},
        {'chat_template_kwargs': {'enable_thinking': True}},
        {'chat_template_kwargs': {'enable_thinking': None, 'thinking': False}},
    ],
)
def test_good_ones(extra):
    check(CHAT, json.dumps(GOOD | extra).encode(), Limits(), ENGINE)


FORMS = {  # path: a request with one message, whose fields are given
    CHAT: lambda **message: {'messages': [message]},
    '/v1/responses': lambda **message: {'input': [message]},
    '/v1/messages': lambda **message: {'messages': [message], 'max_tokens': 8},
    '/v1/messages/count_tokens': lambda **message: {'messages': [message]},
}
ODD_MESSAGES = {
    'an unknown role': ({'role': 'villain', 'content': 'a'}, "role must be one of .*, not 'villain'"),
    'no role': ({'content': 'a'}, 'role must be one of .*, and is missing'),
    'no content': ({'role': 'user'}, 'content must be text or a list of parts, and is missing'),
    'null': ({'role': 'user', 'content': None}, 'content must be text or a list of parts, not NoneType'),
    'an object': ({'role': 'user', 'content': {'a': 1}}, 'content must be text or a list of parts, not dict'),
    'an unknown part': ({'role': 'user', 'content': [{'type': 'document', 'data': 'A' * 99}]}, r'content\[0\] must be'),
    'a part without text': ({'role': 'user', 'content': [{'type': 'text'}]}, r'content\[0\] must be'),
    'a text for a part': ({'role': 'user', 'content': ['a']}, r'content\[0\] must be'),
}


@pytest.mark.parametrize('path', FORMS)
@pytest.mark.parametrize('name', ODD_MESSAGES)
def test_what_one_form_refuses_all_refuse(path, name):
    message, said = ODD_MESSAGES[name]
    assert re.search(said, say(FORMS[path](**message), path))


@pytest.mark.parametrize('path', FORMS)
def test_a_message_of_each_form_passes(path):
    for content in ('a', '', [{'type': 'text', 'text': 'a'}]):
        for role in ('system', 'user', 'assistant'):
            check(path, json.dumps(FORMS[path](role=role, content=content)).encode(), Limits(), ENGINE)


def anthropic(*parts, **fields):
    return FORMS['/v1/messages'](role='user', content=list(parts)) | fields


@pytest.mark.parametrize(
    ('body', 'said'),
    [
        (anthropic({'type': 'image'}), 'the address of a picture'),
        (anthropic({'type': 'image', 'source': {'type': 'file', 'file_id': '1'}}), 'the address of a picture'),
        (anthropic({'type': 'image', 'source': {'type': 'base64'}}), 'the address of a picture'),
        (
            anthropic({'type': 'image', 'source': {'type': 'url', 'url': 'file:///etc/passwd'}}),
            'the address of a picture',
        ),
        (anthropic({'type': 'tool_result', 'content': [{'type': 'document'}]}), r'content\[0\]\.content\[0\] must be'),
        (anthropic({'type': 'text', 'text': 'a'}, system=[{'type': 'image'}]), r'system\[0\] must be'),
    ],
)
def test_parts_of_anthropics_form_that_lmdeploy_would_drop_or_open(body, said):
    assert re.search(said, say(body, '/v1/messages'))


@pytest.mark.parametrize(
    'body',
    [
        anthropic({'type': 'text', 'text': 'a', 'cache_control': {'type': 'ephemeral'}}),
        anthropic({'type': 'tool_result', 'tool_use_id': '1', 'content': [{'type': 'text', 'text': '5'}]}),
        anthropic({'type': 'tool_result', 'tool_use_id': '1'}),
        FORMS['/v1/messages'](role='assistant', content=[{'type': 'thinking', 'thinking': 'a'}, {'type': 'tool_use'}]),
        anthropic({'type': 'image', 'source': {'type': 'url', 'url': 'https://example.org/a.png'}}, system='be kind'),
        {'input_ids': [1, 2], 'max_tokens': 8},
    ],
)
def test_parts_of_anthropics_form_that_lmdeploy_reads(body):
    check('/v1/messages', json.dumps(body).encode(), Limits(), ENGINE)


def test_calls_of_functions_in_responses_are_left_to_lmdeploy():
    items = [
        {'role': 'developer', 'content': [{'type': 'input_text', 'text': 'a'}]},
        {'type': 'function_call', 'call_id': '1', 'name': 'f', 'arguments': '{}'},
        {'type': 'function_call_output', 'call_id': '1', 'output': '5'},
    ]
    check('/v1/responses', json.dumps({'input': items}).encode(), Limits(), ENGINE)
    assert 'input_text' in say({'input': [{'role': 'user', 'content': [{'type': 'input_image'}]}]}, '/v1/responses')


# LMDeploy's own server answers each of these with a 500, or never: tried on the bare server.
FATAL = {
    'a lone surrogate to encode': ('/v1/encode', {'input': 'a\ud800b'}, 'lone surrogate'),
    'one in a list': ('/v1/encode', {'input': ['fine', '\udfff']}, r'input\[1\] has a lone surrogate'),
    'a lone surrogate to score': ('/get_ppl', {'input': 'a\ud800b'}, 'lone surrogate'),
    'an empty text to score': ('/get_ppl', {'input': ''}, r'input\[0\] is empty'),
    'an empty text to pool': ('/pooling', {'input': ''}, r'input\[0\] is empty'),
    'an empty text among others': ('/pooling', {'input': ['a', '']}, r'input\[1\] is empty'),
    'no token ids': ('/pooling', {'input': [[1, 2], []]}, r'input\[1\] is empty'),
    'a NaN in a bias': (CHAT, GOOD | {'logit_bias': {'5': float('nan')}}, 'logit_bias.5 is nan'),
    'an infinite bias': (
        '/v1/completions',
        {'prompt': 'a', 'logit_bias': {'5': float('-inf')}},
        'logit_bias.5 is -inf',
    ),
    'a migration': ('/v1/completions', {'prompt': 'a', 'migration_request': [-1]}, 'migration_request is for servers'),
    'a migration of a chat': (CHAT, GOOD | {'migration_request': {'protocol': 1}}, 'migration_request is for servers'),
}


@pytest.mark.parametrize('name', FATAL)
def test_what_lmdeploy_would_answer_with_a_500(name):
    path, body, said = FATAL[name]
    status, answer, seen = ask(body, path=path)
    assert (status, seen) == (400, [])
    assert re.search(said, answer.decode())


@pytest.mark.parametrize('sent', [b'', b'{"model"', json.dumps(GOOD).encode()])
@pytest.mark.parametrize('path', [CHAT, '/generate', '/v1/encode'])
def test_a_body_shorter_than_its_content_length(path, sent):
    """The web server waits for the rest of it; so would LMDeploy, without end."""
    headers = [(b'content-type', b'application/json'), (b'content-length', str(len(sent) + 10).encode())]
    start = time.monotonic()
    status, _, seen = ask(
        b'',
        path=path,
        headers=headers,
        pieces=[{'type': 'http.request', 'body': sent, 'more_body': True}],
        limits=Limits(body_time_s=0.2),
    )
    assert (status, seen) == (408, [])
    assert time.monotonic() - start < 5


@pytest.mark.parametrize('path', ['/generate', '/v1/messages', '/v1/responses', '/v1/completions'])
@pytest.mark.parametrize('n', [2, 4, 0, -1, 1.5, True])
def test_more_answers_than_are_given(path, n):
    body = {'prompt': 'a', 'input': 'a', 'messages': GOOD['messages'], 'n': n}
    if n is True:  # it is 1
        check(path, json.dumps(body).encode(), Limits(), ENGINE)
        return
    assert '/v1/chat/completions gives several' in say(body, path)
    for fine in (1, None) if path != '/v1/completions' else (1,):
        check(path, json.dumps(body | {'n': fine}).encode(), Limits(), ENGINE)
    check(CHAT, json.dumps(GOOD | {'n': 2}).encode(), Limits(), ENGINE)


def stops(word):
    """As LMDeploy's `indexes_containing_token`: none for a word of several tokens."""
    return {'\n': [13], '。': [50, 51], 'END': [7], 'Ω': []}.get(word, [])


@pytest.mark.parametrize(
    ('path', 'name'),
    [
        (CHAT, 'stop'),
        ('/v1/completions', 'stop'),
        ('/generate', 'stop'),
        ('/v1/responses', 'stop'),
        ('/v1/messages', 'stop_sequences'),
    ],
)
def test_a_stop_word_that_would_be_read_over(path, name):
    engine = Engine(512, 100, stops)
    body = {'prompt': 'a', 'input': 'a', 'messages': GOOD['messages']}
    for fine in ('\n', ['\n', '。', 'END'], [], None):
        check(path, json.dumps(body | {name: fine}).encode(), Limits(), engine)
    for bad, said in (
        ('\nUser:', r"\[0\] is '\\nUser:', no single token"),
        (['END', 'END OF IT'], r"\[1\] is 'END OF IT', no single token"),
        (['Ω'], r"\[0\] is 'Ω'"),
        (['\n\n'], 'read over it'),
        (['</answer>'], 'one token, or cut the answer'),
    ):
        with pytest.raises(Refused, match=said):
            check(path, json.dumps(body | {name: bad}).encode(), Limits(), engine)
        check(path, json.dumps(body | {name: bad}).encode(), Limits(), ENGINE)  # nothing known, nothing said


def test_the_middleware_asks_lmdeploys_tokenizer():
    from lmdeploy.tokenizer import Tokenizer

    class WithTokenizer:
        class async_engine(Context.async_engine):
            tokenizer = Tokenizer(str(TINY_CHAT))

    engine = Guard(None, WithTokenizer)._engine()
    assert (engine.session_len, engine.vocabulary) == (512, 100)
    assert engine.stop_tokens('\n')
    assert engine.stop_tokens('<|im_end|>') == [4094]
    assert engine.stop_tokens('a stop word of several tokens') == []


PERSON = {
    'type': 'object',
    'properties': {
        'name': {'type': 'string', 'pattern': '^[A-Z][a-z]{1,100}$'},
        'age': {'type': ['integer', 'null'], 'minimum': 0},
        'friends': {'type': 'array', 'items': {'$ref': '#'}},
        'mood': {'enum': ['good', 'bad', None]},
        'home': {'allOf': [{'$ref': '#/$defs/home'}]},
        'not': {'const': 1},
    },
    'required': ['name', 'friends', 'not'],
    'additionalProperties': False,
    '$defs': {'home': {'anyOf': [{'type': 'object', 'properties': {'in': {'$ref': '#/$defs/home'}}}, {'const': 5}]}},
}


def test_a_schema_that_can_be_met():
    check_schema(PERSON, 'it', answer=True)


@pytest.mark.parametrize('pattern', ['^[a-z]{1,200}$', 'a{200}', ''])
def test_a_pattern_that_holds(pattern):
    """One that counts far ended the engine until XGrammar 0.2.9 (its issue 863); an empty one says nothing."""
    check_schema({'type': 'string', 'pattern': pattern}, 'it', answer=True)


def required(schema):
    return {'type': 'object', 'properties': {'a': schema}, 'required': ['a']}


UNMEETABLE = {
    'contain itself': [
        {'$ref': '#'},
        required({'$ref': '#'}),
        {'$ref': '#/$defs/a', '$defs': {'a': {'$ref': '#/$defs/b'}, 'b': {'$ref': '#/$defs/a'}}},
        {'type': 'array', 'minItems': 1, 'items': {'$ref': '#'}},
        {'type': 'array', 'minItems': 1, 'prefixItems': [{'$ref': '#'}]},
        {'anyOf': [required({'$ref': '#'}), {'allOf': [{'$ref': '#'}]}]},
    ],
    'no such property': [{'type': 'object', 'required': ['x'], 'additionalProperties': False}],
    'not of type': [{'type': 'string', 'const': 5}, required({'type': ['string', 'null'], 'enum': [1, 2.5]})],
    'would ignore': [
        {'allOf': [{'type': 'string'}, {'type': 'integer'}]},
        {'not': {}},
        required({'if': {}}),
        {'type': 'number', 'multipleOf': 5},
    ],
    'Lookahead': [{'type': 'string', 'pattern': '^(?!a)b$'}, required({'type': 'string', 'pattern': 'b(?=c)'})],
    "start with '#'": [{'$ref': 'http://127.0.0.1/x'}],
    'there is no': [{'$ref': '#/$defs/x'}],
}


@pytest.mark.parametrize(('match', 'schema'), [(match, schema) for match in UNMEETABLE for schema in UNMEETABLE[match]])
def test_a_schema_that_cannot_be_met(match, schema):
    with pytest.raises(SchemaError, match=match):
        check_schema(schema, 'it', answer=True)


def test_many_references_take_no_time():
    """2^30 ways through them."""
    many = {f'a{i}': required({'$ref': f'#/$defs/a{i + 1}'}) for i in range(30)} | {'a30': {'const': 1}}
    for one in many.values():
        if 'properties' in one:
            one['properties']['b'] = one['properties']['a']
            one['required'] = ['a', 'b']
    start = time.process_time()
    check_schema({'$ref': '#/$defs/a0', '$defs': many}, 'it', answer=True)
    assert time.process_time() - start < 1


@pytest.mark.parametrize(
    ('schema', 'match'),
    [
        ({'type': 'no such'}, 'not a JSON schema'),
        ({'properties': 3}, 'not a JSON schema'),
        ({'minItems': -1}, 'not a JSON schema'),
        ({'type': 'string', 'pattern': '('}, 'cannot be compiled'),
        ({'enum': [f'word {i}' for i in range(2000)]}, 'at most 16384'),
        ({'type': 'integer', 'minimum': 5, 'maximum': 3}, 'cannot be compiled'),
    ],
)
def test_a_schema_that_is_none(schema, match):
    with pytest.raises(SchemaError, match=match):
        check_schema(schema, 'it')


def test_regular_expressions():
    check_regex('call me [A-Za-z]{1,10}', 'it')
    check_regex('(a{1,1000}){1,1000}', 'it')
    for bad in ('(', '', None, 5, 'a' * 5000, r'[^\s\S]', '(?=b)a'):
        with pytest.raises(SchemaError, match=r'^it '):
            check_regex(bad, 'it')
