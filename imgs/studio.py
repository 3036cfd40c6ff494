"""What one sees on InternStudio, step by step, drawn: a screenshot of the platform would be out of date soon.

The words are the platform's own, as the course notes have them (InternLM/Tutorial, camp3, docs/L0/Linux).
"""

from pathlib import Path

from matplotlib.font_manager import FontProperties
from matplotlib.patches import Circle, FancyBboxPatch
from shapes import BLUE, GREEN, GREY, INK, SAND, arrow, box, canvas

CHINESE = Path(__file__).resolve().parent.parent / 'homework' / 'collect' / 'fonts' / 'CourseSansSC.ttf'
NIGHT, CHALK, ACCENT = '#263238', '#eceff1', '#d84315'


def words(ax, x, y, text, size=11, color=INK, ha='left'):
    """Text that may be Chinese, its left end (or middle) at (x, y)."""
    font = FontProperties(fname=CHINESE, size=size)
    ax.text(x, y, text, ha=ha, va='center', color=color, fontproperties=font, linespacing=1.5)


def panel(ax, x, y, width, height, title):
    """A window of the platform, its title at the top left."""
    box(ax, x, y, width, height, '', 'white')
    words(ax, x + 0.15, y + height - 0.27, title, 13)
    ax.plot([x, x + width], [y + height - 0.52] * 2, color=INK, lw=0.8)


def field(ax, x, y, width, text, color='white', size=11):
    box(ax, x, y, width, 0.38, '', color)
    words(ax, x + 0.12, y + 0.19, text, size)


def button(ax, x, y, width, text, color=BLUE):
    box(ax, x, y, width, 0.4, '', color)
    words(ax, x + width / 2, y + 0.2, text, 11.5, ha='center')


def step(ax, x, y, number):
    """The number of a step, beside what is to be done."""
    ax.add_patch(Circle((x, y), 0.16, fc=ACCENT, ec='none', zorder=3))
    ax.text(x, y - 0.01, str(number), ha='center', va='center', fontsize=10.5, color='white', weight='bold', zorder=4)


def shell(ax, x, y, width, height, lines, size=11):
    """A terminal; `lines` from the top."""
    style = 'round,pad=0,rounding_size=0.06'
    ax.add_patch(FancyBboxPatch((x, y), width, height, boxstyle=style, fc=NIGHT, ec=NIGHT))
    for i, line in enumerate(lines):
        ax.text(
            x + 0.15, y + height - 0.27 - 0.36 * i, line, color=CHALK, fontsize=size, family='monospace', va='center'
        )


def studio_machine():
    """The form that makes a machine, and the list where it is entered."""
    fig, ax = canvas(10, 4.1)
    panel(ax, 0.25, 0.2, 4.7, 3.7, '创建开发机')
    rows = (
        (2.75, '开发机名称', 'lmdeploy', 'white'),
        (2.1, '镜像', 'Cuda12.2-conda', GREEN),
        (1.45, '资源配置', '10% A100 * 1', GREEN),
    )
    for number, (y, name, value, color) in enumerate(rows, 2):
        words(ax, 0.8, y + 0.19, name, 12)
        field(ax, 2.1, y, 2.65, value, color, 12)
        step(ax, 0.53, y + 0.19, number)
    words(ax, 2.1, 1.2, '8182 MiB of GPU memory', 11)
    button(ax, 3.3, 0.45, 1.45, '立即创建')
    step(ax, 3.05, 0.65, 5)
    arrow(ax, (4.95, 1.9), (5.4, 1.9))
    words(ax, 5.4, 3.2, 'wait (排队中), until it runs (运行中):', 12)
    panel(ax, 5.4, 0.9, 4.35, 1.95, '开发机')
    words(ax, 5.65, 2.03, 'lmdeploy', 12)
    words(ax, 7.2, 2.03, '10% A100 * 1', 12)
    button(ax, 5.95, 1.25, 1.2, '进入开发机', SAND)
    button(ax, 7.25, 1.25, 1.1, 'SSH连接', GREY)
    button(ax, 8.43, 1.25, 1.2, '自定义服务', GREY)
    step(ax, 5.7, 1.45, 6)
    words(ax, 5.4, 0.5, 'SSH连接, 自定义服务: the way from your laptop', 11)
    return fig


def studio_terminal():
    """The three views of a machine, and what is typed in its terminal."""
    fig, ax = canvas(10, 3.5)
    box(ax, 0.25, 0.2, 9.5, 3.1, '', 'white')
    views = ((0.45, 1.2, 'JupyterLab', GREY), (1.75, 1.2, '终端', SAND), (3.05, 1.2, 'VSCode', GREY))
    for x, width, name, color in views:
        button(ax, x, 2.77, width, name, color)
    step(ax, 1.98, 2.97, 7)
    words(ax, 4.45, 2.97, 'icons at the top left of the page', 11.5)
    lines = (
        '(base) ~# git clone ADDRESS lmdeploy-course && cd lmdeploy-course',
        '(base) ~/lmdeploy-course# conda env create -f environment.yml',
        '(base) ~/lmdeploy-course# conda activate lmdeploy-course',
        '(lmdeploy-course) ~/lmdeploy-course# python -m helpers.environment',
        '[OK]   platform: linux x86_64',
    )
    shell(ax, 0.9, 0.55, 8.65, 2.05, lines)
    for number, i in zip((8, 9, 10, 11), range(4), strict=True):
        step(ax, 0.63, 2.33 - 0.36 * i, number)
    return fig


def studio_ssh():
    """The public key, the line that forwards a port, and the way that a page takes through it."""
    fig, ax = canvas(10, 5.3)
    panel(ax, 0.25, 2.95, 4.65, 2.15, '配置 SSH Key → 添加SSH公钥')
    step(ax, 0.5, 4.25, 'b')
    words(ax, 0.75, 4.25, '公钥', 12)
    field(ax, 1.35, 4.06, 3.4, 'ssh-ed25519 AAAA… you@laptop', SAND, 11)
    words(ax, 1.35, 3.8, 'the line in id_ed25519.pub, with pub', 10.5)
    button(ax, 3.4, 3.1, 1.35, '立即添加')
    panel(ax, 5.1, 2.95, 4.65, 2.15, 'SSH连接')
    step(ax, 5.35, 4.25, 'c')
    words(ax, 5.6, 4.25, '登录命令', 12)
    field(ax, 6.5, 4.06, 3.15, 'ssh -p 33087 root@ssh.intern-…', SAND, 11)
    ax.annotate('', (7.4, 4.1), (7.4, 3.68), arrowprops={'arrowstyle': '-|>', 'color': ACCENT, 'lw': 1.5})
    words(ax, 6.5, 3.5, 'the ssh port of your machine', 11, ACCENT)
    words(ax, 5.6, 3.15, '密码: not needed with a key', 11)
    box(ax, 0.25, 0.2, 4.3, 2.5, '', SAND)
    words(ax, 0.45, 2.42, 'your laptop', 12)
    shell(ax, 0.8, 1.25, 3.6, 0.92, ('ssh-keygen -t ed25519', 'ssh -CN -L 8888:127.0.0.1:8888 …'), 10)
    step(ax, 0.53, 1.9, 'a')
    step(ax, 0.53, 1.54, 'd')
    box(ax, 0.8, 0.45, 3.6, 0.5, 'browser: http://127.0.0.1:8888', 'white', 11)
    step(ax, 0.53, 0.7, 'e')
    box(ax, 5.75, 0.2, 4.0, 2.5, '', GREY)
    words(ax, 5.95, 2.42, 'your machine on InternStudio', 12)
    box(ax, 5.95, 0.9, 1.2, 0.95, 'ssh,\nport\n33087', 'white', 10.5)
    box(ax, 7.85, 0.9, 1.75, 0.95, 'JupyterLab\n127.0.0.1:8888', BLUE, 10.5)
    arrow(ax, (7.15, 1.37), (7.85, 1.37))
    ax.add_patch(FancyBboxPatch((4.55, 1.18), 1.4, 0.38, boxstyle='round,pad=0,rounding_size=0.05', fc=GREEN, ec=INK))
    ax.text(5.15, 1.36, 'tunnel', ha='center', va='center', fontsize=11, color=INK)
    return fig
