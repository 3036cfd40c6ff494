"""Exercises of chapter 6: screenshots in a session, a picture over three turns, a ratio, the smallest circle seen."""

from collections.abc import Mapping

from helpers import load_record

from .checking import exercise
from .judging import Result, amount, expect, judged, number_in

_SIDE, _TILE_TOKENS, _MOST_TILES, _MARKS = 448, 256, 12, 3  # of InternVL3
_NEAR = 4  # pixels between the smallest circle that is seen and the next one tried


@exercise('6.1')
def screenshots(count) -> Result:
    """Pictures of 1080 × 2400 that InternVL3 takes in a session of 16,384 tokens, 500 of them text."""
    from transformers.models.got_ocr2.image_processing_got_ocr2 import get_optimal_tiled_canvas

    session, text, width, height = 16_384, 500, 1080, 2400
    columns, rows = get_optimal_tiled_canvas((height, width), (_SIDE, _SIDE), 1, _MOST_TILES)
    grid = columns * rows
    one = (grid + 1) * _TILE_TOKENS + _MARKS

    def fit(tiles) -> int:
        return (session - text) // (tiles * _TILE_TOKENS + _MARKS)

    return amount(
        count,
        fit(grid + 1),
        'screenshots',
        slips=[
            (fit(grid), 'Several tiles have a small one of the whole besides. Or you rounded up: the last one is cut.'),
            ((session - text) / one, 'Round down: a part of a screenshot is none.'),
            (fit(_MOST_TILES + 1), f'{_MOST_TILES} tiles are the most; this shape gets {grid}, and a small one.'),
            (fit(1), 'That is one tile each, as if they were squeezed into a square.'),
            (grid + 1, 'Those are the tiles of one.'),
            (one, 'Those are the tokens of one.'),
        ],
        tolerance=0,
        because=f'Each has {columns} × {rows} tiles and a small one: {(grid + 1) * _TILE_TOKENS:,} tokens, and marks.',
    )


@exercise('6.2')
def over_three_turns(in_third, in_all, counted) -> Result:
    """Tokens of a picture that came with the first turn: in the third prompt, and in the three prompts together."""
    fits = isinstance(counted, list) and len(counted) == 3 and all(isinstance(n, int) for n in counted)
    expect(fits and counted[2] > counted[1], 'counted is that of section 6.4: tokens in with 0, 1 and 2 pictures.')
    one = counted[2] - counted[1]
    within = _MARKS / one  # with or without the marks around a picture
    if number_in(in_third, zero=True) == 0:
        return judged(False, 'in_third: the turn names no picture, but the conversation that goes in again has one.')
    trap = 'That is the trap: the conversation goes in again, and holds the picture once.'
    third = amount(in_third, one, 'tokens', [(3 * one, trap), (2 * one, trap)], tolerance=within)
    if not third:
        return judged(False, 'in_third:', *third.sentences)
    slips = [
        (one, 'That is one prompt: each of the three is read, with the picture.'),
        (2 * one, 'The first prompt counts, too.'),
        (6 * one, 'Each prompt holds the picture once, not once a turn.'),
    ]
    together = amount(in_all, 3 * one, 'tokens', slips, tolerance=within)
    if not together:
        return judged(False, 'in_all:', *together.sentences)
    return judged(True, f'Right: {one} a prompt, {3 * one} in all. session_len has to hold it in every turn.')


@exercise('6.3')
def room_for_pictures(ratio) -> Result:
    """The highest ratio: weights leave 3600 of 8182 MiB, and pictures take what the record says."""
    grown = {(row['model'], row['engine']): row['grown_mib'] for row in load_record('h200/vision').data['costs']}
    left, card, pictures = 3600, 8182, grown['internvl3-2b', 'pytorch']
    return amount(
        ratio,
        1 - pictures / left,
        'of what the weights leave',
        slips=[
            (pictures / left, 'That share the pictures take: the cache may have the rest.'),
            (1 - pictures / card, 'The ratio is a share of what the weights leave, not of the card.'),
            ((left - pictures) / card, 'The ratio is a share of what the weights leave, not of the card.'),
            (1 - grown['llava-1.5-7b', 'pytorch'] / left, 'That is the row of LLaVA-1.5-7B.'),
            (1 - grown['internvl3-2b', 'turbomind'] / left, 'That is the row of TurboMind.'),
            (left - pictures, 'Those are the MiB of the cache: divide by what the weights leave.'),
            (100 - 100 * pictures / left, 'That is in %; the ratio is between 0 and 1.'),
        ],
        because=f'{left - pictures} MiB for the cache; at 0.8 the pictures would lack {pictures - 0.2 * left:.0f} MiB.',
    )


@exercise('6.4')
def smallest_circle(smallest, seen_at) -> Result:
    """The smallest diameter in pixels from which on the model sees a red circle; `seen_at` is {diameter: reply}."""
    fits = isinstance(seen_at, Mapping) and all(isinstance(reply, str) for reply in seen_at.values())
    expect(fits and len(seen_at) > 0, 'seen_at is a dictionary: {diameter: what the model said}.')
    replies = {number_in(diameter): reply for diameter, reply in sorted(seen_at.items(), key=lambda d: number_in(d[0]))}
    sees = {d: 'red' in reply.lower() and 'circle' in reply.lower() for d, reply in replies.items()}
    unseen = [d for d in sees if not sees[d]]
    if not any(sees.values()):
        return judged(False, 'None of these is seen as a red circle: begin larger, with 120 pixels.')
    if unseen and unseen[-1] == max(sees):
        return judged(False, f'The largest, of {unseen[-1]:g} pixels, is not seen: draw larger ones, too.')
    if not unseen and min(sees) > 2:
        return judged(False, f'All are seen, down to {min(sees):g} pixels: draw smaller ones.')
    below = unseen[-1] if unseen else 0
    right = min(d for d in sees if d > below)
    if right - below > _NEAR:
        return judged(False, f'It lies between {below:g} and {right:g} pixels: try some there, {_NEAR} apart or less.')
    least = min(d for d in sees if sees[d])
    return amount(
        smallest,
        right,
        'pixels',
        slips=[
            (below, f'At {below:g} it says: “{replies.get(below, "")}”'),
            (least, f'That one is seen by luck: at {below:g} it says: “{replies.get(below, "")}”'),
            (max(sees), 'Seen, and smaller ones are, too.'),
        ],
        tolerance=0,
        because=f'At {below:g} it says: “{replies[below]}”' if unseen else 'Nothing smaller can be drawn.',
    )
