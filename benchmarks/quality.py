"""What W4A16 and a quantised KV cache cost a real model in quality: perplexity on prose, sums, endings to choose.

    python -m lessons.smollm2
    python -m benchmarks.quality --save cpu/quality

The embedded tiny-chat knows its course by heart; SmolLM2-135M-Instruct is a language model that never saw these items.
Its weights come out of a GGUF file: they were rounded to 4 bits once already, before anything is measured here.
On a CPU the engine computes in float32; W4A16 has groups of 64, since 576 input features are no multiple of 128.
"""

import math
import sys
from pathlib import Path

from tqdm import tqdm

from benchmarks.command_line import CommandLine
from benchmarks.saving import new_record, save_record
from helpers import engine_config, model_path, release
from lessons.kv_cache.quality import estimate, prose_nlls, prose_windows, right_endings, right_sums
from lessons.llama import llama_folder
from lessons.w4a16 import group_size_for, w4a16_folder

POLICIES = 0, 8, 4


def measure(name: str, folder: Path, quant_policy: int) -> dict:
    """One row: figures of each item, so that a reader can draw intervals from them."""
    from lmdeploy import pipeline

    config = engine_config(engine='pytorch', quant_policy=quant_policy, cache_max_entry_count=0.3, max_batch_size=16)
    with pipeline(str(folder), backend_config=config, log_level='ERROR') as pipe:
        row = {
            'weights': name,
            'quant_policy': quant_policy,
            'prose_nlls': [round(nll, 5) for nll in prose_nlls(pipe, prose_windows(folder))],
            'endings': [int(right) for right in right_endings(pipe, folder)],
            'sums': [int(right) for right in right_sums(pipe)],
        }
    release()
    return row


def main() -> int:
    parser = CommandLine(__doc__, 'cpu/quality')
    parser.add_argument('--model', default='smollm2-135m', help='a name or a folder (default: %(default)s)')
    args = parser.parse_args()
    model = model_path(args.model, fallback=False)
    folders = {'16 bit': model, 'W4A16': w4a16_folder(model)}
    cases = [(name, folder, policy) for name, folder in folders.items() for policy in POLICIES]
    rows = []
    for case in tqdm(cases, unit='case', file=sys.stdout):
        rows.append(measure(*case))
        row = rows[-1]
        perplexity = estimate(row['prose_nlls'], then=math.exp)
        shares = ', '.join(f'{what} {sum(row[what])} of {len(row[what])}' for what in ('endings', 'sums'))
        tqdm.write(f'{row["weights"]}, quant_policy {row["quant_policy"]}: {perplexity}, {shares}', file=sys.stdout)
    if args.save:
        data = {'group_size': group_size_for(llama_folder(model)), 'rows': rows}
        save_record(
            new_record('quality', model=Path(model).name, weights='trained', data=data, commit=args.commit), args.save
        )
    return 0


if __name__ == '__main__':
    sys.exit(main())
