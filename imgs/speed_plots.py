"""Plots of the record of speeds, for imgs/draw.py."""

import matplotlib.pyplot as plt
from matplotlib.ticker import FixedLocator, NullLocator

from helpers import load_record

INK = '#263238'
GREY, BROWN, BLUE, GREEN, RED = '#7a7a7a', '#8c564b', '#1f5fa8', '#2ca02c', '#d62728'
BATCHES = (1, 8, 32, 128)  # what all engines of the bars were measured at
BARS = {'compiled': BROWN, 'w4a16': RED, 'pytorch': GREEN, 'turbomind': BLUE}
CURVES = {  # engine: name, colour, side of the number of a point, side of the name
    'transformers': ('generate', GREY, 'left', 'center'),
    'compiled': ('compiled', BROWN, 'right', 'left'),
    'turbomind': ('TurboMind', BLUE, 'right', 'right'),
}
QUANTISED = {'kv4': ('KV int4', BLUE), 'kv8': ('KV int8', GREEN), 'w4a16': ('W4A16', RED)}


def speed_record():
    """The measured speeds and, for each model and input length, engine -> rows by batch."""
    record = load_record('h200/speed')
    found = {}
    for row in sorted(record.data['rows'], key=lambda row: row['batch']):
        found.setdefault((row['model'], row['tokens_in']), {}).setdefault(row['engine'], []).append(row)
    return record, found


def source(record, rows) -> str:
    """Where the figures are from, to stand under a plot; `rows` know day and transformers."""
    days, transformers = (' and '.join(sorted({row[name] for row in rows})) for name in ('date', 'transformers'))
    versions = f'lmdeploy {record.versions["lmdeploy"]}, transformers {transformers}'
    return f'{record.device}, {versions}, {days}, {record.weights} weights, {record.data["tokens_out"]} tokens out'


def finish(fig, title: str, record, rows, bottom: float, top: float):
    """The lesson above, the source below."""
    fig.suptitle(title, fontsize=14, color=INK, y=0.985, va='top')
    fig.text(0.5, 0.015, source(record, rows), ha='center', fontsize=8.5, color=INK)
    fig.subplots_adjust(0.09, bottom, 0.98, top, 0.2, 0.3)
    return fig


def speed():
    """Each engine by plain `generate`, at the same number of requests at once."""
    record, found = speed_record()
    by_batch = {engine: {row['batch']: row for row in rows} for engine, rows in found['1_8b', 61].items()}
    fig, ax = plt.subplots(figsize=(9.5, 4.9))
    width = 0.8 / len(BARS)
    for at, (engine, color) in enumerate(BARS.items()):
        xs = [place + (at - (len(BARS) - 1) / 2) * width for place in range(len(BATCHES))]
        rows, base = by_batch[engine], by_batch['transformers']
        values = [rows[b]['output_tokens_per_s'] / base[b]['output_tokens_per_s'] for b in BATCHES]
        ends = [
            [rows[b][f'output_tokens_per_s_{end}'] / base[b]['output_tokens_per_s'] for b in BATCHES]
            for end in ('min', 'max')
        ]
        bars = [[v - low for v, low in zip(values, ends[0], strict=True)]]
        bars.append([high - v for v, high in zip(values, ends[1], strict=True)])
        label = record.data['engines'][engine].removeprefix('transformers, ')
        drawn = ax.bar(xs, values, 0.92 * width, yerr=bars, capsize=2, color=color, label=label, ecolor=INK)
        ax.bar_label(drawn, [f'{v:.1f}' for v in values], label_type='center', color='white', fontsize=10)
    ax.axhline(1, color=INK, linewidth=1, zorder=0)
    ax.text(len(BATCHES) - 0.56, 1.08, 'generate', va='bottom', fontsize=10, color=INK)
    ax.set_xticks(range(len(BATCHES)), [f'{b} at once' for b in BATCHES], fontsize=12)
    ax.set_ylabel("times as fast as transformers' generate", fontsize=11)
    ax.set(ylim=(0, None), xlim=(-0.55, len(BATCHES) - 0.2))
    ax.spines[['top', 'right']].set_visible(False)
    fig.legend(loc='lower center', ncols=4, frameon=False, fontsize=11, bbox_to_anchor=(0.5, 0.055))
    title = '“How many times as fast?” depends on the engine, the baseline and the crowd'
    rows = [row for engine in (*BARS, 'transformers') for b, row in by_batch[engine].items() if b in BATCHES]
    return finish(fig, title, record, rows, 0.21, 0.9)


def speed_latency():
    """Output tokens/s over TPOT: each engine is a curve, from one request to many."""
    record, found = speed_record()
    fig, axes = plt.subplots(1, 2, figsize=(9.5, 5), sharex=True, sharey=True)
    shown = []
    for ax, model in zip(axes, record.data['models'], strict=True):
        for engine, (name, color, side, below) in CURVES.items():
            rows = [row for row in found[model, 61][engine] if row['batch'] in (1, 8, 128)]
            shown += rows
            xs, ys = [1e3 * row['tpot_s'] for row in rows], [row['output_tokens_per_s'] for row in rows]
            ax.plot(xs, ys, 'o-', color=color, markersize=6, label=record.data['engines'][engine])
            for x, y, row in zip(xs, ys, rows, strict=True):
                beside = (7 if side == 'left' else -7, -4)
                ax.annotate(row['batch'], (x, y), beside, textcoords='offset points', color=color, fontsize=10, ha=side)
            shift = {'right': 12, 'left': -12, 'center': 0}[below]
            ax.annotate(
                name, (xs[0], ys[0]), (shift, -20), textcoords='offset points', color=color, fontsize=11, ha=below
            )
        ax.set(xscale='log', yscale='log', xlim=(1, 60), ylim=(12, 120_000))
        ax.set_title(record.data['models'][model], fontsize=12)
        ax.set_xlabel('TPOT, ms: each user waits so long for a token')
        ax.xaxis.set_major_locator(FixedLocator((2, 5, 10, 20, 50)))
        ax.xaxis.set_minor_locator(NullLocator())
        ax.xaxis.set_major_formatter('{x:g}')
        ax.grid(alpha=0.3)
    axes[0].set_ylabel('output tokens/s of all users', fontsize=11)
    title = 'An engine is a curve: more at once, more for all, later for each. Upper left is better'
    return finish(fig, title, record, shown, 0.19, 0.83)


def speed_quantised():
    """A step of decoding with smaller numbers, against TurboMind's in bf16, with long prompts."""
    record, found = speed_record()
    fig, ax = plt.subplots(figsize=(9.5, 4.6))
    engines, shown = found['1_8b', 1024], []
    bf16 = {row['batch']: row['tpot_s'] for row in engines['turbomind']}
    for engine, (name, color) in QUANTISED.items():
        rows = engines[engine]
        shown += rows
        xs, ys = [row['batch'] for row in rows], [bf16[row['batch']] / row['tpot_s'] for row in rows]
        ax.plot(xs, ys, 'o-', color=color, markersize=6, label=name)
        ax.annotate(name, (xs[-1], ys[-1]), (10, -4), textcoords='offset points', color=color, fontsize=12)
    ax.axhline(1, color=INK, linewidth=1, zorder=0)
    ax.annotate('bf16', (256, 1), (10, 4), textcoords='offset points', color=INK, fontsize=12)
    ax.set(xscale='log', xlim=(0.85, 480), ylim=(0.4, 1.8), xlabel='requests at once, 1024 tokens in')
    ax.set_xticks((1, 8, 32, 128, 256), (1, 8, 32, 128, 256))
    ax.minorticks_off()
    ax.grid(alpha=0.3)
    ax.set_ylabel('step in bf16 ÷ step with smaller numbers', fontsize=11)
    title = 'Smaller caches help a crowd; four-bit weights cost time, on this one card (1.8B)'
    return finish(fig, title, record, shown, 0.2, 0.9)


def speed_server():
    """TTFT of a server over the rate at which requests come."""
    record, _ = speed_record()
    fig, axes = plt.subplots(1, 2, figsize=(9.5, 4.6), sharey=True)
    rates = sorted(record.data['rates'], key=lambda row: row['requests_per_s'])
    for ax, (model, title) in zip(axes, record.data['models'].items(), strict=True):
        rows = [row for row in rates if row['model'] == model]
        xs = [row['requests_per_s'] for row in rows]
        for percentile, color in (('p95', RED), ('p50', BLUE)):
            values = [1e3 * row[f'ttft_{percentile}_s'] for row in rows]
            ax.plot(xs, values, 'o-', color=color, markersize=6, label=percentile.upper())
            at = (xs[-1], values[-1])
            ax.annotate(percentile.upper(), at, (8, -4), textcoords='offset points', color=color, fontsize=11)
        ax.set(
            title=title, yscale='log', ylim=(8, 2000), xlim=(0, 1.15 * xs[-1]), xlabel='requests that come in a second'
        )
        ax.yaxis.set_major_formatter('{x:g}')
        ax.grid(alpha=0.3)
    axes[0].set_ylabel('TTFT, ms', fontsize=11)
    title = 'A server has no TTFT: it has one at each rate, and beyond some rate it climbs'
    return finish(fig, title, record, record.data['rates'], 0.2, 0.83)
