"""Do the tensors in a checkpoint's files match its config.json?"""

import dataclasses
import math
import re
from collections.abc import Callable
from pathlib import Path

from helpers.files import read_json, tilde

from .geometry import KNOWN, Geometry
from .shards import file_faults, lost_tensors, read_header, shard_names
from .vision import num_layers, promised_vision, vision_part

_QWEN2 = ('Qwen2ForCausalLM', 'Qwen2VLForConditionalGeneration', 'Qwen2_5_VLForConditionalGeneration')


class CheckpointError(RuntimeError, ValueError):
    """A checkpoint that no engine can load, with what is wrong and what to do."""


def weight_headers(folder: Path) -> dict[str, dict[str, dict]]:
    """File → header (as `read_header` gives it) of the weights that an engine reads in `folder`, checked.

    Raises CheckpointError where files are missing or broken, or do not hold what config.json promises.
    """
    if faults := weight_faults(folder):
        raise CheckpointError(f'{tilde(folder)}: {"; ".join(faults)}')
    return {name: read_header(folder / name) for name in shard_names(folder)}


def weight_faults(folder: Path) -> list[str]:
    """Why no engine can load the weights in `folder`, or what they lack, a line each; [] when all is there."""
    if faults := file_faults(folder):
        return faults
    headers = [read_header(folder / name) for name in shard_names(folder)]
    held = {name: tensor for header in headers for name, tensor in header.items()}
    lost = lost_tensors(folder, held.keys())
    faults = _language_faults(folder, held) + _vision_faults(folder, held)
    if lost and not faults and (read_json(folder / 'config.json').get('architectures') or [''])[0] in KNOWN.values():
        return []  # the index names more than anybody needs
    return lost + faults


def _language_faults(folder: Path, held: dict[str, dict]) -> list[str]:
    """What config.json promises of a language model and `held` (name → header's entry) does not, a line each.

    Of a vision-language model the language part is judged.  An architecture whose names are not known is not judged.
    """
    whole = read_json(folder / 'config.json')
    text = whole if 'hidden_size' in whole else whole.get('text_config') or whole.get('llm_config') or whole
    architecture = (text.get('architectures') or [KNOWN.get(text.get('model_type'))])[0]
    architecture = KNOWN['qwen2'] if architecture in _QWEN2 else architecture
    if architecture not in KNOWN.values():
        return []
    try:
        shape = Geometry.from_config(folder)
    except (OSError, ValueError, TypeError) as error:  # an engine has defaults for what is not there
        return [f'config.json: {error}'] if 'KV heads' in str(error) else []
    if text is not whole or 'vision_config' in whole:
        held = {_in_language_model(name): tensor for name, tensor in held.items()}
    tied = shape.tie_word_embeddings or bool(whole.get('tie_word_embeddings'))
    shape = dataclasses.replace(shape, architecture=architecture, tie_word_embeddings=tied)
    promised = shape.tensors(packed=architecture == KNOWN['internlm2'])
    if architecture == KNOWN['qwen2']:  # its queries, keys and values have a bias, which no key of config.json says
        matrices = [name for name in promised if re.search(r'\.[qkv]_proj\.weight$', name)]
        promised |= {name.replace('weight', 'bias'): promised[name][:1] for name in matrices}
    quantised = whole.get('quantization_config') or text.get('quantization_config') or {}
    faults = []

    layers = num_layers(name for name in held if name.startswith('model.'))
    if layers > 0 and layers != shape.num_layers:
        faults.append(_other_depth(f'num_hidden_layers {shape.num_layers}', layers))
        promised = {name: size for name, size in promised.items() if num_layers([name]) <= layers}
    heads = [n for n in ('lm_head.weight', 'output.weight') if n in promised and not _is_held(n, held, bool(quantised))]
    if heads:
        del promised[heads[0]]
        faults.append(
            f'{heads[0]}, the output head, is in no file, and config.json does not tie it to the embeddings: set '
            'tie_word_embeddings to true there if the model was trained so, else get the file that holds it'
        )
    if quantised.get('quant_method') in ('awq', 'gptq') and not any(name.endswith('.qweight') for name in held):
        faults.append('config.json has a quantization_config, and the files hold no 4-bit weights (qweight)')
    return faults + _differences(promised, held, quantised, _language_keys)


def _vision_faults(folder: Path, held: dict[str, dict]) -> list[str]:
    """The same of the vision tower, and of the projector behind it."""
    promised, layers = promised_vision((folder / 'config.json').read_text(encoding='utf-8'))
    held, faults = vision_part(held), []
    there = num_layers(held)
    if promised and there and not num_layers(promised) <= there <= layers:
        faults.append(_other_depth(f'{layers} layers of the vision tower', there))
        promised = {name: size for name, size in promised.items() if num_layers([name]) <= there}
    quantised = read_json(folder / 'config.json').get('quantization_config') or {}
    return faults + _differences(promised, held, quantised, lambda name: 'vision_config; text_config: hidden_size')


def _other_depth(says: str, layers: int) -> str:
    ways = 'get the rest of the files, or the config.json that belongs to them'
    return f'config.json says {says}, the files hold {layers} layers: {ways}'


def _language_keys(name: str) -> str:
    if re.search(r'attn|attention\.', name):
        return 'hidden_size, num_attention_heads, num_key_value_heads, head_dim'
    return 'hidden_size, ' + ('vocab_size' if re.search('embed|lm_head|output', name) else 'intermediate_size')


def _differences(promised: dict, held: dict, quantised: dict, keys: Callable[[str], str]) -> list[str]:
    """What of `promised` (name → shape) is not in `held`, or has another shape; `keys(name)`: what decides it."""
    faults = []
    lacking = [name for name in promised if not _is_held(name, held, bool(quantised))]
    if lacking and any(name.endswith('.qweight') for name in held) and not quantised:
        faults.append('the files hold 4-bit weights, and config.json has no quantization_config: get the one that does')
    elif lacking:
        faults.append(
            f'{len(lacking)} tensors that config.json promises are in no file, such as {lacking[0]} (the files hold '
            f'{min(held, default="none")}): get the files, or the config.json, that belong together'
        )
    others = [name for name in promised if _other_shape(name, held, promised[name], quantised.get('bits', 4))]
    if others:
        name = others[0]
        tensor = held.get(name) or held[name.removesuffix('weight') + 'qweight']
        more = f', and {len(others) - 1} others do not fit either' if len(others) > 1 else ''
        faults.append(
            f'{name} has the shape {tensor["shape"]} in the files, and {list(promised[name])} by config.json{more} '
            f'({keys(name)}): get the config.json that belongs to the files, or put the numbers right in it'
        )
    return faults


def _in_language_model(name: str) -> str:
    """The name that a vision-language model's tensor has in its language model."""
    outer = '' if re.search(r'\.(lm_head|output)\.', name) else 'model.'
    return re.sub(r'^(model\.)?language_model\.(model\.)?', outer, name)


def _is_held(name: str, held: dict, quantised: bool) -> bool:
    stem = name.removesuffix('weight')
    return name in held or (quantised and stem != name and any(other.startswith(stem) for other in held))


def _other_shape(name: str, held: dict, shape: tuple[int, ...], bits: int) -> bool:
    if packed := held.get(name.removesuffix('weight') + 'qweight'):  # AWQ's and GPTQ's int32
        return math.prod(packed['shape']) * 32 // bits != math.prod(shape)
    tensor = held.get(name)  # of other formats only those in floats keep the matrix's shape
    return bool(tensor) and tensor['dtype'] in ('BF16', 'F16', 'F32', 'F64') and tuple(tensor['shape']) != shape
