"""One object for what decides an engine's memory, read from either engine's configuration and from stored files."""

import dataclasses

import pytest
from lmdeploy import PytorchEngineConfig, TurbomindEngineConfig

import lmdeploy_cpu
from helpers.engine import engine_config
from lessons.kv_cache.settings import EngineSettings


def test_of_a_turbomind_configuration():
    config = TurbomindEngineConfig(cache_max_entry_count=0.3, quant_policy=8, cache_block_seq_len=32, tp=2)
    settings = EngineSettings.of(config)
    assert (settings.engine, settings.device) == ('turbomind', 'cuda')
    assert (settings.cache_max_entry_count, settings.block_tokens, settings.tp) == (0.3, 32, 2)
    assert type(settings.quant_policy) is int


def test_of_a_pytorch_configuration():
    settings = EngineSettings.of(PytorchEngineConfig(block_size=16, session_len=512, max_prefill_token_num=1024))
    assert (settings.engine, settings.device) == ('pytorch', 'cuda')
    assert (settings.block_tokens, settings.session_len, settings.max_prefill_token_num) == (16, 512, 1024)
    lmdeploy_cpu.enable()
    assert EngineSettings.of(PytorchEngineConfig(device_type='cpu')).device == 'cpu'


@pytest.mark.parametrize('config', [TurbomindEngineConfig(max_batch_size=8), PytorchEngineConfig(max_batch_size=8)])
def test_defaults_are_lmdeploys(config):
    settings = EngineSettings.of(config)
    assert settings == EngineSettings(settings.engine, dtype='auto', max_batch_size=8)


def test_arguments_make_the_same_configuration():
    lmdeploy_cpu.enable()
    config = PytorchEngineConfig(
        device_type='cpu', dtype='bfloat16', cache_max_entry_count=0.25, block_size=32, quant_policy=4, max_batch_size=3
    )
    settings = EngineSettings.of(config)
    assert engine_config(**settings.arguments()) == config
    left_to_lmdeploy = {'dtype', 'session_len', 'max_batch_size', 'device_type'}
    assert not left_to_lmdeploy & EngineSettings('turbomind').arguments().keys()


def test_stored_as_records_and_evidence_have_it():
    on_cpu = EngineSettings('pytorch', 'cpu', session_len=2048, max_batch_size=32)
    stored = on_cpu.stored()
    assert (stored['engine'], stored['session_len'], 'device' in stored) == ('cpu', 2048, False)
    on_cuda = dataclasses.replace(on_cpu, device='cuda')
    assert [EngineSettings.from_stored(s.stored()) for s in (on_cpu, on_cuda)] == [on_cpu, on_cuda]
    old = {'engine': 'turbomind', 'free_bytes': 1, 'awq': False, 'model': 'x', 'tp': None, 'quant_policy': 8}
    assert EngineSettings.from_stored(old) == EngineSettings('turbomind', quant_policy=8)


@pytest.mark.parametrize('wrong', [{'engine': 'cpu'}, {'engine': 'vllm'}, {'engine': 'pytorch', 'device': 'npu'}])
def test_another_engine_or_device_is_refused(wrong):
    with pytest.raises(ValueError, match=list(wrong.values())[-1]):
        EngineSettings(**wrong)
