"""Speculative decoding on a GPU: tiny-chat with the course's draft head by LMDeploy's eagle, beside plain decoding.

    python -m benchmarks.speculative --stand-in --save h200/speculative

Both run on LMDeploy's PyTorch engine, in one process, and take turns: 128 tokens, greedy, for 1, 4 and 16 questions at
once.  A run before them counts how many guesses agree, and whether the answers are the same.  LMDeploy wants
FlashAttention-3 for it; --stand-in takes benchmarks/attention_stand_in.py in its place, which the record says.
"""

import importlib.util
import statistics
import sys
import time

from benchmarks import attention_stand_in
from benchmarks.command_line import CommandLine
from benchmarks.saving import new_record, save_record
from helpers import model_path
from lessons.llama import llama_folder
from lessons.speculative import draft_folder, watch_guesses
from lessons.texts import rows

BATCHES, TOKENS_OUT, GUESSES = (1, 4, 16), 128, 3
SIZES = {'session_len': 384, 'max_batch_size': 16, 'num_gpu_blocks': 128}


def questions() -> list[str]:
    """Sixteen that tiny-chat was not trained on, the same ones as in the lesson."""
    asked = [row['messages'][0]['content'] for row in rows('heldout.jsonl')]
    return asked[:: len(asked) // 16][:16]


def seconds(pipe, asked: list[str], gen_config) -> float:
    """Of one run; raises RuntimeError where an answer has not TOKENS_OUT tokens."""
    begin = time.perf_counter()
    answers = pipe(asked, gen_config=gen_config)
    taken = time.perf_counter() - begin
    if {answer.generate_token_len for answer in answers} != {TOKENS_OUT}:
        raise RuntimeError(f'{[answer.generate_token_len for answer in answers]} tokens, not {TOKENS_OUT} each')
    return taken


def spread(values: list[float], digits: int) -> dict[str, float]:
    """Median, lowest and highest."""
    found = {'median': statistics.median(values), 'lowest': min(values), 'highest': max(values)}
    return {name: round(value, digits) for name, value in found.items()}


def measure(plain, guessing, asked: list[str], turns: int) -> dict:
    """The row of this many questions at once."""
    from lmdeploy import GenerationConfig

    fixed = GenerationConfig(max_new_tokens=TOKENS_OUT, ignore_eos=True, do_sample=False)
    wanted = [answer.token_ids for answer in plain(asked, gen_config=fixed)]
    with watch_guesses(guessing) as seen:
        got = [answer.token_ids for answer in guessing(asked, gen_config=fixed)]
    taken = [(seconds(plain, asked, fixed), seconds(guessing, asked, fixed)) for _ in range(turns)]
    tokens = TOKENS_OUT * len(asked)
    return {
        'batch': len(asked),
        'plain_tokens_per_s': spread([tokens / alone for alone, _ in taken], 1),
        'eagle_tokens_per_s': spread([tokens / guessed for _, guessed in taken], 1),
        'times_as_fast': spread([alone / guessed for alone, guessed in taken], 3),
        'tokens_a_step': round(seen.tokens_a_step, 3),
        'acceptance': round(seen.acceptance, 3),
        'agreed_in_steps': [seen.agreed[n] for n in range(seen.guesses + 1)],
        'same_answers': sum(a == b for a, b in zip(got, wanted, strict=True)),
    }


def line_of(row: dict) -> str:
    """One line for the eye."""
    times = row['times_as_fast']
    return (
        f'batch {row["batch"]:>2}: plain {row["plain_tokens_per_s"]["median"]:.0f}, '
        f'eagle {row["eagle_tokens_per_s"]["median"]:.0f} tokens/s: {times["median"]:.2f} times '
        f'({times["lowest"]:.2f} to {times["highest"]:.2f}), {row["tokens_a_step"]:.2f} tokens a step, '
        f'acceptance {row["acceptance"]:.2f}, {row["same_answers"]} of {row["batch"]} answers the same'
    )


def main() -> int:
    parser = CommandLine(__doc__, 'h200/speculative')
    parser.add_argument('--turns', type=int, default=7, help='of each pair (default: 7)')
    parser.add_argument('--stand-in', action='store_true', help='plain torch in place of FlashAttention-3')
    parser.add_argument('--eager', action='store_true', help='without CUDA graphs, both')
    args = parser.parse_args()
    import torch

    if args.turns < 1:
        parser.error('--turns must be at least 1')
    if not torch.cuda.is_available():
        parser.error('this measures a GPU, and torch finds none; the CPU device runs it in the deep dive of chapter 7')
    if not args.stand_in and importlib.util.find_spec('flash_attn_interface') is None:
        parser.error('LMDeploy wants FlashAttention-3 for it, and flash_attn_interface is not installed: --stand-in')

    from lmdeploy import PytorchEngineConfig, pipeline
    from lmdeploy.messages import SpeculativeConfig

    target = llama_folder(model_path('tiny-chat'))
    config = PytorchEngineConfig(dtype='bfloat16', eager_mode=args.eager, **SIZES)
    speculative = SpeculativeConfig(method='eagle', model=str(draft_folder(target)), num_speculative_tokens=GUESSES)
    asked, found = questions(), []
    with pipeline(str(target), backend_config=config, log_level='ERROR') as plain:
        if args.stand_in:
            attention_stand_in.install()
        given = {'backend_config': config, 'speculative_config': speculative, 'log_level': 'ERROR'}
        with pipeline(str(target), **given) as guessing:
            for batch in BATCHES:
                found.append(measure(plain, guessing, asked[:batch], args.turns))
                print(line_of(found[-1]), flush=True)
    data = {
        'method': 'eagle',
        'guesses': GUESSES,
        'attention': 'stand-in in plain torch' if args.stand_in else 'FlashAttention-3',
        'cuda_graphs': not args.eager,
        'dtype': 'bfloat16',
        'tokens_out': TOKENS_OUT,
        'turns': args.turns,
        **SIZES,
        'rows': found,
    }
    if args.save:
        record = new_record('speculative', model='tiny-chat', weights='trained', data=data, commit=args.commit)
        print('written:', save_record(record, args.save))
    return 0


if __name__ == '__main__':
    sys.exit(main())
