"""The ssh line, and the address behind a Jupyter."""

import getpass
import http.server
import os
import subprocess
import sys
import threading

import jupyter_server.serverapp
import pytest
from patience import wait_until
from server_support import free_port

from lessons.serving import tunnel_command


@pytest.fixture(autouse=True)
def _no_jupyter(monkeypatch, tmp_path):
    monkeypatch.setenv('JUPYTER_RUNTIME_DIR', str(tmp_path))


def test_to_intern_studio():
    assert tunnel_command(23333, {}) == 'ssh -CN -L 23333:127.0.0.1:23333 root@ssh.intern-ai.org.cn -p SSH_PORT'


def test_to_the_machine_that_ssh_came_to():
    line = tunnel_command(6006, {'SSH_CONNECTION': '10.0.0.1 50000 10.0.0.2 2222'})
    assert line == f'ssh -CN -L 6006:127.0.0.1:6006 {getpass.getuser()}@10.0.0.2 -p 2222'


@pytest.mark.parametrize('port', [0, 65536, '23333', True])
def test_no_port(port):
    with pytest.raises(ValueError, match='from 1 to 65535'):
        tunnel_command(port)


def test_behind_a_jupyter_that_passes_ports_on(monkeypatch):
    asked = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append((self.path, self.headers['Authorization']))
            self.send_response(599)  # what jupyter-server-proxy says while nobody listens
            self.end_headers()

    with http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f'http://127.0.0.1:{server.server_port}/user/me/'
        running = [
            {'pid': 1, 'url': 'http://127.0.0.1:1/', 'token': 'x'},
            {'pid': os.getppid(), 'url': url, 'token': 't'},
        ]
        monkeypatch.setattr(jupyter_server.serverapp, 'list_running_servers', lambda: running)
        assert tunnel_command(23333, {}) == f'{url}proxy/23333/'
        server.shutdown()
    assert asked == [('/user/me/proxy/1/x', 'token t')]


def test_behind_a_jupyter_that_does_not(monkeypatch, tmp_path):
    """A real one, without the extension."""
    command = [sys.executable, '-m', 'jupyter_server', '--no-browser', '--allow-root', '--ServerApp.token=t']
    command += [f'--port={free_port()}', f'--ServerApp.root_dir={tmp_path}']
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            monkeypatch.setattr(os, 'getppid', lambda: process.pid)
            wait_until(lambda: list(jupyter_server.serverapp.list_running_servers()), every_s=0.1)
            assert [s['pid'] for s in jupyter_server.serverapp.list_running_servers()] == [process.pid]
            assert tunnel_command(23333, {}).startswith('ssh -CN -L 23333:')
        finally:
            process.kill()
