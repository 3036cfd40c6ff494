"""`cache_max_entry_count` is a ratio of a memory budget less the weights, and the process really grows by that much."""

import copy
import pathlib
import pickle
import subprocess
import sys

import psutil
import pytest
from cpu_support import assert_same
from lmdeploy import PytorchEngineConfig
from safetensors import safe_open

import lmdeploy_cpu
from lmdeploy_cpu.budget import available_memory

MIB = 2**20


@pytest.fixture
def budget(engine):
    """budget(nbytes) for engines built in this test; that of this folder comes back."""
    before = lmdeploy_cpu.memory_budget()
    engine.close()
    yield lmdeploy_cpu.set_memory_budget
    engine.close()
    lmdeploy_cpu.set_memory_budget(before)


def pool_bytes(eng):
    return sum(p.nbytes for p in eng.model_agent.cache_engine.gpu_allocation.pools)


def file_bytes(path):
    with safe_open(pathlib.Path(path) / 'model.safetensors', 'pt') as f:
        return sum(f.get_tensor(k).nbytes for k in f.keys())  # noqa: SIM118


@pytest.mark.parametrize('ratio', [0.2, 0.5, 0.8])
@pytest.mark.parametrize('bits', [0, 4])
def test_the_ratio_gives_the_blocks(ratio, bits, engine, checkpoint, budget):
    budget(512 * MIB)
    eng = engine('llama', num_gpu_blocks=0, cache_max_entry_count=ratio, quant_policy=bits, max_prefill_token_num=1024)
    model = eng.model_agent.patched_model.get_model()
    weights = sum(t.nbytes for t in (*model.parameters(), *model.buffers()))
    on_disk = file_bytes(checkpoint('llama').path)
    assert on_disk <= weights < on_disk + 64 * 1024  # the rest: the frequencies of the rotary embedding
    # 64 tokens × 3 layers × 2 heads × keys and values × (64 fp32, or 64 half bytes and two parameters in fp32)
    block = 64 * 3 * 2 * 2 * (64 * 4 if bits == 0 else 32 + 8)
    assert eng.cache_config.num_gpu_blocks == int((512 * MIB - weights) * ratio) // block
    assert pool_bytes(eng) == eng.cache_config.num_gpu_blocks * block


def test_the_process_grows_by_the_pool_and_shrinks_again(engine, budget, reference, prompts):
    budget(768 * MIB)
    process = psutil.Process()
    batch = prompts([20, 130])
    want = reference('llama').greedy(batch)
    config = {'num_gpu_blocks': 0, 'max_prefill_token_num': 1024}
    engine('llama', **config, cache_max_entry_count=0.01).greedy(batch)  # whatever is loaded only once
    engine.close()
    grown = []
    for ratio in (0.25, 0.75):
        before = process.memory_info().rss
        eng = engine('llama', **config, cache_max_entry_count=ratio)
        grown.append(process.memory_info().rss - before)
        pool = pool_bytes(eng)
        assert pool == pytest.approx(ratio * 768 * MIB, rel=0.03)
        assert pool < grown[-1] < pool + 48 * MIB
        assert_same(eng.greedy(batch), want, batch)
        del eng
        engine.close()
        assert process.memory_info().rss - before < 48 * MIB
    assert grown[1] - grown[0] == pytest.approx(0.5 * 768 * MIB, rel=0.1)


@pytest.mark.parametrize(
    ('mib', 'match'), [(6, r'weights take \d MiB, the memory budget is 6\.'), (12, 'would have 0 blocks .* needs 16')]
)
def test_a_budget_too_small_is_an_error_that_says_so(mib, match, engine, budget):
    budget(mib * MIB)  # the weights are 6.4 MiB
    with pytest.raises(lmdeploy_cpu.UnsupportedError, match=match):
        engine('llama', num_gpu_blocks=0, cache_max_entry_count=0.01)


def test_a_pool_larger_than_what_is_left(engine, budget, monkeypatch):
    monkeypatch.setattr('lmdeploy_cpu.patches.device.available_memory', lambda: MIB)
    with pytest.raises(lmdeploy_cpu.UnsupportedError, match=r'would take 12 MiB, but this machine has 1 MiB left'):
        engine('llama', num_gpu_blocks=64)


def test_a_containers_limit_counts(tmp_path):
    machine = available_memory(tmp_path)
    assert machine == pytest.approx(psutil.virtual_memory().available, rel=0.2)
    for name, text in (('max', 3 * MIB), ('current', 2 * MIB), ('stat', f'anon 5\ninactive_file {MIB}')):
        (tmp_path / f'memory.{name}').write_text(f'{text}\n')
    assert available_memory(tmp_path) == 2 * MIB  # files that are cached make room
    (tmp_path / 'memory.max').write_text('max\n')
    assert available_memory(tmp_path) > 64 * MIB


def test_where_the_budget_comes_from(monkeypatch, budget):
    budget(123 * MIB)
    assert lmdeploy_cpu.memory_budget() == 123 * MIB
    monkeypatch.setenv('LMDEPLOY_CPU_MEMORY_GB', '1.5')
    assert lmdeploy_cpu.memory_budget() == 123 * MIB
    lmdeploy_cpu.set_memory_budget(None)
    assert lmdeploy_cpu.memory_budget() == 1.5 * 2**30
    monkeypatch.setenv('LMDEPLOY_CPU_MEMORY_GB', 'plenty')
    with pytest.raises(ValueError, match=r'LMDEPLOY_CPU_MEMORY_GB.*plenty'):
        lmdeploy_cpu.memory_budget()
    for wrong in (0, -1):
        with pytest.raises(ValueError, match='budget'):
            lmdeploy_cpu.set_memory_budget(wrong)


def test_a_copied_configuration_fixes_no_budget_here_and_brings_it_along_elsewhere(
    monkeypatch, budget, child_environment
):
    """`pipeline` copies its configuration: what the environment says later still counts; a spawned engine has it."""
    budget(None)
    monkeypatch.setenv('LMDEPLOY_CPU_MEMORY_GB', '2')
    config = PytorchEngineConfig(device_type='cpu')
    copy.deepcopy(config)
    kept = pickle.dumps(config)
    monkeypatch.setenv('LMDEPLOY_CPU_MEMORY_GB', '3')
    pickle.loads(kept)
    assert lmdeploy_cpu.memory_budget() == 3 << 30
    code = 'import pickle, sys; pickle.load(sys.stdin.buffer); import lmdeploy_cpu; print(lmdeploy_cpu.memory_budget())'
    ran = subprocess.run(
        [sys.executable, '-c', code], input=kept, stdout=subprocess.PIPE, env=child_environment, check=True
    )
    assert int(ran.stdout) == 2 << 30
