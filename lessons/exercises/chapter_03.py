"""Exercises of chapter 3: the cache of eight conversations, a ratio, a card for a 7B model, a ratio for int8."""

from collections.abc import Mapping

from helpers.checkpoints.geometry import DTYPE_BYTES, GEOMETRIES, Geometry
from helpers.memory import MIB
from lessons.kv_cache.explorer import CARDS_MIB, free_on
from lessons.kv_cache.prediction import MemoryPrediction, predict_memory
from lessons.kv_cache.tokens import kv_bytes_per_token

from .checking import exercise
from .judging import Result, amount, expect, judged


@exercise('3.1')
def eight_conversations(mib) -> Result:
    """MiB of cache that InternLM2-Chat-7B needs in bfloat16 for 8 conversations of 2048 tokens."""
    of = GEOMETRIES['internlm2-chat-7b']
    right = 8 * 2048 * kv_bytes_per_token(of) / MIB
    return amount(
        mib,
        right,
        'MiB',
        slips=[
            (right / 2, 'Half: a token has a key and a value, or you counted 1 byte a number.'),
            (right * of.num_heads / of.num_kv_heads, 'Count KV heads, not heads: several heads share one.'),
            (right / of.num_layers, f'That is one layer; it has {of.num_layers}.'),
            (right / 8, 'That is one conversation, or bytes and bits mixed up; eight are asked for.'),
            (right * 2, 'That is float32, 4 bytes a number; bfloat16 has 2.'),
            (right / of.head_dim, f'A key of one head is {of.head_dim} numbers, not one.'),
            (kv_bytes_per_token(of), 'Those are the bytes of one token.'),
            (8 * 2048, 'Those are the tokens: each takes 2 × layers × KV heads × head_dim × 2 bytes.'),
        ],
    )


@exercise('3.2')
def at_another_ratio(tokens, run) -> Result:
    """Tokens that fit at ratio 0.6; `run` is what `measure(cache_max_entry_count=0.6)` gave."""
    fits = isinstance(run, tuple) and len(run) == 4 and isinstance(run[0], MemoryPrediction)
    expect(fits, 'run is what measure(cache_max_entry_count=0.6) gives.')
    p, _, cache, _ = run
    if p.cache_max_entry_count != 0.6:
        return judged(False, f'The engine ran with ratio {p.cache_max_entry_count:g}; 0.6 is asked for.')
    blocks = p.num_blocks if cache is None else cache[0]
    right, token_bytes = blocks * p.block_tokens, p.block_bytes / p.block_tokens
    return amount(
        tokens,
        right,
        'tokens',
        slips=[
            (blocks, f'Those are blocks, of {p.block_tokens} tokens each.'),
            (0.6 * p.free_bytes / token_bytes, 'The ratio is a share of what the weights leave, not of all.'),
            (p.pool_bytes / MIB, 'Those are the MiB of the cache: divide its bytes by those of a token.'),
            (p.engine_bytes / token_bytes, 'That counts the weights as cache.'),
        ],
        tolerance=0.005 if p.device == 'cpu' else 0.02,  # there engines before it left something behind
        because=f'{blocks:,} blocks of {p.block_tokens} tokens.',
    )


@exercise('3.3')
def users_on_a_card(users) -> Result:
    """Conversations of 4096 tokens with InternLM2-Chat-7B on an RTX 4090, ratio 0.8: {'bf16': …, 'int4': …}."""
    fits = isinstance(users, Mapping) and set(users) == {'bf16', 'int4'}
    expect(fits, "users is a dictionary: {'bf16': a number, 'int4': a number}.")

    def sequences(quant_policy, model='internlm2-chat-7b', card='RTX 4090 (24 GB)', length=4096, **more):
        given = {'engine': 'turbomind', 'cache_max_entry_count': 0.8, 'max_batch_size': 128} | more
        free = free_on(CARDS_MIB[card])
        return predict_memory(model, free, quant_policy=quant_policy, session_len=length, **given).sequences(length)

    right = {'bf16': sequences(0), 'int4': sequences(4)}
    if [users['bf16'], users['int4']] == [right['int4'], right['bf16']]:
        return judged(False, 'The two are the wrong way round: smaller numbers make room for more.')
    for kv, policy in (('bf16', 0), ('int4', 4)):
        slips = [
            (sequences(policy, length=2048), 'tokens each still stands at 2048.'),
            (sequences(policy, model='internlm2-chat-1_8b'), 'That is the 1.8B model: choose the 7B.'),
            (sequences(policy, awq=True), 'That is with W4A16 weights: here the cache is quantised, not they.'),
            (sequences(8), 'That is int8.'),
            (sequences(policy, card='10 % of an A100 (8 GB)'), 'That is the slice of 8 GB.'),
            (4 * right['bf16'], 'Not quite 4 times bf16: scale and zero point of each vector take room, too.'),
        ]
        result = amount(users[kv], right[kv], 'conversations', slips, tolerance=0)
        if not result:
            return judged(False, f'{kv}: {result.sentences[0]}')
    gain = right['int4'] / right['bf16']
    return judged(True, f'Right: {right["bf16"]} and {right["int4"]}, {gain:.1f} times as many on the same card.')


@exercise('3.4')
def ratio_for_int8(ratio, geometry, floats) -> Result:
    """The ratio at which int8 holds as many tokens as the plain cache does at 0.4."""
    expect(isinstance(geometry, Geometry), 'geometry is the Geometry of section 3.1.')
    expect(floats in ('float32', 'float16', 'bfloat16'), 'floats is FLOATS of the first cell.')
    floats = 'float32' if floats == 'float32' else 'bfloat16'  # float16 is as wide
    times = {
        kind: kv_bytes_per_token(geometry, 0, kind) / kv_bytes_per_token(geometry, 8, kind)
        for kind in ('float32', 'bfloat16')
    }
    bits = 8 * DTYPE_BYTES[floats]
    right, other = 0.4 / times[floats], 'float32' if bits == 16 else 'bfloat16'
    return amount(
        ratio,
        right,
        'of what the weights leave',
        slips=[
            (0.4, 'At the same ratio the cache is as large as before, and so is the total. That is the trap.'),
            (0.4 * 8 / bits, f'8 of {bits} bits, but each vector has a scale and a zero point besides.'),
            (0.4 / times[other], f'That is from {other}; this cache is in {floats}.'),
            (0.4 * times[floats], 'A larger ratio is a larger cache: divide.'),
            (100 * right, 'That is in %; the ratio is between 0 and 1.'),
        ],
        because=f'int8 holds {times[floats]:.2f} times as many; only a smaller ratio makes the total smaller.',
    )
