"""How many threads a step of the model takes: where matrices are small, to wake the others costs more than they do.

Every operator of a step is a parallel region of OpenMP, and threads that wait sleep (OMP_WAIT_POLICY=PASSIVE): to wake
them and to wait for the last one takes about as long as a small model's matrix product.  So decoding a small model is
up to twice as fast with one thread as with two, while prompts, and large models, want all of them.
"""

import asyncio
import contextlib
import ctypes
import functools
import re
import threading
from pathlib import Path

import torch

from .linear import CpuLinearImpl
from .w4a16 import CpuLinearW4A16Impl

# Measured on two cores with AVX-512: of one thread, and what a parallel region costs.
_BYTES_PER_S, _FLOP_PER_S = 12e9, {torch.float32: 100e9, torch.bfloat16: 200e9}
_REGION_S = 130e-6


def steps_threads(rows: int, weight_bytes: float, weights: float, dtype: torch.dtype, threads: int) -> int:
    """One thread, or all `threads`: for products of `rows` tokens with matrices of so many bytes and numbers.

    LMDeploy has no such choice: on a GPU the kernels make it.
    """
    alone_s = max(weight_bytes / _BYTES_PER_S, 2 * rows * weights / _FLOP_PER_S.get(dtype, 100e9))
    return 1 if alone_s * (1 - 1 / threads) < _REGION_S else threads


class StepThreads:
    """Chooses for the steps of a model, in the thread that computes them; the process's other threads keep theirs."""

    def __init__(self, model: torch.nn.Module, dtype: torch.dtype):
        self.model, self.dtype = model, dtype
        self.threads = torch.get_num_threads()
        self.sizes = None  # (bytes, numbers) of the mean layer; once the weights are there

    @contextlib.contextmanager
    def of(self, rows: int):
        """For a step of `rows` tokens.

        The engine's own thread stays so until its next step, for what it does in between is small, too.  The thread
        that made the engine, and warms it up, gets back what it had.
        """
        if self.threads == 1 or openmp() is None:
            yield
            return
        self.sizes = self.sizes or mean_sizes(self.model)
        before = torch.get_num_threads()
        if self.sizes:
            openmp().omp_set_num_threads(steps_threads(rows, *self.sizes, self.dtype, self.threads))
        try:
            yield
        finally:
            if not in_engines_thread():
                openmp().omp_set_num_threads(before)


def in_engines_thread() -> bool:
    """Whether this is a thread that an engine's event loop runs in (a notebook's runs in the main thread)."""
    return threading.current_thread() is not threading.main_thread() and asyncio._get_running_loop() is not None


def mean_sizes(model: torch.nn.Module) -> tuple[float, float] | None:
    """(bytes, numbers) of the mean linear layer; None if there is none of ours."""
    found = []
    for module in model.modules():
        impl = getattr(module, 'impl', None)
        if isinstance(impl, CpuLinearImpl):
            found.append((module.weight.numel() * module.weight.element_size(), module.weight.numel()))
        elif isinstance(impl, CpuLinearW4A16Impl):
            found.append((module.qweight.nbytes, 2 * module.qweight.numel()))
    return tuple(sum(column) / len(found) for column in zip(*found, strict=True)) if found else None


@functools.cache
def openmp() -> ctypes.CDLL | None:
    """The OpenMP library that torch computes with, or None if it has no such.

    `torch.set_num_threads` is for the process; OpenMP's own call is for the thread that calls it.
    """
    loaded = {line.split(maxsplit=5)[-1].strip() for line in Path('/proc/self/maps').read_text().splitlines()}
    near_torch = str(Path(torch.__file__).parent)
    libraries = [path for path in loaded if re.search(r'/lib(gomp|iomp5|omp)[^/]*\.so[^/]*$', path)]
    for path in sorted(libraries, key=lambda path: not path.startswith(near_torch)):
        library, before = ctypes.CDLL(path), torch.get_num_threads()
        library.omp_set_num_threads(before + 1)
        is_torchs = torch.get_num_threads() == before + 1
        library.omp_set_num_threads(before)
        if is_torchs:
            return library
    return None
