"""However a server ends, nothing of it is left.  A stand-in takes LMDeploy's place; the rest is real:
`lessons.serving.server`,
`lessons.serving.process`, processes, sockets, signals.  (With LMDeploy itself: test_server.py.)"""

import contextlib
import gc
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import openai
import psutil
import pytest
import requests
import server_support
from patience import PATIENCE_S, wait_until
from server_support import LAUNCHER, alive, free_port, is_free, tree

from lessons.serving import arguments as server_arguments
from lessons.serving import port as server_port
from lessons.serving import server as module
from lessons.serving.keys import key_of, key_path
from lessons.serving.process import temporary_folder
from lessons.serving.server import api_server, running_servers


@pytest.fixture(autouse=True)
def _stand_in(monkeypatch, tmp_path):
    monkeypatch.setattr(module.Server, 'launcher', LAUNCHER)
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


def test_its_temporary_files_go_with_it(monkeypatch):
    with tempfile.TemporaryDirectory(dir='/tmp') as short:  # pytest's own is too long for the names of sockets
        monkeypatch.setenv('TMPDIR', short)
        with api_server('x'):
            assert [path.name.startswith('lmdeploy-server-') for path in Path(short).iterdir()] == [True]
        assert not list(Path(short).iterdir())


def test_the_watcher_sleeps():
    """Thirty idle servers on a machine: each watcher looked round ten times a second."""
    with api_server('x') as server:
        watcher = psutil.Process(server.pid)
        before = watcher.num_ctx_switches().voluntary
        time.sleep(1.5)
        assert watcher.num_ctx_switches().voluntary - before < 5


@pytest.fixture
def children():
    """Calling it gives the processes that this test started: other files' tests may have left some of their own."""
    before = set(psutil.Process().children(recursive=True))
    return lambda: [p for p in psutil.Process().children(recursive=True) if p not in before]


def test_ctrl_c_while_it_starts(monkeypatch, children):
    monkeypatch.setenv('STAND_IN', 'slow')
    found = []

    def interrupt():
        wait_until(lambda: len(children()) >= 4)
        found.extend(children())
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=interrupt).start()
    with pytest.raises(KeyboardInterrupt):
        api_server('x')
    assert len(found) >= 4
    assert not alive(found)


def test_not_ready_in_time(monkeypatch, children):
    monkeypatch.setenv('STAND_IN', 'slow')
    with pytest.raises(RuntimeError, match='not ready after 1 s'):
        api_server('x', timeout_s=1)
    assert not alive(children())


@pytest.mark.parametrize(
    ('mode', 'match'), [('die', r'ValueError: the stand-in was told to\.'), ('killed', '(?s)Out of memory.*signal 9')]
)
def test_it_ends_while_it_starts(mode, match, monkeypatch, children):
    monkeypatch.setenv('STAND_IN', mode)
    with pytest.raises(RuntimeError, match=match) as error:
        api_server('x')
    assert 'lessons.serving.process: the server' in str(error.value)
    assert not alive(children())


@pytest.mark.parametrize('when', ['before the request', 'during it'])
def test_the_next_call_names_the_log_of_a_server_that_ended(when):
    with api_server('x') as server:
        processes = tree(server.pid)
        if when == 'before the request':
            processes[1].kill()
            assert not alive(processes[:2], timeout_s=PATIENCE_S)
        else:
            threading.Timer(0.5, processes[1].kill).start()
        said = f'(?s)does not answer: the server ended by itself: .*The end of .*{server.log.name}.*killed by signal 9'
        with pytest.raises(requests.ConnectionError, match=said):
            server.get('/slowly')
        with pytest.raises(requests.ConnectionError, match=said):
            server.post('/v1/x', {})
        with pytest.raises(openai.APIConnectionError, match=said):
            server.client.models.list()
        assert not server.running
        assert server.log.name in repr(server)
    with pytest.raises(requests.ConnectionError, match=r'the server was ended with stop\(\)'):
        server.get('/v1/models')


@pytest.mark.parametrize('number', [signal.SIGTERM, signal.SIGKILL])
@pytest.mark.parametrize('which', ['watcher', 'server'])
def test_one_of_its_processes_is_killed(which, number):
    """The rest ends too, by itself or, where the watcher got no chance, with the block."""
    with api_server('x') as server:
        port, processes = server.port, tree(server.pid)
        assert key_of(server.url)
        processes[which == 'server'].send_signal(number)
        assert not alive(processes[:2], timeout_s=PATIENCE_S)
        assert not server.running
        assert key_of(server.url) is None
        if (which, number) != ('watcher', signal.SIGKILL):
            assert not alive(processes, timeout_s=PATIENCE_S)
            assert is_free(port)
        left = alive(processes)
    own_session = [p for p in left if p.is_running() and os.getsid(p.pid) == p.pid]
    assert not alive([p for p in processes if p not in own_session], timeout_s=PATIENCE_S)
    for process in own_session:  # nobody's child, in nobody's group: with its watcher gone, nobody can know of it
        process.kill()


# ------------------------------------------------------------------------------------------------- with another process

SCRIPT = """
import json, os, signal, sys, time
sys.path.insert(0, sys.argv[1])
from server_support import LAUNCHER, tree
from lessons.serving import arguments as server_arguments
from lessons.serving import server as module
module.Server.launcher = LAUNCHER
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
    arguments = [str(Path(server_support.__file__).parent), str(free_port())]
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
        process.wait(PATIENCE_S)
        nothing_left(said['processes'], said['port'], timeout_s=PATIENCE_S)


@pytest.mark.parametrize('number', [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP])
def test_the_notebooks_process_is_killed(number):
    with notebook() as (process, said):
        assert key_of(f'http://127.0.0.1:{said["port"]}')
        process.send_signal(number)
        process.wait(PATIENCE_S)
        nothing_left(said['processes'], said['port'], timeout_s=PATIENCE_S)


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
            nothing_left(said['processes'], said['port'], timeout_s=PATIENCE_S)
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
        assert requests.get(f'http://127.0.0.1:{said["port"]}/', timeout=PATIENCE_S).ok
        process.kill()
        nothing_left(said['processes'], said['port'], timeout_s=PATIENCE_S)


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


@pytest.mark.parametrize(
    ('name', 'short'), [('t', True), ('a-long-name-of-a-batch-job' * 4, False), ('很长的名字' * 8, False)]
)
def test_sockets_fit_into_the_temporary_folder(tmp_path, monkeypatch, name, short):
    base = Path(tempfile.mkdtemp(dir='/tmp')) / name
    base.mkdir()
    monkeypatch.setattr(tempfile, 'tempdir', str(base))
    folder = Path(temporary_folder())
    try:
        assert (folder.parent == base) is short
        with socket.socket(socket.AF_UNIX) as listening:
            (folder / 'pymp-12345678').mkdir()
            listening.bind(str(folder / 'pymp-12345678' / 'listener-12345678'))
    finally:
        shutil.rmtree(folder)
        shutil.rmtree(base.parent)
