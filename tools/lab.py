"""Open JupyterLab on the course: also as root, without a browser, on a taken port, and over ssh.

    python tools/lab.py [--port 8888] [--no-browser] [--dry-run] [--stored]

It listens on 127.0.0.1 with a fresh token and prints the address to open.  What opens are the learner's own copies
(`copies.py`), brought to the edition of the course where the learner changed nothing; `--stored`: the notebooks in
`notebooks/` with their outputs, for who changes the course.
"""

import argparse
import contextlib
import json
import os
import platform
import secrets
import sys
import tempfile
from pathlib import Path

import copies
from jupyter_core.paths import jupyter_runtime_dir

from helpers.troubleshooting import pointer
from lessons.learner import course_home, learner
from lessons.presenting.projector import STYLE
from lessons.serving.port import free_port
from lessons.serving.proxies import usable
from lessons.serving.tunnel import ssh_command, user_name
from lmdeploy_cpu.terminal import print_anything
from translations.messages import course_language, shown

ROOT = Path(__file__).resolve().parent.parent
START = {'en': 'README.md', 'zh': 'zh/README.md'}  # the start pages
LOCALES = {'en': 'en', 'zh': 'zh_CN'}  # of JupyterLab's own interface


def has_browser(environ=os.environ) -> bool:
    """Whether a browser can show up here: a display, or WSL, and not over ssh."""
    if 'SSH_CONNECTION' in environ:
        return False
    return bool(environ.get('DISPLAY') or environ.get('WAYLAND_DISPLAY') or is_wsl(environ))


def is_wsl(environ=os.environ, release: str | None = None) -> bool:
    """Whether this is Linux in Windows; Docker's containers there, which open nothing, have its kernel alone."""
    if environ.get('WSL_DISTRO_NAME') or environ.get('WSL_INTEROP'):
        return True
    return 'microsoft' in (release or platform.release()).lower() and os.path.exists(
        '/proc/sys/fs/binfmt_misc/WSLInterop'
    )


def banner(port: int, token: str, browser: bool, environ=os.environ, language: str = 'en', folder: str = 'work') -> str:
    """What to open, how to get there from another machine, and how to get the other language."""
    address = f'http://127.0.0.1:{port}/lab/tree/{folder}/{START[language]}?token={token}'
    opened = 'The course is open in your browser.' if browser else 'Open this address in a browser:'
    lines = ['', shown(opened, language), f'  {address}']
    if not browser:
        way = 'If the browser is on another machine, forward the port first (there, in a terminal that stays open):'
        lines += [shown(way, language), f'  {ssh_command(port, environ, f"{user_name()}@YOUR-MACHINE -p 22")}']
    other = 'In English: COURSE_LANG=en make lab' if language == 'zh' else '中文版: COURSE_LANG=zh make lab'
    return '\n'.join([*lines, other, shown('Ctrl-C twice ends JupyterLab.', language), ''])


# No news: a class may be offline.  Markdown files open as pages, not as their source.
SETTINGS = {
    '@jupyterlab/apputils-extension:notification': {'fetchNews': 'false', 'checkForUpdates': False},
    '@jupyterlab/docmanager-extension:plugin': {'defaultViewers': {'markdown': 'Markdown Preview'}},
}


def keep_settings(language: str = 'en') -> None:
    """Tell this environment's JupyterLab what the course wants; what somebody else has set there stays."""
    interface = {'@jupyterlab/translation-extension:plugin': {'locale': LOCALES[language]}}
    path = Path(sys.prefix, 'share', 'jupyter', 'lab', 'settings', 'overrides.json')
    with contextlib.suppress(OSError, ValueError, AttributeError):  # for reading only, or not JSON as it should be
        there = json.loads(path.read_text(encoding='utf-8')) if path.exists() else {}
        wanted = {plugin: values | there.get(plugin, {}) for plugin, values in SETTINGS.items()} | interface
        if there | wanted != there:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(there | wanted), encoding='utf-8')


def jupyter_folders() -> dict[str, str]:
    """Variables for Jupyter where the home cannot be written: what it keeps goes with the machine's temporary files."""
    try:
        os.makedirs(jupyter_runtime_dir(), mode=0o700, exist_ok=True)
        tempfile.TemporaryFile(dir=jupyter_runtime_dir()).close()  # it may be there, and of somebody else
        return {}
    except (OSError, RuntimeError) as error:  # RuntimeError: no home, in no variable and no password file
        folder = tempfile.mkdtemp(prefix='jupyter-')
        where = os.path.dirname(getattr(error, 'filename', None) or '') or 'the home folder'
        print('[NOTE]', shown(f'{where} cannot be written: JupyterLab keeps its settings in {folder}'), flush=True)
        folders = {f'JUPYTER_{kind}_DIR': os.path.join(folder, kind.lower()) for kind in ('CONFIG', 'DATA', 'RUNTIME')}
        return folders | {'npm_config_cache': os.path.join(folder, 'npm')}  # JupyterLab asks npm, which would hang


def main() -> None:
    print_anything()
    parser = argparse.ArgumentParser(description=shown(__doc__.splitlines()[0]))
    parser.add_argument('--port', type=int, default=8888, help=shown('the first port to try (default: %(default)s)'))
    parser.add_argument('--no-browser', action='store_true', help=shown('only print the address'))
    parser.add_argument(
        '--dry-run', action='store_true', help=shown('print the address and the command, start nothing')
    )
    parser.add_argument('--stored', action='store_true', help=shown('open the stored edition, no copies of your own'))
    args = parser.parse_args()
    if not 0 < args.port < 65536:
        parser.error(shown(f'--port {args.port}: a port is a number from 1 to 65535'))
    try:
        language = course_language() if os.environ.get('COURSE_LANG') else learner().language
        home, folder = (ROOT, 'notebooks') if args.stored else (course_home(), 'work')
        if not (args.stored or args.dry_run):
            copies.say(copies.refresh(home), home)
    except (OSError, ValueError) as error:
        sys.exit(f'[FAIL] {shown(error)}')
    try:
        port = free_port(args.port, 50)
    except OSError as error:
        sys.exit(f'[FAIL] {shown(error)}: make lab ARGS="--port 9999"{pointer(error)}')
    if port != args.port:
        print('[NOTE]', shown(f'port {args.port} is taken: using {port}'))
    browser = has_browser() and not args.no_browser
    token = secrets.token_urlsafe(24)
    command = [sys.executable, '-m', 'jupyterlab', '--ip=127.0.0.1', f'--port={port}', '--ServerApp.port_retries=0']
    start = f'/lab/tree/{folder}/{START[language]}'
    command += [f'--ServerApp.root_dir={home}', f'--LabApp.default_url={start}', '--log-level=WARN']
    command += [f'--ContentsManager.preferred_dir={folder}']  # where the file browser begins
    command += [] if browser else ['--no-browser']
    # Windows opens the address, and does not find the file in Linux that would lead the browser there.
    command += ['--ServerApp.use_redirect_file=False'] if is_wsl() else []
    command += ['--allow-root'] if os.geteuid() == 0 else []
    print(banner(port, token, browser, language=language, folder=folder), flush=True)
    if args.dry_run:
        print(' '.join(command))
        return
    keep_settings(language)
    environ, left_out = usable()
    if left_out:  # JupyterLab would not start
        names = ', '.join(f'${name}' for name in left_out)
        print('[NOTE]', shown(f'{names}: no proxy that Python can use here, so JupyterLab starts without'), flush=True)
    # The token goes by the environment: a command line can be read by every user of the machine.
    environ.update(JUPYTER_TOKEN=token, JUPYTER_PREFER_ENV_PATH='1', COURSE_LANG=language)
    # The course of this checkout, whichever one a shared environment was set up for.
    environ['PYTHONPATH'] = os.pathsep.join(filter(None, (str(ROOT), environ.get('PYTHONPATH'))))
    environ.update(jupyter_folders())
    if environ.get('COURSE_PROJECTOR'):  # plots for the last row
        environ['MATPLOTLIBRC'] = str(STYLE)
    os.execve(command[0], command, environ)


if __name__ == '__main__':
    main()
