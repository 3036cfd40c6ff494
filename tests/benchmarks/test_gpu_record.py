"""What the chapters say of a GPU, held to the record of their runs on one."""

import re

import chapters
import nbformat
import pytest

from helpers import load_record

MIB, GB = 2**20, 10**9
# Chapters that fill the card on purpose: its limit with LMDeploy's cache, transformers' continuous batching.
FILLING = ('03_kv_cache', '07_speed')
ROWS = {(row['setting'], row['notebook']): row for row in load_record('h200/notebooks').data['rows']}
# Rows keep the name that a notebook had when it ran.
RECORDED_AS = {'10_scaling': '08_scaling'}
FAILS = (AssertionError, KeyError)  # a figure that does not fit, a row that is not there


def row_of(setting: str, path) -> dict:
    return ROWS.get((setting, path.stem)) or ROWS[setting, RECORDED_AS[path.stem]]


# Written when no GPU could be had: no figure of it is claimed, and its title says so.  Strict: its first run ends this.
NOT_YET = {'08_your_own_model': 'it has not been seen on a GPU yet'}


def _chapters(why: dict[str, str]):
    """Each chapter; those in `why` are expected to fail."""
    cases = [
        pytest.param(p, marks=pytest.mark.xfail(strict=True, reason=why[p.stem], raises=FAILS) if p.stem in why else ())
        for p in chapters.CHAPTERS
    ]
    return pytest.mark.parametrize('path', cases, ids=[p.stem for p in chapters.CHAPTERS])


@pytest.mark.parametrize('setting', ['tiny', 'share', 'slice'])
@_chapters(NOT_YET)
def test_every_chapter_ran_to_the_end_on_a_gpu(path, setting):
    assert row_of(setting, path)['ran_to_the_end']


# What a chapter has gained since it last ran there, worked out from its parts.  Strict: its next run ends this.
GAINED = {'00_setup': 'it begins with an answer now; the record is of a chapter that started no model'}


@_chapters(GAINED | NOT_YET)
def test_the_title_says_what_the_slice_showed(path):
    """The figure in the title (for the slice, where it says so) is the peak, at most half a GB above it."""
    title = nbformat.read(path, as_version=4).cells[0].source
    said = re.search(r'GPU memory: (?:about )?([\d.]+) GB', title)
    assert said, title
    peak_gb = row_of('slice', path)['peak_mib'] * MIB / GB
    assert peak_gb < 7.5 or path.stem in FILLING
    assert round(peak_gb, 1) - 0.1 <= float(said[1]) <= peak_gb + 0.5


def test_a_chapter_that_no_gpu_has_seen_says_so():
    """No row and no figure, in both editions' titles."""
    for name in NOT_YET:
        assert not [row for row in ROWS if row[1] == name]
        title = nbformat.read(chapters.FOLDER / f'{name}.ipynb', as_version=4).cells[0].source
        assert 'GPU memory: not yet measured' in title
        assert 'on a GPU it has not been run yet' in title
