"""The notebooks of the course, in order: the core path, what stands beside it, the deep dives, the solutions."""

from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent / 'notebooks'


def notebooks_in(folder: Path) -> list[Path]:
    """In order, without the `._…` that a Mac leaves beside them on other systems' disks."""
    found = (path for path in folder.iterdir() if path.suffix.lower() == '.ipynb')
    return sorted(path for path in found if not path.name.startswith('.'))


CHAPTERS, DEEP = notebooks_in(FOLDER), notebooks_in(FOLDER / 'deep')
CORE = [path for path in CHAPTERS if path.name[:2] <= '08']
ALL = CHAPTERS + DEEP
SOLUTIONS = notebooks_in(FOLDER / 'solutions')  # their names are those of chapters
