"""Exercises of the deep dive on W4A16 on real cards: the 7B's profile, and a kernel as good as cuBLAS's."""

from helpers import load_record
from helpers.checkpoints.geometry import GEOMETRIES

from .checking import exercise
from .judging import Result, amount

BITS = {'bf16': 16, 'W4A16': 4 + 16 / 128 + 4 / 128}
GEMM = ('nvjet', 'splitKreduce', 'gemm_kernel_sm90_mixed')


def _limit() -> float:
    """Bytes a second that the card of the record reads."""
    return load_record('h200/quantised').data['roofline'][0]['bytes_per_s']


def _layers_bytes(model: str, weights: str) -> float:
    """What the matrices of the layers take."""
    shapes = GEOMETRIES[model].tensors()
    return sum(a * b for name, (a, *rest) in shapes.items() if '.layers.' in name for b in rest) * BITS[weights] / 8


def _gemm_us(record: str, weights: str) -> float:
    """Microseconds a token that the matrix products of the layers take."""
    return sum(
        row['us_per_token']
        for row in load_record(record).data['profile']
        if row['weights'] == weights
        and row.get('calls_per_token', 0) > 20
        and any(name in row['kernel'] for name in GEMM)
    )


def _whole_us(record: str, weights: str, field: str = 'kernels_us_per_token') -> float:
    """Microseconds a token of all kernels, or of the clock."""
    return next(row[field] for row in load_record(record).data['profile'] if row['weights'] == weights and field in row)


@exercise('w4a16_on_cards.1')
def share_of_the_limit(percent) -> Result:
    """Which share of the card's limit the 7B's 4-bit kernels reach, in %."""
    seven, record = 'internlm2-chat-7b', 'h200/quantised_7b'
    us, read = _gemm_us(record, 'W4A16'), _layers_bytes(seven, 'W4A16')

    def share(count: float, time_us: float) -> float:
        return 100 * count / time_us * 1e6 / _limit()

    right = share(read, us)
    small = 'internlm2-chat-1_8b'
    of_1_8b = share(_layers_bytes(small, 'W4A16'), _gemm_us('h200/quantised', 'W4A16'))
    return amount(
        percent,
        right,
        '%',
        slips=[
            (right / 100, 'That is the share; the question asks for %.'),
            (read / us * 1e6 / 1e12, 'Those are TB/s: divide by the limit.'),
            (share(_layers_bytes(seven, 'bf16'), _gemm_us(record, 'bf16')), 'That is bf16.'),
            (share(_layers_bytes(seven, 'bf16'), us), 'It reads 4-bit weights: 4.156 bits each.'),
            (share(_layers_bytes(seven, 'W4A16') * 4 / BITS['W4A16'], us), 'Scales and zero points are read, too.'),
            (of_1_8b, 'That is the 1.8B.'),
            (share(_layers_bytes(small, 'W4A16'), us), "The matrices are still the 1.8B's: take the 7B's shapes."),
            (share(read, _whole_us(record, 'W4A16')), 'That is over all kernels: take the matrix products alone.'),
        ],
        tolerance=0.015,
        because=f"More than the 1.8B's {of_1_8b:.0f} %, whose matrices are smaller.",
    )


@exercise('w4a16_on_cards.2')
def a_kernel_as_good(times) -> Result:
    """How many times as fast as bf16 the 1.8B's GPU work were, if 4-bit kernels reached cuBLAS's bytes a second."""
    model, record = 'internlm2-chat-1_8b', 'h200/quantised'
    full, four = (_whole_us(record, weights) for weights in BITS)
    slow, read = _gemm_us(record, 'W4A16'), _layers_bytes(model, 'W4A16')
    per_us = _layers_bytes(model, 'bf16') / _gemm_us(record, 'bf16')
    then = four - slow + read / per_us
    clock = {weights: _whole_us(record, weights, 'wall_us_per_token') for weights in BITS}
    return amount(
        times,
        full / then,
        'times',
        slips=[
            (BITS['bf16'] / BITS['W4A16'], 'That is for the matrices alone: the other kernels take as long as before.'),
            (full / four, 'That is as it was measured.'),
            (four / then, 'That is beside W4A16 as it was measured; asked for is beside bf16.'),
            (
                full / (four - slow + read / _limit() * 1e6),
                'That is at the limit of the card, not at what cuBLAS reaches.',
            ),
            (full / (four - slow), 'The matrices still have to be read.'),
            (then / full, 'Turn it over: the time of bf16 by the new one.'),
            (clock['bf16'] / (clock['W4A16'] - four + then), 'That is by the clock; asked for is the work of the GPU.'),
        ],
        because=f'A token would take {then:.0f} µs of GPU work in place of {four:.0f}; bf16 takes {full:.0f}.',
    )
