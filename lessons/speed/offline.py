"""Speed of an engine in this process: a batch of prompts goes in, exactly so many tokens of each come out.

The engines (`engines`) get the same numbers of tokens, choose greedily, and stop at a length only, so all do the same
work.

    engine = LMDeployEngine(folder)
    print(measure_batch(engine, token_prompts(8, 61), output_tokens=256))
    print(measure_engine(engine, token_prompts(32, 61), output_tokens=256, at_once=8))

The first reads the clock around a batch, the second at every token of every answer, as `lmdeploy.profiler` does.
"""

import dataclasses
import random
import statistics
import time
from collections.abc import Sequence

from lessons.serving.figures import LoadMeasurement, RequestTiming


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
    """`batch` prompts of random token ids below `vocab_size`, all different: no engine can reuse another's prefix.

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
    """Run a batch through `engine` (any of `engines`), `repeats` times after a warm-up of the same shape.

    Args:
        prompts: token ids, of one length.
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
    """Run prompts of any lengths through `engine` (any of `engines`), and take the time of every token.

    A closed loop of `at_once` clients: LMDeploy and continuous batching get the next prompt as soon as an answer is
    done, `generate` works through batches of `at_once`, padded to their longest prompt, and each as long as its longest
    answer (what comes after the end of a shorter one does not count).  A request's time begins when the engine gets it,
    a batch's requests begin together.  Nothing is warmed up or repeated: see `repeated`.  Ctrl-C
    ends it; if any answer was whole by then, the measurement is of those.

    Args:
        prompts: token ids.
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

        def on_answer(timing: RequestTiming) -> None:
            timings.append(timing)
            bar.update()

        begin_s = time.perf_counter()
        try:
            engine.stream(prompts, lengths, at_once, on_answer)
        except KeyboardInterrupt:
            if not timings:
                raise
            errors = ('interrupted',) * (len(prompts) - len(timings))
        wall_time_s = time.perf_counter() - begin_s
    made = sorted(t.output_tokens for t in timings)
    if not errors and made != sorted(lengths):
        raise RuntimeError(f'{type(engine).__name__} made {made} tokens, not {sorted(lengths)}')
    return LoadMeasurement(at_once, wall_time_s, 0.0, tuple(timings), errors)
