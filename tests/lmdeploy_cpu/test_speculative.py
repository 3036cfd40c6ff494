"""Speculative decoding by eagle: whatever the draft guesses, greedy tokens are those of plain decoding (fp32)."""

import json
import pathlib

import pytest
import torch
from cpu_support import NEW_TOKENS, Engine, assert_same
from lmdeploy import PytorchEngineConfig, pipeline
from lmdeploy.messages import SpeculativeConfig
from lmdeploy.serve.core.exceptions import RequestError
from safetensors.torch import load_file, save_file

from lmdeploy_cpu.limits import UnsupportedError

GUESSES = 3
LENGTHS = (1, 15, 16, 17, 64, 129, 257)


@pytest.fixture(scope='module')
def draft_of(tmp_path_factory):
    """draft_of(folder, wrong) -> folder of a draft: None guesses at random; else the target's embedding says the next
    token, but for a share `wrong` of the vocabulary, which matters for a target without attention and feed-forward."""

    def make(target, wrong=None, without=()):
        target, folder = pathlib.Path(target), tmp_path_factory.mktemp('draft')
        generator = torch.Generator().manual_seed(5)
        config = json.loads((target / 'config.json').read_text()) | {'num_hidden_layers': 1}
        (folder / 'config.json').write_text(json.dumps(config))
        of_target = load_file(target / 'model.safetensors')
        of_layer = {n: w.shape for n, w in of_target.items() if n.startswith('model.layers.0.')}
        shapes = {name.removeprefix('model.'): shape for name, shape in of_layer.items()}
        shapes |= {'embed_tokens.weight': (1000, 256), 'fc.weight': (256, 512)}
        weights = {n: torch.randn(s, generator=generator) / s[-1] ** 0.5 for n, s in shapes.items()}
        del weights['layers.0.input_layernorm.weight']
        if wrong is not None:
            for name in ('layers.0.self_attn.o_proj.weight', 'layers.0.mlp.down_proj.weight'):
                weights[name].zero_()
            weights['fc.weight'] = torch.cat([torch.eye(256), torch.zeros(256, 256)], 1)
            weights['embed_tokens.weight'] = of_target['model.embed_tokens.weight'].clone()
            spoilt = torch.rand(1000, generator=generator) < wrong
            weights['embed_tokens.weight'][spoilt] = torch.randn(256, generator=generator)
        weights = {name: tensor for name, tensor in weights.items() if name not in without}
        save_file(weights, folder / 'model.safetensors', {'format': 'pt'})
        return str(folder)

    return make


@pytest.fixture(scope='module')
def bigram(tmp_path_factory, checkpoint):
    """A target whose next token depends on the last one alone."""
    source, folder = pathlib.Path(checkpoint('llama').path), tmp_path_factory.mktemp('bigram')
    for file in source.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    weights = load_file(source / 'model.safetensors')
    for name, tensor in weights.items():
        if 'o_proj' in name or 'down_proj' in name:
            tensor.zero_()
    weights['model.norm.weight'] = torch.ones(256)
    save_file(weights, folder / 'model.safetensors', {'format': 'pt'})
    return str(folder)


@pytest.fixture
def speculating(engine):
    """speculating(target, draft, **PytorchEngineConfig arguments) -> Engine, closed at the end."""
    engine.close()
    open_ones = []

    def get(target, draft, **config):
        while open_ones:
            open_ones.pop().close()
        config = {'num_gpu_blocks': 256, 'max_batch_size': 16, 'session_len': 1024} | config
        eng = Engine.__new__(Engine)
        eng.pipe = pipeline(
            target,
            backend_config=PytorchEngineConfig(device_type='cpu', **config),
            speculative_config=SpeculativeConfig(method='eagle', model=draft, num_speculative_tokens=GUESSES),
            log_level='ERROR',
        )
        eng.async_engine = eng.pipe.async_engine
        eng.inner = eng.async_engine.engine
        open_ones.append(eng)
        return eng

    yield get
    for eng in open_ones:
        eng.close()


def count_steps(eng, monkeypatch) -> list[int]:
    """Gets an entry for each step of decoding from now on: the sequences in it."""
    agent, steps = eng.model_agent.spec_agent, []
    rejection = agent._rejection_sampling

    async def counted(inputs, *args):
        if inputs.is_decoding:
            steps.append(inputs.seq_length.numel())
        return await rejection(inputs, *args)

    monkeypatch.setattr(agent, '_rejection_sampling', counted)
    return steps


def test_a_random_draft_changes_nothing(speculating, checkpoint, draft_of, reference, prompts):
    batch, ref = prompts(LENGTHS), reference('llama')
    eng = speculating(checkpoint('llama').path, draft_of(checkpoint('llama').path))
    assert GUESSES + 1 in eng.model_agent.patched_model.traces, 'checking runs from a trace'
    assert 1 in eng.model_agent.spec_agent.proposer.model.traces, 'and so does guessing'
    assert_same(eng.greedy(batch), ref.greedy(batch), batch)
    assert_same(eng.greedy(batch[-3:], together=False), ref.greedy(batch[-3:]), batch[-3:])
    assert eng.num_free_blocks == eng.num_usable_blocks
    for score in (eng.async_engine.async_get_logits, eng.async_engine.async_get_ppl):
        with pytest.raises(UnsupportedError, match='scoring a prompt does not go with speculative decoding'):
            eng.run(score([batch[3]]))
    for asked in ({'do_sample': True, 'repetition_penalty': 1.5}, {'min_new_tokens': 4}, {'logprobs': 2}):
        with pytest.raises(RequestError, match=f'{[*asked][-1]} does not go with speculative decoding'):
            eng.generate(batch[:1], **asked)
    assert_same(eng.greedy(batch[:4]), ref.greedy(batch[:4]), batch[:4])


@pytest.mark.parametrize('config', [{'max_prefill_token_num': 64}, {'block_size': 16}])
def test_prefix_cache_and_chunks(config, speculating, checkpoint, draft_of, reference, prompts):
    batch, ref = prompts(LENGTHS), reference('llama')
    eng = speculating(
        checkpoint('llama').path, draft_of(checkpoint('llama').path), enable_prefix_caching=True, **config
    )
    assert_same(eng.greedy(batch), ref.greedy(batch), batch)
    warm = eng.generate(batch)
    assert_same([a.token_ids for a in warm], ref.greedy(batch), batch)
    assert any(a.cached_tokens for a in warm), 'the cache was used'


def test_what_agrees_is_kept(speculating, bigram, draft_of, prompts, monkeypatch):
    """A draft that is right makes GUESSES + 1 tokens a step; one that is right sometimes, fewer; the same tokens."""
    batch = prompts((5, 70))
    seen = {}
    for wrong in (0.0, 0.3, 1.0):
        eng = speculating(bigram, draft_of(bigram, wrong))
        steps = count_steps(eng, monkeypatch)
        answers = eng.greedy(batch, together=False)
        seen[wrong] = len(steps), answers
    (few, first), (some, second), (many, third) = (seen[wrong] for wrong in (0.0, 0.3, 1.0))
    assert first == second == third
    assert all(len(answer) == NEW_TOKENS for answer in first)
    after_first = NEW_TOKENS - 1  # the prompt's own step gives the first
    # a step that is on its way when an answer ends is counted too, one for each answer
    assert 2 * -(-after_first // (GUESSES + 1)) <= few <= 2 * (-(-after_first // (GUESSES + 1)) + 1)
    assert few < some < many <= 2 * (after_first + 1)


def test_refusals(speculating, checkpoint, draft_of, copy_with_config):
    llama = checkpoint('llama').path
    draft = draft_of(llama)
    cases = [
        (checkpoint('internlm2').path, draft, 'the target in .* is InternLM2ForCausalLM'),
        (copy_with_config('llama', vocab_size=999), draft, 'vocab_size of the draft is 1000, of the target 999'),
        (llama, draft_of(llama, without=('fc.weight',)), 'has no weight fc.weight'),
        (llama, llama, 'has no weight embed_tokens.weight'),
    ]
    for target, head, match in cases:
        with pytest.raises(UnsupportedError, match=match):
            speculating(target, head)
    with pytest.raises(UnsupportedError, match='with a quantised KV cache does not run'):
        speculating(llama, draft, quant_policy=8)
    for method in ('eagle3', 'dflash', 'deepseek_mtp', 'qwen3_5_mtp', 'hy3_mtp'):
        with pytest.raises(UnsupportedError, match=f"speculative decoding by '{method}' does not run on the CPU"):
            pipeline(
                llama,
                backend_config=PytorchEngineConfig(device_type='cpu'),
                speculative_config=SpeculativeConfig(method=method, model=draft, num_speculative_tokens=2),
            )
