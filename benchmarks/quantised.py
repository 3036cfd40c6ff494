"""W4A16 weights and a quantised KV cache on a GPU: speed, kernels, the card's roofline, each in a process of its own.

`quantised_on_gpu` measures all of it for chapters 3 and 4, `your_card` the parts that a reader's card is asked for.
"""

import json
import re
import subprocess
import sys
import time
from pathlib import Path

import torch

from benchmarks.prompts import prompt_of
from helpers import device_memory
from helpers.memory import MIB

ROOT = Path(__file__).resolve().parent.parent
TOKENS_IN, TOKENS_OUT, BATCHES, REPEATS = 61, 256, (1, 8, 32, 128), 2
SIZES = {'session_len': 4096, 'max_batch_size': 128}
PROFILED_TOKENS = 64
SHORT = {'bfloat16': 'bf16', 'float16': 'fp16'}
MODELS = {'internlm2-chat-1_8b': 'InternLM2-Chat-1.8B', 'internlm2-chat-7b': 'InternLM2-Chat-7B'}


def start_engine(folder: str, quant_policy: int, ratio: float):
    from lmdeploy import TurbomindEngineConfig, pipeline

    config = TurbomindEngineConfig(quant_policy=quant_policy, cache_max_entry_count=ratio, **SIZES)
    return pipeline(folder, backend_config=config, log_level='ERROR')


def run(pipe, messages: list[dict], batch: int, tokens_in: int, tokens_out: int) -> dict:
    """`batch` times the same request, greedy, exactly `tokens_out` tokens each; its figures."""
    from lmdeploy import GenerationConfig

    fixed = GenerationConfig(max_new_tokens=tokens_out, ignore_eos=True, do_sample=False)
    start = time.perf_counter()
    responses = pipe([messages] * batch, gen_config=fixed)
    time_s = time.perf_counter() - start
    assert {(r.input_token_len, r.generate_token_len) for r in responses} == {(tokens_in, tokens_out)}
    return {'time_s': round(time_s, 3), 'output_tokens_per_s': round(batch * tokens_out / time_s, 1)}


def prompt(pipe, tokens_in: int) -> list[dict]:
    """A request that the pipeline's own tokenizer and chat template turn into exactly `tokens_in` tokens."""
    return prompt_of(pipe.async_engine.tokenizer.model.model, tokens_in)


def best(pipe, batch: int, tokens_in: int, tokens_out: int) -> dict:
    """The quickest of REPEATS runs after one that is not counted."""
    messages = prompt(pipe, tokens_in)
    runs = [run(pipe, messages, batch, tokens_in, tokens_out) for _ in range(1 + REPEATS)]
    return min(runs[1:], key=lambda figures: figures['time_s'])


def speed(folder: str, quant_policy: int, batches: tuple[int, ...] = BATCHES) -> list[dict]:
    with start_engine(folder, quant_policy, 0.8) as pipe:
        return [{'batch': b, **best(pipe, b, TOKENS_IN, TOKENS_OUT)} for b in batches]


def homework(folder: str, quant_policy: int, ratio: float) -> list[dict]:
    with start_engine(folder, quant_policy, ratio) as pipe:
        used_mib = round(device_memory().used_bytes / MIB)
        return [{'batch': 8, 'cache_max_entry_count': ratio, 'used_mib': used_mib, **best(pipe, 8, 1024, 1024)}]


def profile(folder: str) -> list[dict]:
    """The GPU's kernels while one request writes PROFILED_TOKENS tokens, the longest first."""
    with start_engine(folder, 0, 0.2) as pipe:
        messages = prompt(pipe, TOKENS_IN)
        run(pipe, messages, 1, TOKENS_IN, PROFILED_TOKENS)
        with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CUDA]) as profiler:
            figures = run(pipe, messages, 1, TOKENS_IN, PROFILED_TOKENS)
    kernels = [e for e in profiler.events() if str(e.device_type).endswith('CUDA')]
    by_name: dict[str, list[float]] = {}
    for event in kernels:
        by_name.setdefault(short_name(event.name), []).append(event.time_range.elapsed_us())
    longest = sorted(by_name.items(), key=lambda pair: -sum(pair[1]))[:12]
    rows = [
        {
            'kernel': name,
            'calls_per_token': round(len(us) / PROFILED_TOKENS, 2),
            'us_per_token': round(sum(us) / PROFILED_TOKENS, 2),
        }
        for name, us in longest
    ]
    total_us = sum(map(sum, by_name.values())) / PROFILED_TOKENS
    wall_us = 1e6 * figures['time_s'] / PROFILED_TOKENS
    return [{'kernels_us_per_token': round(total_us, 1), 'wall_us_per_token': round(wall_us, 1)}, *rows]


def short_name(kernel: str) -> str:
    """The kernel's name without most of its template arguments: at most 240 characters."""
    return re.sub(r'\s+', ' ', kernel.replace('(anonymous namespace)::', '').replace('turbomind::', ''))[:240]


def float_type() -> str:
    """Of weights on this card: tensor cores know bfloat16 from compute capability 8.0 (Ampere) on."""
    return 'bfloat16' if torch.cuda.get_device_capability() >= (8, 0) else 'float16'


def roofline(copied_bytes: int = 1 << 32) -> list[dict]:
    """What the card reaches: a large copy (bytes read and written) and a large matrix product in 16 bits."""
    source = torch.empty(copied_bytes, dtype=torch.uint8, device='cuda')
    target = torch.empty_like(source)
    dtype = float_type()
    a = torch.randn(8192, 8192, dtype=getattr(torch, dtype), device='cuda')
    times = {}
    for name, work in {'copy': lambda: target.copy_(source), 'matmul': lambda: a @ a}.items():
        for _ in range(3):
            work()
        begin, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
        begin.record()
        for _ in range(10):
            work()
        end.record()
        end.synchronize()
        times[name] = begin.elapsed_time(end) / 1e4  # ms of ten -> s of one
    short = SHORT[dtype]
    return [{'bytes_per_s': 2 * source.numel() / times['copy'], f'{short}_flop_per_s': 2 * 8192**3 / times['matmul']}]


PARTS = {'speed': speed, 'homework': homework, 'profile': profile, 'roofline': roofline}


def in_a_process(part: str, **arguments) -> list[dict]:
    """Run one part by itself: what an engine leaves behind when it closes must not count for the next."""
    command = [sys.executable, '-m', 'benchmarks.quantised_on_gpu', '--part', part]
    command += ['--arguments', json.dumps(arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, cwd=ROOT)
    if done.returncode:
        raise RuntimeError(f'{part} {arguments}:\n{done.stderr[-3000:]}')
    return json.loads(done.stdout.splitlines()[-1])
