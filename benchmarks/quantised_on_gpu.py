"""Chapters 3 and 4 on a GPU: speed and memory of W4A16 weights and of a quantised KV cache, and where the time goes.

    python -m benchmarks.quantised_on_gpu --save h200/quantised

Random weights in the exact geometry of InternLM2-Chat-1.8B (or another, with --model), TurboMind, every engine in a
process of its own:

- `speed`: output tokens/s of 61 tokens in, 256 out, for bf16 and W4A16 weights, KV in bf16, int8, int4;
- `homework`: the comparison of the course notes: 8 requests at once, 2048 tokens long (1024 in, 1024 out);
- `profile`: the GPU's kernels while one request is decoded, by name, bf16 beside W4A16;
- `roofline`: bytes/s of a copy and floating-point operations/s of a bf16 matrix product.
"""

import argparse
import json
import tempfile
from pathlib import Path

import torch
from tqdm import tqdm

from benchmarks.command_line import CommandLine
from benchmarks.quantised import MODELS, PARTS, REPEATS, SIZES, TOKENS_IN, TOKENS_OUT, in_a_process
from benchmarks.random_checkpoint import random_checkpoint
from benchmarks.saving import new_record, save_record
from lessons.kv_cache.tokens import KV_POLICIES


def main() -> None:
    parser = CommandLine(__doc__, 'h200/quantised')
    parser.add_argument('--model', choices=MODELS, default='internlm2-chat-1_8b', help='default: %(default)s')
    parser.add_argument('--kv', nargs='+', choices=KV_POLICIES, default=list(KV_POLICIES))
    parser.add_argument('--only', nargs='+', choices=PARTS, default=list(PARTS))
    parser.add_argument('--part', choices=PARTS, help=argparse.SUPPRESS)
    parser.add_argument('--arguments', type=json.loads, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.part:
        return print('\n' + json.dumps(PARTS[args.part](**args.arguments)))
    if not torch.cuda.is_available():
        parser.error('this measures a GPU, and torch finds none')
    data = {'tokens_in': TOKENS_IN, 'tokens_out': TOKENS_OUT, 'repeats': REPEATS, **SIZES}
    with tempfile.TemporaryDirectory() as scratch:
        bf16 = random_checkpoint(args.model, Path(scratch, 'bf16'))
        w4a16 = random_checkpoint(args.model, Path(scratch, 'w4a16'), packed=False, awq=True)
        folders = {'bf16': str(bf16), 'W4A16': str(w4a16)}
        kv = {name: {'quant_policy': KV_POLICIES[name]} for name in args.kv}
        jobs = [
            ('speed', {'weights': w, 'kv': k}, {'folder': folder, **policy})
            for w, folder in folders.items()
            for k, policy in kv.items()
        ]
        jobs += [
            ('homework', {'weights': 'bf16', 'kv': k}, {'folder': folders['bf16'], 'ratio': ratio, **policy})
            for k, policy in kv.items()
            for ratio in (0.8, 0.2)
        ]
        jobs += [('profile', {'weights': w}, {'folder': folders[w]}) for w in folders]
        jobs += [('roofline', {}, {})]
        for part, labels, arguments in (bar := tqdm([job for job in jobs if job[0] in args.only], unit='run')):
            bar.set_postfix_str(f'{part} {" ".join(labels.values())}')
            for row in in_a_process(part, **arguments):
                data.setdefault(part, []).append(labels | row)
                tqdm.write(f'{part}: {json.dumps(labels | row)}')
    if args.save:
        record = new_record(
            Path(args.save).name, model=MODELS[args.model], weights='random', data=data, commit=args.commit
        )
        print('written:', save_record(record, args.save))


if __name__ == '__main__':
    main()
