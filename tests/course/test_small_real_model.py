"""The core chapters run on SmolLM2-135M too: no Chinese, a system prompt, tied embeddings, 3 KV heads, 576 features."""

import chapters
import nbformat
import pytest
from nbclient import NotebookClient

from helpers.models import ModelNotFoundError, model_path
from lessons.smollm2 import NAME


@pytest.fixture
def smollm2(monkeypatch):
    monkeypatch.delenv('COURSE_MODEL', raising=False)
    try:
        folder = model_path(NAME, fallback=False)
    except ModelNotFoundError:
        pytest.skip(f'no {NAME} on this machine: python -m lessons.smollm2 makes it')
    monkeypatch.setenv('COURSE_MODEL', str(folder))
    monkeypatch.setenv('COURSE_VLM', 'tiny-vlm')
    return folder


@pytest.mark.slow
@pytest.mark.timeout(5400)
@pytest.mark.parametrize('path', chapters.CORE, ids=lambda p: p.stem)
def test_a_core_chapter_runs_from_top_to_bottom_on_a_real_small_model(path, smollm2, tmp_path, monkeypatch):
    monkeypatch.setenv('COURSE_SUBMISSION', str(tmp_path))
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(notebook, timeout=1500, resources={'metadata': {'path': str(path.parent)}}).execute()
    said = '\n'.join(o.get('text', '') for cell in notebook.cells for o in cell.get('outputs', ()))
    assert 'using the embedded' not in said, 'another model answered'
