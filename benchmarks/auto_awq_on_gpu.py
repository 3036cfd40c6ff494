"""Chapter 4 on a GPU: `lmdeploy lite auto_awq` of a 1.8B model, its time, memory and what comes out.

    python -m benchmarks.auto_awq_on_gpu --save h200/auto_awq

Random weights in the exact geometry of InternLM2-Chat-1.8B, unpacked to Llama's names; the course's own text.
"""

import dataclasses
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import torch

from benchmarks.command_line import CommandLine
from benchmarks.random_checkpoint import random_checkpoint
from benchmarks.saving import new_record, save_record
from helpers import MemorySampler, device_memory
from helpers.memory import MIB
from lessons.w4a16.awq import check_quantizable, describe_checkpoint, quantized_folder
from lessons.w4a16.calibration import calibration_dataset

OPTIONS = {'calib_samples': 32, 'calib_seqlen': 1024, 'w_bits': 4, 'w_group_size': 128, 'batch_size': 1}


def quantise(source: Path, target: Path, search_scale: bool) -> dict:
    """Run the command; the figures of one row."""
    needed_bytes = check_quantizable(source, w_group_size=OPTIONS['w_group_size']).total_bytes
    data = calibration_dataset(
        source, calib_samples=OPTIONS['calib_samples'], calib_seqlen=OPTIONS['calib_seqlen']
    )  # fmt: skip
    flags = [x for name, value in OPTIONS.items() for x in (f'--{name.replace("_", "-")}', str(value))]
    with quantized_folder(target, needed_bytes) as work:
        command = ['-m', 'lmdeploy', 'lite', 'auto_awq', str(source), '--calib-dataset', 'wikitext2', *flags]
        command += ['--work-dir', str(work), *(['--search-scale'] if search_scale else [])]
        start = time.perf_counter()
        before_bytes = device_memory().used_bytes
        with MemorySampler(0.1, keep=1) as sampler:
            subprocess.run([sys.executable, *command], cwd=data.folder, check=True)
        time_s = time.perf_counter() - start
    made = describe_checkpoint(target)
    return {
        'search_scale': search_scale,
        'time_s': round(time_s, 1),
        'peak_mib': round((sampler.peak_used_bytes - before_bytes) / MIB),
        **dataclasses.asdict(made.weights),
        'files': made.file_bytes,
        'quantization_config': made.quantization_config,
    }


def main() -> None:
    parser = CommandLine(__doc__, 'h200/auto_awq')
    parser.add_argument('--search-scale', action='store_true', help='search the scales: several times as long')
    args = parser.parse_args()
    if not torch.cuda.is_available():
        parser.error('this measures a GPU, and torch finds none; on a CPU chapter 4 quantises tiny-chat itself')
    with tempfile.TemporaryDirectory() as scratch:
        source = random_checkpoint('internlm2-chat-1_8b', Path(scratch, 'llama'), packed=False)
        source_bytes = describe_checkpoint(source).weights.total_bytes
        rows = [quantise(source, Path(scratch, 'awq'), args.search_scale)]
    data = {**OPTIONS, 'source_bytes': source_bytes, 'rows': rows}
    print(data)
    if args.save:
        record = new_record('auto_awq', model='InternLM2-Chat-1.8B', weights='random', data=data, commit=args.commit)
        print('written:', save_record(record, args.save))


if __name__ == '__main__':
    main()
