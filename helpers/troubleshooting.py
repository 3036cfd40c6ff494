"""From an error's text to its row in notebooks/troubleshooting.md: why, what to do, and the cell that teaches it.

    %load_ext helpers.troubleshooting      # a notebook then names the row under each error that has one

An error of the course itself says its sentence in Chinese there, too, for who reads Chinese.

The page is the data.  A row that quotes errors says where their texts come from (`<!-- source: … -->`); in a quoted
text `…` stands for anything within a line.
"""

import contextlib
import dataclasses
import functools
import html
import os
import re
from pathlib import Path

from translations.messages import course_language, shown

NOTEBOOKS = Path(__file__).resolve().parent.parent / 'notebooks'
PAGES = {'en': 'troubleshooting.md', 'zh': 'zh/troubleshooting.md'}
_ROW = re.compile(r'^\| <a id="([\w-]+)"></a>(.+?) \| (.+?) \| (.+?) \| (.+?) \|$', re.M)


@dataclasses.dataclass(frozen=True, slots=True)
class Row:
    """A row of the page, in Markdown; `where` is 'notebooks/troubleshooting.md#ANCHOR'."""

    anchor: str
    symptom: str
    cause: str
    remedy: str
    lesson: str
    where: str

    @property
    def quotes(self) -> list[str]:
        """The texts of errors; none where the symptom is told in words."""
        return re.findall(r'`(.+?)`', self.symptom) if '<!-- source:' in self.symptom else []


@functools.cache
def rows(language: str) -> tuple[Row, ...]:
    """The page in 'en' or 'zh'; OSError where it is not there."""
    text = (NOTEBOOKS / PAGES[language]).read_text(encoding='utf-8').replace(r'\|', '\0')  # inside of a cell
    found = ([cell.replace('\0', '|') for cell in match.groups()] for match in _ROW.finditer(text))
    return tuple(Row(*cells, f'notebooks/{PAGES[language]}#{cells[0]}') for cells in found)


def row_for(text: str, language: str | None = None) -> Row | None:
    """The row of which a quoted text stands in `text`, the longest if there are several; None: no row knows it."""
    quotes = {quote: row for row in rows(language or course_language()) for quote in row.quotes}
    fitting = [q for q in quotes if re.search('.*'.join(map(re.escape, q.split('…'))), text)]
    return quotes[max(fitting, key=len)] if fitting else None


def pointer(text: object, indent: str = '\n') -> str:
    """What a program prints after an error: `indent`, and where its row is; '' where there is none."""
    with contextlib.suppress(OSError, ValueError):  # the course without its notebooks; a wrong COURSE_LANG
        if row := row_for(str(text)):
            return f'{indent}→ {row.where}'
    return ''


def load_ipython_extension(shell) -> None:
    """Have IPython say after each error what to do, where the page has a row for it, or for its cause; see above."""
    shell.events.register('post_run_cell', _show)  # the traceback is shown by then, and stays as it is


def unload_ipython_extension(shell) -> None:
    shell.events.unregister('post_run_cell', _show)


def _show(result) -> None:
    with contextlib.suppress(Exception):  # the error of the cell is what counts
        here, error = Path.cwd(), result.error_in_exec or result.error_before_exec
        folder = next((f for f in (here, *here.parents) if (f / PAGES['zh']).exists()), NOTEBOOKS)  # or copies
        language = 'zh' if here.is_relative_to(folder / 'zh') else course_language()
        said = shown(error, language) if error else ''
        plain, markdown = ([said], [html.escape(said)]) if said != str(error or '') else ([], [])
        while error and not (row := row_for(f'{type(error).__name__}: {error}', language)):
            error = error.__cause__ or error.__context__
        if error:
            page = os.path.relpath(folder / row.where.removeprefix('notebooks/'), here)
            plain += [row.remedy, f'→ {row.where}']
            markdown += [row.remedy, f'→ [{row.where}]({page})']
        if plain:
            from IPython.display import display

            display({'text/plain': '\n'.join(plain), 'text/markdown': '<br>'.join(markdown)}, raw=True)
