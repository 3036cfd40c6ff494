"""Execute the notebooks on a GPU and keep time and peak memory of each as a record.

    python -m benchmarks.notebooks_on_gpu --save h200/notebooks [--only 01 06] [--settings tiny] [--executed FOLDER]

Three settings: `tiny` runs the embedded tiny-chat and tiny-vlm, `share` random weights in the exact geometries of
InternLM2-Chat-1.8B and InternVL3-1B, laid out as InternStudio's share has them, and `slice` the same while a ballast
leaves only 8182 MiB of the card free, as on a 10 % slice of an A100.  `share` and `slice` leave 5.7 GB in
/root/share/new_models; where a real share has these models they stop.
"""

import json
import multiprocessing
import os
import sys
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient

from benchmarks.command_line import CommandLine
from benchmarks.gpu import SLICE_MIB, Ballast, card_memory
from benchmarks.random_checkpoint import random_checkpoint
from benchmarks.saving import new_record, row_origin, save_record
from benchmarks.vision_models import make_whole
from helpers import MemorySampler
from helpers.memory import MIB
from tools import chapters

ROOT = Path(__file__).resolve().parent.parent
SHARE, CHAT = Path('/root/share/new_models'), 'internlm2-chat-1_8b'
SETTINGS = ('tiny', 'share', 'slice')
TINY = {'COURSE_MODEL': 'tiny-chat', 'COURSE_VLM': 'tiny-vlm'}


def execute(path: Path, setting: str, executed: Path) -> dict:
    """Run one notebook; the row of the record."""
    try:
        notebook = nbformat.read(path, as_version=4)
    except Exception as e:  # empty, merged, cut off: the other notebooks still run
        print(f'{path.name} is no notebook: {type(e).__name__}: {e}'[:3000], flush=True)
        return {'setting': setting, 'notebook': path.stem, 'ran_to_the_end': False, 'time_s': 0.0, 'peak_mib': 0}
    resources = {'metadata': {'path': str(path.parent)}}
    # One failing cell must not hide what those after it do.
    client = NotebookClient(notebook, timeout=300, kernel_name='python3', resources=resources, allow_errors=True)
    start, error = time.perf_counter(), None
    before_bytes = card_memory().used_bytes
    with MemorySampler(0.02, card_memory, keep=1) as sampler:
        try:
            client.execute()
        except Exception as e:  # whatever stopped it, the other notebooks still run
            error = f'{type(e).__name__}: {e}'
    time_s = time.perf_counter() - start
    failed = [cell.id for cell in notebook.cells for o in cell.get('outputs', ()) if o.output_type == 'error']
    error = error or (f'failing cells: {", ".join(failed)}' if failed else None)
    executed.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, executed / f'{setting}-{path.name}')
    row = {'setting': setting, 'notebook': path.stem, 'ran_to_the_end': error is None, 'time_s': round(time_s, 1)}
    row['peak_mib'] = round((sampler.peak_used_bytes - before_bytes) / MIB)
    print(json.dumps(row), flush=True)
    if error:
        print(error[-3000:], flush=True)
    return row


def make_share() -> None:
    """Random weights where InternStudio's share has the models that the chapters look for first."""
    random_checkpoint(CHAT, SHARE / 'Shanghai_AI_Laboratory' / CHAT, auto_map=True)
    vision = SHARE / 'OpenGVLab' / 'InternVL3-1B-hf'
    if not vision.exists():
        vision.parent.mkdir(parents=True, exist_ok=True)
        # in a process of its own: drawing the numbers on the GPU leaves a CUDA context behind
        make = multiprocessing.get_context('spawn').Process(target=make_whole, args=('internvl3-1b', str(vision)))
        make.start()
        make.join()
        if make.exitcode:
            raise RuntimeError(f'{vision} could not be made')


def save(name: str | None, commit: str | None, rows: list[dict]) -> None:
    """Write the record, if it has a name."""
    if name:
        random = {row['setting'] for row in rows} - {'tiny'}
        model = 'tiny-chat, tiny-vlm'
        if random:
            model = f'InternLM2-Chat-1.8B, InternVL3-1B (settings share and slice) and {model} (tiny)'
        data = {'slice_mib': SLICE_MIB, 'rows': rows}
        save_record(
            new_record('notebooks', model=model, weights='random' if random else 'trained', data=data, commit=commit),
            name,
        )


def main() -> int:
    parser = CommandLine(__doc__, 'h200/notebooks')
    parser.add_argument('--settings', nargs='*', default=SETTINGS, choices=SETTINGS)
    parser.add_argument('--only', nargs='+', default=[''], help='only notebooks whose name contains one of these')
    parser.add_argument('--executed', type=Path, default=ROOT / 'build' / 'gpu', help='where executed copies go')
    args = parser.parse_args()
    notebooks = [p for p in chapters.ALL if any(name in p.name for name in args.only)]
    if set(args.settings) - {'tiny'}:
        make_share()
    rows = []
    for setting in args.settings:
        for variable, model in TINY.items():
            os.environ.pop(variable, None)  # the notebooks have to find the share themselves
            if setting == 'tiny':
                os.environ[variable] = model
        ballast = Ballast(SLICE_MIB) if setting == 'slice' else None
        try:
            for path in notebooks:
                rows.append(execute(path, setting, args.executed) | row_origin(args.commit))
                save(args.save, args.commit, rows)  # after each: a break costs one notebook
        finally:
            if ballast:
                ballast.close()
    return 0 if all(row['ran_to_the_end'] for row in rows) else 1


if __name__ == '__main__':
    sys.exit(main())
