"""A live chart of the device's memory in the notebook: a bar for now, a line for the last minute."""

import html
import time

import ipywidgets

from helpers.memory import MIB, DeviceMemory, MemorySampler
from translations.messages import shown

from .widget import Panel

_WIDTH, _HEIGHT = 560, 120  # of the plot, in pixels
_REDRAW_S = 0.5


class MemoryChart(Panel):
    """The chart, with buttons to start, stop and close it.

    It samples and draws in a thread that ends with `close()`, or with the kernel.  It goes on while a cell runs; a
    click on a button waits until the cell is done.
    """

    def __init__(self, interval_s: float = 0.1, window_s: float = 60.0, read=None):
        self.window_s = window_s
        keep = max(2, round(window_s / interval_s))
        self._sampler = MemorySampler(interval_s, read, keep, on_reading=self._draw_now_and_then)
        self._drawn_s = 0.0
        self._picture = ipywidgets.HTML()
        self._start_button = ipywidgets.Button(description=shown('Start'), icon='play')
        self._stop_button = ipywidgets.Button(description=shown('Stop'), icon='pause', disabled=True)
        self._close_button = ipywidgets.Button(description=shown('Close'), icon='times')
        self._start_button.on_click(lambda _: self.start())
        self._stop_button.on_click(lambda _: self.stop())
        self._close_button.on_click(lambda _: self.close())
        row = ipywidgets.HBox([self._start_button, self._stop_button, self._close_button])
        super().__init__([self._picture, row])

    def start(self) -> 'MemoryChart':
        """Start, or go on after a stop; a second start does nothing."""
        self._sampler.start()
        self._show_state(running=True)
        return self

    def stop(self) -> None:
        """Stop sampling; the last picture stays."""
        self._sampler.stop()
        self._draw()
        self._show_state(running=False)

    def close(self) -> None:
        """Stop and take the chart off the page."""
        self.stop()
        super().close()

    @property
    def peak_used_bytes(self) -> int:
        """The highest reading since the first start."""
        return self._sampler.peak_used_bytes

    def _show_state(self, running: bool) -> None:
        self._start_button.disabled, self._stop_button.disabled = running, not running

    def _draw_now_and_then(self) -> None:
        if time.monotonic() - self._drawn_s >= _REDRAW_S:
            self._drawn_s = time.monotonic()
            self._draw()

    def _draw(self) -> None:
        self._picture.value = draw(self._sampler.readings, self._sampler.peak_used_bytes, self.window_s)


def memory_chart(interval_s: float = 0.1, window_s: float = 60.0, read=None) -> MemoryChart:
    """Show a running chart of the device's memory: the last line of a cell.

    Args:
        interval_s: seconds between two readings.
        window_s: how many seconds the line shows.
        read: what takes a reading; None: the device's memory.
    """
    return MemoryChart(interval_s, window_s, read).start()


def draw(readings: list[tuple[float, DeviceMemory]], peak_bytes: int, window_s: float) -> str:
    """Draw readings (seconds, memory) as HTML with an inline SVG; the colours follow JupyterLab's theme."""
    if not readings:
        return f'<div>{shown("No reading yet.")}</div>'
    readings = list(readings)
    now_s, now = readings[-1]
    total = max(now.total_bytes, now.used_bytes, 1)
    ink, faint, blue = 'var(--jp-ui-font-color1, #222)', 'var(--jp-border-color2, #ccc)', '#1976d2'

    def y(count: int) -> float:
        return _HEIGHT * (1 - count / total)

    points = [
        (_WIDTH * (1 - (now_s - time_s) / window_s), y(memory.used_bytes))
        for time_s, memory in readings[:: max(1, len(readings) // 300)]
        if now_s - time_s <= window_s
    ] + [(_WIDTH, y(now.used_bytes))]
    line = ' '.join(f'{x:.1f},{height:.1f}' for x, height in points)
    area = f'{points[0][0]:.1f},{_HEIGHT} {line} {_WIDTH},{_HEIGHT}'
    grid = ''.join(
        f'<line x1="0" x2="{_WIDTH}" y1="{y(at):.1f}" y2="{y(at):.1f}" stroke="{faint}"/>'
        f'<text x="{_WIDTH + 6}" y="{y(at) + 4:.1f}" fill="{ink}">{at / MIB:.0f}</text>'
        for at in (0, total / 2, total)
    )
    name = now.device_name + (f' {shown("(a slice of the card)")}' if now.is_slice else '')
    used, whole = f'<b>{now.used_bytes / MIB:.0f}</b>', f'{now.total_bytes / MIB:.0f}'
    in_use = shown(f'{used} of {whole} MiB in use, peak {peak_bytes / MIB:.0f}')
    return f"""
<div style="color:{ink};font:13px/1.5 sans-serif;width:{_WIDTH + 70}px">
 <div style="display:flex;justify-content:space-between;width:{_WIDTH}px">
  <b>{html.escape(name)}</b>
  <span>{in_use}</span>
 </div>
 <div style="width:{_WIDTH}px;height:14px;border:1px solid {faint};box-sizing:border-box">
  <div style="width:{100 * now.used_bytes / total:.1f}%;height:100%;background:{blue}"></div>
 </div>
 <svg width="{_WIDTH + 70}" height="{_HEIGHT + 40}" viewBox="0 -10 {_WIDTH + 70} {_HEIGHT + 40}" font-size="11">
  {grid}
  <line x1="0" x2="{_WIDTH}" y1="{y(peak_bytes):.1f}" y2="{y(peak_bytes):.1f}" stroke="#d32f2f" stroke-dasharray="4 3"/>
  <polygon points="{area}" fill="{blue}" opacity="0.15"/>
  <polyline points="{line}" fill="none" stroke="{blue}" stroke-width="2"/>
  <text x="0" y="{_HEIGHT + 18}" fill="{ink}">{shown(f'{window_s:.0f} s ago')}</text>
  <text x="{_WIDTH}" y="{_HEIGHT + 18}" fill="{ink}" text-anchor="end">{shown('now (MiB)')}</text>
 </svg>
 <div style="font-size:11px;opacity:.7">{shown('source')}: {html.escape(now.source)}</div>
</div>"""
