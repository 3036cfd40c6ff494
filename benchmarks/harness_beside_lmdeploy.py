"""What the course's measuring costs, beside LMDeploy's own benchmark scripts, in turns and in processor time.

    python -m benchmarks.harness_beside_lmdeploy [--dtype bfloat16 float32] [--at-once 8 32] [--turns 9]

All sides drive one loaded engine, with the same prompts and lengths.  They differ in what is done for a token:

    stream, answers   `lessons.speed`: LMDeploy's AsyncEngine, with every token, and with whole answers alone
    throughput        benchmark/profile_throughput.py in LMDeploy's repository: the engine below AsyncEngine
    pipeline, +tokens profile_pipeline_api.py without and with --stream-output: every piece crosses to another thread

A ratio is the side's output tokens/s by those of `stream` in the same turn; processor time is the whole process's, and
a busy machine lengthens it far less than the clock's.
"""

import asyncio
import dataclasses
import statistics
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.command_line import CommandLine
from helpers.models import EMBEDDED
from lessons.speed.engines import LMDeployEngine
from lessons.speed.offline import token_prompts


@dataclasses.dataclass(frozen=True, slots=True)
class Run:
    """One side, once."""

    time_s: float
    cpu_s: float  # of all threads of this process
    tokens: int


class Sides:
    """Ways to have `requests` answers of `length` tokens, `at_once` at a time; each returns the tokens it counted."""

    def __init__(self, folder: Path, dtype: str, at_once: int, requests: int, length: int):
        from lmdeploy import GenerationConfig

        self.engine = LMDeployEngine(
            folder, engine='pytorch', device_type='cpu', dtype=dtype, session_len=512, max_batch_size=at_once,
            num_gpu_blocks=16 * at_once,
        )  # fmt: skip
        self.pipe, self.at_once, self.length = self.engine.pipe, at_once, length
        self.config = GenerationConfig(max_new_tokens=length, ignore_eos=True, do_sample=False)
        tokenizer = self.pipe.async_engine.tokenizer
        self.texts = [tokenizer.decode(ids) for ids in token_prompts(requests, 64)]
        self.prompts = [tokenizer.encode(text) for text in self.texts]

    def stream(self) -> int:
        timings = []
        self.engine.stream(self.prompts, [self.length] * len(self.prompts), self.at_once, timings.append)
        return sum(timing.output_tokens for timing in timings)

    def answers(self) -> int:
        return sum(self.engine.generate(self.prompts, self.length))

    def pipeline(self) -> int:
        answers = self.pipe(self.texts, self.config, do_preprocess=False)
        return sum(answer.generate_token_len for answer in answers)

    def pipeline_tokens(self) -> int:
        counts = {}
        for out in self.pipe.stream_infer(self.texts, gen_config=self.config, do_preprocess=False):
            counts[out.index] = out.generate_token_len
        return sum(counts.values())

    def throughput(self) -> int:
        from lmdeploy.tokenizer import DetokenizeState

        engine, left = self.pipe.async_engine, iter(enumerate(self.texts, 1_000_000))  # ids that no session has

        async def client() -> int:
            instance, made = engine.engine.create_instance(), 0
            for session, text in left:
                ids = engine.tokenizer.encode(text)
                state, token_ids = DetokenizeState(len(ids)), list(ids)
                async for out in instance.async_stream_infer(
                    session, ids, self.config, sequence_start=True, sequence_end=True, stream_output=True
                ):
                    token_ids += out.token_ids
                    _, state = engine.tokenizer.detokenize_incrementally(token_ids, state)
                    time.perf_counter()
                made += len(token_ids) - len(ids)
                await instance.async_end(session)
            return made

        async def together() -> int:
            return sum(await asyncio.gather(*(client() for _ in range(self.at_once))))

        return asyncio.run_coroutine_threadsafe(together(), self.pipe.internal_thread.loop).result()


NAMES = ('stream', 'answers', 'throughput', 'pipeline', 'pipeline_tokens')


def run(side: Callable[[], int]) -> Run:
    start_s, start_cpu_s = time.perf_counter(), time.process_time()
    tokens = side()
    return Run(time.perf_counter() - start_s, time.process_time() - start_cpu_s, tokens)


def take_turns(sides: dict[str, Callable[[], int]], turns: int, expected: int) -> dict[str, list[Run]]:
    """A warm-up, then `turns` times each, in another order every time.  RuntimeError: a side made other tokens."""
    names, runs = list(sides), {name: [] for name in sides}
    for turn in range(turns + 1):
        for name in names[turn % len(names) :] + names[: turn % len(names)]:
            found = run(sides[name])
            if found.tokens != expected:
                raise RuntimeError(f'{name} made {found.tokens} tokens, not {expected}')
            if turn:
                runs[name].append(found)
    return runs


def table(runs: dict[str, list[Run]]) -> str:
    """A row a side: speed by the first one's (median, least and most of the turns), processor time a token (median)."""
    first = next(iter(runs.values()))
    lines = [f'{"":16}{"times as fast":>24}{"µs of CPU a token":>20}']
    for name, found in runs.items():
        ratios = sorted(base.time_s / one.time_s for one, base in zip(found, first, strict=True))
        cpu_us = 1e6 * statistics.median(one.cpu_s / one.tokens for one in found)
        spread = f'{statistics.median(ratios):.3f} ({ratios[0]:.3f} to {ratios[-1]:.3f})'
        lines.append(f'{name:16}{spread:>24}{cpu_us:>20.0f}')
    return '\n'.join(lines)


def main() -> None:
    parser = CommandLine(__doc__)
    parser.add_argument('--model', type=Path, default=EMBEDDED / 'tiny-chat')
    parser.add_argument('--dtype', nargs='+', default=['bfloat16', 'float32'])
    parser.add_argument('--at-once', nargs='+', type=int, default=[8, 32], help='clients (default: %(default)s)')
    parser.add_argument('--turns', type=int, default=9, help='default: %(default)s')
    parser.add_argument('--output-tokens', type=int, default=128, help='default: %(default)s')
    args = parser.parse_args()
    for dtype in args.dtype:
        for at_once in args.at_once:
            requests = 2 * at_once
            sides = Sides(args.model, dtype, at_once, requests, args.output_tokens)
            try:
                ways = {name: getattr(sides, name) for name in NAMES}
                runs = take_turns(ways, args.turns, requests * args.output_tokens)
            finally:
                sides.engine.close()
            print(f'\n{dtype}, {at_once} at once, {args.turns} turns', table(runs), sep='\n', flush=True)


if __name__ == '__main__':
    main()
