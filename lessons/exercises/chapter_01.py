"""Exercises of chapter 1: times and rates, who waits in a batch, a layer's weights, the nearest tie."""

import math
import statistics
from collections.abc import Sequence

from helpers.checkpoints.geometry import Geometry
from helpers.memory import MIB
from helpers.records import load_record
from lessons.timing import compare

from .checking import exercise
from .judging import Result, amount, choice, expect, judged, number_in


@exercise('1.1')
def milliseconds(ms) -> Result:
    """Milliseconds from a request's token to its next: TurboMind on the H200, 32 requests at once."""
    rows = load_record('h200/first_speed').data['rows']
    speed = {row['batch']: row['output_tokens_per_s'] for row in rows if row['engine'] == 'TurboMind'}
    right = 32_000 / speed[32]
    return amount(
        ms,
        right,
        'ms',
        slips=[
            (right / 32, 'In that time some request gets a token; each of the 32 gets every 32nd.'),
            (1000 / speed[1], 'That is a request alone, batch 1.'),
            (speed[32] / 32, 'That is tokens a second of one request: turn it over.'),
        ],
        because=f'Alone it waits {1000 / speed[1]:.2f} ms: 32 at once cost each request little.',
    )


@exercise('1.2')
def who_waits(letter, one_s, sixteen_s) -> Result:
    """Beside fifteen others, is a request's answer there (a) sooner, (b) later, (c) no difference seen?"""
    for seconds in (one_s, sixteen_s):
        fits = isinstance(seconds, Sequence) and len(seconds) > 1 and not isinstance(seconds, str)
        expect(fits, 'one_s and sixteen_s are the lists of seconds of section 1.4.')
    alone, beside = statistics.median(one_s), statistics.median(sixteen_s)
    measured = compare(one_s, sixteen_s)
    right = ('a' if measured.times > 1 else 'b') if measured.seen else 'c'
    figures = f'On your machine {alone:.2f} s alone, {beside:.2f} s beside fifteen others.'
    together = 'Sixteen answers come in less than sixteen times the time; each single one comes no sooner.'
    spread = 'Every run of one side against every run of the other: that decides whether a difference was seen.'
    result = choice(letter, right, {'a': together, 'b': together if right == 'b' else spread, 'c': spread})
    return judged(result.state == 'right', *result.sentences, figures)


@exercise('1.3')
def layer_mib(mib, geometry) -> Result:
    """MiB of one layer's weights in bfloat16."""
    expect(isinstance(geometry, Geometry), 'geometry is the Geometry of section 1.7.')
    of, mark = geometry, 'model.layers.0.'
    shapes = {name: math.prod(shape) for name, shape in of.tensors().items() if name.startswith(mark)}
    right = 2 * sum(shapes.values()) / MIB
    one_mlp = 2 * of.hidden_size * of.intermediate_size / MIB
    wide = 2 * 2 * (of.num_heads - of.num_kv_heads) * of.head_dim * of.hidden_size / MIB
    whole = 2 * of.num_parameters / MIB
    return amount(
        mib,
        right,
        'MiB',
        slips=[
            (right * of.num_layers, 'That is all layers together.'),
            (whole, 'That is the whole model.'),
            (whole / of.num_layers, 'That spreads embeddings and output over the layers; they belong to none.'),
            (right / 2, 'That is 1 byte a parameter; bfloat16 takes 2.'),
            (right * 2, 'That is float32, 4 bytes a parameter.'),
            (right - one_mlp, 'The feed-forward part has three matrices (gate, up, down), not two.'),
            (right + wide, 'Keys and values have num_kv_heads heads, fewer than the queries.'),
        ],
    )


@exercise('1.4')
def nearest_tie(step, logits) -> Result:
    """The step, from 0, at which the two likeliest tokens are closest; `logits` [tokens, vocabulary]."""
    import torch

    expect(isinstance(logits, torch.Tensor) and logits.ndim == 2, 'logits is hf_logits_2: [tokens, vocabulary].')
    value = number_in(step, zero=True)
    expect(value == int(value) < len(logits), f'step is a whole number from 0 to {len(logits) - 1}.')
    first, second = logits.float().log_softmax(-1).topk(2, dim=-1).values.unbind(-1)
    gaps = first - second
    right, mine = int(gaps.argmin()), float(gaps[int(value)])
    if mine <= float(gaps.min()) + 1e-5:
        return judged(True, f'Right: there {mine:.2f} is between the two, the nearest tie of this answer.')
    if int(value) == int(gaps.argmax()):
        return judged(False, f'There the model is surest: {mine:.2f} between the two.')
    if int(value) == int(first.argmin()):
        return judged(False, 'There the likeliest token has its lowest probability; the second may still be far off.')
    if int(value) == right + 1:
        return judged(False, 'One too many: the first token is step 0.')
    return judged(False, f'There {mine:.2f} is between the two; somewhere it is less.')
