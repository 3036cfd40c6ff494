"""Chapter 1's comparison on a GPU: output tokens/s of transformers and of LMDeploy's engines, kept as a record.

    python -m benchmarks.first_speed --save h200/first_speed

The weights are random, in the exact geometry of InternLM2-Chat-1.8B: speed does not depend on them.
All sides get the same 61 prompt tokens and write exactly 128; one run warms up, the best of two counts.
"""

import tempfile
import time
from pathlib import Path

import torch
from tqdm import tqdm

from benchmarks.command_line import CommandLine
from benchmarks.prompts import prompt_of
from benchmarks.random_checkpoint import random_checkpoint
from benchmarks.saving import new_record, save_record
from helpers import release
from lessons.llama import internlm2_to_llama

TOKENS_IN, TOKENS_OUT, BATCHES, REPEATS = 61, 128, (1, 8, 32), 2


def best_tokens_per_s(generate, batch: int) -> float:
    """Output tokens/s of `generate()`; the first run is not counted, the best of the others is."""
    speeds = []
    for _ in range(1 + REPEATS):
        torch.cuda.synchronize()
        start = time.perf_counter()
        generate()
        torch.cuda.synchronize()
        speeds.append(batch * TOKENS_OUT / (time.perf_counter() - start))
    return max(speeds[1:])


def measure_transformers(folder: Path, messages, batches, **options) -> dict[int, float]:
    """Tokens/s by batch size of `generate` with these further options."""
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.bfloat16, trust_remote_code=False).cuda()
    speeds = {}
    for batch in batches:
        inputs = tokenizer.apply_chat_template(
            [messages] * batch, add_generation_prompt=True, return_tensors='pt', return_dict=True
        ).to('cuda')

        def generate(inputs=inputs):
            out = model.generate(
                **inputs, min_new_tokens=TOKENS_OUT, max_new_tokens=TOKENS_OUT, do_sample=False, **options
            )
            assert out.shape[1] == TOKENS_IN + TOKENS_OUT

        speeds[batch] = best_tokens_per_s(generate, batch)
    release(model)
    return speeds


def measure_lmdeploy(folder: Path, messages, batches, config) -> dict[int, float]:
    """Tokens/s by batch size of a pipeline with this engine configuration."""
    from lmdeploy import GenerationConfig, pipeline

    fixed = GenerationConfig(max_new_tokens=TOKENS_OUT, ignore_eos=True, do_sample=False)
    speeds = {}
    with pipeline(str(folder), backend_config=config, log_level='ERROR') as pipe:
        for batch in batches:

            def generate(batch=batch):
                for response in pipe([messages] * batch, gen_config=fixed):
                    assert (response.input_token_len, response.generate_token_len) == (TOKENS_IN, TOKENS_OUT)

            speeds[batch] = best_tokens_per_s(generate, batch)
    release()
    return speeds


def main() -> None:
    parser = CommandLine(__doc__, 'h200/first_speed')
    args = parser.parse_args()
    if not torch.cuda.is_available():
        parser.error('this measures a GPU, and torch finds none; for a CPU there is `make bench`')

    from lmdeploy import PytorchEngineConfig, TurbomindEngineConfig
    from transformers import AutoTokenizer

    sizes = {'session_len': 4096, 'max_batch_size': 128, 'cache_max_entry_count': 0.4}
    rows = []
    with tempfile.TemporaryDirectory() as scratch:
        packed = random_checkpoint('internlm2-chat-1_8b', Path(scratch, 'internlm2-chat-1_8b'))
        llama = internlm2_to_llama(packed, Path(scratch, 'llama'))
        messages = prompt_of(AutoTokenizer.from_pretrained(llama, trust_remote_code=False), TOKENS_IN)
        engines = {
            'transformers generate': lambda: measure_transformers(llama, messages, BATCHES),
            'TurboMind': lambda: measure_lmdeploy(packed, messages, BATCHES, TurbomindEngineConfig(**sizes)),
            'PyTorch engine': lambda: measure_lmdeploy(packed, messages, BATCHES, PytorchEngineConfig(**sizes)),
            'transformers, static cache and compile': lambda: measure_transformers(
                llama, messages, BATCHES, cache_implementation='static'
            ),
        }
        for engine, measure in (bar := tqdm(engines.items(), unit='engine')):
            bar.set_postfix_str(engine)
            for batch, speed in measure().items():
                rows.append({'engine': engine, 'batch': batch, 'output_tokens_per_s': round(speed, 1)})
                tqdm.write(f'{engine:<40} batch {batch:>3}: {speed:8.0f} output tokens/s')
    data = {
        'repeats': REPEATS,
        'tokens_in': TOKENS_IN,
        'tokens_out': TOKENS_OUT,
        'dtype': 'bfloat16',
        'rows': rows,
        **sizes,
    }
    if args.save:
        record = new_record('first_speed', model='InternLM2-Chat-1.8B', weights='random', data=data, commit=args.commit)
        print('written:', save_record(record, args.save))


if __name__ == '__main__':
    main()
