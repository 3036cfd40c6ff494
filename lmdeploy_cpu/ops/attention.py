"""Paged attention: write new keys and values into their slots, gather the blocks, attend.

After `kernels/cuda`: `fill_kv_cache.py` (write), `flatten_kv_cache.py` (read), `pagedattention.py` (decoding) and
`flashattention.py` (prefill).

A sliding window of w keeps w keys, the query's own among them, as Hugging Face does (LMDeploy's Triton kernels
keep w + 1: see the README).
"""

import torch
import torch.nn.functional as F
from lmdeploy.pytorch.backends.attention import AttentionImpl

from lmdeploy_cpu.limits import UnsupportedError

from .kv_quant import BITS, dequantize, quantize


def window_size(window) -> int | None:
    """The window in tokens; None for LMDeploy's ways of saying 'no window' (None, -1, 0, a pair of them)."""
    window = window[0] if isinstance(window, (tuple, list)) else window
    return window if window is not None and window > 0 else None


class CpuPagedAttentionImpl(AttentionImpl):
    """Attention of all sequences of a step over their KV blocks, [blocks, block_size, kv_heads, head_dim]."""

    @classmethod
    def from_spec(cls, s):
        """From a PagedAttentionBuildSpec; UnsupportedError if it asks for what is missing here."""
        lacking = [name for name in ('alibi', 'use_flash_mla', 'mla_index_topk', 'learnable_sink') if getattr(s, name)]
        if s.block_sparse_size != 1:
            lacking.append('block_sparse_size')
        if (s.logit_softcapping or 0) > 0:
            lacking.append('logit_softcapping')
        if lacking:
            raise UnsupportedError(f'attention with {", ".join(lacking)} does not run on the CPU.')
        return cls(
            num_heads=s.num_heads,
            head_size=s.head_dim,
            scale=s.scale,
            num_kv_heads=s.num_kv_heads,
            v_head_size=s.v_head_dim,
            sliding_window=s.sliding_window,
            causal=s.causal,
        )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.window = window_size(self.sliding_window)

    def forward(
        self,
        query,
        key,
        value,
        k_cache,
        v_cache,
        attn_metadata,
        k_scales_zeros=None,
        v_scales_zeros=None,
        learnable_sink=None,
        nsa_indices=None,
        inplace=False,
    ):
        """query [T, heads, D], key and value [T, kv_heads, D] of the T new tokens of all sequences -> [T, heads, Dv].

        k_cache and v_cache [blocks, block_size, kv_heads, D] in the model's dtype; uint8 under int8, and [.., D / 2] of
        uint8 under int4, with scales and zero points [blocks, block_size, kv_heads, 2] beside them.
        """
        meta = attn_metadata
        bits = BITS[meta.quant_policy]
        if key is not None:
            write(k_cache, k_scales_zeros, key, meta.slots, bits)
            write(v_cache, v_scales_zeros, value, meta.slots, bits)
        attend = self._decode if meta.max_q_seqlen == 1 else self._verify if meta.guesses else self._prefill
        return attend(query, key, value, meta, (k_cache, k_scales_zeros), (v_cache, v_scales_zeros), bits)

    def _decode(self, query, key, value, meta, k_cache, v_cache, bits):
        """One token per sequence, query [B, heads, D]: one batched attention over the gathered, padded blocks.

        k_cache and v_cache are pairs (cache, scales_zeros), here and in `_prefill`.  Tensors alone decide what happens,
        no number that is worked out from them: graph.py records this.
        """
        if self.window not in meta.masks:
            meta.masks[self.window] = decoding_mask(meta, self.window, query.dtype)
        mask = meta.masks[self.window]
        length = mask.size(-1)
        k, v = (read(c, meta.blocks, length, bits, query.dtype).transpose(1, 2) for c in (k_cache, v_cache))
        # the query heads that share a key-value head become the rows of one small attention: no copies of k and v
        out = F.scaled_dot_product_attention(
            query.unflatten(1, (self.num_kv_heads, -1)), k, v, attn_mask=mask, scale=self.scale
        )
        return out.flatten(1, 2)

    def _verify(self, query, key, value, meta, k_cache, v_cache, bits):
        """n tokens of each sequence, the last one and the guesses behind it, query [B * n, heads, D]: as `_decode`."""
        if self.window not in meta.masks:
            meta.masks[self.window] = decoding_mask(meta, self.window, query.dtype)
        mask = meta.masks[self.window]  # [B, 1, n, longest]
        k, v = (read(c, meta.blocks, mask.size(-1), bits, query.dtype).transpose(1, 2) for c in (k_cache, v_cache))
        n, group = meta.max_q_seqlen, self.num_heads // self.num_kv_heads
        q = query.unflatten(1, (self.num_kv_heads, group)).unflatten(0, (-1, n)).permute(0, 2, 3, 1, 4)
        out = F.scaled_dot_product_attention(
            q.flatten(2, 3), k, v, attn_mask=mask.repeat(1, 1, group, 1), scale=self.scale
        )
        return out.unflatten(2, (group, n)).permute(0, 3, 1, 2, 4).flatten(2, 3).flatten(0, 1)

    def _prefill(self, query, key, value, meta, k_cache, v_cache, bits):
        """query [T, heads, D], sequence by sequence; n new tokens, of m with those that are cached."""
        out = query.new_empty(query.size(0), self.num_heads, self.v_head_size)
        start = 0
        for i, (n, m) in enumerate(zip(meta.q_lens, meta.kv_lens, strict=True)):
            rows = slice(start, start + n)
            start += n
            if n == m and bits is None and key is not None:  # nothing cached before: no need to gather
                k, v = key[rows], value[rows]
            else:
                blocks = meta.block_offsets[i, : -(-m // k_cache[0].size(1))]
                k, v = (read(c, blocks, m, bits, query.dtype) for c in (k_cache, v_cache))
            out[rows] = attend_one(query[rows], k, v, self.scale, self.causal, self.window)
        return out


def decoding_mask(meta, window: int | None, dtype: torch.dtype) -> torch.Tensor:
    """What is added to the scores of a decoding step of n tokens each, [B, 1, n, longest]: -inf where no key is."""
    position, n = torch.arange(meta.max_kv_seqlen), meta.max_q_seqlen
    kv = meta.kv_seqlens.long()[:, None, None] - torch.arange(n - 1, -1, -1)[:, None]  # [B, n, 1]
    hidden = position >= kv
    if window:
        hidden |= position < kv - window
    return torch.zeros(hidden.shape, dtype=dtype).masked_fill_(hidden, -torch.inf)[:, None]


def write(cache, scales_zeros, new, slots, bits):
    """Put `new` [T, H, D] into `slots` [T] of the cache, quantised if it is (`bits`)."""
    if bits is not None:
        new, new_scales_zeros = quantize(new, bits, scales_zeros.dtype)
        scales_zeros.flatten(0, 1).index_copy_(0, slots, new_scales_zeros)
    cache.flatten(0, 1).index_copy_(0, slots, new)


def read(pair, blocks, length, bits, dtype):
    """The first `length` tokens of `blocks` [.., n] of a pair (cache, scales_zeros) -> [.., length, H, D]."""

    def gather(t):
        # index_select copies whole blocks; t[blocks] would go element by element
        t = t.index_select(0, blocks.flatten())
        return t.view(*blocks.shape[:-1], -1, *t.shape[2:])[..., :length, :, :]

    cache, scales_zeros = pair
    out = gather(cache)
    return out if bits is None else dequantize(out, gather(scales_zeros), bits, dtype)


def attend_one(q, k, v, scale, causal, window=None):
    """One sequence: q [n, H, D], k and v [m, Hkv, D] -> [n, H, D]; the last query sees the last key."""
    n, m = q.size(0), k.size(0)
    mask, is_causal = None, causal and n > 1
    if causal and (window or (n != m and n > 1)):
        q_position, k_position = torch.arange(m - n, m)[:, None], torch.arange(m)
        mask = k_position <= q_position
        if window:
            mask &= k_position > q_position - window
        is_causal = False
    q, k, v = (t.transpose(0, 1)[None] for t in (q, k, v))
    out = F.scaled_dot_product_attention(
        q, k, v, attn_mask=mask, is_causal=is_causal, scale=scale, enable_gqa=q.size(1) != k.size(1)
    )
    return out[0].transpose(0, 1)
