"""W4A16 linear layers (AWQ): 4-bit weights, repacked once at load, multiplied as 4-bit weights.

The same numbers as `awq_linear` in `kernels/cuda/awq_kernels.py`.

In bfloat16, torch's int4 kernel takes the weights apart in registers, so that a decoding step reads a quarter of the
bytes that a bfloat16 layer reads.  It is vectorised for bfloat16 on AVX2 and AVX-512 alone; everything else
(float32, many rows at once, shapes that the kernel does not take, other processors) dequantises piece by piece.
"""

import functools

import torch
from lmdeploy.pytorch.backends.awq_modules import LinearW4A16Impl
from lmdeploy.pytorch.backends.default.awq_modules import unpack_awq

KERNEL_GROUPS = (32, 64, 128, 256)
PIECE = 2**20  # weights dequantised at a time: 4 MiB of float32, which stay in the cache


def pack(q: torch.Tensor, width: int) -> torch.Tensor:
    """Numbers 0..15 [in, out] -> uint8 [out / width, width / 2, in]: half of `width` columns in the low four bits."""
    halves = q.t().to(torch.uint8).unflatten(0, (-1, 2, width // 2))
    return (halves[:, 0] | halves[:, 1] << 4).contiguous()


@functools.cache
def kernel_width() -> int | None:
    """The columns that torch's int4 kernel packs together on this processor; None where it is not vectorised.

    Found by packing something, for torch promises no layout.
    """
    if torch.backends.cpu.get_cpu_capability() not in ('AVX2', 'AVX512'):
        return None
    q = torch.arange(32 * 128).mul(7).remainder(61).remainder(16).view(32, 128)
    theirs = torch.ops.aten._convert_weight_to_int4pack_for_cpu(q.t().int().contiguous(), 1).flatten()
    return next((w for w in (64, 32) if torch.equal(pack(q, w).transpose(1, 2).flatten(), theirs)), None)


class CpuLinearW4A16Impl(LinearW4A16Impl):
    """One layer.  It keeps, for the whole of its life, half a byte a weight and 4 bytes a group and column."""

    def __init__(self, spec, dtype: torch.dtype):
        """`dtype`: of the activations."""
        self.group_size = spec.group_size
        width = kernel_width() if dtype == torch.bfloat16 and spec.group_size in KERNEL_GROUPS else None
        self.kernel = width is not None and spec.out_features % width == 0
        self.width = width if self.kernel else 8  # AWQ packs eight columns: out / 8 is whole
        # the kernel takes the weights apart for every four rows; once for all is faster beyond (measured) 128 rows
        # with AVX-512 and 64 with AVX2
        self.kernel_rows = 2 * width if self.kernel else 0

    def update_weights(self, qweight, scales, qzeros, bias=None):
        """AWQ's int32 qweight [in, out / 8], scales [in / group, out], qzeros int32 [in / group, out / 8] -> what
        `forward` takes.

        For the kernel, a weight is (q - 8) * scale + shift, both bfloat16; else (q - zero) * scale, as AWQ has it, in
        float16, which holds both exactly.
        """
        q, zeros = unpack_awq(qweight, qzeros, 4)
        packed = pack(q, self.width)
        if not self.kernel:
            return packed, torch.stack([scales.half(), zeros.half()], -1), zeros.new_empty(0), bias
        scales = scales.bfloat16()  # before the shift is made of it, so that the two agree on where 0 is
        shifts = ((8 - zeros) * scales.float()).bfloat16()
        return packed.transpose(1, 2).contiguous(), torch.stack([scales, shifts], -1), zeros.new_empty(0), bias

    def forward(self, x, qweight, scales, qzeros, bias=None, all_reduce=False, group=None):
        """x [..., in], weights as `update_weights` returned them, bias [out] -> [..., out] in the dtype of x."""
        rows = x.reshape(-1, x.size(-1)).contiguous()
        # decoding is traced (graph.py), and there sizes are no numbers: the kernel takes any batch
        if self.kernel and (torch.jit.is_tracing() or 0 < rows.size(0) <= self.kernel_rows):
            weight = qweight.view(scales.size(1), -1)
            y = torch.ops.aten._weight_int4pack_mm_for_cpu(rows, weight, self.group_size, scales)
        else:
            y = self._multiply_dequantized(rows, qweight, scales)
        if bias is not None:
            y += bias.to(y.dtype)
        return y.view(*x.shape[:-1], y.size(-1))

    def _multiply_dequantized(self, rows, packed, scales):
        """[n, in] times the weights, which are worked out in float32 and rounded to the dtype of the rows."""
        packed = packed.transpose(1, 2) if self.kernel else packed
        scale, offset = scales.float().permute(2, 1, 0).contiguous()[..., None]  # [out, in / group, 1] each
        shift = offset - 8 * scale if self.kernel else -offset * scale
        y = rows.new_empty(rows.size(0), scales.size(1))
        step = max(1, PIECE // (rows.size(1) * self.width))
        for i in range(0, packed.size(0), step):
            piece = packed[i : i + step]
            columns = slice(i * self.width, (i + piece.size(0)) * self.width)
            w = torch.empty(piece.size(0), 2, *piece.shape[1:], dtype=torch.float32)
            w[:, 0] = piece & 15
            w[:, 1] = piece >> 4
            w = w.view(-1, scales.size(0), self.group_size)
            w = w.mul_(scale[columns]).add_(shift[columns]).flatten(1)
            y[:, columns] = rows @ w.to(rows.dtype).t()
        return y
