"""What pictures are made of: rectangles, lines, arrows, circles, polygons, text, pixels.

Colours go by name; each is two, for light pages and for dark ones.  Lengths are units of the picture (640 across); x
grows to the right, y downwards.
"""

import base64
from dataclasses import dataclass

from lessons.pictures.words import Words

DATA_URL = 'data:image/png;base64,'
LEAST_TYPE = 16  # units; a picture of 640 units is shown 320 to 900 pixels wide

# name: (on a light page, on a dark one).  The plain names are areas, on which `ink` can be read; *_line names are lines
# and letters, which can be read on `paper`.
PALETTE = {
    'paper': ('#ffffff', '#16191d'),
    'ink': ('#263238', '#eceff1'),
    'quiet': ('#546e7a', '#b0bec5'),
    'rule': ('#78909c', '#78909c'),
    'blue': ('#d7e6f8', '#1d466f'),
    'blue_line': ('#2563a8', '#90bff5'),
    'green': ('#daf0dd', '#1f5431'),
    'green_line': ('#2b7038', '#8fd6a2'),
    'sand': ('#fbf0d4', '#574617'),
    'sand_line': ('#8a5a00', '#f0c869'),
    'red': ('#f9dcdc', '#6e2a2a'),
    'red_line': ('#b3261e', '#ff9d93'),
    'violet': ('#e7dcf6', '#48356f'),
    'violet_line': ('#6137a6', '#c9aefa'),
    'grey': ('#eceff1', '#343d43'),
}


@dataclass(frozen=True)
class Shape:
    """An SVG element: its name, its attributes, and for text its words, one string or both languages."""

    tag: str
    attributes: tuple[tuple[str, float | str], ...]
    words: str | Words | None = None


def _shape(tag: str, words=None, **attributes) -> Shape:
    for name in ('fill', 'stroke'):
        colour = attributes.get(name)
        if colour not in (None, 'none') and colour not in PALETTE:
            raise ValueError(f'{tag}: {name}={colour!r} is none of the colours {", ".join(PALETTE)}')
    kept = ((name.replace('_', '-'), _short(value)) for name, value in attributes.items() if value is not None)
    return Shape(tag, tuple(kept), words)


def _short(value):
    if not isinstance(value, (int, float)):
        return value
    rounded = round(float(value), 1)
    return int(rounded) if rounded.is_integer() else rounded


def rect(x, y, width, height, fill='none', stroke=None, *, round=0, thick=None, dashed=False) -> Shape:
    """A rectangle from its upper left corner."""
    dash = '5 4' if dashed else None
    return _shape(
        'rect', x=x, y=y, width=max(width, 0), height=max(height, 0), rx=round or None,
        fill=fill, stroke=stroke, stroke_width=thick, stroke_dasharray=dash,
    )  # fmt: skip


def line(x1, y1, x2, y2, stroke='ink', *, thick=1.5, dashed: bool | tuple[float, float] = False) -> Shape:
    """A line; `dashed` may say how long a dash is and the gap behind it."""
    on, off = dashed if isinstance(dashed, tuple) else (5, 4)
    dash = f'{_short(on)} {_short(off)}' if dashed else None
    return _shape('line', x1=x1, y1=y1, x2=x2, y2=y2, stroke=stroke, stroke_width=thick, stroke_dasharray=dash)


def circle(x, y, radius, fill='none', stroke=None, *, thick=None) -> Shape:
    return _shape('circle', cx=x, cy=y, r=radius, fill=fill, stroke=stroke, stroke_width=thick)


def polygon(points, fill='none', stroke=None, *, thick=None) -> Shape:
    """A closed outline through (x, y), (x, y), ..."""
    joined = ' '.join(f'{_short(x)},{_short(y)}' for x, y in points)
    return _shape('polygon', points=joined, fill=fill, stroke=stroke, stroke_width=thick)


def arrow(x1, y1, x2, y2, stroke='ink', *, thick=1.5, head=9) -> list[Shape]:
    """A line with a head at its end: two shapes, `*arrow(...)` in a step's list."""
    length = ((x2 - x1) ** 2 + (y2 - y1) ** 2) ** 0.5 or 1
    ux, uy = (x2 - x1) / length, (y2 - y1) / length
    bx, by, half = x2 - head * ux, y2 - head * uy, head * 0.45
    tip = [(x2, y2), (bx - half * uy, by + half * ux), (bx + half * uy, by - half * ux)]
    return [line(x1, y1, bx, by, stroke, thick=thick), polygon(tip, stroke)]


def text(x, y, words: str | Words, size=18, fill='ink', *, anchor='start', bold=False) -> Shape:
    """Words with their baseline at y; `anchor` says what of them stands at x: 'start', 'middle' or 'end'."""
    if size < LEAST_TYPE:
        raise ValueError(f'{words!r}: type of {size} units cannot be read from the last row; at least {LEAST_TYPE}')
    at = None if anchor == 'start' else anchor
    weight = 'bold' if bold else None
    return _shape('text', words, x=x, y=y, font_size=size, fill=fill, text_anchor=at, font_weight=weight)


def image(x, y, width, height, png: bytes) -> Shape:
    """A PNG file, stretched into this rectangle; its pixels stay squares.  It is stored whole: keep it to a few kB."""
    return _shape(
        'image', x=x, y=y, width=width, height=height, href=DATA_URL + base64.b64encode(png).decode(),
        preserveAspectRatio='none', image_rendering='pixelated',
    )  # fmt: skip
