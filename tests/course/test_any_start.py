"""The tests hold however they are started: in the background, without a terminal, in a folder with a strange name."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from side_by_side import LONGEST

ROOT = Path(__file__).resolve().parents[2]

CHILDREN = """
import os, signal, subprocess, sys, tempfile
import pytest

def test_children_heed_signals():
    code = 'import signal; print(signal.getsignal(signal.SIGINT).__name__, signal.getsignal(signal.SIGHUP).name)'
    said = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True).stdout
    assert said == 'default_int_handler SIG_DFL\\n'

def test_ctrl_c_is_an_exception_here():
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)

def test_the_end_of_a_closed_terminal_is_not_the_end():
    os.kill(os.getpid(), signal.SIGHUP)

def test_skipped():
    pytest.skip('no such device')
"""
# Those that end processes, write files, read the environment or start other programs.  (Not chapter 0: it asserts a
# home with room for models; nor what reads a checkpoint, a picture or the tree alone: no place makes that different.)
RISKY = [
    'tests/course/test_command_lines.py', 'tests/helpers', 'tests/deploy', 'tests/tools',
    'tests/homework/collect/test_homework_pack.py', 'tests/homework/collect/test_homework_ways_in.py',
    'tests/homework/collect/test_homework_work.py',
    'tests/lessons/serving/test_load.py', 'tests/lessons/serving/test_server.py',
    'tests/lessons/serving/test_server_life.py', 'tests/lessons/serving/clients/test_terminal.py',
    '--ignore=tests/helpers/checkpoints', '--ignore=tests/helpers/test_troubleshooting.py',
    '--ignore=tests/tools/test_translate.py', '--ignore=tests/tools/test_program_messages.py',
    '--ignore=tests/tools/test_environment_files.py', '--ignore=tests/tools/test_slim.py',
]  # fmt: skip


def ignoring_signals():
    """As after `nohup … &` in a script, and with standard input closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    os.close(0)


def run_pytest(strange: Path, cwd: Path, *arguments) -> subprocess.CompletedProcess:
    """Two workers, in as poor an environment as there is."""
    temporary = strange / 'tmp'
    temporary.mkdir(parents=True)
    environ = {'PATH': os.environ['PATH'], 'PYTHONPATH': str(cwd), 'TERM': 'dumb', 'LC_ALL': 'C', 'LANG': 'C'}
    environ |= {'TMPDIR': str(temporary), 'HOME': '/proc/nowhere', 'XDG_CACHE_HOME': str(strange / 'cache')}
    command = [sys.executable, '-m', 'pytest', '-n', '2', '--dist', 'loadfile', '-p', 'no:cacheprovider', *arguments]
    pipes = {'stdout': subprocess.PIPE, 'stderr': subprocess.STDOUT}
    return subprocess.run(command, cwd=cwd, env=environ, preexec_fn=ignoring_signals, text=True, **pipes)


def notebook(path: Path, *cells: tuple[str, str]) -> None:
    """Store code cells with the text that each is said to have printed."""
    content = nbformat.v4.new_notebook()
    for count, (source, said) in enumerate(cells, 1):
        output = nbformat.v4.new_output('stream', name='stdout', text=said)
        outputs = [output] if said else []
        content.cells.append(nbformat.v4.new_code_cell(source, outputs=outputs, execution_count=count))
    nbformat.write(content, path)


def test_a_small_run_in_the_background(tmp_path):
    """Signals are heeded, a notebook's cells run in order in one kernel, a wrong one is red, the summary tells all."""
    room = tmp_path / '课 程'
    room.mkdir()
    for name in ('conftest.py', 'pyproject.toml'):
        shutil.copy(ROOT / name, room)
    support = room / 'tests' / 'support'
    support.mkdir(parents=True)
    for name in ('run_report.py', 'side_by_side.py'):
        shutil.copy(ROOT / 'tests' / 'support' / name, support)
    shutil.copy(ROOT / 'tests' / 'nbval_sanitize.cfg', room / 'tests')
    (room / 'tests' / 'test_children.py').write_text(CHILDREN)
    (room / 'notebooks').mkdir()
    counting = [('x = 0', ''), *(('x += 1; print(x)', f'{n}\n') for n in range(1, 8))]
    notebook(room / 'notebooks' / 'good.ipynb', *counting)
    notebook(room / 'notebooks' / 'bad.ipynb', ('y = 1', ''), ('print(y)', '2\n'), ('print(3)', '3\n'))
    done = run_pytest(tmp_path / '临 时', room)
    assert done.returncode == 1, done.stdout
    assert 'FAILED notebooks/bad.ipynb::Cell 1' in done.stdout
    assert 'ran      15 tests in 1 files and 2 notebooks: 1 failed, 13 passed, 1 skipped' in done.stdout
    assert 'skipped  1: no such device (tests/test_children.py)' in done.stdout
    assert done.stdout.count('slowest') == 5


@pytest.mark.deep
@pytest.mark.timeout(3600)
def test_the_risky_tests_in_a_strange_place(tmp_path):
    checkout = tmp_path / '课 程' / 'x'
    subprocess.run(['git', 'clone', '--quiet', '--depth', '1', f'file://{ROOT}', checkout], check=True)
    done = run_pytest(tmp_path / '临 时', checkout, '-m', 'not slow and not deep', *RISKY)
    assert done.returncode == 0, done.stdout[-20_000:]


def test_what_begins_first_is_there():
    assert [name for name in LONGEST if not (ROOT / name).is_file()] == []
