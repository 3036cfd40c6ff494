"""Who has which blocks of the cache: read from LMDeploy's scheduler, while it serves or in a rehearsal without a model.

The PyTorch engine's scheduler and block manager are Python, so they can be watched, and driven without any model: they
only ever count tokens.  TurboMind's, in C++, follow the same ideas and tell nothing.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from itertools import pairwise

# Methods of `lmdeploy.pytorch.paging.scheduler.Scheduler` after which somebody may have other blocks, or another state.
_CHANGING = 'schedule', 'schedule_running', 'preempt_seqs', 'stop_session', 'end_session'


@dataclass(frozen=True)
class Conversation:
    """One user's request in the scheduler."""

    number: int  # in the order in which they came, from 1
    state: str  # 'waiting' | 'running'
    tokens: int  # prompt and answer so far
    blocks: tuple[int, ...]  # the numbers of its blocks, in the order of its tokens


@dataclass(frozen=True)
class Moment:
    """Everybody who is there and not finished, after the scheduler has decided something."""

    conversations: tuple[Conversation, ...]

    @property
    def taken(self) -> int:
        """Blocks that are taken."""
        return sum(len(c.blocks) for c in self.conversations)


@dataclass(frozen=True)
class BlockTrace:
    """What happened, from the first request to the last; one moment differs from the next in blocks or states."""

    num_blocks: int  # that requests can take: all of the cache but one, which LMDeploy keeps for itself
    block_tokens: int
    moments: list[Moment]

    def history(self, number: int) -> list[tuple[str, int]]:
        """(state, number of blocks) of one conversation, each time that they changed."""
        seen = [(c.state, len(c.blocks)) for m in self.moments for c in m.conversations if c.number == number]
        return [now for before, now in pairwise([None, *seen]) if now != before]


@contextmanager
def record_blocks(pipe) -> Iterator[BlockTrace]:
    """Watch a running pipeline's cache; the trace grows while the block of `with` runs.

    ValueError with TurboMind, which tells nobody who has which block.
    """
    scheduler = getattr(pipe.async_engine.engine, 'scheduler', None)
    if scheduler is None:
        raise ValueError('TurboMind does not tell its blocks: record_blocks reads the scheduler of the PyTorch engine')
    with watched(scheduler) as trace:
        yield trace


@contextmanager
def watched(scheduler) -> Iterator[BlockTrace]:
    """The same of a `lmdeploy.pytorch.paging.Scheduler`."""
    config, numbers = scheduler.cache_config, {}
    trace = BlockTrace(config.num_gpu_blocks - config.num_reserved_gpu_blocks, config.block_size, [])
    for name in _CHANGING:
        setattr(scheduler, name, _then_read(scheduler, getattr(scheduler, name), trace, numbers))
    try:
        yield trace
    finally:
        for name in _CHANGING:
            delattr(scheduler, name)  # the class's own is there again


def _then_read(scheduler, method, trace: BlockTrace, numbers: dict):
    @wraps(method)
    def wrapped(*args, **kwargs):
        result = method(*args, **kwargs)
        moment = _read(scheduler, numbers)
        before = _who_has_what(trace.moments[-1]) if trace.moments else []
        if _who_has_what(moment) != before:
            trace.moments.append(moment)
        return result

    return wrapped


def _read(scheduler, numbers: dict) -> Moment:
    there = []
    for seq in sorted(scheduler.seq_manager.get_all_sequences(), key=lambda s: s.seq_id):
        number = numbers.setdefault(seq.seq_id, len(numbers) + 1)
        if seq.status.name == 'STOPPED':  # its blocks are anybody's, and soon given back
            continue
        blocks = tuple(int(block) for block in scheduler.block_manager.get_block_table(seq))
        there.append(
            Conversation(number, 'waiting' if seq.status.name == 'WAITING' else 'running', seq.num_all_ids, blocks)
        )
    return Moment(tuple(there))


def _who_has_what(moment: Moment) -> list:
    return [(c.number, c.state, c.blocks) for c in moment.conversations]


def rehearse_blocks(
    num_blocks: int,
    requests: list[tuple[int, int]],
    *,
    max_batch_size: int,
    block_tokens: int = 64,
    prefill_interval: int = 16,
) -> BlockTrace:
    """What LMDeploy's scheduler does with requests that come all at once, in their order; no model runs.

    The loop around it does what `do_prefill_default` in lmdeploy/pytorch/engine/inputs_maker.py decides: read new
    prompts while less than half of the batch runs, or after `prefill_interval` tokens.

    Args:
        num_blocks: of the cache, as `predict_memory` says; LMDeploy keeps one of them for itself.
        requests: (tokens of the prompt, tokens of the answer) of each.
        max_batch_size, block_tokens, prefill_interval: as in the engine's configuration.
    Raises:
        ValueError: a request that the cache can never hold.
    """
    import numpy as np
    from lmdeploy.pytorch.config import CacheConfig, SchedulerConfig
    from lmdeploy.pytorch.messages import SequenceMeta, UpdateTokenMode
    from lmdeploy.pytorch.paging import Scheduler
    from lmdeploy.pytorch.strategies.ar.sequence import ARSequenceStrategy

    longest = max(prompt + answer for prompt, answer in requests)
    if longest + prefill_interval > (num_blocks - 1) * block_tokens:
        raise ValueError(
            f'a conversation of {longest} tokens never fits into {num_blocks - 1} blocks of {block_tokens}: '
            'shorter ones, or a larger ratio'
        )
    scheduler = Scheduler(
        SchedulerConfig(max_batch_size, longest + 1, prefill_interval=prefill_interval),
        CacheConfig(max_batch_size, block_tokens, 0, num_blocks, num_reserved_gpu_blocks=1),
        SequenceMeta(block_tokens, strategy=ARSequenceStrategy()),
    )
    with watched(scheduler) as trace:
        left = {}
        for number, (prompt, answer) in enumerate(requests):
            seq = scheduler.add_session(number).add_sequence(np.zeros(prompt, dtype=np.int64))
            left[seq.seq_id] = answer
        running, decoded = [], 0
        while left:
            few = len(running) < max_batch_size / 2 or decoded >= prefill_interval
            fresh = []
            if scheduler.has_waiting() and few:
                fresh = scheduler.schedule(is_prefill=True, prealloc_size=prefill_interval).running
                scheduler.activate_seqs(fresh)
                decoded = 0
            if fresh:
                running, now, mode = [*running, *fresh], fresh, UpdateTokenMode.PREFILL
            else:
                kept = scheduler.schedule_running(running, num_required_tokens=0, prealloc_size=prefill_interval)
                running = [seq for seq, valid in zip(running, kept, strict=True) if valid]
                now, mode, decoded = running, UpdateTokenMode.DECODE, decoded + 1
            for seq in now:
                seq.update_token_ids(np.zeros(1, dtype=np.int64), mode=mode)
                left[seq.seq_id] -= 1
            for seq in [seq for seq in running if left[seq.seq_id] == 0]:
                running.remove(seq)
                seq.state.finish()
                scheduler.end_session(seq.session_id)
                del left[seq.seq_id]
    return trace
