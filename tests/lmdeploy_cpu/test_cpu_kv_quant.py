"""KV int8 and int4: LMDeploy's arithmetic and layout, checked against a reference written here from its description.

Per head and token: scale = (max - min) / 255 (int8) or / 15 (int4), zero = -min / scale, both kept in the model's type;
q = ⌊x / scale + zero + 1/2⌋.  int4 keeps the first half of a head in the low four bits, the second in the high four.
"""

import pytest
import torch
from cpu_support import assert_same
from transformers import DynamicCache

LEVELS = {8: 255, 4: 15}
CASES = [(name, bits) for name in ('llama', 'internlm2', 'qwen3') for bits in (8, 4)]
# by module: all that is asked of a case is asked of one engine
cases = pytest.mark.parametrize(('name', 'bits'), CASES, scope='module')


def quantise(x, bits):
    """x [..., head_dim] -> q (the numbers 0..255 or 0..15, not packed), scale, zero"""
    x = x.double()
    low, high = x.amin(-1, keepdim=True), x.amax(-1, keepdim=True)
    scale = (high - low) / LEVELS[bits]
    zero = -low / scale
    return (x / scale + zero + 0.5).floor(), scale, zero


class QuantisedCache(DynamicCache):
    """What transformers attends to is what a quantised cache gives back."""

    def __init__(self, bits):
        super().__init__()
        self.bits = bits
        self.exact = []  # per layer: keys, values [1, heads, tokens, head_dim] before

    def update(self, key_states, value_states, *args, **kwargs):
        self.exact.append((key_states, value_states))
        rounded = []
        for x in (key_states, value_states):
            q, scale, zero = quantise(x, self.bits)
            rounded.append(((q - zero) * scale).float())
        return super().update(*rounded, *args, **kwargs)


class StoredCache(DynamicCache):
    """What transformers attends to is what the engine has stored: so no tie can be rounded to the other side."""

    def __init__(self, stored):
        super().__init__()
        self.stored = iter(stored)

    def update(self, key_states, value_states, *args, **kwargs):
        numbers = (((q - zero) * scale).float().transpose(0, 1)[None] for q, scale, zero in next(self.stored))
        return super().update(*numbers, *args, **kwargs)


@pytest.fixture
def stored(monkeypatch):
    """stored(engine, bits) -> stored_of(count): what the cache holds of the last sequence's first `count` tokens.

    A list of layers, each ((q, scale, zero) of the keys, the same of the values), [tokens, heads, ...].
    """

    def watch(eng, bits):
        tables, get_tables = [], eng.scheduler.get_block_tables
        monkeypatch.setattr(
            eng.scheduler, 'get_block_tables', lambda seqs: tables.append(get_tables(seqs)) or tables[-1]
        )

        def part(data, scale_zero, count):
            blocks = torch.as_tensor(tables[-1][0])[: -(-count // 16)].long()
            data, scale_zero = (t[blocks].flatten(0, 1)[:count] for t in (data, scale_zero))
            assert data.dtype == torch.uint8
            if bits == 4:
                data = torch.cat([data & 15, data >> 4], -1)
            return data.double(), *scale_zero.double().split(1, -1)

        def stored_of(count):
            pools = eng.model_agent.cache_engine.gpu_cache
            return [(part(p[0], p[2], count), part(p[1], p[3], count)) for p in pools]

        return stored_of

    return watch


@cases
def test_what_is_in_the_cache(name, bits, engine, reference, prompts, stored):
    eng = engine(name, quant_policy=bits, block_size=16, logprobs_mode='raw_logits')
    (ids,) = prompts([45], seed=11)
    stored_of = stored(eng, bits)
    eng.generate([ids], max_new_tokens=1)
    cache = QuantisedCache(bits)
    reference(name).logits(ids, past_key_values=cache)
    for layer, (parts, exact) in enumerate(zip(stored_of(len(ids)), cache.exact, strict=True)):
        for (q, scale, zero), x in zip(parts, exact, strict=True):
            want_q, want_scale, want_zero = quantise(x[0].transpose(0, 1), bits)
            torch.testing.assert_close(scale, want_scale, rtol=1e-3, atol=0)
            torch.testing.assert_close(zero, want_zero, rtol=1e-3, atol=2e-3)
            off = (q - want_q).abs()
            if layer == 0:  # the same input: only ties can fall to the other side
                assert off.max() <= 1
                assert (off > 0).double().mean() < 2e-3
            else:
                assert off.mean() < 0.02


@cases
def test_logits_are_those_of_the_stored_cache(name, bits, engine, reference, prompts, stored):
    """Prefill, chunks after the first, and decoding all read back what was rounded, to the last digit or two."""
    eng, ref = engine(name, quant_policy=bits, block_size=16, logprobs_mode='raw_logits'), reference(name)
    stored_of, close = stored(eng, bits), 1e-4
    for ids in prompts((2, 64, 200), seed=12):
        got = eng.logits(ids)
        want = ref.logits(ids, past_key_values=StoredCache(stored_of(len(ids))))
        assert (got - want).abs().max() < close
        exact = ref.logits(ids)
        assert (got - exact).abs().max() > 10 * close, 'that much the rounding itself makes'
    for ids in prompts((3, 31, 100), seed=13):
        (answer,) = eng.generate([ids], logprobs=5, ignore_eos=False)
        read = ids + answer.token_ids[:-1]  # the last one is not written any more
        want = ref.logits(read, past_key_values=StoredCache(stored_of(len(read))))[len(ids) - 1 :]
        got = torch.tensor([[row[t]] for row, t in zip(answer.logprobs, answer.token_ids, strict=True)])
        error = (got - want.gather(1, torch.tensor(answer.token_ids)[:, None])).abs()
        assert error.max() < close


@cases
def test_how_far_from_exact(name, bits, engine, reference, prompts):
    """Cosine of every token's logits to the exact ones; the weights of these models are spread widely on purpose."""
    eng, ref = engine(name, quant_policy=bits, block_size=16, logprobs_mode='raw_logits'), reference(name)
    for ids in prompts((16, 65, 257), seed=14):
        cosine = torch.nn.functional.cosine_similarity(eng.logits(ids), ref.logits(ids), dim=-1)
        assert cosine.min() > {8: 0.999, 4: 0.88}[bits]
        assert cosine.mean() > {8: 0.9998, 4: 0.96}[bits]


@pytest.mark.parametrize('bits', [8, 4])
def test_answers_do_not_depend_on_the_batch_or_on_chunks(bits, engine, prompts):
    batch = prompts((1, 17, 64, 129, 257), seed=15)
    eng = engine('llama', quant_policy=bits, block_size=16, logprobs_mode='raw_logits')
    together = eng.greedy(batch)
    assert_same(eng.greedy(batch, together=False), together, batch)
    eng = engine('llama', quant_policy=bits, block_size=64, max_prefill_token_num=64, enable_prefix_caching=True)
    assert_same(eng.greedy(batch), together, batch)
    assert_same(eng.greedy(batch), together, batch)


def test_bytes_of_a_block(engine):
    """64 tokens × 3 layers × 2 heads × (keys and values) × (64 numbers and, when quantised, two parameters)."""
    for bits, dtype, size in ((0, 'float32', 256), (0, 'bfloat16', 128), (8, 'bfloat16', 68), (4, 'bfloat16', 36)):
        eng = engine('llama', quant_policy=bits, dtype=dtype, num_gpu_blocks=32)
        pools = eng.model_agent.cache_engine.gpu_allocation.pools
        assert sum(p.nbytes for p in pools) == 32 * 64 * 3 * 2 * 2 * size
