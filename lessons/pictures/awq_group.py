"""AWQ on one group: its weights, the 16 levels, and what a scale does to the error of one channel and of the others.

The rounding is that of lessons/w4a16/rounding.py.  A channel's error counts as in the chapter: (error of the weight x
mean |activation|)², the share of the output's mean square change that this channel would make alone.
"""

from dataclasses import dataclass
from statistics import median

from lessons.pictures.frame import MovingPicture, Step
from lessons.pictures.shapes import Shape, circle, line, polygon, rect, text
from lessons.pictures.words import Words, say
from lessons.w4a16.rounding import group_grid, round_plain, to_grid

SCALES = 1, 1.25, 1.5, 2, 3, 4
MOST_WEIGHTS, MOST_SCALES = 128, 6
LEFT, RIGHT, TOP, BOTTOM = 52, 620, 40, 216  # of the weights
FLOOR, LOUDEST = 276, 40  # of the activations: where their bars stand, how high the largest is
GROUND, HIGHEST, PITCH, COLUMN = 424, 84, 72, 44  # of the columns: where they stand, the highest, pitch, width
DOT, SEEN = 2, 3  # radius of a weight; a bar that is no longer its dot hides but for a hair, so it is left out


@dataclass(frozen=True)
class Rounded:
    """A group with its salient channel scaled, rounded; weights and levels as they are rounded, errors scaled back."""

    scale: float
    weights: list[float]  # the salient channel's times `scale`
    levels: list[float]  # 16, rising
    nearest: list[float]  # the level of each weight
    errors: list[float]  # |what stands for the weight - the weight|, in the unscaled group's units

    @property
    def level_step(self) -> float:
        """From a level to the next."""
        return (self.levels[-1] - self.levels[0]) / (len(self.levels) - 1)


@dataclass(frozen=True)
class Cost:
    """(error x mean |activation|)² of the salient channel, and summed over the others."""

    salient: float
    others: float

    @property
    def total(self) -> float:
        return self.salient + self.others


def round_group(weights, salient: int, scale: float = 1) -> Rounded:
    """Multiply weight number `salient` by `scale`, round the group to 4 bits; in float32, as the course rounds.

    Args:
        weights: [n], a group: neighbours in one row of a layer's weight.
    """
    import torch

    weights = torch.as_tensor(weights, dtype=torch.float32).cpu()
    channels = torch.ones_like(weights)
    channels[salient] = scale
    scaled = weights * channels
    step, zero = (grid[0, 0] for grid in group_grid(scaled[None], len(scaled)))
    levels, nearest = (torch.arange(16) - zero) * step, (to_grid(scaled, step, zero) - zero) * step
    errors = (nearest / channels - weights).abs()
    return Rounded(scale, *(values.tolist() for values in (scaled, levels, nearest, errors)))


def cost_of(rounded: Rounded, activations: list[float], salient: int) -> Cost:
    """What the errors of a group cost; activations: [n], mean |activation| of each channel, unscaled."""
    costs = [(error * size) ** 2 for error, size in zip(rounded.errors, activations, strict=True)]
    return Cost(costs.pop(salient), sum(costs))


def typical_row(weights, activations, scales=SCALES) -> int:
    """The row of weights [rows, n] whose costs are nearest to their mean over all rows; activations: [n].

    What one weight loses by rounding is a matter of luck; what a scale does on the whole, the mean shows.
    """
    import torch

    weights = torch.as_tensor(weights, dtype=torch.float32)
    sizes = torch.as_tensor(activations, dtype=torch.float32).to(weights.device)
    salient, costs = int(sizes.argmax()), []
    for scale in scales:
        channels = torch.ones_like(sizes)
        channels[salient] = scale
        rounded = round_plain(weights * channels, len(sizes)) / channels
        cost = ((rounded - weights) * sizes).square()
        costs.append(torch.stack([cost[:, salient], cost.sum(1) - cost[:, salient]], 1))
    costs = torch.stack(costs, 1)  # [rows, scales, 2]
    return int((costs - costs.mean(0)).square().sum((1, 2)).argmin())


def awq_group(weights, activations, scales=SCALES) -> MovingPicture:
    """A step for each scale of the salient channel: the one with the largest mean |activation|.

    Args:
        weights: [n], a group: neighbours in one row of a layer's weight.
        activations: [n], the mean |activation| of each channel.
        scales: rising, from 1, which is plain rounding.
    Raises:
        ValueError: lengths that differ, too many weights or scales, or a group that plain rounding leaves as it is.
    """
    weights, sizes = _numbers(weights), _numbers(activations)
    if len(weights) != len(sizes) or not 2 <= len(weights) <= MOST_WEIGHTS:
        raise ValueError(
            f'{len(weights)} weights and {len(sizes)} activations: a group has as many of each, 2 to {MOST_WEIGHTS}'
        )
    if list(scales) != sorted(set(scales)) or len(scales) > MOST_SCALES or not scales or scales[0] != 1:
        raise ValueError(f'scales={scales}: at most {MOST_SCALES} that rise, from 1, have room in the picture')
    salient = max(range(len(sizes)), key=sizes.__getitem__)
    groups = [round_group(weights, salient, scale) for scale in scales]
    costs = [cost_of(group, sizes, salient) for group in groups]
    if not costs[0].total:
        raise ValueError('plain rounding changes nothing in this group, so that a scale has nothing to mend')
    best = min(range(len(costs)), key=lambda n: costs[n].total)
    low = min(min(group.weights + group.levels) for group in groups)
    high = max(max(group.weights + group.levels) for group in groups)
    times, steps = sizes[salient] / (median(sizes) or sizes[salient]), []
    for n, group in enumerate(groups):
        shapes = [
            *_head(group.scale, salient, len(sizes)),
            *_weights(group, salient, low, high),
            *_activations(sizes, salient, group.scale),
            *_columns(groups, costs, n, best),
            *_legend(),
        ]
        steps.append(Step(shapes, _caption(n, groups, costs, best, times)))
    return MovingPicture(
        say('AWQ on one group'),
        say(
            'Dots are the weights of a group, lines the 16 levels; below, the mean activation of each channel, and '
            'for each scale a column: the error of the salient channel, and on it that of the others.'
        ),
        steps,
        height=452,
        still=best or -1,
    )


def _numbers(values) -> list[float]:
    """A tensor, an array or a list as floats."""
    return [float(value) for value in values]


def _across(index: int, count: int) -> int:
    return round(LEFT + 6 + index * (RIGHT - LEFT - 12) / (count - 1))


def _aside(salient: int, count: int) -> tuple[int, str]:
    """Where words stand so that the salient channel is not under them: x, anchor."""
    return (LEFT, 'start') if 2 * salient >= count else (RIGHT, 'end')


def _head(scale: float, salient: int, count: int) -> list[Shape]:
    """Which step this is; over the salient weight and beside its activation, what is done to them."""
    at, anchor = _aside(salient, count)
    shapes = [text(at, 24, say('Scale {s:g}', s=scale), bold=True, anchor=anchor)]
    if scale != 1:
        x, way = _across(salient, count), 1 if anchor == 'end' else -1
        shapes.append(text(x, 24, f'× {scale:g}', 16, 'red_line', anchor='middle'))
        beside = 'start' if way > 0 else 'end'
        shapes.append(text(x + 10 * way, FLOOR - 22, f'÷ {scale:g}', 16, 'red_line', anchor=beside))
    return shapes


def _weights(group: Rounded, salient: int, low: float, high: float) -> list[Shape]:
    """Levels, weights, and from each weight to its level a bar; all steps share the height of low and high."""

    def up(value: float) -> float:
        return round(BOTTOM - (value - low) / (high - low) * (BOTTOM - TOP), 1)

    shapes = [line(LEFT, up(level), RIGHT, up(level), 'rule', thick=0.5) for level in group.levels]
    shapes += [
        text(44, up(level) + (12 if name == '15' else 0), name, 16, 'quiet', anchor='end')
        for name, level in (('0', group.levels[0]), ('15', group.levels[-1]))
    ]
    dots = []
    for index, (weight, level) in enumerate(zip(group.weights, group.nearest, strict=True)):
        x, y, tall = _across(index, len(group.weights)), min(up(weight), up(level)), abs(up(weight) - up(level))
        if index == salient:
            own = [rect(x - 2, y, 4, tall, 'red_line'), circle(x, up(weight), 5, 'red', 'red_line', thick=2)]
            continue
        dots.append(circle(x, round(up(weight)), DOT, 'blue_line'))
        if tall > SEEN:
            shapes.append(rect(x, round(y), 1, round(tall), 'ink'))
    return [*shapes, *dots, *own]


def _activations(sizes: list[float], salient: int, scale: float) -> list[Shape]:
    """What each channel gets; of the salient one a bar, whose pale part is what the division takes away."""
    largest, count = sizes[salient] or 1, len(sizes)
    tops = [(_across(index, count), round(FLOOR - LOUDEST * size / largest)) for index, size in enumerate(sizes)]
    others = tops[:salient] + tops[salient + 1 :]
    x, tall = _across(salient, count), LOUDEST * sizes[salient] / largest
    at, anchor = _aside(salient, count)
    return [
        polygon([(others[0][0], FLOOR), *others, (others[-1][0], FLOOR)], 'blue_line'),
        rect(x - 3, FLOOR - tall, 6, tall, 'red', 'red_line'),
        rect(x - 3, FLOOR - tall / scale, 6, tall / scale, 'red_line'),
        text(at, FLOOR - LOUDEST + 16, say('mean |activation|'), 16, 'quiet', anchor=anchor),
    ]


def _columns(groups: list[Rounded], costs: list[Cost], now: int, best: int) -> list[Shape]:
    """The errors of all scales, of which the best has a green ground, and the one of this step an outline."""
    plain, most = costs[0].total, max(cost.total for cost in costs)
    shapes = [text(20, 304, say('(error × activation)², %'), 16, 'quiet')]
    for n, (group, cost) in enumerate(zip(groups, costs, strict=True)):
        x, middle = 20 + PITCH * n + (PITCH - COLUMN) / 2, 20 + PITCH * n + PITCH / 2
        salient, others = (HIGHEST * part / most for part in (cost.salient, cost.others))
        if n == best:
            shapes.append(rect(x - 9, GROUND - HIGHEST - 26, COLUMN + 18, HIGHEST + 52, 'green', round=4))
        shapes.append(rect(x, GROUND - salient, COLUMN, salient, 'red_line'))
        shapes.append(rect(x, GROUND - salient - others, COLUMN, others, 'blue_line'))
        if n == now:
            shapes.append(rect(x - 2, GROUND - salient - others - 2, COLUMN + 4, salient + others + 4, 'none', 'ink'))
        share = f'{100 * cost.total / plain:.0f}'
        shapes.append(text(middle, GROUND - salient - others - 7, share, 16, anchor='middle', bold=n == now))
        shapes.append(text(middle, GROUND + 20, f'{group.scale:g}', 16, anchor='middle', bold=n == now))
    return shapes


def _legend() -> list[Shape]:
    names = (
        ('blue_line', say('others')),
        ('red_line', say('salient')),
        ('green', say('best')),
    )
    shapes = []
    for n, (colour, name) in enumerate(names):
        y = 350 + 28 * n
        shapes += [rect(500, y, 16, 16, colour), text(524, y + 14, name, 16)]
    return shapes


def _caption(n: int, groups: list[Rounded], costs: list[Cost], best: int, times: float) -> Words:
    """What the numbers say, and no more: next to each share stands that of plain rounding."""
    group, cost, plain = groups[n], costs[n], costs[0]
    shares = {'own': cost.salient / plain.total, 'others': cost.others / plain.total, 'total': cost.total / plain.total}
    if n == 0:
        return say(
            'Scale 1, plain rounding: the 16 levels are {step:.4f} apart; the salient channel, whose activation is '
            '{times:.1f} times the median, accounts for {own:.0%} of the error, the others for {others:.0%}.',
            step=group.level_step,
            times=times,
            **shares,
        )
    before = groups[0].level_step
    step = f'{group.level_step:.4f}'
    if step == f'{before:.4f}':
        levels = say('the levels stay {step} apart', step=step)
    elif group.level_step > before:
        levels = say('the range has grown, the levels are {step} apart', step=step)
    else:
        levels = say('the range is narrower, the levels are {step} apart', step=step)
    verdict = Words('', '')
    if n == best:
        verdict = say(', the least of these scales')
    elif cost.total > plain.total:
        verdict = say(', more than by plain rounding')
    return say(
        'Scale {s:g}: {levels}, for the salient channel in effect {fine:.4f}; its error is {own:.0%} (plain: '
        '{was:.0%}), that of the others {others:.0%} (plain: {were:.0%}), together {total:.0%}{verdict}.',
        s=group.scale,
        levels=levels,
        fine=group.level_step / group.scale,
        was=plain.salient / plain.total,
        were=plain.others / plain.total,
        verdict=verdict,
        **shares,
    )
