"""One request through a running pipeline, and all that the engine tells: tokens, probabilities, blocks, times."""

import asyncio
import dataclasses
import math
import time
from contextlib import nullcontext
from dataclasses import dataclass

from helpers.engine import BLOCK_TOKENS, running_engine
from lessons.kv_cache.trace import BlockTrace, record_blocks
from lessons.serving.figures import RequestTiming
from lessons.speed.engines import answer_timing

LIKELIEST = 5  # tokens whose probability is asked for


@dataclass(frozen=True)
class Followed:
    """What was recorded.  Lists about the answer have an entry for each of its tokens."""

    engine: str  # 'turbomind' | 'pytorch'
    prompt: list[int]  # token ids, with what the chat template adds
    prompt_pieces: list[str]  # the text of each
    answer: list[int]  # token ids; LMDeploy leaves a stop token out
    streamed: list[str]  # the text that came with each token; of several that came at once, with the last
    pieces: dict[int, str]  # the text of a token of the answer, and of each that might have been taken
    probabilities: (
        list[dict[int, float]] | None
    )  # {token id: probability} of the likeliest; None: the engine tells none
    block_tokens: int
    blocks: list[int]  # that the request has when the token is made
    num_blocks: int | None  # that requests can take; None: the engine does not tell
    kept_blocks: int | None  # that are not given back at the end; None: the engine does not tell
    finish_reason: str  # 'stop' | 'length'
    timing: RequestTiming


def follow(pipe, prompt, gen_config) -> Followed:
    """Run one request, and record it.

    Args:
        pipe: a `lmdeploy.pipeline` on which nothing else runs.
        prompt: a string, or messages as `pipe` takes them.
        gen_config: a GenerationConfig; the probabilities of the LIKELIEST tokens are asked for besides.
    Raises:
        ValueError: the answer has no token.
        lmdeploy.serve.core.exceptions.RequestError: LMDeploy refuses the request.
    """
    engine, running = pipe.async_engine, running_engine(pipe).engine
    asked = dataclasses.replace(gen_config, logprobs=LIKELIEST)
    with record_blocks(pipe) if running == 'pytorch' else nullcontext() as trace:
        start_s = time.perf_counter()
        ids, chunks = asyncio.run_coroutine_threadsafe(_run(engine, prompt, asked), pipe.internal_thread.loop).result()
    times_s, counts, outs = zip(*chunks, strict=True)
    answer = [token for out in outs for token in out.token_ids]
    if not answer:
        raise ValueError(f'no token came, finish_reason {outs[-1].finish_reason!r}: ask for something else')
    new = [n for n in range(len(outs)) if outs[n].token_ids]
    probabilities = _probabilities([row for out in outs for row in out.logprobs or []], pipe.backend_config)
    known = {*answer, *(token for row in probabilities or [] for token in row)}
    block_tokens = getattr(pipe.backend_config, BLOCK_TOKENS[running])
    there = [len(ids) + n for n in range(len(answer))]
    return Followed(
        engine=running,
        prompt=ids,
        prompt_pieces=[_piece(engine, token) for token in ids],
        answer=answer,
        streamed=_streamed(outs),
        pieces={token: _piece(engine, token) for token in known},
        probabilities=probabilities,
        block_tokens=block_tokens,
        blocks=[_recorded(trace, n) if trace else math.ceil(n / block_tokens) for n in there],
        num_blocks=trace.num_blocks if trace else None,
        kept_blocks=trace.moments[-1].taken if trace else None,
        finish_reason=outs[-1].finish_reason,
        timing=answer_timing(ids, start_s, [times_s[n] for n in new], [counts[n] for n in new]),
    )


async def _run(engine, prompt, gen_config) -> tuple[list[int], list]:
    """Token ids of the prompt, and (when, tokens so far, what) of each chunk of the answer."""
    request = await engine.preprocess(prompt, engine.session_mgr.get(), gen_config=gen_config)
    chunks = []
    async for out in engine.generate(request, stream_response=True):
        chunks.append((time.perf_counter(), out.generate_token_len, out))
    return list(request.inputs['input_ids']), chunks


def _piece(engine, token: int) -> str:
    return engine.tokenizer.decode([token], skip_special_tokens=False)


def _streamed(outs) -> list[str]:
    """The text of each chunk with its last token; what comes after the last token belongs to that one."""
    texts: list[str] = []
    for out in outs:
        if out.token_ids:
            texts += [''] * (len(out.token_ids) - 1) + [out.response]
        elif texts:
            texts[-1] += out.response
    return texts


def _probabilities(logprobs: list[dict[int, float]], config) -> list[dict[int, float]] | None:
    """None where none came, where they are logits, or where each row has one token only.

    TurboMind's sampler keeps one when decoding is greedy, and calls it certain.  Source: `Sampling::Forward` in
    src/turbomind/generation/sampling.cc: filter first, then softmax over what is left.
    """
    if getattr(config, 'logprobs_mode', None) == 'raw_logits' or all(len(row) < 2 for row in logprobs):
        return None
    return [{token: math.exp(value) for token, value in row.items()} for row in logprobs]


def _recorded(trace: BlockTrace, tokens: int) -> int:
    """How many blocks the scheduler had given when so many tokens were there."""
    given = [c for moment in trace.moments for c in moment.conversations if c.state == 'running' and c.tokens <= tokens]
    return len(given[-1].blocks) if given else 0
