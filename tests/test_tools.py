"""`make lab` and `make course`, really run."""

import importlib.util
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).resolve().parent.parent
ENVIRON = ('COURSE_MODEL', 'CUDA_VISIBLE_DEVICES')


@pytest.fixture
def taken_port():
    """A port that somebody listens on, the next one being free."""
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        s.listen()
        yield s.getsockname()[1]


def get(url: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as e:
        return e.code, ''


def test_lab_opens_the_course_on_a_taken_port_over_ssh_and_as_root(taken_port, tmp_path):
    """It finds another port, prints the address and the ssh line, answers with the token and refuses without."""
    environ = {**os.environ, 'SSH_CONNECTION': '10.0.0.1 50000 10.0.0.2 2222'}
    log = tmp_path / 'lab.log'
    with log.open('w') as out:
        lab = subprocess.Popen(
            [sys.executable, ROOT / 'tools' / 'lab.py', f'--port={taken_port}'], env=environ, stdout=out, stderr=out
        )
        try:
            deadline = time.monotonic() + 60
            while not (found := re.search(r'http://127\.0\.0\.1:(\d+)(/lab/\S+)\?token=(\S+)', log.read_text())):
                assert time.monotonic() < deadline, log.read_text()
                time.sleep(0.2)
            port, page, token = int(found[1]), found[2], found[3]
            assert port != taken_port
            assert f'ssh -CNL {port}:127.0.0.1:{port}' in log.read_text()
            assert '@10.0.0.2 -p 2222' in log.read_text()
            url = f'http://127.0.0.1:{port}'
            while True:
                try:
                    status, body = get(f'{url}/api/contents/notebooks?token={token}')
                    break
                except (urllib.error.URLError, ConnectionError):
                    assert time.monotonic() < deadline, log.read_text()
                    assert lab.poll() is None, log.read_text()
                    time.sleep(0.2)
            assert status == 200
            assert '00_setup.ipynb' in {f['name'] for f in json.loads(body)['content']}
            assert get(f'{url}/api/contents/notebooks')[0] == 403
            assert get(f'{url}{page}?token={token}')[0] == 200
            kernels = json.loads(get(f'{url}/api/kernelspecs?token={token}')[1])['kernelspecs']
            assert 'python3' in kernels
            with open(f'/proc/{lab.pid}/cmdline') as f:
                assert token not in f.read()
        finally:
            lab.send_signal(signal.SIGTERM)
            lab.wait(30)


def test_lab_refuses_a_port_that_is_none():
    done = subprocess.run([sys.executable, ROOT / 'tools' / 'lab.py', '--port=99999'], capture_output=True, text=True)
    assert done.returncode == 2
    assert '1 to 65535' in done.stderr


def notebook(path: Path, *sources: str) -> Path:
    cells = [nbformat.v4.new_markdown_cell(f'# The title of {path.stem}')]
    nbformat.write(nbformat.v4.new_notebook(cells=cells + [nbformat.v4.new_code_cell(s) for s in sources]), path)
    return path


def test_course_executes_and_indexes_and_names_what_failed(tmp_path):
    good = notebook(tmp_path / 'good.ipynb', 'x = 6 * 7', 'print("the answer is", x)')
    (tmp_path / 'dot.svg').write_text('<svg xmlns="http://www.w3.org/2000/svg"><circle r="1"/></svg>')
    with_picture = nbformat.read(good, as_version=4)
    with_picture.cells[0].source += '\n\n![a dot](dot.svg)'
    nbformat.write(with_picture, good)
    bad = notebook(tmp_path / 'bad.ipynb', 'print("before")', '1 / 0', 'print("after")')
    out = tmp_path / 'out'
    done = subprocess.run(
        [sys.executable, ROOT / 'tools' / 'course.py', good, bad, '--out', out], capture_output=True, text=True
    )
    assert done.returncode == 1
    assert '1 of 2 notebooks ran to the end' in done.stdout
    assert 'ZeroDivisionError' in done.stderr
    executed = nbformat.read(out / 'good.ipynb', as_version=4)
    assert executed.cells[2].outputs[0].text == 'the answer is 42\n'
    page = (out / 'good.html').read_text()
    assert 'the answer is 42' in page
    assert 'src="dot.svg"' not in page, 'the page must carry its pictures with it'
    index = (out / 'index.html').read_text()
    assert 'The title of good' in index
    assert 'ran to the end' in index
    assert 'ZeroDivisionError' in index


@pytest.fixture
def course(monkeypatch):
    monkeypatch.setenv('JUPYTER_PREFER_ENV_PATH', '1')  # main() sets it, and this takes it back
    spec = importlib.util.spec_from_file_location('course', ROOT / 'tools' / 'course.py')
    module = importlib.util.module_from_spec(spec)
    sys.modules['course'] = module  # dataclasses look there
    spec.loader.exec_module(module)
    yield module
    del sys.modules['course']


def test_a_kernel_that_does_not_start_costs_one_notebook(course, tmp_path, monkeypatch, capsys):
    paths = [notebook(tmp_path / f'{name}.ipynb', 'print("ran")') for name in ('first', 'second')]
    execute = course.NotebookClient.execute

    def fails_first(client):
        if 'first' in client.nb.cells[0].source:
            raise RuntimeError("Kernel didn't respond in 60 seconds")
        return execute(client)

    monkeypatch.setattr(course.NotebookClient, 'execute', fails_first)
    monkeypatch.setattr(sys, 'argv', ['course.py', *map(str, paths), '--out', str(tmp_path / 'out')])
    assert course.main() == 1
    assert "RuntimeError: Kernel didn't respond" in capsys.readouterr().err
    assert 'Kernel didn&#x27;t respond' in (tmp_path / 'out' / 'index.html').read_text()
    assert nbformat.read(tmp_path / 'out' / 'second.ipynb', as_version=4).cells[1].outputs[0].text == 'ran\n'


def test_store_keeps_the_old_notebook_when_the_copy_breaks_off(course, tmp_path, monkeypatch):
    path = notebook(tmp_path / 'one.ipynb', 'print("ran")')
    before = path.read_bytes()

    def breaks_off(source, target):
        Path(target).write_bytes(Path(source).read_bytes()[:20])
        raise OSError('No space left on device')

    monkeypatch.setattr(course.shutil, 'copy', breaks_off)
    monkeypatch.setattr(sys, 'argv', ['course.py', str(path), '--out', str(tmp_path / 'out'), '--store'])
    with pytest.raises(OSError, match='No space'):
        course.main()
    assert path.read_bytes() == before


@pytest.mark.parametrize('gpu', [True, False])
def test_store_runs_as_a_machine_without_a_gpu_and_pretends_nothing_else(tmp_path, gpu):
    tools = tmp_path / 'bin'
    tools.mkdir()
    if gpu:
        (tools / 'nvidia-smi').write_text('#!/bin/sh\n')
        (tools / 'nvidia-smi').chmod(0o755)
    path = notebook(tmp_path / 'one.ipynb', f'import os; print([os.environ.get(n) for n in {ENVIRON}])')
    environ = {key: value for key, value in os.environ.items() if key not in ENVIRON} | {'PATH': str(tools)}
    command = [sys.executable, ROOT / 'tools' / 'course.py', path, '--out', tmp_path / 'out', '--store']
    subprocess.run(command, env=environ, check=True, capture_output=True)
    expected = [None, ''] if gpu else [None, None]
    assert nbformat.read(path, as_version=4).cells[1].outputs[0].text == f'{expected}\n'


def test_course_refuses_a_notebook_that_is_not_there(tmp_path):
    command = [sys.executable, ROOT / 'tools' / 'course.py', tmp_path / 'no.ipynb']
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 2
    assert 'no such notebook' in done.stderr


def test_the_pages_hold_their_pictures(course):
    folder = ROOT / 'notebooks'
    page = course.with_pictures('<img alt="x" src="../imgs/engines.png"/><img src="https://a.org/b.png">', folder)
    assert page.startswith('<img alt="x" src="data:image/png;base64,iVBOR')
    assert page.endswith('<img src="https://a.org/b.png">')
    with pytest.raises(FileNotFoundError):
        course.with_pictures('<img src="../imgs/no-such.png">', folder)
