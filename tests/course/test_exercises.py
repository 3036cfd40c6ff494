"""Each exercise of the notebooks below has its level, its minutes, a folded hint, a cell to work in, and a solution."""

import itertools
import re

import chapters
import nbformat
import pytest

from lessons.exercises.checking import judge_of

SOLUTIONS = chapters.FOLDER / 'solutions'
# The chapters and deep dives whose exercises answer back.
DONE = [path.stem for path in chapters.CORE]
DONE += [path.stem for path in chapters.DEEP if path.name[:2] <= '04']
DONE += ['10_scaling', *(path.stem for path in chapters.DEEP if path.name[:2] >= '05')]
HEAD = re.compile(r'^\*\*(?P<number>[\w-]+\.\d+)\*\* · (?:basic|advanced)(?: · trap)? · (?P<minutes>\d+) min$', re.M)
HINT = re.compile(r'\n\n<details><summary>Hint</summary>\n\n.{10,}?\n\n</details>$', re.S)

done = pytest.mark.parametrize('path', [p for p in chapters.ALL if p.stem in DONE], ids=lambda p: p.stem)


def exercises_of(path):
    """(number, the Markdown cell, the cell to work in) of each exercise, in order."""
    cells = nbformat.read(path, as_version=4).cells
    for cell, below in itertools.pairwise(cells):
        if 'exercise' in cell.metadata.get('tags', []) and cell.cell_type == 'markdown':
            head = HEAD.search(cell.source)
            assert head, f'{cell.id}: a line as **3.1** · basic · 5 min'
            yield head['number'], cell, below


def test_the_list_names_notebooks():
    assert set(DONE) <= {path.stem for path in chapters.ALL}


@done
def test_an_exercise_has_level_minutes_hint_and_a_cell_with_its_check(path):
    found = list(exercises_of(path))
    assert (2 if path in chapters.DEEP else 3) <= len(found) <= 4
    prefix = str(int(path.name[:2])) if path in chapters.CHAPTERS else path.stem[3:]
    assert [number for number, *_ in found] == [f'{prefix}.{n}' for n in range(1, len(found) + 1)]
    for number, text, work in found:
        assert HINT.search(text.source), f'{text.id}: a folded hint at the end, with blank lines around its text'
        assert 'exercise' in work.metadata.get('tags', []), work.id
        last = work.source.splitlines()[-1]
        assert re.match(rf"check\('{re.escape(number)}', ", last), f'{work.id}: {last}'
        assert judge_of(number), number


@done
def test_a_stored_notebook_holds_no_answer(path):
    for number, _, work in exercises_of(path):
        assert re.search(r'= (?:\.\.\.|\{[^}]*: \.\.\.\})', work.source), work.id
        assert [output.text.startswith(f'{number} … nothing to check yet') for output in work.outputs] == [True], (
            work.id
        )


@done
def test_basic_ones_come_first_and_all_are_done_in_half_an_hour_or_so(path):
    heads = [HEAD.search(text.source) for _, text, _ in exercises_of(path)]
    levels = ['advanced' in head[0] for head in heads]
    assert levels == sorted(levels)
    assert not all(levels)
    assert sum(int(head['minutes']) for head in heads) <= 45


@done
def test_its_solutions_are_worked_out_and_pass(path):
    """nbval executes them (make test-deep); here: each is there, asserts its check, and was stored right."""
    cells = nbformat.read(SOLUTIONS / path.name, as_version=4).cells
    headings = [c.source.split('\n', 1)[0].removeprefix('## ') for c in cells if c.source.startswith('## ')]
    numbers = [number for number, *_ in exercises_of(path)]
    assert headings == numbers
    for number in numbers:
        (cell,) = (c for c in cells if c.cell_type == 'code' and f"assert check('{number}'" in c.source)
        assert f'{number} ✓' in ''.join(output.get('text', '') for output in cell.outputs), cell.id
    code = [c for c in cells if c.cell_type == 'code']
    assert [c.execution_count for c in code] == list(range(1, len(code) + 1))
    assert not [c.id for c in code if len(c.source.splitlines()) > 20]


@done
def test_the_chapter_links_its_solutions(path):
    first = next(exercises_of(path))[1]
    assert f'solutions/{path.name})' in first.source
