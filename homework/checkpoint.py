"""Which checkpoint is this?  Its name, its shape, and a sample of its weights, as hashes to compare."""

import contextlib
import hashlib
from pathlib import Path

from helpers.checkpoints.contents import weight_headers
from helpers.checkpoints.geometry import architecture_of
from helpers.checkpoints.shards import read_tensors
from helpers.files import read_json

from .evidence import canonical
from .schema import Checkpoint

_SAMPLE_BYTES = 4096  # of each tensor: a fine-tuned or otherwise rounded checkpoint of the same shape differs here


def checkpoint_identity(folder: Path | str) -> Checkpoint:
    """The identity of the checkpoint in `folder`; the hashes are SHA-256 in hexadecimal digits.

    `config_sha256` is of the file config.json, `tensors_sha256` of all names, types and shapes, and
    `weights_sample_sha256` of each tensor's name and first 4096 bytes, in the order of the names.

    Raises OSError or ValueError if it cannot be read.
    """
    folder = Path(folder)
    config = read_json(folder / 'config.json')
    tensors, where = {}, {}
    for shard, header in weight_headers(folder).items():
        for name, tensor in header.items():
            tensors[name] = [tensor['dtype'], tensor['shape']]
            where[name] = shard, *tensor['data_offsets']
    return Checkpoint(
        name=folder.name,
        architecture=architecture_of(config),
        vision='vision_config' in config,
        dtype=str(config.get('dtype') or config.get('torch_dtype') or ''),
        config_sha256=hashlib.sha256((folder / 'config.json').read_bytes()).hexdigest(),
        tensors_sha256=hashlib.sha256(canonical(tensors)).hexdigest(),
        weights_sample_sha256=_sample(folder, where),
        tensor_bytes=sum(end - begin for _, begin, end in where.values()),
        quantization_config=config.get('quantization_config'),
    )


def is_w4a16(checkpoint: Checkpoint) -> bool:
    """Whether the checkpoint's weights have 4 bits: LMDeploy's AWQ, or GPTQ."""
    how = checkpoint.quantization_config or {}
    return how.get('quant_method') in ('awq', 'gptq') and how.get('bits') == 4


def _sample(folder: Path, where: dict[str, tuple[str, int, int]]) -> str:
    digest = hashlib.sha256()
    if any(shard.endswith('.bin') for shard, *_ in where.values()):  # no places in the file are known
        import torch

        tensors = dict(
            pair for shard in {shard for shard, *_ in where.values()} for pair in read_tensors(folder / shard)
        )
        for name, tensor in sorted(tensors.items()):
            start = tensor.flatten()[: -(-_SAMPLE_BYTES // tensor.itemsize)].contiguous().view(torch.uint8)
            digest.update(name.encode() + bytes(start[:_SAMPLE_BYTES].tolist()))
        return digest.hexdigest()
    with contextlib.ExitStack() as opened:
        files = {shard: opened.enter_context(open(folder / shard, 'rb')) for shard, *_ in where.values()}
        starts = {shard: 8 + int.from_bytes(file.read(8), 'little') for shard, file in files.items()}
        for name, (shard, begin, end) in sorted(where.items()):
            files[shard].seek(starts[shard] + begin)
            digest.update(name.encode() + files[shard].read(min(_SAMPLE_BYTES, end - begin)))
    return digest.hexdigest()
