"""How often the target agreed: what LMDeploy's own rejection of guesses says, step by step."""

import itertools
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass
class Guesses:
    """Counts over the steps of decoding that were watched, each of one sequence; `guesses` were made in each."""

    guesses: int
    agreed: Counter = field(default_factory=Counter)  # how many guesses agreed → in how many steps

    @property
    def steps(self) -> int:
        """Steps of decoding, counted for each sequence alone."""
        return self.agreed.total()

    @property
    def tokens_a_step(self) -> float:
        """Tokens that a step made, on average: the guesses that agreed, and the one that the check gives itself."""
        return 1 + sum(n * times for n, times in self.agreed.items()) / self.steps

    @property
    def acceptance(self) -> list[float]:
        """Of guess 1, 2, …: its share that agreed, among the steps in which all before it had agreed."""
        reached = [sum(times for n, times in self.agreed.items() if n >= i) for i in range(self.guesses + 1)]
        return [after / before if before else 0.0 for before, after in itertools.pairwise(reached)]


@contextmanager
def watch_guesses(pipe) -> Iterator[Guesses]:
    """Count while `pipe`, a pipeline with a draft in this process, answers; its answers stay what they are."""
    agent = pipe.async_engine.engine.executor.model_agent.spec_agent
    seen = Guesses(agent.num_spec_tokens)

    def count(module, args, result):
        seen.agreed.update((seen.guesses - result[1]).tolist())  # the second is how many were rejected

    hook = agent.rejection_sampler.register_forward_hook(count)
    try:
        yield seen
    finally:
        hook.remove()
