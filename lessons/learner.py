"""Who learns here: a name, a student number and a language, asked once; and the folder that is this learner's own.

    learner()      # Learner(name='李伟', number='2024001', language='zh'): for all notebooks, cards and the homework

`learner_form.learner_form()` asks.
"""

import dataclasses
import json
import os
from pathlib import Path

from helpers.files import read_json, tilde, write_whole
from translations.messages import course_language

ROOT = Path(__file__).resolve().parent.parent
FOLDER_VARIABLE = 'COURSE_HOME'
PLACEHOLDER = 'your name here'
NAME_CHARACTERS = 100
NUMBER_CHARACTERS = 40
LANGUAGES = ('en', 'zh')


@dataclasses.dataclass(frozen=True, slots=True)
class Learner:
    """A learner as they named themselves; before that the name is PLACEHOLDER."""

    name: str = PLACEHOLDER
    number: str = ''  # a student number; '': none
    language: str = ''  # 'en' or 'zh', of cards and notes

    @property
    def is_named(self) -> bool:
        return self.name != PLACEHOLDER


def course_home(environ=os.environ) -> Path:
    """The learner's own folder: copies of the notebooks in `work`, homework in `submission`.

    $COURSE_HOME; or else the course's folder, if it is this user's and can be written; or else, where a class shares
    one, `lmdeploy-course` in the home folder.  OSError where there is none.
    """
    if named := environ.get(FOLDER_VARIABLE):
        return Path(named).expanduser().absolute()
    if os.access(ROOT, os.W_OK | os.X_OK) and os.geteuid() in (0, ROOT.stat().st_uid):
        return ROOT
    own = os.path.expanduser('~/lmdeploy-course')
    if own.startswith('~'):
        raise OSError(f'{ROOT} is not yours to write in, and you have no home folder: set {FOLDER_VARIABLE} to a '
                      'folder of yours')  # fmt: skip
    return Path(own)


def learner() -> Learner:
    """Who learns here, as they said; else a learner without a name, in the course's language.

    Raises ValueError naming the file, if somebody spoiled it.
    """
    said = read_json(_file())
    try:
        return _checked(said.get('name', PLACEHOLDER), said.get('number', ''), said.get('language') or None)
    except ValueError as error:
        raise ValueError(f'{tilde(_file())}: {error}; fill in the form again: learner_form()') from None


def save_learner(name: str, number: str = '', language: str | None = None) -> Learner:
    """Keep who learns here for all notebooks; what learner_form() does.  `language`: 'en', 'zh', None: the course's.

    Raises ValueError saying what is wrong with a name, a number or a language, and OSError.
    """
    found = _checked(check_name(name), number, language)
    write_whole(_file(), (json.dumps(dataclasses.asdict(found), ensure_ascii=False, indent=1) + '\n').encode())
    return found


def check_name(name) -> str:
    """The learner's name, without blanks around it.  ValueError, if it is none."""
    if not isinstance(name, str) or not name.strip() or name.strip() == PLACEHOLDER:
        raise ValueError(f'say your own name first, in the form learner_form(), not {name!r}')
    return _printable('your name', name.strip(), NAME_CHARACTERS)


def _checked(name, number, language) -> Learner:
    if language not in (*LANGUAGES, None):
        raise ValueError(f"language={language!r}: 'en' or 'zh'")
    if not isinstance(number, str):
        raise ValueError(f'the student number {number!r} is no text')
    number = _printable('your student number', number.strip(), NUMBER_CHARACTERS)
    name = name if name == PLACEHOLDER else check_name(name)
    return Learner(name, number, language or course_language())


def _printable(what: str, text: str, characters: int) -> str:
    if len(text) > characters:
        raise ValueError(f'{what} has {len(text)} characters; {characters} at most, please')
    if any('\ud800' <= character <= '\udfff' for character in text):
        raise ValueError(f'{what}, {text!r}, holds half a character; type it anew')
    if not text.isprintable():
        raise ValueError(f'{what}, {text!r}, holds a line break or another character that does not print')
    return text


def _file() -> Path:
    return course_home() / 'work' / 'learner.json'
