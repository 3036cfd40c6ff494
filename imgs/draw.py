"""Draw the course's diagrams: `python imgs/draw.py` writes the PNG files beside this script."""

import io
from pathlib import Path

import matplotlib.pyplot as plt
from chinese import in_chinese, read_catalogue
from matplotlib.patches import Circle, Polygon, Rectangle
from PIL import Image
from route import route
from scaling_plots import scaling_proxy, scaling_speed
from shapes import BLUE, GREEN, GREY, INK, RED, SAND, arrow, box, canvas
from speed_plots import speed, speed_latency, speed_quantised, speed_server
from studio import studio_machine, studio_ssh, studio_terminal

HERE = Path(__file__).resolve().parent


def engines():
    """LMDeploy, its two engines and `lite`, and the folders that all of them read."""
    fig, ax = canvas(9, 4.3)
    box(ax, 0.3, 1.25, 8.4, 2.85, 'LMDeploy', GREY, 13, 'bold', va='top')
    box(ax, 0.6, 3.0, 5.5, 0.6, 'pipeline · lmdeploy chat · lmdeploy serve', 'white')
    box(ax, 0.6, 1.5, 2.6, 1.05, 'TurboMind\nC++ and CUDA:\nNVIDIA GPUs', BLUE)
    box(ax, 3.5, 1.5, 2.6, 1.05, 'PyTorch engine\nPython: GPUs, and a\nCPU with lmdeploy_cpu', GREEN)
    box(ax, 6.5, 1.5, 1.9, 2.1, 'lmdeploy lite\nmakes weights\nsmaller; loads\nthem through\ntransformers', RED)
    box(ax, 0.6, 0.15, 7.8, 0.65, 'folders in Hugging Face format: config, tokenizer, safetensors', SAND)
    for x in (1.9, 4.8):
        arrow(ax, (x, 3.0), (x, 2.55))
        arrow(ax, (x, 0.8), (x, 1.5))
    arrow(ax, (6.95, 0.8), (6.95, 1.5))
    arrow(ax, (7.95, 1.5), (7.95, 0.8))
    ax.text(2.05, 1.02, 'reads', va='center', fontsize=10, color=INK)
    ax.text(4.95, 1.02, 'reads', va='center', fontsize=10, color=INK)
    ax.text(6.85, 1.02, 'reads', ha='right', va='center', fontsize=10, color=INK)
    ax.text(7.85, 1.02, 'writes', ha='right', va='center', fontsize=10, color=INK)
    return fig


def turbomind():
    """What is inside TurboMind, and what stays in Python around it."""
    fig, ax = canvas(9, 5.2)
    box(ax, 0.3, 4.1, 8.4, 0.95, 'LMDeploy, in Python', SAND, 13, 'bold', va='top')
    box(ax, 0.6, 4.2, 3.75, 0.45, 'chat template, text to tokens', 'white')
    box(ax, 4.65, 4.2, 3.75, 0.45, 'tokens to text', 'white')
    box(ax, 0.3, 1.0, 8.4, 2.5, 'TurboMind, in C++ and CUDA', BLUE, 13, 'bold', va='top')
    box(ax, 0.6, 2.25, 1.7, 0.75, 'queue of\nrequests', 'white', 10)
    box(ax, 2.75, 2.25, 2.75, 0.75, 'scheduler: a request joins\nor leaves at any token', 'white', 10)
    box(ax, 5.95, 2.25, 2.45, 0.75, 'layers on the GPU,\nthen one token for each', 'white', 10)
    box(ax, 2.75, 1.15, 2.75, 0.7, 'manager of the KV cache:\nblocks of tokens', GREEN, 10)
    box(ax, 5.95, 1.15, 2.45, 0.7, 'weights, arranged\nwhile they load', GREY, 10)
    arrow(ax, (2.3, 2.62), (2.75, 2.62))
    arrow(ax, (5.5, 2.62), (5.95, 2.62))
    arrow(ax, (4.12, 1.85), (4.12, 2.25))
    arrow(ax, (4.12, 2.25), (4.12, 1.85))
    arrow(ax, (7.17, 1.85), (7.17, 2.25))
    arrow(ax, (1.45, 4.1), (1.45, 3.0))
    arrow(ax, (7.17, 3.0), (7.17, 4.1))
    ax.text(1.6, 3.78, 'token ids in', va='center', fontsize=10, color=INK)
    ax.text(7.02, 3.78, 'token ids out', ha='right', va='center', fontsize=10, color=INK)
    box(ax, 3.5, 0.12, 4.9, 0.5, 'folder in Hugging Face format', SAND)
    arrow(ax, (7.17, 0.62), (7.17, 1.15))
    return fig


def slice_of_a_card():
    """What nvidia-smi shows, and what a process on a slice may use."""
    fig, ax = canvas(9, 3.6)
    ax.text(
        0.3, 3.35, 'On a slice, believe what is asked of the slice', fontsize=13, weight='bold', va='center', color=INK
    )
    ax.annotate('', (0.3, 2.55), (8.7, 2.55), arrowprops={'arrowstyle': '<->', 'color': INK})
    ax.text(4.5, 2.78, 'nvidia-smi, NVML: used and total of the whole card', ha='center', fontsize=11, color=INK)
    box(ax, 0.3, 1.5, 8.4, 0.9, '', GREY)
    box(ax, 0.3, 1.5, 1.5, 0.9, '', GREEN)
    box(ax, 0.3, 1.5, 0.85, 0.9, 'used', BLUE)
    ax.text(1.475, 1.95, 'free', ha='center', va='center', fontsize=11, color=INK)
    ax.text(5.25, 1.95, "other people's slices", ha='center', va='center', fontsize=11, color=INK)
    ax.annotate('', (0.3, 1.35), (1.8, 1.35), arrowprops={'arrowstyle': '<->', 'color': INK})
    ax.text(0.3, 1.05, 'your slice', fontsize=11, weight='bold', va='center', color=INK)
    ask = 'torch.cuda.mem_get_info()   in Python\nstudio-smi, vgpu-smi               in a terminal of InternStudio'
    ax.text(0.3, 0.5, ask, fontsize=11, va='center', color=INK, linespacing=1.6)
    return fig


def kv_cache():
    """A pair of key and value for each token; prefill and decode; and the blocks in which they lie."""
    fig, ax = canvas(9, 5.3)
    words = ('Tell', 'me', 'a', 'story', 'Once', 'upon', 'a', '?')
    for i, word in enumerate(words):
        x, written = 1.5 + 0.9 * i, i < 7
        ax.text(x + 0.375, 4.17, word, ha='center', fontsize=12, color=INK, weight='normal' if written else 'bold')
        for y, name in ((3.67, 'K'), (3.27, 'V')):
            edge = 'solid' if written else 'dashed'
            color = (BLUE if i < 4 else GREEN) if written else 'white'
            ax.add_patch(Rectangle((x, y), 0.75, 0.34, fc=color, ec=INK, lw=1, ls=edge))
            ax.text(x + 0.375, y + 0.16, name if written else '', ha='center', va='center', fontsize=10, color=INK)
    ax.text(0.15, 4.17, 'tokens', fontsize=11, color=INK)
    ax.text(0.15, 3.44, 'key, value:\nin each layer,\neach KV head', fontsize=8.5, color=INK, va='center')
    prefill = 'prefill: the prompt, all tokens in one step;\nwrites their keys and values'
    decode = 'decode: one token a step; reads all keys and\nvalues, and writes one pair more'
    box(ax, 1.5, 4.6, 3.45, 0.58, prefill, BLUE, 9.5)
    box(ax, 5.1, 4.6, 3.45, 0.58, decode, GREEN, 9.5)
    for begin, many in ((0, 4), (4, 3)):
        left, right = 1.5 + 0.9 * begin, 1.5 + 0.9 * (begin + many) - 0.15
        ax.plot([left, left, right, right], [3.2, 3.1, 3.1, 3.2], color=INK, lw=1)
        arrow(ax, ((left + right) / 2, 3.1), (2.6 if begin == 0 else 5.3, 2.05))
    ax.text(4.3, 2.62, 'a new block when\nthe last one is full', ha='center', va='center', fontsize=9.5, color=INK)
    owner = {1: RED, 2: BLUE, 3: RED, 5: GREEN, 7: RED}
    labels = {1: 'B', 2: 'A', 3: 'B', 5: 'A', 7: 'B'}
    for i in range(9):
        x = 0.35 + 0.9333 * i
        full = 3 if i in (5, 7) else 4
        for j in range(4):
            color = owner[i] if i in owner and j < full else 'white'
            ax.add_patch(Rectangle((x + 0.19 * j, 1.5), 0.19, 0.5, fc=color, ec='#90a4ae', lw=0.6))
        ax.add_patch(Rectangle((x, 1.5), 0.76, 0.5, fc='none', ec=INK, lw=1.3))
        ax.text(x + 0.38, 1.3, labels.get(i, 'free'), ha='center', va='center', fontsize=9.5, color=INK)
    ax.annotate('', (0.35, 1.02), (8.58, 1.02), arrowprops={'arrowstyle': '<->', 'color': INK})
    says = (
        'the cache: blocks of 64 tokens (4 drawn here), for conversations A and B\n'
        'taken at once when the engine starts: cache_max_entry_count × what the weights leave free'
    )
    ax.text(4.46, 0.5, says, ha='center', va='center', fontsize=10.5, color=INK, linespacing=1.6)
    return fig


def choose():
    """Steps from 16 bits to the smallest: out where the answers are good and it fits, back where they are not good."""
    fig, ax = canvas(9, 5.5)
    ax.text(
        3.95, 5.12, 'measure on your own\nquestions: good enough?', ha='center', va='center', fontsize=11, color=INK
    )
    ax.text(6.15, 5.12, 'does it fit?', ha='center', va='center', fontsize=11, color=INK)
    steps = ('16 bit', '16 bit\n+ KV int8 or int4', 'W4A16', 'W4A16\n+ KV int8 or int4')
    for i, (step, color) in enumerate(zip(steps, (GREY, BLUE, GREEN, SAND), strict=True)):
        y = 4.0 - 1.25 * i
        box(ax, 0.2, y, 2.3, 0.75, step, color, 12, 'bold')
        box(ax, 3.4, y, 1.1, 0.75, 'good?', 'white', 12)
        box(ax, 5.6, y, 1.1, 0.75, 'fits?', 'white', 12)
        box(ax, 7.6, y, 1.2, 0.75, 'use it', GREEN, 12, 'bold')
        for x, end in ((2.5, 3.4), (4.5, 5.6), (6.7, 7.6)):
            arrow(ax, (x, y + 0.375), (end, y + 0.375))
        for x in (5.05, 7.15):
            ax.text(x, y + 0.44, 'yes', ha='center', fontsize=11, color=INK)
        back = 'no: a larger model, or fine-tuning' if i == 0 else 'no: back one step'
        ax.text(3.95, y - 0.06, back, ha='center', va='top', fontsize=11, color='#b23b3b')
        if i < 3:  # down to the next step
            ax.plot([6.15, 6.15, 1.35], [y, y - 0.35, y - 0.35], color=INK, lw=1.3)
            arrow(ax, (1.35, y - 0.35), (1.35, y - 0.5))
            ax.text(6.25, y - 0.22, 'no: next step', ha='left', va='center', fontsize=11, color=INK)
        else:
            ax.text(5.6, y - 0.06, 'no: a smaller model, or a larger card', ha='left', va='top', fontsize=11, color=INK)
    return fig


def w4a16():
    """Weight-only quantisation: 4 bits in memory, 16 bits in the multiplication."""
    fig, ax = canvas(9, 3.6)
    ax.text(1.5, 3.35, "the card's memory", ha='center', va='center', fontsize=12, color=INK)
    box(ax, 0.2, 2.2, 2.6, 0.85, 'weights in 4 bits\nscale, zero point a group', GREEN, 11)
    box(ax, 0.2, 0.5, 2.6, 0.85, 'activations in 16 bits\n(the "A16")', BLUE, 11)
    box(ax, 3.9, 0.2, 3.1, 3.0, 'inside the kernel', GREY, 12, 'bold', va='top')
    box(ax, 4.1, 1.75, 2.7, 0.9, 'dequantise:\n(number − zero) × scale', SAND, 11)
    box(ax, 4.1, 0.4, 2.7, 0.75, 'multiply in 16 bits', 'white', 11)
    box(ax, 7.7, 0.4, 1.15, 0.75, 'output,\n16 bits', BLUE, 11)
    arrow(ax, (2.8, 2.35), (4.1, 2.35))
    ax.text(3.35, 2.42, 'about a quarter\nof the bytes', ha='center', va='bottom', fontsize=10, color=INK)
    arrow(ax, (2.8, 0.78), (4.1, 0.78))
    arrow(ax, (5.45, 1.75), (5.45, 1.15))
    ax.text(5.55, 1.45, '16-bit weights', ha='left', va='center', fontsize=10, color=INK)
    arrow(ax, (6.8, 0.78), (7.7, 0.78))
    return fig


def smaller():
    """Pruning, distillation and quantisation, each as before and after."""
    fig, ax = canvas(9, 4.3)
    for x, title, text in (
        (1.5, 'Pruning', 'leave out what does little:\nweights, channels, layers'),
        (4.5, 'Distillation', 'a small student learns the\nprobabilities of its teacher'),
        (7.5, 'Quantisation', 'keep every weight,\nin fewer bits'),
    ):
        ax.text(x, 4.02, title, ha='center', va='center', fontsize=13, weight='bold', color=INK)
        ax.text(x, 0.4, text, ha='center', va='center', fontsize=11, color=INK, linespacing=1.5)
    for x in (3.0, 6.0):
        ax.plot([x, x], [0.2, 4.1], color='#b0bec5', lw=1)
    counts, dropped = (4, 5, 4), {(0, 1), (1, 3), (2, 0)}  # neurons of three layers; those that go
    places = {(i, j): (0.5 + i, 2.3 + 0.42 * (j - (n - 1) / 2)) for i, n in enumerate(counts) for j in range(n)}
    for (i, j), start in places.items():
        for (k, m), end in places.items():
            if k == i + 1 and not {(i, j), (k, m)} & dropped:
                ax.plot(*zip(start, end, strict=True), color='#90a4ae', lw=0.8, zorder=1)
        gone = (i, j) in dropped
        ax.add_patch(Circle(start, 0.13, fc='white' if gone else BLUE, ec=INK, lw=1, ls=':' if gone else '-', zorder=2))
        if gone:
            ax.text(*start, '×', ha='center', va='center', fontsize=12, color='#b23b3b', zorder=3)
    box(ax, 3.3, 2.7, 2.4, 0.8, 'teacher\nmany layers', BLUE, 11)
    box(ax, 3.8, 1.1, 1.4, 0.7, 'student\nfew layers', GREEN, 11)
    arrow(ax, (4.5, 2.7), (4.5, 1.8))
    ax.text(4.6, 2.25, 'hello 80 %\nhi 15 % …', ha='left', va='center', fontsize=10, color=INK)
    for row, (before, after) in enumerate((('0.3127', '12'), ('−0.1192', '4'), ('0.0511', '8'))):
        y = 2.95 - 0.75 * row
        box(ax, 6.3, y, 1.05, 0.5, before, BLUE, 11)
        box(ax, 8.0, y, 0.55, 0.5, after, GREEN, 11)
        arrow(ax, (7.35, y + 0.25), (8.0, y + 0.25))
    ax.text(6.83, 3.62, '16 bits', ha='center', va='center', fontsize=11, color=INK)
    ax.text(8.28, 3.62, '4 bits', ha='center', va='center', fontsize=11, color=INK)
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
    ax.text(7.45, 4.0, 'streaming: data: {…} piece by piece', ha='right', va='center', fontsize=10, color=INK)
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
    """One model over two cards, and two servers with a card each behind a proxy."""
    fig, ax = canvas(9, 3.6)
    ax.text(2.2, 3.35, 'tensor parallelism: one engine', ha='center', fontsize=12, weight='bold', color=INK)
    box(ax, 0.9, 2.45, 2.6, 0.55, 'one server, --tp 2', 'white')
    for i, x in enumerate((0.3, 2.45)):
        box(ax, x, 0.55, 1.65, 1.45, '', GREY)
        ax.text(x + 0.82, 0.3, f'card {i}', ha='center', va='center', fontsize=10, color=INK)
        box(ax, x + 0.15, 1.32, 1.35, 0.5, 'half of each matrix', BLUE, 8.5)
        box(ax, x + 0.15, 0.7, 1.35, 0.5, 'half of the cache', SAND, 8.5)
        arrow(ax, (2.2, 2.45), (x + 0.82, 2.02))
    ax.annotate('', (2.45, 1.57), (1.95, 1.57), arrowprops={'arrowstyle': '<|-|>', 'color': INK, 'lw': 1.6})
    ax.text(2.2, 0.02, 'twice a layer: all-reduce', ha='center', fontsize=9.5, color=INK)
    ax.plot((4.5, 4.5), (0.1, 3.4), color=INK, lw=0.8, ls=':')
    ax.text(6.8, 3.35, 'replicas: two engines', ha='center', fontsize=12, weight='bold', color=INK)
    box(ax, 5.5, 2.45, 2.6, 0.55, 'lmdeploy serve proxy', 'white')
    for i, x in enumerate((4.9, 7.05)):
        box(ax, x, 0.55, 1.65, 1.45, '', GREY)
        ax.text(x + 0.82, 0.3, f'card {i}, server {i}', ha='center', va='center', fontsize=10, color=INK)
        box(ax, x + 0.15, 1.32, 1.35, 0.5, 'the whole model', BLUE, 8.5)
        box(ax, x + 0.15, 0.7, 1.35, 0.5, 'a cache of its own', SAND, 8.5)
        arrow(ax, (6.8, 2.45), (x + 0.82, 2.02))
    ax.text(6.8, 0.02, 'each request goes to one of them', ha='center', fontsize=9.5, color=INK)
    return fig


PICTURES = {  # file name without .png -> the function that draws it
    'route': route,
    'engines': engines,
    'turbomind': turbomind,
    'slice': slice_of_a_card,
    'studio_machine': studio_machine,
    'studio_terminal': studio_terminal,
    'studio_ssh': studio_ssh,
    'kv_cache': kv_cache,
    'choose': choose,
    'w4a16': w4a16,
    'smaller': smaller,
    'serving': serving,
    'addresses': addresses,
    'vlm': vlm,
    'scaling': scaling,
    'scaling_speed': scaling_speed,
    'scaling_proxy': scaling_proxy,
    'speed': speed,
    'speed_latency': speed_latency,
    'speed_quantised': speed_quantised,
    'speed_server': speed_server,
}


def write(name: str, folder: Path = HERE, language: str = 'en') -> Path:
    """Draw the picture `name` of PICTURES into a folder; returns the file."""
    path, fig = folder / f'{name}.png', PICTURES[name]()
    if language == 'zh':
        fig = in_chinese(fig, name, read_catalogue())
    drawn = io.BytesIO()
    fig.savefig(drawn, dpi=110, metadata={'Software': None})
    plt.close(fig)
    # a palette of 256 colours: a third of the size, and no difference that one sees
    Image.open(drawn).convert('RGB').quantize(256, Image.Quantize.MEDIANCUT).save(path, optimize=True)
    return path


def main() -> None:
    (HERE / 'zh').mkdir(exist_ok=True)
    for name in PICTURES:
        print(write(name), write(name, HERE / 'zh', 'zh'))


if __name__ == '__main__':
    main()
