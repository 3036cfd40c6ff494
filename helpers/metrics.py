"""The numbers that LMDeploy's server gives at /metrics, as data and as a live chart.

Totals and times are counted as tokens come.  The gauges (running, waiting, cache in use) are set every 10 seconds only,
by `_force_log` in lmdeploy/serve/openai/api_server.py (`log_interval = 10.`): the engine, often another process, is
asked for them just that often, and what it said stays until it is asked again.  A load shorter than that can pass
unseen.  Both engines fill all gauges; of the PyTorch engine's cache those blocks count that requests hold
(`LMDEPLOY_ENABLE_REQUEST_CACHE_USAGE_METRIC`), not those that are kept for their prefix.
"""

import dataclasses
import io
import itertools
import time

from .sampling import Sampler

_FRESH_AFTER_S = 11.0  # LMDeploy refreshes them every 10, and may be late
_REDRAW_S = 2.0  # a picture takes a twentieth of a second of the processor that the server may be using too


@dataclasses.dataclass(frozen=True, slots=True)
class TimeSum:
    """Of a histogram of times, what is needed for its mean."""

    sum_s: float
    count: int

    @property
    def mean_s(self) -> float:
        """NaN where nothing was counted."""
        return self.sum_s / self.count if self.count else float('nan')

    def __sub__(self, earlier: 'TimeSum') -> 'TimeSum':
        return TimeSum(self.sum_s - earlier.sum_s, self.count - earlier.count)


@dataclasses.dataclass(frozen=True, slots=True)
class ServerMetrics:
    """One reading; the names are LMDeploy's, without its prefix.  Totals count from the start of the server."""

    # gauges, as they were at their last refresh
    num_requests_running: int  # in the engine's batch
    num_requests_waiting: int  # in the engine, for room in the KV cache
    num_api_requests_waiting: int  # in the API server, for one of `max_batch_size` places in the engine
    gpu_cache_usage: float  # share of the KV cache's blocks in use, 0 to 1; `gpu_cache_usage_perc` to LMDeploy
    prefix_cache_hit_rate: float  # 0 to 1
    # totals
    prompt_tokens_total: int  # of requests whose first token is there
    generation_tokens_total: int
    request_success_total: int  # answers that came to their end, cut at max_tokens or not
    # times; the server's own view: from when a request has its place in the engine, so without the wait for that
    time_to_first_token: TimeSum  # one a request
    time_per_output_token: TimeSum  # one a piece of an answer after its first, which may hold several tokens
    request_queue_time: TimeSum  # one a finished request
    e2e_request_latency: TimeSum  # one a finished request

    @property
    def waiting(self) -> int:
        """Requests that wait, for a place or for room."""
        return self.num_api_requests_waiting + self.num_requests_waiting

    def since(self, earlier: 'ServerMetrics') -> 'ServerMetrics':
        """Totals and times counted from `earlier` on; the gauges stay."""
        changes = {
            field.name: getattr(self, field.name) - getattr(earlier, field.name)
            for field in dataclasses.fields(self)
            if field.name.endswith('_total') or field.type is TimeSum
        }
        return dataclasses.replace(self, **changes)


def read_metrics(client) -> ServerMetrics:
    """Read a server's metrics now.

    Args:
        client: an `openai.OpenAI` whose address and key are used, such as `server.client`.

    Raises:
        RuntimeError: the server is not there, wants another key, or has no metrics.
    """
    import requests

    url = str(client.base_url).rstrip('/').removesuffix('/v1') + '/metrics'
    with requests.Session() as session:
        session.trust_env = False  # no proxy between this machine and itself
        try:
            reply = session.get(url, headers={'Authorization': f'Bearer {client.api_key}'}, timeout=30)
        except requests.RequestException as error:
            raise RuntimeError(f'{url} cannot be read: {error}') from None
    if reply.status_code == 401:
        raise RuntimeError(f'{url} wants a key, and the right one')
    if reply.status_code != 200:
        raise RuntimeError(f'{url} says HTTP {reply.status_code}; a server started with --disable-metrics has none')
    return parse_metrics(reply.text)


def parse_metrics(text: str) -> ServerMetrics:
    """Read the text that LMDeploy's /metrics gives, in the format of Prometheus; labels are summed over.

    Raises:
        RuntimeError: a number of LMDeploy's is not in it.
    """
    from prometheus_client.parser import text_string_to_metric_families

    found: dict[str, float] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            if not sample.name.endswith('_bucket'):
                found[sample.name] = found.get(sample.name, 0) + sample.value

    def value(name: str) -> float:
        try:
            return found[f'lmdeploy:{name}']
        except KeyError:
            raise RuntimeError(
                f'lmdeploy:{name} is not among the metrics; is this a server of LMDeploy 0.18?'
            ) from None

    def times(name: str) -> TimeSum:
        return TimeSum(value(f'{name}_seconds_sum'), int(value(f'{name}_seconds_count')))

    return ServerMetrics(
        num_requests_running=int(value('num_requests_running')),
        num_requests_waiting=int(value('num_requests_waiting')),
        num_api_requests_waiting=int(value('num_api_requests_waiting')),
        gpu_cache_usage=value('gpu_cache_usage_perc'),
        prefix_cache_hit_rate=value('prefix_cache_hit_rate'),
        prompt_tokens_total=int(value('prompt_tokens_total')),
        generation_tokens_total=int(value('generation_tokens_total')),
        request_success_total=int(value('request_success_total')),
        time_to_first_token=times('time_to_first_token'),
        time_per_output_token=times('time_per_output_token'),
        request_queue_time=times('request_queue_time'),
        e2e_request_latency=times('e2e_request_latency'),
    )


class MetricsChart:
    """A chart under the cell that is drawn anew while a `with` block runs, and stays as a picture when it ends.

    `readings` holds pairs of seconds since the start and `ServerMetrics`, `total` what was counted in the block, and
    `fresh` the metrics whose gauges are surely of the block: those of the first 11 s (grey) may be from before it.
    """

    def __init__(self, client, interval_s: float = 1.0):
        self._client = client
        self._sampler = Sampler(lambda: read_metrics(client), interval_s, on_reading=self._draw_now_and_then)
        self._drawn_s = time.monotonic()
        self._figure = None
        self._display = None

    @property
    def readings(self) -> list[tuple[float, ServerMetrics]]:
        return self._sampler.readings

    @property
    def total(self) -> ServerMetrics:
        return self.readings[-1][1].since(self.readings[0][1])

    @property
    def fresh(self) -> list[ServerMetrics]:
        return _fresh(self.readings)

    def __enter__(self) -> 'MetricsChart':
        read_metrics(self._client)  # in the background nobody would hear of a wrong key
        self._sampler.start()
        self._draw()
        return self

    def __exit__(self, *error) -> None:
        self._sampler.stop()
        self._draw()

    def __repr__(self) -> str:
        return 'MetricsChart()'

    def _draw_now_and_then(self) -> None:
        if time.monotonic() - self._drawn_s >= _REDRAW_S:
            self._draw()

    def _draw(self) -> None:
        from IPython import get_ipython
        from IPython.display import display

        self._drawn_s = time.monotonic()
        if get_ipython() is None:  # a script: nobody to see it
            return
        self._figure = self._figure or _Figure()
        # The text never changes, so that a notebook's stored output can be compared.
        data = {'image/png': self._figure.png(self.readings), 'text/plain': repr(self)}
        if self._display is None:
            self._display = display(data, raw=True, display_id=True)
        else:
            self._display.update(data, raw=True)


def metrics_chart(client, interval_s: float = 1.0) -> MetricsChart:
    """Show a server's metrics while a `with` block puts load on it.

        with metrics_chart(server.client) as chart:
            measure_clients(server.client, clients=32, output_tokens=512)
        print(chart.total)

    The gauges move every 10 seconds, so let the load take longer.  Drawing takes a little of the processor: what is to
    be measured closely is better measured without.

    Args:
        client: an `openai.OpenAI` whose address and key are used, such as `server.client`.
        interval_s: seconds between two readings.
    """
    return MetricsChart(client, interval_s)


_STEPS, _POINTS = {'drawstyle': 'steps-post'}, {'linestyle': '', 'marker': '.'}
_PLOTS = {  # title: how each line looks
    'requests': [{'label': 'running', **_STEPS}, {'label': 'waiting', **_STEPS}],
    'KV cache in use, %': [{'color': '#55a868', **_STEPS}],
    'output tokens/s': [{}],
    'TTFT of new answers, s': [_POINTS],
}


class _Figure:
    """Four plots in a row, made once: drawing new numbers into them costs a fifth of making them."""

    def __init__(self):
        from matplotlib.figure import Figure

        self._figure = Figure(figsize=(10, 2.3), dpi=80)
        self._figure.subplots_adjust(0.04, 0.21, 0.99, 0.78, wspace=0.25)
        self._plots = []
        for ax, (title, lines) in zip(self._figure.subplots(1, 4), _PLOTS.items(), strict=True):
            ax.set_prop_cycle(color=['#4c72b0', '#dd8452'])
            ax.set_title(title, fontsize=10)
            ax.set_xlabel('seconds')
            if _STEPS.items() <= lines[0].items():
                ax.axvspan(0, _FRESH_AFTER_S, color='#eeeeee')
            drawn = [ax.plot([], [], **look)[0] for look in lines]
            if 'label' in lines[0]:
                ax.legend(fontsize=8, frameon=False, loc='upper left', ncols=2)
            self._plots.append((ax, drawn))

    def png(self, readings: list[tuple[float, ServerMetrics]]) -> bytes:
        readings = list(readings)
        times, metrics = [t for t, _ in readings], [m for _, m in readings]
        changes = [(t, t - before, m.since(earlier)) for (before, earlier), (t, m) in itertools.pairwise(readings)]
        ends = [t for t, *_ in changes]
        series = [
            [(times, [m.num_requests_running for m in metrics]), (times, [m.waiting for m in metrics])],
            [(times, [100 * m.gpu_cache_usage for m in metrics])],
            [(ends, [m.generation_tokens_total / lasting_s for _, lasting_s, m in changes])],
            [(ends, [m.time_to_first_token.mean_s for *_, m in changes])],
        ]
        for (ax, lines), values in zip(self._plots, series, strict=True):
            highest = max((y for _, ys in values for y in ys if y == y), default=0)  # NaN is not itself
            ax.set(xlim=(0, max(times[-1], 1)), ylim=(0, 1.25 * highest or 1))
            for line, (xs, ys) in zip(lines, values, strict=True):
                line.set_data(xs, ys)
        self._figure.suptitle(_headline(readings), fontsize=10, x=0.04, ha='left')
        picture = io.BytesIO()
        self._figure.savefig(picture, format='png')
        return picture.getvalue()


def _fresh(readings: list[tuple[float, ServerMetrics]]) -> list[ServerMetrics]:
    return [m for t, m in readings if t > _FRESH_AFTER_S]


def _headline(readings: list[tuple[float, ServerMetrics]]) -> str:
    total = readings[-1][1].since(readings[0][1])
    words = [f'{total.request_success_total} answers', f'{total.generation_tokens_total} tokens written']
    if total.time_to_first_token.count:
        words.append(f'TTFT {total.time_to_first_token.mean_s:.2f} s on average')
    if fresh := _fresh(readings):
        words.append(f'at most {max(m.num_requests_running for m in fresh)} running')
        words.append(f'{max(m.waiting for m in fresh)} waiting')
    return ', '.join(words)
