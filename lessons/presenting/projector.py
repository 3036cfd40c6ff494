"""Plots for the last row: larger letters, thicker lines, more contrast; the figures stay as they are."""

from pathlib import Path

STYLE = Path(__file__).with_name('projector.mplstyle')


def use_projector() -> None:
    """From here on plots of this kernel are drawn for a projector; `COURSE_PROJECTOR=1 make lab` does so for all."""
    import matplotlib

    matplotlib.rcParams.update(matplotlib.rc_params_from_file(STYLE, use_default_template=False))
