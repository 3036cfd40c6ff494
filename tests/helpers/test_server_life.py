"""However a server ends, nothing of it is left.  A stand-in takes LMDeploy's place; the rest is real: `helpers.server`,
`helpers.serve`, processes, sockets, signals.  (With LMDeploy itself: test_server.py.)"""

import contextlib
import gc
import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import psutil
import pytest
import requests
from server_support import LAUNCHER, alive, free_port, is_free, tree

from helpers import server as module
from helpers import server_arguments, server_port
from helpers.server import api_server, running_servers
from helpers.server_keys import key_of, key_path


@pytest.fixture(autouse=True)
def _stand_in(monkeypatch, tmp_path):
    monkeypatch.setattr(module, '_LAUNCHER', LAUNCHER)
    monkeypatch.setenv('TMPDIR', str(tmp_path))
    monkeypatch.setattr(server_arguments, 'command_line', lambda model, **_: [str(model)])
    monkeypatch.setattr(server_port, 'FIRST_PORT', free_port())  # nobody else's on this machine
    monkeypatch.delenv('LMDEPLOY_API_KEY', raising=False)
    yield
    for server in running_servers():
        server.stop()


def nothing_left(processes, port, timeout_s=0.0):
    assert len(processes) >= 4  # the watcher, the server, two of its children
    assert not alive(processes, timeout_s)
    assert is_free(port)
    assert not key_path(port).exists()


# -------------------------------------------------------------------------------------------------- in the same process


def by_block():
    with api_server('x') as server:
        return server.port, tree(server.pid)


def by_exception():
    found = []

    def fail():
        with api_server('x') as server:
            found.extend([server.port, tree(server.pid)])
            _ = 1 / 0

    with pytest.raises(ZeroDivisionError):
        fail()
    return found


def by_ctrl_c():
    found = []

    def interrupted():
        with api_server('x') as server:
            found.extend([server.port, tree(server.pid)])
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    return found


def by_stop():
    server = api_server('x')
    found = server.port, tree(server.pid)
    assert running_servers() == [server]
    server.stop()
    server.stop()
    assert 'ended' in repr(server)
    assert running_servers() == []
    return found


def by_forgetting():
    server = api_server('x')
    found = server.port, tree(server.pid)
    del server
    gc.collect()
    return found


@pytest.mark.parametrize('end', [by_block, by_exception, by_ctrl_c, by_stop, by_forgetting])
def test_it_ends_at_once(end):
    port, processes = end()
    nothing_left(processes, port)


def test_its_temporary_files_go_with_it(tmp_path):
    with api_server('x'):
        assert [path.name.startswith('lmdeploy-server-') for path in tmp_path.iterdir()] == [True]
    assert not list(tmp_path.iterdir())


def test_ctrl_c_while_it_starts(monkeypatch):
    monkeypatch.setenv('STAND_IN', 'slow')
    found = []

    def interrupt():
        found.extend(child for child in psutil.Process().children(recursive=True))
        os.kill(os.getpid(), signal.SIGINT)

    timer = threading.Timer(1.5, interrupt)
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        api_server('x')
    assert len(found) >= 4
    assert not alive(found)


def test_not_ready_in_time(monkeypatch):
    monkeypatch.setenv('STAND_IN', 'slow')
    with pytest.raises(RuntimeError, match='not ready after 1 s'):
        api_server('x', timeout_s=1)
    assert not alive(psutil.Process().children(recursive=True))


@pytest.mark.parametrize(
    ('mode', 'match'), [('die', r'ValueError: the stand-in was told to\.'), ('killed', '(?s)Out of memory.*signal 9')]
)
def test_it_ends_while_it_starts(mode, match, monkeypatch):
    monkeypatch.setenv('STAND_IN', mode)
    with pytest.raises(RuntimeError, match=match) as error:
        api_server('x')
    assert 'helpers.serve: the server' in str(error.value)
    assert not alive(psutil.Process().children(recursive=True))


@pytest.mark.parametrize('number', [signal.SIGTERM, signal.SIGKILL])
@pytest.mark.parametrize('which', ['watcher', 'server'])
def test_one_of_its_processes_is_killed(which, number):
    """The rest ends too, by itself or, where the watcher got no chance, with the block."""
    with api_server('x') as server:
        port, processes = server.port, tree(server.pid)
        assert key_of(server.url)
        processes[which == 'server'].send_signal(number)
        left = alive(processes, timeout_s=3)
        assert processes[0] not in left
        assert processes[1] not in left
        assert not server.running
        assert key_of(server.url) is None
        if (which, number) != ('watcher', signal.SIGKILL):
            assert not left
            assert is_free(port)
    own_session = [p for p in left if p.is_running() and os.getsid(p.pid) == p.pid]
    assert not alive([p for p in processes if p not in own_session], timeout_s=3)
    for process in own_session:  # nobody's child, in nobody's group: with its watcher gone, nobody can know of it
        process.kill()


# ------------------------------------------------------------------------------------------------- with another process

SCRIPT = """
import json, os, signal, sys, time
sys.path.insert(0, sys.argv[1])
from server_support import LAUNCHER, tree
from helpers import server as module, server_arguments
module._LAUNCHER = LAUNCHER
server_arguments.command_line = lambda model, **_: [str(model)]
server = module.api_server('x', server_port=int(sys.argv[2]))
extra = {}
{before}
print(json.dumps({'port': server.port, 'pids': [p.pid for p in tree(server.pid)], **extra}), flush=True)
{after}
"""


@contextlib.contextmanager
def notebook(before='', after='time.sleep(1000)'):
    """A process that starts a server, as a notebook's kernel would -> (the process, what it says)."""
    script = SCRIPT.replace('{before}', before).replace('{after}', after)
    arguments = [str(Path(__file__).parent), str(free_port())]
    pipes = {'stdin': subprocess.PIPE, 'stdout': subprocess.PIPE}
    process = subprocess.Popen([sys.executable, '-c', script, *arguments], text=True, **pipes)
    try:
        said = json.loads(process.stdout.readline())
        said['processes'] = [psutil.Process(pid) for pid in said['pids']]
        assert len(alive(said['processes'])) >= 4
        yield process, said
    finally:
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()


@pytest.mark.parametrize('after', ['sys.exit()', '1 / 0', 'os._exit(1)', 'os.kill(os.getpid(), 9)', 'os.abort()'])
def test_the_notebooks_process_ends(after):
    with notebook(after=f'sys.stdin.read(); {after}') as (process, said):
        process.stdin.close()
        process.wait(10)
        nothing_left(said['processes'], said['port'], timeout_s=3)


@pytest.mark.parametrize('number', [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP])
def test_the_notebooks_process_is_killed(number):
    with notebook() as (process, said):
        assert key_of(f'http://127.0.0.1:{said["port"]}')
        process.send_signal(number)
        process.wait(10)
        nothing_left(said['processes'], said['port'], timeout_s=3)


FORK = """
extra['fork'] = os.fork()
if not extra['fork']:
    time.sleep(1000)
"""


def test_killed_while_a_fork_of_it_lives_on():
    """multiprocessing's processes are forks that hold whatever was open."""
    with notebook(before=FORK) as (process, said):
        fork = psutil.Process(said['fork'])
        try:
            process.kill()
            process.wait()
            nothing_left(said['processes'], said['port'], timeout_s=3)
            assert fork.is_running()
        finally:
            fork.kill()


FORK_THAT_ENDS = """
extra['fork'] = os.fork()
if not extra['fork']:
    repr(server)
    server.stop()
    sys.exit()
os.waitpid(extra['fork'], 0)
"""


def test_a_fork_of_the_notebooks_process_does_not_end_the_server():
    with notebook(before=FORK_THAT_ENDS) as (process, said):
        assert requests.get(f'http://127.0.0.1:{said["port"]}/', timeout=5).ok
        process.kill()
        nothing_left(said['processes'], said['port'], timeout_s=3)


# -------------------------------------------------------------------------------------------------- ports and addresses


def addresses(server):
    """Where its processes listen."""
    found = [c for process in tree(server.pid) for c in process.net_connections('tcp')]
    return {c.laddr.ip for c in found if c.status == psutil.CONN_LISTEN}


def test_two_at_once(capsys, monkeypatch):
    with api_server('x') as first:
        monkeypatch.setattr(server_port, 'FIRST_PORT', first.port)
        capsys.readouterr()
        with api_server('x') as second:
            assert second.port > first.port
            said = capsys.readouterr()
            # not on stdout: the stored output of a notebook is compared with that
            assert f'port {first.port} is taken by process' in said.err
            assert said.err.strip().endswith(f'using {second.port}')
            assert said.out == ''
            assert key_of(first.url) != key_of(second.url)
            assert first.running
        assert first.running
        assert first.get('/').ok


def test_a_port_that_was_asked_for_is_taken():
    with api_server('x') as server:
        with pytest.raises(OSError, match=rf'port {server.port} is taken by process \d+ \(.*server_support'):
            api_server('x', server_port=server.port)
        assert server.running
        port = server.port
    with api_server('x', server_port=port) as server:  # at once, past the last one's TIME_WAIT
        assert server.port == port


@pytest.mark.parametrize('port', [0, -1, 65536, '23333'])
def test_not_a_port(port):
    with pytest.raises(ValueError, match='from 1 to 65535'):
        api_server('x', server_port=port)


def test_an_address_that_is_not_here():
    with pytest.warns(UserWarning, match='listens on'), pytest.raises(OSError, match=r'cannot listen on 192\.0\.2\.1'):
        api_server('x', server_name='192.0.2.1')


def test_every_address_only_with_a_warning():
    with pytest.warns(UserWarning, match='every machine that reaches this one'):
        server = api_server('x', server_name='0.0.0.0')
    with server:
        assert server.url == f'http://127.0.0.1:{server.port}'
        assert addresses(server) == {'0.0.0.0'}


def test_this_machine_only_unless_told_otherwise(recwarn):
    with api_server('x') as server:
        assert addresses(server) == {'127.0.0.1'}
    assert not [w for w in recwarn if 'listens on' in str(w.message)]


# -------------------------------------------------------------------------------------------------------- key and proxy


def test_the_proxy_of_the_environment_is_passed_by(monkeypatch):
    for name in ('http_proxy', 'HTTP_PROXY', 'all_proxy', 'ALL_PROXY'):
        monkeypatch.setenv(name, 'http://127.0.0.1:9')
    with api_server('x') as server:
        assert server.get('/').ok
        assert server.client.models.list().data[0].id == 'stand-in'
        run = {'shell': True, 'capture_output': True, 'text': True, 'check': True}
        answer = json.loads(subprocess.run(server.curl('/'), env=server.environment(), **run).stdout)
        assert answer['headers']['Authorization'] == f'Bearer {key_of(server.url)}'


def test_a_key_in_the_notebooks_environment_is_not_the_servers(monkeypatch):
    monkeypatch.setenv('LMDEPLOY_API_KEY', 'of another server')
    with api_server('x') as server:
        assert server.get('/').json()['headers']['Authorization'] != 'Bearer of another server'
        assert all('LMDEPLOY_API_KEY' not in process.environ() for process in tree(server.pid))
