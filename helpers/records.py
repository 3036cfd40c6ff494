"""What was measured on a GPU, kept as JSON in records/, for machines that have none.

A record says what it was measured on, with which versions, when, at which commit, and whether the model's weights
were trained or random (speed and memory depend on a model's geometry only, but a reader must be told).
"""

import dataclasses
import datetime
import json
import re
from pathlib import Path

RECORDS = Path(__file__).resolve().parent.parent / 'records'
PACKAGES = ('lmdeploy', 'torch', 'transformers')


@dataclasses.dataclass(frozen=True, slots=True)
class Record:
    """One measurement.  `data` holds the figures, with units in their names; it is JSON."""

    topic: str  # what was measured: 'speed', 'memory'
    device: str  # 'NVIDIA H200'
    driver: str  # the NVIDIA driver's version; '' on a CPU
    versions: dict[str, str]  # of lmdeploy and whatever else matters
    date: str  # YYYY-MM-DD
    commit: str  # of this project, as git names it
    model: str  # the model, or the geometry that random weights have
    weights: str  # 'trained' | 'random'
    data: dict

    def __post_init__(self):
        for name in ('topic', 'device', 'model'):
            _require(self, name, isinstance(getattr(self, name), str) and getattr(self, name).strip(), 'a text')
        _require(self, 'driver', isinstance(self.driver, str), "a text, '' where there is none")
        versions = self.versions
        good = isinstance(versions, dict) and all(isinstance(v, str) and v for pair in versions.items() for v in pair)
        _require(self, 'versions', good and 'lmdeploy' in versions, "a version of each package, 'lmdeploy' among them")
        _require(self, 'date', _is_date(self.date), 'a day as YYYY-MM-DD')
        require_commit(self.commit)
        _require(self, 'weights', self.weights in ('trained', 'random'), "'trained' or 'random'")
        _require(self, 'data', isinstance(self.data, dict) and self.data, 'the figures, at least one')

    def describe(self) -> str:
        """Say in one line where the figures come from, to stand beside them."""
        driver = f', driver {self.driver}' if self.driver else ''
        versions = f'LMDeploy {self.versions["lmdeploy"]}'
        return f'measured on {self.device}{driver}, {versions}, {self.date}, {self.model} with {self.weights} weights'


def load_record(name: str, folder: Path = RECORDS) -> Record:
    """Load the record `name`, such as 'h200/speed'.

    Raises:
        FileNotFoundError: there is none; the message lists those that there are.
        ValueError: the file is not a whole record; the message names file and field.
    """
    path = record_path(name, folder)
    try:
        fields = json.loads(path.read_text(encoding='utf-8'))
    except FileNotFoundError:
        there = sorted(str(found.relative_to(folder).with_suffix('')) for found in folder.rglob('*.json'))
        raise FileNotFoundError(f'no record {name!r} in {folder}; there are: {", ".join(there) or "none"}') from None
    except ValueError as error:
        raise ValueError(f'{path} is not JSON: {error}') from None
    if not isinstance(fields, dict):
        raise ValueError(f'{path} holds a {type(fields).__name__}, not a record')
    names = {field.name for field in dataclasses.fields(Record)}
    for what, odd in (('lacks', names - fields.keys()), ('has unknown', fields.keys() - names)):
        if odd:
            raise ValueError(f'{path} {what} {", ".join(sorted(odd))}')
    try:
        return Record(**fields)
    except ValueError as error:
        raise ValueError(f'{path}: {error}') from None


def load_published(folder: Path = RECORDS) -> list[dict]:
    """Load what course documents print, not measured by this project: a dict a figure, with camp and version.

    The fields are explained in the file, records/published.json.
    """
    return json.loads((folder / 'published.json').read_text(encoding='utf-8'))['rows']


def record_path(name: str, folder: Path) -> Path:
    if not re.fullmatch(r'[\w-]+(/[\w-]+)*', name):
        raise ValueError(f"{name!r} is not a record's name; names look like 'h200/speed'")
    return folder / f'{name}.json'


def require_commit(commit) -> None:
    if not (isinstance(commit, str) and re.fullmatch(r'[0-9a-f]{7,40}(-dirty)?', commit)):
        raise ValueError(f'commit must be a git commit, 7 to 40 hexadecimal digits, not {commit!r}')


def _require(record: Record, field: str, good, what: str) -> None:
    if not good:
        raise ValueError(f'{field} must be {what}, not {getattr(record, field)!r}')


def _is_date(text) -> bool:
    try:
        return datetime.date.fromisoformat(text).isoformat() == text
    except (TypeError, ValueError):
        return False
