"""What the chapters say of a GPU, held to the record of their runs on one."""

import re
from pathlib import Path

import nbformat
import pytest

from helpers import load_record

NOTEBOOKS = sorted((Path(__file__).resolve().parent.parent / 'notebooks').glob('*.ipynb'))
MIB, GB = 2**20, 10**9
# Chapters that fill the card on purpose: its limit with LMDeploy's cache, transformers' continuous batching.
FILLING = ('03_kv_cache', '07_speed')
ROWS = {(row['setting'], row['notebook']): row for row in load_record('h200/notebooks').data['rows']}
CHAPTERS = pytest.mark.parametrize('path', NOTEBOOKS, ids=lambda path: path.stem)


@pytest.mark.parametrize('setting', ['tiny', 'share', 'slice'])
@CHAPTERS
def test_every_chapter_ran_to_the_end_on_a_gpu(path, setting):
    assert ROWS[setting, path.stem]['ran_to_the_end']


@CHAPTERS
def test_the_title_says_what_the_slice_showed(path):
    """The figure in the title (for the slice, where it says so) is the peak, at most half a GB above it."""
    title = nbformat.read(path, as_version=4).cells[0].source
    said = re.search(r'GPU memory: (?:about )?([\d.]+) GB', title)
    assert said, title
    peak_gb = ROWS['slice', path.stem]['peak_mib'] * MIB / GB
    assert peak_gb < 7.5 or path.stem in FILLING
    assert round(peak_gb, 1) - 0.1 <= float(said[1]) <= peak_gb + 0.5
