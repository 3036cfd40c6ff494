"""What imports what in `lmdeploy_cpu`: no circle, nothing of the course; and a copy of the folder works alone."""

import ast
import graphlib
import os
import pathlib
import shutil
import subprocess
import sys

import pytest

import lmdeploy_cpu

PACKAGE = pathlib.Path(lmdeploy_cpu.__file__).parent
KNOWN = {'lmdeploy_cpu', 'lmdeploy', 'torch', 'transformers', 'numpy', 'PIL', 'xgrammar'}


def module_of(file: pathlib.Path) -> str:
    parts = file.relative_to(PACKAGE.parent).with_suffix('').parts
    return '.'.join(parts[:-1] if parts[-1] == '__init__' else parts)


MODULES = {module_of(file): file for file in PACKAGE.rglob('*.py')}


SOURCES = {module: file.read_text() for module, file in MODULES.items()}


def imported(module: str, source: str) -> set[str]:
    """What the module imports, anywhere in it, deferred or not: names of modules, as far as `MODULES` knows them."""
    names = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            depth = len(module.split('.')) - node.level + (MODULES[module].name == '__init__.py')
            base = '.'.join([*(module.split('.')[:depth] if node.level else []), *filter(None, [node.module])])
            inside = {alias.name: f'{base}.{alias.name}' for alias in node.names}
            names |= {full if full in MODULES else base for full in inside.values()}
    return names


def graph(sources: dict[str, str]) -> dict[str, set[str]]:
    return {module: imported(module, source) & set(MODULES) for module, source in sources.items()}


def test_no_circle():
    order = list(graphlib.TopologicalSorter(graph(SOURCES)).static_order())
    assert sorted(order) == sorted(MODULES)
    assert order.index('lmdeploy_cpu.patches.patching') < order.index('lmdeploy_cpu.patches.accept')
    assert order.index('lmdeploy_cpu.patches.repairs') < order.index('lmdeploy_cpu.apply')


@pytest.mark.parametrize(
    'line', ['from lmdeploy_cpu.apply import apply_all', 'import lmdeploy_cpu.apply', 'from lmdeploy_cpu import enable']
)
def test_a_circle_is_seen(line):
    sources = SOURCES | {'lmdeploy_cpu.limits': f'{SOURCES["lmdeploy_cpu.limits"]}\n\ndef later():\n    {line}\n'}
    with pytest.raises(graphlib.CycleError):
        graphlib.TopologicalSorter(graph(sources)).prepare()


def test_what_may_import_what():
    found = graph(SOURCES)
    assert found['lmdeploy_cpu.budget'] == found['lmdeploy_cpu.limits'] == set()
    above = {'lmdeploy_cpu', 'lmdeploy_cpu.__main__', 'lmdeploy_cpu.apply'}
    for module, used in found.items():
        if module.startswith(('lmdeploy_cpu.patches', 'lmdeploy_cpu.ops')):
            assert not used & above, module
        if module.startswith('lmdeploy_cpu.ops'):
            assert not [u for u in used if u.startswith('lmdeploy_cpu.patches')], module


def test_it_knows_nothing_of_the_course_and_runs_no_remote_code():
    for module, source in SOURCES.items():
        names = {name.partition('.')[0] for name in imported(module, source)}
        assert names - set(sys.stdlib_module_names) <= KNOWN, module
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.keyword) and node.arg == 'trust_remote_code':
                assert not (isinstance(node.value, ast.Constant) and node.value.value), module


ALONE = """
import os, pathlib, sys

class NoCourse:
    def find_spec(self, name, path=None, target=None):
        if name.partition('.')[0] in ('helpers', 'lessons', 'homework', 'benchmarks', 'training'):
            raise ModuleNotFoundError(f'{name} is of the course')

sys.meta_path.insert(0, NoCourse())
sys.path.insert(0, os.getcwd())
import lmdeploy_cpu

assert pathlib.Path(lmdeploy_cpu.__file__).is_relative_to(os.getcwd()), lmdeploy_cpu.__file__
assert 'torch' not in sys.modules and 'lmdeploy' not in sys.modules
assert os.environ['OMP_WAIT_POLICY'] == 'PASSIVE'
lmdeploy_cpu.enable()
from lmdeploy import GenerationConfig, PytorchEngineConfig, pipeline

config = PytorchEngineConfig(device_type='cpu', num_gpu_blocks=32, session_len=256)
with pipeline(sys.argv[1], backend_config=config, log_level='ERROR') as pipe:
    print(*pipe('hello there', gen_config=GenerationConfig(max_new_tokens=8, ignore_eos=True)).token_ids)
"""


def test_a_copy_works_alone(tmp_path, checkpoint, reference, tokenizer):
    """In an empty folder, where nothing of the course can be imported."""
    shutil.copytree(PACKAGE, tmp_path / 'lmdeploy_cpu', ignore=shutil.ignore_patterns('__pycache__'))
    environment = {k: v for k, v in os.environ.items() if k not in ('PYTHONPATH', 'OMP_WAIT_POLICY')}
    done = subprocess.run(
        [sys.executable, '-c', ALONE, checkpoint('internlm2').path],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    messages = [{'role': 'user', 'content': 'hello there'}]
    ids = tokenizer.apply_chat_template(messages, add_generation_prompt=True, return_dict=False)
    assert [int(token) for token in done.stdout.split()] == reference('internlm2').greedy([ids])[0][:8]
