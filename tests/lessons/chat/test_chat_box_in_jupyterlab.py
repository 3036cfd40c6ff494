"""The chat box in JupyterLab, with a real keyboard: what the page's own messages make of it."""

import os
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import nbformat
import pytest
from browser import chromium_path
from patience import PATIENCE_S, wait_until
from server_support import free_port

ROOT = Path(__file__).resolve().parents[3]
CELL = """
import time
from types import SimpleNamespace

from lessons.chat import chat_box


class Pipe:
    def session(self):
        return SimpleNamespace(abort=lambda: None)

    def stream_infer(self, messages, sessions, gen_config):
        for word in ('heard', *messages[-1]['content'].split(), 'well'):
            time.sleep(0.5)
            yield SimpleNamespace(text=word + ' ', finish_reason=None, error_message=None)


box = chat_box(Pipe())
box
"""


@pytest.fixture
def lab(tmp_path):
    """A JupyterLab with a notebook of one cell that makes a box -> its address."""
    folder, log = tmp_path / 'notebooks', tmp_path / 'log'
    folder.mkdir()
    cells = [nbformat.v4.new_code_cell(CELL), nbformat.v4.new_code_cell('box.messages')]
    spec = {'kernelspec': {'name': 'python3', 'display_name': 'Python 3', 'language': 'python'}}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=spec), folder / 'chat.ipynb')
    port = free_port()
    own = {name: str(tmp_path / name) for name in ('JUPYTER_CONFIG_DIR', 'JUPYTER_DATA_DIR', 'JUPYTER_RUNTIME_DIR')}
    command = [sys.executable, '-m', 'jupyterlab', '--no-browser', '--allow-root', '--ip=127.0.0.1', f'--port={port}']
    command += ['--ServerApp.port_retries=0', '--IdentityProvider.token=', f'--ServerApp.root_dir={folder}']
    env = {**os.environ, **own, 'JUPYTER_PREFER_ENV_PATH': '1', 'COURSE_LANG': 'en', 'PYTHONPATH': str(ROOT)}
    with open(log, 'wb') as out, subprocess.Popen(command, env=env, stdout=out, stderr=out) as server:

        def answers():
            assert server.poll() is None, log.read_text()
            try:
                return urllib.request.urlopen(f'http://127.0.0.1:{port}/api')
            except (urllib.error.URLError, ConnectionError):
                return None

        try:
            wait_until(answers, every_s=0.2)
            yield f'http://127.0.0.1:{port}/lab/tree/chat.ipynb'
        finally:
            server.terminate()
            server.wait(PATIENCE_S)


@pytest.mark.deep
def test_drafts_stay_and_enter_sends_the_last_letter_too(lab):
    from playwright.sync_api import expect, sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path())
        tab = browser.new_page(viewport={'width': 1280, 'height': 900})
        tab.set_default_timeout(1000 * PATIENCE_S)
        expect.set_options(timeout=1000 * PATIENCE_S)
        tab.goto(lab)
        tab.get_by_text('| Idle').wait_for()
        first, second = (tab.locator('.jp-CodeCell').nth(i).locator('.jp-InputArea-editor') for i in (0, 1))
        first.click()
        tab.keyboard.press('Shift+Enter')
        field, page = tab.locator('.widget-text input'), tab.locator('.widget-html')
        field.click()
        field.press_sequentially('a draft')
        second.click()  # the field is left: its value goes to the kernel, and no further
        field.click()
        field.press('End')
        field.press_sequentially(', sent')
        field.press('Enter')
        expect(page).to_contain_text('you: a draft, sent')
        expect(field).to_have_value('')
        field.press_sequentially('and more')
        tab.get_by_role('button', name='Send').click()
        expect(page).to_contain_text('you, next: and more')
        expect(page).to_contain_text('model: heard and more well')
        assert page.inner_text().count('you:') == 2, 'the draft was not sent by itself'
        browser.close()
