"""Tables, plots and files of measurements."""

import csv
import json

import matplotlib
import pytest

from lessons.serving.figures import LoadMeasurement, Repeats, RequestTiming
from lessons.speed.offline import BatchMeasurement
from lessons.speed.results import plot_results, result_rows, result_table, save_results

matplotlib.use('Agg')

TIMINGS = (RequestTiming(10, 4, 0.0, 0.5, 2.0, 1, (0.5, 0.5, 0.5)),)
LOADS = [
    Repeats(tuple(LoadMeasurement(clients, wall, 0.1, TIMINGS * clients, ()) for wall in (2.0, 4.0, 3.0)))
    for clients in (1, 8)
]
BATCHES = [BatchMeasurement(b, 61, 4, (1.0, 2.0, 1.25), (0.5,), 3.0) for b in (8, 1)]
RESULTS = {'a, "server"': LOADS, 'one': LOADS[0].median}


def test_a_row_each():
    rows = result_rows(RESULTS)
    assert [(row['name'], row['clients']) for row in rows] == [('a, "server"', 1), ('a, "server"', 8), ('one', 1)]
    assert rows[1]['output_tokens_per_s'] == round(8 * 4 / 3.0, 1)


def test_the_table_says_what_the_rows_do():
    lines = result_table({'offline': BATCHES, **RESULTS}).splitlines()
    assert len(lines) == 1 + 5
    assert lines[0].split()[:3] == ['batch', 'clients', 'output_tokens_per_s']
    assert lines[1].split() == ['offline', '8', '-', '25.6', '16', '32', '0.5', '-', '0.25', '-', '-', '-']
    columns = [line.index('output_tokens_per_s') for line in lines[:1]]
    assert all(len(line) > columns[0] for line in lines)
    assert result_table({'x': BATCHES}, ('batch', 'ttft_s')).splitlines() == [
        '   batch  ttft_s', 'x      8     0.5', 'x      1     0.5',
    ]  # fmt: skip


def test_the_plot_shows_median_and_spread():
    ax = plot_results({'offline': BATCHES}, 'batch')
    (container,) = ax.containers
    line, _, (bars,) = container
    assert list(line.get_xdata()) == [1, 8]
    assert list(line.get_ydata()) == pytest.approx([3.2, 25.6])
    low_high = [[point[1] for point in segment] for segment in bars.get_segments()]
    assert low_high == [pytest.approx([2.0, 4.0]), pytest.approx([16.0, 32.0])]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ('at once', 'output tokens/s')
    assert plot_results({'a': LOADS[0].median}, 'clients', 'ttft_p50_s', ax=ax) is ax
    matplotlib.pyplot.close('all')


def test_json_and_csv_hold_the_same(tmp_path):
    written = json.loads(save_results(RESULTS, tmp_path / 'a.json', model='tiny').read_text())
    assert (written['model'], written['rows']) == ('tiny', result_rows(RESULTS))
    with open(save_results(RESULTS, tmp_path / 'a.csv'), newline='') as file:
        rows = list(csv.DictReader(file))
    assert [row['name'] for row in rows] == [row['name'] for row in written['rows']]
    assert float(rows[1]['ttft_p50_s']) == written['rows'][1]['ttft_p50_s']
    assert sorted(path.name for path in tmp_path.iterdir()) == ['a.csv', 'a.json']


def test_nothing_half_written_stays(tmp_path):
    (tmp_path / 'a.json').write_text('old')
    with pytest.raises(ValueError, match='not JSON compliant'):
        save_results(RESULTS, tmp_path / 'a.json', x=float('nan'))
    assert (tmp_path / 'a.json').read_text() == 'old'
    with pytest.raises(ValueError, match=r'must end in \.json or \.csv'):
        save_results(RESULTS, tmp_path / 'a.xlsx')
    assert [path.name for path in tmp_path.iterdir()] == ['a.json']
