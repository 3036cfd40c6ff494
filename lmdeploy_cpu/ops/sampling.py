"""Sampling that repeats: the same seed and prompt give the same tokens, whatever else is in the batch.

LMDeploy's default sampler drops the seeds. This is its CUDA sampler, `kernels/cuda/multinomial_sampling.py`: one Philox
number per sequence and step, from the request's seed and the position, looked up in the cumulated probabilities,
likeliest token first. Two things differ, so that neighbours cannot change a sample: tokens of equal probability are
ordered by their id, and probabilities are computed in float32 (bfloat16 logits tie all the time).
"""

import torch

_MASK = 0xFFFFFFFF


def philox_uniform(seed: int, offset: int) -> float:
    """Triton's `tl.rand(seed, offset)`: Philox 4x32, 10 rounds, first word, mapped to [0, 1)."""
    k0, k1 = seed & _MASK, seed >> 32 & _MASK
    c0, c1, c2, c3 = offset & _MASK, 0, 0, 0
    for _ in range(10):
        a, b = 0xD2511F53 * c0, 0xCD9E8D57 * c2
        c0, c1, c2, c3 = b >> 32 ^ c1 ^ k0, b & _MASK, a >> 32 ^ c3 ^ k1, a & _MASK
        k0, k1 = k0 + 0x9E3779B9 & _MASK, k1 + 0xBB67AE85 & _MASK
    return (c0 if c0 < 2**31 else _MASK - c0) * 4.6566127342e-10  # the int32 x, or -x - 1 where it is negative


def sort_tokens(scores: torch.Tensor, k: int):
    """The `k` highest of each row [B, V], ties by token id: values and ids [B, k], as torch.topk but canonical."""
    vocab = scores.size(1)
    if k <= 0 or k >= vocab:
        return scores.sort(dim=1, descending=True, stable=True)
    values, ids = scores.topk(k, dim=1)
    kth = values[:, -1:]
    # more tokens tie with the last one than there is room for: which of them topk took is anybody's guess
    for row in ((scores >= kth).sum(1) > k).nonzero().flatten().tolist():
        above = (scores[row] > kth[row]).nonzero().flatten()
        equal = (scores[row] == kth[row]).nonzero().flatten()
        ids[row] = torch.cat([above, equal])[:k]
    ids = ids.sort(dim=1).values
    values, order = scores.gather(1, ids).sort(dim=1, descending=True, stable=True)
    return values, ids.gather(1, order)


def sample(logits: torch.Tensor, inputs) -> torch.Tensor:
    """Next token ids [B] for logits [B, V]; `inputs` is LMDeploy's SamplingInputs (top-k, top-p, min-p, seeds)."""
    from lmdeploy.pytorch.engine.logits_process import (
        _filter_minp_sorted_,
        _filter_topk_sorted_,
        _filter_topp_sorted_,
    )

    scores, ids = sort_tokens(logits.float(), inputs.max_top_k)
    if inputs.top_k is not None:
        top_k = inputs.top_k.masked_fill(inputs.top_k <= 0, scores.size(1))
        scores = _filter_topk_sorted_(scores, top_k)
    if inputs.top_p is not None:
        scores = _filter_topp_sorted_(scores, inputs.top_p)
    if inputs.min_p is not None:
        scores = _filter_minp_sorted_(scores, inputs.min_p)
    return draw(scores.softmax(1), inputs.random_seeds, inputs.random_offsets, ids)


def draw(probabilities: torch.Tensor, seeds: torch.Tensor, offsets: torch.Tensor, ids: torch.Tensor) -> torch.Tensor:
    """Ids [B]: one of `ids` [B, K] per row by `probabilities` [B, K]; the first if rounding leaves none.

    `seeds` and `offsets` [B], int64: of the request, and the position in its answer.
    """
    u = torch.tensor([philox_uniform(s, o) for s, o in zip(seeds.tolist(), offsets.tolist(), strict=True)])[:, None]
    cumulated = probabilities.cumsum(1)
    position = torch.searchsorted(cumulated, u)
    position = position.masked_fill(position >= ids.size(1), 0)
    return ids.gather(1, position)[:, 0]
