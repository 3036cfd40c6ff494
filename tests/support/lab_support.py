"""A JupyterLab of its own with one notebook, for a browser."""

import contextlib
import os
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import nbformat
from patience import PATIENCE_S, wait_until
from server_support import free_port

ROOT = Path(__file__).resolve().parents[2]


@contextlib.contextmanager
def jupyterlab(folder: Path, cells: list[str], language: str = 'en') -> Iterator[str]:
    """Serve a notebook with these code cells, none of them run -> its address; all files lie in `folder`."""
    notebooks, log = folder / 'notebooks', folder / 'log'
    notebooks.mkdir()
    spec = {'kernelspec': {'name': 'python3', 'display_name': 'Python 3', 'language': 'python'}}
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells], metadata=spec)
    nbformat.write(notebook, notebooks / 'page.ipynb')
    port = free_port()
    own = {name: str(folder / name) for name in ('JUPYTER_CONFIG_DIR', 'JUPYTER_DATA_DIR', 'JUPYTER_RUNTIME_DIR')}
    command = [sys.executable, '-m', 'jupyterlab', '--no-browser', '--allow-root', '--ip=127.0.0.1', f'--port={port}']
    command += ['--ServerApp.port_retries=0', '--IdentityProvider.token=', f'--ServerApp.root_dir={notebooks}']
    # Its own words in English, whatever `make lab` made the environment's default.
    settings = folder / 'JUPYTER_CONFIG_DIR/lab/user-settings/@jupyterlab/translation-extension'
    settings.mkdir(parents=True)
    (settings / 'plugin.jupyterlab-settings').write_text('{"locale": "en"}')
    env = {**os.environ, **own, 'JUPYTER_PREFER_ENV_PATH': '1', 'COURSE_LANG': language, 'PYTHONPATH': str(ROOT)}
    with open(log, 'wb') as out, subprocess.Popen(command, env=env, stdout=out, stderr=out) as server:

        def answers():
            assert server.poll() is None, log.read_text()
            try:
                return urllib.request.urlopen(f'http://127.0.0.1:{port}/api')
            except (urllib.error.URLError, ConnectionError):
                return None

        try:
            wait_until(answers, every_s=0.2)
            yield f'http://127.0.0.1:{port}/lab/tree/page.ipynb'
        finally:
            server.terminate()
            server.wait(PATIENCE_S)
