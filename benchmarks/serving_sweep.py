"""Chapter 5's sweep on a GPU: LMDeploy's server with 1 to 128 clients at once, kept as a record.

    python -m benchmarks.serving_sweep --save h200/serving

Random weights in the exact geometry of InternLM2-Chat-1.8B behind `serve api_server`; every client streams answers of
256 tokens to a prompt of 61, one after the other.  Each number of clients is run once without counting, then measured.
At the end a quarter more clients than the engine has places show the queue in the server's own metrics.

`--model models/tiny-chat --clients 1 2 4 --tokens-out 32 --watch-s 0` tries it on a machine without a GPU.
"""

import json
import math
import tempfile
import time
from pathlib import Path

import torch
from tqdm import tqdm

from benchmarks.command_line import CommandLine
from benchmarks.gpu import read_memory
from benchmarks.prompts import prompt_of
from benchmarks.random_checkpoint import random_checkpoint
from benchmarks.saving import new_record, save_record
from benchmarks.servers import server_cpu_s
from helpers import MemorySampler, device_memory
from helpers.memory import MIB
from helpers.sampling import Sampler
from lessons.serving import api_server, measure_clients, read_metrics

TOKENS_IN, TOKENS_OUT, CLIENTS = 61, 256, (1, 2, 4, 8, 16, 32, 64, 128)
SIZES = {'session_len': 4096, 'max_batch_size': 128, 'cache_max_entry_count': 0.8}
WATCH_S = 22.0  # LMDeploy refreshes its gauges every 10 s: two of them at least


def measure(server, prompt: str, clients: int, tokens_out: int, idle_bytes: int) -> dict:
    """The row of this number of clients: at least 8 answers, two from each client."""
    load = {'clients': clients, 'prompts': prompt, 'output_tokens': tokens_out, 'progress': False}
    measure_clients(server.client, **load)
    cpu_s = server_cpu_s(server)
    with MemorySampler(0.1, read_memory, keep=1) as sampler:
        measured = measure_clients(server.client, requests_per_client=max(2, 8 // clients), **load)
    assert not measured.errors, measured.errors[0]
    assert measured.output_tokens == measured.requests * tokens_out
    return measured.row() | {
        'server_cpu_s': round(server_cpu_s(server) - cpu_s, 2),
        'peak_mib': round((sampler.peak_used_bytes - idle_bytes) / MIB),
    }


def watch(server, prompt: str, clients: int, tokens_out: int, tokens_per_s: float, lasting_s: float) -> dict:
    """What the server's metrics show of a load that lasts a while, beside what its clients see."""
    requests = math.ceil(lasting_s * tokens_per_s / (clients * tokens_out))
    before = read_metrics(server.client)
    with Sampler(lambda: read_metrics(server.client), 1.0) as sampler:
        measured = measure_clients(
            server.client,
            clients=clients,
            requests_per_client=requests,
            prompts=prompt,
            output_tokens=tokens_out,
            progress=False,
        )
    seen = [m for _, m in sampler.readings]
    total = seen[-1].since(before)
    assert total.generation_tokens_total == measured.output_tokens
    return measured.row() | {
        'num_requests_running': max(m.num_requests_running for m in seen),
        'num_requests_waiting': max(m.num_requests_waiting for m in seen),
        'num_api_requests_waiting': max(m.num_api_requests_waiting for m in seen),
        'gpu_cache_usage': round(max(m.gpu_cache_usage for m in seen), 4),
        'server_ttft_mean_s': round(total.time_to_first_token.mean_s, 4),
        'server_latency_mean_s': round(total.e2e_request_latency.mean_s, 4),
    }


def main() -> None:
    parser = CommandLine(__doc__, 'h200/serving')
    parser.add_argument('--model', type=Path, help='a checkpoint; default: random weights, as large as the 1.8B model')
    parser.add_argument('--clients', type=int, nargs='+', default=CLIENTS)
    parser.add_argument('--tokens-out', type=int, default=TOKENS_OUT)
    parser.add_argument('--watch-s', type=float, default=WATCH_S, help='how long to watch the metrics; 0: not at all')
    args = parser.parse_args()
    if not (torch.cuda.is_available() or args.model):
        parser.error('this measures a GPU, and torch finds none; with --model models/tiny-chat it runs on a CPU')

    from transformers import AutoTokenizer

    start = time.perf_counter()
    rows, watched = [], []
    with tempfile.TemporaryDirectory() as scratch:
        folder = args.model or random_checkpoint('internlm2-chat-1_8b', Path(scratch, 'internlm2-chat-1_8b'))
        tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
        prompt = prompt_of(tokenizer, TOKENS_IN)[0]['content']
        device_memory()  # its CUDA context is this process's, not the server's; starting a server would make it
        idle_bytes = read_memory().used_bytes
        sizes = SIZES | {'session_len': min(SIZES['session_len'], tokenizer.model_max_length)}
        with api_server(folder, log_level='ERROR', **sizes) as server:
            tqdm.write(f'the server is ready after {time.perf_counter() - start:.0f} s')
            start_mib = round((read_memory().used_bytes - idle_bytes) / MIB)
            for clients in (bar := tqdm(args.clients, unit='row')):
                bar.set_postfix_str(f'{clients} clients')
                rows.append(measure(server, prompt, clients, args.tokens_out, idle_bytes))
                assert rows[-1]['input_tokens'] == TOKENS_IN * rows[-1]['requests']
                tqdm.write(json.dumps(rows[-1]))
            if args.watch_s:
                busy, speed = sizes['max_batch_size'] * 5 // 4, rows[-1]['output_tokens_per_s']
                watched.append(watch(server, prompt, busy, args.tokens_out, speed, args.watch_s))
                tqdm.write(json.dumps(watched[-1]))
    print(f'done in {time.perf_counter() - start:.0f} s')
    if args.save:
        data = {
            'tokens_in': TOKENS_IN,
            'tokens_out': args.tokens_out,
            **sizes,
            'started_mib': start_mib,
            'rows': rows,
            'watched': watched,
        }
        model, weights = (args.model.name, 'trained') if args.model else ('InternLM2-Chat-1.8B', 'random')
        record = new_record('serving', model=model, weights=weights, data=data, commit=args.commit)
        print('written:', save_record(record, args.save))


if __name__ == '__main__':
    main()
