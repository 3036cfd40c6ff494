"""Something read again and again, from a thread, while other things run."""

import threading
import time
from collections.abc import Callable


class Sampler:
    """Calls `read` in the background while a `with` block runs.

    `readings` holds pairs of seconds since the start and what was read; the first is there when the block begins, the
    last is taken when it ends.  A reading that fails is left out and counted in `failures`.

    Args:
        read: what takes a reading.
        interval_s: seconds between two readings.
        keep: how many of the last readings to keep; None: all of them.
        on_reading: called after each reading, from the thread that took it.
    """

    def __init__(self, read: Callable, interval_s: float, keep: int | None = None, on_reading: Callable | None = None):
        if not interval_s > 0:
            raise ValueError(f'interval_s={interval_s!r}: must be above 0')
        self.interval_s = interval_s
        self.readings: list[tuple[float, object]] = []
        self.failures = 0
        self._read, self._keep, self._on_reading = read, keep, on_reading
        self._started_s: float | None = None
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> 'Sampler':
        """Take the first reading and go on in the background; a second start does nothing."""
        if self._thread is not None:
            return self
        self._stop.clear()
        self._started_s = self._started_s or time.monotonic()  # after a stop the same clock goes on
        self._sample()
        self._thread = threading.Thread(target=self._run, name='sampler', daemon=True)
        self._thread.start()
        return self

    def stop(self) -> None:
        """Take the last reading and end; a second stop does nothing."""
        if self._thread is None:
            return
        self._stop.set()
        self._thread.join()
        self._thread = None
        self._sample()

    def __enter__(self) -> 'Sampler':
        return self.start()

    def __exit__(self, *error) -> None:
        self.stop()

    def __repr__(self) -> str:
        return f'<{type(self).__name__} every {self.interval_s:g} s>'

    def _run(self) -> None:
        while not self._stop.wait(self.interval_s):
            self._sample()

    def _sample(self) -> None:
        try:
            reading = self._read()
        except Exception:
            self.failures += 1
            return
        self._take(reading)
        if self._on_reading is not None:
            self._on_reading()

    def _take(self, reading) -> None:
        self.readings.append((time.monotonic() - self._started_s, reading))
        if self._keep is not None:
            del self.readings[: -self._keep]
