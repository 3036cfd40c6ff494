"""The engine's configuration: names and values are checked, and what runs is told."""

import subprocess
import sys
import time

import pytest
import torch
from lmdeploy import PytorchEngineConfig, TurbomindEngineConfig, turbomind
from torch import nn

from helpers import closing, engine
from helpers.closing import release
from helpers.engine import (
    EngineChoice,
    cli_engine_arguments,
    cli_prefix,
    engine_choice,
    engine_config,
    running_engine,
)
from helpers.memory import DeviceMemory, device_memory
from lessons.serving import arguments
from lessons.w4a16 import cli_lite_arguments

TURBOMIND = EngineChoice('turbomind', 'cuda', 'auto', 'a test')
PYTORCH = EngineChoice('pytorch', 'cuda', 'auto', 'TurboMind cannot be imported: libcublas.so.12')
CPU = EngineChoice('pytorch', 'cpu', 'float32', 'no CUDA device')


@pytest.fixture
def chosen(monkeypatch):
    """A function that lets `engine_choice` give what a machine of another kind would."""
    return lambda choice: monkeypatch.setattr(engine, 'engine_choice', lambda: choice)


@pytest.fixture
def gpu(monkeypatch):
    """torch says that there is a GPU, and TurboMind can be imported."""
    monkeypatch.setattr(torch.cuda, 'is_available', lambda: True)
    monkeypatch.setattr(torch.cuda, 'get_device_name', lambda: 'NVIDIA A100')
    monkeypatch.setattr(turbomind, 'is_available', lambda: True)


@pytest.mark.usefixtures('gpu')
def test_turbomind_where_there_is_a_gpu():
    choice = engine_choice()
    assert (choice.engine, choice.device, choice.dtype) == ('turbomind', 'cuda', 'auto')
    assert 'NVIDIA A100' in choice.reason


@pytest.mark.usefixtures('gpu')
def test_a_gpu_without_turbomind_gets_the_pytorch_engine_and_the_reason(monkeypatch):
    monkeypatch.setattr(turbomind, 'is_available', lambda: False)
    monkeypatch.setattr(turbomind, '_import_error', ImportError('libcublas.so.12: no such file'))
    choice = engine_choice()
    assert (choice.engine, choice.device) == ('pytorch', 'cuda')
    assert 'libcublas.so.12: no such file' in choice.reason


@pytest.mark.usefixtures('gpu')
class TestCardsWithoutBfloat16:
    """Compute capability below 8.0, patched: all floats are float16, wherever a type is chosen."""

    @pytest.mark.parametrize(
        ('cards', 'dtype'),
        [
            ([(7, 5)], 'float16'),  # T4
            ([(7, 5), (7, 5)], 'float16'),
            ([(7, 0)], 'float16'),  # V100
            ([(6, 0)], 'float16'),
            ([(9, 0), (7, 5)], 'float16'),
            ([(8, 0)], 'auto'),
            ([(8, 9), (12, 0)], 'auto'),
        ],
    )
    def test_the_type_follows_the_card(self, monkeypatch, cards, dtype):
        monkeypatch.setattr(torch.cuda, 'device_count', lambda: len(cards))
        monkeypatch.setattr(torch.cuda, 'get_device_capability', lambda card=0: cards[card])
        choice = engine_choice()
        assert choice.dtype == dtype
        assert choice.torch_dtype == {'auto': 'bfloat16'}.get(dtype, dtype)
        assert ('float16' in choice.reason) == (dtype == 'float16')

    @pytest.fixture
    def t4(self, monkeypatch):
        monkeypatch.setattr(torch.cuda, 'get_device_capability', lambda card=0: (7, 5))

    @pytest.mark.usefixtures('t4')
    def test_both_engines(self):
        assert engine_config().dtype == engine_config(engine='pytorch').dtype == 'float16'
        assert engine_config(dtype='bfloat16').dtype == 'bfloat16', 'whoever says so gets it'
        assert engine_config(engine='pytorch', device_type='cpu').dtype == 'float32'

    @pytest.mark.usefixtures('t4')
    def test_command_lines(self, monkeypatch):
        assert cli_engine_arguments() == ['--dtype', 'float16']
        assert cli_lite_arguments() == ['--dtype', 'float16']
        assert arguments._engine_defaults({}) == {'dtype': 'float16'}
        assert arguments._engine_defaults({'dtype': 'auto'}) == {}
        monkeypatch.setattr(turbomind, 'is_available', lambda: False)
        assert cli_engine_arguments() == ['--backend', 'pytorch', '--dtype', 'float16']

    def test_others_keep_what_they_had(self):
        assert engine_config().dtype == 'auto'
        assert cli_lite_arguments() == cli_engine_arguments() == []


@pytest.mark.parametrize(
    ('value', 'said'),
    [
        ('', 'hides them all'),
        (' ', 'hides them all'),
        ('-1', 'hides them all'),
        ('NoDevFiles', 'hides them all'),
        ('7', "is '7', which names no card"),
        ('"0"', 'is \'"0"\', which names no card'),
        ('GPU-0123', "is 'GPU-0123', which"),
        ('MIG-1/2/3', "is 'MIG-1/2/3', which"),
        ('cuda:0', "is 'cuda:0', which"),
        (None, 'torch finds none'),
    ],
)
def test_the_reason_names_the_variable(monkeypatch, value, said):
    monkeypatch.setattr(torch.cuda, 'is_available', lambda: False)
    monkeypatch.setattr(torch.version, 'cuda', '12.8')
    monkeypatch.delenv('CUDA_VISIBLE_DEVICES', raising=False)
    if value is not None:
        monkeypatch.setenv('CUDA_VISIBLE_DEVICES', value)
    reason = engine_choice().reason
    assert said in reason
    assert ('CUDA_VISIBLE_DEVICES' in reason) == (value is not None)


def test_no_gpu_gets_the_cpu_device_in_float32(monkeypatch):
    monkeypatch.setattr(torch.cuda, 'is_available', lambda: False)
    monkeypatch.setenv('CUDA_VISIBLE_DEVICES', '')
    choice = engine_choice()
    assert (choice.engine, choice.device, choice.dtype) == ('pytorch', 'cpu', 'float32')
    assert 'CUDA_VISIBLE_DEVICES hides' in choice.reason


def test_turbomind_config_takes_its_own_names(chosen):
    chosen(TURBOMIND)
    config = engine_config(cache_max_entry_count=0.4, quant_policy=8, model_format='awq', block_size=128)
    assert type(config) is TurbomindEngineConfig
    assert (config.cache_max_entry_count, config.quant_policy, config.model_format) == (0.4, 8, 'awq')
    assert config.cache_block_seq_len == 128
    assert config.dtype == 'auto'


def test_defaults_on_cuda_are_lmdeploys(chosen):
    chosen(TURBOMIND)
    assert engine_config() == TurbomindEngineConfig()
    chosen(PYTORCH)
    assert engine_config() == PytorchEngineConfig()


SIDE_EFFECT = """
import lmdeploy
from lmdeploy.pipeline import Pipeline
from lmdeploy.serve.core.async_engine import AsyncEngine
from lmdeploy.vl.media.image import ImageMediaIO
from helpers import engine

def functions():
    return ImageMediaIO.load_bytes, Pipeline.infer, AsyncEngine.preprocess, lmdeploy.PytorchEngineConfig.__post_init__

before = functions()
for name in ('turbomind', 'pytorch'):
    engine.engine_choice = lambda: engine.EngineChoice(name, 'cuda', 'auto', 'a test')
    engine.engine_config(session_len=512)
assert functions() == before
engine.engine_choice = lambda: engine.EngineChoice('pytorch', 'cpu', 'float32', 'a test')
engine.engine_config()
assert functions() != before  # as documented, for the CPU
"""


def test_a_configuration_for_cuda_leaves_lmdeploy_as_it_is():
    subprocess.run([sys.executable, '-c', SIDE_EFFECT], check=True)


def test_the_other_engine_can_be_had_on_a_gpu(chosen):
    chosen(TURBOMIND)
    config = engine_config(engine='pytorch', cache_block_seq_len=16, model_format='awq')
    assert type(config) is PytorchEngineConfig
    assert (config.device_type, config.block_size, config.model_format) == ('cuda', 16, None)


def test_cpu_config_is_float32_unless_told_otherwise(chosen):
    chosen(CPU)
    config = engine_config(session_len=512)
    assert (config.device_type, config.dtype, config.session_len) == ('cpu', 'float32', 512)
    assert engine_config(dtype='bfloat16').dtype == 'bfloat16'


def test_an_argument_of_the_other_engine_says_so(chosen):
    chosen(CPU)
    with pytest.raises(TypeError, match=r'cache_generation is an argument of TurboMind .* only'):
        engine_config(cache_generation='all')
    chosen(TURBOMIND)
    with pytest.raises(TypeError, match=r'adapters is an argument of the PyTorch engine .* only'):
        engine_config(adapters={})


def test_an_unknown_argument_names_close_ones(chosen):
    chosen(TURBOMIND)
    with pytest.raises(TypeError, match=r"no argument 'cache_max_entry_cnt'; close to it: cache_max_entry_count"):
        engine_config(cache_max_entry_cnt=0.5)


@pytest.mark.parametrize('ratio', [0, 1, 1.0, -0.1, 80, True, '0.5', None])
@pytest.mark.parametrize('choice', [TURBOMIND, CPU])
def test_a_ratio_outside_0_and_1_is_refused(chosen, choice, ratio):
    chosen(choice)
    with pytest.raises(ValueError, match='between 0 and 1, both excluded'):
        engine_config(cache_max_entry_count=ratio)


def test_one_block_length_under_two_names(chosen):
    chosen(CPU)
    assert engine_config(cache_block_seq_len=32, block_size=32).block_size == 32
    with pytest.raises(ValueError, match='two names of one thing'):
        engine_config(cache_block_seq_len=32, block_size=16)


def test_what_is_not_there_is_refused(chosen):
    chosen(CPU)
    with pytest.raises(RuntimeError, match='TurboMind cannot run here'):
        engine_config(engine='turbomind')
    with pytest.raises(ValueError, match="device_type='cuda': no CUDA device"):
        engine_config(device_type='cuda')
    with pytest.raises(ValueError, match="LMDeploy's engines are"):
        engine_config(engine='vllm')


def test_command_lines(chosen, monkeypatch):
    chosen(CPU)
    assert cli_prefix()[1:] == ['-m', 'lmdeploy_cpu']
    assert cli_engine_arguments() == ['--backend', 'pytorch', '--device', 'cpu', '--dtype', 'float32']
    chosen(PYTORCH)
    assert cli_engine_arguments() == ['--backend', 'pytorch']
    chosen(TURBOMIND)
    assert cli_engine_arguments() == []
    monkeypatch.setattr(engine.sys, 'executable', '/opt/course/bin/python')
    monkeypatch.setattr(engine.shutil, 'which', lambda name: '/opt/course/bin/lmdeploy')
    assert cli_prefix() == ['lmdeploy']
    monkeypatch.setattr(engine.shutil, 'which', lambda name: '/opt/conda/bin/lmdeploy')
    assert cli_prefix() == ['/opt/course/bin/python', '-m', 'lmdeploy']


def test_the_command_line_of_this_machine_is_understood():
    command = [*cli_prefix(), 'chat', 'no-such-model', *cli_engine_arguments(), '--help']
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert 'usage: lmdeploy chat' in done.stdout


# --- release


def readings_of(monkeypatch, values):
    left = iter(values)
    monkeypatch.setattr(closing, 'device_memory', lambda: DeviceMemory(next(left), 0, 0, None, '', ''))
    return left


def test_release_closes_and_waits_until_the_memory_is_back(monkeypatch):
    left = readings_of(monkeypatch, [n << 20 for n in (900, 900, 500, 100, 100, 100, 100, 1, 1)])

    class Pipe:
        closed = 0

        def close(self):
            self.closed += 1

    pipe = Pipe()
    monkeypatch.setattr(time, 'sleep', lambda _: None)
    release(pipe, None)
    assert pipe.closed == 1
    assert len(list(left)) == 2  # three steady readings are enough


def test_release_does_not_wait_for_ever(monkeypatch):
    left = readings_of(monkeypatch, (n << 20 for n in range(100_000, 0, -10)))
    release(timeout_s=0.5)
    assert len(list(left)) > 5000  # of 10 000, a tenth of a second each


def test_release_drops_the_weights_of_a_model_that_a_variable_still_names():
    before = device_memory().used_bytes
    model = nn.Linear(8192, 8192)
    assert device_memory().used_bytes - before > 250 << 20
    release(model)
    assert device_memory().used_bytes - before < 20 << 20
    assert model.weight.is_meta


def test_release_drops_what_turbomind_keeps_after_close():
    """Its Python object holds the weights on in `source_model`, while a variable names the pipeline."""

    class Engine:
        source_model = object()

    class Pipe:
        def __init__(self):
            self.async_engine = type('AsyncEngine', (), {})()
            self.async_engine.engine = Engine()

        def close(self):
            assert self.async_engine.engine.source_model is not None, 'closing may need them'

    pipe = Pipe()
    release(pipe)
    assert pipe.async_engine.engine.source_model is None


def test_what_was_released_names_the_cell_to_run_again(monkeypatch):
    """In a notebook by its number; in one sentence, not from the depth of an engine."""

    class Pipe:
        def close(self):
            pass

        def infer(self, prompt):
            return 'an answer'

        def __call__(self, prompt):
            return self.infer(prompt)

    main = sys.modules['__main__']
    pipe, model = Pipe(), nn.Linear(2, 2)
    monkeypatch.setattr(
        main, 'In', ['', 'pipe = pipeline(…)', 'pipe("hello")', 'x = 1\npipe = pipeline(…)'], raising=False
    )
    monkeypatch.setattr(main, 'pipe', pipe, raising=False)
    release(pipe, model)
    with pytest.raises(RuntimeError, match=r'^pipe was released: run the cell \[3\] again, which makes it$'):
        pipe('hello')
    with pytest.raises(RuntimeError, match=r'^this model was released: run the cell again, which makes it$'):
        model(torch.ones(1, 2))


def test_release_refuses_what_it_does_not_know():
    with pytest.raises(TypeError, match='not dict'):
        release({})


# --- a real engine


@pytest.fixture(scope='module')
def tiny_llama(tmp_path_factory):
    """A Llama of random weights and a tokenizer of single letters."""
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    folder = tmp_path_factory.mktemp('tiny-llama')
    vocab = {word: i for i, word in enumerate(['<unk>', '</s>', *map(chr, range(32, 127))])}
    tokenizer = Tokenizer(models.WordLevel(vocab, unk_token='<unk>'))
    tokenizer.pre_tokenizer = pre_tokenizers.Split('', 'isolated')
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, unk_token='<unk>', eos_token='</s>').save_pretrained(folder)
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(vocab),
        hidden_size=128,
        intermediate_size=256,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=1,
        max_position_embeddings=512,
        eos_token_id=1,
        bos_token_id=1,
    )
    LlamaForCausalLM(config).save_pretrained(folder)
    return folder


def test_a_real_pipeline_says_what_runs_and_gives_its_memory_back(tiny_llama, monkeypatch):
    from lmdeploy import GenerationConfig, pipeline

    import lmdeploy_cpu

    monkeypatch.setattr(lmdeploy_cpu.budget, '_budget_bytes', 4 << 30)  # whatever a test before this one set
    before = device_memory().used_bytes
    pipe = pipeline(str(tiny_llama), backend_config=engine_config(cache_max_entry_count=0.2, session_len=512))
    running, choice = running_engine(pipe), engine_choice()
    assert (running.engine, running.device) == (choice.engine, choice.device)
    assert running.module.startswith(f'lmdeploy.{choice.engine}')
    assert pipe('hello', gen_config=GenerationConfig(max_new_tokens=4, ignore_eos=True)).generate_token_len == 4
    pool = device_memory().used_bytes - before
    assert pool > 500 << 20  # a fifth of what the smallest budget leaves
    release(pipe)
    assert device_memory().used_bytes - before < pool / 4
    release(pipe)  # once more does no harm
