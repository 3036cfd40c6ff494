"""Every engine that a cell starts with ratios of its own starts on the smallest card of the course, too.

InternStudio's smallest: 8182 MiB of an A100, with InternLM2-Chat-1.8B.  TurboMind waits for ever where its cache holds
less than the prompts that it warms up with, and a learner would look at a cell that never ends.
"""

import ast

import nbformat
import pytest

from helpers.checkpoints.geometry import GEOMETRIES
from lessons.kv_cache import predict_memory
from tools import chapters

SLICE_BYTES = 8182 * 2**20
A100_BATCH = 384  # LMDeploy's default max_batch_size there
CALLS = {'engine_config', 'TurbomindEngineConfig', 'api_server', 'start_engine', 'pipeline'}
NAMES = {'cache_max_entry_count', 'session_len', 'max_batch_size', 'quant_policy', 'max_prefill_token_num'}


def pairs_of(dictionary: ast.Dict) -> list[tuple[str, ast.expr]]:
    pairs = zip(dictionary.keys, dictionary.values, strict=True)
    return [(key.value, value) for key, value in pairs if isinstance(key, ast.Constant)]


def settings_in(source: str) -> list[dict]:
    """The settings with a ratio that stand in calls and dictionaries as numbers; of `**SETTINGS`, what it was last."""
    lines = [line for line in source.splitlines() if not line.lstrip().startswith(('%', '!'))]
    found, named = [], {}
    for node in ast.walk(ast.parse('\n'.join(lines))):
        if isinstance(node, ast.Assign):
            targets, values = (getattr(x, 'elts', [x]) for x in (node.targets[0], node.value))
            pairs = zip(targets, values, strict=False)
            named |= {ast.unparse(name): pairs_of(value) for name, value in pairs if isinstance(value, ast.Dict)}
    for node in ast.walk(ast.parse('\n'.join(lines))):
        if isinstance(node, ast.Call) and getattr(node.func, 'id', getattr(node.func, 'attr', '')) in CALLS:
            pairs = [(k.arg, k.value) for k in node.keywords if k.arg]
            pairs += [pair for k in node.keywords if not k.arg for pair in named.get(ast.unparse(k.value), ())]
        elif isinstance(node, ast.Dict):
            pairs = pairs_of(node)
        else:
            continue
        given = {name: value.value for name, value in pairs if name in NAMES and isinstance(value, ast.Constant)}
        if 'cache_max_entry_count' in given and len(given) == sum(name in NAMES for name, _ in pairs):
            found.append(given)
    return found


def problem(settings: dict) -> str | None:
    geometry = GEOMETRIES['internlm2-chat-1_8b']
    settings = {'max_batch_size': A100_BATCH} | settings
    found = predict_memory(geometry, SLICE_BYTES, engine='turbomind', device='cuda', dtype='bfloat16', **settings)
    return found.problem


def test_a_ratio_that_waits_for_ever_is_found():
    (given,) = settings_in("pipe = pipeline('m', backend_config=engine_config(cache_max_entry_count=0.2))")
    assert given == {'cache_max_entry_count': 0.2}
    assert 'waits for ever' in problem(given)
    (given,) = settings_in("M, S = 1, {'session_len': 2048}\nengine_config(cache_max_entry_count=0.2, **S)")
    assert given == {'cache_max_entry_count': 0.2, 'session_len': 2048}
    assert problem(given) is None


@pytest.mark.parametrize('path', chapters.ALL, ids=lambda path: path.stem)
def test_each_cell(path):
    source = '\n'.join(cell.source for cell in nbformat.read(path, 4).cells if cell.cell_type == 'code')
    for given in settings_in(source):
        assert problem(given) is None, given
