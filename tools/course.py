"""Execute every notebook from top to bottom; leave the executed copies and one HTML index in build/course.

python tools/course.py [NOTEBOOK ...] [--out build/course] [--timeout 600]
"""

import argparse
import base64
import html
import mimetypes
import os
import re
import shutil
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbconvert import HTMLExporter
from nbconvert.preprocessors import CoalesceStreamsPreprocessor
from tqdm import tqdm

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Run:
    """One executed notebook: its file name, its title, the time it took, and the error that stopped it."""

    name: str
    title: str
    time_s: float
    error: str | None


def title_of(notebook) -> str:
    """The first heading."""
    for cell in notebook.cells:
        for line in cell.source.splitlines() if cell.cell_type == 'markdown' else ():
            if line.startswith('# '):
                return line[2:].strip()
    return '(untitled)'


def drop_defaults(notebook) -> None:
    """Leave out of the widgets' stored state what a page fills in by itself: two thirds of it, as JupyterLab does."""
    stored = notebook.metadata.get('widgets', {}).get('application/vnd.jupyter.widget-state+json', {})
    for widget in stored.get('state', {}).values():
        widget['state'] = {k: v for k, v in widget['state'].items() if v is not None and not k.startswith('_')}


def with_pictures(page: str, folder: Path) -> str:
    """The page with the pictures that it names inside; nbconvert takes none from outside of the notebook's folder."""

    def inside(match: re.Match) -> str:
        kind, _ = mimetypes.guess_type(match[1])
        return f'src="data:{kind};base64,{base64.b64encode((folder / match[1]).read_bytes()).decode()}"'

    return re.sub(r'src="((?:\.\./)?[\w/-]+\.(?:png|svg))"', inside, page)


def execute(path: Path, out: Path, timeout_s: int) -> Run:
    """Run a copy of the notebook `path`; write the executed copy and its HTML page into `out`, also after an error."""
    notebook = nbformat.read(path, as_version=4)
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
    drop_defaults(notebook)
    nbformat.write(notebook, out / path.name)
    page, _ = HTMLExporter().from_notebook_node(notebook, resources)
    (out / f'{path.stem}.html').write_text(with_pictures(page, path.parent), encoding='utf-8')
    return Run(path.stem, title_of(notebook), time.perf_counter() - start, error)


def index_page(runs: list[Run]) -> str:
    """The HTML index: a row a notebook."""
    rows = '\n'.join(
        f'<tr><td><a href="{html.escape(r.name)}.html">{html.escape(r.title)}</a></td><td>{r.time_s:.0f} s</td>'
        f'<td>{"ran to the end" if r.error is None else "<pre>" + html.escape(r.error[-2000:]) + "</pre>"}</td></tr>'
        for r in runs
    )
    return f"""<!doctype html>
<html lang="en"><meta charset="utf-8"><title>LMDeploy course</title>
<style>
 body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 56rem; margin: 3rem auto; padding: 0 1rem }}
 td, th {{ text-align: left; padding: .4rem 1rem .4rem 0; vertical-align: top; border-bottom: 1px solid #ddd }}
</style>
<h1>LMDeploy course</h1>
<p>Executed {time.strftime('%Y-%m-%d %H:%M')}.</p>
<table><tr><th>Chapter</th><th>Time</th><th>Outcome</th></tr>
{rows}
</table></html>
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('notebooks', nargs='*', type=Path, help='default: all in notebooks/, in order')
    parser.add_argument('--out', type=Path, default=ROOT / 'build' / 'course', help='default: %(default)s')
    parser.add_argument('--timeout', type=int, default=600, help='seconds a cell may take (default: %(default)s)')
    parser.add_argument('--store', action='store_true', help='replace the notebooks by their executed copies')
    args = parser.parse_args()
    if args.store and shutil.which('nvidia-smi'):  # what is stored is the CPU's outputs, as in the tests
        os.environ['CUDA_VISIBLE_DEVICES'] = ''
    paths = [p.resolve() for p in args.notebooks] or sorted((ROOT / 'notebooks').glob('*.ipynb'))
    missing = [str(p) for p in paths if not p.is_file()]
    if missing:
        parser.error('no such notebook: ' + ', '.join(missing))
    args.out.mkdir(parents=True, exist_ok=True)
    os.environ['JUPYTER_PREFER_ENV_PATH'] = '1'
    os.environ.setdefault('COURSE_SUBMISSION', str(args.out.resolve().parent / 'submission'))  # not a learner's own
    runs = [execute(path, args.out, args.timeout) for path in paths]
    (args.out / 'index.html').write_text(index_page(runs), encoding='utf-8')
    failed = [r for r in runs if r.error]
    for path, run in zip(paths, runs, strict=True):
        if args.store and run.error is None:
            shutil.copy(args.out / path.name, path.with_suffix('.part'))
            os.replace(path.with_suffix('.part'), path)
    for r in failed:
        print(f'[FAIL] {r.name}\n{r.error}', file=sys.stderr)
    print(f'{len(runs) - len(failed)} of {len(runs)} notebooks ran to the end: {args.out / "index.html"}')
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
