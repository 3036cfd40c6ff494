"""What an engine takes of a GPU's memory, beside what `helpers.kv_cache` predicts for it; kept as a record.

    python benchmarks/kv_cache_matrix.py --save h200/kv_cache [--plan explore] [--models 1_8b] [--minutes 10] ...

Random weights in the exact geometries of InternLM2-Chat-1.8B and 7B and of Qwen3-1.7B, bf16 and W4A16; and of Qwen3-4B,
which no constant of `helpers.kv_cache` was fitted to.  Every engine
starts in a process of its own; the process reads the memory before and after, and TurboMind's own log says how much
was free, how large the cache is and how it is cut.  An engine that does not start in time is stopped and recorded as
a hang.  Some are filled with requests until one has to wait.  Some start beside a ballast that leaves only 8182 MiB of
the card free, as on a 10 % slice of an A100.

Each start is a line of `--rows` as soon as it is measured: broken off, the next call goes on with the rest.
"""

import argparse
import dataclasses
import itertools
import json
import multiprocessing
import os
import re
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from card import MIB, SLICE_MIB, Ballast, card_memory
from helpers.geometry import GEOMETRIES
from helpers.kv_cache import PAGE_BYTES, predict_memory
from helpers.records import new_record, require_savable, save_record

ROOT = Path(__file__).resolve().parent.parent
MODELS = {'1_8b': 'internlm2-chat-1_8b', '7b': 'internlm2-chat-7b', 'qwen': 'qwen3-1.7b', 'qwen4b': 'qwen3-4b'}
MATRIX = ('1_8b', '7b', 'qwen')
HANGS_AFTER = 300  # lines `out of memory at …` before the engine has started
CONTEXT, STARTED, SERVED, FILLED = 'context', 'started', 'served', 'filled'


@dataclasses.dataclass(frozen=True)
class Case:
    """One start of an engine."""

    model: str
    weights: str = 'bf16'  # 'bf16' | 'awq'
    quant_policy: int = 0
    ratio: float = 0.8
    max_batch_size: int | None = 128  # None: LMDeploy's default for the device
    session_len: int | None = None  # None: the model's
    prefill: int | None = None  # max_prefill_token_num; None: LMDeploy's default
    slice_mib: int | None = None  # what a ballast leaves of the card
    fill: bool = False
    engine: str = 'turbomind'

    @property
    def key(self) -> str:
        """What tells this start from others; fields that have their default are left out."""
        default = Case(self.model)
        return json.dumps(
            {k: v for k, v in dataclasses.asdict(self).items() if v != getattr(default, k) or k == 'model'}
        )


def cases(plan: str) -> list[Case]:
    """The starts of a plan, the most informative first."""
    explore = [
        Case('1_8b'),
        Case('1_8b', weights='awq'),
        Case('1_8b', max_batch_size=None),
        Case('1_8b', max_batch_size=384, slice_mib=SLICE_MIB),
        # where does it begin to hang?
        *(Case('1_8b', ratio=r, max_batch_size=384, slice_mib=SLICE_MIB) for r in (0.01, 0.05, 0.2, 0.25, 0.3)),
        Case('1_8b', ratio=0.01, fill=True),
        Case('qwen'),
        Case('qwen', weights='awq'),
        Case('7b'),
        Case('7b', weights='awq'),
        Case('1_8b', session_len=4096),
        Case('1_8b', quant_policy=8, ratio=0.01, fill=True),
        Case('1_8b', quant_policy=4, ratio=0.01, fill=True),
        Case('7b', ratio=0.01, fill=True),
        Case('7b', quant_policy=8),
        Case('7b', max_batch_size=None, quant_policy=4),
        Case('qwen', max_batch_size=None, ratio=0.2),
        Case('qwen', quant_policy=4, ratio=0.01, fill=True),
        Case('1_8b', weights='awq', max_batch_size=None, ratio=0.4),
        Case('1_8b', weights='awq', ratio=0.4, max_batch_size=384, slice_mib=SLICE_MIB),
        Case('1_8b', weights='awq', ratio=0.01, max_batch_size=384, slice_mib=SLICE_MIB),
        Case('1_8b', engine='pytorch'),
        Case('1_8b', engine='pytorch', ratio=0.2, max_batch_size=None),
        Case('qwen', engine='pytorch', ratio=0.2),
    ]
    if plan == 'explore':
        return explore
    edges = [  # where it just hangs, and just starts: it must hold 8576 tokens, or 4096, or 896
        *(Case('1_8b', ratio=r, max_batch_size=384, slice_mib=SLICE_MIB) for r in (0.24, 0.25)),
        *(Case('1_8b', ratio=r, max_batch_size=384, session_len=4096, slice_mib=SLICE_MIB) for r in (0.14, 0.15)),
        *(Case('1_8b', ratio=r, max_batch_size=384, prefill=512, slice_mib=SLICE_MIB) for r in (0.03, 0.04)),
    ]
    others = [
        *(Case('qwen4b', weights, ratio=0.4, max_batch_size=b) for weights in ('bf16', 'awq') for b in (128, None)),
        Case('qwen4b', engine='pytorch', ratio=0.4),
        Case('7b', engine='pytorch', ratio=0.4),
        Case('1_8b', 'awq', engine='pytorch', ratio=0.4),
    ]
    ratios, policies = (0.01, 0.8, 0.2, 0.5, 0.4), (0, 8, 4)
    matrix = [
        Case(model, weights, policy, ratio, batch, fill=ratio == 0.01 and batch == 128 and weights == 'bf16')
        for ratio, batch, policy, weights, model in itertools.product(
            ratios, (128, None), policies, ('bf16', 'awq'), MATRIX
        )
    ]
    slices = [
        Case('1_8b', weights, policy, ratio, 384, slice_mib=SLICE_MIB)
        for ratio, policy, weights in itertools.product((0.8, 0.4, 0.01, 0.5, 0.2), policies, ('bf16', 'awq'))
    ]
    return list(dict.fromkeys([*explore, *edges, *others, *slices, *matrix]))


# -------------------------------------------------------------------------- in the process of one engine


def read_memory(gpu: int) -> dict:
    """Bytes of the whole card by NVML, and, once CUDA runs in this process, what is free for it."""
    import torch

    reading = {'card_used_bytes': card_memory(gpu).used_bytes}
    if torch.cuda.is_initialized():
        torch.cuda.synchronize()
        reading['free_bytes'], reading['total_bytes'] = torch.cuda.mem_get_info()
    return reading


def start(case: Case, folder: str, gpu: int, log: str, out: str) -> None:
    """Start one engine, read the memory at each stage, append each stage to the file `out`, end."""
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    # Once when the cache is made; when it is to be filled, after every step.
    os.environ['CUDA_VISIBLE_DEVICES'] = str(gpu)
    os.environ['TM_CACHE_LOG_INTERVAL'] = '1' if case.fill else '1000000000'
    begin = time.monotonic()

    def report(stage: str, **figures) -> None:
        row = {'stage': stage, 'time_s': round(time.monotonic() - begin, 2), **figures}
        with open(out, 'a', encoding='utf-8') as file:
            file.write(json.dumps(row) + '\n')

    try:
        report('before', **read_memory(gpu))
        import torch

        torch.cuda.mem_get_info()
        report(CONTEXT, **read_memory(gpu))
        from lmdeploy import PytorchEngineConfig, TurbomindEngineConfig, pipeline
        from lmdeploy.utils import get_max_batch_size

        config = (TurbomindEngineConfig if case.engine == 'turbomind' else PytorchEngineConfig)(
            cache_max_entry_count=case.ratio,
            quant_policy=case.quant_policy,
            session_len=case.session_len,
            **({'max_batch_size': case.max_batch_size} if case.max_batch_size else {}),
        )
        pipe = pipeline(folder, backend_config=config, log_level='INFO')
        engine = pipe.async_engine.engine
        figures = {'max_batch_size': case.max_batch_size or get_max_batch_size('cuda')}
        figures['session_len'] = pipe.async_engine.session_len
        if case.engine == 'pytorch':
            figures['num_blocks'] = engine.cache_config.num_gpu_blocks
        report(STARTED, **read_memory(gpu), **figures)
        generate(pipe, batch=1, tokens_in=64, tokens_out=16)
        report(SERVED, **read_memory(gpu))
        if case.fill:
            tokens = parse_log(Path(log).read_text(errors='replace'))['num_blocks'] * 64
            length = tokens // 12
            waited = generate(pipe, batch=20, tokens_in=length, tokens_out=64)
            report(FILLED, **read_memory(gpu), prompt_tokens=length, **waited)
    except BaseException as error:
        report('failed', error=f'{type(error).__name__}: {error}'[-2000:])
    finally:
        os._exit(0)  # an engine that is stuck would not let the process end


def generate(pipe, batch: int, tokens_in: int, tokens_out: int) -> dict:
    """`batch` equal prompts at once; how many tokens came out."""
    from lmdeploy import GenerationConfig

    tokenizer = pipe.async_engine.tokenizer
    text = ' a' * tokens_in
    while len(tokenizer.encode(text)) > tokens_in:
        text = text[: int(len(text) * tokens_in / len(tokenizer.encode(text))) // 2 * 2]
    fixed = GenerationConfig(max_new_tokens=tokens_out, ignore_eos=True, do_sample=False)
    responses = pipe([text] * batch, gen_config=fixed, do_preprocess=False)
    return {
        'requests': batch,
        'input_tokens': sorted({r.input_token_len for r in responses}),
        'output_tokens': sorted({r.generate_token_len for r in responses}),
    }


def parse_log(text: str) -> dict:
    """The figures in TurboMind's log; blocks and slabs are those that its pages make."""
    figures = {}
    if found := re.search(r'Object cache budget: ([\d.]+) MB from free ([\d.]+) MB', text):
        figures |= {'budget_mib': float(found[1]), 'free_at_sizing_mib': float(found[2])}
    if found := re.search(r'slab_size (\d+), object_size (\d+), object_count (\d+)', text):
        figures |= dict(zip(('slab_bytes', 'block_bytes', 'blocks_per_slab'), map(int, found.groups()), strict=True))
    if found := re.search(r'pages \d+/(\d+) used', text):
        figures['num_pages'] = int(found[1])
        if 'slab_bytes' in figures:
            slabs = figures['num_pages'] // (figures['slab_bytes'] // PAGE_BYTES)
            figures |= {'num_slabs': slabs, 'num_blocks': slabs * figures['blocks_per_slab']}
    if found := re.search(r'Warm-up lengths: ([\d, ]+)', text):
        figures['longest_warm_up'] = max(map(int, found[1].split(',')))
    used = [tuple(map(int, pair)) for pair in re.findall(r'obj (\d+)/(\d+) used', text)]
    if used:
        figures |= {'most_blocks_used': max(u for u, _ in used), 'most_blocks_made': max(m for _, m in used)}
    steps = [tuple(map(int, step)) for step in re.findall(r'eligible: (\d+), active: (\d+)', text)]
    if steps:
        figures['most_requests_waiting'] = max(eligible - active for eligible, active in steps)
    figures['out_of_memory_lines'] = text.count('out of memory at')
    return figures


# ------------------------------------------------------------------------------------------- in the parent


def measure(case: Case, folder: Path, gpu: int, context, timeout_s: float) -> dict:
    """Start one engine in a process of its own; its row."""
    with tempfile.TemporaryDirectory() as scratch:
        log, out = Path(scratch, 'log'), Path(scratch, 'out')
        log.touch()
        out.touch()
        process = context.Process(target=start, args=(case, str(folder), gpu, str(log), str(out)))
        process.start()
        deadline, hang = time.monotonic() + timeout_s, False
        while process.is_alive() and not hang:
            process.join(0.3)
            started = f'"{STARTED}"' in out.read_text()
            if not started and log.stat().st_size > 20_000:
                hang = log.read_text(errors='replace').count('out of memory at') > HANGS_AFTER
            hang = hang or time.monotonic() > deadline
        if hang:
            process.kill()
        process.join()
        stages = {row['stage']: row for row in map(json.loads, out.read_text().splitlines())}
        text = log.read_text(errors='replace')
    outcome = 'hang' if hang and STARTED not in stages else 'failed' if hang or 'failed' in stages else 'started'
    if STARTED not in stages and not hang:
        outcome = 'failed'
    row = {**dataclasses.asdict(case), 'outcome': outcome, 'log': parse_log(text), 'stages': stages}
    if outcome == 'failed':
        row['log_tail'] = text[-3000:]
    return row


def figures_of(row: dict) -> dict:
    """A start as the record has it: what was asked for, and what was measured, in MiB or tokens.

    `arguments` are those of `helpers.predict_memory`, `free_bytes` among them.
    """
    stages, log = row['stages'], row['log']
    started, context = stages.get(STARTED, {}), stages.get(CONTEXT, {})
    geometry = GEOMETRIES[MODELS[row['model']]]
    arguments = {
        'model': MODELS[row['model']],
        'free_bytes': context.get('free_bytes'),
        'engine': row['engine'],
        'cache_max_entry_count': row['ratio'],
        'quant_policy': row['quant_policy'],
        'awq': row['weights'] == 'awq',
        'session_len': row['session_len'] or geometry.max_position_embeddings,
        'max_batch_size': row['max_batch_size'] or started.get('max_batch_size') or 1024,
    }
    if row.get('prefill'):
        arguments['max_prefill_token_num'] = row['prefill']
    figures = {'arguments': arguments, 'slice_mib': row['slice_mib'], 'outcome': row['outcome']}
    figures |= {
        name: log[name] for name in ('free_at_sizing_mib', 'budget_mib', 'slab_bytes', 'block_bytes') if name in log
    }
    blocks = log.get('num_blocks', started.get('num_blocks'))
    if blocks is not None:
        figures['tokens'] = blocks * 64
    if last := stages.get(SERVED) or started:
        before, ready = stages['before']['card_used_bytes'], context['card_used_bytes']
        figures['engine_mib'] = round((context['free_bytes'] - last['free_bytes']) / MIB, 1)
        figures['context_mib'] = round((ready - before) / MIB, 1)
        figures['start_s'] = round(started['time_s'] - context['time_s'], 1)
    if filled := stages.get(FILLED):
        figures['filled'] = {
            'requests': filled['requests'],
            'prompt_tokens': filled['prompt_tokens'],
            'most_blocks': log['most_blocks_used'],
            'most_requests_waiting': log['most_requests_waiting'],
            'engine_mib': round((context['free_bytes'] - filled['free_bytes']) / MIB, 1),
        }
    return figures


def line_of(row: dict) -> str:
    """One line for the eye: measured, and predicted in brackets."""
    figures = figures_of(row)
    batch, kv = row['max_batch_size'] or 'def', row['quant_policy'] or 16
    name = f'{row["engine"][:2]} {row["model"]:<7}{row["weights"]:<5}kv{kv:<3}r{row["ratio"]:<5}b{batch:<4}'
    name += f'{row["slice_mib"] or "card":>5} {row["outcome"]:<8}'
    if figures['arguments']['free_bytes'] is None:
        return name
    p = predict_memory(**figures['arguments'])
    if 'engine_mib' not in figures:
        return f'{name} (predicted: {"does not start" if p.problem else "starts"})'
    text = f'{name} tokens {figures.get("tokens")} ({p.tokens})'
    text += f'  engine {figures["engine_mib"]:.0f} MiB ({p.engine_bytes / MIB:.0f})'
    if 'free_at_sizing_mib' in figures:
        text += f'  free at sizing {figures["free_at_sizing_mib"]:.0f} ({p.free_at_sizing_bytes / MIB:.0f})'
    if filled := figures.get('filled'):
        text += f'  filled {filled["most_blocks"]} blocks, {filled["most_requests_waiting"]} waiting'
    return text


def make_checkpoint(model: str, weights: str, folder: str, gpu: int) -> None:
    """In a process of its own: drawing the numbers on the GPU leaves a CUDA context behind."""
    os.environ['CUDA_VISIBLE_DEVICES'] = str(gpu)
    from helpers import random_checkpoint

    random_checkpoint(MODELS[model], folder, packed=weights == 'bf16', awq=weights == 'awq')


class Gpu:
    """One card, on which engines start one after the other, beside a ballast or without."""

    def __init__(self, index: int, args, folder: Path):
        self.index, self.args, self.folder = index, args, folder
        self.context = process_context(args.processes)
        self.ballast = None
        self.empty_bytes = self.before_bytes = card_memory(index).used_bytes

    def measure(self, case: Case) -> dict:
        weights = self.checkpoint(case)
        if self.ballast and not case.slice_mib:
            self.end_ballast()
        self.wait_until_free()
        if case.slice_mib and not self.ballast:
            self.start_ballast(case.slice_mib)
        row = measure(case, weights, self.index, self.context, self.args.timeout)
        if 'forked subprocess' in json.dumps(row['stages'].get('failed', '')):  # something used CUDA on import
            self.context = process_context('spawn')
            row = measure(case, weights, self.index, self.context, self.args.timeout)
        return row

    def checkpoint(self, case: Case) -> Path:
        """The folder of a case's random weights, made if it is not there."""
        folder = self.folder / f'{MODELS[case.model]}-{case.weights}'
        if not folder.exists():
            process = self.context.Process(
                target=make_checkpoint, args=(case.model, case.weights, str(folder), self.index)
            )
            process.start()
            process.join()
            if not folder.exists():
                raise RuntimeError(f'{folder} could not be made')
        return folder

    def start_ballast(self, mib: int) -> None:
        self.ballast = Ballast(mib, self.index)
        self.before_bytes = card_memory(self.index).used_bytes

    def end_ballast(self) -> None:
        if self.ballast:
            self.ballast.close()
            self.ballast, self.before_bytes = None, self.empty_bytes

    def wait_until_free(self, timeout_s: float = 30) -> None:
        """Until the card is as empty as before: a process that has ended gives its memory back in its own time."""
        deadline = time.monotonic() + timeout_s
        while card_memory(self.index).used_bytes > self.before_bytes + 16 * MIB:
            if time.monotonic() > deadline:
                raise RuntimeError(f'somebody else uses GPU {self.index}: the measurement would be of both')
            time.sleep(0.1)


def chosen(args) -> list[Case]:
    """The plan's cases that the filters leave."""

    def wanted(case: Case) -> bool:
        filters = (
            (args.models, case.model),
            (args.weights, case.weights),
            (args.ratios, case.ratio),
            (args.kv, case.quant_policy),
            (args.batches, case.max_batch_size or 0),
            (args.engines, case.engine),
            (args.slices, case.slice_mib or 0),
        )
        return all(allowed is None or value in allowed for allowed, value in filters)

    return [case for case in cases(args.plan) if wanted(case)]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--plan', choices=('explore', 'full'), default='full')
    parser.add_argument('--models', nargs='+', choices=MODELS)
    parser.add_argument('--weights', nargs='+', choices=('bf16', 'awq'))
    parser.add_argument('--ratios', nargs='+', type=float)
    parser.add_argument('--kv', nargs='+', type=int, choices=(0, 8, 4))
    parser.add_argument('--batches', nargs='+', type=int, help="max_batch_size; 0: LMDeploy's default")
    parser.add_argument('--slices', nargs='+', type=int, help='0: the whole card; 8182: beside a ballast')
    parser.add_argument('--engines', nargs='+', choices=('turbomind', 'pytorch'))
    parser.add_argument('--gpus', nargs='+', type=int, default=[0], help='cards, as nvidia-smi counts them; at once')
    parser.add_argument('--minutes', type=float, default=60, help='start no engine after this')
    parser.add_argument('--timeout', type=float, default=90, help='seconds that one engine may take')
    parser.add_argument('--rows', type=Path, default=ROOT / 'build' / 'kv_cache.jsonl', help='where each start is kept')
    parser.add_argument('--checkpoints', type=Path, help='where random weights are kept; default: a folder that goes')
    parser.add_argument('--processes', choices=('forkserver', 'spawn'), default='forkserver', help='spawn: all anew')
    parser.add_argument('--list', action='store_true', help='only print the starts that would be measured')
    parser.add_argument('--save', help='name of the record to write, such as h200/kv_cache')
    parser.add_argument('--commit', help="the course's commit, where git is not at hand")
    args = parser.parse_args()
    if args.save:
        args.commit = require_savable(args.save, args.commit)
    wanted = chosen(args)
    args.rows.parent.mkdir(parents=True, exist_ok=True)
    there = read_rows(args.rows)
    todo = [case for case in wanted if case.key not in there]
    print(f'{len(wanted)} starts, {len(todo)} of them to measure', flush=True)
    if args.list:
        print(*(case.key for case in todo), sep='\n')
        return 0
    with tempfile.TemporaryDirectory() as scratch:
        measure_all(todo, args, args.checkpoints or Path(scratch))
    there = read_rows(args.rows)
    rows = [there[case.key] for case in wanted if case.key in there]
    if args.save and rows:
        save(rows, args.save, args.commit)
        if len(rows) == len(wanted):
            args.rows.unlink()  # the next call measures anew
    return 0 if len(rows) == len(wanted) else 1


def read_rows(path: Path) -> dict[str, dict]:
    """The starts that were measured before, by their keys."""
    fields = {field.name for field in dataclasses.fields(Case)}
    lines = path.read_text().splitlines() if path.exists() else []
    rows = [json.loads(line) for line in lines]
    return {Case(**{k: v for k, v in row.items() if k in fields}).key: row for row in rows}


def measure_all(todo: list[Case], args, folder: Path) -> None:
    """Measure and keep each start, on every GPU of `--gpus` at the same time."""
    begin, lock, waiting = time.monotonic(), threading.Lock(), list(enumerate(todo, start=1))

    def work(index: int) -> None:
        gpu = Gpu(index, args, folder)
        try:
            while time.monotonic() - begin < 60 * args.minutes:
                with lock:
                    if not waiting:
                        return
                    number, case = waiting.pop(0)
                row = gpu.measure(case)
                with lock:
                    with open(args.rows, 'a', encoding='utf-8') as file:
                        file.write(json.dumps(row) + '\n')
                    elapsed = time.monotonic() - begin
                    print(f'[{number}/{len(todo)} {elapsed:4.0f} s] {line_of(row)}', flush=True)
        finally:
            gpu.end_ballast()

    with ThreadPoolExecutor(len(args.gpus)) as pool:
        for future in [pool.submit(work, index) for index in args.gpus]:
            future.result()
    if waiting:
        print(f'{args.minutes:g} minutes are over; {len(waiting)} starts are left', flush=True)


def process_context(method: str):
    """How processes of engines start: 'forkserver' has each inherit what takes ten seconds to import."""
    os.environ |= {'TM_LOG_LEVEL': 'INFO', 'PYTORCH_NVML_BASED_CUDA_CHECK': '1'}  # before anything is imported there
    context = multiprocessing.get_context(method)
    if method == 'forkserver':
        context.set_forkserver_preload(['helpers.checkpoints', 'transformers', 'lmdeploy'])
    return context


def save(rows: list[dict], name: str, commit: str) -> None:
    """Write the record."""
    data = {'slice_mib': SLICE_MIB, 'rows': [figures_of(row) for row in rows]}
    model = 'InternLM2-Chat-1.8B and 7B, Qwen3-1.7B and 4B'
    print(
        'written:', save_record(new_record('kv_cache', model=model, weights='random', data=data, commit=commit), name)
    )


if __name__ == '__main__':
    sys.exit(main())
