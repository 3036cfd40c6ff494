"""Giving back the memory of engines and models, so that the next one fits."""

import gc
import sys
import time

from .memory import device_memory


def release(*things, timeout_s: float = 30.0) -> None:
    """Give back the memory of pipelines and transformers models, and wait until the device has it.

    On a slice of 8 GB two models do not fit: release one before the next is loaded.  A pipeline is closed; a model's
    weights are dropped although a variable still names it.  Neither can be used afterwards.

    Args:
        things: `lmdeploy.pipeline` objects (anything with `close()`) and `torch.nn.Module`s; None is passed over.
        timeout_s: wait no longer than this for the memory.
    """
    import torch

    for thing in things:
        if thing is None:
            continue
        if isinstance(thing, torch.nn.Module):
            thing.to('meta')
        elif hasattr(thing, 'close'):
            thing.close()
            _forget_weights(thing)
        else:
            raise TypeError(f'release() takes pipelines and models, not {type(thing).__name__}')
    _collect(torch)
    _wait_until_steady(timeout_s)


def _forget_weights(pipe) -> None:
    """TurboMind 0.18.0 keeps the weights in `source_model` after `close()`, as long as anything names the pipeline."""
    engine = getattr(getattr(pipe, 'async_engine', None), 'engine', None)
    if getattr(engine, 'source_model', None) is not None:
        engine.source_model = None


def _collect(torch) -> None:
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    elif sys.platform == 'linux':
        import ctypes

        # The C library keeps freed memory for later; the CPU's budget counts it until the system has it back.
        trim = getattr(ctypes.CDLL(None), 'malloc_trim', None)
        if trim is not None:
            trim(0)


def _wait_until_steady(timeout_s: float, interval_s: float = 0.1, slack_bytes: int = 1 << 20) -> None:
    """Wait until three readings in a row no longer fall: an engine frees its memory in threads of its own."""
    deadline = time.monotonic() + timeout_s
    lowest, steady = device_memory().used_bytes, 0
    while steady < 3 and time.monotonic() < deadline:
        time.sleep(interval_s)
        used = device_memory().used_bytes
        steady = steady + 1 if used > lowest - slack_bytes else 0
        lowest = min(lowest, used)
