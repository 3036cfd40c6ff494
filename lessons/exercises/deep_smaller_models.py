"""Exercises of the deep dive on smaller models: pruned as far as W4A16, and a student in four bits."""

from pathlib import Path

from helpers.checkpoints.contents import CheckpointError
from helpers.checkpoints.geometry import Geometry
from helpers.memory import MIB
from lessons.w4a16.awq import check_quantizable, describe_checkpoint

from .checking import exercise
from .judging import Result, amount, expect, judged, number_in


def _bytes(path, words: str) -> int:
    """What a checkpoint's weights take, or `words` for what is no checkpoint."""
    expect(isinstance(path, str | Path) and Path(path).is_dir(), words)
    try:
        return describe_checkpoint(path).weights.total_bytes
    except CheckpointError as error:
        expect(False, f'{words} No engine can load that folder: {error}.')


@exercise('smaller_models.1')
def channels_for_the_size_of_w4a16(keep, model, four) -> Result:
    """MLP channels that may stay in each layer so that pruning alone gets as small as W4A16; both: folders."""
    words = 'model is TINY and four is FOUR of section 4.'
    full, small = _bytes(model, words), _bytes(four, words)
    of = Geometry.from_config(model)
    channel = of.num_layers * 3 * of.hidden_size * 2  # bytes of one channel, in all layers
    value = number_in(keep, zero=True)
    expect(value == int(value) and value <= of.intermediate_size, f'give a whole number up to {of.intermediate_size}.')

    def size(channels: int) -> int:
        return full - (of.intermediate_size - channels) * channel

    right = (small - size(0)) // channel
    if value == right:
        return judged(
            True,
            f'Right: {right} of {of.intermediate_size}. Embeddings, output head and attention alone take '
            f'{size(0) / MIB:.2f} of the {small / MIB:.2f} MiB.',
        )
    here = f'With {value:g} channels it has {size(int(value)) / MIB:.2f} MiB, W4A16 {small / MIB:.2f}.'
    if value == of.intermediate_size - right:
        return judged(False, 'So many go; how many stay?')
    if abs(value - of.intermediate_size * small / full) <= 2:
        return judged(False, here, 'All of the model would have to shrink in that proportion; pruning shrinks the MLP.')
    if value in (of.intermediate_size // 4, int(of.intermediate_size * (4 + 20 / 128) / 16)):
        return judged(False, here, "A quarter of the MLP's bytes, but W4A16 has the attention in four bits, too.")
    return judged(False, here, 'Fewer may stay.' if value > right else 'More may stay.')


@exercise('smaller_models.2')
def student_in_four_bits(mib, model, student) -> Result:
    """MiB of the distilled student in W4A16; `model`, `student`: folders of the original and of the student."""
    words = 'model is TINY and student is DISTILLED of section 3.'
    full, fewer = _bytes(model, words), _bytes(student, words)
    try:
        four, both = check_quantizable(model).total_bytes, check_quantizable(student).total_bytes
    except (CheckpointError, ValueError) as error:
        expect(False, f'{words} It does not go into W4A16: {error}.')
    layers, of = Geometry.from_config(student).num_layers, Geometry.from_config(model)
    return amount(
        mib,
        both / MIB,
        'MiB',
        slips=[
            (
                four * fewer / full / MIB,
                'That is the trap: both savings multiplied. Embeddings and output head stay, whatever you do.',
            ),
            ((four + fewer - full) / MIB, 'Both savings taken off: the two layers that went were counted at 16 bits.'),
            (four * layers / of.num_layers / MIB, 'Embeddings and output head are no layers: they stay.'),
            (fewer / 4 / MIB, 'A quarter of everything: embeddings and output head stay at 16 bits.'),
            (fewer * (4 + 20 / 128) / 16 / MIB, 'Embeddings and output head stay at 16 bits.'),
            (four / MIB, 'That is the original in W4A16.'),
            (fewer / MIB, 'That is the student in 16 bit.'),
        ],
        tolerance=0.005,
        because=f'{four / full:.0%} and {fewer / full:.0%} of the original one by one, {both / full:.0%} together.',
    )
