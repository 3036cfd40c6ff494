"""Who hears why a picture failed: a program all of it, a client of a server the faults of the picture alone."""

import asyncio
import base64
import io
import os
import pathlib
import re
import types

import pytest
from lmdeploy.serve.core.async_engine import AsyncEngine
from lmdeploy.serve.core.exceptions import RequestError
from lmdeploy.vl.media import connection
from lmdeploy.vl.media.image import ImageMediaIO
from PIL import Image

FILE = io.BytesIO()
Image.radial_gradient('L').save(FILE, 'png')
PNG = FILE.getvalue()


def said(load, in_a_pipeline=False) -> str:
    """What the one who asked hears when `load()` gets the picture: LMDeploy's own `preprocess`, with our change."""

    async def get_prompt_input(**_):
        load()

    session = types.SimpleNamespace(session_id=1, _handle=None)
    engine = types.SimpleNamespace(
        session_mgr=types.SimpleNamespace(get=lambda *_: session, remove=lambda *_: None),
        request_logger=types.SimpleNamespace(log_prompt=lambda *_, **__: None),
        prompt_processor=types.SimpleNamespace(get_prompt_input=get_prompt_input),
    )
    if in_a_pipeline:
        engine.in_a_pipeline = True
    with pytest.raises(RequestError) as caught:
        asyncio.run(AsyncEngine.preprocess(engine, session_id=1, messages=[{'role': 'user', 'content': 'what?'}]))
    assert caught.value.status_code == 400
    return caught.value.message


def data_url(data: bytes) -> str:
    return 'data:image/png;base64,' + base64.b64encode(data).decode()


@pytest.mark.parametrize(
    ('data', 'reason'),
    [
        (b'once upon a time', 'no picture: nothing that Pillow knows begins like this'),
        (b'\x00' * 5000, 'no picture: nothing that Pillow knows begins like this'),
        (PNG[: len(PNG) // 2], 'the picture cannot be read: image file is truncated'),
        (PNG[:-12], None),  # the end mark alone is missing: Pillow reads it
    ],
)
def test_a_fault_of_the_picture_is_said_to_both(data, reason):
    def load():
        connection.load_from_url(data_url(data), ImageMediaIO())
        raise ValueError('it was read')

    expected = reason or 'it was read'
    assert said(load) == said(load, in_a_pipeline=True) == expected


@pytest.fixture
def secret(tmp_path):
    """A file that is no picture, of a length that nobody should hear."""
    path = tmp_path / 'secret'
    path.write_bytes(b'x' * 48_611)
    (tmp_path / 'cut.png').write_bytes(PNG[: len(PNG) // 2])
    return path


def urls(secret):
    return {
        'a file:// address': f'file://{secret}',
        'a path': str(secret),
        'a relative path': os.path.relpath(secret),
        'a picture cut short': f'file://{secret.parent}/cut.png',
        'a missing file:// address': f'file://{secret}.missing',
        'a missing path': f'{secret}.missing',
        'a folder': f'file://{secret.parent}',
        'a folder by path': str(secret.parent),
        'this machine': 'http://127.0.0.1:9/x.png',
        'its network': 'http://10.1.2.3/x.png',
        'its metadata': 'http://169.254.169.254/latest/meta-data',
        'no such scheme': 'gopher://127.0.0.1/x',
    }


@pytest.mark.parametrize('kind', urls(pathlib.Path('/x')))
def test_a_client_learns_nothing_of_the_servers_disk_or_network(kind, secret):
    url = urls(secret)[kind]
    heard = said(lambda: connection.load_from_url(url, ImageMediaIO()))
    assert 10 < len(heard) < 120
    for hidden in (str(secret), str(secret.parent), 'secret', os.getcwd(), '127.0.0.1', '10.1', '169.254', 'Errno'):
        assert hidden not in heard
    assert not re.search(r'\d{3}', heard), 'a length'


@pytest.mark.parametrize(
    ('kind', 'reason'),
    [
        ('a missing path', r'no such file: .*secret\.missing.* \(in /'),
        ('a missing file:// address', r'preprocessing failed: FileNotFoundError: .*secret\.missing'),
        ('this machine', 'Blocked non-global IP'),
        ('a path', 'no picture'),
    ],
)
def test_a_program_hears_all_of_it(kind, reason, secret):
    url = urls(secret)[kind]
    assert re.search(reason, said(lambda: connection.load_from_url(url, ImageMediaIO()), in_a_pipeline=True))


@pytest.mark.parametrize(
    'error',
    [
        PermissionError(13, 'Permission denied', '/root/.ssh/id_rsa'),
        OSError('HTTPConnectionPool(host=10.0.0.3, port=8080): Max retries exceeded'),
        KeyError('/srv/models/x'),
        RuntimeError('CUDA error at /opt/x.cu:77'),
        MemoryError('48611 bytes'),
    ],
)
def test_other_failures_keep_lmdeploys_own_words(error):
    def load():
        raise error

    assert said(load) == 'Request preprocessing failed.'
    assert type(error).__name__ in said(load, in_a_pipeline=True)


def test_a_pipeline_marks_its_engine():
    from lmdeploy_cpu.patches.pictures import PICTURES

    for name, answers in (('infer', []), ('stream_infer', iter(()))):
        (make,) = [p.make for p in PICTURES.patches if p.target == f'lmdeploy.pipeline:Pipeline.{name}']
        pipe = types.SimpleNamespace(async_engine=types.SimpleNamespace())
        make(lambda *_, answers=answers: answers)(pipe, 'hello')
        assert pipe.async_engine.in_a_pipeline
