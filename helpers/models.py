"""Where a model is on this machine, and how to get it if it is nowhere."""

import os
from dataclasses import dataclass
from pathlib import Path

from translations.messages import shown

from .catalogue import catalogue_entry, download_commands, folder_names
from .checkpoints.mending import CheckpointError, inspect_checkpoint, mended
from .files import tilde

ROOT = Path('/root')  # the home of InternStudio's machines, under which the documents place everything
SHARES = (Path('/root/share'), Path('/share'))
EMBEDDED = Path(__file__).resolve().parent.parent / 'models'


class ModelNotFoundError(FileNotFoundError):
    """A model that is nowhere on this machine: the message lists where it was looked for and how to get it."""


@dataclass(frozen=True)
class Place:
    """One place where a model could be.  `state`: 'found', 'broken' (`detail` says how) or 'absent'."""

    path: Path
    kind: str
    state: str
    detail: str = ''


def _candidates(name: str) -> list[tuple[Path, str]]:
    """Every folder where the model could be, in order of search, with the kind of the place."""
    model = catalogue_entry(name)
    names = model.folder_names if model else folder_names(name.split('/')[-1])
    home = Path(os.path.expanduser('~'))
    lab = model.hub_id.split('/')[0] if model and model.is_vlm else 'Shanghai_AI_Laboratory'
    parents = []
    for entry in filter(None, os.environ.get('COURSE_MODELS', '').split(os.pathsep)):
        parents += [(Path(entry).expanduser(), 'COURSE_MODELS'), (Path(entry).expanduser() / lab, 'COURSE_MODELS')]
    parents += [(share / 'new_models' / lab, 'InternStudio share') for share in SHARES]
    parents += [(share / 'temp' / 'model_repos', 'InternStudio share, old') for share in SHARES]
    parents += [(ROOT / 'models', '/root'), (ROOT / 'models' / lab, '/root'), (ROOT, '/root')]
    parents += [(home, 'home'), (home / 'models', 'home'), (home / 'models' / lab, 'home'), (Path.cwd(), 'here')]
    found = [(parent / folder, kind) for parent, kind in parents for folder in names]

    for repo in {model.hub_id} if model else {name} if '/' in name else set():
        cache = _hub_cache() / f'models--{repo.replace("/", "--")}'
        found += [(snapshot, 'Hugging Face cache') for snapshot in _snapshots(cache)]
    for repo in {model.modelscope_id} if model else {name} if '/' in name else set():
        owner, folder = repo.split('/', 1)
        spelled = dict.fromkeys((folder, folder.replace('.', '___')))  # ModelScope writes a dot as ___
        found += [(root / owner / f, 'ModelScope cache') for root in _modelscope_caches() for f in spelled]
    if (EMBEDDED / name).is_dir():
        found.append((EMBEDDED / name, 'embedded'))
    unique: dict[str, tuple[Path, str]] = {}
    for path, kind in found:
        unique.setdefault(os.path.abspath(path), (path, kind))
    return list(unique.values())


def _hub_cache() -> Path:
    """As `huggingface_hub.constants` has it, which reads these variables once, when it is imported: too early for those
    that a cell sets.  (And its look-ups know one revision of a repository, or walk the whole cache.)"""
    for variable in ('HF_HUB_CACHE', 'HUGGINGFACE_HUB_CACHE'):
        if os.environ.get(variable):
            return Path(os.environ[variable]).expanduser()
    cache = Path(os.environ.get('XDG_CACHE_HOME') or '~/.cache')
    return Path(os.path.expanduser(os.environ.get('HF_HOME') or cache / 'huggingface'), 'hub')


def _snapshots(cache: Path) -> list[Path]:
    """The snapshots of a repository in the hub cache, that of `main` first."""
    try:
        main = (cache / 'refs' / 'main').read_text().strip()
    except OSError:
        main = ''
    try:
        snapshots = sorted((cache / 'snapshots').iterdir())
    except OSError:
        return [cache / 'snapshots' / (main or 'main')]
    return sorted(snapshots, key=lambda path: path.name != main)


def _modelscope_caches() -> list[Path]:
    base = Path(os.path.expanduser(os.environ.get('MODELSCOPE_CACHE') or '~/.cache/modelscope/hub'))
    return [base / 'models', base, base / 'hub' / 'models', base / 'hub']


def model_places(name: str) -> list[Place]:
    """Every place where the model `name` is looked for, in order, and what is there."""
    return [_look(path, kind) for path, kind in _candidates(name)]


def _look(path: Path, kind: str) -> Place:
    if os.path.islink(path) and not os.path.exists(path):
        return Place(path, kind, 'broken', f'a link to {tilde(os.readlink(path))}, which is not there')
    if not os.path.isdir(path):
        return Place(path, kind, 'absent')
    try:
        if not any(path.iterdir()):
            return Place(path, kind, 'broken', 'an empty folder')
        problems = inspect_checkpoint(path).problems
    except OSError as error:
        return Place(path, kind, 'broken', f'cannot be read ({error.strerror})')
    fatal = [problem.detail for problem in problems if problem.fatal]
    if fatal:
        return Place(path, kind, 'broken', '; '.join(fatal))
    return Place(path, kind, 'found', ', '.join(f'{p.name}: mended in an overlay' for p in problems if p.mendable))


def model_path(name: str = 'internlm2-chat-1_8b', fallback: bool = True) -> Path:
    """The folder of the model `name` on this machine, checked and, where needed, mended (see `mending.mended`).

    `name` is a name of the catalogue, any other folder's name, a hub id, or a path.  A checkpoint that is half there is
    named and passed over.  When the model is nowhere, one line says so and the embedded tiny-chat takes its place, or
    tiny-vlm that of a vision-language model; with `fallback=False`, ModelNotFoundError tells where it was looked for
    and how to get it.

    `$COURSE_MODEL` (a name or a path) takes the place of `name` everywhere, or `$COURSE_VLM` where `name` is a
    vision-language model; `$COURSE_MODELS` adds folders to look in.
    """
    tiny, variable = ('tiny-vlm', 'COURSE_VLM') if _is_vlm(name) else ('tiny-chat', 'COURSE_MODEL')
    if os.environ.get(variable):
        name, fallback = os.environ[variable], False
    as_path = Path(name).expanduser()
    if as_path.is_absolute() or name.startswith(('.', '~')) or (os.sep in name and os.path.isdir(as_path)):
        if not os.path.isdir(as_path):
            raise ModelNotFoundError(f'no model at {tilde(as_path)}: no such folder')
        return mended(as_path)

    broken = []
    for path, kind in _candidates(name):
        place = _look(path, kind)
        if place.state == 'found':
            _print_skipped(broken)
            return mended(place.path)
        if place.state == 'broken':
            broken.append(place)
    if fallback:
        _print_skipped(broken)
        try:
            path = mended(EMBEDDED / tiny)
        except CheckpointError as error:
            raise ModelNotFoundError(
                f'{_not_found(name, broken)}\nand the embedded {tiny} cannot be used: {error}'
            ) from None
        print(shown(f'{name} is not on this machine: using the embedded {tiny}'))
        return path
    raise ModelNotFoundError(_not_found(name, broken))


def _is_vlm(name: str) -> bool:
    """Whether a vision-language model is meant, as far as a name tells."""
    model = catalogue_entry(name)
    return model.is_vlm if model else name == 'tiny-vlm'


def _print_skipped(broken: list[Place]) -> None:
    for place in broken:
        print(shown(f'passed over {tilde(place.path)}: {place.detail}'))


def _not_found(name: str, broken: list[Place]) -> str:
    lines = [f'{name} is not on this machine.', 'Looked in:']
    why = {place.path: f': {place.detail}' for place in broken}
    lines += [f'  {tilde(path)}{why.get(path, "")}' for path, _ in _candidates(name)]
    commands = download_commands(name)
    if commands:
        lines += ['Get it in one of these ways:']
        lines += [f'  {way}: {command}' for way, command in commands.items()]
    lines.append('Or name the folder that holds your models in $COURSE_MODELS.')
    return '\n'.join(lines)
