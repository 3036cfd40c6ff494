"""Ten minutes on any card of 8 GB or more: what the chapters claim of one, predicted and measured.

    make records ARGS=--quick
    python -m benchmarks.your_card --save rtx-4090/quick [--slice 8182]

TurboMind with random weights in the exact geometry of InternLM2-Chat-1.8B, in bfloat16, or in float16 on a card below
compute capability 8.0; nothing is downloaded.  Three cache ratios, W4A16, KV int8 and int4: of each the memory, and
of those at ratio 0.8 the decode speed at batch 1, 8 and 32; and the card's roofline.  With `--slice` all of it beside a
ballast that leaves only so many MiB free.

At the end a table says how far each prediction was off; the record holds it too.  `records/README.md` says how to hand
one in.
"""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import torch

from benchmarks import quantised
from benchmarks.campaign import campaign_line
from benchmarks.card_comparison import compare, table
from benchmarks.command_line import CommandLine
from benchmarks.gpu import first_visible
from benchmarks.memory_matrix import Card, Case, Matrix, figures_of, line_of, make_checkpoint, measure, start

RATIOS, BATCHES = (0.8, 0.5, 0.2), (1, 8, 32)
OTHERS = (('awq', 0), ('bf16', 8), ('bf16', 4))  # (weights, quant_policy), beside 16 bits for both
KV = {0: None, 8: 'int8', 4: 'int4'}
MEMORY, SPEED = 'memory', 'speed'
COPIED_BYTES = 1 << 30  # of the roofline's copy: far more than any card's cache, and twice it fits 8 GB
SLACK_MIB = 256  # what a desktop may come to use of the card meanwhile


def cases(slice_mib: int | None) -> list[Case]:
    """The engines, in the order in which they start."""
    kinds = [('bf16', 0, ratio) for ratio in RATIOS] + [(*other, RATIOS[0]) for other in OTHERS]
    sizes = {**quantised.SIZES, 'slice_mib': slice_mib}
    return [Case('1_8b', weights, policy, ratio, **sizes) for weights, policy, ratio in kinds]


def decode(case: Case, folder: str, report: Callable) -> None:
    """In a process of its own: report each batch's speed."""
    for row in quantised.speed(folder, case.quant_policy, BATCHES):
        report(**row)


class YourCard(Matrix):
    """Each case has a row of its memory; those at the first ratio have another of their speed."""

    def __init__(self, args, cases: list[Case], card: Card, limits: dict[str, float]):
        super().__init__(args, cases)
        self.topic = 'quick_slice' if args.slice else 'quick'
        self._cards, self.limits = {card.index: card}, limits
        (self.short,) = (name.partition('_')[0] for name in limits if name.endswith('_flop_per_s'))  # 'bf16' | 'fp16'

    @property
    def dtype(self) -> str:
        """Of the weights, as torch names it."""
        return {short: dtype for dtype, short in quantised.SHORT.items()}[self.short]

    def todo_of(self, case: Case) -> list[str]:
        return [MEMORY, SPEED] if case.ratio == RATIOS[0] else [MEMORY]

    def key_of(self, row: dict) -> tuple:
        return super().key_of(row)[0], row['part']

    def checkpoint_of(self, case: Case) -> str:
        return f'{super().checkpoint_of(case)}-{self.short}'

    def make_checkpoint(self, case: Case, folder: Path, cards: list) -> None:
        self.processes.call(make_checkpoint, case.model, case.weights, str(folder), *cards, self.dtype)

    def measure(self, case: Case, todo: list[str], cards: list, keep: Callable[[dict], None]) -> str | None:
        (index,) = cards
        folder, environment = self.checkpoint(case, cards), self.environment_of(case, cards)
        self._cards[index].prepare(case.slice_mib)
        if MEMORY in todo:
            row = measure(start, case, folder, self.processes, self.args.timeout, environment)
            keep({'part': MEMORY} | row)
            if row['outcome'] != 'started':  # a finding, not a fault: it may be too much for this card
                return None
        if SPEED in todo:
            rows = []
            self._cards[index].prepare(case.slice_mib)
            why = self.processes.measure(
                decode,
                (case, str(folder)),
                keep=rows.append,
                timeout_s=self.args.timeout,
                deadline=self.deadline,
                environment=environment | {'TM_LOG_LEVEL': 'ERROR'},
            )
            if why:
                return why
            keep({'part': SPEED, 'batches': rows})
        return None

    def line_of(self, row: dict) -> str:
        if row['part'] == MEMORY:
            return line_of(row) + (f'\n{row["log_tail"][-500:]}' if row['outcome'] == 'failed' else '')
        speeds = ', '.join(f'batch {r["batch"]}: {r["output_tokens_per_s"]:.0f} tokens/s' for r in row['batches'])
        return f'{row["weights"]} weights, KV {KV[row["quant_policy"]] or self.short}: {speeds}'

    def record_of(self, rows: list[dict]) -> tuple[str, dict]:
        memory = [figures_of(row) for row in rows if row['part'] == MEMORY]
        if not any(row['outcome'] == 'started' for row in memory):
            self.args.rows.unlink()  # the next call begins anew
            raise SystemExit('no engine started on this card; nothing is written')
        speed = [
            {
                'weights': 'W4A16' if row['weights'] == 'awq' else self.short,
                'kv': KV[row['quant_policy']] or self.short,
                **batch,
            }
            for row in rows
            if row['part'] == SPEED
            for batch in row['batches']
        ]
        data = {
            'slice_mib': self.args.slice,
            'dtype': self.dtype,
            'tokens_in': quantised.TOKENS_IN,
            'tokens_out': quantised.TOKENS_OUT,
            'repeats': quantised.REPEATS,
            **quantised.SIZES,
            'roofline': [self.limits],
            'rows': memory,
            'speed': speed,
        }
        data['comparison'] = compare(data)
        print(table(data['comparison']), flush=True)
        return quantised.MODELS['internlm2-chat-1_8b'], data


def command_line() -> CommandLine:
    parser = campaign_line(__doc__, 'rtx-4090/quick', minutes=10)
    parser.add_argument('--slice', type=int, metavar='MIB', help='leave only so much of the card free')
    parser.add_argument('--timeout', type=float, default=180, help='seconds that one engine may take')
    return parser


def main() -> int:
    parser = command_line()
    args = parser.parse_args()
    if args.list:
        for case in cases(args.slice):
            print(case.name)
        return 0
    if not torch.cuda.is_available():
        parser.error('this measures a GPU, and torch finds none')
    args.gpus = [first_visible()]
    card = Card(args.gpus[0], SLACK_MIB)
    try:
        card.prepare(args.slice)
        print("measuring the card's roofline", flush=True)
        (limits,) = quantised.in_a_process('roofline', copied_bytes=COPIED_BYTES)
        print(json.dumps(limits), flush=True)
        campaign = YourCard(args, cases(args.slice), card, limits)
        campaign.main()
    finally:
        card.end_ballast()
    return 0 if campaign.complete else 1


if __name__ == '__main__':
    sys.exit(main())
