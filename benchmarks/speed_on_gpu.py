"""Chapter 7 on a GPU: how fast transformers and LMDeploy's engines are, offline and as a server; kept as a record.

    python -m benchmarks.speed_on_gpu --save h200/speed [--gpus 0 1] [--minutes 8] [--models 1_8b] [--engines ...]

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

import dataclasses
import os
import sys
import time
from pathlib import Path

from benchmarks.campaign import Campaign, campaign_line
from benchmarks.command_line import CommandLine
from benchmarks.gpu import read_memory, settled_bytes
from benchmarks.models import MODELS, TITLES
from benchmarks.prompts import prompt_of
from benchmarks.random_checkpoint import random_checkpoint
from benchmarks.saving import earlier_of, row_origin
from helpers.memory import MIB

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


def start_engine(engine: str, folder: str):
    """One of `lessons.speed.offline`'s, bfloat16 on a GPU."""
    import torch

    from lessons.speed import ContinuousBatching, LMDeployEngine, TransformersGenerate

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

    from lessons.speed import measure_batch, token_prompts

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

    from helpers import device_memory
    from lessons.serving import api_server
    from lessons.speed import measure_rate

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
    random_checkpoint(MODELS[model], folder, packed=False, awq=awq)


# ------------------------------------------------------------------------------------------- in the parent


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


class Speed(Campaign):
    """Chapter 7's measurements; what a case measures: batches, or rates in requests/s."""

    topic = 'speed'
    measure_case = staticmethod(measure_case)
    line_of = staticmethod(line_of)

    def __init__(self, args, cases: list[Case]):
        super().__init__(args, cases)
        self.plan = {'tokens_out': args.tokens_out, 'repeats': REPEATS, 'rate_s': args.rate_s}
        self.origin = row_origin(args.commit)

    def todo_of(self, case: Case) -> list:
        if case.engine == 'server':
            return list(self.args.rates or RATES.get(case.model, RATES['1_8b']))
        if self.args.batches:
            return list(self.args.batches)
        kind = case.engine if case.engine in BATCHES else 'lmdeploy'
        more = MORE_BATCHES.get(kind, ()) if (case.model, case.tokens_in) == ('1_8b', TOKENS_IN[0]) else ()
        return [*BATCHES[kind], *more]

    def key_of(self, row: dict) -> tuple:
        return Case(row['model'], row['engine'], row['tokens_in']), row.get('batch', row.get('requests_per_s'))

    def checkpoint_of(self, case: Case) -> str:
        return f'{case.model}-{"awq" if case.engine == "w4a16" else "bf16"}'

    def make_checkpoint(self, case: Case, folder: Path, cards: list[int]) -> None:
        self.processes.call(make_checkpoint, case.model, case.engine == 'w4a16', str(folder), *cards)

    def timeout_of(self, case: Case) -> float:
        return TIMEOUTS_S.get(case.engine, OTHERS_TIMEOUT_S)

    def record_of(self, rows: list[dict]) -> tuple[str, dict]:
        models = {model: TITLES[model] for model in dict.fromkeys(row['model'] for row in rows)}
        return ' and '.join(models.values()), {
            'tokens_out': self.args.tokens_out,
            'repeats': REPEATS,
            'dtype': 'bfloat16',
            **SIZES,
            'engines': ENGINES,
            'models': models,
            'rows': [row for row in rows if 'batch' in row and 'failed' not in row],
            'rates': [row for row in rows if 'batch' not in row],
            'failed': [row for row in rows if 'failed' in row],
            'ended_early': self.ended_early(),
            **earlier_of(self.args.save),
        }


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


def command_line() -> CommandLine:
    parser = campaign_line(__doc__, 'h200/speed', minutes=60)
    models = ('1_8b', '7b', 'tiny')
    parser.add_argument('--models', nargs='+', choices=models, help='default: 1_8b 7b; tiny: to try it on a CPU')
    parser.add_argument('--engines', nargs='+', choices=ENGINES)
    parser.add_argument('--tokens-in', nargs='+', type=int, choices=TOKENS_IN)
    parser.add_argument('--batches', nargs='+', type=int, help="default: each engine's own list")
    parser.add_argument('--rates', nargs='+', type=float, help="requests/s; default: each model's own list")
    parser.add_argument('--rate-s', type=float, default=RATE_S, help='how long each rate lasts')
    parser.add_argument('--tokens-out', type=int, default=TOKENS_OUT)
    parser.add_argument('--gpus', nargs='+', type=int, default=[0], help='cards, as nvidia-smi counts them; at once')
    return parser


def main() -> int:
    parser = command_line()
    args = parser.parse_args()
    campaign = Speed(args, chosen(args))
    if args.list:
        return campaign.show()
    import torch

    if not torch.cuda.is_available() and set(args.models or ['']) != {'tiny'}:
        parser.error('this measures a GPU, and torch finds none; with --models tiny it runs on a CPU')
    return campaign.main()


if __name__ == '__main__':
    sys.exit(main())
