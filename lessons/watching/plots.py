"""What Prometheus stored, drawn over the seconds of a load."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .prometheus import Prometheus

_WIDTH, _HEIGHT = 5.0, 2.7  # inches, of one plot


def plot_series(
    prometheus: 'Prometheus',
    plots: Mapping[str, Mapping[str, str]],
    start_s: float,
    end_s: float,
    shaded: Sequence[tuple[float, float]] = (),
):
    """Draw the answers of queries, two plots a row; the figure.

    Args:
        plots: title: {label: PromQL}.  A query that gives several rows has a line for each.
        start_s: from when on, Unix time; it is second 0 of the plots.
        end_s: until when.
        shaded: spans in grey, each (from, to) in Unix time.
    """
    import matplotlib.pyplot as plt

    rows = -(-len(plots) // 2)
    figure, axes = plt.subplots(rows, 2, figsize=(2 * _WIDTH, rows * _HEIGHT), layout='constrained', squeeze=False)
    for ax, (title, queries) in zip(axes.flat, plots.items(), strict=False):
        for begin, end in shaded:
            ax.axvspan(begin - start_s, end - start_s, color='#eeeeee')
        for label, promql in queries.items():
            for series in prometheus.query_range(promql, start_s, end_s):
                seconds = [at - start_s for at in series.times_s]
                ax.plot(seconds, series.values, drawstyle='steps-post', label=label)
        ax.set_title(title, fontsize=10, loc='left')
        ax.set(xlim=(0, end_s - start_s), xlabel='seconds')
        ax.set_ylim(bottom=0)
        if len(queries) > 1:
            ax.legend(fontsize=8)
    for ax in axes.flat[len(plots) :]:
        ax.set_axis_off()
    return figure
