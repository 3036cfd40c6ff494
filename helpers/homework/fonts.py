"""Text in any language on any machine: the course brings a font for Chinese, and takes others for what it lacks."""

import functools
import unicodedata
from collections.abc import Callable
from pathlib import Path

FONT = Path(__file__).resolve().parent / 'fonts' / 'CourseSansSC.ttf'  # Latin and GB 2312
MISSING = '□'
_NOT_FIRST = set('，。！？；：、）】》”’…,.!?;:)]}%')  # no line begins with one of these
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


def text_width(text: str, size: float, first: Path = FONT) -> float:
    """In the unit of `size`."""
    scale = size / _MEASURED_AT
    return sum(pil_font(path, _MEASURED_AT).getlength(piece) for path, piece in runs(text, first)) * scale


def wrap(text: str, width: float, measure: Callable[[str], float]) -> list[str]:
    """Lines no wider than `width`: between words, within Chinese anywhere, within a word that is too long."""
    lines = []
    for paragraph in printable(text).split('\n'):
        line = ''
        for piece in _pieces(paragraph):
            if line and measure(line + piece) > width and piece not in _NOT_FIRST:
                lines.append(line.rstrip())
                line, piece = '', piece.lstrip()
            while len(piece) > 1 and measure(line + piece) > width:  # one word, longer than a line
                fits = next(n for n in range(len(piece) - 1, 0, -1) if n == 1 or measure(line + piece[:n]) <= width)
                lines.append(line + piece[:fits])
                line, piece = '', piece[fits:]
            line += piece
        lines.append(line.rstrip())
    return lines


def _pieces(text: str) -> list[str]:
    """Where a line may break: after blanks, and around wide characters."""
    pieces, word = [], ''
    for character in text:
        if unicodedata.east_asian_width(character) in 'WF' or character in _NOT_FIRST:
            pieces += [word] * bool(word) + [character]
            word = ''
        elif character == ' ':
            pieces.append(word + ' ')
            word = ''
        else:
            word += character
    return pieces + [word] * bool(word)
