"""Draw the course's diagrams: `python imgs/draw.py` writes the PNG files beside this script."""

from pathlib import Path

import matplotlib

matplotlib.use('Agg')
import matplotlib.pyplot as plt
from matplotlib.patches import FancyBboxPatch

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


def main() -> None:
    for name, draw in {'engines': engines, 'slice': slice_of_a_card, 'choose': choose}.items():
        fig = draw()
        fig.savefig(HERE / f'{name}.png', dpi=110, metadata={'Software': None})
        plt.close(fig)
        print(HERE / f'{name}.png')


if __name__ == '__main__':
    main()
