"""What an engine takes of a GPU's memory, beside what `lessons.kv_cache.prediction` predicts for it; kept as a record.

    python -m benchmarks.kv_cache_matrix --save h200/kv_cache [--plan explore] [--models 1_8b] [--minutes 10] ...

Random weights in the exact geometries of InternLM2-Chat-1.8B and 7B and of Qwen3-1.7B, bf16 and W4A16; and of Qwen3-4B,
which no constant of `lessons.kv_cache.prediction` was fitted to.  Every engine
starts in a process of its own; the process reads the memory before and after, and TurboMind's own log says how much
was free, how large the cache is and how it is cut.  An engine that does not start in time is stopped and recorded as
a hang.  Some are filled with requests until one has to wait.  Some start beside a ballast that leaves only 8182 MiB of
the card free, as on a 10 % slice of an A100.

Each start is a line of `--rows` as soon as it is measured: broken off, the next call goes on with the rest.
What has begun when the minutes are over is measured to its end.
"""

import itertools
import sys

from benchmarks.campaign import campaign_line
from benchmarks.command_line import CommandLine
from benchmarks.gpu import SLICE_MIB
from benchmarks.memory_matrix import MODELS, Case, Matrix

MATRIX = ('1_8b', '7b', 'qwen')


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


def command_line() -> CommandLine:
    parser = campaign_line(__doc__, 'h200/kv_cache', minutes=60)
    parser.add_argument('--plan', choices=('explore', 'full'), default='full')
    parser.add_argument('--models', nargs='+', choices=MODELS)
    parser.add_argument('--weights', nargs='+', choices=('bf16', 'awq'))
    parser.add_argument('--ratios', nargs='+', type=float)
    parser.add_argument('--kv', nargs='+', type=int, choices=(0, 8, 4))
    parser.add_argument('--batches', nargs='+', type=int, help="max_batch_size; 0: LMDeploy's default")
    parser.add_argument('--slices', nargs='+', type=int, help='0: the whole card; 8182: beside a ballast')
    parser.add_argument('--engines', nargs='+', choices=('turbomind', 'pytorch'))
    parser.add_argument('--gpus', nargs='+', type=int, default=[0], help='cards, as nvidia-smi counts them; at once')
    parser.add_argument('--timeout', type=float, default=90, help='seconds that one engine may take')
    return parser


def main() -> int:
    args = command_line().parse_args()
    campaign = Matrix(args, chosen(args))
    if args.list:
        return campaign.show()
    campaign.main()
    return 0 if campaign.complete else 1


if __name__ == '__main__':
    sys.exit(main())
