"""A server's metrics: what LMDeploy's own server counts under a load, and what the chart makes of it."""

import dataclasses
import io
import math
import re
import threading
from pathlib import Path

import nbformat
import openai
import PIL.Image
import pytest
from nbclient import NotebookClient
from patience import PATIENCE_S, wait_until

from lessons.serving import api_server, measure_clients, metrics_chart, read_metrics
from lessons.serving.chart import MetricsFigure, fresh_metrics, headline
from lessons.serving.metrics import TimeSum, parse_metrics

ROOT = Path(__file__).resolve().parents[3]
MAX_BATCH_SIZE = 4


@pytest.fixture(scope='module')
def server():
    with api_server(
        ROOT / 'models' / 'tiny-chat', session_len=768, max_batch_size=MAX_BATCH_SIZE, log_level='ERROR'
    ) as server:
        measure_clients(server.client, output_tokens=4, progress=False)
        yield server


# ---------------------------------------------------------------- against LMDeploy's server


def test_the_counters_grow_by_what_was_asked(server):
    before = read_metrics(server.client)
    m = measure_clients(server.client, clients=3, requests_per_client=2, output_tokens=11, progress=False)
    grown = read_metrics(server.client).since(before)
    assert m.failed_requests == 0
    assert grown.request_success_total == 6
    assert grown.generation_tokens_total == m.output_tokens == 66
    assert grown.prompt_tokens_total == m.input_tokens
    assert grown.time_to_first_token.count == 6
    assert grown.e2e_request_latency.count == grown.request_queue_time.count == 6
    # the server's own times lie within those that the clients see
    assert 0 < grown.time_to_first_token.mean_s < m.ttft.mean_s
    assert 0 < grown.e2e_request_latency.mean_s < m.latency.mean_s


def test_the_gauges_show_who_waits_and_the_server_does_not_count_that_wait(server):
    """Eight clients, four places: the gauges are refreshed every ten seconds, so the load lasts until they are."""
    measured, end = [], threading.Event()

    def load():
        while not end.is_set():
            measured.append(
                measure_clients(server.client, clients=8, requests_per_client=8, output_tokens=24, progress=False)
            )

    def both():
        # between two batches of a round nobody runs: the engine's gauges may be of that moment
        now = read_metrics(server.client)
        return now.num_api_requests_waiting and now.num_requests_running and now

    before = read_metrics(server.client)
    thread = threading.Thread(target=load)
    thread.start()
    try:
        seen = wait_until(both, every_s=0.1)
    finally:
        end.set()  # after the load that runs
        thread.join()
    # who has a place runs, or waits in the engine for its prefill
    assert seen.num_requests_running + seen.num_requests_waiting <= MAX_BATCH_SIZE
    assert 0 < seen.gpu_cache_usage < 0.1
    assert 0 < seen.num_api_requests_waiting <= 8 - MAX_BATCH_SIZE
    grown = read_metrics(server.client).since(before)
    clients_wait_s = sum(m.ttft.mean_s for m in measured) / len(measured)
    assert grown.time_to_first_token.mean_s < 0.7 * clients_wait_s
    assert grown.request_success_total == sum(m.requests for m in measured)


def test_a_notebook_keeps_one_picture(server, tmp_path, monkeypatch):
    """It is drawn anew while the cell runs, and the last one is stored; the text beside it never changes."""
    monkeypatch.setenv('LMDEPLOY_API_KEY', server.client.api_key)
    source = f"""
import openai, os, time, lessons.serving.chart
from lessons.serving import measure_clients, metrics_chart
lessons.serving.chart._REDRAW_S = 0.2
client = openai.OpenAI(base_url={server.base_url!r}, api_key=os.environ['LMDEPLOY_API_KEY'])
with metrics_chart(client, interval_s=0.1) as chart:
    measure_clients(client, clients=2, output_tokens=80, progress=False)
    while len(chart.readings) < 6:  # however busy the machine is; the notebook's time limit ends it
        time.sleep(0.1)
print(chart.total.request_success_total, chart.total.generation_tokens_total)
"""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)])
    NotebookClient(
        notebook, timeout=PATIENCE_S, kernel_name='python3', resources={'metadata': {'path': str(ROOT)}}
    ).execute()
    picture, text = notebook.cells[0].outputs
    assert text.text == '2 160\n'
    assert picture.output_type == 'display_data'
    assert picture.data['text/plain'] == 'MetricsChart()'
    assert set(picture.data) == {'image/png', 'text/plain'}
    assert len(picture.data['image/png']) < 60_000  # a notebook may have 400 KiB


def test_the_chart_ends_with_its_block_and_when_the_block_fails(server):
    before, charts = set(threading.enumerate()), []

    def broken():
        with metrics_chart(server.client, interval_s=0.01) as chart:
            charts.append(chart)
            assert set(threading.enumerate()) - before
            raise OSError('lost')

    with pytest.raises(OSError, match='lost'):
        broken()
    assert not set(threading.enumerate()) - before
    assert len(charts[0].readings) >= 2
    assert charts[0].total.request_success_total == 0


def test_a_wrong_key_is_said_at_once(server):
    other = openai.OpenAI(base_url=server.base_url, api_key='another')
    with pytest.raises(RuntimeError, match='wants a key') as caught:
        read_metrics(other)
    assert 'another' not in str(caught.value)
    with pytest.raises(RuntimeError, match='wants a key'), metrics_chart(other):
        pass


def test_no_server():
    with pytest.raises(RuntimeError, match='cannot be read'):
        read_metrics(openai.OpenAI(base_url='http://127.0.0.1:9/v1', api_key='k'))


# ---------------------------------------------------------------- the arithmetic

TEXT = """
# HELP lmdeploy:num_requests_running Number of requests in model execution batches.
# TYPE lmdeploy:num_requests_running gauge
lmdeploy:num_requests_running{engine="0",model_name="a"} 3.0
lmdeploy:num_requests_running{engine="1",model_name="a"} 4.0
# TYPE lmdeploy:num_requests_waiting gauge
lmdeploy:num_requests_waiting{engine="0",model_name="a"} 2.0
# TYPE lmdeploy:num_api_requests_waiting gauge
lmdeploy:num_api_requests_waiting{engine="0",model_name="a"} 5.0
# TYPE lmdeploy:gpu_cache_usage_perc gauge
lmdeploy:gpu_cache_usage_perc{engine="0",model_name="a"} 0.25
# TYPE lmdeploy:prefix_cache_hit_rate gauge
lmdeploy:prefix_cache_hit_rate{engine="0",model_name="a"} 0.5
# TYPE lmdeploy:prompt_tokens_total counter
lmdeploy:prompt_tokens_total{engine="0",model_name="a"} 140.0
# TYPE lmdeploy:generation_tokens_total counter
lmdeploy:generation_tokens_total{engine="0",model_name="a"} 1.2e+03
# TYPE lmdeploy:request_success_total counter
lmdeploy:request_success_total{engine="0",finished_reason="ResponseType.FINISH",model_name="a"} 10.0
lmdeploy:request_success_total{engine="0",finished_reason="ResponseType.CANCEL",model_name="a"} 0.0
"""
for _name in ('time_to_first_token', 'time_per_output_token', 'request_queue_time', 'e2e_request_latency'):
    TEXT += f"""# TYPE lmdeploy:{_name}_seconds histogram
lmdeploy:{_name}_seconds_bucket{{engine="0",le="0.1",model_name="a"}} 7.0
lmdeploy:{_name}_seconds_bucket{{engine="0",le="+Inf",model_name="a"}} 10.0
lmdeploy:{_name}_seconds_count{{engine="0",model_name="a"}} 10.0
lmdeploy:{_name}_seconds_sum{{engine="0",model_name="a"}} 2.5
"""


def test_text_becomes_numbers():
    m = parse_metrics(TEXT)
    assert (m.num_requests_running, m.num_requests_waiting, m.num_api_requests_waiting, m.waiting) == (7, 2, 5, 7)
    assert (m.gpu_cache_usage, m.prefix_cache_hit_rate) == (0.25, 0.5)
    assert (m.prompt_tokens_total, m.generation_tokens_total, m.request_success_total) == (140, 1200, 10)
    assert m.time_to_first_token == m.e2e_request_latency == TimeSum(2.5, 10)
    assert m.time_to_first_token.mean_s == 0.25


def test_since_subtracts_totals_and_leaves_gauges():
    earlier = parse_metrics(TEXT)
    later = dataclasses.replace(
        earlier, num_requests_running=9, generation_tokens_total=1300, time_to_first_token=TimeSum(4.5, 14)
    )
    change = later.since(earlier)
    assert (change.num_requests_running, change.gpu_cache_usage) == (9, 0.25)
    assert (change.generation_tokens_total, change.prompt_tokens_total) == (100, 0)
    assert change.time_to_first_token == TimeSum(2.0, 4)
    assert math.isnan(change.e2e_request_latency.mean_s)


def test_every_name_is_one_of_lmdeploys(server):
    """The text of the real server has all that is read from it, under the same names."""
    text = server.get('/metrics').text
    for name in re.findall(r'^lmdeploy:(\w+)\{', TEXT, re.M):
        assert f'\nlmdeploy:{name}{{' in text


def test_what_is_not_lmdeploys_is_refused():
    with pytest.raises(RuntimeError, match='lmdeploy:num_requests_running is not among the metrics'):
        parse_metrics('# TYPE python_info gauge\npython_info 1.0\n')


def test_the_picture_shows_the_numbers():
    quiet = parse_metrics(TEXT)
    figure = MetricsFigure()
    readings = [(0.0, quiet)]
    size = PIL.Image.open(io.BytesIO(figure.png(readings))).size
    busy = dataclasses.replace(
        quiet,
        generation_tokens_total=1800,
        request_success_total=12,
        time_to_first_token=TimeSum(4.5, 14),
        gpu_cache_usage=0.5,
    )
    readings += [(2.0, busy), (3.0, busy)]
    assert PIL.Image.open(io.BytesIO(figure.png(readings))).size == size
    drawn = {ax.get_title('left'): [line.get_xydata().tolist() for line in lines] for ax, lines in figure._plots}
    assert drawn['requests'] == [[[0, 7], [2, 7], [3, 7]], [[0, 7], [2, 7], [3, 7]]]
    assert drawn['KV cache in use, %'] == [[[0, 25], [2, 50], [3, 50]]]
    assert drawn['output tokens/s'] == [[[2, 300], [3, 0]]]
    assert drawn['TTFT of new answers, s'][0][0] == [2, 0.5]
    assert all(
        ax.get_ylim()[1] > max(y for line in lines for y in line.get_ydata() if y == y) for ax, lines in figure._plots
    )
    assert headline(readings) == '2 answers, 600 tokens written, TTFT 0.50 s on average'


def test_gauges_from_before_the_block_are_left_out():
    """They are refreshed every 10 s: until then the server says what was so before."""
    before = dataclasses.replace(parse_metrics(TEXT), num_requests_running=32, num_api_requests_waiting=0)
    now = dataclasses.replace(before, num_requests_running=4, num_api_requests_waiting=6)
    readings = [(0.0, before), (10.9, before), (11.1, now), (12.0, now)]
    assert fresh_metrics(readings) == [now, now]
    assert headline(readings).endswith('at most 4 running, 8 waiting')
