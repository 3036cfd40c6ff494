"""What an honest learner's figures may be: memory beside its prediction, the score of an answer.

The bands come from measurements (records/, `benchmarks/homework_bands.py`), each with room to spare: a grader that
accuses somebody who did the work is worse than one who lets a forger pass.
"""

import dataclasses
import functools

from helpers.checkpoints.geometry import GEOMETRIES, Geometry
from helpers.memory import MIB
from helpers.models import EMBEDDED
from helpers.records import RECORDS, Record, load_record
from homework.schema import Checkpoint, Engine
from lessons.kv_cache.prediction import CONTEXT_BYTES, MemoryPrediction, prediction_of
from lessons.kv_cache.settings import EngineSettings
from lessons.kv_cache.sizing import sizing_input
from lessons.kv_cache.weights import weight_bytes

BANDS = 'cpu/homework'
# Two readings of one engine differ by up to 128 MiB in a kernel that ran others before (chapter 3); twice that.
_ROOM_BYTES = 256 * MIB
_OWN_PROCESS = ('api_server', 'cli')  # it brings its own Python and libraries, or its own CUDA context
_SAME_SIZE = 0.005  # a checkpoint's bytes beside those of its geometry


@dataclasses.dataclass(frozen=True, slots=True)
class Shape:
    """A geometry that the grader knows, and whether its weights are W4A16."""

    model: str  # 'tiny-chat', or a name of GEOMETRIES
    awq: bool
    geometry: Geometry


@dataclasses.dataclass(frozen=True, slots=True)
class MemoryBand:
    """What an engine may have taken, in bytes, around its prediction."""

    prediction: MemoryPrediction
    lowest_bytes: int
    highest_bytes: int

    def __contains__(self, used_bytes: int) -> bool:
        return self.lowest_bytes <= used_bytes <= self.highest_bytes


def shape_of(checkpoint: Checkpoint) -> Shape | None:
    """The geometry whose tensors take as many bytes as this checkpoint says, whatever its name; None: none known."""
    for (model, awq), nbytes in _known_sizes().items():
        if abs(checkpoint.tensor_bytes - nbytes) <= _SAME_SIZE * nbytes:
            return Shape(model, awq, _known()[model])
    return None


def memory_band(engine: Engine, shape: Shape) -> MemoryBand:
    """The band for an engine as it says it ran: its ratio, KV cache, lengths, and what was free before.

    Raises ValueError where the settings are none that an engine starts with.
    """
    asked, real = engine.predict_arguments, engine.real
    settings = dataclasses.replace(
        EngineSettings.from_stored(asked.plain()),
        cache_max_entry_count=real.cache_max_entry_count,
        quant_policy=real.quant_policy or 0,
        dtype=real.dtype if real.dtype in ('bfloat16', 'float32') else asked.dtype,
        max_batch_size=asked.max_batch_size or real.max_batch_size,
    )
    if settings.device == 'cuda' and not settings.max_batch_size:
        raise ValueError('max_batch_size is not known, and its default depends on the card')
    prediction = prediction_of(sizing_input(shape.geometry, settings, asked.free_bytes, awq=shape.awq))
    if settings.device == 'cpu':
        least, most = _cpu_more_bytes(engine.way)
    else:
        least, most = 0, CONTEXT_BYTES if engine.way in _OWN_PROCESS else 0
    taken = prediction.engine_bytes
    return MemoryBand(prediction, taken + least - _ROOM_BYTES, taken + most + _ROOM_BYTES)


def measured_devices() -> dict[str, str]:
    """Name of a device → the record in which its memory was measured."""
    return {'cpu': BANDS} | _measured_cards()


def bands() -> Record:
    """The measurement behind the bands."""
    return load_record(BANDS)


@functools.cache
def lowest_score() -> float:
    """The least mean log-probability of a token that an answer may have: twice as low as the lowest measured."""
    return 2 * min(row['lowest'] for row in bands().data['answers'])


@functools.cache
def _cpu_more_bytes(way: str) -> tuple[int, int]:
    """What engines on the CPU device took more than predicted, the least and the most."""
    ways = ('api_server',) if way in _OWN_PROCESS else ('pipeline',)
    rows = [row for row in bands().data['memory'] if row['way'] in ways]
    more = [row[name] for row in rows for name in ('more_mib', 'more_again_mib')]
    # The Python of a process of its own grows with the versions of its libraries: a quarter more.
    return round(min(0, *more) * MIB), round(1.25 * max(more) * MIB)


@functools.cache
def _measured_cards() -> dict[str, str]:
    cards = {}
    for path in sorted(RECORDS.glob('*/kv_cache.json')):
        name = f'{path.parent.name}/{path.stem}'
        cards[load_record(name).device] = name
    return cards


@functools.cache
def _known() -> dict[str, Geometry]:
    tiny = {path.parent.name: Geometry.from_config(path) for path in sorted(EMBEDDED.glob('tiny-chat/config.json'))}
    return tiny | GEOMETRIES


@functools.cache
def _known_sizes() -> dict[tuple[str, bool], int]:
    sizes = {}
    for model, geometry in _known().items():
        for awq in (False, True):
            sizes[model, awq] = weight_bytes(geometry, 'bfloat16', awq)
    return sizes
