"""Execute the notebooks on a GPU and keep time and peak memory of each as a record.

    python benchmarks/notebooks_on_gpu.py --save h200/notebooks --executed build/gpu [--only 01] [--settings tiny ...]

Three settings: `tiny` runs the embedded tiny-chat, `share` random weights in the exact geometry of
InternLM2-Chat-1.8B, laid out as InternStudio's share has them, and `slice` the same while a ballast leaves only
8182 MiB of the card free, as on a 10 % slice of an A100.  `share` and `slice` leave 3.8 GB in
/root/share/new_models/Shanghai_AI_Laboratory; where a real share has that model they stop.
"""

import argparse
import json
import os
import sys
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient

from card import MIB, SLICE_MIB, Ballast, card_memory
from helpers import MemorySampler, random_checkpoint
from helpers.records import new_record, require_savable, save_record

ROOT = Path(__file__).resolve().parent.parent
SHARE = Path('/root/share/new_models/Shanghai_AI_Laboratory/internlm2-chat-1_8b')
SETTINGS = ('tiny', 'share', 'slice')


def execute(path: Path, setting: str, executed: Path) -> dict:
    """Run one notebook; the row of the record."""
    notebook = nbformat.read(path, as_version=4)
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


def save(name: str | None, commit: str | None, rows: list[dict]) -> None:
    """Write the record, if it has a name."""
    if name:
        random = {row['setting'] for row in rows} - {'tiny'}
        model = 'tiny-chat' if not random else 'InternLM2-Chat-1.8B (settings share and slice) and tiny-chat (tiny)'
        data = {'slice_mib': SLICE_MIB, 'rows': rows}
        save_record(
            new_record('notebooks', model=model, weights='random' if random else 'trained', data=data, commit=commit),
            name,
        )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--settings', nargs='*', default=SETTINGS, choices=SETTINGS)
    parser.add_argument('--only', default='', help='only notebooks whose name contains this')
    parser.add_argument('--executed', type=Path, default=ROOT / 'build' / 'gpu', help='where executed copies go')
    parser.add_argument('--save', help='name of the record to write, such as h200/notebooks')
    parser.add_argument('--commit', help="the course's commit, where git is not at hand")
    args = parser.parse_args()
    if args.save:
        args.commit = require_savable(args.save, args.commit)
    if set(args.settings) - {'tiny'}:
        random_checkpoint('internlm2-chat-1_8b', SHARE, auto_map=True)
    notebooks = [p for p in sorted((ROOT / 'notebooks').glob('*.ipynb')) if args.only in p.name]
    rows = []
    for setting in args.settings:
        os.environ.pop('COURSE_MODEL', None)  # the notebooks have to find the share themselves
        if setting == 'tiny':
            os.environ['COURSE_MODEL'] = 'tiny-chat'
        ballast = Ballast(SLICE_MIB) if setting == 'slice' else None
        try:
            for path in notebooks:
                # with each its commit, so that rows of several runs can stand in one record
                rows.append(execute(path, setting, args.executed) | {'commit': args.commit})
                save(args.save, args.commit, rows)  # after each: a break costs one notebook
        finally:
            if ballast:
                ballast.close()
    return 0 if all(row['ran_to_the_end'] for row in rows) else 1


if __name__ == '__main__':
    sys.exit(main())
