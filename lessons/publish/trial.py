"""The dry run of a demo: built, started and asked here as a platform does it, and ended."""

import dataclasses
import importlib.metadata
import os
import re
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import psutil
from packaging.version import Version

from helpers.files import tilde
from lessons.serving.port import listen
from lessons.serving.proxies import no_proxy, without_proxies
from translations.messages import shown

from .faults import OLDEST_PYTHON, demo_faults, requirement_lines
from .requirements import BESIDE_GRADIO_SDK

PORT = 7860
_PRIVATE = re.compile(r'KEY|TOKEN|SECRET|PASSW|^GRADIO_|^PYTHONPATH$|^PIP_(USER|TARGET|PREFIX|ROOT|REQUIRE)', re.I)


@dataclasses.dataclass(frozen=True, slots=True)
class DryRun:
    """What a dry run showed."""

    url: str
    ready_s: float  # from the start of the process to its page
    first_answer_s: float  # from the question to the first piece of an answer
    memory_mib: int  # of all its processes, the most that was seen
    answer: str
    exit_code: int

    def __str__(self) -> str:
        return (
            f'{self.url}: the page after {self.ready_s:.1f} s, the first words of an answer after '
            f'{self.first_answer_s:.2f} s, {self.memory_mib} MiB of memory; ended cleanly'
        )


def dry_run(
    folder: str | Path,
    question: str = 'Who are you?',
    *,
    environment: str = 'new',
    port: int | None = None,
    timeout_s: float = 900.0,
    visit=None,
) -> DryRun:
    """Do with a demo's folder what a platform does: install, start, ask, end.

    Args:
        environment: 'new': a virtual environment beside the folder, `FOLDER-env`, from its requirements.txt (gigabytes,
            minutes; a second run takes it again); 'this': the one that runs now, if its versions are those.
        port: None: $GRADIO_SERVER_PORT, or 7860.
        visit: a function of the page's address, called while the app runs.

    Raises:
        ValueError: the folder has faults, or the environment other versions; nothing was started.
        OSError: the port is taken.
        RuntimeError: packages cannot be installed, the app ended by itself, or does not end when it is asked to.
    """
    folder = Path(folder).expanduser().absolute()
    if environment not in ('new', 'this'):
        raise ValueError(f"environment={environment!r}: it is 'new' or 'this'")
    faults = demo_faults(folder)
    if sys.version_info[:2] < OLDEST_PYTHON:
        faults.append(f'Python {sys.version_info[0]}.{sys.version_info[1]} runs here: the app needs 3.11 or newer')
    if not faults and environment == 'this':
        faults = _other_versions(folder)
    if faults:
        raise ValueError('; '.join(faults))
    port = port or int(os.environ.get('GRADIO_SERVER_PORT') or PORT)
    listen('127.0.0.1', port).close()  # or an OSError that says who has it
    python = sys.executable if environment == 'this' else _made(folder)
    return _tried(folder, python, question, port, timeout_s, visit)


def _other_versions(folder: Path) -> list[str]:
    """What of requirements.txt is not installed here, in that version."""
    others = []
    for line in requirement_lines(folder):
        name, _, version = line.partition('==')
        if BESIDE_GRADIO_SDK.get(name) == version:
            continue  # for a builder that is not here; both versions serve the app
        try:
            here = Version(importlib.metadata.version(name)).public  # 2.10.0 for 2.10.0+cpu
        except importlib.metadata.PackageNotFoundError:
            here = 'none'
        if here != version:
            others.append(f'{name} {version} is asked for, and {here} is here: environment=new makes one that fits')
    return others


def _made(folder: Path) -> str:
    """The Python of the environment beside the folder, with requirements.txt installed."""
    where = folder.with_name(f'{folder.name}-env')
    python = where / 'bin' / 'python'
    print(shown(f'installing requirements.txt into {tilde(where)}'), flush=True)
    for command in (
        [sys.executable, '-m', 'venv', where],
        [python, '-m', 'pip', 'install', '--disable-pip-version-check', '--quiet', '-r', folder / 'requirements.txt'],
    ):
        done = subprocess.run(command, env=_environment(), capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f'requirements.txt cannot be installed: {_end(done.stderr)}')
    return str(python)


def _environment(**changes: str) -> dict[str, str]:
    """The platform has none of this terminal's keys, nor its settings of Gradio, Python and pip."""
    return {n: v for n, v in os.environ.items() if not _PRIVATE.search(n)} | no_proxy() | changes


def _tried(folder: Path, python: str, question: str, port: int, timeout_s: float, visit) -> DryRun:
    url, start, peak = f'http://127.0.0.1:{port}', time.monotonic(), 0
    # 127.0.0.1: for a trial nobody else needs to reach it.
    environment = _environment(GRADIO_SERVER_NAME='127.0.0.1', GRADIO_SERVER_PORT=str(port), PYTHONUNBUFFERED='1')
    with tempfile.TemporaryFile('w+') as log:
        app = subprocess.Popen(
            [python, 'app.py'], cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
        try:
            while not _answers(url):
                peak = max(peak, _memory_mib(app.pid))
                if app.poll() is not None or time.monotonic() - start > timeout_s:
                    log.seek(0)
                    why = 'ended by itself' if app.poll() is not None else f'shows no page after {timeout_s:g} s'
                    raise RuntimeError(f'the app {why}: {_end(log.read())}')
                time.sleep(0.1)
            ready_s = time.monotonic() - start
            first_s, answer = _asked(url, question)
            peak = max(peak, _memory_mib(app.pid))
            if visit:
                visit(url)
            peak = max(peak, _memory_mib(app.pid))
        finally:
            left = _ended(app)
        if left or app.returncode != 0:
            log.seek(0)
            raise RuntimeError(
                f'the app does not end when it is asked to (status {app.returncode}): {_end(log.read())}'
            )
    listen('127.0.0.1', port).close()
    return DryRun(url, ready_s, first_s, peak, answer, app.returncode)


def _answers(url: str) -> bool:
    import requests

    with requests.Session() as session, suppress(requests.RequestException):
        session.trust_env = False
        return session.get(url, timeout=5).ok
    return False


def _asked(url: str, question: str) -> tuple[float, str]:
    """Seconds to the first piece of the answer, and all of it; through the page's own endpoint, as its buttons do."""
    with without_proxies():
        from gradio_client import Client

        client = Client(url, verbose=False, download_files=False)
        start, first_s, answer = time.monotonic(), 0.0, ''
        for piece in client.submit(question, api_name='/chat'):
            first_s, answer = first_s or time.monotonic() - start, str(piece)
    return first_s, answer


def _family(pid: int) -> list[psutil.Process]:
    try:
        process = psutil.Process(pid)
        return [process, *process.children(recursive=True)]
    except psutil.Error:
        return []


def _memory_mib(pid: int) -> int:
    total = 0
    for process in _family(pid):
        with suppress(psutil.Error):
            total += process.memory_info().rss
    return total >> 20


def _ended(app: subprocess.Popen) -> bool:
    """End it as a platform does, and surely; whether that took force, or left a process behind."""
    family = _family(app.pid)
    app.terminate()
    forced = False
    try:
        app.wait(30)
    except subprocess.TimeoutExpired:
        forced = True
    _, alive = psutil.wait_procs(family, timeout=0 if forced else 5)
    for process in alive:
        with suppress(psutil.Error):
            process.kill()
    app.wait(30)
    return forced or bool(alive)


def _end(log: str) -> str:
    return ' | '.join([line for line in log.splitlines() if line.strip()][-6:]) or 'it said nothing'
