"""How near the CPU device's decoding comes to what the memory allows: InternLM2-1.8B's geometry, one request at a time.

    python -m benchmarks.cpu_bandwidth [--repeat N]

A decoding step reads every weight but the embedding once.  In each turn, one after the other, so that a busy neighbour
hits all of them:

- read: as many bytes as a step's, summed by torch from memory with all threads; what the memory gives;
- layers: the step's matrix products alone, on the engine's own weights, packed as they are;
- step: the time per output token (TPOT) of the whole engine.

Random weights, bfloat16 and W4A16, an engine by itself each.  Needs 9 GiB of RAM and 6 GiB of disk.
"""

import contextlib
import dataclasses
import gc
import pathlib
import statistics
import sys
import tempfile
import time

import lmdeploy_cpu  # before torch: it sets how OpenMP's threads wait

import torch  # isort: skip
from tqdm.auto import tqdm

from benchmarks.command_line import CommandLine
from benchmarks.cpu_turns import LMDeploy, random_prompts
from benchmarks.random_checkpoint import random_checkpoint
from helpers.checkpoints.geometry import GEOMETRIES

GEOMETRY = GEOMETRIES['internlm2-chat-1_8b']
STEPS = 64
READ_TARGET, W4A16_TARGET = 0.8, 2.0  # of what the memory gives; of bfloat16's tokens/s


@dataclasses.dataclass(frozen=True)
class Turn:
    """Seconds that the same bytes took."""

    read_s: float
    layers_s: float
    step_s: float


def seconds(work) -> float:
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def read(buffer: torch.Tensor, nbytes: int) -> None:
    """Sum `nbytes` of memory, from a buffer that is larger than the caches, as often as it takes."""
    while nbytes > 0:
        buffer[: nbytes // buffer.element_size()].sum()
        nbytes -= buffer.nbytes


def layers_of(model: torch.nn.Module) -> list[tuple]:
    """(implementation, one row of input, its weights) of every linear layer, as LMDeploy calls it."""
    from lmdeploy_cpu.ops.linear import CpuLinearImpl
    from lmdeploy_cpu.ops.w4a16 import CpuLinearW4A16Impl

    found = []
    for module in model.modules():
        impl = getattr(module, 'impl', None)
        if isinstance(impl, CpuLinearImpl):
            weights, width = (module.weight,), module.weight.shape[1]
        elif isinstance(impl, CpuLinearW4A16Impl):
            weights = module.qweight, module.scales, module.qzeros
            width = module.scales.shape[0] * impl.group_size
        else:
            continue
        found.append((impl, torch.ones(1, width, dtype=torch.bfloat16), weights))
    return found


def measure(awq: bool, repeat: int, work: pathlib.Path) -> tuple[int, list[Turn]]:
    """Bytes of a step's weights, and the turns."""
    name = 'W4A16' if awq else 'bfloat16'
    folder = random_checkpoint(GEOMETRY, work / name, device='cpu', awq=awq)
    prompts, turns = random_prompts(1, GEOMETRY.vocab_size), []
    with contextlib.closing(LMDeploy(folder, 'bfloat16', num_gpu_blocks=32)) as side:
        layers = layers_of(side.pipe.async_engine.engine.executor.model_agent.patched_model.get_model())
        nbytes = sum(w.numel() * w.element_size() for _, _, weights in layers for w in weights)
        buffer = torch.ones(2**28)

        def products():
            for impl, x, weights in layers:
                impl.forward(x, *weights)

        def tokens(count):
            side.run(prompts, [count])

        for turn in tqdm(range(repeat + 1), desc=name, file=sys.stderr):
            read_s, layers_s = seconds(lambda: read(buffer, nbytes)), seconds(products)
            step_s = (seconds(lambda: tokens(1 + STEPS)) - seconds(lambda: tokens(1))) / STEPS
            if turn:  # the first is to warm up
                turns.append(Turn(read_s, layers_s, step_s))
    gc.collect()
    return nbytes, turns


def tell(found: dict[str, tuple[int, list[Turn]]]) -> str:
    """A Markdown table, and the two targets."""
    lines = [
        '| weights | GB a step | read, GB/s | layers alone, share of the read | step, share | tokens/s |',
        '|---|--:|--:|--:|--:|--:|',
    ]
    speed, share = {}, {}
    for name, (nbytes, turns) in found.items():
        read_s = statistics.median(t.read_s for t in turns)
        layers = statistics.median(t.read_s / t.layers_s for t in turns)
        share[name] = statistics.median(t.read_s / t.step_s for t in turns)
        speed[name] = statistics.median(1 / t.step_s for t in turns)
        lines.append(
            f'| {name} | {nbytes / 1e9:.2f} | {nbytes / read_s / 1e9:.1f} | {layers:.0%} | {share[name]:.0%} '
            f'| {speed[name]:.2f} |'
        )
    missed = ', missed' if share['bfloat16'] < READ_TARGET else ''
    lines.append(f'\nbfloat16: {share["bfloat16"]:.0%} of what the memory gives (target {READ_TARGET:.0%}{missed})')
    times = speed['W4A16'] / speed['bfloat16']
    missed = ', missed' if times < W4A16_TARGET else ''
    lines.append(f'W4A16: {times:.2f} times the tokens/s of bfloat16 (target {W4A16_TARGET:g}{missed})')
    return '\n'.join(lines)


def main() -> None:
    parser = CommandLine(__doc__)
    parser.add_argument('--repeat', type=int, default=5, help='turns, after one to warm up')
    args = parser.parse_args()
    if args.repeat < 1:
        parser.error('--repeat must be at least 1')
    from lmdeploy_cpu.budget import available_memory

    if (available_memory() or 0) < 9 * 2**30:
        sys.exit(f'this needs 9 GiB of free RAM, there are {(available_memory() or 0) / 2**30:.1f}')
    lmdeploy_cpu.enable()
    lmdeploy_cpu.set_memory_budget(6 * 2**30)
    found = {}
    for name, awq in (('bfloat16', False), ('W4A16', True)):
        with tempfile.TemporaryDirectory() as work:
            found[name] = measure(awq, args.repeat, pathlib.Path(work))
    print(tell(found))


if __name__ == '__main__':
    main()
