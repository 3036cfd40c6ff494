"""Plots of the record of scaling, for imgs/draw.py."""

import matplotlib.pyplot as plt
from speed_plots import INK

from helpers import load_record

COLORS = {'1_8b': '#2ca02c', '7b': '#1f5fa8', '20b': '#d62728'}
WAYS = {'direct': ('asked directly', '-'), 'proxy': ('behind the proxy', ':')}
CUTS = {2: '-', 4: ':'}


def scaling_speed():
    """What more cards bring: as parts of one engine, and as servers of their own."""
    record = load_record('h200/scaling')
    fig, (faster, *against) = plt.subplots(1, 3, figsize=(12.5, 4.2))
    _faster(faster, record.data)
    for ax, gpus in zip(against, CUTS, strict=True):
        _against(ax, record.data, gpus)
    against[0].set_ylabel('replicas ÷ the same cards cut, in tokens/s', fontsize=9)
    for ax, ticks in zip((faster, *against), ((1, 8, 32, 128), *2 * [(1, 8, 64, 256)]), strict=True):
        ax.axhline(1, color=INK, linewidth=0.8)
        ax.set_xscale('log', base=2)
        ax.set_xticks(ticks, ticks)
        ax.minorticks_off()
        ax.grid(alpha=0.3)
    note = f'{record.device} cards, LMDeploy {record.versions["lmdeploy"]}, {record.date}, {record.weights} weights'
    note += f', communicator {record.data["communicator"]}, 61 tokens in, {record.data["tokens_out"]} out'
    note += f' (servers: {record.data["serve_tokens_out"]}). Four replicas and 256 clients, asked directly: a floor'
    fig.text(0.5, 0.012, note, ha='center', fontsize=8, color=INK)
    fig.subplots_adjust(0.06, 0.18, 0.99, 0.93, 0.19)
    return fig


def _faster(ax, data: dict) -> None:
    """One engine on several cards against one."""
    offline = {
        (row['model'], row['gpus'], row['batch']): row['output_tokens_per_s']
        for row in data['offline']
        if row['what'] == 'turbomind' and 'output_tokens_per_s' in row
    }
    batches = sorted({batch for _, _, batch in offline})
    for gpus, style in CUTS.items():
        for model, color in COLORS.items():
            times = [offline[model, gpus, batch] / offline[model, 1, batch] for batch in batches]
            label = f'{data["models"][model].removeprefix("InternLM2-Chat-")}, tp={gpus}'
            ax.plot(batches, times, style, color=color, marker='o', markersize=4, label=label)
    ax.set(title='one engine: several cards against one', xlabel='requests at once', ylim=(0, 2.1))
    ax.set_ylabel('several cards ÷ one, in tokens/s', fontsize=9)
    ax.legend(frameon=False, fontsize=8, ncols=2, loc='upper center', title='InternLM2-Chat', title_fontsize=8)


def _against(ax, data: dict, gpus: int) -> None:
    """Servers of one card each against the same cards cut."""
    serve = {
        (row['model'], row['what'], row['way'], row['clients']): row['output_tokens_per_s']
        for row in data['serve']
        if row['gpus'] == gpus
    }
    for model, color in COLORS.items():
        for way, (label, style) in WAYS.items():
            at = sorted(clients for m, what, w, clients in serve if (m, what, w) == (model, 'replicas', way))
            times = [serve[model, 'replicas', way, n] / serve[model, 'tp', 'direct', n] for n in at]
            label = f'{data["models"][model]}, {label}'
            ax.plot(at, times, style, color=color, marker='o', markersize=4, label=label)
    ax.set(title=f'{gpus} cards: {gpus} replicas against tp={gpus}', xlabel='clients', ylim=(0.4, 2.6))
    ax.text(1, 1.02, 'replicas win', fontsize=8, color=INK)
    ax.text(1, 0.91, 'tp wins', fontsize=8, color=INK)
    if gpus == 2:
        ax.legend(frameon=False, fontsize=7.5, loc='upper left')
