"""What LMDeploy asks of FlashAttention-3 for speculative decoding on a GPU, in plain torch, where it is not installed.

The wheel that the Python index has was built without paged KV caches.  `install` puts three functions in its place, of
the same names and meaning; they gather the pages of each sequence, so they are slower where sequences are long.
"""

import sys
import types

import torch
import torch.nn.functional as F


def get_scheduler_metadata(*sizes, **options) -> torch.Tensor:
    """A schedule of FlashAttention's blocks, which nothing here needs: one number."""
    device = next((size.device for size in sizes if isinstance(size, torch.Tensor)), 'cpu')
    return torch.zeros(1, dtype=torch.int32, device=device)


def flash_attn_with_kvcache(q, k_cache, v_cache, *, cache_seqlens, page_table, softmax_scale, **others) -> torch.Tensor:
    """n tokens of each sequence, [B, n, heads, D], over its pages: the last n of its `cache_seqlens` keys are theirs.

    k_cache, v_cache: [pages, page, kv_heads, D]; page_table [B, most pages].  What lies beyond a sequence's end, NaN
    even, does not count.
    """
    n = q.size(1)
    k, v = (cache[page_table.clamp(min=0).long()].flatten(1, 2).transpose(1, 2) for cache in (k_cache, v_cache))
    empty = (torch.arange(k.size(2), device=q.device) >= cache_seqlens[:, None])[:, None, :, None]
    k, v = k.masked_fill(empty, 0), v.masked_fill(empty, 0)  # 0 times NaN would be NaN
    last = cache_seqlens.long()[:, None] - torch.arange(n - 1, -1, -1, device=q.device)  # [B, n]: keys of each token
    seen = torch.arange(k.size(2), device=q.device) < last[..., None]
    return _attend(q.transpose(1, 2), k, v, seen[:, None], softmax_scale).transpose(1, 2)


def flash_attn_varlen_func(q, k, v, cu_seqlens_q, cu_seqlens_k, *, softmax_scale, **others) -> torch.Tensor:
    """Prompts one behind the other, q [T, heads, D]; the last tokens of each sequence's keys are those of q."""
    out = torch.empty_like(q)
    starts, keys = cu_seqlens_q.tolist(), cu_seqlens_k.tolist()
    for begin, end, first, past in zip(starts, starts[1:], keys, keys[1:], strict=False):
        n, m = end - begin, past - first
        seen = torch.ones(n, m, dtype=torch.bool, device=q.device).tril(m - n)
        mine = (t.transpose(0, 1)[None] for t in (q[begin:end], k[first:past], v[first:past]))
        out[begin:end] = _attend(*mine, seen, softmax_scale)[0].transpose(0, 1)
    return out


def _attend(q, k, v, seen, scale):
    group = q.size(1) // k.size(1)
    k, v = (t.repeat_interleave(group, 1) for t in (k, v))
    return F.scaled_dot_product_attention(q, k, v, attn_mask=seen, scale=scale)


def install() -> None:
    """From now on LMDeploy's engines on a GPU take these for FlashAttention-3; engines that run stay as they are."""
    module = types.ModuleType('flash_attn_interface')
    for function in (get_scheduler_metadata, flash_attn_with_kvcache, flash_attn_varlen_func):
        setattr(module, function.__name__, function)
    sys.modules['flash_attn_interface'] = module
    from lmdeploy.pytorch.backends.cuda import attention

    attention.use_fa3 = True
    attention.use_fa3_warning.cache_clear()
    attention._enable_fa3.cache_clear()
