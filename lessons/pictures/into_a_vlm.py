"""A picture on its way into a VLM: pixels, patches, the vision tower, the projector, tokens between the words."""

import io
from itertools import groupby
from pathlib import Path

from PIL import Image

from lessons.pictures.frame import MovingPicture, Step
from lessons.pictures.shapes import Shape, arrow, image, line, rect, text
from lessons.pictures.tokens import token_label, width_of
from lessons.pictures.words import Words, say
from lessons.vlm.reading import Numbers, Read, patches_of, read

LEFT, RIGHT, TOP, SIDE = 20, 620, 96, 192  # of the stage; SIDE of a picture on it
BESIDE, LARGE = LEFT + SIDE + 38, 380  # where the stage goes on, right of the picture: rows, a second picture
BELOW, HEIGHT = TOP + SIDE + 28, 348  # the legend's line
MOST_BARS, TALLEST = 150, 92  # vectors in a row, units of the tallest
MOST_ROWS, ROW = 7, 29  # of tokens
SHOWN_TEXT = ((10, 15), (6, 10), (4, 7), (3, 4), (1, 2))  # tokens of a text, the first and the last ones, to try
SHOWN_IMAGE = 20, 18
SMALLER = ((144, 32), (96, 16), (72, 12), (48, 8))  # (pixels of the longer side, colours) of a stored picture, to try
PNG_BYTES = 1600


def way_into_a_vlm(picture: Image.Image, folder: str | Path, question: str) -> MovingPicture:
    """Five steps: the picture's pixels, its patches, the tower's vectors, the projector's, the tokens of the prompt.

    Args:
        picture: of any size and mode.
        folder: the model's, with config.json, processor and tokenizer; its weights are not read.
        question: what is asked about the picture.
    Raises:
        ValueError: as `read`.
    """
    got = read(picture, folder, question)
    stages = _resized(picture, got), _cut(got), _through_the_tower(got), _projected(got), _in_the_prompt(got)
    captions = _captions(picture, got)
    return MovingPicture(
        say('A picture on its way into a VLM'),
        say(
            'Five stations and their numbers; below, what leaves the one that is reached. In violet what becomes one '
            'image token.'
        ),
        [Step([*_strip(n, got), *shapes], captions[n]) for n, shapes in enumerate(stages)],
        height=HEIGHT,
        still=3 if got.numbers.patches <= MOST_BARS else 2,  # a fine grid takes bytes, more words would be too many
    )


def _captions(picture: Image.Image, got: Read) -> list[Words]:
    n = got.numbers
    told = {'width': picture.width, 'height': picture.height, 'tiles': n.tiles, 'side': n.tile_side}
    columns, rows = got.grid
    resized = (
        say('Of {width} × {height} pixels the processor makes {side} × {side}, whatever the shape was.', **told)
        if n.tiles == 1
        else say(
            'Of {width} × {height} pixels the processor makes {tiles} tiles of {side} × {side}: {columns} × {rows} '
            'parts, and the whole once more, which we follow.',
            columns=columns,
            rows=rows,
            **told,
        )
    )
    return [
        resized,
        say(
            'A tile is {across} × {across} = {patches:,} patches of {patch} × {patch} pixels; {joined} × {joined} of '
            'them, in the frame, will be one token.',
            across=n.across,
            patches=n.patches,
            patch=n.patch_side,
            joined=n.joined,
        ),
        say(
            'The vision tower gives a vector of {width:,} numbers for each patch; on its way each patch has looked at '
            'all the others.',
            width=n.tower_width,
        ),
        say(
            'Pixel shuffle lays the vectors of {joined} × {joined} patches end to end, {tokens:,} of {wide:,} numbers; '
            'the projector turns each into one of {width:,}, as wide as a word’s.',
            joined=n.joined,
            tokens=n.tokens,
            wide=n.joined_width,
            width=n.text_width,
        ),
        say(
            '{image:,} image tokens among {words} of text: {all:,} tokens in all, and the language model reads a '
            'vector of {width:,} numbers for each.',
            image=n.image_tokens,
            words=got.text_tokens,
            all=len(got.pieces),
            width=n.text_width,
        ),
    ]


def _strip(reached: int, got: Read) -> list[Shape]:
    """The five stations, with the numbers of those that the picture has reached; tiles are counted together."""
    n = got.numbers
    size = f'{n.tile_side} × {n.tile_side}' if n.tiles == 1 else say('{n} tiles', n=n.tiles)
    stations = (
        (say('picture'), size),
        (say('patches'), f'{n.tiles * n.patches}'),
        (say('vision tower'), f'{n.tiles * n.patches} × {n.tower_width}'),
        (say('projector'), f'{n.image_tokens} × {n.text_width}'),
        (say('prompt'), say('{n:,} tokens', n=len(got.pieces))),
    )
    shapes: list[Shape] = []
    for at, (name, number) in enumerate(stations):
        x, here = LEFT + 121 * at, at == reached
        shapes.append(rect(x, 12, 116, 60, 'blue' if here else 'grey', 'blue_line' if here else None, round=6, thick=2))
        shapes.append(text(x + 58, 36, name, 16, anchor='middle', bold=here))
        if at <= reached:
            shapes.append(text(x + 58, 60, number, 16, anchor='middle'))
    return shapes


def _resized(picture: Image.Image, got: Read) -> list[Shape]:
    """The picture with the borders of its tiles, and the tile that goes on."""
    width, height = (SIDE * n / max(picture.size) for n in picture.size)
    columns, rows = got.grid
    shapes = [
        image(LEFT, TOP, width, height, small_png(picture)),
        rect(LEFT, TOP, width, height, 'none', 'rule'),
        text(LEFT, BELOW, say('{width} × {height} pixels', width=picture.width, height=picture.height), 16),
        *arrow(LEFT + SIDE + 20, TOP + SIDE / 2, LARGE - 20, TOP + SIDE / 2),
        image(LARGE, TOP, SIDE, SIDE, small_png(got.tile)),
        rect(LARGE, TOP, SIDE, SIDE, 'none', 'rule'),
        text(LARGE, BELOW, say('{width} × {height} pixels', width=got.tile.width, height=got.tile.height), 16),
    ]
    shapes += [line(x := LEFT + width * n / columns, TOP, x, TOP + height, thick=2) for n in range(1, columns)]
    shapes += [line(LEFT, y := TOP + height * n / rows, LEFT + width, y, thick=2) for n in range(1, rows)]
    if got.numbers.tiles > 1:
        shapes.append(text(LARGE, BELOW + 22, say('the last of {n} tiles', n=got.numbers.tiles), 16, 'quiet'))
    return shapes


def _tile(got: Read) -> list[Shape]:
    """The tile with its patches, and a frame around those that become the token we follow."""
    n = got.numbers
    thin, (row, column) = 0.5 if n.across > 16 else 1, got.followed
    shapes = [image(LEFT, TOP, SIDE, SIDE, small_png(got.tile))]
    for i in range(n.across + 1):
        at = SIDE * i / n.across
        shapes.append(line(LEFT + at, TOP, LEFT + at, TOP + SIDE, 'rule', thick=thin))
        shapes.append(line(LEFT, TOP + at, LEFT + SIDE, TOP + at, 'rule', thick=thin))
    cell = SIDE * n.joined / n.across
    around = LEFT + column * cell, TOP + row * cell, cell, cell
    return [
        *shapes,
        rect(*around, 'none', 'paper', thick=6),
        rect(*around, 'none', 'violet_line', thick=3),
    ]


def _cut(got: Read) -> list[Shape]:
    """The tile, and large what is in the frame."""
    n = got.numbers
    cell, large, (row, column) = n.patch_side * n.joined, SIDE / n.joined, got.followed
    pixels = got.tile.crop((column * cell, row * cell, (column + 1) * cell, (row + 1) * cell))
    shapes = [
        *_tile(got),
        *arrow(LEFT + SIDE + 20, TOP + SIDE / 2, LARGE - 20, TOP + SIDE / 2),
        image(LARGE, TOP, SIDE, SIDE, small_png(pixels)),
    ]
    for at in (i * large for i in range(1, n.joined)):
        for colour, thick in (('paper', 6), ('rule', 2)):
            shapes.append(line(LARGE + at, TOP, LARGE + at, TOP + SIDE, colour, thick=thick))
            shapes.append(line(LARGE, TOP + at, LARGE + SIDE, TOP + at, colour, thick=thick))
    label = say('{n} patches of {side} × {side} pixels', n=n.joined**2, side=n.patch_side)
    return [
        *shapes,
        rect(LARGE, TOP, SIDE, SIDE, 'none', 'violet_line', thick=3),
        text(LARGE, BELOW, label, 16),
        rect(LEFT + 2, BELOW - 13, 18, 14, 'violet', 'violet_line', thick=3),
        text(LEFT + 30, BELOW, say('becomes one token'), 16, 'quiet'),
    ]


def _through_the_tower(got: Read) -> list[Shape]:
    return [*_tile(got), *_tower_row(got), *_legend(got)]


def _tower_row(got: Read) -> list[Shape]:
    n, chosen = got.numbers, patches_of(got.followed, got.numbers)
    label = say('vision tower: {n:,} × {width:,}', n=n.patches, width=n.tower_width)
    return [text(BESIDE, TOP + 14, label, 16), *_vectors(TOP + 24, n.patches, n.tower_width, n, chosen, 'blue_line')]


def _projected(got: Read) -> list[Shape]:
    """As before, and below it the same numbers in fewer vectors, and what the projector makes of these."""
    n, (row, column) = got.numbers, got.followed
    chosen = {row * (n.across // n.joined) + column}
    joined = TOP + 24 + TALLEST * n.tower_width / n.joined_width + 26
    last = joined + 10 + TALLEST + 26
    return [
        *_tile(got),
        *_tower_row(got),
        text(BESIDE, joined, say('pixel shuffle: {n:,} × {width:,}', n=n.tokens, width=n.joined_width), 16),
        *_vectors(joined + 10, n.tokens, n.joined_width, n, chosen, 'blue_line'),
        text(BESIDE, last, say('projector: {n:,} × {width:,}', n=n.tokens, width=n.text_width), 16),
        *_vectors(last + 10, n.tokens, n.text_width, n, chosen, 'green_line'),
        *_legend(got),
    ]


def _bar_of(numbers: Numbers) -> int:
    """How many vectors are one bar."""
    return -(-numbers.patches // MOST_BARS)


def _vectors(y: float, count: int, width: int, numbers: Numbers, chosen: set[int], colour: str) -> list[Shape]:
    """A bar for each vector, as high as the vector is wide: areas are amounts of numbers."""
    each = _bar_of(numbers)
    pitch = (RIGHT - BESIDE) * 10 // -(-numbers.patches // each) / 10  # as rounded in the page, lest errors add up
    high, gap = max(4, TALLEST * width / numbers.joined_width), round(pitch * 0.3, 1)
    middle, end = y + high / 2, BESIDE + pitch * -(-count // each) - gap
    dashes = line(BESIDE, middle, end, middle, colour, thick=high, dashed=(round(pitch - gap, 1), gap))
    marks = (BESIDE + pitch * bar for bar in sorted({index // each for index in chosen}))
    return [dashes, *(rect(x, y - 4, pitch - gap, high + 8, 'violet_line') for x in marks)]


def _legend(got: Read) -> list[Shape]:
    each = _bar_of(got.numbers)
    return [] if each == 1 else [text(RIGHT, BELOW, say('a bar: {n} vectors', n=each), 16, 'quiet', anchor='end')]


def _in_the_prompt(got: Read) -> list[Shape]:
    """The tokens in order: words in their boxes, a small box for each image token."""
    for shown in SHOWN_TEXT:
        shapes, rows = _tokens(got, shown)
        if rows <= MOST_ROWS:
            break
    y, image_tokens = BELOW + 8, say('{n:,} image tokens', n=got.numbers.image_tokens)
    return [
        *_tile(got),
        *shapes,
        rect(BESIDE, y - 14, 14, 18, 'green', 'green_line'),
        text(BESIDE + 22, y, image_tokens, bold=True),
        rect(BESIDE + 210, y - 14, 14, 18, 'grey', 'rule'),
        text(BESIDE + 232, y, say('{n} of text', n=got.text_tokens), bold=True),
    ]


def _tokens(got: Read, shown_text: tuple[int, int]) -> tuple[list[Shape], int]:
    """What is drawn, and in how many rows."""
    n, (row, column) = got.numbers, got.followed
    ours = (n.tiles - 1) * n.tokens + row * (n.across // n.joined) + column
    shapes, x, y = [], BESIDE, TOP
    for is_image, run in groupby(enumerate(got.pieces), lambda token: got.is_image[token[0]]):
        pieces = [piece for _, piece in run]
        kept = _kept(len(pieces), *SHOWN_IMAGE, ours) if is_image else _kept(len(pieces), *shown_text)
        for place in kept:
            label = '…' if place is None else '' if is_image else token_label(pieces[place])
            width = 18 if is_image else 13 + width_of(label)
            if x + width > RIGHT:
                x, y = BESIDE, y + ROW
            if place is not None:
                one = is_image and place == ours
                colour = 'violet' if one else 'green' if is_image else 'grey'
                line_colour = f'{colour}_line' if is_image else None
                shapes.append(rect(x, y, width - 4, 24, colour, line_colour, thick=3 if one else None))
            if label:
                shapes.append(text(x + width / 2 - 2, y + 18, label, 16, anchor='middle'))
            x += width
    return shapes, (y - TOP) // ROW + 1


def _kept(count: int, first: int, last: int, ours: int | None = None) -> list[int | None]:
    """Of so many places the first, the last and ours; None where some are left out."""
    places = {*range(min(first, count)), *range(max(count - last, 0), count), *([] if ours is None else [ours])}
    kept: list[int | None] = []
    for place in sorted(places):
        if kept and place - 1 != kept[-1]:
            kept.append(None)
        kept.append(place)
    return kept


def small_png(picture: Image.Image) -> bytes:
    """A picture as a PNG of at most PNG_BYTES, or as small as SMALLER goes."""
    for side, colours in SMALLER:
        smaller, out = picture.convert('RGB'), io.BytesIO()
        smaller.thumbnail((side, side))
        smaller.quantize(colours, dither=Image.Dither.NONE).save(out, 'PNG', optimize=True)
        if out.tell() <= PNG_BYTES:
            break
    return out.getvalue()
