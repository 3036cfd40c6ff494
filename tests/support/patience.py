"""Waiting for what surely comes: long, for the machine may be busy, and a test is no stop-watch."""

import time

PATIENCE_S = 300


def wait_until(condition, timeout_s: float = PATIENCE_S, every_s: float = 0.02):
    """The first true value of `condition()`; AssertionError when none came in time."""
    deadline = time.monotonic() + timeout_s
    while not (value := condition()):
        assert time.monotonic() < deadline, f'not within {timeout_s:g} s'
        time.sleep(every_s)
    return value
