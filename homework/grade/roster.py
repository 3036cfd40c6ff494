"""The roster: who is to hand in, and whose a submission is.

student number,name
2023001,王小明
"""

import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from helpers.files import tilde

from .csv_files import TableError, read_rows
from .intake import Owner

_COLUMNS = {
    'number': ('student number', 'number', 'student id', 'id number', 'id', '学号', '学生编号', '编号'),
    'name': ('name', 'full name', 'student', 'student name', '姓名', '学生姓名', '名字'),
}


@dataclass(frozen=True)
class Person:
    """Somebody on the roster."""

    number: str
    name: str


@dataclass(frozen=True)
class Roster:
    """The people of a class, in the order of the file, and how its bytes were read."""

    path: Path
    encoding: str
    people: tuple[Person, ...]

    def person(self, owner: Owner, file: str, name: str = '') -> Person | None:
        """Whose a submission is: told by its path first, then by the name in it; None: nobody's, or several people's.

        Args:
            file: its path as people know it.
            name: that the learner typed; '' where it could not be read.
        """
        for text in filter(None, (file, owner.name, name)):
            if len(found := [p for p in self.people if _has_number(text, p.number)]) == 1:
                return found[0]
        return self._named(owner.name) or self._named(file) or self.by_name(name)

    def by_name(self, name: str) -> Person | None:
        """The only person of this very name."""
        found = [p for p in self.people if name and _squashed(p.name) == _squashed(name)]
        return found[0] if len(found) == 1 else None

    def _named(self, text: str) -> Person | None:
        """The only person whose name stands in a path; of 李伟 and 李伟明 the longer one."""
        found = [p for p in self.people if _has_name(text, p.name)]
        found = [p for p in found if not any(_squashed(p.name) in _squashed(q.name) for q in found if q.name != p.name)]
        return found[0] if len(found) == 1 else None


def read_roster(path: Path) -> Roster:
    """Read a CSV file with a column for the student number and one for the name, in either language; others are left.

    Raises TableError, with the line: a number or a name is missing, a number is there twice.
    """
    rows, encoding = read_rows(path, _COLUMNS, 'student number,name')
    people: dict[str, Person] = {}
    lines: dict[str, int] = {}
    for line, row in rows:
        number, name = row['number'], ' '.join(row['name'].split())
        if not number or not name:
            raise TableError(f'{tilde(path)}, line {line}: a student number and a name must stand in each line')
        if number.casefold() in lines:
            raise TableError(
                f'{tilde(path)}, line {line}: student number {number!r} is in line {lines[number.casefold()]} already'
            )
        lines[number.casefold()] = line
        people[number] = Person(number, name)
    return Roster(path, encoding, tuple(people.values()))


def _has_number(text: str, number: str) -> bool:
    """Whether the number stands in the text, not as a part of a longer one."""
    pattern = rf'(?<![0-9a-z]){re.escape(_folded(number))}(?![0-9a-z])'
    return (len(number) >= 3 and re.search(pattern, _folded(text)) is not None) or _folded(text) == _folded(number)


def _has_name(text: str, name: str) -> bool:
    text, name = _folded(text), _folded(name)
    if _squashed(text) == _squashed(name):
        return True
    if name.isascii():
        words = re.escape(name).replace(r'\ ', r'[\s_+-]*')
        return re.search(rf'(?<![0-9a-z]){words}(?![0-9a-z])', text) is not None
    return len(name) > 1 and _squashed(name) in _squashed(text)


def _folded(text: str) -> str:
    return unicodedata.normalize('NFKC', text).casefold().strip()


def _squashed(text: str) -> str:
    return ''.join(_folded(text).split())
