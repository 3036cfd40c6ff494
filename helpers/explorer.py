"""Sliders over `predict_memory`: how many conversations fit on a card of one's choice."""

import html

import ipywidgets

from .geometry import GEOMETRIES
from .kv_cache import CONTEXT_BYTES, KV_POLICIES, MIB, MemoryPrediction, predict_memory

# Total memory in MiB as nvidia-smi shows it; the first is InternStudio's smallest machine.
CARDS_MIB = {
    '10 % of an A100 (8 GB)': 8182,
    'RTX 3060 (12 GB)': 12288,
    'T4 (15 GB)': 15360,
    '30 % of an A100 (24 GB)': 24566,
    'RTX 4090 (24 GB)': 24564,
    'A100 (40 GB)': 40960,
    'A100 or H100 (80 GB)': 81559,
    'H200 (141 GB)': 143771,
}
_COLOURS = {'weights': '#4c72b0', 'KV cache': '#dd8452', 'rest': '#8c8c8c', 'free': '#eeeeee'}


def free_on(card_mib: int) -> int:
    """Bytes that an engine finds free on a card of this size that nobody else uses: all but its own CUDA context."""
    return card_mib * MIB - CONTEXT_BYTES


class MemoryExplorer(ipywidgets.VBox):
    """Controls and the bar; the controls are attributes (`model`, `card`, `ratio`, …), so a cell can set them."""

    def __init__(self, model: str):
        wide = {'style': {'description_width': '160px'}, 'layout': ipywidgets.Layout(width='560px')}
        self.model = ipywidgets.Dropdown(options=list(GEOMETRIES), value=model, description='model', **wide)
        self.card = ipywidgets.Dropdown(
            options=CARDS_MIB, value=CARDS_MIB['RTX 4090 (24 GB)'], description='card', **wide
        )
        self.weights = ipywidgets.ToggleButtons(options=['bf16', 'W4A16'], description='weights', style=wide['style'])
        self.ratio = ipywidgets.FloatSlider(
            value=0.8, min=0.01, max=0.95, step=0.01, description='cache_max_entry_count', **wide
        )
        self.kv = ipywidgets.ToggleButtons(options=list(KV_POLICIES), description='KV cache', style=wide['style'])
        self.length = ipywidgets.SelectionSlider(
            options=[2**n for n in range(8, 16)], value=2048, description='tokens each', **wide
        )
        self.result = ipywidgets.HTML()
        controls = [self.model, self.card, self.weights, self.ratio, self.kv, self.length]
        for control in controls:
            control.observe(self._redraw, 'value')
        super().__init__([*controls, self.result])
        self._redraw()

    @property
    def prediction(self) -> MemoryPrediction:
        """What the controls stand for."""
        return predict_memory(
            self.model.value,
            free_on(self.card.value),
            engine='turbomind',
            cache_max_entry_count=self.ratio.value,
            quant_policy=KV_POLICIES[self.kv.value],
            awq=self.weights.value == 'W4A16',
            max_batch_size=128,
            session_len=self.length.value,
        )

    def _repr_mimebundle_(self, **options) -> dict:
        """The bar as plain HTML besides, for pages where no widget runs."""
        return super()._repr_mimebundle_(**options) | {'text/html': self.result.value}

    def __repr__(self) -> str:  # a notebook stores it beside the widget, so it must not change from run to run
        return '<MemoryExplorer>'

    def _redraw(self, _=None) -> None:
        card = next(name for name, mib in CARDS_MIB.items() if mib == self.card.value)
        caption = f'{self.model.value}, {self.weights.value}, on {card}, ratio {self.ratio.value:g}, KV {self.kv.value}'
        self.result.value = f'<div>{caption}</div>' + explain(self.prediction, self.card.value, self.length.value)


def memory_explorer(model: str = 'internlm2-chat-1_8b') -> MemoryExplorer:
    """Give sliders for model, card, weights, `cache_max_entry_count`, `quant_policy` and the length of a conversation.

    The bar shows what TurboMind will take of the card, the line below it how many conversations fit at the same time.

    Args:
        model: the name in GEOMETRIES that it begins with.
    """
    return MemoryExplorer(model)


def explain(prediction: MemoryPrediction, card_mib: int, length: int) -> str:
    """The prediction as HTML: a bar as wide as the card, and a sentence."""
    p = prediction
    rest = CONTEXT_BYTES + p.engine_bytes - p.weight_bytes - p.pool_bytes
    parts = {'weights': p.weight_bytes, 'KV cache': p.pool_bytes, 'rest': rest, 'free': max(0, p.left_bytes)}
    total = max(card_mib * MIB, sum(parts.values()))
    bar = ''.join(
        f'<div style="width:{100 * size / total:.2f}%;background:{_COLOURS[name]}" title="{name}"></div>'
        for name, size in parts.items()
    )
    legend = ' &nbsp; '.join(
        f'<span style="color:{_COLOURS[name] if name != "free" else "#999999"}">&#9632;</span> '
        f'{name} {size / MIB:,.0f} MiB'
        for name, size in parts.items()
    )
    if p.problem:
        says = f'<b style="color:#c00000">Does not start:</b> {html.escape(p.problem)}.'
    else:
        fits = p.sequences(length)
        says = (
            f'<b>{p.tokens:,} tokens</b> fit: <b>{fits:,}</b> conversation{"" if fits == 1 else "s"} of '
            f'{length:,} tokens at the same time.'
        )
    return (
        f'<div style="display:flex;height:28px;max-width:760px;border:1px solid #999">{bar}</div>'
        f'<div style="margin:4px 0">{legend}</div><div>{says}</div>'
    )
