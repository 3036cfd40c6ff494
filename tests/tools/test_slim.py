import base64
import io

import chapters
import nbformat
import numpy as np
import pytest
import slim
from nbclient import NotebookClient
from PIL import Image

BARS = """
from ipywidgets import IntSlider
from tqdm.notebook import tqdm
for _ in tqdm(range(3)):
    pass
display(IntSlider(5))
"""


def executed(tag):
    cell = nbformat.v4.new_code_cell(BARS, metadata={'tags': [tag] if tag else []})
    notebook = nbformat.v4.new_notebook(cells=[cell])
    NotebookClient(notebook, kernel_name='python3', timeout=300).execute()
    return notebook


def models(notebook):
    return [m['model_name'] for m in notebook.metadata.widgets[slim.STATE]['state'].values()]


def test_ended_bars_go_where_outputs_are_not_compared():
    """The slider stays; where nbval compares, each output has to be there."""
    for tag, bars in (('nbval-ignore-output', 0), (None, 1)):
        notebook = executed(tag)
        assert models(notebook).count('FloatProgressModel') == 1
        slim.down(notebook)
        assert models(notebook).count('FloatProgressModel') == bars
        assert models(notebook).count('HBoxModel') == bars
        assert models(notebook).count('IntSliderModel') == 1
        assert len([o for o in notebook.cells[0].outputs if o.output_type == 'display_data']) == 1 + bars


def with_picture(pixels):
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, 'PNG')
    output = nbformat.v4.new_output('display_data', {'image/png': base64.b64encode(out.getvalue()).decode()})
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(outputs=[output])])


def picture_in(notebook):
    return base64.b64decode(notebook.cells[0].outputs[0].data['image/png'])


def test_a_plot_gets_smaller_and_looks_the_same():
    x, y = np.meshgrid(np.arange(300), np.arange(200))
    grey = np.clip((x - 1.3 * y) * 40, 0, 255).astype(np.uint8)  # a line, its edge in many greys
    pixels = np.stack([grey, grey, 255 - grey // 2, np.full_like(grey, 255)], axis=2)
    notebook = with_picture(pixels)
    before = picture_in(notebook)
    slim.down(notebook)
    after = picture_in(notebook)
    assert len(after) < len(before)
    assert np.abs(np.asarray(Image.open(io.BytesIO(after)).convert('RGBA')).astype(int) - pixels).max() <= 4


@pytest.mark.parametrize('kind', ['photograph', 'transparent'])
def test_other_pictures_stay_byte_for_byte(kind):
    pixels = np.random.default_rng(0).integers(0, 256, (200, 200, 4), dtype=np.uint8)
    if kind == 'transparent':
        pixels //= 128
    else:
        pixels[..., 3] = 255
    notebook = with_picture(pixels)
    before = picture_in(notebook)
    slim.down(notebook)
    assert picture_in(notebook) == before


@pytest.mark.parametrize('path', chapters.ALL + chapters.SOLUTIONS, ids=lambda path: f'{path.parent.name}-{path.stem}')
def test_a_stored_notebook_is_small_and_slimmed(path):
    assert path.stat().st_size < 400 * 1024
    stored = path.read_text(encoding='utf-8')
    notebook = nbformat.reads(stored, as_version=4)
    slim.down(notebook)
    assert nbformat.writes(notebook) + '\n' == stored, 'python tools/course.py --store'


def test_a_box_for_a_prediction_goes_and_its_question_stays():
    cell = nbformat.v4.new_code_cell("from lessons.predictions import predict\npredict('3.2')")
    notebook = nbformat.v4.new_notebook(cells=[cell])
    NotebookClient(notebook, kernel_name='python3', timeout=300).execute()
    assert 'TextModel' in models(notebook)
    slim.down(notebook)
    assert not [name for name in models(notebook) if name not in ('LayoutModel', 'TextStyleModel')]
    (output,) = notebook.cells[0].outputs
    assert output.data.keys() == {'text/plain', 'text/html'}
