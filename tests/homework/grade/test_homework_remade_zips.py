"""A good submission that somebody unpacked and packed again, as systems and archivers do it: read as it was."""

import io
import stat
import struct
import zipfile
import zlib
from pathlib import Path

import pytest
from homework_good import Builder, contents, pack, recoded, screenshot, with_screenshot

from homework.evidence import read_all
from homework.grade import grade_files
from homework.grade.unpack import MOST_FILES, BadSubmissionError, unpack

APPLE = b'\0\x05\x16\x07\0\x02\0\0Mac OS X        ' + bytes(90)


@pytest.fixture(scope='module')
def good(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp('good')
    tasks = Builder(name='李小雨').all()
    tasks = {'story': tasks['story'], 'server-w4a16': tasks['server-w4a16']}
    tasks['story'] = with_screenshot(tasks['story'], folder, screenshot(3))
    with pytest.MonkeyPatch.context() as patch:
        return pack({name: recoded(evidence) for name, evidence in tasks.items()}, folder, patch)


class RawName(zipfile.ZipInfo):
    """An entry whose name stands in the zip as these bytes, without the flag for UTF-8."""

    raw = b''

    def _encodeFilenameFlags(self):
        return self.raw, self.flag_bits & ~0x800


def raw_name(raw: bytes, extra: bytes = b'') -> RawName:
    entry = RawName('x')
    entry.raw, entry.extra, entry.compress_type = raw, extra, zipfile.ZIP_DEFLATED
    return entry


class OneWay(io.BytesIO):
    """A stream that cannot be gone back in: sizes and sums then stand behind each file, in a data descriptor."""

    def seekable(self):
        return False

    def seek(self, *_):
        raise io.UnsupportedOperation

    tell = seek


def zipped(path: Path, entries) -> Path:
    with zipfile.ZipFile(path, 'w', zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items() if isinstance(entries, dict) else entries:
            archive.writestr(name, content)
    return path


def within(folder: str, files: dict) -> dict:
    return {f'{folder}{name}': content for name, content in files.items()}


def folder_entry(name: str, dos: bool = False) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name)
    entry.external_attr = 0x10 if dos else (stat.S_IFDIR | 0o755) << 16 | 0x10
    return entry


def by_finder(files):
    """A Mac: the folder, an AppleDouble file to each in it."""
    shadows = {f'__MACOSX/li/{p.rpartition("/")[0]}/._{p.rpartition("/")[2]}'.replace('//', '/'): APPLE for p in files}
    return within('li/', files) | {'li/.DS_Store': b'x', 'li/cards/.DS_Store': b'x'} | shadows


def by_finder_flat(files):
    return files | {'__MACOSX/._manifest.json': APPLE, '.DS_Store': b'x', 'Thumbs.db': b'y', '._README.md': APPLE}


def by_explorer(files):
    return within('submission-li/', files) | {'submission-li/desktop.ini': b'x', 'submission-li/cards/Thumbs.db': b'y'}


def gbk(text: str) -> bytes:
    return text.encode('gbk')


REMADE = {
    'Finder': by_finder,
    'Finder, flat': by_finder_flat,
    'Explorer': by_explorer,
    'nested twice, Chinese': lambda files: within('作业/提交-李小雨/', files),
    'nested twice, with AppleDouble': lambda f: {
        f'{top}{name}': APPLE if '_' in top else content
        for name, content in f.items()
        for top in ('a/a/', '__MACOSX/a/a/_/')
    },
    'Moodle': lambda files: within('李 小雨_48213_assignsubmission_file_/submission-li/', files),
    'long leading folder': lambda files: within('提交的作业' * 15 + '/', files),
    'a folder no Windows takes': lambda files: within('aux. 10:30 \u200b/', files),
    'GBK': lambda files: [(raw_name(gbk(f'作业-李小雨/{name}')), c) for name, c in files.items()],
    'GBK with a backslash in a letter': lambda files: [
        (raw_name(b'\x81\\/' + name.encode()), c) for name, c in files.items()
    ],
    'UTF-8 without its flag': lambda files: [(raw_name(f'作业é/{name}'.encode()), c) for name, c in files.items()],
    'Info-ZIP': lambda files: [
        (raw_name(raw := gbk(f'作业/{name}'), unicode_path(raw, f'作业/{name}')), c) for name, c in files.items()
    ],
    'old .NET': lambda files: within('submission-li\\', {n.replace('/', '\\'): c for n, c in files.items()}),
    'backslashes, folders too': lambda files: [
        (folder_entry('li\\', dos=True), b''), (folder_entry('li\\cards', dos=True), b''),
        *within('li\\', {n.replace('/', '\\'): c for n, c in files.items()}).items(),
    ],
    'entries for folders': lambda files: [
        (folder_entry('li/'), b''), (folder_entry('li/cards/'), b''), (folder_entry('li/empty/'), b''),
        *within('li/', files).items(),
    ],
    'from within, by tar': lambda files: [(folder_entry('./'), b''), *within('./', files).items()],
    'upper case': lambda files: {name.upper(): content for name, content in files.items()},
    'upper-case endings': lambda files: {
        name.replace('.png', '.PNG').replace('.pdf', '.Pdf'): content for name, content in files.items()
    },
    'NAS and WSL': lambda files: files | within('cards/', {
        '@eaDir/story.png/SYNOFILE': b'x', 'story.png:Zone.Identifier': b'[ZoneTransfer]', '.directory': b'',
        'Icon\r': b'',
    }),
}  # fmt: skip


def unicode_path(raw: bytes, name: str) -> bytes:
    body = struct.pack('<BL', 1, zlib.crc32(raw)) + name.encode()
    return struct.pack('<HH', 0x7075, len(body)) + body


@pytest.mark.parametrize('way', REMADE)
def test_made_again(good, tmp_path, way):
    files = contents(good)
    archive = zipped(tmp_path / 'a.ZIP', REMADE[way](files))
    assert unpack(archive, tmp_path / 'out') == sorted(files)
    assert {name: (tmp_path / 'out' / name).read_bytes() for name in files} == files


@pytest.mark.parametrize('way', ['Finder', 'Finder, flat', 'GBK', 'old .NET', 'upper case'])
def test_graded_as_if_nothing_had_happened(good, tmp_path, way):
    both = [
        grade_files([file], scores=False) for file in (good, zipped(tmp_path / 'a.zip', REMADE[way](contents(good))))
    ]
    assert [grading.unreadable for grading in both] == [[], []]
    (first,), (again,) = (grading.graded for grading in both)
    assert first.total == again.total > 0
    assert [flag.key for flag in again.submission.flags] == []


def test_data_descriptors(good, tmp_path):
    files, stream = contents(good), OneWay()
    with zipfile.ZipFile(stream, 'w', zipfile.ZIP_DEFLATED) as archive:
        for name, content in by_explorer(files).items():
            archive.writestr(name, content)
    (tmp_path / 'a.zip').write_bytes(stream.getvalue())
    with zipfile.ZipFile(tmp_path / 'a.zip') as opened:
        assert all(info.flag_bits & 8 for info in opened.infolist())
    assert unpack(tmp_path / 'a.zip', tmp_path / 'out') == sorted(files)


def test_what_a_mac_adds_does_not_count(tmp_path):
    files = {'manifest.json': b'{}'} | {f'{n}.txt': b'' for n in range(MOST_FILES - 1)}
    shadows = {f'__MACOSX/li/._{name}': b'' for name in files}
    assert len(unpack(zipped(tmp_path / 'a.zip', within('li/', files) | shadows), tmp_path / 'out')) == MOST_FILES


def test_what_is_left_out_is_never_written(good, tmp_path):
    """Not even a bomb."""
    archive = zipped(
        tmp_path / 'a.zip', contents(good) | {'__MACOSX/bomb': bytes(40 << 20), '.DS_Store': bytes(40 << 20)}
    )
    unpack(archive, tmp_path / 'out')
    assert not [path for path in (tmp_path / 'out').rglob('*') if 'MACOSX' in str(path) or path.name == '.DS_Store']


@pytest.mark.parametrize(
    ('more', 'said'),
    [
        ({'__MACOSX/../../evil': b''}, 'leads outside'),
        ({'li\\..\\..\\evil': b''}, 'backslash, and leads outside'),
        ({'li/C:evil': b''}, 'no name for a file on every system'),
        ({'li/../evil': b''}, 'leads outside'),
        ({'.\\..\\evil': b''}, 'leads outside'),
        ({'li/cards\\story.png': b'', 'li/cards/story.png': b''}, 'two files of one name'),
        ({'li/README.MD': b'', 'li/readme.md': b''}, 'two files of one name'),
        ({'li/cards': b'', 'li\\cards\\story.png': b''}, 'a file and a folder at once'),
        ({'li/a/b/c/d/e': b''}, 'too many folders'),
        ({'notes.docx': b''}, 'beside that folder'),
        ({'wang/manifest.json': b''}, 'holds 2 submissions'),
    ],
)
def test_a_folder_around_hides_nothing(tmp_path, more, said):
    with pytest.raises(BadSubmissionError, match=said):
        unpack(zipped(tmp_path / 'a.zip', {'li/manifest.json': b'{}'} | more), tmp_path / 'out')
    assert not (tmp_path / 'out').exists()


@pytest.mark.parametrize('told', ['../evil', '/etc/evil', 'a/../../evil', '..\\evil', 'C:\\evil'])
def test_a_second_name_is_looked_at_too(tmp_path, told):
    raw = gbk('作业.txt')
    entry = raw_name(raw, unicode_path(raw, told))
    with pytest.raises(BadSubmissionError, match=r'leads outside|absolute path'):
        unpack(zipped(tmp_path / 'a.zip', [('manifest.json', b''), (entry, b'')]), tmp_path / 'out')


def test_a_link_among_what_is_left_out(tmp_path):
    link = zipfile.ZipInfo('__MACOSX/._x')
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with pytest.raises(BadSubmissionError, match='is a link'):
        unpack(zipped(tmp_path / 'a.zip', [('manifest.json', b''), (link, b'/etc')]), tmp_path / 'out')


def test_zips_in_a_zip(good, tmp_path):
    archive = zipped(tmp_path / 'a.zip', {'李_1_assignsubmission_file_/submission-li.zip': good.read_bytes()})
    with pytest.raises(BadSubmissionError, match=r'holds other zips .*unpack it once'):
        unpack(archive, tmp_path / 'out')


@pytest.mark.parametrize(
    ('name', 'hidden'),
    [
        ('submission-li.zip', '._submission-li.zip'),
        ('SUBMISSION-LI.ZIP', '__MACOSX/._submission-li.zip'),
        ('李 小雨_48213_assignsubmission_file_/a.zip', '李 小雨_48213_assignsubmission_file_/._a.zip'),
    ],
)  # fmt: skip
def test_a_folder_of_submissions(good, tmp_path, capsys, name, hidden):
    from homework.__main__ import main

    for path, content in ((name, good.read_bytes()), (hidden, APPLE)):
        (tmp_path / 'in' / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / 'in' / path).write_bytes(content)
    assert main(['grade', str(tmp_path / 'in'), '--csv', str(tmp_path / 'g.csv'), '--no-scores']) == 0
    assert capsys.readouterr().out.count('李小雨') == 1


def test_hidden_files_beside_the_evidence(good):
    beside = good.parent / 'evidence' / '._story.json'
    beside.write_bytes(APPLE)
    assert [evidence.task for evidence in read_all(good.parent)] == ['story', 'server-w4a16']
    beside.unlink()
