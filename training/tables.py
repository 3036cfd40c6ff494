"""Scores and tables as the model cards show them."""

import hashlib
import math
import pathlib

NAMES = {'en': 'English', 'zh': 'Chinese'}


def percent(pair) -> str:
    """`right of number (share)` of a pair (right, number), a dash where there is none."""
    return f'{pair[0]} of {pair[1]} ({pair[0] / pair[1]:.1%})' if pair and pair[1] else '–'


def interval(right: int, number: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a share, both ends between 0 and 1; right of number, which is at least 1."""
    share, square = right / number, 1.96**2 / number
    middle, half = share + square / 2, 1.96 * math.sqrt(share * (1 - share) / number + square / number / 4)
    return max(0.0, (middle - half) / (1 + square)), min(1.0, (middle + half) / (1 + square))


def shown(value) -> str:
    """A setting: floats with three digits."""
    return f'{value:.3g}' if isinstance(value, float) else str(value)


def settings_in_use(settings: dict) -> str:
    """The settings of a run that say something: not the minutes where the steps were given."""
    return ', '.join(
        f'{name} {shown(value)}'
        for name, value in settings.items()
        if value is not None and value is not False and not (name == 'minutes' and settings['steps'])
    )


def file_rows(folder: pathlib.Path) -> list[list]:
    """Name, bytes and SHA-256 of the files that are loaded."""
    return [
        [path.name, path.stat().st_size, f'`{hashlib.sha256(path.read_bytes()).hexdigest()}`']
        for path in sorted(folder.iterdir())
        if path.suffix in ('.safetensors', '.json', '.jinja') and path.name != 'training_log.json'
    ]


def table(header: list[str], rows: list[list[str]]) -> str:
    """A Markdown table; bars and line breaks of a cell are escaped."""
    lines = [header, ['---'] * len(header), *rows]
    return '\n'.join(
        '| ' + ' | '.join(str(cell).replace('|', '\\|').replace('\n', '<br>') for cell in line) + ' |' for line in lines
    )
