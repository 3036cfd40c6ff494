"""Tensors that do not match config.json are named before an engine starts: it would answer nonsense, or not start."""

import dataclasses
import json
import shutil
import types

import pytest
import torch
from checkpoint_support import edit_json
from lmdeploy.archs import get_model_arch
from lmdeploy.pytorch.models.module_map import MODULE_MAP
from lmdeploy.pytorch.models.patch import _get_model_class
from safetensors.torch import load_file, save_file

from helpers.checkpoints.contents import CheckpointError
from helpers.checkpoints.geometry import Geometry
from helpers.checkpoints.mending import inspect_checkpoint, mended
from helpers.models import EMBEDDED
from lessons.kv_cache import predict_memory, weight_bytes
from lessons.kv_cache.weights import awq_tensors
from lessons.llama import internlm2_to_llama
from lessons.w4a16.awq import check_quantizable

QWEN3 = Geometry('Qwen3ForCausalLM', 512, 64, 96, 2, num_heads=4, num_kv_heads=2, head_dim=32, tie_word_embeddings=True)


@pytest.fixture(autouse=True)
def _cache(tmp_path, monkeypatch):
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path / 'cache'))


def copied(name, tmp_path):
    return shutil.copytree(EMBEDDED / name, tmp_path / name)


@pytest.fixture
def packed(tmp_path):
    return copied('tiny-chat', tmp_path)


@pytest.fixture
def llama(packed, tmp_path):
    return internlm2_to_llama(packed, tmp_path / 'llama')


@pytest.fixture
def vlm(tmp_path):
    return copied('tiny-vlm', tmp_path)


@pytest.fixture
def qwen3(llama):
    """Tied, with norms of queries and keys, and heads wider than the hidden size."""
    write(llama, {name: torch.zeros(shape, dtype=torch.bfloat16) for name, shape in QWEN3.tensors().items()})
    (llama / 'config.json').write_text(json.dumps(as_config(QWEN3)))
    return llama


def as_config(geometry, **more):
    return {
        'architectures': [geometry.architecture], 'model_type': 'qwen3', 'vocab_size': geometry.vocab_size,
        'hidden_size': geometry.hidden_size, 'intermediate_size': geometry.intermediate_size,
        'num_hidden_layers': geometry.num_layers, 'num_attention_heads': geometry.num_heads,
        'num_key_value_heads': geometry.num_kv_heads, 'head_dim': geometry.head_dim,
        'tie_word_embeddings': geometry.tie_word_embeddings,
    } | more  # fmt: skip


def write(folder, tensors):
    save_file(tensors, folder / 'model.safetensors', metadata={'format': 'pt'})


def without(folder, *endings):
    tensors = load_file(folder / 'model.safetensors')
    write(folder, {name: tensor for name, tensor in tensors.items() if not name.endswith(endings)})


def config(**changes):
    return lambda folder: edit_json(folder / 'config.json', **changes)


def text_config(**changes):
    def change(folder):
        whole = json.loads((folder / 'config.json').read_text())
        edit_json(folder / 'config.json', text_config=whole['text_config'] | changes)

    return change


def no_head(folder):
    without(folder, 'output.weight', 'lm_head.weight')


def no_norm(folder):
    without(folder, 'layers.1.ffn_norm.weight')


def no_last_layer(folder):
    tensors = load_file(folder / 'model.safetensors')
    write(folder, {name: tensor for name, tensor in tensors.items() if '.layers.5.' not in name})


def no_q_norm(folder):
    without(folder, 'q_norm.weight')


def no_bias(folder):
    without(folder, 'q_proj.bias')


def wrapped(folder):
    tensors = load_file(folder / 'model.safetensors')
    write(folder, {f'base_model.model.{name}': tensor for name, tensor in tensors.items()})


@pytest.mark.parametrize(
    ('start', 'change', 'said'),
    [
        ('packed', no_head, r'output\.weight, the output head, is in no file.*tie_word_embeddings to true'),
        ('llama', no_head, r'lm_head\.weight, the output head, is in no file'),
        ('packed', config(num_hidden_layers=8), 'says num_hidden_layers 8, the files hold 6 layers'),
        ('packed', config(num_hidden_layers=5), 'says num_hidden_layers 5, the files hold 6 layers'),
        ('llama', no_last_layer, 'says num_hidden_layers 6, the files hold 5 layers'),
        ('packed', no_norm, r'1 tensors that config\.json promises.*such as model\.layers\.1\.ffn_norm\.weight'),
        ('packed', config(vocab_size=4160), r'tok_embeddings\.weight has the shape \[4096, 256\].*\[4160, 256\]'),
        ('llama', config(vocab_size=4000), r'embed_tokens\.weight has the shape \[4096, 256\].*\[4000, 256\]'),
        ('packed', config(num_key_value_heads=2), r'attention\.wqkv\.weight has the shape.*num_key_value_heads'),
        ('llama', config(num_attention_heads=4), r'[qk]_proj\.weight has the shape.*num_attention_heads'),
        ('llama', config(intermediate_size=512), r'mlp\.gate_proj\.weight has the shape.*intermediate_size'),
        ('packed', config(hidden_size=512), r'tok_embeddings\.weight has the shape.*hidden_size'),
        ('packed', config(bias=True), r'config\.json promises.*wqkv\.bias'),
        ('packed', config(num_attention_heads=3, num_key_value_heads=2), 'cannot share 2 KV heads'),
        ('packed', config(architectures=['LlamaForCausalLM'], model_type='llama'), r'model\.embed_tokens\.weight'),
        ('packed', wrapped, r'the files hold base_model\.model'),
        ('qwen3', no_q_norm, r'2 tensors.*q_norm\.weight'),
        ('qwen3', config(tie_word_embeddings=False), r'lm_head\.weight, the output head'),
        ('qwen3', config(head_dim=16), r'_norm\.weight|_proj\.weight has the shape'),
        ('vlm', text_config(num_hidden_layers=6), 'says num_hidden_layers 6, the files hold 4 layers'),
        ('vlm', text_config(vocab_size=2048), r'embed_tokens\.weight has the shape \[1024, 256\]'),
        ('vlm', no_bias, r'4 tensors.*q_proj\.bias'),
    ],
)
def test_what_the_configuration_promises_and_the_files_lack_is_named(request, start, change, said):
    folder = request.getfixturevalue(start)
    assert inspect_checkpoint(folder).ok, inspect_checkpoint(folder)
    change(folder)
    assert not inspect_checkpoint(folder).loadable
    for ask in (mended, weight_bytes, lambda folder: predict_memory(folder, 1 << 30, engine='cpu'), check_quantizable):
        with pytest.raises((CheckpointError, ValueError), match=said):
            ask(folder)


def test_a_head_of_a_tied_model_may_be_there(qwen3):
    tensors = load_file(qwen3 / 'model.safetensors')
    write(qwen3, tensors | {'lm_head.weight': tensors['model.embed_tokens.weight'].clone()})
    assert inspect_checkpoint(qwen3).ok


def test_frequencies_that_the_engine_computes_may_be_there_or_only_in_the_index(llama):
    tensors = load_file(llama / 'model.safetensors')
    write(llama, tensors | {'model.layers.0.self_attn.rotary_emb.inv_freq': torch.zeros(64)})
    assert inspect_checkpoint(llama).ok
    (llama / 'model.safetensors').rename(llama / 'model-1-of-1.safetensors')
    weight_map = dict.fromkeys([*tensors, 'model.layers.0.self_attn.rotary_emb.inv_freq'], 'model-1-of-1.safetensors')
    weight_map['model.layers.1.self_attn.rotary_emb.inv_freq'] = 'model-1-of-1.safetensors'
    (llama / 'model.safetensors.index.json').write_text(json.dumps({'weight_map': weight_map}))
    assert inspect_checkpoint(llama).ok


@pytest.mark.parametrize('architecture', ['GemmaForCausalLM', 'Qwen3MoeForCausalLM', 'ChatGLMModel'])
def test_weights_of_an_architecture_that_the_course_does_not_know_are_not_judged(llama, architecture):
    write(llama, {'transformer.wte.weight': torch.zeros(7, 3)})
    own = {'AutoModel': 'x.X', 'AutoModelForCausalLM': 'x.ChatGLMForConditionalGeneration'}
    own = {'auto_map': own} if architecture == 'ChatGLMModel' else {}
    edit_json(llama / 'config.json', architectures=[architecture], num_hidden_layers=40, **own)
    assert inspect_checkpoint(llama).ok, inspect_checkpoint(llama)
    assert weight_bytes(llama) == 84


@pytest.mark.parametrize(
    ('changes', 'named', 'taken'),
    [
        ({'architectures': ['MyForCausalLM']}, 'MyForCausalLM', None),
        ({'architectures': ['BaichuanForCausalLM']}, 'BaichuanForCausalLM', None),  # LMDeploy had it once
        ({'architectures': None, 'model_type': 'gpt2'}, 'none at all', None),
        ({'auto_map': {'AutoModelForCausalLM': 'x.MyForCausalLM'}}, 'MyForCausalLM', 'LlamaForCausalLM'),
        ({'auto_map': {'AutoModelForCausalLM': 'me/x--x.My'}, 'architectures': ['My']}, 'My', None),
    ],
)
def test_a_class_that_lmdeploy_lacks_is_named_before_its_engine_says_so(llama, changes, named, taken):
    edit_json(llama / 'config.json', **changes)
    config = types.SimpleNamespace(**({'auto_map': {}} | json.loads((llama / 'config.json').read_text())))
    with pytest.raises((RuntimeError, AttributeError)):
        _get_model_class(config, MODULE_MAP)
    (problem,) = inspect_checkpoint(llama).problems
    assert (problem.name, problem.mendable, problem.fatal) == ('architecture', bool(taken), not taken)
    assert f'({named})' in problem.detail
    if taken:
        config = types.SimpleNamespace(**({'auto_map': {}} | json.loads((mended(llama) / 'config.json').read_text())))
        assert _get_model_class(config, MODULE_MAP).__name__ == taken
    else:
        with pytest.raises(CheckpointError, match='names no class that LMDeploy has'):
            mended(llama)


def test_a_second_name_that_lmdeploy_has_is_enough(llama):
    edit_json(llama / 'config.json', architectures=['MyForCausalLM', 'LlamaForCausalLM'])
    assert inspect_checkpoint(llama).ok


AWQ = {'quant_method': 'awq', 'bits': 4, 'group_size': 32, 'version': 'gemm', 'zero_point': True}


@pytest.fixture
def quantised(llama):
    geometry = dataclasses.replace(QWEN3, hidden_size=64, intermediate_size=128)
    tensors = {}
    for name, shape in awq_tensors(geometry, group_size=32).items():
        packed = name.endswith(('qweight', 'qzeros'))
        tensors[name] = torch.zeros(shape, dtype=torch.int32 if packed else torch.float16)
    write(llama, tensors)
    (llama / 'config.json').write_text(json.dumps(as_config(geometry, quantization_config=AWQ)))
    return llama


def test_quantised_weights_are_held_against_the_matrices_they_stand_for(quantised):
    assert inspect_checkpoint(quantised).ok, inspect_checkpoint(quantised)
    whole = (quantised / 'config.json').read_text()
    edit_json(quantised / 'config.json', intermediate_size=256)
    assert 'mlp.gate_proj.weight has the shape' in str(inspect_checkpoint(quantised))
    edit_json(quantised / 'config.json', intermediate_size=128, quantization_config=None)
    assert 'files hold 4-bit weights, and config.json has no quantization_config' in str(inspect_checkpoint(quantised))
    (quantised / 'config.json').write_text(whole)
    without(
        quantised, 'layers.1.mlp.down_proj.qweight', 'layers.1.mlp.down_proj.qzeros', 'layers.1.mlp.down_proj.scales'
    )
    assert 'such as model.layers.1.mlp.down_proj.weight' in str(inspect_checkpoint(quantised))


def test_a_quantised_configuration_over_plain_weights_is_named(qwen3):
    edit_json(qwen3 / 'config.json', quantization_config=AWQ)
    assert 'the files hold no 4-bit weights' in str(inspect_checkpoint(qwen3))


def test_other_quantised_formats_are_not_judged_by_the_matrix(qwen3):
    tensors = {}
    for name, tensor in load_file(qwen3 / 'model.safetensors').items():
        if name.endswith('proj.weight'):
            tensors |= {name: tensor.to(torch.float8_e4m3fn), f'{name}_scale_inv': torch.ones(1, 1)}
        else:
            tensors[name] = tensor
    write(qwen3, tensors)
    edit_json(qwen3 / 'config.json', quantization_config={'quant_method': 'fp8'})
    assert inspect_checkpoint(qwen3).ok


# --------------------------------------------------------------------------------------------------------- architecture


@pytest.mark.parametrize('given', [None, 'null', [], 'auto_map'])
@pytest.mark.parametrize('start', ['packed', 'llama', 'vlm'])
def test_an_architecture_that_is_not_named_is_that_of_the_model_type(request, start, given):
    folder = request.getfixturevalue(start)
    wanted, predicted = Geometry.from_config(folder).architecture, predict_memory(folder, 1 << 30, engine='cpu')
    content = json.loads((folder / 'config.json').read_text())
    content.pop('architectures')
    content |= {'null': {'architectures': None}, 'auto_map': {'auto_map': {'AutoModelForCausalLM': f'x.{wanted}'}}}.get(
        str(given), {} if given is None else {'architectures': []}
    )
    (folder / 'config.json').write_text(json.dumps(content))
    assert Geometry.from_config(folder).architecture == wanted
    assert predict_memory(folder, 1 << 30, engine='cpu') == predicted
    assert inspect_checkpoint(folder).ok == (given == 'auto_map')
    if given != 'auto_map':
        with pytest.raises(RuntimeError, match='Could not find model architecture'):
            get_model_arch(str(folder))
        assert get_model_arch(str(mended(folder)))[0] == wanted
        assert inspect_checkpoint(mended(folder)).ok


def test_no_architecture_and_no_type_is_named(llama):
    edit_json(llama / 'config.json', architectures=None, model_type=None)
    with pytest.raises(CheckpointError, match=r'names no class that LMDeploy has \(none at all\)'):
        mended(llama)
