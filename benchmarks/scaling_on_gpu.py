"""Chapter 10 on the GPUs of one host: one model on several cards, or several servers with a card each: a record.

    python -m benchmarks.scaling_on_gpu --save h200/scaling [--gpus 0 1 2 3] [--minutes 8] [--models 7b] [--kinds serve]

Random weights in the exact geometries of InternLM2-Chat-1.8B, 7B and 20B (all layers of one model have the same
numbers: neither speed nor memory depends on them).

`offline`: an engine with tp = 1, 2, 4 in a process of its own, 61 random tokens in and 256 out, TTFT with 61 and 1024
in; the memory of every card by NVML, beside what `predict_memory` says.  `serve`: a closed loop of clients that
stream 128 tokens each, before one server with tp = 1, 2, 4 (layout `tp`), or before as many servers of one card each
(layout `replicas`), asked through LMDeploy's proxy and, the clients shared out among them, without it.

NVLink multicast stays off, and so do TurboMind's communicators `native` and `cuda-ipc`: on a host that others share
they can put its GPUs out of service.

Cases run at once as far as there are cards, those for the most cards first.  Each row is a line of `--rows` as soon
as it is measured, with its origin: broken off, the next call goes on with the rest.  A case that fails is kept with its
reason.
"""

import dataclasses
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from benchmarks.campaign import Campaign, campaign_line
from benchmarks.command_line import CommandLine
from benchmarks.equal_layers import make_equal_layers
from benchmarks.gpu import card_memory, settled, visible_cards
from benchmarks.models import MODELS, TITLES
from benchmarks.prompts import prompt_of
from benchmarks.saving import earlier_of, row_origin
from benchmarks.servers import server_cpu_s
from helpers.memory import MIB
from lessons.kv_cache.prediction import CONTEXT_BYTES, predict_memory

SAFE = {'NCCL_NVLS_ENABLE': '0', 'TORCH_SYMM_MEM_DISABLE_MULTICAST': '1', 'NVSHMEM_DISABLE_NVLS': '1'}
COMMUNICATOR = 'nccl'
BATCHES, LONG_BATCHES, CLIENTS = (1, 32, 8, 128), (1, 8, 32), (1, 64, 256, 8)
TOKENS_IN, LONG_TOKENS_IN, TOKENS_OUT, SERVE_TOKENS_OUT, REPEATS = 61, 1024, 256, 128, 3
SIZES = {'session_len': 4096, 'max_batch_size': 256, 'cache_max_entry_count': 0.8}
CPU_SIZES = {'session_len': 2048, 'max_batch_size': 16, 'cache_max_entry_count': 0.05}
TIMEOUT_S = 180


@dataclasses.dataclass(frozen=True)
class Case:
    """What is started on some cards, in a process of its own."""

    model: str
    kind: str  # 'offline' | 'serve'
    what: str  # offline: 'turbomind' | 'pytorch' | 'pytorch-ray' | 'pytorch-mp'; serve: 'tp' | 'replicas'
    gpus: int

    @property
    def name(self) -> str:
        return f'{self.model} {self.kind} {self.what} on {self.gpus}'


def cases() -> list[Case]:
    """All, those for the most cards first; neighbours fit beside each other on four cards."""
    order = [
        ('7b offline turbomind', (4,)),
        ('7b serve replicas', (4,)),
        ('7b serve tp', (4,)),
        ('20b offline turbomind', (4,)),
        ('20b serve tp', (4,)),
        ('20b serve replicas', (4,)),
        ('1_8b offline turbomind', (4,)),
        ('1_8b serve replicas', (4,)),
        ('1_8b serve tp', (4,)),
        ('7b offline turbomind', (1, 2)),
        ('1_8b offline turbomind', (1, 2)),
        ('20b offline turbomind', (1, 2)),
        ('7b serve replicas', (1, 2)),
        ('7b serve tp', (2,)),
        ('20b serve replicas', (2,)),
        ('20b serve tp', (2,)),
        ('7b offline pytorch-ray', (2,)),
        ('20b serve replicas', (1,)),
        ('1_8b serve replicas', (1, 2)),
        ('1_8b serve tp', (2,)),
        ('7b offline pytorch-mp', (2,)),
        ('7b offline pytorch', (1,)),
        ('tiny offline pytorch', (1,)),
        ('tiny serve replicas', (2,)),
        ('tiny offline turbomind', (2,)),  # fails where there is no GPU, and shows what becomes of that
    ]
    return [Case(*words.split(), gpus) for words, counts in order for gpus in counts]


# -------------------------------------------------------------------------------- in the process of one case


def on_gpu() -> bool:
    import torch

    return torch.cuda.is_available()


def used_mib(cards: list[int]) -> list[int]:
    """Of each whole card, by NVML; [] without a GPU."""
    return [round(card_memory(card).used_bytes / MIB) for card in cards] if on_gpu() else []


def settled_mib(cards: list[int]) -> list[int]:
    """The same when it no longer falls."""
    return settled(lambda: used_mib(cards))


def since(cards: list[int], before: list[int]) -> list[int]:
    return [now - then for now, then in zip(used_mib(cards), before, strict=True)]


def measure_offline(case: Case, folder: str, todo: list, plan: dict, report) -> None:
    """A row for each (tokens in, batch)."""
    import torch

    from lessons.speed import LMDeployEngine, measure_batch, token_prompts

    cards = visible_cards()
    before = settled_mib(cards)
    begin = time.perf_counter()
    sizes = SIZES if on_gpu() else CPU_SIZES
    engine, _, backend = case.what.partition('-')
    memory = {}
    options = {'tp': case.gpus}
    if engine == 'turbomind':
        options['communicator'] = COMMUNICATOR
    elif backend:
        options['distributed_executor_backend'] = backend
    if on_gpu():
        free_bytes = torch.cuda.mem_get_info(0)[0]
        predicted = predict_memory(folder, free_bytes, engine=engine, tp=case.gpus, **sizes)
        memory = {
            'free_before_mib': round(free_bytes / MIB),
            'predicted_mib': round((predicted.engine_bytes + CONTEXT_BYTES) / MIB),
            'predicted_weights_mib': round(predicted.weight_bytes / MIB),
            'predicted_tokens': predicted.tokens,
        }
    running = LMDeployEngine(folder, engine=engine, **options, **sizes)
    memory |= {'load_s': round(time.perf_counter() - begin, 2), 'start_mib': since(cards, before)}
    for tokens_in, batch in todo:
        short = tokens_in == TOKENS_IN
        measured = measure_batch(
            running,
            token_prompts(batch, tokens_in),
            output_tokens=plan['tokens_out'] if short else 2,
            repeats=REPEATS,
            warm_up_tokens=None if short else 1,
        )
        row = measured.row() if short else {'batch': batch, 'ttft_s': round(measured.ttft_s, 5)}
        report(tokens_in=tokens_in, **row, **memory, used_mib=since(cards, before))


def measure_serve(case: Case, folder: str, todo: list, plan: dict, report) -> None:
    """A row for each (way, clients)."""
    from transformers import AutoTokenizer

    from helpers import device_memory
    from lessons.scaling.clusters import cluster

    tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=False, local_files_only=True)
    prompt = prompt_of(tokenizer, TOKENS_IN)[0]['content']
    arguments = SIZES if on_gpu() else CPU_SIZES
    if case.what == 'tp':
        arguments = arguments | {'tp': case.gpus, 'communicator': COMMUNICATOR}
    cards = visible_cards()
    each = [','.join(map(str, cards))] if case.what == 'tp' else list(map(str, cards))
    device_memory()  # its CUDA context is this process's, not the servers'
    before = settled_mib(cards)
    begin = time.perf_counter()
    with cluster(
        folder, servers=len(each), gpus=each if on_gpu() else None, log_level='ERROR', timeout_s=120, **arguments
    ) as c:
        load_s = round(time.perf_counter() - begin, 2)
        start_mib = since(cards, before)
        for way, clients in todo:
            run_load(c, way, clients, prompt, min(16, plan['serve_tokens_out']), 1)  # warms up
            at_first = [len(c.servers), *map(server_cpu_s, [c.proxy, *c.servers])]
            served = {url: requests_of(c, url) for url in c.nodes()}
            row = run_load(c, way, clients, prompt, plan['serve_tokens_out'], max(2, 4 // clients))
            cpu = [now - then for now, then in zip(map(server_cpu_s, [c.proxy, *c.servers]), at_first[1:], strict=True)]
            if row['input_tokens'] != row['requests'] * TOKENS_IN:
                raise RuntimeError(f'the servers counted {row["input_tokens"]} tokens of {row["requests"]} requests')
            report(
                way=way,
                **row,
                tokens_in=TOKENS_IN,
                tokens_out=plan['serve_tokens_out'],
                requests_of_servers=[requests_of(c, url) - served[url] for url in served],
                proxy_cpu_s=round(cpu[0], 2),
                server_cpu_s=[round(seconds, 2) for seconds in cpu[1:]],
                load_s=load_s,
                start_mib=start_mib,
                used_mib=since(cards, before),
            )


def run_load(c, way: str, clients: int, prompt: str, tokens_out: int, rounds: int) -> dict:
    """The row of this many clients: through the proxy, or shared out among the servers."""
    from lessons.serving import measure_clients
    from lessons.serving.figures import LoadMeasurement

    load = {'prompts': prompt, 'output_tokens': tokens_out, 'requests_per_client': rounds, 'progress': False}
    load |= {'model': c.model_name, 'timeout_s': 100}
    if way == 'proxy':
        return measure_clients(c.client, clients=clients, **load).row()
    shares = [share for share in (clients // len(c.servers) for _ in c.servers) if share]
    with ThreadPoolExecutor(len(shares)) as pool:
        parts = list(pool.map(lambda s, n: measure_clients(s.client, clients=n, **load), c.servers, shares))
    together = LoadMeasurement(
        sum(part.clients for part in parts),
        max(part.wall_time_s for part in parts),
        sum(part.client_cpu_s for part in parts),
        tuple(timing for part in parts for timing in part.timings),
        tuple(error for part in parts for error in part.errors),
    )
    return together.row()


def requests_of(c, url: str) -> int:
    """How many chat requests the server at `url` has in its log of accesses."""
    (server,) = (server for server in c.servers if server.url == url)
    return server.log.read_text(errors='replace').count('POST /v1/chat/completions')


def measure_case(case: Case, folder: str, todo: list, plan: dict, report) -> None:
    """`report(**row)` for each of `todo`."""
    (measure_serve if case.kind == 'serve' else measure_offline)(case, folder, todo, plan, report)


# ------------------------------------------------------------------------------------------- in the parent


def line_of(row: dict) -> str:
    """One line for the eye."""
    name = f'{row["model"]:<5}{row["kind"]:<8}{row["what"]:<12}on {row["gpus"]}'
    if row['kind'] == 'serve':
        text = f'{row["clients"]:>4} clients, {row["way"]:<7}{row["output_tokens_per_s"]:9.1f} tokens/s'
        text += f'  TTFT {1e3 * row["ttft_p50_s"]:.0f} ms  TPOT {1e3 * row["tpot_p50_s"]:.1f} ms'
        text += f'  {row["failed_requests"]} failed, shared {row["requests_of_servers"]}'
        text += f'  CPU proxy {row["proxy_cpu_s"]} s, servers {row["server_cpu_s"]} s of {row["wall_time_s"]} s'
        return f'{name}: {text}  {row["used_mib"]} MiB'
    text = f'{row["tokens_in"]:>5} in, batch {row["batch"]:>4}  TTFT {1e3 * row["ttft_s"]:8.1f} ms'
    if 'output_tokens_per_s' in row:
        text += f'  {row["output_tokens_per_s"]:9.1f} tokens/s'
    return f'{name}: {text}  {row["used_mib"]} MiB, predicted {row.get("predicted_mib")}'


class Scaling(Campaign):
    """Chapter 10's measurements; what a case measures: (tokens in, batch) offline, (way, clients) of servers."""

    topic = 'scaling'
    measure_case = staticmethod(measure_case)
    line_of = staticmethod(line_of)
    environment = SAFE
    timeout_s = TIMEOUT_S
    ahead = 2

    def __init__(self, args, cases: list[Case]):
        super().__init__(args, cases)
        self.plan = {'tokens_out': args.tokens_out, 'serve_tokens_out': min(SERVE_TOKENS_OUT, args.tokens_out)}
        self.origin = row_origin(args.commit) | {'gpus_of_the_host': len(args.gpus)}

    def todo_of(self, case: Case) -> list[tuple]:
        batches = self.args.batches
        if case.kind == 'offline':
            return [(TOKENS_IN, b) for b in batches] + [(LONG_TOKENS_IN, b) for b in LONG_BATCHES if b in batches]
        ways = ('direct', 'proxy') if case.what == 'replicas' else ('direct',)
        alone = case.what == 'tp'
        return [(way, n) for n in self.args.clients for way in ways if way == 'proxy' or n >= case.gpus or alone]

    def key_of(self, row: dict) -> tuple:
        at = (row['tokens_in'], row['batch']) if row['kind'] == 'offline' else (row['way'], row['clients'])
        return Case(row['model'], row['kind'], row['what'], row['gpus']), at

    def cards_of(self, case: Case) -> int:
        return case.gpus

    def checkpoint_of(self, case: Case) -> str:
        return case.model

    def make_checkpoint(self, case: Case, folder: Path, cards: list[int]) -> None:
        make_equal_layers(MODELS[case.model], folder, self.processes)

    def record_of(self, rows: list[dict]) -> tuple[str, dict]:
        rows = sorted(rows, key=lambda r: (list(MODELS).index(r['model']), r['kind'], r['what'], r['gpus']))
        models = {model: TITLES[model] for model in dict.fromkeys(row['model'] for row in rows)}
        return ', '.join(models.values()), {
            **self.plan,
            'dtype': 'bfloat16',
            'communicator': COMMUNICATOR,
            'environment': SAFE,
            **SIZES,
            'models': models,
            'offline': [row for row in rows if row['kind'] == 'offline'],
            'serve': [row for row in rows if row['kind'] == 'serve'],
            'ended_early': self.ended_early(),
            **earlier_of(self.args.save),
        }


def chosen(args) -> list[Case]:
    """The cases that the filters leave; the tiny model only by its name."""
    models = args.models or ['1_8b', '7b', '20b']
    return [
        case
        for case in cases()
        if case.model in models
        and (not args.kinds or case.kind in args.kinds)
        and (not args.what or case.what in args.what)
        and case.gpus <= len(args.gpus)
    ]


def command_line() -> CommandLine:
    parser = campaign_line(__doc__, 'h200/scaling', minutes=60)
    parser.add_argument('--models', nargs='+', choices=MODELS, help='default: 7b 20b 1_8b; tiny: to try it on a CPU')
    parser.add_argument('--kinds', nargs='+', choices=('offline', 'serve'))
    parser.add_argument('--what', nargs='+', choices=sorted({case.what for case in cases()}))
    parser.add_argument('--batches', nargs='+', type=int, default=BATCHES)
    parser.add_argument('--clients', nargs='+', type=int, default=CLIENTS)
    parser.add_argument('--tokens-out', type=int, default=TOKENS_OUT)
    parser.add_argument('--gpus', nargs='+', type=int, help='cards, as nvidia-smi counts them; default: all')
    return parser


def main() -> int:
    parser = command_line()
    args = parser.parse_args()
    import torch

    args.gpus = args.gpus or list(range(torch.cuda.device_count() or 1))
    campaign = Scaling(args, chosen(args))
    if args.list:
        return campaign.show()
    if not torch.cuda.is_available() and set(args.models or ['']) != {'tiny'}:
        parser.error('this measures GPUs, and torch finds none; with --models tiny it runs on a CPU')
    return campaign.main()


if __name__ == '__main__':
    sys.exit(main())
