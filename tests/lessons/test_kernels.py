"""The notebooks that hold memory are named, with what ends them."""

import os
import subprocess
import sys

import pytest

from lessons.kernels import Kernel, Kernels, kernels, who_holds_memory
from translations.messages import shown

HOLDS = 'import sys; kept = bytearray(300 << 20); print("holds", flush=True); sys.stdin.read()'


@pytest.fixture
def other_notebook():
    """A process that looks as the kernel of a notebook does, with 300 MiB."""
    command = [sys.executable, '-c', HOLDS, '-m', 'ipykernel_launcher']
    environ = os.environ | {'JPY_SESSION_NAME': '/home/li/work/02_chat.ipynb'}
    with subprocess.Popen(command, env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b'holds\n'
        yield process
        process.stdin.close()


def test_another_notebook_is_named_with_its_memory_and_its_end(other_notebook):
    found = next(kernel for kernel in kernels() if kernel.pid == other_notebook.pid)
    assert found.notebook == '02_chat.ipynb'
    assert found.ram_bytes > 300 << 20
    assert f'02_chat.ipynb: 0.3 GiB of RAM, process {found.pid}\n' in who_holds_memory()
    assert str(found.pid) in who_holds_memory().partition('kill ')[2].split()
    assert not [kernel for kernel in kernels(own=other_notebook.pid) if kernel.pid == other_notebook.pid]


def test_an_error_of_memory_says_it(other_notebook):
    from helpers import engine_config, model_path
    from lessons.kv_cache import require_startable

    model, config = model_path('tiny-chat'), engine_config(cache_max_entry_count=0.0001, session_len=2048)
    with pytest.raises(ValueError, match=r'(?s)would not start: .* none works\n.*\n  02_chat\.ipynb'):
        require_startable(model, config, free_bytes=1 << 20)
    with pytest.raises(ValueError, match=r'the smallest that works is [0-9.]+$'):  # of a ratio alone nobody is guilty
        require_startable(model, config, free_bytes=1 << 30)


def test_words():
    assert str(Kernels()) == 'No other notebook is running.'
    two = Kernels([Kernel('a.ipynb', 7, 3 << 30, 2 << 30), Kernel('a notebook', 8, 1 << 30, 0)])
    lines = str(two).splitlines()
    assert lines[1:3] == [
        '  a.ipynb: 3.0 GiB of RAM and 2.0 GiB of a card, process 7', '  a notebook: 1.0 GiB of RAM, process 8'
    ]  # fmt: skip
    assert str(two).endswith('kill 7 8')
    chinese = shown(f'No other notebook is running.\n{two}', 'zh')
    assert '  a.ipynb：内存 3.0 GiB，显存 2.0 GiB，进程 7' in chinese
    assert chinese.splitlines()[-1].startswith('不再需要的')
