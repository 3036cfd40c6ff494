"""The command line for LMDeploy's server, held to the parser of the installed LMDeploy."""

import json
import shutil

import pytest

from helpers.checkpoints.mending import CheckpointError, mended
from helpers.engine import engine_choice
from helpers.models import EMBEDDED
from lessons.serving.arguments import command_line

MODEL = EMBEDDED / 'tiny-chat'
on_cpu = pytest.mark.skipif(engine_choice().device != 'cpu', reason='the messages are those of the CPU device')


def parsed(line):
    from lmdeploy.cli.serve import SubCliServe

    return SubCliServe.subparsers.choices['api_server'].parse_args(line)


def test_lmdeploys_own_names():
    line = command_line(
        MODEL,
        cache_max_entry_count=0.4,
        session_len=2048,
        max_batch_size=8,
        quant_policy=8,
        enable_prefix_caching=True,
        disable_metrics=False,
        model_name='tiny',
        model_format='hf',
        chat_template=None,
        tool_call_parser='internlm',
        reasoning_parser='qwen-qwq',
        allow_origins=['http://127.0.0.1:8000', 'http://localhost:8000'],
        hf_overrides={'max_position_embeddings': 4096},
    )
    args = parsed(line)
    assert args.model_path == str(MODEL)
    assert (args.cache_max_entry_count, args.session_len, args.max_batch_size) == (0.4, 2048, 8)
    assert (args.quant_policy, args.enable_prefix_caching, args.disable_metrics) == (8, True, False)
    assert (args.model_name, args.model_format, args.chat_template) == ('tiny', 'hf', None)
    assert (args.tool_call_parser, args.reasoning_parser) == ('internlm', 'qwen-qwq')
    assert args.allow_origins == ['http://127.0.0.1:8000', 'http://localhost:8000']
    assert args.hf_overrides == {'max_position_embeddings': 4096}


def test_this_machines_engine():
    args, choice = parsed(command_line(MODEL)), engine_choice()
    assert args.backend == choice.engine
    assert args.device == choice.device
    assert args.dtype == choice.dtype


@on_cpu
def test_another_dtype():
    assert parsed(command_line(MODEL, dtype='bfloat16')).dtype == 'bfloat16'


@pytest.mark.parametrize(
    ('arguments', 'match'),
    [
        ({'sesion_len': 1}, "no argument 'sesion_len'; close to it: session_len"),
        ({'cache_max_entry': 1}, 'cache_max_entry_count'),
        ({'help': True}, "no argument 'help'"),
        ({'api_keys': 'mine'}, 'a fresh key'),
        ({'ssl': True}, 'this machine'),
        ({'model_path': 'x'}, 'first argument'),
    ],
)
def test_a_name_that_cannot_be_given(arguments, match):
    with pytest.raises(TypeError, match=match):
        command_line(MODEL, **arguments)


@pytest.mark.parametrize(
    ('arguments', 'match'),
    [
        ({'session_len': 'long'}, "--session-len: invalid int value: 'long'"),
        ({'quant_policy': 5}, '--quant-policy'),
        ({'model_format': 'workspace'}, "invalid choice: 'workspace'"),
        ({'enable_prefix_caching': 1}, 'True or False'),
        ({'session_len': True}, 'not True or False'),
        ({'chat_template': 'internlm2'}, "'internlm2' is not registered"),
        ({'tool_call_parser': 'internlm2'}, 'internlm2 is not in the parser list'),
        ({'reasoning_parser': 'none'}, 'none'),
        ({'cache_max_entry_count': 0}, 'between 0 and 1'),
        ({'cache_max_entry_count': 1.0}, 'between 0 and 1'),
        ({'model_format': 'awq'}, 'has no quantization_config'),
    ],
)
def test_a_value_that_cannot_be(arguments, match):
    with pytest.raises(ValueError, match=match):
        command_line(MODEL, **arguments)


@on_cpu
def test_hosts_that_pictures_may_come_from():
    hosts = ['www.example.org', '192.0.2.7', '2001:db8::1']
    assert parsed(command_line(MODEL, allowed_media_domains=hosts)).allowed_media_domains == hosts
    for name in ('https://example.org', 'example.org/x', '*', ''):
        with pytest.raises(ValueError, match='is no name of a host'):
            command_line(MODEL, allowed_media_domains=[name])


def test_what_would_not_start_is_refused():
    with pytest.raises(ValueError, match=r'would not start.*the smallest that works is 0'):
        command_line(MODEL, cache_max_entry_count=0.0001)
    assert command_line(MODEL, cache_max_entry_count=0.0001, num_gpu_blocks=20)  # then the ratio does not count
    with pytest.raises(RuntimeError, match='TurboMind cannot run here'):
        command_line(MODEL, backend='turbomind')
    with pytest.raises(ValueError, match="device_type='cuda'"):
        command_line(MODEL, device='cuda')


@pytest.mark.parametrize('model', ['/no/such/folder', 'tiny-chat', './models/none', '~/none', 'a/b/c'])
def test_a_model_that_is_not_there(model):
    with pytest.raises(FileNotFoundError, match='model_path'):
        command_line(model)


def test_a_folder_that_is_no_checkpoint(tmp_path):
    with pytest.raises(FileNotFoundError, match=r'no config\.json'):
        command_line(tmp_path)


def test_a_checkpoint_that_is_cut_short(tmp_path):
    shutil.copytree(MODEL, tmp_path, dirs_exist_ok=True)
    weights = tmp_path / 'model.safetensors'
    weights.write_bytes(weights.read_bytes()[:100_000])
    with pytest.raises(ValueError, match='cut short'):
        command_line(tmp_path)


def test_a_repository_is_left_to_lmdeploy():
    assert command_line('internlm/internlm2-chat-1_8b')[0] == 'internlm/internlm2-chat-1_8b'


def test_a_checkpoint_that_only_another_engine_finds(tmp_path):
    folder = shutil.copytree(MODEL, tmp_path / 'tiny-chat')
    (folder / 'model.safetensors').rename(folder / 'merged.safetensors')
    with pytest.raises(CheckpointError, match=r'merged\.safetensors(.|\n)*helpers\.model_path'):
        command_line(folder, backend='pytorch', device='cpu')
    assert command_line(mended(folder), backend='pytorch', device='cpu')


@pytest.mark.parametrize(('key', 'said'), [('num_hidden_layers', 'the files hold 6 layers'), ('vocab_size', 'shape')])
def test_a_checkpoint_that_does_not_match_its_configuration(tmp_path, key, said):
    folder = shutil.copytree(MODEL, tmp_path / 'tiny-chat')
    config = json.loads((folder / 'config.json').read_text())
    (folder / 'config.json').write_text(json.dumps(config | {key: config[key] + 8}))
    with pytest.raises(CheckpointError, match=said):
        command_line(folder)
