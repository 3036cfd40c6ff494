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
import subprocess
import sys
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient

from helpers import DeviceMemory, MemorySampler, random_checkpoint
from helpers.records import new_record, require_savable, save_record

ROOT = Path(__file__).resolve().parent.parent
SHARE = Path('/root/share/new_models/Shanghai_AI_Laboratory/internlm2-chat-1_8b')
SLICE_MIB = 8182
MIB = 1 << 20
SETTINGS = ('tiny', 'share', 'slice')
BALLAST = """
import sys, torch
free = torch.cuda.mem_get_info()[0]
ballast = torch.empty(free - int(sys.argv[1]), dtype=torch.uint8, device='cuda')
print('ready', flush=True)
sys.stdin.read()
"""


def card_memory() -> DeviceMemory:
    """The whole card as NVML sees it: torch's reading would make a CUDA context here, and take room from the slice."""
    import pynvml

    pynvml.nvmlInit()
    index = int(os.environ.get('CUDA_VISIBLE_DEVICES', '0').split(',')[0])  # NVML itself counts all cards
    info = pynvml.nvmlDeviceGetMemoryInfo(pynvml.nvmlDeviceGetHandleByIndex(index))
    return DeviceMemory(info.used, info.free, info.total, None, 'NVML', 'the card')


def start_ballast() -> subprocess.Popen:
    """A process that holds all memory of the card but SLICE_MIB; it ends when its standard input is closed."""
    command = [sys.executable, '-c', BALLAST, str(SLICE_MIB * MIB)]
    ballast = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert ballast.stdout.readline().strip() == 'ready', 'the ballast could not be allocated'
    return ballast


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
        ballast = start_ballast() if setting == 'slice' else None
        try:
            for path in notebooks:
                rows.append(execute(path, setting, args.executed))
                save(args.save, args.commit, rows)  # after each: a break costs one notebook
        finally:
            if ballast:
                ballast.communicate()
    return 0 if all(row['ran_to_the_end'] for row in rows) else 1


if __name__ == '__main__':
    sys.exit(main())
