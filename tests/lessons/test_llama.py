import dataclasses
import json
import random
import shutil
import subprocess
import sys

import pytest
import sentencepiece
import torch
from checkpoint_support import (
    SENTENCES,
    SMALL,
    edit_json,
    files_of,
    internlm2_logits,
    train_sentencepiece,
    write_checkpoint,
    write_tokenizer,
)
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM, AutoTokenizer

from benchmarks.random_checkpoint import random_checkpoint
from helpers.checkpoints.geometry import GEOMETRIES, Geometry
from helpers.checkpoints.mending import CheckpointError, inspect_checkpoint, mended
from helpers.checkpoints.shards import read_header
from helpers.checkpoints.tokenizer_files import plain_tokenizer_files
from helpers.models import EMBEDDED
from lessons import llama as checkpoints
from lessons.llama import internlm2_to_llama

VARIANTS = {
    'plain': {},
    'tied': {'tie_word_embeddings': True},
    'bias': {'attention_bias': True},
    'one KV head': {'num_kv_heads': 1},
    'no sharing': {'num_kv_heads': 4},
    'unscaled': {'dynamic_rope_factor': None},
}


def load(folder):
    return AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, trust_remote_code=False)


# ---------------------------------------------------------------------------------------------- InternLM2 → Llama


@pytest.mark.parametrize('shards', [1, 3])
@pytest.mark.parametrize('variant', VARIANTS)
def test_logits_are_those_of_internlm2(tmp_path, sentencepiece_model, variant, shards):
    geometry = dataclasses.replace(SMALL, **VARIANTS[variant])
    source = write_checkpoint(tmp_path / 'source', sentencepiece_model, geometry, shards)
    target = internlm2_to_llama(source, tmp_path / 'target')
    model = load(target)
    assert type(model).__name__ == 'LlamaForCausalLM'
    assert Geometry.from_config(target) == dataclasses.replace(geometry, architecture='LlamaForCausalLM')
    for tokens in (1, 40, 100):  # 100: beyond max_position_embeddings, where the rotary base grows
        ids = torch.randint(geometry.vocab_size, (tokens,), generator=torch.Generator().manual_seed(tokens))
        expected = internlm2_logits(source, geometry, ids)
        with torch.no_grad():
            logits = model(ids[None]).logits[0]
        assert expected.std() > 0.5
        assert (logits - expected).abs().max() < 1e-5 * expected.abs().max()  # fp32: 24 bits, some hundred sums


def test_unpacked_folder_is_whole_and_needs_no_remote_code(tmp_path, sentencepiece_model):
    source = write_checkpoint(tmp_path / 'source', sentencepiece_model, shards=2)
    before = files_of(source)
    target = internlm2_to_llama(source, tmp_path / 'deep' / 'target')
    assert files_of(source) == before
    assert inspect_checkpoint(target).ok
    assert not list(target.glob('*.py'))
    assert 'auto_map' not in (target / 'config.json').read_text() + (target / 'tokenizer_config.json').read_text()
    assert json.loads((target / 'generation_config.json').read_text())['eos_token_id'] == [2, 898]
    tokenizer = AutoTokenizer.from_pretrained(target, trust_remote_code=False)
    ids = tokenizer.apply_chat_template([{'role': 'user', 'content': '你好'}], add_generation_prompt=True).input_ids
    content = sentencepiece.SentencePieceProcessor(str(sentencepiece_model)).encode
    assert ids == [1, 899, *content('user\n你好'), 898, *content('\n'), 899, *content('assistant\n')]
    assert load(target).generation_config.eos_token_id == [2, 898]
    assert {path.stat().st_mode & 0o444 for path in target.iterdir()} == {0o444}


def test_the_embedded_model_says_the_same_unpacked(tmp_path):
    source = EMBEDDED / 'tiny-chat'
    target = internlm2_to_llama(source, tmp_path / 'target')
    packed, plain = (AutoTokenizer.from_pretrained(folder, trust_remote_code=False) for folder in (source, target))
    for text in strings(200):
        assert packed.encode(text) == plain.encode(text)
    message = [{'role': 'user', 'content': '请给我讲一个小故事吧'}]
    ids = packed.apply_chat_template(message, add_generation_prompt=True).input_ids
    assert plain.apply_chat_template(message, add_generation_prompt=True).input_ids == ids
    expected = internlm2_logits(source, Geometry.from_config(source), torch.tensor(ids))
    with torch.no_grad():
        logits = load(target)(torch.tensor([ids])).logits[0]
    assert (logits - expected).abs().max() < 1e-5 * expected.abs().max()


def test_a_broken_off_unpacking_goes_on_where_it_was(tmp_path, sentencepiece_model, monkeypatch):
    source = write_checkpoint(tmp_path / 'source', sentencepiece_model, shards=3)
    whole = internlm2_to_llama(source, tmp_path / 'whole')
    target, part = tmp_path / 'target', tmp_path / 'target.part'
    written = []
    write_shard = checkpoints.write_shard

    def breaks_at_the_third(tensors, path):
        if len(written) == 2:
            raise KeyboardInterrupt
        written.append(path.name)
        write_shard(tensors, path)

    monkeypatch.setattr(checkpoints, 'write_shard', breaks_at_the_third)
    with pytest.raises(KeyboardInterrupt):
        internlm2_to_llama(source, target)
    assert not target.exists()
    first = part / written[0]
    first.write_bytes(first.read_bytes()[:-1])  # one of the two finished shards is hurt meanwhile
    (part / '.model-00003-of-00003.safetensors.123').write_bytes(b'half')  # what a killed process was writing

    written.clear()
    monkeypatch.setattr(
        checkpoints, 'write_shard', lambda tensors, path: (written.append(path.name), write_shard(tensors, path))
    )
    internlm2_to_llama(source, target)
    assert written == ['model-00001-of-00003.safetensors', 'model-00003-of-00003.safetensors']
    assert not part.exists()
    assert files_of(target) == files_of(whole)

    written.clear()
    assert internlm2_to_llama(source, target) == target
    assert written == []


def test_a_changed_source_is_not_mixed_with_the_old_one(tmp_path, sentencepiece_model):
    source = write_checkpoint(tmp_path / 'source', sentencepiece_model)
    target = internlm2_to_llama(source, tmp_path / 'target')
    assert internlm2_to_llama(mended(source), target) == target  # the same, seen through its overlay
    (source / 'generation_config.json').write_text('{"eos_token_id": [2, 898, 5]}')
    with pytest.raises(FileExistsError, match='made from other things'):
        internlm2_to_llama(source, target)
    part = tmp_path / 'again.part'
    shutil.copytree(target, part)
    (part / 'left-over').touch()
    assert not (internlm2_to_llama(source, tmp_path / 'again') / 'left-over').exists()


_PEAK_CODE = """
import re, sys
import safetensors.torch
from lessons import llama as checkpoints
from lessons.making import write_shard
def peak_bytes():  # getrusage would count what the parent process held before the start
    return int(re.search(r'VmHWM:\\s+(\\d+) kB', open('/proc/self/status').read())[1]) * 1024
def write(tensors, path):
    write_shard(tensors, path)
    peaks.append(peak_bytes())
checkpoints.write_shard = write
peaks = [peak_bytes()]
checkpoints.internlm2_to_llama(*sys.argv[1:])
print(*peaks)
"""


def test_unpacking_holds_one_shard_in_memory(tmp_path, tokenizer_folder, monkeypatch):
    shard_bytes = 40 << 20
    monkeypatch.setattr('benchmarks.random_checkpoint.SHARD_BYTES', shard_bytes)
    geometry = dataclasses.replace(SMALL, hidden_size=1024, intermediate_size=1024, num_layers=32, head_dim=256)
    source = random_checkpoint(geometry, tmp_path / 'source', tokenizer_from=tokenizer_folder)
    done = subprocess.run(
        [sys.executable, '-c', _PEAK_CODE, source, tmp_path / 'target'], capture_output=True, text=True, check=True
    )
    before, *_, last = peaks = [int(peak) for peak in done.stdout.split()]
    assert len(peaks) > 8
    # One shard of tensors; the mapped pages of its source, and what the libraries take, come to half a shard more.
    assert last - before < 2 * shard_bytes


@pytest.mark.parametrize('there', ['a file', 'a dangling link'])
def test_a_target_that_is_no_folder_is_left_alone(tmp_path, sentencepiece_model, there):
    source, target = write_checkpoint(tmp_path / 'source', sentencepiece_model), tmp_path / 'target'
    target.write_text('mine') if there == 'a file' else target.symlink_to('nowhere')
    with pytest.raises(FileExistsError, match=r'target is there, and is no folder'):
        internlm2_to_llama(source, target)
    assert sorted(path.name for path in tmp_path.glob('target*')) == ['target']


def test_only_whole_unquantised_internlm2_is_unpacked(tmp_path, sentencepiece_model):
    source = write_checkpoint(tmp_path / 'source', sentencepiece_model)
    config = (source / 'config.json').read_text()
    edit_json(source / 'config.json', quantization_config={'quant_method': 'awq'})
    with pytest.raises(CheckpointError, match='quantised'):
        internlm2_to_llama(source, tmp_path / 'target')
    edit_json(source / 'config.json', quantization_config=None, architectures=['QWenLMHeadModel'])
    with pytest.raises(CheckpointError, match='QWenLMHeadModel'):
        internlm2_to_llama(source, tmp_path / 'target')
    (source / 'config.json').write_text(config)
    with pytest.raises(CheckpointError, match='nothing is known'):
        checkpoints.llama_names('model.layers.0.attention.strange.weight')
    weights = source / 'model.safetensors'
    weights.write_bytes(weights.read_bytes()[:-10])
    with pytest.raises(CheckpointError, match='cut short'):
        internlm2_to_llama(source, tmp_path / 'target')
    assert sorted(path.name for path in tmp_path.iterdir() if path.name.startswith('target')) == []


def test_two_processes_may_unpack_at_once(tmp_path, sentencepiece_model):
    source = write_checkpoint(tmp_path / 'source', sentencepiece_model, shards=3)
    target = tmp_path / 'target'
    code = f'from lessons import llama; llama.internlm2_to_llama({str(source)!r}, {str(target)!r})'
    processes = [subprocess.Popen([sys.executable, '-c', code]) for _ in range(2)]
    assert [process.wait() for process in processes] == [0, 0]
    assert inspect_checkpoint(tmp_path / 'target').ok


# --------------------------------------------------------------------------------------------------- SentencePiece


def strings(count):
    """Chinese, emoji, runs of spaces, line ends, rare scripts and bytes' worth of noise, in every mixture."""
    rng = random.Random(0)
    chars = '天地人大小上下今气很好，。！😀👨‍👩‍👧🇨🇳éßñ\u0301ЖعहिabcdefghXYZ0123456789 \t\n.,;<>[]|_▁\u3000\u00a0ｆ'
    pieces = [
        *chars,
        *' '.join(SENTENCES).split(' '),
        ' ',
        '  ',
        '   ',
        '       ',
        '\n\n',
        '<0x41>',
        '[UNUSED_TOKEN_140]',
    ]
    found = [''.join(rng.choices(pieces, k=rng.randint(1, 12))) for _ in range(count)]
    return [*SENTENCES, '', ' ', '▁', 'a' * 300, '字' * 300, ' ' * 300, *found]


@pytest.mark.parametrize(
    'options',
    [{'add_dummy_prefix': False}, {'add_dummy_prefix': True},
     {'add_dummy_prefix': True, 'remove_extra_whitespaces': True, 'normalization_rule_name': 'nmt_nfkc'}],
    ids=['InternLM2', 'dummy prefix', 'normalised'],
)  # fmt: skip
def test_tokenizer_says_what_sentencepiece_says(tmp_path, options):
    train_sentencepiece(tmp_path / 'tokenizer.model', **options)
    reference = sentencepiece.SentencePieceProcessor(str(tmp_path / 'tokenizer.model'))
    write_tokenizer(tmp_path, tmp_path / 'tokenizer.model')
    target = tmp_path / 'plain'
    target.mkdir()
    for name, content in plain_tokenizer_files(tmp_path).items():
        (target / name).write_text(content)
    (target / 'config.json').write_text('{"model_type": "llama"}')
    tokenizer = AutoTokenizer.from_pretrained(target, trust_remote_code=False)
    assert len(tokenizer) == reference.get_piece_size()
    tested = strings(4000)
    if options['add_dummy_prefix']:  # an added token starts a new text, and so another prefix
        tested = [text for text in tested if '[UNUSED' not in text]
    if 'normalization_rule_name' in options:  # SentencePiece maps characters, tokenizers what a reader takes for one
        tested = [text for text in tested if not set(text) & set('\u200d\u0301▁हि🇨')]
    assert len(tested) > 2000
    for text in tested:
        ids = reference.encode(text)
        assert tokenizer.encode(text, add_special_tokens=False) == ids, repr(text)
        assert tokenizer.decode(ids) == reference.decode(ids), repr(text)


# -------------------------------------------------------------------------------------------------- random weights


@pytest.fixture
def tokenizer_folder(tmp_path, sentencepiece_model):
    folder = tmp_path / 'tokenizer'
    folder.mkdir()
    write_tokenizer(folder, sentencepiece_model)
    (folder / 'config.json').write_text('{"bos_token_id": 1, "eos_token_id": 2}')
    return folder


QWEN3 = dataclasses.replace(
    GEOMETRIES['qwen3-0.6b'], num_layers=2, hidden_size=64, intermediate_size=96, num_heads=4, num_kv_heads=2,
    head_dim=32, vocab_size=1200,
)  # fmt: skip


@pytest.mark.parametrize('auto_map', [False, True])
@pytest.mark.parametrize('packed', [True, False])
@pytest.mark.parametrize('geometry', [SMALL, dataclasses.replace(SMALL, tie_word_embeddings=True), QWEN3])
def test_random_checkpoint_has_the_exact_geometry(tmp_path, tokenizer_folder, geometry, packed, auto_map):
    target = random_checkpoint(
        geometry, tmp_path / 'share' / 'model', packed=packed, tokenizer_from=tokenizer_folder, auto_map=auto_map
    )
    packed = packed and geometry is not QWEN3
    architecture = geometry.architecture if packed or geometry is QWEN3 else 'LlamaForCausalLM'
    assert Geometry.from_config(target) == dataclasses.replace(geometry, architecture=architecture)
    header = read_header(target / 'model.safetensors')
    assert {name: tuple(tensor['shape']) for name, tensor in header.items()} == geometry.tensors(packed)
    assert {tensor['dtype'] for tensor in header.values()} == {'BF16'}
    assert inspect_checkpoint(target).ok
    assert mended(target) == target
    assert ('auto_map' in (target / 'config.json').read_text()) == (packed and auto_map)
    tokenizer = AutoTokenizer.from_pretrained(target, trust_remote_code=False)
    assert tokenizer.encode('hello <|im_end|>', add_special_tokens=False)[-1] == 898
    assert None not in tokenizer.convert_ids_to_tokens(range(geometry.vocab_size))
    if packed:
        target = internlm2_to_llama(target, tmp_path / 'llama')
    model, info = AutoModelForCausalLM.from_pretrained(
        target, dtype=torch.float32, output_loading_info=True, trust_remote_code=False
    )
    assert not any(info.values()), info
    ids = tokenizer.apply_chat_template([{'role': 'user', 'content': 'hello'}], return_tensors='pt')
    answer = model.generate(**ids, max_new_tokens=20, do_sample=False)
    assert answer.max() < 900  # nothing but the tokenizer's own tokens


def test_random_weights_are_normal_seeded_and_the_same_in_any_shards(tmp_path, tokenizer_folder, monkeypatch):
    def made(name, **options):
        return random_checkpoint(SMALL, tmp_path / name, tokenizer_from=tokenizer_folder, dtype='float32', **options)

    one, other = load_file(made('one') / 'model.safetensors'), load_file(made('other', seed=1) / 'model.safetensors')
    monkeypatch.setattr('benchmarks.random_checkpoint.SHARD_BYTES', 100_000)
    folder = made('shards')
    files = sorted(folder.glob('*.safetensors'))
    assert len(files) > 4
    assert files[0].name == f'model-00001-of-{len(files):05d}.safetensors'
    assert inspect_checkpoint(folder).ok
    whole = {name: tensor for file in files for name, tensor in load_file(file).items()}
    assert whole.keys() == one.keys()
    for name, tensor in one.items():
        assert torch.equal(tensor, whole[name])
        if tensor.dim() == 2:
            assert not torch.equal(tensor, other[name])
            assert tensor[:900].std() == pytest.approx(0.02, rel=0.05)
    internlm2_to_llama(folder, tmp_path / 'llama')
    assert inspect_checkpoint(tmp_path / 'llama').ok


def test_random_checkpoint_refuses_before_it_writes(tmp_path, tokenizer_folder, monkeypatch):
    with pytest.raises(ValueError, match=r'no geometry .*internlm2-chat-7b'):
        random_checkpoint('internlm9', tmp_path / 'x', tokenizer_from=tokenizer_folder)
    small = dataclasses.replace(SMALL, vocab_size=500)
    with pytest.raises(ValueError, match='900 tokens, the geometry 500'):
        random_checkpoint(small, tmp_path / 'x', tokenizer_from=tokenizer_folder)
    free = shutil.disk_usage(tmp_path)._replace(free=2_000_000_000)
    monkeypatch.setattr(shutil, 'disk_usage', lambda path: free)
    with pytest.raises(OSError, match=r'needs 3.8 GB, .* 2.0 GB free'):
        random_checkpoint('internlm2-chat-1.8b', tmp_path / 'x', tokenizer_from=tokenizer_folder)
    assert [path.name for path in tmp_path.iterdir()] == ['tokenizer']


def test_in_the_cache_what_is_out_of_date_is_made_anew(tmp_path, sentencepiece_model, monkeypatch):
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path / 'cache'))
    source = write_checkpoint(tmp_path / 'source', sentencepiece_model)
    target = internlm2_to_llama(source, checkpoints.cache_folder() / 'llama' / 'model')
    (source / 'generation_config.json').write_text('{"eos_token_id": [2, 898, 5]}')
    internlm2_to_llama(source, target)
    assert 5 in json.loads((target / 'generation_config.json').read_text())['eos_token_id']


def test_a_made_checkpoint_is_not_made_twice(tmp_path, tokenizer_folder, monkeypatch):
    target = random_checkpoint(SMALL, tmp_path / 'x', tokenizer_from=tokenizer_folder)
    monkeypatch.setattr(checkpoints, 'write_shard', lambda *_: pytest.fail('made again'))
    assert random_checkpoint(SMALL, target, tokenizer_from=tokenizer_folder) == target
    with pytest.raises(FileExistsError, match='made from other things'):
        random_checkpoint(SMALL, target, tokenizer_from=tokenizer_folder, seed=1)
