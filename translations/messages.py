"""The programs' words for who reads them: English stands in the code, Chinese in translations/zh/messages.po.

An error keeps its English `str(error)`, which can be searched for; `shown(error)` gives the Chinese, for who reads it.
Needs no package, and only syntax that an old Python 3 knows: tools/bootstrap.py uses it before there are packages.
"""

import argparse
import ast
import functools
import os
import re
from pathlib import Path
from string import Formatter

WORDS = ('none', 'times', 'tokens')  # single words that are translated inside of a message; any other may be a name
# What argparse says itself, as its source has it (Python 3.10 to 3.14).
ARGPARSE = (
    'usage: ', 'positional arguments', 'options', 'subcommands', 'show this help message and exit',
    '%(prog)s: error: %(message)s\n', 'argument %(argument_name)s: %(message)s',
    'the following arguments are required: %s', 'one of the arguments %s is required', 'unrecognized arguments: %s',
    'not allowed with argument %s', 'ignored explicit argument %r', 'expected one argument',
    'expected at most one argument', 'expected at least one argument', 'invalid %(type)s value: %(value)r',
    'invalid choice: %(value)r (choose from %(choices)s)', 'ambiguous option: %(option)s could match %(matches)s',
)  # fmt: skip
CATALOGUE = Path(__file__).resolve().parent / 'zh' / 'messages.po'
_ENTRY = re.compile(r'^msgid ((?:".*"\n)+)msgstr ((?:".*"(?:\n|\Z))+)', re.M)
# What stands between two messages, in English and in Chinese.
_JOINED = (('\n', '\n'), ('; ', '；'), (': ', '：'), (', ', '，'))


def course_language(environ=os.environ) -> str:
    """'zh' or 'en': what $COURSE_LANG says, or else the terminal's locale.  ValueError for another language."""
    said = environ.get('COURSE_LANG', '').strip()
    asked = re.split('[-_.]', said.lower())[0]  # zh_CN.UTF-8 is zh
    if asked not in ('', 'en', 'zh'):
        raise ValueError(f"COURSE_LANG={said}: the course is written in 'en' and 'zh'")
    locale = next(filter(None, map(environ.get, ('LC_ALL', 'LC_MESSAGES', 'LANG'))), '')
    return asked or ('zh' if locale.lower().startswith('zh') else 'en')


def shown(message, language: str = '') -> str:
    """A message, an error, or lines of them, in the course's language; what is none stays as it is.  Never raises."""
    text = str(message)
    try:
        return chinese().get(text) or _in_chinese(text) if (language or course_language()) == 'zh' else text
    except Exception:  # a wrong COURSE_LANG, a catalogue that is gone: neither may hide what there is to say
        return text


@functools.lru_cache(None)
def chinese() -> dict:
    """English → Chinese of every message; values stand in braces, as for `str.format`."""
    entries = _ENTRY.findall(CATALOGUE.read_text(encoding='utf-8'))
    return {ast.literal_eval(f'({english})'): ast.literal_eval(f'({text})') for english, text in entries}


@functools.lru_cache(None)
def _templates() -> list:
    """(longest piece, pattern, Chinese) of messages of several words; those with the most text of their own first."""
    found = []
    for english, text in chinese().items():
        pattern, seen, pieces = '', {None}, [piece for piece, *_ in Formatter().parse(english)]
        for piece, name, *_ in Formatter().parse(english):
            pattern += re.escape(piece) + ('' if name is None else '.*?' if name in seen else f'(?P<{name}>.*?)')
            seen.add(name)
        if pieces[-1]:  # what follows a semicolon is another message
            pattern = re.sub(r'\.\*\?\)$', '(?:(?!; ).)*)', pattern)
        pattern = rf'(?:\[Errno \d+\] |(["\']))?{pattern}(?(1)\1)'  # as OSError and KeyError write it
        if ' ' in ''.join(pieces).strip() or english in WORDS:
            found.append((''.join(pieces), max(pieces, key=len), re.compile(pattern, re.S), text))
    return [template[1:] for template in sorted(found, key=lambda template: -len(template[0]))]


def _in_chinese(text: str, separators: tuple = _JOINED) -> str:
    bare = text.strip()
    for piece, pattern, chinese_text in _templates() if len(bare) < 2000 else ():  # what is longer is a log
        match = piece in bare and pattern.fullmatch(bare)
        if match:  # its values may be messages themselves
            values = {name: _in_chinese(value) for name, value in match.groupdict().items()}
            inside = ''.join(part + values.get(name, '') for part, name, *_ in Formatter().parse(chinese_text))
            return text.replace(bare, re.sub(' +(?=[（，；：])|(?<=[，。；：？！）]) +', '', inside), 1)
    for i, (english, joined) in enumerate(separators if len(bare) < 2000 else separators[:1]):
        once = english == ': '  # what follows the first may be one message, colons and all
        parts = text.split(english, 1 if once else -1)
        turned = [_in_chinese(part, separators[i + (not once) :]) for part in parts] if len(parts) > 1 else parts
        if turned != parts:
            return joined.join(turned)
    return text


# argparse asks its gettext for each of its own words; here it finds those of the catalogue, all others stay English.
argparse._ = lambda text: text and shown(text)
