"""How often structured output is no JSON, as LMDeploy is and repaired: both engines on a GPU, kept as a record.

    python -m benchmarks.guided_json --save h200/guided_json

Forty questions to the embedded tiny-chat, sampled with fixed seeds, answered in a schema of two free strings.  An
answer that ends with 'stop' is to be JSON; one that ends at the limit of its length is cut.  lmdeploy_cpu/README.md
says why answers are broken (“A report”), and `lmdeploy_cpu.repair_guided()` mends it.
"""

import json
import time

import jsonschema
import torch

from benchmarks.command_line import CommandLine
from benchmarks.own_process import Processes
from benchmarks.saving import new_record, save_record
from helpers.models import EMBEDDED

SCHEMA = {
    'type': 'object',
    'required': ['joke', 'topic'],
    'additionalProperties': False,
    'properties': {'joke': {'type': 'string'}, 'topic': {'type': 'string'}},
}
QUESTIONS = [f'Tell me a joke about the number {number}.' for number in range(40)]
MODEL, TOKENS_OUT, TIMEOUT_S = 'tiny-chat', 200, 240


def is_json(text: str) -> bool:
    """Is this an object of the schema?"""
    try:
        jsonschema.validate(json.loads(text), SCHEMA)
    except (ValueError, jsonschema.ValidationError):
        return False
    return True


def counted(answers) -> dict[str, int]:
    """How the answers ended ('stop', 'length'), and how many of those that ended with 'stop' are no JSON."""
    stopped = [answer.text for answer in answers if answer.finish_reason == 'stop']
    cut = sum(answer.finish_reason == 'length' for answer in answers)
    return {'answers': len(answers), 'stop': len(stopped), 'length': cut,
            'stop_and_no_json': sum(not is_json(text) for text in stopped)}  # fmt: skip


def ask(pipe) -> dict[str, int]:
    """`counted` of the forty questions; `pipe` is LMDeploy's pipeline on tiny-chat."""
    from lmdeploy import GenerationConfig

    form = {'type': 'json_schema', 'json_schema': {'name': 'joke', 'schema': SCHEMA}}
    configs = [
        GenerationConfig(
            max_new_tokens=TOKENS_OUT, do_sample=True, temperature=1.0, random_seed=seed, response_format=form
        )
        for seed in range(len(QUESTIONS))
    ]
    return counted(pipe(QUESTIONS, gen_config=configs))


def measure(engine: str, repaired: bool, report) -> None:
    """One row, in a process of its own: a repair holds for the whole process."""
    from lmdeploy import PytorchEngineConfig, TurbomindEngineConfig, pipeline

    from lmdeploy_cpu import repair_guided

    if repaired:
        repair_guided()
    make = {'turbomind': TurbomindEngineConfig, 'pytorch': PytorchEngineConfig}[engine]
    config = make(session_len=512, max_batch_size=64, cache_max_entry_count=0.1)
    with pipeline(str(EMBEDDED / MODEL), backend_config=config, log_level='ERROR') as pipe:
        report(engine=engine, repaired=repaired, **ask(pipe))


def main() -> int:
    parser = CommandLine(__doc__, 'h200/guided_json')
    args = parser.parse_args()
    if not torch.cuda.is_available():
        parser.error('this measures a GPU, and torch finds none; of the CPU device a test holds it')
    rows, ended, processes = [], [], Processes('spawn')
    for engine in ('turbomind', 'pytorch'):
        for repaired in (False, True):
            why = processes.measure(
                measure,
                (engine, repaired),
                keep=rows.append,
                timeout_s=TIMEOUT_S,
                deadline=time.monotonic() + TIMEOUT_S,
            )
            said = why.splitlines()[0] if why else json.dumps(rows[-1])
            ended += [{'engine': engine, 'repaired': repaired, 'why': said}] * bool(why)
            print(engine, 'repaired' if repaired else 'as it is', said, flush=True)
    if args.save and rows:
        data = {'questions': len(QUESTIONS), 'tokens_out': TOKENS_OUT, 'temperature': 1.0, 'rows': rows, 'ended': ended}
        record = new_record('guided_json', model=MODEL, weights='trained', data=data, commit=args.commit)
        print('written:', save_record(record, args.save))
    return int(bool(ended))


if __name__ == '__main__':
    raise SystemExit(main())
