"""pyproject.toml, environment.yml and what the code imports agree."""

import ast
import importlib.metadata
import re
import runpy
import sys
import tomllib
from pathlib import Path

import chapters
import nbformat
import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent.parent
FOLDERS = ('helpers', 'lessons', 'homework', 'lmdeploy_cpu', 'tools', 'training', 'tests', 'benchmarks', 'translations')


def normal(requirement: str) -> str:
    """The distribution's name in a requirement, as package indexes spell it."""
    return re.sub(r'[-_.]+', '-', re.match(r'[\w.-]+', requirement).group(0)).lower()


@pytest.fixture(scope='module')
def dependencies() -> list[str]:
    return tomllib.loads((ROOT / 'pyproject.toml').read_text())['project']['dependencies']


def test_conda_carries_the_same_pins(dependencies):
    conda = yaml.safe_load((ROOT / 'environment.yml').read_text())
    pip = next(d['pip'] for d in conda['dependencies'] if isinstance(d, dict))
    assert pip == [*dependencies, '--constraint constraints.txt', '--editable .']


def test_the_environment_has_the_tested_versions(dependencies):
    """Where it has others, and all tests pass: tools/pins.py.  (Another Python may need packages that have no pin.)"""
    text = (ROOT / 'constraints.txt').read_text()
    tested = dict(re.findall(r'^([a-z0-9-]+)==(\S+)$', text, re.M))
    here = runpy.run_path(str(ROOT / 'tools' / 'pins.py'))['installed']()
    both = tested.keys() & here.keys()
    assert {name: here[name] for name in both} == {name: tested[name] for name in both}
    assert {normal(dependency) for dependency in dependencies} <= tested.keys()


def test_one_version_of_lmdeploy(dependencies):
    """lmdeploy_cpu can be copied away alone, so it has a constant of its own."""
    from helpers.environment import LMDEPLOY
    from lmdeploy_cpu.patches.patching import VERSION

    assert f'lmdeploy=={LMDEPLOY}' in dependencies
    assert VERSION == LMDEPLOY


def test_conda_python_is_supported():
    conda = yaml.safe_load((ROOT / 'environment.yml').read_text())
    version = next(d for d in conda['dependencies'] if str(d).startswith('python=')).split('=')[1]
    assert version in ('3.11', '3.12', '3.13')


def imported_names(source: str) -> set[str]:
    """The top-level packages that a piece of Python imports."""
    names = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name.split('.')[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names.add(node.module.split('.')[0])
    return names


def sources():
    """(where, Python source) of every module and every notebook's code."""
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob('*.py')):
            yield path.relative_to(ROOT), path.read_text(encoding='utf-8')
    for path in chapters.ALL:
        cells = nbformat.read(path, as_version=4).cells
        code = '\n'.join(c.source for c in cells if c.cell_type == 'code')
        yield path.relative_to(ROOT), re.sub(r'^(\s*)[%!].*$', r'\1pass', code, flags=re.M)


def test_everything_imported_is_named(dependencies):
    """Nothing needs an install by hand: each third-party import comes from a distribution that pyproject names."""
    named = {normal(d) for d in dependencies}
    providers = importlib.metadata.packages_distributions()
    missing = {}
    for where, source in sources():
        folders = (ROOT / where).parent, *(ROOT / name for name in ('tests/support', 'tools', 'imgs'))  # for tests too
        neighbours = {path.stem for folder in folders for path in folder.glob('*.py')}
        for name in imported_names(source) - {*FOLDERS, 'conftest'} - neighbours - set(sys.stdlib_module_names):
            if not {normal(d) for d in providers.get(name, [])} & named:
                missing.setdefault(name, []).append(str(where))
    assert not missing


def test_installed_versions_are_the_pinned_ones(dependencies):
    pinned = dict(d.split('==') for d in dependencies if '==' in d)
    installed = {name: importlib.metadata.version(name).split('+')[0] for name in pinned}
    assert installed == pinned


def test_the_tracked_tree_is_small():
    """It travels to GPU machines as a whole: at most 40 MiB, and a notebook at most 400 KiB."""
    import subprocess

    listing = subprocess.run(['git', 'ls-files', '-z'], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    sizes = {name: (ROOT / name).stat().st_size for name in listing.split('\0') if name and (ROOT / name).is_file()}
    assert sum(sizes.values()) <= 40 * 2**20
    assert [n for n, size in sizes.items() if n.endswith('.ipynb') and size > 400 * 2**10] == []
