"""The definitions, on an engine that keeps to a clock; then each engine of this machine on a tiny model."""

import json
import time

import pytest

from helpers.geometry import Geometry
from helpers.offline import (
    BatchMeasurement,
    ContinuousBatching,
    LMDeployEngine,
    TransformersGenerate,
    measure_batch,
    token_prompts,
)

TINY = Geometry(
    'LlamaForCausalLM', 4096, 128, 256, num_layers=2, num_heads=4, num_kv_heads=2, head_dim=32, dynamic_rope_factor=2.0
)


class Clock:
    """The first call takes WARM_S longer; then 40 ms until the first token, 10 ms for each further one."""

    WARM_S = 0.2

    def __init__(self, lacking: int = 0):
        self.asked, self.lacking = [], lacking

    def generate(self, prompts, output_tokens):
        time.sleep(0.04 + 0.01 * (output_tokens - 1) + (0 if self.asked else self.WARM_S))
        self.asked.append((len(prompts), output_tokens))
        return [output_tokens - self.lacking] * len(prompts)


def test_figures_by_hand():
    m = BatchMeasurement(4, 61, 11, (2.0, 3.0, 2.2), (0.2, 0.1, 0.3), 9.0)
    assert (m.time_s, m.ttft_s, m.tpot_s, m.output_tokens_per_s) == (2.2, 0.2, 0.2, 4 * 11 / 2.2)
    row = m.row()
    assert json.loads(json.dumps(row)) == row
    assert (row['output_tokens_per_s_min'], row['output_tokens_per_s_max']) == (round(44 / 3, 1), 22.0)
    assert (row['repeats'], row['warm_up_s']) == (3, 9.0)


def test_a_warm_up_of_the_same_shape_does_not_count():
    m = measure_batch(clock := Clock(), token_prompts(3, 7), output_tokens=11)
    assert clock.asked == [(3, 11)] * 4 + [(3, 1)] * 3
    assert (m.batch, m.input_tokens, m.output_tokens, len(m.times_s)) == (3, 7, 11, 3)
    assert m.warm_up_s >= 0.14 + Clock.WARM_S
    assert min(m.times_s) >= 0.14
    assert min(m.times_s) < 0.14 + Clock.WARM_S
    assert min(m.ttfts_s) >= 0.04


def test_what_takes_long_is_measured_once():
    m = measure_batch(
        clock := Clock(), token_prompts(1, 7), output_tokens=11, repeats=3, repeat_below_s=0.1, warm_up_tokens=2
    )
    assert clock.asked == [(1, 2), (1, 11), (1, 1), (1, 1), (1, 1)]
    assert len(m.times_s) == 1


def test_an_engine_that_does_other_work_is_no_measurement():
    with pytest.raises(RuntimeError, match=r'Clock made \[10\] tokens of 2 prompts, not 11 of 2'):
        measure_batch(Clock(lacking=1), token_prompts(2, 7), output_tokens=11)


@pytest.mark.parametrize(
    ('prompts', 'options', 'said'),
    [
        ([[1, 2], [1]], {'output_tokens': 4}, r'one length, not \[1, 2\]'),
        ([], {'output_tokens': 4}, 'none at all'),
        ([[1]], {'output_tokens': 1}, 'two output tokens'),
        ([[1]], {'output_tokens': 4, 'repeats': 0}, 'one repeat'),
    ],
)
def test_nothing_to_measure(prompts, options, said):
    with pytest.raises(ValueError, match=said):
        measure_batch(Clock(), prompts, **options)


def test_prompts_are_the_same_for_all_and_share_no_prefix():
    prompts = token_prompts(64, 61)
    assert prompts == token_prompts(64, 61)
    assert token_prompts(8, 61) == prompts[:8]
    assert token_prompts(8, 61, seed=1) != prompts[:8]
    assert {len(prompt) for prompt in prompts} == {61}
    assert len({tuple(prompt[:3]) for prompt in prompts}) == 64
    assert all(0 <= number < 1000 for prompt in prompts for number in prompt)


@pytest.fixture(scope='module')
def folder(tmp_path_factory):
    from helpers import random_checkpoint

    return random_checkpoint(TINY, tmp_path_factory.mktemp('offline') / 'tiny', packed=False, device='cpu')


CPU = {'device': 'cpu', 'dtype': 'float32'}


@pytest.mark.parametrize(
    'start',
    [
        lambda folder: TransformersGenerate(folder, **CPU),
        lambda folder: TransformersGenerate(folder, static_cache=True, **CPU),
        lambda folder: ContinuousBatching(folder, **CPU),
        lambda folder: LMDeployEngine(
            folder, engine='pytorch', device_type='cpu', session_len=256, cache_max_entry_count=0.02
        ),
    ],
    ids=['generate', 'static cache', 'continuous batching', 'LMDeploy'],
)
def test_each_engine_makes_exactly_so_many_tokens(folder, start):
    engine = start(folder)
    try:
        for batch, tokens in ((2, 3), (1, 1), (3, 5)):
            assert engine.generate(token_prompts(batch, 9), tokens) == [tokens] * batch
    finally:
        engine.close()
