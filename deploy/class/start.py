"""A learner's server, as the hub starts it: the limit on memory, their copies of the notebooks, then JupyterLab.

python start.py COMMAND-OF-JUPYTERHUB-SINGLEUSER...
"""

import os
import resource
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / 'tools')]

import copies  # noqa: E402 - where it lies was said above

from lessons.learner import course_home  # noqa: E402

START = {'en': 'work/README.md', 'zh': 'work/zh/README.md'}


def main() -> None:
    limit = int(os.environ['CLASS_MEMORY_BYTES'])
    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))  # of each process from here on: MemoryError, not the end
    home = course_home()
    copies.say(copies.refresh(home), home)
    # The course's Python in terminals, and the course of this checkout.
    os.environ['PATH'] = os.pathsep.join((str(Path(sys.executable).parent), os.environ.get('PATH', os.defpath)))
    os.environ['PYTHONPATH'] = os.pathsep.join(filter(None, (str(ROOT), os.environ.get('PYTHONPATH'))))
    page = START[os.environ.get('COURSE_LANG', 'en')]
    options = [
        f'--ServerApp.root_dir={home}',
        f'--ServerApp.default_url=/lab/tree/{page}?factory=Markdown%20Preview',
        '--ContentsManager.preferred_dir=work',
    ]
    options += ['--allow-root'] if os.geteuid() == 0 else []  # a rehearsal in a container
    os.execv(sys.argv[1], [*sys.argv[1:], *options])


if __name__ == '__main__':
    main()
