"""Who has which blocks: LMDeploy's own scheduler, watched while it serves, and rehearsed without a model."""

from itertools import pairwise
from types import SimpleNamespace

import pytest
from lmdeploy import GenerationConfig, pipeline

from helpers import engine_config, release
from helpers.models import EMBEDDED
from lessons.kv_cache import cache_in, predict_memory, record_blocks, rehearse_blocks

REQUESTS = [(109, 150), (209, 150), (309, 150), (69, 150), (409, 150), (159, 150)]


def test_no_block_has_two_owners_and_none_is_lost():
    trace = rehearse_blocks(21, REQUESTS, max_batch_size=8)
    assert (trace.num_blocks, trace.block_tokens) == (20, 64)
    for moment in trace.moments:
        owned = [block for c in moment.conversations for block in c.blocks]
        assert len(owned) == len(set(owned)) == moment.taken <= 20
        assert set(owned) <= set(range(1, 21)), 'LMDeploy keeps block 0 for itself'
        for c in moment.conversations:
            assert c.state == 'waiting' or len(c.blocks) >= -(-c.tokens // 64)
    assert trace.moments[-1].conversations == ()


def test_some_wait_some_are_put_back_and_all_are_served():
    trace = rehearse_blocks(21, REQUESTS, max_batch_size=8)
    assert trace.history(5)[0] == ('waiting', 0)
    assert ('running', 3) in trace.history(4)
    assert trace.history(4)[-3:] == [('waiting', 3), ('waiting', 0), ('running', 4)], 'put back, and read again'
    roomy = rehearse_blocks(100, REQUESTS, max_batch_size=12)
    assert all(state == 'running' for n in range(1, 7) for state, _ in roomy.history(n))
    for answer, blocks in ((65, [2]), (66, [2, 3])):  # the prompt's block and one in advance; the last token needs none
        alone = rehearse_blocks(21, [(64, answer)], max_batch_size=8)
        assert alone.history(1) == [('running', n) for n in blocks]


def test_the_batch_is_no_larger_than_it_may_be():
    trace = rehearse_blocks(200, [(60, 40)] * 9, max_batch_size=3)
    running = [sum(c.state == 'running' for c in m.conversations) for m in trace.moments]
    assert max(running) == 3


def test_what_never_fits_is_refused():
    with pytest.raises(ValueError, match='1409 tokens never fits into 20 blocks of 64'):
        rehearse_blocks(21, [(1209, 200)], max_batch_size=8)


def test_turbomind_tells_nothing():
    pipe = SimpleNamespace(async_engine=SimpleNamespace(engine=object()))
    with pytest.raises(ValueError, match='TurboMind does not tell its blocks'), record_blocks(pipe):
        pass


def test_what_is_rehearsed_is_what_happens_when_it_serves(monkeypatch):
    """A real engine with tiny-chat: as many blocks as predicted, and the same ones taken, given back and waited for."""
    monkeypatch.setenv('LMDEPLOY_CPU_MEMORY_GB', '2')
    model = EMBEDDED / 'tiny-chat'
    settings = {'cache_max_entry_count': 0.004, 'max_batch_size': 8, 'session_len': 2048}
    predicted = predict_memory(model, 2 << 30, **settings)
    with pipeline(str(model), backend_config=engine_config(**settings), log_level='ERROR') as pipe:
        scheduler = pipe.async_engine.engine.scheduler
        fixed = GenerationConfig(max_new_tokens=150, ignore_eos=True, do_sample=False)
        with record_blocks(pipe) as trace:
            replies = pipe([' a' * (prompt - 9) for prompt, _ in REQUESTS], gen_config=fixed)
        assert trace.num_blocks == predicted.num_blocks - 1 == cache_in(pipe)[0] - 1
        assert not {'schedule', 'end_session'} & set(vars(scheduler)), 'its methods are its own again'
    release()
    lengths = [(reply.input_token_len, reply.generate_token_len) for reply in replies]
    assert lengths == REQUESTS
    rehearsal = rehearse_blocks(predicted.num_blocks, REQUESTS, max_batch_size=8)
    for number in range(1, len(REQUESTS) + 1):
        assert trace.history(number) == rehearsal.history(number)
    assert any(a.taken > b.taken for a, b in pairwise(trace.moments))
