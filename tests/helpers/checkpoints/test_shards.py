"""Which files of a folder hold the weights: what LMDeploy's loaders take, and what is said where they differ."""

import json
import pickle
import shutil

import pytest
import torch
from checkpoint_support import edit_json, files_of
from lmdeploy.pytorch.weight_loader.model_weight_loader import ModelWeightLoader
from lmdeploy.turbomind.checkpoint import create_checkpoint
from safetensors.torch import load_file, save_file

from helpers.checkpoints.contents import CheckpointError, weight_headers
from helpers.checkpoints.mending import inspect_checkpoint, mended
from helpers.checkpoints.shards import read_header, shard_names, write_index
from helpers.models import EMBEDDED, model_path
from homework.checkpoint import checkpoint_identity
from lessons.kv_cache import predict_memory, weight_bytes
from lessons.llama import internlm2_to_llama
from lessons.w4a16 import describe_checkpoint
from lessons.w4a16.awq import check_quantizable

TINY = EMBEDDED / 'tiny-chat'
WEIGHTS = load_file(TINY / 'model.safetensors')
BYTES = sum(tensor.nbytes for tensor in WEIGHTS.values())
HALF = len(WEIGHTS) // 2
FIRST, SECOND = dict(list(WEIGHTS.items())[:HALF]), dict(list(WEIGHTS.items())[HALF:])
MAC = b'\0\5\26\7\0\2\0\0Mac OS X        ' + bytes(4000)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path / 'cache'))
    return shutil.copytree(TINY, tmp_path / 'tiny-chat')


def put(folder, **files):
    """Other weights in place of the folder's own; `__` stands for a dot, `_of_` for a hyphen on either side."""
    (folder / 'model.safetensors').unlink(missing_ok=True)
    for name, tensors in files.items():
        name = name.replace('__', '.').replace('_of_', '-of-')
        if name.endswith('.safetensors'):
            save_file(tensors, folder / name, metadata={'format': 'pt'})
        else:
            torch.save(tensors, folder / name)


def index(folder, first='model-1-of-2.safetensors', second='model-2-of-2.safetensors', name='model.safetensors'):
    weight_map = dict.fromkeys(FIRST, first) | dict.fromkeys(SECOND, second)
    (folder / f'{name}.index.json').write_text(json.dumps({'metadata': {}, 'weight_map': weight_map}))


def hidden_files(folder):
    for name in ('._model.safetensors', '._config.json', '._tokenizer.json', '._model-00001-of-00002.safetensors'):
        (folder / name).write_bytes(MAC)
    (folder / '.DS_Store').write_bytes(MAC)
    (folder / '@eaDir' / 'model.safetensors').mkdir(parents=True)
    (folder / '@eaDir' / 'model.safetensors@SynoEAStream').write_bytes(MAC)
    (folder / 'model.safetensors:Zone.Identifier').write_text('[ZoneTransfer]')


def shards_and_index(folder):
    put(folder, **{'model-1_of_2__safetensors': FIRST, 'model-2_of_2__safetensors': SECOND})
    index(folder)


def shards_index_and_mac(folder):
    shards_and_index(folder)
    (folder / '._model-1-of-2.safetensors').write_bytes(MAC)
    (folder / '._model.safetensors.index.json').write_bytes(MAC)


def consolidated_beside(folder):
    shards_and_index(folder)
    shutil.copy(folder / 'model-1-of-2.safetensors', folder / 'consolidated.safetensors')


def training_left_overs(folder):
    torch.save({'lr': 1e-5}, folder / 'training_args.bin')
    torch.save({'state': {}}, folder / 'optimizer.pt')
    (folder / 'checkpoint-100').mkdir()
    shutil.copy(folder / 'model.safetensors', folder / 'checkpoint-100')


def torch_bin(folder):
    put(folder, pytorch_model__bin=WEIGHTS)


def torch_shards(folder):
    put(folder, **{'pytorch_model-1_of_2__bin': FIRST, 'pytorch_model-2_of_2__bin': SECOND})
    index(folder, 'pytorch_model-1-of-2.bin', 'pytorch_model-2-of-2.bin', 'pytorch_model.bin')


def both_kinds(folder):
    torch.save({'wrong': torch.zeros(1)}, folder / 'pytorch_model.bin')


def shards_alone(folder):
    put(folder, **{'model-1_of_2__safetensors': FIRST, 'model-2_of_2__safetensors': SECOND})


def torch_shards_alone(folder):
    put(folder, **{'pytorch_model-1_of_2__bin': FIRST, 'pytorch_model-2_of_2__bin': SECOND})


def other_name(folder):
    (folder / 'model.safetensors').rename(folder / 'merged.safetensors')


def other_names(folder):
    put(folder, **{'my-1_of_2__safetensors': FIRST, 'my-2_of_2__safetensors': SECOND})


def other_name_and_adapter(folder):
    other_name(folder)
    save_file({'x.lora_A.weight': torch.zeros(1, 1)}, folder / 'adapter_model.safetensors')


def old_index(folder):
    index(folder, 'model-00001-of-00002.safetensors', 'model-00002-of-00002.safetensors')


def old_shards(folder):
    wrong = {name: torch.zeros_like(tensor) for name, tensor in WEIGHTS.items()}
    put(folder, **{'model-1_of_2__safetensors': wrong, 'model-2_of_2__safetensors': SECOND})
    save_file(WEIGHTS, folder / 'model.safetensors')
    index(folder)


def index_that_cannot_be_read(folder):
    (folder / 'model.safetensors.index.json').write_text('version https://git-lfs.github.com/spec/v1\noid x')


def index_without_the_second_half(folder):
    shards_and_index(folder)
    weight_map = dict.fromkeys(FIRST, 'model-1-of-2.safetensors') | {next(iter(SECOND)): 'model-2-of-2.safetensors'}
    (folder / 'model.safetensors.index.json').write_text(json.dumps({'weight_map': weight_map}))


def index_that_mixes_the_shards(folder):
    shards_and_index(folder)
    index(folder, 'model-2-of-2.safetensors', 'model-1-of-2.safetensors')


def copy_beside(folder):
    wrong = {name: torch.zeros_like(tensor) for name, tensor in WEIGHTS.items()}
    save_file(wrong, folder / 'model_before_training.safetensors')


def adapter_beside(folder):
    save_file({'x.lora_A.weight': torch.zeros(1, 1)}, folder / 'adapter_model.safetensors')
    (folder / 'adapter_config.json').write_text('{"base_model_name_or_path": "nobody/nothing", "peft_type": "LORA"}')


AS_IT_LIES = [hidden_files, shards_and_index, shards_index_and_mac, consolidated_beside, training_left_overs]
AS_IT_LIES += [torch_bin, torch_shards, both_kinds]
OVERLAID = [shards_alone, torch_shards_alone, other_name, other_names, other_name_and_adapter, old_index, old_shards]
OVERLAID += [index_that_cannot_be_read, index_without_the_second_half, index_that_mixes_the_shards, copy_beside]
OVERLAID += [adapter_beside]


def read_by_the_pytorch_engine(folder):
    loader = ModelWeightLoader(str(folder))
    return {name: tensor for path in loader._shard_paths for name, tensor in loader._get_weights_iterator(path)}


def same(tensors):
    return tensors.keys() == WEIGHTS.keys() and all(
        torch.equal(tensor, WEIGHTS[name]) for name, tensor in tensors.items()
    )


@pytest.mark.parametrize('change', AS_IT_LIES + OVERLAID)
def test_both_engines_read_the_same_weights_in_what_is_mended(folder, change):
    change(folder)
    before = files_of(folder)
    report = inspect_checkpoint(folder)
    assert report.loadable, report
    found = mended(folder)
    assert (found == folder) == (change in AS_IT_LIES) == report.ok
    assert all(problem.name == 'weights' and problem.mendable for problem in report.problems)
    assert same(read_by_the_pytorch_engine(found))
    assert same(create_checkpoint(str(found))._data)
    assert inspect_checkpoint(found).ok, inspect_checkpoint(found)
    assert files_of(folder) == before


@pytest.mark.parametrize('change', AS_IT_LIES + OVERLAID)
def test_everything_asks_the_same_files(folder, change, tmp_path):
    change(folder)
    assert model_path(str(folder)).name == 'tiny-chat'
    for there in {folder, mended(folder)}:
        assert weight_bytes(there) == BYTES
        assert (
            predict_memory(there, 1 << 30, engine='cpu').weight_bytes
            == predict_memory(TINY, 1 << 30, engine='cpu').weight_bytes
        )
        assert describe_checkpoint(there).weights.total_bytes == BYTES
        seen, own = checkpoint_identity(there), checkpoint_identity(TINY)
        assert (seen.tensors_sha256, seen.weights_sample_sha256) == (own.tensors_sha256, own.weights_sample_sha256)
    llama = internlm2_to_llama(folder, tmp_path / 'llama')
    assert inspect_checkpoint(llama).ok
    assert set(shard_names(llama)) <= {path.name for path in llama.glob('*.safetensors')}
    unpacked = read_by_the_pytorch_engine(llama)
    assert torch.equal(unpacked['model.embed_tokens.weight'], WEIGHTS['model.tok_embeddings.weight'])
    assert check_quantizable(llama).total_bytes > 0


def test_what_lite_reads_rightly_it_may_read(folder, tmp_path):
    llama = internlm2_to_llama(folder, tmp_path / 'llama')
    for change in (hidden_files, old_index, training_left_overs):
        change(llama)
        assert check_quantizable(llama).total_bytes > 0
    (llama / 'model.safetensors.index.json').unlink()
    adapter_beside(llama)
    with pytest.raises(CheckpointError, match=r'transformers would put it on top of them(.|\n)*model_path'):
        check_quantizable(llama)


def test_what_lite_would_not_find_is_said_before(folder, tmp_path):
    llama = internlm2_to_llama(folder, tmp_path / 'llama')
    (llama / 'model.safetensors').rename(llama / 'merged.safetensors')
    with pytest.raises(CheckpointError, match=r'merged\.safetensors.*look for model\.safetensors(.|\n)*model_path'):
        check_quantizable(llama)
    assert check_quantizable(mended(llama)).total_bytes > 0


# ------------------------------------------------------------------------------------------------ what nobody can load


def adapter_alone(folder):
    (folder / 'model.safetensors').unlink()
    adapter_beside(folder)


def adapter_in_a_bin(folder):
    put(folder, adapter_model__bin={'x.lora_A.weight': torch.zeros(1, 1)})


def adapter_under_the_models_name(folder):
    put(folder, model__safetensors={'base_model.model.x.lora_A.weight': torch.zeros(1, 1)})


def two_other_names(folder):
    other_name(folder)
    shutil.copy(folder / 'merged.safetensors', folder / 'merged-2.safetensors')


def other_bin(folder):
    put(folder, weights__bin=WEIGHTS)


def gguf(folder):
    (folder / 'model.safetensors').rename(folder / 'model-Q4_K_M.gguf')


def hidden_alone(folder):
    (folder / 'model.safetensors').unlink()
    (folder / '._model.safetensors').write_bytes(MAC)


def shards_of_a_later_save(folder):
    put(folder, **{'model-1_of_3__safetensors': FIRST, 'model-2_of_3__safetensors': SECOND})
    index(folder)


def cut_bin(folder):
    torch_bin(folder)
    content = (folder / 'pytorch_model.bin').read_bytes()
    (folder / 'pytorch_model.bin').write_bytes(content[: len(content) // 2])


def bin_with_code(folder):
    put(folder)
    (folder / 'pytorch_model.bin').write_bytes(pickle.dumps(print))


def whole_training_state(folder):
    put(folder, pytorch_model__bin={'model': WEIGHTS, 'epoch': 3})


def index_list(folder):
    put(folder)
    (folder / 'model.safetensors.index.json').write_text('{"weight_map": ["model-1-of-2.safetensors"]}')


def index_without_map(folder):
    put(folder)
    (folder / 'model.safetensors.index.json').write_text('{}')


@pytest.mark.parametrize(
    ('change', 'said'),
    [
        (adapter_alone, r'adapter_model\.safetensors is a LoRA adapter alone.*merge_and_unload'),
        (adapter_in_a_bin, r'adapter_model\.bin is a LoRA adapter alone'),
        (adapter_under_the_models_name, r'model\.safetensors holds a LoRA adapter alone'),
        (two_other_names, r'merged-2\.safetensors, merged\.safetensors: .*name the file that holds the weights'),
        (other_bin, r'no pytorch_model\.bin.*convert'),
        (gguf, r'model-Q4_K_M\.gguf is a file for llama\.cpp'),
        (hidden_alone, 'weights are missing'),
        (shards_of_a_later_save, r'missing 2 of 2 weight files.*is older than model-1-of-3\.safetensors.*remove it'),
        (cut_bin, r'pytorch_model\.bin cannot be loaded, or is cut short'),
        (bin_with_code, r'pytorch_model\.bin cannot be loaded.*may hold code'),
        (whole_training_state, r'pytorch_model\.bin holds something other than tensors'),
        (index_list, r'index\.json cannot be read'),
        (index_without_map, r'index\.json cannot be read'),
    ],
)
def test_what_nobody_can_load_is_named(folder, change, said, tmp_path):
    change(folder)
    report = inspect_checkpoint(folder)
    assert not report.loadable
    asks = [mended, weight_headers, weight_bytes, describe_checkpoint, check_quantizable]
    asks.append(lambda folder: internlm2_to_llama(folder, tmp_path / 'llama'))
    for ask in asks:
        with pytest.raises(CheckpointError, match=said):
            ask(folder)
    with pytest.raises(ValueError, match=said):
        checkpoint_identity(folder)


def test_an_index_is_written_for_either_kind(tmp_path):
    torch.save({'a': torch.zeros(2, dtype=torch.float8_e5m2)}, tmp_path / 'x-1-of-2.bin')
    torch.save(
        {'b': torch.zeros(2, 3, dtype=torch.bool)}, tmp_path / 'x-2-of-2.bin', _use_new_zipfile_serialization=False
    )
    write_index(tmp_path, ['x-1-of-2.bin', 'x-2-of-2.bin'])
    assert json.loads((tmp_path / 'pytorch_model.bin.index.json').read_text()) == {
        'metadata': {'total_size': 8},
        'weight_map': {'a': 'x-1-of-2.bin', 'b': 'x-2-of-2.bin'},
    }


DTYPES = [torch.float8_e4m3fn, torch.float8_e5m2, torch.bool, torch.uint16, torch.uint32, torch.uint64, torch.complex64]


@pytest.mark.parametrize('dtype', DTYPES)
def test_a_type_has_the_same_name_in_both_kinds_and_the_bytes_of_the_file(folder, dtype):
    more = WEIGHTS | {'model.layers.0.rotary_emb.inv_freq': torch.zeros(3, 5).to(dtype)}
    save_file(more, folder / 'model.safetensors')
    header = read_header(folder / 'model.safetensors')
    assert weight_bytes(folder) == BYTES + 15 * dtype.itemsize
    assert predict_memory(folder, 1 << 30, engine='cpu').weight_bytes > 0
    (folder / 'model.safetensors').unlink()
    torch.save(more, folder / 'pytorch_model.bin')
    assert weight_bytes(folder) == BYTES + 15 * dtype.itemsize
    other = read_header(folder / 'pytorch_model.bin')
    assert {n: (t['dtype'], t['shape']) for n, t in other.items()} == {
        n: (t['dtype'], t['shape']) for n, t in header.items()
    }


def test_a_type_that_nobody_knows_yet_has_its_bytes(folder):
    header = json.dumps({'x': {'dtype': 'F3_E1M1', 'shape': [16], 'data_offsets': [0, 6]}}).encode()
    edit_json(folder / 'config.json', architectures=['SomethingElse'])
    content = len(header).to_bytes(8, 'little') + header + bytes(6)
    (folder / 'model.safetensors').write_bytes(content)
    assert weight_bytes(folder) == 6
