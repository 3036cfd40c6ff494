"""Programs print on terminals that know few characters."""

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from lmdeploy_cpu.terminal import print_anything

ROOT = Path(__file__).resolve().parent.parent.parent
PROGRAMS = [
    *('tools/lab.py', 'tools/course.py', 'helpers/environment.py', 'homework/__main__.py', 'lmdeploy_cpu/__main__.py'),
    *('lessons/serving/clients/page.py', 'lessons/serving/clients/terminal.py'),
]


@pytest.mark.parametrize(
    ('variables', 'seen'),
    [
        ({'PYTHONIOENCODING': 'latin-1'}, b'?? \xe9 ?'),
        ({'PYTHONIOENCODING': 'gbk:strict'}, '课程 é ?'.encode('gbk')),
        ({'PYTHONIOENCODING': 'ascii'}, b'?? ? ?'),
        ({'PYTHONIOENCODING': '', 'LC_ALL': 'C', 'PYTHONUTF8': '0', 'PYTHONCOERCECLOCALE': '0'}, b'?? ? ?'),
        ({'PYTHONIOENCODING': 'big5'}, b'?\xb5{ ? ?'),
        ({'PYTHONIOENCODING': 'utf-8'}, '课程 é 😀'.encode()),
    ],
)
def test_what_a_terminal_cannot_show_is_replaced(variables, seen):
    code = (
        "from lmdeploy_cpu.terminal import print_anything; print_anything(); print('\\u8bfe\\u7a0b \\xe9 \\U0001f600')"
    )
    environ = os.environ | {'PYTHONPATH': str(ROOT)} | variables
    done = subprocess.run([sys.executable, '-c', code], env=environ, capture_output=True)
    assert done.stdout.strip() == seen, done.stderr.decode()


def test_a_stream_that_is_none_of_a_terminals(monkeypatch):
    monkeypatch.setattr(sys, 'stdout', io.StringIO())
    monkeypatch.setattr(sys, 'stderr', None)  # as pythonw has it
    print_anything()


@pytest.mark.parametrize('program', PROGRAMS)
def test_programs_do_so(program):
    assert '    print_anything()\n' in (ROOT / program).read_text(encoding='utf-8')
