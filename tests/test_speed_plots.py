"""The pictures of chapters 7 and 8 show what the records of speed and scaling hold."""

import sys

import matplotlib
import pytest

matplotlib.use('Agg')

from pathlib import Path

import matplotlib.pyplot as plt

from helpers import load_record

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / 'imgs'))

import scaling_plots
import speed_plots


@pytest.fixture(scope='module')
def record():
    yield load_record('h200/speed')
    plt.close('all')


@pytest.mark.parametrize(('draw', 'x'), [(speed_plots.speed, 'batch'), (speed_plots.speed_latency, 'tpot_s')])
def test_every_row_is_a_point(record, draw, x):
    fig, wanted, drawn = draw(), {}, {}
    for row in record.data['rows']:
        title = f'{record.data["models"][row["model"]]}, {row["tokens_in"]} tokens in'
        value = row[x] if x == 'batch' else 1e3 * row[x]
        points = wanted.setdefault((title, record.data['engines'][row['engine']]), [])
        points.append((value, row['output_tokens_per_s']))
    for ax in fig.axes:
        for line in ax.lines:
            drawn[ax.get_title(), line.get_label()] = sorted(zip(*line.get_data(), strict=True))
    assert drawn == {key: sorted(points) for key, points in wanted.items()}
    assert {text.get_text() for text in fig.legends[0].get_texts()} == {engine for _, engine in wanted}
    (source,) = [text.get_text() for text in fig.texts if record.device in text.get_text()]
    assert all(row['date'] in source for row in record.data['rows'])


def test_every_rate_is_a_point(record):
    fig = speed_plots.speed_server()
    for row in record.data['rows'] + record.data['rates']:
        assert (row['date'] in fig.texts[0].get_text()) == (row['date'] in {r['date'] for r in record.data['rates']})
    ttft, tpot, throughput = fig.axes
    rates = sorted((row['model'], row['requests_per_s']) for row in record.data['rates'])
    for ax, name in ((ttft, 'ttft'), (tpot, 'tpot')):
        for percentile in ('p50', 'p95'):
            lines = [line for line in ax.lines if line.get_label().endswith(percentile.upper())]
            shown = sorted(value for line in lines for value in line.get_ydata())
            assert shown == pytest.approx(sorted(1e3 * row[f'{name}_{percentile}_s'] for row in record.data['rates']))
    *made, asked = throughput.lines
    assert sum(len(line.get_xdata()) for line in made) == len(rates)
    small = {row['requests_per_s']: row for row in record.data['rates'] if row['model'] == '1_8b'}
    wanted = [256 * small[rate]['requests'] / small[rate]['rate_s'] for rate in sorted(small)]
    assert list(asked.get_ydata()) == pytest.approx(wanted), 'what came in, while requests came'


def test_what_more_cards_bring():
    """Every model on one card and cut over two and four; every load that replicas and the same cards cut both had."""
    data = load_record('h200/scaling').data
    faster, *against = scaling_plots.scaling_speed().axes
    speeds = {
        (row['model'], row['gpus'], row['batch']): row['output_tokens_per_s']
        for row in data['offline']
        if row['what'] == 'turbomind' and row['tokens_in'] == 61
    }
    for gpus in (2, 4):
        wanted = sorted(speeds[model, n, batch] / speeds[model, 1, batch] for model, n, batch in speeds if n == gpus)
        shown = sorted(y for line in faster.lines for y in line.get_ydata() if f'tp={gpus}' in line.get_label())
        assert shown == pytest.approx(wanted)
        assert len(shown) == 3 * 4
    for ax, gpus in zip(against, (2, 4), strict=True):
        rows = [row for row in data['serve'] if row['gpus'] == gpus]
        tp = {(row['model'], row['clients']): row['output_tokens_per_s'] for row in rows if row['what'] == 'tp'}
        wanted = sorted(
            row['output_tokens_per_s'] / tp[row['model'], row['clients']] for row in rows if row['what'] == 'replicas'
        )
        shown = sorted(y for line in ax.lines for y in line.get_ydata() if 'Chat' in line.get_label())
        assert shown == pytest.approx(wanted)
        assert len(shown) == 3 * 7
