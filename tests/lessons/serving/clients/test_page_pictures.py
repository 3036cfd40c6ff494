"""The page's picture is the engine's: the same file gives the same pixels, whichever way it comes."""

import base64
import io

import pytest
from picture_support import BROKEN, PICTURE, SEEN, encoded, square
from PIL import Image, ImageChops, ImageFile

from lessons.serving.clients.api import ChatError, ChatServer
from lessons.serving.clients.page import chat_page
from lessons.serving.clients.page_events import WebChat, data_url, request_messages


def pixels_of(url: str) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(url.partition(',')[2]))).convert('RGB')


@pytest.fixture(scope='module')
def slot():
    """The page's slot for a picture."""
    page = chat_page(WebChat(ChatServer('127.0.0.1:9')), vision=True)
    return next(block for block in page.blocks.values() if block.elem_id == 'image')


def uploaded(slot, path) -> str:
    """What the page's events get of an uploaded file."""
    return slot.preprocess(slot.data_model(path=str(path), orig_name=path.name))


@pytest.mark.parametrize('name', SEEN)
def test_the_same_pixels(slot, tmp_path, name):
    from lmdeploy_cpu.patches.pictures import decode

    data, want = SEEN[name]
    (tmp_path / name).write_bytes(data)
    sent = data_url(uploaded(slot, tmp_path / name))
    assert sent.startswith('data:image/png;base64,')
    assert pixels_of(sent).tobytes() == want.tobytes()
    assert decode(base64.b64decode(sent.partition(',')[2])).tobytes() == decode(data).tobytes()


@pytest.mark.parametrize('name', BROKEN)
def test_what_cannot_be_read_is_said(slot, tmp_path, name, monkeypatch):
    monkeypatch.setattr(ImageFile, 'LOAD_TRUNCATED_IMAGES', True)  # as LMDeploy leaves it
    (tmp_path / name).write_bytes(BROKEN[name])
    with pytest.raises(ChatError, match='the image cannot be read'):
        data_url(uploaded(slot, tmp_path / name))


def test_no_picture_no_file(slot, tmp_path):
    assert slot.preprocess(None) is None
    with pytest.raises(ChatError, match=r'cannot be read \(FileNotFoundError\)'):
        data_url(str(tmp_path / 'gone.png'))


def test_a_large_one_is_made_smaller(tmp_path):
    square('RGBA', (0, 0, 0, 0)).resize((3000, 1500)).save(tmp_path / 'large.png')
    sent = data_url(str(tmp_path / 'large.png'))
    assert sent.startswith('data:image/jpeg;base64,')
    got = pixels_of(sent)
    assert got.size == (1024, 512)
    assert min(got.getpixel((1000, 500))) > 250  # white, as it is seen


def test_many_turns_fit_into_a_request(tmp_path):
    Image.effect_noise((1024, 1024), 90).convert('RGB').save(tmp_path / 'noise.png')
    sent = data_url(str(tmp_path / 'noise.png'))
    assert 16 * len(sent) < 32 << 20


def test_nothing_of_its_maker_is_sent(tmp_path):
    exif = Image.Exif()
    exif[315] = 'Wang Secret'
    (tmp_path / 'a.jpg').write_bytes(encoded(PICTURE, 'jpeg', exif=exif, icc_profile=b'Wang profile', comment=b'Wang'))
    assert b'Wang' not in base64.b64decode(data_url(str(tmp_path / 'a.jpg')).partition(',')[2])


def test_it_travels_in_the_turn(tmp_path):
    from lessons.serving.clients.page_events import Turn

    data, want = SEEN['transparent.png']
    (tmp_path / 'a.png').write_bytes(data)
    (message,) = request_messages([Turn('what?', str(tmp_path / 'a.png'))], '')
    assert ImageChops.difference(pixels_of(message['content'][1]['image_url']['url']), want).getbbox() is None
