"""The pictures in Chinese: the same drawings, their words out of a catalogue.

python imgs/chinese.py   # brings translations/zh/imgs.po up to date with the English words
"""

import re
import sys
from pathlib import Path

import matplotlib.pyplot as plt
from babel.messages.catalog import Catalog
from matplotlib.font_manager import FontProperties, fontManager
from matplotlib.patheffects import withStroke
from matplotlib.text import Text

ROOT = Path(__file__).resolve().parent.parent
sys.path.append(str(ROOT))
from helpers.files import write_whole  # noqa: E402
from translations import catalogues  # noqa: E402

CATALOGUE = catalogues.CATALOGUES / 'imgs.po'
FONT = ROOT / 'homework' / 'collect' / 'fonts' / 'CourseSansSC.ttf'


def words(fig) -> list[Text]:
    """The texts of a figure that hold words; numbers and formulas of one letter are the same in all languages."""
    fig.canvas.draw()  # labels of axes are made now
    return [text for text in fig.findobj(Text) if _is_word(text.get_text())]


def _is_word(text: str) -> bool:
    return bool(re.search(r'[A-Za-z]{2}', text)) and not text.startswith('$')  # a formula


def read_catalogue() -> Catalog:
    return catalogues.read(CATALOGUE)


def messages(pictures) -> Catalog:
    """The English words of all pictures: each once for a picture, whose name is its context."""
    found = catalogues.empty()
    for name, draw in pictures.items():
        fig = draw()
        for text in words(fig):
            found.add(text.get_text(), context=name)
        plt.close(fig)
    return found


def in_chinese(fig, name: str, catalogue: Catalog):
    """Put the Chinese words into a figure; a word without a translation stays."""
    fontManager.addfont(FONT)
    family = [FontProperties(fname=FONT).get_name(), 'DejaVu Sans']

    def chinese(text: str) -> str:
        return catalogues.chinese(text, name, catalogue)

    fig.canvas.draw()
    for ax in fig.axes:  # an axis makes its labels anew, so they are set as its own
        for axis in (ax.xaxis, ax.yaxis):
            labels = [label.get_text() for label in axis.get_ticklabels()]
            if any(map(_is_word, labels)):
                axis.set_ticks(axis.get_majorticklocs(), labels=[chinese(label) for label in labels])
    for text in fig.findobj(Text):
        text.set_text(chinese(text.get_text()))
        if 'monospace' in text.get_fontfamily():
            continue
        if text.get_weight() in ('bold', 700):  # the font has one weight: an outline thickens it
            text.set(weight='normal', path_effects=[withStroke(linewidth=0.7, foreground=text.get_color())])
        text.set(fontfamily=family, linespacing=1.45)
    return fig


def main() -> None:
    from draw import PICTURES

    catalogue, said = catalogues.updated(CATALOGUE, messages(PICTURES))
    write_whole(CATALOGUE, catalogues.content(catalogue))
    print(said)


if __name__ == '__main__':
    main()
