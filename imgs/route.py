"""The way through the course, for imgs/draw.py."""

from shapes import BLUE, GREEN, INK, SAND, arrow, box, canvas

CORE = {
    'Setup': (),
    'HF and\nTurboMind': (),
    'Chat': ('sampling',),
    'KV cache': ('KV\nquantisation', 'roofline,\nprefix caching'),
    'W4A16': ('how AWQ\nworks', 'smaller\nmodels', 'W4A16 on\nreal cards'),
    'Serving': ('beyond chat:\nJSON, tools', 'an agent', 'hardening\na server', 'watching\na server'),
    'Vision': ('how a model\nsees', 'pictures from\nstrangers'),
    'Speed': ('throughput,\nlatency', 'what was\nmeasured', 'speculative\ndecoding'),
    'Your own\nmodel': ('publish it',),
}
STEP, WIDTH = 1.5, 1.3


def route():
    """The core from left to right, each chapter's deep dives below it, the homework at the end."""
    fig, ax = canvas(15.3, 5.5)
    ax.text(0.2, 5.15, 'The core: between five and six hours, in this order', fontsize=15, weight='bold', color=INK)
    ax.text(13.7, 5.15, 'Homework', fontsize=15, weight='bold', color=INK)
    ax.text(0.2, 2.75, 'Deep dives: optional,\nwhen you like, each\nstands alone', fontsize=12.5, color=INK, va='top')
    for number, (name, dives) in enumerate(CORE.items()):
        x = 0.2 + STEP * number
        box(ax, x, 3.7, WIDTH, 1.15, f'{number}\n{name}', BLUE, 13)
        arrow(ax, (x + WIDTH, 4.27), (x + STEP, 4.27))
        for depth, dive in enumerate(dives):
            y = 2.7 - 0.85 * depth
            ax.plot((x + WIDTH / 2,) * 2, (y + 0.7, y + (1.0 if depth == 0 else 0.85)), color=INK, lw=1.2, zorder=0)
            box(ax, x, y, WIDTH, 0.7, dive, SAND, 10.5)
    last = 0.2 + STEP * len(CORE)
    box(ax, last, 3.7, WIDTH, 1.15, '9\nHomework', GREEN, 13)
    box(ax, last, 2.7, WIDTH, 0.7, '10 Scaling out,\noptional', SAND, 10.5)
    ax.plot((last + WIDTH / 2,) * 2, (2.55, 2.7), color=INK, lw=1.2, zorder=0)
    box(ax, last, 1.85, WIDTH, 0.7, 'across\nmachines', SAND, 10.5)
    return fig
