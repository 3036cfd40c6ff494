"""Speed of an OpenAI-compatible server under load, counted in tokens.

The definitions are those of `lmdeploy.profiler.Profiler`: TTFT is the time from sending a request to its first token,
TPOT the time from the first token to the last, divided by the tokens that came in it, ITL each time between two chunks
of an answer after the first, E2E latency that from sending the request to the last token, throughput all tokens divided
by the wall time; an answer that failed or is too short does not count.  Tokens are the server's own count (`usage`),
never chunks of a stream or characters.  (`lessons.speed.offline` measures engines in this process by the same
definitions.)
"""

import itertools
from collections.abc import Sequence

from .figures import LoadMeasurement
from .sending import request_body, send

PROMPT = 'Tell me a story.'


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
    body = request_body(client, model, output_tokens, temperature, extra_body)
    questions = itertools.cycle(prompts)
    requests = [
        [body | {'messages': [{'role': 'user', 'content': next(questions)}]} for _ in range(requests_per_client)]
        for _ in range(clients)
    ]
    desc = f'{clients} clients'
    wall_time_s, client_cpu_s, timings, errors = send(client, requests, None, timeout_s, desc, progress)
    return LoadMeasurement(clients, wall_time_s, client_cpu_s, timings, errors)
