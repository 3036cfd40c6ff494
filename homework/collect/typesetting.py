"""The card's picture and the PDF, typeset by Typst from templates/*.typ: no browser; the PDF's text can be searched.

Why Typst: one renderer draws both, breaks lines in English and Chinese, and takes fonts of this machine for what the
course's does not have.  With fpdf2 the picture would need Pillow beside it, and line breaking and fonts of our own.
"""

import functools
import json
from pathlib import Path

from homework.pages import TEMPLATES
from homework.texts import printable

FONTS = Path(__file__).resolve().parent / 'fonts'  # Course Sans SC: Latin and GB 2312


def typeset(template: str, values: dict, kind: str, pictures: Path | None = None) -> bytes:
    """The template with `values`: a PDF, or one page as PNG with a pixel for a point.

    Args:
        values: plain JSON; a text in it is never markup.
        kind: 'pdf' or 'png'.
        pictures: the folder whose pictures the template names.
    """
    import typst

    data = json.dumps(_printable(values), ensure_ascii=False)
    compiler = typst.Compiler(
        (TEMPLATES / template).read_bytes(),
        root=str(pictures or TEMPLATES),
        font_paths=_fonts(),
        sys_inputs={'data': data},
    )
    return compiler.compile(format=kind, ppi=72)


@functools.cache
def _fonts(of_this_machine: bool = True):
    import typst

    return typst.Fonts(include_system_fonts=of_this_machine, font_paths=[str(FONTS)])


def _printable(content):
    if isinstance(content, str):
        return printable(content)
    if isinstance(content, dict):
        return {key: _printable(value) for key, value in content.items()}
    return [_printable(value) for value in content] if isinstance(content, list | tuple) else content
