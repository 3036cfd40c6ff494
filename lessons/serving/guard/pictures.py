"""Pictures in requests to LMDeploy's API server: how many, how large, and where from.

LMDeploy 0.18.0 opens every file of the server's disk that a client names (`file:///…`, `/…`), and fetches any address
of the public internet, as many bytes as come, unless `--allowed-media-domains` names hosts; it does refuse addresses of
private networks, after a redirect too.  An address as `image_data` passes by all that: Qwen's image processor fetches
it from anywhere.  With this guard a picture comes in the request itself (`data:`), or from a host that the server's
owner named.
"""

import base64
import binascii
import io
import time
from collections.abc import Iterator
from urllib.parse import urljoin, urlsplit

from lmdeploy_cpu.patches.pictures import MOST_PIXELS, decode

FETCHED_BYTES, FETCH_TIME_S, REDIRECTS = 20 << 20, 10.0, 3
_HERE = 'send the picture in the request, as data:image/…;base64,…'
_NUMBERS, _MOST = ('min_pixels', 'max_pixels', 'max_dynamic_patch'), 1 << 24  # which image processors obey
KEYS = ('url', 'image_url', 'image', 'image_data', 'data')


class PictureRefused(ValueError):
    """A picture that the server does not take, and why; LMDeploy answers with 400 and the message."""


def check_pictures(request, leaves: Iterator[tuple[str, object]], most: int, most_pixels: int) -> None:
    """Raise PictureRefused unless the pictures of a request (its `leaves`: path and value) are few and small enough."""
    for name in ('media_io_kwargs', 'mm_processor_kwargs'):
        if isinstance(request, dict) and request.get(name):
            raise PictureRefused(f'{name} is not for clients: the server says how pictures are read')
    count = pixels = 0
    for where, value in leaves:
        name = where.rpartition('.')[2].partition('[')[0]
        if name in _NUMBERS and not (type(value) is int and 0 < value <= _MOST):
            raise PictureRefused(f'{where} must lie in [1, {_MOST}], not {value!r}')
        if name not in KEYS or not isinstance(value, str):
            continue
        is_data = value.startswith('data:')
        if not is_data and not value.startswith(('http://', 'https://')) and not where.endswith('source.data'):
            continue
        count += 1
        if count > most:
            raise PictureRefused(f'the request has more than {most} pictures')
        if is_data or where.endswith('source.data'):
            pixels += _pixels(where, value.partition(',')[2] if is_data else value)
        if pixels > most_pixels:
            raise PictureRefused(f'the pictures have {pixels} pixels together; at most {most_pixels} are taken')


def _pixels(where: str, text: str) -> int:
    """Pixels of a picture in base64, of which only the head is read."""
    from PIL import Image

    try:
        data = base64.b64decode(''.join(text.split()), validate=True)  # `base64` breaks lines, and LMDeploy takes them
    except binascii.Error as error:
        raise PictureRefused(f'{where} is no base64: {error}') from None
    try:
        with Image.open(io.BytesIO(data)) as image:
            return image.width * image.height
    except Image.DecompressionBombError:
        raise PictureRefused(f'{where}: the picture is too large; at most {MOST_PIXELS} pixels are taken') from None
    except Exception:  # each of Pillow's formats has errors of its own
        raise PictureRefused(f'{where} is no picture that Pillow knows') from None


def load(url: str, media_io, allowed_media_domains: list[str] | None = None):
    """What stands for LMDeploy's `load_from_url` in the server: a picture from a data URL or from an allowed host."""
    from lmdeploy.vl.media import connection
    from lmdeploy.vl.media.image import ImageMediaIO

    if not isinstance(media_io, ImageMediaIO):
        raise PictureRefused('this server takes pictures, no videos and no sound')
    if url.startswith('data:'):
        try:
            return connection.load_from_url(url, media_io)
        except NotImplementedError as error:
            raise PictureRefused(f'{error} {_HERE}') from None
    if not url.startswith(('http://', 'https://')):
        raise PictureRefused(f'a picture is no file of the server: {_HERE}')
    if not allowed_media_domains:
        raise PictureRefused(
            f'this server fetches nothing from other hosts: {_HERE}, or have its owner start it with '
            'allowed_media_domains=[…]'
        )
    return decode(fetch(url, {domain.lower() for domain in allowed_media_domains}))


def fetch(url: str, domains: set[str]) -> bytes:
    """The bytes at an http(s) address, from one of `domains` alone, after redirects too; not too many, nor for long."""
    import requests
    from lmdeploy.vl.media import connection

    deadline = time.monotonic() + FETCH_TIME_S
    with requests.Session() as session:
        for _ in range(REDIRECTS + 1):
            try:
                url = requests.Request('GET', url).prepare().url  # as it is asked for: nobody reads it otherwise
            except (requests.RequestException, ValueError):
                raise PictureRefused('that is no address of a picture') from None
            host = urlsplit(url).hostname
            if urlsplit(url).scheme not in ('http', 'https') or host not in domains:
                raise PictureRefused(f'pictures come from {", ".join(sorted(domains))} alone, not from {host}')
            is_safe, reason = connection._is_safe_url(url)  # no address of a private network
            if not is_safe:
                raise PictureRefused(f'{host}: {reason}')
            try:
                with session.get(url, stream=True, allow_redirects=False, timeout=FETCH_TIME_S) as response:
                    if response.is_redirect:
                        url = urljoin(url, response.headers['Location'])
                        continue
                    response.raise_for_status()
                    return _read(response, deadline)
            except requests.RequestException as error:
                raise PictureRefused(f'{host} did not give the picture: {type(error).__name__}') from None
    raise PictureRefused(f'more than {REDIRECTS} redirects')


def _read(response, deadline: float) -> bytes:
    data = b''
    for piece in response.iter_content(1 << 16):
        data += piece
        if len(data) > FETCHED_BYTES:
            raise PictureRefused(f'the picture at that address is longer than {FETCHED_BYTES} bytes')
        if time.monotonic() > deadline:
            raise PictureRefused(f'the picture did not come within {FETCH_TIME_S:g} s')
    return data
