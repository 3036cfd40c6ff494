"""The notes as PDF, drawn by matplotlib: it needs no browser, and the text in it can be searched and copied."""

import io
from pathlib import Path

from .fonts import FONT, mono, printable, runs, text_width, wrap
from .report import Block, blocks
from .words import say

_WIDTH, _HEIGHT, _MARGIN = 595.0, 842.0, 48.0  # A4, in points
_INK, _SOFT, _ACCENT, _GROUND, _LINE = '#1a1a1a', '#666666', '#2b5fb8', '#f5f7fa', '#d8dce3'
# kind → size, colour, space above
_STYLES = {
    'title': (20, _INK, 0),
    'part': (15, _ACCENT, 18),
    'section': (13, _INK, 14),
    'label': (10, _SOFT, 9),
    'text': (10, _INK, 5),
    'link': (10, _ACCENT, 5),
    'quote': (10, _INK, 5),
    'code': (8, _INK, 5),
    'table': (8, _INK, 5),
}
_LEADING = 1.45
_PICTURE_MOST = 0.75  # of a page's height


def pdf(submission: dict, files: dict[str, bytes]) -> bytes:
    """The notes of a submission as PDF, A4.

    Args:
        files: the pictures by their names in the archive.
    """
    import matplotlib
    from matplotlib.backends.backend_pdf import PdfPages

    buffer = io.BytesIO()
    title = f'{say("homework", submission["language"])} · {submission["name"]}'
    told = {'Title': title, 'Author': submission['name'], 'Creator': None, 'Producer': None, 'CreationDate': None}
    with matplotlib.rc_context({'pdf.fonttype': 42, 'pdf.compression': 9}), PdfPages(buffer, metadata=told) as pages:
        writer = _Writer(pages)
        for block in blocks(submission):
            writer.write(block, files)
        writer.end()
    return buffer.getvalue()


class _Writer:
    """Fills pages from top to bottom."""

    def __init__(self, pages):
        self._pages, self._figure, self._y, self._number = pages, None, 0.0, 0
        self._label: Block | None = None  # stands on the page of what follows it

    def write(self, block: Block, files: dict[str, bytes]) -> None:
        match block.kind:
            case 'label':
                self._label = block
            case 'picture':
                self._picture(files[block.file], block.text)
            case 'table':
                self._table(block.rows)
            case _:
                self._text(block)

    def end(self) -> None:
        if self._figure is None:
            return
        self._line(f'{self._number}', _WIDTH / 2 - 3, 22, 8, _SOFT)
        self._pages.savefig(self._figure)
        self._figure = None

    def _room(self, height: float) -> None:
        """Begin a new page if `height` points, and a label above, do not fit on this one; write the label."""
        label, self._label = self._label, None
        needed = height + 30 * (label is not None)
        if self._figure is None or self._y - needed < _MARGIN:
            self._new_page()
        if label is not None:
            self._text(label)

    def _new_page(self) -> None:
        from matplotlib.figure import Figure

        self.end()
        self._figure = Figure(figsize=(_WIDTH / 72, _HEIGHT / 72))
        self._y, self._number = _HEIGHT - _MARGIN, self._number + 1

    def _text(self, block: Block) -> None:
        size, colour, above = _STYLES[block.kind]
        first = mono() if block.kind == 'code' else FONT
        inset = 10 if block.kind in ('quote', 'code') else 0
        text = block.text if block.kind != 'link' else f'{block.text}: {block.file}'
        lines = wrap(text, _WIDTH - 2 * _MARGIN - inset, lambda piece: text_width(piece, size, first))
        keep = 60 if block.kind in ('part', 'section') else 0  # a heading is not left alone below
        self._room(above + size * _LEADING + keep)
        self._y -= above
        for line in lines:
            self._room(size * _LEADING)
            self._y -= size * _LEADING
            if inset:
                self._box(_MARGIN, self._y - size * 0.3, _WIDTH - 2 * _MARGIN, size * _LEADING, _GROUND)
                if block.kind == 'quote':
                    self._box(_MARGIN, self._y - size * 0.3, 2.5, size * _LEADING, _ACCENT)
            self._line(line, _MARGIN + inset, self._y, size, colour, first)

    def _table(self, rows) -> None:
        size, colour, above = _STYLES['table']
        rows = [[printable(cell).replace('\n', ' ') for cell in row] for row in rows]
        widths = [max(text_width(row[i], size) for row in rows) + 10 for i in range(len(rows[0]))]
        wide = sum(widths)
        scale = min(1.0, (_WIDTH - 2 * _MARGIN) / wide)
        size *= scale
        self._room(above + len(rows[:4]) * size * 1.8)
        self._y -= above
        for number, row in enumerate(rows):
            self._room(size * 1.8)
            self._y -= size * 1.8
            at = _MARGIN
            for cell, width in zip(row, widths, strict=True):
                self._line(cell, at, self._y, size, _SOFT if number == 0 else colour)
                at += width * scale
            self._box(_MARGIN, self._y - size * 0.5, wide * scale, 0.4, _LINE)

    def _picture(self, content: bytes, caption: str) -> None:
        from PIL import Image

        with Image.open(io.BytesIO(content)) as image:
            pixels = image.convert('RGB')
        width = min(_WIDTH - 2 * _MARGIN, pixels.width * 0.6)
        height = width * pixels.height / pixels.width
        if height > _HEIGHT * _PICTURE_MOST:
            width, height = width * _HEIGHT * _PICTURE_MOST / height, _HEIGHT * _PICTURE_MOST
        self._room(height + 24)
        self._y -= height + 6
        axes = self._figure.add_axes((_MARGIN / _WIDTH, self._y / _HEIGHT, width / _WIDTH, height / _HEIGHT))
        axes.imshow(pixels, aspect='auto', interpolation='none')
        axes.axis('off')
        self._y -= 12
        self._line(caption[:110], _MARGIN, self._y, 8, _SOFT)

    def _line(self, text: str, x: float, y: float, size: float, colour: str, first: Path = FONT) -> None:
        from matplotlib.font_manager import FontProperties
        from matplotlib.patches import PathPatch
        from matplotlib.textpath import TextPath
        from matplotlib.transforms import Affine2D

        for path, piece in runs(printable(text), first):
            properties = FontProperties(fname=str(path), size=size)
            if path in (FONT, mono()) or 'DejaVu' in path.name:
                place = x / _WIDTH, y / _HEIGHT
                self._figure.text(
                    *place, piece, fontproperties=properties, color=colour, parse_math=False, va='baseline'
                )
            else:  # matplotlib embeds TrueType outlines only; others it can draw
                outline = TextPath((x, y), piece, prop=properties).transformed(
                    Affine2D().scale(1 / _WIDTH, 1 / _HEIGHT)
                )
                self._figure.add_artist(PathPatch(outline, facecolor=colour, edgecolor='none', linewidth=0))
            x += text_width(piece, size, first)

    def _box(self, x: float, y: float, width: float, height: float, colour: str) -> None:
        from matplotlib.patches import Rectangle

        place = (x / _WIDTH, y / _HEIGHT), width / _WIDTH, height / _HEIGHT
        self._figure.add_artist(Rectangle(*place, facecolor=colour, edgecolor='none', linewidth=0))
