"""A race in the notebook: engines answer the same prompt side by side, each with a counter of tokens."""

import html
import threading
import time
from collections.abc import Mapping

import ipywidgets

from lessons.widget import Panel
from translations.messages import shown

from .streams import Stream

_BOX = 'border:1px solid var(--jp-border-color2, #ccc);padding:6px 10px;height:180px;overflow-y:auto;line-height:1.4'
_REDRAW_S = 0.1


class Lane:
    """One engine's part: its text so far, and its count of tokens by the clock."""

    def __init__(self, name: str, stream: Stream):
        self.name, self.stream = name, stream
        self.reset()

    def reset(self) -> None:
        self.text, self.tokens, self.problem = '', 0, ''
        self.begin_s = self.first_s = self.last_s = None
        self.done = False

    @property
    def tokens_per_s(self) -> float:
        """All tokens by the time from the start to the last of them; 0 before the first."""
        return self.tokens / (self.last_s - self.begin_s) if self.tokens else 0.0

    @property
    def ttft_s(self) -> float | None:
        """From the start to the first token."""
        return None if self.first_s is None else self.first_s - self.begin_s

    def run(self, prompt: str, go: threading.Barrier, stop: threading.Event) -> None:
        """Wait for the others, then answer until the end, or until `stop` is set."""
        try:
            go.wait()
            self.begin_s = time.perf_counter()
            chunks = self.stream(prompt)
            try:
                for text, tokens in chunks:
                    self.last_s = time.perf_counter()
                    self.first_s = self.first_s or self.last_s
                    self.text += text
                    self.tokens = tokens
                    if stop.is_set():
                        break
            finally:
                if hasattr(chunks, 'close'):
                    chunks.close()
        except Exception as error:  # nobody else would hear of it
            self.problem = f'{type(error).__name__}: {error}'
        finally:
            self.done = True


class RaceBox(Panel):
    """The lanes side by side, with a field for the prompt and buttons to start, stop and close."""

    def __init__(self, streams: Mapping[str, Stream], prompt: str):
        self.lanes = [Lane(name, stream) for name, stream in streams.items()]
        self._racing = threading.Lock()  # one race at a time
        self._stop, self._thread = threading.Event(), None
        self._field = ipywidgets.Text(value=prompt, description=shown('prompt'), layout={'width': '60%'})
        self._start_button = ipywidgets.Button(description=shown('Start'), icon='play', layout={'width': '90px'})
        self._stop_button = ipywidgets.Button(
            description=shown('Stop'), icon='stop', disabled=True, layout={'width': '90px'}
        )
        self._close_button = ipywidgets.Button(description=shown('Close'), icon='times', layout={'width': '90px'})
        self._start_button.on_click(lambda _: self.start())
        self._stop_button.on_click(lambda _: self.stop())
        self._close_button.on_click(lambda _: self.close())
        row = ipywidgets.HBox([self._field, self._start_button, self._stop_button, self._close_button])
        self._page = ipywidgets.HTML()
        super().__init__([row, self._page])
        self._draw()

    @property
    def running(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def start(self) -> 'RaceBox':
        """Start a race, in the background; while one runs, nothing happens."""
        with self._racing:
            if not self.running:
                self._stop.clear()
                for lane in self.lanes:
                    lane.reset()
                self._start_button.disabled, self._stop_button.disabled = True, False
                self._thread = threading.Thread(target=self._race, args=(self._field.value,), name='race', daemon=True)
                self._thread.start()
        return self

    def stop(self) -> None:
        """End the race; what was written stays."""
        self._stop.set()
        self.wait()

    def wait(self, timeout_s: float | None = None) -> 'RaceBox':
        """Wait for the end of the race."""
        if self._thread is not None:
            self._thread.join(timeout_s)
        return self

    def close(self) -> None:
        """Stop, and take the race off the page.  The engines stay as they are."""
        self.stop()
        super().close()

    def _race(self, prompt: str) -> None:
        go = threading.Barrier(len(self.lanes))
        threads = [
            threading.Thread(target=lane.run, args=(prompt, go, self._stop), name='lane', daemon=True)
            for lane in self.lanes
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            while thread.is_alive():
                self._draw()
                thread.join(_REDRAW_S)
        self._draw()
        self._start_button.disabled, self._stop_button.disabled = False, True

    def _draw(self) -> None:
        self._page.value = f'<div style="display:flex;gap:12px">{"".join(map(_lane_html, self.lanes))}</div>'


def _lane_html(lane: Lane) -> str:
    figures = f'<b>{lane.tokens_per_s:.0f}</b> tokens/s &nbsp; {lane.tokens} tokens'
    if lane.ttft_s is not None:
        figures += ' &nbsp; ' + shown(f'first after {1e3 * lane.ttft_s:.0f} ms')
    text = html.escape(lane.text)
    if lane.problem:
        text += f'<p style="color:#c62828">{html.escape(shown(lane.problem))}</p>'
    flag = ' &#10003;' if lane.done and not lane.problem else ''
    # The reversed column keeps the newest line in sight without any script.
    page = f'<div style="white-space:pre-wrap">{text}</div>'
    return (
        f'<div style="flex:1;min-width:0"><b>{html.escape(lane.name)}</b>{flag}<br>{figures}'
        f'<div style="{_BOX};display:flex;flex-direction:column-reverse">{page}</div></div>'
    )


def race(streams: Mapping[str, Stream], prompt: str) -> RaceBox:
    """Let engines answer the same prompt at the same moment: the last line of a cell.

    Args:
        streams: name -> a function that takes a prompt and yields pairs: new text, and how many tokens came so far.
        prompt: what the field holds first.
    """
    return RaceBox(streams, prompt).start()
