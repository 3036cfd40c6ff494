"""nbgrader on chapter 9: it makes the learners' version, and grades what they hand in.

nbgrader is no package of the course.  `make nbgrader` puts it into an environment of its own; NBGRADER_PYTHON names the
Python of that.
"""

import json
import os
import shutil
import subprocess
from pathlib import Path

import nbformat
import pytest

from homework.tasks import TASKS

ROOT = Path(__file__).resolve().parent.parent.parent
NOTEBOOK = ROOT / 'notebooks' / '09_homework.ipynb'
CONFIG = ROOT / 'homework' / 'nbgrader_config.py'
GRADED = {task.id: task.points for task in TASKS.values() if task.points}
PYTHON = os.environ.get('NBGRADER_PYTHON')


def nbgrader(course: Path, *arguments) -> str:
    env = os.environ | {'OMP_NUM_THREADS': '1', 'JUPYTER_CONFIG_DIR': str(course / '.config')}
    env |= {'JUPYTER_DATA_DIR': str(course / '.data')}  # nothing of the user's own
    env |= {'PATH': f'{Path(PYTHON).parent}{os.pathsep}{os.environ["PATH"]}'}  # it calls `alembic` by its name
    command = [PYTHON, '-m', 'nbgrader', *arguments]
    done = subprocess.run(command, cwd=course, capture_output=True, text=True, timeout=1500, env=env)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stderr


def points(course: Path, learner: str) -> dict[str, float]:
    """Task → points in nbgrader's own database."""
    code = """
import json, sys
from nbgrader.api import Gradebook
with Gradebook('sqlite:///gradebook.db') as book:
    notebook = book.find_submission('homework', sys.argv[1]).notebooks[0]
    print(json.dumps({grade.name: [grade.auto_score, grade.max_score] for grade in notebook.grades}))
"""
    done = subprocess.run([PYTHON, '-c', code, learner], cwd=course, capture_output=True, text=True, check=True)
    grades = json.loads(done.stdout)
    assert {name: most for name, (_, most) in grades.items()} == {f'{task}-check': p for task, p in GRADED.items()}
    return {name.removesuffix('-check'): score for name, (score, _) in grades.items()}


@pytest.fixture
def course(tmp_path):
    """A course's folder, with the learners' version made."""
    if not PYTHON:
        reason = 'no nbgrader: make nbgrader, then NBGRADER_PYTHON=$PWD/build/nbgrader/bin/python'
        (pytest.fail if os.environ.get('CI') else pytest.skip)(reason)
    (tmp_path / 'source' / 'homework').mkdir(parents=True)
    shutil.copy(NOTEBOOK, tmp_path / 'source' / 'homework')
    shutil.copy(CONFIG, tmp_path)
    nbgrader(tmp_path, 'generate_assignment', 'homework', '--create')
    return tmp_path


def submit(course: Path, learner: str, name: str, cells: dict[str, str]) -> None:
    """Hand in the learners' version with a name in it, and with other sources for some `cells`."""
    notebook = nbformat.read(course / 'release' / 'homework' / NOTEBOOK.name, as_version=4)
    cells = {'name': f"NAME = {name!r}\nLANGUAGE = 'zh'", **cells}
    for cell in notebook.cells:
        cell.source = cells.pop(cell.id, cell.source)
    assert not cells
    folder = course / 'submitted' / learner / 'homework'
    folder.mkdir(parents=True)
    nbformat.write(notebook, folder / NOTEBOOK.name)


@pytest.mark.deep
@pytest.mark.timeout(3600)
def test_nbgrader_grades_what_was_done(course):
    """One of two learners solved a task; each of them changed a locked cell, which nbgrader puts back."""
    source = {cell.id: cell.source for cell in nbformat.read(NOTEBOOK, 4).cells}
    released = {cell.id: cell.source for cell in nbformat.read(course / 'release/homework/09_homework.ipynb', 4).cells}
    assert released == source, 'the skeletons with their blanks, too'

    solution = (ROOT / 'notebooks' / 'solutions' / 'python-w4a16.py').read_text(encoding='utf-8')
    submit(course, 'wang', '王小明', {'python-w4a16-work': solution, 'tools-check': '5'})
    submit(course, 'li', '李小红', {'chat-work': 'pass'})
    nbgrader(course, 'autograde', 'homework')
    undone = dict.fromkeys(GRADED, 0.0) | {'chat': 10.0}  # the task that is worked out in the notebook
    assert points(course, 'wang') == undone | {'python-w4a16': 3.0}
    assert points(course, 'li') == undone
    for learner, tasks in {'wang': {'chat', 'python-w4a16'}, 'li': {'chat'}}.items():
        folder = course / 'autograded' / learner / 'homework'
        assert {path.stem for path in (folder / 'collected' / 'evidence').iterdir()} == tasks
        graded = nbformat.read(folder / NOTEBOOK.name, as_version=4)
        failed = [cell.id for cell in graded.cells for o in cell.get('outputs', ()) if o.output_type == 'error']
        assert failed == [], 'also the cell that packs: it refuses evidence of another learner'


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
