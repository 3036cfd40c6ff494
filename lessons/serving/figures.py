"""What a load measurement says: times of each answer, spreads, throughput.  Definitions: `load`."""

import dataclasses
import math
import statistics
from collections.abc import Callable, Iterable


@dataclasses.dataclass(frozen=True, slots=True)
class RequestTiming:
    """One answer.  Its times are seconds on one clock, the same for all answers of a measurement."""

    input_tokens: int
    output_tokens: int
    start_s: float  # the request is sent
    first_s: float  # its first token arrives
    end_s: float  # its last token arrives
    first_tokens: int = 1  # how many arrive at `first_s`
    itls_s: tuple[float, ...] = ()  # inter-token latencies: times between the chunks in which the tokens arrive

    @property
    def ttft_s(self) -> float:
        """Time to first token."""
        return self.first_s - self.start_s

    @property
    def tpot_s(self) -> float:
        """Time per output token after the first; of an answer that came in one chunk, the whole time per token."""
        later = self.output_tokens - self.first_tokens
        return (self.end_s - self.first_s) / later if later > 0 else self.latency_s / self.output_tokens

    @property
    def latency_s(self) -> float:
        """From sending the request to the last token (end-to-end latency)."""
        return self.end_s - self.start_s


@dataclasses.dataclass(frozen=True, slots=True)
class Spread:
    """How a time is spread over the answers, in seconds; `p95_s`: 95 of 100 answers need no longer.

    Of nothing at all it is NaN, in a row None.
    """

    mean_s: float
    p50_s: float
    p95_s: float
    p99_s: float

    @classmethod
    def of(cls, times_s: Iterable[float]) -> 'Spread':
        import numpy

        times_s = list(times_s) or [math.nan]
        return cls(float(numpy.mean(times_s)), *map(float, numpy.percentile(times_s, (50, 95, 99))))

    def row(self, name: str, digits: int) -> dict:
        """The figures, rounded: `name`_mean_s, _p50_s, _p95_s, _p99_s."""
        figures = dataclasses.asdict(self)
        return {f'{name}_{key}': None if math.isnan(v) else round(v, digits) for key, v in figures.items()}


@dataclasses.dataclass(frozen=True, slots=True)
class LoadMeasurement:
    """What a server did under a load: every whole answer, and what became of the others."""

    clients: int
    wall_time_s: float  # from the first request to the end of the last answer
    client_cpu_s: float  # processor time that the load itself took, part of it beside the server's
    timings: tuple[RequestTiming, ...]  # of the answers that are whole
    errors: tuple[str, ...]  # of those that are not; after Ctrl-C also of those that were never begun

    @property
    def requests(self) -> int:
        return len(self.timings)

    @property
    def failed_requests(self) -> int:
        return len(self.errors)

    @property
    def input_tokens(self) -> int:
        return sum(t.input_tokens for t in self.timings)

    @property
    def output_tokens(self) -> int:
        return sum(t.output_tokens for t in self.timings)

    @property
    def requests_per_s(self) -> float:
        """Whole answers by the wall time."""
        return self.requests / self.wall_time_s

    @property
    def input_tokens_per_s(self) -> float:
        """Of all clients together."""
        return self.input_tokens / self.wall_time_s

    @property
    def output_tokens_per_s(self) -> float:
        """Of all clients together."""
        return self.output_tokens / self.wall_time_s

    @property
    def client_tokens_per_s(self) -> float:
        """What one client sees: output tokens of an answer by the time from its request to its end, on average."""
        return sum(t.output_tokens / t.latency_s for t in self.timings) / self.requests

    @property
    def ttft(self) -> Spread:
        """Time to first token."""
        return Spread.of(t.ttft_s for t in self.timings)

    @property
    def tpot(self) -> Spread:
        """Time per output token after the first."""
        return Spread.of(t.tpot_s for t in self.timings)

    @property
    def itl(self) -> Spread:
        """Inter-token latency: of all answers' chunks together, where TPOT has one number an answer."""
        return Spread.of(gap_s for t in self.timings for gap_s in t.itls_s)

    @property
    def latency(self) -> Spread:
        """From a request to the end of its answer."""
        return Spread.of(t.latency_s for t in self.timings)

    def row(self) -> dict:
        """The figures, rounded, as a row of a table or a record."""
        return {
            'clients': self.clients,
            'requests': self.requests,
            'failed_requests': self.failed_requests,
            'input_tokens': self.input_tokens,
            'output_tokens': self.output_tokens,
            'wall_time_s': round(self.wall_time_s, 3),
            'client_cpu_s': round(self.client_cpu_s, 3),
            'completed_per_s': round(self.requests_per_s, 3),
            'input_tokens_per_s': round(self.input_tokens_per_s, 1),
            'output_tokens_per_s': round(self.output_tokens_per_s, 1),
            'client_tokens_per_s': round(self.client_tokens_per_s, 2),
            **self.ttft.row('ttft', 4),
            **self.tpot.row('tpot', 5),
            **self.itl.row('itl', 5),
            **self.latency.row('latency', 4),
        }

    def __repr__(self) -> str:  # not every answer, in a traceback or under a cell
        return f'<LoadMeasurement: {self}>'

    def __str__(self) -> str:
        failed = f', {self.failed_requests} failed' if self.errors else ''
        return (
            f'{self.clients:>3} clients: {self.output_tokens_per_s:8.1f} tokens/s in all, '
            f'{self.client_tokens_per_s:7.1f} tokens/s each, TTFT {1e3 * self.ttft.p50_s:6.0f} ms, '
            f'TPOT {1e3 * self.tpot.p50_s:6.1f} ms{failed}'
        )


@dataclasses.dataclass(frozen=True, slots=True)
class Repeats:
    """The same load measured several times."""

    runs: tuple[LoadMeasurement, ...]

    @property
    def median(self) -> LoadMeasurement:
        """The run with the median of the output tokens/s; of an even number the slower one of the two."""
        median = statistics.median_low(self.speeds)
        return next(run for run in self.runs if run.output_tokens_per_s == median)

    @property
    def speeds(self) -> list[float]:
        """The output tokens/s of each run."""
        return [run.output_tokens_per_s for run in self.runs]

    @property
    def slowest_tokens_per_s(self) -> float:
        return min(self.speeds)

    @property
    def fastest_tokens_per_s(self) -> float:
        return max(self.speeds)

    def row(self) -> dict:
        """The median run's figures, with the spread of the throughput, as a row of a table or a record."""
        return self.median.row() | {
            'output_tokens_per_s_min': round(self.slowest_tokens_per_s, 1),
            'output_tokens_per_s_max': round(self.fastest_tokens_per_s, 1),
            'repeats': len(self.runs),
        }

    def __repr__(self) -> str:
        return f'<Repeats: {self}>'

    def __str__(self) -> str:
        spread = f'{self.slowest_tokens_per_s:.1f} to {self.fastest_tokens_per_s:.1f}'
        return f'{self.median} (median of {len(self.runs)}: {spread})'


def repeated(measure: Callable[[], LoadMeasurement], *, repeats: int = 3, warm_up: bool = True) -> Repeats:
    """Measure the same load `repeats` times, after a run of the same shape that does not count.

        repeated(lambda: measure_clients(server.client, clients=8))

    Ctrl-C gives the runs that were whole by then, if there is one.
    """
    if repeats < 1:
        raise ValueError(f'repeats must be at least 1, not {repeats}')
    runs = []
    try:
        if warm_up and 'interrupted' in measure().errors:
            raise KeyboardInterrupt
        while len(runs) < repeats:
            run = measure()
            if runs and 'interrupted' in run.errors:
                break
            runs.append(run)
            if 'interrupted' in run.errors:
                break
    except KeyboardInterrupt:
        if not runs:
            raise
    return Repeats(tuple(runs))
