"""Around `lmdeploy lite auto_awq`: is this checkpoint fit for it, where does it write, what came out."""

import contextlib
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .files import read_json, replaced_folder, tilde
from .mending import CheckpointError, inspect_checkpoint
from .shards import read_header, shard_names

_PACKED, _GROUP = ('qweight',), ('scales', 'qzeros')


@dataclass(frozen=True)
class WeightBytes:
    """Bytes of a checkpoint's tensors by what they hold."""

    packed_bytes: int  # eight 4-bit weights to an int32: `qweight`
    group_bytes: int  # a 16-bit scale and a 4-bit zero for each group: `scales`, `qzeros`
    plain_bytes: int  # neither: embeddings, output head, norms, biases, and every weight of an unquantised checkpoint

    @property
    def total_bytes(self) -> int:
        return self.packed_bytes + self.group_bytes + self.plain_bytes


@dataclass(frozen=True)
class CheckpointDescription:
    """What lies in a checkpoint's folder."""

    path: Path
    file_bytes: dict[str, int]  # largest first
    weights: WeightBytes
    dtypes: dict[str, str]  # kind of tensor ('qweight', 'embed_tokens', …) → its type in the file
    quantization_config: dict | None  # as config.json has it


def check_quantizable(path: str | Path, *, w_bits: int = 4, w_group_size: int = 128) -> WeightBytes:
    """See before any work starts that `lmdeploy lite auto_awq` can quantise the checkpoint in `path`.

    Returns the bytes that the W4A16 checkpoint's tensors will have: of a weight [out, in], out · in / 2 packed, and for
    each of its out · in / w_group_size groups a scale of 2 bytes and a zero of half a byte.  Embeddings, output head
    and norms stay, at 16 bit.

    Raises CheckpointError for a checkpoint that is broken, quantised already, packed as InternLM2's are, or of an
    architecture that `auto_awq` has no tables for; ValueError for bits or a group size that do not fit.
    """
    path = Path(path)
    report = inspect_checkpoint(path)
    if not report.loadable:
        raise CheckpointError(str(report))
    config = read_json(path / 'config.json')
    _check_architecture(path, config)
    if w_bits != 4:
        raise ValueError(
            f'w_bits={w_bits}: LMDeploy packs AWQ weights as eight 4-bit numbers to an int32; 4 it must be'
        )
    shapes = {name: t['shape'] for shard in shard_names(path) for name, t in read_header(path / shard).items()}
    linears = {name: shape for name, shape in shapes.items() if len(shape) == 2 and '.layers.' in name}
    inputs = sorted({shape[1] for shape in linears.values()})
    uneven = [n for n in inputs if w_group_size < 1 or n % w_group_size]
    if uneven:
        fitting = [size for size in (128, 64, 32) if not any(n % size for n in inputs)]
        instead = f'take {fitting[0]}' if fitting else 'no usual group size (128, 64, 32) does'
        raise ValueError(
            f'w_group_size={w_group_size} does not divide the {uneven[0]} input features of '
            f'{next(name for name, shape in linears.items() if shape[1] == uneven[0])}: {instead}'
        )
    if odd := [name for name, shape in linears.items() if shape[0] % 8]:
        raise ValueError(f'{odd[0]} has {shapes[odd[0]][0]} outputs: AWQ packs eight of them to an int32')
    weights = sum(map(math.prod, linears.values()))
    groups = weights // w_group_size
    others = sum(math.prod(shape) for name, shape in shapes.items() if name not in linears)
    return WeightBytes(weights // 2, groups * 2 + groups // 2, others * 2)


def cli_lite_arguments() -> list[str]:
    """Give the options that make `lmdeploy lite auto_awq` work on this machine; [] on CUDA.

    On a CPU: `--dtype float16`, because `auto_awq` asks CUDA whether bfloat16 is supported, and stops where that says
    no.  Scales, embeddings and output head are then float16 in the result; elsewhere they have the source's type.
    """
    from .engine import engine_choice

    return ['--device', 'cpu', '--dtype', 'float16'] if engine_choice().device == 'cpu' else []


@contextlib.contextmanager
def quantized_folder(target: str | Path, needed_bytes: int = 0) -> Iterator[Path]:
    """`with quantized_folder(TARGET) as work`: a folder beside TARGET for `--work-dir`, that becomes TARGET when whole.

    When the block ends, the folder is looked over: all weights there and whole, quantised, a tokenizer.  Then it is
    renamed to TARGET, in place of an earlier result.  Whatever happens before that (an error, a kill, a full disk)
    leaves an earlier result as it was; what a killed process left behind, the next call removes.  A second process
    that wants the same TARGET waits for the first.

    `needed_bytes`: room the disk must have (`check_quantizable(…).total_bytes`).

    Raises FileExistsError where TARGET is something other than a quantised checkpoint, OSError without room,
    CheckpointError when the folder is not whole at the end.
    """
    target = Path(target)
    with replaced_folder(target, _is_quantised, needed_bytes) as work:
        yield work
        _require_whole(work, target)


def describe_checkpoint(path: str | Path) -> CheckpointDescription:
    """Say what lies in a checkpoint's folder: its files, its tensors' bytes by kind, how it is quantised."""
    path = Path(path)
    sizes = {file.name: file.stat().st_size for file in path.iterdir() if file.is_file()}
    counts, dtypes = {'packed': 0, 'group': 0, 'plain': 0}, {}
    for shard in shard_names(path):
        for name, tensor in read_header(path / shard).items():
            *_, module, last = ('', *name.split('.'))
            kind = 'packed' if last in _PACKED else 'group' if last in _GROUP else 'plain'
            begin, end = tensor['data_offsets']
            counts[kind] += end - begin
            dtypes[module if kind == 'plain' else last] = tensor['dtype']
    return CheckpointDescription(
        path,
        dict(sorted(sizes.items(), key=lambda item: -item[1])),
        WeightBytes(**{f'{kind}_bytes': count for kind, count in counts.items()}),
        dtypes,
        read_json(path / 'config.json').get('quantization_config'),
    )


def _check_architecture(path: Path, config: dict) -> None:
    if 'quantization_config' in config:
        method = config['quantization_config'].get('quant_method', 'some method')
        raise CheckpointError(
            f'{tilde(path)} is quantised already ({method}): quantise the 16-bit checkpoint that it was made from'
        )
    from lmdeploy.lite.apis.calibrate import LAYER_TYPE_MAP
    from lmdeploy.lite.quantization.awq import FC_FCS_MAP, NORM_FCS_MAP

    architecture = (config.get('architectures') or ['no architecture'])[0]
    if architecture == 'InternLM2ForCausalLM':
        raise CheckpointError(
            f'{tilde(path)} is a packed InternLM2 checkpoint, which transformers reads with remote code only: unpack '
            f'it first, with `helpers.internlm2_to_llama(source, target)`, and quantise the result'
        )
    known = [name for name, layer in LAYER_TYPE_MAP.items() if layer in NORM_FCS_MAP and layer in FC_FCS_MAP]
    if architecture not in known:
        raise CheckpointError(
            f'{tilde(path)} is a {architecture}: `lmdeploy lite auto_awq` has no tables for it.  It knows '
            f'{", ".join(sorted(known))}'
        )


def _is_quantised(folder: Path) -> bool:
    return 'quantization_config' in read_json(folder / 'config.json')


def _require_whole(work: Path, target: Path) -> None:
    report = inspect_checkpoint(work)
    faults = [problem.detail for problem in report.problems if problem.fatal]
    if not faults and not describe_checkpoint(work).weights.packed_bytes:
        faults = ['its weights are not quantised']
    if not faults and not _is_quantised(work):
        faults = ['its config.json has no quantization_config']
    if faults:
        raise CheckpointError(
            f'{tilde(target)} is not written, because what the command left is not whole ({"; ".join(faults)}).  '
            f'What stopped it stands in its own output'
        )
