"""How often the target agreed: what LMDeploy says of its guesses, step by step."""

import itertools
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch


@dataclass
class Guesses:
    """Counts over the steps of decoding that were watched, each of one sequence; `guesses` were made in each."""

    guesses: int
    agreed: Counter = field(default_factory=Counter)  # how many guesses agreed → in how many steps
    lmdeploy: Any = None  # its own counters, SpeculativeDecodingStats, which /metrics shows of a server

    @property
    def steps(self) -> int:
        """Steps of decoding, counted for each sequence alone."""
        return self.agreed.total()

    @property
    def tokens_a_step(self) -> float:
        """Tokens that a step made, on average: the guesses that agreed, and the one that the check gives itself."""
        return 1 + sum(n * times for n, times in self.agreed.items()) / self.steps

    @property
    def by_place(self) -> list[float]:
        """Of guess 1, 2, …: its share that agreed, among the steps in which all before it had agreed."""
        reached = self._reached
        return [after / before if before else 0.0 for before, after in itertools.pairwise(reached)]

    @property
    def acceptance(self) -> float:
        """The acceptance rate: of the guesses that counted (all before them agreed) the share that agreed."""
        reached = self._reached
        return sum(reached[1:]) / sum(reached[:-1])

    @property
    def _reached(self) -> list[int]:
        """In how many steps 0, 1, … guesses or more agreed."""
        return [sum(times for n, times in self.agreed.items() if n >= i) for i in range(self.guesses + 1)]


@contextmanager
def watch_guesses(pipe) -> Iterator[Guesses]:
    """Count while `pipe`, a pipeline with a draft in this process, answers; its answers stay what they are.

    `agreed` has every step, from LMDeploy's rejection sampler.  LMDeploy's own counters get one step of each event:
    where an event carries several steps' tokens, as with many sequences on a busy machine, they miss the others.
    """
    from lmdeploy.metrics.metrics_processor import metrics_processor
    from lmdeploy.metrics.stats import SpeculativeDecodingStats

    agent = pipe.async_engine.engine.executor.model_agent.spec_agent
    seen = Guesses(agent.num_spec_tokens, lmdeploy=SpeculativeDecodingStats(agent.num_spec_tokens))

    def count(module, args, result):
        seen.agreed.update((seen.guesses - result[1]).tolist())  # the second is how many were rejected

    def record(update):
        seen.lmdeploy.update_from_output(update[0])

    hook = agent.rejection_sampler.register_forward_hook(count)
    try:
        with patch.object(metrics_processor, 'queue_update', record):  # in a pipeline nobody takes what it queues
            yield seen
    finally:
        hook.remove()
