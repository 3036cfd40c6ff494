"""A server's metrics as a live chart in the notebook."""

import io
import itertools
import time

from helpers.sampling import Sampler

from .metrics import ServerMetrics, read_metrics

_FRESH_AFTER_S = 11.0  # LMDeploy refreshes the gauges every 10, and may be late
_REDRAW_S = 2.0  # a picture takes a twentieth of a second of the processor that the server may be using too


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
        return fresh_metrics(self.readings)

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
        self._figure = self._figure or MetricsFigure()
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


class MetricsFigure:
    """Four plots in a row, made once: drawing new numbers into them costs a fifth of making them."""

    def __init__(self):
        from matplotlib.figure import Figure

        self._figure = Figure(figsize=(10, 2.5), dpi=90)
        self._figure.subplots_adjust(0.04, 0.2, 0.99, 0.76, wspace=0.25)
        self._plots = []
        for ax, (title, lines) in zip(self._figure.subplots(1, 4), _PLOTS.items(), strict=True):
            ax.set_prop_cycle(color=['#4c72b0', '#dd8452'])
            ax.set_title(title, fontsize=10, loc='left')
            ax.set_xlabel('seconds')
            if _STEPS.items() <= lines[0].items():
                ax.axvspan(0, _FRESH_AFTER_S, color='#eeeeee')
            drawn = [ax.plot([], [], **look)[0] for look in lines]
            if 'label' in lines[0]:
                above = {'loc': 'lower right', 'bbox_to_anchor': (1.06, 0.96)}  # no line of the data runs through it
                ax.legend(fontsize=8, frameon=False, ncols=2, handlelength=0.8, columnspacing=0.8, **above)
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
        self._figure.suptitle(headline(readings), fontsize=10, x=0.04, ha='left')
        picture = io.BytesIO()
        self._figure.savefig(picture, format='png')
        return picture.getvalue()


def fresh_metrics(readings: list[tuple[float, ServerMetrics]]) -> list[ServerMetrics]:
    """The readings whose gauges are surely of this time, and not from before the first."""
    return [m for t, m in readings if t > _FRESH_AFTER_S]


def headline(readings: list[tuple[float, ServerMetrics]]) -> str:
    """What happened between the first and the last reading, in a line above the plots."""
    total = readings[-1][1].since(readings[0][1])
    words = [f'{total.request_success_total} answers', f'{total.generation_tokens_total} tokens written']
    if total.time_to_first_token.count:
        words.append(f'TTFT {total.time_to_first_token.mean_s:.2f} s on average')
    if fresh := fresh_metrics(readings):
        words.append(f'at most {max(m.num_requests_running for m in fresh)} running')
        words.append(f'{max(m.waiting for m in fresh)} waiting')
    return ', '.join(words)
