"""Sides that answer the same prompts in turns on a CPU, so that a busy neighbour hits both."""

import asyncio
import time

import lmdeploy_cpu  # noqa: F401  before torch: it sets how OpenMP's threads wait

import torch  # isort: skip
from helpers.checkpoints.geometry import Geometry

TOKENS_IN, TOKENS_OUT = 64, 128
MIDDLE = Geometry('LlamaForCausalLM', 8192, 512, 1536, num_layers=8, num_heads=8, num_kv_heads=4, head_dim=64)


class LMDeploy:
    def __init__(self, folder, dtype, num_gpu_blocks=256):
        from lmdeploy import PytorchEngineConfig, pipeline

        config = PytorchEngineConfig(device_type='cpu', dtype=dtype, session_len=1024, num_gpu_blocks=num_gpu_blocks)
        self.pipe = pipeline(str(folder), backend_config=config, log_level='ERROR')
        weights = self.pipe.async_engine.engine.executor.model_agent.patched_model.get_model().parameters()
        self.num_parameters = sum(p.numel() for p in weights)

    def run(self, prompts, lengths) -> int:
        """All prompts at once, with so many output tokens each -> output tokens"""
        from lmdeploy import GenerationConfig

        engine = self.pipe.async_engine

        async def one(ids, length):
            config = GenerationConfig(max_new_tokens=length, ignore_eos=True)
            request = await engine.preprocess(None, engine.session_mgr.get(), gen_config=config, input_ids=ids)
            outputs = [out async for out in engine.generate(request, stream_response=False)]
            return outputs[-1].generate_token_len

        async def together():
            return sum(await asyncio.gather(*map(one, prompts, lengths)))

        return asyncio.run_coroutine_threadsafe(together(), self.pipe.internal_thread.loop).result()

    def close(self):
        self.pipe.close()


def rate(side, prompts, lengths=None) -> float:
    """Output tokens a second, prefill included; `lengths` in tokens, TOKENS_OUT each if None."""
    lengths = lengths or [TOKENS_OUT] * len(prompts)
    start = time.perf_counter()
    tokens = side.run(prompts, lengths)
    seconds = time.perf_counter() - start
    if tokens != sum(lengths):
        raise RuntimeError(f'{type(side).__name__} made {tokens} tokens instead of {sum(lengths)}')
    return tokens / seconds


def take_turns(ours, theirs, prompts, repeat, progress, **lengths) -> list[tuple[float, float]]:
    """Output tokens/s of both, `repeat` times."""
    pairs = []
    for turn in range(repeat + 1):
        sides = (ours, theirs) if turn % 2 else (theirs, ours)
        found = {side: rate(side, prompts, **lengths) for side in sides}
        if turn:  # the first is to warm up
            pairs.append((found[ours], found[theirs]))
        progress.update()
    return pairs


def random_prompts(count: int, vocab: int) -> list[list[int]]:
    generator = torch.Generator().manual_seed(count)
    return torch.randint(8, vocab, (count, TOKENS_IN), generator=generator).tolist()
