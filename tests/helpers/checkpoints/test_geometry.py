import json

import pytest
import torch
from checkpoint_support import SMALL, write_config
from transformers import LlamaConfig, LlamaForCausalLM, Qwen3Config, Qwen3ForCausalLM

from helpers.checkpoints.geometry import GEOMETRIES, Geometry


@pytest.mark.parametrize(
    ('name', 'parameters'),
    [  # as the hub counts the tensors of each
        ('internlm2-chat-1_8b', 1_889_110_016), ('internlm2-chat-7b', 7_737_708_544),
        ('internlm2-chat-20b', 19_861_149_696), ('qwen3-0.6b', 596_049_920), ('qwen3-1.7b', 1_720_574_976),
        ('qwen3-4b', 4_022_468_096), ('qwen3-8b', 8_190_735_360),
    ],
)  # fmt: skip
def test_parameters_are_those_of_the_published_model(name, parameters):
    geometry = GEOMETRIES[name]
    assert geometry.num_parameters == parameters
    assert geometry.weight_bytes('bfloat16') == 2 * parameters
    assert geometry.weight_bytes('float32') == 4 * parameters
    if geometry.architecture == 'InternLM2ForCausalLM':
        packed = sum(torch.Size(shape).numel() for shape in geometry.tensors(packed=True).values())
        assert packed == parameters


@pytest.mark.parametrize('bias', [False, True])
@pytest.mark.parametrize(
    ('name', 'config_class', 'model_class'),
    [('qwen3-0.6b', Qwen3Config, Qwen3ForCausalLM), ('qwen3-8b', Qwen3Config, Qwen3ForCausalLM),
     ('internlm2-chat-1_8b', LlamaConfig, LlamaForCausalLM)],
)  # fmt: skip
def test_tensors_are_those_of_transformers(name, config_class, model_class, bias):
    geometry = Geometry(**vars(GEOMETRIES[name]) | {'attention_bias': bias, 'num_layers': 2})
    config = config_class(
        vocab_size=geometry.vocab_size, hidden_size=geometry.hidden_size, intermediate_size=geometry.intermediate_size,
        num_hidden_layers=2, num_attention_heads=geometry.num_heads, num_key_value_heads=geometry.num_kv_heads,
        head_dim=geometry.head_dim, tie_word_embeddings=geometry.tie_word_embeddings, attention_bias=bias,
    )  # fmt: skip
    with torch.device('meta'):
        model = model_class(config)
    assert {k: tuple(v.shape) for k, v in model.named_parameters()} == geometry.tensors()


def test_geometry_is_read_from_a_config(tmp_path):
    write_config(tmp_path, SMALL, end_id=None)
    assert Geometry.from_config(tmp_path) == SMALL
    assert Geometry.from_config(tmp_path / 'config.json') == SMALL


def test_the_language_model_of_one_that_sees(tmp_path):
    # llava-hf writes down what is not transformers' default, which is Llama-7B
    text = {'model_type': 'llama', 'vocab_size': 32064, 'max_position_embeddings': 4096, 'rms_norm_eps': 1e-05}
    vision = {'model_type': 'clip_vision_model', 'hidden_size': 1024, 'num_attention_heads': 16}
    config = {'architectures': ['LlavaForConditionalGeneration'], 'model_type': 'llava'}
    (tmp_path / 'config.json').write_text(json.dumps(config | {'text_config': text, 'vision_config': vision}))
    geometry = Geometry.from_config(tmp_path)
    shape = geometry.hidden_size, geometry.intermediate_size, geometry.num_layers, geometry.num_heads
    assert shape == (4096, 11008, 32, 32)
    assert (geometry.architecture, geometry.vocab_size) == ('LlavaForConditionalGeneration', 32064)
    assert geometry.num_parameters == 6_738_939_904  # as the hub counts Vicuna-7B's, and 64 rows more twice
    # InternVL's original format
    config = {'architectures': ['InternVLChatModel'], 'llm_config': text | {'hidden_size': 896}}
    config['llm_config'] |= {'intermediate_size': 4864, 'num_hidden_layers': 24, 'num_attention_heads': 14}
    (tmp_path / 'config.json').write_text(json.dumps(config))
    assert Geometry.from_config(tmp_path).head_dim == 64


def test_what_is_missing_is_named(tmp_path):
    (tmp_path / 'config.json').write_text('{"architectures": ["LlamaForCausalLM"], "num_attention_heads": 2}')
    with pytest.raises(ValueError, match='vocab_size'):
        Geometry.from_config(tmp_path)
    with pytest.raises(ValueError, match='5 heads cannot share 2'):
        Geometry('LlamaForCausalLM', 10, 10, 10, 1, 5, 2, 2)
