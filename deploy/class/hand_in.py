"""Hand in: copy your newest submission to where the class collects them, under your name, for the instructor alone.

    python deploy/class/hand_in.py                # what `make submission` or chapter 9 packed last
    python deploy/class/hand_in.py FILE.zip

The newest counts; what was handed in before stays.
"""

import os
import sys
import time
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))

from helpers.files import tilde, write_whole  # noqa: E402 - where it lies was said above
from lessons.submission import submission_folder  # noqa: E402
from translations.messages import shown  # noqa: E402


def hand_in(file: Path | None = None, environ=os.environ) -> Path:
    """The copy.  Raises ValueError where there is nothing to hand in, OSError where it cannot be copied."""
    if not (environ.get('CLASS_SUBMISSIONS') and environ.get('JUPYTERHUB_USER')):
        raise ValueError('$CLASS_SUBMISSIONS is not set: this is for a class on JupyterHub')
    here = submission_folder()
    packed = [file] if file else sorted(here.glob('submission-*.zip'), key=lambda path: path.stat().st_mtime)
    if not packed:
        raise ValueError(f'{tilde(here)} holds no submission yet: make submission')
    if not zipfile.is_zipfile(packed[-1]):
        raise ValueError(f'{tilde(packed[-1])} is no zip file: make submission')
    folder = Path(environ['CLASS_SUBMISSIONS'], environ['JUPYTERHUB_USER'])
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.is_symlink() or folder.stat().st_uid != os.geteuid():
        raise PermissionError(f"{folder} is somebody else's: tell your instructor")
    target = folder / f'{packed[-1].stem}-{time.strftime("%Y%m%d-%H%M%S")}.zip'
    write_whole(target, packed[-1].read_bytes(), mode=0o600)
    return target


def main() -> None:
    try:
        target = hand_in(*map(Path, sys.argv[1:2]))
    except (OSError, ValueError) as error:
        sys.exit(f'[FAIL] {shown(error)}')
    print('[ OK ]', shown(f'handed in: {target}'))


if __name__ == '__main__':
    main()
