"""The course's draft head for tiny-chat, as a folder that LMDeploy reads.

Its weights are kept in 8 bits, with a scale for each row (a quarter of a megabyte); its embedding is tiny-chat's own.
`python -m lessons.speculative.training` makes the file anew, for the tiny-chat that is there.
"""

import hashlib
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import load_file

from helpers import model_path
from helpers.checkpoints.geometry import Geometry
from helpers.files import cache_folder
from lessons.texts import DATA

from .draft import DraftShape, write_draft

KEPT = DATA / 'tiny_draft.safetensors'


def draft_folder(target: str | Path) -> Path:
    """The draft for tiny-chat, unpacked to Llama in the folder `target` (`lessons.llama.llama_folder`).

    A line says so where it was trained for another tiny-chat: its guesses then agree less often.
    """
    with safe_open(KEPT, 'pt') as file:
        made = file.metadata() or {}
    if made.get('target_sha256') != target_sha256():
        print('This draft was trained for another tiny-chat, and guesses worse than it could.')
        print('To train it anew: python -m lessons.speculative.training')
    return write_draft(unpacked(load_file(KEPT)), DraftShape(), Path(target), cache_folder() / 'tiny-draft')


def target_sha256() -> str:
    """Of tiny-chat's weights: what the draft was trained for."""
    return hashlib.sha256((model_path('tiny-chat') / 'model.safetensors').read_bytes()).hexdigest()


def draft_share() -> float:
    """What one guess reads, in plain steps: the head's weights and the target's output matrix, by tiny-chat's weights.

    The embeddings are left out: of them a step reads a row for each token.
    """
    geometry = Geometry.from_config(model_path('tiny-chat'))
    table = geometry.vocab_size * geometry.hidden_size
    own = sum(tensor.numel() for tensor in unpacked(load_file(KEPT)).values())
    return (own + table) / (geometry.num_parameters - table)


def packed(weights: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Matrices [out, in] as int8 with a scale for each row, float32 [out, 1], beside them; vectors as they are."""
    kept = {}
    for name, tensor in weights.items():
        if tensor.dim() == 2:
            scale = tensor.abs().amax(1, keepdim=True).clamp(min=1e-12) / 127
            kept |= {name: (tensor / scale).round().to(torch.int8), f'{name}.scale': scale.float()}
        else:
            kept[name] = tensor
    return kept


def unpacked(kept: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The inverse of `packed`, up to rounding, in float32."""
    names = [name for name in kept if not name.endswith('.scale')]
    return {name: kept[name].float() * kept.get(f'{name}.scale', torch.ones(1)) for name in names}
