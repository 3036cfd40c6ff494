"""Speed of an engine in this process: a batch of prompts goes in, exactly so many tokens of each come out.

For transformers (plain, with a static cache and `torch.compile`, with its own continuous batching) and for LMDeploy's
engines.  All get the same numbers of tokens, choose greedily, and stop at a length only, so all do the same work.

    engine = LMDeployEngine(folder)
    print(measure_batch(engine, token_prompts(8, 61), output_tokens=256).row())
"""

import asyncio
import dataclasses
import random
import statistics
import time
from collections.abc import Sequence
from pathlib import Path


@dataclasses.dataclass(frozen=True, slots=True)
class BatchMeasurement:
    """A batch, measured some times after a warm-up.  The times are of the whole batch."""

    batch: int
    input_tokens: int  # of each prompt
    output_tokens: int  # of each answer
    times_s: tuple[float, ...]  # one for each repeat
    ttfts_s: tuple[float, ...]  # the same batch with one token out: when all have their first token
    warm_up_s: float  # the first run of this shape, with what is only done once

    @property
    def time_s(self) -> float:
        """Median of the repeats."""
        return statistics.median(self.times_s)

    @property
    def ttft_s(self) -> float:
        """Until the whole batch has its first token, from a run with one token out; median of the repeats."""
        return statistics.median(self.ttfts_s)

    @property
    def tpot_s(self) -> float:
        """Time per output token after the first, of one answer."""
        return (self.time_s - self.ttft_s) / (self.output_tokens - 1)

    @property
    def output_tokens_per_s(self) -> float:
        """Of all answers together, prefill included."""
        return self.batch * self.output_tokens / self.time_s

    def row(self) -> dict:
        """The figures, rounded, as a row of a table or a record."""
        tokens = self.batch * self.output_tokens
        return {
            'batch': self.batch,
            'output_tokens_per_s': round(self.output_tokens_per_s, 1),
            'output_tokens_per_s_min': round(tokens / max(self.times_s), 1),
            'output_tokens_per_s_max': round(tokens / min(self.times_s), 1),
            'repeats': len(self.times_s),
            'time_s': round(self.time_s, 4),
            'ttft_s': round(self.ttft_s, 5),
            'tpot_s': round(self.tpot_s, 6),
            'warm_up_s': round(self.warm_up_s, 3),
        }


def token_prompts(batch: int, tokens: int, seed: int = 0, vocab_size: int = 1000) -> list[list[int]]:
    """`batch` prompts of random token numbers below `vocab_size`, all different: no engine can reuse another's prefix.

    The same arguments give the same prompts; a larger batch begins with those of a smaller one.
    """
    numbers = random.Random(f'{seed} {tokens}')
    return [[numbers.randrange(10, vocab_size) for _ in range(tokens)] for _ in range(batch)]


def measure_batch(
    engine,
    prompts: Sequence[Sequence[int]],
    *,
    output_tokens: int,
    repeats: int = 3,
    repeat_below_s: float = 3.0,
    warm_up_tokens: int | None = None,
) -> BatchMeasurement:
    """Run a batch through `engine` (any of this module's), `repeats` times after a warm-up of the same shape.

    Args:
        prompts: token numbers, of one length.
        output_tokens: length of each answer, two at least.
        repeat_below_s: what takes longer than this is not repeated.
        warm_up_tokens: length of the answers while warming up, where a shorter one warms up as well.

    Raises:
        ValueError: nothing to measure.
        RuntimeError: the engine made fewer or more tokens.
    """
    if output_tokens < 2 or repeats < 1:
        raise ValueError(f'two output tokens and one repeat are the least, not {output_tokens} and {repeats}')
    if len(lengths := {len(prompt) for prompt in prompts}) != 1:
        raise ValueError(f'the prompts must have one length, not {sorted(lengths) or "none at all"}')

    def repeated(tokens: int) -> tuple[float, ...]:
        times_s = [_time_s(engine, prompts, tokens)]
        while len(times_s) < repeats and times_s[0] < repeat_below_s:
            times_s.append(_time_s(engine, prompts, tokens))
        return tuple(times_s)

    warm_up_s = _time_s(engine, prompts, warm_up_tokens or output_tokens)
    times_s, ttfts_s = repeated(output_tokens), repeated(1)
    return BatchMeasurement(len(prompts), len(prompts[0]), output_tokens, times_s, ttfts_s, warm_up_s)


def _time_s(engine, prompts, output_tokens: int) -> float:
    start = time.perf_counter()
    counts = engine.generate(prompts, output_tokens)
    time_s = time.perf_counter() - start
    if counts != [output_tokens] * len(prompts):
        raise RuntimeError(
            f'{type(engine).__name__} made {sorted(set(counts))} tokens of {len(counts)} prompts, '
            f'not {output_tokens} of {len(prompts)}'
        )
    return time_s


class TransformersGenerate:
    """transformers' `generate`, as it comes or with a static cache, whose decoding `generate` compiles on a GPU."""

    def __init__(self, folder: str | Path, *, device: str, dtype: str, static_cache: bool = False):
        import torch
        from transformers import AutoModelForCausalLM

        self.options = {'cache_implementation': 'static'} if static_cache else {}
        model = AutoModelForCausalLM.from_pretrained(
            folder, dtype=getattr(torch, dtype), trust_remote_code=False, local_files_only=True
        )
        self.model = model.to(device).eval()
        self.model.generation_config = _until_length()

    def generate(self, prompts, output_tokens: int) -> list[int]:
        """How many tokens each prompt got."""
        import torch

        ids = torch.tensor(prompts, device=self.model.device)
        out = self.model.generate(
            input_ids=ids, attention_mask=torch.ones_like(ids), max_new_tokens=output_tokens, **self.options
        )
        return [len(answer) - ids.shape[1] for answer in out.tolist()]  # tolist waits for the device

    def close(self) -> None:
        from .engine import release

        model, self.model = self.model, None
        release(model)


class ContinuousBatching(TransformersGenerate):
    """transformers' continuous batching, which runs from here to `close()`.

    (`generate_batch` would start and stop it at each call, which takes most of a second.)
    """

    def __init__(self, folder: str | Path, **where):
        super().__init__(folder, **where)
        config = {}
        if self.model.device.type == 'cpu':  # of whose memory it would take nine tenths
            from transformers.generation import ContinuousBatchingConfig

            config['continuous_batching_config'] = ContinuousBatchingConfig(num_blocks=64, max_batch_tokens=1024)
        self.running = self.model.continuous_batching_context_manager(
            generation_config=_until_length(eos_token_id=-1), **config
        )
        self.manager = self.running.__enter__()

    def generate(self, prompts, output_tokens: int) -> list[int]:
        wanted = self.manager.add_requests(inputs=[list(prompt) for prompt in prompts], max_new_tokens=output_tokens)
        counts = {}
        while len(counts) < len(prompts):
            result = self.manager.get_result(timeout=1)
            if result is None and not self.manager.is_running():
                raise RuntimeError('the thread of continuous batching ended; its log says why')
            if result is not None and result.is_finished():
                if result.error is not None:
                    raise RuntimeError(f'continuous batching: {result.error}')
                counts[result.request_id] = len(result.generated_tokens)
        return [counts[name] for name in wanted]

    def close(self) -> None:
        self.running.__exit__(None, None, None)
        super().close()


def _until_length(**more):
    from transformers import GenerationConfig

    return GenerationConfig(do_sample=False, pad_token_id=0, **more)


class LMDeployEngine:
    """One of LMDeploy's engines, without streaming; `arguments` as `helpers.engine_config` takes them."""

    def __init__(self, folder: str | Path, **arguments):
        from lmdeploy import pipeline

        from .engine import engine_config, running_engine

        wanted = arguments.get('engine')
        self.pipe = pipeline(str(folder), backend_config=engine_config(**arguments), log_level='ERROR')
        if wanted and (running := running_engine(self.pipe)).engine != wanted:
            self.close()
            raise RuntimeError(f'{wanted} was asked for, and {running.engine} runs')

    def generate(self, prompts, output_tokens: int) -> list[int]:
        """How many tokens each prompt got."""
        from lmdeploy import GenerationConfig

        engine = self.pipe.async_engine
        fixed = GenerationConfig(max_new_tokens=output_tokens, ignore_eos=True, do_sample=False)

        async def one(ids) -> int:
            request = await engine.preprocess(None, engine.session_mgr.get(), gen_config=fixed, input_ids=list(ids))
            return sum([out.generate_token_len async for out in engine.generate(request, stream_response=False)][-1:])

        async def together() -> list[int]:
            return await asyncio.gather(*map(one, prompts))

        return asyncio.run_coroutine_threadsafe(together(), self.pipe.internal_thread.loop).result()

    def close(self) -> None:
        self.pipe.close()
