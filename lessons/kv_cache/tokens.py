"""What one token takes in the KV cache, and the slabs in which TurboMind hands the cache out."""

import math

from helpers.checkpoints.geometry import DTYPE_BYTES, Geometry
from helpers.memory import MIB

# Source: the kernels `decoding_sm80_*_{u4,u8}.cu` in LMDeploy's src/turbomind/kernels/attention/codegen; a head
# dimension of 192 has none.
TURBOMIND_KV_QUANT_HEAD_DIMS = (64, 128, 256, 576)
KV_POLICIES = {'bf16': 0, 'int8': 8, 'int4': 4}  # name: quant_policy, those that both engines have
_KV_QUANT = {8: (8, 2), 4: (4, 2), 16: (8, 0), 17: (8, 0)}  # quant_policy: bits of a number, parameters of a vector


def kv_bytes_per_token(geometry: Geometry, quant_policy: int = 0, dtype: str = 'bfloat16', tp: int = 1) -> int:
    """Bytes that one token takes in the KV cache of each of `tp` devices.

    A key and a value for every layer and KV head, `head_dim` numbers each: in `dtype` (quant_policy 0), or in 8 or 4
    bits (quant_policy 8 or 4) with two parameters, scale and zero point, in `dtype`.  So int8 holds 1.94 times and
    int4 3.76 times as many tokens as bf16 at a head dimension of 128, not 2 and 4 times.  fp8 (16 and 17, PyTorch
    engine) has no parameters here.

    Source: `block::Layout` in src/turbomind/kernels/attention/block.h; `build_quant_cache_descs` in
    lmdeploy/pytorch/engine/cache_engine/schema.py.  With more devices than KV heads TurboMind repeats heads
    (`repeat_kv_for_tp` in lmdeploy/turbomind/builders/attention.py).

    Raises ValueError for another quant_policy, or a head dimension that 4 bits cannot pack.
    """
    width = DTYPE_BYTES[dtype]
    if quant_policy == 0:
        vector = geometry.head_dim * width
    elif quant_policy in _KV_QUANT:
        bits, parameters = _KV_QUANT[quant_policy]
        if geometry.head_dim * bits % 8:
            raise ValueError(f'quant_policy={quant_policy}: a head dimension of {geometry.head_dim} is odd')
        vector = geometry.head_dim * bits // 8 + parameters * width
    else:
        raise ValueError(f'quant_policy={quant_policy!r}: known here are 0 (none), 8 (int8), 4 (int4), 16 and 17 (fp8)')
    return geometry.num_layers * math.ceil(geometry.num_kv_heads / tp) * 2 * vector


def check_kv_quantisation(geometry: Geometry, quant_policy: int, engine: str) -> None:
    """Raise ValueError, saying why, if an engine cannot quantise the KV cache of this model."""
    kv_bytes_per_token(geometry, quant_policy)
    if engine == 'turbomind' and quant_policy and geometry.head_dim not in TURBOMIND_KV_QUANT_HEAD_DIMS:
        can = ', '.join(map(str, TURBOMIND_KV_QUANT_HEAD_DIMS))
        raise ValueError(
            f'quant_policy={quant_policy}: TurboMind quantises keys and values of a head dimension of {can}; this '
            f'model has {geometry.head_dim}.  Leave quant_policy at 0'
        )


# Source: `MemoryState` in src/turbomind/memory/object.cc.
PAGE_BYTES = 32 * MIB
_MAX_SLAB_BYTES = 1 << 30
_LEAST_USE = 0.95


def slab_of(block_bytes: int) -> tuple[int, int]:
    """Bytes of a slab, and blocks in it: the smallest power of two of pages that blocks fill to 95 %.

    TurboMind hands out the cache in slabs.  Source: `SlabAllocator` in src/turbomind/memory/slab.h.
    """
    slab = PAGE_BYTES << (math.ceil(block_bytes / PAGE_BYTES) - 1).bit_length()
    while slab // block_bytes * block_bytes / slab < _LEAST_USE and 2 * slab <= _MAX_SLAB_BYTES:
        slab *= 2
    return slab, slab // block_bytes
