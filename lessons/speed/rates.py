"""Requests that arrive at a rate, whether or not the server has answered those before them (an open loop)."""

import dataclasses
import itertools
import random
from collections.abc import Iterable, Sequence

from lessons.serving.figures import LoadMeasurement, RequestTiming
from lessons.serving.load import PROMPT
from lessons.serving.sending import request_body, send


@dataclasses.dataclass(frozen=True, slots=True)
class RateMeasurement(LoadMeasurement):
    """What a server did while requests came at a rate; `clients`: how many of the whole answers overlapped at most."""

    rate_per_s: float  # at which requests came

    def row(self) -> dict:
        """The figures, rounded, as a row of a table or a record; `requests_per_s` is the rate that was asked for."""
        row = LoadMeasurement.row(self)
        return {'requests_per_s': self.rate_per_s, 'most_at_once': row.pop('clients'), **row}

    def __repr__(self) -> str:
        return f'<RateMeasurement: {self}>'

    def __str__(self) -> str:
        return f'{self.rate_per_s:g} requests/s, {LoadMeasurement.__str__(self).replace("clients", "at once", 1)}'


def measure_rate(
    client,
    *,
    requests_per_s: float,
    duration_s: float = 10.0,
    seed: int = 0,
    output_tokens: int = 64,
    prompts: str | Sequence[str] = PROMPT,
    temperature: float = 0.0,
    model: str | None = None,
    timeout_s: float = 600.0,
    progress: bool = True,
    **extra_body,
) -> RateMeasurement:
    """Send requests to a server at a rate, whether it has answered those before or not, and measure it.

    An open loop, as many people who know nothing of each other make one: the times between requests are random
    (exponential, a Poisson process), the first request comes at once, the last before `duration_s`.  When they come
    faster than the server answers, they queue, and TTFT grows with the length of the run.  An answer's times count
    from the moment when its request was due, also if the load itself was late with it.

    Args:
        client: an `openai.OpenAI` whose address and key are used, such as `server.client`.
        requests_per_s: how many come in a second, on average.
        duration_s: how long they come; the answers may take longer.
        seed: of the random times: the same seed, the same times.
        prompts: a question, or several that are asked in turn.

    The other arguments are those of `measure_clients`, the errors too.
    """
    prompts = [prompts] if isinstance(prompts, str) else list(prompts)
    for name, count in (('output_tokens', output_tokens), ('prompts', len(prompts))):
        if count < 1:
            raise ValueError(f'{name}: at least one is needed, not {count}')
    starts_s = arrival_times(requests_per_s, duration_s, seed)
    body = request_body(client, model, output_tokens, temperature, extra_body)
    questions = itertools.cycle(prompts)
    requests = [[body | {'messages': [{'role': 'user', 'content': next(questions)}]}] for _ in starts_s]
    desc = f'{requests_per_s:g} requests/s'
    wall_time_s, client_cpu_s, timings, errors = send(client, requests, starts_s, timeout_s, desc, progress)
    return RateMeasurement(most_at_once(timings), wall_time_s, client_cpu_s, timings, errors, requests_per_s)


def arrival_times(requests_per_s: float, duration_s: float, seed: int) -> list[float]:
    """When requests of a Poisson process come, in seconds: the first at 0, all before `duration_s`."""
    for name, value in (('requests_per_s', requests_per_s), ('duration_s', duration_s)):
        if not value > 0:
            raise ValueError(f'{name} must be above 0, not {value}')
    random_times, times_s = random.Random(seed), [0.0]
    while (time_s := times_s[-1] + random_times.expovariate(requests_per_s)) < duration_s:
        times_s.append(time_s)
    return times_s


def most_at_once(timings: Iterable[RequestTiming]) -> int:
    """How many answers were under way at the same moment, at most."""
    steps = sorted(step for t in timings for step in ((t.start_s, 1), (t.end_s, -1)))
    return max(itertools.accumulate(change for _, change in steps))
