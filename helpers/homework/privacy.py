"""Nothing of the learner's machine goes into a submission: no folder of theirs, no key, no name of host or user."""

import contextlib
import getpass
import os
import re
import socket
import sys
import tempfile
from pathlib import Path

from .evidence import ROOT

_SECRET_NAME = re.compile(r'KEY|TOKEN|SECRET|PASSW|CREDENTIAL', re.I)
# What keys look like: OpenAI's, Hugging Face's, GitHub's, AWS's, ModelScope's and any after `Bearer`.
_SECRET_TEXT = re.compile(
    r'\b(?:sk|hf|ghp|gho|github_pat|ms)[-_][A-Za-z0-9_-]{12,}|\bAKIA[A-Z0-9]{12,}'
    r'|(?<=Bearer )[A-Za-z0-9._~+/=-]{8,}|-----BEGIN [A-Z ]*PRIVATE KEY-----'
)
_PASSWORD_IN_URL = re.compile(r'(?<=://)[^\s/:@]+:[^\s/@]+@')
_HOMES = re.compile(r'(?:/home|/Users|/mnt/[a-z]/Users)/[^/\s\'"<>]+|[A-Za-z]:\\Users\\[^\\\s\'"<>]+')
_COMMON_NAMES = {'root', 'user', 'admin', 'ubuntu', 'jovyan', 'runner', 'student', 'localhost', 'course'}
KEY = '[a key]'


def clean_text(text: str) -> str:
    """`text` without this machine's folders, keys and names."""
    for private, instead in _private():
        text = private.sub(instead, text)
    text = _HOMES.sub('~', text)
    text = _PASSWORD_IN_URL.sub('', text)
    text = _SECRET_TEXT.sub(KEY, text)
    for name in _names():
        text = re.sub(rf'\b{re.escape(name)}(?=@)|(?<=@){re.escape(name)}\b', '[name]', text)
    return text


def clean(content):
    """The same for all texts in a JSON object, keys of dicts left as they are."""
    if isinstance(content, str):
        return clean_text(content)
    if isinstance(content, dict):
        return {key: clean(value) for key, value in content.items()}
    if isinstance(content, list | tuple):
        return [clean(value) for value in content]
    return content


def leaks(text: str) -> list[str]:
    """What of this machine stands in `text`, described without repeating it; [] where nothing does."""
    found = ['a key' if instead == KEY else 'a folder of this machine' for p, instead in _private() if p.search(text)]
    found += ['what looks like a key'] * bool(_SECRET_TEXT.search(text))
    found += ['a home folder'] * bool(_HOMES.search(text))
    return sorted(set(found))


def _private() -> list[tuple[re.Pattern, str]]:
    """What must not be told, and what to write instead; the longest first, so that no part of one stays."""
    places = [(ROOT, '.'), (Path.cwd(), '.'), (Path.home(), '~'), (Path(tempfile.gettempdir()), '[temporary]')]
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
    """Of the servers that this process runs."""
    server = sys.modules.get('helpers.server')
    return [str(running.client.api_key) for running in server.running_servers()] if server else []


def _names() -> list[str]:
    """Of user and host, where they can tell somebody apart."""
    names = [socket.gethostname()]
    with contextlib.suppress(KeyError, OSError):  # a container without a name for its user
        names.append(getpass.getuser())
    return [name for name in names if len(name) >= 3 and name.lower() not in _COMMON_NAMES]
