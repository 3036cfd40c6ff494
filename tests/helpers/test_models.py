import json
import os
import shlex
import shutil
import subprocess

import pytest
import torch
from checkpoint_support import files_of, write_checkpoint
from transformers import (
    CLIPVisionConfig,
    InternVLConfig,
    InternVLForConditionalGeneration,
    InternVLVisionConfig,
    LlamaConfig,
    LlavaNextConfig,
    LlavaNextForConditionalGeneration,
    Qwen2_5_VLConfig,
    Qwen2_5_VLForConditionalGeneration,
    Qwen2Config,
)

from helpers import models
from helpers.catalogue import CATALOGUE, download_commands
from helpers.checkpoints.geometry import GEOMETRIES
from helpers.checkpoints.mending import CheckpointError, inspect_checkpoint
from helpers.models import ModelNotFoundError, model_path, model_places
from lessons.llama import internlm2_to_llama

NAME = 'internlm2-chat-1_8b'
LAB = 'Shanghai_AI_Laboratory'


@pytest.fixture
def machine(tmp_path, monkeypatch, sentencepiece_model):
    """An empty machine: /root, /share, ~ and the working folder under tmp_path, and an embedded tiny-chat."""
    root = tmp_path / 'machine'
    for folder in ('root', 'share', 'home', 'work'):
        (root / folder).mkdir(parents=True)
    packed = write_checkpoint(tmp_path / 'made', sentencepiece_model, shards=3)
    internlm2_to_llama(packed, root / 'embedded' / 'tiny-chat')
    shutil.copytree(root / 'embedded' / 'tiny-chat', root / 'embedded' / 'tiny-vlm')
    monkeypatch.setattr(models, 'ROOT', root / 'root')
    monkeypatch.setattr(models, 'SHARES', (root / 'root/share', root / 'share'))
    monkeypatch.setattr(models, 'EMBEDDED', root / 'embedded')
    for variable in (
        'COURSE_MODEL',
        'COURSE_MODELS',
        'COURSE_VLM',
        'HF_HOME',
        'HF_HUB_CACHE',
        'HUGGINGFACE_HUB_CACHE',
        'MODELSCOPE_CACHE',
    ):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv('HOME', str(root / 'home'))
    monkeypatch.setenv('XDG_CACHE_HOME', str(root / 'home/.cache'))
    monkeypatch.chdir(root / 'work')
    return root


@pytest.fixture
def put(machine, tmp_path):
    """put('some/where/name') lays the model there; `.whole` in what follows is the mended folder."""

    def lay(place):
        path = machine / place
        path.parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / 'made').rename(path)
        return path

    return lay


def is_view_of(found, folder):
    shard = 'model-00001-of-00003.safetensors'
    return inspect_checkpoint(found).ok and os.path.samefile(found / shard, folder / shard)


@pytest.mark.parametrize('spelled', ['1_8b', '1.8b'])
@pytest.mark.parametrize(
    ('parent', 'kind'),
    [
        (f'root/share/new_models/{LAB}', 'InternStudio share'),
        (f'share/new_models/{LAB}', 'InternStudio share'),
        ('root/share/temp/model_repos', 'InternStudio share, old'),
        ('share/temp/model_repos', 'InternStudio share, old'),
        ('root', '/root'),
        ('root/models', '/root'),
        (f'root/models/{LAB}', '/root'),
        ('home', 'home'),
        ('home/models', 'home'),
        (f'home/models/{LAB}', 'home'),
        ('work', 'here'),
    ],
)
def test_every_place_of_the_documents_is_searched(put, capsys, parent, kind, spelled):
    folder = put(f'{parent}/internlm2-chat-{spelled}')
    before = files_of(folder)
    for asked in (NAME, 'internlm2-chat-1.8b', 'internlm/internlm2-chat-1_8b', 'InternLM2-Chat-1_8B'):
        assert is_view_of(model_path(asked, fallback=False), folder)
    assert [(p.path, p.kind) for p in model_places(NAME) if p.state == 'found'] == [(folder, kind)]
    assert files_of(folder) == before
    assert capsys.readouterr().out == ''


def test_course_models_come_first(put, machine, monkeypatch):
    folder = put(f'disk/{NAME}')
    (machine / 'root' / NAME).symlink_to(machine / 'embedded/tiny-chat')
    monkeypatch.setenv('COURSE_MODELS', f'{machine / "none"}{os.pathsep}{machine / "disk"}')
    assert is_view_of(model_path(NAME), folder)
    assert model_places(NAME)[0].kind == 'COURSE_MODELS'


def test_a_link_is_followed_and_a_dead_one_named(put, machine, capsys):
    (machine / 'root' / NAME).symlink_to(machine / 'gone')
    folder = put(f'disk/{NAME}')
    (machine / 'home/models').mkdir()
    (machine / 'home/models' / NAME).symlink_to(folder)
    found = model_path(NAME)
    assert is_view_of(found, folder)
    assert found.name == NAME
    assert 'which is not there' in capsys.readouterr().out


def test_hub_cache_prefers_the_main_revision(put, machine, monkeypatch):
    cache = 'hub-home/hub/models--internlm--internlm2-chat-1_8b'
    monkeypatch.setenv('HF_HOME', str(machine / 'hub-home'))
    other = put(f'{cache}/blobs')  # the real files; the snapshot holds links to them
    snapshot = machine / cache / 'snapshots' / 'fff'
    for path in (snapshot, machine / cache / 'snapshots' / 'aaa', machine / cache / 'refs'):
        path.mkdir(parents=True)
    (machine / cache / 'refs' / 'main').write_text('fff')
    for file in other.iterdir():
        for revision in ('aaa', 'fff'):
            (snapshot.parent / revision / file.name).symlink_to(f'../../blobs/{file.name}')
    found = model_path(NAME, fallback=False)
    assert is_view_of(found, other)
    assert found.name == 'fff'
    for revision in ('aaa', 'fff'):  # downloads broken off
        (snapshot.parent / revision / 'model-00002-of-00003.safetensors').unlink()
    with pytest.raises(ModelNotFoundError, match='missing 1 of 3 weight files'):
        model_path(NAME, fallback=False)


@pytest.mark.parametrize('own_cache', [False, True])
@pytest.mark.parametrize('parent', ['', 'models/'])
@pytest.mark.parametrize(
    ('name', 'repository'),
    [(NAME, f'{LAB}/{NAME}'), ('qwen3-0.6b', 'Qwen/Qwen3-0___6B'), ('qwen3-8b', 'Qwen/Qwen3-8B')],
)
def test_modelscope_cache_old_and_new(put, machine, monkeypatch, name, repository, parent, own_cache):
    if own_cache:
        monkeypatch.setenv('MODELSCOPE_CACHE', str(machine / 'ms'))
    folder = put(f'{"ms" if own_cache else "home/.cache/modelscope/hub"}/{parent}{repository}')
    assert is_view_of(model_path(name, fallback=False), folder)
    assert [(p.path, p.kind) for p in model_places(name) if p.state == 'found'] == [(folder, 'ModelScope cache')]


def test_a_model_outside_the_catalogue_is_found_by_its_folder(put):
    folder = put('root/share/temp/model_repos/internlm-chat-7b')
    assert is_view_of(model_path('internlm-chat-7b', fallback=False), folder)
    with pytest.raises(ModelNotFoundError, match='nothing-like-it is not on this machine') as error:
        model_path('nothing-like-it', fallback=False)
    assert 'COURSE_MODELS' in str(error.value)


def test_half_a_download_is_named_and_passed_over(put, machine, capsys):
    folder = put(f'root/{NAME}')
    (folder / 'model-00003-of-00003.safetensors').unlink()
    assert model_path(NAME) == machine / 'embedded/tiny-chat'
    said = capsys.readouterr().out.splitlines()
    assert said == [
        f'passed over {folder}: missing 1 of 3 weight files: model-00003-of-00003.safetensors',
        f'{NAME} is not on this machine: using the embedded tiny-chat',
    ]
    place = next(place for place in model_places(NAME) if place.path == folder)
    assert (place.state, place.detail) == ('broken', 'missing 1 of 3 weight files: model-00003-of-00003.safetensors')


def test_without_the_model_the_embedded_one_is_used_and_said(machine, capsys):
    assert model_path() == machine / 'embedded/tiny-chat'
    assert capsys.readouterr().out == f'{NAME} is not on this machine: using the embedded tiny-chat\n'
    assert model_path('tiny-chat') == machine / 'embedded/tiny-chat'
    assert capsys.readouterr().out == ''


def test_without_fallback_the_error_says_where_and_how(machine):
    with pytest.raises(ModelNotFoundError) as error:
        model_path(NAME, fallback=False)
    said = str(error.value)
    for part in (
        f'new_models/{LAB}/{NAME}',
        'temp/model_repos',
        '~/models/internlm2-chat-1.8b',
        *download_commands(NAME).values(),
    ):
        assert part in said


def test_course_model_takes_the_place_of_every_name(put, machine, monkeypatch):
    folder = put('disk/mine')
    monkeypatch.setenv('COURSE_MODEL', str(folder))
    assert is_view_of(model_path(NAME), folder)
    monkeypatch.setenv('COURSE_MODEL', 'tiny-chat')
    assert model_path(NAME) == machine / 'embedded/tiny-chat'
    monkeypatch.setenv('COURSE_MODEL', 'misspelt')
    with pytest.raises(ModelNotFoundError, match='misspelt'):
        model_path(NAME)


def test_a_path_is_taken_as_it_is(put, machine):
    folder = put('work/here/mine')
    assert is_view_of(model_path('here/mine'), folder)
    assert is_view_of(model_path('./here/mine'), folder)
    assert is_view_of(model_path(str(folder)), folder)
    (folder / 'config.json').unlink()
    with pytest.raises(CheckpointError, match=r'no config\.json'):
        model_path(str(folder))
    with pytest.raises(ModelNotFoundError, match='no such folder'):
        model_path('~/nowhere')


def test_catalogue_and_commands():
    assert {name for name, model in CATALOGUE.items() if not model.is_vlm} == set(GEOMETRIES)
    assert CATALOGUE[NAME].weight_bytes == 3_778_220_032
    assert CATALOGUE['internvl3-1b'].weight_bytes == 1_876_386_048
    commands = download_commands('internlm2-chat-1.8b')
    assert list(commands)[-2:] == ['ModelScope', 'Hugging Face']  # the nearer one first
    assert len(commands) == 4
    assert not [c for c in commands.values() if 'openxlab' in c], 'no longer maintained: InternLM issue 813'
    assert commands['ModelScope'].startswith('pip install modelscope && modelscope download --model ')
    assert download_commands('unknown') == {}


@pytest.mark.parametrize(
    ('asked', 'folder'),
    [
        ('internvl3-1b', 'InternVL3-1B-hf'),
        ('OpenGVLab/InternVL3-1B-hf', 'internvl3-1b'),
        ('Qwen/Qwen2.5-VL-3B-Instruct', 'Qwen2.5-VL-3B-Instruct'),
        ('llava-v1.6-vicuna-7b', 'llava-v1.6-vicuna-7b-hf'),
    ],
)
def test_a_model_that_sees_is_found_by_its_names(put, asked, folder):
    publisher = CATALOGUE[asked].hub_id.split('/')[0] if asked in CATALOGUE else asked.split('/')[0]
    place = put(f'root/share/new_models/{publisher}/{folder}')
    assert is_view_of(model_path(asked, fallback=False), place)


def test_a_model_that_sees_has_a_stand_in_of_its_own(put, machine, monkeypatch, capsys):
    assert model_path('internvl3-1b') == machine / 'embedded/tiny-vlm'
    assert capsys.readouterr().out == 'internvl3-1b is not on this machine: using the embedded tiny-vlm\n'
    monkeypatch.setenv('COURSE_MODEL', 'tiny-chat')
    for name in ('internvl3-1b', 'tiny-vlm'):
        assert model_path(name) == machine / 'embedded/tiny-vlm'
    folder = put('disk/mine')
    monkeypatch.setenv('COURSE_VLM', str(folder))
    assert is_view_of(model_path('internvl3-1b'), folder)
    assert model_path(NAME) == machine / 'embedded/tiny-chat'


def _internvl3(hidden_size, intermediate_size, layers, heads, kv_heads):
    text = Qwen2Config(
        vocab_size=151674, hidden_size=hidden_size, intermediate_size=intermediate_size, num_hidden_layers=layers,
        num_attention_heads=heads, num_key_value_heads=kv_heads,
    )  # fmt: skip
    vision = InternVLVisionConfig(image_size=[448, 448], patch_size=[14, 14], attention_bias=True)
    return InternVLForConditionalGeneration(
        InternVLConfig(text_config=text, vision_config=vision, tie_word_embeddings=False)
    )


def _qwen2_5_vl(hidden_size, intermediate_size, layers, heads, kv_heads, tied, vocab_size):
    text = {
        'hidden_size': hidden_size, 'intermediate_size': intermediate_size, 'num_hidden_layers': layers,
        'num_attention_heads': heads, 'num_key_value_heads': kv_heads, 'vocab_size': vocab_size,
        'tie_word_embeddings': tied,
    }  # fmt: skip
    vision = {'depth': 32, 'hidden_size': 1280, 'intermediate_size': 3420, 'out_hidden_size': hidden_size}
    config = Qwen2_5_VLConfig(text_config=text, vision_config=vision, tie_word_embeddings=tied)
    return Qwen2_5_VLForConditionalGeneration(config)


def _llava_next():
    vision = CLIPVisionConfig(
        hidden_size=1024, intermediate_size=4096, num_hidden_layers=24, num_attention_heads=16, image_size=336,
        patch_size=14,
    )  # fmt: skip
    return LlavaNextForConditionalGeneration(
        LlavaNextConfig(vision_config=vision, text_config=LlamaConfig(vocab_size=32064))
    )


@pytest.mark.parametrize(
    ('name', 'make', 'numbers'),
    [
        ('internvl3-1b', _internvl3, (896, 4864, 24, 14, 2)),
        ('internvl3-2b', _internvl3, (1536, 8960, 28, 12, 2)),
        ('internvl3-8b', _internvl3, (3584, 18944, 28, 28, 4)),
        ('qwen2.5-vl-3b-instruct', _qwen2_5_vl, (2048, 11008, 36, 16, 2, True, 151936)),
        ('qwen2.5-vl-7b-instruct', _qwen2_5_vl, (3584, 18944, 28, 28, 4, False, 152064)),
        ('llava-v1.6-vicuna-7b', _llava_next, ()),
    ],
)
def test_the_parameters_of_a_model_that_sees(name, make, numbers):
    with torch.device('meta'):
        model = make(*numbers)
    assert CATALOGUE[name].num_parameters == sum(p.numel() for p in model.parameters())


def test_the_link_to_the_share_may_be_made_again(tmp_path):
    share = tmp_path / 'share' / NAME
    share.mkdir(parents=True)
    command = download_commands(NAME)['InternStudio, a link to the share']
    command = command.replace(f'{CATALOGUE[NAME].share}/{NAME}', shlex.quote(str(share)))
    for _ in range(2):
        subprocess.run(command, shell=True, check=True, env={'HOME': str(tmp_path), 'PATH': os.environ['PATH']})
    assert (tmp_path / 'models' / NAME).readlink() == share
    assert list(share.iterdir()) == []


def test_the_embedded_model_is_in_order():
    folder = models.EMBEDDED / 'tiny-chat'
    assert inspect_checkpoint(folder).ok, inspect_checkpoint(folder)
    assert json.loads((folder / 'config.json').read_text())['architectures'] == ['InternLM2ForCausalLM']
