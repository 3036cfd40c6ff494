"""The homework, done: chapter 9 with the worked solutions in its cells, executed once a process.

All of it takes minutes, most of them for starts of servers and engines; so `make test` executes the tasks of QUICK, and
`make test-deep` the whole of it.
"""

import functools
import tempfile
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from patience import PATIENCE_S

from homework.tasks import TASKS

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOK = ROOT / 'notebooks' / '09_homework.ipynb'
SOLUTIONS = ROOT / 'notebooks' / 'solutions'
NAME = '王小明'
# Evidence of engines in this process, an environment that was checked, a long answer; nothing is quantised for them.
QUICK = ('chat', 'story')
_kept = []  # temporary folders, until the process ends


def solved_notebook(quick: bool):
    """The executed notebook, of QUICK's tasks alone or of all; its cells may hold errors."""
    notebook, error = _executed(quick)
    if error:
        raise error
    return notebook


@functools.cache
def _executed(quick: bool):
    """(the notebook, None), or (None, what stopped it), so that the next test does not try again."""
    try:
        return _execute(quick), None
    except BaseException as error:  # pytest's time limit is one
        return None, error


def _execute(quick: bool):
    folder = tempfile.TemporaryDirectory(prefix='submission-')
    _kept.append(folder)
    notebook = filled(nbformat.read(NOTEBOOK, as_version=4), Path(folder.name))
    if quick:
        left_out = tuple(f'{task}-' for task in TASKS if task not in QUICK)
        notebook.cells = [cell for cell in notebook.cells if cell.id != 'awq' and not cell.id.startswith(left_out)]
    client = NotebookClient(
        notebook,
        timeout=5 * PATIENCE_S,
        kernel_name='python3',
        allow_errors=True,
        resources={'metadata': {'path': str(NOTEBOOK.parent)}},
    )
    client.execute()
    notebook.metadata['submission'] = folder.name
    return notebook


def solved_folder(quick: bool) -> Path:
    """The submission's folder of the executed notebook: evidence/, cards/, submission-….zip."""
    return Path(solved_notebook(quick).metadata['submission'])


def filled(notebook, folder: Path):
    """The notebook with a name, and a solution in each cell to work in."""
    for cell in notebook.cells:
        task = cell.id.removesuffix('-work')
        if cell.id == 'name':
            cell.source = f"NAME = {NAME!r}\nLANGUAGE = 'zh'\nos.environ['COURSE_SUBMISSION'] = {str(folder)!r}"
        elif cell.id.endswith('-work') and (SOLUTIONS / f'{task}.py').is_file():
            cell.source = (SOLUTIONS / f'{task}.py').read_text(encoding='utf-8')
    return notebook
