"""A vision tower that lacks a layer, or is not the one that config.json describes, is named before an engine starts."""

import json
import os
import shutil

import pytest
from checkpoint_support import edit_json
from safetensors.torch import load_file, save_file

from benchmarks.vision_models import TINY, make
from helpers.checkpoints.mending import inspect_checkpoint
from helpers.models import EMBEDDED

TOWER = r'(^|\.)(vision_tower|visual)\.'


@pytest.fixture(scope='module')
def made(tmp_path_factory):
    """A function: (family) -> its folder, made once."""
    os.environ['TRANSFORMERS_VERBOSITY'] = 'error'
    folders = {'tiny-vlm': EMBEDDED / 'tiny-vlm'}

    def folder_of(family):
        if family not in folders:
            folders[family] = make(TINY[family], tmp_path_factory.mktemp(family))
        return folders[family]

    return folder_of


@pytest.fixture
def folder(request, made, tmp_path):
    return shutil.copytree(made(request.param), tmp_path / 'model')


def faults(folder) -> list[str]:
    return [problem.detail for problem in inspect_checkpoint(folder).problems if problem.name == 'weights']


def tensors(change):
    """What changes the tensors of a folder's one file: `change(name, tensor)` gives the new one, or None."""

    def apply(folder):
        file = folder / 'model.safetensors'
        changed = {name: change(name, tensor) for name, tensor in load_file(file).items()}
        save_file({name: t.contiguous() for name, t in changed.items() if t is not None}, file, {'format': 'pt'})

    return apply


def without(part):
    return tensors(lambda name, tensor: None if part in name else tensor)


def narrow(part):
    return tensors(lambda name, tensor: tensor[..., :-1] if part in name else tensor)


def vision(**changes):
    def apply(folder):
        config = json.loads((folder / 'config.json').read_text())
        edit_json(folder / 'config.json', vision_config=config['vision_config'] | changes)

    return apply


@pytest.mark.parametrize('folder', ['tiny-vlm', *TINY], indirect=True)
def test_what_an_engine_loads_is_in_order(folder):
    assert faults(folder) == []


@pytest.mark.parametrize(
    ('folder', 'change', 'said'),
    [
        ('tiny-vlm', without('encoder.layer.5.'), 'says 6 layers of the vision tower, the files hold 5 layers'),
        ('tiny-vlm', vision(num_hidden_layers=7), 'says 7 layers of the vision tower, the files hold 6 layers'),
        ('tiny-vlm', vision(num_hidden_layers=5), 'says 5 layers of the vision tower, the files hold 6 layers'),
        ('tiny-vlm', without('encoder.layer.2.'), '18 tensors .* such as vision_tower.encoder.layer.2.'),
        ('tiny-vlm', without('layer.3.mlp.fc1.bias'), '1 tensors .* such as vision_tower.encoder.layer.3.mlp.fc1.bias'),
        ('tiny-vlm', without('vision_tower'), 'tensors .* such as vision_tower'),
        (
            'tiny-vlm',
            vision(patch_size=[8, 8], image_size=[96, 96]),
            r'patch_embeddings.projection.weight has the shape .*\[192, 3, 8, 8\]',
        ),
        ('tiny-vlm', vision(intermediate_size=640), r'mlp.fc1.\w+ has the shape'),
        ('tiny-vlm', vision(hidden_size=96), r'vision_tower.embeddings.cls_token has the shape \[1, 1, 192\]'),
        ('tiny-vlm', vision(image_size=[96, 96]), 'position_embeddings has the shape'),
        ('internvl3', narrow('projector.linear_1.weight'), r'linear_1.weight has the shape \[256, 255\].*\[256, 256\]'),
        ('llava', without('encoder.layers.1.'), '16 tensors .* such as vision_tower.encoder.layers.1.'),
        ('llava', vision(num_hidden_layers=5), 'says 5 layers of the vision tower, the files hold 3 layers'),
        ('llava', without('multi_modal_projector.linear_2'), '2 tensors .* such as multi_modal_projector.linear_2'),
        ('llava_next', without('image_newline'), '1 tensors .* such as image_newline'),
        ('llava_next', narrow('patch_embedding'), r'patch_embedding.weight has the shape \[64, 3, 14, 13\]'),
        ('qwen2_vl', without('visual.blocks.1.'), 'says 2 layers of the vision tower, the files hold 1 layers'),
        ('qwen2_vl', vision(embed_dim=128), 'visual.patch_embed.proj.weight has the shape'),
        ('qwen2_5_vl', narrow('merger.mlp.2.weight'), 'visual.merger.mlp.2.weight has the shape'),
        ('qwen3_vl', vision(depth=5), 'says 5 layers of the vision tower, the files hold 3 layers'),
    ],
    indirect=['folder'],
)
def test_what_the_files_lack_or_have_in_another_shape_is_named(folder, change, said):
    change(folder)
    assert not inspect_checkpoint(folder).loadable
    found = faults(folder)
    assert len(found) == 1, 'one fault, one line'
    assert pytest.RaisesExc(ValueError, match=said).matches(ValueError(found[0])), found


def renamed(folder):
    """As transformers 5 writes them."""
    names = {'vision_tower': 'model.vision_tower', 'multi_modal_projector': 'model.multi_modal_projector'}
    file = folder / 'model.safetensors'
    held = load_file(file)
    for old, new in names.items():
        held = {name.replace(old, new, 1) if name.startswith(old) else name: t for name, t in held.items()}
    save_file(held, file, {'format': 'pt'})


@pytest.mark.parametrize(
    ('folder', 'change'),
    [
        ('llava', without('encoder.layers.2.')),  # vision_feature_layer is -2: nobody reads the last layer
        ('llava', without('post_layernorm')),
        ('llava_next', without('encoder.layers.2.')),
        ('llava', renamed),
        ('tiny-vlm', renamed),
        ('llava', vision(num_hidden_layers=4)),
        ('tiny-vlm', lambda folder: edit_json(folder / 'config.json', model_type='another')),
    ],
    indirect=['folder'],
)
def test_what_nobody_reads_or_knows_is_not_asked_for(folder, change):
    change(folder)
    assert faults(folder) == []
