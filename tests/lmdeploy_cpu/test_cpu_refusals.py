"""What the CPU engine cannot do is refused by name, before anything is loaded."""

import contextlib
import pathlib
import subprocess
import sys

import pytest
from cpu_support import VOCAB_SIZE, assert_same
from lmdeploy import GenerationConfig, PytorchEngineConfig, pipeline
from lmdeploy.messages import EngineRole, SpeculativeConfig
from lmdeploy.serve.core.exceptions import RequestError
from patience import PATIENCE_S
from transformers import Gemma3TextConfig, MistralConfig, MixtralConfig, Qwen3MoeConfig

import lmdeploy_cpu
from lmdeploy_cpu.limits import check_hf_config


def refused(match):
    return pytest.raises((ValueError, NotImplementedError, RuntimeError), match=match)


@pytest.mark.parametrize(
    ('config', 'match'),
    [
        ({'tp': 2}, 'tp'),
        ({'dp': 2}, 'dp'),
        ({'ep': 2}, 'ep'),
        ({'adapters': {'mine': '/nowhere'}}, "adapter 'mine' in /nowhere: adapter_config.json is not there"),
        ({'quant_policy': 16}, '(?i)quant_policy.*fp8'),
        ({'quant_policy': 17}, '(?i)quant_policy.*fp8'),
        ({'quant_policy': 42}, '(?i)quant_policy.*turboquant'),
        ({'model_format': 'fp8'}, 'fp8'),
        ({'dtype': 'float64'}, 'float64'),
        ({'kernel_block_size': 8}, 'kernel_block_size'),
        ({'attn_tp_size': 2}, 'attn_tp_size=2 .*CPU'),
        ({'mlp_tp_size': 2}, 'mlp_tp_size=2 .*CPU'),
        ({'moe_tp_size': 2}, 'moe_tp_size=2 .*CPU'),
        ({'role': EngineRole.Prefill}, 'role=Prefill .*CPU'),
        ({'distributed_executor_backend': 'ray'}, "distributed_executor_backend='ray' .*CPU"),
        ({'enable_mp_engine': True, 'mp_engine_backend': 'ray'}, "mp_engine_backend='ray' .*CPU"),
        ({'enable_microbatch': True}, 'enable_microbatch .*CPU'),
        ({'enable_eplb': True}, 'enable_eplb .*CPU'),
        ({'dllm_block_length': 4}, 'dllm_block_length .*CPU'),
        ({'kv_transfer_config': {'kv_connector': 'x'}}, 'kv_transfer_config .*CPU'),
        ({'enable_return_routed_experts': True}, 'enable_return_routed_experts .*CPU'),
    ],
)
def test_engine_configurations(config, match):
    with pytest.raises((ValueError, NotImplementedError, RuntimeError, AssertionError), match=match):
        PytorchEngineConfig(device_type='cpu', **config)


def test_a_configuration_changed_later_is_looked_at_again(copy_with_config):
    """`lmdeploy chat` builds the configuration first and sets the device after that."""
    config = PytorchEngineConfig(tp=2)
    config.device_type = 'cpu'
    with refused('tp'):
        pipeline(copy_with_config('llama', weights=False), backend_config=config)


MOE = {'num_hidden_layers': 2, 'hidden_size': 256, 'intermediate_size': 384, 'vocab_size': VOCAB_SIZE}
MODELS = {
    'mixture of experts, Mixtral': (MixtralConfig(**MOE, architectures=['MixtralForCausalLM']), '(?i)expert'),
    'mixture of experts, Qwen3': (Qwen3MoeConfig(**MOE, architectures=['Qwen3MoeForCausalLM']), '(?i)expert'),
}


@pytest.mark.parametrize('name', MODELS)
def test_models(name, tmp_path, tokenizer):
    """The folder has no weights: the refusal must come before anyone looks for them."""
    config, match = MODELS[name]
    config.save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    with refused(match):
        pipeline(str(tmp_path), backend_config=PytorchEngineConfig(device_type='cpu'))


@pytest.mark.parametrize(
    ('changes', 'match'),
    [
        ({'kv_lora_rank': 8}, 'multi-head latent attention'),
        ({'alibi': True}, 'ALiBi'),
        ({'position_embedding_type': 'alibi'}, 'ALiBi'),
        ({'attn_logit_softcapping': 50.0}, 'soft-capped .*attn_logit'),
        ({'final_logit_softcapping': 30.0}, 'soft-capped .*final_logit'),
        ({'use_attention_sinks': True}, 'attention sinks'),
        ({'layer_types': ['full_attention', 'linear_attention', 'full_attention']}, 'layers of type linear_attention'),
    ],
)
def test_kinds_of_attention(changes, match, copy_with_config):
    folder = copy_with_config('llama', weights=False, **changes)
    with refused(match):
        pipeline(folder, backend_config=PytorchEngineConfig(device_type='cpu'))


def test_what_does_not_go_with_the_model(copy_with_config):
    folder = copy_with_config('llama', weights=False)
    with refused('is not quantised'):
        pipeline(folder, backend_config=PytorchEngineConfig(device_type='cpu', model_format='awq'))
    with refused("speculative decoding by 'eagle3' does not run on the CPU"):
        pipeline(
            folder,
            backend_config=PytorchEngineConfig(device_type='cpu'),
            speculative_config=SpeculativeConfig(method='eagle3', model=folder, num_speculative_tokens=2),
        )


@pytest.mark.parametrize(
    ('changes', 'match'),
    [
        ({'quantization_config': {'quant_method': 'fp8', 'fmt': 'e4m3'}}, '(?i)fp8'),
        ({'quantization_config': {'quant_method': 'gptq', 'bits': 4, 'group_size': 128}}, '(?i)gptq'),
        ({'quantization_config': {'quant_method': 'smooth_quant', 'bits': 8}}, '(?i)smooth_quant'),
    ],
)
def test_weight_formats(changes, match, copy_with_config):
    folder = copy_with_config('llama', weights=False, **changes)
    with refused(match):
        pipeline(folder, backend_config=PytorchEngineConfig(device_type='cpu'))


def test_a_window_in_some_layers_only(copy_with_config):
    """LMDeploy has one window for the whole model: the answers would be wrong without a word."""
    changes = {'max_window_layers': 2, 'layer_types': ['full_attention', 'full_attention', 'sliding_attention']}
    folder = copy_with_config('qwen2-window', weights=False, **changes)
    with refused('(?i)sliding'):
        pipeline(folder, backend_config=PytorchEngineConfig(device_type='cpu'))


def test_the_same_of_any_model():
    """Without a `use_sliding_window` LMDeploy takes it for true; its Gemma 3 has a window per layer."""
    mixed = ['sliding_attention', 'full_attention'] * 2
    for layers, window, good in (
        (mixed, 64, False),
        (['full_attention'] * 4, 64, False),
        (mixed, None, True),
        (['full_attention'] * 4, None, True),
        (['sliding_attention'] * 4, 64, True),
    ):
        config = MistralConfig(sliding_window=window)
        config.layer_types = layers
        assert not hasattr(config, 'use_sliding_window')
        with contextlib.nullcontext() if good else refused('(?i)sliding'):
            check_hf_config(config, 'here')
    check_hf_config(Gemma3TextConfig(num_hidden_layers=7), 'here')


def test_the_gpu_configuration_is_left_alone():
    assert PytorchEngineConfig(tp=2, quant_policy=16).device_type == 'cuda'
    with pytest.raises(AssertionError):
        PytorchEngineConfig(dtype='float32')
    with pytest.raises(AssertionError):
        PytorchEngineConfig(device_type='tpu')


def test_bad_requests_do_not_reach_the_engine(engine, reference, prompts):
    eng = engine('llama')
    batch = prompts([12])
    for ids, config in (
        ([VOCAB_SIZE], {}),
        ([5, -1], {}),
        ([], {}),
        ([5] * 1024, {}),
        ([5], {'min_p': -0.1, 'do_sample': True}),
        ([5], {'max_new_tokens': -1}),
        ([5], {'bad_token_ids': [10**6]}),
        (
            [5],
            {'response_format': {'type': 'json_schema', 'json_schema': {'name': 'x', 'schema': {'type': 'nonsense'}}}},
        ),
    ):
        with pytest.raises((ValueError, AssertionError, RequestError)):
            eng.generate([ids], GenerationConfig(**config))
        assert_same(eng.greedy(batch), reference('llama').greedy(batch), batch)
    for ids in ([VOCAB_SIZE, 5], [-1, 5], [5] * 1024):
        with pytest.raises((ValueError, AssertionError, RequestError)):
            eng.logits(ids)
        with pytest.raises((ValueError, AssertionError, RequestError)):
            eng.pipe.get_ppl(ids)
    with pytest.raises((ValueError, RequestError), match=r'stop_token_ids.* is .a., which is not a token id'):
        eng.generate([[5]], stop_token_ids=['a'])
    # stop tokens that the model cannot produce stop nothing
    assert eng.generate(batch, stop_token_ids=[10**6, -5], ignore_eos=False, max_new_tokens=3)[0].token_ids
    assert_same(eng.greedy(batch), reference('llama').greedy(batch), batch)
    assert eng.num_free_blocks == eng.num_usable_blocks


def run_python(code, environment):
    return subprocess.run(
        [sys.executable, '-c', code], env=environment, capture_output=True, text=True, timeout=PATIENCE_S, check=False
    )


def test_another_version_of_lmdeploy(child_environment):
    code = """
import lmdeploy, lmdeploy.version
lmdeploy.__version__ = lmdeploy.version.__version__ = '0.17.3'
from importlib import metadata
real = metadata.version
metadata.version = lambda name: '0.17.3' if name == 'lmdeploy' else real(name)
import lmdeploy_cpu
lmdeploy_cpu.enable()
print('enabled')
"""
    done = run_python(code, child_environment)
    assert done.returncode != 0
    assert 'enabled' not in done.stdout
    last = done.stderr.strip().splitlines()[-1]
    assert all(word in last for word in ('0.17.3', '0.18.0', 'pip install'))


def test_a_missing_target_leaves_lmdeploy_as_it_was(child_environment):
    code = """
import lmdeploy_cpu
from lmdeploy_cpu.patches import CPU
from lmdeploy.messages import PytorchEngineConfig
before = PytorchEngineConfig.__post_init__
CPU.patch('lmdeploy.utils:no_such_name', 'It is gone.')(lambda old: old)
for _ in range(2):
    try:
        lmdeploy_cpu.enable()
    except RuntimeError as e:
        print(e)
    assert PytorchEngineConfig.__post_init__ is before
"""
    done = run_python(code, child_environment)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count('lmdeploy.utils:no_such_name is missing') == 2


def test_the_package_stays_out_of_the_way(child_environment):
    """Importing it loads no torch, and enabling it changes nothing for another device."""
    code = """
import sys, lmdeploy_cpu
assert 'torch' not in sys.modules and 'lmdeploy' not in sys.modules
lmdeploy_cpu.enable(); lmdeploy_cpu.enable()
import torch
before = dict(vars(torch))
from lmdeploy import PytorchEngineConfig
PytorchEngineConfig(device_type='cpu')
assert dict(vars(torch)) == before and torch.cuda.__name__ == 'torch.cuda'
import pickle
config = pickle.loads(pickle.dumps(PytorchEngineConfig(device_type='cpu', dtype='float32', tp=1, session_len=77)))
assert (config.device_type, config.dtype, config.session_len) == ('cpu', 'float32', 77)
print('fine')
"""
    done = run_python(code, child_environment)
    assert done.stdout.strip() == 'fine', done.stderr


def test_the_readme_tells_every_change():
    """What is changed in LMDeploy, and why, stands in the table of the README, word for word."""
    from lmdeploy_cpu.patches import CPU
    from lmdeploy_cpu.patches.guided import GUIDED
    from lmdeploy_cpu.patches.pictures import PICTURES
    from lmdeploy_cpu.patches.processes import ENGINE_GONE

    text = (pathlib.Path(lmdeploy_cpu.__file__).parent / 'README.md').read_text()
    table = text.partition('<!-- changes: begin -->')[2].partition('<!-- changes: end -->')[0]
    rows = [line.strip('| ').split(' | ') for line in table.strip().splitlines()[2:]]
    patches = [patch for table in (CPU, PICTURES, GUIDED, ENGINE_GONE) for patch in table.patches]
    assert sorted(rows) == sorted([f'`{p.target}`', p.reason] for p in patches)
