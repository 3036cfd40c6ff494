"""Corpus, training, scores and model card in one: `python -m training.chat.run --minutes 12 --out models/tiny-chat`.

What stands at --out is replaced when all of it is there, weights, scores and card; after an error or a kill it is as it
was.  With the new weights go new texts for chapter 4 (`python -m training.chat.calibration`) and new outputs of the
notebooks (`python tools/course.py --store`).
"""

import argparse
import pathlib
import tempfile
import time
from dataclasses import replace

from helpers.files import read_json, whole_folder
from training.files import current_commit, pack, record, record_evaluation

from . import card, evaluate, train

LOG = 'training_log.json'


def main(words: list[str] | None = None) -> None:
    start = time.perf_counter()
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--out', type=pathlib.Path, required=True, help='the folder of the model')
    parser.add_argument('--conversations', type=int, default=train.CONVERSATIONS)
    parser.add_argument('--reserve', type=float, default=1.5, help='minutes kept for the evaluation')
    parser.add_argument('--processes', type=int, default=None)
    parser.add_argument('--archive', type=pathlib.Path, default=None, help='also pack the folder into this .tar.gz')
    parser.add_argument('--smoke', action='store_true', help='a small model for some steps, under a minute on a CPU')
    train.add_arguments(parser)
    arguments = parser.parse_args(words)
    commit = arguments.commit or current_commit()  # now: files may change while it runs
    before = evaluate.summary(read_json(arguments.out / LOG))
    with tempfile.TemporaryDirectory() as scratch:
        if arguments.smoke:
            corpora = train.corpora(
                pathlib.Path(scratch), 2000, 200, arguments.seed, processes=1, tokenizer_conversations=2000
            )
            settings, config = train.SMOKE, train.SMOKE_MODEL
        else:
            corpora = train.corpora(
                pathlib.Path(scratch),
                arguments.conversations,
                4000,
                arguments.seed,
                processes=arguments.processes,
                tokenizer=arguments.tokenizer,
            )
            # --minutes is for the whole run: what is left after the corpus and before the evaluation is for training
            left = arguments.minutes - arguments.reserve - (time.perf_counter() - start) / 60
            settings, config = replace(train.settings_from(arguments), minutes=max(left, 0.5)), None
    print(
        f'corpus: {corpora[0].num_conversations} conversations, {len(corpora[0].tokens)} tokens, '
        f'{time.perf_counter() - start:.0f} s',
        flush=True,
    )
    with whole_folder(arguments.out, replaces=lambda there: (there / LOG).exists()) as work:
        log = train.train(*corpora, work, settings, config, commit=commit)
        print(
            f'training: {log["steps"]} steps, {log["tokens_seen"] / 1e6:.0f}M tokens in {log["time_s"]} s, '
            f'loss {log["curve"][-1]["loss"]}, held-out perplexity {log["held_out_perplexity"][-1]["perplexity"]}',
            flush=True,
        )
        try:
            record(work, 'before', before)
            result = evaluate.evaluate(work, quick=arguments.smoke)
            record_evaluation(work, result)
            card.write(work)
            print(evaluate.show(result))
        finally:  # the weights come back even where the evaluation fails
            if arguments.archive:
                pack(work, arguments.archive)
    print(f'all: {time.perf_counter() - start:.0f} s')


if __name__ == '__main__':
    main()
