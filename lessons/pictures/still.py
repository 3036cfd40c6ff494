"""One step as a PNG, for where nothing moves: a code host, an untrusted notebook, LaTeX."""

import io
from itertools import pairwise
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from lessons.pictures.shapes import PALETTE, Shape
from lessons.pictures.words import in_language

# Latin and Chinese, drawn alike on every machine.
FONT = Path(__file__).resolve().parents[2] / 'homework' / 'collect' / 'fonts' / 'CourseSansSC.ttf'
PIXELS, FINER, COLOURS = 1.5, 2, 24  # pixels of the PNG for a unit; drawn this much finer, and made smaller


def png(shapes: list[Shape], width: int, height: int, language: str) -> bytes:
    """The shapes on light paper."""
    scale = PIXELS * FINER
    image = Image.new('RGB', (round(width * scale), round(height * scale)), PALETTE['paper'][0])
    draw = ImageDraw.Draw(image)
    for shape in shapes:
        _draw(draw, shape, scale, language)
    image = image.resize((round(width * PIXELS), round(height * PIXELS)), Image.Resampling.BOX)
    out = io.BytesIO()
    image.quantize(COLOURS, dither=Image.Dither.NONE).save(out, 'PNG', optimize=True)
    return out.getvalue()


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
                _dashes(draw, start, end, stroke, thick, scale)
        else:
            box = x - half, y - half, max(x + w + half, x), max(y + h + half, y)
            draw.rounded_rectangle(box, a.get('rx', 0) * scale, fill, stroke, thick if stroke else 0)
    elif shape.tag == 'line':
        start, end = (a['x1'] * scale, a['y1'] * scale), (a['x2'] * scale, a['y2'] * scale)
        if 'stroke-dasharray' in a:
            _dashes(draw, start, end, stroke, thick, scale)
        else:
            draw.line((start, end), stroke, thick)
    elif shape.tag == 'circle':
        draw.circle((a['cx'] * scale, a['cy'] * scale), a['r'] * scale, fill, stroke, thick if stroke else 0)
    else:
        points = [tuple(float(n) * scale for n in pair.split(',')) for pair in a['points'].split()]
        draw.polygon(points, fill, stroke, thick if stroke else 0)


def _dashes(draw, start, end, colour, thick, scale) -> None:
    (x1, y1), (x2, y2) = start, end
    length = ((x2 - x1) ** 2 + (y2 - y1) ** 2) ** 0.5
    at = 0.0
    while at < length:
        a, b = at / length, min(at + 5 * scale, length) / length
        draw.line((x1 + a * (x2 - x1), y1 + a * (y2 - y1), x1 + b * (x2 - x1), y1 + b * (y2 - y1)), colour, thick)
        at += 9 * scale
