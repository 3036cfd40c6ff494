"""The key of a server that runs here is found by its address, and by nobody else."""

import json
import os
import stat
import subprocess
import sys

import pytest

from lessons.serving.keys import ApiKey, key_of, leave_key, remove_key

KEY = 'key-for-tests-0123456789'


@pytest.fixture(autouse=True)
def _no_key_given(monkeypatch, tmp_path):
    monkeypatch.delenv('LMDEPLOY_API_KEY', raising=False)
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path))


@pytest.mark.parametrize(
    'url',
    [
        'http://127.0.0.1:23333',
        'http://localhost:23333/v1',
        'http://[::1]:23333/',
        'http://0.0.0.0:23333',
        'localhost:23333',
    ],
)
def test_found_by_every_name_of_this_machine(url):
    leave_key(23333, KEY, os.getpid())
    assert key_of(url) == KEY


@pytest.mark.parametrize(
    'url', ['http://example.org:23333', 'http://10.0.0.1:23333', 'http://127.0.0.1.example.org:23333']
)
def test_not_given_to_another_machine(url):
    leave_key(23333, KEY, os.getpid())
    assert key_of(url) is None


def test_each_port_has_its_own():
    leave_key(23333, KEY, os.getpid())
    leave_key(80, 'of port 80', os.getpid())
    assert key_of('http://127.0.0.1:23334') is None
    assert key_of('http://127.0.0.1') == 'of port 80'


def test_the_environment_comes_first(monkeypatch):
    leave_key(23333, KEY, os.getpid())
    monkeypatch.setenv('LMDEPLOY_API_KEY', 'given')
    assert key_of('http://127.0.0.1:23333') == 'given'
    assert key_of('http://example.org') == 'given'


def test_only_its_owner_can_read_it():
    previous = os.umask(0)
    try:
        path = leave_key(23333, KEY, os.getpid())
    finally:
        os.umask(previous)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert [file.name for file in path.parent.iterdir()] == [path.name]
    path.chmod(0o644)
    with pytest.raises(PermissionError, match='can be read by others'):
        key_of('http://127.0.0.1:23333')


def test_of_a_server_that_is_gone_it_is_removed():
    process = subprocess.Popen([sys.executable, '-c', 'input()'], stdin=subprocess.PIPE)
    path = leave_key(23333, KEY, process.pid)
    assert key_of('http://127.0.0.1:23333') == KEY
    process.kill()
    while not os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT):  # dead, but not reaped: a zombie
        pass
    assert key_of('http://127.0.0.1:23333') is None
    assert not path.exists()
    process.communicate()


def test_of_another_process_with_the_same_pid_it_is_removed():
    path = leave_key(23333, KEY, os.getpid())
    content = json.loads(path.read_text())
    path.write_text(json.dumps(content | {'started': content['started'] - 1}))
    assert key_of('http://127.0.0.1:23333') is None
    assert not path.exists()


@pytest.mark.parametrize('content', ['', '{', '[]', '{"key": "x"}', '{"key": "x", "pid": "y", "started": 3}'])
def test_a_broken_file_is_removed(content):
    path = leave_key(23333, KEY, os.getpid())
    path.write_text(content)
    assert key_of('http://127.0.0.1:23333') is None
    assert not path.exists()


def test_removed_by_its_server_alone():
    path = leave_key(23333, KEY, os.getpid())
    remove_key(23333, os.getpid() + 1)
    assert path.exists()
    remove_key(23333, os.getpid())
    assert not path.exists()
    remove_key(23333, os.getpid())  # twice is once


def test_a_key_does_not_show():
    from IPython.lib.pretty import pretty

    key = ApiKey(KEY)
    assert key == KEY
    assert f'Bearer {key}' == f'Bearer {KEY}'
    for shown in (repr(key), pretty(key), repr({'key': key}), pretty([key]), f'{key!r}'):
        assert KEY not in shown
