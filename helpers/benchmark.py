"""Speed of an OpenAI-compatible server under load, counted in tokens.

The definitions are those of `lmdeploy.profiler.Profiler`: TTFT is the time from sending a request to its first token,
TPOT the time from the first token to the last, divided by the tokens that came in it, ITL each time between two pieces
of an answer after the first, E2E latency that from sending the request to the last token, throughput all tokens divided
by the wall time; an answer that failed or is too short does not count.  Tokens are the server's own count (`usage`),
never pieces of a stream or characters.  (`helpers.offline` measures engines in this process by the same definitions.)

On a laptop the load shares the processor with the server that it measures, so it must be cheap: the pieces of the
streams are kept with their times and read when all is over.  That costs about 30 µs a token with aiohttp, where the
`openai` SDK, which makes an object of each, takes 360 µs.
"""

import asyncio
import dataclasses
import itertools
import json
import math
import random
import statistics
import threading
import time
from collections.abc import Callable, Coroutine, Iterable, Sequence

from tqdm import tqdm

PROMPT = 'Tell me a story.'


@dataclasses.dataclass(frozen=True, slots=True)
class RequestTiming:
    """One answer.  Its times are seconds on one clock, the same for all answers of a measurement."""

    input_tokens: int
    output_tokens: int
    start_s: float  # the request is sent
    first_s: float  # its first token arrives
    end_s: float  # its last token arrives
    first_tokens: int = 1  # how many arrive at `first_s`
    itls_s: tuple[float, ...] = ()  # inter-token latencies: times between the pieces in which the tokens arrive

    @property
    def ttft_s(self) -> float:
        """Time to first token."""
        return self.first_s - self.start_s

    @property
    def tpot_s(self) -> float:
        """Time per output token after the first; of an answer that came in one piece, the whole time per token."""
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
        """Inter-token latency: of all answers' pieces together, where TPOT has one number an answer."""
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


def measure_clients(
    client,
    *,
    clients: int = 1,
    output_tokens: int = 64,
    requests_per_client: int = 1,
    prompts: str | Sequence[str] = PROMPT,
    temperature: float = 0.0,
    model: str | None = None,
    timeout_s: float = 600.0,
    progress: bool = True,
    **extra_body,
) -> LoadMeasurement:
    """Let `clients` clients talk to a server at once, and measure it.

    Each sends a chat request, reads the streamed answer to its end and sends the next (a closed loop).  Every answer
    is `output_tokens` long, whatever the model would say (`ignore_eos`), so all runs do the same work.  Works in a
    script and in a notebook, whose own event loop already runs: the load has a thread and a loop of its own.  The
    first requests of a server are slower than those after them; a run that is not counted warms it up (`repeated`).
    Ctrl-C (Interrupt in Jupyter) ends it; if any answer was whole by then, the measurement is of those.

    Args:
        client: an `openai.OpenAI` whose address and key are used, such as `server.client`.
        clients: how many at once.
        output_tokens: length of each answer.
        requests_per_client: requests that each sends, one after the other.
        prompts: a question, or several that are asked in turn.
        temperature: 0: always the likeliest token.
        model: name of the served model; None: the first that the server names.
        timeout_s: for one answer.
        progress: show a line on stderr while it runs, from its second second on.
        extra_body: further fields of the request, such as `top_p=0.8`.

    Raises:
        ValueError: nothing to measure.
        RuntimeError: no request was answered; the message tells what came instead.
    """
    prompts = [prompts] if isinstance(prompts, str) else list(prompts)
    for name, count in (
        ('clients', clients),
        ('output_tokens', output_tokens),
        ('requests_per_client', requests_per_client),
        ('prompts', len(prompts)),
    ):
        if count < 1:
            raise ValueError(f'{name}: at least one is needed, not {count}')
    body = _body(client, model, output_tokens, temperature, extra_body)
    questions = itertools.cycle(prompts)
    requests = [
        [body | {'messages': [{'role': 'user', 'content': next(questions)}]} for _ in range(requests_per_client)]
        for _ in range(clients)
    ]
    desc = f'{clients} clients'
    wall_time_s, client_cpu_s, timings, errors = _run(client, requests, None, timeout_s, desc, progress)
    return LoadMeasurement(clients, wall_time_s, client_cpu_s, timings, errors)


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
    body = _body(client, model, output_tokens, temperature, extra_body)
    questions = itertools.cycle(prompts)
    requests = [[body | {'messages': [{'role': 'user', 'content': next(questions)}]}] for _ in starts_s]
    desc = f'{requests_per_s:g} requests/s'
    wall_time_s, client_cpu_s, timings, errors = _run(client, requests, starts_s, timeout_s, desc, progress)
    return RateMeasurement(most_at_once(timings), wall_time_s, client_cpu_s, timings, errors, requests_per_s)


@dataclasses.dataclass(frozen=True, slots=True)
class Repeats:
    """The same load measured several times."""

    runs: tuple[LoadMeasurement, ...]

    @property
    def median(self) -> LoadMeasurement:
        """The run with the median of the output tokens/s; of an even number the slower one of the two."""
        median = statistics.median_low(run.output_tokens_per_s for run in self.runs)
        return next(run for run in self.runs if run.output_tokens_per_s == median)

    @property
    def slowest_tokens_per_s(self) -> float:
        return min(run.output_tokens_per_s for run in self.runs)

    @property
    def fastest_tokens_per_s(self) -> float:
        return max(run.output_tokens_per_s for run in self.runs)

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


def _body(client, model: str | None, output_tokens: int, temperature: float, extra_body: dict) -> dict:
    """What all requests of a measurement have in common."""
    return {
        'model': model or client.models.list().data[0].id,
        'max_tokens': output_tokens,
        'temperature': temperature,
        'stream': True,
        'stream_options': {'include_usage': True},
        'ignore_eos': True,
        # LMDeploy holds back a token that is half a character, unless its number is wanted.
        'return_token_ids': True,
        **extra_body,
    }


def _run(
    client, requests: list[list[dict]], starts_s: list[float] | None, timeout_s: float, desc: str, progress: bool
) -> tuple[float, float, tuple[RequestTiming, ...], tuple[str, ...]]:
    """Wall time, processor time, the whole answers, and what was wrong with the others."""
    output_tokens = requests[0][0]['max_tokens']
    with tqdm(
        total=sum(map(len, requests)), desc=desc, unit='answer', delay=1.0, leave=False, disable=not progress
    ) as bar:
        address = f'{str(client.base_url).rstrip("/")}/chat/completions'
        replies: list[_Reply] = []
        begin_s, wall_time_s, client_cpu_s, interrupted = time.perf_counter(), 0.0, 0.0, False
        try:
            wall_time_s, client_cpu_s = in_a_thread(
                _load(address, client.api_key, requests, starts_s, timeout_s, replies, bar.update)
            )
        except KeyboardInterrupt:
            wall_time_s, interrupted = time.perf_counter() - begin_s, True
    timings, errors = [], []
    for reply in replies:
        try:
            timings.append(reply.timing(output_tokens))
        except ValueError as error:
            errors.append('interrupted' if interrupted else str(error))
    if interrupted and not timings:
        raise KeyboardInterrupt
    if not timings:
        raise RuntimeError(f'none of {len(errors)} requests was answered in full; the first: {errors[0]}')
    errors += ['interrupted'] * (sum(map(len, requests)) - len(replies))
    return wall_time_s, client_cpu_s, tuple(timings), tuple(errors)


@dataclasses.dataclass(slots=True)
class _Reply:
    """What came back for one request, unread: pieces of the stream with their times, or an error."""

    start_s: float
    pieces: list[tuple[float, bytes]] = dataclasses.field(default_factory=list)
    error: str | None = None

    def timing(self, wanted_tokens: int) -> RequestTiming:
        """Read it.

        Raises:
            ValueError: it is no whole answer of `wanted_tokens` tokens; the message tells why.
        """
        if self.error:
            raise ValueError(self.error)
        usage = first = end_s = None
        times_s = []  # of the pieces that carry tokens
        for time_s, event in self._events():
            if error := event.get('error'):
                raise ValueError(
                    f'the stream says: {error.get("message", error) if isinstance(error, dict) else error}'
                )
            usage = event.get('usage') or usage
            for choice in event.get('choices') or ():
                if found := _first_token(time_s, choice):
                    first = first or found
                    times_s.append(time_s)
                end_s = time_s  # of the last one: it carries the end of the answer
        if usage is None or first is None:
            raise ValueError('the stream ended before the answer did, or without its usage')
        count = usage['completion_tokens']
        if count < wanted_tokens:
            raise ValueError(f'an answer of {count} tokens, not {wanted_tokens}')
        first_s, first_tokens = first
        itls_s = tuple(later - earlier for earlier, later in itertools.pairwise(times_s))
        return RequestTiming(usage['prompt_tokens'], count, self.start_s, first_s, end_s, first_tokens, itls_s)

    def _events(self):
        """(time, JSON) of each event; its time is that of the piece which completes it."""
        rest = b''
        for time_s, piece in self.pieces:
            *lines, rest = (rest + piece).split(b'\n')
            for line in lines:
                if line.startswith(b'data:') and (data := line[5:].strip()) != b'[DONE]':
                    yield time_s, json.loads(data)


def _first_token(time_s: float, choice: dict) -> tuple[float, int] | None:
    """(time, number of tokens) if this part of a stream carries any; some servers begin with one that does not."""
    delta = choice.get('delta') or {}
    if ids := choice.get('output_ids'):
        return time_s, len(ids)
    return (time_s, 1) if any(delta.get(k) for k in ('content', 'reasoning_content', 'tool_calls')) else None


async def _load(
    address: str,
    key: str,
    requests: list[list[dict]],
    starts_s: list[float] | None,
    timeout_s: float,
    replies: list[_Reply],
    advance: Callable[[], None],
) -> tuple[float, float]:
    """Wall time, processor time; what comes back goes to `replies`; `requests` are lists of bodies, one list a client.

    `starts_s`: when each client's first request is due, counted from the start; None: at once, and when it is sent.
    """
    import aiohttp

    async def ask(session, body: dict, due_s: float | None) -> None:
        reply = _Reply(due_s or time.perf_counter())
        replies.append(reply)
        try:
            async with session.post(address, json=body) as response:
                if response.status != 200:
                    reply.error = f'HTTP {response.status}: {(await response.text())[:300]}'
                    return
                async for piece in response.content.iter_any():
                    reply.pieces.append((time.perf_counter(), piece))
        except (aiohttp.ClientError, TimeoutError) as error:
            reply.error = f'{type(error).__name__}: {error}'

    async def talk(session, bodies: list[dict], wait_s: float | None) -> None:
        due_s = None
        if wait_s is not None:
            due_s = start_s + wait_s
            await asyncio.sleep(due_s - time.perf_counter())
        for body in bodies:
            await ask(session, body, due_s)
            due_s = None
            advance()

    async with aiohttp.ClientSession(
        headers={'Authorization': f'Bearer {key}'},
        connector=aiohttp.TCPConnector(limit=0),  # its 100 connections would make the clients after them wait
        timeout=aiohttp.ClientTimeout(total=timeout_s),
    ) as session:
        start_s, start_cpu_s = time.perf_counter(), time.thread_time()
        await asyncio.gather(*map(talk, itertools.repeat(session), requests, starts_s or itertools.repeat(None)))
        return time.perf_counter() - start_s, time.thread_time() - start_cpu_s


def in_a_thread(main: Coroutine):
    """`asyncio.run` in a thread of its own, because a notebook's loop already runs in this one; Ctrl-C ends it."""
    loop = asyncio.new_event_loop()
    task = loop.create_task(main)
    done = threading.Event()  # `Thread.join` forgets a thread that runs on when Ctrl-C comes

    def run() -> None:
        try:
            loop.run_until_complete(asyncio.wait([task]))
            loop.run_until_complete(loop.shutdown_default_executor())
        finally:
            loop.close()
            done.set()

    threading.Thread(target=run, name='clients', daemon=True).start()
    try:
        done.wait()
    except KeyboardInterrupt:
        loop.call_soon_threadsafe(task.cancel)
        done.wait()
        raise
    return task.result()
