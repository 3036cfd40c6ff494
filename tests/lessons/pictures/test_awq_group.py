"""The picture of AWQ on one group: levels and errors are those of a plain loop and of the course's own rounding."""

import dataclasses
import re

import pytest
import torch

from lessons.pictures import awq_group, typical_row
from lessons.pictures.awq_group import SCALES, cost_of, round_group
from lessons.w4a16 import round_plain

SALIENT = 40


def group(seed: int = 3, salient_weight: float = 0.09) -> tuple[torch.Tensor, torch.Tensor]:
    """A group such as those of a layer: small weights, activations of which one is ten times as large."""
    made = torch.Generator().manual_seed(seed)
    weights, activations = torch.randn(128, generator=made) * 0.1, torch.rand(128, generator=made) * 0.02 + 0.03
    weights[SALIENT], activations[SALIENT] = salient_weight, 0.4
    return weights, activations


def drawn(step, tag, **attributes) -> list[dict]:
    """The attributes of a step's shapes that have these among them."""
    wanted = {(name.replace('_', '-'), value) for name, value in attributes.items()}
    return [dict(s.attributes) for s in step.shapes if s.tag == tag and wanted <= set(s.attributes)]


def texts(step, language='en') -> list[str]:
    found = [shape.words for shape in step.shapes if shape.tag == 'text']
    return [words if isinstance(words, str) else getattr(words, language) for words in found]


@pytest.mark.parametrize('scale', SCALES)
@pytest.mark.parametrize('salient_weight', [0.09, -1.0], ids=['amid', 'at the end'])
def test_levels_and_errors_are_those_of_a_plain_loop(scale, salient_weight):
    weights = group(salient_weight=salient_weight)[0].tolist()
    scaled = [w * scale if index == SALIENT else w for index, w in enumerate(weights)]
    step = (max(scaled) - min(scaled)) / 15
    zero = min(15, max(0, -round(min(scaled) / step)))
    levels = [(number - zero) * step for number in range(16)]
    rounded = round_group(weights, SALIENT, scale)
    assert rounded.levels == pytest.approx(levels, abs=1e-6)
    assert rounded.level_step == pytest.approx(step)
    for index, (weight, big) in enumerate(zip(weights, scaled, strict=True)):
        nearest = min(levels, key=lambda level: abs(level - big))
        back = scale if index == SALIENT else 1
        assert rounded.weights[index] == pytest.approx(big)
        assert rounded.errors[index] == pytest.approx(abs(nearest / back - weight), abs=1e-6)
        assert min(abs(rounded.nearest[index] - level) for level in levels) < 1e-6, 'a level'


@pytest.mark.parametrize('scale', SCALES)
def test_it_is_the_rounding_of_the_course(scale):
    weights, activations = group()
    channels = torch.ones(128)
    channels[SALIENT] = scale
    change = (round_plain((weights * channels)[None]) / channels)[0] - weights
    rounded = round_group(weights, SALIENT, scale)
    assert rounded.errors == change.abs().tolist()
    cost = cost_of(rounded, activations.tolist(), SALIENT)
    shares = (change * activations).square()
    assert cost.salient == pytest.approx(shares[SALIENT].item())
    assert cost.total == pytest.approx(shares.sum().item())


def test_scale_1_is_plain_rounding():
    weights, _ = group()
    rounded = round_group(weights, SALIENT)
    assert rounded.weights == weights.tolist()
    assert rounded.nearest == round_plain(weights[None])[0].tolist()


def test_columns_levels_and_captions_say_what_was_computed():
    weights, activations = group()
    picture = awq_group(weights, activations)
    groups = [round_group(weights, SALIENT, scale) for scale in SCALES]
    costs = [cost_of(rounded, activations.tolist(), SALIENT) for rounded in groups]
    plain, most = costs[0].total, max(cost.total for cost in costs)
    best = min(range(len(costs)), key=lambda n: costs[n].total)
    assert picture.still == best != 0
    for n, step in enumerate(picture.steps):
        for colour, part in (('red_line', 'salient'), ('blue_line', 'others')):
            columns = [column['height'] for column in drawn(step, 'rect', width=44, fill=colour)]
            assert columns == pytest.approx([84 * getattr(cost, part) / most for cost in costs], abs=0.06), part
        assert len(drawn(step, 'line')) == 16
        assert len(drawn(step, 'circle', fill='blue_line')) == 127
        assert [column['x'] for column in drawn(step, 'rect', fill='green', rx=4)] == [20 + 72 * best + 14 - 9]
        assert [frame['x'] for frame in drawn(step, 'rect', stroke='ink')] == [20 + 72 * n + 14 - 2]
        assert {f'{100 * cost.total / plain:.0f}' for cost in costs} <= set(texts(step))
        said = step.caption.en
        own, others, total = (f'{v / plain:.0%}' for v in (costs[n].salient, costs[n].others, costs[n].total))
        assert f'{own} of the error' in said if n == 0 else f'its error is {own} (plain: ' in said
        assert f'{others}' in said
        if n:
            assert f'that of the others {others} (plain: {costs[0].others / plain:.0%}), together {total}' in said
            assert f'in effect {groups[n].level_step / SCALES[n]:.4f}' in said
        assert ('the least of these scales' in said) == (n == best)
        assert ('more than by plain rounding' in said) == (costs[n].total > plain)
        assert ('range has grown' in said) == (groups[n].level_step > 1.0001 * groups[0].level_step)


def test_the_salient_weight_moves_with_the_scale_and_its_activation_shrinks():
    weights, activations = group(salient_weight=0.3)  # its range grows
    picture = awq_group(weights, activations)
    low = min(min(round_group(weights, SALIENT, s).levels + round_group(weights, SALIENT, s).weights) for s in SCALES)
    high = max(max(round_group(weights, SALIENT, s).levels + round_group(weights, SALIENT, s).weights) for s in SCALES)
    for scale, step in zip(SCALES, picture.steps, strict=True):
        (dot,) = drawn(step, 'circle', fill='red')
        assert dot['cy'] == pytest.approx(216 - 176 * (0.3 * scale - low) / (high - low), abs=0.06)
        rounded = round_group(weights, SALIENT, scale)
        (bar,) = drawn(step, 'rect', width=4, fill='red_line')
        gap = abs(rounded.nearest[SALIENT] - rounded.weights[SALIENT])
        assert bar['height'] == pytest.approx(176 * gap / (high - low), abs=0.16)
        assert [bar['height'] for bar in drawn(step, 'rect', width=6, fill='red_line')] == [round(40 / scale, 1)]


def test_a_group_that_a_scale_makes_worse_is_not_called_better():
    """The salient weight is the end of the range: each scale stretches it, and the others pay."""
    weights, activations = group(salient_weight=1.0)
    activations[:] = 0.1
    activations[SALIENT] = 0.11
    picture = awq_group(weights, activations)
    assert [('more than by plain rounding' in step.caption.en) for step in picture.steps] == [False, *[True] * 5]
    assert not any('the least' in step.caption.en for step in picture.steps)
    assert picture.still == -1, 'the still shows what goes wrong'


def test_a_typical_row_is_the_one_nearest_to_the_mean():
    activations = group()[1]
    rows = torch.stack([group(seed)[0] for seed in range(12)])
    rows[:, SALIENT] = torch.linspace(-0.3, 0.3, 12)
    costs = []
    for row in rows:
        made = [cost_of(round_group(row, SALIENT, s), activations.tolist(), SALIENT) for s in SCALES]
        costs.append([value for cost in made for value in (cost.salient, cost.others)])
    mean = [sum(column) / len(costs) for column in zip(*costs, strict=True)]
    away = [sum((value - m) ** 2 for value, m in zip(row, mean, strict=True)) for row in costs]
    assert typical_row(rows, activations) == away.index(min(away))


@pytest.mark.parametrize('language', ['en', 'zh'])
@pytest.mark.parametrize('salient_weight', [0.09, 1.0, -0.4])
def test_it_is_small_in_both_languages(language, salient_weight):
    for seed in range(3):
        picture = dataclasses.replace(awq_group(*group(seed, salient_weight)), language=language)
        assert sum(map(len, picture._repr_mimebundle_().values())) < 60_000
        if language == 'zh':
            said = ' '.join(' '.join([*texts(step, 'zh'), step.caption.zh]) for step in picture.steps)
            assert not re.findall(r'[A-Za-z]{3,}', said)


def test_lists_and_small_groups_will_do():
    picture = awq_group([0.1, -0.2, 0.33, 0.05], [1, 1, 2, 1], scales=(1, 2))
    assert len(picture.steps) == 2


@pytest.mark.parametrize(
    ('weights', 'activations', 'scales', 'why'),
    [
        ([0.1] * 3, [1] * 4, (1, 2), '3 weights and 4 activations: a group has as many of each, 2 to 128'),
        ([0.1] * 129, [1] * 129, (1, 2), '129 weights and 129 activations'),
        ([0.1, 0.2], [1, 2], (2, 3), r'scales=\(2, 3\): at most 6 that rise, from 1'),
        ([0.1, 0.2], [1, 2], (1, 3, 2), 'at most 6 that rise, from 1'),
        ([0.1, 0.2], [1, 2], (), 'at most 6 that rise, from 1'),
        ([0.1, 0.2], [1, 2], range(1, 8), 'at most 6 that rise, from 1'),
        ([-7, 0, 8], [1, 2, 1], (1, 2), 'plain rounding changes nothing in this group'),
    ],
)
def test_what_cannot_be_is_refused(weights, activations, scales, why):
    with pytest.raises(ValueError, match=why):
        awq_group(weights, activations, scales)
