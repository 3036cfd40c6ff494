"""Sliders over `predict_memory`: how many conversations fit on a card of one's choice."""

import html

import ipywidgets

from helpers.checkpoints.geometry import GEOMETRIES
from helpers.memory import MIB, device_memory
from lessons.widget import Panel
from translations.messages import shown

from .prediction import CONTEXT_BYTES, MemoryPrediction, predict_memory
from .tokens import KV_POLICIES

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


def cards_here() -> tuple[dict[str, int], str]:
    """Sizes of cards in MiB, with this machine's own before them if it has one; and the name of the first to show."""
    memory = device_memory()
    if memory.device != 'cuda':
        return CARDS_MIB, next(iter(CARDS_MIB))
    here = shown('this slice' if memory.is_slice else 'this card')
    here += f': {memory.device_name} ({memory.total_bytes / MIB:.0f} MiB)'
    return {here: memory.total_bytes // MIB} | CARDS_MIB, here


def free_on(card_mib: int) -> int:
    """Bytes that an engine finds free on a card of this size that nobody else uses: all but its own CUDA context."""
    return card_mib * MIB - CONTEXT_BYTES


class MemoryExplorer(Panel):
    """Controls and the bar; the controls are attributes (`model`, `card`, `ratio`, …), so a cell can set them."""

    def __init__(self, model: str):
        wide = {'style': {'description_width': '160px'}, 'layout': ipywidgets.Layout(width='560px')}
        self.model = ipywidgets.Dropdown(options=list(GEOMETRIES), value=model, description=shown('model'), **wide)
        self._cards, first = cards_here()
        self.card = ipywidgets.Dropdown(
            options=self._cards, value=self._cards[first], description=shown('card'), **wide
        )
        self.weights = ipywidgets.ToggleButtons(
            options=['bf16', 'W4A16'], description=shown('weights'), style=wide['style']
        )
        self.ratio = ipywidgets.FloatSlider(
            value=0.8, min=0.01, max=0.95, step=0.01, description='cache_max_entry_count', **wide
        )
        self.kv = ipywidgets.ToggleButtons(
            options=list(KV_POLICIES), description=shown('KV cache'), style=wide['style']
        )
        self.length = ipywidgets.SelectionSlider(
            options=[2**n for n in range(8, 16)], value=2048, description=shown('tokens each'), **wide
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
        card = next(name for name, mib in self._cards.items() if mib == self.card.value)
        caption = shown(
            f'{self.model.value}, {self.weights.value}, on {card}, ratio {self.ratio.value:g}, KV {self.kv.value}'
        )
        self.result.value = f'<div>{caption}</div>' + explain(self.prediction, self.card.value, self.length.value)


def memory_explorer(model: str = 'internlm2-chat-1_8b') -> MemoryExplorer:
    """Give sliders for model, card, weights, `cache_max_entry_count`, `quant_policy` and the length of a conversation.

    The bar shows what TurboMind will take of the card, the line below it how many conversations fit at the same time.
    It starts on this machine's card or slice; without one on the slice of the course notes.

    Args:
        model: the name in GEOMETRIES that it begins with.
    """
    return MemoryExplorer(model)


def explain(prediction: MemoryPrediction, card_mib: int, length: int) -> str:
    """The prediction as HTML: a bar as wide as the card, and a sentence."""
    p = prediction
    rest = CONTEXT_BYTES + p.engine_bytes - p.weight_bytes - p.pool_bytes
    parts = {'weights': p.weight_bytes, 'KV cache': p.pool_bytes, 'rest': rest, 'free': max(0, p.left_bytes)}
    names = [shown('weights'), shown('KV cache'), shown('rest'), shown('free')]
    total = max(card_mib * MIB, sum(parts.values()))
    bar = ''.join(
        f'<div style="width:{100 * size / total:.2f}%;background:{_COLOURS[part]}" title="{name}"></div>'
        for name, (part, size) in zip(names, parts.items(), strict=True)
    )
    legend = ' &nbsp; '.join(
        f'<span style="color:{_COLOURS[part] if part != "free" else "#999999"}">&#9632;</span> '
        f'{name} {size / MIB:,.0f} MiB'
        for name, (part, size) in zip(names, parts.items(), strict=True)
    )
    if p.problem:
        says = f'<b style="color:#c00000">{shown("Does not start")}:</b> {html.escape(shown(p.problem))}.'
    else:
        fits = p.sequences(length)
        says = shown(
            f'<b>{p.tokens:,} tokens</b> fit: <b>{fits:,}</b> conversation{"" if fits == 1 else "s"} of '
            f'{length:,} tokens at the same time.'
        )
    return (
        f'<div style="display:flex;height:28px;max-width:760px;border:1px solid #999">{bar}</div>'
        f'<div style="margin:4px 0">{legend}</div><div>{says}</div>'
    )
