"""nbgrader on chapter 9: it makes the learners' version, and grades what they hand in."""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from helpers.homework.tasks import TASKS

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOK = ROOT / 'notebooks' / '09_homework.ipynb'
CONFIG = ROOT / 'helpers' / 'homework' / 'nbgrader_config.py'
GRADED = {task.id: task.points for task in TASKS.values() if task.points}
# Another Python, such as one of a virtual environment that has nbgrader on top of the course's packages.
PYTHON = os.environ.get('NBGRADER_PYTHON', sys.executable)
needs_nbgrader = pytest.mark.skipif(
    'NBGRADER_PYTHON' not in os.environ and importlib.util.find_spec('nbgrader') is None,
    reason='no nbgrader in this environment: pip install nbgrader',
)


def nbgrader(course: Path, *arguments) -> str:
    env = os.environ | {'OMP_NUM_THREADS': '1', 'JUPYTER_CONFIG_DIR': str(course / '.config')}
    env |= {'JUPYTER_DATA_DIR': str(course / '.data'), 'PATH': f'{Path(PYTHON).parent}{os.pathsep}{os.environ["PATH"]}'}
    command = [PYTHON, '-m', 'nbgrader', *arguments]
    done = subprocess.run(command, cwd=course, capture_output=True, text=True, timeout=1500, env=env)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stderr


def points(course: Path) -> dict[str, float]:
    """Task → points in nbgrader's own database."""
    code = """
import json
from nbgrader.api import Gradebook
with Gradebook('sqlite:///gradebook.db') as book:
    notebook = book.find_submission('homework', 'wang').notebooks[0]
    print(json.dumps({grade.name: [grade.auto_score, grade.max_score] for grade in notebook.grades}))
"""
    done = subprocess.run([PYTHON, '-c', code], cwd=course, capture_output=True, text=True, check=True)
    grades = json.loads(done.stdout)
    assert {name: most for name, (_, most) in grades.items()} == {f'{task}-check': p for task, p in GRADED.items()}
    return {name.removesuffix('-check'): score for name, (score, _) in grades.items()}


@pytest.fixture
def course(tmp_path):
    """A course's folder, with the learners' version made."""
    (tmp_path / 'source' / 'homework').mkdir(parents=True)
    shutil.copy(NOTEBOOK, tmp_path / 'source' / 'homework')
    shutil.copy(CONFIG, tmp_path)
    nbgrader(tmp_path, 'generate_assignment', 'homework', '--create')
    return tmp_path


def submit(course: Path, change) -> None:
    """Hand in the learners' version, after `change(cell)` for each of its cells."""
    notebook = nbformat.read(course / 'release' / 'homework' / NOTEBOOK.name, as_version=4)
    for cell in notebook.cells:
        change(cell)
    folder = course / 'submitted' / 'wang' / 'homework'
    folder.mkdir(parents=True)
    nbformat.write(notebook, folder / NOTEBOOK.name)


@needs_nbgrader
@pytest.mark.slow
def test_nbgrader_grades_what_was_done(course):
    """One task solved, one check cell tampered with, the rest undone."""
    released = {cell.id: cell for cell in nbformat.read(course / 'release/homework/09_homework.ipynb', 4).cells}
    assert released['story-work'].source == '# YOUR CODE HERE'

    def change(cell):
        if cell.id == 'name':
            cell.source = "NAME = '王小明'\nLANGUAGE = 'zh'"
        elif cell.id == 'python-w4a16-work':
            cell.source = (ROOT / 'notebooks' / 'solutions' / 'python-w4a16.py').read_text(encoding='utf-8')
        elif cell.id == 'tools-check':
            cell.source = '5'  # nbgrader puts the locked cell back

    submit(course, change)
    nbgrader(course, 'autograde', 'homework')
    found = points(course)
    done = {'python-w4a16': 5.0}
    assert {task: score for task, score in found.items() if task != 'chat'} == dict.fromkeys(
        GRADED.keys() - {'chat'}, 0.0
    ) | done


def test_the_metadata_is_as_nbgrader_wants_it():
    """Without nbgrader: what its validator asks for, by its schema of version 3."""
    seen = {}
    for cell in nbformat.read(NOTEBOOK, as_version=4).cells:
        told = cell.metadata.get('nbgrader')
        if told is None:
            continue
        assert set(told) - {'points'} == {'grade', 'solution', 'locked', 'task', 'schema_version', 'grade_id'}
        assert told.schema_version == 3
        assert ('points' in told) == told.grade
        assert not (told.grade and told.solution), 'a cell to work in is not the cell that is graded'
        assert told.grade_id not in seen
        seen[told.grade_id] = told
    assert {name.removesuffix('-check'): told.points for name, told in seen.items() if told.grade} == GRADED
