"""Drawing: shapes, animals, things and signs as polygons, each in a square of its own that is moved, turned and bent.

Everything is drawn at twice the size with Pillow and halved, which makes the edges smooth.
"""

# ruff: noqa: E501 (tables of points)
import functools
import math
import pathlib
import random

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from .words import DIGITS

Point = tuple[float, float]
RGB = tuple[int, int, int]

# Colours as people pick them (names of paint programs, HTML and matplotlib), each varied a little.
PALETTE: dict[str, tuple[RGB, ...]] = {
    'red': ((255, 0, 0), (220, 20, 40), (214, 39, 40), (237, 28, 36)),
    'orange': ((255, 165, 0), (255, 127, 14), (255, 140, 0), (255, 127, 39)),
    'yellow': ((255, 255, 0), (255, 242, 0), (250, 225, 40), (255, 235, 59)),
    'green': ((0, 128, 0), (0, 200, 0), (44, 160, 44), (34, 177, 76), (0, 255, 0), (110, 190, 60)),
    'blue': ((0, 0, 255), (31, 119, 180), (30, 90, 220), (0, 0, 160), (63, 72, 204), (0, 162, 232)),
    'purple': ((128, 0, 128), (148, 103, 189), (163, 73, 164), (120, 40, 180), (150, 50, 200)),
    'pink': ((255, 192, 203), (255, 105, 180), (255, 174, 201), (227, 119, 194), (250, 150, 190)),
    'brown': ((139, 69, 19), (140, 86, 75), (120, 72, 40), (150, 90, 50), (165, 42, 42)),
    'black': ((0, 0, 0), (20, 20, 20), (35, 35, 35)),
    'white': ((255, 255, 255), (248, 248, 248), (240, 240, 240)),
    'grey': ((128, 128, 128), (127, 127, 127), (150, 150, 150), (105, 105, 105), (170, 170, 170)),
}
# Pairs that are hard to tell from each other where one lies on the other.
NEAR = {
    frozenset(pair.split('-'))
    for pair in (
        'white-yellow',
        'white-pink',
        'brown-black',
        'blue-black',
        'purple-black',
        'purple-blue',
        'purple-pink',
        'red-brown',
        'grey-brown',
    )
}
OUTLINE = (25, 25, 25)
HELD_OUT_FONTS = ('DejaVuSerif-Bold', 'DejaVuSansMono-Oblique', 'STIXGeneralBol')  # training never uses them
TRAINING_FONTS = (
    'DejaVuSans',
    'DejaVuSans-Bold',
    'DejaVuSans-Oblique',
    'DejaVuSans-BoldOblique',
    'DejaVuSansMono',
    'DejaVuSansMono-Bold',
    'DejaVuSerif',
    'DejaVuSerif-Italic',
    'STIXGeneral',
    'STIXGeneralItalic',
    'cmr10',
    'cmb10',
    'cmss10',
    'cmtt10',
    'default',  # the one inside Pillow
)


def vary(rng: random.Random, name: str) -> RGB:
    """A colour that people call `name`."""
    base = rng.choice(PALETTE[name])
    by = 0 if rng.random() < 0.4 else 12
    light = rng.uniform(-1, 1) * by
    if name in ('black', 'white', 'grey'):  # without a tint
        return tuple(min(255, max(0, round(channel + light))) for channel in base)
    return tuple(min(255, max(0, round(channel + light + rng.uniform(-by, by) * 0.7))) for channel in base)


class Pen:
    """Draws in a square [-1, 1]², y downwards, which lies at `x`, `y` of the picture, `rx` by `ry` half sides (pixels),
    turned by `angle` (radians), mirrored where `flip`, and bent by `bend`, as by a hand."""

    def __init__(
        self, draw: ImageDraw.ImageDraw, rng: random.Random, x, y, rx, ry, angle=0.0, flip=False, bend=0.0, outline=0
    ):
        self.draw, self.rng = draw, rng
        self.x, self.y, self.rx, self.ry = x, y, rx, ry
        self.cos, self.sin = math.cos(angle), math.sin(angle)
        self.side = -1 if flip else 1
        self.bend = bend
        self.phases = [rng.uniform(0, 6.28) for _ in range(4)] if bend else ()
        self.outline = outline

    def at(self, point: Point) -> Point:
        u, v = point[0] * self.side, point[1]
        if self.bend:
            a, b, c, d = self.phases
            du = math.sin(2.4 * v + a) + 0.5 * math.sin(5 * u + b)
            dv = math.sin(2.4 * u + c) + 0.5 * math.sin(5 * v + d)
            u, v = u + self.bend * du, v + self.bend * dv
        return (
            self.x + self.rx * u * self.cos - self.ry * v * self.sin,
            self.y + self.rx * u * self.sin + self.ry * v * self.cos,
        )

    def poly(self, points: list[Point], fill: RGB | None, outline: RGB | None = None, width: float = 0) -> None:
        points = [self.at(p) for p in points]
        if fill is not None:
            self.draw.polygon(points, fill)
        width, outline = (width, outline) if outline else (self.outline, OUTLINE)
        if width:
            self.draw.line([*points, points[0], points[1]], outline, max(1, round(width)), joint='curve')

    def disc(self, x, y, rx, ry=None, fill: RGB | None = None, start=0.0, end=360.0, **options) -> None:
        ry = rx if ry is None else ry
        number = 10 if rx * self.rx < 12 else 28
        steps = [math.radians(start + (end - start) * i / number) for i in range(number + (end - start < 360))]
        self.poly([(x + rx * math.cos(t), y + ry * math.sin(t)) for t in steps], fill, **options)

    def line(self, points: list[Point], colour: RGB, width: float) -> None:
        """`width` in the square's units."""
        pixels = max(2, round(width * min(self.rx, self.ry)))
        points = [self.at(p) for p in points]
        self.draw.line(points, colour, pixels, joint='curve')
        if pixels > 4:
            r = pixels / 2 - 0.5
            for x, y in (points[0], points[-1]):
                self.draw.ellipse((x - r, y - r, x + r, y + r), colour)

    def box(self, x0, y0, x1, y1, fill, **options) -> None:
        self.poly([(x0, y0), (x1, y0), (x1, y1), (x0, y1)], fill, **options)


def darker(colour: RGB, by: float = 0.75) -> RGB:
    return tuple(round(c * by) for c in colour)


def lighter(colour: RGB, by: float = 0.5) -> RGB:
    return tuple(round(c + (255 - c) * by) for c in colour)


# ---------------------------------------------------------------------------------------------- shapes


def _dense(points: list[Point], number: int = 6) -> list[Point]:
    """Points between the corners, so that sides can bend."""
    made = []
    for (x0, y0), (x1, y1) in zip(points, [*points[1:], points[0]], strict=True):
        made += [(x0 + (x1 - x0) * i / number, y0 + (y1 - y0) * i / number) for i in range(number)]
    return made


def _heart() -> list[Point]:
    steps = [math.tau * i / 36 for i in range(36)]
    return [
        (
            math.sin(t) ** 3,
            -(13 * math.cos(t) - 5 * math.cos(2 * t) - 2 * math.cos(3 * t) - math.cos(4 * t)) / 15.5 - 0.08,
        )
        for t in steps
    ]


def _star(inner: float) -> list[Point]:
    return [
        (r * math.sin(math.pi * i / 5), -r * math.cos(math.pi * i / 5))
        for i, r in ((i, inner if i % 2 else 1.0) for i in range(10))
    ]


HEART = _heart()


def outline_of(rng: random.Random, shape: str) -> list[Point]:
    """The points of a shape in [-1, 1]²."""
    if shape == 'circle':
        return [(math.cos(math.tau * i / 36), math.sin(math.tau * i / 36)) for i in range(36)]
    if shape == 'square':
        return _dense([(-0.85, -0.85), (0.85, -0.85), (0.85, 0.85), (-0.85, 0.85)])
    if shape == 'rectangle':
        short = rng.uniform(0.36, 0.5)
        x, y = (1, short) if rng.random() < 0.6 else (short, 1)
        return _dense([(-x, -y), (x, -y), (x, y), (-x, y)])
    if shape == 'triangle':
        top = rng.choice((0, 0, 0, rng.uniform(-0.8, 0.8)))
        points = [(top, -0.95), (0.97, 0.8), (-0.97, 0.8)]
        return _dense([(x, -y) for x, y in points] if rng.random() < 0.12 else points)
    if shape == 'star':
        return _star(rng.uniform(0.38, 0.5))
    if shape == 'heart':
        return HEART
    x = rng.uniform(0.58, 0.72)
    return _dense([(0, -1), (x, 0), (0, 1), (-x, 0)])  # diamond


def draw_shape(pen: Pen, shape: str, colour: RGB) -> None:
    """Filled mostly, else a thick line round nothing."""
    points = outline_of(pen.rng, shape)
    if pen.rng.random() < 0.14 and min(pen.rx, pen.ry) > 45:
        pen.outline = 0
        pen.poly(points, None, colour, max(6, pen.rng.uniform(0.12, 0.22) * pen.rx))
    else:
        pen.poly(points, colour)


# ---------------------------------------------------------------------------------------------- animals


def _eye(pen: Pen, x: float, y: float, r: float, dark: RGB = (15, 15, 15)) -> None:
    if pen.rng.random() < 0.35:
        pen.disc(x, y, r * 1.6, fill=(255, 255, 255))
    pen.disc(x, y, r, fill=dark)


def _whiskers(pen: Pen, x: float, y: float, size: float, colour: RGB) -> None:
    for side in (-1, 1):
        for up in (-0.3, 0.1, 0.5):
            pen.line([(x + side * 0.25 * size, y), (x + side * size, y + up * size * 0.5)], colour, 0.035)


def _cat_head(pen: Pen, x: float, y: float, r: float, fur: RGB, tiger: bool = False) -> None:
    dark = (230, 230, 230) if sum(fur) < 200 else OUTLINE
    if tiger:
        for side in (-1, 1):
            pen.disc(x + side * 0.68 * r, y - 0.72 * r, 0.34 * r, fill=fur)
            pen.disc(x + side * 0.68 * r, y - 0.72 * r, 0.17 * r, fill=(255, 235, 215))
    else:
        for side in (-1, 1):
            ear = [
                (x + side * 0.15 * r, y - 0.8 * r),
                (x + side * 0.85 * r, y - 1.45 * r),
                (x + side * 0.95 * r, y - 0.3 * r),
            ]
            pen.poly(ear, fur)
    pen.disc(x, y, r, 0.88 * r, fur)
    if tiger:
        for side in (-1, 1):
            for up in (-0.1, 0.2, 0.5):
                pen.poly(
                    [
                        (x + side * 0.98 * r, y + (up - 0.1) * r),
                        (x + side * 0.98 * r, y + (up + 0.08) * r),
                        (x + side * 0.6 * r, y + up * r),
                    ],
                    OUTLINE,
                )
        for across in (-0.28, 0, 0.28):
            pen.poly(
                [
                    (x + (across - 0.07) * r, y - 0.87 * r),
                    (x + (across + 0.07) * r, y - 0.87 * r),
                    (x + across * r, y - 0.45 * r),
                ],
                OUTLINE,
            )
        pen.disc(x, y + 0.42 * r, 0.42 * r, 0.32 * r, (255, 245, 230))
    for side in (-1, 1):
        _eye(pen, x + side * 0.38 * r, y - 0.12 * r, 0.12 * r, (40, 160, 60) if dark != OUTLINE else (15, 15, 15))
    pen.poly([(x - 0.13 * r, y + 0.22 * r), (x + 0.13 * r, y + 0.22 * r), (x, y + 0.38 * r)], (230, 120, 140))
    _whiskers(pen, x, y + 0.35 * r, r * 1.25, dark)


def _stripes(pen: Pen, x0: float, x1: float, y: float, high: float, number: int) -> None:
    for i in range(number):
        x = x0 + (x1 - x0) * (i + 0.5) / number
        up = 1 if i % 2 else -1
        pen.poly(
            [
                (x - 0.06, y - up * high),
                (x + 0.06, y - up * high),
                (x + pen.rng.uniform(-0.05, 0.05), y + up * high * 0.35),
            ],
            OUTLINE,
        )


def draw_cat(pen: Pen, colour: RGB) -> None:
    if pen.rng.random() < 0.35:
        return _cat_head(pen, 0, 0.18, 0.72, colour)
    if pen.rng.random() < 0.5:  # sitting
        pen.line([(0.35, 0.8), (0.8, 0.7), (0.85, 0.2)], colour, 0.14)
        pen.disc(0, 0.45, 0.48, 0.55, colour)
        return _cat_head(pen, 0, -0.3, 0.42, colour)
    pen.line([(0.6, 0.1), (0.92, -0.1), (0.85, -0.6)], colour, 0.13)
    for x in (-0.35, -0.12, 0.32, 0.55):
        pen.box(x - 0.08, 0.25, x + 0.08, 0.85, colour)
    pen.disc(0.12, 0.15, 0.62, 0.33, colour)
    return _cat_head(pen, -0.55, -0.22, 0.37, colour)


def draw_tiger(pen: Pen, colour: RGB) -> None:
    if pen.rng.random() < 0.4:
        return _cat_head(pen, 0, 0.1, 0.85, colour, tiger=True)
    pen.line([(0.68, 0), (0.95, -0.2), (0.92, -0.55)], colour, 0.13)
    pen.line([(0.93, -0.42), (0.92, -0.6)], OUTLINE, 0.13)
    lying = pen.rng.random() < 0.3
    for x in (-0.4, -0.15, 0.35, 0.6):
        pen.box(x - 0.09, 0.2, x + 0.09, 0.6 if lying else 0.88, colour)
        pen.box(x - 0.09, 0.42, x + 0.09, 0.5, OUTLINE)
    pen.disc(0.12, 0.1, 0.68, 0.36, colour)
    _stripes(pen, -0.35, 0.7, 0.1, 0.34, pen.rng.choice((6, 7, 8)))
    return _cat_head(pen, -0.55, -0.2, 0.42, colour, tiger=True)


def draw_dog(pen: Pen, colour: RGB) -> None:
    ear = darker(colour, 0.6) if sum(colour) > 150 else (90, 90, 90)

    def head(x, y, r):
        pen.disc(x, y, 0.85 * r, r, colour)
        for side in (-1, 1):
            pen.disc(x + side * 0.85 * r, y + 0.05 * r, 0.3 * r, 0.75 * r, ear)
        pen.disc(x, y + 0.5 * r, 0.5 * r, 0.38 * r, lighter(colour, 0.6))
        pen.disc(x, y + 0.3 * r, 0.2 * r, 0.14 * r, (15, 15, 15))
        for side in (-1, 1):
            _eye(pen, x + side * 0.35 * r, y - 0.2 * r, 0.12 * r)
        if pen.rng.random() < 0.5:
            pen.disc(x, y + 0.85 * r, 0.16 * r, 0.24 * r, (230, 80, 100))

    if pen.rng.random() < 0.4:
        return head(0, 0, 0.82)
    pen.line([(0.7, 0), (0.95, -0.45)], colour, 0.14)
    for x in (-0.4, -0.15, 0.4, 0.62):
        pen.box(x - 0.08, 0.2, x + 0.08, 0.88, colour)
    pen.disc(0.12, 0.12, 0.66, 0.32, colour)
    return head(-0.55, -0.25, 0.42)


def draw_rabbit(pen: Pen, colour: RGB) -> None:
    def head(x, y, r):
        for side in (-1, 1):
            pen.disc(x + side * 0.42 * r, y - 1.35 * r, 0.25 * r, 0.85 * r, colour)
            pen.disc(x + side * 0.42 * r, y - 1.35 * r, 0.11 * r, 0.6 * r, (250, 180, 195))
        pen.disc(x, y, r, 0.9 * r, colour)
        for side in (-1, 1):
            _eye(pen, x + side * 0.38 * r, y - 0.15 * r, 0.12 * r)
        pen.disc(x, y + 0.22 * r, 0.13 * r, 0.1 * r, (230, 100, 130))
        pen.box(x - 0.12 * r, y + 0.5 * r, x + 0.12 * r, y + 0.75 * r, (255, 255, 255))

    if pen.rng.random() < 0.4:
        return head(0, 0.4, 0.58)
    pen.disc(0.55, 0.6, 0.16, fill=lighter(colour))
    pen.disc(0.1, 0.5, 0.5, 0.42, colour)
    for x in (-0.2, 0.3):
        pen.disc(x, 0.88, 0.22, 0.1, colour)
    return head(-0.25, -0.05, 0.36)


def draw_fish(pen: Pen, colour: RGB) -> None:
    tail = pen.rng.choice((colour, darker(colour)))
    pen.poly([(0.45, 0), (0.98, -0.45), (0.85, 0), (0.98, 0.45)], tail)
    pen.poly([(-0.1, -0.3), (0.2, -0.72), (0.35, -0.25)], tail)
    pen.disc(-0.15, 0, 0.75, 0.45, colour)
    if pen.rng.random() < 0.4:
        for x in (-0.2, 0.1, 0.35):
            pen.line([(x, -0.25), (x + 0.06, 0), (x, 0.25)], darker(colour, 0.7), 0.05)
    pen.poly([(-0.05, 0.1), (0.25, 0.3), (0.2, 0)], tail)
    _eye(pen, -0.55, -0.1, 0.09)
    pen.line([(-0.85, 0.12), (-0.68, 0.17)], OUTLINE, 0.05)


def draw_bird(pen: Pen, colour: RGB) -> None:
    wing = darker(colour) if sum(colour) > 150 else (95, 95, 95)
    flying = pen.rng.random() < 0.4
    pen.poly([(0.4, 0.1), (0.97, -0.1), (0.92, 0.3)], wing)
    if not flying:
        for x in (-0.05, 0.15):
            pen.line([(x, 0.4), (x, 0.85), (x - 0.14, 0.88)], (220, 140, 20), 0.06)
    pen.disc(0.05, 0.15, 0.55, 0.36, colour)
    pen.disc(-0.45, -0.25, 0.3, fill=colour)
    pen.poly([(-0.7, -0.33), (-0.98, -0.2), (-0.68, -0.1)], (245, 160, 20))
    if flying:
        pen.poly([(-0.2, 0), (0.35, -0.95), (0.4, 0.05)], wing)
    else:
        pen.disc(0.15, 0.12, 0.32, 0.2, wing)
    _eye(pen, -0.5, -0.32, 0.065)


def draw_elephant(pen: Pen, colour: RGB) -> None:
    ear = darker(colour, 0.82)
    if pen.rng.random() < 0.35:  # from the front
        for side in (-1, 1):
            pen.disc(side * 0.62, -0.2, 0.38, 0.5, ear)
        pen.disc(0, -0.2, 0.5, 0.55, colour)
        pen.line([(0, 0), (0.02, 0.5), (0.1, 0.85)], colour, 0.26)
        for side in (-1, 1):
            _eye(pen, side * 0.2, -0.3, 0.06)
            pen.poly([(side * 0.2, 0.15), (side * 0.32, 0.15), (side * 0.36, 0.5)], (255, 255, 240))
        return
    pen.line([(0.75, 0), (0.93, 0.35)], colour, 0.06)
    for x in (-0.3, 0, 0.35, 0.6):
        pen.box(x - 0.12, 0.2, x + 0.12, 0.9, colour)
    pen.disc(0.2, 0, 0.62, 0.45, colour)
    pen.disc(-0.45, -0.2, 0.36, 0.36, colour)
    pen.line([(-0.7, -0.1), (-0.86, 0.3), (-0.82, 0.7), (-0.95, 0.75)], colour, 0.17)
    pen.disc(-0.25, -0.2, 0.24, 0.34, ear)
    pen.poly([(-0.68, 0.05), (-0.6, 0.12), (-0.88, 0.28)], (255, 255, 240))
    _eye(pen, -0.6, -0.3, 0.05)


# ---------------------------------------------------------------------------------------------- things of a scene


def draw_house(pen: Pen, colour: RGB) -> None:
    roof = vary(
        pen.rng, pen.rng.choice([c for c in ('red', 'brown', 'grey', 'blue', 'black') if vary(pen.rng, c) != colour])
    )
    pen.box(-0.72, -0.15, 0.72, 0.9, colour)
    if pen.rng.random() < 0.4:
        pen.box(0.35, -0.85, 0.55, -0.3, darker(roof))
    pen.poly([(-0.95, -0.12), (0, -0.95), (0.95, -0.12)], roof)
    door = pen.rng.choice(((110, 60, 20), (60, 60, 60), (250, 240, 220)))
    x = pen.rng.choice((-0.35, 0, 0.3))
    pen.box(x - 0.16, 0.35, x + 0.16, 0.9, door)
    glass = pen.rng.choice(((190, 225, 255), (255, 240, 150)))
    for wx in (-0.42, 0.45):
        if abs(wx - x) > 0.3:
            pen.box(wx - 0.15, 0.05, wx + 0.15, 0.33, glass)
            pen.line([(wx, 0.05), (wx, 0.33)], OUTLINE, 0.03)


def draw_tree(pen: Pen, colour: RGB) -> None:
    pen.box(-0.13, 0.1, 0.13, 0.95, vary(pen.rng, 'brown'))
    kind = pen.rng.random()
    if kind < 0.35:
        for y, w in ((0.35, 0.75), (-0.1, 0.6), (-0.5, 0.42)):
            pen.poly([(-w, y), (w, y), (0, y - 0.62)], colour)
    elif kind < 0.65:
        pen.disc(0, -0.3, 0.68, 0.62, colour)
    else:
        for x, y, r in ((-0.35, -0.1, 0.42), (0.35, -0.1, 0.42), (0, -0.5, 0.45), (0, -0.1, 0.45)):
            pen.disc(x, y, r, fill=colour)


def draw_sun(pen: Pen, colour: RGB) -> None:
    if pen.rng.random() < 0.8:
        for i in range(number := pen.rng.choice((8, 10, 12))):
            t = math.tau * i / number
            pen.line([(0.65 * math.cos(t), 0.65 * math.sin(t)), (0.97 * math.cos(t), 0.97 * math.sin(t))], colour, 0.09)
        pen.disc(0, 0, 0.52, fill=colour)
    else:
        pen.disc(0, 0, 0.7, fill=colour)


def draw_moon(pen: Pen, colour: RGB) -> None:
    """A crescent: half a circle on one side, a flatter bow on the other."""
    steps = [math.pi * i / 24 for i in range(25)]
    deep = pen.rng.uniform(-0.1, 0.45)
    outer = [(-0.85 * math.sin(t) + 0.3, -0.85 * math.cos(t)) for t in steps]
    inner = [(-0.85 * deep * math.sin(t) + 0.3, 0.85 * math.cos(t)) for t in steps[1:-1]]
    pen.poly(outer + inner, colour)


def draw_cloud(pen: Pen, colour: RGB) -> None:
    for x, y, r in ((-0.5, 0.15, 0.38), (0, -0.1, 0.5), (0.5, 0.15, 0.38), (0, 0.25, 0.4)):
        pen.disc(x, y, r, r * 0.85, colour)


def draw_boat(pen: Pen, colour: RGB) -> None:
    sail = vary(pen.rng, pen.rng.choice(('white', 'red', 'yellow', 'orange')))
    pen.line([(0, 0.4), (0, -0.95)], (90, 60, 30), 0.08)
    pen.poly([(0.08, -0.9), (0.75, 0.28), (0.08, 0.28)], sail)
    if pen.rng.random() < 0.6:
        pen.poly([(-0.08, -0.6), (-0.6, 0.28), (-0.08, 0.28)], sail)
    pen.poly([(-0.95, 0.4), (0.95, 0.4), (0.6, 0.88), (-0.6, 0.88)], colour)


def draw_flower(pen: Pen, colour: RGB) -> None:
    stem = vary(pen.rng, 'green')
    pen.line([(0, 0), (0.02, 0.95)], stem, 0.09)
    pen.poly([(0.02, 0.75), (0.45, 0.45), (0.3, 0.75)], stem)
    for i in range(number := pen.rng.choice((5, 6, 7))):
        t = math.tau * i / number
        pen.disc(0.36 * math.cos(t), -0.4 + 0.36 * math.sin(t), 0.26, fill=colour)
    middle = (250, 210, 50) if colour[2] > 90 or colour[1] < 120 else (120, 70, 30)
    pen.disc(0, -0.4, 0.22, fill=middle)


def draw_car(pen: Pen, colour: RGB) -> None:
    pen.poly([(-0.55, -0.1), (-0.35, -0.55), (0.35, -0.55), (0.6, -0.1)], colour)
    pen.poly([(-0.4, -0.12), (-0.27, -0.44), (-0.03, -0.44), (-0.03, -0.12)], (200, 230, 255))
    pen.poly([(0.43, -0.12), (0.28, -0.44), (0.05, -0.44), (0.05, -0.12)], (200, 230, 255))
    pen.box(-0.97, -0.12, 0.97, 0.35, colour)
    for x in (-0.5, 0.5):
        pen.disc(x, 0.38, 0.24, fill=OUTLINE)
        pen.disc(x, 0.38, 0.11, fill=(190, 190, 190))


def draw_mountain(pen: Pen, colour: RGB) -> None:
    peak = pen.rng.uniform(-0.2, 0.2)
    pen.poly([(-1, 0.8), (peak, -0.85), (1, 0.8)], colour)
    if pen.rng.random() < 0.7:
        pen.poly(
            [(peak - 0.24, -0.46), (peak, -0.85), (peak + 0.24, -0.46), (peak + 0.05, -0.36), (peak - 0.08, -0.5)],
            (255, 255, 255),
        )


DRAWERS = {
    name.removeprefix('draw_'): function
    for name, function in list(globals().items())
    if name.startswith('draw_') and name != 'draw_shape'
}


# ---------------------------------------------------------------------------------------------- digits and letters

# As a hand writes them: strokes in [-1, 1]².
STROKES: dict[str, list[list[Point]]] = {
    '0': [[(0, -1), (-0.5, -0.7), (-0.6, 0), (-0.5, 0.7), (0, 1), (0.5, 0.7), (0.6, 0), (0.5, -0.7), (0, -1)]],
    '1': [[(-0.35, -0.6), (0.05, -1), (0.05, 1)]],
    '2': [[(-0.55, -0.6), (-0.3, -0.95), (0.2, -1), (0.55, -0.65), (0.45, -0.2), (-0.6, 1), (0.65, 1)]],
    '3': [[(-0.5, -0.9), (0.1, -1), (0.5, -0.65), (0.35, -0.2), (-0.1, -0.05), (0.45, 0.15), (0.6, 0.55), (0.2, 1), (-0.55, 0.85)]],
    '4': [[(0.15, -1), (-0.65, 0.35), (0.7, 0.35)], [(0.3, -0.35), (0.3, 1)]],
    '5': [[(0.55, -1), (-0.4, -1), (-0.5, -0.1), (0.1, -0.25), (0.6, 0.2), (0.45, 0.8), (-0.1, 1), (-0.6, 0.8)]],
    '6': [[(0.45, -0.95), (-0.2, -0.6), (-0.6, 0.2), (-0.4, 0.85), (0.1, 1), (0.55, 0.65), (0.5, 0.15), (0.1, -0.1), (-0.5, 0.25)]],
    '7': [[(-0.6, -1), (0.6, -1), (-0.15, 1)]],
    '8': [[(0, -0.05), (-0.48, -0.45), (-0.3, -0.92), (0.3, -0.92), (0.48, -0.45), (0, -0.05), (-0.58, 0.45), (-0.3, 0.97), (0.3, 0.97), (0.58, 0.45), (0, -0.05)]],
    '9': [[(0.5, -0.5), (0.2, -0.95), (-0.3, -0.9), (-0.55, -0.45), (-0.3, -0.05), (0.2, -0.1), (0.5, -0.5), (0.5, 0.2), (0.3, 1)]],
    'A': [[(-0.7, 1), (0, -1), (0.7, 1)], [(-0.42, 0.25), (0.42, 0.25)]],
    'B': [[(-0.5, -1), (-0.5, 1), (0.25, 0.95), (0.6, 0.5), (0.2, 0.02), (-0.5, 0)], [(-0.5, -1), (0.2, -0.95), (0.5, -0.5), (0.2, 0.02)]],
    'C': [[(0.6, -0.65), (0.15, -1), (-0.4, -0.75), (-0.65, 0), (-0.4, 0.75), (0.15, 1), (0.6, 0.65)]],
    'D': [[(-0.55, -1), (-0.55, 1), (0, 0.95), (0.5, 0.5), (0.6, 0), (0.5, -0.5), (0, -0.95), (-0.55, -1)]],
    'E': [[(0.55, -1), (-0.5, -1), (-0.5, 1), (0.55, 1)], [(-0.5, 0), (0.4, 0)]],
    'F': [[(0.55, -1), (-0.5, -1), (-0.5, 1)], [(-0.5, 0), (0.4, 0)]],
    'G': [[(0.6, -0.65), (0.15, -1), (-0.4, -0.75), (-0.65, 0), (-0.4, 0.75), (0.1, 1), (0.6, 0.7), (0.62, 0.1)], [(0.15, 0.1), (0.75, 0.1)]],
    'H': [[(-0.55, -1), (-0.55, 1)], [(0.55, -1), (0.55, 1)], [(-0.55, 0), (0.55, 0)]],
    'J': [[(0.4, -1), (0.4, 0.5), (0.15, 0.95), (-0.3, 0.95), (-0.55, 0.5)]],
    'K': [[(-0.5, -1), (-0.5, 1)], [(0.55, -1), (-0.5, 0.15)], [(-0.2, -0.1), (0.6, 1)]],
    'L': [[(-0.5, -1), (-0.5, 1), (0.55, 1)]],
    'M': [[(-0.75, 1), (-0.65, -1), (0, 0.4), (0.65, -1), (0.75, 1)]],
    'N': [[(-0.55, 1), (-0.55, -1), (0.55, 1), (0.55, -1)]],
    'P': [[(-0.5, 1), (-0.5, -1), (0.25, -0.95), (0.6, -0.5), (0.25, -0.05), (-0.5, 0)]],
    'Q': [[(0, -1), (-0.6, -0.6), (-0.7, 0), (-0.6, 0.6), (0, 1), (0.6, 0.6), (0.7, 0), (0.6, -0.6), (0, -1)], [(0.2, 0.45), (0.75, 1.05)]],
    'R': [[(-0.5, 1), (-0.5, -1), (0.25, -0.95), (0.58, -0.5), (0.25, -0.05), (-0.5, 0)], [(0, 0), (0.6, 1)]],
    'S': [[(0.55, -0.75), (0.1, -1), (-0.45, -0.8), (-0.45, -0.3), (0.35, 0.15), (0.55, 0.6), (0.1, 1), (-0.55, 0.75)]],
    'T': [[(-0.7, -1), (0.7, -1)], [(0, -1), (0, 1)]],
    'U': [[(-0.55, -1), (-0.55, 0.35), (-0.3, 0.9), (0.3, 0.9), (0.55, 0.35), (0.55, -1)]],
    'V': [[(-0.65, -1), (0, 1), (0.65, -1)]],
    'W': [[(-0.85, -1), (-0.45, 1), (0, -0.5), (0.45, 1), (0.85, -1)]],
    'X': [[(-0.6, -1), (0.6, 1)], [(0.6, -1), (-0.6, 1)]],
    'Y': [[(-0.6, -1), (0, 0.05), (0.6, -1)], [(0, 0.05), (0, 1)]],
    'Z': [[(-0.6, -1), (0.6, -1), (-0.6, 1), (0.6, 1)]],
}  # fmt: skip
ANGULAR = '147AEFHKLMNTVWXYZ'  # drawn with straight lines


@functools.lru_cache(256)
def font(name: str, size: int) -> ImageFont.FreeTypeFont:
    """A font of matplotlib's, or Pillow's own where that is missing."""
    folder = font_folder()
    if name == 'default' or folder is None or not (folder / f'{name}.ttf').exists():
        return ImageFont.load_default(size)
    return ImageFont.truetype(str(folder / f'{name}.ttf'), size)


@functools.lru_cache(1)
def font_folder() -> pathlib.Path | None:
    try:
        import matplotlib
    except ImportError:
        return None
    return pathlib.Path(matplotlib.get_data_path()) / 'fonts' / 'ttf'


def _smooth(points: list[Point], number: int = 5) -> list[Point]:
    """A Catmull-Rom curve through `points`."""
    ends = [points[0], *points, points[-1]]
    made = []
    for a, b, c, d in zip(ends, ends[1:], ends[2:], ends[3:], strict=False):
        for i in range(number):
            t = i / number
            made.append(
                tuple(
                    0.5 * (2 * q + (r - p) * t + (2 * p - 5 * q + 4 * r - s) * t * t + (3 * q - p - 3 * r + s) * t**3)
                    for p, q, r, s in zip(a, b, c, d, strict=True)
                )
            )
    return [*made, points[-1]]


def _leaning(mask: Image.Image, turn: float, lean: float, wide: float) -> Image.Image:
    """Stretched, then sheared, then turned (radians), as large as it must be to hold it all."""
    there = np.array([[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]])
    there = there @ [[wide, -lean], [0, 1]]
    width, height = (math.ceil(x) for x in np.abs(there) @ mask.size)
    back = np.linalg.inv(there)
    shift = np.array(mask.size) / 2 - back @ [width / 2, height / 2]
    matrix = (*back[0], shift[0], *back[1], shift[1])
    return mask.transform((width, height), Image.Transform.AFFINE, matrix, Image.Resampling.BILINEAR)


def draw_glyph(image: Image.Image, pen: Pen, glyph: str, colour: RGB, held_out: bool) -> None:
    """A digit or letter about as high as the pen's square, written by hand or in a font that may lean, stretch or be
    thicker than it is."""
    rng = pen.rng
    pen.side = 1  # a mirrored sign is another sign
    if rng.random() < (0.4 if glyph in DIGITS else 0.25):
        pen.bend = rng.uniform(0.02, 0.07)
        pen.phases = [rng.uniform(0, 6.28) for _ in range(4)]
        width = rng.uniform(0.13, 0.32)
        for stroke in STROKES[glyph]:
            pen.line(stroke if glyph in ANGULAR else _smooth(stroke), colour, width)
        return
    name = rng.choice(HELD_OUT_FONTS if held_out else TRAINING_FONTS)
    face = font(name, max(16, round(pen.ry * 2.5 / 8) * 8))
    thicker = round(pen.ry * rng.uniform(0.01, 0.06)) if rng.random() < 0.3 else 0
    left, top, right, bottom = face.getbbox(glyph, stroke_width=thicker)
    mask = Image.new('L', (math.ceil(right - left) + 8, math.ceil(bottom - top) + 8))
    ImageDraw.Draw(mask).text((4 - left, 4 - top), glyph, 255, face, stroke_width=thicker)
    if rng.random() < 0.75:
        turn = math.radians(rng.uniform(-14, 14)) if rng.random() < 0.65 else 0.0
        lean = rng.uniform(-0.22, 0.22) if rng.random() < 0.5 else 0.0
        wide = rng.uniform(0.75, 1.3) if rng.random() < 0.5 else 1.0
        mask = _leaning(mask, turn, lean, wide)
    image.paste(colour, (round(pen.x - mask.width / 2), round(pen.y - mask.height / 2)), mask)


def finish(image: Image.Image) -> np.ndarray:
    """Half as wide and high: uint8 [size, size, 3]."""
    return np.asarray(image.reduce(2))
