"""`lessons.serving.server` with LMDeploy itself and tiny-chat; what needs no LMDeploy is in test_server_life.py."""

import json
import os
import re
import stat
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
import requests
from patience import PATIENCE_S
from server_support import alive, free_port, is_free, tree

from helpers.models import EMBEDDED
from lessons.serving import api_server
from lessons.serving import port as server_port
from lessons.serving.keys import key_of, key_path

MODEL = EMBEDDED / 'tiny-chat'
QUESTION = [{'role': 'user', 'content': 'hello'}]


@pytest.fixture(scope='module')
def server(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv('XDG_CACHE_HOME', str(tmp_path_factory.getbasetemp() / 'cache'))
        patch.setenv('OMP_NUM_THREADS', '1')
        patch.delenv('LMDEPLOY_API_KEY', raising=False)
        patch.setattr(server_port, 'FIRST_PORT', free_port())
        with api_server(MODEL, model_name='tiny-chat', cache_max_entry_count=0.1, session_len=512) as server:
            yield server
            processes = tree(server.pid)
        assert len(processes) >= 3
        assert not alive(processes)
        assert is_free(server.port)
        assert key_of(server.url) is None
        assert not key_path(server.port).exists()
        assert server.log.exists()


def test_it_answers(server):
    answer = server.client.chat.completions.create(model=server.model_name, messages=QUESTION, temperature=0)
    assert 'tiny-chat' in answer.choices[0].message.content
    body = {'model': server.model_name, 'messages': QUESTION, 'temperature': 0}
    assert server.post('/v1/chat/completions', body).json()['choices'][0]['message'] == json.loads(
        answer.choices[0].message.model_dump_json(exclude_unset=True)
    )
    assert server.model_name == 'tiny-chat'
    assert server.url == f'http://127.0.0.1:{server.port}'
    assert server.base_url == f'{server.url}/v1'


def test_lmdeploys_arguments_reach_it(server):
    long = server.post('/v1/completions', {'model': 'tiny-chat', 'prompt': 'word ' * 600})
    assert long.status_code == 400
    assert '512' in long.text


def test_metrics_are_on(server):
    assert re.search(r'^lmdeploy:\w+', server.get('/metrics').text, re.M)


def test_the_guard_is_there(server):
    bad = server.post('/v1/chat/completions', {'model': 'tiny-chat', 'messages': QUESTION, 'seed': 2**70})
    assert bad.status_code == 400
    assert server.post('/sleep', {}).status_code == 403


def test_the_curl_line_works_where_the_key_is(server):
    body = {'model': 'tiny-chat', 'messages': [{'role': 'user', 'content': "it's 你好 $HOME `id`"}], 'max_tokens': 4}
    line = server.curl('/v1/chat/completions', body)
    run = {'shell': True, 'capture_output': True, 'text': True}
    assert 'choices' in json.loads(subprocess.run(line, env=server.environment(), **run).stdout)
    assert 'choices' not in json.loads(subprocess.run(line, **run).stdout)
    assert 'data' in json.loads(subprocess.run(server.curl('/v1/models'), env=server.environment(), **run).stdout)


def test_without_the_key_nothing(server):
    for path in ('/v1/models', '/metrics', '/openapi.json', '/'):
        assert requests.get(server.url + path, timeout=PATIENCE_S).status_code == 401, path
        assert (
            requests.get(server.url + path, headers={'Authorization': 'Bearer x'}, timeout=PATIENCE_S).status_code
            == 401
        )


def test_the_key_shows_nowhere(server):
    """Not in what others can see of the processes, nor in the log, nor in anything that a cell shows."""
    from IPython.lib.pretty import pretty

    key = str(key_of(server.url))
    assert len(key) > 30
    for process in tree(server.pid):
        assert key not in ' '.join(process.cmdline())
        assert key not in Path(f'/proc/{process.pid}/environ').read_text()
    assert key not in server.log.read_text()
    assert stat.S_IMODE(server.log.stat().st_mode) == 0o600
    shown = [
        server,
        vars(server),
        server.environment(),
        server.curl('/x', {'a': 1}),
        server.client,
        server.client.api_key,
    ]
    for thing in shown:
        assert key not in repr(thing)
        assert key not in pretty(thing)
    assert key not in server.get('/v1/models').text


def test_a_second_terminal_finds_the_key(server):
    code = 'import sys; from lessons.serving.keys import key_of; print(key_of(sys.argv[1]))'
    run = {'capture_output': True, 'text': True, 'check': True, 'cwd': '/'}
    said = subprocess.run([sys.executable, '-c', code, server.url], **run).stdout.strip()
    assert requests.get(f'{server.base_url}/models', headers={'Authorization': f'Bearer {said}'}, timeout=PATIENCE_S).ok


def test_the_memory_budget_is_the_notebooks(server):
    import lmdeploy_cpu

    (process,) = [p for p in tree(server.pid) if p.ppid() == server.pid]
    assert int(float(process.environ()['LMDEPLOY_CPU_MEMORY_GB']) * 2**30) == lmdeploy_cpu.memory_budget()


@pytest.mark.deep
def test_in_a_notebook_whose_kernel_is_killed(server):
    """A second server, in a real kernel; kill -9, and all that it had is free.  The first one goes on."""
    from jupyter_client.manager import start_new_kernel

    manager, client = start_new_kernel(kernel_name='python3', env=os.environ | {'OMP_NUM_THREADS': '1'})
    try:
        start = f'server = api_server({str(MODEL)!r}, cache_max_entry_count=0.1)'
        code = f'from lessons.serving import api_server\n{start}\nserver'
        said = []
        reply = client.execute_interactive(code, timeout=PATIENCE_S, output_hook=said.append)
        assert reply['content']['status'] == 'ok', reply['content']
        (shown,) = [m['content']['data']['text/plain'] for m in said if m['msg_type'] == 'execute_result']
        url = re.search(r'http://127\.0\.0\.1:\d+', shown).group()
        key = key_of(url)
        assert key
        assert key not in json.dumps(said, default=str)
        assert requests.get(f'{url}/v1/models', headers={'Authorization': f'Bearer {key}'}, timeout=PATIENCE_S).ok
        kernel = psutil.Process(manager.provisioner.pid)
        processes = [p for p in kernel.children(recursive=True) if p.is_running()]
        assert len(alive(processes)) >= 3
        kernel.kill()
        assert not alive(processes, PATIENCE_S)
        port = int(url.rpartition(':')[2])
        assert is_free(port)
        assert key_of(url) is None
        assert not key_path(port).exists()
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    assert server.get('/health').ok
    assert key_of(server.url)
