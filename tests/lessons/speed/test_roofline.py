"""The roofline's arithmetic, and that this machine's limits are measured and not made up."""

import statistics
import time

import pytest

from helpers.checkpoints.geometry import GEOMETRIES, Geometry
from lessons.speed import DeviceLimits, decode_step, measure_limits

LIMITS = DeviceLimits(bytes_per_s=100.0, flop_per_s=500.0)


def test_the_roof():
    assert LIMITS.balance == 5
    assert [LIMITS.roof(x) for x in (1, 5, 50)] == [100, 500, 500]


def test_a_step_by_hand():
    tiny = Geometry('LlamaForCausalLM', 10, 4, 8, num_layers=2, num_heads=2, num_kv_heads=1, head_dim=2)
    weights = tiny.num_parameters - 10 * 4
    work = decode_step(tiny, batch=3, tokens=7, number_bytes=2)
    assert work.flop == 2 * weights * 3
    assert work.read_bytes == 2 * weights + 3 * 7 * (2 * 2 * 1 * 2 * 2)
    assert work.flop_per_byte == work.flop / work.read_bytes
    assert LIMITS.least_s(work) == max(work.read_bytes / 100, work.flop / 500)


def test_a_real_model_turns_from_memory_to_arithmetic():
    """About one operation a byte and request while weights are most of what is read."""
    known = GEOMETRIES['internlm2-chat-1_8b']
    assert decode_step(known, 1, 100, 2).flop_per_byte == pytest.approx(1, rel=0.02)
    assert 50 < decode_step(known, 128, 100, 2).flop_per_byte < 128


def test_this_machine():
    import torch

    limits = measure_limits('cpu', 'float32', repeats=3)
    matrix = torch.randn(512, 512)

    def seconds():
        begin = time.perf_counter()
        matrix @ matrix
        return time.perf_counter() - begin

    rough = 2 * 512**3 / statistics.median(seconds() for _ in range(15))
    assert 0.02 * rough < limits.flop_per_s < 50 * rough
    assert 1e8 < limits.bytes_per_s < 1e13
