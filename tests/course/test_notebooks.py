"""The rules that nbval does not hold: executed in order, outputs stored, slides, ids, short cells, nothing private."""

import ast
import re
from pathlib import Path

import chapters
import nbformat
import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
SLIDE_TYPES = {'slide', 'subslide', 'fragment', 'skip', 'notes'}
PRIVATE = re.compile(
    r'/home/\w+|/root/(?!share|models|internlm)|/tmp/\w+|sk-[A-Za-z0-9]{8}|token=\w{8}|Bearer \w{8}|'
    + re.escape(str(ROOT))
)
MAX_LINES = 15
# A newcomer finishes a core chapter in one sitting; quizzes, exercises, predictions and pictures that move come on top.
CORE_CELLS, CORE_WORDS, CORE_MINUTES, ALL_CELLS, ALL_WORDS = 45, 1200, 45, 60, 1500
ON_TOP = {'quiz', 'exercise', 'prediction', 'picture'}
# Words that nobody finds in a search; the field says fix, estimate, random, endpoint, tensor parallelism, replica.
DIALECT = re.compile(r'\b(?:mend(?:s|ed|ing)?|reckon(?:s|ed|ing)?|by lot|doors?)\b', re.I)

everywhere = pytest.mark.parametrize('path', chapters.ALL, ids=lambda p: p.stem)
core = pytest.mark.parametrize('path', chapters.CORE, ids=lambda p: p.stem)
deep = pytest.mark.parametrize('path', chapters.DEEP, ids=lambda p: p.stem)


def cells_of(path, kind=None):
    return [c for c in nbformat.read(path, as_version=4).cells if kind in (None, c.cell_type)]


def text_of(output) -> str:
    """All that an output says in text."""
    data = output.get('data', {})
    return output.get('text', '') + ''.join(str(v) for k, v in data.items() if not k.startswith('image/'))


@everywhere
def test_executed_from_top_to_bottom(path):
    code = cells_of(path, 'code')
    assert [c.execution_count for c in code] == list(range(1, len(code) + 1))


@everywhere
def test_outputs_are_stored_and_none_is_an_error(path):
    code = cells_of(path, 'code')
    assert not [c.id for c in code for o in c.outputs if o.output_type == 'error']
    printing = [c for c in code if re.search(r'^\s*(print|display)\(', c.source, re.M)]
    assert printing
    assert not [c.id for c in printing if not c.outputs], 'these cells print, and nothing is stored'


@everywhere
def test_every_cell_has_a_slide_type(path):
    assert not [c.id for c in cells_of(path) if c.metadata.get('slideshow', {}).get('slide_type') not in SLIDE_TYPES]
    kinds = {c.metadata.slideshow.slide_type for c in cells_of(path)}
    assert {'slide', 'notes'} <= kinds


@everywhere
def test_cell_ids_are_names(path):
    """Translations and graders point at them: a word or more, never the random ones that editors make."""
    ids = [c.id for c in cells_of(path)]
    assert len(ids) == len(set(ids))
    assert not [
        i for i in ids if not re.fullmatch(r'[a-z][a-z0-9]*(-[a-z0-9]+)*', i) or re.fullmatch(r'[0-9a-f]{8}', i)
    ]


@everywhere
def test_cells_are_short(path):
    assert not [
        (c.id, len(c.source.splitlines())) for c in cells_of(path, 'code') if len(c.source.splitlines()) > MAX_LINES
    ]


@everywhere
def test_the_chapter_asserts_what_it_claims(path):
    assert [c.id for c in cells_of(path, 'code') if re.search(r'^\s*assert ', c.source, re.M)]


@everywhere
def test_outputs_are_compared_unless_tagged(path):
    """Most code cells are compared; those that can't be carry a tag, not a comment that learners would see."""
    code = cells_of(path, 'code')
    assert not [c.id for c in code if re.search(r'#\s*(NBVAL|PYTEST_VALIDATE)', c.source)]
    ignored = [c for c in code if {'nbval-ignore-output', 'nbval-skip'} & set(c.metadata.get('tags', []))]
    assert not [c.id for c in code if 'nbval-skip' in c.metadata.get('tags', [])]
    assert len(ignored) <= len(code) / 3


@everywhere
def test_nothing_private_in_outputs(path):
    found = [(c.id, m[0]) for c in cells_of(path, 'code') for o in c.outputs for m in PRIVATE.finditer(text_of(o))]
    assert not found


@everywhere
def test_code_runs_in_any_folder(path):
    """The Chinese edition has the same cells a folder deeper: none names a file as seen from the English notebook."""
    code = '\n'.join(re.sub(r'^(\s*)[%!].*$', r'\1pass', c.source, flags=re.M) for c in cells_of(path, 'code'))
    named = {node.value for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Constant)}
    files = {name for name in named if isinstance(name, str) and re.fullmatch(r'[\w.-][\w./-]*', name)}
    assert not [name for name in files if name.strip('./') and (path.parent / name).exists()]


@everywhere
def test_safe_by_default(path):
    code = '\n'.join(c.source for c in cells_of(path, 'code'))
    assert not re.search(r'trust_remote_code\s*=\s*True|\beval\(|0\.0\.0\.0|\.bin\b|pickle', code)


@everywhere
def test_no_timing_metadata_and_the_plain_kernel(path):
    notebook = nbformat.read(path, as_version=4)
    assert notebook.metadata.kernelspec.name == 'python3'
    assert not [c.id for c in notebook.cells if 'execution' in c.metadata]


@everywhere
def test_first_cell_is_the_title_with_time_and_memory(path):
    cells = cells_of(path)
    assert cells[0].source.startswith('# ')
    assert re.search(r'\d+ minutes', cells[0].source)
    assert 'GPU memory' in cells[0].source


def words_of(cells) -> int:
    return sum(len(c.source.split()) for c in cells if c.cell_type == 'markdown')


@core
def test_a_core_chapter_is_done_in_one_sitting(path):
    cells = cells_of(path)
    counted = [c for c in cells if not ON_TOP & set(c.metadata.get('tags', []))]
    assert len(counted) <= CORE_CELLS
    assert words_of(counted) <= CORE_WORDS
    assert len(cells) <= ALL_CELLS
    assert words_of(cells) <= ALL_WORDS


@core
def test_its_title_says_three_times(path):
    """Reading and doing; the deep dives, with their links; what it runs."""
    title = cells_of(path)[0].source
    minutes = re.search(r'\*\*Core: (\d+) minutes', title)
    assert minutes, title
    assert int(minutes[1]) <= CORE_MINUTES
    mine = {p.name for p in chapters.DEEP if p.name[:2] == path.name[:2]}
    assert set(re.findall(r'\(deep/(\S+\.ipynb)\)', title)) == mine
    assert bool(mine) == bool(re.search(r'deep dives?: (?:about )?\d+ minutes', title)), title
    assert re.search(r'runs? in (?:about )?\d+ (?:s|min)', title), title


@deep
def test_a_deep_dive_names_the_chapter_that_it_deepens(path):
    title = cells_of(path)[0].source
    assert re.search(rf'\(\.\./{path.name[:2]}_\w+\.ipynb\)', title), title


@deep
def test_the_sections_of_a_deep_dive_are_numbered_in_one_form(path):
    """`## 1 The title`, in both editions: sections are referred to by their numbers."""
    for edition in (path, chapters.FOLDER / 'zh' / 'deep' / path.name):
        titles = [m[1] for c in cells_of(edition, 'markdown') for m in re.finditer(r'^## (\d.*)$', c.source, re.M)]
        assert [title.split(' ')[0] for title in titles] == [str(1 + i) for i in range(len(titles))], titles
        assert titles
        assert not [title for title in titles if title.split(' ')[1] in ('·', '-')]


@everywhere
def test_the_prose_has_the_words_of_the_field(path):
    found = [(c.id, m[0]) for c in cells_of(path, 'markdown') for m in DIALECT.finditer(c.source)]
    assert not found


@everywhere
def test_links_lead_somewhere(path):
    anchors = set(re.findall(r'<a id="([\w-]+)">', (ROOT / 'notebooks' / 'glossary.md').read_text(encoding='utf-8')))
    dead = []
    for cell in cells_of(path, 'markdown'):
        for target, _, anchor in re.findall(r'\]\(([^)#\s]*)(#([^)\s]*))?\)', cell.source):
            if target and not target.startswith(('http:', 'https:')) and not (path.parent / target).exists():
                dead.append((cell.id, target))
            if target.endswith('glossary.md') and anchor and anchor not in anchors:
                dead.append((cell.id, f'{target}#{anchor}'))
    assert not dead
