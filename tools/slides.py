"""The chapters as decks that need no network, in both languages: `make slides`, then open build/slides/index.html.

    python tools/slides.py [--out build/slides] [--pdf] [NAME ...]    # NAME: 01_hf_vs_turbomind; default: all

Nothing is executed: a deck shows the stored outputs.  Key S opens the speaker's view, with a timer and the notes.
"""

import argparse
import base64
import functools
import hashlib
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import chapters
import nbformat
import stills
from nbconvert import SlidesExporter

from helpers.files import write_whole
from lessons.presenting.pages import notes, page_of
from lmdeploy_cpu.terminal import print_anything

ROOT = Path(__file__).resolve().parent.parent
DECK = ROOT / 'tools' / 'deck'
EDITIONS = {'en': chapters.FOLDER, 'zh': chapters.FOLDER / 'zh'}
# Out of the wheels of deck/requirements.txt, by the beginning of their names.
SCRIPTS = {
    'sphinx_revealjs': [f'sphinx_revealjs/_static/revealjs/{n}' for n in ('dist/reveal.js', 'dist/reveal.css')]
    + ['sphinx_revealjs/_static/revealjs/plugin/notes/notes.js'],
    'django_static_mathjax': ['mathjax/static/mathjax/es5/tex-svg.js'],
}
_MATHS = re.compile(r'\$[^$\n]+\$')
_CODE = re.compile(r'```.*?```|`[^`\n]*`', re.S)
_PICTURE = re.compile(r'(?<=\]\()(?!\w+:)[^)\s]+\.png(?=\))')


def scripts() -> Path:
    """The folder with reveal.js and MathJax, fetched once: pinned wheels, checked by their hashes.

    Raises SystemExit where the package index cannot be reached; nothing half-fetched is left.
    """
    pins = DECK / 'requirements.txt'
    kept = ROOT / 'build' / 'slides-scripts' / hashlib.sha256(pins.read_bytes()).hexdigest()[:12]
    if kept.is_dir():
        return kept
    kept.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=kept.parent) as folder:
        command = [sys.executable, '-m', 'pip', 'download', '--quiet', '--disable-pip-version-check', '--no-deps']
        done = subprocess.run([*command, '--only-binary', ':all:', '--require-hashes', '-r', pins, '-d', folder])
        if done.returncode:
            raise SystemExit('The scripts of the slides were not fetched: what pip says stands above.')
        new = Path(folder, 'scripts')
        new.mkdir()
        for name, files in SCRIPTS.items():
            (wheel,) = Path(folder).glob(f'{name}-*.whl')
            with zipfile.ZipFile(wheel) as archive:
                for file in files:
                    (new / Path(file).name).write_bytes(archive.read(file))
        new.rename(kept)
    return kept


def inlined(picture: Path) -> str:
    """A picture of a page as a data URL: the deck lies in another folder."""
    return 'data:image/png;base64,' + base64.b64encode(picture.read_bytes()).decode()


def spoken(notebook, chapter: str, language: str) -> dict[str, str]:
    """The presenter's page of a chapter: a note for the cell that begins a section, by its id."""
    page = page_of(chapter, language)
    if page is None:
        return {}
    begins = {}
    for cell in notebook.cells:
        if cell.cell_type == 'markdown' and (heading := re.search('^## (.*)$', cell.source, re.M)):
            begins[cell.id] = heading[1]
    return {notebook.cells[0].id: page.aim} | dict(zip(begins, notes(page, list(begins.values())), strict=True))


def prepared(notebook, folder: Path, chapter: str, language: str):
    """The notebook for a deck: without progress bars that stand still, and with the presenter's page in its notes."""
    notebook.metadata.title = notebook.cells[0].source.splitlines()[0].lstrip('# ')
    said = spoken(notebook, chapter, language)
    cells = []
    widgets = notebook.metadata.pop('widgets', {}).get(stills.STATE, {}).get('state', {})
    for cell in notebook.cells:
        if cell.cell_type == 'code':
            cell.outputs = stills.without_kernel(cell.outputs, widgets)
        else:
            cell.source = _PICTURE.sub(lambda found: inlined(folder / found[0]), cell.source)
        cells.append(cell)
        if note := said.get(cell.id):
            slide = {'slideshow': {'slide_type': 'notes'}}
            cells.append(nbformat.v4.new_markdown_cell(note, metadata=slide, id=f'presenting-{cell.id}'))
    notebook.cells = cells
    return notebook


def has_maths(notebook) -> bool:
    return any(_MATHS.search(_CODE.sub('', c.source)) for c in notebook.cells if c.cell_type == 'markdown')


@functools.cache
def exporter(language: str) -> SlidesExporter:
    return SlidesExporter(
        template_file=str(DECK / 'deck.html.j2'),
        exclude_input_prompt=True,
        exclude_output_prompt=True,
        language_code={'en': 'en', 'zh': 'zh-CN'}[language],
    )


def deck(source: Path, language: str) -> str:
    """The deck of a stored notebook, as one page beside the folder of scripts."""
    notebook = prepared(nbformat.read(source, as_version=4), source.parent, source.stem, language)
    own = {name: (DECK / f'deck.{name}').read_text(encoding='utf-8') for name in ('css', 'js')}
    page, _ = exporter(language).from_notebook_node(notebook, {'deck': own | {'has_maths': has_maths(notebook)}})
    return page


def contents(out: Path) -> str:
    """The page that leads to the decks that are there."""
    parts = ['<!DOCTYPE html><html lang="zh-CN"><meta charset="utf-8"><title>LMDeploy · slides · 幻灯片</title>']
    parts.append('<style>body{font:18px/1.6 sans-serif;margin:3em auto;max-width:60em;padding:0 1em}</style>')
    for language, heading in {'en': 'Slides (S: speaker view)', 'zh': '幻灯片（按 S 打开演讲者视图）'}.items():
        links = []
        for path in sorted((out / language).glob('*.slides.html')):
            title = re.search('<title>(.*?)</title>', path.read_text(encoding='utf-8'))[1]
            links.append(f'<li><a href="{language}/{path.name}">{title}</a>')
        parts.append(f'<h2>{heading}</h2><ul>{"".join(links)}</ul>')
    return '\n'.join(parts)


def print_pdf(decks: list[Path]) -> None:
    """Beside each deck, as Chromium prints it."""
    from playwright.sync_api import sync_playwright

    chromium = next(filter(None, map(shutil.which, ('chromium', 'chromium-browser', 'google-chrome'))), None)
    if not chromium:
        raise SystemExit('A PDF is printed by Chromium, and there is none: apt-get install chromium')
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=['--no-sandbox', '--disable-gpu'])
        page = browser.new_page(viewport={'width': 1280, 'height': 720})
        for path in decks:
            page.goto(f'{path.as_uri()}?print-pdf')
            page.wait_for_selector('html[data-ready=yes]')
            page.wait_for_selector('.pdf-page')
            page.pdf(path=path.with_suffix('.pdf'), width='1280px', height='720px', print_background=True)
            print(path.with_suffix('.pdf'))
        browser.close()


def main() -> int:
    print_anything()
    known = {path.stem: path for path in chapters.CHAPTERS}
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('names', nargs='*', metavar='NAME', help='chapters, as 01_hf_vs_turbomind; default: all')
    parser.add_argument('--out', type=Path, default=ROOT / 'build' / 'slides', help='default: %(default)s')
    parser.add_argument('--pdf', action='store_true', help='print each deck, too (needs Chromium)')
    args = parser.parse_args()
    if unknown := set(args.names) - known.keys():
        parser.error(f'no chapter: {", ".join(sorted(unknown))}; there are {", ".join(known)}')
    out, paths = args.out.resolve(), []
    shutil.copytree(scripts(), out / 'scripts', dirs_exist_ok=True)
    for language, folder in EDITIONS.items():
        (out / language).mkdir(parents=True, exist_ok=True)
        for name in args.names or known:
            path = out / language / f'{name}.slides.html'
            write_whole(path, deck(folder / f'{name}.ipynb', language).encode())
            paths.append(path)
    write_whole(out / 'index.html', contents(out).encode())
    if args.pdf:
        print_pdf(paths)
    print(out / 'index.html')
    return 0


if __name__ == '__main__':
    sys.exit(main())
