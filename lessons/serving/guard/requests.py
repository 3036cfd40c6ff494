"""Whether LMDeploy can take a request: its JSON, its texts and pictures, and then its fields (`fields.py`)."""

import json
import math
from collections.abc import Iterator

from . import pictures as guard_pictures
from .fields import check_fields
from .limits import Engine, Limits, Refused


def check(path: str, body: bytes, limits: Limits, engine: Engine) -> None:
    """Raise Refused, with the reason, unless LMDeploy can take the request."""
    request = _parse(body, limits)
    characters = _check_leaves(request, limits)
    try:
        guard_pictures.check_pictures(request, _leaves(request, limits.depth), limits.pictures, limits.pixels)
    except guard_pictures.PictureRefused as refused:
        raise Refused(str(refused)) from None
    # 10 MB of text are tokenized first and counted then, while nobody else is served: 12 s, and longer in Chinese; one
    # word of 10 MB is a 500 (the tokenizer's regular expression gives up).
    most = limits.characters_per_token * (engine.session_len or 32768)
    if characters > most:
        raise Refused(
            f'the request has {characters} characters; a session of {engine.session_len} tokens never holds {most}'
        )
    if not isinstance(request, dict):
        return  # LMDeploy says so
    check_fields(path, request, limits, engine)


def _parse(body: bytes, limits: Limits):
    if body.count(b',') > limits.values:
        raise Refused(f'the request has more than {limits.values} values')
    try:
        return json.loads(body) if body.strip() else None
    except RecursionError:
        raise Refused(f'the request is nested deeper than {limits.depth} levels') from None
    except ValueError as error:  # broken JSON, UTF-8 that is none, an integer of thousands of digits
        raise Refused(f'the request is not JSON: {first_line(error)}') from None


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


def first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
