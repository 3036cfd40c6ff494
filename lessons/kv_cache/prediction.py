"""What an engine will take of a device's memory, worked out before it starts.

LMDeploy loads the weights, gives the KV cache the share `cache_max_entry_count` of what they leave free, and cuts it
into blocks of some tokens.  That arithmetic stands in `turbomind` and in `pytorch` (on a card, and on the CPU device of
`lmdeploy_cpu`); every function names the place in LMDeploy 0.18.0 that it follows.
"""

import dataclasses
import math
from pathlib import Path

from helpers.checkpoints.geometry import Geometry
from helpers.memory import MIB

from . import pytorch, turbomind
from .sizing import SizingInput, settings_here, sizing_input

# Measured on an H200 with LMDeploy 0.18.0 (records/h200/kv_cache.json); another card differs by some ten MiB.
CONTEXT_BYTES = 527 * MIB  # the CUDA context that a process gets before it does anything
ACCURACY_BYTES = 64 * MIB  # of a prediction


@dataclasses.dataclass(frozen=True, slots=True)
class MemoryPrediction:
    """What an engine will take, in bytes of one device.  `print` it for a table."""

    engine: str  # 'turbomind' | 'pytorch'
    device: str  # 'cuda' | 'cpu'
    cache_max_entry_count: float
    free_bytes: int  # before the engine starts
    weight_bytes: int  # in the engine
    loading_bytes: int  # taken besides them before the cache is sized
    reserve_bytes: int  # left out of account when the cache is sized
    budget_bytes: int  # for the cache
    block_bytes: int
    block_tokens: int
    slab_bytes: int  # TurboMind's slabs; 0 where there are none
    blocks_per_slab: int
    num_blocks: int
    pool_bytes: int  # what the cache takes
    workspace_bytes: int  # taken after that
    least_tokens: int  # that the cache must hold for the engine to start

    @property
    def free_at_sizing_bytes(self) -> int:
        """What TurboMind logs as free: `Object cache budget: … MB from free … MB`."""
        return self.free_bytes - self.weight_bytes - self.loading_bytes

    @property
    def num_slabs(self) -> int:
        return self.num_blocks // self.blocks_per_slab if self.slab_bytes else 0

    @property
    def tokens(self) -> int:
        """How many tokens fit into the cache."""
        return self.num_blocks * self.block_tokens

    @property
    def engine_bytes(self) -> int:
        """What the engine takes in all."""
        return self.weight_bytes + self.loading_bytes + self.pool_bytes + self.workspace_bytes

    @property
    def left_bytes(self) -> int:
        """What stays free once the engine runs, give or take some ten MiB on CUDA."""
        return self.free_bytes - self.engine_bytes

    def sequences(self, length: int) -> int:
        """How many sequences of `length` tokens fit at the same time; each takes whole blocks."""
        return self.num_blocks // math.ceil(length / self.block_tokens)

    @property
    def problem(self) -> str | None:
        """Why the engine would not start; None if it will."""
        if self.left_bytes < -ACCURACY_BYTES:
            return (
                f'it takes {-self.left_bytes / MIB:.0f} MiB more than the {self.free_bytes / MIB:.0f} MiB that are free'
            )
        if self.tokens < self.least_tokens:
            problem = f'a cache of {self.budget_bytes / MIB:.0f} MiB holds {self.tokens} tokens'
            if self.engine == 'turbomind':
                return f'{problem}, and it warms up with a prompt of {self.least_tokens}, for which it waits for ever'
            return f'{problem}; to start, it must hold {self.least_tokens}'
        return None

    def __str__(self) -> str:
        slabs = f'{self.num_slabs} slabs of {self.slab_bytes / MIB:.0f} MiB, ' if self.slab_bytes else ''
        rows = [
            ('free before', self.free_bytes, ''),
            ('weights', self.weight_bytes, ''),
            ('loading', self.loading_bytes, 'kernels, workspaces of matrix products'),
            ('free at sizing', self.free_at_sizing_bytes, ''),
            ('KV cache', self.pool_bytes, f'{slabs}{self.num_blocks} blocks: {self.tokens} tokens'),
            ('workspace', self.workspace_bytes, ''),
            ('engine, in all', self.engine_bytes, ''),
            ('left', self.left_bytes, ''),
        ]
        lines = [f'{name:<15}{count / MIB:>9.0f} MiB  {note}'.rstrip() for name, count, note in rows]
        return '\n'.join(lines + ([f'will not start: {self.problem}'] if self.problem else []))


def predict_memory(
    model: Path | str | Geometry,
    free_bytes: int | None = None,
    *,
    engine: str | None = None,
    device: str | None = None,
    cache_max_entry_count: float = 0.8,
    quant_policy: int = 0,
    dtype: str | None = None,
    awq: bool = False,
    session_len: int | None = None,
    max_batch_size: int | None = None,
    max_prefill_token_num: int = 8192,
    block_tokens: int = 64,
    tp: int = 1,
) -> MemoryPrediction:
    """Predict what an engine will take of a device's memory.

    Args:
        model: the folder of a checkpoint; or a Geometry or a name of GEOMETRIES, with `awq` for W4A16 weights.
            (Of the PyTorch engine with W4A16 the prediction is too low: on an H200 loading left 1.2 GB more behind.)
        free_bytes: what is free for this process before the engine starts (`device_memory().budget_bytes`).  None: of
            this machine's device, now.
        engine: 'turbomind' or 'pytorch'.  None: the one that `engine_config` takes here.  ('cpu', as in records and
            evidence: the PyTorch engine on the CPU device.)
        device: 'cuda' or 'cpu'.  None: the one that `engine_config` takes here, or CUDA where `engine` is given.
        cache_max_entry_count, quant_policy, session_len, max_batch_size, max_prefill_token_num, tp: as in LMDeploy's
            engine configuration, with its defaults.
        dtype: of floats on the CPU, where None is 'float32', as in `engine_config`; on CUDA they take 16 bits.
        block_tokens: `cache_block_seq_len` of TurboMind, `block_size` of the PyTorch engine.

    Raises:
        ValueError: a ratio outside (0, 1), or a cache that cannot be quantised that way.
    """
    settings = settings_here(
        engine=engine,
        device=device,
        cache_max_entry_count=cache_max_entry_count,
        quant_policy=quant_policy,
        dtype=dtype,
        session_len=session_len,
        max_batch_size=max_batch_size,
        max_prefill_token_num=max_prefill_token_num,
        block_tokens=block_tokens,
        tp=tp,
    )
    return prediction_of(sizing_input(model, settings, free_bytes, awq=awq))


def prediction_of(given: SizingInput) -> MemoryPrediction:
    """What the engine will make of it."""
    settings = given.settings
    if settings.engine == 'turbomind':
        result = turbomind.size(given)
    else:
        result = pytorch.size_on_cpu(given) if settings.device == 'cpu' else pytorch.size_on_cuda(given)
    return MemoryPrediction(
        settings.engine,
        settings.device,
        settings.cache_max_entry_count,
        given.free_bytes,
        given.weight_bytes,
        block_bytes=given.block_bytes,
        block_tokens=settings.block_tokens,
        **dataclasses.asdict(result),
    )
