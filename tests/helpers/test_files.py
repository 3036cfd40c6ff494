"""Files and folders are whole or not there, whoever breaks in."""

import errno
import os
import stat
from pathlib import Path

import pytest

from helpers import files
from helpers.files import whole_folder, write_whole


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_file_is_replaced_by_a_whole_one_or_stays(tmp_path):
    path = tmp_path / 'new' / 'file'
    write_whole(path, b'first')

    def breaks(half):
        half.write_bytes(b'half of it')
        raise OSError(28, 'No space left on device')

    with pytest.raises(OSError, match=r'file cannot be written \(No space left on device\): nothing was changed'):
        write_whole(path, breaks)
    assert path.read_bytes() == b'first'
    write_whole(path, lambda half: half.write_bytes(b'second'))
    assert path.read_bytes() == b'second'
    assert names(path.parent) == ['file']


def test_a_file_for_its_owner_alone_is_never_anybody_elses(tmp_path):
    seen, previous = [], os.umask(0)
    try:
        write_whole(tmp_path / 'open', b'')
        write_whole(tmp_path / 'key', lambda half: seen.append(stat.S_IMODE(half.stat().st_mode)), mode=0o600)
    finally:
        os.umask(previous)
    assert seen == [0o600]
    assert [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ('key', 'open')] == [0o600, 0o666]


def test_a_half_file_of_a_killed_process_does_no_harm(tmp_path):
    (tmp_path / f'.file.{os.getpid()}.part').write_bytes(b'half')
    write_whole(tmp_path / 'file', b'whole')
    assert names(tmp_path) == ['file']


def test_a_folder_appears_at_the_end(tmp_path):
    target = tmp_path / 'a' / 'folder'
    with whole_folder(target) as work:
        (work / 'inner').mkdir(mode=0o700)
        (work / 'inner' / 'file').write_text('x')
        assert not target.exists()
    assert (target / 'inner' / 'file').read_text() == 'x'
    assert stat.S_IMODE((target / 'inner').stat().st_mode) == 0o755
    assert names(tmp_path / 'a') == ['folder']


@pytest.mark.parametrize('replaces', [None, lambda folder: True])
def test_a_folder_that_fails_leaves_what_was_there(tmp_path, replaces):
    target = tmp_path / 'folder'
    target.mkdir()
    (target / 'old').touch()

    def interrupted():
        with whole_folder(target, replaces) as work:
            (work / 'new').touch()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert names(target) == ['old']
    assert names(tmp_path) == ['folder']


def test_a_folder_is_replaced_where_it_may_be(tmp_path):
    target = tmp_path / 'folder'
    for name in ('one', 'two'):
        with whole_folder(target, lambda there: (there / 'one').exists()) as work:
            (work / name).touch()
    assert names(target) == ['two']
    with pytest.raises(FileExistsError, match='is something else'), whole_folder(target, lambda there: False):
        pytest.fail('entered')
    assert names(tmp_path) == ['folder']


def test_another_process_may_be_first(tmp_path):
    target = tmp_path / 'folder'
    with whole_folder(target) as work:
        (work / 'mine').touch()
        with whole_folder(target) as other:
            (other / 'theirs').touch()
    assert names(target) == ['theirs']
    assert names(tmp_path) == ['folder']


def test_what_a_link_leads_to_is_left_alone(tmp_path):
    share = tmp_path / 'share'
    share.write_text('x')
    share.chmod(0o444)
    with whole_folder(tmp_path / 'folder') as work:
        (work / 'link').symlink_to(share)
        (work / 'nowhere').symlink_to(tmp_path / 'gone')
    assert stat.S_IMODE(share.stat().st_mode) == 0o444
    assert names(tmp_path / 'folder') == ['link', 'nowhere']


class TestOddMachines:
    """No home, a cache of somebody else's, disks without locks, any name of a folder."""

    def test_no_home_at_all(self, monkeypatch):
        monkeypatch.delenv('XDG_CACHE_HOME', raising=False)
        # As without $HOME and an entry in the password file.
        monkeypatch.setattr('os.path.expanduser', lambda path: path)
        with pytest.raises(OSError, match=r'you have no home folder.*set XDG_CACHE_HOME'):
            files.cache_folder()

    @pytest.mark.parametrize('home', ['/proc/nowhere', '/dev/null'])
    def test_a_home_that_is_not_there(self, monkeypatch, home):
        monkeypatch.delenv('XDG_CACHE_HOME', raising=False)
        monkeypatch.setenv('HOME', home)
        with pytest.raises(OSError, match='set XDG_CACHE_HOME'):
            files.cache_folder()

    def test_a_cache_that_is_there_and_cannot_be_written(self, monkeypatch, tmp_path):
        monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path))
        folder = files.cache_folder()
        monkeypatch.setattr('os.access', lambda *_: False)  # root may write everywhere
        with (
            pytest.raises(OSError, match='cannot be written: set XDG_CACHE_HOME'),
            files.whole_folder(folder / 'x' / 'y'),
        ):
            pass
        with pytest.raises(OSError, match='cannot be written: choose a folder'), files.whole_folder(tmp_path / 'mine'):
            pass

    @pytest.mark.parametrize('blocked', ['locks', 'locks/0123'])
    def test_locks_that_somebody_else_made(self, monkeypatch, tmp_path, blocked):
        monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path))
        path = files.cache_folder() / blocked
        path.parent.mkdir(exist_ok=True)
        path.write_text('') if blocked == 'locks' else path.mkdir()
        lock = files.cache_folder() / 'locks' / '0123'
        with pytest.raises(OSError, match=r'0123 cannot be written .*set XDG_CACHE_HOME'), files.locked(lock):
            pass

    def test_a_file_in_the_cache(self, monkeypatch):
        monkeypatch.setenv('XDG_CACHE_HOME', '/proc/nowhere')
        with pytest.raises(OSError, match='nothing was changed; set XDG_CACHE_HOME'):
            files.write_whole(Path('/proc/nowhere/lmdeploy-course/servers/key'), b'')
        with pytest.raises(OSError, match=r'nothing was changed$'):
            files.write_whole(Path('/proc/elsewhere/x'), b'')

    @pytest.mark.parametrize('number', [errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP, errno.EIO])
    def test_a_disk_without_locks(self, monkeypatch, tmp_path, number):
        def flock(*_):
            raise OSError(number, '')

        monkeypatch.setattr('fcntl.flock', flock)
        with files.locked(tmp_path / 'lock'):
            went_on = True
        assert went_on

    @pytest.mark.parametrize('name', ['a [1]', '课程 *', "it's ?", '{x}', '-n', '#%25'])
    def test_any_name(self, tmp_path, name):
        target = tmp_path / name / name
        left = target.with_name(f'.{name}.making-killed')
        left.mkdir(parents=True)
        for content in ('one', 'two'):
            with files.whole_folder(target, lambda folder: True) as work:
                (work / 'file').write_text(content)
        assert (target / 'file').read_text() == 'two'
        assert sorted(path.name for path in target.parent.iterdir()) == [name]
