"""What makes the CPU device fast: packed weights, and a decoding step that is one traced call.  No clocks here."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
import torch.nn.functional as F
from cpu_support import PROMPT_LENGTHS, assert_same

from lmdeploy_cpu.ops import linear, threads
from lmdeploy_cpu.ops.graph import CpuGraphRunner
from lmdeploy_cpu.ops.linear import CpuLinearImpl

needs_packing = pytest.mark.skipif(not linear.can_pack(torch.float32), reason='oneDNN packs nothing here')


@pytest.mark.parametrize('dtype', [torch.float32, torch.bfloat16], ids=str)
def test_a_packed_weight_is_the_same_weight(dtype):
    if not linear.can_pack(dtype):
        pytest.skip('oneDNN does not pack this type on this processor')
    generator = torch.Generator().manual_seed(1)
    weight = torch.randn(192, 256, generator=generator).to(dtype)
    bias = torch.randn(192, generator=generator).to(dtype)
    packed = linear.pack(weight)
    assert packed.is_mkldnn
    assert packed.nbytes == weight.nbytes
    assert torch.equal(packed.to_dense(dtype), weight)
    for shape in ((1,), (4,), (17,), (300,), (2, 3), (0,)):
        x = torch.randn(*shape, 256, generator=generator).to(dtype)
        got, want = linear.multiply(x, packed, bias), F.linear(x.double(), weight.double(), bias.double())
        assert got.shape == want.shape
        if x.numel():
            assert (got - want).norm() / want.norm() < (1e-6 if dtype == torch.float32 else 2**-8)


@needs_packing
def test_nothing_is_packed_that_would_grow():
    weight = torch.randn(1001, 256)
    assert linear.pack(weight) is weight


@needs_packing
def test_every_layer_that_does_not_grow_is_packed_but_a_tied_head(engine):
    """Which ones grow depends on the processor: a block of oneDNN's has 16 or 64 rows with AVX-512, 24 with AVX2."""
    model = engine('llama').model_agent.patched_model.get_model()
    layers = [module.weight for module in model.modules() if isinstance(getattr(module, 'impl', None), CpuLinearImpl)]
    assert len(layers) >= 3 * 4
    packed = [weight.is_mkldnn for weight in layers]
    assert any(packed)
    assert packed == [linear.pack(torch.zeros(weight.shape)).is_mkldnn for weight in layers]
    tied = engine('qwen2').model_agent.patched_model.get_model()
    assert not tied.lm_head.weight.is_mkldnn


@pytest.mark.parametrize('name', ['llama', 'internlm2', 'qwen2', 'qwen2-window', 'qwen3'])
def test_decoding_runs_from_the_trace(name, engine, reference, prompts):
    """The model's Python runs for the prefill alone, and the answers are those of transformers."""
    eng = engine(name)
    runner = eng.model_agent.patched_model
    assert isinstance(runner, CpuGraphRunner)
    assert runner.traceable
    assert runner.trace is not None  # by the warm-up
    passes = []
    hook = runner.model.register_forward_pre_hook(
        lambda _, args, kwargs: passes.append(kwargs['attn_metadata'].max_q_seqlen), with_kwargs=True
    )
    batch = prompts(PROMPT_LENGTHS)
    try:
        assert_same(eng.greedy(batch), reference(name).greedy(batch), batch)
    finally:
        hook.remove()
    assert passes
    assert 1 not in passes


def test_what_cannot_be_traced_runs_all_the_same(engine, reference, prompts, monkeypatch):
    eng = engine('llama')
    runner = eng.model_agent.patched_model
    runner.reset()
    branch = runner.model.model.norm.forward
    monkeypatch.setattr(
        runner.model.model.norm, 'forward', lambda x, residual: branch(x, residual) if x.sum() < 1e9 else None
    )
    batch = prompts(PROMPT_LENGTHS[:5])
    try:
        assert_same(eng.greedy(batch), reference('llama').greedy(batch), batch)
        assert not runner.traceable
    finally:
        monkeypatch.undo()
        runner.reset()
    assert_same(eng.greedy(batch), reference('llama').greedy(batch), batch)
    assert runner.trace is not None


def test_small_steps_take_one_thread_and_large_ones_all():
    float32, bfloat16 = torch.float32, torch.bfloat16
    assert threads.steps_threads(1, 0.9e6, 0.23e6, float32, 2) == 1  # decoding tiny-chat
    assert threads.steps_threads(16, 0.9e6, 0.23e6, float32, 2) == 1
    assert threads.steps_threads(300, 0.9e6, 0.23e6, float32, 2) == 2  # its prompts
    assert threads.steps_threads(1, 35e6, 17e6, bfloat16, 2) == 2  # decoding a model of 1.8 billion
    assert threads.steps_threads(1, 2e6, 1e6, bfloat16, 2) == 1
    assert threads.steps_threads(1, 2e6, 1e6, bfloat16, 16) == 16  # more of them to win by
    assert threads.steps_threads(300, 35e6, 17e6, bfloat16, 1) == 1


def test_a_thread_chooses_for_itself_alone(engine):
    """Whatever else computes in this process (transformers, beside us) keeps all of its threads."""
    if threads.openmp() is None or torch.get_num_threads() == 1:
        pytest.skip('torch computes with one thread, or without OpenMP')
    model = engine('llama').model_agent.patched_model.get_model()
    before, seen = torch.get_num_threads(), []

    steps = threads.StepThreads(model, torch.float32)

    def work():
        for rows in (1, 100_000, 1):
            with steps.of(rows):
                seen.append((torch.get_num_threads(), others.submit(torch.get_num_threads).result()))
        return torch.get_num_threads()

    async def loop():
        return work()

    with ThreadPoolExecutor(1) as others:
        for run, after in ((work, before), (lambda: asyncio.run(loop()), 1)):  # the engine's thread has a loop
            with ThreadPoolExecutor(1) as pool:
                assert pool.submit(run).result() == after
            assert seen == [(1, before), (before, before), (1, before)]
            seen.clear()
        assert asyncio.run(loop()) == before, 'a notebook has a loop, too'
        with pytest.raises(KeyError), steps.of(1):
            raise KeyError
        assert torch.get_num_threads() == before


def test_decoding_a_small_model_takes_one_thread(engine, prompts, monkeypatch):
    if threads.openmp() is None or torch.get_num_threads() == 1:
        pytest.skip('torch computes with one thread, or without OpenMP')
    eng, seen = engine('llama'), []
    run = CpuGraphRunner._run
    monkeypatch.setattr(
        CpuGraphRunner, '_run', staticmethod(lambda *args: seen.append(torch.get_num_threads()) or run(*args))
    )
    eng.greedy(prompts(PROMPT_LENGTHS[:3]))
    assert set(seen) == {1}


def test_without_openmp_nothing_is_chosen(engine, monkeypatch):
    monkeypatch.setattr(threads, 'openmp', lambda: None)
    with threads.StepThreads(engine('llama').model_agent.patched_model.get_model(), torch.float32).of(1):
        pass


def test_the_mean_layer_of_a_model_is_what_the_checkpoint_says(engine):
    model = engine('llama').model_agent.patched_model.get_model()
    nbytes, numbers = threads.mean_sizes(model)
    assert nbytes == 4 * numbers
    weights = [m.weight for m in model.modules() if isinstance(getattr(m, 'impl', None), linear.CpuLinearImpl)]
    assert len(weights) * numbers == sum(w.numel() for w in weights)
    assert threads.mean_sizes(torch.nn.Linear(2, 2)) is None
