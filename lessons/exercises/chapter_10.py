"""Exercises of chapter 10: a token on each of many cards, what each card that one pays for gives, a whole reply."""

import copy
import json
from collections.abc import Iterator

from helpers import load_record
from helpers.checkpoints.geometry import GEOMETRIES
from lessons.kv_cache import predict_memory
from lessons.scaling import is_whole

from .checking import exercise
from .judging import Result, amount, expect, judged

_MODEL, _CARDS = 'internlm2-chat-20b', 16  # of 10.1
DEAD = {'error_code': 10402, 'text': 'timeout'}  # of the proxy, for a dead server
_SPREAD = 0.02  # 10.2: of two ways that are nearer to each other neither is the better one


@exercise('10.1')
def token_on_each_card(token_bytes) -> Result:
    """Bytes of a token's cache on each of 16 cards that hold a model of 8 KV heads."""
    of = GEOMETRIES[_MODEL]
    memory = predict_memory(_MODEL, 80 * 2**30, engine='turbomind', tp=_CARDS, session_len=4096, max_batch_size=128)
    right = memory.block_bytes / memory.block_tokens
    layer = 2 * of.head_dim * 2  # of one head: a key and a value, of 16 bit
    return amount(
        token_bytes,
        right,
        'bytes',
        slips=[
            (
                layer * of.num_layers * of.num_kv_heads / _CARDS,
                'That is the trap: a card holds one whole KV head at least, and of each token a key and a value.',
            ),
            (layer * of.num_layers * of.num_kv_heads, 'That is a token with all its KV heads: a card holds a part.'),
            (layer, f'That is one layer; there are {of.num_layers}.'),
            (layer * of.num_layers * of.num_heads / _CARDS, 'Those are the heads; the cache has the KV heads alone.'),
        ],
        because=f'One KV head for each card, as with {of.num_kv_heads} cards: now two cards hold the same one.',
    )


@exercise('10.2')
def most_for_a_card(best) -> Result:
    """Which (cards, what, way) of the record gives eight clients of the 20B most tokens/s for each card."""
    rows = [row for row in load_record('h200/scaling').data['serve'] if (row['model'], row['clients']) == ('20b', 8)]
    in_all = {(row['gpus'], row['what'], row['way']): row['output_tokens_per_s'] for row in rows}
    fits = isinstance(best, tuple) and all(isinstance(part, int | str) for part in best) and best in in_all
    expect(fits, "best is (cards, what, way) of a row with 8 clients, as (4, 'tp', 'direct').")
    of_a_card = {key: speed / key[0] for key, speed in in_all.items()}
    fastest = max(in_all, key=in_all.get)
    if of_a_card[best] >= (1 - _SPREAD) * max(of_a_card.values()):
        return judged(
            True,
            f'Right: {of_a_card[best]:.0f} tokens/s a card, and {of_a_card[fastest]:.0f} with {fastest[0]} cards.',
            f'These give each client {in_all[fastest] / in_all[best]:.1f} times the speed: that is what one pays for.',
        )
    if best == fastest:
        return judged(
            False, f'That is the trap: most in all, but {of_a_card[best]:.0f} tokens/s for each of {best[0]} cards.'
        )
    return judged(False, f'{of_a_card[best]:.0f} tokens/s a card. More is possible: divide each row by its cards.')


@exercise('10.3')
def whole_or_not(is_answer) -> Result:
    """A function that tells a whole answer from the other things that come with HTTP 200."""
    expect(callable(is_answer), 'is_answer is a function: give its name, without brackets.')
    for reply, words in _replies():
        try:
            taken = bool(is_answer(copy.deepcopy(reply)))
        except Exception as error:
            return judged(False, f'It raises {type(error).__name__} when it gets this: {json.dumps(reply)}.')
        if taken != is_whole(reply):
            return judged(False, words)
    return judged(True, 'Right: what fails this test is asked for again, and nothing is lost.')


def _replies() -> Iterator[tuple[dict, str]]:
    """Replies to a chat completion, all with HTTP 200; what to say where one is taken for what it is not."""
    words = {'role': 'assistant', 'content': 'Hello!'}
    call = {'id': 'call-1', 'type': 'function', 'function': {'name': 'add', 'arguments': '{"a": 1, "b": 2}'}}
    calls = {'role': 'assistant', 'content': None, 'tool_calls': [call]}

    def reply(*choices):
        return {'choices': [{'index': i, 'message': m, 'finish_reason': why} for i, (m, why) in enumerate(choices)]}

    yield reply((words, 'stop')), 'It refuses a whole answer: one choice, with finish_reason stop.'
    yield DEAD, 'It takes the error of the proxy for an answer: there are no choices in it.'
    yield {'choices': None}, 'It takes choices=None for an answer.'
    yield reply(), 'It takes an empty list of choices for an answer.'
    yield reply((words, None)), 'It takes an answer without a finish_reason: that one was cut off.'
    yield reply((words, 'length')), 'It refuses finish_reason length: max_tokens is an end as well.'
    yield reply((calls, 'tool_calls')), 'It refuses a tool call, which has no content and is an answer all the same.'
    yield reply((words, 'stop'), (words, None)), 'With n=2 it looks at the first choice alone: the second was cut off.'
