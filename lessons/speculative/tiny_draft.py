"""The course's draft head for tiny-chat, as a folder that LMDeploy reads.

Its weights are kept in 8 bits, with a scale for each row (a quarter of a megabyte); its embedding is tiny-chat's own.
`python -m lessons.speculative.training` made them.
"""

from pathlib import Path

import torch
from safetensors.torch import load_file

from helpers.files import cache_folder
from lessons.texts import DATA

from .draft import DraftShape, write_draft

KEPT = DATA / 'tiny_draft.safetensors'


def draft_folder(target: str | Path) -> Path:
    """The draft for tiny-chat, unpacked to Llama in the folder `target` (`lessons.llama.llama_folder`)."""
    return write_draft(unpacked(load_file(KEPT)), DraftShape(), Path(target), cache_folder() / 'tiny-draft')


def packed(weights: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Matrices [out, in] as int8 with a scale for each row, float32 [out, 1], beside them; vectors as they are."""
    kept = {}
    for name, tensor in weights.items():
        if tensor.dim() == 2:
            scale = tensor.abs().amax(1, keepdim=True) / 127
            kept |= {name: (tensor / scale).round().to(torch.int8), f'{name}.scale': scale.float()}
        else:
            kept[name] = tensor
    return kept


def unpacked(kept: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The inverse of `packed`, up to rounding, in float32."""
    names = [name for name in kept if not name.endswith('.scale')]
    return {name: kept[name].float() * kept.get(f'{name}.scale', torch.ones(1)) for name in names}
