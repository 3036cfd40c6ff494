"""What the chapters say of a GPU, held to the record of their runs on one."""

import re
from pathlib import Path

import nbformat
import pytest

from helpers import load_record

NOTEBOOKS = sorted((Path(__file__).resolve().parent.parent / 'notebooks').glob('*.ipynb'))
MIB, GB = 2**20, 10**9
SETTINGS = ('tiny', 'share', 'slice')
# Not seen on a GPU to the end: `make records` runs them there; then they go from here.
NOT_YET = {
    ('tiny', '08_scaling'),  # ran but for one assertion, mended since
    *((setting, '07_speed') for setting in ('share', 'slice')),
}
ROWS = {(row['setting'], row['notebook']): row for row in load_record('h200/notebooks').data['rows']}


def runs(*settings):
    """(setting, chapter's path); those of `NOT_YET` have to fail."""
    return [
        pytest.param(
            setting,
            path,
            id=f'{setting}-{path.stem}',
            marks=[pytest.mark.xfail(strict=True)] if (setting, path.stem) in NOT_YET else [],
        )
        for setting in settings
        for path in NOTEBOOKS
    ]


@pytest.mark.parametrize(('setting', 'path'), runs(*SETTINGS))
def test_every_chapter_ran_to_the_end_on_a_gpu(setting, path):
    assert ROWS[setting, path.stem]['ran_to_the_end']


@pytest.mark.parametrize(('setting', 'path'), runs('slice'))
def test_the_title_says_what_the_slice_showed(setting, path):
    """The figure in the title (for the slice, where it says so) is the peak, at most half a GB above it."""
    title = nbformat.read(path, as_version=4).cells[0].source
    said = re.search(r'GPU memory: (?:about )?([\d.]+) GB', title)
    assert said, title
    peak_gb = ROWS[setting, path.stem]['peak_mib'] * MIB / GB
    assert peak_gb < 7.5 or path.stem == '03_kv_cache', 'only the chapter that fills the card on purpose may'
    assert round(peak_gb, 1) - 0.1 <= float(said[1]) <= peak_gb + 0.5
