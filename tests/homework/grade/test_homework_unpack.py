"""Zips that no learner should send: each is refused for what it is, and leaves nothing behind."""

import io
import os
import stat
import struct
import zipfile

import pytest

from homework.grade import unpack as unpacking
from homework.grade.unpack import BadSubmissionError, unpack


def zipped(path, entries, **options):
    """A zip of pairs of a name (or ZipInfo) and content."""
    with zipfile.ZipFile(path, 'w', zipfile.ZIP_DEFLATED, **options) as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return path


def refused(archive, tmp_path) -> str:
    before = sorted(os.listdir(tmp_path))
    with pytest.raises(BadSubmissionError) as caught:
        unpack(archive, tmp_path / 'out')
    assert sorted(os.listdir(tmp_path)) == before, 'nothing half-made stays'
    return str(caught.value)


def test_a_good_one(tmp_path):
    info = zipfile.ZipInfo('cards/story.png')
    info.external_attr = (stat.S_IFREG | 0o4777) << 16  # set-user-id, for everybody to write
    archive = zipped(tmp_path / 'a.zip', [('README.md', '你好'), ('cards/', ''), (info, b'x')])
    assert unpack(archive, tmp_path / 'out') == ['README.md', 'cards/story.png']
    assert (tmp_path / 'out' / 'README.md').read_text(encoding='utf-8') == '你好'
    assert not (tmp_path / 'out' / 'cards' / 'story.png').stat().st_mode & 0o6111, 'modes are left behind'


@pytest.mark.parametrize(
    ('name', 'said'),
    [
        ('../evil.txt', 'leads outside'),
        ('cards/../../evil.txt', 'leads outside'),
        ('/etc/evil', 'absolute path'),
        ('C:/evil', 'absolute path'),
        ('C:evil', 'absolute path'),
        ('..\\evil.txt', 'backslash'),
        ('\\\\host\\evil', 'absolute path'),
        ('cards//story.png', 'not a plain path'),
        ('./README.md', 'not a plain path'),
        ('a\u202etxt.exe', 'invisible characters'),
        ('a\nb', 'invisible characters'),
        ('aux.txt', 'no name for a file on every system'),
        ('cards/story.png.', 'no name for a file on every system'),
        ('a:stream', 'absolute path'),
        ('x' * 300, 'too long'),
        ('a/b/c/d/e', 'too many folders'),
    ],
)
def test_names_that_lead_astray(tmp_path, name, said):
    message = refused(zipped(tmp_path / 'a.zip', [('README.md', 'x'), (name, 'y')]), tmp_path)
    assert said in message
    assert message.isprintable(), 'what is invisible is spelled out'


def test_a_name_with_an_end_in_its_middle(tmp_path):
    archive = zipped(tmp_path / 'a.zip', [('README.mdX.exe', 'y')])
    archive.write_bytes(archive.read_bytes().replace(b'README.mdX', b'README.md\0'))
    assert 'invisible characters' in refused(archive, tmp_path)


@pytest.mark.parametrize(
    ('kind', 'said'), [(stat.S_IFLNK, 'is a link'), (stat.S_IFIFO, 'neither'), (stat.S_IFCHR, 'neither')]
)
def test_links_and_devices(tmp_path, kind, said):
    info = zipfile.ZipInfo('cards')
    info.external_attr = (kind | 0o777) << 16
    assert said in refused(zipped(tmp_path / 'a.zip', [(info, '/etc'), ('cards/passwd', 'y')]), tmp_path)


@pytest.mark.filterwarnings('ignore:Duplicate name')
@pytest.mark.parametrize(
    ('one', 'other'),
    [
        ('evidence.json', 'evidence.json'),
        ('evidence.json', 'Evidence.JSON'),
        ('caf\u00e9.png', 'cafe\u0301.png'),
        ('Straße.png', 'STRASSE.png'),
        ('a.png', 'ａ.png'),  # full width
    ],
)
def test_two_files_of_one_name(tmp_path, one, other):
    assert 'two files of one name' in refused(zipped(tmp_path / 'a.zip', [(one, '1'), (other, '2')]), tmp_path)


def test_a_file_that_is_a_folder_too(tmp_path):
    archive = zipped(tmp_path / 'a.zip', [('cards', '1'), ('Cards/story.png', '2')])
    assert 'a file and a folder at once' in refused(archive, tmp_path)


def test_an_encrypted_file(tmp_path):
    archive = zipped(tmp_path / 'a.zip', [('README.md', 'x')])
    content = bytearray(archive.read_bytes())
    for signature, flags in ((b'PK\x03\x04', 6), (b'PK\x01\x02', 8)):
        content[content.index(signature) + flags] |= 1
    archive.write_bytes(content)
    assert 'encrypted' in refused(archive, tmp_path)


def test_an_unusual_compression(tmp_path):
    archive = zipped(tmp_path / 'a.zip', [])
    with zipfile.ZipFile(archive, 'w', zipfile.ZIP_LZMA) as opened:
        opened.writestr('README.md', 'x' * 1000)
    assert 'unusual way' in refused(archive, tmp_path)


def test_a_bomb(tmp_path):
    archive = zipped(tmp_path / 'a.zip', [('bomb', bytes(unpacking.MOST_FILE_BYTES + 1))])
    assert archive.stat().st_size < 100_000
    assert 'unpacks to more than 32 MiB' in refused(archive, tmp_path)


def test_a_bomb_in_many_files(tmp_path):
    piece = bytes(unpacking.MOST_FILE_BYTES - 1)
    archive = zipped(tmp_path / 'a.zip', [(f'{n}', piece) for n in range(6)])
    assert 'unpacks to more than 160 MiB' in refused(archive, tmp_path)


@pytest.mark.parametrize('told', [10, 0])
def test_a_bomb_that_says_it_is_small(tmp_path, told, monkeypatch):
    """The size in the zip's list is its maker's word: Python's zipfile gives no more, and the sum is wrong."""
    archive = zipped(tmp_path / 'a.zip', [('bomb', bytes(1 << 20))])
    content = archive.read_bytes()
    archive.write_bytes(content.replace(struct.pack('<L', 1 << 20), struct.pack('<L', told)))
    assert 'damaged' in refused(archive, tmp_path)
    # And where a reader would go on, ours counts what comes.
    monkeypatch.setattr(zipfile.ZipExtFile, '_update_crc', lambda self, data: None)
    monkeypatch.setattr(unpacking, 'MOST_FILE_BYTES', 5)
    archive.write_bytes(content)
    assert 'unpacks to more than' in refused(archive, tmp_path)


def test_files_that_share_their_bytes(tmp_path):
    """A zip whose list names one compressed piece many times unpacks to far more than it has."""
    archive = zipped(tmp_path / 'a.zip', [('a0', bytes(1 << 20))])
    content = archive.read_bytes()
    begin, end = content.index(b'PK\x01\x02'), content.index(b'PK\x05\x06')
    entry = content[begin:end]
    entries = b''.join(entry.replace(b'a0', f'a{n}'.encode()) for n in range(10))
    tail = bytearray(content[end:])
    struct.pack_into('<HHL', tail, 8, 10, 10, len(entries))
    archive.write_bytes(content[:begin] + entries + tail)
    assert 'damaged' in refused(archive, tmp_path)


def test_too_many_files(tmp_path):
    archive = zipped(tmp_path / 'a.zip', [(f'{n}.txt', '') for n in range(unpacking.MOST_FILES + 1)])
    assert '401 files; a submission has at most 400' in refused(archive, tmp_path)


def test_a_count_that_is_not_true(tmp_path):
    archive = zipped(tmp_path / 'a.zip', [(f'{n}.txt', '') for n in range(unpacking.MOST_FILES + 1)])
    content = bytearray(archive.read_bytes())
    struct.pack_into('<HH', content, content.rindex(b'PK\x05\x06') + 8, 1, 1)
    archive.write_bytes(content)
    assert '401 files' in refused(archive, tmp_path)


def test_zip64_is_not_for_submissions(tmp_path):
    archive = zipped(tmp_path / 'a.zip', [('README.md', 'x')])
    content = archive.read_bytes()
    at = content.rindex(b'PK\x05\x06')
    archive.write_bytes(content[:at] + b'PK\x06\x07' + bytes(16) + content[at:])
    assert 'Zip64' in refused(archive, tmp_path)


@pytest.mark.parametrize('share', [0.01, 0.3, 0.7, 0.95, 0.999])
def test_cut_off(tmp_path, share):
    archive = zipped(tmp_path / 'a.zip', [('README.md', os.urandom(5000)), ('evidence.json', os.urandom(5000))])
    content = archive.read_bytes()
    archive.write_bytes(content[: int(share * len(content))])
    assert 'not a whole zip' in refused(archive, tmp_path)


def test_damaged_in_the_middle(tmp_path):
    archive = zipped(tmp_path / 'a.zip', [('README.md', os.urandom(5000))])
    content = bytearray(archive.read_bytes())
    content[1000:1010] = bytes(10)
    archive.write_bytes(content)
    assert 'damaged' in refused(archive, tmp_path)


@pytest.mark.parametrize(
    ('content', 'said'),
    [
        (b'', 'an empty file'),
        (b'<!doctype html><title>Sign in</title>', 'not a whole zip'),
        (b'Rar!\x1a\x07\x00' + bytes(100), 'not a whole zip'),
        (b'PK\x05\x06' + bytes(18), 'holds no file'),
    ],
)
def test_no_zip_at_all(tmp_path, content, said):
    (tmp_path / 'a.zip').write_bytes(content)
    assert said in refused(tmp_path / 'a.zip', tmp_path)


def test_what_is_no_file(tmp_path):
    (tmp_path / 'folder').mkdir()
    assert 'not a file' in refused(tmp_path / 'folder', tmp_path)
    assert 'cannot be read' in refused(tmp_path / 'nothing.zip', tmp_path)


def test_a_large_archive_is_not_even_opened(tmp_path, monkeypatch):
    monkeypatch.setattr(unpacking, 'MOST_ARCHIVE_BYTES', 100)
    monkeypatch.setattr(zipfile, 'ZipFile', None)
    (tmp_path / 'a.zip').write_bytes(bytes(101))
    assert 'a submission has at most' in refused(tmp_path / 'a.zip', tmp_path)


def test_random_damage_never_ends_in_another_error(tmp_path):
    """A thousand zips with some bytes changed: unpacked whole, or refused in words."""
    import random

    numbers = random.Random(0)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, 'w', zipfile.ZIP_DEFLATED) as opened:
        for name in ('README.md', 'cards/story.png', 'evidence.json'):
            opened.writestr(name, name * 20)
    outcomes = set()
    for n in range(1000):
        content = bytearray(buffer.getvalue())
        for _ in range(numbers.randrange(1, 6)):
            content[numbers.randrange(len(content))] = numbers.randrange(256)
        (tmp_path / 'a.zip').write_bytes(content)
        try:
            unpack(tmp_path / 'a.zip', tmp_path / f'out{n}')
            outcomes.add('unpacked')
        except BadSubmissionError:
            outcomes.add('refused')
            assert not (tmp_path / f'out{n}').exists()
    assert outcomes == {'unpacked', 'refused'}
