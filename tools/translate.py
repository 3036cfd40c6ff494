"""The Chinese edition: one source of code, the prose from catalogues, and nothing that can drift.

    python tools/translate.py update [FILE ...]   # new and changed English goes into translations/zh/…po
    python tools/translate.py build               # notebooks/zh/… and README_zh-CN.md: English code, Chinese prose
    python tools/translate.py check               # every message translated, every page built from what is there?

A catalogue belongs to a notebook or page.  Its messages are paragraphs, list items and rows of tables, with the cell's
id as their context.  A changed paragraph comes back marked `fuzzy`, with its old Chinese: correct it, and take the
mark away.  Three are of code, and nothing is built of them: messages.po has what programs say, pictures.po the words of
pictures that move, quizzes.po those of the quizzes.
"""

import argparse
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import chapters
import nbformat
import slim
from babel.messages.catalog import Catalog
from program_messages import program_messages

from helpers.files import write_whole
from lessons.pictures import frame
from lessons.pictures import words as pictures
from lessons.predictions import box
from lessons.quizzes import page
from lessons.quizzes import words as quizzes
from lmdeploy_cpu.terminal import print_anything
from translations import catalogues

ROOT = Path(__file__).resolve().parent.parent
CATALOGUES, EDITION, PICTURES = catalogues.CATALOGUES, ROOT / 'notebooks' / 'zh', ROOT / 'imgs'
PROGRAMS = CATALOGUES / 'messages.po'
OF_CODE = {PROGRAMS: program_messages, pictures.CATALOGUE: pictures.messages, quizzes.CATALOGUE: quizzes.messages}
PAGES = (
    'README.md',
    'deploy/class/README.md',
    'homework/README.md',
    'notebooks/README.md',
    'notebooks/glossary.md',
    'notebooks/troubleshooting.md',
    'notebooks/old_commands.md',
    'notebooks/solutions/README.md',
    'records/README.md',
    *sorted(str(path.relative_to(ROOT)) for path in (ROOT / 'notebooks' / 'presenting').glob('*.md')),
)

_BEGINS = re.compile(r'(\s*(?:>\s*)*(?:[-*+]|\d+[.)])\s+(?:\[[ x]\]\s+)?|#+\s+|\s*(?:>\s*)+)')
_TAG = re.compile(r'</?\w+>')  # without attributes; </details> on a line of its own is no prose
_LINK = re.compile(r'(\]\(|src="|href="|<a id=")([^)#\s"]*)')


def sources() -> list[Path]:
    """The English notebooks and pages that a learner reads."""
    return chapters.ALL + chapters.SOLUTIONS + [ROOT / p for p in PAGES]


def catalogue_of(source: Path) -> Path:
    return source if source in OF_CODE else CATALOGUES / source.relative_to(ROOT).with_suffix('.po')


def edition_of(source: Path) -> Path:
    """The Chinese notebook or page of an English one."""
    if not source.is_relative_to(ROOT / 'notebooks'):  # LMDeploy's own way to name it
        return source.with_name('README_zh-CN.md')
    return EDITION / source.relative_to(ROOT / 'notebooks')


def pieces(markdown: str) -> Iterator[tuple[bool, str]]:
    """Cut a text into (is it prose to translate?, text); together they are the text again.

    A piece of prose is a paragraph, a list item, a heading or a row of a table; code, blank lines, bare tags and the
    marks of lists and headings stay as they are.
    """
    fence, prose, kind = '', '', ''

    def ended():
        nonlocal prose
        text, prose = prose, ''
        bare = text.rstrip('\n')
        if bare:
            yield bool(re.search(r'[^\W\d_]', _TAG.sub('', bare))), bare
        if len(bare) < len(text):
            yield False, text[len(bare) :]

    for line in markdown.splitlines(keepends=True):
        mark = re.match(r'\s*(```+|~~~+)', line)
        if fence or mark:
            yield from ended()
            kind = ''
            yield False, line
            if fence and mark and mark[1].startswith(fence):
                fence = ''
            elif not fence:
                fence = mark[1]
            continue
        begins, is_row = _BEGINS.match(line), line.lstrip().startswith('|')
        if not line.strip() or begins or is_row or kind == 'row':
            yield from ended()
        if not line.strip():
            kind = ''
            yield False, line
            continue
        if begins:
            yield False, begins[1]
            line = line[begins.end() :]
        kind = 'row' if is_row else 'text'
        prose += line
        if begins and begins[1].startswith('#'):
            yield from ended()
    yield from ended()


def texts(source: Path) -> Iterator[tuple[str | None, str]]:
    """(cell's id, or None in a page; Markdown) of everything that is translated."""
    if source.suffix == '.md':
        yield None, source.read_text(encoding='utf-8')
        return
    for cell in nbformat.read(source, as_version=4).cells:
        if cell.cell_type == 'markdown':
            yield cell.id, cell.source


def messages(source: Path) -> Catalog:
    """The catalogue's English: each message once."""
    if source in OF_CODE:
        return OF_CODE[source]()
    found = catalogues.empty()
    for context, markdown in texts(source):
        for is_prose, text in pieces(markdown):
            if is_prose:
                found.add(text, context=context)
    return found


def read_catalogue(source: Path) -> Catalog:
    return catalogues.read(catalogue_of(source))


def update(source: Path) -> str:
    """Bring a catalogue up to date with its English; what it says of it."""
    catalogue, said = catalogues.updated(catalogue_of(source), messages(source))
    write_whole(catalogue_of(source), catalogues.content(catalogue))
    return said


def problems(source: Path) -> list[str]:
    """What keeps the Chinese of this source from being whole: messages that are missing, fuzzy or obsolete."""
    found = catalogues.problems(catalogue_of(source), messages(source))
    if source in OF_CODE:
        differ = (m.id for m in read_catalogue(source) if m.id and values(m.string) != values(m.id))
        found += [f'{source.relative_to(ROOT)}: other values: {text[:60]!r}' for text in differ]
    return found


def values(template: str) -> list:
    """What is put into a message, in any order: (name, format) each; the fault, where the braces are wrong."""
    try:
        return sorted({part[1:3] for part in Formatter().parse(template) if part[1] is not None})
    except ValueError as error:
        return [str(error)]


def translated(markdown: str, context: str | None, catalogue: Catalog) -> str:
    """The text in Chinese; a piece without a translation stays English."""

    return ''.join(
        catalogues.chinese(text, context, catalogue) if is_prose else text for is_prose, text in pieces(markdown)
    )


def relink(markdown: str, source: Path) -> str:
    """Turn links and pictures to the Chinese ones, where there are some, as seen from the Chinese page."""
    there, known = edition_of(source).parent, set(sources()) - {source}  # a page that names itself means its English

    def turned(match: re.Match) -> str:
        target = match[2]
        if not target or ':' in target or match[1].endswith('id="'):
            return match[0]
        path = (source.parent / target).resolve()
        if path in known:
            path = edition_of(path)
        elif path.parent == PICTURES and (PICTURES / 'zh' / path.name).exists():
            path = PICTURES / 'zh' / path.name
        return match[1] + Path(os.path.relpath(path, there)).as_posix()

    return _LINK.sub(turned, markdown)


def edition(source: Path) -> bytes:
    """The Chinese notebook or page, as it must be in the repository."""
    catalogue = read_catalogue(source)

    def chinese(text: str, context: str | None) -> str:
        return relink(translated(text, context, catalogue), source)

    if source.suffix == '.md':
        return chinese(source.read_text(encoding='utf-8'), None).encode()
    notebook = nbformat.read(source, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == 'markdown':
            cell.source = chinese(cell.source, cell.id)
    for output in _outputs(notebook):
        if 'text/html' in output.get('data', {}):  # quizzes, predictions, pictures that move: the page's language
            found = frame.turned(page.turned(box.turned(output.data, 'zh'), 'zh'), 'zh')
            output.data.update((kind, found[kind]) for kind in output.data)
    return (nbformat.writes(notebook) + '\n').encode()


def _outputs(notebook) -> Iterator[dict]:
    """What cells have put out, and what the stored widgets hold."""
    widgets = notebook.metadata.get('widgets', {}).get(slim.STATE, {})
    for holder in (*notebook.cells, *(model['state'] for model in widgets.get('state', {}).values())):
        yield from holder.get('outputs', ())


def check(source: Path) -> list[str]:
    """Everything that is wrong with the Chinese of this source."""
    if source in OF_CODE:
        return problems(source)
    found, built = problems(source), edition_of(source)
    if not built.exists() or built.read_bytes() != edition(source):
        found.append(
            f'{built.relative_to(ROOT)} is not what its source and catalogue make: python tools/translate.py build'
        )
    return found


def main() -> int:
    print_anything()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('what', choices=('update', 'build', 'check'))
    parser.add_argument('files', nargs='*', type=Path, help='English notebooks or pages; default: all')
    args = parser.parse_args()
    everything = [*sources(), *OF_CODE]
    chosen = [path.resolve() for path in args.files] or everything
    unknown = [str(path) for path in chosen if path not in everything]
    if unknown:
        parser.error(f'no source of the Chinese edition: {", ".join(unknown)}')
    found = []
    for source in chosen:
        try:
            if args.what == 'update':
                print(update(source))
            elif args.what == 'build' and source in OF_CODE:
                continue
            elif args.what == 'build':
                write_whole(edition_of(source), edition(source))
            else:
                found += check(source)
        except ValueError as error:
            found.append(str(error))
    print(*found, sep='\n', end='\n' * bool(found))
    return 1 if found else 0


if __name__ == '__main__':
    sys.exit(main())
