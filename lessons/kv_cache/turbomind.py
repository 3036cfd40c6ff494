"""What TurboMind takes of a card besides the weights.

Measured constants: an H200 with LMDeploy 0.18.0 (records/h200/kv_cache.json); another card differs by some ten MiB.
"""

import math

from helpers.checkpoints.geometry import Geometry
from helpers.memory import MIB

from .sizing import SizingInput, SizingResult
from .tokens import PAGE_BYTES, slab_of
from .weights import WeightTensor

LOADING_BYTES = 12 * MIB + 13 * PAGE_BYTES  # kernels, GEMM workspaces: taken before the cache is sized
SERVING_BYTES = 38 * MIB  # kernels that are loaded when they are first used
NCCL_BYTES = 208 * MIB  # where several cards share a model; measured with two (records/h200/scaling.json)
BUFFER_BYTES = 30 * MIB  # buffers that `buffer_bytes` does not count one by one
SPLIT_TOKENS = 4096  # kMaxWorkspaceTokens


def size(given: SizingInput) -> SizingResult:
    """`TurboMind::Impl::CreateEngine` in src/turbomind/turbomind.cc: the cache is sized when the weights are there, and
    taken before the workspaces.  All of it comes from memory pools of CUDA, which take memory a page at a time; what
    the conversion of 4-bit weights leaves in its pool, workspaces use later, but not what grows with the batch."""
    settings = given.settings
    conversion = conversion_bytes(given.tensors, given.geometry, settings.tp)
    loading = _in_pages(given.weight_bytes) - given.weight_bytes + LOADING_BYTES + conversion
    budget = max(0, int((given.free_bytes - given.weight_bytes - loading) * settings.cache_max_entry_count))
    slab, per_slab = slab_of(given.block_bytes)
    sizes = settings.session_len, settings.max_prefill_token_num, settings.tp
    buffers, of_no_batch = (
        _in_pages(buffer_bytes(given.geometry, batch, *sizes)) for batch in (settings.max_batch_size, 0)
    )
    # It warms up with prompts of up to this length, and waits for ever if one does not fit.
    warm_up_tokens = settings.max_prefill_token_num + settings.max_batch_size
    return SizingResult(
        budget_bytes=budget,
        num_blocks=budget // slab * per_slab,
        pool_bytes=_in_pages(budget),
        least_tokens=min(warm_up_tokens, settings.session_len),
        loading_bytes=loading,
        workspace_bytes=SERVING_BYTES + buffers - min(conversion, of_no_batch) + (NCCL_BYTES if settings.tp > 1 else 0),
        slab_bytes=slab,
        blocks_per_slab=per_slab,
    )


def buffer_bytes(
    geometry: Geometry, max_batch_size: int, session_len: int, max_prefill_token_num: int = 8192, tp: int = 1
) -> int:
    """Bytes of what TurboMind takes after the cache: buffers, and the activations of its longest prefill.

    Source: `UnifiedAttentionLayer` in src/turbomind/models/llama/unified_attention_layer.cc, `Generation` and
    `SamplingData` in src/turbomind/generation; activations: gate and up projection and their product, keys and values
    twice.
    """
    forward_tokens = max_prefill_token_num + max_batch_size
    warm_up_tokens = min(forward_tokens, session_len)
    q_width, kv_width = (heads * geometry.head_dim // tp for heads in (geometry.num_heads, geometry.num_kv_heads))
    attention = 2 * forward_tokens * q_width + 4 * SPLIT_TOKENS * (q_width + 2 * geometry.num_heads // tp)
    block_pointers = 2 * 8 * max_batch_size * math.ceil(session_len / 64)
    token_ids = 4 * max_batch_size * session_len
    sampling = 2 * 8 * max_batch_size * 1024
    activations = 2 * warm_up_tokens * (3 * geometry.intermediate_size // tp + 4 * kv_width)
    return BUFFER_BYTES + attention + block_pointers + token_ids + sampling + activations


def conversion_bytes(tensors: list[WeightTensor], geometry: Geometry, tp: int) -> int:
    """What TurboMind's conversion of 4-bit weights leaves in its memory pool when the cache is sized.

    Each matrix is spread to 16 bits and transposed on its way (`LinearWeight::prepare`).  The pages that were free
    afterwards, 11, 7 and 42 for three models, grow with the widest matrix, that of gate and up projection.  One start
    in twenty left some more or less (37 for 42, 10 for 7): with W4A16 the cache is not always of the same size.
    """
    if not any(tensor.name.endswith('.qweight') for tensor in tensors):
        return 0
    widest = 2 * geometry.hidden_size * 2 * geometry.intermediate_size // tp
    return max(0, round(6.3 * widest / PAGE_BYTES - 2)) * PAGE_BYTES


def _in_pages(nbytes: int) -> int:
    return math.ceil(nbytes / PAGE_BYTES) * PAGE_BYTES
