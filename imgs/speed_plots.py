"""Plots of the record of speeds, for imgs/draw.py."""

import matplotlib.pyplot as plt
from matplotlib.ticker import LogLocator

from helpers import load_record

INK = '#263238'
BATCHES = (1, 2, 4, 8, 16, 32, 64, 128, 256)
LINES = {  # engine: colour, style
    'transformers': ('#8c8c8c', '-'),
    'compiled': ('#8c564b', '-'),
    'batching': ('#c0a060', '-'),
    'turbomind': ('#1f5fa8', '-'),
    'pytorch': ('#2ca02c', '-'),
    'kv8': ('#1f5fa8', '--'),
    'kv4': ('#1f5fa8', ':'),
    'w4a16': ('#d62728', '-'),
}


def speed_record():
    """The measured speeds and, for each model and input length, engine -> rows by batch."""
    record = load_record('h200/speed')
    found = {}
    for row in sorted(record.data['rows'], key=lambda row: row['batch']):
        found.setdefault((row['model'], row['tokens_in']), {}).setdefault(row['engine'], []).append(row)
    return record, found


def panels(record, found, draw, xlabel, ylabel):
    """A panel for each model and input length, the legend below."""
    fig, axes = plt.subplots(2, 2, figsize=(9, 7.6), sharex='row', sharey=True)
    keys = [(model, tokens_in) for model in record.data['models'] for tokens_in in (61, 1024)]
    for ax, key in zip(axes.flat, keys, strict=True):
        ax.set(xscale='log', yscale='log', title=f'{record.data["models"][key[0]]}, {key[1]} tokens in')
        for engine, (color, style) in LINES.items():
            if rows := found.get(key, {}).get(engine):
                draw(
                    ax,
                    rows,
                    color=color,
                    linestyle=style,
                    marker='o',
                    markersize=4,
                    label=record.data['engines'][engine],
                )
        ax.grid(alpha=0.3)
    fig.supxlabel(xlabel, y=0.125, fontsize=11)
    fig.supylabel(ylabel, fontsize=11)
    handles = {label: handle for ax in axes.flat for handle, label in zip(*ax.get_legend_handles_labels(), strict=True)}
    fig.legend(
        handles.values(), handles, loc='lower center', ncols=3, frameon=False, fontsize=9, bbox_to_anchor=(0.5, 0.025)
    )
    fig.text(0.5, 0.008, source(record, record.data['rows']), ha='center', fontsize=8, color=INK)
    fig.subplots_adjust(0.09, 0.2, 0.98, 0.96, 0.06, 0.24)
    return fig


def source(record, rows) -> str:
    """Where the figures are from, to stand under a plot; `rows` know day and transformers."""
    days, transformers = (' and '.join(sorted({row[name] for row in rows})) for name in ('date', 'transformers'))
    versions = f'lmdeploy {record.versions["lmdeploy"]}, transformers {transformers}'
    return f'{record.device}, {versions}, {days}, {record.weights} weights, {record.data["tokens_out"]} tokens out'


def speed():
    """Output tokens/s over the batch."""
    record, found = speed_record()

    def draw(ax, rows, **look):
        at = [row['batch'] for row in rows]
        low, high = ([row[f'output_tokens_per_s_{end}'] for row in rows] for end in ('min', 'max'))
        ax.plot(at, [row['output_tokens_per_s'] for row in rows], **look)
        ax.fill_between(at, low, high, color=look['color'], alpha=0.15, linewidth=0)
        ax.set_xticks(BATCHES, BATCHES)
        ax.minorticks_off()

    return panels(record, found, draw, 'requests at once', 'output tokens/s of all')


def speed_latency():
    """Output tokens/s over TPOT: each engine is a curve."""
    record, found = speed_record()

    def draw(ax, rows, **look):
        ax.plot([1e3 * row['tpot_s'] for row in rows], [row['output_tokens_per_s'] for row in rows], **look)
        if rows[0]['engine'] in ('transformers', 'compiled', 'batching', 'turbomind'):  # the others lie too near
            for row in (rows[0], rows[-1]):
                at = 1e3 * row['tpot_s'], row['output_tokens_per_s']
                ax.annotate(row['batch'], at, (5, -3), textcoords='offset points', fontsize=7, color=look['color'])
        ax.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        ax.xaxis.set_major_formatter('{x:g}')
        ax.xaxis.set_minor_formatter('')
        ax.margins(x=0.1)  # for the numbers beside the last points

    return panels(record, found, draw, 'TPOT, ms: what each user waits for a token', 'output tokens/s of all')


def speed_server():
    """TTFT and TPOT of a server over the rate at which requests come."""
    record, _ = speed_record()
    fig, axes = plt.subplots(1, 3, figsize=(9, 3.8))
    by_rate = sorted(record.data['rates'], key=lambda row: row['requests_per_s'])
    found = {model: [row for row in by_rate if row['model'] == model] for model in record.data['models']}
    for (model, rows), color in zip(found.items(), ('#1f5fa8', '#d62728'), strict=True):
        rates, title = [row['requests_per_s'] for row in rows], record.data['models'][model]
        for ax, name in zip(axes, ('ttft', 'tpot'), strict=False):
            for percentile, style in (('p50', '-'), ('p95', ':')):
                values = [1e3 * row[f'{name}_{percentile}_s'] for row in rows]
                ax.plot(
                    rates, values, style, color=color, marker='o', markersize=4, label=f'{title}, {percentile.upper()}'
                )
            ax.set_title(f'{name.upper()}, ms')
        axes[2].plot(rates, [row['output_tokens_per_s'] for row in rows], color=color, marker='o', markersize=4)
    rows = found['1_8b']
    asked = [row['requests'] * record.data['tokens_out'] / row['rate_s'] for row in rows]
    label = f'1.8B: asked for, in the {rows[0]["rate_s"]:.0f} s in which requests came'
    axes[2].plot([r['requests_per_s'] for r in rows], asked, '--', color='#8c8c8c', linewidth=1, label=label)
    axes[2].set(title='output tokens/s', ylim=(0, None))
    handles = [*axes[0].get_legend_handles_labels()[0], axes[2].get_legend_handles_labels()[0][-1]]
    fig.legend(handles=handles, loc='lower center', ncols=3, frameon=False, fontsize=8, bbox_to_anchor=(0.5, 0.045))
    axes[0].set_yscale('log')
    axes[1].set_ylim(bottom=0)
    for ax in axes:
        ax.set_xlabel('requests/s')
        ax.grid(alpha=0.3)
    fig.text(0.5, 0.012, source(record, record.data['rates']), ha='center', fontsize=8, color=INK)
    fig.subplots_adjust(0.06, 0.32, 0.99, 0.92, 0.24)
    return fig
