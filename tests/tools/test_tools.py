"""`make lab` and `make course`, really run."""

import importlib.util
import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import chapters
import nbformat
import pytest
from browser import opened_tab
from patience import PATIENCE_S, wait_until

ROOT = Path(__file__).resolve().parent.parent.parent
ENVIRON = ('COURSE_MODEL', 'CUDA_VISIBLE_DEVICES')

JUPYTER_FOLDERS = {'JUPYTER_CONFIG_DIR', 'JUPYTER_DATA_DIR', 'JUPYTER_RUNTIME_DIR', 'npm_config_cache'}


@pytest.fixture
def taken_port():
    """A port that somebody listens on, the next one being free."""
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        s.listen()
        yield s.getsockname()[1]


def get(url: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(url, timeout=PATIENCE_S) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as e:
        return e.code, ''


@pytest.fixture
def started_lab(taken_port, tmp_path):
    """JupyterLab as `make lab` starts it over ssh: (process, what it printed, its address, the page, the token)."""
    # Its own settings: JupyterLab opens again what was open when its user last left.
    environ = {**os.environ, 'SSH_CONNECTION': '10.0.0.1 50000 10.0.0.2 2222', 'JUPYTER_CONFIG_DIR': str(tmp_path)}
    environ['COURSE_HOME'] = str(tmp_path / 'home')
    log = tmp_path / 'lab.log'
    with log.open('w') as out:
        lab = subprocess.Popen(
            [sys.executable, ROOT / 'tools' / 'lab.py', f'--port={taken_port}'], env=environ, stdout=out, stderr=out
        )
        try:
            pattern = r'http://127\.0\.0\.1:(\d+)(/lab/\S+)\?token=(\S+)'
            wait_until(lambda: re.search(pattern, log.read_text()))
            port, page, token = re.search(pattern, log.read_text()).groups()
            url = f'http://127.0.0.1:{port}'

            def answers():
                assert lab.poll() is None, log.read_text()
                try:
                    return get(f'{url}/api/contents/work?token={token}')
                except (urllib.error.URLError, ConnectionError):
                    return None

            wait_until(answers, every_s=0.2)
            yield lab, log.read_text(), url, page, token
        finally:
            lab.send_signal(signal.SIGTERM)
            lab.wait(PATIENCE_S)


def test_lab_opens_the_course_on_a_taken_port_over_ssh_and_as_root(started_lab, taken_port):
    """It finds another port, prints the address and the ssh line, answers with the token and refuses without."""
    lab, said, url, page, token = started_lab
    port = int(url.rsplit(':', 1)[1])
    assert port != taken_port
    assert f'ssh -CN -L {port}:127.0.0.1:{port}' in said
    assert '@10.0.0.2 -p 2222' in said
    status, body = get(f'{url}/api/contents/work?token={token}')
    assert status == 200
    assert {'00_setup.ipynb', 'README.md'} <= {f['name'] for f in json.loads(body)['content']}
    assert get(f'{url}/api/contents/work')[0] == 403
    assert page == '/lab/tree/work/README.md'
    assert get(f'{url}{page}?token={token}')[0] == 200
    kernels = json.loads(get(f'{url}/api/kernelspecs?token={token}')[1])['kernelspecs']
    assert 'python3' in kernels
    with open(f'/proc/{lab.pid}/cmdline') as f:
        assert token not in f.read()


@pytest.mark.deep
def test_the_start_page_opens_as_a_page_and_leads_on(started_lab):
    """Not as its source; a notebook opens from it, and a term of the glossary from there."""
    _, _, url, page, token = started_lab
    with opened_tab(f'{url}{page}?token={token}', width=1500, height=1000) as tab:
        start = tab.locator('.jp-MarkdownViewer')
        assert start.locator('h1').inner_text().startswith('The way through the course')
        tab.wait_for_function("document.querySelector('.jp-MarkdownViewer img').naturalWidth > 1000")
        start.locator('a', has_text='10 · Scaling out').first.click()
        tab.locator('.jp-Notebook a', has_text='Tensor parallelism').first.click()
        tab.wait_for_function(
            "[...document.querySelectorAll('.jp-MarkdownViewer .jp-RenderedMarkdown')].some(e => e.scrollTop > 1000)"
        )


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


GOOD = b'{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": []}'
CONFLICT = b'{\n "cells": [\n<<<<<<< HEAD\n  {"source": "1"}\n=======\n  {"source": "2"}\n>>>>>>> theirs\n ]\n}\n'
NO_NOTEBOOKS = {
    'empty': (b'', 'is empty (0 bytes)'),
    'zeros': (bytes(4096), 'is empty (4096 bytes)'),
    'blank': (b'\xef\xbb\xbf \r\n', 'is empty'),
    'cut': (GOOD[:40], 'is not JSON, or was cut off'),
    'merged': (CONFLICT, "git's marks were left in it (<<<<<<< in line 3)"),
    'merged_on_windows': (CONFLICT.replace(b'\n', b'\r\n'), 'in line 3'),
    'page': (b'<!doctype html><title>Sign in</title>', 'is not JSON'),
    'utf16': (GOOD.decode().encode('utf-16'), 'is no text in UTF-8'),
    'list': (b'[]', 'is JSON, but no notebook'),
    'package': (b'{"name": "x", "cells": []}', 'is JSON, but no notebook'),
    'deep': (b'[' * 100_000, 'is not JSON'),
    'odd_cells': (GOOD.replace(b'[]', b'[{"cell_type": "code"}]'), 'is no valid notebook'),
    'no_cells': (GOOD.replace(b'[]', b'7'), 'is no valid notebook'),
    'tomorrows': (GOOD.replace(b'"nbformat": 4', b'"nbformat": 99'), 'is no valid notebook'),
}


@pytest.mark.parametrize('kind', NO_NOTEBOOKS)
def test_what_is_no_notebook_is_named(course, tmp_path, kind):
    content, said = NO_NOTEBOOKS[kind]
    (tmp_path / f'{kind}.ipynb').write_bytes(content)
    with pytest.raises(course.BadNotebookError) as caught:
        course.read_notebook(tmp_path / f'{kind}.ipynb')
    assert said in str(caught.value)
    assert f'{kind}.ipynb' in str(caught.value)
    assert 'git checkout' in str(caught.value), 'what to do'


def test_a_byte_order_mark_is_no_fault(course, tmp_path):
    (tmp_path / 'a.ipynb').write_bytes(b'\xef\xbb\xbf' + GOOD)
    assert course.read_notebook(tmp_path / 'a.ipynb').cells == []


def test_what_is_no_notebook_does_not_stop_the_others(course, tmp_path, monkeypatch, capsys):
    """Nor does a picture that is missing, for which there is no page."""
    for name in ('empty', 'merged'):
        (tmp_path / f'{name}.ipynb').write_bytes(NO_NOTEBOOKS[name][0])
    good = notebook(tmp_path / 'the good.IPYNB', 'print("ran")')
    pictured = notebook(tmp_path / 'pictured.ipynb')
    pictured.write_text(pictured.read_text().replace('# The title', '![x](no-such.png)\\n\\n# The title'))
    paths = [tmp_path / 'empty.ipynb', good, tmp_path / 'merged.ipynb', pictured]
    monkeypatch.setattr(course.NotebookClient, 'execute', lambda client: None)
    monkeypatch.setattr(sys, 'argv', ['course.py', *map(str, paths), '--out', str(tmp_path / 'out'), '--store'])
    assert course.main() == 1
    said = capsys.readouterr()
    assert '1 of 4 notebooks ran to the end' in said.out
    assert '[FAIL] empty\nempty.ipynb is empty (0 bytes)' in said.err
    index = (tmp_path / 'out' / 'index.html').read_text()
    assert 'href="the%20good.html"' in index
    assert 'print' in (tmp_path / 'out' / 'the good.html').read_text()
    assert 'empty.ipynb is empty' in index
    assert 'in line 3' in index
    assert 'no-such.png' in index
    assert 'empty.html' not in index, 'no link to a page that is not there'
    assert (tmp_path / 'empty.ipynb').read_bytes() == b'', 'nothing is stored over it'


def test_a_macs_hidden_files_are_no_notebooks(tmp_path):
    for name in ('b.ipynb', '._b.ipynb', 'A.IPYNB', '.ipynb_checkpoints', 'notes.md'):
        (tmp_path / name).write_bytes(b'')
    assert [path.name for path in chapters.notebooks_in(tmp_path)] == ['A.IPYNB', 'b.ipynb']


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

    real = Path.write_bytes

    def breaks_off(target, content):
        if target.parent == path.parent:  # the stored notebook's folder; its copy in `out` is whole
            real(target, content[:20])
            raise OSError('No space left on device')
        return real(target, content)

    monkeypatch.setattr(Path, 'write_bytes', breaks_off)
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


@pytest.fixture
def lab():
    spec = importlib.util.spec_from_file_location('lab', ROOT / 'tools' / 'lab.py')
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_lab_does_without_a_home(lab, tmp_path):
    """Where nothing can be written in it: what JupyterLab keeps goes to a temporary folder, and that is said."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ('JUPYTER_DATA_DIR', 'JUPYTER_RUNTIME_DIR', 'XDG_DATA_HOME'):
            patch.delenv(name, raising=False)
        patch.setenv('HOME', str(tmp_path))
        assert lab.jupyter_folders() == {}
        patch.setenv('HOME', '/proc/nowhere')
        patch.setattr(lab.tempfile, 'tempdir', str(tmp_path))
        folders = lab.jupyter_folders()
    assert set(folders) == JUPYTER_FOLDERS
    assert {Path(folder).parents[1] for folder in folders.values()} == {tmp_path}


@pytest.mark.parametrize(
    'error', [OSError(30, 'Read-only file system', '/home/x/f'), RuntimeError('no home directory')]
)
def test_lab_does_with_a_home_of_somebody_else(lab, monkeypatch, tmp_path, capsys, error):
    def refuse(dir):
        raise error

    monkeypatch.setenv('JUPYTER_RUNTIME_DIR', str(tmp_path))
    monkeypatch.setattr(lab.tempfile, 'TemporaryFile', refuse)
    assert set(lab.jupyter_folders()) == JUPYTER_FOLDERS
    assert 'cannot be written' in capsys.readouterr().out


@pytest.mark.parametrize(
    ('environ', 'wsl'),
    [
        ({'WSL_DISTRO_NAME': 'Ubuntu'}, True),
        ({'WSL_INTEROP': '/run/WSL/8_interop', 'DISPLAY': ':0'}, True),
        ({'DISPLAY': ':0'}, False),
        ({}, False),
    ],
)
def test_windows_opens_the_address_itself(lab, monkeypatch, capsys, environ, wsl):
    for name in ('WSL_DISTRO_NAME', 'WSL_INTEROP', 'DISPLAY', 'WAYLAND_DISPLAY', 'SSH_CONNECTION'):
        monkeypatch.delenv(name, raising=False)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, 'argv', ['lab.py', '--dry-run'])
    lab.main()
    command = capsys.readouterr().out
    assert ('--ServerApp.use_redirect_file=False' in command) == wsl
    assert ('--no-browser' in command) == (not environ)


def test_an_environment_for_reading_only_is_no_hindrance(lab, monkeypatch):
    monkeypatch.setattr(sys, 'prefix', '/proc/nowhere')
    lab.keep_settings()


@pytest.mark.parametrize('there', [None, {}, {'theme': {'x': 1}}, '@jupyterlab/docmanager-extension:plugin', 'odd'])
def test_lab_keeps_settings_beside_those_of_others(lab, monkeypatch, tmp_path, there):
    """As in an environment of an earlier version of the course, or of somebody with viewers of his own."""
    monkeypatch.setattr(sys, 'prefix', str(tmp_path))
    path = tmp_path / 'share/jupyter/lab/settings/overrides.json'
    own = {'defaultViewers': {'markdown': 'Editor'}}
    content = {there: own} if isinstance(there, str) and there != 'odd' else there
    if content is not None:
        path.parent.mkdir(parents=True)
        path.write_text('[1' if there == 'odd' else json.dumps(content))
    lab.keep_settings()
    if there == 'odd':
        assert path.read_text() == '[1'
        return
    kept = json.loads(path.read_text())
    english = {'@jupyterlab/translation-extension:plugin': {'locale': 'en'}}
    assert kept == lab.SETTINGS | english | (content or {})
    written = path.stat().st_mtime_ns
    lab.keep_settings()
    assert path.stat().st_mtime_ns == written


@pytest.mark.parametrize(
    ('environ', 'language'),
    [
        ({}, 'en'),
        ({'LANG': 'C.UTF-8'}, 'en'),
        ({'LANG': 'zh_CN.UTF-8'}, 'zh'),
        ({'LANG': 'zh_CN.UTF-8', 'COURSE_LANG': 'en'}, 'en'),
        ({'LANG': 'en_US.UTF-8', 'COURSE_LANG': 'zh'}, 'zh'),
        ({'LANG': 'zh_CN.GBK', 'LC_ALL': 'C'}, 'en'),
        ({'LANG': 'C', 'LC_MESSAGES': 'zh_TW'}, 'zh'),
    ],
)
def test_the_language_is_what_is_asked_for_or_the_locales(lab, environ, language):
    assert lab.course_language(environ) == language
    said = lab.banner(8888, 'token', False, {}, language)
    assert f'/lab/tree/work/{lab.START[language]}?' in said
    assert ('COURSE_LANG=en' in said) == (language == 'zh')


def test_a_language_that_is_not_there_is_refused(lab):
    with pytest.raises(ValueError, match="COURSE_LANG=fr: the course is written in 'en' and 'zh'"):
        lab.course_language({'COURSE_LANG': 'fr'})


def test_the_interface_goes_with_the_language(lab, monkeypatch, tmp_path):
    monkeypatch.setattr(sys, 'prefix', str(tmp_path))
    path = tmp_path / 'share/jupyter/lab/settings/overrides.json'
    for language, locale in (('zh', 'zh_CN'), ('en', 'en'), ('zh', 'zh_CN')):
        lab.keep_settings(language)
        assert json.loads(path.read_text())['@jupyterlab/translation-extension:plugin'] == {'locale': locale}


@pytest.mark.parametrize('kind', [KeyError, OSError, ImportError])
@pytest.mark.parametrize('ssh', ['', '10.0.0.1 50000 10.0.0.2 22'])
def test_lab_of_a_user_without_a_name(lab, monkeypatch, kind, ssh):
    def nobody():
        raise kind('getpwuid(): uid not found: 12345')

    monkeypatch.setattr('getpass.getuser', nobody)
    assert 'YOUR-NAME@' in lab.banner(8888, 'token', False, {'SSH_CONNECTION': ssh} if ssh else {})
