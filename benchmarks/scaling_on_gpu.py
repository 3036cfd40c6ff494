"""Chapter 8 on the GPUs of one host: one model on several cards, or several servers with a card each; kept as a record.

    python benchmarks/scaling_on_gpu.py --save h200/scaling [--gpus 0 1 2 3] [--minutes 8] [--models 7b] [--kinds serve]

Random weights in the exact geometries of InternLM2-Chat-1.8B, 7B and 20B (all layers of one model have the same
numbers: neither speed nor memory depends on them).

`offline`: an engine with tp = 1, 2, 4 in a process of its own, 61 random tokens in and 256 out, TTFT with 61 and 1024
in; the memory of every card by NVML, beside what `helpers.kv_cache` predicts.  `serve`: a closed loop of clients that
stream 128 tokens each, before one server with tp = 1, 2, 4 (layout `tp`), or before as many servers of one card each
(layout `replicas`), asked through LMDeploy's proxy and, the clients shared out among them, without it.

NVLink multicast stays off, and so do TurboMind's communicators `native` and `cuda-ipc`: on a host that others share
they can put its GPUs out of service.

Cases run at once as far as there are cards, those for the most cards first.  Each row is a line of `--rows` as soon
as it is measured, with its origin: broken off, the next call goes on with the rest.  A case that fails is kept with its
reason.
"""

import argparse
import dataclasses
import json
import os
import struct
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from card import MIB, card_memory, settled
from helpers.files import read_json, write_json
from helpers.geometry import GEOMETRIES, Geometry
from helpers.kv_cache import CONTEXT_BYTES, predict_memory
from helpers.records import earlier_of, new_record, require_savable, row_origin, save_record
from helpers.shards import read_header, shard_names, write_index
from own_process import Processes

ROOT = Path(__file__).resolve().parent.parent
SAFE = {'NCCL_NVLS_ENABLE': '0', 'TORCH_SYMM_MEM_DISABLE_MULTICAST': '1', 'NVSHMEM_DISABLE_NVLS': '1'}
COMMUNICATOR = 'nccl'
TINY = Geometry('LlamaForCausalLM', 4096, 128, 256, num_layers=2, num_heads=4, num_kv_heads=2, head_dim=32)
MODELS = {  # tiny: to try this without a GPU
    '1_8b': GEOMETRIES['internlm2-chat-1_8b'],
    '7b': GEOMETRIES['internlm2-chat-7b'],
    '20b': GEOMETRIES['internlm2-chat-20b'],
    'tiny': TINY,
}
TITLES = {'1_8b': 'InternLM2-Chat-1.8B', '7b': 'InternLM2-Chat-7B', '20b': 'InternLM2-Chat-20B', 'tiny': 'tiny'}
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


def todo_of(case: Case, args) -> list[tuple]:
    """What a case measures: (tokens in, batch) offline; (way, clients) of servers."""
    if case.kind == 'offline':
        return [(TOKENS_IN, b) for b in args.batches] + [(LONG_TOKENS_IN, b) for b in LONG_BATCHES if b in args.batches]
    ways = ('direct', 'proxy') if case.what == 'replicas' else ('direct',)
    return [(way, n) for n in args.clients for way in ways if way == 'proxy' or n >= case.gpus or case.what == 'tp']


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


def measure_offline(case: Case, folder: str, cards: list[int], todo: list, plan: dict, report) -> None:
    """A row for each (tokens in, batch)."""
    import torch

    from helpers import LMDeployEngine, measure_batch, token_prompts

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


def measure_serve(case: Case, folder: str, cards: list[int], todo: list, plan: dict, report) -> None:
    """A row for each (way, clients)."""
    from transformers import AutoTokenizer

    from first_speed import prompt_of
    from helpers import device_memory
    from helpers.clusters import cluster

    tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=False, local_files_only=True)
    prompt = prompt_of(tokenizer, TOKENS_IN)[0]['content']
    arguments = SIZES if on_gpu() else CPU_SIZES
    if case.what == 'tp':
        arguments = arguments | {'tp': case.gpus, 'communicator': COMMUNICATOR}
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
            at_first = [len(c.servers), *map(cpu_s, [c.proxy, *c.servers])]
            served = {url: requests_of(c, url) for url in c.nodes()}
            row = run_load(c, way, clients, prompt, plan['serve_tokens_out'], max(2, 4 // clients))
            cpu = [now - then for now, then in zip(map(cpu_s, [c.proxy, *c.servers]), at_first[1:], strict=True)]
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
    from helpers import LoadMeasurement, measure_clients

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


def cpu_s(server) -> float:
    """Processor time of the main thread below the watcher: the one that serves HTTP."""
    children = Path(f'/proc/{server.pid}/task/{server.pid}/children').read_text().split()
    ticks = Path(f'/proc/{children[0]}/task/{children[0]}/stat').read_text().rpartition(')')[2].split()[11:13]
    return sum(map(int, ticks)) / os.sysconf('SC_CLK_TCK')


def requests_of(c, url: str) -> int:
    """How many chat requests the server at `url` has in its log of accesses."""
    (server,) = (server for server in c.servers if server.url == url)
    return server.log.read_text(errors='replace').count('POST /v1/chat/completions')


def measure_case(case: Case, folder: str, cards: list[int], todo: list, plan: dict, report) -> None:
    """`report(**row)` for each of `todo`."""
    (measure_serve if case.kind == 'serve' else measure_offline)(case, folder, cards, todo, plan, report)


# --------------------------------------------------------------------------------------- random weights, soon


def draw_one_layer(model: str, folder: str) -> None:
    """A checkpoint of the model with one layer; drawn on the CPU, so that no card is busy or less free."""
    from helpers import random_checkpoint

    random_checkpoint(dataclasses.replace(MODELS[model], num_layers=1), folder, packed=False, device='cpu')


def make_checkpoint(model: str, folder: Path, processes: Processes, threads: int = 8) -> Path:
    """All layers are copies of one: the bytes are written as fast as the disk takes them."""
    if folder.exists():
        return folder
    one = folder.with_name(f'{folder.name}-one-layer')
    processes.call(draw_one_layer, model, str(one))
    if not one.exists():
        raise RuntimeError(f'{one} could not be made')
    names = shard_names(one)
    first = layer_bytes(one, names)
    count = MODELS[model].num_layers
    with ThreadPoolExecutor(threads) as pool:
        made = list(pool.map(lambda i: write_layer(one / f'layer-{i:02d}.safetensors', i, *first), range(1, count)))
    write_index(one, [*names, *made])
    write_json(one / 'config.json', read_json(one / 'config.json') | {'num_hidden_layers': count})
    one.rename(folder)
    return folder


def layer_bytes(folder: Path, names: list[str]) -> tuple[dict, list[bytes]]:
    """The header of a file with the tensors of layer 0 alone, and their bytes."""
    header, pieces, at = {}, [], 0
    for name in names:
        with open(folder / name, 'rb') as file:
            (size,) = struct.unpack('<Q', file.read(8))
            for tensor, fields in read_header(folder / name).items():
                if '.layers.0.' in tensor:
                    begin, end = fields['data_offsets']
                    file.seek(8 + size + begin)
                    pieces.append(file.read(end - begin))
                    header[tensor] = fields | {'data_offsets': [at, at + end - begin]}
                    at += end - begin
    return header, pieces


def write_layer(path: Path, index: int, header: dict, pieces: list[bytes]) -> str:
    """A safetensors file of layer 0's numbers under the names of layer `index`; its name."""
    renamed = {name.replace('.layers.0.', f'.layers.{index}.'): fields for name, fields in header.items()}
    text = json.dumps({'__metadata__': {'format': 'pt'}} | renamed).encode()
    text += b' ' * (-len(text) % 8)
    with open(path, 'wb') as file:
        file.write(struct.pack('<Q', len(text)) + text)
        for piece in pieces:
            file.write(piece)
    return path.name


# ------------------------------------------------------------------------------------------- in the parent


class Cards:
    """Which cards are free."""

    def __init__(self, indices: list[int]):
        self._free, self._changed = sorted(indices), threading.Condition()

    def take(self, count: int, deadline: float) -> list[int] | None:
        """The first `count` free ones, when there are so many; None: the time is up."""
        with self._changed:
            if not self._changed.wait_for(lambda: len(self._free) >= count, max(0.0, deadline - time.monotonic())):
                return None
            taken, self._free = self._free[:count], self._free[count:]
            return taken

    def give_back(self, cards: list[int]) -> None:
        with self._changed:
            self._free = sorted(self._free + cards)
            self._changed.notify_all()


def key_of(row: dict) -> tuple:
    at = (row['tokens_in'], row['batch']) if row['kind'] == 'offline' else (row['way'], row['clients'])
    return Case(row['model'], row['kind'], row['what'], row['gpus']), at


def read_rows(path: Path) -> dict[tuple, dict]:
    """Rows that were measured before, by case and what they measure."""
    rows = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
    return {key_of(row): row for row in rows}


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


def measure_all(wanted: list[Case], args, folder: Path) -> tuple[dict[Case, str], bool]:
    """Measure what is missing: (why cases ended early, were all tried)."""
    begin, lock, there = time.monotonic(), threading.Lock(), read_rows(args.rows)
    deadline = begin + 60 * args.minutes
    plan = {'tokens_out': args.tokens_out, 'serve_tokens_out': min(SERVE_TOKENS_OUT, args.tokens_out)}
    origin = row_origin(args.commit) | {'gpus_of_the_host': len(args.gpus)}
    waiting = [
        (case, todo) for case in wanted if (todo := [at for at in todo_of(case, args) if (case, at) not in there])
    ]
    processes, cards, ended = Processes(args.processes, SAFE), Cards(args.gpus), {}
    count, begun = len(waiting), 0
    print(f'{len(wanted)} cases, {count} of them with something to measure', flush=True)

    def say(text: str) -> None:
        print(f'[{time.monotonic() - begin:4.0f} s] {text}', flush=True)

    def make(model: str) -> Path:
        path = make_checkpoint(model, folder / model, processes)
        say(f'{model}: weights are there')
        return path

    def measure(case: Case, todo: list, mine: list[int], path: Path) -> None:
        def keep(row: dict) -> None:
            row = dataclasses.asdict(case) | row | origin
            with lock:
                with open(args.rows, 'a', encoding='utf-8') as file:
                    file.write(json.dumps(row) + '\n')
                say(line_of(row))

        try:
            why = processes.measure(
                measure_case,
                (case, str(path), mine, todo, plan),
                keep=keep,
                timeout_s=TIMEOUT_S,
                deadline=deadline,
                environment={'CUDA_VISIBLE_DEVICES': ','.join(map(str, mine))},
            )
        except (OSError, RuntimeError) as error:
            why = f'{type(error).__name__}: {error}'
        finally:
            cards.give_back(mine)
        if why:
            with lock:
                ended[case] = why
                say(f'{case.name} ended early: {why}')

    with ThreadPoolExecutor(2) as making, ThreadPoolExecutor(len(args.gpus)) as measuring:
        paths = {model: making.submit(make, model) for model in dict.fromkeys(case.model for case, _ in waiting)}
        running = []
        for case, todo in waiting:
            try:
                path = paths[case.model].result()
            except (OSError, RuntimeError) as error:
                ended[case] = f'{type(error).__name__}: {error}'
                say(f'{case.name}: {ended[case]}')
                begun += 1
                continue
            mine = cards.take(case.gpus, deadline) if time.monotonic() < deadline else None
            if mine is None:
                break
            begun += 1
            say(f'({begun}/{count}) on {mine}: {case.name}')
            running.append(measuring.submit(measure, case, todo, mine, path))
        for future in running:
            future.result()
    over = begun < count or any(why.startswith('the minutes are over') for why in ended.values())
    if over:
        say(f'{args.minutes:g} minutes are over; {count - begun} cases were not begun: the same call goes on with them')
    return ended, not over


def save(rows: list[dict], ended: dict[Case, str], args) -> None:
    """Write the record."""
    data = {
        'tokens_out': args.tokens_out,
        'serve_tokens_out': min(SERVE_TOKENS_OUT, args.tokens_out),
        'dtype': 'bfloat16',
        'communicator': COMMUNICATOR,
        'environment': SAFE,
        **SIZES,
        'models': {model: TITLES[model] for model in dict.fromkeys(row['model'] for row in rows)},
        'offline': [row for row in rows if row['kind'] == 'offline'],
        'serve': [row for row in rows if row['kind'] == 'serve'],
        'ended_early': [dataclasses.asdict(case) | {'why': why.splitlines()[0]} for case, why in ended.items()],
        **earlier_of(args.save),
    }
    model = ', '.join(data['models'].values())
    record = new_record('scaling', model=model, weights='random', data=data, commit=args.commit)
    print('written:', save_record(record, args.save), flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--save', help='name of the record to write, such as h200/scaling')
    parser.add_argument('--commit', help="the course's commit, where git is not at hand")
    parser.add_argument('--models', nargs='+', choices=MODELS, help='default: 7b 20b 1_8b; tiny: to try it on a CPU')
    parser.add_argument('--kinds', nargs='+', choices=('offline', 'serve'))
    parser.add_argument('--what', nargs='+', choices=sorted({case.what for case in cases()}))
    parser.add_argument('--batches', nargs='+', type=int, default=BATCHES)
    parser.add_argument('--clients', nargs='+', type=int, default=CLIENTS)
    parser.add_argument('--tokens-out', type=int, default=TOKENS_OUT)
    parser.add_argument('--gpus', nargs='+', type=int, help='cards, as nvidia-smi counts them; default: all')
    parser.add_argument('--minutes', type=float, default=60, help='end after this, with what there is')
    parser.add_argument('--rows', type=Path, default=ROOT / 'build' / 'scaling.jsonl', help='where each row is kept')
    parser.add_argument('--checkpoints', type=Path, help='where random weights are made (60 GB); default: goes again')
    parser.add_argument('--processes', choices=('forkserver', 'spawn'), default='forkserver', help='spawn: all anew')
    parser.add_argument('--list', action='store_true', help='only print the cases')
    args = parser.parse_args()
    if args.save:
        args.commit = require_savable(args.save, args.commit)
    import torch

    args.gpus = args.gpus or list(range(torch.cuda.device_count() or 1))
    wanted = chosen(args)
    if args.list:
        print(*(f'{case.name}: {todo_of(case, args)}' for case in wanted), sep='\n')
        return 0
    if not torch.cuda.is_available() and set(args.models or ['']) != {'tiny'}:
        parser.error('this measures GPUs, and torch finds none; with --models tiny it runs on a CPU')
    for folder in (args.rows.parent, *filter(None, [args.checkpoints])):
        folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        ended, complete = measure_all(wanted, args, args.checkpoints or Path(scratch))
    there = read_rows(args.rows)
    wanted.sort(key=lambda case: (list(MODELS).index(case.model), case.kind, case.what, case.gpus))
    rows = [there[case, at] for case in wanted for at in sorted(todo_of(case, args)) if (case, at) in there]
    if args.save and rows:
        save(rows, ended, args)
        if complete and not ended:
            args.rows.unlink()  # the next call measures anew
    return 0 if complete else 1


if __name__ == '__main__':
    sys.exit(main())
