"""W4A16: an AWQ checkpoint gives what the model of the dequantised weights gives."""

import json
import pathlib

import pytest
import torch
from cpu_support import PROMPT_LENGTHS, assert_same
from safetensors.torch import load_file, save_file

from lmdeploy_cpu.internlm2 import InternLM2Config, InternLM2ForCausalLM

GROUP = 128
ORDER = (0, 2, 4, 6, 1, 3, 5, 7)  # which of eight neighbours sits in which four bits of an int32, lowest first


def quantise(weight):
    """weight [out, in] -> numbers 0..15 and zeros, int [in, out] and [in/128, out], and scales, fp16"""
    w = weight.t().unflatten(0, (-1, GROUP))  # [groups, 128, out]
    low, high = w.amin(1), w.amax(1)
    scales = ((high - low) / 15).half()
    zeros = (-low / scales.float()).round().clamp(0, 15)
    q = (w / scales.float()[:, None] + zeros[:, None]).round().clamp(0, 15)
    return q.flatten(0, 1).int(), zeros.int(), scales


def dequantise(q, zeros, scales):
    """-> [out, in], fp32"""
    return ((q.unflatten(0, (-1, GROUP)) - zeros[:, None]) * scales.float()[:, None]).flatten(0, 1).t().contiguous()


def pack(q):
    """[rows, out] of 0..15 -> int32 [rows, out / 8]"""
    q = q.unflatten(1, (-1, 8)).long()
    packed = sum(q[..., column] << (4 * position) for position, column in enumerate(ORDER))
    return torch.where(packed >= 2**31, packed - 2**32, packed).int().contiguous()


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
            q, zeros, scales = quantise(tensor)
            stem = key.removesuffix('weight')
            tensors |= {stem + 'qweight': pack(q), stem + 'qzeros': pack(zeros), stem + 'scales': scales.contiguous()}
            dequantised[key] = dequantise(q, zeros, scales)
        save_file(tensors, target / 'model.safetensors', {'format': 'pt'})
        config = json.loads((source / 'config.json').read_text())
        config['quantization_config'] = {
            'quant_method': 'awq',
            'bits': 4,
            'group_size': GROUP,
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


def test_dynamic_scaling_beyond_the_trained_length_is_refused():
    """What `lmdeploy lite` calibrates on: up to that length it changes nothing."""
    sizes = {'vocab_size': 50, 'hidden_size': 16, 'intermediate_size': 8, 'num_hidden_layers': 1}
    rope = {'rope_type': 'dynamic', 'rope_theta': 1e4, 'factor': 2.0}
    config = InternLM2Config(**sizes, num_attention_heads=2, max_position_embeddings=8, rope_parameters=rope)
    model = InternLM2ForCausalLM(config)
    assert model(torch.ones(1, 8, dtype=torch.long)).logits.shape == (1, 8, 50)
    with pytest.raises(NotImplementedError, match="'dynamic' over 9 tokens"):
        model(torch.ones(1, 9, dtype=torch.long))
