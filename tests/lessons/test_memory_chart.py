"""The live chart: what it draws, what a notebook stores of it, and that it ends."""

import re
import subprocess
import sys
import threading
import time

import pytest
from patience import PATIENCE_S, wait_until
from widget_support import widgets_alive

from helpers.memory import DeviceMemory
from lessons.memory_chart import MemoryChart, draw, memory_chart

MIB = 1 << 20


def reading(used_mib=1024, total_mib=4096, name='test'):
    return DeviceMemory(used_mib * MIB, (total_mib - used_mib) * MIB, total_mib * MIB, None, 'a <test>', name)


@pytest.fixture
def chart():
    chart = memory_chart(0.01, read=reading)
    yield chart
    chart.close()


def test_the_drawing_shows_the_figures():
    page = draw([(0.0, reading(3072)), (10.0, reading(2048)), (20.0, reading(1024))], 3072 * MIB, 40.0)
    assert '<b>1024</b> of 4096 MiB in use, peak 3072' in page
    assert 'width:25.0%' in page
    points = re.search(r'<polyline points="([^"]+)"', page)[1].split()
    # 40 s are 560 pixels wide, 4096 MiB are 120 high
    assert points[:3] == ['280.0,30.0', '420.0,60.0', '560.0,90.0']
    assert 'a &lt;test&gt;' in page


def test_the_drawing_holds_the_last_window_and_few_points():
    page = draw([(at / 10, reading()) for at in range(3000)], 0, 60.0)
    points = re.search(r'<polyline points="([^"]+)"', page)[1].split()
    assert len(points) <= 301
    assert all(0 <= float(point.split(',')[0]) <= 560 for point in points)


def test_use_above_the_budget_is_drawn_inside():
    page = draw([(0.0, reading(5000, 4096))], 5000 * MIB, 60.0)
    assert 'width:100.0%' in page


def test_without_a_reading_it_says_so():
    assert 'No reading yet' in draw([], 0, 60.0)


def test_a_notebook_stores_text_that_does_not_change(chart):
    time.sleep(0.1)
    assert repr(chart) == 'MemoryChart()'
    assert chart._repr_mimebundle_()['text/plain'] == 'MemoryChart()'


def test_start_and_stop_as_often_as_one_likes(chart):
    chart.start()
    assert chart._start_button.disabled
    assert not chart._stop_button.disabled
    chart.stop()
    chart.stop()
    count = len(chart._sampler.readings)
    assert '1024' in chart._picture.value
    assert not chart._start_button.disabled
    chart._start_button.click()
    wait_until(lambda: len(chart._sampler.readings) > count)
    chart._stop_button.click()
    assert chart.peak_used_bytes == 1024 * MIB


def test_close_ends_its_threads():
    before = set(threading.enumerate())
    chart = memory_chart(0.01, read=reading)
    assert set(threading.enumerate()) - before
    chart._close_button.click()
    assert not set(threading.enumerate()) - before


def test_one_thread_samples_and_draws(monkeypatch):
    monkeypatch.setattr('lessons.memory_chart._REDRAW_S', 0.05)
    used_mib, before = [1024], set(threading.enumerate())
    chart = memory_chart(0.01, read=lambda: reading(used_mib[0]))
    assert len(set(threading.enumerate()) - before) == 1
    assert '<b>1024</b>' in chart._picture.value
    used_mib[0] = 2048
    wait_until(lambda: '<b>2048</b>' in chart._picture.value)
    chart.close()


def test_close_leaves_no_widget_behind():
    before = set(widgets_alive())
    memory_chart(0.01, read=reading).close()
    assert set(widgets_alive()) == before


def test_a_reading_that_fails_leaves_it_alive():
    def broken():
        raise OSError('lost')

    chart = MemoryChart(0.01, read=broken).start()
    time.sleep(0.05)
    chart.stop()
    assert 'No reading yet' in chart._picture.value
    chart.close()


def test_it_ends_with_the_process():
    code = (
        'from lessons.memory_chart import memory_chart; from helpers.memory import DeviceMemory\n'
        "chart = memory_chart(0.01, read=lambda: DeviceMemory(1, 1, 2, None, '', ''))\n"
    )
    done = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True, timeout=PATIENCE_S)
    assert (done.returncode, done.stderr) == (0, '')
