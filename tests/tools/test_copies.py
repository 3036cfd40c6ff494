"""Learners' copies: made without outputs, renewed where nothing was changed, given back after a backup."""

import json
import os
import subprocess
import sys
from pathlib import Path

import copies
import nbformat
import pytest

ROOT = Path(__file__).resolve().parents[2]


def notebook(*sources: str, outputs: bool = True) -> bytes:
    cells = [nbformat.v4.new_markdown_cell('# A title', id='title')]
    for n, source in enumerate(sources):
        out = [nbformat.v4.new_output('stream', text=f'the answer to {source}\n')] if outputs else []
        cells.append(nbformat.v4.new_code_cell(source, id=f'cell-{n}', outputs=out, execution_count=n + 1))
    written = nbformat.v4.new_notebook(cells=cells, metadata={'widgets': {'state': {}}})
    return nbformat.writes(written).encode()


@pytest.fixture
def course(tmp_path):
    """A small course in `notebooks`, and a learner's folder beside it."""
    source = tmp_path / 'course' / 'notebooks'
    for name in ('03_kv.ipynb', '04_awq.ipynb', 'zh/03_kv.ipynb', 'deep/03_more.ipynb', '.ipynb_checkpoints/x.ipynb'):
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_bytes(notebook('a = 1', 'print(a)'))
    (source / 'README.md').write_text('![a picture](../imgs/dot.png)')
    (source.parent / 'imgs').mkdir()
    (source.parent / 'imgs' / 'dot.png').write_bytes(b'png')
    return source, tmp_path / 'home'


def read(home: Path, name: str) -> nbformat.NotebookNode:
    return nbformat.read(home / 'work' / name, as_version=4)


def change(home: Path, name: str, source: str) -> bytes:
    """What a learner does, saved as JupyterLab saves."""
    mine = read(home, name)
    mine.cells[1].source = source
    (home / 'work' / name).write_text(nbformat.writes(mine, indent=2))
    return (home / 'work' / name).read_bytes()


def run(home: Path, name: str) -> None:
    """Run All, saved."""
    mine = read(home, name)
    for n, cell in enumerate(mine.cells[1:]):
        cell.outputs, cell.execution_count = [nbformat.v4.new_output('stream', text=f'measured {n}\n')], n + 7
    mine.metadata.widgets = {'state': {'mine': {}}}
    (home / 'work' / name).write_text(nbformat.writes(mine, indent=2))


def test_copies_have_no_outputs_and_find_what_lies_beside(course):
    source, home = course
    done = copies.refresh(home, source)
    assert sorted(done.made) == ['03_kv.ipynb', '04_awq.ipynb', 'README.md', 'deep/03_more.ipynb', 'zh/03_kv.ipynb']
    mine = read(home, '03_kv.ipynb')
    assert [cell.outputs for cell in mine.cells[1:]] == [[], []]
    assert [cell.execution_count for cell in mine.cells[1:]] == [None, None]
    assert 'widgets' not in mine.metadata
    assert (home / 'work' / '../imgs/dot.png').read_bytes() == b'png'
    assert (home / 'imgs/dot.png').resolve().is_relative_to(home.resolve()), 'JupyterLab sends nothing from elsewhere'
    assert source.joinpath('03_kv.ipynb').read_bytes() == notebook('a = 1', 'print(a)'), 'the stored edition keeps them'
    assert copies.refresh(home, source) == copies.Refreshed(), 'nothing is done twice'


def test_a_new_edition_renews_what_was_never_changed_and_keeps_the_rest(course):
    source, home = course
    copies.refresh(home, source)
    run(home, '03_kv.ipynb')
    own = change(home, '04_awq.ipynb', 'a = 2  # mine')
    for name in ('03_kv.ipynb', '04_awq.ipynb'):
        (source / name).write_bytes(notebook('a = 1', 'print(a, "new")'))
    (source / 'deep/03_more.ipynb').unlink()
    done = copies.refresh(home, source)
    assert (done.made, done.renewed, done.kept) == ([], ['03_kv.ipynb'], ['04_awq.ipynb'])
    mine = read(home, '03_kv.ipynb')
    assert mine.cells[2].source == 'print(a, "new")'
    assert [cell.outputs[0].text if cell.outputs else None for cell in mine.cells[1:]] == ['measured 0\n', None]
    assert mine.metadata.widgets == {'state': {'mine': {}}}
    assert (home / 'work' / '04_awq.ipynb').read_bytes() == own
    assert not (home / 'work' / 'deep/03_more.ipynb').exists()
    assert copies.refresh(home, source).kept == ['04_awq.ipynb'], 'it goes on being offered'


def test_what_a_learner_put_there_or_spoiled_is_never_touched(course):
    source, home = course
    (home / 'work').mkdir(parents=True)
    (home / 'work' / '03_kv.ipynb').write_bytes(notebook('my own'))
    assert copies.refresh(home, source).kept == ['03_kv.ipynb']
    (home / 'work' / '04_awq.ipynb').write_bytes(b'{"cells": [')
    (source / '04_awq.ipynb').write_bytes(notebook('new'))
    assert copies.refresh(home, source).kept == ['03_kv.ipynb', '04_awq.ipynb']
    assert (home / 'work' / '04_awq.ipynb').read_bytes() == b'{"cells": ['


def test_reset_gives_a_chapter_back_after_a_backup(course):
    source, home = course
    copies.refresh(home, source)
    own = change(home, '03_kv.ipynb', 'a = 2  # mine')
    given = copies.reset(home, ['3'], source)
    assert list(given) == ['03_kv.ipynb', 'zh/03_kv.ipynb']
    assert given['zh/03_kv.ipynb'] is None, 'nothing was to be kept'
    assert given['03_kv.ipynb'].read_bytes() == own
    assert given['03_kv.ipynb'].parent == home / 'work', 'its links still lead on from there'
    assert read(home, '03_kv.ipynb').cells[1].source == 'a = 1'
    (source / '03_kv.ipynb').write_bytes(notebook('a = 3'))
    assert copies.refresh(home, source).renewed == ['03_kv.ipynb'], 'it counts as unchanged again'


@pytest.mark.parametrize('word', ['8', 'deep/nothing', '../03_kv', 'README.md'])
def test_a_chapter_that_is_none_is_refused_before_anything_is_changed(course, word):
    source, home = course
    copies.refresh(home, source)
    own = change(home, '03_kv.ipynb', 'mine')
    with pytest.raises(ValueError, match='there are: 03_kv, 04_awq, deep/03_more'):
        copies.reset(home, ['03', word], source)
    assert (home / 'work' / '03_kv.ipynb').read_bytes() == own


def test_links_follow_a_checkout_that_moved(course, tmp_path):
    source, home = course
    copies.refresh(home, source)
    moved = source.parent.rename(tmp_path / 'elsewhere')
    (moved / 'imgs/dot.png').write_bytes(b'another png')
    copies.refresh(home, moved / 'notebooks')
    assert (home / 'imgs' / 'dot.png').read_bytes() == b'another png'
    assert (home / 'notebooks' / 'README.md').is_file()


def test_a_folder_that_cannot_be_written_names_the_variable():
    command = [sys.executable, ROOT / 'tools' / 'copies.py']
    done = subprocess.run(
        command,
        env=os.environ | {'COURSE_HOME': '/proc/no-such-folder', 'PYTHONPATH': str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert done.stderr.startswith('[FAIL] /proc/no-such-folder/work cannot be made')
    assert 'COURSE_HOME' in done.stderr


def test_every_link_and_picture_of_the_course_works_from_the_copies(tmp_path):
    """The real notebooks, in a folder outside of the checkout; and none of them gives an output away."""
    import re

    copies.refresh(tmp_path)
    missing, pages = [], [path for path in (tmp_path / 'work').rglob('*') if path.suffix in ('.ipynb', '.md')]
    assert len(pages) > 60
    for page in pages:
        text = page.read_text(encoding='utf-8')
        if page.suffix == '.ipynb':
            cells = json.loads(text)['cells']
            assert not [cell['id'] for cell in cells if cell.get('outputs')], page
            text = '\n'.join(''.join(cell['source']) for cell in cells if cell['cell_type'] == 'markdown')
        for target in re.findall(r'\]\(([^()\s:#]+)(?:#[^)\s]*)?\)|src="([^":]+)"', text):
            if not (page.parent / (target[0] or target[1])).exists():
                missing.append(f'{page.relative_to(tmp_path)}: {target}')
    assert missing == []
