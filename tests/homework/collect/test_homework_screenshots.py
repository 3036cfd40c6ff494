"""A learner's own pictures: looked at, and stored without what gives a person away."""

import datetime
import io
import os
import random

import pytest
from picture_support import SEEN
from PIL import Image, ImageChops, ImageFile, PngImagePlugin

from homework.collect.screenshots import store_screenshot
from homework.evidence import HomeworkError
from homework.grade.pictures import perceptual_hash, read_picture


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv('COURSE_SUBMISSION', str(tmp_path / 'submission'))
    return tmp_path


def picture(size=(640, 480), mode='RGB'):
    numbers = random.Random(1)
    small = Image.new('RGB', (32, 24))
    small.putdata([tuple(numbers.randrange(256) for _ in range(3)) for _ in range(32 * 24)])
    return small.resize(size, Image.Resampling.NEAREST).convert(mode)


def exif_of_a_phone():
    exif = Image.Exif()
    exif[315], exif[271], exif[306] = 'Wang Secret', 'PhoneMaker', '2026:11:20 09:08:07'
    exif[274] = 6  # turned
    exif.get_ifd(0x8769)[36867] = '2026:11:20 09:08:07'
    exif.get_ifd(0x8825)[2] = (31.0, 12.0, 0.0)
    return exif


def test_a_photograph_keeps_its_pixels_and_nothing_else(folder):
    source = folder / 'IMG_1.jpg'
    picture().save(source, exif=exif_of_a_phone(), comment=b'by Wang Secret')
    assert b'Wang Secret' in source.read_bytes()
    taken, _ = store_screenshot(source, 'story-1')
    stored = folder / 'submission' / taken.file
    content = stored.read_bytes()
    for private in (b'Wang', b'PhoneMaker', b'Exif', b'eXIf', b'2026:11'):
        assert private not in content
    with Image.open(stored) as clean:
        assert clean.format == 'PNG'
        assert clean.size == (480, 640), 'turned as the phone was held'
        assert not clean.getexif()
        assert not clean.info
    local = datetime.datetime(2026, 11, 20, 9, 8, 7).astimezone(datetime.UTC)
    assert (taken.taken, taken.taken_from) == (local.strftime('%Y-%m-%dT%H:%M:%SZ'), 'exif')
    assert (taken.width, taken.height) == (480, 640)


def test_texts_and_profiles_in_a_png_are_left_out(folder):
    told = PngImagePlugin.PngInfo()
    told.add_text('Author', 'Wang Secret')
    told.add_itxt('XML:com.adobe.xmp', '<x>/home/wang</x>')
    source = folder / 'shot.png'
    picture().save(source, pnginfo=told, icc_profile=b'profile of Wang')
    os.utime(source, (1_800_000_000, 1_800_000_000))
    taken, _ = store_screenshot(source, 'story-1')
    content = (folder / 'submission' / taken.file).read_bytes()
    assert b'Wang' not in content
    assert b'/home' not in content
    assert (taken.taken, taken.taken_from) == ('2027-01-15T08:00:00Z', 'file')


def test_an_old_picture_is_noted(folder):
    source = folder / 'shot.png'
    picture().save(source)
    os.utime(source, (1_700_000_000, 1_700_000_000))
    _, notes = store_screenshot(source, 'story-1', since='2026-11-20T12:00:00Z')
    assert len(notes) == 1
    assert 'before this task began' in notes[0]
    assert store_screenshot(source, 'story-1', since='2020-01-01T00:00:00Z')[1] == []


@pytest.mark.parametrize('mode', ['RGBA', 'P', 'L', 'LA', '1', 'CMYK'])
def test_pictures_of_every_kind(folder, mode):
    source = folder / ('shot.jpg' if mode == 'CMYK' else 'shot.png')
    picture(mode=mode).save(source)
    taken, _ = store_screenshot(source, 'story-1')
    with Image.open(folder / 'submission' / taken.file) as clean:
        assert (clean.mode, clean.size) == ('RGB', (640, 480))


def test_a_transparent_picture_is_on_white(folder):
    image = picture(mode='RGBA')
    image.putalpha(Image.linear_gradient('L').resize(image.size))
    image.save(folder / 'shot.png')
    taken, _ = store_screenshot(folder / 'shot.png', 'story-1')
    with Image.open(folder / 'submission' / taken.file) as clean:
        assert min(clean.getpixel((10, 0))) > 240


def test_a_very_large_one_is_made_smaller(folder):
    picture((5000, 2000)).save(folder / 'shot.png')
    taken, _ = store_screenshot(folder / 'shot.png', 'story-1')
    assert (taken.width, taken.height) == (2400, 960)


def write(path, content):
    path.write_bytes(content)
    return path


def png_of(image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, 'PNG')
    return buffer.getvalue()


BAD = {
    'absent': (lambda f: f / 'nothing.png', 'is not there'),
    'a folder': (lambda f: f, 'is a folder'),
    'empty': (lambda f: write(f / 'shot.png', b''), 'has 0 bytes'),
    'text': (lambda f: write(f / 'shot.png', b'hello'), 'cannot be read as a picture'),
    'cut off': (lambda f: write(f / 'shot.png', png_of(picture())[:3000]), 'cannot be read as a picture'),
    'white': (lambda f: write(f / 'shot.png', png_of(Image.new('RGB', (640, 480), 'white'))), 'one colour'),
    'black': (lambda f: write(f / 'shot.png', png_of(Image.new('L', (640, 480), 3))), 'one colour'),
    'tiny': (lambda f: write(f / 'shot.png', png_of(picture((64, 48)))), 'only 64 x 48 pixels'),
    'a bomb': (lambda f: write(f / 'shot.png', png_of(Image.new('1', (20_000, 20_000)))), 'pixels'),
}


@pytest.mark.parametrize('kind', BAD)
def test_what_is_no_screenshot(folder, kind, monkeypatch):
    monkeypatch.setattr(ImageFile, 'LOAD_TRUNCATED_IMAGES', True)  # as LMDeploy leaves it when it is loaded
    make, message = BAD[kind]
    with pytest.raises(HomeworkError, match=message):
        store_screenshot(make(folder), 'story-1')
    assert not list((folder / 'submission').rglob('*'))


@pytest.mark.parametrize('name', SEEN)
def test_stored_with_the_pixels_that_an_engine_sees(folder, name):
    data, want = SEEN[name]
    taken, _ = store_screenshot(write(folder / name, data), 'story-1')
    with Image.open(folder / 'submission' / taken.file) as stored:
        assert stored.tobytes() == want.tobytes()


@pytest.mark.parametrize('name', [name for name in SEEN if name.endswith('.png')])
def test_shown_to_the_instructor_as_an_engine_sees_it(folder, name):
    data, want = SEEN[name]
    picture = read_picture(write(folder / name, data).parent, name, 'story')
    with Image.open(io.BytesIO(picture.jpeg)) as shown:
        assert max(high for _, high in ImageChops.difference(shown, want).getextrema()) < 60
    assert picture.hash == perceptual_hash(want)
