"""A stored widget as it looked when the notebook ran, in plain HTML: without a kernel it would do nothing anyway."""

import html

VIEW = 'application/vnd.jupyter.widget-view+json'
STATE = 'application/vnd.jupyter.widget-state+json'


def is_progress_bar(output: dict) -> bool:
    data = output.get('data', {})
    return VIEW in data and '%|' in ''.join(data.get('text/plain', ''))


def _control(kind: str, state: dict) -> str:
    """A control with its label, as it stands: nothing can be pressed."""
    label = html.escape(state.get('description') or '')
    if kind == 'Button':
        return f'<span class="still-button">{label}</span>'
    if kind.endswith('Slider') and 'value' in state:
        ends = ' '.join(f'{key}="{state[key]}"' for key in ('min', 'max', 'step', 'value'))
        return f'<label>{label} <input type="range" {ends} disabled> {state["value"]:g}</label>'
    if '_options_labels' in state:
        chosen = state['_options_labels'][state['index']] if state.get('index') is not None else ''
        return f'<label>{label} <span class="still-field">{html.escape(chosen)}</span></label>'
    if kind in ('Text', 'Textarea'):
        written = html.escape(state.get('value') or state.get('placeholder') or '')
        return f'<label>{label} <span class="still-field">{written}&nbsp;</span></label>'
    return ''


def still(models: dict, name: str) -> str:
    """The HTML of the model called `name` and all that it contains; '' for kinds that show nothing."""
    model = models[name]
    state, kind = model['state'], model['model_name'].removesuffix('Model')
    if state.get('layout') and models[state['layout'].removeprefix('IPY_MODEL_')]['state'].get('display') == 'none':
        return ''
    if 'children' in state:
        inside = ''.join(still(models, child.removeprefix('IPY_MODEL_')) for child in state['children'])
        return f'<div class="still-{"row" if kind == "HBox" else "column"}">{inside}</div>'
    if kind == 'HTML':
        return f'<div>{state["value"]}</div>'
    if kind == 'Image':
        (data,) = (b['data'] for b in model.get('buffers', ()) if b['path'] == ['value'])
        return f'<img src="data:image/{state.get("format", "png")};base64,{data}">'
    if kind == 'Output':
        shown = (output.get('data', {}) for output in state['outputs'])
        return ''.join(f'<img src="data:image/png;base64,{d["image/png"]}">' for d in shown if 'image/png' in d)
    return _control(kind, state)


def without_kernel(outputs: list, models: dict) -> list:
    """Outputs for a deck: no progress bars, and widgets without another picture of themselves as stills."""
    kept = [output for output in outputs if not is_progress_bar(output)]
    for output in kept:
        view = output.get('data', {}).pop(VIEW, None)
        if view and not {'text/html', 'image/png'} & output.data.keys() and view['model_id'] in models:
            output.data['text/html'] = f'<div class="still">{still(models, view["model_id"])}</div>'
    return kept
