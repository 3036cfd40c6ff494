"""What goes into the sizing of an engine's KV cache, and what comes out of it."""

import dataclasses
from pathlib import Path

from helpers.checkpoints.geometry import Geometry
from helpers.engine import check_ratio, engine_choice
from helpers.files import read_json
from helpers.memory import device_memory

from .settings import EngineSettings, engine_and_device
from .tokens import check_kv_quantisation, kv_bytes_per_token
from .weights import WeightTensor, engine_weight_bytes, geometry_without_folder, weight_tensors


@dataclasses.dataclass(frozen=True, slots=True)
class SizingInput:
    """What an engine sizes its cache from, in bytes of one device."""

    settings: EngineSettings  # `session_len` and `max_batch_size` are numbers, except for the latter on the CPU
    geometry: Geometry
    tensors: list[WeightTensor]
    free_bytes: int  # before the engine starts
    weight_bytes: int  # in the engine
    block_bytes: int


@dataclasses.dataclass(frozen=True, slots=True)
class SizingResult:
    """What the engine takes besides its weights, in bytes of one device."""

    budget_bytes: int  # for the cache
    num_blocks: int
    pool_bytes: int  # what the cache takes
    least_tokens: int  # that the cache must hold for the engine to start
    loading_bytes: int = 0  # taken besides the weights before the cache is sized
    reserve_bytes: int = 0  # left out of account when the cache is sized
    workspace_bytes: int = 0  # taken after the cache
    slab_bytes: int = 0  # TurboMind's slabs; 0 where there are none
    blocks_per_slab: int = 0


def settings_here(engine: str | None = None, device: str | None = None, **fields) -> EngineSettings:
    """Settings of the engine that `engine_config` takes here, unless one is named, which is then one on CUDA."""
    if engine is None:
        choice = engine_choice()
        return EngineSettings(choice.engine, device or choice.device, **fields)
    engine, its_device = engine_and_device(engine)
    return EngineSettings(engine, device or its_device, **fields)


def sizing_input(
    model: Path | str | Geometry, settings: EngineSettings, free_bytes: int | None = None, *, awq: bool = False
) -> SizingInput:
    """Of a model and an engine's settings; the arguments are those of `predict_memory`, which raises the same."""
    check_ratio(settings.cache_max_entry_count)
    geometry = geometry_without_folder(model) or Geometry.from_config(model)
    check_kv_quantisation(geometry, settings.quant_policy, settings.engine)
    dtype = _engine_dtype(model, settings)
    tensors = weight_tensors(model, dtype, awq)
    batch = settings.max_batch_size
    if batch is None and settings.device == 'cuda':
        from lmdeploy.utils import get_max_batch_size

        batch = get_max_batch_size('cuda')
    return SizingInput(
        dataclasses.replace(
            settings, session_len=settings.session_len or geometry.max_position_embeddings, max_batch_size=batch
        ),
        geometry,
        tensors,
        device_memory('cpu' if settings.device == 'cpu' else 0).budget_bytes if free_bytes is None else free_bytes,
        engine_weight_bytes(tensors, geometry, settings.engine, dtype, settings.tp, settings.device),
        settings.block_tokens * kv_bytes_per_token(geometry, settings.quant_policy, dtype, settings.tp),
    )


def _engine_dtype(model: Path | str | Geometry, settings: EngineSettings) -> str:
    """What an engine computes in; on the CPU `choose_dtype` in lmdeploy_cpu/patches/accept.py decides."""
    if settings.device != 'cpu':
        return 'bfloat16'  # or float16: as many bytes
    dtype = settings.dtype
    if dtype == 'auto' and geometry_without_folder(model) is None:
        config = read_json(Path(model) / 'config.json')
        dtype = config.get('dtype') or config.get('torch_dtype')
    return 'bfloat16' if dtype == 'bfloat16' else 'float32'
