"""LoRA adapters beside a linear layer: several at once, each sequence of a batch with its own or with none."""

import torch
import torch.nn.functional as F
from lmdeploy.pytorch.backends.lora import LoRAImpl


class CpuLoRAImpl(LoRAImpl):
    """As `kernels/cuda/fused_lora.py`: base + scaling · x Aᵀ B, the product x Aᵀ rounded to the type of B and scaled.

    The adapters of a layer lie under each other in A and B.  All of A is multiplied, and what belongs to an adapter
    that is not the sequence's is put to zero: no loop over sequences, so that a decoding step can be traced.
    """

    owners = None  # [R]: the adapter of each row of A
    scalings = None  # [R]: and its factor

    def forward(self, x, lora_A, lora_B, base_output, adapter_info, ctx_mgr, colwise, is_tp=True):
        """x [..., in], lora_A [R, in], lora_B [R, out], base_output [..., out of all], changed in place."""
        context = ctx_mgr.current_context()
        if context.local_adapter_ids is None:  # the warm-up
            return base_output
        if self.owners is None:
            ranks = adapter_info.ranks
            self.owners = torch.repeat_interleave(torch.arange(len(ranks)), ranks)
            self.scalings = torch.repeat_interleave(adapter_info.scalings, ranks).to(lora_B.dtype)
        ids = context.local_adapter_ids  # [sequences]
        if context.attn_metadata.max_q_seqlen > 1:
            ids = torch.repeat_interleave(ids, context.q_seqlens)
        low = F.linear(x.flatten(0, -2), lora_A) * self.scalings
        low = low.masked_fill(self.owners != ids[:, None], 0)
        mine = base_output[..., adapter_info.base_slice]
        mine += (low @ lora_B).view_as(mine)
        return base_output
