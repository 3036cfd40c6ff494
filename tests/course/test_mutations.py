"""Each claim of a chapter can fail: with the claim broken by hand, its notebook goes red, and at the cell that claims.

`mutations/NOTEBOOK.toml` has a table `[[mutation]]` for each:

    why = "KV int8 that saves nothing"   # what is broken
    after = "imports"                    # the cell after which `code` runs
    code = '''…'''
    red = "assert-saved"                 # the cell that has to raise AssertionError
    skip = ["chart"]                     # cells that this claim does not need (optional)
"""

import tomllib
from pathlib import Path

import chapters
import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

TABLES = Path(__file__).resolve().parent / 'mutations'
MUTATIONS = [
    pytest.param(name.stem, m, id=f'{name.stem}: {m["why"]}')
    for name in sorted(TABLES.glob('*.toml'))
    for m in tomllib.loads(name.read_text(encoding='utf-8'))['mutation']
]
PATHS = {path.stem: path for path in chapters.ALL}


def test_every_core_chapter_has_one():
    assert {path.stem for path in chapters.CORE} <= {m.values[0] for m in MUTATIONS}


@pytest.mark.deep
@pytest.mark.parametrize(('name', 'mutation'), MUTATIONS)
def test_a_broken_claim_turns_its_notebook_red(name, mutation):
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
    notebook.cells = [cell for cell in until if cell.cell_type == 'code' and cell.id not in skipped]
    at = [cell.id for cell in notebook.cells].index(mutation['after']) + 1
    notebook.cells.insert(at, nbformat.v4.new_code_cell(mutation['code'], id='mutation'))
    client = NotebookClient(notebook, timeout=1500, resources={'metadata': {'path': str(path.parent)}})
    with pytest.raises(CellExecutionError) as caught:
        client.execute()
    stopped = [c.id for c in notebook.cells if any(o.output_type == 'error' for o in c.get('outputs', ()))]
    assert stopped == [mutation['red']], caught.value
    assert caught.value.ename == 'AssertionError', caught.value
