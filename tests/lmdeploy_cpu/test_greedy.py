"""Greedy tokens are those of transformers, token by token, however the engine cuts and keeps the work (fp32)."""

import pytest
from cpu_support import PROMPT_LENGTHS

MODELS = ('llama', 'internlm2', 'qwen2', 'qwen2-window', 'qwen3')


def different(got, want, prompts):
    """The prompts answered differently, for a readable failure."""
    return {
        len(p): next((i for i, (a, b) in enumerate(zip(g, w, strict=False)) if a != b), f'length {len(g)}')
        for p, g, w in zip(prompts, got, want, strict=True)
        if g != w
    }


def assert_same(got, want, prompts):
    wrong = different(got, want, prompts)
    assert not wrong, f'{{prompt length: first wrong token}}: {wrong}'


@pytest.mark.parametrize('name', MODELS)
def test_batched_and_alone(name, engine, reference, prompts):
    batch = prompts(PROMPT_LENGTHS)
    want = reference(name).greedy(batch)
    eng = engine(name)
    assert_same(eng.greedy(batch), want, batch)
    assert_same(eng.greedy(batch[::3], together=False), want[::3], batch[::3])
    assert eng.num_free_blocks == eng.num_usable_blocks
