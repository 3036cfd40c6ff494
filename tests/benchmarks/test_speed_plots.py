"""The pictures of chapters 7 and 10 show what the records of speed and scaling hold."""

import sys

import matplotlib
import pytest

matplotlib.use('Agg')

from pathlib import Path

import matplotlib.pyplot as plt

from helpers import load_record

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent / 'imgs'))

import scaling_plots
import speed_plots


@pytest.fixture(scope='module')
def record():
    yield load_record('h200/speed')
    plt.close('all')


def speeds(record, model, tokens_in, figure='output_tokens_per_s'):
    """(engine, batch) -> a figure of the record's rows."""
    rows = [row for row in record.data['rows'] if (row['model'], row['tokens_in']) == (model, tokens_in)]
    return {(row['engine'], row['batch']): row[figure] for row in rows}


def says_its_source(fig, record, rows):
    (source,) = [text.get_text() for text in fig.texts if record.device in text.get_text()]
    assert all(row['date'] in source for row in rows)


def test_bars_are_engines_by_plain_generate(record):
    fig, found = speed_plots.speed(), speeds(record, '1_8b', 61)
    (ax,) = fig.axes
    shown = {bars.get_label(): [bar.get_height() for bar in bars] for bars in ax.containers if hasattr(bars, 'patches')}
    for engine in speed_plots.BARS:
        wanted = [found[engine, batch] / found['transformers', batch] for batch in speed_plots.BATCHES]
        assert shown[record.data['engines'][engine].removeprefix('transformers, ')] == pytest.approx(wanted)
    says_its_source(fig, record, [row for row in record.data['rows'] if row['engine'] == 'compiled'])


def test_curves_of_throughput_over_tpot(record):
    fig = speed_plots.speed_latency()
    for ax, model in zip(fig.axes, record.data['models'], strict=True):
        made, tpot = speeds(record, model, 61), speeds(record, model, 61, 'tpot_s')
        for line in ax.lines:
            (engine,) = [e for e, name in record.data['engines'].items() if name == line.get_label()]
            assert list(line.get_xdata()) == pytest.approx([1e3 * tpot[engine, batch] for batch in (1, 8, 128)])
            assert list(line.get_ydata()) == [made[engine, batch] for batch in (1, 8, 128)]
        assert len(ax.lines) == len(speed_plots.CURVES)


def test_steps_with_smaller_numbers(record):
    (ax,) = speed_plots.speed_quantised().axes
    tpot = speeds(record, '1_8b', 1024, 'tpot_s')
    shown = {line.get_label(): dict(zip(*line.get_data(), strict=True)) for line in ax.lines}
    for engine, (name, _) in speed_plots.QUANTISED.items():
        wanted = {b: tpot['turbomind', b] / tpot[engine, b] for e, b in tpot if e == engine}
        assert shown[name] == pytest.approx(wanted)


def test_every_rate_is_a_point(record):
    fig = speed_plots.speed_server()
    for row in record.data['rows'] + record.data['rates']:
        (source,) = [text.get_text() for text in fig.texts if record.device in text.get_text()]
        assert (row['date'] in source) == (row['date'] in {r['date'] for r in record.data['rates']})
    for percentile in ('p50', 'p95'):
        lines = [line for ax in fig.axes for line in ax.lines if line.get_label() == percentile.upper()]
        shown = sorted(value for line in lines for value in line.get_ydata())
        assert shown == pytest.approx(sorted(1e3 * row[f'ttft_{percentile}_s'] for row in record.data['rates']))


def test_what_more_cards_bring():
    """Every model as one engine on two and four cards, against one; replicas, against the same cards as one engine."""
    data = load_record('h200/scaling').data
    axes = scaling_plots.scaling_speed().axes
    speeds = {
        (row['model'], row['gpus'], row['batch']): row['output_tokens_per_s']
        for row in data['offline']
        if row['what'] == 'turbomind' and row['tokens_in'] == 61
    }
    serve = served(data)
    for gpus in (2, 4):
        wanted = sorted(speeds[model, n, batch] / speeds[model, 1, batch] for model, n, batch in speeds if n == gpus)
        assert shown(axes[:3], f'tp={gpus}') == pytest.approx(wanted)
        assert len(wanted) == 3 * 4
        wanted = sorted(
            rate / serve[model, n, 'tp', 'direct', clients]
            for (model, n, what, way, clients), rate in serve.items()
            if (n, what, way) == (gpus, 'replicas', 'direct')
        )
        assert shown(axes[3:], f'{gpus} cards') == pytest.approx(wanted)
        assert len(wanted) == 3 * 3


def test_what_the_proxy_costs():
    serve = served(load_record('h200/scaling').data)
    axes = scaling_plots.scaling_proxy().axes
    wanted = sorted(
        100 * serve[model, gpus, what, 'proxy', clients] / rate
        for (model, gpus, what, way, clients), rate in serve.items()
        if (what, way) == ('replicas', 'direct') and gpus > 1
    )
    assert sorted(bar.get_height() for ax in axes for bar in ax.patches) == pytest.approx(wanted)
    assert len(wanted) == 3 * 2 * 3


def shown(axes, label: str) -> list[float]:
    return sorted(y for ax in axes for line in ax.lines if line.get_label() == label for y in line.get_ydata())


def served(data: dict) -> dict[tuple, float]:
    """Output tokens per second of servers."""
    return {
        (row['model'], row['gpus'], row['what'], row['way'], row['clients']): row['output_tokens_per_s']
        for row in data['serve']
    }
