"""What the grader found: criteria of tasks, flags for the instructor; and what the instructor decided instead."""

import dataclasses

from homework.texts import message

from .findings import FINDINGS, WITHOUT_BANDS

MET, NOT_MET, NOT_CHECKED = 'met', 'not met', 'not checked'
WRONG, LOOK = 'wrong', 'look'
_LONGEST = 160  # characters of a value: a name or a label can be made as long as one likes


@dataclasses.dataclass(frozen=True)
class Finding:
    """One of FINDINGS, with its values."""

    key: str
    values: dict = dataclasses.field(default_factory=dict)

    def text(self, language: str, bands: bool = True) -> str:
        """In words; without `bands` nothing tells which figures would have been accepted."""
        said = FINDINGS[self.key] if bands else WITHOUT_BANDS.get(self.key, FINDINGS[self.key])
        return dataclasses.replace(said, values=_shortened(self.values)).text(language)


@dataclasses.dataclass(frozen=True)
class Criterion:
    """One thing that a task is judged by."""

    verdict: str  # MET | NOT_MET | NOT_CHECKED
    findings: tuple[Finding, ...]
    missing: dict[str, list[str]] = dataclasses.field(default_factory=dict)  # language → sentences

    def texts(self, language: str, bands: bool = True) -> list[str]:
        return [finding.text(language, bands) for finding in self.findings] + self.missing.get(language, [])


@dataclasses.dataclass(frozen=True)
class Override:
    """The points that an instructor gives for a task, in place of the program's."""

    points: float
    comment: str  # '' for none
    machine_points: float = 0.0  # the program's own

    def text(self, language: str) -> str:
        said = message(
            "points by the instructor: {points:g} (the program's own: {machine:g})",
            points=self.points,
            machine=self.machine_points,
        ).text(language)
        colon = '：' if language == 'zh' else ': '
        return f'{said}{colon}{self.comment}' if self.comment else said


@dataclasses.dataclass(frozen=True)
class Flag:
    """Something that an instructor may want to look at; it costs no points."""

    level: str  # WRONG: two things that cannot both be true; LOOK: may well be honest
    finding: Finding

    @property
    def key(self) -> str:
        return self.finding.key

    def text(self, language: str) -> str:
        return self.finding.text(language)


def flag(level: str, key: str, **values) -> Flag:
    return Flag(level, Finding(key, values))


def criterion(verdict: str, key: str, **values) -> Criterion:
    return Criterion(verdict, (Finding(key, values),))


def _shortened(values: dict) -> dict:
    too_long = {name: v for name, v in values.items() if isinstance(v, str) and len(v) > _LONGEST}
    return values | {name: value[:_LONGEST] + '…' for name, value in too_long.items()}
