"""Around `lmdeploy lite auto_awq`: what is refused before work, and that a result is whole or not there."""

import ast
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import lmdeploy
import pytest
import torch
from checkpoint_support import edit_json, files_of
from patience import PATIENCE_S
from safetensors.torch import load_file

from benchmarks.random_checkpoint import random_checkpoint
from helpers.checkpoints.geometry import Geometry
from helpers.checkpoints.mending import CheckpointError
from helpers.engine import cli_prefix
from helpers.models import EMBEDDED
from lessons.w4a16 import awq
from lessons.w4a16.awq import (
    awq_command,
    check_quantizable,
    cli_lite_arguments,
    describe_checkpoint,
    group_size_for,
    quantized_folder,
    to_paste,
)
from lessons.w4a16.calibration import calibration_dataset
from lessons.w4a16.rounding import round_plain, unpacked_weight

LLAMA = Geometry(
    'LlamaForCausalLM', vocab_size=4096, hidden_size=128, intermediate_size=256, num_layers=2, num_heads=2,
    num_kv_heads=1, head_dim=64,
)  # fmt: skip


@pytest.fixture(scope='module')
def make_llama(tmp_path_factory):
    """make_llama(**geometry's numbers) -> folder of a small Llama checkpoint of one's own."""

    def make(**changes):
        geometry = Geometry(**{field: getattr(LLAMA, field) for field in LLAMA.__dataclass_fields__} | changes)
        return random_checkpoint(geometry, tmp_path_factory.mktemp('source') / 'llama', device='cpu')

    return make


@pytest.fixture(scope='module')
def llama(make_llama, tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv('XDG_CACHE_HOME', str(tmp_path_factory.getbasetemp() / 'cache'))
        return make_llama()


def auto_awq(source, work, *options, **how):
    command = [*cli_prefix(), 'lite', 'auto_awq', source, *options]
    command += ['--w-bits', '4', '--w-group-size', '64', '--work-dir', work, *cli_lite_arguments()]
    return subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S, **how)


@pytest.fixture(scope='module')
def result(llama, tmp_path_factory):
    """What LMDeploy's own command makes of it, calibrated on a text of one's own."""
    target = tmp_path_factory.mktemp('awq') / 'llama-4bit'
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv('XDG_CACHE_HOME', str(tmp_path_factory.getbasetemp() / 'cache'))
        text = calibration_dataset(llama, ['Some words to read, one after the other.'] * 40, calib_samples=4,
                                   calib_seqlen=32)  # fmt: skip
        options = ['--calib-dataset', 'wikitext2', '--calib-samples', '4', '--calib-seqlen', '32', '--batch-size', '4']
        with quantized_folder(target) as work:
            done = auto_awq(llama, work, *options, cwd=text.folder)
            assert done.returncode == 0, done.stderr
    return target


def copy_of(folder, target):
    target.mkdir(exist_ok=True)
    for file in folder.iterdir():
        (target / file.name).write_bytes(file.read_bytes())
    return target


def quantize(target, work_on, **how):
    with quantized_folder(target, **how) as work:
        work_on(work)


def break_off(work):
    raise RuntimeError('break off')


def test_what_the_command_writes(llama, result):
    predicted = check_quantizable(llama, w_group_size=64, engine='pytorch')
    made, before = describe_checkpoint(result), describe_checkpoint(llama)
    assert made.weights == predicted
    assert made.weights.total_bytes < before.weights.total_bytes == before.weights.plain_bytes
    assert made.quantization_config['quant_method'] == 'awq'
    assert made.quantization_config['group_size'] == 64
    assert before.quantization_config is None
    assert made.dtypes['qweight'] == 'I32'
    assert made.dtypes['lm_head'] == made.dtypes['embed_tokens'] == made.dtypes['scales'] == 'F16'
    assert made.file_bytes['model.safetensors'] == (result / 'model.safetensors').stat().st_size
    names = set(made.file_bytes)
    assert {'config.json', 'generation_config.json', 'tokenizer.json', 'tokenizer_config.json'} <= names
    assert (result / 'chat_template.jinja').read_text()
    assert {oct(file.stat().st_mode & 0o777) for file in result.iterdir()} == {'0o644'}
    assert [path.name for path in result.parent.iterdir()] == [result.name]

    # it is this model: AWQ scales a norm down and the inputs of the weights after it up
    tensors, source = load_file(result / 'model.safetensors'), load_file(llama / 'model.safetensors')
    for layer in ('model.layers.0.', 'model.layers.1.'):
        channels = tensors[f'{layer}input_layernorm.weight'].float()
        for name in ('q_proj', 'k_proj'):
            weight = unpacked_weight(tensors, f'{layer}self_attn.{name}') * channels
            exact = source[f'{layer}self_attn.{name}.weight'].float()
            assert (weight - exact).norm() < 0.15 * exact.norm()


def test_the_result_loads_and_scores(llama, result):
    """In LMDeploy's engine, close to the model it was made from."""
    from lmdeploy import pipeline

    from helpers.closing import release
    from helpers.engine import engine_config

    ids = list(range(100, 160))
    scores = []
    for path in (llama, result):
        config = engine_config(engine='pytorch', cache_max_entry_count=0.01, session_len=128)
        pipe = pipeline(str(path), backend_config=config, log_level='ERROR')
        scores += pipe.get_ppl(ids)
        release(pipe)
    assert scores[0] != scores[1]
    assert scores[1] == pytest.approx(scores[0], rel=0.02)


def test_a_full_disk_and_plain_rounding(llama, result, tmp_path):
    """`--calib-samples 0` is plain rounding; the first time the files may not grow beyond 300 kB."""
    target = copy_of(result, tmp_path / 'out')
    before = files_of(tmp_path)
    limit = {'preexec_fn': lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))}
    with pytest.raises(CheckpointError, match='is not written, because what the command left is not whole'):
        quantize(target, lambda work: auto_awq(llama, work, '--calib-samples', '0', **limit))
    assert files_of(tmp_path) == before

    with quantized_folder(target) as work:
        assert auto_awq(llama, work, '--calib-samples', '0').returncode == 0
    assert files_of(tmp_path).keys() != before.keys()
    tensors, source = load_file(target / 'model.safetensors'), load_file(llama / 'model.safetensors')
    name = 'model.layers.1.mlp.down_proj'
    exact = round_plain(source[f'{name}.weight'].half(), 64).float()
    torch.testing.assert_close(unpacked_weight(tensors, name), exact, rtol=2e-3, atol=1e-4)


KILLED = """
import sys, time
from lessons.w4a16.awq import quantized_folder
with quantized_folder(sys.argv[1]) as work:
    (work / 'model.safetensors').write_bytes(b'half')
    print('writing', flush=True)
    time.sleep(60)
"""


@pytest.mark.parametrize('earlier', [True, False])
def test_killed_midway(result, tmp_path, earlier):
    target = tmp_path / 'out'
    if earlier:
        copy_of(result, target)
    before = files_of(tmp_path)
    child = subprocess.Popen([sys.executable, '-c', KILLED, target], stdout=subprocess.PIPE, text=True)
    try:
        assert child.stdout.readline() == 'writing\n'
        assert len(files_of(tmp_path)) == len(before) + 1
    finally:
        child.send_signal(signal.SIGKILL)
        child.wait()
        child.stdout.close()
    assert target.exists() == earlier
    with quantized_folder(target) as work:
        assert files_of(tmp_path) == before  # what the killed one left is gone
        copy_of(result, work)
        (work / 'inputs_stats.pth').unlink()
    assert files_of(target) == {k: v for k, v in files_of(result).items() if k != 'inputs_stats.pth'}
    assert [path.name for path in tmp_path.iterdir()] == ['out']


def test_killed_between_the_two_renames(result, tmp_path):
    """The earlier result is back when the next try begins."""
    copy_of(result, tmp_path / '.out.replaced')
    with pytest.raises(RuntimeError, match='break off'):
        quantize(tmp_path / 'out', break_off)
    assert files_of(tmp_path / 'out') == files_of(result)
    assert [path.name for path in tmp_path.iterdir()] == ['out']


def test_a_second_process_waits(result, tmp_path):
    with quantized_folder(tmp_path / 'out') as work:
        child = subprocess.Popen([sys.executable, '-c', KILLED, tmp_path / 'out'], stdout=subprocess.PIPE)
        time.sleep(1.0)
        os.set_blocking(child.stdout.fileno(), False)
        try:
            assert child.stdout.read() is None
        except AssertionError:
            child.kill()
            raise
        copy_of(result, work)
    os.set_blocking(child.stdout.fileno(), True)
    assert child.stdout.readline() == b'writing\n'
    child.kill()
    child.wait()
    child.stdout.close()


@pytest.mark.parametrize(
    ('spoil', 'says'),
    [
        (lambda work: None, 'no config.json'),
        (lambda work: (work / 'model.safetensors').unlink(), 'the weights are missing'),
        (lambda work: os.truncate(work / 'model.safetensors', 50_000), r'cut short: 50000 of \d+ bytes'),
        (lambda work: (work / 'tokenizer.json').unlink(), 'neither tokenizer.json nor'),
        (lambda work: edit_json(work / 'config.json', quantization_config=None), 'no quantization_config'),
    ],
)
def test_what_is_not_whole_is_not_kept(result, tmp_path, spoil, says):
    target = copy_of(result, tmp_path / 'out')
    before = files_of(tmp_path)
    with pytest.raises(CheckpointError, match=says):
        quantize(target, lambda work: spoil(work if says == 'no config.json' else copy_of(result, work)))
    assert files_of(tmp_path) == before


def test_an_unquantised_result_is_not_kept(llama, tmp_path):
    with pytest.raises(CheckpointError, match='its weights are not quantised'):
        quantize(tmp_path / 'out', lambda work: copy_of(llama, work))
    assert not list(tmp_path.iterdir())


def test_what_is_something_else_is_not_replaced(llama, result, tmp_path):
    (tmp_path / 'file').write_text('mine')
    (tmp_path / 'notes').mkdir()
    (tmp_path / 'notes' / 'notes.txt').write_text('mine')
    (tmp_path / 'link').symlink_to(result)
    for target in (llama, tmp_path / 'file', tmp_path / 'notes', tmp_path / 'link'):
        before = files_of(target) if target.is_dir() else target.read_text()
        with pytest.raises(FileExistsError, match='is something else'):
            quantize(target, lambda work: pytest.fail('the work began'))
        assert (files_of(target) if target.is_dir() else target.read_text()) == before
    (tmp_path / 'empty').mkdir()
    with pytest.raises(RuntimeError, match='break off'):
        quantize(tmp_path / 'empty', break_off)


def test_no_room(tmp_path):
    with pytest.raises(OSError, match='make room for'):
        quantize(tmp_path / 'out', lambda work: pytest.fail('the work began'), needed_bytes=10**18)
    assert not list(tmp_path.iterdir())


def test_group_sizes(llama, make_llama):
    here = {'engine': 'pytorch'}
    twice = check_quantizable(llama, w_group_size=64, **here)
    assert twice.group_bytes == 2 * check_quantizable(llama, **here).group_bytes
    with pytest.raises(ValueError, match=r'w_group_size=48 does not divide the 128 input features of .*: take 128'):
        check_quantizable(llama, w_group_size=48)
    for size in (0, -1):
        with pytest.raises(ValueError, match=f'w_group_size={size} does not divide'):
            check_quantizable(llama, w_group_size=size)
    with pytest.raises(ValueError, match=r'w_group_size=128 does not divide the 192 input .*down_proj.*: take 64'):
        check_quantizable(make_llama(intermediate_size=192), **here)
    with pytest.raises(ValueError, match='no usual group size'):
        check_quantizable(make_llama(intermediate_size=200))
    with pytest.raises(ValueError, match='w_bits=8'):
        check_quantizable(llama, w_bits=8)


def test_group_sizes_that_turbomind_does_not_load(llama, make_llama, monkeypatch):
    """It refuses them when it loads the checkpoint, after the work."""
    for size in (32, 64):
        with pytest.raises(ValueError, match=rf'w_group_size={size}: TurboMind refuses .* 128 weights: take 128'):
            check_quantizable(llama, w_group_size=size, engine='turbomind')
    assert check_quantizable(llama, engine='turbomind') == check_quantizable(llama, engine='pytorch')
    odd = make_llama(intermediate_size=192)
    with pytest.raises(ValueError, match='does not divide by that; the PyTorch engine runs other groups'):
        check_quantizable(odd, w_group_size=64, engine='turbomind')
    assert group_size_for(odd, 'pytorch') == 64
    assert group_size_for(llama, 'pytorch') == group_size_for(llama, 'turbomind') == 128
    with pytest.raises(ValueError, match=r'no usual group size \(128\) does'):
        group_size_for(odd, 'turbomind')

    monkeypatch.setattr('lessons.w4a16.awq.engine_choice', lambda: SimpleNamespace(engine='turbomind'))
    with pytest.raises(ValueError, match='TurboMind refuses'):  # the engine of this machine is the one that is meant
        check_quantizable(llama, w_group_size=64)


def test_the_group_sizes_are_turbominds():
    """Its converter cannot be imported without a GPU's libraries: read the table from its source."""
    source = Path(lmdeploy.__file__).with_name('turbomind') / 'converter.py'
    tables = [node for node in ast.parse(source.read_text(encoding='utf-8')).body if isinstance(node, ast.Assign)]
    table = next(node.value for node in tables if node.targets[0].id == '_SUPPORTED_GROUP_SIZES')
    sizes = {key.value: ast.literal_eval(value.args[0]) for key, value in zip(table.keys, table.values, strict=True)}
    assert sizes['awq'] == set(awq._TURBOMIND_GROUP_SIZES)


def test_the_command_and_how_it_is_pasted(monkeypatch, tmp_path):
    monkeypatch.setenv('HOME', '/home/ada')
    command = awq_command('/home/ada/models/chat', '/home/ada/out put', calib_samples=4, w_group_size=64)
    lines = to_paste(command, Path('/home/ada/text')).splitlines()
    assert lines[0] == 'cd ~/text &&'
    assert 'lite auto_awq ~/models/chat \\' in lines[1]
    assert lines[2] == "  --work-dir ~/'out put' \\"
    assert {'  --calib-samples 4 \\', '  --w-group-size 64 \\'} <= set(lines)


def test_models_that_are_refused(llama, result, tmp_path):
    with pytest.raises(CheckpointError, match=r'is quantised already \(awq\)'):
        check_quantizable(result)
    with pytest.raises(CheckpointError, match='internlm2_to_llama'):
        check_quantizable(EMBEDDED / 'tiny-chat')
    with pytest.raises(CheckpointError, match='no such folder'):
        check_quantizable(tmp_path / 'nowhere')
    other = copy_of(llama, tmp_path / 'other')
    edit_json(other / 'config.json', architectures=['GemmaForCausalLM'])
    with pytest.raises(CheckpointError, match=r'GemmaForCausalLM: .* no tables for it.*LlamaForCausalLM'):
        check_quantizable(other)
    os.truncate(other / 'model.safetensors', 50_000)
    with pytest.raises(CheckpointError, match='cut short'):
        check_quantizable(other)
