"""Speed of an engine in this process: a batch of prompts goes in, exactly so many tokens of each come out.

For transformers (plain, with a static cache and `torch.compile`, with its own continuous batching) and for LMDeploy's
engines.  All get the same numbers of tokens, choose greedily, and stop at a length only, so all do the same work.

    engine = LMDeployEngine(folder)
    print(measure_batch(engine, token_prompts(8, 61), output_tokens=256))
    print(measure_engine(engine, token_prompts(32, 61), output_tokens=256, at_once=8))

The first reads the clock around a batch, the second at every token of every answer, as `lmdeploy.profiler` does.
"""

import asyncio
import dataclasses
import itertools
import queue
import random
import shutil
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from .benchmark import LoadMeasurement, RequestTiming


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

    def __str__(self) -> str:
        tokens = self.batch * self.output_tokens
        return (
            f'batch {self.batch:>3}: {self.output_tokens_per_s:8.1f} tokens/s '
            f'({tokens / max(self.times_s):.1f} to {tokens / min(self.times_s):.1f} in {len(self.times_s)} runs), '
            f'TTFT {1e3 * self.ttft_s:6.0f} ms, TPOT {1e3 * self.tpot_s:6.1f} ms'
        )

    @property
    def input_tokens_per_s(self) -> float:
        """Prompts' tokens by the time until all have their first token: the speed of the prefill."""
        return self.batch * self.input_tokens / self.ttft_s

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
        warm_up_tokens: length of the answers while warming up, where a shorter one warms up as well (not `generate`
            on a GPU where torch chooses cuDNN's attention: each length of text that it has not seen costs it 45 ms).

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


def measure_engine(
    engine,
    prompts: Sequence[Sequence[int]],
    *,
    output_tokens: int | Sequence[int],
    at_once: int | None = None,
    progress: bool = True,
) -> LoadMeasurement:
    """Run prompts of any lengths through `engine` (any of this module's), and take the time of every token.

    A closed loop of `at_once` clients: LMDeploy and continuous batching get the next prompt as soon as an answer is
    done, `generate` works through batches of `at_once`, padded to their longest prompt, and each as long as its longest
    answer (what comes after the end of a shorter one does not count).  A request's time begins when the engine gets it,
    a batch's requests begin together.  Nothing is warmed up or repeated: see `repeated`.  Ctrl-C
    ends it; if any answer was whole by then, the measurement is of those.

    Args:
        prompts: token numbers.
        output_tokens: length of each answer, or a list with one for each.
        at_once: None: all.

    Raises:
        ValueError: nothing to measure.
        RuntimeError: the engine made fewer or more tokens.
    """
    from tqdm import tqdm

    at_once = len(prompts) if at_once is None else at_once
    lengths = [output_tokens] * len(prompts) if isinstance(output_tokens, int) else list(output_tokens)
    if len(lengths) != len(prompts):
        raise ValueError(f'{len(prompts)} prompts, and lengths for {len(lengths)} answers')
    for name, count in (('prompts', len(prompts)), ('output_tokens', min(lengths, default=1)), ('at_once', at_once)):
        if count < 1:
            raise ValueError(f'{name}: at least one is needed, not {count}')
    timings, errors = [], ()
    with tqdm(total=len(prompts), unit='answer', delay=1.0, leave=False, disable=not progress) as bar:

        def keep(timing: RequestTiming) -> None:
            timings.append(timing)
            bar.update()

        begin_s = time.perf_counter()
        try:
            engine.stream(prompts, lengths, at_once, keep)
        except KeyboardInterrupt:
            if not timings:
                raise
            errors = ('interrupted',) * (len(prompts) - len(timings))
        wall_time_s = time.perf_counter() - begin_s
    made = sorted(t.output_tokens for t in timings)
    if not errors and made != sorted(lengths):
        raise RuntimeError(f'{type(engine).__name__} made {made} tokens, not {sorted(lengths)}')
    return LoadMeasurement(at_once, wall_time_s, 0.0, tuple(timings), errors)


def _timing(prompt, start_s: float, times_s: Sequence[float], counts: Sequence[int]) -> RequestTiming:
    """Of an answer whose tokens came at `times_s`; `counts`: how many there were by then."""
    itls_s = tuple(later - earlier for earlier, later in itertools.pairwise(times_s))
    return RequestTiming(len(prompt), counts[-1], start_s, times_s[0], times_s[-1], counts[0], itls_s)


class _Clock:
    """A streamer for `generate` that keeps the time of every step; the first is that of the prompt."""

    def __init__(self):
        self.times_s = []

    def put(self, tokens) -> None:
        self.times_s.append(time.perf_counter())

    def end(self) -> None:
        pass


class TransformersGenerate:
    """transformers' `generate`, as it comes or with a static cache and compiled decoding.

    `static_cache=True` lets `generate` compile on a GPU, as it does by itself there; on a CPU, where it takes about a
    minute for each shape, only with `compile_on_cpu=True`.

    Raises:
        RuntimeError: torch.compile needs a C++ compiler on a CPU, and there is none.
    """

    def __init__(
        self,
        folder: str | Path,
        *,
        device: str,
        dtype: str,
        static_cache: bool = False,
        compile_on_cpu: bool = False,
    ):
        import torch
        from transformers import AutoModelForCausalLM

        self.options = {'cache_implementation': 'static'} if static_cache else {}
        if compile_on_cpu:
            if why := why_no_compile():
                raise RuntimeError(why)
            from transformers import CompileConfig

            config = CompileConfig(mode='default')
            config._compile_all_devices = True
            self.options['compile_config'] = config
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

    def stream(self, prompts, lengths: list[int], at_once: int, keep: Callable[[RequestTiming], None]) -> None:
        """Call `keep` with the times of each answer."""
        import torch

        for at in range(0, len(prompts), at_once):
            batch, wanted = prompts[at : at + at_once], lengths[at : at + at_once]
            clock, start_s = _Clock(), time.perf_counter()
            longest = max(map(len, batch))
            ids = torch.tensor([[0] * (longest - len(prompt)) + list(prompt) for prompt in batch])
            mask = torch.tensor([[0] * (longest - len(prompt)) + [1] * len(prompt) for prompt in batch])
            self.model.generate(
                input_ids=ids.to(self.model.device),
                attention_mask=mask.to(self.model.device),
                max_new_tokens=max(wanted),
                streamer=clock,
                **self.options,
            )
            times_s = clock.times_s[1:]
            for prompt, length in zip(batch, wanted, strict=True):
                keep(_timing(prompt, start_s, times_s[:length], range(1, len(times_s[:length]) + 1)))

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
        from transformers.generation import ContinuousBatchingConfig

        config = {'allow_block_sharing': False}  # a prompt measured again would be found in the cache
        if self.model.device.type == 'cpu':  # of whose memory it would take nine tenths
            config |= {'num_blocks': 64, 'max_batch_tokens': 1024}
        self.running = self.model.continuous_batching_context_manager(
            generation_config=_until_length(eos_token_id=-1),
            continuous_batching_config=ContinuousBatchingConfig(**config),
        )
        self.manager = self.running.__enter__()

    def generate(self, prompts, output_tokens: int) -> list[int]:
        wanted = self.manager.add_requests(inputs=[list(prompt) for prompt in prompts], max_new_tokens=output_tokens)
        counts = {}
        while len(counts) < len(prompts):
            result = self._next_result()
            counts[result.request_id] = len(result.generated_tokens)
        return [counts[name] for name in wanted]

    def stream(self, prompts, lengths: list[int], at_once: int, keep: Callable[[RequestTiming], None]) -> None:
        waiting, begun = list(zip(prompts, lengths, strict=True))[::-1], {}
        try:
            while waiting or begun:
                while waiting and len(begun) < at_once:
                    (prompt, length), start_s = waiting.pop(), time.perf_counter()
                    name = self.manager.add_request(
                        list(prompt), max_new_tokens=length, record_timestamps=True, eos_token_id=-1
                    )
                    begun[name] = prompt, start_s
                result = self._next_result()
                prompt, start_s = begun.pop(result.request_id)
                keep(_timing(prompt, start_s, result.timestamps, range(1, len(result.timestamps) + 1)))
        finally:
            for name in begun:
                self.manager.cancel_request(name)

    def _next_result(self):
        """The next whole answer."""
        while True:
            result = self.manager.get_result(timeout=1)
            if result is None and not self.manager.is_running():
                raise RuntimeError('the thread of continuous batching ended; its log says why')
            if result is not None and result.is_finished():
                if result.error is not None:
                    raise RuntimeError(f'continuous batching: {result.error}')
                return result

    def close(self) -> None:
        self.running.__exit__(None, None, None)
        super().close()


def why_no_compile() -> str | None:
    """What `torch.compile` lacks for a CPU; None: nothing."""
    if shutil.which('g++') or shutil.which('clang++'):
        return None
    return 'torch.compile needs a C++ compiler for a CPU, and there is none (g++, clang++)'


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

    def stream(self, prompts, lengths: list[int], at_once: int, keep: Callable[[RequestTiming], None]) -> None:
        """Call `keep` with the times of each answer, in this thread."""
        from lmdeploy import GenerationConfig

        engine = self.pipe.async_engine
        fixed = {n: GenerationConfig(max_new_tokens=n, ignore_eos=True, do_sample=False) for n in set(lengths)}
        done: queue.SimpleQueue = queue.SimpleQueue()
        waiting = iter(zip(prompts, lengths, strict=True))

        async def client() -> None:
            for prompt, length in waiting:
                start_s, times_s, counts = time.perf_counter(), [], []
                request = await engine.preprocess(
                    None, engine.session_mgr.get(), gen_config=fixed[length], input_ids=list(prompt)
                )
                async for out in engine.generate(request, stream_response=True):
                    if out.generate_token_len > (counts[-1] if counts else 0):
                        times_s.append(time.perf_counter())
                        counts.append(out.generate_token_len)
                done.put(_timing(prompt, start_s, times_s, counts))

        async def together() -> None:
            await asyncio.gather(*(client() for _ in range(at_once)))

        future = asyncio.run_coroutine_threadsafe(together(), self.pipe.internal_thread.loop)
        future.add_done_callback(lambda _: done.put(None))
        try:
            while (timing := done.get()) is not None:
                keep(timing)
        finally:
            future.cancel()
        future.result()

    def close(self) -> None:
        from .engine import release

        pipe, self.pipe = self.pipe, None
        release(pipe)  # a closed TurboMind keeps the weights as long as anything names it
