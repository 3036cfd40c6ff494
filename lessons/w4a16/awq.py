"""Around `lmdeploy lite auto_awq`: is this checkpoint fit for it, where does it write, what came out."""

import contextlib
import math
import os
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tqdm import tqdm

from helpers.checkpoints.contents import CheckpointError, weight_headers
from helpers.checkpoints.geometry import GROUP_SIZES, architecture_of
from helpers.checkpoints.mending import inspect_checkpoint
from helpers.checkpoints.shards import FAMILIES
from helpers.engine import cli_prefix, engine_choice
from helpers.files import cache_folder, read_json, tilde, whole_folder

from ..llama import llama_folder
from .calibration import calibration_dataset

_PACKED, _GROUP = ('qweight',), ('scales', 'qzeros')
# What TurboMind 0.18.0 loads of AWQ: `_SUPPORTED_GROUP_SIZES['awq']` in lmdeploy/turbomind/converter.py, which cannot
# be imported where its libraries are missing.
_TURBOMIND_GROUP_SIZES = (128,)
SAMPLES, SEQLEN = 16, 256  # chapter 4's calibration: `--calib-samples`, `--calib-seqlen`


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


def check_quantizable(
    path: str | Path, *, w_bits: int = 4, w_group_size: int = 128, engine: str | None = None
) -> WeightBytes:
    """See before any work starts that `lmdeploy lite auto_awq` can quantise the checkpoint in `path`.

    Returns the bytes that the W4A16 checkpoint's tensors will have: of a weight [out, in], out · in / 2 packed, and for
    each of its out · in / w_group_size groups a scale of 2 bytes and a zero of half a byte.  Embeddings, output head
    and norms stay, at 16 bit.

    `engine`: the one that is to run the result, 'turbomind' or 'pytorch'; None: the one that runs on this machine.

    Raises CheckpointError for a checkpoint that is broken, quantised already, packed as InternLM2's are, or of an
    architecture that `auto_awq` has no tables for; ValueError for bits or a group size that do not fit, or that the
    engine does not load.
    """
    path = Path(path)
    report = inspect_checkpoint(path)
    if not report.loadable:
        raise CheckpointError(str(report))
    found = any((path / name).is_file() for names in FAMILIES.values() for name in names)  # by transformers
    unnamed = any(problem.name == 'architecture' for problem in report.problems)
    if not found or unnamed or (path / 'adapter_config.json').is_file():
        raise CheckpointError(f'{report}\n`lmdeploy lite` reads the overlay: take the folder that model_path() gives')
    config = read_json(path / 'config.json')
    _check_architecture(path, config)
    if w_bits != 4:
        raise ValueError(
            f'w_bits={w_bits}: LMDeploy packs AWQ weights as eight 4-bit numbers to an int32; 4 it must be'
        )
    shapes = {name: tensor['shape'] for header in weight_headers(path).values() for name, tensor in header.items()}
    linears = {name: shape for name, shape in shapes.items() if len(shape) == 2 and '.layers.' in name}
    _check_group_size(linears, w_group_size, engine)
    if odd := [name for name, shape in linears.items() if shape[0] % 8]:
        raise ValueError(f'{odd[0]} has {shapes[odd[0]][0]} outputs: AWQ packs eight of them to an int32')
    weights = sum(map(math.prod, linears.values()))
    groups = weights // w_group_size
    others = sum(math.prod(shape) for name, shape in shapes.items() if name not in linears)
    return WeightBytes(weights // 2, groups * 2 + groups // 2, others * 2)


def cli_lite_arguments() -> list[str]:
    """Give the options that make `lmdeploy lite auto_awq` work on this machine; [] on most CUDA cards.

    On a CPU: `--dtype float16`, because `auto_awq` asks CUDA whether bfloat16 is supported, and stops where that says
    no.  Scales, embeddings and output head are then float16 in the result; elsewhere they have the source's type.  On a
    card that only imitates bfloat16 (compute capability below 8.0) float16 it is, too.
    """
    choice = engine_choice()
    if choice.device == 'cpu':
        return ['--device', 'cpu', '--dtype', 'float16']
    return [] if choice.dtype == 'auto' else ['--dtype', choice.dtype]


def group_size_for(path: str | Path, engine: str | None = None) -> int:
    """The largest `--w-group-size` of 128, 64, 32 that divides this model's inputs and that the engine loads.

    Raises as `check_quantizable` does, where there is none.
    """
    for size in GROUP_SIZES:
        with contextlib.suppress(ValueError):
            check_quantizable(path, w_group_size=size, engine=engine)
            return size
    check_quantizable(path, engine=engine)
    raise AssertionError('the largest was refused above')


def awq_command(
    source: str | Path,
    work_dir: str | Path,
    *,
    calib_samples: int = SAMPLES,
    calib_seqlen: int = SEQLEN,
    w_group_size: int = 128,
) -> list[str]:
    """LMDeploy's command that quantises `source` into `work_dir`, for this machine; 0 samples: plain rounding.

    To be run in the folder of a `calibration_dataset`.
    """
    command = [*cli_prefix(), 'lite', 'auto_awq', str(source), '--work-dir', str(work_dir)]
    command += ['--calib-dataset', 'wikitext2', '--calib-samples', str(calib_samples)]
    command += ['--calib-seqlen', str(calib_seqlen), '--w-bits', '4', '--w-group-size', str(w_group_size)]
    return [*command, '--batch-size', '1', *cli_lite_arguments()]


def to_paste(command: list[str], folder: Path | None = None) -> str:
    """The command as lines for a terminal: one option a line, `~` for the home folder, `cd` to the folder first."""
    prefix = cli_prefix()
    words = [*(['python', *prefix[1:]] if prefix[0] == sys.executable else ['lmdeploy']), *command[len(prefix) :]]
    lines = ' '.join(map(_shell_word, words)).replace(' --', ' \\\n  --')
    return f'cd {_shell_word(str(folder))} &&\n{lines}' if folder else lines


def _shell_word(word: str) -> str:
    home = os.path.expanduser('~') + os.sep
    return '~/' + shlex.quote(word.removeprefix(home)) if word.startswith(home) else shlex.quote(word)


def auto_awq(
    source: str | Path, target: str | Path, text_folder: Path, *, engine: str | None = None, **options
) -> Path:
    """Run `awq_command` (`options` are its), so that TARGET appears when it is whole; returns TARGET.

    What the command prints is kept in `TARGET.log`.  `engine`: as `check_quantizable` has it.

    Raises as `check_quantizable` and `quantized_folder` do, and RuntimeError, which names the log, where the command
    fails; an earlier checkpoint then stays as it was.
    """
    target, log_path = Path(target), Path(f'{target}.log')
    w_group_size = options.get('w_group_size', 128)
    needed_bytes = check_quantizable(source, w_group_size=w_group_size, engine=engine).total_bytes
    target.parent.mkdir(parents=True, exist_ok=True)
    with quantized_folder(target, needed_bytes) as work, open(log_path, 'w', encoding='utf-8') as log:
        command = awq_command(source, work, **options)
        running = subprocess.Popen(command, cwd=text_folder, stdout=log, stderr=subprocess.STDOUT)
        shown = {'bar_format': '{desc}: {elapsed}', 'delay': 1.0, 'leave': False}
        with tqdm(desc='lmdeploy lite auto_awq', **shown) as bar:
            try:
                while running.poll() is None:
                    time.sleep(0.2)
                    bar.update()
            finally:
                running.kill()  # after Ctrl-C; nothing where it has ended
                running.wait()
        if running.returncode:
            how = f'`lmdeploy lite auto_awq` ended with status {running.returncode}'
            raise RuntimeError(f'{how}; what it printed is in {tilde(log_path)}')
    return target


def w4a16_folder(model: str | Path) -> Path:
    """Chapter 4's W4A16 checkpoint of `model`, in the course's cache; made now where it is missing or older than it.

    Made by `auto_awq` with chapter 4's arguments.  Takes seconds for tiny-chat, minutes for the 1.8B.  Raises as that.
    """
    model = Path(model)
    target = cache_folder() / 'w4a16' / f'{model.name}-4bit'
    made = target / 'config.json'
    if made.exists() and made.stat().st_mtime >= (model / 'config.json').stat().st_mtime:
        return target
    source = llama_folder(model)
    text = calibration_dataset(source, calib_samples=SAMPLES, calib_seqlen=SEQLEN)
    auto_awq(source, target, text.folder, w_group_size=group_size_for(source))
    newest_ns = max(path.stat().st_mtime_ns for path in (made, model / 'config.json'))
    os.utime(made, ns=(newest_ns, newest_ns))  # it is the newer one, even if the clock went back meanwhile
    return target


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
    with whole_folder(target, _is_quantised, needed_bytes) as work:
        yield work
        _require_whole(work, target)


def describe_checkpoint(path: str | Path) -> CheckpointDescription:
    """Say what lies in a checkpoint's folder: its files, its tensors' bytes by kind, how it is quantised.

    Raises CheckpointError for a folder whose weights no engine can load.
    """
    path = Path(path)
    sizes = {file.name: file.stat().st_size for file in path.iterdir() if file.is_file()}
    counts, dtypes = {'packed': 0, 'group': 0, 'plain': 0}, {}
    for header in weight_headers(path).values():
        for name, tensor in header.items():
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


def _check_group_size(linears: dict[str, list[int]], size: int, engine: str | None) -> None:
    """`linears`: the shapes [out, in] of the matrices that become 4 bits."""
    engine = engine or engine_choice().engine
    inputs = sorted({shape[1] for shape in linears.values()})
    loaded = _TURBOMIND_GROUP_SIZES if engine == 'turbomind' else GROUP_SIZES
    fitting = [s for s in loaded if not any(n % s for n in inputs)]
    instead = f'take {fitting[0]}' if fitting else f'no usual group size ({", ".join(map(str, loaded))}) does'
    uneven = [n for n in inputs if size < 1 or n % size]
    if uneven:
        name = next(name for name, shape in linears.items() if shape[1] == uneven[0])
        raise ValueError(f'w_group_size={size} does not divide the {uneven[0]} input features of {name}: {instead}')
    if engine == 'turbomind' and size not in loaded:
        raise ValueError(
            f'w_group_size={size}: TurboMind refuses such a checkpoint when it loads it, its AWQ groups have '
            f'{" or ".join(map(str, loaded))} weights: '
            f'{instead if fitting else "this model does not divide by that; the PyTorch engine runs other groups"}'
        )


def _check_architecture(path: Path, config: dict) -> None:
    if 'quantization_config' in config:
        method = config['quantization_config'].get('quant_method', 'some method')
        raise CheckpointError(
            f'{tilde(path)} is quantised already ({method}): quantise the 16-bit checkpoint that it was made from'
        )
    from lmdeploy.lite.apis.calibrate import LAYER_TYPE_MAP
    from lmdeploy.lite.quantization.awq import FC_FCS_MAP, NORM_FCS_MAP

    architecture = architecture_of(config) or 'no architecture'
    if architecture == 'InternLM2ForCausalLM':
        raise CheckpointError(
            f'{tilde(path)} is a packed InternLM2 checkpoint, which transformers reads with remote code only: unpack '
            f'it first, with `lessons.llama.internlm2_to_llama(source, target)`, and quantise the result'
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
