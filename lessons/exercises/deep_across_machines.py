"""Exercises of "Across machines": cards for a number of users, and where a slow wire begins to matter."""

import math

from helpers import load_record
from helpers.checkpoints.geometry import GEOMETRIES

from .checking import exercise
from .judging import Result, amount, number_in

_USERS, _ACTIVE, _PAUSE_S, _ANSWER_TOKENS = 120_000, 0.05, 60, 400  # of across_machines.1
_FULL, _SPARE = 0.7, 1  # the rule of section 8
_WIRE_BYTES_PER_S, _NVLINK_BYTES_PER_S = 25e9, 450e9


@exercise('across_machines.1')
def cards_for_users(cards, card) -> Result:
    """How many cards some users need; `card`: output tokens/s of one behind the proxy, from section 8."""
    card = number_in(card)
    requests_per_s = _USERS * _ACTIVE / _PAUSE_S

    def needed(tokens_per_s, full=_FULL):
        return math.ceil(tokens_per_s / (full * card))

    wanted = requests_per_s * _ANSWER_TOKENS
    return amount(
        cards,
        needed(wanted) + _SPARE,
        'cards in all',
        slips=[
            (needed(wanted / _ACTIVE) + _SPARE, 'That is the trap: all of them at once. One of twenty is there.'),
            (needed(wanted / _ACTIVE), 'That is the trap: all of them at once. One of twenty is there.'),
            (needed(wanted), 'One card more: one may fail.'),
            (wanted / (_FULL * card), 'Round up: a part of a card is a card. And one more, for one may fail.'),
            (wanted / (_FULL * card) + _SPARE, 'Round up: a part of a card is a card.'),
            (needed(wanted, 1) + _SPARE, 'A card is planned to be 70 % full at most.'),
            (needed(wanted, 1), 'A card is planned to be 70 % full at most, and one is spare.'),
            (needed(wanted * _PAUSE_S) + _SPARE, 'Each asks once a minute: divide by its seconds.'),
            (wanted, 'Those are the tokens/s that are wanted: divide by what a card gives.'),
        ],
        tolerance=0,
        because=f'{wanted:,.0f} tokens/s are wanted, and a card gives {_FULL * card:,.0f} when it is not full.',
    )


@exercise('across_machines.2')
def tokens_on_the_wire(tokens) -> Result:
    """Tokens at once from which the bytes of an all-reduce of the 7B take longer than its wait, at 25 GB/s."""
    of = GEOMETRIES['internlm2-chat-7b']
    rows = load_record('h200/scaling').data['offline']
    step = {
        row['gpus']: row['tpot_s']
        for row in rows
        if (row['what'], row['model'], row['tokens_in'], row['batch']) == ('turbomind', '7b', 61, 1)
    }
    waits, token_bytes = 2 * of.num_layers, 2 * of.hidden_size  # twice a layer; one vector of 16 bit

    def longer(cards, bytes_per_s=_WIRE_BYTES_PER_S):
        return (step[cards] - step[1] / cards) / waits * bytes_per_s / token_bytes

    right = longer(2)
    return amount(
        tokens,
        right,
        'tokens',
        slips=[
            (longer(2, _NVLINK_BYTES_PER_S), 'That is NVLink: take 25 GB/s.'),
            (longer(4), 'That is the wait of four cards: take wait_us of tp=2.'),
            (right / waits, 'One all-reduce carries one vector of a token; a step has two in each layer.'),
            (right * waits, 'That is the wait of a whole step: its bytes are those of all its all-reduces, too.'),
            (2 * right, 'A number of 16 bit has 2 bytes.'),
            (right / 2, 'A number of 16 bit has 2 bytes.'),
            (right / 1000, 'There is a slip of 1000: µs, ms and GB.'),
        ],
        tolerance=0.02,
        because='A chat stays below it, and a prompt of a thousand tokens is far above: there the wire decides.',
    )
