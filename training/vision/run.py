"""All in one: tokenizer, training, scores, card: `python -m training.vision.run --minutes 8 --out models/tiny-vlm`."""

import argparse
import json
import pathlib
import time
from dataclasses import replace

from training.files import current_commit, pack, record_evaluation

from . import card, evaluate, train

SMOKE = train.Settings(steps=5, chunks=1, peak_lr=4e-3, texts=200, processes=0)
OPTIONS = ('minutes', 'steps', 'chunks', 'peak_lr', 'texts', 'processes', 'seed', 'compile', 'text_layers', 'text_ffn')


def main(words: list[str] | None = None) -> None:
    start = time.perf_counter()
    defaults = train.Settings()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--out', type=pathlib.Path, required=True, help='the folder of the model')
    parser.add_argument('--minutes', type=float, default=8.0, help='of the whole run')
    parser.add_argument('--reserve', type=float, default=1.5, help='minutes of them kept for the evaluation')
    parser.add_argument('--steps', type=int, default=None, help='of training, instead of the minutes')
    parser.add_argument('--chunks', type=int, default=defaults.chunks, help='of 64 pictures, in a step')
    parser.add_argument('--peak-lr', type=float, default=defaults.peak_lr)
    parser.add_argument('--texts', type=int, default=defaults.texts, help='pictures talked about for the tokenizer')
    parser.add_argument('--processes', type=int, default=None, help='that draw; default: one less than there are cores')
    parser.add_argument('--seed', type=int, default=0)
    parser.add_argument('--compile', action='store_true', help='with torch.compile')
    parser.add_argument('--text-layers', type=int, default=defaults.text_layers)
    parser.add_argument('--text-ffn', type=int, default=defaults.text_ffn)
    parser.add_argument('--number', type=int, default=400, help='cases of each task in the evaluation')
    parser.add_argument('--archive', type=pathlib.Path, default=None, help='also pack the folder into this .tar.gz')
    parser.add_argument('--commit', default=None, help="of the training code, for the log; default: git's")
    parser.add_argument(
        '--small', action='store_true', help='the small model of --smoke, with the other settings given'
    )
    parser.add_argument('--smoke', action='store_true', help='a small model for some steps, under a minute on a CPU')
    arguments = parser.parse_args(words)
    arguments.out.mkdir(parents=True, exist_ok=True)
    commit = arguments.commit or current_commit()  # now: files may change while it runs
    if arguments.smoke:
        settings = SMOKE
    else:
        settings = replace(defaults, **{name: getattr(arguments, name) for name in OPTIONS})
        settings = replace(settings, minutes=max(0.5, arguments.minutes - arguments.reserve))
    log = train.train(arguments.out, settings, arguments.smoke or arguments.small, commit)
    print(
        f'training: {log["steps"]} steps, {log["pictures_seen"]} pictures ({log["pictures_drawn"]} drawn) in '
        f'{log["time_s"]} s, loss {log["curve"][-1]["loss"]}',
        flush=True,
    )
    try:
        if arguments.smoke:
            result = evaluate.evaluate(arguments.out, number=2, limit=8)
        else:
            result = evaluate.evaluate(arguments.out, arguments.number)
        record_evaluation(arguments.out, result)
        card.write(arguments.out)
        print(evaluate.show(result))
        print(json.dumps(log['curve'][-1]))
    finally:  # the weights come back even where the evaluation fails
        if arguments.archive:
            pack(arguments.out, arguments.archive)
    print(f'all: {time.perf_counter() - start:.0f} s')


if __name__ == '__main__':
    main()
