"""The bars, as SVG for a page and as text for where no widget runs."""

import html
import unicodedata
from collections.abc import Sequence

from lessons.pictures.shapes import PALETTE
from translations.messages import shown

from .rows import Row, per_cent

_ROW, _TOP, _WIDTH = 21, 30, 640  # units of the picture
_NAME, _BEFORE, _AFTER, _LONGEST, _DRAWN = 118, 128, 346, 150, 634  # where columns begin or end; the longest bar
_COLOUR = {name: light for name, (light, _) in PALETTE.items()}
_BLOCKS = 12  # characters of the longest bar in text


def svg(rows: Sequence[Row], summary: str) -> str:
    """Bars to the right, the same scale in both columns; `summary` is what a screen reader says of them."""
    height, scale = _TOP + _ROW * len(rows) + 6, _LONGEST / _most(rows)
    head = zip((_NAME, _BEFORE, _AFTER, _DRAWN), ('end', 'start', 'start', 'end'), _heads(), strict=True)
    parts = [_text(x, 18, words, 'ink', anchor, bold=True) for x, anchor, words in head]
    for number, row in enumerate(rows):
        y = _TOP + _ROW * number
        parts.append(_text(_NAME, y + 15, _cropped(row.name, 12), 'violet_line' if row.answered else 'ink', 'end'))
        for x, p, colour in ((_BEFORE, row.before, 'rule'), (_AFTER, row.after, 'blue_line')):
            if x == _AFTER and row.cut_by:
                parts.append(_text(x, y + 15, _cut(row), 'red_line'))
                continue
            width = max(0.5, p * scale) if p else 0
            parts.append(f'<rect x="{x}" y="{y + 2}" width="{width:.1f}" height="16" fill="{_COLOUR[colour]}"/>')
            parts.append(_text(f'{x + width + 5:.1f}', y + 15, per_cent(p), 'ink'))
        if row.drawn:
            parts.append(_text(_DRAWN, y + 15, f'{row.drawn} ×', 'green_line', 'end', bold=True))
    return (
        f'<svg viewBox="0 0 {_WIDTH} {height}" role="img" aria-label="{html.escape(summary)}" font-size="16" '
        f'font-family="system-ui,sans-serif" style="display:block;width:100%;max-width:760px;background:#fff">'
        f'{"".join(parts)}</svg>'
    )


def as_text(rows: Sequence[Row]) -> str:
    """The same as a table of characters, for a terminal or a page without scripts."""
    scale = _BLOCKS / _most(rows)
    table = [_heads()]
    for row in rows:
        before, after = (f'{per_cent(p):>6} {"█" * round(p * scale)}' for p in (row.before, row.after))
        table.append((_cropped(row.name, 14), before, _cut(row) if row.cut_by else after, str(row.drawn or '')))
    widths = [max(map(_width, column)) for column in zip(*table, strict=True)]
    lines = (
        '  '.join(cell + ' ' * (w - _width(cell)) for cell, w in zip(cells, widths, strict=True)) for cells in table
    )
    return '\n'.join(line.rstrip() for line in lines)


def _heads() -> tuple[str, str, str, str]:
    return shown('token'), shown('before'), shown('after'), shown('drawn')


def _cut(row: Row) -> str:
    return shown(f'cut off by {row.cut_by}')


def _most(rows: Sequence[Row]) -> float:
    return max(p for row in rows for p in (row.before, row.after))


def _text(x, y, words: str, colour: str, anchor: str = 'start', bold: bool = False) -> str:
    more = (f' text-anchor="{anchor}"' if anchor != 'start' else '') + (' font-weight="bold"' if bold else '')
    return f'<text x="{x}" y="{y}" fill="{_COLOUR[colour]}"{more}>{html.escape(words)}</text>'


def _width(words: str) -> int:
    """In columns of a terminal: Chinese takes two."""
    return sum(1 + (unicodedata.east_asian_width(letter) in 'WF') for letter in words)


def _cropped(words: str, columns: int) -> str:
    if _width(words) <= columns:
        return words
    while _width(words) > columns - 1:
        words = words[:-1]
    return words + '…'
