"""Plots of the record of scaling, for imgs/draw.py."""

import matplotlib.pyplot as plt
from speed_plots import INK

from helpers import load_record

COLORS = {'1_8b': '#2ca02c', '7b': '#1f5fa8', '20b': '#d62728'}
WAYS = {'direct': ('replicas asked directly', '-'), 'proxy': ('replicas behind the proxy', ':')}


def scaling_speed():
    """What a second card brings: as a half of one engine, and as a server of its own."""
    record = load_record('h200/scaling')
    fig, axes = plt.subplots(1, 2, figsize=(9, 3.9))
    models = record.data['models']
    offline = {
        (row['model'], row['gpus'], row['batch']): row['output_tokens_per_s']
        for row in record.data['offline']
        if row['what'] == 'turbomind' and 'output_tokens_per_s' in row
    }
    batches = sorted({batch for _, _, batch in offline})
    for model, color in COLORS.items():
        times = [offline[model, 2, batch] / offline[model, 1, batch] for batch in batches]
        axes[0].plot(batches, times, color=color, marker='o', markersize=4, label=models[model])
    axes[0].axhline(1, color=INK, linewidth=0.8)
    axes[0].axhline(2, color=INK, linewidth=0.8, linestyle=':')
    axes[0].set_xscale('log', base=2)
    axes[0].set_xticks(batches, batches)
    axes[0].set(title='one engine: two cards (tp=2) against one', xlabel='requests at once', ylim=(0, 2.1))
    axes[0].set_ylabel('tp=2 ÷ one card, in tokens/s', fontsize=9)
    axes[0].legend(frameon=False, fontsize=8, loc='lower right')
    serve = {
        (row['model'], row['what'], row['way'], row['clients']): row['output_tokens_per_s']
        for row in record.data['serve']
        if row['gpus'] == 2
    }
    for model in ('7b', '20b'):
        for way, (label, style) in WAYS.items():
            at = sorted(clients for m, what, w, clients in serve if (m, what, w) == (model, 'replicas', way))
            times = [serve[model, 'replicas', way, n] / serve[model, 'tp', 'direct', n] for n in at]
            label = f'{models[model]}, {label}'
            axes[1].plot(at, times, style, color=COLORS[model], marker='o', markersize=4, label=label)
    axes[1].axhline(1, color=INK, linewidth=0.8)
    axes[1].set_xscale('log', base=2)
    axes[1].set_xticks((1, 8, 64, 256), (1, 8, 64, 256))
    axes[1].set(title='two cards: two replicas against tp=2', xlabel='clients', ylim=(0.5, 1.5))
    axes[1].set_ylabel('replicas ÷ tp=2 (asked directly), in tokens/s', fontsize=9)
    axes[1].text(1.6, 1.025, 'replicas win', fontsize=9, color=INK)
    axes[1].text(1.6, 0.9, 'tp wins', fontsize=9, color=INK)
    axes[1].legend(frameon=False, fontsize=8, loc='upper center')
    for ax in axes:
        ax.minorticks_off()
        ax.grid(alpha=0.3)
    note = f'two {record.device}, LMDeploy {record.versions["lmdeploy"]}, {record.date}, {record.weights} weights'
    note += f', communicator {record.data["communicator"]}, 61 tokens in, {record.data["tokens_out"]} out'
    fig.text(0.5, 0.012, f'{note} (servers: {record.data["serve_tokens_out"]})', ha='center', fontsize=8, color=INK)
    fig.subplots_adjust(0.08, 0.2, 0.99, 0.92, 0.2)
    return fig
