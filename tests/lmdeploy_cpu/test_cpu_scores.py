"""Logits, perplexity and log-probabilities against transformers on the same weights, in fp32 and bf16."""

import asyncio

import pytest
import torch
from cpu_support import assert_same
from lmdeploy import GenerationConfig

MODELS = ('llama', 'internlm2', 'qwen2', 'qwen2-window', 'qwen3')
LENGTHS = (2, 16, 65, 200, 513)


@pytest.mark.parametrize('name', MODELS)
def test_prefill_logits_and_perplexity(name, engine, reference, prompts):
    eng, ref = engine(name), reference(name)
    for ids in prompts(LENGTHS, seed=1):
        got = eng.logits(ids)
        assert got.shape == (len(ids), 1000)
        torch.testing.assert_close(got, ref.logits(ids), atol=1e-4, rtol=0)
    batch = prompts(LENGTHS, seed=2)
    # one by one and together
    assert eng.pipe.get_ppl(batch[2]) == pytest.approx([ref.nll(batch[2])], abs=1e-5)
    assert eng.pipe.get_ppl(batch) == pytest.approx([ref.nll(ids) for ids in batch], abs=1e-5)


def test_logits_and_perplexity_of_a_chunked_prompt(engine, reference, prompts):
    """The engine keeps the logits of the chunks apart, and must give them back whole, unscaled, in fp32."""
    eng, ref = engine('llama', max_prefill_token_num=64), reference('llama')
    for ids in prompts((64, 65, 200, 513), seed=3):
        torch.testing.assert_close(eng.logits(ids), ref.logits(ids), atol=1e-4, rtol=0)
        assert eng.pipe.get_ppl(ids) == pytest.approx([ref.nll(ids)], abs=1e-5)


@pytest.mark.parametrize('config', [{}, {'max_prefill_token_num': 64}])
def test_generation_after_logits(config, engine, reference, prompts):
    """After a request for logits only, the next ones must not read its rows; nor those that run beside it."""
    eng, ref = engine('llama', **config), reference('llama')
    batch = prompts((33, 7, 120), seed=5)
    for ids in batch:
        eng.logits(ids)
        assert_same(eng.greedy([batch[1]]), ref.greedy([batch[1]]), [batch[1]])
    config = GenerationConfig(max_new_tokens=24, ignore_eos=True)

    async def mixed():
        answers = [eng.ask(ids, config) for ids in batch]
        logits = [eng.async_engine.async_get_logits([ids]) for ids in batch]
        ppl = [eng.async_engine.async_get_ppl(ids) for ids in batch]
        return await asyncio.gather(*answers, *logits, *ppl)

    for _ in range(3):
        done = eng.run(mixed())
        assert_same([a.token_ids for a in done[:3]], ref.greedy(batch), batch)
        for ids, (logits,), nll in zip(batch, done[3:6], done[6:], strict=True):
            torch.testing.assert_close(logits.float(), ref.logits(ids), atol=1e-4, rtol=0)
            assert nll == pytest.approx(ref.nll(ids), abs=1e-5)
    assert_same(eng.greedy(batch), ref.greedy(batch), batch)
    assert eng.num_free_blocks == eng.num_usable_blocks


@pytest.mark.parametrize('name', MODELS)
def test_bf16_logits_point_the_same_way(name, engine, reference, prompts):
    """Against fp32 arithmetic on the same weights, which bf16 has rounded."""
    eng, ref = engine(name, dtype='bfloat16'), reference(name, torch.bfloat16)
    assert eng.inner.model_config.dtype == torch.bfloat16
    for ids in prompts((16, 65, 257), seed=6):
        cosine = torch.nn.functional.cosine_similarity(eng.logits(ids), ref.logits(ids), dim=-1)
        assert cosine.min() >= 0.999


@pytest.mark.parametrize('mode', ['raw_logprobs', 'raw_logits'])
def test_log_probabilities(mode, engine, reference, prompts):
    eng, ref = engine('llama', logprobs_mode=mode), reference('llama')
    batch = prompts((1, 17, 64, 129), seed=7)
    for ids, answer in zip(batch, eng.generate(batch, logprobs=5, max_new_tokens=12, ignore_eos=False), strict=True):
        want = ref.logits(ids + answer.token_ids)[len(ids) - 1 : -1]
        if mode == 'raw_logprobs':
            want = want.log_softmax(-1)
        assert len(answer.logprobs) == len(answer.token_ids) > 0
        for got, row, token in zip(answer.logprobs, want, answer.token_ids, strict=True):
            assert set(row.topk(5).indices.tolist()) <= set(got)
            assert token in got
            for i, value in got.items():
                assert value == pytest.approx(float(row[i]), abs=1e-4)


def test_log_probabilities_of_the_prompt(engine, reference, prompts):
    eng, ref = engine('llama', logprobs_mode='raw_logprobs'), reference('llama')
    for ids in prompts((2, 64, 129), seed=8):
        config = GenerationConfig(max_new_tokens=0, logprobs=1, logprob_start_len=0)
        got = [row[token] for row, token in zip(eng.run(eng.ask(ids, config)).logprobs, ids[1:], strict=True)]
        want = ref.logits(ids)[:-1].log_softmax(-1).gather(1, torch.tensor(ids[1:])[:, None])[:, 0]
        torch.testing.assert_close(torch.tensor(got), want, atol=1e-4, rtol=0)
    # max_new_tokens=0 again: what comes next is right
    assert_same(eng.greedy(prompts((20,))), ref.greedy(prompts((20,))), prompts((20,)))


def test_scoring_beside_generation(engine, reference, prompts):
    """Prompts to score and prompts to go on from, arriving together."""
    eng, ref = engine('llama', logprobs_mode='raw_logprobs'), reference('llama')
    batch = prompts((33, 7, 120, 64), seed=9)
    score = GenerationConfig(max_new_tokens=0, logprobs=1, logprob_start_len=0)
    answer = GenerationConfig(max_new_tokens=24, ignore_eos=True)
    for _ in range(3):
        answers = eng.generate([ids for ids in batch for _ in 'ab'], [answer, score] * len(batch))
        assert_same([a.token_ids for a in answers[::2]], ref.greedy(batch), batch)
        for ids, scored in zip(batch, answers[1::2], strict=True):
            got = [row[token] for row, token in zip(scored.logprobs, ids[1:], strict=True)]
            assert -sum(got) / len(got) == pytest.approx(ref.nll(ids), abs=1e-5)
