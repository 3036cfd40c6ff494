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


def main() -> None:
    for name, draw in {'engines': engines, 'slice': slice_of_a_card}.items():
        fig = draw()
        fig.savefig(HERE / f'{name}.png', dpi=110, metadata={'Software': None})
        plt.close(fig)
        print(HERE / f'{name}.png')


if __name__ == '__main__':
    main()
