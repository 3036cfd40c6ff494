"""What the course predicts of a card beside what was measured on it: a row each, of the figures of a quick record.

Memory is predicted by `lessons.kv_cache.predict_memory`, and of the CUDA context by its constant.  Speed by the card's
own roofline, which nothing exceeds by more than the roofline's own error; and what quantising changes by what it
changed on the H200 of the chapters.
"""

from helpers.checkpoints.geometry import GEOMETRIES
from helpers.memory import MIB
from helpers.records import load_record
from lessons.kv_cache.prediction import CONTEXT_BYTES, predict_memory
from lessons.speed.roofline import DeviceLimits, decode_step

KV_NAMES = {0: '16 bit', 8: 'int8', 4: 'int4'}
MEMORY, ROOF, H200 = 'predict_memory', 'roofline', 'H200'


def compare(data: dict) -> list[dict]:
    """The rows: `what`, its `unit`, `predicted` and `measured`, `off_percent` of the prediction, and `by` what.

    Args:
        data: of a quick record.  What was not measured, since its engine did not start, has no row.
    """
    rows = [*_of_memory(data['rows']), *_of_roof(data), *_of_quantising(data['speed'])]
    return [row for row in rows if row]


def table(rows: list[dict]) -> str:
    """For the eye."""
    head = f'{"":<54}{"predicted":>12}{"measured":>12}{"off":>9}   by'
    lines = [
        f'{r["what"] + ", " + r["unit"]:<54}{r["predicted"]:>12,.6g}{r["measured"]:>12,.6g}{r["off_percent"]:>+8.1f}%'
        f'   {r["by"]}'
        for r in rows
    ]
    return '\n'.join([head, *lines])


def _row(what: str, unit: str, predicted: float, measured: float, by: str) -> dict | None:
    if predicted <= 0:  # nothing was to fit, and it runs: no percentage says how far that is off
        return None
    digits = 2 if unit == 'times' else 1
    off = round(100 * (measured / predicted - 1), 1)
    figures = {'predicted': round(predicted, digits), 'measured': round(measured, digits), 'off_percent': off}
    return {'what': what, 'unit': unit, **figures, 'by': by}


def _of_memory(rows: list[dict]) -> list[dict]:
    started = [row for row in rows if row['outcome'] == 'started']
    found = [_row('CUDA context', 'MiB', CONTEXT_BYTES / MIB, row['context_mib'], MEMORY) for row in started[:1]]
    for row in started:
        asked, p = row['arguments'], predict_memory(**row['arguments'])
        weights = 'W4A16' if asked['awq'] else '16 bit'
        name = f'{weights}, KV {KV_NAMES[asked["quant_policy"]]}, ratio {asked["cache_max_entry_count"]:g}'
        found += [
            _row(f'{name}: free at sizing', 'MiB', p.free_at_sizing_bytes / MIB, row['free_at_sizing_mib'], MEMORY),
            _row(f'{name}: cache', 'tokens', p.tokens, row['tokens'], MEMORY),
            _row(f'{name}: engine', 'MiB', p.engine_bytes / MIB, row['engine_mib'], MEMORY),
        ]
    return found


def _of_roof(data: dict) -> list[dict]:
    """Decode with 16 bits for all, halfway through the answer."""
    (roof,) = data['roofline']
    (flop_per_s,) = (value for name, value in roof.items() if name.endswith('_flop_per_s'))
    limits, tokens = DeviceLimits(roof['bytes_per_s'], flop_per_s), data['tokens_in'] + data['tokens_out'] // 2
    plain = [row for row in data['speed'] if row['weights'] == row['kv']]
    found = []
    for row in plain:
        least_s = limits.least_s(decode_step(GEOMETRIES['internlm2-chat-1_8b'], row['batch'], tokens, 2))
        what = f'decode, batch {row["batch"]}, at most'
        found.append(_row(what, 'tokens per s', row['batch'] / least_s, row['output_tokens_per_s'], ROOF))
    return found


def _of_quantising(speed: list[dict]) -> list[dict]:
    there, here = (_gains(rows) for rows in (load_record('h200/quantised').data['speed'], speed))
    return [
        _row(f'{what} to 16 bit, batch {batch}', 'times', there[what, batch], gain, H200)
        for (what, batch), gain in here.items()
    ]


def _gains(speed: list[dict]) -> dict[tuple[str, int], float]:
    """How many times as fast W4A16 weights, or an int8 or int4 cache, are as 16 bits."""
    plain = {row['batch']: row['output_tokens_per_s'] for row in speed if row['weights'] == row['kv']}
    gains = {}
    for row in speed:
        sixteen = [row['weights'] in ('bf16', 'fp16'), row['kv'] in ('bf16', 'fp16')]
        if sum(sixteen) == 1 and row['batch'] in plain:
            what = f'KV {row["kv"]}' if sixteen[0] else row['weights']
            gains[what, row['batch']] = row['output_tokens_per_s'] / plain[row['batch']]
    return gains
