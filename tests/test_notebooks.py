"""The rules that nbval does not hold: executed in order, outputs stored, slides, ids, short cells, nothing private."""

import re
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = sorted((ROOT / 'notebooks').glob('*.ipynb'))
SLIDE_TYPES = {'slide', 'subslide', 'fragment', 'skip', 'notes'}
PRIVATE = re.compile(
    r'/home/\w+|/root/(?!share|models|internlm)|/tmp/\w+|sk-[A-Za-z0-9]{8}|token=\w{8}|Bearer \w{8}|'
    + re.escape(str(ROOT))
)
MAX_LINES = 18

pytestmark = pytest.mark.parametrize('path', NOTEBOOKS, ids=lambda p: p.stem)


def cells_of(path, kind=None):
    return [c for c in nbformat.read(path, as_version=4).cells if kind in (None, c.cell_type)]


def text_of(output) -> str:
    """All that an output says in text."""
    data = output.get('data', {})
    return output.get('text', '') + ''.join(str(v) for k, v in data.items() if not k.startswith('image/'))


def test_executed_from_top_to_bottom(path):
    code = cells_of(path, 'code')
    assert [c.execution_count for c in code] == list(range(1, len(code) + 1))


def test_outputs_are_stored_and_none_is_an_error(path):
    code = cells_of(path, 'code')
    assert not [c.id for c in code for o in c.outputs if o.output_type == 'error']
    printing = [c for c in code if re.search(r'^\s*(print|display)\(', c.source, re.M)]
    assert printing
    assert not [c.id for c in printing if not c.outputs], 'these cells print, and nothing is stored'


def test_every_cell_has_a_slide_type(path):
    assert not [c.id for c in cells_of(path) if c.metadata.get('slideshow', {}).get('slide_type') not in SLIDE_TYPES]
    kinds = {c.metadata.slideshow.slide_type for c in cells_of(path)}
    assert {'slide', 'notes'} <= kinds


def test_cell_ids_are_names(path):
    """Translations and graders point at them: a word or more, never the random ones that editors make."""
    ids = [c.id for c in cells_of(path)]
    assert len(ids) == len(set(ids))
    assert not [
        i for i in ids if not re.fullmatch(r'[a-z][a-z0-9]*(-[a-z0-9]+)*', i) or re.fullmatch(r'[0-9a-f]{8}', i)
    ]


def test_cells_are_short(path):
    assert not [
        (c.id, len(c.source.splitlines())) for c in cells_of(path, 'code') if len(c.source.splitlines()) > MAX_LINES
    ]


def test_the_chapter_asserts_what_it_claims(path):
    assert [c.id for c in cells_of(path, 'code') if re.search(r'^\s*assert ', c.source, re.M)]


def test_outputs_are_compared_unless_tagged(path):
    """Most code cells are compared; those that can't be carry a tag, not a comment that learners would see."""
    code = cells_of(path, 'code')
    assert not [c.id for c in code if re.search(r'#\s*(NBVAL|PYTEST_VALIDATE)', c.source)]
    ignored = [c for c in code if {'nbval-ignore-output', 'nbval-skip'} & set(c.metadata.get('tags', []))]
    assert not [c.id for c in code if 'nbval-skip' in c.metadata.get('tags', [])]
    assert len(ignored) <= len(code) / 3


def test_nothing_private_in_outputs(path):
    found = [(c.id, m[0]) for c in cells_of(path, 'code') for o in c.outputs for m in PRIVATE.finditer(text_of(o))]
    assert not found


def test_safe_by_default(path):
    code = '\n'.join(c.source for c in cells_of(path, 'code'))
    assert not re.search(r'trust_remote_code\s*=\s*True|\beval\(|0\.0\.0\.0|\.bin\b|pickle', code)


def test_no_timing_metadata_and_the_plain_kernel(path):
    notebook = nbformat.read(path, as_version=4)
    assert notebook.metadata.kernelspec.name == 'python3'
    assert not [c.id for c in notebook.cells if 'execution' in c.metadata]


def test_first_cell_is_the_title_and_the_next_chapter_is_named(path):
    cells = cells_of(path)
    assert cells[0].source.startswith('# ')
    assert re.search(r'\d+ minutes', cells[0].source)
    assert 'GPU memory' in cells[0].source
