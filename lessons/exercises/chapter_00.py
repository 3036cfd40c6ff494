"""Exercises of chapter 0: a download, a folder without its chat template, a quarter of the free memory."""

from helpers.checkpoints.geometry import GEOMETRIES
from helpers.checkpoints.mending import CheckpointReport
from helpers.memory import MIB, DeviceMemory

from .checking import exercise
from .judging import Result, amount, expect, judged

_NOISE_BYTES = 24 * MIB  # what else a process takes between two readings


@exercise('0.1')
def size_of_7b(gib) -> Result:
    """GiB of InternLM2-Chat-7B's weights in bfloat16."""
    shape = GEOMETRIES['internlm2-chat-7b']
    right = shape.weight_bytes('bfloat16') / 2**30
    return amount(
        gib,
        right,
        'GiB',
        slips=[
            (2 * right, 'That is 4 bytes a parameter, float32; in bfloat16 it is 2.'),
            (right / 2, 'That is 1 byte a parameter; in bfloat16 it is 2.'),
            (shape.num_parameters / 1e9, 'That is how many billions of parameters it has; each takes 2 bytes.'),
            (14, 'That is 2 × 7: the 7B of the name is rounded down, and GiB are not GB. Count with num_parameters.'),
            (14e9 / 2**30, 'The 7B of the name is rounded down: count with num_parameters.'),
        ],
        because=f'A page that counts in GB shows {right * 2**30 / 1e9:.2f}.',
    )


@exercise('0.2')
def without_template(loads, report) -> Result:
    """Does an engine load a folder without chat template (True or False), and `inspect_checkpoint` of such a folder."""
    expect(isinstance(report, CheckpointReport), 'report is what inspect_checkpoint(folder) returns.')
    expect(isinstance(loads, bool), 'loads is True or False.')
    names = [problem.name for problem in report.problems]
    if not names:
        return judged(
            False,
            'The report finds nothing wrong: inspect the copy, and take away both places of a template, '
            'chat_template.jinja and the key in tokenizer_config.json.',
        )
    if 'chat template' not in names:
        return judged(False, f'Something else is missing: {", ".join(names)}. Copy the folder again.')
    if len(names) > 1:
        others = ', '.join(name for name in names if name != 'chat template')
        return judged(False, f'The template is gone, but more than that: {others}. Copy the folder again.')
    if loads != report.loadable:
        return judged(
            False,
            f'That is the trap: the report says loadable is {report.loadable}. An engine needs no template to load.',
        )
    return judged(True, 'Right: it loads, and every question reaches the model bare, without a word of warning.')


@exercise('0.3')
def a_quarter(before, during) -> Result:
    """Two readings of the memory, without a tensor and with one that takes a quarter of what was free."""
    for reading in (before, during):
        expect(isinstance(reading, DeviceMemory), 'before and during are readings: device_memory().')
    wanted, took = before.free_bytes / 4, before.free_bytes - during.free_bytes
    if took < _NOISE_BYTES:
        return judged(False, 'Nothing was taken between the readings: take the second before you delete the tensor.')
    return amount(
        took / MIB,
        wanted / MIB,
        'MiB',
        slips=[
            (
                4 * wanted / MIB,
                'You took all that was free: divide the bytes by 4 for a float32, too.',
            ),
            (wanted / 4 / MIB, 'You took a sixteenth: one 4 is for the quarter, one for the bytes of a float32.'),
            (2 * wanted / MIB, 'You took half: 8 bytes a number are float64.'),
            (before.total_bytes / 4 / MIB, 'That is a quarter of the whole device, used memory included.'),
            (before.used_bytes / 4 / MIB, 'That is a quarter of what is used.'),
        ],
        tolerance=max(0.01, _NOISE_BYTES / wanted),
        because='Both readings come from the same source, and so does their difference.',
    )
