"""Imports go one way, from room to room (the contracts stand in pyproject.toml), and notebooks use the front doors."""

import ast
import importlib
import importlib.util
import re
import shutil
import subprocess
import sys
from pathlib import Path

import chapters
import nbformat
import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ('lmdeploy_cpu', 'translations', 'helpers', 'lessons', 'homework', 'benchmarks', 'training')
PAGES = chapters.ALL + sorted((ROOT / 'notebooks' / 'solutions').glob('[!.]*.[pi][yp]*'))


def lint_imports(root: Path) -> subprocess.CompletedProcess:
    """What import-linter says of the rooms in `root`."""
    command = [sys.executable, '-c', 'from importlinter.cli import lint_imports_command; lint_imports_command()']
    return subprocess.run(
        [*command, '--no-cache'], cwd=root, env={'PYTHONPATH': str(root)}, capture_output=True, text=True
    )


def test_the_contracts_hold():
    done = lint_imports(ROOT)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ('module', 'line', 'said'),
    [
        ('helpers/files.py', 'import lessons.kv_cache', 'helpers is not allowed to import lessons'),
        ('lmdeploy_cpu/limits.py', 'import helpers', 'lmdeploy_cpu is not allowed to import helpers'),
        ('lessons/w4a16/rounding.py', 'import lessons.speed', 'lessons.w4a16 is not allowed to import lessons.speed'),
        ('homework/grade/reading.py', 'import homework.collect', 'homework.grade is not allowed to import'),
        ('helpers/files.py', 'import helpers.checkpoints.mending', 'No cycles are allowed in helpers'),
    ],
    ids=['upwards', 'out of the plug-in', 'a later chapter', 'grader to packer', 'a circle'],
)
def test_a_wrong_import_is_seen(tmp_path, module, line, said):
    for room in (*ROOMS, 'tools'):
        shutil.copytree(ROOT / room, tmp_path / room, ignore=lambda _, names: [n for n in names if not is_source(n)])
    shutil.copy(ROOT / 'pyproject.toml', tmp_path)
    with open(tmp_path / module, 'a', encoding='utf-8') as file:
        file.write(f'\n\ndef late():\n    {line}\n')
    done = lint_imports(tmp_path)
    assert done.returncode == 1
    assert said in ' '.join(done.stdout.split()), done.stdout


def is_source(name: str) -> bool:
    return name.endswith('.py') or '.' not in name


def imports(path: Path):
    """(module, name) of everything that a notebook's cells, or a solution, import from the rooms."""
    sources = [path.read_text(encoding='utf-8')]
    if path.suffix == '.ipynb':
        sources = [c.source for c in nbformat.read(path, as_version=4).cells if c.cell_type == 'code']
    for source in sources:
        for node in ast.walk(ast.parse(re.sub(r'^(\s*)[%!].*$', r'\1pass', source, flags=re.M))):
            if isinstance(node, ast.Import):
                found = [(alias.name, None) for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                found = [(node.module, alias.name) for alias in node.names]
            else:
                continue
            yield from (pair for pair in found if pair[0].split('.')[0] in ROOMS)


def faces():
    """{name: package} of what the rooms export."""
    packages = [
        'helpers',
        'homework',
        *(f'lessons.{p.parent.name}' for p in sorted((ROOT / 'lessons').glob('*/__init__.py'))),
    ]
    return {name: package for package in packages for name in importlib.import_module(package).__all__}


@pytest.mark.parametrize('path', PAGES, ids=lambda p: p.name)
def test_a_chapter_imports_public_names_from_their_front_door(path):
    exported = faces()
    for module, name in imports(path):
        assert not re.search(r'(^|\.)_', f'{module}.{name}'), f'{module}.{name} is private'
        there = name is None or hasattr(importlib.import_module(module), name)
        assert there or importlib.util.find_spec(f'{module}.{name}'), f'{module} has no {name}'
        assert name not in exported or module == exported[name], f'{name} is exported by {exported[name]}'
        assert module.split('.')[0] not in ('benchmarks', 'training'), f'{path.name} imports {module}'


def test_a_chapter_imports_no_later_chapter():
    number = {'chat': 2, 'kv_cache': 3, 'w4a16': 4, 'serving': 5, 'vlm': 6, 'speed': 7, 'scaling': 10}
    later = [
        (path.name, module)
        for path in PAGES
        if path.suffix == '.ipynb'
        for module, _ in imports(path)
        if module.startswith('lessons.') and number.get(module.split('.')[1], 0) > int(path.name[:2])
    ]
    assert not later
