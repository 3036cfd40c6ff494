"""vLLM's engine in a process of vLLM's own Python, which need not have LMDeploy; `beside_vllm` starts it.

    PYTHON_WITH_VLLM -m benchmarks.vllm_worker FOLDER '{"max_num_seqs": 256}' '{"todo": [[61, 8]], ...}'

What it measures and how is `lessons.speed.offline`, as for every other engine.  Each line that begins with ROW is JSON.
"""

import json
import sys
import time
from collections.abc import Callable

from lessons.speed.offline import measure_batch, token_prompts

ROW = 'beside_vllm row: '


class VllmEngine:
    """vLLM's `LLM` as `lessons.speed.engines` has its engines, without streaming; `arguments` are vLLM's own."""

    def __init__(self, folder: str, **arguments):
        from vllm import LLM

        self.llm = LLM(folder, **arguments)
        self.caches = self.llm.llm_engine.vllm_config.cache_config.enable_prefix_caching

    def generate(self, prompts, output_tokens: int) -> list[int]:
        """How many tokens each prompt got."""
        from vllm import SamplingParams

        if self.caches:  # a repeat must not find its own prompts there
            self.llm.reset_prefix_cache()
        fixed = SamplingParams(temperature=0, max_tokens=output_tokens, ignore_eos=True)
        prompts = [{'prompt_token_ids': list(prompt)} for prompt in prompts]
        answers = self.llm.generate(prompts, fixed, use_tqdm=False)
        return [len(answer.outputs[0].token_ids) for answer in answers]

    def sizes(self) -> dict[str, int]:
        """What vLLM made of its arguments."""
        config = self.llm.llm_engine.vllm_config
        return {
            'cache_tokens': config.cache_config.num_gpu_blocks * config.cache_config.block_size,
            'max_batch_size': config.scheduler_config.max_num_seqs,
            'max_batched_tokens': config.scheduler_config.max_num_batched_tokens,
        }


def measure_batches(engine, todo: list, plan: dict, report: Callable[..., None]) -> None:
    """`report(**row)` for each (input tokens, batch) in `todo`."""
    for tokens_in, batch in todo:
        measured = measure_batch(
            engine,
            token_prompts(batch, tokens_in, seed=plan['turn']),
            output_tokens=plan['tokens_out'],
            repeats=plan['repeats'],
            repeat_below_s=plan['repeat_below_s'],
        )
        report(tokens_in=tokens_in, **measured.row())


def work(folder: str, arguments: dict, plan: dict, engine_class=VllmEngine) -> None:
    """Print a row for each of `plan['todo']`."""
    from importlib.metadata import version

    begin = time.perf_counter()
    engine = engine_class(folder, **arguments)
    load_s = round(time.perf_counter() - begin, 2)

    def report(**row) -> None:
        more = {'load_s': load_s, 'version': version('vllm'), **engine.sizes()}
        print(ROW + json.dumps(row | more), flush=True)

    measure_batches(engine, plan['todo'], plan, report)


if __name__ == '__main__':  # vLLM starts processes that import this file again
    work(sys.argv[1], *map(json.loads, sys.argv[2:4]))
