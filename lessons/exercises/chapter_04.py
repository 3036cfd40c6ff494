"""Exercises of chapter 4: bits of a weight, a text of one's own, a ratio for a smaller total, a limit of speed."""

from pathlib import Path

from helpers import load_record
from helpers.checkpoints.contents import CheckpointError
from helpers.checkpoints.geometry import GEOMETRIES
from helpers.memory import MIB
from lessons.kv_cache.prediction import predict_memory
from lessons.kv_cache.weights import weight_bytes
from lessons.w4a16.awq import check_quantizable, describe_checkpoint
from lessons.w4a16.calibration import CalibrationDataset

from .checking import exercise
from .judging import Result, amount, expect, judged, number_in


@exercise('4.1')
def bits_in_groups_of_64(bits, model) -> Result:
    """Bits that a weight takes in groups of 64, with its share of scale and zero point; `model`: a folder."""
    expect(isinstance(model, str | Path) and Path(model).is_dir(), 'model is MODEL of the second cell.')
    try:
        of = check_quantizable(model, w_group_size=64, engine='pytorch')
    except (CheckpointError, ValueError) as error:
        expect(False, f'this model does not go into groups of 64: {error}.')
    weights = 2 * of.packed_bytes
    right = 8 * (of.packed_bytes + of.group_bytes) / weights
    return amount(
        bits,
        right,
        'bits',
        slips=[
            (4, 'Those are the numbers alone: each group has a scale and a zero point besides.'),
            (4 + 16 / 64, 'The zero point is missing: 4 bits more a group.'),
            (4 + 4 / 64, 'The scale is missing: 16 bits more a group.'),
            (4 + 32 / 64, 'The zero point has 4 bits, not 16.'),
            (4 + 20 / 128, 'That is in groups of 128.'),
            (24, 'Scale and zero point are shared: divide their 20 bits by the 64 weights of the group.'),
            (8 * of.total_bytes / weights, 'That counts embeddings and output head, too: they stay at 16 bits.'),
        ],
        tolerance=0.003,
        because=f'In your model {of.group_bytes / MIB:.3f} MiB of scales and zero points.',
    )


@exercise('4.2')
def text_of_ones_own(mine, my_text, awq) -> Result:
    """A W4A16 folder that was calibrated on the learner's text; `awq`: the chapter's own."""
    expect(isinstance(my_text, CalibrationDataset), 'my_text is what calibration_dataset(MODEL, your file, …) gives.')
    folders = all(isinstance(path, str | Path) and Path(path).is_dir() for path in (mine, awq))
    expect(folders, 'mine is the folder that auto_awq returns, and awq is AWQ of section 4.3.')
    if Path(mine).resolve() == Path(awq).resolve():
        return judged(False, "That is the chapter's own folder: write yours into another, such as OUT / 'mine'.")
    try:
        made, before = describe_checkpoint(mine), describe_checkpoint(awq)
    except CheckpointError as error:
        return judged(False, f'No engine can load that folder: {error}.')
    if not made.weights.packed_bytes:
        return judged(False, 'That folder is not quantised: give the one that auto_awq returns.')
    if made.weights != before.weights:
        return judged(False, "Other weights than the chapter's: take MODEL, and its w_group_size, as options has it.")
    differ = _share_of_other_scales(made.path, before.path)
    if not differ:
        return judged(
            False,
            "Every scale is as in the chapter's model: the same text was read. Give auto_awq the folder of yours, "
            'my_text.folder.',
        )
    return judged(
        True,
        f'Right: {my_text.tokens:,} tokens of your own, and {differ:.0%} of the scales differ. Now ask it your three '
        f'questions.',
    )


def _share_of_other_scales(one: Path, other: Path) -> float:
    """Which share of the groups' scales differs between two checkpoints of the same shapes."""
    first, second = _scales(one), _scales(other)
    differing = sum((first[name] != second[name]).sum().item() for name in first)
    return differing / sum(scale.numel() for scale in first.values())


def _scales(folder: Path) -> dict:
    from safetensors import safe_open

    scales = {}
    for path in folder.glob('*.safetensors'):
        with safe_open(path, framework='pt') as file:
            names = file.keys()
            scales |= {name: file.get_tensor(name) for name in names if name.endswith('.scales')}
    return scales


@exercise('4.3')
def ratio_for_w4a16(ratio) -> Result:
    """The smallest ratio, in two decimals, at which W4A16 holds what 16 bit holds at 0.8, the 1.8B on the slice."""
    value = number_in(ratio)
    asked = {
        row['arguments']['awq']: row['arguments']
        for row in load_record('h200/kv_cache').data['rows']
        if row['slice_mib']
        and (row['arguments']['cache_max_entry_count'], row['arguments']['quant_policy']) == (0.8, 0)
    }

    def at(percent: int):
        return predict_memory(**asked[True] | {'cache_max_entry_count': percent / 100})

    plain = predict_memory(**asked[False])
    enough = next(percent for percent in range(1, 100) if at(percent).tokens >= plain.tokens)
    if 1 <= value <= 100:
        return judged(False, 'The ratio lies between 0 and 1.')
    percent = round(100 * value)
    expect(0 < percent < 100 and abs(100 * value - percent) < 1e-6, 'give the ratio in two decimals, such as 0.25.')
    here = at(percent)
    fits = f'At {value:g} {here.tokens:,} tokens fit; {plain.tokens:,} are asked for.'
    if percent == enough:
        less = (plain.engine_bytes - here.engine_bytes) / MIB
        weights = (plain.weight_bytes - here.weight_bytes) / MIB
        return judged(True, f'Right: {fits} In all {less:,.0f} MiB less, and the weights lost {weights:,.0f}.')
    if percent == 80:
        return judged(False, fits, 'At the same ratio the cache takes what the weights leave. That is the trap.')
    if percent == round(80 * here.weight_bytes / plain.weight_bytes):
        return judged(False, fits, 'The weights shrink by that, the cache does not.')
    return judged(False, fits, 'A larger ratio is needed.' if percent < enough else 'A smaller ratio is enough.')


@exercise('4.4')
def limit_of_speed(times) -> Result:
    """How many times as fast the 1.8B decodes in W4A16 at most, if only the reading of weights took time."""
    of = GEOMETRIES['internlm2-chat-1_8b']
    full, four = weight_bytes(of), weight_bytes(of, awq=True)
    table = of.vocab_size * of.hidden_size * 2  # as large as the output head, which is read whole
    right = (full - table) / (four - table)
    rates = {
        row['engine']: row['output_tokens_per_s']
        for row in load_record('h200/speed').data['rows']
        if (row['model'], row['tokens_in'], row['batch']) == ('1_8b', 61, 1)
    }
    return amount(
        times,
        right,
        'times',
        slips=[
            (full / four, 'That reads all embeddings: of their table one row is read for each token.'),
            (4, '4 bits for 16, but scales and zero points are read, too, and the output head stays at 16 bits.'),
            (
                16 / (4 + 20 / 128),
                'So it is for the layers alone: the output head stays at 16 bits, and is read whole.',
            ),
            (
                (full - 2 * table) / (four - 2 * table),
                'So it is for the layers alone: the output head stays at 16 bits, and is read whole.',
            ),
            (1 / right, 'Turn it over: the bytes of 16 bit by those of W4A16.'),
        ],
        because=f'A limit, no speed: on the H200 of section 4.7 it is {rates["w4a16"] / rates["turbomind"]:.2f} times.',
    )
