"""A learner's report: written whole, and read as what it is, a file that anybody may have spoiled."""

import os
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from helpers.files import write_whole

from ..learner import NAME_CHARACTERS, NUMBER_CHARACTERS, learner
from .consent import while_agreed

MOST_BYTES = 64 * 1024
MOST_NOTEBOOKS = 100
_AT_MOST_EACH = timedelta(minutes=1)  # the same section: no more writes than that


def _printable(text: str) -> str:
    if not text.isprintable():
        raise ValueError('characters that do not print')
    return text


class Model(BaseModel):
    model_config = ConfigDict(extra='forbid', frozen=True, strict=True)


class Place(Model):
    """How far somebody got in a notebook, and when they last ran a cell of it."""

    # '3.4'; '2' in a deep dive; '': before the first
    section: Annotated[str, Field(pattern=r'^(\d{1,2}(\.\d{1,2})?)?$')]
    at: Annotated[AwareDatetime, Field(ge=datetime(2020, 1, 1, tzinfo=UTC), lt=datetime(2100, 1, 1, tzinfo=UTC))]

    @property
    def order(self) -> tuple[int, ...]:
        return tuple(int(part) for part in self.section.split('.') if part)


Notebook = Annotated[str, Field(pattern=r'^(deep/)?\d\d_[a-z0-9_]{1,60}$')]  # 'deep/03_kv_quantisation'


class Report(Model):
    """All that is reported of a learner."""

    name: Annotated[str, Field(min_length=1, max_length=NAME_CHARACTERS), AfterValidator(_printable)]
    number: Annotated[str, Field(max_length=NUMBER_CHARACTERS), AfterValidator(_printable)]
    notebooks: Annotated[dict[Notebook, Place], Field(max_length=MOST_NOTEBOOKS)]


def read_regular(path: Path, most_bytes: int) -> bytes:
    """What is in a file that anybody may have put there.  ValueError: no plain file, or too large; OSError: a link."""
    # No link is followed, and nothing waits for a writer of a pipe.
    with open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), 'rb') as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise ValueError('not a file')
        content = file.read(most_bytes + 1)
    if len(content) > most_bytes:
        raise ValueError(f'more than {most_bytes} bytes, far more than the course writes')
    return content


def read_report(path: Path) -> Report:
    """A report.  ValueError says at which place it is none; OSError, if it cannot be read."""
    content = read_regular(path, MOST_BYTES)
    try:
        return Report.model_validate_json(content)
    except ValidationError as error:
        ours = {*Report.model_fields, *Place.model_fields}
        where = '.'.join(part for part in error.errors()[0]['loc'] if part in ours) or 'JSON'
        raise ValueError(f'not as the course writes it: {where}') from None


def note(notebook: str, section: str, now: datetime | None = None) -> None:
    """Report that a cell of this section was run, if the learner agreed to it; OSError and ValueError as they come."""
    now = (now or datetime.now(UTC)).replace(microsecond=0)
    with while_agreed() as path:
        if path is None or not path.parent.is_dir():
            return
        who, known = learner(), _known(path)
        reached, before = Place(section=section, at=now), known.notebooks.get(notebook) if known else None
        if before and before.order >= reached.order:
            if now - before.at < _AT_MOST_EACH and (who.name, who.number) == (known.name, known.number):
                return
            reached = Place(section=before.section, at=now)
        notebooks = (known.notebooks if known else {}) | {notebook: reached}
        report = Report(name=who.name, number=who.number, notebooks=notebooks)
        # For the folder's group alone: what others in the class do is nobody's business.
        write_whole(path, (report.model_dump_json(indent=1) + '\n').encode(), mode=0o640)


def _known(path: Path) -> Report | None:
    try:
        return read_report(path)
    except (OSError, ValueError):  # none yet, or spoiled: begun anew
        return None
