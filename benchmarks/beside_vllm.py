"""LMDeploy's two engines beside vLLM, on one machine with one harness: offline, and through each one's own server.

    python -m benchmarks.beside_vllm --vllm-python /path/to/python --save h200/beside_vllm [--minutes 8] [--models 1_8b]

`--vllm-python` is a Python that has vLLM; it never shares a process with LMDeploy.  Random weights in the exact
geometries of InternLM2-Chat-1.8B and 7B, laid out as Llama, W4A16 as `lite auto_awq` lays it out: all engines read the
same files.  Offline all get the same random tokens, 61 or 1024 of each request, and write exactly 256, greedily; the
servers get chats of 61 or 1024 tokens, each another one, from 1 to 256 clients at once.

`tuned` gives all the same room (texts of at most 4096 tokens, 256 at once) and each engine what its documentation
advises; `defaults` is each engine as it starts by itself.  An engine is started anew for each of three turns, in which
all engines follow one another; the record has every turn, its medians and spreads are computed from them.  Each row is
a line of `--rows` as soon as it is measured: broken off, the next call goes on with the rest.
"""

import dataclasses
import json
import os
import random
import string
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.campaign import Campaign, campaign_line
from benchmarks.gpu import read_memory, settled_bytes
from benchmarks.models import MODELS, TITLES
from benchmarks.random_checkpoint import random_checkpoint
from benchmarks.saving import row_origin
from benchmarks.vllm_server import VllmServer, vllm_environment
from benchmarks.vllm_worker import ROW, measure_batches
from helpers.memory import MIB

ENGINES = {'turbomind': 'TurboMind', 'pytorch': 'PyTorch engine', 'vllm': 'vLLM'}  # as a plot names them
TOKENS_IN, TOKENS_OUT, TURNS = (61, 1024), 256, (1, 2, 3)
BATCHES = (8, 128, 1, 32, 256)  # of requests offline, and of clients of a server; the most telling first
REPEATS, REPEAT_BELOW_S = 1, 1.5  # the turns are the repeats; what is over sooner is measured twice in each
LEAST_ANSWERS = 8  # of one measurement of a server, and two from each client
LMDEPLOY_SIZES = {'session_len': 4096, 'max_batch_size': 256, 'cache_max_entry_count': 0.8}
# docs.vllm.ai, Optimization and Tuning: many batched tokens for throughput.  No prompt comes twice: no prefix cache,
# as LMDeploy has none unless it is asked for.
VLLM_SIZES = {
    'max_model_len': 4096,
    'max_num_seqs': 256,
    'gpu_memory_utilization': 0.8,
    'max_num_batched_tokens': 16384,
    'enable_prefix_caching': False,
}
LMDEPLOY_NUMBERS = {'bf16': {}, 'w4a16': {}, 'kv_int8': {'quant_policy': 8}, 'kv_fp8': {'quant_policy': 16}}
VLLM_NUMBERS = {
    'bf16': {},
    'w4a16': {},
    'kv_int8': {'kv_cache_dtype': 'int8_per_token_head'},
    'kv_fp8': {'kv_cache_dtype': 'fp8'},
}
TIMEOUT_S = 300


@dataclasses.dataclass(frozen=True)
class Case:
    """An engine with a model, started once."""

    model: str
    engine: str
    kind: str = 'offline'  # or 'server'
    numbers: str = 'bf16'
    settings: str = 'tuned'  # or 'defaults'
    turn: int = 1

    @property
    def name(self) -> str:
        return f'{self.model} {self.engine} {self.kind} {self.numbers} {self.settings}, turn {self.turn}'


def cases() -> list[Case]:
    """All, the most telling first; in every turn the engines stand in another order."""
    groups = [
        ('1_8b', 'bf16', 'tuned', 'offline'), ('1_8b', 'bf16', 'tuned', 'server'),
        ('7b', 'bf16', 'tuned', 'offline'), ('1_8b', 'w4a16', 'tuned', 'offline'),
        ('7b', 'w4a16', 'tuned', 'offline'), ('7b', 'bf16', 'tuned', 'server'),
        ('1_8b', 'bf16', 'defaults', 'server'), ('1_8b', 'bf16', 'defaults', 'offline'),
        ('1_8b', 'kv_int8', 'tuned', 'offline'), ('1_8b', 'kv_fp8', 'tuned', 'offline'),
        ('tiny', 'bf16', 'tuned', 'offline'), ('tiny', 'bf16', 'tuned', 'server'),
    ]  # fmt: skip
    names = list(ENGINES)
    return [
        Case(model, engine, kind, numbers, settings, turn)
        for model, numbers, settings, kind in groups
        for turn in TURNS
        for engine in names[(turn - 1) % len(names) :] + names[: (turn - 1) % len(names)]
        if (engine, numbers) != ('turbomind', 'kv_fp8')  # which TurboMind does not have
    ]


def arguments_of(case: Case, cuda: bool = True) -> dict:
    """The engine's own arguments, as its pipeline and its server name them."""
    if case.engine == 'vllm':
        return (VLLM_SIZES if case.settings == 'tuned' else {}) | VLLM_NUMBERS[case.numbers]
    sizes = LMDEPLOY_SIZES if case.settings == 'tuned' else {}
    if not cuda:
        sizes = sizes | {'session_len': 2048, 'cache_max_entry_count': 0.05}
    return sizes | LMDEPLOY_NUMBERS[case.numbers]


def chats(tokenizer, tokens: int, count: int, seed: str) -> list[str]:
    """`count` different questions, each of exactly `tokens` tokens with its chat template.

    Raises:
        ValueError: the template alone is longer, or the tokenizer has too few words of one token.
    """

    def length(text: str) -> int:
        chat = [{'role': 'user', 'content': text}]
        return len(tokenizer.apply_chat_template(chat, add_generation_prompt=True, return_dict=True)['input_ids'])

    words = [f' {letter}' for letter in string.ascii_lowercase]
    empty = length('x')
    words = [word for word in words if length('x' + word) == empty + 1]
    numbers, found = random.Random(f'{seed} {tokens}'), []
    while len(found) < count:
        if tokens < empty or not words:
            raise ValueError(f'no question of exactly {tokens} tokens with this tokenizer and its template')
        text = 'x' + ''.join(numbers.choices(words, k=tokens - empty))
        if length(text) != tokens:
            raise ValueError(f'a question that should have {tokens} tokens has {length(text)}')
        found.append(text)
    return found


# -------------------------------------------------------------------------------- in the process of one case


def measure_lmdeploy(case: Case, folder: str, todo: list, plan: dict, report) -> None:
    """A row for each (input tokens, batch): LMDeploy's engine in this process."""
    import lmdeploy
    import torch

    from lessons.speed import LMDeployEngine

    before, begin = settled_bytes(), time.perf_counter()
    engine = LMDeployEngine(folder, engine=case.engine, **arguments_of(case, torch.cuda.is_available()))
    more = {'load_s': round(time.perf_counter() - begin, 2), 'version': lmdeploy.__version__}

    def report_all(**row) -> None:
        report(**row, **more, used_mib=round((read_memory().used_bytes - before) / MIB))

    measure_batches(engine, todo, plan, report_all)


def measure_vllm(case: Case, folder: str, todo: list, plan: dict, report) -> None:
    """A row for each (input tokens, batch): vLLM's engine in a process of its own Python."""
    before = settled_bytes()
    python = plan['vllm_python']
    plan = plan | {'todo': todo}
    command = [python, '-m', 'benchmarks.vllm_worker', folder, json.dumps(arguments_of(case)), json.dumps(plan)]
    environment = vllm_environment(python)
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as worker:
        for line in worker.stdout:
            print(line, end='', flush=True)
            if line.startswith(ROW):
                used_mib = round((read_memory().used_bytes - before) / MIB)
                report(**json.loads(line.removeprefix(ROW)), used_mib=used_mib)
    if worker.returncode:
        raise RuntimeError(f"vLLM's process ended with {worker.returncode}")


def start_server(case: Case, folder: str, plan: dict):
    """The engine's own server, with nothing of the course's guard before it."""
    import torch

    from lessons.serving import api_server

    if case.engine == 'vllm':
        log = Path(tempfile.gettempdir(), f'vllm-{os.getpid()}.log')
        return VllmServer(plan['vllm_python'], folder, log, **arguments_of(case))
    arguments = arguments_of(case, torch.cuda.is_available())
    return api_server(folder, backend=case.engine, log_level='ERROR', timeout_s=240, guard=False, **arguments)


def measure_server(case: Case, folder: str, todo: list, plan: dict, report) -> None:
    """A row for each (input tokens, clients), after answers that do not count; no question is asked twice."""
    from transformers import AutoTokenizer

    from helpers import device_memory
    from lessons.serving import measure_clients

    tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=False, local_files_only=True)
    device_memory()  # its CUDA context is this process's, not the server's; starting a server would make it
    before, begin = settled_bytes(), time.perf_counter()
    with start_server(case, folder, plan) as server:
        more = {'load_s': round(time.perf_counter() - begin, 2)}
        more |= server.sizes() if case.engine == 'vllm' else {}
        for tokens_in, clients in todo:
            each = max(2, LEAST_ANSWERS // clients)
            texts = chats(tokenizer, tokens_in, clients * (1 + each), f'{case.turn} {clients}')
            load = {'clients': clients, 'output_tokens': plan['tokens_out'], 'progress': False}
            measure_clients(server.client, prompts=texts[:clients], **load)
            measured = measure_clients(server.client, prompts=texts[clients:], requests_per_client=each, **load)
            row = measured.row()
            if measured.errors:
                raise RuntimeError(f'{len(measured.errors)} requests failed; the first: {measured.errors[0]}')
            if row['input_tokens'] != tokens_in * measured.requests:
                raise RuntimeError(
                    f'the server counted {row["input_tokens"]} input tokens in {measured.requests} requests, '
                    f'not {tokens_in} in each'
                )
            used_mib = round((read_memory().used_bytes - before) / MIB)
            report(tokens_in=tokens_in, **row, **more, used_mib=used_mib)


def measure_case(case: Case, folder: str, todo: list, plan: dict, report) -> None:
    """`report(**row)` for each of `todo`."""
    plan = plan | {'turn': case.turn}
    if case.kind == 'server':
        measure_server(case, folder, todo, plan, report)
    else:
        (measure_vllm if case.engine == 'vllm' else measure_lmdeploy)(case, folder, todo, plan, report)


def make_checkpoint(model: str, awq: bool, folder: str) -> None:
    """In a process of its own: drawing the numbers on the GPU leaves a CUDA context behind."""
    random_checkpoint(MODELS[model], folder, packed=False, awq=awq)


# ------------------------------------------------------------------------------------------- in the parent


def line_of(row: dict) -> str:
    """One line for the eye."""
    at = f'batch {row["batch"]:>4}' if 'batch' in row else f'{row["clients"]:>4} clients'
    text = f'{row["model"]:<5}{row["engine"]:<10}{row["numbers"]:<8}{row["settings"]:<9}{row["tokens_in"]:>5} in {at}: '
    text += f'{row["output_tokens_per_s"]:9.1f} tokens/s'
    ttft_s, tpot_s = (row[f'{key}_s'] if 'batch' in row else row[f'{key}_p50_s'] for key in ('ttft', 'tpot'))
    return text + f'  TTFT {1e3 * ttft_s:7.1f} ms  TPOT {1e3 * tpot_s:7.2f} ms  {row["used_mib"]} MiB'


class BesideVllm(Campaign):
    """What a case measures: (input tokens, batch or clients)."""

    topic = 'beside_vllm'
    timeout_s = TIMEOUT_S
    measure_case = staticmethod(measure_case)
    line_of = staticmethod(line_of)

    def __init__(self, args, cases: list[Case]):
        super().__init__(args, cases)
        self.plan = {
            'tokens_out': args.tokens_out,
            'repeats': REPEATS,
            'repeat_below_s': REPEAT_BELOW_S,
            'vllm_python': args.vllm_python,
        }
        self.origin = row_origin(args.commit)

    def cards(self) -> list[int]:
        return [0]

    def todo_of(self, case: Case) -> list:
        return [(tokens, at) for tokens in self.args.tokens_in for at in self.args.batches]

    def key_of(self, row: dict) -> tuple:
        names = [field.name for field in dataclasses.fields(Case)]
        return Case(**{name: row[name] for name in names}), (row['tokens_in'], row.get('batch', row.get('clients')))

    def checkpoint_of(self, case: Case) -> str:
        return f'{case.model}-{"awq" if case.numbers == "w4a16" else "bf16"}'

    def make_checkpoint(self, case: Case, folder: Path, cards: list[int]) -> None:
        self.processes.call(make_checkpoint, case.model, case.numbers == 'w4a16', str(folder))

    def record_of(self, rows: list[dict]) -> tuple[str, dict]:
        models = {model: TITLES[model] for model in dict.fromkeys(row['model'] for row in rows)}
        used = {(row['engine'], row['numbers'], row['settings']): row for row in rows}
        commands = [
            {'engine': engine, 'numbers': numbers, 'settings': settings}
            | {'arguments': arguments_of(Case('', engine, '', numbers, settings))}
            for engine, numbers, settings in used
        ]
        return ' and '.join(models.values()), {
            'tokens_out': self.args.tokens_out,
            'engines': ENGINES,
            'models': models,
            'arguments': commands,
            'rows': [row for row in rows if 'batch' in row],
            'served': [row for row in rows if 'clients' in row],
            'ended_early': self.ended_early(),
        }


def chosen(args) -> list[Case]:
    """The cases that the filters leave; the tiny model only by its name."""
    wanted = {'model': args.models or ['1_8b', '7b'], 'engine': args.engines, 'kind': args.kinds}
    wanted |= {'numbers': args.numbers, 'settings': args.settings, 'turn': args.turns}
    found = [
        case for case in cases() if all(not those or getattr(case, name) in those for name, those in wanted.items())
    ]
    return [case for case in found if args.vllm_python or case.engine != 'vllm']


def command_line():
    parser = campaign_line(__doc__, 'h200/beside_vllm', minutes=8)
    parser.add_argument('--vllm-python', help='a Python that has vLLM; without it LMDeploy is measured alone')
    parser.add_argument('--models', nargs='+', choices=('1_8b', '7b', 'tiny'), help='default: 1_8b 7b; tiny: on a CPU')
    parser.add_argument('--engines', nargs='+', choices=ENGINES)
    parser.add_argument('--kinds', nargs='+', choices=('offline', 'server'))
    parser.add_argument('--numbers', nargs='+', choices=LMDEPLOY_NUMBERS)
    parser.add_argument('--settings', nargs='+', choices=('tuned', 'defaults'))
    parser.add_argument('--turns', nargs='+', type=int, choices=TURNS)
    parser.add_argument('--tokens-in', nargs='+', type=int, default=TOKENS_IN)
    parser.add_argument('--batches', nargs='+', type=int, default=BATCHES, help='of requests, and of clients')
    parser.add_argument('--tokens-out', type=int, default=TOKENS_OUT)
    return parser


def main() -> int:
    parser = command_line()
    args = parser.parse_args()
    campaign = BesideVllm(args, chosen(args))
    if args.list:
        return campaign.show()
    import torch

    if not torch.cuda.is_available() and set(args.models or ['']) != {'tiny'}:
        parser.error('this measures a GPU, and torch finds none; with --models tiny it runs on a CPU')
    return campaign.main()


if __name__ == '__main__':
    sys.exit(main())
