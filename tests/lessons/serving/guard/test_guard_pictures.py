"""Pictures in requests, without a server: what the guard takes and from where.

With a server: tests/lessons/serving/test_serving_pictures.py.
"""

import base64
import functools
import http.server
import io
import json
import threading

import pytest
from lmdeploy.vl.media import connection
from lmdeploy.vl.media.image import ImageMediaIO
from lmdeploy.vl.media.video import VideoMediaIO
from PIL import Image

import lmdeploy_cpu
from lessons.serving.guard import pictures as guard_pictures
from lessons.serving.guard.limits import Engine, Limits, Refused
from lessons.serving.guard.pictures import PictureRefused, fetch, load
from lessons.serving.guard.requests import check

lmdeploy_cpu.repair_pictures()  # as the server does
CHAT, GENERATE, MESSAGES = '/v1/chat/completions', '/generate', '/v1/messages'


def png(width=4, height=3, colour='red') -> bytes:
    file = io.BytesIO()
    Image.new('RGB', (width, height), colour).save(file, 'png')
    return file.getvalue()


def data_url(data: bytes) -> str:
    return f'data:image/png;base64,{base64.b64encode(data).decode()}'


def part(url, **parameters):
    return {'type': 'image_url', 'image_url': {'url': url} | parameters}


def chat(*parts, **more):
    return {'model': 'm', 'messages': [{'role': 'user', 'content': list(parts)}]} | more


def look(request, path=CHAT, **limits):
    check(path, json.dumps(request).encode(), Limits(**limits), Engine(512, 100))


def say(*arguments, **options):
    with pytest.raises(Refused) as caught:
        look(*arguments, **options)
    return str(caught.value)


def test_good_ones():
    url = data_url(png())
    look(chat(part(url), {'type': 'text', 'text': 'data: what is it?'}))
    look(chat(*[part(url)] * 16))
    look(chat(part(url, detail='high', max_pixels=50_000)))
    look(chat(part('https://example.org/x.png')))  # `load` decides
    look({'prompt': 'hello', 'image_data': [url]}, GENERATE)
    source = {'type': 'base64', 'media_type': 'image/png', 'data': base64.b64encode(png()).decode()}
    look({'model': 'm', 'messages': [{'role': 'user', 'content': [{'type': 'image', 'source': source}]}]}, MESSAGES)
    lines = base64.encodebytes(png()).decode()  # as the program `base64` writes it, and LMDeploy reads it
    assert '\n' in lines.strip()
    look(chat(part(f'data:image/png;base64,{lines}')))
    assert ImageMediaIO().load_base64('image/png', lines).size == ImageMediaIO().load_bytes(png()).size


def test_how_many_and_how_large():
    url = data_url(png(100, 100))
    assert 'more than 16 pictures' in say(chat(*[part(url)] * 17))
    assert 'more than 16 pictures' in say(chat(*[part('https://example.org/x.png')] * 17))
    assert 'more than 16 pictures' in say({'prompt': 'x', 'image_data': [url] * 17}, GENERATE)
    assert '20000 pixels together; at most 19999' in say(chat(part(url), part(url)), pixels=19_999)
    assert 'is no picture' in say(chat(part(data_url(b'hello'))))
    assert 'is no base64' in say(chat(part('data:image/png;base64,!!!!')))
    huge = io.BytesIO()
    Image.new('1', (20_000, 20_000)).save(huge, 'png')
    assert 'too large' in say(chat(part(data_url(huge.getvalue()))))
    source = {'type': 'base64', 'media_type': 'image/png', 'data': base64.b64encode(b'hello').decode()}
    request = {'model': 'm', 'messages': [{'role': 'user', 'content': [{'type': 'image', 'source': source}]}]}
    assert 'is no picture' in say(request, MESSAGES)


def test_other_kinds_and_parameters():
    url = data_url(png())
    for kind in ('video_url', 'audio_url', 'time_series_url', 'image_data'):
        assert 'image_url, image' in say(chat({'type': kind, kind: {'url': url, 'data': '/etc/hostname'}}))
    assert 'max_pixels must lie in' in say(chat(part(url, max_pixels=10**12)))
    assert 'min_pixels must lie in' in say(chat(part(url, min_pixels=0)))
    assert 'mm_processor_kwargs' in say(chat(part(url), mm_processor_kwargs={'max_pixels': 10**12}))
    assert 'media_io_kwargs' in say({'prompt': 'x', 'media_io_kwargs': {'video': {'num_frames': 10**9}}}, GENERATE)
    for url in ('file:///etc/hostname', '/etc/hostname', '', None, {'url': 1}):
        assert 'starts with http' in say(chat({'type': 'image_url', 'image_url': url}))


@pytest.mark.parametrize(
    ('url', 'said'),
    [
        ('file:///etc/hostname', 'no file of the server'),
        ('/etc/hostname', 'no file of the server'),
        ('ftp://example.org/x.png', 'no file of the server'),
        ('https://example.org/x.png', 'fetches nothing from other hosts'),
        ('data:image/png,abc', 'nvalid data URL'),
        ('data:image/png;hex,abc', 'Only base64 data URLs'),
        (data_url(b'hello'), 'no picture'),
    ],
)
def test_where_a_picture_may_come_from(url, said):
    with pytest.raises(ValueError, match=said):
        load(url, ImageMediaIO())


def test_a_data_url_is_loaded_and_a_video_is_not():
    assert load(data_url(png()), ImageMediaIO()).size == (4, 3)
    with pytest.raises(PictureRefused, match='no videos'):
        load(data_url(png()), VideoMediaIO(image_io=ImageMediaIO()))


# ---------------------------------------------------------------- fetching


class Host(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.asked.append(self.path)
        where = {'/away': 'http://elsewhere.test/x.png', '/round': '/round', '/here': '/x.png'}.get(self.path)
        self.send_response(302 if where else 200)
        if where:
            self.send_header('Location', where)
        self.end_headers()
        if self.path == '/long':
            for _ in range(64):
                self.wfile.write(bytes(1 << 20))
        elif not where:
            self.wfile.write(png())

    def log_message(self, *_):
        pass


@pytest.fixture
def host(monkeypatch):
    """The address of a host on this machine, which counts as one of the public internet here."""
    monkeypatch.setenv('NO_PROXY', '127.0.0.1')
    monkeypatch.setattr(guard_pictures, 'FETCH_TIME_S', 600.0)  # a busy machine is no slow host
    with http.server.ThreadingHTTPServer(('127.0.0.1', 0), Host) as server:
        server.asked = []
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f'http://127.0.0.1:{server.server_port}'
        yield functools.partial(str.__add__, url), server.asked, monkeypatch
        server.shutdown()


def test_an_allowed_host_is_asked_and_no_other(host):
    at, asked, monkeypatch = host
    with pytest.raises(PictureRefused, match=r'from example\.org alone, not from 127\.0\.0\.1'):
        fetch(at('/x.png'), {'example.org'})
    with pytest.raises(PictureRefused, match='non-global'):  # allowed or not: a private address
        fetch(at('/x.png'), {'127.0.0.1'})
    for url in (
        r'http://evil.test\@127.0.0.1/',
        'http://127.0.0.1@evil.test/',
        'http://',
        'file://127.0.0.1/etc/passwd',
    ):
        with pytest.raises(PictureRefused, match=r'not from evil\.test|no address|not from 127'):
            fetch(url, {'127.0.0.1'})
    assert asked == []
    monkeypatch.setattr(connection, '_is_safe_url', lambda url: (True, ''))
    assert load(at('/here'), ImageMediaIO(), allowed_media_domains=['127.0.0.1']).size == (4, 3)
    with pytest.raises(PictureRefused, match=r'not from elsewhere\.test'):
        fetch(at('/away'), {'127.0.0.1'})
    with pytest.raises(PictureRefused, match='more than 3 redirects'):
        fetch(at('/round'), {'127.0.0.1'})


def test_no_more_than_so_many_bytes_for_no_longer_than_so(host):
    at, _, monkeypatch = host
    monkeypatch.setattr(connection, '_is_safe_url', lambda url: (True, ''))
    with pytest.raises(PictureRefused, match='longer than'):
        fetch(at('/long'), {'127.0.0.1'})
    monkeypatch.setattr(guard_pictures, 'FETCH_TIME_S', 1e-9)
    with pytest.raises(PictureRefused, match=r'did not (give|come)'):
        fetch(at('/x.png'), {'127.0.0.1'})
