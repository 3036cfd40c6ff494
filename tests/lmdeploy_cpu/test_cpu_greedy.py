"""Greedy tokens are those of transformers, token by token, however the engine cuts and keeps the work (fp32)."""

import pytest
import torch
from cpu_support import NEW_TOKENS, PROMPT_LENGTHS, assert_same

MODELS = ('llama', 'internlm2', 'qwen2', 'qwen2-window', 'qwen3')


def test_the_reference_is_worth_comparing_with(reference, prompts):
    """Answers that repeat one token, or do not depend on the prompt, would hide many mistakes."""
    for name in MODELS:
        answers = reference(name).greedy(prompts(PROMPT_LENGTHS))
        distinct = sorted(len(set(a)) for a in answers)
        assert distinct[len(distinct) // 2] >= NEW_TOKENS // 2, (name, distinct)
        assert len({tuple(a) for a in answers}) == len(answers)


@pytest.mark.parametrize('name', MODELS)
def test_batched_and_alone(name, engine, reference, prompts):
    batch = prompts(PROMPT_LENGTHS)
    want = reference(name).greedy(batch)
    eng = engine(name)
    assert eng.inner.model_config.dtype == torch.float32  # `auto` keeps what the checkpoint has
    assert_same(eng.greedy(batch), want, batch)
    some = slice(None) if name == 'internlm2' else slice(0, None, 4)
    assert_same(eng.greedy(batch[some], together=False), want[some], batch[some])
    assert eng.num_free_blocks == eng.num_usable_blocks


@pytest.mark.parametrize('block_size', [16, 64])
def test_prefix_cache_cold_and_warm(block_size, engine, reference, prompts):
    batch = prompts(PROMPT_LENGTHS)
    # a second question to the same beginning, cut inside a block and on its border
    shared = [batch[-1][:n] + prompts([5], seed=n)[0] for n in (96, 128, 200)]
    ref = reference('llama')
    eng = engine('llama', enable_prefix_caching=True, block_size=block_size, max_batch_size=16)
    cold = eng.generate(batch)
    warm = eng.generate(batch)
    forked = eng.generate(shared)
    assert_same([a.token_ids for a in cold], ref.greedy(batch), batch)
    assert_same([a.token_ids for a in warm], ref.greedy(batch), batch)
    assert_same([a.token_ids for a in forked], ref.greedy(shared), shared)
    # the cache was used indeed: all whole blocks of a prompt but the one its last token needs
    assert all(a.cached_tokens == 0 for a in cold[:1])
    assert [a.cached_tokens for a in warm] == [(len(p) - 1) // block_size * block_size for p in batch]
    assert [a.cached_tokens for a in forked] == [n // block_size * block_size for n in (96, 128, 200)]
    eng.scheduler.block_trie.evict(eng.num_usable_blocks)
    assert eng.num_free_blocks == eng.num_usable_blocks


def test_chunked_prefill(engine, reference, prompts):
    batch = prompts(PROMPT_LENGTHS)
    want = reference('llama').greedy(batch)
    eng = engine('llama', max_prefill_token_num=64)
    longest = []
    model = eng.model_agent.patched_model.get_model()
    hook = model.register_forward_pre_hook(
        lambda _, args, kwargs: longest.append(kwargs['input_ids'].numel()), with_kwargs=True
    )
    try:
        assert_same(eng.greedy(batch), want, batch)
        assert_same(eng.greedy(batch[-1:]), want[-1:], batch[-1:])
    finally:
        hook.remove()
    assert max(longest) <= 64  # nothing went through in one piece


@pytest.mark.parametrize(('block_size', 'kernel_block_size'), [(16, 16), (64, 16), (128, 32)])
def test_block_sizes(block_size, kernel_block_size, engine, reference, prompts):
    batch = prompts(PROMPT_LENGTHS)
    eng = engine('llama', block_size=block_size, kernel_block_size=kernel_block_size)
    assert eng.cache_config.kernel_block_size == kernel_block_size
    assert_same(eng.greedy(batch), reference('llama').greedy(batch), batch)


@pytest.mark.parametrize('name', ['internlm2', 'qwen2', 'qwen2-window', 'qwen3'])
def test_everything_at_once(name, engine, reference, prompts):
    """Small blocks, chunks, prefix cache warm (with a window LMDeploy has none), and a pool that does not hold all."""
    batch = prompts(PROMPT_LENGTHS)
    want = reference(name).greedy(batch)
    eng = engine(
        name, enable_prefix_caching=True, block_size=16, max_prefill_token_num=64, num_gpu_blocks=48, max_batch_size=8
    )
    for _ in range(2):
        assert_same(eng.greedy(batch), want, batch)


@pytest.mark.parametrize('prefix_caching', [False, True])
def test_a_pool_so_small_that_the_scheduler_evicts(prefix_caching, engine, reference, prompts, monkeypatch):
    """24 blocks of 16 tokens: the prompts fit, their answers do not."""
    batch = prompts([15, 16, 17, 48, 63, 64, 65, 127, 128, 129, 257])
    eng = engine('llama', num_gpu_blocks=24, block_size=16, enable_prefix_caching=prefix_caching)
    evictions = eng.evictions(monkeypatch)
    assert_same(eng.greedy(batch), reference('llama').greedy(batch), batch)
    assert any(evictions), 'the pool was large enough: this test tests nothing'
    eng.scheduler.block_trie.evict(eng.num_usable_blocks)
    assert eng.num_free_blocks == eng.num_usable_blocks


def test_float32_can_be_asked_for(engine, copy_with_config, reference, prompts):
    """A checkpoint that calls itself bf16, run in fp32: also what `--dtype float32` on the command line does."""
    folder = copy_with_config('llama', dtype='bfloat16', torch_dtype='bfloat16')
    batch = prompts(PROMPT_LENGTHS)
    eng = engine(folder, dtype='float32')
    assert eng.inner.model_config.dtype == torch.float32
    assert_same(eng.greedy(batch), reference('llama').greedy(batch), batch)
