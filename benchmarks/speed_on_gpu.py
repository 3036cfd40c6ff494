"""Chapter 7 on a GPU: how fast transformers and LMDeploy's engines are, offline and as a server; kept as a record.

    python benchmarks/speed_on_gpu.py --save h200/speed [--gpus 0 1] [--minutes 8] [--models 1_8b] [--engines ...]

Random weights in the exact geometries of InternLM2-Chat-1.8B and 7B, laid out as Llama, so that all engines read the
same files.  All get the same random tokens, 61 or 1024 of each request, every request other ones, and write exactly
256, greedily. A shape is warmed up once, by a run of the same length: where torch chooses cuDNN's attention, plain
`generate` has a kernel compiled for every new length. What takes less than 10 s is measured three times. TTFT is the
time of the same batch with one token out (all have their first token then), TPOT the rest of the time by the tokens
after it.
The server gets 61 tokens in, 256 out, at rising rates of requests (Poisson); its TTFT and TPOT are those of each
streamed answer.

Every case (an engine with a model and an input length) has a process of its own, the most telling come first.  Each
row is a line of `--rows` as soon as it is measured, with its date, commit and transformers, so that rows of several
runs can stand in one record: broken off, the next call goes on with the rest.
"""

import argparse
import dataclasses
import json
import os
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from card import MIB, read_memory, settled
from helpers.geometry import Geometry
from helpers.records import earlier_of, new_record, require_savable, row_origin, save_record
from own_process import Processes

ROOT = Path(__file__).resolve().parent.parent
TINY = Geometry(
    'LlamaForCausalLM', 4096, 128, 256, num_layers=2, num_heads=4, num_kv_heads=2, head_dim=32, dynamic_rope_factor=2.0
)
MODELS = {'1_8b': 'internlm2-chat-1_8b', '7b': 'internlm2-chat-7b', 'tiny': TINY}  # tiny: to try this without a GPU
TITLES = {'1_8b': 'InternLM2-Chat-1.8B', '7b': 'InternLM2-Chat-7B', 'tiny': 'tiny'}
ENGINES = {  # as a plot names them
    'transformers': 'transformers generate',
    'compiled': 'transformers, static cache and compile',
    'batching': 'transformers, continuous batching',
    'turbomind': 'TurboMind',
    'w4a16': 'TurboMind W4A16',
    'kv8': 'TurboMind KV int8',
    'kv4': 'TurboMind KV int4',
    'pytorch': 'PyTorch engine',
    'server': 'api_server',
}
# The most telling first: when the time is up, those are there.
BATCHES = {
    'transformers': (8, 128, 1, 32, 256),
    'compiled': (8, 128, 1),  # each compiles for half a minute
    'batching': (8, 128, 1),
    'lmdeploy': (8, 128, 1, 32, 256),
}
MORE_BATCHES = {'compiled': (32,), 'batching': (32,), 'lmdeploy': (64, 16, 4, 2)}  # for the 1.8B with short prompts
RATES = {'1_8b': (8, 32, 64, 96, 16, 4, 128, 2), '7b': (4, 16, 32, 64, 8, 2)}  # requests/s
TOKENS_IN, TOKENS_OUT, RATE_S, REPEATS, REPEAT_BELOW_S = (61, 1024), 256, 8.0, 3, 10.0
SIZES = {'session_len': 4096, 'max_batch_size': 256, 'cache_max_entry_count': 0.8}
TIMEOUTS_S = {'compiled': 300, 'batching': 300, 'transformers': 300}
OTHERS_TIMEOUT_S = 180


@dataclasses.dataclass(frozen=True)
class Case:
    """An engine with a model and an input length, in a process of its own."""

    model: str
    engine: str
    tokens_in: int = 61

    @property
    def name(self) -> str:
        return f'{self.model} {self.engine} {self.tokens_in} in'


def cases() -> list[Case]:
    """All, the most telling first."""
    short, long = TOKENS_IN
    order = [
        (short, '1_8b', ('server', 'turbomind', 'compiled', 'transformers', 'w4a16', 'pytorch', 'batching')),
        (short, '7b', ('turbomind', 'transformers', 'w4a16')),
        (short, '1_8b', ('kv8', 'kv4')),
        (long, '1_8b', ('turbomind', 'transformers', 'kv8', 'kv4', 'w4a16')),
        (short, '7b', ('server',)),
        (long, '7b', ('turbomind', 'transformers', 'w4a16', 'kv8', 'kv4')),
        (short, '7b', ('compiled', 'pytorch', 'kv8', 'kv4')),
        (long, '1_8b', ('pytorch', 'compiled')),
        (long, '7b', ('pytorch', 'compiled')),
        (short, '7b', ('batching',)),
        (long, '1_8b', ('batching',)),
        (long, '7b', ('batching',)),
        (short, 'tiny', ('transformers', 'compiled', 'batching', 'pytorch', 'server')),
    ]
    return [Case(model, engine, tokens_in) for tokens_in, model, engines in order for engine in engines]


# -------------------------------------------------------------------------------- in the process of one case


def settled_bytes() -> int:
    """What is in use when it no longer falls."""
    return settled(lambda: [read_memory().used_bytes])[0]


def start_engine(engine: str, folder: str):
    """One of `helpers.offline`'s, bfloat16 on a GPU."""
    import torch

    from helpers import ContinuousBatching, LMDeployEngine, TransformersGenerate

    cuda = torch.cuda.is_available()
    where = {'device': 'cuda', 'dtype': 'bfloat16'} if cuda else {'device': 'cpu', 'dtype': 'float32'}
    if engine == 'batching':
        return ContinuousBatching(folder, **where)
    if engine in ('transformers', 'compiled'):
        return TransformersGenerate(folder, static_cache=engine == 'compiled', **where)
    sizes = SIZES if cuda else SIZES | {'session_len': 2048, 'cache_max_entry_count': 0.05}
    if engine == 'pytorch':
        return LMDeployEngine(folder, engine='pytorch', **sizes)
    return LMDeployEngine(folder, engine='turbomind', quant_policy={'kv8': 8, 'kv4': 4}.get(engine, 0), **sizes)


def measure_offline(case: Case, folder: str, todo: list, plan: dict, report) -> None:
    """A row for each batch in `todo`."""
    import torch

    from helpers import measure_batch, token_prompts

    before = settled_bytes()
    begin = time.perf_counter()
    engine = start_engine(case.engine, folder)
    load_s = time.perf_counter() - begin
    start_mib = round((read_memory().used_bytes - before) / MIB)
    for batch in todo:
        torch.cuda.empty_cache()  # what torch keeps of the last batch is not this one's
        try:
            measured = measure_batch(
                engine,
                token_prompts(batch, case.tokens_in),
                output_tokens=plan['tokens_out'],
                repeats=plan['repeats'],
                repeat_below_s=REPEAT_BELOW_S,
            )
        except torch.cuda.OutOfMemoryError as error:
            report(batch=batch, failed=f'out of memory: {error}'[:300])
            continue
        row = measured.row()
        if case.engine == 'compiled':
            row['compile_s'] = round(measured.warm_up_s - measured.time_s, 2)
        used_mib = round((read_memory().used_bytes - before) / MIB)
        report(**row, load_s=round(load_s, 2), start_mib=start_mib, used_mib=used_mib)


def measure_server(case: Case, folder: str, todo: list, plan: dict, report) -> None:
    """A row for each rate in `todo`, after one second of requests that do not count."""
    import torch
    from transformers import AutoTokenizer

    from first_speed import prompt_of
    from helpers import api_server, device_memory, measure_rate

    tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=False, local_files_only=True)
    prompt = prompt_of(tokenizer, case.tokens_in)[0]['content']
    device_memory()  # its CUDA context is this process's, not the server's; starting a server would make it
    before = settled_bytes()
    begin = time.perf_counter()
    sizes = SIZES if torch.cuda.is_available() else SIZES | {'session_len': 2048, 'cache_max_entry_count': 0.05}
    with api_server(folder, log_level='ERROR', timeout_s=120, **sizes) as server:
        load_s = time.perf_counter() - begin
        load = {'prompts': prompt, 'output_tokens': plan['tokens_out'], 'progress': False}
        measure_rate(server.client, requests_per_s=todo[0], duration_s=min(2.0, plan['rate_s']), seed=1, **load)
        for rate in todo:
            measured = measure_rate(server.client, requests_per_s=rate, duration_s=plan['rate_s'], **load)
            row = measured.row()
            wanted = measured.requests * case.tokens_in
            if row['input_tokens'] != wanted:
                raise RuntimeError(f'the server counted {row["input_tokens"]} input tokens, not {wanted}')
            used_mib = round((read_memory().used_bytes - before) / MIB)
            report(**row, rate_s=plan['rate_s'], load_s=round(load_s, 2), used_mib=used_mib)


def measure_case(case: Case, folder: str, todo: list, plan: dict, report) -> None:
    """`report(**row)` for each batch or rate in `todo`."""
    (measure_server if case.engine == 'server' else measure_offline)(case, folder, todo, plan, report)


def make_checkpoint(model: str, awq: bool, folder: str, gpu: int) -> None:
    """In a process of its own: drawing the numbers on the GPU leaves a CUDA context behind."""
    os.environ['CUDA_VISIBLE_DEVICES'] = str(gpu)
    from helpers import random_checkpoint

    random_checkpoint(MODELS[model], folder, packed=False, awq=awq)


# ------------------------------------------------------------------------------------------- in the parent


class Gpu:
    """One card, on which cases are measured one after the other."""

    def __init__(self, index: int, args, folder: Path):
        self.index, self.args, self.folder = index, args, folder
        self.processes = Processes(args.processes)

    def measure(self, case: Case, todo: list, plan: dict, deadline: float, keep) -> str | None:
        """Measure the rows in `todo`, calling `keep(row)` with each; why it ended early, or None."""
        return self.processes.measure(
            measure_case,
            (case, str(self.checkpoint(case)), todo, plan),
            keep=keep,
            timeout_s=TIMEOUTS_S.get(case.engine, OTHERS_TIMEOUT_S),
            deadline=deadline,
            environment={'CUDA_VISIBLE_DEVICES': str(self.index)},
        )

    def checkpoint(self, case: Case) -> Path:
        """The folder of a case's random weights, made if it is not there."""
        awq = case.engine == 'w4a16'
        folder = self.folder / f'{case.model}-{"awq" if awq else "bf16"}'
        if not folder.exists():
            self.processes.call(make_checkpoint, case.model, awq, str(folder), self.index)
            if not folder.exists():
                raise RuntimeError(f'{folder} could not be made')
        return folder


def wanted_of(case: Case, args) -> list:
    """Batches, or rates, of a case."""
    if case.engine == 'server':
        return list(args.rates or RATES.get(case.model, RATES['1_8b']))
    if args.batches:
        return list(args.batches)
    kind = case.engine if case.engine in BATCHES else 'lmdeploy'
    more = MORE_BATCHES.get(kind, ()) if (case.model, case.tokens_in) == ('1_8b', TOKENS_IN[0]) else ()
    return [*BATCHES[kind], *more]


def chosen(args) -> list[Case]:
    """The cases that the filters leave; the tiny model only by its name."""
    models = args.models or ['1_8b', '7b']
    return [
        case
        for case in cases()
        if case.model in models
        and (not args.engines or case.engine in args.engines)
        and (not args.tokens_in or case.tokens_in in args.tokens_in)
    ]


def read_rows(path: Path) -> dict[tuple, dict]:
    """Rows that were measured before: (model, engine, tokens_in, batch or rate) -> row."""
    rows = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
    return {key_of(row): row for row in rows}


def key_of(row: dict) -> tuple:
    return row['model'], row['engine'], row['tokens_in'], row.get('batch', row.get('requests_per_s'))


def line_of(row: dict) -> str:
    """One line for the eye."""
    name = f'{row["model"]:<5}{row["engine"]:<13}{row["tokens_in"]:>5} in'
    at = f'batch {row["batch"]:>4}' if 'batch' in row else f'{row["requests_per_s"]:>4} req/s'
    if 'failed' in row:
        return f'{name} {at}: {row["failed"]}'
    if 'batch' in row:
        lowest, highest = row['output_tokens_per_s_min'], row['output_tokens_per_s_max']
        text = f'{row["output_tokens_per_s"]:9.1f} tokens/s ({lowest:.0f} to {highest:.0f}, {row["repeats"]} runs)'
        text += f'  TTFT {1e3 * row["ttft_s"]:7.1f} ms  TPOT {1e3 * row["tpot_s"]:7.2f} ms'
        if 'compile_s' in row:
            text += f'  compiled in {row["compile_s"]:.0f} s'
    else:
        text = f'{row["output_tokens_per_s"]:9.1f} tokens/s, at most {row["most_at_once"]} at once'
        text += f'  TTFT {1e3 * row["ttft_p50_s"]:.0f} / {1e3 * row["ttft_p95_s"]:.0f} ms'
        text += f'  TPOT {1e3 * row["tpot_p50_s"]:.1f} / {1e3 * row["tpot_p95_s"]:.1f} ms (p50 / p95)'
        text += f'  {row["failed_requests"]} failed'
    return f'{name} {at}: {text}  {row["used_mib"]} MiB'


def measure_all(wanted: list[Case], args, folder: Path) -> tuple[dict[Case, str], bool]:
    """Measure what is missing, on every GPU of `--gpus` at once: (why cases ended early, were all tried)."""
    begin, lock, there = time.monotonic(), threading.Lock(), read_rows(args.rows)
    deadline = begin + 60 * args.minutes
    plan = {
        'tokens_out': args.tokens_out,
        'repeats': REPEATS,
        'rate_s': args.rate_s,
    }
    origin = row_origin(args.commit)
    waiting = []
    for case in wanted:
        todo = [at for at in wanted_of(case, args) if (case.model, case.engine, case.tokens_in, at) not in there]
        if todo:
            waiting.append((case, todo))
    count, ended = len(waiting), {}
    numbered = list(enumerate(waiting, start=1))
    print(f'{len(wanted)} cases, {count} of them with something to measure', flush=True)

    def say(text: str) -> None:
        print(f'[{time.monotonic() - begin:4.0f} s] {text}', flush=True)

    def work_on(index: int) -> None:
        gpu = Gpu(index, args, folder)
        while time.monotonic() < deadline:
            with lock:
                if not numbered:
                    return
                number, (case, todo) = numbered.pop(0)
                say(f'({number}/{count}) GPU {index}: {case.name}')

            def keep(row: dict, case=case) -> None:
                row = dataclasses.asdict(case) | row | origin
                with lock:
                    with open(args.rows, 'a', encoding='utf-8') as file:
                        file.write(json.dumps(row) + '\n')
                    say(line_of(row))

            try:
                why = gpu.measure(case, todo, plan, deadline, keep)
            except (OSError, RuntimeError) as error:
                why = f'{type(error).__name__}: {error}'
            if why:
                with lock:
                    ended[case] = why
                    say(f'{case.name} ended early: {why}')

    with ThreadPoolExecutor(len(args.gpus)) as pool:
        for future in [pool.submit(work_on, index) for index in args.gpus]:
            future.result()
    over = bool(numbered) or any(why.startswith('the minutes are over') for why in ended.values())
    if over:
        say(f'{args.minutes:g} minutes are over; {len(numbered)} cases were not begun: the same call goes on with them')
    return ended, not over


def save(rows: list[dict], ended: dict[Case, str], args) -> None:
    """Write the record."""
    data = {
        'tokens_out': args.tokens_out,
        'repeats': REPEATS,
        'dtype': 'bfloat16',
        **SIZES,
        'engines': ENGINES,
        'models': {model: TITLES[model] for model in dict.fromkeys(row['model'] for row in rows)},
        'rows': [row for row in rows if 'batch' in row and 'failed' not in row],
        'rates': [row for row in rows if 'batch' not in row],
        'failed': [row for row in rows if 'failed' in row],
        'ended_early': [dataclasses.asdict(case) | {'why': why.splitlines()[0]} for case, why in ended.items()],
        **earlier_of(args.save),
    }
    model = ' and '.join(data['models'].values())
    record = new_record('speed', model=model, weights='random', data=data, commit=args.commit)
    print('written:', save_record(record, args.save), flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--save', help='name of the record to write, such as h200/speed')
    parser.add_argument('--commit', help="the course's commit, where git is not at hand")
    parser.add_argument('--models', nargs='+', choices=MODELS, help='default: 1_8b 7b; tiny: to try it on a CPU')
    parser.add_argument('--engines', nargs='+', choices=ENGINES)
    parser.add_argument('--tokens-in', nargs='+', type=int, choices=TOKENS_IN)
    parser.add_argument('--batches', nargs='+', type=int, help="default: each engine's own list")
    parser.add_argument('--rates', nargs='+', type=float, help="requests/s; default: each model's own list")
    parser.add_argument('--rate-s', type=float, default=RATE_S, help='how long each rate lasts')
    parser.add_argument('--tokens-out', type=int, default=TOKENS_OUT)
    parser.add_argument('--gpus', nargs='+', type=int, default=[0], help='cards, as nvidia-smi counts them; at once')
    parser.add_argument('--minutes', type=float, default=60, help='end after this, with what there is')
    parser.add_argument('--rows', type=Path, default=ROOT / 'build' / 'speed.jsonl', help='where each row is kept')
    parser.add_argument('--checkpoints', type=Path, help='where random weights are kept; default: a folder that goes')
    parser.add_argument('--processes', choices=('forkserver', 'spawn'), default='forkserver', help='spawn: all anew')
    parser.add_argument('--list', action='store_true', help='only print the cases')
    args = parser.parse_args()
    if args.save:
        args.commit = require_savable(args.save, args.commit)
    wanted = chosen(args)
    if args.list:
        print(*(f'{case.name}: {wanted_of(case, args)}' for case in wanted), sep='\n')
        return 0
    import torch

    if not torch.cuda.is_available() and set(args.models or ['']) != {'tiny'}:
        parser.error('this measures a GPU, and torch finds none; with --models tiny it runs on a CPU')
    for folder in (args.rows.parent, *filter(None, [args.checkpoints])):
        folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        ended, complete = measure_all(wanted, args, args.checkpoints or Path(scratch))
    there = read_rows(args.rows)
    rows = [
        there[key]
        for case in wanted
        for at in sorted(wanted_of(case, args))
        if (key := (case.model, case.engine, case.tokens_in, at)) in there
    ]
    if args.save and rows:
        save(rows, ended, args)
        if complete and not ended:
            args.rows.unlink()  # the next call measures anew
    return 0 if complete else 1


if __name__ == '__main__':
    sys.exit(main())
