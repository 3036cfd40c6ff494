"""One step as a PNG, for where nothing moves: a code host, an untrusted notebook, LaTeX."""

import base64
import io
from itertools import pairwise
from math import ceil
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from lessons.pictures.shapes import DATA_URL, PALETTE, Shape
from lessons.pictures.words import in_language

# Latin and Chinese, drawn alike on every machine.
FONT = Path(__file__).resolve().parents[2] / 'homework' / 'collect' / 'fonts' / 'CourseSansSC.ttf'
PIXELS, FINER, COLOURS = 1.5, 2, 24  # pixels of the PNG for a unit; drawn this much finer, and made smaller
PICTURE_COLOURS = 12  # of a picture of pixels in it
EDGES = 1, 0.67, 0.33
ALIKE = 12  # so near to another colour, one would be taken for the other
DARK = 480  # less of red, green and blue together is a letter or a line, which has edges


def png(shapes: list[Shape], width: int, height: int, language: str) -> bytes:
    """The shapes on light paper."""
    image = _drawn(shapes, width, height, language)
    if any(shape.tag == 'image' for shape in shapes):
        own = Image.new('P', (1, 1))
        own.putpalette(_colours(shapes))
        image = image.quantize(palette=own, dither=Image.Dither.NONE)
    else:
        image = image.quantize(COLOURS, dither=Image.Dither.NONE)
    out = io.BytesIO()
    image.save(out, 'PNG', optimize=True)
    return out.getvalue()


def _drawn(shapes: list[Shape], width: int, height: int, language: str) -> Image.Image:
    scale = PIXELS * FINER
    image = Image.new('RGB', (round(width * scale), round(height * scale)), PALETTE['paper'][0])
    draw = ImageDraw.Draw(image)
    for shape in shapes:
        if shape.tag == 'image':
            _paste(image, shape, scale)
        else:
            _draw(draw, shape, scale, language)
    return image.resize((round(width * PIXELS), round(height * PIXELS)), Image.Resampling.BOX)


def _colours(shapes: list[Shape]) -> list[int]:
    """The shapes' own colours and their edges', however little is seen of them, and some of each picture of pixels."""
    named = {value: None for shape in shapes for name, value in shape.attributes if name in ('fill', 'stroke')}
    light = [PALETTE['paper'][0], *(PALETTE[name][0] for name in named if name != 'none')]
    paper, *others = dict.fromkeys(tuple(bytes.fromhex(colour[1:])) for colour in light)
    found = [paper]
    for colour in others:
        for share in EDGES if sum(colour) < DARK else (1,):
            found.append(tuple(round(share * c + (1 - share) * p) for c, p in zip(colour, paper, strict=True)))
    for shape in shapes:
        if shape.tag == 'image':
            theirs = _pixels(shape).quantize(PICTURE_COLOURS).getpalette()
            for colour in zip(theirs[::3], theirs[1::3], theirs[2::3], strict=True):
                if all(max(abs(a - b) for a, b in zip(colour, one, strict=True)) > ALIKE for one in found):
                    found.append(colour)
    return [part for colour in found for part in colour]


def _pixels(shape: Shape) -> Image.Image:
    data = dict(shape.attributes)['href'].removeprefix(DATA_URL)
    return Image.open(io.BytesIO(base64.b64decode(data))).convert('RGB')


def _paste(image: Image.Image, shape: Shape, scale: float) -> None:
    a = dict(shape.attributes)
    left, top, right, bottom = (round(n * scale) for n in (a['x'], a['y'], a['x'] + a['width'], a['y'] + a['height']))
    image.paste(_pixels(shape).resize((right - left, bottom - top), Image.Resampling.NEAREST), (left, top))


def _draw(draw: ImageDraw.ImageDraw, shape: Shape, scale: float, language: str) -> None:
    a = dict(shape.attributes)
    fill, stroke = (PALETTE[a[n]][0] if a.get(n, 'none') != 'none' else None for n in ('fill', 'stroke'))
    thick = max(1, round(a.get('stroke-width', 1) * scale))
    if shape.tag == 'text':
        size = a['font-size'] * scale
        anchor = {'start': 'ls', 'middle': 'ms', 'end': 'rs'}[a.get('text-anchor', 'start')]
        weight = round(size / 30) if a.get('font-weight') == 'bold' else 0  # the font has one weight
        at = a['x'] * scale, a['y'] * scale
        font = ImageFont.truetype(FONT, size)
        draw.text(at, in_language(shape.words, language), fill, font, anchor, stroke_width=weight, stroke_fill=fill)
    elif shape.tag == 'rect':
        x, y, w, h = (a[n] * scale for n in ('x', 'y', 'width', 'height'))
        half = thick / 2 if stroke else 0  # SVG draws an outline to both sides
        if 'stroke-dasharray' in a:
            if fill:
                draw.rectangle((x, y, x + w, y + h), fill)
            corners = (x, y), (x + w, y), (x + w, y + h), (x, y + h), (x, y)
            for start, end in pairwise(corners):
                _dashes(draw, start, end, stroke, thick, scale, a['stroke-dasharray'])
        else:
            box = x - half, y - half, max(x + w + half, x), max(y + h + half, y)
            draw.rounded_rectangle(box, a.get('rx', 0) * scale, fill, stroke, thick if stroke else 0)
    elif shape.tag == 'line':
        start, end = (a['x1'] * scale, a['y1'] * scale), (a['x2'] * scale, a['y2'] * scale)
        if 'stroke-dasharray' in a:
            _dashes(draw, start, end, stroke, thick, scale, a['stroke-dasharray'])
        else:
            draw.line((start, end), stroke, thick)
    elif shape.tag == 'circle':
        draw.circle((a['cx'] * scale, a['cy'] * scale), a['r'] * scale, fill, stroke, thick if stroke else 0)
    else:
        points = [tuple(float(n) * scale for n in pair.split(',')) for pair in a['points'].split()]
        draw.polygon(points, fill, stroke, thick if stroke else 0)


def _dashes(draw, start, end, colour, thick, scale, dash: str) -> None:
    (x1, y1), (x2, y2) = start, end
    on, off = (float(n) * scale for n in dash.split())
    length = ((x2 - x1) ** 2 + (y2 - y1) ** 2) ** 0.5
    for n in range(ceil(length / (on + off))):
        at = n * (on + off)
        a, b = at / length, min(at + on, length) / length
        draw.line((x1 + a * (x2 - x1), y1 + a * (y2 - y1), x1 + b * (x2 - x1), y1 + b * (y2 - y1)), colour, thick)
