"""Each claim of a chapter can fail: with the claim broken by hand, its notebook goes red, and at the cell that claims.

`mutations/NOTEBOOK.toml` has a table `[[mutation]]` for each:

    why = "KV int8 that saves nothing"   # what is broken
    after = "imports"                    # the cell after which `code` runs
    code = '''…'''
    red = "assert-saved"                 # the cell that has to raise AssertionError
    skip = ["chart"]                     # cells that this claim does not need (optional)
"""

import contextlib
import multiprocessing
import os
import signal
import tomllib
import traceback
from pathlib import Path

import chapters
import nbformat
import pytest

TABLES = Path(__file__).resolve().parent / 'mutations'
MUTATIONS = [
    pytest.param(name.stem, m, id=f'{name.stem}: {m["why"]}')
    for name in sorted(TABLES.glob('*.toml'))
    for m in tomllib.loads(name.read_text(encoding='utf-8'))['mutation']
]
PATHS = {path.stem: path for path in chapters.ALL}
# Each mutation runs in a process of its own, forked from one that has imported what most of them begin with: of a
# new kernel's twenty seconds, ten go there.
PROCESSES = multiprocessing.get_context('forkserver')
PROCESSES.set_forkserver_preload(
    ['IPython.core.interactiveshell', 'matplotlib.pyplot', 'ipywidgets', 'transformers.models.llama.modeling_llama',
     'transformers.models.auto.modeling_auto', 'lmdeploy.pytorch.engine', 'lmdeploy.serve.core', 'openai']
)  # fmt: skip


def run_cells(cells: list[tuple[str, str]], folder: Path, environment: dict[str, str], log: str, say) -> None:
    """In such a process: run (id, source) one after the other, as a kernel does, and say the first error, if any."""
    from IPython.core.interactiveshell import InteractiveShell

    os.setsid()  # so that servers can be ended with it
    written = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(written, 1)
    os.dup2(written, 2)
    os.chdir(folder)
    os.environ |= environment
    stopped = None
    try:
        shell = InteractiveShell.instance()
        for cell, source in cells:
            done = shell.run_cell(source)
            if error := done.error_before_exec or done.error_in_exec:
                stopped = cell, type(error).__name__
                break
    except BaseException:
        traceback.print_exc()
    say.send(stopped)
    os._exit(0)  # an engine's threads would keep it


def first_error(cells: list[tuple[str, str]], folder: Path, log: Path) -> tuple[str, str] | None:
    """The (id, exception's name) of the first cell that raises, run in a process of its own; None: none does."""
    hear, say = PROCESSES.Pipe(duplex=False)
    process = PROCESSES.Process(target=run_cells, args=(cells, folder, dict(os.environ), str(log), say))
    process.start()
    say.close()
    try:
        assert hear.poll(1500), 'neither an error nor the end'
        return hear.recv()
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.join()


def test_every_core_chapter_has_one():
    assert {path.stem for path in chapters.CORE} <= {m.values[0] for m in MUTATIONS}


@pytest.mark.deep
@pytest.mark.parametrize(('name', 'mutation'), MUTATIONS)
def test_a_broken_claim_turns_its_notebook_red(name, mutation, tmp_path):
    path = PATHS[name]
    notebook = nbformat.read(path, as_version=4)
    ids = [cell.id for cell in notebook.cells]
    wanted = {mutation['after'], mutation['red'], *mutation.get('skip', ())}
    assert wanted <= set(ids), f'{path.name} has no cell {wanted - set(ids)}'
    until = notebook.cells[: ids.index(mutation['red']) + 1]
    skipped = {
        cell.id for cell in until if {'picture', 'quiz'} & set(cell.metadata.get('tags', ()))
    }  # they claim nothing
    skipped = (skipped | set(mutation.get('skip', ()))) - {mutation['after'], mutation['red']}
    cells = [(cell.id, cell.source) for cell in until if cell.cell_type == 'code' and cell.id not in skipped]
    at = [cell for cell, _ in cells].index(mutation['after']) + 1
    cells.insert(at, ('mutation', mutation['code']))
    log = tmp_path / 'log'
    assert first_error(cells, path.parent, log) == (mutation['red'], 'AssertionError'), log.read_text()[-9000:]
