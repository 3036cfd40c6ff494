"""KV cache quantisation: arithmetic and layout of `_quant_int8`, `_quant_int4` (`kernels/cuda/fill_kv_cache.py`)."""

import torch
from lmdeploy.messages import QuantPolicy

BITS = {QuantPolicy.NONE: None, QuantPolicy.INT8: 8, QuantPolicy.INT4: 4}


def quantize(x: torch.Tensor, bits: int, scales_zeros_dtype: torch.dtype):
    """Asymmetric, per token and head.

    x [T, H, D] -> uint8 [T, H, D] (8 bits) or [T, H, D/2] (4 bits: the low nibble is the first half of the head), and
    [T, H, 2] in `scales_zeros_dtype` holding scale and zero point, the zero point in units of the quantised value.
    """
    levels = 2**bits - 1
    if bits == 4:
        x = x.float()  # as the int4 kernel does; the int8 kernel subtracts in the dtype of the model
    low, high = x.aminmax(dim=-1, keepdim=True)
    scale = ((high - low).float() / levels).clamp_min(1e-8)  # a constant row has no range
    zero = -low.float() / scale
    q = (x.float() / scale).add_(zero).add_(0.5).clamp_(0, levels).to(torch.uint8)
    if bits == 4:
        first, second = q.chunk(2, -1)
        q = first | second << 4
    return q, torch.cat([scale, zero], -1).to(scales_zeros_dtype)


def dequantize(q: torch.Tensor, scales_zeros: torch.Tensor, bits: int, dtype: torch.dtype) -> torch.Tensor:
    """The inverse of `quantize`, up to rounding, (q - zero) * scale: [.., H, D] in `dtype`."""
    if bits == 4:
        q = torch.cat([q & 0xF, q >> 4], -1)
    scale, zero = scales_zeros.float().split(1, -1)
    return q.float().sub_(zero).mul_(scale).to(dtype)
