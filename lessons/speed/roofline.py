"""The roofline of this machine: how fast it reads memory and multiplies, and what decoding could reach with that."""

import dataclasses
import time
from collections.abc import Callable

from helpers.checkpoints.geometry import Geometry


@dataclasses.dataclass(frozen=True, slots=True)
class DeviceLimits:
    """Measured, not looked up: a device's data sheet is seldom reached."""

    bytes_per_s: float  # read from memory
    flop_per_s: float  # multiplications and additions of a matrix product

    @property
    def balance(self) -> float:
        """Operations a byte at which both take as long; below it the device waits for memory."""
        return self.flop_per_s / self.bytes_per_s

    def roof(self, flop_per_byte: float) -> float:
        """The most operations/s with so many for each byte read."""
        return min(self.flop_per_s, self.bytes_per_s * flop_per_byte)

    def least_s(self, work: 'StepWork') -> float:
        """The least time for this work: whichever of reading and multiplying takes longer."""
        return max(work.read_bytes / self.bytes_per_s, work.flop / self.flop_per_s)


def measure_limits(device: str, dtype: str, repeats: int = 5) -> DeviceLimits:
    """Measure both, the best of some runs: a sum over a large tensor for the memory, a large matrix product.

    Args:
        device: 'cpu' or 'cuda'.
        dtype: of the numbers that are multiplied, as torch names it.
    """
    import torch

    number = getattr(torch, dtype)
    size, count = (8192, 1 << 31) if device == 'cuda' else (1024, 1 << 28)  # bytes, far more than any cache holds
    matrix = torch.randn(size, size, device=device, dtype=number)
    product = torch.empty_like(matrix)
    vectors = torch.zeros(count // 4, device=device)

    def best_s(work: Callable[[], object]) -> float:
        times_s = []
        for _ in range(1 + repeats):
            begin = time.perf_counter()
            work()
            if device == 'cuda':
                torch.cuda.synchronize()
            times_s.append(time.perf_counter() - begin)
        return min(times_s[1:])

    return DeviceLimits(
        count / best_s(vectors.sum), 2 * size**3 / best_s(lambda: torch.mm(matrix, matrix, out=product))
    )


@dataclasses.dataclass(frozen=True, slots=True)
class StepWork:
    """What one step of decoding has to do, one token for each request."""

    read_bytes: int
    flop: int

    @property
    def flop_per_byte(self) -> float:
        return self.flop / self.read_bytes


def decode_step(geometry: Geometry, batch: int, tokens: int, number_bytes: int) -> StepWork:
    """The work of a step: the weights are read once for all requests and multiplied with for each, each cache is read.

    Of the table of embeddings a step reads a row a request, so it is left out; so is the arithmetic of attention.

    Args:
        tokens: how long each conversation is at that step.
        number_bytes: of a weight and of a number in the cache.
    """
    table = 0 if geometry.tie_word_embeddings else geometry.vocab_size * geometry.hidden_size
    weights = geometry.num_parameters - table
    cached = 2 * geometry.num_layers * geometry.num_kv_heads * geometry.head_dim * tokens
    return StepWork(number_bytes * (weights + batch * cached), 2 * weights * batch)
