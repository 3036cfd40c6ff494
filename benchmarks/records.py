"""Every measurement on a GPU that the chapters show, one after the other: `make records`.

Each topic is a program of this folder that writes records/<device>/<topic>.json.  A topic that is done is not measured
again until all are: broken off, the next call goes on where this one stopped.  `--only` measures what it names.
`--quick` measures in ten minutes what fits any card, and says how far the course's predictions are off on it.
"""

import json
import subprocess
import sys
import time
from pathlib import Path

import torch

from benchmarks.command_line import CommandLine
from benchmarks.saving import device_folder, require_savable

ROOT = Path(__file__).resolve().parent.parent
STATE = ROOT / 'build' / 'records.json'
TOPICS = {  # topic: (program and its arguments, what it measures, minutes on an H200)
    'first_speed': (('first_speed',), 'transformers beside both engines, tokens/s', 2),
    'quantised': (('quantised_on_gpu',), 'W4A16 and KV int8/int4: speed, memory, kernels', 6),
    'quantised_7b': (
        ('quantised_on_gpu', '--model', 'internlm2-chat-7b', '--kv', 'bf16', '--only', 'speed', 'profile'),
        'W4A16 of a 7B model: speed, kernels',
        3,
    ),
    'auto_awq': (('auto_awq_on_gpu',), 'quantising the 1.8B model with lite auto_awq', 2),
    'guided_json': (('guided_json',), 'structured output, as LMDeploy is and repaired', 2),
    'serving': (('serving_sweep',), 'the server with 1 to 128 clients at once', 2),
    'speed': (('speed_on_gpu',), 'transformers three ways, the engines, the server under rising rates', 35),
    'kv_cache': (('kv_cache_matrix',), 'memory of an engine, predicted and measured', 30),
    'vision': (('vision_on_gpu',), 'which vision-language models run where, and what a picture costs', 6),
    'scaling': (('scaling_on_gpu',), 'tp against replicas, on all the cards (left out where there is one)', 25),
    'notebooks': (('notebooks_on_gpu',), 'every chapter, its time and peak memory', 15),
}
QUICK = {'quick': (('your_card',), "the course's predictions beside what this card does", 3)}


def done_before(commit: str) -> list[str]:
    """Topics that an earlier call finished at this commit."""
    try:
        state = json.loads(STATE.read_text())
    except (FileNotFoundError, ValueError):
        return []
    return state['done'] if state.get('commit') == commit else []


def remember(commit: str, done: list[str]) -> None:
    STATE.parent.mkdir(exist_ok=True)
    half = STATE.with_suffix('.tmp')
    half.write_text(json.dumps({'commit': commit, 'done': done}))
    half.replace(STATE)


def main() -> int:
    parser = CommandLine(__doc__)
    which = parser.add_mutually_exclusive_group()
    which.add_argument('--only', nargs='+', choices=TOPICS, help='measure these, done or not')
    which.add_argument(
        '--quick', dest='only', action='store_const', const=list(QUICK), help='ten minutes, on any card of 8 GB or more'
    )
    parser.add_argument('--commit', help="the course's commit, where git is not at hand")
    args = parser.parse_args()
    if not torch.cuda.is_available():
        parser.error('this measures a GPU, and torch finds none; the records that the course ships are in records/')
    folder = device_folder(torch.cuda.get_device_name())
    commit = require_savable(f'{folder}/any', args.commit)
    done = [] if args.only else done_before(commit)
    single = {'scaling'} if torch.cuda.device_count() < 2 else set()
    wanted = args.only or [topic for topic in TOPICS if topic not in {*done, *single}]
    for number, topic in enumerate(wanted, start=1):
        (program, *options), what, minutes = (TOPICS | QUICK)[topic]
        print(f'[{number}/{len(wanted)}] {topic}: {what} (about {minutes} min on an H200)', flush=True)
        start = time.monotonic()
        command = [sys.executable, '-m', f'benchmarks.{program}', *options]
        command += ['--save', f'{folder}/{topic}', '--commit', commit]
        if subprocess.run(command, cwd=ROOT).returncode:
            print(f'{topic} failed; `make records` begins again with it', file=sys.stderr)
            return 1
        print(f'[{number}/{len(wanted)}] {topic}: done in {time.monotonic() - start:.0f} s', flush=True)
        if not args.only:
            remember(commit, done := [*done, topic])
    if not args.only:
        STATE.unlink(missing_ok=True)  # all done: the next call measures anew
    print(f'records/{folder}/ is complete' if not args.only else f'written to records/{folder}/')
    return 0


if __name__ == '__main__':
    sys.exit(main())
