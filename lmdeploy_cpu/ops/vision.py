"""Attention without a cache, for vision towers, one attention per image: `kernels/cuda/flashattention.py`."""

from lmdeploy.pytorch.backends.flash_attention import FlashAttentionImpl

from lmdeploy_cpu.limits import UnsupportedError

from .attention import attend_one, window_size


class CpuFlashAttentionImpl(FlashAttentionImpl):
    """query [.., T, heads, D], key [.., S, kv_heads, D], value [.., S, kv_heads, Dv]: one sequence after the other."""

    def __init__(self, spec):
        if (spec.logit_softcapping or 0) > 0:
            raise UnsupportedError('soft-capped attention does not run on the CPU.')
        self.spec, self.window = spec, window_size(spec.sliding_window)
        if self.window and not spec.causal:
            raise UnsupportedError('attention with a window that is not causal does not run on the CPU.')

    def forward(self, query, key, value, q_start_loc, q_seqlens, kv_start_loc, kv_seqlens, max_q_seqlen=None):
        """-> [.., T, heads, Dv]; starts and lengths [sequences] count in T for the queries, in S for the keys."""
        q, k, v = (t.reshape(-1, *t.shape[-2:]) for t in (query, key, value))
        out = q.new_empty(q.size(0), q.size(1), v.size(-1))
        starts_and_lengths = (t.tolist() for t in (q_start_loc, q_seqlens, kv_start_loc, kv_seqlens))
        for qs, qn, ks, kn in zip(*starts_and_lengths, strict=True):
            rows, keys = slice(qs, qs + qn), slice(ks, ks + kn)
            out[rows] = attend_one(q[rows], k[keys], v[keys], self.spec.scale, self.spec.causal, self.window)
        return out.view(*query.shape[:-1], v.size(-1))
