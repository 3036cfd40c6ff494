"""The guesses on the disk: `predictions.json` in the submission's folder.

Nothing depends on it: where it is gone, or was changed by hand, what does not fit counts as never guessed.
"""

import contextlib
import dataclasses
import datetime
import json
from pathlib import Path

from helpers.files import lock_of, locked, write_whole
from lessons.submission import submission_folder

from .questions import MOST, QUESTIONS, GuessError, Question, question

_MOST_BYTES = 1 << 20


@dataclasses.dataclass(frozen=True)
class Kept:
    """A guess, in the unit of its question or one of its keys, and what the run said; `late`: guessed after it."""

    guess: float | str
    guessed: str  # UTC
    late: bool = False
    formula: float | str | None = None
    measured: float | str | None = None


def kept_path() -> Path:
    return submission_folder() / 'predictions.json'


def read() -> dict[str, Kept]:
    """Number of the question → guess, in the order of the chapters."""
    try:
        path = kept_path()
        if path.stat().st_size > _MOST_BYTES:
            return {}
        content = json.loads(path.read_text(encoding='utf-8'))
    except (OSError, ValueError, RuntimeError):  # absent, no JSON, nested without end, no home
        return {}
    content = content if isinstance(content, dict) else {}
    found = {number: _whole(number, content.get(number)) for number in QUESTIONS}
    return {number: kept for number, kept in found.items() if kept}


def keep_guess(number: str, value: float | str, ran: tuple | None) -> Kept:
    """Keep a guess.

    Args:
        ran: (formula, measured) if this kernel has them already: then the guess is a late one.

    Raises:
        GuessError: it is late, and there is one from before the run.
        OSError, RuntimeError: it cannot be written; nothing was changed.
    """
    now = datetime.datetime.now(datetime.UTC).strftime('%Y-%m-%dT%H:%M:%SZ')
    kept = Kept(value, now, ran is not None, *(plain(question(number), said) for said in ran or ()))
    with _all() as guesses:
        if ran and number in guesses and not guesses[number].late:
            raise GuessError('your guess from before the run stays.')
        guesses[number] = kept
    return kept


def keep_outcome(number: str, formula, measured) -> Kept | None:
    """Put what a run said beside its guess, and return both; None where nothing was guessed.

    What cannot be written is shown all the same.
    """
    asked = question(number)
    said = {'formula': plain(asked, formula), 'measured': plain(asked, measured)}
    kept = read().get(number)
    if kept:
        with contextlib.suppress(OSError, RuntimeError), _all() as guesses:
            kept = guesses[number] = dataclasses.replace(guesses.get(number, kept), **said)
    return kept and dataclasses.replace(kept, **said)


def plain(asked: Question, value) -> float | str | None:
    """A number or a key as JSON has it; None for what the question does not know, as where nothing was measured."""
    if asked.choices:
        return value if isinstance(value, str) and value in asked.choices else None
    with contextlib.suppress(TypeError, ValueError, OverflowError, RuntimeError):
        if not isinstance(value, str | bool) and abs(value := float(value)) <= MOST:
            return value
    return None


@contextlib.contextmanager
def _all():
    """All guesses, to be changed; they are written if no error comes."""
    path = kept_path().absolute()
    with locked(lock_of(path)):
        guesses = read()
        yield guesses
        content = {number: dataclasses.asdict(kept) for number, kept in guesses.items()}
        write_whole(path, (json.dumps(content, indent=1, ensure_ascii=False) + '\n').encode())


def _whole(number: str, entry) -> Kept | None:
    """The entry of the file, if it is one."""
    try:
        kept = Kept(**entry)
        asked = QUESTIONS[number]
        good = asked.read(kept.guess) == kept.guess and type(kept.late) is bool
        datetime.datetime.strptime(kept.guessed, '%Y-%m-%dT%H:%M:%SZ')
        good &= all(value == plain(asked, value) for value in (kept.formula, kept.measured))
    except (TypeError, ValueError):
        return None
    return kept if good else None
