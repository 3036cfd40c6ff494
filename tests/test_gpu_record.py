"""What the chapters say of a GPU, held to the record of their runs on one."""

import re
from pathlib import Path

import nbformat
import pytest

from helpers import load_record

NOTEBOOKS = sorted((Path(__file__).resolve().parent.parent / 'notebooks').glob('*.ipynb'))
MIB, GB = 2**20, 10**9
# Seen on a GPU in part only: `make records` runs them there; then their names go from here.
NOT_YET = {'03_kv_cache', '05_serving'}
CHAPTERS = [
    pytest.param(path, id=path.stem, marks=[pytest.mark.xfail(strict=True)] if path.stem in NOT_YET else [])
    for path in NOTEBOOKS
]
ROWS = {(row['setting'], row['notebook']): row for row in load_record('h200/notebooks').data['rows']}


@pytest.mark.parametrize('path', CHAPTERS)
@pytest.mark.parametrize('setting', ['tiny', 'share', 'slice'])
def test_every_chapter_ran_to_the_end_on_a_gpu(path, setting):
    assert ROWS[setting, path.stem]['ran_to_the_end']


@pytest.mark.parametrize('path', CHAPTERS)
def test_the_title_says_what_the_slice_showed(path):
    """The figure in the title (for the slice, where it says so) is the peak, at most half a GB above it."""
    title = nbformat.read(path, as_version=4).cells[0].source
    said = re.search(r'GPU memory: (?:about )?([\d.]+) GB', title)
    assert said, title
    peak_gb = ROWS['slice', path.stem]['peak_mib'] * MIB / GB
    assert peak_gb < 7.5 or path.stem == '03_kv_cache', 'only the chapter that fills the card on purpose may'
    assert round(peak_gb, 1) - 0.1 <= float(said[1]) <= peak_gb + 0.5
