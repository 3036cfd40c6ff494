"""What an executed notebook need not carry: it is read on a code host, sent by mail, and stored at each change."""

import base64
import io
import json
import re

from PIL import Image

VIEW, STATE = 'application/vnd.jupyter.widget-view+json', 'application/vnd.jupyter.widget-state+json'


def drop_boxes(notebook) -> None:
    """Leave predictions' boxes out: before a kernel runs, the question stands there in the page's language."""
    state = notebook.metadata.get('widgets', {}).get(STATE, {}).get('state', {})
    for data in (output.get('data', {}) for cell in notebook.cells for output in cell.get('outputs', [])):
        if VIEW in data and '<div class="course-predict"' in ''.join(data.get('text/html', '')):
            _drop(state, data.pop(VIEW)['model_id'])


def _drop(state: dict, name: str) -> None:
    """A widget and all that it refers to."""
    for below in re.findall(r'IPY_MODEL_(\w+)', json.dumps(state.pop(name, None))):
        _drop(state, below)


def drop_bars(notebook) -> None:
    """Leave progress bars, a dozen widgets each, out of cells whose outputs are not compared."""
    state = notebook.metadata.get('widgets', {}).get(STATE, {}).get('state', {})

    def bar_of(output) -> str | None:
        name = output.get('data', {}).get(VIEW, {}).get('model_id')
        box = state.get(name, {}).get('state', {}).get('children', [])
        kinds = [state.get(child.removeprefix('IPY_MODEL_'), {}).get('model_name') for child in box]
        return name if kinds == ['HTMLModel', 'FloatProgressModel', 'HTMLModel'] else None

    for cell in notebook.cells:
        if 'nbval-ignore-output' in cell.metadata.get('tags', []):
            for output in [output for output in cell.get('outputs', []) if bar_of(output)]:
                _drop(state, bar_of(output))
                cell.outputs.remove(output)


def fewer_colours(notebook) -> None:
    """Plots as PNGs with a palette, a third of the size: drawings have few colours; photographs stay as they are."""
    for output in (output for cell in notebook.cells for output in cell.get('outputs', [])):
        if 'image/png' in output.get('data', {}):
            whole = base64.b64decode(output.data['image/png'])
            image = Image.open(io.BytesIO(whole))
            opaque = image.mode in ('RGB', 'RGBA') and image.convert('RGBA').getchannel('A').getextrema() == (255, 255)
            if opaque and image.convert('RGB').getcolors(4096):
                small = io.BytesIO()
                image.convert('RGB').quantize(256, dither=Image.Dither.NONE).save(small, 'PNG', optimize=True)
                output.data['image/png'] = base64.b64encode(min(whole, small.getvalue(), key=len)).decode()


def drop_defaults(notebook) -> None:
    """Leave out of the widgets' stored state what a page fills in by itself: two thirds of it, as JupyterLab does."""
    stored = notebook.metadata.get('widgets', {}).get(STATE, {})
    for widget in stored.get('state', {}).values():
        widget['state'] = {k: v for k, v in widget['state'].items() if v is not None and not k.startswith('_')}


def down(notebook) -> None:
    """All of these, in place."""
    for smaller in (drop_boxes, drop_bars, fewer_colours, drop_defaults):
        smaller(notebook)
