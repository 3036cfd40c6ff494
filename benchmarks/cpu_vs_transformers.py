"""Output tokens/s of `lmdeploy_cpu` beside transformers' `generate`: same weights, prompts, lengths, type and run.

    make bench        or        python -m benchmarks.cpu_vs_transformers [--quick] [--repeat N] [--json FILE]

Each request has 64 random tokens in and 128 out (`ignore_eos`; `min_new_tokens` for transformers), greedy.  The two
take turns within each repeat, so that a busy neighbour hits both, and the table gives the ratio of each turn's pair:
median, lowest and highest.  Above 1, LMDeploy is faster; a row that is below its target says so.  Models:
models/tiny-chat (unpacked to Llama for transformers) and random weights in a geometry of 34 M parameters.

`16, mixed`: 16 requests that want 32, 64, … 512 tokens.  Continuous batching sends each away when it is done;
transformers' padded batch computes until the last one is.  Only the tokens that were asked for count.
"""

import contextlib
import gc
import json
import os
import pathlib
import platform
import statistics
import sys
import tempfile

import lmdeploy_cpu  # before torch: it sets how OpenMP's threads wait

import torch  # isort: skip
from tqdm.auto import tqdm

from benchmarks.command_line import CommandLine
from benchmarks.cpu_turns import MIDDLE, TOKENS_IN, TOKENS_OUT, LMDeploy, random_prompts, take_turns
from benchmarks.random_checkpoint import random_checkpoint
from helpers.files import write_whole

# Before the first import of transformers, which reads them.
os.environ.setdefault('HF_HUB_OFFLINE', '1')
os.environ.setdefault('TRANSFORMERS_VERBOSITY', 'error')

ROOT = pathlib.Path(__file__).resolve().parent.parent
MIXED = '16, mixed'
MIXED_TOKENS_OUT = [32 * (1 + i * 7 % 16) for i in range(16)]  # 32, 64, … 512 in no order
TARGETS = {1: 1.0, 4: 1.3, 16: 1.5, MIXED: 2.0}  # LMDeploy / transformers


# ---------------------------------------------------------------- checkpoints


def models(work: pathlib.Path):
    """Yield (name, folder for LMDeploy, folder for transformers)."""
    from lessons.llama import internlm2_to_llama

    tiny_chat = ROOT / 'models' / 'tiny-chat'
    yield 'tiny-chat', tiny_chat, internlm2_to_llama(tiny_chat, work / 'tiny-chat')
    middle = random_checkpoint(MIDDLE, work / 'middle', device='cpu')
    yield 'random', middle, middle


# ---------------------------------------------------------------- the two sides


class Transformers:
    def __init__(self, folder, dtype):
        from transformers import AutoModelForCausalLM

        self.model = AutoModelForCausalLM.from_pretrained(
            folder, dtype=getattr(torch, dtype), trust_remote_code=False
        ).eval()

    @torch.inference_mode()
    def run(self, prompts, lengths) -> int:
        """All prompts, of equal lengths, in one batch, until the longest answer is there -> output tokens asked for"""
        ids = torch.tensor(prompts)
        out = self.model.generate(
            ids,
            attention_mask=torch.ones_like(ids),
            do_sample=False,
            min_new_tokens=max(lengths),
            max_new_tokens=max(lengths),
            pad_token_id=2,
        )
        return sum(min(length, row.numel()) for length, row in zip(lengths, out[:, ids.size(1) :], strict=True))


# ---------------------------------------------------------------- measure and tell


def measure(args, progress, show) -> list[dict]:
    """All rows; `show` is called with each as soon as it is there."""
    rows = []
    with tempfile.TemporaryDirectory() as work:
        for name, lmdeploy_folder, transformers_folder in models(pathlib.Path(work)):
            for dtype in args.dtypes:
                with contextlib.closing(LMDeploy(lmdeploy_folder, dtype)) as ours:
                    theirs = Transformers(transformers_folder, dtype)
                    vocab = theirs.model.config.vocab_size
                    for batch in args.batches:
                        mixed = {'lengths': MIXED_TOKENS_OUT} if batch == MIXED else {}
                        prompts = random_prompts(16 if mixed else batch, vocab)
                        pairs = take_turns(ours, theirs, prompts, args.repeat, progress, **mixed)
                        rows.append(
                            {
                                'model': name,
                                'parameters': ours.num_parameters,
                                'dtype': dtype,
                                'batch': batch,
                                'lmdeploy_tokens_per_s': [round(a, 1) for a, _ in pairs],
                                'transformers_tokens_per_s': [round(b, 1) for _, b in pairs],
                                'ratios': [round(a / b, 3) for a, b in pairs],
                            }
                        )
                        show(rows[-1])
                del ours, theirs
                gc.collect()
    return rows


HEAD = (
    '| model | dtype | batch | LMDeploy | transformers | ratio | lowest to highest | target |\n'
    '|---|---|--:|--:|--:|--:|--:|--:|'
)


def line_of(row: dict) -> str:
    """A row of the Markdown table: medians of tokens/s, and the ratio with its spread."""
    ours, theirs, ratio = (
        statistics.median(row[k]) for k in ('lmdeploy_tokens_per_s', 'transformers_tokens_per_s', 'ratios')
    )
    lowest, highest = min(row['ratios']), max(row['ratios'])
    return (
        f'| {row["model"]}, {row["parameters"] / 1e6:.1f} M | {row["dtype"]} | {row["batch"]} '
        f'| {ours:.0f} | {theirs:.0f} | **{ratio:.2f}** | {lowest:.2f} to {highest:.2f} '
        f'| {verdict(ratio, row["batch"])} |'
    )


def verdict(ratio: float, batch) -> str:
    """'1.3', or '1.3 missed'; empty for a batch without a target"""
    target = TARGETS.get(batch)
    return '' if target is None else f'{target:g}' + (' missed' if ratio < target else '')


def main() -> None:
    parser = CommandLine(__doc__)
    parser.add_argument('--repeat', type=int, default=5, help='turns of each pair, after one to warm up')
    parser.add_argument('--batches', type=int, nargs='+', help='of equal lengths (default: 1, 4, 16, and 16 mixed)')
    parser.add_argument('--dtypes', nargs='+', default=['float32', 'bfloat16'], choices=['float32', 'bfloat16'])
    parser.add_argument('--threads', type=int, help="torch's threads for both (default: torch's own choice)")
    parser.add_argument('--json', type=pathlib.Path, metavar='FILE', help='write every measurement there too')
    parser.add_argument('--quick', action='store_true', help='one turn, batch 1 and 4: does it run at all?')
    args = parser.parse_args()
    if args.repeat < 1:
        parser.error('--repeat must be at least 1')
    if args.quick:
        args.repeat, args.batches = 1, args.batches or [1, 4]
    args.batches = args.batches or list(TARGETS)
    if args.json:
        args.json.parent.mkdir(parents=True, exist_ok=True)
    if args.threads:
        torch.set_num_threads(args.threads)

    lmdeploy_cpu.enable()
    print(f'Output tokens/s, {TOKENS_IN} tokens in, {TOKENS_OUT} out, {torch.get_num_threads()} threads\n\n{HEAD}')
    total = 2 * len(args.dtypes) * len(args.batches) * (args.repeat + 1)
    with tqdm(total=total, desc='pairs of runs', file=sys.stderr) as progress:
        rows = measure(args, progress, lambda row: tqdm.write(line_of(row), file=sys.stdout))
    if args.json:
        from importlib import metadata

        versions = {p: metadata.version(p) for p in ('lmdeploy', 'torch', 'transformers')}
        record = {
            'processor': platform.processor() or platform.machine(),
            'cpu_capability': torch.backends.cpu.get_cpu_capability(),
            'threads': torch.get_num_threads(),
            'versions': versions,
            'tokens_in': TOKENS_IN,
            'tokens_out': TOKENS_OUT,
            'rows': rows,
        }
        write_whole(args.json, (json.dumps(record, indent=1) + '\n').encode())
        print(f'\nwritten: {args.json}')


if __name__ == '__main__':
    main()
