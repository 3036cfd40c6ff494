"""What the grader found: criteria of tasks, and flags for the instructor."""

import dataclasses

from .grade_texts import say

MET, NOT_MET, NOT_CHECKED = 'met', 'not met', 'not checked'
WRONG, LOOK = 'wrong', 'look'


@dataclasses.dataclass(frozen=True)
class Said:
    """A text in both languages, with its values."""

    key: str
    values: dict = dataclasses.field(default_factory=dict)

    def text(self, language: str) -> str:
        return say(self.key, language, **self.values)


@dataclasses.dataclass(frozen=True)
class Criterion:
    """One thing that a task is judged by."""

    verdict: str  # MET | NOT_MET | NOT_CHECKED
    said: tuple[Said, ...]
    lacks: dict[str, list[str]] = dataclasses.field(default_factory=dict)  # language → sentences of `missing`

    def texts(self, language: str) -> list[str]:
        return [said.text(language) for said in self.said] + self.lacks.get(language, [])


@dataclasses.dataclass(frozen=True)
class Flag:
    """Something that an instructor may want to look at; it costs no points."""

    level: str  # WRONG: two things that cannot both be true; LOOK: may well be honest
    said: Said

    @property
    def key(self) -> str:
        return self.said.key

    def text(self, language: str) -> str:
        return self.said.text(language)


def flag(level: str, key: str, **values) -> Flag:
    return Flag(level, Said(key, values))


def criterion(verdict: str, key: str, **values) -> Criterion:
    return Criterion(verdict, (Said(key, values),))
