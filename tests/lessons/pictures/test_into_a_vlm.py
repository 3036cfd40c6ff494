"""The way of a picture into tiny-vlm has the numbers of its config, of transformers' modules and of LMDeploy."""

import base64
import dataclasses
import io
import json
import re
import shutil

import numpy as np
import pytest
import torch
from PIL import Image
from transformers import AutoConfig, AutoModelForImageTextToText, AutoProcessor

from helpers.models import EMBEDDED
from lessons.pictures import frame, shapes, way_into_a_vlm
from lessons.pictures.shapes import PALETTE
from lessons.vlm import draw_shapes
from lessons.vlm.reading import numbers_of, patches_of, read

TINY = EMBEDDED / 'tiny-vlm'
QUESTION = 'What do you see?'
DRAWING = draw_shapes(('circle', 'red', 'left'), ('square', 'blue', 'right'))
SIZES = (240, 240), (480, 360)


def texts(step, language='en') -> list[str]:
    found = [shape.words for shape in step.shapes if shape.tag == 'text']
    return [words if isinstance(words, str) else getattr(words, language) for words in found]


def drawn(step, tag, **attributes) -> list[dict]:
    """The attributes of a step's shapes that have these."""
    found = [dict(shape.attributes) for shape in step.shapes if shape.tag == tag]
    return [a for a in found if all(a.get(name) == value for name, value in attributes.items())]


@pytest.fixture(scope='module')
def many_tiles(tmp_path_factory):
    """tiny-vlm with the processor of InternVL3: up to 12 tiles, and one of the whole."""
    folder = tmp_path_factory.mktemp('tiles') / 'tiny-vlm'
    shutil.copytree(TINY, folder)
    path = folder / 'preprocessor_config.json'
    settings = json.loads(path.read_text()) | {'crop_to_patches': True, 'max_patches': 12}
    path.write_text(json.dumps(settings))
    return folder


@pytest.mark.parametrize('size', SIZES)
def test_the_stages_are_what_transformers_modules_give_out(size):
    model = AutoModelForImageTextToText.from_pretrained(TINY, dtype=torch.float32, trust_remote_code=False)
    shapes_out = {}
    for name, part in model.model.named_children():
        part.register_forward_hook(
            lambda module, given, out, name=name: shapes_out.__setitem__(
                name, (out if isinstance(out, torch.Tensor) else out.last_hidden_state).shape
            )
        )
    picture = DRAWING.resize(size)
    processor = AutoProcessor.from_pretrained(TINY, trust_remote_code=False)
    content = [{'type': 'text', 'text': QUESTION}, {'type': 'image', 'image': picture}]
    inputs = processor.apply_chat_template(
        [{'role': 'user', 'content': content}],
        add_generation_prompt=True,
        tokenize=True,
        return_dict=True,
        return_tensors='pt',
    )
    with torch.inference_mode():
        model(**inputs)
    got = read(picture, TINY, QUESTION)
    n, ids = got.numbers, inputs['input_ids'][0]
    assert shapes_out['vision_tower'] == (n.tiles, n.patches + 1, n.tower_width), 'and the class token'
    assert shapes_out['multi_modal_projector'][-1] == n.text_width
    assert shapes_out['multi_modal_projector'].numel() == n.image_tokens * n.text_width
    assert shapes_out['language_model'] == (1, len(got.pieces), n.text_width)
    assert got.is_image == (ids == model.config.image_token_id).tolist()
    assert (n.image_tokens, got.text_tokens) == (sum(got.is_image), len(ids) - sum(got.is_image))
    assert n.joined_width == model.model.multi_modal_projector.layer_norm.normalized_shape[0]
    back = (np.asarray(got.tile) / 255 - 0.5) / 0.5
    assert np.abs(back - inputs['pixel_values'][-1].permute(1, 2, 0).numpy()).max() < 0.01, 'the pixels of the tower'
    # the patches of the token we follow, by the model's own pixel shuffle
    places = torch.arange(n.patches).reshape(1, n.across, n.across, 1)
    for token in (got.followed, (0, n.across // n.joined - 1)):
        assert set(model.model.pixel_shuffle(places)[0, *token].tolist()) == patches_of(token, n)


def test_the_tokens_are_those_that_lmdeploy_counts():
    from lmdeploy import GenerationConfig, pipeline

    import lmdeploy_cpu
    from helpers import engine_config

    lmdeploy_cpu.repair_pictures()
    config = engine_config(cache_max_entry_count=0.2, session_len=512)
    pictures = [DRAWING.resize(size) for size in SIZES]
    with pipeline(str(TINY), backend_config=config, log_level='ERROR') as pipe:
        replies = pipe([(QUESTION, p) for p in pictures], gen_config=GenerationConfig(max_new_tokens=1))
    for picture, reply in zip(pictures, replies, strict=True):
        got = read(picture, TINY, QUESTION)
        assert got.numbers.image_tokens + got.text_tokens == reply.input_token_len
        assert f'{reply.input_token_len} tokens' in texts(way_into_a_vlm(picture, TINY, QUESTION).steps[-1])


def test_the_config_of_internvl3_gives_its_256_tokens():
    config = AutoConfig.from_pretrained(TINY, trust_remote_code=False)
    config.vision_config.image_size, config.vision_config.patch_size = [448, 448], [14, 14]
    config.vision_config.hidden_size, config.text_config.hidden_size = 1024, 896
    n = numbers_of(config, tiles=13)
    assert (n.patches, n.tokens, n.image_tokens, n.joined_width, n.text_width) == (1024, 256, 3328, 4096, 896)
    config.vision_config.patch_size = [14, 16]
    with pytest.raises(ValueError, match=r'no square of groups of 2 × 2 patches'):
        numbers_of(config)


def test_another_family_is_refused(tmp_path):
    (tmp_path / 'config.json').write_text('{"model_type": "qwen2_5_vl"}')
    with pytest.raises(ValueError, match="family 'qwen2_5_vl' takes another way than InternVL's"):
        way_into_a_vlm(DRAWING, tmp_path, QUESTION)


def test_a_processor_that_does_not_follow_the_config_is_refused(tmp_path):
    folder = shutil.copytree(TINY, tmp_path / 'other')
    (folder / 'processor_config.json').write_text('{"image_seq_length": 9, "processor_class": "InternVLProcessor"}')
    with pytest.raises(ValueError, match='gives 9 image tokens and tiles of 192 pixels, the config 36 and 192'):
        read(DRAWING, folder, QUESTION)


def test_five_steps_show_the_numbers_and_the_token_that_is_followed():
    picture = way_into_a_vlm(DRAWING.resize((480, 360)), TINY, QUESTION)
    strip = ['192 × 192', '144', '144 × 192', '36 × 256', '52 tokens']
    for number, step in enumerate(picture.steps, 1):
        assert [t for t in texts(step) if t in strip] == strip[:number]
    first, cut, tower, projected, prompt = picture.steps
    assert '480 × 360 pixels' in texts(first)
    assert len([a for a in drawn(cut, 'line', stroke='rule') if a['stroke-width'] == 1]) == 2 * 13
    assert '4 patches of 16 × 16 pixels' in texts(cut)
    assert len(drawn(tower, 'rect', fill='violet_line')) == 4
    assert len(drawn(projected, 'rect', fill='violet_line')) == 4 + 1 + 1
    for row, count in zip(drawn(projected, 'line', stroke='blue_line'), (144, 36), strict=True):
        on, off = map(float, row['stroke-dasharray'].split())
        assert abs((row['x2'] - row['x1'] + off) / (on + off) - count) < 0.1, 'a dash for each vector'
    assert len(drawn(prompt, 'rect', fill='green', height=24)) == 35
    assert len(drawn(prompt, 'rect', fill='violet', height=24)) == 1
    assert len(drawn(prompt, 'rect', fill='grey', height=24)) == 16
    assert {'<img>', '</img>', '36 image tokens', '16 of text'} <= set(texts(prompt))
    x, y = (int(read(DRAWING, TINY, QUESTION).followed[i] * 32 + 16) for i in (1, 0))
    assert DRAWING.resize((192, 192)).getpixel((x, y)) != (255, 255, 255), 'no token of the background'


def test_several_tiles_are_cut_and_the_whole_is_followed(many_tiles):
    photograph = DRAWING.resize((640, 480))
    got = read(photograph, many_tiles, QUESTION)
    assert (got.grid, got.numbers.tiles, got.numbers.image_tokens) == ((4, 3), 13, 13 * 36)
    red = (np.asarray(got.tile).astype(int) @ (1, -1, 0) > 200).nonzero()[1].mean() / 192
    assert abs(red - 0.22) < 0.02, 'the last tile shows the whole'
    picture = way_into_a_vlm(photograph, many_tiles, QUESTION)
    assert 'the last of 13 tiles' in texts(picture.steps[0])
    assert len(drawn(picture.steps[0], 'line', stroke='ink')) - 1 == 3 + 2
    assert '484 tokens' in texts(picture.steps[-1])
    shown = drawn(picture.steps[-1], 'rect', height=24)
    assert len([a for a in shown if a['fill'] == 'violet']) == 1, 'the one we follow is never left out'
    assert len([a for a in shown if a['fill'] == 'green']) < 60


def test_patches_as_many_as_internvl3s_have_room_too(many_tiles, tmp_path):
    folder = shutil.copytree(many_tiles, tmp_path / 'large')
    config = json.loads((folder / 'config.json').read_text())
    config['vision_config'] |= {'image_size': [448, 448], 'patch_size': [14, 14], 'hidden_size': 1024}
    config['text_config']['hidden_size'] = 896
    (folder / 'config.json').write_text(json.dumps(config))
    for name, small, large in (('processor_config.json', '36', '256'), ('preprocessor_config.json', '192', '448')):
        (folder / name).write_text((folder / name).read_text().replace(small, large))
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 255, (480, 640, 3), dtype=np.uint8))
    picture = way_into_a_vlm(noise, folder, QUESTION)
    assert texts(picture.steps[-1])[1:10:2] == ['13 tiles', '13312', '13312 × 1024', '3328 × 896', '3,344 tokens']
    assert 'a bar: 7 vectors' in texts(picture.steps[3])
    for language in ('en', 'zh'):
        dataclasses.replace(picture, language=language)._repr_mimebundle_()


def test_a_long_question_is_cut_to_the_page():
    picture = way_into_a_vlm(DRAWING, TINY, 'What do you see, and what colour is the circle? ' * 9)
    assert max(a['y'] for a in drawn(picture.steps[-1], 'rect', height=24)) + 24 < picture.height - 40
    assert '…' in texts(picture.steps[-1])


@pytest.mark.parametrize('kind', ['drawing', 'noise', 'grey', 'tall'])
def test_any_picture_is_small_enough_to_store_in_both_languages(kind):
    pixels = np.random.default_rng(0).integers(0, 255, (300, 400, 3), dtype=np.uint8)
    made = {
        'drawing': DRAWING,
        'noise': Image.fromarray(pixels),
        'grey': Image.new('L', (50, 70), 90),
        'tall': DRAWING.convert('RGBA').resize((30, 900)),
    }
    picture = way_into_a_vlm(made[kind], TINY, QUESTION)
    for language in ('en', 'zh'):
        bundle = dataclasses.replace(picture, language=language)._repr_mimebundle_()
        assert sum(map(len, bundle.values())) < 60_000
        assert frame.turned(bundle, 'en') == dataclasses.replace(picture, language='en')._repr_mimebundle_()
    for step in picture.steps:
        said = ' '.join([*texts(step, 'zh'), step.caption.zh])
        assert not re.findall(r'\b(?:tokens|patches|pixels|vectors?|tower|projector|numbers|text)\b', said)


def test_the_still_has_the_pictures_colours_and_the_shapes_own():
    still = Image.open(io.BytesIO(frame.png(way_into_a_vlm(DRAWING, TINY, QUESTION).steps[3].shapes, 640, 348, 'en')))
    colours = np.unique(np.asarray(still.convert('RGB')).reshape(-1, 3), axis=0).astype(int)
    own = [tuple(bytes.fromhex(PALETTE[name][0][1:])) for name in ('violet_line', 'blue_line', 'green_line', 'ink')]
    for wanted in ((255, 0, 0), (0, 0, 255), *own):
        assert np.abs(colours - wanted).max(axis=1).min() < 25, wanted


def test_pixels_are_pasted_where_they_belong():
    file = io.BytesIO()
    Image.new('RGB', (2, 2), 'red').save(file, 'PNG')
    shape = shapes.image(10, 20, 30, 40, file.getvalue())
    assert base64.b64decode(dict(shape.attributes)['href'].removeprefix('data:image/png;base64,')) == file.getvalue()
    rows, columns = (
        np.asarray(Image.open(io.BytesIO(frame.png([shape], 100, 100, 'en'))).convert('RGB'))[..., 1] < 50
    ).nonzero()
    assert (columns.min(), columns.max() + 1, rows.min(), rows.max() + 1) == (15, 60, 30, 90)
