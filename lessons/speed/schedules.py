"""Which request runs when: in batches of fixed places, and with continuous batching.  Counted in steps of decoding."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Run:
    """A request in a place of the batch: a token at each step of decoding from `start` until before `end`."""

    request: int  # in the order in which they came, from 1
    place: int  # from 0
    start: int
    end: int


def fixed_batches(lengths: list[int], places: int) -> list[Run]:
    """Batches as transformers' `generate` runs them: the next begins when the longest answer of the last is done.

    Args:
        lengths: output tokens of each request, which are its steps.
        places: how many run at once.
    """
    runs, start = [], 0
    for first in range(0, len(lengths), places):
        batch = lengths[first : first + places]
        runs += [Run(first + place + 1, place, start, start + length) for place, length in enumerate(batch)]
        start += max(batch)
    return runs


def continuous_batching(lengths: list[int], places: int) -> list[Run]:
    """Each request takes the place that is free first, at the very next step; arguments as in `fixed_batches`."""
    runs, free_at = [], [0] * places
    for request, length in enumerate(lengths, 1):
        place = free_at.index(min(free_at))
        runs.append(Run(request, place, free_at[place], free_at[place] + length))
        free_at[place] += length
    return runs


@dataclass(frozen=True)
class Schedule:
    """Runs on a clock, of which every step takes `step_s`."""

    runs: list[Run]
    places: int
    step_s: float

    @property
    def steps(self) -> int:
        return max(run.end for run in self.runs)

    @property
    def seconds(self) -> float:
        return self.steps * self.step_s

    @property
    def empty_share(self) -> float:
        """Of all places at all steps, how many had nobody."""
        return self.empty(self.steps) / (self.places * self.steps)

    def done_at(self, seconds: float) -> int:
        """Whole steps until then."""
        return min(self.steps, int(seconds / self.step_s + 1e-6))

    def tokens(self, step: int) -> int:
        """Output tokens that are written before `step`: one a step of each that ran."""
        return sum(min(max(step - run.start, 0), run.end - run.start) for run in self.runs)

    def empty(self, step: int) -> int:
        """Place-steps before `step` in which a place had nobody."""
        return self.places * step - self.tokens(step)

    def gaps(self, step: int) -> list[tuple[int, int, int]]:
        """(place, from, until) of the empty places before `step`."""
        found = []
        for place in range(self.places):
            taken = [run for run in self.runs if run.place == place]
            ends, starts = [0, *(run.end for run in taken)], [*(run.start for run in taken), self.steps]
            for start, end in zip(ends, starts, strict=True):
                if start < min(end, step):
                    found.append((place, start, min(end, step)))
        return found

    def running(self, step: int) -> list[Run]:
        return [run for run in self.runs if run.start <= step < run.end]

    def waiting(self, step: int) -> list[int]:
        """Requests that begin later; before the first step, everybody."""
        return [run.request for run in self.runs if run.start > step or not step]
