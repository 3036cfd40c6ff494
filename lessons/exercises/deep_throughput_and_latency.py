"""Exercises of "Throughput, latency and the limit": a crowd that `generate` serves well, and a roof that moves."""

from helpers import load_record
from helpers.checkpoints.geometry import GEOMETRIES
from lessons.speed import DeviceLimits, decode_step

from .checking import exercise
from .judging import Result, amount, expect, judged

_REQUESTS, _AT_ONCE = 24, 8  # of throughput_and_latency.1
_TOKENS, _LONG, _MOST = 300, 1152, 4096  # of throughput_and_latency.2: of a conversation; where one stops to look


@exercise('throughput_and_latency.1')
def nothing_lost(lengths) -> Result:
    """Lengths of 24 answers, three different ones at least, for which batches of eight lose no step."""
    fits = isinstance(lengths, list) and all(type(length) is int and length > 0 for length in lengths)
    expect(fits and len(lengths) > 0, 'lengths is a list of whole numbers above 0, like LENGTHS.')
    if len(lengths) != _REQUESTS:
        return judged(False, f'{len(lengths)} lengths; {_REQUESTS} answers are asked for.')
    if len(set(lengths)) < 3:
        return judged(False, 'Too easy: take at least three different lengths.')
    batches = [lengths[at : at + _AT_ONCE] for at in range(0, _REQUESTS, _AT_ONCE)]
    steps, least = sum(map(max, batches)), sum(lengths) / _AT_ONCE
    if steps > least:
        ordered = sorted(lengths)
        best = sum(max(ordered[at : at + _AT_ONCE]) for at in range(0, _REQUESTS, _AT_ONCE))
        order = (f'In another order the same lengths take {best}.',) if best < steps else ()
        return judged(False, f'{steps} steps, and {least:.4g} would do: a batch waits for its longest answer.', *order)
    return judged(
        True, f'Right: {steps} steps, none of them lost.', 'Who knows beforehand how long an answer gets, though?'
    )


@exercise('throughput_and_latency.2')
def first_compute_bound(at_once) -> Result:
    """Conversations of 300 tokens at once from which a step of the 7B is compute-bound on the record's H200."""
    measured = load_record('h200/quantised').data['roofline'][0]
    card = DeviceLimits(measured['bytes_per_s'], measured['bf16_flop_per_s'])

    def first(model, tokens, number_bytes=2):
        steps = ((n, decode_step(GEOMETRIES[model], n, tokens, number_bytes)) for n in range(1, _MOST))
        return next((n for n, step in steps if step.flop_per_byte >= card.balance), 0)

    model = 'internlm2-chat-7b'
    endless = decode_step(GEOMETRIES[model], 10**9, _LONG, 2).flop_per_byte
    return amount(
        at_once,
        first(model, _TOKENS),
        'conversations at once',
        slips=[
            (first(model, 0), 'That is the trap: each conversation brings a cache that is read at every step, too.'),
            (card.balance, 'That is the trap: each conversation brings a cache that is read at every step, too.'),
            (first('internlm2-chat-20b', _TOKENS), 'That is the 20B.'),
            (first(model, _TOKENS, 1), 'Those are numbers of 1 byte; bf16 has 2.'),
            (first(model, 61 + 128), 'Those are conversations of 189 tokens, as in the record: take 300.'),
        ],
        because=(
            f'With {_LONG} tokens each it never is: {endless:.0f} flop/byte at most, '
            f'and the card balances at {card.balance:.0f}.'
        ),
    )
