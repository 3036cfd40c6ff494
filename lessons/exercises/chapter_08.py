"""Exercises of chapter 8: what an adapter adds, what many save, and a fault that `inspect_checkpoint` names."""

from helpers.checkpoints.geometry import GEOMETRIES
from helpers.checkpoints.mending import CheckpointReport
from lessons.kv_cache.weights import weight_bytes

from .checking import exercise
from .judging import Result, amount, expect, judged

_RANK = 8
_OF = GEOMETRIES['internlm2-chat-1_8b']


def _shapes(*kinds: str) -> list[tuple[int, int]]:
    """(out, in) of the matrices of all layers, of those kinds or of all seven."""
    named = {name.split('.')[-2]: 0 for name in _OF.tensors() if name.endswith('_proj.weight')}
    wanted = kinds or tuple(named)
    return [shape for name, shape in _OF.tensors().items() if name.split('.')[-2] in wanted]


def _numbers(shapes: list[tuple[int, int]]) -> int:
    return sum(_RANK * (rows + columns) for rows, columns in shapes)


@exercise('8.1')
def trained_numbers(parameters) -> Result:
    """How many numbers an adapter of rank 8 on all seven matrices of each layer of the 1.8B has."""
    shapes = _shapes()
    right = _numbers(shapes)
    return amount(
        parameters,
        right,
        'parameters',
        slips=[
            (right / _OF.num_layers, 'That is one layer: the model has more of them.'),
            (_numbers(_shapes('q_proj', 'v_proj')), 'Those are queries and values alone: all seven are meant.'),
            (sum(rows * columns for rows, columns in shapes), 'Those are the matrices themselves, which do not learn.'),
            (
                sum(_RANK * columns for _, columns in shapes),
                'That is A alone, [rank, in]: B, [out, rank], learns, too.',
            ),
            (sum(_RANK * rows for rows, _ in shapes), 'That is B alone, [out, rank]: A, [rank, in], learns, too.'),
        ],
        because=f'{right / (weight_bytes(_OF) / 2):.2%} of the model.',
    )


@exercise('8.2')
def ten_customers(times) -> Result:
    """How many times as much do ten merged 1.8B weigh as one with ten adapters of rank 8, all in 16 bit."""
    base, adapter = weight_bytes(_OF), 2 * _numbers(_shapes())
    right = 10 * base / (base + 10 * adapter)
    return amount(
        times,
        right,
        'times',
        slips=[
            (10, 'So it would be if adapters weighed nothing: ten of them lie beside the base.'),
            (10 * base / (base + adapter), 'Ten adapters lie beside the base, not one.'),
            (1, 'A merged folder is as large as its base; an adapter is not.'),
            (base / adapter, 'That is the base by one adapter: compare all that lies in memory.'),
            (10 * base / (base + 20 * adapter), 'Two bytes a number, not four: all in 16 bit.'),
            (1 / right, 'Turn it over: the merged ones by the base with its adapters.'),
        ],
        tolerance=0.005,
        because=f'An adapter has {adapter / 2**20:.1f} MiB, the base {base / 2**20:,.0f} MiB.',
    )


@exercise('8.3')
def endless_answers(report) -> Result:
    """A copy of the merged folder whose answers would not end: what `inspect_checkpoint` says of it."""
    expect(isinstance(report, CheckpointReport), 'report is what inspect_checkpoint returns of your copy.')
    named = [problem.name for problem in report.problems]
    if not named:
        return judged(False, 'That folder is in order: look at the file that names the stop ids.')
    if 'stop ids' not in named:
        return judged(False, f'It has another fault ({", ".join(named)}): start from a fresh copy of MERGED.')
    if len(named) > 1:
        return judged(False, f'It has more than that one ({", ".join(named)}): start from a fresh copy of MERGED.')
    return judged(True, 'Right: no engine refuses that folder, and every answer goes on until max_new_tokens.')
