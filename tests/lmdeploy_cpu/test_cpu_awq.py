"""W4A16: an AWQ checkpoint gives what the model of the dequantised weights gives."""

import json
import math
import pathlib

import pytest
import torch
from cpu_support import AWQ_GROUP, PROMPT_LENGTHS, assert_same, awq_dequantise, awq_pack, awq_quantise
from peft import LoraConfig, get_peft_model
from safetensors import safe_open
from safetensors.torch import load_file, save_file

import lmdeploy_cpu
from lmdeploy_cpu.ops import w4a16
from lmdeploy_cpu.ops.internlm2 import InternLM2Config, InternLM2ForCausalLM


@pytest.fixture(scope='module')
def awq(tmp_path_factory, checkpoint, reference):
    """awq(name) -> folder with an AWQ checkpoint; `reference(name)` then holds the dequantised weights."""

    def make(name):
        source, target = pathlib.Path(checkpoint(name).path), tmp_path_factory.mktemp(name + '-awq')
        for f in source.iterdir():
            if f.name not in ('config.json', 'model.safetensors'):
                (target / f.name).symlink_to(f)
        tensors, dequantised = {}, {}
        for key, tensor in load_file(source / 'model.safetensors').items():
            if key.endswith('bias'):  # LMDeploy keeps them in fp16, as AWQ checkpoints do
                tensors[key], dequantised[key] = tensor.half(), tensor.half().float()
                continue
            if tensor.dim() == 1 or any(n in key for n in ('embed', 'lm_head', 'output')):
                tensors[key] = tensor
                continue
            q, zeros, scales = awq_quantise(tensor)
            stem = key.removesuffix('weight')
            tensors |= {stem + 'qweight': awq_pack(q), stem + 'qzeros': awq_pack(zeros), stem + 'scales': scales}
            dequantised[key] = awq_dequantise(q, zeros, scales)
        save_file(tensors, target / 'model.safetensors', {'format': 'pt'})
        config = json.loads((source / 'config.json').read_text())
        config['quantization_config'] = {
            'quant_method': 'awq',
            'bits': 4,
            'group_size': AWQ_GROUP,
            'version': 'gemm',
            'zero_point': True,
        }
        (target / 'config.json').write_text(json.dumps(config))
        return str(target), dequantised

    return make


def set_weights(ref, dequantised):
    """Into a transformers model, from either checkpoint's names."""
    c = ref.model.config
    state = ref.model.state_dict()
    for key, weight in dequantised.items():
        if 'wqkv' in key:
            groups = weight.view(c.num_key_value_heads, -1, c.hidden_size // c.num_attention_heads, c.hidden_size)
            parts = {'q': groups[:, :-2], 'k': groups[:, -2:-1], 'v': groups[:, -1:]}
            stem = key.replace('attention.wqkv.weight', '')
            for x, part in parts.items():
                state[f'{stem}self_attn.{x}_proj.weight'].copy_(part.flatten(0, 2))
            continue
        for old, new in (
            ('attention.wo', 'self_attn.o_proj'),
            ('feed_forward.w1', 'mlp.gate_proj'),
            ('feed_forward.w3', 'mlp.up_proj'),
            ('feed_forward.w2', 'mlp.down_proj'),
        ):
            key = key.replace(old, new)
        state[key].copy_(weight)


@pytest.mark.parametrize('name', ['llama', 'internlm2', 'qwen2'])
def test_equals_the_dequantised_model(name, awq, engine, reference, prompts):
    folder, dequantised = awq(name)
    exact = reference(name)
    (ids,) = prompts([65], seed=21)
    before = exact.logits(ids)
    ref = type(exact)(exact.path)
    set_weights(ref, dequantised)
    assert (ref.logits(ids) - before).abs().max() > 0.1, 'nothing was quantised'

    eng = engine(folder, dtype='float32')
    assert any('qweight' in key for key, _ in eng.model_agent.patched_model.get_model().named_buffers()) or any(
        'qweight' in key for key, _ in eng.model_agent.patched_model.get_model().named_parameters()
    )
    torch.testing.assert_close(eng.logits(ids), ref.logits(ids), atol=1e-4, rtol=0)
    batch = prompts(PROMPT_LENGTHS[::2], seed=22)
    assert_same(eng.greedy(batch), ref.greedy(batch), batch)

    eng = engine(folder, dtype='bfloat16', model_format='awq')
    cosine = torch.nn.functional.cosine_similarity(eng.logits(ids), ref.logits(ids), dim=-1)
    assert cosine.min() >= 0.999


def test_lora_beside_4_bit_weights(awq, engine, reference, prompts, tmp_path):
    """As peft's beside the dequantised weights."""
    folder, dequantised = awq('llama')
    ref = type(reference('llama'))(reference('llama').path)
    set_weights(ref, dequantised)
    batch = prompts(PROMPT_LENGTHS[::3], seed=24)
    plain = ref.greedy(batch)
    ref._answers.clear()
    ref.model = get_peft_model(ref.model, LoraConfig(r=4, lora_alpha=8, target_modules=['v_proj', 'down_proj']))
    generator = torch.Generator().manual_seed(9)
    for key, weight in ref.model.named_parameters():
        if 'lora_' in key:
            weight.data = 0.1 * torch.randn(weight.shape, generator=generator)
    ref.model.save_pretrained(tmp_path)

    eng = engine(folder, dtype='float32', adapters={'mine': str(tmp_path)})
    answers = eng.generate(2 * batch, adapters=['mine'] * len(batch) + [None] * len(batch))
    assert_same([answer.token_ids for answer in answers], ref.greedy(batch) + plain, 2 * batch)


@pytest.fixture
def without_kernel(engine, monkeypatch):
    """without_kernel(): engines built from now on dequantise"""
    engine.close()  # the same arguments would give the engine that is open
    yield lambda: (engine.close(), monkeypatch.setattr(w4a16, 'kernel_width', lambda: None))
    engine.close()


@pytest.mark.skipif(w4a16.kernel_width() is None, reason='no vectorised int4 kernel on this processor')
def test_the_kernel_answers_like_the_dequantised_path(awq, engine, prompts, without_kernel):
    """float32: the same tokens. bfloat16: log-probabilities as close to float32's, prompt and decoding alike."""
    folder, _ = awq('llama')
    (ids,) = prompts([100], seed=23)
    batch = prompts([5, 64, 130], seed=24)
    logprobs, tokens, answers = {}, {}, {}

    def ask(name, dtype):
        eng = engine(folder, dtype=dtype)
        layers = [m.impl for m in eng.model_agent.patched_model.get_model().modules() if hasattr(m, 'qweight')]
        assert layers
        assert all(layer.kernel == (name == 'kernel') for layer in layers)
        assert name != 'kernel' or eng.model_agent.patched_model.trace is not None
        logprobs[name] = eng.logits(ids).log_softmax(-1)
        answers[name] = eng.generate(batch, logprobs=1)
        tokens[name] = [a.token_ids for a in answers[name]]

    ask('float32', 'float32')
    ask('kernel', 'bfloat16')
    without_kernel()
    ask('float32 again', 'float32')
    ask('dequantised', 'bfloat16')

    assert_same(tokens['float32 again'], tokens['float32'], batch)
    assert torch.equal(logprobs['float32 again'], logprobs['float32'])

    def distance(name):
        return (logprobs[name] - logprobs['float32']).pow(2).mean().sqrt()

    assert 0 < distance('kernel') < 1.5 * distance('dequantised')
    assert distance('kernel') < 0.1
    differences = []
    for kernel, exact in zip(answers['kernel'], answers['float32'], strict=True):
        for ours, theirs, token, got in zip(
            kernel.logprobs, exact.logprobs, exact.token_ids, kernel.token_ids, strict=True
        ):
            if got != token:  # a near tie; what follows is another text
                break
            differences.append(abs(ours[token] - theirs[token]))
    assert len(differences) > 24
    assert max(differences) < 0.3


@pytest.mark.parametrize('dtype', ['float32', 'bfloat16'])
def test_the_budget_counts_what_is_kept(dtype, awq, engine):
    """Half a byte a weight and 4 bytes a group and column; the rest in the dtype. Nothing of the checkpoint stays."""
    folder, dequantised = awq('llama')
    engine.close()
    eng = engine(folder, dtype=dtype, num_gpu_blocks=0, cache_max_entry_count=0.5)
    model = eng.model_agent.patched_model.get_model()
    tensors = [*model.parameters(), *model.buffers()]
    assert not any(t.dtype == torch.int32 for t in tensors)
    assert all(t.is_mkldnn or t.untyped_storage().nbytes() == t.nbytes for t in tensors)
    expected = sum(w.numel() // 2 + w.numel() // AWQ_GROUP * 4 for w in dequantised.values())
    with safe_open(pathlib.Path(folder) / 'model.safetensors', 'pt') as f:
        plain = [f.get_slice(k).get_shape() for k in f.keys() if k.endswith('.weight')]  # noqa: SIM118
    expected += sum(math.prod(shape) for shape in plain) * (4 if dtype == 'float32' else 2)
    kept = sum(t.nbytes for t in tensors)
    assert expected <= kept < expected + 1024  # the rest: the frequencies of the rotary embedding
    assert eng.model_agent.get_free_mem() == lmdeploy_cpu.memory_budget() - kept
    block = 64 * 3 * 2 * 2 * 64 * (4 if dtype == 'float32' else 2)
    assert eng.cache_config.num_gpu_blocks == (lmdeploy_cpu.memory_budget() - kept) // 2 // block


def test_dynamic_scaling_beyond_the_trained_length_is_refused():
    """What `lmdeploy lite` calibrates on: up to that length it changes nothing."""
    sizes = {'vocab_size': 50, 'hidden_size': 16, 'intermediate_size': 8, 'num_hidden_layers': 1}
    rope = {'rope_type': 'dynamic', 'rope_theta': 1e4, 'factor': 2.0}
    config = InternLM2Config(**sizes, num_attention_heads=2, max_position_embeddings=8, rope_parameters=rope)
    model = InternLM2ForCausalLM(config)
    assert model(torch.ones(1, 8, dtype=torch.long)).logits.shape == (1, 8, 50)
    with pytest.raises(NotImplementedError, match="'dynamic' over 9 tokens"):
        model(torch.ones(1, 9, dtype=torch.long))
