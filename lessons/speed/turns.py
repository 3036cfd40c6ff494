"""Engines measured in turns, A B C A B C: what disturbs the machine disturbs them all.  And what a difference is.

found = measure_in_turns({'A': start_a, 'B': start_b}, lambda name, engine: measure_engine(engine, prompts, …))
print(versus(found['A'].speeds, found['B'].speeds))
"""

import math
import time
from collections.abc import Callable, Mapping, Sequence

from lessons.serving.figures import LoadMeasurement, Repeats
from lessons.timing import compare, fitting

NO_DIFFERENCE = 'no difference seen'


def measure_in_turns(
    starts: Mapping[str, Callable[[], object]],
    measure: Callable[[str, object], LoadMeasurement],
    *,
    rounds: int = 3,
    keep_open: bool = False,
    within_s: float = math.inf,
) -> dict[str, Repeats]:
    """Measure each engine once a round, after a run of the same shape that does not count.

    Args:
        starts: name -> a function that starts an engine (any of `engines`).
        measure: what is done with an engine, given its name and itself.
        keep_open: start each once, and keep all of them side by side; otherwise each is started and closed in each
            round, as a card needs that has no room for all.
        within_s: where as many rounds as the first one need more seconds than this, fewer are run, two at least, and a
            line says so.
    """
    if rounds < 1:
        raise ValueError(f'rounds must be at least 1, not {rounds}')
    runs, open_engines = {name: [] for name in starts}, {}

    def once_each():
        for name, start in starts.items():
            if name not in open_engines:
                open_engines[name] = start()
                measure(name, open_engines[name])  # warms up
            runs[name].append(measure(name, open_engines[name]))
            if not keep_open:
                open_engines.pop(name).close()

    try:
        begin = time.perf_counter()
        once_each()
        one_s = time.perf_counter() - begin
        for _ in range(1, fitting('rounds', one_s, within_s, most=rounds, least=min(2, rounds))):
            once_each()
    finally:
        for engine in open_engines.values():
            engine.close()
    return {name: Repeats(tuple(found)) for name, found in runs.items()}


def versus(speeds: Sequence[float], base: Sequence[float]) -> str:
    """How many times as fast, by the medians; where the runs of both overlap, that no difference was seen."""
    found = compare(speeds, base)
    return f'{found.times:.2f} times as fast' if found.seen else NO_DIFFERENCE
