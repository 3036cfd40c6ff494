"""Cells that slides leave out must run all the same: before the first live cell, and after each live one."""

import os
from dataclasses import dataclass, field
from pathlib import Path

import nbformat

from .pages import FOLDERS
from .projector import use_projector


@dataclass(frozen=True)
class Cell:
    """A cell of code; `skipped`: slides do not show it."""

    id: str
    source: str
    skipped: bool


def cells_of(chapter: str) -> list[Cell]:
    """The code of a chapter, in order, up to the submission card: that one, and what ends the chapter, is for learners.

    Raises ValueError where there is no such chapter.
    """
    path = FOLDERS['en'] / f'{chapter}.ipynb'
    if not path.is_file():
        known = ', '.join(sorted(path.stem for path in FOLDERS['en'].glob('*.ipynb')))
        raise ValueError(f'no chapter {chapter!r}: say which, as %prepare 03_kv_cache; there are {known}')
    found = []
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.id == 'card-idea':
            break
        if cell.cell_type == 'code':
            found.append(Cell(cell.id, cell.source, cell.metadata.slideshow.slide_type == 'skip'))
    return found


def skipped_from(cells: list[Cell], at: int) -> list[Cell]:
    """The cells from `at` on that slides leave out, up to the next that is shown."""
    found = []
    for cell in cells[at:]:
        if not cell.skipped:
            break
        found.append(cell)
    return found


@dataclass
class Presentation:
    """The chapter that this kernel presents."""

    shell: object
    cells: list[Cell] = field(default_factory=list)

    def prepare(self, line: str = '') -> None:
        """`%prepare [CHAPTER]`: run what stands before the first live cell; plots get the projector's theme.

        The chapter is that of the notebook, where JupyterLab tells its name.
        """
        chapter = line.strip() or Path(os.environ.get('JPY_SESSION_NAME', '')).stem
        self.cells = cells_of(chapter)
        use_projector()
        self._run(skipped_from(self.cells, 0))
        live = next(cell for cell in self.cells if not cell.skipped)
        print(f'{chapter}: {len(skipped_from(self.cells, 0))} → {live.id}')

    def go_on(self, result) -> None:
        """After a live cell that succeeded, run the cells behind it that the slides leave out."""
        source = (result.info.raw_cell or '').strip() if result.info else ''
        at = next((i for i, cell in enumerate(self.cells) if not cell.skipped and cell.source.strip() == source), None)
        if at is not None and result.success:
            self._run(skipped_from(self.cells, at + 1))

    def _run(self, cells: list[Cell]) -> None:
        for cell in cells:
            # Silent: events would come back to `go_on`.  What it prints stands below the live cell.
            self.shell.run_cell(cell.source, silent=True).raise_error()
