"""Refusing, before an engine starts, a configuration with which it would not, or would hang."""

import dataclasses
import glob
import re
import shlex
from pathlib import Path

from helpers.checkpoints.geometry import Geometry
from helpers.engine import TITLES
from helpers.files import tilde
from lessons.kernels import who_holds_memory

from .prediction import MemoryPrediction, prediction_of
from .settings import EngineSettings
from .sizing import SizingInput, settings_here, sizing_input

# The values of cache_max_entry_count that one would type: 0.0001, 0.0002 … 0.001, 0.002 … 0.09, 0.1, 0.11 … 0.99.
ROUND_RATIOS = tuple(n / 10**power for power in (4, 3, 2) for n in range(1, 10 if power > 2 else 100))


def smallest_ratio(model: Path | str | Geometry, free_bytes: int | None = None, **options) -> float | None:
    """Give the smallest of `ROUND_RATIOS` with which an engine starts on this device; None if there is none.

    Args:
        options: those of `predict_memory`, but for the ratio.
    """
    awq = options.pop('awq', False)
    return _smallest(sizing_input(model, settings_here(**options), free_bytes, awq=awq))


def require_startable(model: Path | str, config, free_bytes: int | None = None) -> MemoryPrediction:
    """Refuse, before an engine starts, a configuration with which it would not, or would hang.

        require_startable(path, config)
        pipe = pipeline(path, backend_config=config)

    TurboMind 0.18.0 waits for ever while it starts if its cache cannot hold the prompts that it warms up with.

    Args:
        config: TurbomindEngineConfig or PytorchEngineConfig.
        free_bytes: as `predict_memory` takes it.  In a process that ran a TurboMind engine before, give what was free
            before that one: TurboMind keeps the room of a closed engine's weights for the next.

    Returns:
        what the engine will take, if it will start.

    Raises:
        ValueError: it will not start; the message says why, and the smallest ratio that works on this device.
    """
    settings = EngineSettings.of(config)
    if settings.engine == 'turbomind':
        _require_found(Path(model))
    given = sizing_input(model, settings, free_bytes)
    prediction = prediction_of(given)
    if prediction.problem is None:
        return prediction
    smallest = _smallest(given)
    works = f'the smallest that works is {smallest:g}' if smallest else 'none works'
    # With a ratio that works, nothing needs to be ended: the ratio was too small, not the memory.
    holders = '' if smallest else who_holds_memory()
    raise ValueError(
        f'cache_max_entry_count={prediction.cache_max_entry_count}: {TITLES[prediction.engine]} would not start: '
        f'{prediction.problem}.  On this device, with this model, {works}{holders}'
    )


def _require_found(folder: Path) -> None:
    """TurboMind 0.18.0 looks for weights without an index by a pattern (`create_checkpoint` in its checkpoint.py)."""
    pattern = '*.safetensors'
    missed = any(folder.glob(pattern)) and not glob.glob(f'{folder}/{pattern}')
    if missed and not (folder / 'model.safetensors.index.json').exists():
        name = re.sub(r'[][*?]', '_', folder.name)
        raise ValueError(
            f'{tilde(folder)}: TurboMind takes [, * and ? in a path for a pattern, and finds no weights there; give '
            f'it a path without, for example by a link: ln -s {shlex.quote(str(folder.absolute()))} ~/{name}'
        )


def _smallest(given: SizingInput) -> float | None:
    for ratio in ROUND_RATIOS:
        settings = dataclasses.replace(given.settings, cache_max_entry_count=ratio)
        if prediction_of(dataclasses.replace(given, settings=settings)).problem is None:
            return ratio
    return None
