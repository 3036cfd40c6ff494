"""W4A16 beside unquantised weights on the CPU device: how many times faster a layer, and a whole model, is.

    python -m benchmarks.w4a16_cpu [--quick] [--repeat N]

The two take turns within each repeat, so that a busy neighbour hits both; the tables give the ratio of each turn's
pair: median, lowest and highest.  Above 1, W4A16 is faster.  Layers are multiplied at batch 1, 4, 16 and 300 (a
prompt), models answer requests of 64 random tokens in and 128 out, greedy.  The models are random weights in
tiny-chat's geometry and in one of 34 M parameters.
"""

import contextlib
import pathlib
import statistics
import sys
import tempfile
import time
import types

from benchmarks.cpu_turns import MIDDLE, LMDeploy, take_turns  # first: it sets how OpenMP's threads wait

import torch  # isort: skip
import torch.nn.functional as F
from tqdm.auto import tqdm

import lmdeploy_cpu
from benchmarks.command_line import CommandLine
from benchmarks.random_checkpoint import random_checkpoint
from helpers.checkpoints.geometry import Geometry
from lessons.w4a16.rounding import group_grid, pack_int4, to_grid

ROOT = pathlib.Path(__file__).resolve().parent.parent
GROUP = 128
LAYERS = [  # in, out: tiny-chat's FFN, the 34 M geometry's, a 1.8B model's
    (256, 1536),
    (768, 256),
    (512, 3072),
    (1536, 512),
    (2048, 2048),
    (2048, 8192),
]


# ---------------------------------------------------------------- measure


def milliseconds(call, times: int) -> float:
    start = time.perf_counter()
    for _ in range(times):
        call()
    return (time.perf_counter() - start) * 1e3 / times


@torch.inference_mode()
def measure_layer(in_features: int, out_features: int, dtype: torch.dtype, batch: int, repeat: int):
    """[(ms of W4A16, ms of the unquantised layer)] per turn"""
    from lmdeploy_cpu.ops.w4a16 import CpuLinearW4A16Impl

    weight = torch.randn(out_features, in_features)
    scale, zero = group_grid(weight, GROUP)
    q = to_grid(weight.unflatten(1, (-1, GROUP)), scale, zero).flatten(1)
    impl = CpuLinearW4A16Impl(types.SimpleNamespace(group_size=GROUP, out_features=out_features), dtype)
    packed = impl.update_weights(
        pack_int4(q.T.contiguous()), scale[..., 0].T.half(), pack_int4(zero[..., 0].T.contiguous())
    )[:3]
    weight, x = weight.to(dtype), torch.randn(batch, in_features).to(dtype)
    calls = (lambda: impl.forward(x, *packed)), (lambda: F.linear(x, weight))
    times = max(1, 2**25 // (weight.numel() * batch))
    return [tuple(milliseconds(call, times) for call in calls) for _ in range(repeat + 1)][1:]  # the first warms up


def measure_models(args, progress):
    """Yield (model, dtype, batch, [(tokens/s of W4A16, tokens/s unquantised)])"""
    geometries = {'tiny-chat': Geometry.from_config(ROOT / 'models' / 'tiny-chat'), '34 M': MIDDLE}
    with tempfile.TemporaryDirectory() as work:
        for name, geometry in geometries.items():
            folders = [
                random_checkpoint(geometry, pathlib.Path(work) / f'{name} {awq}', device='cpu', awq=awq)
                for awq in (True, False)
            ]
            for dtype in args.dtypes:
                w4a16, plain = (LMDeploy(folder, dtype) for folder in folders)
                with contextlib.closing(w4a16), contextlib.closing(plain):
                    for batch in (1, 4, 16):
                        generator = torch.Generator().manual_seed(batch)
                        prompts = torch.randint(8, geometry.vocab_size, (batch, 64), generator=generator).tolist()
                        yield name, dtype, batch, take_turns(w4a16, plain, prompts, args.repeat, progress)


# ---------------------------------------------------------------- tell


def row(what: str, dtype: str, batch: int, pairs, ratios) -> str:
    first, second = (statistics.median(side) for side in zip(*pairs, strict=True))
    median = statistics.median(ratios)
    return (
        f'| {what} | {dtype} | {batch} | {first:.4g} | {second:.4g} | **{median:.2f}** '
        f'| {min(ratios):.2f} to {max(ratios):.2f} |'
    )


def main() -> None:
    parser = CommandLine(__doc__)
    parser.add_argument('--repeat', type=int, default=5, help='turns of each pair, after one to warm up')
    parser.add_argument('--dtypes', nargs='+', default=['bfloat16', 'float32'], choices=['bfloat16', 'float32'])
    parser.add_argument('--threads', type=int, help="torch's threads for both (default: torch's own choice)")
    parser.add_argument('--quick', action='store_true', help='one turn of the layers, no models: does it run at all?')
    args = parser.parse_args()
    if args.repeat < 1:
        parser.error('--repeat must be at least 1')
    if args.quick:
        args.repeat = 1
    if args.threads:
        torch.set_num_threads(args.threads)

    lmdeploy_cpu.enable()
    print(f'{torch.backends.cpu.get_cpu_capability()}, {torch.get_num_threads()} threads\n')
    print('| layer | dtype | batch | W4A16, ms | unquantised, ms | ratio | lowest to highest |')
    print('|---|---|--:|--:|--:|--:|---|')
    for in_features, out_features in LAYERS:
        for dtype in args.dtypes:
            for batch in (1, 4, 16, 300):
                pairs = measure_layer(in_features, out_features, getattr(torch, dtype), batch, args.repeat)
                print(row(f'{in_features} to {out_features}', dtype, batch, pairs, [b / a for a, b in pairs]))
    if args.quick:
        return
    print('\n| model | dtype | batch | W4A16, tokens/s | unquantised, tokens/s | ratio | lowest to highest |')
    print('|---|---|--:|--:|--:|--:|---|')
    with tqdm(total=6 * len(args.dtypes) * (args.repeat + 1), desc='pairs of runs', file=sys.stderr) as progress:
        for name, dtype, batch, pairs in measure_models(args, progress):
            tqdm.write(row(name, dtype, batch, pairs, [a / b for a, b in pairs]))


if __name__ == '__main__':
    main()
