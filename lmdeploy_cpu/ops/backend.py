"""The operators: LMDeploy's DefaultOpsBackend (`backends/default`), plus what it lacks or does slowly on a CPU."""

from dataclasses import dataclass, field

import torch
import torch.nn.functional as F
from lmdeploy.pytorch.backends.apply_rotary_emb import ApplyRotaryEmbBuildSpec
from lmdeploy.pytorch.backends.attention import AttentionMetadata, PagedAttentionBuildSpec
from lmdeploy.pytorch.backends.awq_modules import LinearW4A16BuildSpec
from lmdeploy.pytorch.backends.default import DefaultOpsBackend
from lmdeploy.pytorch.backends.default.apply_rotary_emb import DefaultApplyRotaryEmbImpl
from lmdeploy.pytorch.backends.default.cache import DefaultCacheBackend
from lmdeploy.pytorch.backends.default.norm import DefaultRMSNormImpl
from lmdeploy.pytorch.backends.flash_attention import FlashAttentionBuildSpec
from lmdeploy.pytorch.backends.linear import LinearBuildSpec
from lmdeploy.pytorch.backends.lora import LoRABuildSpec
from lmdeploy.pytorch.backends.norm import RMSNormBuildSpec
from lmdeploy.pytorch.engine.cache_engine.layout import ContiguousBlockCacheLayout
from lmdeploy.pytorch.models.patch import get_build_model_context

from lmdeploy_cpu.limits import UnsupportedError

from .attention import CpuPagedAttentionImpl
from .linear import CpuLinearImpl
from .lora import CpuLoRAImpl


@dataclass
class CpuAttentionMetadata(AttentionMetadata):
    """What the attention of every layer needs to know of this step; lengths as ints, so that no layer reads tensors."""

    slots: torch.Tensor = None  # [new tokens]: where in the cache each one goes
    q_lens: list[int] = None
    kv_lens: list[int] = None
    max_q_seqlen: int = None
    max_kv_seqlen: int = None
    blocks: torch.Tensor = None  # [sequences, n]: the blocks that are in use, padded to the longest sequence's
    guesses: bool = False  # a decoding step of several tokens, as many of each sequence: speculative decoding
    masks: dict = field(default_factory=dict)  # window -> mask of a decoding step, the same for all layers


class CpuCacheBackend(DefaultCacheBackend):
    """Each kind of cache in a tensor of its own, so that a layer's blocks are contiguous."""

    @classmethod
    def build_block_layout(cls, tensor_specs, num_layers: int):
        return ContiguousBlockCacheLayout(tuple(tensor_specs), num_layers=num_layers)


class CpuRMSNormImpl(DefaultRMSNormImpl):
    """One fused call instead of six; as `kernels/cuda/rms_norm.py`."""

    def forward(self, x, weight, residual=None):
        """x, residual [..., hidden], weight [hidden] -> the norm of their sum, and the sum if there was a residual."""
        if residual is not None:
            residual = x = x + residual
        x = F.rms_norm(x, (self.hidden_size,), weight, self.eps)
        return x if residual is None else (x, residual)


class CpuApplyRotaryEmbImpl(DefaultApplyRotaryEmbImpl):
    """Half as many calls: rotate_half(x) * sin is x rolled by half its width, times sin with its first half negated.

    As `kernels/cuda/apply_rotary_pos_emb.py`.
    """

    half: int | None = None  # of the heads' width

    def forward(self, query, key, cos, sin, inplace=True, complex_mode=False):
        """query [T, heads, D], key [T, kv_heads, D], cos and sin [T, D] -> both rotated."""
        if self.half is None:  # once, outside of any trace: while torch.jit traces, sizes are no numbers
            self.half = query.size(-1) // 2 if cos.size(-1) == query.size(-1) else 0
        half = self.half
        if complex_mode or cos.dim() != 2 or query.dim() != 3 or not half:
            return tuple(rotate(x, cos, sin, complex_mode) for x in (query, key))
        cos = cos[:, None]
        sin = torch.cat([-sin[:, :half], sin[:, half:]], -1)[:, None]
        return tuple(torch.addcmul(x * cos, x.roll(half, -1), sin) for x in (query, key))


def rotate(x, cos, sin, complex_mode: bool) -> torch.Tensor:
    """Every form that `kernels/cuda/apply_rotary_pos_emb.py` takes; LMDeploy's default operator lacks some.

    x [..., T, heads, D]; cos and sin [..., T, W], a row for each token.  In `complex_mode` neighbours are turned
    together (W is half of the width that is turned, or D), otherwise the two halves (W is all of it).  The rest stays.
    """
    width, tokens = cos.size(-1), x.shape[:-2].numel()
    turned = 2 * width if complex_mode and width != x.size(-1) else width
    if cos.numel() != tokens * width or cos.shape != sin.shape or not 0 < turned <= x.size(-1) or turned % 2:
        raise UnsupportedError(
            f'a rotary embedding of {list(cos.shape)} (cos) and {list(sin.shape)} (sin) does not fit queries or keys '
            f'of {list(x.shape)}: a row for each token, and no more columns than a head has, are needed.'
        )
    cos, sin = (table.reshape(*x.shape[:-2], 1, width) for table in (cos, sin))
    part, rest = x[..., :turned], x[..., turned:]
    if complex_mode:
        if width == turned:  # each number stands there twice
            cos, sin = cos[..., ::2], sin[..., ::2]
        even, odd = part[..., ::2], part[..., 1::2]
        part = torch.stack([even * cos - odd * sin, odd * cos + even * sin], -1).flatten(-2)
    else:
        first, second = part.chunk(2, -1)
        part = part * cos + torch.cat([-second, first], -1) * sin
    return torch.cat([part, rest], -1).to(x.dtype)


class CpuOpsBackend(DefaultOpsBackend):
    """Chosen by LMDeploy's selector while the current device is the CPU."""

    @staticmethod
    def get_name() -> str:
        return 'cpu'

    @classmethod
    def build_op(cls, spec, *, enable_deterministic: bool = False):
        """The implementation for one of LMDeploy's specifications of operators."""
        if isinstance(spec, PagedAttentionBuildSpec):
            return CpuPagedAttentionImpl.from_spec(spec)
        if isinstance(spec, LinearBuildSpec):
            return CpuLinearImpl(spec)
        if isinstance(spec, LoRABuildSpec):
            return CpuLoRAImpl()
        if isinstance(spec, RMSNormBuildSpec):
            return CpuRMSNormImpl(spec.hidden_size, spec.eps)
        if isinstance(spec, ApplyRotaryEmbBuildSpec):
            return CpuApplyRotaryEmbImpl()
        if isinstance(spec, FlashAttentionBuildSpec):
            from .vision import CpuFlashAttentionImpl

            return CpuFlashAttentionImpl(spec)
        if isinstance(spec, LinearW4A16BuildSpec):
            from .w4a16 import CpuLinearW4A16Impl

            # the specification names the dtype of the scales, not that of the activations
            return CpuLinearW4A16Impl(spec, get_build_model_context().strategy_factory.model_config.dtype)
        return super().build_op(spec, enable_deterministic=enable_deterministic)

    @staticmethod
    def get_attention_metadata_cls():
        return CpuAttentionMetadata

    @staticmethod
    def build_graph_runner(model, model_config, cache_config, backend_config, device):
        from .graph import CpuGraphRunner

        return CpuGraphRunner(model, model_config, cache_config, backend_config, device)

    @classmethod
    def get_cache_backend(cls):
        return CpuCacheBackend

    @classmethod
    def update_step_context(cls, ctx):
        """Work out, once per step, where the new tokens go and how long every sequence is."""
        q, kv = ctx.q_seqlens.long(), ctx.kv_seqlens.long()
        q_lens, kv_lens = q.tolist(), kv.tolist()
        block_size = ctx.cache_config.kernel_block_size
        offsets = ctx.block_offsets.long()
        if max(q_lens) == 1:
            position, row = kv - 1, torch.arange(len(q_lens))
        else:
            row = torch.repeat_interleave(torch.arange(len(q_lens)), q)
            start = torch.repeat_interleave(q.cumsum(0) - q, q)
            position = torch.arange(row.numel()) - start + torch.repeat_interleave(kv - q, q)
        ctx.attn_metadata = CpuAttentionMetadata(
            is_decoding=ctx.is_decoding,
            block_offsets=offsets,
            q_start_loc=ctx.q_start_loc,
            q_seqlens=ctx.q_seqlens,
            kv_seqlens=ctx.kv_seqlens,
            quant_policy=ctx.kv_quant_policy,
            slots=offsets[row, position // block_size] * block_size + position % block_size,
            q_lens=q_lens,
            kv_lens=kv_lens,
            max_q_seqlen=max(q_lens),
            max_kv_seqlen=max(kv_lens),
            guesses=bool(ctx.is_decoding and 1 < max(q_lens) == min(q_lens)),
            blocks=offsets[:, : -(-max(kv_lens) // block_size)].contiguous(),
        )
        return ctx

    @staticmethod
    def device_count():
        return 1
