"""Engines in this process that all make the same tokens: transformers in three ways, and LMDeploy's.

transformers runs plain, with a static cache and `torch.compile`, or with its own continuous batching.  Each engine has
`generate` for a whole batch, `stream` with the time of every token, and `close`; `offline` measures them.
"""

import asyncio
import itertools
import queue
import shutil
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from lessons.serving.figures import RequestTiming


def answer_timing(prompt, start_s: float, times_s: Sequence[float], counts: Sequence[int]) -> RequestTiming:
    """The timing of an answer whose tokens came at `times_s`; `counts`: how many there were by then."""
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

    def held_weight_bytes(self) -> int:
        """Bytes of the weights as this process holds them."""
        return sum(tensor.nbytes for tensor in self.model.parameters())

    def generate(self, prompts, output_tokens: int) -> list[int]:
        """How many tokens each prompt got."""
        import torch

        ids = torch.tensor(prompts, device=self.model.device)
        out = self.model.generate(
            input_ids=ids, attention_mask=torch.ones_like(ids), max_new_tokens=output_tokens, **self.options
        )
        return [len(answer) - ids.shape[1] for answer in out.tolist()]  # tolist waits for the device

    def stream(self, prompts, lengths: list[int], at_once: int, on_answer: Callable[[RequestTiming], None]) -> None:
        """Call `on_answer` with the times of each answer."""
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
                on_answer(answer_timing(prompt, start_s, times_s[:length], range(1, len(times_s[:length]) + 1)))

    def close(self) -> None:
        from helpers.closing import release

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

    def stream(self, prompts, lengths: list[int], at_once: int, on_answer: Callable[[RequestTiming], None]) -> None:
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
                on_answer(answer_timing(prompt, start_s, result.timestamps, range(1, len(result.timestamps) + 1)))
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
    """Why `torch.compile` cannot work on a CPU here; None: it can."""
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

        from helpers.engine import engine_config, running_engine

        wanted = arguments.get('engine')
        self.pipe = pipeline(str(folder), backend_config=engine_config(**arguments), log_level='ERROR')
        if wanted and (running := running_engine(self.pipe)).engine != wanted:
            self.close()
            raise RuntimeError(f'{wanted} was asked for, and {running.engine} runs')

    def held_weight_bytes(self) -> int | None:
        """Bytes of the weights as this process holds them; None where the engine does not show them (TurboMind)."""
        executor = getattr(self.pipe.async_engine.engine, 'executor', None)
        agent = getattr(executor, 'model_agent', None)
        if agent is None:
            return None
        model = agent.patched_model.get_model()
        held = {_place(tensor): tensor.nbytes for tensor in (*model.parameters(), *model.buffers())}
        return sum(held.values())  # a tied output head lies where the embeddings lie

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

    def stream(self, prompts, lengths: list[int], at_once: int, on_answer: Callable[[RequestTiming], None]) -> None:
        """Call `on_answer` with the times of each answer, in this thread."""
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
                done.put(answer_timing(prompt, start_s, times_s, counts))

        async def together() -> None:
            await asyncio.gather(*(client() for _ in range(at_once)))

        future = asyncio.run_coroutine_threadsafe(together(), self.pipe.internal_thread.loop)
        future.add_done_callback(lambda _: done.put(None))
        try:
            while (timing := done.get()) is not None:
                on_answer(timing)
        finally:
            future.cancel()
        future.result()

    def close(self) -> None:
        from helpers.closing import release

        pipe, self.pipe = self.pipe, None
        release(pipe)  # a closed TurboMind keeps the weights as long as anything names it


def _place(tensor):
    """Where a tensor lies, the same for two names of one; one packed for the processor has no address."""
    try:
        return tensor.data_ptr(), tensor.nbytes
    except RuntimeError:
        return id(tensor)
