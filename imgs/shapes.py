"""What the diagrams are made of: axes in inches, boxes, arrows."""

import matplotlib

matplotlib.use('Agg')
import matplotlib.pyplot as plt
from matplotlib.patches import FancyBboxPatch

BLUE, GREEN, SAND, GREY, RED = '#d7e6f8', '#daf0dd', '#fbf0d4', '#eceff1', '#f9dcdc'
INK = '#263238'


def canvas(width: float, height: float):
    """Axes in inches, without frame."""
    fig, ax = plt.subplots(figsize=(width, height))
    ax.set(xlim=(0, width), ylim=(0, height))
    ax.axis('off')
    fig.subplots_adjust(0, 0, 1, 1)
    return fig, ax


def box(ax, x, y, width, height, text, color, size=11, weight='normal', va='center', line='-'):
    """A rounded box with its lower left corner at (x, y); the text in the middle, or at the top."""
    style = 'round,pad=0,rounding_size=0.08'
    ax.add_patch(FancyBboxPatch((x, y), width, height, boxstyle=style, fc=color, ec=INK, lw=1, ls=line))
    at = y + height / 2 if va == 'center' else y + height - 0.1
    ax.text(x + width / 2, at, text, ha='center', va=va, fontsize=size, weight=weight, color=INK, linespacing=1.5)


def arrow(ax, start, end):
    ax.annotate('', end, start, arrowprops={'arrowstyle': '-|>', 'color': INK, 'lw': 1.3})
