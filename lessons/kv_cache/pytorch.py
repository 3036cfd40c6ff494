"""What LMDeploy's PyTorch engine takes besides the weights, on a card and on the CPU device of `lmdeploy_cpu`."""

from helpers.memory import MIB

from .sizing import SizingInput, SizingResult

# Measured on an H200 with LMDeploy 0.18.0 (records/h200/kv_cache.json); another card differs by some ten MiB.
LOADING_BYTES = 210 * MIB
GRAPH_BYTES, GRAPH_BYTES_PER_REQUEST = 246 * MIB, 136 << 10  # CUDA graphs: more for each request of a batch
LEAST_BLOCKS = 16


def cache_in(pipe) -> tuple[int, int] | None:
    """Give the number of blocks in a running pipeline's KV cache, and the bytes of all of them.

    The PyTorch engine holds them as tensors, so both are exact.  None of TurboMind, which tells neither.
    """
    executor = getattr(pipe.async_engine.engine, 'executor', None)
    if executor is None:
        return None
    pools = executor.model_agent.cache_engine.gpu_allocation.pools
    return executor.cache_config.num_gpu_blocks, sum(pool.nbytes for pool in pools)


def size_on_cuda(given: SizingInput) -> SizingResult:
    """`_get_runtime_size` and `_update_num_gpu_blocks` in lmdeploy/pytorch/engine/executor/base.py: room for
    activations and logits is left out first, less of it when under 16 blocks would stay; 2 blocks are too few."""
    settings = given.settings
    prefill_tokens = settings.max_prefill_token_num
    free = given.free_bytes - given.weight_bytes - LOADING_BYTES
    while True:
        reserve = (prefill_tokens + 2 * settings.max_batch_size) * given.geometry.vocab_size * 2
        budget = max(0, int((free - reserve) * settings.cache_max_entry_count))
        num_blocks = budget // given.block_bytes
        if num_blocks <= 2 or num_blocks >= LEAST_BLOCKS or prefill_tokens == 1:
            break
        prefill_tokens //= 2
    return SizingResult(
        budget_bytes=budget,
        num_blocks=num_blocks,
        pool_bytes=num_blocks * given.block_bytes,
        least_tokens=3 * settings.block_tokens,
        loading_bytes=LOADING_BYTES,
        reserve_bytes=reserve,
        workspace_bytes=GRAPH_BYTES + settings.max_batch_size * GRAPH_BYTES_PER_REQUEST,
    )


def size_on_cpu(given: SizingInput) -> SizingResult:
    """`no_runtime_reserve` in lmdeploy_cpu/patches/device.py: whole blocks from the share of what the weights leave."""
    budget = max(0, int((given.free_bytes - given.weight_bytes) * given.settings.cache_max_entry_count))
    num_blocks = budget // given.block_bytes
    return SizingResult(
        budget_bytes=budget,
        num_blocks=num_blocks,
        pool_bytes=num_blocks * given.block_bytes,
        least_tokens=LEAST_BLOCKS * given.settings.block_tokens,
    )
