"""The weight files of a checkpoint: which an engine reads, whether they are whole, and how to write them."""

import json
import os
import re
from collections.abc import Collection, Iterator
from glob import escape, glob
from pathlib import Path
from zipfile import is_zipfile

from helpers.files import is_lfs_pointer, read_json, write_json

# Ending → the file that holds all weights, the index over several.
FAMILIES = {
    end: (f'{stem}{end}', f'{stem}{end}.index.json')
    for end, stem in {'.safetensors': 'model', '.bin': 'pytorch_model'}.items()
}
ADAPTER = (
    'a LoRA adapter alone, not the model: merge it into the model that it was trained on (PEFT: '
    '`merge_and_unload()`, then `save_pretrained()`), and take that folder'
)
BIN_ADVICE = (
    'the weights are PyTorch .bin files, which may hold code: get a snapshot with *.safetensors, or convert yours on a '
    'machine that trusts it (torch.load(…, weights_only=True), then safetensors.torch.save_file)'
)


def read_header(path: Path) -> dict[str, dict]:
    """Name → {'dtype', 'shape', 'data_offsets'} of each tensor in a weight file, without reading the tensors.

    Of a `.bin` file, which has no such header, the offsets are as if each tensor began at 0.

    Raises ValueError, saying why, if the file is cut short or holds no weights that an engine would load.
    """
    size = path.stat().st_size
    if is_lfs_pointer(path):
        raise ValueError(f'{path.name} is a git-lfs pointer of {size} bytes, not the file: run `git lfs pull` there')
    if path.suffix == '.bin':
        return {
            name: {'dtype': _stored_name(tensor), 'shape': list(tensor.shape), 'data_offsets': [0, tensor.nbytes]}
            for name, tensor in _load_bin(path).items()
        }
    with open(path, 'rb') as file:
        start = file.read(8)
        header_bytes = int.from_bytes(start, 'little')
        if not 2 <= header_bytes <= 100_000_000:
            raise ValueError(f'{path.name} ({size} bytes) is no safetensors file, or the download was cut short')
        header = file.read(header_bytes)
    if len(header) < header_bytes:
        raise ValueError(f'{path.name} is cut short: {size} bytes, not even its header is whole')
    try:
        tensors = json.loads(header)
    except ValueError:
        raise ValueError(f'{path.name} is no safetensors file: its header is not JSON') from None
    tensors.pop('__metadata__', None)
    whole = 8 + header_bytes + max((tensor['data_offsets'][1] for tensor in tensors.values()), default=0)
    if size != whole:
        raise ValueError(f'{path.name} is cut short: {size} of {whole} bytes')
    return tensors


def read_tensors(path: Path) -> Iterator[tuple[str, 'torch.Tensor']]:  # noqa: F821
    """The tensors of a weight file, one after the other, in the order of its header."""
    if path.suffix == '.bin':
        yield from _load_bin(path).items()
        return
    from safetensors import safe_open

    with safe_open(path, framework='pt') as file:
        for name in read_header(path):
            yield name, file.get_tensor(name)


def _load_bin(path: Path) -> dict:
    """As the engines load it: code in it is refused.  Mapped, where the file can be."""
    import torch

    try:
        state = torch.load(path, map_location='cpu', weights_only=True, mmap=is_zipfile(path))  # since PyTorch 1.6
    except Exception as error:
        why = str(error).strip().split('\n')[0]
        raise ValueError(f'{path.name} cannot be loaded, or is cut short ({why}): {BIN_ADVICE}') from None
    if not isinstance(state, dict) or not all(isinstance(tensor, torch.Tensor) for tensor in state.values()):
        raise ValueError(f'{path.name} holds something other than tensors by their names: {BIN_ADVICE}')
    return state


def _stored_name(tensor) -> str:
    """Of a tensor's type, as safetensors names it: 'BF16', 'I32', …"""
    name = str(tensor.dtype).removeprefix('torch.').removesuffix('fn')
    for kind in ('complex', 'float', 'uint', 'int'):
        name = name.replace(kind, kind[0])
    return name.upper()


def shard_names(folder: Path) -> list[str]:
    """The files that hold the weights of the checkpoint in `folder`, whether they are there or not.

    The PyTorch engine (`_get_weight_type` in lmdeploy/pytorch/weight_loader/model_weight_loader.py), like transformers,
    takes the first there is of `model.safetensors`, its index, `pytorch_model.bin`, its index.  Where it finds nothing,
    they are what TurboMind takes (`create_checkpoint` in lmdeploy/turbomind/checkpoint.py): `model*.safetensors`,
    `pytorch_model*.bin`, `*.safetensors`.  `astray` says where the two engines would not read the same.
    """
    for single, index in FAMILIES.values():
        if (folder / single).is_file():
            return [single]
        if (folder / index).is_file():
            return sorted(set(_weight_map(folder / index).values()))
    for pattern in ('model*.safetensors', 'pytorch_model*.bin', '*.safetensors'):
        if names := visible(folder, pattern):
            break
    counted = {}  # without the index, a name `model-00001-of-00002` still tells how many there are
    for name in names:
        if match := re.fullmatch(r'(.*)-(\d+)-of-(\d+)(\.\w+)', name):
            stem, digits, count, ending = match[1], len(match[2]), match[3], match[4]
            counted[stem, count] = [f'{stem}-{i:0{digits}d}-of-{count}{ending}' for i in range(1, int(count) + 1)]
    return next(iter(counted.values())) if len(counted) == 1 else names


def astray(folder: Path) -> str:
    """Why an engine or transformers, given `folder`, would not read just its `shard_names`; '' where all do."""
    names = shard_names(folder)
    single, index = FAMILIES[Path(names[0]).suffix]
    listed = _weight_map(folder / index) if (folder / index).is_file() and not is_lfs_pointer(folder / index) else {}
    if names == [single] or listed:
        if (folder / index).is_file() and single.endswith('.safetensors'):
            held = {(tensor, name) for name in names for tensor in read_header(folder / name)}
            if any((tensor, listed.get(tensor)) not in held for tensor, _ in held):
                beside = f'{single} lies beside {index}'
                where = beside if names == [single] else f'the files hold tensors that are not in {index}'
                return f'{where}, which says otherwise: TurboMind goes by it, the PyTorch engine by the files'
    elif len(names) == 1:
        return f'the weights are in {names[0]}: the PyTorch engine and transformers look for {single}'
    else:
        return f'{len(names)} weight files without {index}: the PyTorch engine and transformers do not find them'
    others = sorted({*visible(folder, 'model*.safetensors'), *visible(folder, 'pytorch_model*.bin')} - {*names})
    others = [] if (folder / index).is_file() else [name for name in others if name.endswith(single[-4:])]
    if single == 'pytorch_model.bin':
        others += visible(folder, 'model*.safetensors')
    if others:
        return f'TurboMind would read {", ".join(others)} too'
    if (folder / 'adapter_config.json').is_file():
        return 'a LoRA adapter lies beside the weights: transformers would put it on top of them, LMDeploy does not'
    return ''


def file_faults(folder: Path) -> list[str]:
    """What is wrong with the weight files in `folder`, a line each; [] when every one is there and whole."""
    try:
        names = shard_names(folder)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        return [str(error) if 'git lfs' in str(error) else f'{FAMILIES[".safetensors"][1]} cannot be read: {error}']
    if not names:
        return [_nothing_found(folder)]
    single, index = FAMILIES[Path(names[0]).suffix]
    if len(names) > 1 and not (folder / index).is_file() and not all(re.search(r'-of-\d+\.', name) for name in names):
        return [f'{", ".join(names)}: no {single}, and no {index}: name the file that holds the weights {single}']
    missing = [name for name in names if not (folder / name).is_file()]
    faults = [f'missing {len(missing)} of {len(names)} weight files: {", ".join(missing)}'] if missing else []
    if others := missing and sorted({*visible(folder, 'model*.safetensors')} - {*names}):
        faults[0] += f' ({index} is older than {", ".join(others)}?  If these are the weights, remove it)'
    for name in names:
        try:
            tensors = {} if name in missing else read_header(folder / name)
        except (OSError, ValueError) as error:
            faults.append(str(error))
        else:
            if tensors and all('lora_' in tensor for tensor in tensors):
                faults.append(f'{name} holds {ADAPTER}')
    return faults


def lost_tensors(folder: Path, held: Collection[str]) -> list[str]:
    """A line about the tensors that the index names and no file holds; [] where there are none."""
    names = shard_names(folder)
    single, index = FAMILIES[Path(names[0]).suffix]
    if names == [single] or not (folder / index).is_file():
        return []
    lost = _weight_map(folder / index).keys() - held
    return [f'{len(lost)} tensors that {index} names are in no file, such as {min(lost)}'] if lost else []


def _nothing_found(folder: Path) -> str:
    if adapters := visible(folder, 'adapter_model*', adapters=True):
        return f'{adapters[0]} is {ADAPTER}'
    if {*visible(folder, '*.bin')} - {'training_args.bin', 'optimizer.bin', 'scheduler.bin'}:
        return f'no *.safetensors file, and no pytorch_model.bin: {BIN_ADVICE}'
    if gguf := visible(folder, '*.gguf'):
        return f'{gguf[0]} is a file for llama.cpp, which LMDeploy does not read: get the model with *.safetensors'
    return 'no *.safetensors file: the weights are missing'


def visible(folder: Path, pattern: str, adapters: bool = False) -> list[str]:
    """The files in `folder` of this pattern, sorted; not hidden ones (macOS leaves `._NAME` of each file), which no
    engine's pattern matches; and without LoRA adapters, which no engine takes for the model's weights."""
    names = (Path(name).name for name in glob(f'{escape(str(folder))}/{pattern}') if not os.path.isdir(name))
    return sorted(name for name in names if adapters or not name.startswith('adapter_'))


def _weight_map(index: Path) -> dict[str, str]:
    if is_lfs_pointer(index):
        raise ValueError(f'{index.name} is a git-lfs pointer, not the file: run `git lfs pull` there')
    return read_json(index)['weight_map']


def write_index(folder: Path, names: list[str]) -> None:
    """Write the index over the finished shards `names` (none is needed for one shard)."""
    if len(names) < 2:
        return
    headers = {name: read_header(folder / name) for name in names}
    total = sum(t['data_offsets'][1] - t['data_offsets'][0] for header in headers.values() for t in header.values())
    weight_map = {tensor: name for name, header in headers.items() for tensor in header}
    index = FAMILIES[Path(names[0]).suffix][1]
    write_json(folder / index, {'metadata': {'total_size': total}, 'weight_map': weight_map})
