"""The safetensors files of a checkpoint: which there are, whether they are whole, and how to write them."""

import json
import os
import re
import struct
from pathlib import Path

from .files import is_lfs_pointer, read_json, write_json

INDEX = 'model.safetensors.index.json'


def read_header(path: Path) -> dict[str, dict]:
    """Name → {'dtype', 'shape', 'data_offsets'} of each tensor in a safetensors file, without reading the tensors.

    Raises ValueError, saying why, if the file is cut short or is no safetensors file.
    """
    size = path.stat().st_size
    if is_lfs_pointer(path):
        raise ValueError(f'{path.name} is a git-lfs pointer of {size} bytes, not the file: run `git lfs pull` there')
    with open(path, 'rb') as file:
        start = file.read(8)
        header_bytes = struct.unpack('<Q', start)[0] if len(start) == 8 else 0
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


def shard_names(folder: Path) -> list[str]:
    """The weight files that the checkpoint in `folder` should have, whether they are there or not."""
    index = folder / INDEX
    if index.is_file():
        return sorted(set(read_json(index)['weight_map'].values()))
    present = sorted(path.name for path in folder.glob('*.safetensors'))
    for name in present:  # without the index, a name `model-00001-of-00002` still tells how many there are
        if match := re.fullmatch(r'(.*)-(\d+)-of-(\d+)\.safetensors', name):
            stem, digits, count = match[1], len(match[2]), int(match[3])
            return [f'{stem}-{i:0{digits}d}-of-{match[3]}.safetensors' for i in range(1, count + 1)]
    return present


def weight_faults(folder: Path) -> list[str]:
    """What is wrong with the weights in `folder`, a line each; [] when every shard is there and whole."""
    try:
        if (folder / INDEX).is_file() and is_lfs_pointer(folder / INDEX):
            return [f'{INDEX} is a git-lfs pointer, not the file: run `git lfs pull` there']
        names = shard_names(folder)
    except (KeyError, ValueError) as error:
        return [f'{INDEX} cannot be read: {error}']
    if not names:
        if list(folder.glob('*.bin')):
            return [
                'the weights are PyTorch .bin files, which may hold code: get a snapshot with *.safetensors, or '
                'convert yours on a machine that trusts it (torch.load(…, weights_only=True), then '
                'safetensors.torch.save_file)'
            ]
        return ['no *.safetensors file: the weights are missing']
    missing = [name for name in names if not (folder / name).is_file()]
    faults = [f'missing {len(missing)} of {len(names)} weight files: {", ".join(missing)}'] if missing else []
    found: set[str] = set()
    for name in names:
        if name in missing:
            continue
        try:
            found |= read_header(folder / name).keys()
        except (OSError, ValueError) as error:
            faults.append(str(error))
    if not faults and (folder / INDEX).is_file():
        lost = read_json(folder / INDEX)['weight_map'].keys() - found
        if lost:
            faults.append(f'{len(lost)} tensors that {INDEX} names are in no file, such as {min(lost)}')
    return faults


def plan_shards(tensor_bytes: dict[str, int], shard_bytes: int) -> list[list[str]]:
    """Tensor names in order, in groups of at most `shard_bytes` each (a tensor larger than that gets its own)."""
    groups, room = [[]], shard_bytes
    for name, nbytes in tensor_bytes.items():
        if nbytes > room and groups[-1]:
            groups.append([])
            room = shard_bytes
        groups[-1].append(name)
        room -= nbytes
    return groups


def write_shard(tensors: dict, path: Path) -> None:
    """Write name → tensor as a safetensors file; `path` appears only when it is whole and on the disk."""
    from safetensors.torch import save_file

    temporary = path.with_name(f'.{path.name}.{os.getpid()}')
    try:
        save_file(tensors, temporary, metadata={'format': 'pt'})
        with open(temporary, 'rb') as file:
            os.fsync(file.fileno())
        temporary.chmod(0o644)  # save_file lets nobody else read it
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def shard_name(number: int, count: int) -> str:
    """The hub's file name of shard `number` (from 1) of `count`."""
    return 'model.safetensors' if count == 1 else f'model-{number:05d}-of-{count:05d}.safetensors'


def write_index(folder: Path, names: list[str]) -> None:
    """Write the index over the finished shards `names` (none is needed for one shard)."""
    if len(names) < 2:
        return
    headers = {name: read_header(folder / name) for name in names}
    total = sum(t['data_offsets'][1] - t['data_offsets'][0] for header in headers.values() for t in header.values())
    weight_map = {tensor: name for name, header in headers.items() for tensor in header}
    write_json(folder / INDEX, {'metadata': {'total_size': total}, 'weight_map': weight_map})
