"""What each task is judged by, and its points.

Half of a task's points are for what `missing` asks: everything is there, as it was set.  The other half is shared by
what can be worked out again: the memory, the checkpoint, the answers, the table.  What cannot be checked is not held
against anybody.
"""

import dataclasses
import math

from helpers.environment import LMDEPLOY
from helpers.memory import MIB
from homework.checkpoint import is_w4a16
from homework.missing import CASES, RATIO, missing, quantised_kv
from homework.schema import Engine, Evidence
from homework.tasks import TASKS, Task

from . import published, trained
from .expected import Shape, lowest_score, measured_devices, memory_band, shape_of
from .verdicts import MET, NOT_CHECKED, NOT_MET, Criterion, Finding, Override, criterion

GRADED = [task for task in TASKS.values() if task.points]
TOTAL = sum(task.points for task in GRADED)
_NEAR = 0.02  # two figures that were rounded, or counted at different moments
_W4A16_TASKS = ('api-kv', 'chat-w4a16', 'server-w4a16', 'python-w4a16')
# Tasks whose answers must be the model's.
_NOT_SCORED = ('memory-w4a16', 'memory-kv', 'benchmark', 'assistant', 'publish')  # the last two: of other weights
SCORED = [task.id for task in GRADED if task.id not in _NOT_SCORED]


@dataclasses.dataclass(frozen=True)
class TaskGrade:
    """The points of one task and what they are for."""

    task: Task
    present: bool
    criteria: tuple[Criterion, ...]
    override: Override | None = None
    weight: float | None = None  # the instructor's points for the task; None: the course's

    @property
    def of(self) -> float:
        return self.task.points if self.weight is None else self.weight

    @property
    def is_absent(self) -> bool:
        """Whether points are missing because the task is not there at all."""
        return not self.counts and self.of > 0

    def lost(self, language: str, bands: bool = True) -> list[str]:
        """Why points are missing, in sentences; [] where none are."""
        if self.points >= self.of:
            return []
        return [text for c in self.criteria if c.verdict == NOT_MET for text in c.texts(language, bands)]

    @property
    def counts(self) -> bool:
        """Whether there are points to show: for evidence, or because the instructor gave some without it."""
        return self.present or self.override is not None

    @property
    def points(self) -> float:
        """The instructor's, or else the program's own."""
        return self.override.points if self.override else self.machine_points

    def decided(self, override: Override | None) -> 'TaskGrade':
        """The same grade with the instructor's points; None: as it is."""
        override = override and dataclasses.replace(override, machine_points=self.machine_points)
        return dataclasses.replace(self, override=override)

    @property
    def machine_points(self) -> float:
        """Half for the first criterion, the other half shared by the rest; to a tenth."""
        if not self.present:
            return 0.0
        first, *others = (c.verdict != NOT_MET for c in self.criteria)
        share = sum(others) / len(others) if others else float(first)
        return round(self.of * (first + share) / 2, 1)


def grade_task(task: Task, evidence: Evidence | None, scores: list, weight: float | None = None) -> TaskGrade:
    """Judge the evidence of one task; None: it is not in the submission.

    Args:
        scores: for each of its answers a score (`scores.answer_scores`), or a `Finding` why there is none.
        weight: the points that it counts; None: the course's.
    """
    if evidence is None:
        return TaskGrade(task, False, (criterion(NOT_MET, 'absent'),), weight=weight)
    criteria = [_complete(task, evidence)]
    if task.id in _W4A16_TASKS:
        criteria.append(_w4a16(evidence))
    if task.id in ('memory-w4a16', 'memory-kv'):
        criteria.append(_memory_rows(task, evidence))
    if task.id == 'assistant':
        criteria += trained.judged(evidence)
    if task.id == 'publish':
        criteria.append(published.judged(evidence))
    if task.id == 'benchmark':
        criteria.append(_benchmark(evidence))
    elif task.id not in ('vision-page', 'tools', 'publish'):
        criteria.append(_memory(evidence))
    if task.id in SCORED:
        criteria.append(_plausible(evidence, scores))
    return TaskGrade(task, True, tuple(criteria), weight=weight)


def _complete(task: Task, evidence: Evidence) -> Criterion:
    if evidence.chapter != task.chapter:
        return criterion(NOT_MET, 'other-chapter', found=evidence.chapter, wanted=task.chapter)
    sentences = {language: missing(evidence, language) for language in ('en', 'zh')}
    if sentences['en']:
        return Criterion(NOT_MET, (Finding('incomplete'),), sentences)
    return criterion(MET, 'complete')


# ------------------------------------------------------------------------------------------------ weights and memory


def _w4a16(evidence: Evidence) -> Criterion:
    """The engine that runs at the ratio has a checkpoint whose bytes, too, are those of 4-bit weights."""
    engines = [e for e in evidence.engines if e.real.cache_max_entry_count == RATIO]
    found = [_w4a16_of(e) for e in engines or evidence.engines]
    if not found:
        return criterion(NOT_MET, 'incomplete')
    return min(found, key=lambda c: (MET, NOT_CHECKED, NOT_MET).index(c.verdict))


def _w4a16_of(engine: Engine) -> Criterion:
    checkpoint, label = engine.checkpoint, engine.label
    shape = shape_of(checkpoint)
    values = {'label': label, 'name': checkpoint.name, 'mib': checkpoint.tensor_bytes / MIB}
    if not is_w4a16(checkpoint) or (shape and not shape.awq):
        how = checkpoint.quantization_config or {}
        says = f'{how.get("quant_method")}, {how.get("bits")} bits' if how else '16 bit'
        return criterion(NOT_MET, 'w4a16-not', says=says[:60], **values)
    if shape is None:
        return criterion(NOT_CHECKED, 'w4a16-unknown', label=label, name=checkpoint.name)
    return criterion(MET, 'w4a16', model=shape.model, **values)


def _memory(evidence: Evidence) -> Criterion:
    found = [check_memory(evidence, engine) for engine in evidence.engines if engine.way != 'transformers']
    return _worst(found)


def _worst(found: list[Criterion]) -> Criterion:
    if not found:
        return criterion(NOT_CHECKED, 'memory-no-prediction', label='–', why='no engine')
    verdicts = {c.verdict for c in found}
    verdict = next(v for v in (NOT_MET, MET, NOT_CHECKED) if v in verdicts)
    return Criterion(verdict, tuple(finding for c in found for finding in c.findings))


def check_memory(evidence: Evidence, engine: Engine) -> Criterion:
    """Whether an engine's memory agrees with the prediction for its settings, or why nobody can say."""
    label, real = engine.label, engine.real
    device = 'cpu' if engine.device == 'cpu' else engine.before.device_name
    if device not in measured_devices():
        return criterion(NOT_CHECKED, 'memory-unmeasured', label=label, device=device)
    if (version := evidence.versions['lmdeploy']) != LMDEPLOY:
        return criterion(NOT_CHECKED, 'memory-other-version', label=label, found=version, wanted=LMDEPLOY)
    shape = shape_of(engine.checkpoint)
    if shape is None:
        return criterion(NOT_CHECKED, 'memory-unknown-model', label=label, name=engine.checkpoint.name)
    if not engine.predict_arguments:
        return criterion(NOT_CHECKED, 'memory-no-prediction', label=label, why='no prediction in the evidence')
    try:
        band = memory_band(engine, shape)
    except (ValueError, KeyError, TypeError, OverflowError) as error:
        return criterion(NOT_CHECKED, 'memory-no-prediction', label=label, why=str(error)[:200])
    ratio, blocks = real.cache_max_entry_count, real.num_blocks
    wanted = band.prediction.num_blocks
    if blocks is not None and abs(blocks - wanted) > max(1, _NEAR * wanted):
        return criterion(NOT_MET, 'blocks-differ', label=label, found=blocks, wanted=wanted, ratio=ratio)
    if engine.used_bytes in band:
        return criterion(MET, 'memory-agrees', **_memory_values(engine, band))
    if engine.way == 'cli':
        return criterion(NOT_CHECKED, 'memory-of-a-command', label=label)
    before = engine.before.process_bytes
    if engine.used_bytes < band.lowest_bytes and before is not None and before >= band.prediction.pool_bytes:
        return criterion(NOT_CHECKED, 'memory-another-engine', label=label)
    return criterion(NOT_MET, 'memory-differs', **_memory_values(engine, band))


def _memory_values(engine: Engine, band) -> dict:
    return {
        'label': engine.label,
        'ratio': engine.real.cache_max_entry_count,
        'used': engine.used_bytes / MIB,
        'predicted': band.prediction.engine_bytes / MIB,
        'least': max(0, band.lowest_bytes) / MIB,
        'most': band.highest_bytes / MIB,
    }


# ---------------------------------------------------------------------------------------------------------- answers


def _plausible(evidence: Evidence, scores: list) -> Criterion:
    least = lowest_score()
    reasons = [score for score in scores if isinstance(score, Finding)]
    numbers = [(s, a) for s, a in zip(scores, evidence.answers, strict=True) if not isinstance(s, Finding)]
    bad = [
        Finding('implausible', {'score': score, 'least': least, 'start': answer.text.strip()[:24]})
        for score, answer in numbers
        if score < least
    ]
    if bad:
        return Criterion(NOT_MET, tuple(bad))
    if numbers:
        return criterion(MET, 'plausible', score=min(score for score, _ in numbers), least=least)
    why = reasons[0] if reasons else Finding('why-short', {'least': 1})
    return criterion(NOT_CHECKED, 'unscored', why=why)


# ------------------------------------------------------------------------------------------------------------ tables


def _number(row: dict, field: str) -> float | None:
    value = row.get(field)
    good = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and value > 0
    return value if good else None


def _verdict(wrong: list[Finding], fine: str) -> Criterion:
    return Criterion(NOT_MET, tuple(wrong)) if wrong else criterion(MET, fine)


def _benchmark(evidence: Evidence) -> Criterion:
    """Five rows of the same work, whose speed is tokens / time, each of an engine as its case says."""
    rows, wrong = evidence.rows, []
    cases = [str(row.get('case')) for row in rows]
    wrong += [Finding('row-twice', {'case': case}) for case in sorted({c for c in cases if cases.count(c) > 1})]
    same = ('prompts', 'input_tokens', 'output_tokens', 'data_sha256')
    for row, case in zip(rows, cases, strict=True):
        for field in same:
            if row.get(field) != rows[0].get(field):
                values = {'case': case, 'field': field, 'found': row.get(field), 'wanted': rows[0].get(field)}
                wrong.append(Finding('row-differs', values))
        wrong += _speed(row, case) + _engine_of(row, case, evidence)
    if not rows:
        wrong.append(Finding('incomplete'))
    return _verdict(wrong, 'rows-consistent')


def _speed(row: dict, case: str) -> list[Finding]:
    fields = ('prompts', 'input_tokens', 'output_tokens', 'time_s', 'output_tokens_per_s')
    numbers = {field: _number(row, field) for field in fields}
    if odd := [field for field, value in numbers.items() if value is None]:
        return [Finding('row-number', {'case': case, 'field': odd[0], 'found': row.get(odd[0])})]
    tokens, time_s, speed = (numbers[f] for f in ('output_tokens', 'time_s', 'output_tokens_per_s'))
    if abs(speed - tokens / time_s) > _NEAR * speed:
        return [
            Finding(
                'row-speed', {'case': case, 'tokens': tokens, 'time': time_s, 'wanted': tokens / time_s, 'found': speed}
            )
        ]
    return []


def _engine_of(row: dict, case: str, evidence: Evidence) -> list[Finding]:
    """What is wrong with the engine that a row of the benchmark names."""
    engine = next((e for e in evidence.engines if e.label == row.get('engine')), None)
    if engine is None:
        return [Finding('row-no-engine', {'case': case, 'label': str(row.get('engine'))})]
    if case not in CASES:
        return [Finding('row-number', {'case': case, 'field': 'case', 'found': row.get('case')})]
    label, wrong = engine.label, []
    if (engine.engine == 'transformers') != (case == 'transformers'):
        wanted = 'transformers' if case == 'transformers' else 'LMDeploy'
        wrong.append(Finding('row-engine', {'case': case, 'label': label, 'found': engine.engine, 'wanted': wanted}))
    wrong += _weights_of(engine, case, 'w4a16' in case)
    if case != 'transformers':
        wrong += _kv_of(engine, case, quantised='kv' in case)
    return wrong


def _weights_of(engine: Engine, case: str, wanted: bool) -> list[Finding]:
    checkpoint, shape = engine.checkpoint, shape_of(engine.checkpoint)
    found = is_w4a16(checkpoint) if shape is None else is_w4a16(checkpoint) and shape.awq
    if found == wanted:
        return []
    names = {True: 'W4A16', False: '16 bit'}
    values = {'case': case, 'name': checkpoint.name, 'found': names[found], 'wanted': names[wanted]}
    return [Finding('row-weights', values)]


def _kv_of(engine: Engine, case: str, quantised: bool) -> list[Finding]:
    if quantised_kv(engine) == quantised:
        return []
    wanted = '8 / 4' if quantised else '0'
    return [Finding('row-kv', {'case': case, 'found': engine.real.quant_policy, 'wanted': wanted})]


def _memory_rows(task: Task, evidence: Evidence) -> Criterion:
    """Rows of memory: peak - before, an engine as the row says, and as many tokens as its settings give."""
    wrong = []
    what = 'weights' if task.id == 'memory-w4a16' else 'kv'
    names = [str(row.get(what)) for row in evidence.rows]
    wrong += [Finding('row-twice', {'case': name}) for name in sorted({n for n in names if names.count(n) > 1})]
    for row, name in zip(evidence.rows, names, strict=True):
        numbers = {field: _number(row, field) for field in ('before_bytes', 'peak_bytes', 'used_bytes')}
        if odd := [field for field, value in numbers.items() if value is None]:
            wrong.append(Finding('row-number', {'case': name, 'field': odd[0], 'found': row.get(odd[0])}))
            continue
        taken = numbers['peak_bytes'] - numbers['before_bytes']
        if taken != numbers['used_bytes']:
            values = {'case': name, 'wanted': taken / MIB, 'found': numbers['used_bytes'] / MIB}
            wrong.append(Finding('row-used', values))
        engine = next((e for e in evidence.engines if e.label == row.get('engine')), None)
        if engine is None:
            wrong.append(Finding('row-no-engine', {'case': name, 'label': str(row.get('engine'))}))
            continue
        if what == 'weights':
            wrong += _weights_of(engine, name, name == 'W4A16')
        wanted_policy = {'int8': 8, 'int4': 4}.get(str(row.get('kv')), 0)
        if (found := engine.real.quant_policy or 0) != wanted_policy:
            wrong.append(Finding('row-kv', {'case': name, 'found': found, 'wanted': wanted_policy}))
        wrong += _tokens_of(row, name, engine)
    if len(evidence.rows) < 2:
        wrong.append(Finding('incomplete'))
    return _verdict(wrong, 'rows-memory-consistent')


def _tokens_of(row: dict, name: str, engine: Engine) -> list[Finding]:
    shape, tokens = shape_of(engine.checkpoint), _number(row, 'cache_tokens')
    if tokens is None or shape is None or not engine.predict_arguments:
        return []
    try:
        wanted = memory_band(engine, shape).prediction.tokens
    except (ValueError, KeyError, TypeError, OverflowError):
        return []
    # TurboMind with W4A16 has a slab more or less from start to start.
    if abs(tokens - wanted) <= 0.05 * wanted:
        return []
    return [Finding('row-tokens', {'case': name, 'found': tokens, 'wanted': wanted})]


def predictions_that_differ(evidence: Evidence) -> list[tuple[Engine, float, float]]:
    """Engines whose prediction in the evidence is not what the same settings give here: engine, found, wanted (MiB)."""
    differ = []
    for engine in evidence.engines:
        shape: Shape | None = shape_of(engine.checkpoint)
        if not (shape and engine.predicted and engine.predict_arguments):
            continue
        if evidence.versions['lmdeploy'] != LMDEPLOY:
            continue
        try:
            wanted = memory_band(engine, shape).prediction.engine_bytes
        except (ValueError, KeyError, TypeError, OverflowError):
            continue
        found = engine.predicted.engine_bytes
        if abs(found - wanted) > max(_NEAR * wanted, 64 * MIB):
            differ.append((engine, found / MIB, wanted / MIB))
    return differ
