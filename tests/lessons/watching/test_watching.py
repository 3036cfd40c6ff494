"""Prometheus beside a server, with a program in the place of Prometheus; the real one: test_prometheus.py."""

import json
import re
from pathlib import Path
from types import SimpleNamespace

import pytest
from prometheus_support import stand_in
from server_support import alive, is_free, tree

from lessons.serving.keys import ApiKey
from lessons.watching import dashboard_queries, find_prometheus, monitoring_folder, plot_series, watch
from lessons.watching.prometheus import QueryError, Series

KEY = ApiKey('THE-KEY-OF-THIS-TEST')
SERVER = SimpleNamespace(url='http://127.0.0.1:12345', key=KEY)
RULES = [{'alert': 'Always', 'expr': 'vector(1)', 'for': '5s'}]


@pytest.fixture
def program(tmp_path, monkeypatch):
    path = stand_in(tmp_path)
    monkeypatch.setenv('PROMETHEUS', str(path))
    return path


def seen_by(prometheus) -> dict:
    """What the program was given: its command line, its files with their modes."""
    return json.loads(prometheus.query('anything')[0].labels['seen'])


def test_the_key_is_in_a_file_of_its_own_and_nowhere_else(program):
    with watch(SERVER, rules=RULES) as prometheus:
        seen = seen_by(prometheus)
        lines = [' '.join(process.cmdline()) for process in tree(prometheus.pid)]
        environments = [str(process.environ()) for process in tree(prometheus.pid)]
    assert seen['mode'] == '0o700'
    assert seen['files']['key'] == [KEY, '0o600']
    del seen['files']['key']
    assert not [text for text in (json.dumps(seen), *lines, *environments, repr(prometheus)) if KEY in text]


def test_it_listens_on_this_machine_alone_and_reads_what_it_was_told(program):
    with watch(SERVER, rules=RULES, scrape_interval_s=3) as prometheus:
        seen = seen_by(prometheus)
        assert prometheus.url.startswith('http://127.0.0.1:')
    assert f'--web.listen-address=127.0.0.1:{prometheus.port}' in seen['line'].split()
    assert f'--storage.tsdb.path={seen["folder"]}/data' in seen['line'].split()
    config = json.loads(seen['files']['prometheus.yml'][0])
    (job,) = config['scrape_configs']
    assert config['global'] == {'scrape_interval': '3s', 'evaluation_interval': '3s'}
    assert job['static_configs'] == [{'targets': ['127.0.0.1:12345']}]
    assert job['authorization'] == {'credentials_file': f'{seen["folder"]}/key'}
    (rename,) = job['metric_relabel_configs']
    assert re.fullmatch(rename['regex'], 'lmdeploy_num_requests_running')[1] == 'num_requests_running'
    assert config['rule_files'] == [f'{seen["folder"]}/rules.yml']
    assert json.loads(seen['files']['rules.yml'][0])['groups'][0]['rules'] == RULES


def test_as_lmdeploy_ships_it_there_is_no_key_and_no_other_name(program):
    with watch(SERVER, with_key=False, mend_names=False) as prometheus:
        seen = seen_by(prometheus)
    (job,) = json.loads(seen['files']['prometheus.yml'][0])['scrape_configs']
    assert job.keys() == {'job_name', 'static_configs'}
    assert 'key' not in seen['files']


def test_nothing_is_left_of_it(program):
    with watch(SERVER) as prometheus:
        folder, processes = seen_by(prometheus)['folder'], tree(prometheus.pid)
        assert 'running' in repr(prometheus)
    assert len(processes) >= 2
    assert not alive(processes)
    assert is_free(prometheus.port)
    assert 'ended' in repr(prometheus)
    assert not Path(folder).exists(), 'the key with it'


def test_two_at_once_have_a_port_each(program):
    with watch(SERVER) as one, watch(SERVER) as other:
        assert one.port != other.port
        assert seen_by(one)['folder'] != seen_by(other)['folder']


def test_answers_and_refusals(program):
    with watch(SERVER) as prometheus:
        (series,) = prometheus.query('good')
        assert (series.times_s, series.values, series.last) == ((1.5,), (2.5,), 2.5)
        assert prometheus.wait_for('good')[0].last == 2.5
        with pytest.raises(QueryError, match='bad: that is no PromQL'):
            prometheus.query('bad')


def test_one_that_does_not_start_says_why(tmp_path, monkeypatch):
    monkeypatch.setenv('PROMETHEUS', str(stand_in(tmp_path, 'die')))
    with pytest.raises(RuntimeError, match='the stand-in was told to'):
        watch(SERVER)


def test_without_prometheus_one_hears_how_to_get_it(monkeypatch, tmp_path):
    monkeypatch.delenv('PROMETHEUS', raising=False)
    monkeypatch.setenv('PATH', str(tmp_path))
    with pytest.raises(FileNotFoundError, match='sudo apt install prometheus'):
        watch(SERVER)
    monkeypatch.setenv('PROMETHEUS', str(tmp_path / 'nothing'))
    with pytest.raises(FileNotFoundError, match='that is no program'):
        find_prometheus()
    monkeypatch.setenv('PROMETHEUS', str(stand_in(tmp_path)))
    assert find_prometheus() == str(tmp_path / 'stand-in')


# ------------------------------------------------------------------------------------------------- the dashboard


def test_the_dashboard_is_lmdeploys_with_its_variables_filled_in():
    queries = dashboard_queries('a model', '60s')
    text = next(monitoring_folder().rglob('lmdeploy-dashboard.json')).read_text()
    assert len(queries) == text.count('"expr"') > 20
    assert not [query for query in queries if '$' in query.promql or '\n' in query.promql]
    assert all('model_name="a model"' in query.promql for query in queries)
    (running,) = (query for query in queries if query.legend == 'Num Running')
    assert (running.panel, running.promql) == ('Scheduler Stats', 'lmdeploy:num_requests_running{model_name="a model"}')


# ------------------------------------------------------------------------------------------------- plots


def test_a_plot_for_each_title_and_a_line_for_each_series():
    asked = {
        'a': [Series({}, (100.0, 101.0, 102.0), (0.0, 3.0, 1.0))],
        'b': [],
        'c': [Series({'i': '0'}, (101.0,), (1.0,)), Series({'i': '1'}, (102.0,), (2.0,))],
    }
    prometheus = SimpleNamespace(query_range=lambda promql, start_s, end_s: asked[promql])
    plots = {'one': {'A': 'a', 'B': 'b'}, 'two': {'': 'c'}, 'three': {'': 'b'}}
    figure = plot_series(prometheus, plots, 100.0, 110.0, shaded=[(101.0, 103.0)])
    first, second, third, unused = figure.axes
    assert [ax.get_title(loc='left') for ax in (first, second, third)] == ['one', 'two', 'three']
    assert [len(ax.lines) for ax in figure.axes] == [1, 2, 0, 0]
    assert list(first.lines[0].get_xdata()) == [0.0, 1.0, 2.0]
    assert list(first.lines[0].get_ydata()) == [0.0, 3.0, 1.0]
    assert first.get_xlim() == (0, 10)
    assert first.get_ylim()[0] == 0
    assert first.patches[0].get_extents().width > 0
    assert not unused.axison
