"""`serve api_server` on the CPU: many clients, streams, clients that leave, and requests that are wrong.

Greedy answers must be those of transformers; the pool has 100 blocks, of which one is LMDeploy's own.
"""

import concurrent.futures
import contextlib
import itertools
import json
import random
import re
import signal
import subprocess
import sys
import threading
import time

import openai
import psutil
import pytest
import requests
from cpu_support import NEW_TOKENS, VOCAB_SIZE
from patience import PATIENCE_S

KEY = 'a-key-for-tests'
NUM_BLOCKS = 100
SESSION_LEN = 1024


class Server:
    def __init__(self, path, port, environment, log):
        self.url = f'http://127.0.0.1:{port}'
        self.log = log
        arguments = {
            '--backend': 'pytorch',
            '--device': 'cpu',
            '--dtype': 'float32',
            '--server-name': '127.0.0.1',
            '--server-port': port,
            '--api-keys': KEY,
            '--model-name': 'tiny',
            '--num-gpu-blocks': NUM_BLOCKS,
            '--session-len': SESSION_LEN,
            '--log-level': 'ERROR',
        }
        command = [str(x) for pair in arguments.items() for x in pair]
        with open(log, 'w') as f:
            self.process = subprocess.Popen(
                [sys.executable, '-m', 'lmdeploy_cpu', 'serve', 'api_server', path, *command],
                env=environment,
                stdout=f,
                stderr=subprocess.STDOUT,
            )

    def wait(self, timeout_s=PATIENCE_S):
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            assert self.process.poll() is None, self.log.read_text()
            try:
                if requests.get(self.url + '/health', timeout=5).status_code == 200:
                    return
            except requests.RequestException:
                pass
            time.sleep(0.3)
        raise AssertionError('not up in time:\n' + self.log.read_text())

    def post(self, path, body, key=KEY, **kwargs):
        headers = {'Authorization': f'Bearer {key}'} if key else {}
        data = body if isinstance(body, str) else json.dumps(body)
        headers['Content-Type'] = 'application/json'
        return requests.post(self.url + path, data=data, headers=headers, **{'timeout': PATIENCE_S} | kwargs)

    def gauges(self):
        """All of LMDeploy's numbers at /metrics, by name; sums over labels."""
        text = requests.get(self.url + '/metrics', headers={'Authorization': f'Bearer {KEY}'}, timeout=PATIENCE_S).text
        found = {}
        for name, value in re.findall(r'^lmdeploy:(\w+)(?:\{[^}]*\})? ([-+.\deE]+)$', text, re.M):
            found[name] = found.get(name, 0) + float(value)
        return found

    def stop(self):
        """SIGINT, as Ctrl-C does; it and its engine have ended."""
        children = psutil.Process(self.process.pid).children(recursive=True)
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(PATIENCE_S)
            psutil.wait_procs(children, timeout=PATIENCE_S)
            assert not [c for c in children if c.is_running() and c.status() != psutil.STATUS_ZOMBIE]
        finally:
            for p in (self.process, *children):
                with contextlib.suppress(psutil.NoSuchProcess, ProcessLookupError):
                    p.kill()


@pytest.fixture(scope='module')
def server(_engines, checkpoint, free_port, child_environment, tmp_path_factory):
    _engines.close()
    log = tmp_path_factory.mktemp('server') / 'log.txt'
    # the gauge of the cache then counts the blocks that are not free, whoever holds them
    environment = {**child_environment, 'LMDEPLOY_ENABLE_REQUEST_CACHE_USAGE_METRIC': '0'}
    server = Server(checkpoint('internlm2').path, free_port(), environment, log)
    try:
        server.wait()
        yield server
    finally:
        if server.process.poll() is None:
            server.stop()
    # LMDeploy's RPC logs this when a client leaves between two tokens; nothing is lost by it
    forgiven = 'RuntimeError: Cannot publish output after stream completion.'
    text = log.read_text()
    assert text.count('Traceback') == text.count(forgiven), text


def chat(content, max_tokens=NEW_TOKENS, **kwargs):
    messages = [{'role': 'user', 'content': content}]
    body = {'model': 'tiny', 'messages': messages, 'temperature': 0, 'max_tokens': max_tokens, 'ignore_eos': True}
    # ids are compared, not text: a random model writes half characters, which LMDeploy holds back at the end
    return body | {'return_token_ids': True} | kwargs


@pytest.fixture(scope='module')
def expected(reference, tokenizer):
    """expected(content) -> the greedy answer's token ids, from transformers"""

    def get(content):
        messages = [{'role': 'user', 'content': content}]
        ids = tokenizer.apply_chat_template(messages, add_generation_prompt=True, return_dict=False)
        return reference('internlm2').greedy([ids])[0]

    return get


@pytest.fixture
def still_right(server, expected):
    """Called after something bad: the next good request works."""

    def check():
        good = server.post('/v1/chat/completions', chat('are you there'))
        assert good.status_code == 200, good.text
        assert good.json()['choices'][0]['output_ids'] == expected('are you there')

    return check


def words(seed, count):
    draw = random.Random(seed)
    return ' '.join(''.join(draw.choices('abcdefghij', k=draw.randint(1, 7))) for _ in range(count))


def test_32_clients_at_once(server, expected):
    """Half of them streaming; none lost, every answer right, none mixed with another's."""
    contents = [words(seed, 1 + seed * 3) for seed in range(32)]
    want = [expected(c) for c in contents]
    barrier = threading.Barrier(32)

    def one(i):
        barrier.wait()
        if i % 2:
            reply = server.post('/v1/chat/completions', chat(contents[i]), timeout=PATIENCE_S)
            assert reply.status_code == 200, reply.text
            assert reply.json()['usage']['completion_tokens'] == NEW_TOKENS
            return reply.json()['choices'][0]['output_ids']
        client = openai.OpenAI(base_url=server.url + '/v1', api_key=KEY, max_retries=0, timeout=PATIENCE_S)
        body = chat(contents[i])
        extra = {name: body.pop(name) for name in ('ignore_eos', 'return_token_ids')}
        stream = client.chat.completions.create(**body, stream=True, extra_body=extra)
        return [t for c in stream if c.choices for t in c.choices[0].model_extra.get('output_ids') or ()]

    with concurrent.futures.ThreadPoolExecutor(32) as pool:
        got = list(pool.map(one, range(32)))
    assert got == want


def test_a_stream_comes_in_pieces(server):
    """One token after the other, not all at the end."""
    longest = []
    for _ in range(3):  # a busy machine may halt one of them
        arrivals = []
        with server.post('/v1/chat/completions', chat('tell me', max_tokens=200, stream=True), stream=True) as reply:
            assert reply.status_code == 200
            for line in reply.iter_lines():
                if line.startswith(b'data: {'):
                    arrivals.append((time.monotonic(), json.loads(line[6:])))
        assert len(arrivals) > 100  # of 200 tokens, some are half a character
        moments = [t for t, _ in arrivals]
        total = moments[-1] - moments[0]
        assert total > 0.05
        longest.append(max(b - a for a, b in itertools.pairwise(moments)) / total)
    assert min(longest) < 0.5
    text = ''.join(c['choices'][0]['delta'].get('content') or '' for _, c in arrivals if c['choices'])
    whole = server.post('/v1/chat/completions', chat('tell me', max_tokens=200)).json()
    assert text == whole['choices'][0]['message']['content']


def test_eight_streams_come_a_token_a_piece(server):
    """They came in lumps of two: the API server asks for each piece, and the next forward pass held its question up."""

    def pieces(i):
        body = chat(words(300 + i, 12), max_tokens=48, stream=True)
        with server.post('/v1/chat/completions', body, stream=True) as reply:
            events = [json.loads(line[6:]) for line in reply.iter_lines() if line.startswith(b'data: {')]
        return [len(c.get('output_ids') or []) for event in events for c in event['choices'] if c.get('output_ids')]

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        lengths = [length for found in pool.map(pieces, range(8)) for length in found]
    assert sum(lengths) == 8 * 48
    assert sum(lengths) / len(lengths) < 1.3


def test_generate_and_perplexity_by_token_ids(server, reference, prompts):
    ids, longer = prompts([20, 130], seed=51)
    ref = reference('internlm2')
    body = {'input_ids': ids, 'max_tokens': NEW_TOKENS, 'temperature': 0, 'ignore_eos': True}
    assert server.post('/generate', body).json()['output_ids'] == ref.greedy([ids])[0]
    reply = server.post('/get_ppl', {'input': longer}).json()
    assert reply['ppl'] == pytest.approx(ref.nll(longer), abs=1e-5)


def test_seed_log_probabilities_and_schema(server):
    def text(**kwargs):
        reply = server.post('/v1/chat/completions', chat('once upon a time', temperature=1.0, top_k=0, **kwargs))
        assert reply.status_code == 200, reply.text
        return reply.json()['choices'][0]['message']['content']

    assert text(seed=5) == text(seed=5)
    assert text(seed=5) != text(seed=6)
    reply = server.post('/v1/chat/completions', chat('hi', max_tokens=4, logprobs=True, top_logprobs=3))
    for entry in reply.json()['choices'][0]['logprobs']['content']:
        # greedy: the chosen one is the first of three, and LMDeploy does not repeat it among `top_logprobs`
        others = [t['logprob'] for t in entry['top_logprobs']]
        assert others == sorted(others, reverse=True)
        assert 0 > entry['logprob'] > entry['top_logprobs'][0]['logprob']
    schema = {'type': 'object', 'properties': {'x': {'enum': [1, 22, 333]}}, 'required': ['x']}
    form = {'type': 'json_schema', 'json_schema': {'name': 'x', 'schema': schema}}
    body = chat('a number', max_tokens=300, response_format=form, ignore_eos=False)
    for seed in range(20):  # a random model can write blanks for ever: take the first answer that ends
        choice = server.post('/v1/chat/completions', body | {'seed': seed, 'temperature': 1.0}).json()['choices'][0]
        if choice['finish_reason'] == 'stop':
            break
    assert json.loads(choice['message']['content'])['x'] in (1, 22, 333)


# path, body (a string is sent as it stands), key, what the reason must say
LONG = ' '.join(['word'] * SESSION_LEN)
INVALID_SCHEMA = {'type': 'json_schema', 'json_schema': {'name': 'x', 'schema': {'type': 'no such type'}}}
BAD = {
    'no key': ('/v1/chat/completions', chat('hi'), None, ''),
    'wrong key': ('/v1/chat/completions', chat('hi'), 'another', ''),
    'wrong key, generate': ('/generate', {'prompt': 'hi'}, 'another', ''),
    'broken JSON': ('/v1/chat/completions', '{"model": "tiny", "messages": [', KEY, 'JSON|json'),
    'not an object': ('/v1/chat/completions', '[1, 2]', KEY, ''),
    'unknown model': ('/v1/chat/completions', chat('hi', model='gpt-7'), KEY, 'gpt-7'),
    'too long': ('/v1/chat/completions', chat(LONG), KEY, '1024'),
    'too long, generate': ('/generate', {'input_ids': [5] * SESSION_LEN}, KEY, '1024'),
    'too long, perplexity': ('/get_ppl', {'input': [5] * 5000}, KEY, '102[34]'),
    'max_tokens negative': ('/v1/chat/completions', chat('hi', max_tokens=-1), KEY, 'max_tokens'),
    'max_tokens zero': ('/v1/chat/completions', chat('hi', max_tokens=0), KEY, 'max_tokens'),
    'max_tokens negative, generate': ('/generate', {'prompt': 'hi', 'max_tokens': -3}, KEY, 'max_tokens'),
    'max_tokens negative, completions': (
        '/v1/completions',
        {'model': 'tiny', 'prompt': 'a', 'max_tokens': -3},
        KEY,
        'max',
    ),
    'min_p negative': ('/v1/chat/completions', chat('hi', min_p=-0.5), KEY, 'min_p'),
    'min_p negative, generate': ('/generate', {'prompt': 'hi', 'min_p': -0.5}, KEY, 'min_p'),
    'min_p negative, completions': ('/v1/completions', {'model': 'tiny', 'prompt': 'a', 'min_p': -1}, KEY, 'min_p'),
    'temperature negative': ('/v1/chat/completions', chat('hi', temperature=-1), KEY, 'temperature'),
    'temperature, generate': ('/generate', {'prompt': 'hi', 'temperature': -1}, KEY, 'temperature'),
    'temperature not a number': ('/generate', '{"prompt": "hi", "temperature": NaN}', KEY, ''),
    'repetition_penalty zero': ('/generate', {'prompt': 'hi', 'repetition_penalty': 0}, KEY, 'repetition_penalty'),
    'repetition_penalty negative': (
        '/v1/chat/completions',
        chat('hi', repetition_penalty=-2),
        KEY,
        'repetition_penalty',
    ),
    'top_p above 1': ('/v1/chat/completions', chat('hi', top_p=1.5), KEY, 'top_p'),
    'top_k negative': ('/v1/chat/completions', chat('hi', top_k=-4), KEY, 'top_k'),
    'n zero': ('/v1/chat/completions', chat('hi', n=0), KEY, 'n 0'),
    'token id too large': ('/generate', {'input_ids': [5, VOCAB_SIZE]}, KEY, f'{VOCAB_SIZE}'),
    'token id negative': ('/generate', {'input_ids': [-1]}, KEY, '-1'),
    'token id huge': ('/generate', {'input_ids': [2**70]}, KEY, ''),
    'token id, streaming': ('/generate', {'input_ids': [10**6], 'stream': True}, KEY, '1000000'),
    'token id, perplexity': ('/get_ppl', {'input': [5, 10**6]}, KEY, '1000000'),
    'token id negative, perplexity': ('/get_ppl', {'input': [5, -7]}, KEY, '-7'),
    'no token': ('/generate', {'input_ids': []}, KEY, 'input_ids'),
    'one token, perplexity': ('/get_ppl', {'input': [5]}, KEY, '2 tokens'),
    'no messages': ('/v1/chat/completions', chat('hi', messages=[]), KEY, 'messages'),
    'schema invalid': ('/v1/chat/completions', chat('hi', response_format=INVALID_SCHEMA), KEY, ''),
    'schema not JSON': (
        '/v1/chat/completions',
        chat('hi', response_format={'type': 'json_schema', 'json_schema': {'name': 'x', 'schema': 'no'}}),
        KEY,
        '',
    ),
    'response_format unknown': ('/v1/chat/completions', chat('hi', response_format={'type': 'poem'}), KEY, ''),
    'messages a string': ('/v1/chat/completions', chat('hi', messages='hi'), KEY, 'messages'),
    'max_tokens a word': ('/v1/chat/completions', chat('hi', max_tokens='many'), KEY, 'max_tokens'),
    'input_ids words': ('/generate', {'input_ids': ['a', 'b']}, KEY, 'input_ids'),
    'input_ids fractions': ('/generate', {'input_ids': [5.5]}, KEY, 'input_ids'),
    'logprobs too many': ('/v1/chat/completions', chat('hi', logprobs=True, top_logprobs=10**6), KEY, 'logprobs'),
    'logprobs, generate': (
        '/generate',
        {'prompt': 'hi', 'return_logprob': True, 'top_logprobs_num': 10**6},
        KEY,
        'logprobs',
    ),
}


@pytest.mark.parametrize('name', BAD)
def test_a_bad_request_gets_a_reason_and_the_next_good_one_works(name, server, still_right):
    path, body, key, match = BAD[name]
    reply = server.post(path, body, key=key)
    assert 400 <= reply.status_code < 500, (reply.status_code, reply.text)
    reason = reply.json()
    assert re.search(match, json.dumps(reason)), reason
    assert len(json.dumps(reason)) > 10
    if key != KEY:
        assert reply.status_code == 401
    still_right()


@pytest.mark.deep
def test_clients_that_go_away(server, still_right):
    """Before the first token, mid-stream, or without a stream: their work ends and their blocks come back.

    LMDeploy refreshes the gauges every ten seconds, so they are read once, late.
    """
    before = server.gauges()['generation_tokens_total']
    body = chat(words(1, 100), max_tokens=700, stream=True)

    def leave(lines):
        with server.post('/v1/chat/completions', body, stream=True) as reply:
            for _, _ in zip(range(lines), reply.iter_lines(), strict=False):
                pass

    def give_up():
        with pytest.raises(requests.Timeout):
            server.post('/v1/chat/completions', body | {'stream': False}, timeout=0.4)

    with concurrent.futures.ThreadPoolExecutor(12) as pool:
        jobs = [pool.submit(leave, n) for n in (0, 0, 2, 5, 9, 17, 30, 60)] + [pool.submit(give_up) for _ in range(3)]
        for job in jobs:
            job.result(PATIENCE_S)
    still_right()
    time.sleep(12)
    gauges = server.gauges()
    assert gauges['num_requests_running'] == 0
    assert gauges['num_requests_waiting'] == 0
    assert gauges['gpu_cache_usage_perc'] == pytest.approx(1 / NUM_BLOCKS)
    # left alone, they would have made 11 × 700 tokens
    assert gauges['generation_tokens_total'] - before < 3500
    still_right()


def test_ctrl_c_ends_it(server, still_right):
    """The last test of this server: it ends, and its engine with it."""
    still_right()
    server.stop()
    with pytest.raises(requests.ConnectionError):
        requests.get(server.url + '/health', timeout=5)


@pytest.fixture
def another(checkpoint, free_port, child_environment, tmp_path):
    """(a server of its own, its processes)"""
    server = Server(checkpoint('internlm2').path, free_port(), child_environment, tmp_path / 'log.txt')
    children = []
    try:
        server.wait()
        children = psutil.Process(server.process.pid).children(recursive=True)
        yield server, children
    finally:
        for process in (server.process, *children):
            with contextlib.suppress(psutil.NoSuchProcess, ProcessLookupError):
                process.kill()


@pytest.mark.deep
def test_killed_it_takes_its_engine_along(another):
    """Nobody is left to end it: the engine, with all its memory, lived on."""
    server, children = another
    assert 'ZMQMPEngine' in [child.name() for child in children]
    server.process.kill()
    server.process.wait()
    assert not psutil.wait_procs(children, timeout=5)[1]


@pytest.mark.deep
def test_without_its_engine_it_says_so_in_a_sentence_and_ends(another):
    """It answered 500 to everybody, for ever."""
    server, children = another
    (engine,) = [child for child in children if child.name() == 'ZMQMPEngine']
    engine.kill()
    assert server.process.wait(PATIENCE_S) == 1
    log = server.log.read_text()  # Python's resource tracker may have the last word
    assert log.count("lmdeploy: the engine's process was killed by signal 9; without it the server ends\n") == 1
    assert 'Traceback' not in log
