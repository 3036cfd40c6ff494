"""What the course changes in LMDeploy on a GPU: tables that refuse, all of it named in README.md, nothing else."""

import ast
import importlib
import pathlib
import re
import sys
import types

import pytest

import lessons
from lessons.serving.guard.limits import Limits
from lessons.serving.guard.middleware import Guard
from lessons.serving.guard.patches import GUARD
from lessons.serving.patches import SERVER
from lmdeploy_cpu.patches.patching import locate, tables
from lmdeploy_cpu.patches.processes import ENGINE_GONE

ROOT = pathlib.Path(lessons.__file__).parent.parent
ROOMS = ('helpers', 'lessons', 'homework', 'benchmarks', 'training', 'lmdeploy_cpu')
SOURCES = {file: file.read_text() for room in ROOMS for file in sorted((ROOT / room).rglob('*.py'))}


def with_tables():
    """Every module of the course that makes a table, imported."""
    for file, source in SOURCES.items():
        calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
        if any(isinstance(call.func, ast.Name) and call.func.id == 'Patches' for call in calls):
            name = '.'.join(file.relative_to(ROOT).with_suffix('').parts).removesuffix('.__init__')
            yield importlib.import_module(name)


def test_all_that_is_changed_on_a_gpu_stands_in_the_readme():
    assert len(list(with_tables())) >= 5
    text = (ROOT / 'README.md').read_text()
    section = re.search(r'\n## What is changed in LMDeploy on a GPU\n(.*?)\n## ', text, re.S)[1]
    rows = [line.strip('| ').split(' | ') for line in section.splitlines() if line.startswith('| `')]
    assert all(len(row) == 2 and len(row[1]) > 20 for row in rows), 'each has a reason'
    named = [target for changed, _ in rows for target in re.findall(r'`(.+?)`', changed)]
    on_gpu = {patch.target for table in tables() if table.on_gpu for patch in table.patches}
    assert {'pictures', 'guided', 'guard', 'server', 'proxy', 'engine_gone'} == {
        table.name for table in tables() if table.on_gpu
    }
    assert sorted(named) == sorted(on_gpu)


@pytest.fixture
def native(monkeypatch):
    """A stand-in for TurboMind's native module, which a machine without CUDA cannot load; its Python part stays."""
    from lmdeploy import turbomind

    if turbomind.is_available():
        return
    stand_in = types.ModuleType('lmdeploy.turbomind._turbomind')
    stand_in.__getattr__ = lambda name: type(name, (), {})
    monkeypatch.setattr(turbomind, '_tm', stand_in)
    for name in ('turbomind', 'tokenizer_info', 'supported_models', 'parallel_config'):
        monkeypatch.delitem(sys.modules, f'lmdeploy.turbomind.{name}', raising=False)
    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        if name.startswith('lmdeploy.turbomind.'):
            del sys.modules[name]


def test_every_target_is_there(native):
    for table in tables():
        if table.on_gpu:
            for patch in table.patches:
                assert locate(table, patch)[2] is not None


def assigned_in_lmdeploy(source: str) -> list[int]:
    """Lines that assign to an attribute of LMDeploy (or of its web server), or delete one."""
    tree, theirs, lines = ast.parse(source), set(), []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.asname or alias.name.partition('.')[0] for alias in node.names]
            origins = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names = [alias.asname or alias.name for alias in node.names]
            origins = [node.module] * len(names)
        else:
            continue
        pairs = zip(names, origins, strict=True)
        theirs |= {name for name, origin in pairs if re.match(r'(lmdeploy|uvicorn|fastapi)(\.|$)', origin)}

    def root(node):
        while isinstance(node, ast.Attribute):
            node = node.value
        return node.id if isinstance(node, ast.Name) else None

    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store | ast.Del) and root(node) in theirs:
            lines.append(node.lineno)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ('setattr', 'delattr'):
            lines += [node.lineno] if root(node.args[0]) in theirs else []
    return lines


def test_nothing_is_changed_outside_of_the_tables():
    found = {str(f.relative_to(ROOT)): assigned_in_lmdeploy(source) for f, source in SOURCES.items()}
    found = {name: lines for name, lines in found.items() if lines}
    # `keep_manager` of the table puts another `mp` there for the length of one call, and the old one back
    assert len(found.pop('lmdeploy_cpu/patches/repairs.py')) == 2
    # a benchmark of speculative decoding where FlashAttention-3 is missing, in a process of its own; its record says so
    assert len(found.pop('benchmarks/attention_stand_in.py')) == 1
    assert not found


@pytest.mark.parametrize(
    'line',
    [
        'from lmdeploy.serve.processors import multimodal\nmultimodal.load_from_url = 1',
        'import uvicorn\nuvicorn.Server.run = None',
        'import lmdeploy.cli\nsetattr(lmdeploy.cli, "run", 1)',
        'from lmdeploy.cli.serve import SubCliServe as S\ndel S.proxy',
    ],
)
def test_a_bare_assignment_is_seen(line):
    assert assigned_in_lmdeploy(line) == [2]


# ---------------------------------------------------------------- guard and server


@pytest.fixture
def changed():
    """changed(table, patch name) -> what the patch's `make` returns, without putting it anywhere."""

    def make(table, target, old, **given):
        (patch,) = [p for p in table.patches if p.target == target]
        return patch.make(old, **given)

    return make


def test_the_guard_gets_the_context_of_its_server(changed):
    contexts, limits, seen = [], Limits(pictures=3), {}
    new_context = changed(
        GUARD, 'lmdeploy.serve.openai.api_server:ServerContext', types.SimpleNamespace, contexts=contexts
    )
    new_app = changed(GUARD, 'lmdeploy.serve.openai.api_server:FastAPI', seen.update, contexts=contexts, limits=limits)
    context = new_context()
    new_app(docs_url='/')
    (middleware,) = seen.pop('middleware')
    assert seen == {'docs_url': '/'}
    assert (middleware.cls, middleware.args) == (Guard, (context, limits))


def test_the_guard_loads_pictures_and_lmdeploys_own_loader_stays(monkeypatch):
    """The guard's loader calls LMDeploy's for data URLs: replaced there too, it would call itself."""
    from lmdeploy.serve.openai import api_server
    from lmdeploy.serve.processors import multimodal
    from lmdeploy.vl.media import connection
    from lmdeploy.vl.media.image import ImageMediaIO

    # all that is changed comes back
    monkeypatch.setattr(GUARD, 'applied', [])
    for module, name in ((api_server, 'FastAPI'), (api_server, 'ServerContext'), (multimodal, 'load_from_url')):
        monkeypatch.setattr(module, name, getattr(module, name))
    before = connection.load_from_url
    assert GUARD.apply(contexts=[], limits=Limits())
    assert multimodal.load_from_url is not before
    assert connection.load_from_url is before
    with pytest.raises(ValueError, match='no file of the server'):
        multimodal.load_from_url('/etc/hostname', ImageMediaIO())
    assert not GUARD.apply(contexts=[], limits=Limits()), 'a second time it does nothing'


def test_the_key_and_the_socket(changed):
    args = types.SimpleNamespace()
    changed(SERVER, 'lmdeploy.cli.serve:SubCliServe.api_server', lambda a: None, key='the key')(args)
    assert args.api_keys == ['the key']
    run = changed(SERVER, 'uvicorn.server:Server.run', lambda self, sockets: sockets, listening='the socket')
    assert run(None) == run(None, ['another']) == ['the socket']


def test_a_server_that_cannot_be_guarded_does_not_start(monkeypatch):
    """A target that is gone: nothing is changed, and `lmdeploy` is not called."""
    from lmdeploy.serve.processors import multimodal

    from lessons.serving import process

    started = []
    monkeypatch.setattr('lmdeploy.cli.run', lambda: started.append(True))
    monkeypatch.setattr(sys, 'argv', [])
    monkeypatch.setattr(GUARD, 'applied', [])
    monkeypatch.setattr(SERVER, 'applied', [])
    monkeypatch.delattr(multimodal, 'load_from_url')
    with pytest.raises(RuntimeError, match=r'guard: lmdeploy\.serve\.processors\.multimodal:load_from_url is missing'):
        process.serve('key', None, ['model'])
    assert not started
    assert not GUARD.applied
    assert not SERVER.applied


def test_without_the_guard_it_is_lmdeploys_own_server(monkeypatch):
    from lessons.serving import process

    tables = []
    monkeypatch.setattr('lmdeploy.cli.run', lambda: None)
    monkeypatch.setattr('lmdeploy_cpu.patches.patching.apply_tables', lambda *some, **given: tables.extend(some))
    monkeypatch.setattr(sys, 'argv', [])
    monkeypatch.setenv(process.GUARD_VARIABLE, 'off')
    process.serve('key', None, ['model'])
    assert tables == [SERVER, ENGINE_GONE]
    monkeypatch.setenv(process.GUARD_VARIABLE, 'on')
    process.serve('key', None, ['model'])
    assert GUARD in tables[2:]
