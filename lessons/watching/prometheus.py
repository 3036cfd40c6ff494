"""Prometheus beside a server of the course: started with the server's key, asked in PromQL, and surely ended.

with watch(server) as prometheus:
    prometheus.query('sum(lmdeploy:num_requests_running)')
"""

import dataclasses
import json
import sys
import time
from collections.abc import Mapping, Sequence
from typing import ClassVar

from lessons.serving.port import free_port, listen
from lessons.serving.server import Server

from .binary import find_prometheus

FIRST_PORT = 9090  # Prometheus's default
# Asked for OpenMetrics, prometheus_client writes `_` for the `:` of LMDeploy's names (its issue 1177) unless Prometheus
# takes UTF-8, as it does from version 3 on.  There this changes nothing.
MENDED_NAMES = {
    'source_labels': ['__name__'],
    'regex': 'lmdeploy_(.+)',
    'target_label': '__name__',
    'replacement': 'lmdeploy:$1',
}


class QueryError(ValueError):
    """Prometheus refused a query; the message is its own."""


@dataclasses.dataclass(frozen=True, slots=True)
class Series:
    """One row of what a query gives: its labels, and a value at each moment at which there is one."""

    labels: Mapping[str, str]
    times_s: tuple[float, ...]  # Unix time; of an instant query, one
    values: tuple[float, ...]

    @property
    def last(self) -> float:
        return self.values[-1]


def watch(
    server: Server,
    *,
    rules: Sequence[Mapping[str, str]] = (),
    scrape_interval_s: int = 1,
    with_key: bool = True,
    mend_names: bool = True,
    timeout_s: float = 60.0,
) -> 'Prometheus':
    """Start Prometheus on 127.0.0.1, have it read `server`'s /metrics, and wait until it answers.

    The key goes to it through a pipe, and lies in a file that only you may read; no command line has it.  Prometheus
    and all that it stored end with the `with` block, with `stop()`, when nothing names it any more, and with this
    process, however that ends.

    Args:
        server: what `api_server` gave.
        rules: alerts, each with the fields of Prometheus: {'alert': NAME, 'expr': PROMQL, 'for': '10s'}.
        scrape_interval_s: how often it reads, and looks at the rules.
        with_key: False: as LMDeploy's own prometheus.yaml has it, which knows no key.
        mend_names: False: under the names that come, which are wrong for a Prometheus before version 3.
        timeout_s: how long starting may take.

    Raises:
        FileNotFoundError: Prometheus is not on this machine; the message says how to get it.
        RuntimeError: it did not start; the message shows the end of its log.
    """
    program = find_prometheus()
    job = {'job_name': 'lmdeploy', 'static_configs': [{'targets': [server.url.removeprefix('http://')]}]}
    if mend_names:
        job['metric_relabel_configs'] = [MENDED_NAMES]
    content = {
        'config': {
            'global': {'scrape_interval': f'{scrape_interval_s}s', 'evaluation_interval': f'{scrape_interval_s}s'},
            'scrape_configs': [job],
        },
        'rules': {'groups': [{'name': 'course', 'rules': [dict(rule) for rule in rules]}]},
        'with_key': with_key,
    }
    with listen('127.0.0.1', free_port(FIRST_PORT), announce=False) as listening:
        port = listening.getsockname()[1]
        started = Prometheus('127.0.0.1', port, [program, json.dumps(content)], listening, server.key)
    try:
        started.wait_until_ready(timeout_s)
    except BaseException:  # a KeyboardInterrupt too
        started.stop()
        raise
    return started


class Prometheus(Server):
    """A running Prometheus; `watch` makes it.  It asks nobody for a key, so it listens on this machine alone."""

    launcher: ClassVar[list[str]] = [sys.executable, '-m', 'lessons.watching.process']
    ready_path: ClassVar[str] = '/-/ready'
    names_models: ClassVar[bool] = False

    def __repr__(self) -> str:
        return f'<Prometheus at {self.url}, {"running" if self.running else "ended"}>'

    def query(self, promql: str, at_s: float | None = None) -> list[Series]:
        """What `promql` gives now, or at `at_s` (Unix time): a row for each set of labels; none where it has no data.

        Raises QueryError with Prometheus's words where it is no PromQL.
        """
        found = self._asked('query', query=promql, time=at_s)
        rows = found['result'] if found['resultType'] == 'vector' else [{'metric': {}, 'value': found['result']}]
        return [_series(row['metric'], [row['value']]) for row in rows]

    def query_range(self, promql: str, start_s: float, end_s: float, step_s: float = 1.0) -> list[Series]:
        """What `promql` gives at each `step_s` from `start_s` to `end_s` (Unix time).

        Raises QueryError with Prometheus's words where it is no PromQL.
        """
        found = self._asked('query_range', query=promql, start=start_s, end=end_s, step=step_s)
        return [_series(row['metric'], row['values']) for row in found['result']]

    def wait_for(self, promql: str, timeout_s: float = 60.0) -> list[Series]:
        """The rows that `promql` gives as soon as there are some.  TimeoutError if none came in time."""
        deadline = time.monotonic() + timeout_s
        while not (found := self.query(promql)):
            if time.monotonic() > deadline:
                raise TimeoutError(f'{promql} gave nothing for {timeout_s:g} s')
            time.sleep(0.2)
        return found

    def target(self) -> dict:
        """The server as Prometheus sees it: `health` ('up', 'down', 'unknown') and `lastError`, among others."""
        return self.get('/api/v1/targets').json()['data']['activeTargets'][0]

    def _asked(self, what: str, **parameters) -> dict:
        reply = self.get(f'/api/v1/{what}', params=parameters).json()
        if reply['status'] != 'success':
            raise QueryError(f'{parameters["query"]}: {reply["error"]}')
        return reply['data']


def _series(labels: dict, points: list) -> Series:
    times, values = zip(*((float(at), float(value)) for at, value in points), strict=True)
    return Series(labels, times, values)
