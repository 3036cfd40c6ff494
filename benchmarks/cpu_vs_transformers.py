"""Output tokens/s of `lmdeploy_cpu` beside transformers' `generate`: same weights, prompts, lengths, type and run.

    make bench        or        python benchmarks/cpu_vs_transformers.py [--quick] [--repeat N] [--json FILE]

Each request has 64 random tokens in and 128 out (`ignore_eos`; `min_new_tokens` for transformers), greedy.  The two
take turns within each repeat, so that a busy neighbour hits both, and the table gives the ratio of each turn's pair:
median, lowest and highest.  Above 1, LMDeploy is faster.  Models: models/tiny-chat (unpacked to Llama for transformers)
and random weights in a geometry of 34 M parameters.
"""

import argparse
import contextlib
import gc
import json
import os
import pathlib
import platform
import statistics
import sys
import tempfile
import time

import lmdeploy_cpu  # before torch: it sets how OpenMP's threads wait

import torch  # isort: skip
from tqdm.auto import tqdm

from helpers.geometry import Geometry

# Before the first import of transformers, which reads them.
os.environ.setdefault('HF_HUB_OFFLINE', '1')
os.environ.setdefault('TRANSFORMERS_VERBOSITY', 'error')

ROOT = pathlib.Path(__file__).resolve().parent.parent
TOKENS_IN, TOKENS_OUT = 64, 128
MIDDLE = Geometry('LlamaForCausalLM', 8192, 512, 1536, num_layers=8, num_heads=8, num_kv_heads=4, head_dim=64)


# ---------------------------------------------------------------- checkpoints


def models(work: pathlib.Path):
    """Yield (name, folder for LMDeploy, folder for transformers)."""
    from helpers.checkpoints import internlm2_to_llama, random_checkpoint

    tiny_chat = ROOT / 'models' / 'tiny-chat'
    yield 'tiny-chat', tiny_chat, internlm2_to_llama(tiny_chat, work / 'tiny-chat')
    middle = random_checkpoint(MIDDLE, work / 'middle', device='cpu')
    yield 'random', middle, middle


# ---------------------------------------------------------------- the two sides


class LMDeploy:
    def __init__(self, folder, dtype):
        from lmdeploy import PytorchEngineConfig, pipeline

        config = PytorchEngineConfig(device_type='cpu', dtype=dtype, session_len=256, num_gpu_blocks=128)
        self.pipe = pipeline(str(folder), backend_config=config, log_level='ERROR')
        weights = self.pipe.async_engine.engine.executor.model_agent.patched_model.get_model().parameters()
        self.num_parameters = sum(p.numel() for p in weights)

    def run(self, prompts) -> int:
        """All prompts at once -> output tokens"""
        import asyncio

        from lmdeploy import GenerationConfig

        engine = self.pipe.async_engine
        config = GenerationConfig(max_new_tokens=TOKENS_OUT, ignore_eos=True)

        async def one(ids):
            request = await engine.preprocess(None, engine.session_mgr.get(), gen_config=config, input_ids=ids)
            outputs = [out async for out in engine.generate(request, stream_response=False)]
            return outputs[-1].generate_token_len

        async def together():
            return sum(await asyncio.gather(*[one(ids) for ids in prompts]))

        return asyncio.run_coroutine_threadsafe(together(), self.pipe.internal_thread.loop).result()

    def close(self):
        self.pipe.close()


class Transformers:
    def __init__(self, folder, dtype):
        from transformers import AutoModelForCausalLM

        self.model = AutoModelForCausalLM.from_pretrained(
            folder, dtype=getattr(torch, dtype), trust_remote_code=False
        ).eval()

    @torch.inference_mode()
    def run(self, prompts) -> int:
        """All prompts in one batch of equal lengths -> output tokens"""
        ids = torch.tensor(prompts)
        out = self.model.generate(
            ids,
            attention_mask=torch.ones_like(ids),
            do_sample=False,
            min_new_tokens=TOKENS_OUT,
            max_new_tokens=TOKENS_OUT,
            pad_token_id=2,
        )
        return out[:, ids.size(1) :].numel()


def rate(side, prompts) -> float:
    """Output tokens a second, prefill included."""
    start = time.perf_counter()
    tokens = side.run(prompts)
    seconds = time.perf_counter() - start
    if tokens != len(prompts) * TOKENS_OUT:
        raise RuntimeError(f'{type(side).__name__} made {tokens} tokens instead of {len(prompts)} × {TOKENS_OUT}')
    return tokens / seconds


# ---------------------------------------------------------------- measure and tell


def take_turns(ours, theirs, prompts, repeat, progress) -> list[tuple[float, float]]:
    """Output tokens/s of both, `repeat` times."""
    pairs = []
    for turn in range(repeat + 1):
        sides = (ours, theirs) if turn % 2 else (theirs, ours)
        found = {side: rate(side, prompts) for side in sides}
        if turn:  # the first is to warm up
            pairs.append((found[ours], found[theirs]))
        progress.update()
    return pairs


def measure(args, progress) -> list[dict]:
    rows = []
    with tempfile.TemporaryDirectory() as work:
        for name, lmdeploy_folder, transformers_folder in models(pathlib.Path(work)):
            for dtype in args.dtypes:
                with contextlib.closing(LMDeploy(lmdeploy_folder, dtype)) as ours:
                    theirs = Transformers(transformers_folder, dtype)
                    vocab = theirs.model.config.vocab_size
                    for batch in args.batches:
                        generator = torch.Generator().manual_seed(batch)
                        prompts = torch.randint(8, vocab, (batch, TOKENS_IN), generator=generator).tolist()
                        pairs = take_turns(ours, theirs, prompts, args.repeat, progress)
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
                del ours, theirs
                gc.collect()
    return rows


def table(rows) -> str:
    """Markdown: medians of tokens/s, and the ratio with its spread."""
    lines = [
        '| model | dtype | batch | LMDeploy | transformers | ratio | lowest to highest |',
        '|---|---|--:|--:|--:|--:|--:|',
    ]
    for r in rows:
        ours, theirs, ratio = (
            statistics.median(r[k]) for k in ('lmdeploy_tokens_per_s', 'transformers_tokens_per_s', 'ratios')
        )
        lines.append(
            f'| {r["model"]}, {r["parameters"] / 1e6:.1f} M | {r["dtype"]} | {r["batch"]} | {ours:.0f} | {theirs:.0f} '
            f'| **{ratio:.2f}** | {min(r["ratios"]):.2f} to {max(r["ratios"]):.2f} |'
        )
    return '\n'.join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('--repeat', type=int, default=5, help='turns of each pair, after one to warm up')
    parser.add_argument('--batches', type=int, nargs='+', default=[1, 4, 16])
    parser.add_argument('--dtypes', nargs='+', default=['float32', 'bfloat16'], choices=['float32', 'bfloat16'])
    parser.add_argument('--threads', type=int, help="torch's threads for both (default: torch's own choice)")
    parser.add_argument('--json', type=pathlib.Path, metavar='FILE', help='write every measurement there too')
    parser.add_argument('--quick', action='store_true', help='one turn, batch 1 and 4: does it run at all?')
    args = parser.parse_args()
    if args.repeat < 1:
        parser.error('--repeat must be at least 1')
    if args.quick:
        args.repeat, args.batches = 1, [1, 4]
    if args.json:
        args.json.parent.mkdir(parents=True, exist_ok=True)
    if args.threads:
        torch.set_num_threads(args.threads)

    lmdeploy_cpu.enable()
    total = 2 * len(args.dtypes) * len(args.batches) * (args.repeat + 1)
    with tqdm(total=total, desc='pairs of runs', file=sys.stderr) as progress:
        rows = measure(args, progress)
    print(f'\nOutput tokens/s, {TOKENS_IN} tokens in, {TOKENS_OUT} out, {torch.get_num_threads()} threads\n')
    print(table(rows))
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
        temporary = args.json.with_name(args.json.name + '.part')
        temporary.write_text(json.dumps(record, indent=1) + '\n')
        temporary.rename(args.json)
        print(f'\nwritten: {args.json}')


if __name__ == '__main__':
    main()
