"""Plots of the record of scaling, for imgs/draw.py."""

import matplotlib.pyplot as plt
from speed_plots import INK

from helpers import load_record

CARDS = {2: '#1f5fa8', 4: '#d9730d'}
LESSONS = {
    '1_8b': ('1.8B: more cards write it more slowly', '1.8B: replicas win always'),
    '7b': ('7B: two cards gain most with a crowd', '7B: four replicas win, two with a crowd'),
    '20b': ('20B: two cards gain, four gain less', '20B: tp wins with few clients'),
}
PROXY_LESSONS = {
    '1_8b': '1.8B: a quarter to a third is lost with a crowd',
    '7b': '7B: a fifth or more is lost with a crowd',
    '20b': '20B: less than a tenth is lost',
}


def scaling_speed():
    """What more cards bring, a column for each model: as parts of one engine, and as servers of their own."""
    record = load_record('h200/scaling')
    fig, axes = plt.subplots(2, 3, figsize=(12.5, 8), sharey='row')
    for column, (model, (above, below)) in enumerate(LESSONS.items()):
        _faster(axes[0, column], record.data, model, above)
        _against(axes[1, column], record.data, model, below)
    axes[0, 0].set_ylabel('tensor parallelism ÷ one card,\nin tokens/s', fontsize=11)
    axes[1, 0].set_ylabel('replicas ÷ tensor parallelism\non the same cards, in tokens/s', fontsize=11)
    note = f'{_source(record)}; one engine {record.data["tokens_out"]} out. '
    fig.text(0.5, 0.015, note + 'Four replicas with 256 clients: at least this', ha='center', fontsize=9, color=INK)
    fig.subplots_adjust(0.075, 0.115, 0.985, 0.955, 0.07, 0.3)
    return fig


def scaling_proxy():
    """What LMDeploy's proxy costs: tokens per second behind it, as a share of the same servers asked directly."""
    record = load_record('h200/scaling')
    fig, axes = plt.subplots(1, 3, figsize=(12.5, 4.6), sharey=True)
    serve = {
        (row['model'], row['gpus'], row['way'], row['clients']): row['output_tokens_per_s']
        for row in record.data['serve']
        if row['what'] == 'replicas'
    }
    clients = sorted({n for _, gpus, way, n in serve if (gpus, way) == (2, 'direct')})
    for ax, (model, lesson) in zip(axes, PROXY_LESSONS.items(), strict=True):
        for side, (gpus, color) in zip((-0.2, 0.2), CARDS.items(), strict=True):
            kept = [100 * serve[model, gpus, 'proxy', n] / serve[model, gpus, 'direct', n] for n in clients]
            bars = ax.bar([i + side for i in range(len(clients))], kept, 0.38, color=color, label=f'{gpus} replicas')
            ax.bar_label(bars, fmt='%.0f %%', label_type='center', fontsize=10.5, color='white')
        ax.axhline(100, color=INK, linewidth=1.2)
        ax.set_title(lesson, fontsize=12, weight='bold', color=INK)
        ax.set_xticks(range(len(clients)), clients)
        ax.set_xlabel('clients', fontsize=11)
        ax.tick_params(labelsize=10.5)
    axes[0].set(ylim=(0, 119))
    axes[0].set_ylabel('tokens/s behind the proxy,\n% of the same servers asked directly', fontsize=11)
    fig.legend(*axes[0].get_legend_handles_labels(), loc='lower center', ncols=2, frameon=False, fontsize=11)
    fig.text(0.5, 0.012, _source(record), ha='center', fontsize=9, color=INK)
    fig.legends[0].set_bbox_to_anchor((0.5, 0.05))
    fig.subplots_adjust(0.085, 0.27, 0.985, 0.92, 0.06)
    return fig


def _source(record) -> str:
    return (
        f'{record.device}, LMDeploy {record.versions["lmdeploy"]}, {record.date}, InternLM2-Chat shapes with '
        f'{record.weights} weights, {record.data["communicator"]}; 61 tokens in, {record.data["serve_tokens_out"]} out'
    )


def _faster(ax, data: dict, model: str, lesson: str) -> None:
    """One engine on several cards against one."""
    speeds = {
        (row['gpus'], row['batch']): row['output_tokens_per_s']
        for row in data['offline']
        if row['what'] == 'turbomind' and row['model'] == model and 'output_tokens_per_s' in row
    }
    batches = sorted({batch for _, batch in speeds})
    for gpus, color in CARDS.items():
        times = [speeds[gpus, batch] / speeds[1, batch] for batch in batches]
        ax.plot(batches, times, color=color, marker='o', markersize=6, linewidth=2, label=f'tp={gpus}')
        ax.text(batches[-1] * 1.2, times[-1], f'tp={gpus}', color=color, va='center', fontsize=11)
    _finish(ax, lesson, 'requests at once', batches, (0, 2.1), ('faster than one card', 'slower'))


def _against(ax, data: dict, model: str, lesson: str) -> None:
    """Servers of one card each against the same cards as one engine."""
    speeds = {
        (row['gpus'], row['what'], row['way'], row['clients']): row['output_tokens_per_s']
        for row in data['serve']
        if row['model'] == model
    }
    ticks = sorted({n for cards, what, way, n in speeds if (cards, what, way) == (2, 'replicas', 'direct')})
    for gpus, color in CARDS.items():
        times = [speeds[gpus, 'replicas', 'direct', n] / speeds[gpus, 'tp', 'direct', n] for n in ticks]
        ax.plot(ticks, times, color=color, marker='o', markersize=6, linewidth=2, label=f'{gpus} cards')
        ax.text(ticks[-1] * 1.15, times[-1], f'{gpus} cards', color=color, va='bottom', fontsize=11)
    _finish(ax, lesson, 'clients', ticks, (0.4, 2.6), ('replicas write more', 'tensor parallelism writes more'))


def _finish(ax, lesson: str, xlabel: str, ticks: list, ylim: tuple, sides: tuple) -> None:
    """Title, axes, and the line of no difference with what lies on its two sides."""
    ax.set_title(lesson, fontsize=12, weight='bold', color=INK)
    ax.set_xscale('log', base=2)
    ax.set_xticks(ticks, ticks)
    ax.minorticks_off()
    ax.set(ylim=ylim, xlim=(ticks[0] * 0.75, ticks[-1] * 2.6))
    ax.set_xlabel(xlabel, fontsize=11)
    ax.tick_params(labelsize=10.5)
    ax.axhline(1, color=INK, linewidth=1.2)
    ax.axhspan(ylim[0], 1, color='#eceff1', alpha=0.6, zorder=0)
    ax.text(0.02, 0.97, sides[0], transform=ax.transAxes, fontsize=9.5, va='top', color=INK)
    ax.text(0.02, 0.03, sides[1], transform=ax.transAxes, fontsize=9.5, va='bottom', color=INK)
    ax.grid(alpha=0.3)
