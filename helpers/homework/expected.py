"""What an honest learner's figures may be: memory beside its prediction, the score of an answer.

The bands come from measurements (records/, `benchmarks/homework_bands.py`), each with room to spare: a grader that
accuses somebody who did the work is worse than one who lets a forger pass.
"""

import dataclasses
import functools

from ..geometry import GEOMETRIES, Geometry
from ..kv_cache import CONTEXT_BYTES, MemoryPrediction, predict_memory, weight_bytes
from ..models import EMBEDDED
from ..records import RECORDS, Record, load_record

MIB = 1 << 20
BANDS = 'cpu/homework'
LMDEPLOY = '0.18.0'  # whose arithmetic `kv_cache` follows
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


def shape_of(checkpoint: dict) -> Shape | None:
    """The geometry whose tensors take as many bytes as this checkpoint says, whatever its name; None: none known."""
    for (model, awq), nbytes in _known_sizes().items():
        if abs(checkpoint['tensor_bytes'] - nbytes) <= _SAME_SIZE * nbytes:
            return Shape(model, awq, _known()[model])
    return None


def memory_band(engine: dict, shape: Shape) -> MemoryBand:
    """The band for an engine as it says it ran: its ratio, KV cache, lengths, and what was free before.

    Raises ValueError where the settings are none that an engine starts with.
    """
    asked, real = engine['predict_arguments'], engine['real']
    named = ('max_batch_size', 'max_prefill_token_num', 'block_tokens', 'tp', 'session_len')
    options = {name: asked[name] for name in named if asked.get(name)}
    if asked['engine'] == 'cpu':
        options.pop('max_batch_size', None)
    elif not options.setdefault('max_batch_size', real.get('max_batch_size')):
        raise ValueError('max_batch_size is not told, and its default depends on the card')
    prediction = predict_memory(
        shape.geometry,
        asked['free_bytes'],
        engine=asked['engine'],
        cache_max_entry_count=real['cache_max_entry_count'],
        quant_policy=real.get('quant_policy') or 0,
        dtype=real.get('dtype') if real.get('dtype') in ('bfloat16', 'float32') else asked.get('dtype'),
        awq=shape.awq,
        **options,
    )
    if asked['engine'] == 'cpu':
        least, most = _cpu_more_bytes(engine['way'])
    else:
        least, most = 0, CONTEXT_BYTES if engine['way'] in _OWN_PROCESS else 0
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
