"""The vision tower and the projector that config.json promises, as transformers builds them."""

import functools
import json
import re
from collections.abc import Iterable

FAMILIES = ('internvl', 'llava', 'llava_next', 'qwen2_vl', 'qwen2_5_vl', 'qwen3_vl')  # `model_type`
_PART = re.compile(r'^.*?\b(vision_tower|visual|multi_modal_projector|image_newline)\b(\.vision_model)?')
_LAYER = re.compile(r'^(?:model|(?:vision_tower|visual)(?:\.encoder)?)\.(?:layers?|blocks)\.(\d+)\.')


def vision_part(tensors: dict[str, object]) -> dict[str, object]:
    """Those of `tensors` that are not the language model's, by names that are the same in all versions of a model."""
    return {_PART.sub(r'\1', name): tensor for name, tensor in tensors.items() if _PART.match(name)}


def num_layers(names: Iterable[str]) -> int:
    """How many layers of a language model, or of a vision tower, these tensors' names speak of."""
    return 1 + max((int(m[1]) for m in map(_LAYER.match, names) if m), default=-1)


@functools.lru_cache(maxsize=8)
def promised_vision(config: str) -> tuple[dict[str, tuple[int, ...]], int]:
    """(name → shape of `vision_part`, layers of the tower) by the text of a config.json; ({}, 0) for another family.

    What nobody reads is not among the shapes: LLaVA's tower ends at `vision_feature_layer`, which is seldom the last.
    """
    fields = json.loads(config)
    if fields.get('model_type') not in FAMILIES:
        return {}, 0
    import torch
    from transformers import AutoConfig, AutoModelForImageTextToText

    try:
        whole = AutoConfig.for_model(**fields)
        whole.get_text_config().num_hidden_layers = 1  # of the language model nothing is wanted
        with torch.device('meta'):
            state = AutoModelForImageTextToText.from_config(whole).state_dict()
    except Exception:  # numbers that do not go together, in whatever way: an engine says so too
        return {}, 0
    shapes = vision_part({name: tuple(tensor.shape) for name, tensor in state.items()})
    layers, levels = num_layers(shapes), getattr(whole, 'vision_feature_layer', -1)
    levels = levels if isinstance(levels, list | tuple) else [levels]
    last = max(level if level >= 0 else layers + 1 + level for level in levels)
    read = [name for name in shapes if num_layers([name]) <= last and 'post_layernorm' not in name]
    return {name: shapes[name] for name in read}, layers
