"""Linear layers with weights that are packed once, at load, in the order in which oneDNN's kernels read them.

`F.linear` finds a weight as the checkpoint has it, and in bfloat16 puts it in order again for every token. Packed,
the layers of a decoding step are up to twice as fast, in float32 too from a few sequences on.  The arithmetic is
that of `backends/default/linear.py`, which is `F.linear`, on a GPU too.
"""

import functools
from typing import Optional

import torch
import torch.nn.functional as F
from lmdeploy.pytorch.backends.linear import LinearImpl
from lmdeploy.pytorch.models.patch import get_build_model_context


@functools.cache
def can_pack(dtype: torch.dtype) -> bool:
    """Does oneDNN pack weights of this type on this processor?  Found by trying (bfloat16 needs AVX-512)."""
    weight, x = torch.eye(64, dtype=dtype), torch.ones(1, 64, dtype=dtype)
    try:
        return torch.equal(multiply(x, pack(weight)), x)
    except (AttributeError, RuntimeError):  # another torch, another processor
        return False


def pack(weight: torch.Tensor) -> torch.Tensor:
    """weight [out, in] -> the same in oneDNN's order: opaque, but with shape, dtype and `to_dense()`.

    It is the weight itself that comes back if it would grow (oneDNN packs blocks of up to 64 rows).
    """
    packed = torch.ops.mkldnn._reorder_linear_weight(weight.detach(), None)
    return packed if torch.ops.mkldnn._nbytes(packed) == weight.nbytes else weight


@torch.jit.script  # torch.jit cannot trace the empty list
def multiply(x: torch.Tensor, weight: torch.Tensor, bias: Optional[torch.Tensor] = None) -> torch.Tensor:  # noqa: UP045
    """`F.linear` for a packed weight: x [..., in], weight [out, in], bias [out] -> [..., out]."""
    return torch.ops.mkldnn._linear_pointwise(x, weight, bias, 'none', [], '')


class CpuLinearImpl(LinearImpl):
    """One unquantised layer."""

    def __init__(self, spec):
        # a tied output head is the embedding, too, which looks rows up: it stays as it is
        context = get_build_model_context()
        tied = context.tie_word_embeddings and spec.out_features == context.strategy_factory.model_config.vocab_size
        self.packs = not tied and can_pack(spec.dtype)

    def update_weights(self, weight, bias=None):
        """Called once the checkpoint is loaded."""
        return (pack(weight) if self.packs and not weight.is_mkldnn else weight), bias

    def get_unquantized_weight(self, weight):
        """The weight [out, in] as the checkpoint has it."""
        return weight.to_dense(weight.dtype) if weight.is_mkldnn else weight

    def forward(self, x, weight, bias=None, all_reduce=False, group=None, rank=0, scatter_size=None):
        """x [..., in], weight [out, in], packed or not, bias [out] -> [..., out]."""
        return (multiply if weight.is_mkldnn else F.linear)(x, weight, bias)
