"""What stands before LMDeploy's API server: requests that would end its engine, stop it for everybody, or be misread.

LMDeploy 0.18.0 answers most bad requests well.  Here are those that it does not, each rule with what happens without
it, tried on the CPU device; they get a 4xx with a reason, in the shape in which LMDeploy itself would answer.  Good
requests pass unchanged, and no answer is touched.  The guard comes after LMDeploy's own check of the key.
"""

import asyncio
import json
import math
from collections.abc import Iterator
from dataclasses import dataclass

from . import guard_pictures
from .guard_schema import SchemaError, check_regex, check_schema


@dataclass(frozen=True)
class Limits:
    """Of one request; what is larger gets a 4xx."""

    body_bytes: int = 32 << 20  # pictures travel in it as base64
    body_time_s: float = 20.0  # to arrive in, after the last piece of it
    values: int = 400_000
    depth: int = 64
    characters_per_token: int = 32  # times the session's length: more text than any tokenizer fits into it
    stop_words: int = 16
    stop_characters: int = 256
    prompts: int = 128
    pictures: int = 16
    pixels: int = 50_000_000  # of all pictures of a request, which are in memory at once


class Refused(Exception):
    """The request's answer: `status`, and why."""

    def __init__(self, reason: str, status: int = 400):
        super().__init__(reason)
        self.status = status


# Whoever has the key of a chat server should not have these: without the guard they run code of their choice
# (/update_weights unpickles what it gets, LMDeploy issue 4698; the CPU device alone cannot), have weights fetched from
# any address, free the cache of another client's session (/distserve/free_cache), or put the server to sleep.
CLOSED = (
    '/update_weights',  # and /update_weights_from_ipc, /update_weights_from_distributed
    '/init_weights_update_group',
    '/destroy_weights_update_group',
    '/distserve/',
    '/sleep',
    '/wakeup',
)


def install(limits: Limits | None = None) -> None:
    """Put the guard into the API server that this process will start (`lmdeploy.serve.openai.api_server.serve`)."""
    from lmdeploy.serve.openai import api_server
    from starlette.middleware import Middleware

    fastapi, context = api_server.FastAPI, api_server.ServerContext
    if getattr(fastapi, 'guarded', False):
        return
    contexts = []

    def new_context():
        contexts.append(context())
        return contexts[-1]

    def new_app(**options):
        # LMDeploy's own middleware is added later and so comes before: without the key nobody reaches the guard.
        return fastapi(middleware=[Middleware(Guard, contexts[-1], limits or Limits())], **options)

    guard_pictures.install()
    new_app.guarded = True
    api_server.ServerContext, api_server.FastAPI = new_context, new_app


class Guard:
    """ASGI middleware; `context` is LMDeploy's ServerContext (for the session's length and the vocabulary), or None."""

    def __init__(self, app, context=None, limits: Limits | None = None):
        self.app, self.context, self.limits = app, context, limits or Limits()

    async def __call__(self, scope, receive, send):
        if scope['type'] != 'http':
            return await self.app(scope, receive, send)
        started = False

        async def send_on(message):
            nonlocal started
            started = True
            await send(message)

        try:
            self._check_path(scope['path'])
            if scope['method'] == 'POST':
                body = await self._read(scope, receive)
                if body is None:  # the client is gone
                    return
                if _is_json(scope):  # LMDeploy refuses others
                    await asyncio.to_thread(check, scope['path'], body, self.limits, *self._engine())
                receive = _replay(body, receive)
            await self.app(scope, receive, send_on)
        except Refused as refused:
            await _answer(scope, receive, send, refused)
        except ValueError as error:
            # Unhandled in LMDeploy: a 500 without a reason (/pooling with no reward model, a session_id in use).
            if started:
                raise
            await _answer(scope, receive, send, Refused(_first_line(error)))

    def _engine(self) -> tuple[int | None, int | None]:
        """Tokens of a session, and of the vocabulary, as far as known."""
        engine = getattr(self.context, 'async_engine', None)
        hf = getattr(engine, 'hf_cfg', None)
        text = getattr(hf, 'text_config', None) or getattr(hf, 'llm_config', None)
        vocabulary = getattr(hf, 'vocab_size', None) or getattr(text, 'vocab_size', None)
        return getattr(engine, 'session_len', None), vocabulary

    def _check_path(self, path: str) -> None:
        if path.startswith(CLOSED):
            raise Refused(f'{path} is closed: it is for the training of models, not for clients of a server', 403)

    async def _read(self, scope, receive) -> bytes | None:
        """The whole body.  LMDeploy takes any length, and waits for the rest of it for ever."""
        most = self.limits.body_bytes
        too_long = Refused(f'the request is longer than {most} bytes', 413)
        length = dict(scope['headers']).get(b'content-length', b'')
        if length.isdigit() and int(length) > most:
            raise too_long
        pieces, total, more = [], 0, True
        while more:
            try:
                message = await asyncio.wait_for(receive(), self.limits.body_time_s)
            except TimeoutError:
                raise Refused(f'no more of the request came for {self.limits.body_time_s:g} s', 408) from None
            if message['type'] == 'http.disconnect':
                return None
            pieces.append(message.get('body', b''))
            total += len(pieces[-1])
            if total > most:
                raise too_long
            more = message.get('more_body', False)
        return b''.join(pieces)


def check(path: str, body: bytes, limits: Limits, session_len: int | None, vocabulary: int | None) -> None:
    """Raise Refused, with the reason, unless LMDeploy can take the request."""
    request = _parse(body, limits)
    characters = _check_leaves(request, limits)
    try:
        guard_pictures.check_pictures(request, _leaves(request, limits.depth), limits.pictures, limits.pixels)
    except guard_pictures.PictureRefused as refused:
        raise Refused(str(refused)) from None
    # 10 MB of text are tokenized first and counted then, while nobody else is served: 12 s, and longer in Chinese; one
    # word of 10 MB is a 500 (the tokenizer's regular expression gives up).
    most = limits.characters_per_token * (session_len or 32768)
    if characters > most:
        raise Refused(f'the request has {characters} characters; a session of {session_len} tokens never holds {most}')
    if not isinstance(request, dict):
        return  # LMDeploy says so
    _check_numbers(request, session_len)
    _check_token_ids(path, request, vocabulary)
    _check_stop(request, limits)
    if path == '/v1/chat/completions':
        _check_messages(request.get('messages'))
    if path == '/v1/completions':
        _check_completion(request, limits)
    _check_unusable(request)
    try:
        _check_tools(request)
        _check_format(request)
    except SchemaError as error:
        raise Refused(str(error)) from None


def _parse(body: bytes, limits: Limits):
    if body.count(b',') > limits.values:
        raise Refused(f'the request has more than {limits.values} values')
    try:
        return json.loads(body) if body.strip() else None
    except RecursionError:
        raise Refused(f'the request is nested deeper than {limits.depth} levels') from None
    except ValueError as error:  # broken JSON, UTF-8 that is none, an integer of thousands of digits
        raise Refused(f'the request is not JSON: {_first_line(error)}') from None


def _check_leaves(request, limits: Limits) -> int:
    """Look at every key and value; the number of characters that a tokenizer may get to see."""
    characters = 0
    for where, value in _leaves(request, limits.depth):
        if isinstance(value, str):
            _check_string(where, value)
            if where.rpartition('.')[2].partition('[')[0] not in guard_pictures.KEYS:
                characters += len(value)
        # NaN is no JSON; LMDeploy takes it where it does not look (presence_penalty).  1e400 becomes infinity.
        elif isinstance(value, float) and not math.isfinite(value):
            raise Refused(f'{where} is {value}, which is no number')
    return characters


def _leaves(request, most: int) -> Iterator[tuple[str, object]]:
    """(path, key or leaf), without recursion."""
    waiting = [('', request, 0)]
    while waiting:
        where, value, depth = waiting.pop()
        # A schema of 450 levels: 20 s in which nobody is served, then a 400 that says nothing (RecursionError).
        if depth > most:
            raise Refused(f'the request is nested deeper than {most} levels')
        if isinstance(value, dict):
            for key, inner in value.items():
                yield f'the name {key[:20]!r}', key
                waiting.append((f'{where}.{key}' if where else key, inner, depth + 1))
        elif isinstance(value, list):
            waiting += [(f'{where}[{i}]', inner, depth + 1) for i, inner in enumerate(value)]
        else:
            yield where, value


def _check_string(where: str, text: str) -> None:
    # Half a character: 500 (/v1/encode, /get_ppl, count_tokens), or a 400 that says nothing ('TextEncodeInput must be
    # Union[…]').
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError as error:
            found = f'\\u{ord(text[error.start]):04x}'
            raise Refused(f'{where} has a lone surrogate ({found} at {error.start}): half a character') from None
    # Passed on to the model, which was never taught such text.
    if '\0' in text:
        raise Refused(f'{where} has a NUL character at {text.index(chr(0))}')


_NUMBERS = (
    *(
        'n',
        'seed',
        'temperature',
        'top_p',
        'top_k',
        'min_p',
        'max_tokens',
        'max_completion_tokens',
        'max_output_tokens',
    ),
    *('min_new_tokens', 'repetition_penalty', 'presence_penalty', 'frequency_penalty', 'repetition_ngram_size'),
    *('repetition_ngram_threshold', 'session_id', 'top_logprobs', 'top_logprobs_num', 'logprob_start_len', 'logprobs'),
)


def _check_numbers(request: dict, session_len: int | None) -> None:
    for name in _NUMBERS:
        value = request.get(name)
        # LMDeploy reads "1e30" as a number, too.
        if isinstance(value, str):
            raise Refused(f'{name} must be a number, not the text {value[:20]!r}')
        # repetition_ngram_size=2**70 ends the engine for good ('Overflow when unpacking long long'): every request
        # after it gets a 503.
        low, high = (0, 2**64) if name == 'seed' else (-(2**31), 2**31)
        if isinstance(value, int | float) and not low <= value < high:
            raise Refused(f'{name} must lie in [{low}, {high}), not {value}')
    for name in ('max_tokens', 'max_completion_tokens', 'max_output_tokens', 'min_new_tokens'):
        # Taken, without a word, for as many as fit into the session.
        if session_len is not None and isinstance(request.get(name), int | float) and request[name] > session_len:
            raise Refused(f'{name} {request[name]} is more than the session holds: session_len is {session_len}')

    def number(name, low, high, low_open=False):
        value = request.get(name)
        if not isinstance(value, int | float) or low < value <= high or (value == low and not low_open):
            return
        raise Refused(f'{name} must lie in {"(" if low_open else "["}{low}, {high}], not {value}')

    # Below 1e-38 the logits overflow: an answer of exclamation marks.
    temperature = request.get('temperature')
    if isinstance(temperature, float) and 0 < temperature < 1e-10:
        raise Refused(f'temperature {temperature} is too small to divide by; 0 takes the likeliest token')
    # Zero or negative: divides by it, or turns the model's choices round; only `lmdeploy_cpu` looks.
    number('repetition_penalty', 0, 100, low_open=True)
    # Looked at on /v1/chat/completions only; elsewhere a 500.
    number('min_p', 0, 1)
    # Zero means no token at all; /v1/messages and /v1/responses take it.
    number('top_p', 0, 1, low_open=True)
    number('top_k', 0, 2**31)


def _check_token_ids(path: str, request: dict, vocabulary: int | None) -> None:
    names = ['input_ids', *(['input'] if path in ('/get_ppl', '/pooling') else [])]
    for name in names:
        lists = request.get(name)
        if not isinstance(lists, list) or (name == 'input' and isinstance(next(iter(lists), None), str)):
            continue  # texts
        for i, ids in enumerate(lists):
            for token in ids if isinstance(ids, list) else [ids]:
                # Reads beyond the table of embeddings, which ends the engine; only `lmdeploy_cpu` looks.
                if type(token) is not int or not 0 <= token < (vocabulary or 2**31):
                    raise Refused(f'{name}[{i}] is {token!r}, no token of the vocabulary [0, {vocabulary})')


def _check_stop(request: dict, limits: Limits) -> None:
    for name in ('stop', 'stop_sequences'):
        words = request.get(name)
        if words is None:
            continue
        words = words if isinstance(words, list) else [words]
        # Each is tokenized; those of several tokens, the empty one among them, are dropped without a word.
        if len(words) > limits.stop_words:
            raise Refused(f'{name} has {len(words)} words; at most {limits.stop_words}')
        for i, word in enumerate(words):
            if word == '':
                raise Refused(f'{name}[{i}] is empty, which is no word to stop at')
            if isinstance(word, str) and len(word) > limits.stop_characters:
                raise Refused(f'{name}[{i}] has {len(word)} characters; at most {limits.stop_characters}')


_ROLES = ('system', 'developer', 'user', 'assistant', 'tool', 'function')
# Not 'image_data', which is for Python: an image processor opens the file, or the address, that stands there.
_MEDIA = ('image_url', 'image')


def _check_messages(messages) -> None:
    if not isinstance(messages, list):
        return  # LMDeploy says so
    for i, message in enumerate(messages):
        where = f'messages[{i}]'
        if not isinstance(message, dict):
            raise Refused(f'{where} must be an object with role and content')
        role, content = message.get('role'), message.get('content')
        # No role: a 400 that says nothing; an unknown one is written into the prompt, markers of the chat template too.
        if role not in _ROLES:
            said = f'not {role!r}' if 'role' in message else 'and is missing'
            raise Refused(f'{where}.role must be one of {", ".join(_ROLES)}, {said}')
        # What is neither text nor a list of parts is dropped, and the model answers an empty message.
        if content is None and (message.get('tool_calls') or message.get('function_call')):
            continue
        if isinstance(content, list):
            for j, part in enumerate(content):
                _check_part(f'{where}.content[{j}]', part)
        elif not isinstance(content, str):
            said = f'not {type(content).__name__}' if 'content' in message else 'and is missing'
            raise Refused(f'{where}.content must be text or a list of parts, {said}')


def _check_part(where: str, part) -> None:
    kind = part.get('type') if isinstance(part, dict) else None
    if kind == 'text' and isinstance(part.get('text'), str):
        return
    # Other parts are dropped by a text model, and the rest is answered.
    if kind not in _MEDIA:
        raise Refused(f'{where} must be {{"type": "text", "text": …}} or one of the types {", ".join(_MEDIA)}')
    # A vision model would open any file of the server's disk that the client names.
    value = part.get(kind)
    url = value.get('url') if isinstance(value, dict) else value
    if not isinstance(url, str) or not url.startswith(('http://', 'https://', 'data:')):
        raise Refused(f'{where}: the address of a picture starts with http://, https:// or data:')


def _check_completion(request: dict, limits: Limits) -> None:
    # null: a 500; more than one: one answer all the same.
    if request.get('n', 1) != 1:
        raise Refused(f'n must be 1 on /v1/completions, not {request["n"]!r}; /v1/chat/completions gives several')
    # Without a stream: none are given; with one: it breaks off.
    if request.get('logprobs'):
        raise Refused('logprobs are not given on /v1/completions; ask /v1/chat/completions for them')
    prompts = request.get('prompt')
    # []: a 200 without answers; token ids: a 400 that says nothing; 1000: served before everybody who comes later.
    if isinstance(prompts, list) and not (
        0 < len(prompts) <= limits.prompts and all(isinstance(prompt, str) for prompt in prompts)
    ):
        raise Refused(f'prompt must be text, or a list of 1 to {limits.prompts} texts; token ids go to /generate')


def _check_unusable(request: dict) -> None:
    kwargs = request.get('chat_template_kwargs')
    # A template from the client is run: two loops in it stop the server for everybody and for good.
    if isinstance(kwargs, dict) and 'chat_template' in kwargs:
        raise Refused("chat_template_kwargs.chat_template: the template is the server's, not the request's")
    # The PyTorch engine: always a 500 (the bias cannot be sent to the engine's process); TurboMind: without effect.
    if request.get('logit_bias') and isinstance(request['logit_bias'], dict):
        raise Refused("logit_bias has no effect in LMDeploy's server; leave it out")
    for name in ('migration_request', 'with_cache', 'preserve_cache'):
        # Between servers that share their work; from a client: a 500, or no answer ever.
        if request.get(name):
            raise Refused(f'{name} is for servers that share their work, not for clients')


def _check_tools(request: dict) -> None:
    tools = request.get('tools')
    names = []
    for i, tool in enumerate(tools if isinstance(tools, list) else []):
        if not isinstance(tool, dict):
            continue  # LMDeploy says so
        function = tool.get('function') if isinstance(tool.get('function'), dict) else tool
        names.append(function.get('name'))
        for name in ('parameters', 'input_schema'):
            # Takes anything that is an object, and has the engine compile it when a call is required.
            if isinstance(function.get(name), dict):
                check_schema(function[name], f'tools[{i}].{name}')
    choice = request.get('tool_choice')
    function = choice.get('function') if isinstance(choice, dict) else None
    # Without tools, the choice is forgotten.
    if isinstance(function, dict) and function.get('name') not in names:
        raise Refused(f'tool_choice: there is no tool {function.get("name")!r}')


def _check_format(request: dict) -> None:
    text = request.get('text')
    where, form = 'response_format', request.get('response_format')
    if isinstance(text, dict):
        where, form = 'text.format', text.get('format')
    if not isinstance(form, dict):
        return
    if form.get('type') == 'regex_schema':
        # Missing: the answer is 'None'.
        check_regex(form.get('regex_schema'), f'{where}.regex_schema')
    if form.get('type') != 'json_schema':
        return
    inner = form if where == 'text.format' else form.get('json_schema')
    if not isinstance(inner, dict):
        raise Refused(f'{where}.json_schema is missing')
    # On /v1/responses these are a 500.
    for name, wanted in (('name', str), ('schema', dict), ('strict', bool | None)):
        if not isinstance(inner.get(name), wanted):
            raise Refused(f'{where}: {name} must be {"an object" if wanted is dict else "given, and of its type"}')
    check_schema(inner['schema'], f'{where}: the schema', answer=True)


def _is_json(scope) -> bool:
    kind = dict(scope['headers']).get(b'content-type', b'').lower()
    return kind.split(b';')[0].strip() == b'application/json'


def _replay(body: bytes, receive):
    """`receive` for the application: the body, then whatever comes (the client's going away)."""
    messages = [{'type': 'http.request', 'body': body, 'more_body': False}]

    async def receive_again():
        return messages.pop() if messages else await receive()

    return receive_again


async def _answer(scope, receive, send, refused: Refused) -> None:
    from lmdeploy.serve.core.exceptions import ErrorCode, RequestError
    from lmdeploy.serve.utils.server_utils import protocol_error_response

    error = RequestError(ErrorCode.INVALID_REQUEST, str(refused))
    error.status_code = refused.status
    await protocol_error_response(scope['path'], error)(scope, receive, send)


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
