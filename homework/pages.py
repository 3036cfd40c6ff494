"""Pages and Markdown, rendered by Jinja from templates/.  (The card's picture and the PDF: `collect/typesetting.py`.)

All that learners and models wrote is text to these pages: it is escaped, and the pages run no script and fetch nothing.
"""

import functools
import re
from pathlib import Path

from .texts import message, printable

TEMPLATES = Path(__file__).resolve().parent / 'templates'


def render(template: str, language: str, **values) -> str:
    """The template with `values`, and `message('…')` in `language`; what cannot be printed is left out."""
    return _environment('').get_template(template).render(_with_messages(language, values))


def render_untrusted(template: str, language: str, **values) -> str:
    """The same, with a mark in place of what cannot be printed: somebody may have hidden it on purpose."""
    return _environment('�').get_template(template).render(_with_messages(language, values))


def _with_messages(language: str, values: dict) -> dict:
    return {'language': language, 'message': lambda english: message(english).text(language), **values}


@functools.cache
def _environment(instead: str):
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=jinja2.select_autoescape(['html']),
        undefined=jinja2.StrictUndefined,
        finalize=lambda value: printable(value, instead) if type(value) is str else value,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {'md': markdown_escaped, 'md_lines': markdown_lines_escaped}
    return environment


def markdown_escaped(text: str) -> str:
    """The text with what would be markup in it made plain; `_` within a word is none."""
    return re.sub(r'([\\`*{}\[\]<>|~$&]|(?<!\w)_|_(?!\w))', r'\\\1', text)


def markdown_lines_escaped(text: str) -> str:
    """The same for whole lines: none of them begins a heading or a list."""
    text = re.sub(r'^( *)([#+=-])', r'\1\\\2', markdown_escaped(text), flags=re.M)
    return re.sub(r'^( *\d+)([.)])', r'\1\\\2', text, flags=re.M)
