"""A chapter's presenter's page (notebooks/presenting/), as the notes of the chapter's slides.

A section begins with `## 0.1 A machine (4 · 4 · 2 min)`: the heading of the notebook's section, and its minutes in the
whole chapter, in a 45-minute and in a 20-minute version.  0 is: leave it out.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from helpers.environment import ROOT

FOLDERS = {'en': ROOT / 'notebooks', 'zh': ROOT / 'notebooks' / 'zh'}
VERSIONS = ('all', '45', '20')
_HEADING = re.compile(r'^## (.+?) ?[(（](\d+) · (\d+) · (\d+) (?:min|分钟)[)）]$', re.M)


@dataclass(frozen=True)
class Section:
    """What to say in one section: `minutes` of each of VERSIONS."""

    title: str
    minutes: tuple[int, int, int]
    text: str

    @property
    def key(self) -> str:
        """Its number, as 0.1, which stays when the words change; without one the title."""
        number = re.match(r'\d+\.\d+', self.title)
        return number[0] if number else self.title


@dataclass(frozen=True)
class PresenterPage:
    """`aim` is what stands before the first section."""

    aim: str
    sections: tuple[Section, ...]

    def minutes(self, version: str) -> int:
        return sum(section.minutes[VERSIONS.index(version)] for section in self.sections)


def read_page(path: Path) -> PresenterPage:
    """The page in a file.  Raises ValueError where a heading has no minutes."""
    text = path.read_text(encoding='utf-8')
    if wrong := [line for line in re.findall(r'^## .*$', text, re.M) if not _HEADING.match(line)]:
        raise ValueError(f'{path}: {wrong[0]!r} must end in the minutes of three versions, as (4 · 4 · 2 min)')
    aim, *parts = _HEADING.split(text)
    sections = [
        Section(title, tuple(map(int, minutes)), body.strip())
        for title, *minutes, body in zip(parts[::5], parts[1::5], parts[2::5], parts[3::5], parts[4::5], strict=True)
    ]
    return PresenterPage(aim.partition('\n')[2].strip(), tuple(sections))


def page_of(chapter: str, language: str = 'en') -> PresenterPage | None:
    """The page of a chapter, as 01_hf_vs_turbomind; None where it has none."""
    path = FOLDERS[language] / 'presenting' / f'{chapter}.md'
    return read_page(path) if path.exists() else None


def notes(page: PresenterPage, headings: list[str]) -> list[str]:
    """The speaker's note for each heading of a notebook, '' for none: when the section is due, then its text.

    Raises ValueError for a section that the notebook does not have.
    """
    found, begin = {}, 0
    for section in page.sections:
        whole, *short = section.minutes
        cut = ' · '.join(f'{name} min: {minutes or "–"}' for name, minutes in zip(VERSIONS[1:], short, strict=True))
        found[section.key] = f'⏱ **{begin}–{begin + whole} min** ({cut})\n\n{section.text}'
        begin += whole
    keys = [Section(heading, (0, 0, 0), '').key for heading in headings]
    if lost := found.keys() - set(keys):
        raise ValueError(f'the notebook has no section {", ".join(sorted(lost))}: its headings are {headings}')
    return [found.get(key, '') for key in keys]
