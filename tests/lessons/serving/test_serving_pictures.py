"""A real server with a small model that sees: good pictures are answered, bad ones get a 4xx and a reason.

After each bad request a good one is answered as before.  The model's weights are random: what is equal are tokens.
"""

import base64
import http.server
import io
import threading

import pytest
import requests
from patience import PATIENCE_S
from PIL import Image

from benchmarks.vision_models import TINY, make
from lessons.serving import api_server
from lessons.serving.keys import key_of

CHAT, GENERATE, MESSAGES = '/v1/chat/completions', '/generate', '/v1/messages'


def encoded(image: Image.Image, form: str = 'png', **options) -> bytes:
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


def data_url(data: bytes, kind: str = 'png') -> str:
    return f'data:image/{kind};base64,{base64.b64encode(data).decode()}'


PICTURE = Image.radial_gradient('L').resize((150, 100)).convert('RGB')
GREY = PICTURE.convert('L')
GOOD = data_url(encoded(PICTURE))


class Client:
    def __init__(self, server):
        self.url, self.headers = (
            server.url,
            {'Authorization': f'Bearer {key_of(server.url)}', 'anthropic-version': '2023-06-01'},
        )
        self.session = requests.Session()
        self.session.trust_env = False

    def post(self, path, body):
        return self.session.post(self.url + path, json=body, headers=self.headers, timeout=PATIENCE_S)

    def answer(self, *urls) -> list[int]:
        """The token ids of the answer about pictures."""
        reply = self.post(CHAT, about(*urls) | {'return_token_ids': True})
        assert reply.status_code == 200, reply.text
        return reply.json()['choices'][0]['output_ids']


def about(*urls, **more):
    parts = [{'type': 'image_url', 'image_url': {'url': url}} for url in urls]
    content = [*parts, {'type': 'text', 'text': 'What is it?'}]
    return {
        'model': 'vlm',
        'messages': [{'role': 'user', 'content': content}],
        'temperature': 0,
        'max_tokens': 6,
    } | more


@pytest.fixture(scope='module')
def client(tmp_path_factory):
    folder = make(TINY['internvl3'], tmp_path_factory.mktemp('vlm') / 'internvl')
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv('XDG_CACHE_HOME', str(tmp_path_factory.mktemp('cache')))
        patch.setenv('OMP_NUM_THREADS', '1')
        patch.delenv('LMDEPLOY_API_KEY', raising=False)
        options = {'num_gpu_blocks': 64, 'session_len': 1024, 'log_level': 'ERROR'}
        with api_server(folder, model_name='vlm', **options) as server:
            yield Client(server)


@pytest.fixture(scope='module')
def expected(client):
    """The good answer, before anything bad."""
    return client.answer(GOOD)


def upright() -> bytes:
    """The picture lying on its side, with the note that says so."""
    note = Image.Exif()
    note[0x0112] = 6
    return encoded(PICTURE.transpose(Image.Transpose.ROTATE_90), exif=note)


def on_nothing() -> Image.Image:
    """A black square on nothing, which is seen as white; and the same on white."""
    image = Image.new('RGBA', (150, 100), (0, 0, 0, 0))
    image.paste((0, 0, 0, 255), (40, 20, 90, 70))
    return image


def on_white() -> Image.Image:
    image = Image.new('RGB', (150, 100), 'white')
    image.paste((0, 0, 0), (40, 20, 90, 70))
    return image


@pytest.mark.parametrize(
    ('data', 'same_as'),
    [
        (upright(), PICTURE),
        (encoded(on_nothing()), on_white()),
        (encoded(on_nothing(), 'webp', lossless=True, exact=True), on_white()),
        (encoded(GREY.convert('I;16').point(lambda level: level * 257)), GREY),
        (encoded(GREY, 'gif', save_all=True, append_images=[Image.new('L', GREY.size)]), GREY),
        (encoded(PICTURE.convert('CMYK'), 'tiff'), PICTURE),
        (encoded(PICTURE, 'bmp'), PICTURE),
    ],
    ids=['rotated', 'transparent', 'transparent webp', '16 bits', 'animated', 'CMYK', 'bmp'],
)
def test_pictures_are_seen_as_people_see_them(client, data, same_as):
    assert client.answer(data_url(data)) == client.answer(data_url(encoded(same_as)))


@pytest.mark.parametrize('size', [(1, 1), (1, 900), (1200, 2)])
def test_odd_sizes(client, expected, size):
    assert len(client.answer(data_url(encoded(PICTURE.resize(size))))) == 6
    assert client.answer(GOOD) == expected


def test_several_pictures_and_other_protocols(client):
    assert client.answer(GOOD, data_url(encoded(on_white()))) != client.answer(data_url(encoded(on_white())), GOOD)
    source = {'type': 'base64', 'media_type': 'image/png', 'data': GOOD.partition(',')[2]}
    content = [{'type': 'image', 'source': source}, {'type': 'text', 'text': 'What is it?'}]
    body = {'model': 'vlm', 'max_tokens': 6, 'messages': [{'role': 'user', 'content': content}]}
    assert client.post(MESSAGES, body).status_code == 200
    body = {'prompt': '<IMAGE_TOKEN> What is it?', 'image_data': GOOD, 'max_tokens': 6}
    assert client.post(GENERATE, body).status_code == 200


class Witness(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.asked.append(self.path)
        self.send_response(404)
        self.end_headers()


@pytest.fixture
def witness():
    """A server of this machine that no client should be able to have asked."""
    with http.server.ThreadingHTTPServer(('127.0.0.1', 0), Witness) as server:
        server.asked = []
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


PATH = '/etc/hostname'
BOMB = data_url(encoded(Image.new('1', (20_000, 20_000))))
LARGE = data_url(encoded(Image.new('1', (8_000, 7_000))))
BAD = {
    'cut short': (CHAT, about(data_url(encoded(PICTURE)[:2000])), 'truncated'),
    'a JPEG cut short': (CHAT, about(data_url(encoded(PICTURE, 'jpeg')[:900], 'jpeg')), 'truncated'),
    'no picture': (CHAT, about(data_url(b'hello')), 'no picture'),
    'an empty one': (CHAT, about('data:image/png;base64,'), 'no picture|nvalid data URL'),
    'a drawing in SVG': (CHAT, about(data_url(b'<svg xmlns="http://www.w3.org/2000/svg"/>', 'svg+xml')), 'no picture'),
    'no base64': (CHAT, about('data:image/png;base64,%%%'), 'no base64'),
    'another encoding': (CHAT, about('data:image/png,abc'), 'no base64|nvalid data URL|no picture'),
    'a decompression bomb': (CHAT, about(BOMB), 'too large'),
    'too many pixels': (CHAT, about(LARGE), '56000000 pixels'),
    'too many pictures': (CHAT, about(*[GOOD] * 17), 'more than 16 pictures'),
    'more tokens than the session holds': (CHAT, about(*[data_url(encoded(PICTURE.resize((900, 900))))] * 16), '1024'),
    'a file of the server': (CHAT, about(f'file://{PATH}'), 'starts with http'),
    'a file for /generate': (GENERATE, {'prompt': '<IMAGE_TOKEN>', 'image_data': PATH, 'max_tokens': 4}, 'no file'),
    'a file for /v1/messages': (
        MESSAGES,
        about(max_tokens=4)
        | {'messages': [{'role': 'user', 'content': [{'type': 'image', 'source': {'type': 'url', 'url': PATH}}]}]},
        'starts with http',
    ),
    'another host': (CHAT, about('https://example.org/x.png'), 'fetches nothing from other hosts'),
    "the cloud's own address": (CHAT, about('http://169.254.169.254/latest/meta-data'), 'fetches nothing'),
    'another host for /generate': (
        GENERATE,
        {'prompt': '<IMAGE_TOKEN>', 'image_data': 'https://example.org/x.png', 'max_tokens': 4},
        'fetches nothing',
    ),
    'a video': (
        CHAT,
        {
            'model': 'vlm',
            'messages': [{'role': 'user', 'content': [{'type': 'video_url', 'video_url': {'url': GOOD}}]}],
        },
        'image_url, image',
    ),
}


@pytest.mark.parametrize('name', BAD)
def test_a_bad_picture_is_refused_and_the_next_good_one_answered(client, expected, name):
    path, body, said = BAD[name]
    reply = client.post(path, body)
    assert 400 <= reply.status_code < 500, reply.text
    error = reply.json()
    message = error.get('error', error)['message']
    assert any(part in message for part in said.split('|')), message
    assert client.answer(GOOD) == expected


def test_an_address_given_as_image_data_is_not_fetched(client, expected, witness):
    url = f'http://127.0.0.1:{witness.server_port}/x.png'
    for kind in ('image_data', 'image_url', 'image'):
        content = [{'type': kind, kind: {'data': url}}, {'type': 'text', 'text': 'What is it?'}]
        reply = client.post(CHAT, {'model': 'vlm', 'messages': [{'role': 'user', 'content': content}]})
        assert reply.status_code == 400, reply.text
    assert client.post(CHAT, about(url)).status_code == 400
    assert witness.asked == []
    assert client.answer(GOOD) == expected
