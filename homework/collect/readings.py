"""Memory as card and notes tell it: what an engine took beside its prediction, and what a reading cannot say."""

import dataclasses
import functools
import statistics

from helpers.memory import MIB
from helpers.records import load_record
from homework.schema import Engine, Evidence
from homework.texts import message
from lessons.kv_cache.prediction import CONTEXT_BYTES
from translations.messages import shown

# What the readings' sources are called, for the catalogue: the evidence has them in English.
_SOURCES = message('memory budget of lmdeploy_cpu; /proc (this process and its children)')


@dataclasses.dataclass(frozen=True, slots=True)
class Took:
    """The device's memory in bytes before and after an engine, and as predicted after it; None: nobody knows."""

    label: str
    before_bytes: int | None
    after_bytes: int | None
    predicted_bytes: int | None
    note: str = ''  # what the figures alone would not tell

    @property
    def texts(self) -> tuple[float, float, float]:
        return tuple((nbytes or 0) / MIB for nbytes in (self.before_bytes, self.after_bytes, self.predicted_bytes))


def memory_word(evidence: Evidence, language: str) -> str:
    """A card's memory and a machine's are two words in Chinese."""
    word = message('GPU memory') if evidence.device.kind == 'cuda' else message('Memory')
    return word.text(language)


def taken(evidence: Evidence, language: str) -> list[Took]:
    """For each engine; where none was noted, of the first and the last reading."""
    found = []
    for engine in evidence.engines:
        before = engine.before.used_bytes
        predicted = before + engine.predicted.engine_bytes if engine.predicted else None
        after = engine.after.used_bytes if is_measurable(engine) else None
        found.append(Took(engine.label, before, after, predicted, note_on(engine, language)))
    if not found and evidence.memory:
        first, last = evidence.memory[0].used_bytes, evidence.memory[-1].used_bytes
        found = [Took('', first if abs(last - first) >= MIB else None, last, None)]
    return found


def is_measurable(engine: Engine) -> bool:
    """False for a chat in a terminal on a CPU: what is read there is this notebook's processes, and it is none."""
    least = engine.predicted.engine_bytes / 2 if engine.predicted else 64 * MIB
    return engine.way != 'cli' or engine.used_bytes >= least


def note_on(engine: Engine, language: str) -> str:
    """What to know beside the figures of an engine; '' if nothing."""
    if not is_measurable(engine):
        return message('not measurable for a terminal: it is no process of this notebook').text(language)
    more = _own_process_mib(engine.device) if engine.way in ('api_server', 'cli') else 0
    if not more or not engine.predicted:
        return ''
    own = message('its own Python process takes about {more:.0f} MiB besides', more=more)
    context = message('its own CUDA context takes up to {more:.0f} MiB besides', more=more)
    return (own if engine.device == 'cpu' else context).text(language)


def total_line(evidence: Evidence, language: str) -> str:
    """The device's memory, and who says so."""
    if not evidence.memory:
        return ''
    last = evidence.memory[-1]
    source = shown(last.source, language)
    return message('of {total:.0f} MiB; {source}', total=last.total_bytes / MIB, source=source).text(language)


@functools.cache
def _own_process_mib(device: str) -> float:
    """What a server takes beside its engine: its Python and libraries, as measured; on a card its context at most."""
    if device == 'cuda':
        return CONTEXT_BYTES / MIB
    rows = load_record('cpu/homework').data['memory']
    return statistics.median(row['more_mib'] for row in rows if row['way'] == 'api_server')
