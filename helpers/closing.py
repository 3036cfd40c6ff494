"""Giving back the memory of engines and models, so that the next one fits."""

import gc
import re
import sys
import time

from .memory import device_memory


def release(*things, timeout_s: float = 30.0) -> None:
    """Give back the memory of pipelines and transformers models, and wait until the device has it.

    On a slice of 8 GB two models do not fit: release one before the next is loaded.  A pipeline is closed; a model's
    weights are dropped although a variable still names it.  Used afterwards, either says which cell makes it anew.

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
            engine = getattr(getattr(thing, 'async_engine', None), 'engine', None)
            if hasattr(engine, 'source_model'):  # TurboMind 0.18.0 keeps the weights in it as long as anything names it
                engine.source_model = None
        else:
            raise TypeError(f'release() takes pipelines and models, not {type(thing).__name__}')
        for call in ('forward', 'generate', 'infer', 'stream_infer', 'chat'):
            if hasattr(thing, call):
                setattr(thing, call, _refusal(thing))
    _collect(torch)
    _wait_until_steady(timeout_s)


def _refusal(thing):
    main = vars(sys.modules['__main__']).copy()  # a notebook's variables, and what it ran: `In`
    name = next((name for name, value in main.items() if value is thing and name[0] != '_'), '')
    made = [n for n, cell in enumerate(main.get('In', ())) if name and re.search(rf'^{name}\b.*=', cell, re.M)]

    def refuse(*_, **__):
        made_in = f'the cell [{made[-1]}]' if made else 'the cell'
        raise RuntimeError(f'{name or "this model"} was released: run {made_in} again, which makes it')

    return refuse


def _collect(torch) -> None:
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    elif sys.platform == 'linux':
        import ctypes

        # The C library keeps freed memory for later; the CPU's budget counts it until the system has it back.
        getattr(ctypes.CDLL(None), 'malloc_trim', int)(0)


def _wait_until_steady(timeout_s: float, interval_s: float = 0.1, slack_bytes: int = 1 << 20) -> None:
    """Wait until three readings in a row no longer fall: an engine frees its memory in threads of its own."""
    deadline = time.monotonic() + timeout_s
    lowest, steady = device_memory().used_bytes, 0
    while steady < 3 and time.monotonic() < deadline:
        time.sleep(interval_s)
        used = device_memory().used_bytes
        steady = steady + 1 if used > lowest - slack_bytes else 0
        lowest = min(lowest, used)
