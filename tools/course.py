"""Execute every notebook from top to bottom; leave the executed copies and one HTML index in build/course.

python tools/course.py [NOTEBOOK ...] [--out build/course] [--timeout 600]
"""

import argparse
import base64
import html
import json
import mimetypes
import os
import re
import shutil
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import chapters
import nbformat
import slim
from nbclient import NotebookClient
from nbconvert import HTMLExporter
from nbconvert.preprocessors import CoalesceStreamsPreprocessor
from tqdm import tqdm

from helpers.files import write_whole
from lmdeploy_cpu.terminal import print_anything
from translations.messages import course_language, shown

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Run:
    """One executed notebook: its file name, its title, the time it took, the error that stopped it, has it a page?"""

    name: str
    title: str
    time_s: float
    error: str | None
    has_page: bool = True


class BadNotebookError(ValueError):
    """A file that is no notebook; the message says what it is, and what to do."""


def read_notebook(path: Path):
    """The notebook in the file `path`.

    Raises BadNotebookError: it cannot be read, is empty, cut off, merged with git's marks left in it, or none at all.
    """
    back = f'take back the version that you had: git checkout -- {path.name}, or the copy in .ipynb_checkpoints/'
    try:
        text = path.read_bytes().decode('utf-8-sig')
    except OSError as error:
        raise BadNotebookError(f'{path.name} cannot be read ({error.strerror})') from None
    except UnicodeDecodeError as error:
        raise BadNotebookError(f'{path.name} is no text in UTF-8 (byte {error.start}): {back}') from None
    if not text.strip('\0 \t\r\n'):
        raise BadNotebookError(f'{path.name} is empty ({len(text)} bytes), as a full disk leaves it: {back}')
    if marks := _CONFLICT.search(text):
        line = text.count('\n', 0, marks.start()) + 1
        raise BadNotebookError(
            f"{path.name} was merged, and git's marks were left in it (<<<<<<< in line {line}): "
            f'choose a side (git checkout --ours {path.name}, or --theirs), or take the marks out'
        )
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadNotebookError(f'{path.name} is not JSON, or was cut off ({error}): {back}') from None
    if not isinstance(content, dict) or 'nbformat' not in content or not {'cells', 'worksheets'} & content.keys():
        raise BadNotebookError(f'{path.name} is JSON, but no notebook (no "nbformat", no "cells"): {back}')
    try:
        notebook = nbformat.reads(text, as_version=4)
        if not all(isinstance(cell.source, str) and cell.cell_type for cell in notebook.cells):
            raise ValueError('a cell without its source')
    except Exception as error:  # whatever nbformat stumbles over
        first = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise BadNotebookError(f'{path.name} is no valid notebook ({first}): {back}') from None
    return notebook


_CONFLICT = re.compile(r'^<{7}(?: [^\n]*)?\n', re.M)  # no line of JSON begins so


def title_of(notebook) -> str:
    """The first heading."""
    for cell in notebook.cells:
        for line in cell.source.splitlines() if cell.cell_type == 'markdown' else ():
            if line.startswith('# '):
                return line[2:].strip()
    return '(untitled)'


def with_pictures(page: str, folder: Path) -> str:
    """The page with the pictures that it names inside; nbconvert takes none from outside of the notebook's folder."""

    def inside(match: re.Match) -> str:
        kind, _ = mimetypes.guess_type(match[1])
        return f'src="data:{kind};base64,{base64.b64encode((folder / match[1]).read_bytes()).decode()}"'

    return re.sub(r'src="((?:\.\./){0,2}[\w/-]+\.(?:png|svg))"', inside, page)


def execute(path: Path, out: Path, timeout_s: int) -> Run:
    """Run a copy of the notebook `path`; write the executed copy and its HTML page into `out`, also after an error."""
    try:
        notebook = read_notebook(path)
    except BadNotebookError as e:
        return Run(path.stem, path.stem, 0.0, str(e), has_page=False)
    resources = {'metadata': {'path': str(path.parent)}}  # where cells run, and where pictures lie
    start, error = time.perf_counter(), None
    with tqdm(total=len(notebook.cells), desc=path.stem, unit='cell', file=sys.stdout) as bar:
        client = NotebookClient(
            notebook,
            timeout=timeout_s,
            kernel_name='python3',
            record_timing=False,
            resources=resources,
            on_cell_complete=lambda cell, cell_index: bar.update(cell_index + 1 - bar.n),
        )
        try:
            client.execute()
        except Exception as e:  # whatever stopped it, the other notebooks still run
            error = f'{type(e).__name__}: {e}'.strip()
        bar.update(bar.total - bar.n if error is None else 0)
    notebook, _ = CoalesceStreamsPreprocessor().preprocess(notebook, {})
    slim.down(notebook)
    nbformat.write(notebook, out / path.name)
    has_page = False
    try:
        page = with_pictures(HTMLExporter().from_notebook_node(notebook, resources)[0], path.parent)
    except Exception as e:  # a picture that is not there, an output that has no page
        error = error or f'it ran, but gives no page: {type(e).__name__}: {e}'.strip()
    else:
        (out / f'{path.stem}.html').write_text(page, encoding='utf-8')
        has_page = True
    return Run(path.stem, title_of(notebook), time.perf_counter() - start, error, has_page)


def title_cell(run: Run) -> str:
    title = html.escape(run.title)
    return f'<a href="{html.escape(quote(run.name))}.html">{title}</a>' if run.has_page else title


def index_page(runs: list[Run], language: str = 'en') -> str:
    """The HTML index: a row a notebook; its words in `language`."""
    ran = shown('ran to the end', language)
    head = shown('Chapter', language), shown('Time', language), shown('Outcome', language)
    columns = ''.join(f'<th>{name}</th>' for name in head)
    outcomes = [ran if r.error is None else f'<pre>{html.escape(shown(r.error, language)[-2000:])}</pre>' for r in runs]
    rows = '\n'.join(
        f'<tr><td>{title_cell(r)}</td><td>{r.time_s:.0f} s</td><td>{outcome}</td></tr>'
        for r, outcome in zip(runs, outcomes, strict=True)
    )
    now = time.strftime('%Y-%m-%d %H:%M')
    executed = shown(f'Executed {now}.', language)
    return f"""<!doctype html>
<html lang="{'zh-CN' if language == 'zh' else 'en'}"><meta charset="utf-8"><title>LMDeploy course</title>
<style>
 body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 56rem; margin: 3rem auto; padding: 0 1rem }}
 td, th {{ text-align: left; padding: .4rem 1rem .4rem 0; vertical-align: top; border-bottom: 1px solid #ddd }}
</style>
<h1>LMDeploy course</h1>
<p>{executed}</p>
<table><tr>{columns}</tr>
{rows}
</table></html>
"""


def main() -> int:
    print_anything()
    parser = argparse.ArgumentParser(description=shown(__doc__.splitlines()[0]))
    parser.add_argument(
        'notebooks', nargs='*', type=Path, help=shown('default: the chapters and the deep dives, in order')
    )
    parser.add_argument('--out', type=Path, default=ROOT / 'build' / 'course', help=shown('default: %(default)s'))
    parser.add_argument(
        '--timeout', type=int, default=600, help=shown('seconds a cell may take (default: %(default)s)')
    )
    parser.add_argument('--store', action='store_true', help=shown('replace the notebooks by their executed copies'))
    args = parser.parse_args()
    if args.store and shutil.which('nvidia-smi'):  # what is stored is the CPU's outputs, as in the tests
        os.environ['CUDA_VISIBLE_DEVICES'] = ''
    paths = [p.resolve() for p in args.notebooks] or chapters.ALL
    missing = [str(p) for p in paths if not p.is_file()]
    if missing:
        parser.error(shown('no such notebook: ' + ', '.join(missing)))
    try:
        args.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        parser.error(shown(f'{args.out} cannot be made ({error.strerror}): name a folder of yours with --out'))
    language = course_language()
    os.environ['JUPYTER_PREFER_ENV_PATH'] = '1'
    os.environ['COURSE_LANG'] = 'en'  # of pictures that move, and of quizzes: translate.py turns them
    os.environ.setdefault('COURSE_SUBMISSION', str(args.out.resolve().parent / 'submission'))  # not a learner's own
    os.environ['COURSE_HOME'] = str(args.out.resolve())  # nor is their name
    runs = [execute(path, args.out, args.timeout) for path in paths]
    (args.out / 'index.html').write_text(index_page(runs, language), encoding='utf-8')
    failed = [r for r in runs if r.error]
    for path, run in zip(paths, runs, strict=True):
        if args.store and run.error is None:
            write_whole(path, (args.out / path.name).read_bytes())
    for r in failed:
        print(f'[FAIL] {r.name}\n{shown(r.error, language)}', file=sys.stderr)
    index, whole = args.out / 'index.html', len(runs) - len(failed)
    print(shown(f'{whole} of {len(runs)} notebooks ran to the end: {index}', language))
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
