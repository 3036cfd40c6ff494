"""A load on a server: many chat requests at once, each answer's stream kept with its times.

On a laptop the load shares the processor with the server that it measures, so it must be cheap: the chunks of the
streams are kept with their times and read when all is over.  That costs about 30 µs a token with aiohttp, where the
`openai` SDK, which makes an object of each, takes 360 µs.
"""

import asyncio
import itertools
import time
from collections.abc import Callable

from tqdm import tqdm

from .event_loop import in_a_thread
from .figures import RequestTiming
from .replies import Reply


def request_body(client, model: str | None, output_tokens: int, temperature: float, extra_body: dict) -> dict:
    """What all requests of a measurement have in common; the messages are yet to come."""
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


def send(
    client, requests: list[list[dict]], starts_s: list[float] | None, timeout_s: float, desc: str, progress: bool
) -> tuple[float, float, tuple[RequestTiming, ...], tuple[str, ...]]:
    """Send requests, and wait for all answers.

    Args:
        requests: bodies of chat requests, a list for each client, who sends one after the other.
        starts_s: when each client's first request is due, counted from the start; None: at once, and when it is sent.

    Returns wall time and the load's own processor time in seconds, the timings of the whole answers, and what was wrong
    with the others.  Raises RuntimeError where none is whole, KeyboardInterrupt where Ctrl-C came before one was.
    """
    output_tokens = requests[0][0]['max_tokens']
    with tqdm(
        total=sum(map(len, requests)), desc=desc, unit='answer', delay=1.0, leave=False, disable=not progress
    ) as bar:
        address = f'{str(client.base_url).rstrip("/")}/chat/completions'
        replies: list[Reply] = []
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


async def _load(
    address: str,
    key: str,
    requests: list[list[dict]],
    starts_s: list[float] | None,
    timeout_s: float,
    replies: list[Reply],
    advance: Callable[[], None],
) -> tuple[float, float]:
    """Wall time, processor time; what comes back goes to `replies`."""
    import aiohttp

    async def ask(session, body: dict, due_s: float | None) -> None:
        reply = Reply(due_s or time.perf_counter())
        replies.append(reply)
        try:
            async with session.post(address, json=body) as response:
                if response.status != 200:
                    reply.error = f'HTTP {response.status}: {(await response.text())[:300]}'
                    return
                async for chunk in response.content.iter_any():
                    reply.chunks.append((time.perf_counter(), chunk))
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
