"""The real Prometheus beside a stand-in for LMDeploy's server: its real metrics, behind a key.  (With LMDeploy's own
server: the deep dive itself.)"""

import http.server
import threading
from types import SimpleNamespace

import prometheus_client
import pytest
from patience import PATIENCE_S, wait_until
from prometheus_client.exposition import choose_encoder
from prometheus_support import real_prometheus

from lessons.exercises import check
from lessons.exercises.deep_watching import BUCKETS, QUANTILE
from lessons.serving.keys import ApiKey
from lessons.watching import dashboard_queries, watch
from lessons.watching.prometheus import QueryError

pytestmark = pytest.mark.deep
KEY = ApiKey('THE-KEY-OF-THIS-TEST')
RULES = [{'alert': 'RequestsWait', 'expr': 'sum(lmdeploy:num_api_requests_waiting) > 0', 'for': '1s'}]


@pytest.fixture(scope='module')
def server():
    """LMDeploy's metrics in the format that is asked for, with the key alone; `stats` is LMDeploy's own logger."""
    real_prometheus()
    from lmdeploy.metrics.loggers import PrometheusStatLogger

    stats = PrometheusStatLogger('a model', 2048)

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            write, kind = choose_encoder(self.headers['Accept'])
            body = write(prometheus_client.REGISTRY)
            self.send_response(200 if self.headers['Authorization'] == f'Bearer {KEY}' else 401)
            self.send_header('Content-Type', kind)
            self.send_header('Content-Length', str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler) as listening:
        thread = threading.Thread(target=listening.serve_forever)
        thread.start()
        yield SimpleNamespace(url=f'http://127.0.0.1:{listening.server_port}', key=KEY, stats=stats)
        listening.shutdown()
        thread.join()


@pytest.fixture(scope='module')
def prometheus(server):
    with watch(server, rules=RULES) as prometheus:
        prometheus.wait_for('up == 1', PATIENCE_S)
        yield prometheus


def test_without_the_key_it_reads_nothing(server):
    with watch(server, with_key=False) as prometheus:
        assert prometheus.wait_for('up', PATIENCE_S)[0].last == 0
        assert '401' in prometheus.target()['lastError']
        assert prometheus.query('{__name__=~"lmdeploy.+"}') == []


def test_every_query_of_the_dashboard_has_an_answer(server, prometheus):
    """Whatever this Prometheus asks for: by version 2 the names come without their colon."""
    stats = server.stats
    stats.counter_generation_tokens.inc(8)
    for histogram in (stats.histogram_time_to_first_token, stats.histogram_e2e_time_request):
        histogram.observe(0.3)
    queries = dashboard_queries('a model')
    wait_until(lambda: all(prometheus.query(query.promql) for query in queries), PATIENCE_S)
    assert not prometheus.query('{__name__=~"lmdeploy_.+"}')
    assert not any(prometheus.query(query.promql) for query in dashboard_queries('another model'))


def test_the_alert_is_pending_then_fires_and_ends(server, prometheus):
    gauge = server.stats.gauge_scheduler_api_waiting
    gauge.set(3)
    prometheus.wait_for('ALERTS{alertname="RequestsWait",alertstate="firing"}', PATIENCE_S)
    gauge.set(0)
    wait_until(lambda: not prometheus.query('ALERTS{alertname="RequestsWait"}'), PATIENCE_S)
    now_s = float(prometheus.query('time()')[0].last)
    states = prometheus.query_range('ALERTS{alertname="RequestsWait"}', now_s - PATIENCE_S, now_s)
    began = {series.labels['alertstate']: series.times_s[0] for series in states}
    assert began['firing'] - began['pending'] >= 1


def test_prometheus_makes_of_the_buckets_what_the_exercise_says(prometheus):
    rows = ' or '.join(f'label_replace(vector({n}), "le", "{le}", "", "")' for le, n in BUCKETS.items())
    rows += f' or label_replace(vector({max(BUCKETS.values())}), "le", "+Inf", "", "")'
    quantile = prometheus.query(f'histogram_quantile({QUANTILE}, {rows})')[0].last
    assert check('watching.2', quantile)


def test_its_own_words_for_what_is_no_promql(prometheus):
    with pytest.raises(QueryError, match='parse error'):
        prometheus.query('sum(')
    with pytest.raises(TimeoutError, match='gave nothing for 0 s'):
        prometheus.wait_for('no_such_series', 0)
