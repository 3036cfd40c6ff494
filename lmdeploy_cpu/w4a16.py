"""W4A16 linear layers (AWQ): 4-bit weights, dequantised at every step, multiplied in the activations' dtype."""

import torch
import torch.nn.functional as F
from lmdeploy.pytorch.backends.awq_modules import LinearW4A16Impl
from lmdeploy.pytorch.backends.default.awq_modules import unpack_awq


def dequantize_weight(qweight, scales, qzeros, bits: int, group_size: int, dtype: torch.dtype) -> torch.Tensor:
    """AWQ's packed qweight [in, out / 8], scales [in / group, out], qzeros [in / group, out / 8] -> [in, out]."""
    q, zeros = unpack_awq(qweight, qzeros, bits)
    q = q.unflatten(0, (-1, group_size))
    return ((q - zeros[:, None]) * scales.float()[:, None]).flatten(0, 1).to(dtype)


class CpuLinearW4A16Impl(LinearW4A16Impl):
    """LMDeploy's default goes through float16, which is slow and coarse on a CPU."""

    def __init__(self, spec):
        self.bits, self.group_size = spec.w_bit, spec.group_size

    def forward(self, x, qweight, scales, qzeros, bias=None, all_reduce=False, group=None):
        """x [..., in], weights as in `dequantize_weight`, bias [out] -> [..., out] in the dtype of x."""
        weight = dequantize_weight(qweight, scales, qzeros, self.bits, self.group_size, x.dtype)
        return F.linear(x, weight.t(), None if bias is None else bias.to(x.dtype))
