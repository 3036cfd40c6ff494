"""What counts as a message of a program, and that a missing or wrong translation is seen."""

import argparse
import importlib
import inspect
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from translations import catalogues
from translations.messages import ARGPARSE

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / 'tools'))
translate = importlib.import_module('translate')
found_in = importlib.import_module('program_messages')
sys.path.remove(str(ROOT / 'tools'))

BEGIN = 'from translations.messages import shown\n\n\ndef f(path, error, n, good, names):\n    '


@pytest.mark.parametrize(
    ('line', 'messages'),
    [
        ("raise ValueError(f'{path.name} is cut short: {n:.1f} bytes')", ['{name} is cut short: {n} bytes']),
        ("raise OSError(5, f'{path} and {path!r} differ')", ['{path} and {path2} differ']),
        ("raise ValueError('no file' if good else f'no {n} files')", ['no file', 'no {n} files']),
        ("raise ValueError('a text' + f', and {n} more' * good)", ['a text', 'a text, and {n} more']),
        (
            'raise ValueError(f\'{path} lies {"in a folder" if good else "nowhere"}\')',
            ['{path} lies in a folder', '{path} lies nowhere'],
        ),
        # the inner one is a message of its own; a choice of brackets is none
        ('raise ValueError(f\'not read: {error or "no reason given"}\')', ['not read: {error}', 'no reason given']),
        ('raise ValueError(f\'must lie in {"(" if good else "["}0, 1]\')', ['must lie in {good}0, 1]']),
        ("raise ValueError('the text {} has braces')", ['the text {{}} has braces']),
        ("print(shown('Send'), shown(path))", ['Send']),
        ("sys.exit(f'[FAIL] {shown(error)}: see above')", []),
        ("raise AssertionError('this cannot be')", []),
        ("raise KeyError('architectures')", []),
        ("raise ValueError(f'{n} in {path}')", []),  # it would match half of all sentences
        ("print('what a cell prints')", []),
    ],
)
def test_what_is_a_message(tmp_path, line, messages):
    file = tmp_path / 'module.py'
    file.write_text(BEGIN + line)
    assert list(found_in.messages_of(file, tmp_path)) == messages


def test_every_place_is_covered_or_named():
    """A folder with Python in it is of the rooms, or is named as met by developers alone."""
    folders = {path.parts[len(ROOT.parts)] for path in ROOT.glob('*/**/*.py') if 'build' not in path.parts}
    ours = {folder for folder in folders if not folder.startswith('.') and folder != 'notebooks'}
    assert ours == {*found_in.ROOMS, *found_in.OUTSIDE}
    assert [path for path in (*found_in.SPEAKING, *found_in.TOOLS) if not (ROOT / path).is_file()] == []


@pytest.mark.parametrize(
    ('change', 'problem'),
    [
        (lambda m, c: setattr(m, 'string', ''), 'missing'),
        (lambda m, c: m.flags.add('fuzzy'), 'fuzzy'),
        (lambda m, c: setattr(m, 'string', '端口 {post} 已占用'), 'other values'),
        (lambda m, c: setattr(m, 'string', '端口 {port 已占用'), 'other values'),
        (lambda m, c: c.add('port {port} is free', '端口 {port} 空闲'), 'obsolete'),
    ],
)
def test_a_fault_of_the_catalogue_is_seen(monkeypatch, tmp_path, change, problem):
    def english():
        found = catalogues.empty()
        found.add('port {port} is taken')
        return found

    path = tmp_path / 'messages.po'
    monkeypatch.setattr(translate, 'ROOT', tmp_path)
    monkeypatch.setattr(translate, 'OF_CODE', {path: english})
    catalogue = english()
    message = catalogue.get('port {port} is taken')
    message.string = '端口 {port} 已占用'
    path.write_bytes(catalogues.content(catalogue))
    assert translate.check(path) == []
    change(message, catalogue)
    path.write_bytes(catalogues.content(catalogue))
    assert any(problem in line for line in translate.check(path))


@pytest.mark.parametrize('program', [
    '-m lessons.smollm2', '-m lessons.serving.clients.terminal', '-m lessons.serving.clients.page', '-m homework',
    '-m homework pack', '-m homework check', '-m homework grade', 'tools/lab.py', 'tools/course.py',
])  # fmt: skip
def test_the_help_of_a_program_is_chinese_too(program):
    said = subprocess.run(
        [sys.executable, *program.split(), '--help'], cwd=ROOT, capture_output=True, text=True, check=True,
        env={**os.environ, 'COURSE_LANG': 'zh', 'COLUMNS': '500', 'PYTHONIOENCODING': 'utf-8'},
    )  # fmt: skip
    assert said.stdout.startswith('用法：')
    lines = [line for line in said.stdout.splitlines()[1:] if re.search(r'\S {2,}\S', line)]
    english = [line for line in lines if not re.search('[一-鿿]', line)]
    assert lines
    assert english == []


@pytest.mark.parametrize(('arguments', 'says'), [
    ('--nope', '不认识的参数：--nope'), ('--language fr', '无效的选择'), ('--name', '需要一个值'),
])  # fmt: skip
def test_argparse_s_own_words_are_chinese_too(arguments, says):
    said = subprocess.run(
        [sys.executable, '-m', 'homework', 'pack', *arguments.split()], cwd=ROOT, capture_output=True, text=True,
        env={**os.environ, 'COURSE_LANG': 'zh', 'PYTHONIOENCODING': 'utf-8'},
    )  # fmt: skip
    assert said.returncode == 2
    assert '错误：' in said.stderr
    assert says in said.stderr
    assert 'error' not in said.stderr


def test_argparse_s_words_are_as_it_says_them():
    source = inspect.getsource(argparse)
    assert [words for words in ARGPARSE if words.replace('\n', '\\n') not in source] == []
