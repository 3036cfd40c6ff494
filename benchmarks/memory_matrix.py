"""One start of an engine, what it took of a card's memory, and the campaign of many; beside what is predicted.

Every engine starts in a process of its own; the process reads the memory before and after, and TurboMind's own log says
how much was free, how large the cache is and how it is cut.  An engine that does not start in time is stopped and
recorded as a hang.  `kv_cache_matrix` measures its plans with this, `your_card` its six starts.
"""

import dataclasses
import json
import math
import os
import re
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

from benchmarks.campaign import Campaign
from benchmarks.gpu import SLICE_MIB, Ballast, card_memory
from benchmarks.own_process import GIVEN_UP, STOPPED, Processes
from benchmarks.random_checkpoint import random_checkpoint
from helpers import engine_config
from helpers.checkpoints.geometry import GEOMETRIES
from helpers.memory import MIB
from lessons.kv_cache.prediction import predict_memory
from lessons.kv_cache.settings import EngineSettings
from lessons.kv_cache.tokens import PAGE_BYTES

MODELS = {'1_8b': 'internlm2-chat-1_8b', '7b': 'internlm2-chat-7b', 'qwen': 'qwen3-1.7b', 'qwen4b': 'qwen3-4b'}
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
    def settings(self) -> EngineSettings:
        """As the engine gets them."""
        prefill = {'max_prefill_token_num': self.prefill} if self.prefill else {}
        return EngineSettings(
            self.engine,
            cache_max_entry_count=self.ratio,
            quant_policy=self.quant_policy,
            max_batch_size=self.max_batch_size,
            session_len=self.session_len,
            **prefill,
        )

    @property
    def name(self) -> str:
        """What tells this start from others; fields that have their default are left out."""
        default = Case(self.model)
        return json.dumps(
            {k: v for k, v in dataclasses.asdict(self).items() if v != getattr(default, k) or k == 'model'}
        )


# -------------------------------------------------------------------------- in the process of one engine


def read_memory() -> dict:
    """Bytes of the whole card by NVML, and, once CUDA runs in this process, what is free for it."""
    import torch

    reading = {'card_used_bytes': card_memory().used_bytes}
    if torch.cuda.is_initialized():
        torch.cuda.synchronize()
        reading['free_bytes'], reading['total_bytes'] = torch.cuda.mem_get_info()
    return reading


def start(case: Case, folder: str, log: str, report) -> None:
    """Start one engine, whose log goes to the file `log`, and report the memory at each stage."""
    begin = time.monotonic()

    def reached(stage: str, **figures) -> None:
        report(stage=stage, time_s=round(time.monotonic() - begin, 2), **figures)

    reached('before', **read_memory())
    import torch

    torch.cuda.mem_get_info()
    reached(CONTEXT, **read_memory())
    from lmdeploy import pipeline
    from lmdeploy.utils import get_max_batch_size

    config = engine_config(**case.settings.arguments())
    pipe = pipeline(folder, backend_config=config, log_level='INFO')
    engine = pipe.async_engine.engine
    figures = {'max_batch_size': case.max_batch_size or get_max_batch_size('cuda')}
    figures['session_len'] = pipe.async_engine.session_len
    if case.engine == 'pytorch':
        figures['num_blocks'] = engine.cache_config.num_gpu_blocks
    reached(STARTED, **read_memory(), **figures)
    generate(pipe, batch=1, tokens_in=64, tokens_out=16)
    reached(SERVED, **read_memory())
    if case.fill:
        tokens = parse_log(Path(log).read_text(errors='replace'))['num_blocks'] * 64
        length = tokens // 12
        waited = generate(pipe, batch=20, tokens_in=length, tokens_out=64)
        reached(FILLED, **read_memory(), prompt_tokens=length, **waited)


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


def measure(
    start: Callable, case: Case, folder: Path, processes: Processes, timeout_s: float, environment: dict[str, str]
) -> dict:
    """Start one engine in a process of its own; what became of it."""
    with tempfile.TemporaryDirectory() as scratch:
        log, stages = Path(scratch, 'log'), {}

        def hangs() -> bool:
            if STARTED in stages or log.stat().st_size <= 20_000:
                return False
            return log.read_text(errors='replace').count('out of memory at') > HANGS_AFTER

        why = processes.measure(
            start,
            (case, str(folder), str(log)),
            keep=lambda row: stages.update({row['stage']: row}),
            timeout_s=timeout_s,
            deadline=math.inf,  # what has begun is measured: stopped by the minutes it would count as a hang
            environment=environment,
            log=log,
            give_up=hangs,
        )
        text = log.read_text(errors='replace')
    stopped = bool(why) and why.startswith((STOPPED, GIVEN_UP))
    if why and not stopped:
        stages['failed'] = {'stage': 'failed', 'error': why.splitlines()[0]}
    outcome = 'started' if STARTED in stages and not why else 'failed'
    if stopped and STARTED not in stages:
        outcome = 'hang'
    row = {'outcome': outcome, 'log': parse_log(text), 'stages': stages}
    if outcome == 'failed':
        row['log_tail'] = text[-3000:]
    return row


def figures_of(row: dict) -> dict:
    """A start as the record has it: what was asked for, and what was measured, in MiB or tokens.

    `arguments` are those of `lessons.kv_cache.predict_memory`, `free_bytes` among them.
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


def make_checkpoint(model: str, weights: str, folder: str, gpu: int | str, dtype: str = 'bfloat16') -> None:
    """In a process of its own: drawing the numbers on the GPU leaves a CUDA context behind."""
    os.environ['CUDA_VISIBLE_DEVICES'] = str(gpu)
    random_checkpoint(MODELS[model], folder, dtype=dtype, packed=weights == 'bf16', awq=weights == 'awq')


class Card:
    """One card, beside whose engines a ballast lies or does not; `slack_mib` is what others may come to use of it."""

    def __init__(self, index: int | str, slack_mib: int = 16):
        self.index, self.ballast, self.slack_mib = index, None, slack_mib
        self.empty_bytes = self.before_bytes = card_memory(index).used_bytes

    def prepare(self, slice_mib: int | None) -> None:
        """Leave so much of the card free, or all of it, once nobody else uses it."""
        if self.ballast and not slice_mib:
            self.end_ballast()
        self.wait_until_free()
        if slice_mib and not self.ballast:
            self.ballast = Ballast(slice_mib, self.index)
            self.before_bytes = card_memory(self.index).used_bytes

    def end_ballast(self) -> None:
        if self.ballast:
            self.ballast.close()
            self.ballast, self.before_bytes = None, self.empty_bytes

    def wait_until_free(self, timeout_s: float = 30) -> None:
        """Until the card is as empty as before: a process that has ended gives its memory back in its own time."""
        deadline = time.monotonic() + timeout_s
        while card_memory(self.index).used_bytes > self.before_bytes + self.slack_mib * MIB:
            if time.monotonic() > deadline:
                # No error of one start: those after it would wait in vain too.
                raise SystemExit(f'somebody else uses GPU {self.index}: the measurement would be of both')
            time.sleep(0.1)


class Matrix(Campaign):
    """Starts of engines; each has one row."""

    topic = 'kv_cache'
    line_of = staticmethod(line_of)
    environment: ClassVar = {'TM_LOG_LEVEL': 'INFO'}

    def __init__(self, args, cases: list[Case]):
        super().__init__(args, cases)
        self._cards = {}

    def key_of(self, row: dict) -> tuple:
        return Case(**{field.name: row[field.name] for field in dataclasses.fields(Case) if field.name in row}), None

    def checkpoint_of(self, case: Case) -> str:
        return f'{MODELS[case.model]}-{case.weights}'

    def make_checkpoint(self, case: Case, folder: Path, cards: list[int]) -> None:
        self.processes.call(make_checkpoint, case.model, case.weights, str(folder), *cards)

    def environment_of(self, case: Case, cards: list[int]) -> dict[str, str]:
        # Once when the cache is made; when it is to be filled, after every step.
        interval = '1' if case.fill else '1000000000'
        return super().environment_of(case, cards) | {'TM_CACHE_LOG_INTERVAL': interval}

    def measure(self, case: Case, todo: list, cards: list[int], keep: Callable[[dict], None]) -> None:
        (index,) = cards
        if index not in self._cards:
            self._cards[index] = Card(index)
        folder = self.checkpoint(case, cards)
        self._cards[index].prepare(case.slice_mib)
        keep(measure(start, case, folder, self.processes, self.args.timeout, self.environment_of(case, cards)))

    def close(self) -> None:
        for card in self._cards.values():
            card.end_ballast()

    def record_of(self, rows: list[dict]) -> tuple[str, dict]:
        data = {'slice_mib': SLICE_MIB, 'rows': [figures_of(row) for row in rows]}
        return 'InternLM2-Chat-1.8B and 7B, Qwen3-1.7B and 4B', data
