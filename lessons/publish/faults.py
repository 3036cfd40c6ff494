"""What is wrong with a demo's folder, said before anything is started or uploaded."""

import json
import os
import re
from pathlib import Path

import yaml

from helpers.checkpoints.mending import inspect_checkpoint
from helpers.files import tilde

FILES = ('app.py', 'requirements.txt', 'README.md', 'settings.json', 'ms_deploy.json', 'Dockerfile', 'lmdeploy_cpu')
OLDEST_PYTHON = (3, 11)
_PICKLED = ('.bin', '.pt', '.pth', '.ckpt', '.pkl')
_TEXT_BYTES = 1 << 20
# Hugging Face, ModelScope, OpenAI and the like, GitHub, AWS; a private key.
_KEY = re.compile(
    r'\b(?:hf|gh[a-z]|github_pat|glpat)_[A-Za-z0-9_]{16,}|\bms-[0-9a-f]{8}-[0-9a-f-]{20,}|\bsk-[A-Za-z0-9_-]{16,}'
    r'|\bAKIA[A-Z0-9]{12,}|-----BEGIN [A-Z ]*PRIVATE KEY-----'
)
_SECRET_NAME = re.compile(r'KEY|TOKEN|SECRET|PASSW', re.I)
_PIN = re.compile(r'[A-Za-z0-9._-]+==[A-Za-z0-9.!+_-]+')


def demo_faults(folder: str | Path) -> list[str]:
    """Sentences, one for each fault; [] where the folder is fit to be uploaded."""
    folder = Path(folder).expanduser()
    if not folder.is_dir():
        return [f'{tilde(folder)} is no folder: write it with publish.demo(model, folder)']
    missing = [name for name in FILES if not (folder / name).exists()]
    if missing:
        return [f'{tilde(folder)} lacks {", ".join(missing)}: write it anew with publish.demo(model, folder)']
    return [*_of_the_model(folder), *_of_versions(folder), *_of_docker(folder), *_of_keys(folder)]


def _of_the_model(folder: Path):
    settings = _json(folder / 'settings.json')
    if not settings.get('model') or not settings.get('limits'):
        yield 'settings.json names no model, or no limits: write the folder anew'
    elif settings['model'] == 'model':
        report = inspect_checkpoint(folder / 'model')
        if not report.loadable:
            found = '; '.join(problem.detail for problem in report.problems)
            yield f'no model is in it that an engine can load: {found}'
    for path in sorted(folder.rglob('*')):
        if path.suffix in _PICKLED and path.is_file():
            yield f'{path.relative_to(folder)} is pickled: whoever loads it runs what is in it; save it as safetensors'


def _of_versions(folder: Path):
    for line in requirement_lines(folder):
        if not _PIN.fullmatch(line):
            yield f'requirements.txt: {line!r} names no exact version (NAME==VERSION): the platform would take another'
    head = front_matter(folder)
    version = str(head.get('python_version', ''))
    numbers = tuple(int(n) for n in re.findall(r'\d+', version)[:2])
    if numbers < OLDEST_PYTHON:
        said = (
            f'python_version is {version}'
            if version
            else "python_version is missing, and the platform's own may be 3.10"
        )
        yield f'README.md: {said}; LMDeploy and this app need 3.11 or newer'
    pinned = re.findall(r'^gradio==(\S+)$', '\n'.join(requirement_lines(folder)), re.M)
    if head.get('sdk') == 'gradio' and [head.get('sdk_version')] != pinned:
        yield f'README.md: sdk_version is {head.get("sdk_version")}, and requirements.txt has gradio=={pinned}'
    if head.get('sdk') != _json(folder / 'ms_deploy.json').get('sdk_type'):
        yield 'README.md and ms_deploy.json name two SDKs: `sdk` and `sdk_type` must be one'


def _of_docker(folder: Path):
    lines = (folder / 'Dockerfile').read_text(encoding='utf-8').splitlines()
    users = [line.split()[1] for line in lines if re.match(r'USER\s', line)]
    if not users or users[-1] in ('root', '0'):
        yield 'Dockerfile: the app would run as root: USER is missing, or the last one is root'
    if not any(re.match(r'EXPOSE\s+7860\b', line) for line in lines):
        yield 'Dockerfile: EXPOSE 7860 is missing, the one port that both platforms take'


def _of_keys(folder: Path):
    here = {value for name, value in os.environ.items() if _SECRET_NAME.search(name) and len(value) >= 12}
    for path in sorted(folder.rglob('*')):
        if not path.is_file() or path.stat().st_size > _TEXT_BYTES or '.git' in path.relative_to(folder).parts:
            continue
        text = path.read_bytes().decode('utf-8', 'replace')
        if _KEY.search(text) or any(value in text for value in here):
            where = path.relative_to(folder)
            yield (
                f'{where} holds what looks like a key: everybody reads it there; take it out, and make a new one if it '
                f'was ever uploaded'
            )


def requirement_lines(folder: Path) -> list[str]:
    """The packages of requirements.txt, without options and comments."""
    lines = (folder / 'requirements.txt').read_text(encoding='utf-8').splitlines()
    return [line.strip() for line in lines if line.strip() and not line.lstrip().startswith(('#', '-'))]


def front_matter(folder: Path) -> dict:
    """What stands between the two lines of dashes of README.md; {} where nothing does."""
    parts = (folder / 'README.md').read_text(encoding='utf-8').split('---\n', 2)
    try:
        found = yaml.safe_load(parts[1]) if len(parts) == 3 and not parts[0] else {}
    except yaml.YAMLError:
        return {}
    return found if isinstance(found, dict) else {}


def _json(path: Path) -> dict:
    try:
        found = json.loads(path.read_text(encoding='utf-8'))
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
