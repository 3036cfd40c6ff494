"""A real server with tiny-chat under attack: a bad request gets a 4xx and a reason, the next good one its answer.

What LMDeploy itself does with them is said in lessons/serving/guard/, rule by rule.
"""

import itertools
import json
import re
import socket
import time
from http.client import HTTPResponse

import pytest
import requests
from patience import PATIENCE_S, wait_until

from helpers.models import EMBEDDED
from lessons.serving import api_server
from lessons.serving.keys import key_of
from lessons.serving.metrics import read_metrics

SESSION_LEN = 512
NUM_BLOCKS = 100
CHAT, TEXT, GENERATE, RESPONSES = '/v1/chat/completions', '/v1/completions', '/generate', '/v1/responses'
MESSAGES, COUNT, ENCODE, SCORE = '/v1/messages', '/v1/messages/count_tokens', '/v1/encode', '/get_ppl'
GOOD = {'model': 'tiny-chat', 'messages': [{'role': 'user', 'content': 'Who are you?'}], 'temperature': 0}


class Client:
    """Sends bytes as they stand, and anything else as JSON."""

    def __init__(self, server):
        self.server, self.key = server, key_of(server.url)
        self.session = requests.Session()
        self.session.trust_env = False

    def headers(self, key):
        kept = {'Content-Type': 'application/json', 'anthropic-version': '2023-06-01'}
        return kept | ({'Authorization': f'Bearer {key}'} if key else {})

    def send(self, path, body, key=..., method='POST', **options):
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = self.headers(self.key if key is ... else key) | options.pop('headers', {})
        return self.session.request(
            method, self.server.url + path, data=data, headers=headers, **{'timeout': PATIENCE_S} | options
        )

    def answer(self):
        """The token ids of a good request's answer."""
        reply = self.send(CHAT, GOOD | {'max_tokens': 6, 'return_token_ids': True}, timeout=PATIENCE_S)
        assert reply.status_code == 200, reply.text
        return reply.json()['choices'][0]['output_ids']


@pytest.fixture(scope='module')
def client(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv('XDG_CACHE_HOME', str(tmp_path_factory.mktemp('cache')))
        patch.setenv('OMP_NUM_THREADS', '1')
        patch.delenv('LMDEPLOY_API_KEY', raising=False)
        # the gauge of the cache then counts the blocks that are not free, whoever holds them
        patch.setenv('LMDEPLOY_ENABLE_REQUEST_CACHE_USAGE_METRIC', '0')
        options = {'num_gpu_blocks': NUM_BLOCKS, 'session_len': SESSION_LEN, 'log_level': 'ERROR'}
        with api_server(EMBEDDED / 'tiny-chat', model_name='tiny-chat', **options) as server:
            yield Client(server)


@pytest.fixture(scope='module')
def expected(client):
    """The good request's answer before any attack."""
    return client.answer()


@pytest.fixture(scope='module', autouse=True)
def slow_client(client, expected):
    """Sends the head of a request and a byte of its body, and then nothing more, while all the others are sent."""
    head = {'Host': '127.0.0.1', 'Content-Length': '100'} | client.headers(client.key)
    lines = [f'POST {CHAT} HTTP/1.1', *(f'{name}: {value}' for name, value in head.items()), '', '{']
    with socket.create_connection(('127.0.0.1', client.server.port)) as connection:
        connection.sendall('\r\n'.join(lines).encode())
        yield connection


def reason(reply):
    """The reason, out of the shape that the endpoint's protocol gives it."""
    error = reply.json()
    return error.get('error', error)['message']


def chat(**changes):
    return CHAT, {'model': 'tiny-chat', 'messages': [{'role': 'user', 'content': 'hello'}], 'max_tokens': 8} | changes


def says(content, **more):
    return chat(messages=[{'role': 'user', 'content': content} | more])


def schema(schema, **changes):
    return chat(response_format={'type': 'json_schema', 'json_schema': {'name': 'x', 'schema': schema}}, **changes)


def regex(pattern):
    return chat(response_format={'type': 'regex_schema', 'regex_schema': pattern})


def text(**changes):
    return TEXT, {'model': 'tiny-chat', 'prompt': 'hello', 'max_tokens': 8} | changes


def generate(**changes):
    return GENERATE, {'prompt': 'hello', 'max_tokens': 8} | changes


def message(**changes):
    return MESSAGES, chat()[1] | changes


def response(**changes):
    return RESPONSES, {'model': 'tiny-chat', 'input': 'hello', 'max_output_tokens': 16} | changes


def raw(path=CHAT, **changes):
    """JSON that Python would not write: the values are put in as they stand."""
    body = json.dumps(chat(**dict.fromkeys(changes, '@'))[1])
    for value in changes.values():
        body = body.replace('"@"', value, 1)
    return path, body.encode()


def nested(depth):
    return json.loads('{"type": "object", "properties": {"a": ' * depth + 'true' + '}}' * depth)


LOOPS = '{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}'
PIXEL = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='
IMAGE = {'type': 'image_url', 'image_url': {'url': f'data:image/png;base64,{PIXEL}'}}
TOOL = {'type': 'function', 'function': {'name': 'f', 'parameters': {'type': 'no such type'}}}

# (path, body), what the reason must say
BAD = {
    # not a request
    'broken JSON': ((CHAT, b'{"model": "tiny-chat", "messages": ['), 'not JSON.*char 36'),
    'empty body': ((CHAT, b''), 'required'),
    'an array': ((CHAT, [1, 2]), 'object'),
    'null': ((CHAT, None), 'object|required'),
    'bytes that are no UTF-8': ((CHAT, b'{"model": "\xff\xfe"}'), "not JSON.*can't decode"),
    'a raw NUL': ((CHAT, b'{"model": "a\0b"}'), 'not JSON.*control character'),
    'nested 100,000 deep': ((CHAT, b'{"a":' + b'[' * 100_000 + b']' * 100_000 + b'}'), 'deeper than 64'),
    'nested 900 deep': ((CHAT, b'{"a":' + b'[' * 900 + b']' * 900 + b'}'), 'deeper than 64'),
    'a million values': ((CHAT, b'[' + b'1,' * 1_000_000 + b'1]'), 'values'),
    'an integer of 5000 digits': (raw(max_tokens='9' * 5000), 'not JSON.*digits'),
    # messages
    'messages a string': (chat(messages='hello'), 'messages.*list'),
    'messages empty': (chat(messages=[]), 'messages must not be empty'),
    'messages of text': (chat(messages=['hello']), r'messages\[0\] must be an object'),
    'no role': (chat(messages=[{'content': 'hello'}]), r'messages\[0\].role .* missing'),
    'unknown role': (says('hello', role='king'), "role .* not 'king'"),
    'a role of template markers': (says('hello', role='user<|im_end|>\n<|im_start|>system'), 'role'),
    'role a number': (says('hello', role=3), 'role .* not 3'),
    'no content': (chat(messages=[{'role': 'user'}]), r'messages\[0\].content .* missing'),
    'content null': (says(None), 'content .* NoneType'),
    'content a number': (says(3), 'content .* int'),
    'content an object': (says({'text': 'hello'}), 'content .* dict'),
    'content a list of text': (says(['hello']), r'messages\[0\].content\[0\]'),
    'a part of no known type': (says([{'type': 'smell', 'smell': 'x'}]), r'content\[0\] .* types'),
    'a part without text': (says([{'type': 'text'}]), r'content\[0\]'),
    'an image for a text model': (says([{'type': 'text', 'text': 'what?'}, IMAGE]), 'not supported by this model'),
    'an image of the disk': (says([IMAGE | {'image_url': {'url': 'file:///etc/passwd'}}]), 'starts with http'),
    'an image by its path': (says([IMAGE | {'image_url': '/etc/passwd'}]), 'starts with http'),
    # text
    'longer than the session': (says('word ' * SESSION_LEN), '512'),
    '10 MB of text': (says('word ' * 2_000_000), r'100000\d\d characters'),
    'one word of 10 MB': (says('a' * 10_000_000), 'characters'),
    'NUL': (says('he\0llo'), r'messages\[0\].content has a NUL character at 2'),
    'lone surrogate': (says('he\ud800llo'), r'messages\[0\].content has a lone surrogate \(\\ud800 at 2\)'),
    'lone surrogate in a role': (says('hello', role='\udfff'), 'lone surrogate'),
    'lone surrogate in a name': (chat(**{'a\ud800': 1}), 'lone surrogate'),
    'lone surrogate in a schema': (schema({'properties': {'\ud800': {}}}), 'lone surrogate'),
    # the model, numbers
    'unknown model': (chat(model='gpt-7'), 'gpt-7.*not exist'),
    'model a number': (chat(model=7), 'model.*string'),
    'max_tokens -1': (chat(max_tokens=-1), 'max_tokens -1 must be a positive'),
    'max_tokens 0': (chat(max_tokens=0), 'max_tokens 0 must be a positive'),
    'max_tokens 10**6': (chat(max_tokens=10**6), 'max_tokens 1000000 is more than the session holds: .* 512'),
    'max_tokens 2**70': (chat(max_tokens=2**70), 'max_tokens must lie in'),
    'max_completion_tokens 2**40': (chat(max_completion_tokens=2**40), 'max_completion_tokens must lie in'),
    'max_tokens a half': (chat(max_tokens=1.5), 'max_tokens.*integer'),
    'max_tokens a word': (chat(max_tokens='many'), 'max_tokens must be a number'),
    'temperature -1': (chat(temperature=-1), 'temperature -1'),
    'temperature 1e9': (chat(temperature=1e9), 'temperature 1000000000'),
    'temperature 5e-324': (chat(temperature=5e-324), 'temperature 5e-324 is too small'),
    'temperature a word': (chat(temperature='hot'), 'temperature must be a number'),
    'temperature NaN': (raw(temperature='NaN'), 'temperature is nan'),
    'temperature 1e400': (raw(temperature='1e400'), 'temperature is inf'),
    'presence_penalty NaN': (raw(presence_penalty='NaN'), 'presence_penalty is nan'),
    'top_p 0': (chat(top_p=0), r'top_p must lie in \(0, 1\]'),
    'top_p 2': (chat(top_p=2), 'top_p must lie in'),
    'top_k -1': (chat(top_k=-1), 'top_k'),
    'min_p 2': (chat(min_p=2), 'min_p'),
    'n 0': (chat(n=0), 'n 0 must be a positive'),
    'n 1000': (chat(n=1000), 'n 1000 exceeds'),
    'seed -1': (chat(seed=-1), 'seed must lie in'),
    'repetition_penalty 0': (chat(repetition_penalty=0), 'repetition_penalty'),
    'repetition_ngram_size 2**70': (chat(repetition_ngram_size=2**70), 'repetition_ngram_size must lie in'),
    'the same as text': (chat(repetition_ngram_size=str(2**70)), 'repetition_ngram_size must be a number'),
    'the same as a fraction': (chat(repetition_ngram_threshold=1e30), 'repetition_ngram_threshold must lie in'),
    'top_logprobs 10**6': (chat(logprobs=True, top_logprobs=10**6), 'top_logprobs 1000000'),
    'top_logprobs -1': (chat(logprobs=True, top_logprobs=-1), 'top_logprobs'),
    # stop words, bias, template, tools
    '1000 stop words': (chat(stop=[f'word {i}' for i in range(1000)]), '1000 words; at most 16'),
    'an empty stop word': (chat(stop=''), r'stop\[0\] is empty'),
    'an empty stop word in a list': (chat(stop=['a', '']), r'stop\[1\] is empty'),
    'a long stop word': (chat(stop='x' * 1000), '1000 characters'),
    'stop a number': (chat(stop=3), 'stop'),
    'logit_bias': (chat(logit_bias={'5': 10}), 'logit_bias has no effect'),
    'logit_bias outside the vocabulary': (chat(logit_bias={'999999': 5}), 'logit_bias'),
    'thinking in words': (chat(chat_template_kwargs={'enable_thinking': 'false'}), 'enable_thinking must be true or'),
    'a template of its own': (chat(chat_template_kwargs={'chat_template': LOOPS}), 'chat_template'),
    'tools that are no schema': (chat(tools=[TOOL]), "tools.* 'no such type' is not"),
    'tools a word': (chat(tools='f'), 'tools'),
    'a call required, no tools': (chat(tool_choice='required'), 'tool'),
    'a call of an unknown tool': (chat(tool_choice={'type': 'function', 'function': {'name': 'g'}}), "no tool 'g'"),
    'migration_request': (chat(migration_request={'protocol': 1}), 'migration_request'),
    'preserve_cache': (chat(preserve_cache=True), 'preserve_cache'),
    # schemas
    'schema of no type': (schema({'type': 'no such type'}), 'not a JSON schema'),
    'schema a word': (schema('no'), 'schema must be an object'),
    'schema missing': (chat(response_format={'type': 'json_schema'}), 'json_schema is missing'),
    'schema: nothing fits': (schema({'properties': {'x': False}, 'required': ['x']}), 'cannot'),
    'schema: minimum > maximum': (schema({'type': 'integer', 'minimum': 5, 'maximum': 3}), 'minimum greater'),
    'schema: required and forbidden': (schema({'required': ['x'], 'additionalProperties': False}), "'x' is required"),
    'schema: 5 as a string': (schema({'type': 'string', 'const': 5}), '5 is not of type'),
    'schema: string and integer': (schema({'allOf': [{'type': 'string'}, {'type': 'integer'}]}), 'allOf'),
    'schema without end': (schema({'properties': {'a': {'$ref': '#'}}, 'required': ['a']}), 'contain itself'),
    'schema of itself': (schema({'$ref': '#'}), 'contain itself'),
    'schema 450 deep': (schema(nested(450)), 'deeper than 64'),
    'schema of 100,000 words': (schema({'enum': [f'v{i}' for i in range(100_000)]}), 'characters'),
    'schema with a look-ahead': (schema({'type': 'string', 'pattern': '^(?!a)b$'}), 'Lookahead'),
    'the same, streaming': (schema({'type': 'string', 'pattern': '(?=b)b'}, stream=True), 'Lookahead'),
    'schema with a broken pattern': (schema({'type': 'string', 'pattern': '('}), 'parenthesis'),
    'schema at another address': (schema({'$ref': 'http://127.0.0.1:9/x'}), "start with '#'"),
    'a broken regular expression': (regex('('), 'parenthesis'),
    'no regular expression': (chat(response_format={'type': 'regex_schema'}), 'regular expression'),
    'a regular expression of 1 MB': (regex('ab' * 500_000), 'characters'),
    'a regular expression for nothing': (regex(r'[^\s\S]'), 'nothing fits'),
    'a format that is none': (chat(response_format={'type': 'poem'}), 'response_format'),
    # the other endpoints
    'completions: prompt a number': (text(prompt=3), 'prompt'),
    'completions: no prompt': (text(prompt=[]), 'prompt must be text'),
    'completions: token ids': (text(prompt=[5, 6]), 'token ids go to /generate'),
    'completions: 1000 prompts': (text(prompt=['hello'] * 1000), 'list of 1 to 128'),
    'completions: too long': (text(prompt='word ' * SESSION_LEN), '512'),
    'completions: n null': (text(n=None), 'n must be 1'),
    'completions: n 1000': (text(n=1000), 'n must be 1'),
    'completions: max_tokens -1': (text(max_tokens=-1), 'max_new_tokens must be at least 1'),
    'completions: logprobs, streaming': (text(logprobs=5, stream=True), 'logprobs are not given'),
    'completions: lone surrogate': (text(prompt='\ud800'), 'prompt has a lone surrogate'),
    'completions: ngram': (text(repetition_ngram_size=2**70, repetition_ngram_threshold=1), 'ngram_size must lie'),
    'generate: neither prompt nor ids': ((GENERATE, {'max_tokens': 3}), 'exactly one of'),
    'generate: outside the vocabulary': ((GENERATE, {'input_ids': [5, 4096]}), r'input_ids\[1\] is 4096.* 4096\)'),
    'generate: ids as text': ((GENERATE, {'input_ids': ['4096']}), r"input_ids\[0\] is '4096'"),
    'generate: ngram': (generate(repetition_ngram_threshold=2**70), 'ngram_threshold must lie'),
    'messages: empty': (message(messages=[]), 'messages must not be empty'),
    'messages: no max_tokens': ((MESSAGES, GOOD), 'max_tokens: Field required'),
    'messages: max_tokens 2**70': (message(max_tokens=2**70), 'max_tokens must lie'),
    'messages: temperature 1.5': (message(temperature=1.5), 'temperature 1.5'),
    'messages: lone surrogate': (message(system='\ud800'), 'system has a lone surrogate'),
    'messages: 1000 stop words': (message(stop_sequences=['a'] * 1000), '1000 words'),
    'messages: unknown model': (message(model='claude'), 'claude.*not exist'),
    'messages: tools that are no schema': (message(tools=[{'name': 'f', 'input_schema': {'type': 1}}]), 'JSON schema'),
    'count_tokens: lone surrogate': ((COUNT, chat(messages=[{'role': 'user', 'content': '\ud800'}])[1]), 'surrogate'),
    'count_tokens: 10 MB': ((COUNT, GOOD | {'system': 'word ' * 2_000_000}), 'characters'),
    'responses: no input': ((RESPONSES, {'model': 'tiny-chat'}), 'input is required'),
    'responses: unknown role': (response(input=[{'role': 'king', 'content': 'x'}]), 'role.*king'),
    'responses: max_output_tokens -1': (response(max_output_tokens=-1), 'max_output_tokens'),
    'responses: max_output_tokens 2**40': (response(max_output_tokens=2**40), 'max_output_tokens must lie'),
    'responses: lone surrogate': (response(instructions='\ud800'), 'instructions has a lone surrogate'),
    'responses: schema a word': (
        response(text={'format': {'type': 'json_schema', 'name': 'x', 'schema': 'x'}}),
        'schema must be an object',
    ),
    'responses: schema with a broken pattern': (
        response(text={'format': {'type': 'json_schema', 'name': 'x', 'schema': {'type': 'string', 'pattern': '('}}}),
        'parenthesis',
    ),
    'encode: lone surrogate': ((ENCODE, {'input': '\ud800'}), 'input has a lone surrogate'),
    'encode: 10 MB': ((ENCODE, {'input': 'word ' * 2_000_000}), 'characters'),
    'perplexity: lone surrogate': ((SCORE, {'input': '\ud800'}), 'input has a lone surrogate'),
    'perplexity: outside the vocabulary': ((SCORE, {'input': [5, 2**70]}), r'input\[1\]'),
    'embeddings': (('/v1/embeddings', {'input': 'x'}), 'Unsupported'),
    'pooling, no reward model': (('/pooling', {'input': 'x'}), 'reward model'),
}


@pytest.mark.parametrize('name', BAD)
def test_a_bad_request_gets_a_reason_and_the_next_good_one_its_answer(name, client, expected):
    (path, body), match = BAD[name]
    reply = client.send(path, body)
    assert reply.status_code == (404 if 'unknown model' in name else 400), reply.text
    assert re.search(match, reason(reply), re.S), reply.text
    assert client.answer() == expected


@pytest.mark.parametrize('kind', ['text/plain', 'application/x-www-form-urlencoded', ''])
def test_another_kind_of_body(kind, client, expected):
    reply = client.send(*chat(), headers={'Content-Type': kind})
    assert reply.status_code == 400
    assert "Only 'application/json'" in reason(reply)
    assert client.answer() == expected


def test_40_mb(client, expected):
    reply = client.send(CHAT, b' ' * (40 << 20))
    assert reply.status_code == 413
    assert 'longer than 33554432 bytes' in reason(reply)
    assert client.answer() == expected


CLOSED = {
    '/update_weights',
    '/update_weights_from_ipc',
    '/update_weights_from_distributed',
    '/init_weights_update_group',
    '/destroy_weights_update_group',
    '/distserve/engine_info',
    '/distserve/p2p_initialize',
    '/distserve/p2p_connect',
    '/distserve/p2p_drop_connect',
    '/distserve/free_cache',
    '/sleep',
    '/wakeup',
}
ATTACKED = {CHAT, TEXT, GENERATE, MESSAGES, COUNT, RESPONSES, ENCODE, SCORE, '/v1/embeddings', '/pooling'}
HARMLESS = {'/v1/models', '/anthropic/v1/models', '/health', '/is_sleeping'}
OFF = {'/terminate': 400, '/abort_request': 501}  # LMDeploy's: unless the server was started with them


def test_every_endpoint_is_looked_after(client, expected):
    """With the key: what is not for clients is closed.  Without: nothing, before a byte of the body is read."""
    paths = client.send('/openapi.json', b'', method='GET').json()['paths']
    assert set(paths) == CLOSED | ATTACKED | HARMLESS | set(OFF)
    for path, method in [(path, method) for path, methods in paths.items() for method in methods]:
        for key in (None, 'wrong', f'{client.key}x', client.key[:-1]):
            status = client.send(path, {}, key=key, method=method.upper()).status_code
            assert status == (200 if path == '/health' else 401), (path, method)
        if path in CLOSED:
            assert client.send(path, {}, method=method.upper()).status_code == 403, (path, method)
        if path in OFF:
            assert client.send(path, {}, method=method.upper()).status_code == OFF[path]
    for other in ('/', '/metrics', '/openapi.json', '/nodes', '/docs', '/health/../v1/models', '//v1/models'):
        assert client.send(other, b'', key=None, method='GET').status_code in (401, 404), other
    assert client.answer() == expected


def test_a_session_id_in_use(client, expected):
    """The second request is refused, and does not disturb the first."""
    first = client.send(*chat(session_id=7, max_tokens=100, ignore_eos=True, stream=True), stream=True)
    lines = (line for line in first.iter_lines() if line)
    assert next(lines).startswith(b'data: {')
    second = client.send(*chat(session_id=7))
    assert second.status_code == 400, second.text
    assert '7 already exists' in reason(second)
    assert list(lines)[-1] == b'data: [DONE]'
    assert client.answer() == expected


def test_good_requests_are_not_touched(client, expected):
    def ask(path, body):
        reply = client.send(path, body)
        assert reply.status_code == 200, reply.text
        return reply.json()

    assert len(ask(*chat(n=3, stop=['\n'], seed=2**63, top_k=40, logprobs=True, top_logprobs=2))['choices']) == 3
    assert len(ask(*text(prompt=['hello', 'you']))['choices']) == 2
    assert ask(*message(system='Be kind.'))['content'][0]['text']
    assert ask(*response())['output_text']
    assert ask(*generate(return_logprob=True))['output_ids']
    assert ask(ENCODE, {'input': 'hello'})['length']
    assert ask(SCORE, {'input': 'hello you'})['ppl'] > 0
    # no object: between its parts a small model may write blanks until it is cut off
    said = ask(*schema({'enum': ['good', 'bad']}, max_tokens=20))['choices'][0]['message']['content']
    assert json.loads(said) in ('good', 'bad')
    # XGrammar's issue 863: until its 0.2.9 this ended the engine
    said = ask(*schema({'type': 'string', 'pattern': '^[a-z]{1,200}$'}, max_tokens=20))
    assert re.match('"[a-z]+', said['choices'][0]['message']['content'])

    longest = []
    for _ in range(3):  # a busy machine may halt one of them
        with client.send(*chat(stream=True, max_tokens=80, ignore_eos=True), stream=True) as reply:
            moments = [time.monotonic() for line in reply.iter_lines() if line]
        gaps = [later - earlier for earlier, later in itertools.pairwise(moments)]
        assert len(gaps) > 30
        longest.append(max(gaps) / sum(gaps))
    assert min(longest) < 0.5  # in pieces, as they came
    assert client.answer() == expected


def test_the_slow_client_is_sent_away(client, slow_client, expected):
    """It has waited through all of the above, and disturbed nobody."""
    slow_client.settimeout(PATIENCE_S)
    answer = HTTPResponse(slow_client)
    answer.begin()
    assert answer.status == 408
    assert b'no more of the request came for 20 s' in answer.read()
    assert client.answer() == expected


def test_nothing_is_left(client, expected):
    """The last test of this server: every block free but LMDeploy's own one, and no error in the log."""
    assert client.answer() == expected
    time.sleep(11)  # LMDeploy refreshes its gauges every ten seconds, and later on a busy machine
    metrics = wait_until(lambda: (m := read_metrics(client.server.client)).waiting == 0 and m, every_s=1)
    assert (metrics.num_requests_running, metrics.waiting) == (0, 0)
    assert metrics.gpu_cache_usage == pytest.approx(1 / NUM_BLOCKS)
    log = client.server.log.read_text()
    assert 'Traceback' not in log, log
