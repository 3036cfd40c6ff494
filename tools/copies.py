"""Your own copies of the notebooks: made, renewed where you changed nothing, given back as they came.

    python tools/copies.py                   # what `make lab` does: make what is missing, renew what was never changed
    python tools/copies.py reset 03          # a chapter as it came; yours is kept beside it as a backup
    python tools/copies.py reset deep/03_kv_quantisation 04      # or: reset all

They lie in `work`, in the course's folder or, where that is not yours, in `~/lmdeploy-course` ($COURSE_HOME).
"""

import argparse
import contextlib
import filecmp
import hashlib
import json
import shutil
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from nbformat import from_dict
from nbformat.sign import NotebookNotary

from helpers.files import lock_of, locked, read_json, tilde, write_whole
from lessons.learner import FOLDER_VARIABLE, course_home
from lmdeploy_cpu.terminal import print_anything
from translations.messages import shown

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = ROOT / 'notebooks'
MANIFEST = '.copies.json'
KINDS = ('.ipynb', '.md', '.py')


@dataclass
class Refreshed:
    """What happened to the copies: their paths in `work`."""

    made: list[str] = field(default_factory=list)
    renewed: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)  # the learner changed them, and there is a newer edition


def refresh(home: Path, source: Path = NOTEBOOKS) -> Refreshed:
    """Bring the copies in `home`/work to the edition in `source`; what the learner changed stays as it is.

    A notebook counts as changed when a cell's text was; outputs of cells that are the same in both editions are kept.
    """
    work, done = home / 'work', Refreshed()
    with _manifest(work) as manifest:
        _put_beside(home, source.parent)
        sources = _sources(source)
        for name, path in sources.items():
            content, target, known = path.read_bytes(), work / name, manifest.get(name)
            of = hashlib.sha256(content).hexdigest()
            if target.exists() and known and known['of'] == of:
                continue
            copy, old = cleared(name, content), target.read_bytes() if target.exists() else None
            if old is None:
                done.made.append(name)
            elif (known or {'made': mark(name, copy)})['made'] != mark(name, old):
                done.kept.append(name)
                continue
            else:
                copy = _with_outputs_of(old, copy) if name.endswith('.ipynb') else copy
                done.renewed += [name] if copy != old else []
            write_whole(target, copy)
            manifest[name] = {'of': of, 'made': mark(name, copy)}
        for name in manifest.keys() - sources.keys():  # the course has it no more
            target = work / name
            if target.exists() and mark(name, target.read_bytes()) == manifest[name]['made']:
                target.unlink()
            del manifest[name]
    return done


def reset(home: Path, wanted: list[str], source: Path = NOTEBOOKS) -> dict[str, Path | None]:
    """Give chapters back as they came; name → the backup of the learner's own, None where nothing was to be kept.

    Args:
        wanted: '03' (a chapter, in both languages), 'deep/03_kv_quantisation' (with or without .ipynb), or 'all'.

    Raises ValueError for what is no chapter, before anything is changed.
    """
    sources, given = _sources(source), {}
    names = list(dict.fromkeys(name for word in wanted for name in _named(word, sources)))
    with _manifest(home / 'work') as manifest:
        for name in names:
            content, target = sources[name].read_bytes(), home / 'work' / name
            copy, backup = cleared(name, content), None
            if target.exists() and (old := target.read_bytes()) != copy:
                backup = target.with_name(f'{target.stem}.backup-{time.strftime("%Y%m%d-%H%M%S")}{target.suffix}')
                write_whole(backup, old)
            write_whole(target, copy)
            manifest[name] = {'of': hashlib.sha256(content).hexdigest(), 'made': mark(name, copy)}
            given[name] = backup
    return given


def cleared(name: str, content: bytes) -> bytes:
    """A file as a learner first gets it: a notebook without outputs, which would tell what is to be predicted."""
    if not name.endswith('.ipynb'):
        return content
    notebook = json.loads(content)
    for cell in notebook['cells']:
        if cell['cell_type'] == 'code':
            cell.update(outputs=[], execution_count=None)
    notebook['metadata'].pop('widgets', None)
    return _written(notebook)


def mark(name: str, content: bytes) -> str:
    """What tells a changed copy: a hash of the cells' texts, of the bytes of anything else."""
    if name.endswith('.ipynb'):
        with contextlib.suppress(ValueError, KeyError, TypeError, AttributeError):  # spoiled: that is a change, too
            cells = [[cell['cell_type'], ''.join(cell['source'])] for cell in json.loads(content)['cells']]
            content = json.dumps(cells).encode()
    return hashlib.sha256(content).hexdigest()


def _with_outputs_of(old: bytes, new: bytes) -> bytes:
    """The notebook `new` with the outputs of the cells that `old` has word for word."""
    before, notebook = json.loads(old), json.loads(new)
    ran = {(cell.get('id'), ''.join(cell['source'])): cell for cell in before['cells'] if cell.get('outputs')}
    for cell in notebook['cells']:
        if cell['cell_type'] == 'code' and (same := ran.get((cell.get('id'), ''.join(cell['source'])))):
            cell.update(outputs=same['outputs'], execution_count=same.get('execution_count'))
    if 'widgets' in before['metadata']:
        notebook['metadata']['widgets'] = before['metadata']['widgets']
    # Where the home cannot be written there are no signatures: JupyterLab then only asks whether outputs are trusted.
    with contextlib.suppress(Exception):
        notary = NotebookNotary()
        if notary.check_signature(from_dict(before)):
            notary.sign(from_dict(notebook))
    return _written(notebook)


def _written(notebook: dict) -> bytes:
    return (json.dumps(notebook, indent=1, ensure_ascii=False) + '\n').encode()


def _sources(source: Path) -> dict[str, Path]:
    """Path in the folder → file, of all that is copied."""
    found = sorted(path for path in source.rglob('*') if path.suffix in KINDS and path.is_file())
    names = {path.relative_to(source).as_posix(): path for path in found}
    return {name: path for name, path in names.items() if not any(part[0] == '.' for part in name.split('/'))}


def _named(word: str, sources: dict[str, Path]) -> list[str]:
    notebooks = [name for name in sources if name.endswith('.ipynb')]
    if word == 'all':
        return notebooks
    bare = word.removesuffix('.ipynb').removeprefix('work/').removeprefix('notebooks/')
    number = bare.zfill(2) if bare.isdecimal() else None
    found = [n for n in notebooks if number and n.removeprefix('zh/').startswith(f'{number}_')]
    found += [n for n in notebooks if n == f'{bare}.ipynb']
    if not found:
        there = ', '.join(n.removesuffix('.ipynb') for n in notebooks if not n.startswith('zh/'))
        raise ValueError(f'there is no chapter {word!r}; there are: {there}')
    return found


@contextlib.contextmanager
def _manifest(work: Path):
    """What was copied and how it was then; kept also of what was done before an error.  One process at a time."""
    try:
        work.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OSError(
            f'{tilde(work)} cannot be made ({error.strerror}): set {FOLDER_VARIABLE} to a folder of yours'
        ) from None
    path = work / MANIFEST
    with locked(lock_of(path)):
        manifest = read_json(path)
        try:
            yield manifest
        finally:
            write_whole(path, json.dumps(manifest, indent=1, sort_keys=True).encode())


def _put_beside(home: Path, root: Path) -> None:
    """Pictures and pages that notebooks show lie beside `notebooks`; so they must beside a `work` elsewhere.

    Links, but for pictures: JupyterLab sends no file that lies outside of the folder in which it was started.
    """
    if home.resolve() == root.resolve():
        return
    for path in root.iterdir():
        if path.name[0] == '.' or path.name in ('work', 'submission', 'build') or path.suffix == '.egg-info':
            continue
        beside = home / path.name
        if path.name == 'imgs':
            for picture in (picture for picture in path.rglob('*') if picture.suffix in ('.png', '.svg')):
                copy = beside / picture.relative_to(path)
                if not copy.exists() or not filecmp.cmp(picture, copy):
                    copy.parent.mkdir(parents=True, exist_ok=True)
                    shutil.copy2(picture, copy)
            continue
        if beside.is_symlink() and beside.resolve() != path.resolve():
            beside.unlink()  # of a checkout that lay elsewhere
        if not beside.exists():
            beside.symlink_to(path)


def say(done: Refreshed, home: Path) -> None:
    """Tell of what was renewed, and of what has a newer edition."""
    if done.renewed:
        print('[ OK ]', shown(f'{len(done.renewed)} notebooks and pages that you had not changed were renewed'))
    for name in done.kept:
        word = name.removesuffix('.ipynb')
        print('[NOTE]', shown(f'{tilde(home / "work" / name)}: there is a newer edition, and yours is kept. '
                              f'The new one (yours becomes a backup): make reset ARGS={word}'))  # fmt: skip


def main() -> int:
    print_anything()
    parser = argparse.ArgumentParser(description=shown(__doc__.splitlines()[0]))
    kinds = parser.add_subparsers(dest='what')
    giving = kinds.add_parser('reset', help=shown('give chapters back as they came, after a backup'))
    giving.add_argument('chapters', nargs='+', help=shown('03, deep/03_kv_quantisation, or all'))
    args = parser.parse_args()
    try:
        home = course_home()
        if args.what != 'reset':
            say(refresh(home), home)
            return 0
        for name, backup in reset(home, args.chapters).items():
            where = tilde(home / 'work' / name)
            kept = f'; yours is {backup.name}' if backup else ''
            print('[ OK ]', shown(f'{where} is as it came' + kept))
        print(shown('Is it open in JupyterLab? File → Reload Notebook from Disk.'))
    except (OSError, ValueError) as error:
        sys.exit(f'[FAIL] {shown(error)}')
    return 0


if __name__ == '__main__':
    sys.exit(main())
