"""Attention without a cache equals torch's own attention, image by image."""

import pytest
import torch
import torch.nn.functional as F
from lmdeploy.pytorch.backends.flash_attention import FlashAttentionBuildSpec

from lmdeploy_cpu.limits import UnsupportedError

HEADS, KV_HEADS, D, V_D = 4, 2, 16, 8


def build(**changes):
    from lmdeploy_cpu.ops.vision import CpuFlashAttentionImpl

    fields = {'causal': False, 'sliding_window': None, 'logit_softcapping': 0.0, 'scale': 0.3} | changes
    return CpuFlashAttentionImpl(FlashAttentionBuildSpec(HEADS, D, num_kv_heads=KV_HEADS, v_head_dim=V_D, **fields))


@pytest.mark.parametrize(('causal', 'window'), [(False, None), (True, None), (True, 3)])
@pytest.mark.parametrize('kv_lengths', [(5, 9), (7, 12)])
def test_two_images_in_one_row(causal, window, kv_lengths):
    lengths = (5, 9)
    torch.manual_seed(0)
    q = torch.randn(1, sum(lengths), HEADS, D)
    k, v = (torch.randn(1, sum(kv_lengths), KV_HEADS, d) for d in (D, V_D))
    places = [torch.tensor(t) for t in ((0, lengths[0]), lengths, (0, kv_lengths[0]), kv_lengths)]
    out = build(causal=causal, sliding_window=window).forward(q, k, v, *places)
    want = []
    for qi, ki, vi in zip(q[0].split(lengths), k[0].split(kv_lengths), v[0].split(kv_lengths), strict=True):
        behind = torch.arange(len(ki)) - torch.arange(len(qi))[:, None] - (len(ki) - len(qi))  # 0: the query's own key
        mask = (behind <= 0) & (behind > -(window or 99)) if causal else torch.ones_like(behind, dtype=torch.bool)
        heads = (t.transpose(0, 1) for t in (qi, ki, vi))
        want.append(F.scaled_dot_product_attention(*heads, mask, scale=0.3, enable_gqa=True).transpose(0, 1))
    torch.testing.assert_close(out, torch.cat(want)[None], atol=1e-5, rtol=0)


@pytest.mark.parametrize(
    ('changes', 'match'),
    [({'logit_softcapping': 30.0}, 'soft-capped'), ({'sliding_window': 3}, 'window .* not causal')],
)
def test_what_is_refused(changes, match):
    with pytest.raises(UnsupportedError, match=match):
        build(**changes)
