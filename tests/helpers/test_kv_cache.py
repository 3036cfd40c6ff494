"""What an engine takes of the memory: predicted, and as engines were measured or really start."""

import pytest

from helpers.geometry import GEOMETRIES
from helpers.kv_cache import MIB, kv_bytes_per_token, slab_of

TWO, SEVEN = GEOMETRIES['internlm2-chat-1_8b'], GEOMETRIES['internlm2-chat-7b']


# TurboMind 0.18.0's log on an H200: slab_size, object_size, object_count.
@pytest.mark.parametrize(
    ('geometry', 'quant_policy', 'block_bytes', 'slab_mib', 'blocks'),
    [(TWO, 0, 6291456, 128, 21), (SEVEN, 0, 8388608, 32, 4), (SEVEN, 8, 4325376, 64, 15), (SEVEN, 4, 2228224, 32, 15)],
)
def test_blocks_and_slabs_are_those_of_turbominds_log(geometry, quant_policy, block_bytes, slab_mib, blocks):
    assert 64 * kv_bytes_per_token(geometry, quant_policy) == block_bytes
    assert slab_of(block_bytes) == (slab_mib * MIB, blocks)
