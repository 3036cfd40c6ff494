"""weights.csv: what tasks count in this class, in place of the course's points.  Others keep theirs.

task,points
story,30
"""

import re
from pathlib import Path

from helpers.files import tilde
from homework.tasks import Task

from .csv_files import TableError, read_rows
from .rubric import GRADED

NAME = 'weights.csv'
_COLUMNS = {'task': ('task', '题目', '任务'), 'points': ('points', 'weight', '分数', '分值', '权重')}
_POINTS = re.compile(r'\d{1,4}([.,]\d)?', re.ASCII)


def read_weights(path: Path) -> dict[str, float]:
    """For every graded task its points, the file's or its own.

    Raises TableError, with the line: a task or points are none, a task is there twice, all together are nothing.
    """
    rows, _ = read_rows(path, _COLUMNS, 'task,points')
    found: dict[str, float] = {}
    for line, row in rows:
        said, points = row['task'], row['points']
        task = task_named(said)
        if task is None:
            known = ', '.join(task.id for task in GRADED)
            raise TableError(f'{tilde(path)}, line {line}: there is no graded task {said[:60]!r}: one of {known}')
        if task.id in found:
            raise TableError(f'{tilde(path)}, line {line}: task {task.id!r} is there twice: take one line out')
        if not _POINTS.fullmatch(points):
            raise TableError(
                f'{tilde(path)}, line {line}: the points are {points[:60]!r}: 0 to 9999, with at most one decimal'
            )
        found[task.id] = float(points.replace(',', '.'))
    weights = {task.id: float(task.points) for task in GRADED} | found
    if not sum(weights.values()):
        raise TableError(f'{tilde(path)}: all tasks together have no points')
    return weights


def task_named(said: str) -> Task | None:
    """The graded task of this id, or with this title in either language."""
    for task in GRADED:
        if _plain(said) in {_plain(text) for text in (task.id, task.title('en'), task.title('zh'))}:
            return task
    return None


def _plain(text: str) -> str:
    return ' '.join(text.split()).casefold()
