"""Exercises of "Watching a server": what is right, and what is said of the rest; the notebook asks of these numbers."""

import re

import chapters
import nbformat

from lessons.exercises.deep_watching import APART_S, BUCKETS, QUANTILE, READINGS


def exercise_text(number: str) -> str:
    cells = nbformat.read(chapters.FOLDER / 'deep' / '05_watching.ipynb', as_version=4).cells
    (text,) = (c.source for c in cells if f'**{number}**' in c.source)
    return text.split(f'**{number}**')[1].split('<details>')[0]


def test_watching_1(expected):
    expected(
        'watching.1',
        ((48,), 'is in no reading'),
        ((6,), 'That is the trap'),
        ((24,), 'after the restart'),
        ((60,), 'divide by all 50'),
        ((2400,), 'how many is that in a second'),
        ((42,), 'The highest reading'),
        ((100,), 'Too high, by a factor of 2.08'),
    )


def test_watching_2(expected, says):
    expected(
        'watching.2',
        ((1.0 + 1.5 * 6 / 16,), 'it does not know'),
        ((2.5,), 'the upper bound'),
        ((1.0,), 'the lower bound'),
        ((1.75,), 'Not the middle'),
        ((0.95 * 2.5,), 'counted in answers'),
        ((1.0 + 1.5 * 6 / 200,), 'the answers of this bucket'),
        ((1562.5,), 'right in ms'),
    )
    assert 'All 16 answers in that bucket may have taken 1.1 s' in says('watching.2', 1.5625)


def test_the_notebook_asks_for_what_is_judged():
    first, second = exercise_text('watching.1'), exercise_text('watching.2')
    assert f': {", ".join(map(str, READINGS))}.' in first
    assert f'every {APART_S} seconds' in first
    asked = {float(bound): int(count) for bound, count in re.findall(r'([\d.]+) s: (\d+)', second)}
    assert asked == BUCKETS
    assert f'histogram_quantile({QUANTILE}, …)' in second
    assert f'of {max(BUCKETS.values())} answers' in second
