"""Draw the course's diagrams: `python imgs/draw.py` writes the PNG files beside this script."""

from pathlib import Path

import matplotlib

matplotlib.use('Agg')
import matplotlib.pyplot as plt
from matplotlib.patches import Circle, FancyBboxPatch, Polygon, Rectangle
from scaling_plots import scaling_speed
from speed_plots import speed, speed_latency, speed_server

HERE = Path(__file__).resolve().parent
BLUE, GREEN, SAND, GREY, RED = '#d7e6f8', '#daf0dd', '#fbf0d4', '#eceff1', '#f9dcdc'
INK = '#263238'


def canvas(width: float, height: float):
    """Axes in inches, without frame."""
    fig, ax = plt.subplots(figsize=(width, height))
    ax.set(xlim=(0, width), ylim=(0, height))
    ax.axis('off')
    fig.subplots_adjust(0, 0, 1, 1)
    return fig, ax


def box(ax, x, y, width, height, text, color, size=11, weight='normal', va='center'):
    """A rounded box with its lower left corner at (x, y); the text in the middle, or at the top."""
    style = 'round,pad=0,rounding_size=0.08'
    ax.add_patch(FancyBboxPatch((x, y), width, height, boxstyle=style, fc=color, ec=INK, lw=1))
    at = y + height / 2 if va == 'center' else y + height - 0.1
    ax.text(x + width / 2, at, text, ha='center', va=va, fontsize=size, weight=weight, color=INK, linespacing=1.5)


def arrow(ax, start, end):
    ax.annotate('', end, start, arrowprops={'arrowstyle': '-|>', 'color': INK, 'lw': 1.3})


def engines():
    """LMDeploy, its two engines, and the one folder that both read."""
    fig, ax = canvas(9, 4)
    box(ax, 0.3, 1.25, 8.4, 2.55, 'LMDeploy', GREY, 13, 'bold', va='top')
    box(ax, 0.6, 2.75, 7.8, 0.6, 'pipeline · lmdeploy chat · lmdeploy serve api_server · lmdeploy lite', 'white')
    box(ax, 0.6, 1.5, 3.75, 0.85, 'TurboMind\nC++ and CUDA: NVIDIA GPUs', BLUE)
    box(ax, 4.65, 1.5, 3.75, 0.85, 'PyTorch engine\nPython: GPUs, and a CPU with lmdeploy_cpu', GREEN)
    box(ax, 1.6, 0.15, 5.8, 0.65, 'one folder in Hugging Face format: config, tokenizer, safetensors', SAND)
    for x in (2.5, 6.5):
        arrow(ax, (x, 2.75), (x, 2.35))
        arrow(ax, (x, 0.8), (x, 1.5))
    return fig


def slice_of_a_card():
    """What nvidia-smi shows, and what a process on a slice may use."""
    fig, ax = canvas(9, 2.7)
    box(ax, 0.3, 0.9, 8.4, 0.9, '', GREY)
    box(ax, 0.3, 0.9, 0.84, 0.9, '', GREEN)
    box(ax, 0.3, 0.9, 0.5, 0.9, '', BLUE)
    ax.text(
        4.9, 1.35, "the whole card, other people's slices included", ha='center', va='center', fontsize=11, color=INK
    )
    ax.annotate('', (0.3, 1.95), (8.7, 1.95), arrowprops={'arrowstyle': '<->', 'color': INK})
    ax.text(4.5, 2.2, 'nvidia-smi, NVML: used and total of the card', ha='center', fontsize=11, color=INK)
    ax.annotate('', (0.3, 0.75), (1.14, 0.75), arrowprops={'arrowstyle': '<->', 'color': INK})
    ax.text(
        0.3,
        0.35,
        'torch.cuda.mem_get_info(), studio-smi, vgpu-smi: used and free of your slice',
        fontsize=11,
        color=INK,
    )
    return fig


def choose():
    """Steps from 16 bits to the smallest, and back where the answers are no longer good."""
    fig, ax = canvas(9, 4.9)
    steps = ('16 bit', '16 bit\n+ KV int8 or int4', 'W4A16', 'W4A16\n+ KV int8 or int4')
    colors = (GREY, BLUE, GREEN, SAND)
    for i, (step, color) in enumerate(zip(steps, colors, strict=True)):
        y = 3.95 - 1.2 * i
        box(ax, 0.3, y, 2.5, 0.75, step, color, 12, 'bold')
        box(ax, 3.6, y, 2.0, 0.75, 'measure on your\nown questions:\ngood enough?', 'white', 9.5)
        arrow(ax, (2.8, y + 0.375), (3.6, y + 0.375))
        arrow(ax, (5.6, y + 0.375), (6.4, y + 0.375))
        ax.text(6.0, y + 0.46, 'no', ha='center', fontsize=11, color=INK)
        back = 'a larger model, or fine-tuning' if i == 0 else 'back to the step before'
        box(ax, 6.4, y, 2.3, 0.75, back, RED, 10)
        if i < 3:
            ax.plot([4.6, 4.6, 1.55], [y, y - 0.225, y - 0.225], color=INK, lw=1.3)
            arrow(ax, (1.55, y - 0.225), (1.55, y - 0.45))
            ax.text(3.0, y - 0.17, 'yes, but memory is short', ha='center', va='bottom', fontsize=10, color=INK)
    ax.text(4.7, 0.11, 'yes: use it', ha='left', va='center', fontsize=10, color=INK)
    arrow(ax, (4.6, 0.35), (4.6, 0.02))
    return fig


def serving():
    """The three layers of a server: who asks, who speaks HTTP, who computes."""
    fig, ax = canvas(9, 5.6)
    box(ax, 0.3, 4.35, 8.4, 1.1, 'client', SAND, 13, 'bold', va='top')
    for x, text in ((0.6, 'openai SDK'), (2.65, 'curl'), (4.7, 'chat in a terminal'), (6.75, 'page in a browser')):
        box(ax, x, 4.5, 1.65, 0.5, text, 'white')
    box(ax, 0.3, 2.2, 8.4, 1.45, 'API server: FastAPI, one Python process', GREEN, 13, 'bold', va='top')
    steps = (
        (0.6, 'key, checks\n401, 400, 404'),
        (2.65, 'chat template,\ntokenizer'),
        (4.7, 'queue for a place\n(max_batch_size)'),
        (6.75, 'tokens to text,\ntool-call parser'),
    )
    for x, text in steps:
        box(ax, x, 2.35, 1.65, 0.8, text, 'white', 9.5)
    for x in (2.25, 4.3):
        arrow(ax, (x, 2.75), (x + 0.4, 2.75))
    box(ax, 0.3, 0.15, 8.4, 1.35, 'engine: TurboMind, or the PyTorch engine', BLUE, 13, 'bold', va='top')
    parts = (
        (0.6, 2.65, 'scheduler: continuous batching,\na new request joins at any step'),
        (3.5, 2.65, 'paged KV cache: blocks of 64\ntokens, and a queue for them'),
        (6.4, 2.0, 'kernels: one token for\neach request a step'),
    )
    for x, width, text in parts:
        box(ax, x, 0.3, width, 0.7, text, 'white', 9.5)
    arrow(ax, (1.4, 4.35), (1.4, 3.65))
    ax.text(1.55, 4.0, 'HTTP with the key: POST /v1/chat/completions', va='center', fontsize=10, color=INK)
    arrow(ax, (7.6, 3.65), (7.6, 4.35))
    ax.text(7.45, 4.0, 'streaming: data: {…} each token', ha='right', va='center', fontsize=10, color=INK)
    arrow(ax, (5.5, 2.2), (5.5, 1.5))
    ax.text(5.35, 1.85, 'token ids in', ha='right', va='center', fontsize=10, color=INK)
    arrow(ax, (7.6, 1.5), (7.6, 2.2))
    ax.text(7.45, 1.85, 'token ids out', ha='right', va='center', fontsize=10, color=INK)
    return fig


def addresses():
    """Who reaches a server on 127.0.0.1, who one on 0.0.0.0, and the tunnel."""
    fig, ax = canvas(9, 3.9)
    for x, address, color in ((0.3, '127.0.0.1', GREEN), (4.65, '0.0.0.0', RED)):
        box(ax, x, 1.75, 4.05, 2.0, f'GPU machine, --server-name {address}', GREY, 12, 'bold', va='top')
        box(ax, x + 2.25, 2.0, 1.55, 1.2, f'server\n{address}', color)
        box(ax, x + 0.25, 2.65, 1.3, 0.55, 'notebook', 'white')
        arrow(ax, (x + 1.55, 2.92), (x + 2.25, 2.75))
    box(ax, 0.55, 2.0, 1.3, 0.45, 'sshd', 'white')
    box(ax, 0.3, 0.15, 1.8, 0.75, 'your laptop\nssh -L 23333:…', SAND, 10)
    arrow(ax, (1.2, 0.9), (1.2, 2.0))
    arrow(ax, (1.85, 2.22), (2.55, 2.35))
    ax.text(1.3, 1.35, 'tunnel', fontsize=10, color=INK, va='center')
    box(ax, 2.55, 0.15, 1.8, 0.75, 'everyone else', SAND, 10)
    ax.annotate('', (3.45, 1.7), (3.45, 0.9), arrowprops={'arrowstyle': '-', 'color': INK, 'lw': 1.3, 'ls': ':'})
    ax.text(3.45, 1.68, '×', fontsize=20, color='#d32f2f', ha='center', va='center', weight='bold')
    box(ax, 6.9, 0.15, 1.8, 0.75, 'everyone in\nthe network', SAND, 10)
    arrow(ax, (7.8, 0.9), (7.8, 2.0))
    ax.text(7.7, 1.35, 'only a key stops them', fontsize=10, color=INK, va='center', ha='right')
    return fig


def vlm():
    """From a picture to tokens: patches, vision tower, projector, and the row that the language model reads."""
    fig, ax = canvas(9, 4.7)
    x, y, side, cell = 0.3, 2.55, 1.5, 0.375
    ax.add_patch(Rectangle((x, y), side, side, fc='white', ec=INK, lw=1))
    ax.add_patch(Circle((x + 0.55, y + 0.8), 0.4, fc='#e53935', ec='none'))
    ax.add_patch(Polygon([(x + 0.85, y + 0.2), (x + 1.4, y + 0.2), (x + 1.12, y + 0.75)], fc='#1e88e5', ec='none'))
    for i in range(1, 4):
        ax.plot([x + i * cell] * 2, [y, y + side], color=INK, lw=0.8)
        ax.plot([x, x + side], [y + i * cell] * 2, color=INK, lw=0.8)
    ax.text(x + side / 2, y + side + 0.12, 'picture, cut into patches', ha='center', fontsize=10, color=INK)
    box(ax, 2.5, 2.8, 1.7, 1.0, 'vision tower', BLUE, 12, 'bold')
    ax.text(3.35, 2.65, 'every patch looks at\nevery other one', ha='center', va='top', fontsize=9.5, color=INK)
    box(ax, 4.9, 2.8, 1.7, 1.0, 'projector', GREEN, 12, 'bold')
    ax.text(
        5.75,
        2.65,
        '2 × 2 patches become one\nvector of the width of words',
        ha='center',
        va='top',
        fontsize=9.5,
        color=INK,
    )
    for i in range(4):
        box(ax, 7.3 + 0.36 * (i % 2) * 1.1, 3.35 - 0.4 * (i // 2), 0.33, 0.33, '', SAND)
    ax.text(7.68, 3.85, 'image tokens', ha='center', fontsize=10, color=INK)
    for a, b in ((1.85, 2.5), (4.2, 4.9), (6.6, 7.22)):
        arrow(ax, (a, 3.3), (b, 3.3))
    words = ['user:', 'What', 'is', 'this?', '<img>', '', '', '', '', '</img>', 'assistant:']
    at = 0.3
    for word in words:
        width = 0.33 if not word else 0.09 * len(word) + 0.2
        box(ax, at, 1.3, width, 0.4, word, 'white' if word else SAND, 9)
        if word == '<img>':
            begin = at + width + 0.04
        if not word:
            end = at + width
        at += width + 0.07
    middle = (begin + end) / 2
    ax.plot([7.68, 7.68, middle], [2.88, 2.0, 2.0], color=INK, lw=1.3)
    arrow(ax, (middle, 2.0), (middle, 1.74))
    ax.text(at + 0.1, 1.5, 'one row of tokens:\nwords, and a\npicture', va='center', fontsize=9, color=INK)
    box(
        ax,
        0.3,
        0.15,
        at - 0.37,
        0.7,
        'language model: does not ask where a vector came from',
        GREY,
        12,
        'bold',
    )
    for i in range(5):
        middle = 0.6 + i * (at - 0.97) / 4
        arrow(ax, (middle, 1.28), (middle, 0.87))
    arrow(ax, (at - 0.05, 0.5), (at + 0.35, 0.5))
    ax.text(at + 0.45, 0.5, '“A red circle …”', va='center', fontsize=11, color=INK)
    return fig


def scaling():
    """One model cut over two cards, and two copies behind a proxy."""
    fig, ax = canvas(9, 3.6)
    ax.text(2.2, 3.35, 'cut: tensor parallelism', ha='center', fontsize=12, weight='bold', color=INK)
    box(ax, 0.9, 2.45, 2.6, 0.55, 'one server, --tp 2', 'white')
    for i, x in enumerate((0.3, 2.45)):
        box(ax, x, 0.55, 1.65, 1.45, '', GREY)
        ax.text(x + 0.82, 0.3, f'card {i}', ha='center', va='center', fontsize=10, color=INK)
        box(ax, x + 0.15, 1.32, 1.35, 0.5, 'half of each matrix', BLUE, 8.5)
        box(ax, x + 0.15, 0.7, 1.35, 0.5, 'half of the cache', SAND, 8.5)
        arrow(ax, (2.2, 2.45), (x + 0.82, 2.02))
    ax.annotate('', (2.45, 1.57), (1.95, 1.57), arrowprops={'arrowstyle': '<|-|>', 'color': INK, 'lw': 1.6})
    ax.text(2.2, 0.06, 'every half layer: all-reduce', ha='center', fontsize=9.5, color=INK)
    ax.plot((4.5, 4.5), (0.1, 3.4), color=INK, lw=0.8, ls=':')
    ax.text(6.8, 3.35, 'copy: replicas', ha='center', fontsize=12, weight='bold', color=INK)
    box(ax, 5.5, 2.45, 2.6, 0.55, 'lmdeploy serve proxy', 'white')
    for i, x in enumerate((4.9, 7.05)):
        box(ax, x, 0.55, 1.65, 1.45, '', GREY)
        ax.text(x + 0.82, 0.3, f'card {i}, server {i}', ha='center', va='center', fontsize=10, color=INK)
        box(ax, x + 0.15, 1.32, 1.35, 0.5, 'the whole model', BLUE, 8.5)
        box(ax, x + 0.15, 0.7, 1.35, 0.5, 'a cache of its own', SAND, 8.5)
        arrow(ax, (6.8, 2.45), (x + 0.82, 2.02))
    ax.text(6.8, 0.06, 'each request: one of them', ha='center', fontsize=9.5, color=INK)
    return fig


def main() -> None:
    figures = {
        'engines': engines,
        'slice': slice_of_a_card,
        'choose': choose,
        'serving': serving,
        'addresses': addresses,
        'vlm': vlm,
        'scaling': scaling,
        'scaling_speed': scaling_speed,
        'speed': speed,
        'speed_latency': speed_latency,
        'speed_server': speed_server,
    }
    for name, draw in figures.items():
        fig = draw()
        fig.savefig(HERE / f'{name}.png', dpi=110, metadata={'Software': None})
        plt.close(fig)
        print(HERE / f'{name}.png')


if __name__ == '__main__':
    main()
