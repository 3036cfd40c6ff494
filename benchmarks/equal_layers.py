"""A large model of random weights, soon: bytes of one layer are written as fast as the disk takes them."""

import dataclasses
import json
import struct
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from benchmarks.own_process import Processes
from benchmarks.random_checkpoint import random_checkpoint
from helpers.checkpoints.geometry import Geometry
from helpers.checkpoints.shards import read_header, shard_names, write_index
from helpers.files import read_json, write_json


def draw_one_layer(geometry: Geometry, folder: str) -> None:
    """A checkpoint of the model with one layer; drawn on the CPU, so that no card is busy or less free."""
    random_checkpoint(dataclasses.replace(geometry, num_layers=1), folder, packed=False, device='cpu')


def make_equal_layers(geometry: Geometry, folder: Path, processes: Processes, threads: int = 8) -> Path:
    """Write a checkpoint, laid out as Llama, whose layers are copies of one; returns `folder`.

    Raises:
        RuntimeError: the one layer could not be drawn.
    """
    if folder.exists():
        return folder
    one = folder.with_name(f'{folder.name}-one-layer')
    processes.call(draw_one_layer, geometry, str(one))
    if not one.exists():
        raise RuntimeError(f'{one} could not be made')
    names = shard_names(one)
    if names == ['model.safetensors']:  # an engine would read it alone, whatever the index says
        names = [(one / names[0]).rename(one / 'layer-00.safetensors').name]
    first = layer_bytes(one, names)
    count = geometry.num_layers
    with ThreadPoolExecutor(threads) as pool:
        made = list(pool.map(lambda i: write_layer(one / f'layer-{i:02d}.safetensors', i, *first), range(1, count)))
    write_index(one, [*names, *made])
    write_json(one / 'config.json', read_json(one / 'config.json') | {'num_hidden_layers': count})
    one.rename(folder)
    return folder


def layer_bytes(folder: Path, names: list[str]) -> tuple[dict, list[bytes]]:
    """The header of a file with the tensors of layer 0 alone, and their bytes."""
    header, pieces, at = {}, [], 0
    for name in names:
        with open(folder / name, 'rb') as file:
            (size,) = struct.unpack('<Q', file.read(8))
            for tensor, fields in read_header(folder / name).items():
                if '.layers.0.' in tensor:
                    begin, end = fields['data_offsets']
                    file.seek(8 + size + begin)
                    pieces.append(file.read(end - begin))
                    header[tensor] = fields | {'data_offsets': [at, at + end - begin]}
                    at += end - begin
    return header, pieces


def write_layer(path: Path, index: int, header: dict, pieces: list[bytes]) -> str:
    """A safetensors file of layer 0's numbers under the names of layer `index`; its name."""
    renamed = {name.replace('.layers.0.', f'.layers.{index}.'): fields for name, fields in header.items()}
    text = json.dumps({'__metadata__': {'format': 'pt'}} | renamed).encode()
    text += b' ' * (-len(text) % 8)
    with open(path, 'wb') as file:
        file.write(struct.pack('<Q', len(text)) + text)
        for piece in pieces:
            file.write(piece)
    return path.name
