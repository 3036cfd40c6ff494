"""A search over the course's own pages: sections of Markdown, ranked by the words that they share with a question.

A word counts for more the rarer it is: ln(1 + sections / sections with it).  Each further time that a section has it
counts for less: n / (n + 1) for n times.  In a heading it counts three times.  The sum over the words of the question
is the section's score.  That is the idea of BM25, without its two constants.
"""

import json
import math
import re
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

NOTEBOOKS = Path(__file__).resolve().parents[2] / 'notebooks'
HEADING_TIMES = 3
_HEADING = re.compile(r'^#{1,3} +(.+)$', re.M)
_HTML, _LINK = re.compile(r'<[^>\n]{1,200}>'), re.compile(r'!?\[([^]\n]*)\]\([^)\s]*\)')


@dataclass(frozen=True, slots=True)
class Section:
    """From one heading to the next.  `file`: its path below the folder of pages."""

    file: str
    heading: str
    text: str


def words_of(text: str) -> list[str]:
    """The words of a text in small letters; of Chinese each pair of neighbouring signs, as it has no blanks."""
    words = []
    for run in re.findall(r'[a-z0-9_]+|[\u4e00-\u9fff]+', text.lower()):
        words += [run] if run[0] < '\u4e00' or len(run) == 1 else [run[i : i + 2] for i in range(len(run) - 1)]
    return words


def sections_of(markdown: str, file: str) -> list[Section]:
    """The sections of a page; links and tags are reduced to their words."""
    plain = _LINK.sub(r'\1', _HTML.sub('', markdown))
    marks = list(_HEADING.finditer(plain))
    ends = [mark.start() for mark in marks[1:]] + [len(plain)]
    return [
        Section(file, mark[1].strip(), ' '.join(plain[mark.end() : end].split()))
        for mark, end in zip(marks, ends, strict=False)  # a page without a heading has an end alone
    ]


class Pages:
    """The pages of a folder: its Markdown files and notebooks, those of `deep/` too.  They are read at first use."""

    def __init__(self, folder: Path = NOTEBOOKS, without: tuple[str, ...] = ('deep/05_agent.ipynb',)):
        """`without`: files that are left out; the page that asks would find its own questions."""
        self.folder, self.without = folder, without

    @cached_property
    def sections(self) -> list[Section]:
        """All sections, file by file.  Raises FileNotFoundError for a folder without pages."""
        found = []
        for path in sorted(p for pattern in ('*.md', '*.ipynb', 'deep/*.ipynb') for p in self.folder.glob(pattern)):
            file = path.relative_to(self.folder).as_posix()
            if file not in self.without and not path.name.startswith('.'):
                found += sections_of(_markdown(path), file)
        if not found:
            raise FileNotFoundError(f'no pages in {self.folder}')
        return found

    @cached_property
    def _counts(self) -> list[Counter]:
        return [Counter(words_of(s.text) + HEADING_TIMES * words_of(s.heading)) for s in self.sections]

    @cached_property
    def _rarity(self) -> dict[str, float]:
        having = Counter(word for counts in self._counts for word in counts)
        return {word: math.log(1 + len(self.sections) / times) for word, times in having.items()}

    def ranked(self, query: str, most: int = 3) -> list[tuple[float, Section]]:
        """(score, section), the best first; sections without a word of the query are left out."""
        words = set(words_of(query))
        scored = []
        for section, counts in zip(self.sections, self._counts, strict=True):
            score = sum(self._rarity[word] * counts[word] / (counts[word] + 1) for word in words if word in counts)
            if score > 0:
                scored.append((score, section))
        return sorted(scored, key=lambda pair: -pair[0])[:most]  # of equal ones the earlier page

    def search(self, query: str) -> str:
        """The three best sections, a line each, as an agent reads them.  Raises ValueError where there is none."""
        found = self.ranked(query[:200])
        if not found:
            raise ValueError('nothing found')
        return '\n'.join(f'{s.file}, {s.heading}: {s.text[:90]}' for _, s in found)


def _markdown(path: Path) -> str:
    text = path.read_text(encoding='utf-8')
    if path.suffix != '.ipynb':
        return text
    cells = json.loads(text)['cells']
    return '\n\n'.join(''.join(cell['source']) for cell in cells if cell['cell_type'] == 'markdown')
