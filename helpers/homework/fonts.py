"""Text in any language on any machine: the course brings a font for Chinese, and takes others for what it lacks."""

import functools
import unicodedata
from collections.abc import Callable
from pathlib import Path

FONT = Path(__file__).resolve().parent / 'fonts' / 'CourseSansSC.ttf'  # Latin and GB 2312
MISSING = '□'
_NOT_FIRST = set('，。！？；：、）】》”’…,.!?;:)]}%')  # no line begins with one of these
_NOT_LAST = set('（《【“‘')  # and none ends with one of these
_MEASURED_AT = 40


def fallbacks() -> list[Path]:
    """Fonts for characters that the course's lacks: matplotlib's own, then those of this machine for many scripts."""
    import matplotlib

    own = Path(matplotlib.get_data_path()) / 'fonts' / 'ttf' / 'DejaVuSans.ttf'
    return [own, *_systems_fonts()]


@functools.cache
def _systems_fonts() -> tuple[Path, ...]:
    from matplotlib import font_manager

    wanted = (
        'notosanscjk-regular',
        'notosanssc',
        'sourcehansans',
        'wqy',
        'droidsansfallback',
        'msyh',
        'simsun',
        'unifont',
    )
    found = [Path(name) for name in font_manager.findSystemFonts()]
    return tuple(sorted(path for path in found if any(word in path.name.lower() for word in wanted)))


@functools.cache
def mono() -> Path:
    """For code: matplotlib's own."""
    import matplotlib

    return Path(matplotlib.get_data_path()) / 'fonts' / 'ttf' / 'DejaVuSansMono.ttf'


@functools.cache
def _covered(path: Path) -> frozenset[int]:
    from matplotlib.ft2font import FT2Font

    try:
        return frozenset(FT2Font(str(path)).get_charmap())
    except (OSError, RuntimeError):  # a font that FreeType cannot read
        return frozenset()


@functools.cache
def font_of(character: str, first: Path = FONT) -> Path | None:
    """The font to draw a character with; None where none has it."""
    for path in dict.fromkeys((first, FONT)):
        if ord(character) in _covered(path):
            return path
    return next((path for path in fallbacks() if ord(character) in _covered(path)), None)


def printable(text: str) -> str:
    """Without what cannot be drawn, or would turn the line around: controls, marks of direction, lone surrogates."""
    text = text.replace('\t', '    ').replace('\r\n', '\n').replace('\r', '\n')
    return ''.join(c for c in text if c == '\n' or unicodedata.category(c) not in ('Cc', 'Cf', 'Cs'))


def runs(text: str, first: Path = FONT) -> list[tuple[Path, str]]:
    """The text in pieces, each with the font that has its characters."""
    pieces: list[tuple[Path, str]] = []
    for character in text:
        path = font_of(character, first)
        if path is None:
            path, character = FONT, MISSING
        if pieces and pieces[-1][0] == path:
            pieces[-1] = path, pieces[-1][1] + character
        else:
            pieces.append((path, character))
    return pieces


@functools.cache
def pil_font(path: Path, size: float):
    from PIL import ImageFont

    return ImageFont.truetype(str(path), size)


@functools.cache
def _advance(character: str, first: Path) -> float:
    """Of one character, for a size of one."""
    path = font_of(character, first)
    return pil_font(path or FONT, _MEASURED_AT).getlength(character if path else MISSING) / _MEASURED_AT


def text_width(text: str, size: float, first: Path = FONT) -> float:
    """In the unit of `size`, without kerning."""
    return sum(_advance(character, first) for character in text) * size


def wrap(text: str, width: float, measure: Callable[[str], float]) -> list[str]:
    """Lines no wider than `width`: between words, within Chinese anywhere, within a word that is too long."""
    lines = []
    for paragraph in printable(text).split('\n'):
        line = ''
        for piece in _pieces(paragraph):
            if line and measure(line + piece.rstrip()) > width and piece not in _NOT_FIRST:
                lines.append(line.rstrip())
                line, piece = '', piece.lstrip()
            while len(piece) > 1 and measure(line + piece.rstrip()) > width:  # one word, longer than a line
                fits = next(n for n in range(len(piece) - 1, 0, -1) if n == 1 or measure(line + piece[:n]) <= width)
                lines.append(line + piece[:fits])
                line, piece = '', piece[fits:]
            line += piece
        lines.append(line.rstrip())
    return lines


def _pieces(text: str) -> list[str]:
    """What stays together on a line: words with their blank, wide characters one by one, with what must not part."""
    pieces, word = [], ''
    for character in text:
        wide = unicodedata.east_asian_width(character) in 'WF' or character in '“”‘’…'
        if wide and word and word not in _NOT_LAST:
            pieces.append(word)
            word = ''
        word += character
        if character == ' ' or (wide and character not in _NOT_LAST):
            pieces.append(word)
            word = ''
    return pieces + [word] * bool(word)
