"""The fields of a request, one rule after the other; each raises Refused, and says what happens without it."""

from collections.abc import Callable

from .conversation import check_conversation
from .limits import Engine, Limits, Refused
from .schema import SchemaError, check_regex, check_schema


def check_fields(path: str, request: dict, limits: Limits, engine: Engine) -> None:
    """Raise Refused, with the reason, unless LMDeploy can take what the fields of a request hold."""
    _check_numbers(path, request, engine.session_len)
    _check_token_ids(path, request, engine.vocabulary)
    _check_stop(request, limits, engine.stop_tokens)
    check_conversation(path, request)
    if path == '/v1/completions':
        _check_completion(request, limits)
    _check_unusable(request)
    try:
        _check_tools(request)
        _check_format(request)
    except SchemaError as error:
        raise Refused(str(error)) from None


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


def _check_numbers(path: str, request: dict, session_len: int | None) -> None:
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

    # No field of theirs: read over, and one answer given.
    if path not in ('/v1/chat/completions', '/v1/completions') and request.get('n') not in (None, 1):
        raise Refused(f'n must be 1 on {path}, not {request["n"]!r}; /v1/chat/completions gives several answers')

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
    if path in ('/get_ppl', '/pooling'):
        inputs = request.get('input')
        for i, one in enumerate(inputs if isinstance(inputs, list) else [inputs]):
            # A 500, when nothing is left to score.
            if one in ('', []):
                raise Refused(f'input[{i}] is empty: there is nothing to score')
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


def _check_stop(request: dict, limits: Limits, stop_tokens: Callable[[str], list[int]] | None) -> None:
    for name in ('stop', 'stop_sequences'):
        words = request.get(name)
        if words is None:
            continue
        words = words if isinstance(words, list) else [words]
        # Each is tokenized; those of several tokens, the empty one among them, are dropped without a word: LMDeploy
        # stops at tokens alone (the word's own, and up to five that hold it).
        if len(words) > limits.stop_words:
            raise Refused(f'{name} has {len(words)} words; at most {limits.stop_words}')
        for i, word in enumerate(words):
            if word == '':
                raise Refused(f'{name}[{i}] is empty, which is no word to stop at')
            if isinstance(word, str) and len(word) > limits.stop_characters:
                raise Refused(f'{name}[{i}] has {len(word)} characters; at most {limits.stop_characters}')
            if isinstance(word, str) and stop_tokens is not None and not stop_tokens(word):
                raise Refused(
                    f'{name}[{i}] is {word!r}, no single token of this model: LMDeploy stops at tokens alone, and '
                    'would read over it; take a word that is one token, or cut the answer when it is here'
                )


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
    # "false" is true for a template, and not True for the parser: the thought is shown as the answer.
    for name in ('enable_thinking', 'thinking') if isinstance(kwargs, dict) else ():
        if not isinstance(kwargs.get(name), bool | None):
            raise Refused(f'chat_template_kwargs.{name} must be true or false, not {kwargs[name]!r:.40}')
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
