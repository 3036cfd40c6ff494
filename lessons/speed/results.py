"""Measurements of speed as a table, a plot, JSON and CSV: any whose `row()` gives figures."""

import csv
import io
import json
from collections.abc import Mapping
from pathlib import Path

from helpers.files import write_whole

_TITLES = {
    'clients': 'at once',
    'batch': 'at once',
    'requests_per_s': 'requests/s',
    'output_tokens_per_s': 'output tokens/s',
    'input_tokens_per_s': 'input tokens/s',
    'ttft_s': 'TTFT, s',
    'tpot_s': 'TPOT, s',
    'ttft_p50_s': 'TTFT (P50), s',
    'tpot_p50_s': 'TPOT (P50), s',
    'itl_p95_s': 'ITL (P95), s',
    'latency_p50_s': 'latency (P50), s',
}


def result_rows(results: Mapping) -> list[dict]:
    """One row a measurement: its name, then its figures.

    Args:
        results: name -> measurement (anything with `row()`), or several of them in a list.
    """
    rows = []
    for name, found in results.items():
        for one in found if isinstance(found, list | tuple) else (found,):
            rows.append({'name': name, **one.row()})
    return rows


def result_table(results: Mapping, columns: tuple[str, ...] | None = None) -> str:
    """The rows as aligned text; `columns`: which of the figures, None: those that tell most."""
    rows = result_rows(results)
    if columns is None:
        usual = ('batch', 'clients', 'output_tokens_per_s', 'output_tokens_per_s_min', 'output_tokens_per_s_max')
        usual += ('ttft_s', 'ttft_p50_s', 'tpot_s', 'tpot_p50_s', 'itl_p95_s', 'latency_p95_s')
        columns = tuple(name for name in usual if any(name in row for row in rows))
    # Not pandas: `DataFrame.to_string` would save one of these lines, sets cells of text one space
    # apart only, and takes about a second to import.
    lines = [('', *columns), *((row['name'], *(_text(row.get(name)) for name in columns)) for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return '\n'.join(
        '  '.join((line[0].ljust(widths[0]), *map(str.rjust, line[1:], widths[1:]))).rstrip() for line in lines
    )


def plot_results(results: Mapping, x: str, y: str = 'output_tokens_per_s', ax=None):
    """A line for each name, one figure of the rows over another; where runs were repeated, bars show their spread.

    Returns matplotlib's axes.  Both scales are logarithmic if all values are above 0.
    """
    import matplotlib.pyplot as plt
    from matplotlib.ticker import LogLocator

    ax = ax or plt.subplots(figsize=(7, 3.2))[1]
    for name, found in results.items():
        rows = sorted(result_rows({name: found}), key=lambda row: row[x])
        values = [row[y] for row in rows]
        bars = None
        if all({f'{y}_min', f'{y}_max'} <= row.keys() for row in rows):
            bars = [[max(0, row[y] - row[f'{y}_min']) for row in rows], [row[f'{y}_max'] - row[y] for row in rows]]
        ax.errorbar([row[x] for row in rows], values, yerr=bars, marker='o', markersize=4, capsize=3, label=name)
    at = sorted({row[x] for row in result_rows(results)})
    if at and at[0] > 0:
        ax.set(xscale='log', yscale='log')
        ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        ax.yaxis.set_major_formatter('{x:g}')
    ax.set(xlabel=_TITLES.get(x, x), ylabel=_TITLES.get(y, y))
    if len(at) <= 10:
        ax.set_xticks(at, [f'{value:g}' for value in at])
    ax.minorticks_off()
    ax.legend(fontsize=7)
    return ax


def save_results(results: Mapping, path: str | Path, **about) -> Path:
    """Write the rows to `path`: `.json` (with `about`: whatever one should know of them) or `.csv`.

    Raises:
        ValueError: another ending, or a figure that JSON has no name for.
    """
    path, rows = Path(path), result_rows(results)
    if path.suffix == '.json':
        text = json.dumps({**about, 'rows': rows}, indent=1, ensure_ascii=False, allow_nan=False) + '\n'
    elif path.suffix == '.csv':
        out = io.StringIO()
        writer = csv.DictWriter(out, list(dict.fromkeys(key for row in rows for key in row)), lineterminator='\n')
        writer.writeheader()
        writer.writerows(rows)
        text = out.getvalue()
    else:
        raise ValueError(f'{path}: the name must end in .json or .csv')
    write_whole(path, text.encode())
    return path


def _text(value) -> str:
    if isinstance(value, float):
        return f'{value:,.1f}' if abs(value) >= 100 else f'{value:.4g}'
    return '-' if value is None else f'{value}'
