"""Coroutines from a notebook, whose own event loop already runs."""

import asyncio
import threading
from collections.abc import Coroutine


def in_a_thread(main: Coroutine):
    """`asyncio.run` in a thread of its own, because a notebook's loop already runs in this one; Ctrl-C ends it."""
    loop = asyncio.new_event_loop()
    task = loop.create_task(main)
    done = threading.Event()  # `Thread.join` forgets a thread that runs on when Ctrl-C comes

    def run() -> None:
        try:
            loop.run_until_complete(asyncio.wait([task]))
            loop.run_until_complete(loop.shutdown_default_executor())
        finally:
            loop.close()
            done.set()

    threading.Thread(target=run, name='clients', daemon=True).start()
    try:
        done.wait()
    except KeyboardInterrupt:
        loop.call_soon_threadsafe(task.cancel)
        done.wait()
        raise
    return task.result()
