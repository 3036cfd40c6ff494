"""Pictures as people see them, errors for those that cannot be read; and families of models, beside transformers."""

import io
import struct
import subprocess
import sys
import zlib

import numpy as np
import pytest
from lmdeploy import GenerationConfig
from lmdeploy.vl import load_image
from PIL import Image

from benchmarks import vision_models
from benchmarks import vision_on_gpu as vision
from lmdeploy_cpu import PictureError
from lmdeploy_cpu.limits import UnsupportedError, check_hf_config
from lmdeploy_cpu.patches.pictures import MOST_PIXELS, as_rgb, decode, has_media

PICTURE = Image.radial_gradient('L').resize((150, 100)).convert('RGB')
GREY = PICTURE.convert('L')


def encoded(image, form='png', **options) -> bytes:
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


def lying(orientation: int, turn) -> bytes:
    note = Image.Exif()
    note[0x0112] = orientation
    return encoded(PICTURE.transpose(turn), exif=note)


def square(mode, background) -> Image.Image:
    image = Image.new(mode, (150, 100), background)
    image.paste((0, 0, 0, 255)[: len(mode)], (40, 20, 90, 70))
    return image


SIXTEEN = Image.fromarray(np.asarray(GREY).astype(np.uint16) * 257)
WHITE = square('RGB', 'white')
SEEN = {
    'plain': (encoded(PICTURE), PICTURE),
    'rotated': (lying(6, Image.Transpose.ROTATE_90), PICTURE),
    'mirrored': (lying(2, Image.Transpose.FLIP_LEFT_RIGHT), PICTURE),
    'transparent': (encoded(square('RGBA', (0, 0, 0, 0))), WHITE),
    'a transparent colour': (encoded(square('RGB', 'blue'), transparency=(0, 0, 255)), WHITE),
    'a palette with a hole': (encoded(square('RGB', 'blue').quantize(4), transparency=0), None),
    '16 bits': (encoded(SIXTEEN), GREY.convert('RGB')),
    '16 bits in TIFF': (encoded(SIXTEEN, 'tiff'), GREY.convert('RGB')),
    'floats': (encoded(Image.fromarray(np.asarray(GREY).astype(np.float32) / 255), 'tiff'), GREY.convert('RGB')),
    'grey': (encoded(GREY), GREY.convert('RGB')),
    'black or white': (encoded(GREY.convert('1')), GREY.convert('1').convert('RGB')),
    'animated': (encoded(GREY, 'gif', save_all=True, append_images=[Image.new('L', GREY.size)]), GREY.convert('RGB')),
    'CMYK': (encoded(PICTURE.convert('CMYK'), 'tiff'), PICTURE),
    'bmp': (encoded(PICTURE, 'bmp'), PICTURE),
    '1 × 1': (encoded(PICTURE.resize((1, 1))), PICTURE.resize((1, 1))),
}


@pytest.mark.parametrize('name', SEEN)
def test_as_people_see_it(name):
    data, want = SEEN[name]
    got = decode(data)
    assert got.mode == 'RGB'
    if want is None:  # one colour of four became white
        assert got.getpixel((0, 0)) == (255, 255, 255) or got.getpixel((60, 40)) == (255, 255, 255)
        return
    assert got.tobytes() == want.tobytes()
    assert as_rgb(Image.open(io.BytesIO(data))).tobytes() == want.tobytes()


def png_header(width, height) -> bytes:
    """A PNG that says how large it is, and then ends."""

    def chunk(kind, data):
        return struct.pack('>I', len(data)) + kind + data + struct.pack('>I', zlib.crc32(kind + data))

    head = struct.pack('>IIBBBBB', width, height, 8, 2, 0, 0, 0)
    return b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', head) + chunk(b'IDAT', b'') + chunk(b'IEND', b'')


BAD = {
    'cut short': (encoded(PICTURE)[:2000], 'cannot be read: image file is truncated'),
    'a JPEG cut short': (encoded(PICTURE, 'jpeg')[:900], 'cannot be read: image file is truncated'),
    'only its head': (png_header(30, 30), 'cannot be read'),
    'a decompression bomb': (png_header(20_000, 20_000), 'too large'),
    'too large': (png_header(10_000, 6_000), f'10000 × 6000 pixels; between 1 and {MOST_PIXELS}'),
    'text': (b'hello', 'no picture'),
    'nothing': (b'', 'no picture'),
    'PDF': (b'%PDF-1.7\n', 'no picture'),
    'SVG': (b'<svg xmlns="http://www.w3.org/2000/svg"/>', 'no picture'),
}


@pytest.mark.parametrize('name', BAD)
def test_what_cannot_be_read(name, tmp_path):
    data, said = BAD[name]
    with pytest.raises(ValueError, match=said):
        decode(data)
    (tmp_path / 'picture').write_bytes(data)
    with pytest.raises(ValueError, match=said):
        load_image(str(tmp_path / 'picture'))


def test_a_file_that_is_not_there(tmp_path):
    for name in ('tiger.png', str(tmp_path / 'tiger.png'), str(tmp_path)):
        with pytest.raises(ValueError, match='no such file'):
            load_image(name)
    (tmp_path / 'tiger #1.png').write_bytes(encoded(PICTURE))
    assert load_image(str(tmp_path / 'tiger #1.png')).tobytes() == PICTURE.tobytes()


@pytest.mark.parametrize(
    ('prompts', 'media'),
    [
        ('hello', False),
        (['hello', 'you'], False),
        ([{'role': 'user', 'content': 'hello'}], False),
        ([[{'role': 'user', 'content': [{'type': 'text', 'text': 'hello'}]}]], False),
        (('what?', PICTURE), True),
        ((PICTURE, 'what?'), True),
        ([('what?', [PICTURE, PICTURE])], True),
        (('what?', 'https://example.org/x.png'), True),
        ([{'role': 'user', 'content': [{'type': 'image_url', 'image_url': {'url': 'x.png'}}]}], True),
    ],
)
def test_which_prompts_have_pictures(prompts, media):
    assert has_media(prompts) is media


# ---------------------------------------------------------------- families of models


@pytest.fixture(scope='module')
def folder(tmp_path_factory):
    """folder(family) -> a tiny checkpoint with random weights."""
    root = tmp_path_factory.mktemp('families')

    def make(family):
        there = root / family
        if not there.exists():
            vision_models.make_any(family, there)
        return str(there)

    return make


@pytest.mark.parametrize('family', list(vision_models.TINY))
def test_greedy_tokens_are_transformers(family, folder):
    row = vision.ask_model(family, 'cpu', folder(family))
    assert row['outcome'] in ('equal', 'near tie'), row
    assert row['ran'] == vision.ENGINES['cpu']


def test_what_is_refused_before_it_starts(folder):
    row = vision.ask_model('internvl2', 'cpu', folder('internvl2'))
    assert row['outcome'] == 'refused'
    assert 'UnsupportedError: the model in internvl2 is InternVL in its original format' in row['message']


def test_qwen3_vl_with_too_few_layers():
    """LMDeploy ends with an error, and an empty answer, at the first picture."""
    from transformers import Qwen3VLConfig

    size = vision_models.TINY['qwen3_vl']
    config = Qwen3VLConfig(vision_config=size.vision, text_config=size.text)
    check_hf_config(config, 'here')
    config.text_config.num_hidden_layers = 2
    with pytest.raises(UnsupportedError, match='2 deepstack_visual_indexes need more than 2 layers'):
        check_hf_config(config, 'here')


# ---------------------------------------------------------------- a pipeline


@pytest.fixture(scope='module')
def pipe(folder):
    with vision.start(folder('internvl3'), 'cpu', session_len=512, num_gpu_blocks=64) as pipe:
        yield pipe


CONFIG = GenerationConfig(max_new_tokens=6, do_sample=False, ignore_eos=True)
WAYS = {
    'a call': lambda pipe, prompt: pipe(prompt, gen_config=CONFIG),
    'a stream': lambda pipe, prompt: list(pipe.stream_infer(prompt, gen_config=CONFIG)),
    'a chat': lambda pipe, prompt: pipe.chat(prompt, gen_config=CONFIG),
}


@pytest.mark.parametrize('way', WAYS)
@pytest.mark.parametrize('name', ['cut short', 'a decompression bomb', 'text'])
def test_an_unreadable_picture_raises_and_the_next_is_answered(pipe, name, way, tmp_path):
    good = pipe(('what?', PICTURE), gen_config=CONFIG).token_ids
    data, said = BAD[name]
    (tmp_path / 'picture').write_bytes(data)
    url = {'type': 'image_url', 'image_url': {'url': str(tmp_path / 'picture')}}
    with pytest.raises(PictureError, match=said):
        WAYS[way](pipe, [{'role': 'user', 'content': [url, {'type': 'text', 'text': 'what?'}]}])
    assert pipe(('what?', PICTURE), gen_config=CONFIG).token_ids == good


def test_one_bad_picture_in_a_batch(pipe, tmp_path):
    half = Image.open(io.BytesIO(BAD['cut short'][0]))
    with pytest.raises(PictureError, match='prompt 2 of 3: the picture cannot be read') as caught:
        pipe([('what?', PICTURE), ('what?', half), ('what?', GREY)], gen_config=CONFIG)
    assert [response.finish_reason for response in caught.value.responses] == ['length', 'error', 'length']
    assert caught.value.responses[0].token_ids == pipe(('what?', PICTURE), gen_config=CONFIG).token_ids


def test_other_failures_have_a_reason_too(pipe, monkeypatch):
    def broken(*_):
        raise KeyError('no such tile')

    with pytest.raises(PictureError, match=r'Input length .* must be smaller'):
        pipe(('what?', [PICTURE.resize((400, 400))] * 20), gen_config=CONFIG)
    part = {'type': 'image_data', 'image_data': {'data': np.asarray(PICTURE)}}
    with pytest.raises(PictureError, match='must be a PIL image, not ndarray'):
        pipe([{'role': 'user', 'content': [part, {'type': 'text', 'text': 'what?'}]}], gen_config=CONFIG)
    with monkeypatch.context() as patch:
        patch.setattr(pipe.async_engine.vl_encoder.model, 'preprocess', broken)
        with pytest.raises(PictureError, match="preprocessing failed: KeyError: 'no such tile'"):
            pipe(('what?', PICTURE), gen_config=CONFIG)
    with pytest.raises(PictureError, match='Blocked non-global IP'):
        pipe(('what?', 'http://127.0.0.1:9/x.png'), gen_config=CONFIG)
    # of a prompt without pictures LMDeploy's own answer stays as it is
    answer = pipe('x ' * 2000, gen_config=CONFIG)
    assert (answer.finish_reason, answer.text) == ('error', '')
    assert 'must be smaller' in answer.error_message


ALONE = """
import lmdeploy, lmdeploy_cpu, sys
lmdeploy_cpu.repair_pictures()
lmdeploy_cpu.repair_pictures()
from lmdeploy_cpu.patches.patching import tables
print([table.name for table in tables() if table.applied and not table.on_gpu])
print('lmdeploy.vl.model.llava_next' in sys.modules, 'lmdeploy.pytorch.models.qwen2_vl' in sys.modules)
import lmdeploy.vl.model.llava_next as late
lmdeploy_cpu.patches.pictures.PICTURES.apply_late()
print(late.LlavaNextVisionModel.build_preprocessor.__wrapped__.__qualname__)
"""


def test_the_repairs_of_pictures_alone_load_no_model(child_environment):
    command = [sys.executable, '-c', ALONE]
    done = subprocess.run(command, env=child_environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ['[]', 'False False', 'LlavaNextVisionModel.build_preprocessor']
