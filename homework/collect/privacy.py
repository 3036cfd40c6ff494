"""Nothing of the learner's machine goes into a submission: no folder of theirs, no key, no name of host or user."""

import contextlib
import getpass
import json
import os
import re
import socket
import tempfile
from pathlib import Path

from homework.evidence import ROOT

from .home_paths import clean_paths, has_path
from .key_texts import KEY, clean_keys, has_key

# Of variables: what stands in them is a key.
_SECRET_NAME = re.compile(r'KEY|TOKEN|SECRET|PASSW|CREDENTIAL', re.I)
# Not of addresses that others can open: a link to one's own page on GitHub stays.
_PUBLIC_URL = re.compile(r'(https?://(?!localhost|127\.|0\.0\.0\.0|\[)[^\s"\'<>]+)')
_COMMON_NAMES = {
    'root', 'user', 'admin', 'ubuntu', 'jovyan', 'runner', 'student', 'localhost', 'course', 'default', 'nobody',
    'test', 'vscode', 'codespace', 'gitpod', 'coder', 'app', 'work', 'workspace', 'home', 'data', 'models', 'notebooks',
    'tmp',
}  # fmt: skip
_NAME_VARIABLES = ('USER', 'LOGNAME', 'USERNAME', 'SUDO_USER', 'JUPYTERHUB_USER')


def clean_text(text: str) -> str:
    """`text` without this machine's folders, keys and names."""
    for private, instead in _private():
        text = private.sub(instead, text)
    text = clean_keys(clean_paths(text))
    for name in map(re.escape, _names()):
        text = re.sub(rf'\b{name}(?=@)|(?<=@){name}\b', '[name]', text)
        in_path = re.compile(rf'(?i)(?:(?<=[\\/~])|(?<=%2F)|(?<=%5C)){name}(?![\w-])')
        parts = _PUBLIC_URL.split(text)
        parts[::2] = (in_path.sub('[name]', part) for part in parts[::2])
        text = ''.join(parts)
    return text


def clean(content):
    """The same for all texts in a JSON object, and for keys that are no names of fields."""
    if isinstance(content, str):
        return clean_text(content)
    if isinstance(content, dict):
        return {key if str(key).isidentifier() else clean(key): clean(value) for key, value in content.items()}
    if isinstance(content, list | tuple):
        return [clean(value) for value in content]
    return content


def leaks(content) -> list[str]:
    """What of this machine stands in `content`, a text or a JSON object of texts, described without repeating it; []
    where nothing does."""
    if isinstance(content, dict):
        content = [*content.keys(), *content.values()]
    if isinstance(content, list | tuple):
        return sorted({found for part in content for found in leaks(part)})
    if not isinstance(content, str):
        return []
    found = leaks_as_they_are(content)
    found += ['what looks like a key'] * has_key(content)
    found += ['a home folder'] * has_path(content)
    return sorted(set(found))


def leaks_as_they_are(page: str) -> list[str]:
    """The same of a page, whose markup can look like a path: only what is known of this machine, letter by letter."""
    found = {'a key' if instead == KEY else 'a folder of this machine' for p, instead in _private() if p.search(page)}
    return sorted(found)


def _private() -> list[tuple[re.Pattern, str]]:
    """What must not be told, and what to write instead; the longest first, so that no part of one stays."""
    places = [
        (ROOT, '.'),
        (Path.cwd(), '.'),
        (Path(os.path.expanduser('~')), '~'),
        (Path(tempfile.gettempdir()), '[temporary]'),
    ]
    places += [(Path(os.environ[name]).expanduser(), f'${name}') for name in _FOLDERS if os.environ.get(name)]
    texts = {}
    for path, instead in places:
        for spelled in {str(path), os.path.realpath(path)} - {'/', '.'}:
            texts.setdefault(rf'{re.escape(spelled)}(?![\w-])', instead)
    for name, value in os.environ.items():
        if _SECRET_NAME.search(name) and len(value) >= 8 and not os.path.exists(value):
            texts[re.escape(value)] = KEY
    for key in _servers_keys():
        texts[re.escape(key)] = KEY
    return [(re.compile(text), instead) for text, instead in sorted(texts.items(), key=lambda pair: -len(pair[0]))]


_FOLDERS = ('COURSE_MODELS', 'COURSE_SUBMISSION', 'XDG_CACHE_HOME', 'HF_HOME')


def _servers_keys() -> list[str]:
    """Of the servers that this process runs, and of those that other notebooks run."""
    from lessons.serving.keys import key_path
    from lessons.serving.server import live_keys

    keys = [str(key) for key in live_keys() if key]
    with contextlib.suppress(OSError):
        for path in key_path(0).parent.glob('*.key'):
            with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
                key = str(json.loads(path.read_text(encoding='utf-8'))['key'])
                keys += [key] if len(key) >= 8 else []  # a file that anything may stand in
    return keys


def _names() -> list[str]:
    """Of user and host, where they can tell somebody apart."""
    names = [socket.gethostname(), *(os.environ.get(name, '') for name in _NAME_VARIABLES)]
    with contextlib.suppress(KeyError, OSError):  # a container without a name for its user
        names.append(getpass.getuser())
    return [name for name in dict.fromkeys(names) if len(name) >= 3 and name.lower() not in _COMMON_NAMES]
