"""Exercises of "Hardening a server": a wait that no guard prevents, and an attack that only the guard refuses."""

import heapq
import json
from collections.abc import Mapping
from types import SimpleNamespace

from .checking import exercise
from .judging import Result, amount, expect, judged

_CLIENTS, _TOKENS, _PLACES, _STEP_S = 100, 2000, 32, 0.02  # of hardening.1
# Fields of `bad` in section 4.
KNOWN = (
    *('model', 'messages', 'max_tokens', 'temperature', 'stop'),
    *('logit_bias', 'repetition_ngram_size', 'repetition_ngram_threshold'),
)


@exercise('hardening.1')
def wait_of_the_next(wait_s) -> Result:
    """Seconds until one more client has a place, behind a hundred who want 2000 tokens each."""
    answer_s, free_at = _TOKENS * _STEP_S, [0.0] * _PLACES
    for _ in range(_CLIENTS):  # each takes the place that is free first
        heapq.heapreplace(free_at, free_at[0] + answer_s)
    right = free_at[0]
    return amount(
        wait_s,
        right,
        's',
        slips=[
            (right + answer_s, 'In the last round only four places are taken: the next one gets in there.'),
            (_CLIENTS / _PLACES * answer_s, 'Whole rounds pass: 32 begin together, and end together.'),
            (_CLIENTS * answer_s, 'Not one after the other: 32 are answered at once.'),
            (answer_s, 'That is one round: how many pass before a place is free?'),
            (2 * answer_s, 'After two rounds 64 are served: 36 are still before you.'),
            (_STEP_S, 'There are 32 places, and 100 came before.'),
        ],
        because=(
            f'{right / answer_s:.0f} rounds of {answer_s:.0f} s. '
            'With half as many tokens for each answer it is half as long.'
        ),
    )


@exercise('hardening.2')
def attack_of_ones_own(change) -> Result:
    """Fields of a request, none of those in `bad`, which the guard refuses and LMDeploy by itself does not."""
    fits = isinstance(change, Mapping) and len(change) > 0 and all(isinstance(field, str) for field in change)
    expect(fits, "change is a dictionary of fields, as in bad: {'temperature': 99}.")
    for field in change:
        if field in KNOWN:
            return judged(False, f'{field} is in bad already: take another field.')
    request = {'model': 'm', 'messages': [{'role': 'user', 'content': 'hello'}], 'max_tokens': 8, **change}
    try:
        body = json.dumps(request).encode()
    except (TypeError, ValueError) as error:
        return judged(False, f'That cannot be sent as JSON: {error}.')
    guard, own = _refusal_of_the_guard(body), _refusal_of_lmdeploy(request)
    if own:
        return judged(False, f'LMDeploy refuses that by itself: {own}.')
    if not guard:
        return judged(False, 'Neither refuses that: it is harmless, or LMDeploy reads over it.')
    return judged(True, f'Right: LMDeploy takes it, and the guard says: {guard}.')


def _refusal_of_the_guard(body: bytes) -> str:
    """Its reason; empty if it lets the request through."""
    from lessons.serving.guard.limits import Engine, Limits, Refused
    from lessons.serving.guard.requests import check as guard

    try:
        guard('/v1/chat/completions', body, Limits(), Engine(session_len=2048))
    except Refused as refused:
        return str(refused).rstrip('.')
    return ''


def _refusal_of_lmdeploy(request: dict) -> str:
    """The reason of LMDeploy's own checks; empty if they let it through."""
    from lmdeploy.serve.openai.chat_completions.validation import check_request
    from lmdeploy.serve.openai.protocol import ChatCompletionRequest
    from pydantic import ValidationError

    try:
        read = ChatCompletionRequest(**request)
    except ValidationError as error:
        first = error.errors()[0]
        return f'{".".join(map(str, first["loc"]))}: {first["msg"]}'
    engine = SimpleNamespace(  # a server without tools and log-probabilities
        engine_config=SimpleNamespace(logprobs_mode=None),
        session_manager=SimpleNamespace(has=lambda session_id: False),
        response_parser_cls=None,
    )
    return check_request(read, engine, request).rstrip('.')
