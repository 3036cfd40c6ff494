"""The memory of a card: weights, cache, rest and free, and the tokens that fit, in several settings."""

from dataclasses import dataclass

from helpers.memory import MIB
from lessons.kv_cache.explorer import cards_here, free_on
from lessons.kv_cache.prediction import CONTEXT_BYTES, MemoryPrediction, predict_memory
from lessons.pictures.frame import MovingPicture, Step
from lessons.pictures.shapes import Shape, rect, text
from lessons.pictures.words import Words, say

LEFT, WIDE = 20, 600
COLOURS = {'weights': 'blue', 'cache': 'sand', 'rest': 'grey'}


@dataclass(frozen=True)
class Setting:
    """How an engine is started: weights of 4 bits or not, the KV cache's `quant_policy`, the ratio."""

    awq: bool
    quant_policy: int
    ratio: float

    @property
    def name(self) -> str:
        kv = {0: 'KV 16 bit', 8: 'KV int8', 4: 'KV int4'}[self.quant_policy]
        return f'{"W4A16" if self.awq else "16 bit"} · {kv} · {self.ratio:g}'


SETTINGS = (
    Setting(False, 0, 0.8),
    Setting(True, 0, 0.8),
    Setting(False, 8, 0.8),
    Setting(False, 4, 0.8),
    Setting(True, 4, 0.8),
    Setting(False, 0, 0.4),
    Setting(True, 4, 0.4),
)


def predictions(model: str, card_mib: int) -> list[MemoryPrediction]:
    """What TurboMind takes of a card that nobody else uses, in each of SETTINGS."""
    return [
        predict_memory(
            model,
            free_on(card_mib),
            engine='turbomind',
            cache_max_entry_count=setting.ratio,
            quant_policy=setting.quant_policy,
            awq=setting.awq,
            max_batch_size=128,
            session_len=2048,
        )
        for setting in SETTINGS
    ]


def parts_of(p: MemoryPrediction, card_mib: int) -> dict[str, int]:
    """Bytes of weights, cache and rest (the CUDA context, kernels, buffers), and what stays free of the card."""
    weights, cache = p.weight_bytes, p.pool_bytes
    rest = CONTEXT_BYTES + p.engine_bytes - weights - cache
    return {'weights': weights, 'cache': cache, 'rest': rest, 'free': card_mib * MIB - weights - cache - rest}


def card_memory(model: str = 'internlm2-chat-1_8b', card_mib: int | None = None) -> MovingPicture:
    """A step for each of SETTINGS, with the setting before it for comparison.

    Args:
        model: a name in GEOMETRIES.
        card_mib: the memory of the card.  None: this machine's; without one, the 8182 MiB of the course notes' slice.
    Raises:
        ValueError: a model that is too large for the card.
    """
    if card_mib is None:
        cards, here = cards_here()
        card_mib = cards[here]
    predicted = predictions(model, card_mib)
    if bad := next((p.problem for p in predicted if p.problem), None):
        raise ValueError(f'{model} on {card_mib} MiB would not start: {bad}')
    most, steps = max(p.tokens for p in predicted), []
    for n, p in enumerate(predicted):
        shapes = [text(LEFT, 26, say('{model} on a card of {mib:,} MiB', model=model, mib=card_mib), bold=True)]
        shapes += _bars(46, SETTINGS[n], p, card_mib, most)
        if n:
            shapes += [text(LEFT, 250, say('before:'), 16, 'quiet')]
            shapes += _bars(258, SETTINGS[n - 1], predicted[n - 1], card_mib, most, small=True)
        shapes += _legend(374)
        steps.append(Step(shapes, _caption(n, predicted)))
    return MovingPicture(
        say('The memory of a card'),
        say('One bar is the card, from weights to what stays free; the bar below it the tokens that fit.'),
        steps,
        height=400,
        still=4,
    )


def _bars(y: float, setting: Setting, p: MemoryPrediction, card_mib: int, most: int, small=False) -> list[Shape]:
    """The card and the tokens: with their numbers; or, `small`, as lower bars."""
    tall, shapes, x = 26 if small else 48, [], LEFT
    if not small:
        shapes.append(text(LEFT, y + 18, setting.name))
        y += 28
    parts = parts_of(p, card_mib)
    for name, colour in COLOURS.items():
        width = WIDE * parts[name] / (card_mib * MIB)
        shapes.append(rect(x, y, width, tall, colour))
        if not small and width > 60:
            shapes.append(text(x + width / 2, y + 30, f'{parts[name] / MIB:,.0f}', anchor='middle'))
        x += width
    if not small and LEFT + WIDE - x > 60:
        shapes.append(text((x + LEFT + WIDE) / 2, y + 30, f'{parts["free"] / MIB:,.0f}', fill='quiet', anchor='middle'))
    shapes.append(rect(LEFT, y, WIDE, tall, 'none', 'rule'))
    down = y + tall + (8 if small else 22)
    high = 26 if small else 36
    shapes.append(rect(LEFT, down, max(2, 400 * p.tokens / most), high, 'green', None if small else 'green_line'))
    at = LEFT + 400 * p.tokens / most + 8
    shapes.append(text(at, down + high / 2 + 6, say('{n:,} tokens', n=p.tokens), 16 if small else 20, bold=not small))
    return shapes


def _legend(y: float) -> list[Shape]:
    names = (('blue', say('weights')), ('sand', say('KV cache')), ('grey', say('rest')), ('paper', say('free (MiB)')))
    shapes = []
    for n, (colour, name) in enumerate(names):
        shapes += [rect(LEFT + 150 * n, y, 18, 18, colour, 'rule'), text(LEFT + 26 + 150 * n, y + 15, name, 16)]
    return shapes


def _caption(n: int, predicted: list[MemoryPrediction]) -> Words:
    p, plain = predicted[n], predicted[0]
    values = {'tokens': p.tokens, 'times': p.tokens / plain.tokens, 'mib': p.engine_bytes / MIB}
    values['saved'] = (plain.weight_bytes - p.weight_bytes) / MIB
    values['less'] = (plain.engine_bytes - p.engine_bytes) / MIB
    return (
        say('Weights and cache in 16 bit, ratio 0.8: the cache takes most of what the weights leave free.'),
        say(
            'W4A16 makes the weights {saved:,.0f} MiB smaller; of that the cache takes its share, so '
            'the total shrinks by {less:,.0f} MiB, and {times:.2f} times the tokens fit.',
            **values,
        ),
        say(
            'KV int8 on weights in 16 bit: the cache is as large as at first, and holds {times:.2f} times the tokens.',
            **values,
        ),
        say('KV int4: still the same cache, which holds {times:.2f} times the tokens.', **values),
        say('W4A16 and KV int4 together: {tokens:,} tokens, {times:.2f} times as many.', **values),
        say(
            'Only a lower ratio frees the card: at 0.4 in 16 bit {less:,.0f} MiB less, and {times:.2f} times the '
            'tokens.',
            **values,
        ),
        say(
            'Ratio 0.4 with W4A16 and KV int4: {less:,.0f} MiB less than at first, and {times:.2f} times the tokens.',
            **values,
        ),
    )[n]
