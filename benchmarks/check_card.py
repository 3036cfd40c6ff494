"""Check a record of somebody's card, a file that anybody may have spoiled; with `--take`, put it among the records.

    python -m benchmarks.check_card FILE [--take]

It is a record of `make records ARGS=--quick`: its size, its fields and their bounds, no path and no markup in a text,
and its comparison is of its own figures.  Where it belongs follows from the device's name, never from the file's.
"""

import re
import sys
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, ConfigDict, Field, model_validator

from benchmarks.card_comparison import compare
from benchmarks.command_line import CommandLine
from benchmarks.quantised import SHORT
from benchmarks.saving import device_folder, save_record
from helpers.records import RECORDS, Record
from homework.schema import Model as Lenient
from homework.schema import read_checked
from lessons.progress.report import read_regular

MOST_BYTES = 64 * 1024


def _no_path(text: str) -> str:
    if '..' in text or text != text.strip():
        raise ValueError('a path, or blanks at an end')
    return text


Name = Annotated[str, Field(pattern=r'^[A-Za-z0-9][A-Za-z0-9 ()+.,@-]{0,79}$'), AfterValidator(_no_path)]
Version = Annotated[str, Field(pattern=r'^[A-Za-z0-9][A-Za-z0-9.+_-]{0,39}$'), AfterValidator(_no_path)]
What = Annotated[str, Field(pattern=r'^[A-Za-z0-9][A-Za-z0-9 .,:]{0,79}$'), AfterValidator(_no_path)]
Mib = Annotated[int | float, Field(ge=0, le=1 << 22)]  # 4 TiB
Tokens = Annotated[int, Field(ge=1, le=1 << 32)]
Speed = Annotated[int | float, Field(gt=0, le=1e7)]
Seconds = Annotated[int | float, Field(ge=0, le=3600)]
Off = Annotated[int | float, Field(ge=-1e6, le=1e6)]


class Model(Lenient):
    """Every field has a name here, and bounds."""

    model_config = ConfigDict(extra='forbid')


class Arguments(Model):
    """Of `predict_memory`, as the quick measurement sets them."""

    model: Literal['internlm2-chat-1_8b']
    free_bytes: Annotated[int, Field(ge=1 << 30, le=1 << 42)] | None
    engine: Literal['turbomind']
    cache_max_entry_count: Literal[0.8, 0.5, 0.2]
    quant_policy: Literal[0, 4, 8]
    awq: bool
    session_len: Literal[4096]
    max_batch_size: Literal[128]


class Start(Model):
    """An engine that started, or did not; one that started has all its figures."""

    arguments: Arguments
    slice_mib: Annotated[int, Field(ge=1024, le=1 << 22)] | None
    outcome: Literal['started', 'failed', 'hang']
    free_at_sizing_mib: Mib | None = None
    budget_mib: Mib | None = None
    slab_bytes: Tokens | None = None
    block_bytes: Tokens | None = None
    tokens: Tokens | None = None
    engine_mib: Mib | None = None
    context_mib: Annotated[int | float, Field(ge=-(1 << 22), le=1 << 22)] | None = None
    start_s: Seconds | None = None

    @model_validator(mode='after')
    def _whole(self) -> 'Start':
        needed = (self.arguments.free_bytes, self.free_at_sizing_mib, self.tokens, self.engine_mib, self.context_mib)
        if self.outcome == 'started' and None in needed:
            raise ValueError('it started, and lacks a figure')
        return self


class Decode(Model):
    weights: Literal['bf16', 'fp16', 'W4A16']
    kv: Literal['bf16', 'fp16', 'int8', 'int4']
    batch: Literal[1, 8, 32]
    time_s: Annotated[int | float, Field(gt=0, le=3600)]
    output_tokens_per_s: Speed


class Roofline(Model):
    bytes_per_s: Annotated[int | float, Field(ge=1e9, le=1e14)]
    bf16_flop_per_s: Annotated[int | float, Field(ge=1e10, le=1e17)] | None = None
    fp16_flop_per_s: Annotated[int | float, Field(ge=1e10, le=1e17)] | None = None

    @model_validator(mode='after')
    def _one_type(self) -> 'Roofline':
        if (self.bf16_flop_per_s is None) == (self.fp16_flop_per_s is None):
            raise ValueError('bf16_flop_per_s or fp16_flop_per_s, one of them')
        return self


class Compared(Model):
    what: What
    unit: Literal['MiB', 'tokens', 'tokens per s', 'times']
    predicted: Annotated[int | float, Field(ge=0, le=1e12)]
    measured: Annotated[int | float, Field(ge=-1e12, le=1e12)]
    off_percent: Off
    by: Literal['predict_memory', 'roofline', 'H200']

    @model_validator(mode='after')
    def _adds_up(self) -> 'Compared':
        # Figures are rounded, gains to two digits: a per cent of a gain may be lost.
        if self.predicted and abs(100 * (self.measured / self.predicted - 1) - self.off_percent) > 3:
            raise ValueError('off_percent is not of these figures')
        return self


class Data(Model):
    slice_mib: Annotated[int, Field(ge=1024, le=1 << 22)] | None
    dtype: Literal['bfloat16', 'float16']
    tokens_in: Literal[61]
    tokens_out: Literal[256]
    repeats: Annotated[int, Field(ge=1, le=100)]
    session_len: Literal[4096]
    max_batch_size: Literal[128]
    roofline: Annotated[list[Roofline], Field(min_length=1, max_length=1)]
    rows: Annotated[list[Start], Field(min_length=1, max_length=6)]
    speed: Annotated[list[Decode], Field(max_length=12)]
    comparison: Annotated[list[Compared], Field(max_length=40)]

    @model_validator(mode='after')
    def _fits_together(self) -> 'Data':
        data, short = self.plain(), SHORT[self.dtype]
        possible = {(short, short), ('W4A16', short), (short, 'int8'), (short, 'int4')}
        if f'{short}_flop_per_s' not in data['roofline'][0] or {(r.weights, r.kv) for r in self.speed} - possible:
            raise ValueError(f'roofline or speed is not of {self.dtype}')
        if any(row.slice_mib != self.slice_mib for row in self.rows):
            raise ValueError('rows of another slice_mib')
        # Predictions are those of the day; what was measured stands in the record twice.
        seen, again = (
            [(row['what'], row['unit'], row['measured']) for row in rows]
            for rows in (data['comparison'], compare(data))
        )
        if seen != again:
            raise ValueError('the comparison is not of these figures')
        return self


class Versions(Model):
    python: Version
    lmdeploy: Version
    torch: Version
    transformers: Version


class Quick(Model):
    """A record, `helpers.records.Record`, of the topic quick."""

    topic: Literal['quick', 'quick_slice']
    device: Name
    driver: Version
    versions: Versions
    date: Annotated[str, Field(pattern=r'^20[0-9]{2}-[0-9]{2}-[0-9]{2}$')]
    commit: Annotated[str, Field(pattern=r'^[0-9a-f]{7,40}(-dirty)?$')]
    model: Literal['InternLM2-Chat-1.8B']
    weights: Literal['random']
    data: Data


def check_card(path: Path) -> tuple[Record, str]:
    """The record in a file, and the name under which it belongs.

    Raises:
        OSError: it cannot be read, or is a link.
        ValueError: what is wrong with it, and where.
    """
    _, content = read_checked(read_regular(path, MOST_BYTES), Quick)
    record = Record(**content)
    if (record.topic == 'quick_slice') != (record.data['slice_mib'] is not None):
        raise ValueError(f'topic {record.topic!r} with slice_mib={record.data["slice_mib"]}')
    folder = device_folder(record.device)
    if not re.fullmatch(r'[a-z0-9-]{1,80}', folder):
        raise ValueError(f"['device']: {record.device!r} makes no folder's name")
    return record, f'{folder}/{record.topic}'


def main() -> int:
    parser = CommandLine(__doc__)
    parser.add_argument('file', type=Path)
    parser.add_argument('--take', action='store_true', help='write it to where it belongs')
    args = parser.parse_args()
    try:
        record, name = check_card(args.file)
    except (OSError, ValueError) as error:
        print(f'{args.file}: {error}', file=sys.stderr)
        return 1
    print(record.describe())
    path = save_record(record, name) if args.take else RECORDS / f'{name}.json'
    print(f'{"written" if args.take else "a whole record; it belongs at"}: {path.relative_to(RECORDS.parent)}')
    return 0


if __name__ == '__main__':
    sys.exit(main())
