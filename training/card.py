"""The model card, drawn from training_log.json: `python -m training.card models/tiny-chat`.  No number is typed in."""

# ruff: noqa: E501 (prose)
import argparse
import hashlib
import json
import os
import pathlib
import shlex

from training.evaluate import totals
from training.files import write_json

NAMES = {'en': 'English', 'zh': 'Chinese'}


def percent(pair) -> str:
    return f'{pair[0]} of {pair[1]} ({pair[0] / pair[1]:.1%})' if pair and pair[1] else '–'


def table(header: list[str], rows: list[list[str]]) -> str:
    lines = [header, ['---'] * len(header), *rows]
    return '\n'.join(
        '| ' + ' | '.join(str(cell).replace('|', '\\|').replace('\n', '<br>') for cell in line) + ' |' for line in lines
    )


def curve(log: dict, path: pathlib.Path) -> None:
    """The loss curve as a PNG."""
    import matplotlib

    matplotlib.use('Agg')
    from matplotlib import pyplot as plt

    figure, axis = plt.subplots(figsize=(7, 3.5), dpi=110)
    axis.plot(
        [point['tokens'] / 1e6 for point in log['curve']],
        [point['loss'] for point in log['curve']],
        label='training loss',
    )
    steps = {point['step']: point['tokens'] / 1e6 for point in log['curve']}
    last = log['tokens_seen'] / 1e6
    held = [(steps.get(point['step'], last), point['perplexity']) for point in log['held_out_perplexity']]
    axis.set(
        xlabel='tokens seen (millions)',
        ylabel="loss of the assistant's tokens (nats)",
        yscale='log',
        title='tiny-chat: training',
    )
    other = axis.twinx()
    other.plot(*zip(*held, strict=True), 'o--', color='tab:orange', label='held-out perplexity')
    other.set(ylabel='held-out perplexity', yscale='log')
    axis.legend(loc='upper right')
    other.legend(loc='center right')
    figure.tight_layout()
    figure.savefig(path, metadata={'Software': None})
    plt.close(figure)


def score_rows(result: dict) -> list[list[str]]:
    rows = []
    for category, languages in result['scores'].items():
        base = result['baseline'].get(category, {})
        rows.append(
            [
                category,
                *(percent(languages.get(language)) for language in NAMES),
                *(percent(base.get(language)) for language in NAMES),
            ]
        )
    frozen = list(result['baseline'])
    model, lookup = totals(result['scores'], frozen), totals(result['baseline'])
    rows.append(
        [
            '**all frozen paraphrases**',
            *(f'**{percent(model[language])}**' for language in NAMES),
            *(percent(lookup[language]) for language in NAMES),
        ]
    )
    return rows


def card(folder: pathlib.Path, interim: bool = False) -> str:
    """The text of README.md."""
    log = json.loads((folder / 'training_log.json').read_text('utf-8'))
    model, corpus, settings = log['model'], log['corpus'], log['settings']
    weights = folder / 'model.safetensors'
    parts = ['# tiny-chat', '']
    if interim:
        parts += [
            '> **Interim weights**: a few minutes on a CPU, there for their format.  Their answers mean little.',
            '',
        ]
    parts += [
        f'A chat model of {log["parameters"] / 1e6:.2f} million parameters ({weights.stat().st_size / 1e6:.1f} MB in bf16) for English and Chinese, '
        'trained from scratch, so that every cell of this course runs on any machine with a model that answers.  It is an '
        "InternLM2 checkpoint: packed `wqkv`, InternLM2's chat tokens and template, read by LMDeploy as it reads InternLM2-Chat.",
        '',
        table(
            ['', ''],
            [
                [
                    'architecture',
                    f'InternLM2ForCausalLM: {model["num_layers"]} layers, hidden {model["hidden_size"]}, {model["num_heads"]} heads of '
                    f'{model["hidden_size"] // model["num_heads"]}, {model["num_kv_heads"]} KV head, FFN {model["intermediate_size"]}',
                ],
                ['vocabulary', f'{model["vocab_size"]} tokens, byte-level BPE; digits and Han characters stand alone'],
                [
                    'context',
                    f'{model["max_position_embeddings"]} positions, trained on conversations of up to 1024 tokens',
                ],
                ['stops at', '`</s>` and `<|im_end|>`'],
            ],
        ),
        '',
        '## What it is good for',
        '',
        'Trying LMDeploy: chat, streaming, batches, quantisation, serving.  It greets, says who it is, answers questions on LMDeploy and this '
        'course, tells small stories, writes short poems, gives advice, adds and subtracts up to 100, keeps a name or a number '
        'through some turns, and says so when it does not know.',
        '',
        '## What it is not good for',
        '',
        'Anything else.  It knows nothing of the world beyond its texts, cannot reason, program, translate or summarise, and it can be '
        'confidently wrong: a question near to one that it knows gets the answer to that one.  Its answers about LMDeploy are those of the '
        'course at the time of training; the chapters are right where the two differ.  Its speed and memory say nothing about a model of useful size.',
        '',
        '## Training',
        '',
        f'The texts are in `training/`: questions and answers, generators of stories and talk, {corpus["conversations"]:,} conversations of '
        f'{corpus["tokens"]:,} tokens in all, drawn with seed {settings["seed"]} (SHA-256 of the corpus `{corpus["sha256"]}`).  '
        "The loss is on the assistant's words, and a little on the user's.",
        '',
        table(
            ['', ''],
            [
                ['command', f'`{log.get("command", "python -m training.run")}`'],
                ['device', log['device']],
                ['versions', ', '.join(f'{name} {version}' for name, version in log['versions'].items())],
                ['date', log['date']],
                [
                    'time',
                    f'{log["time_s"]:.0f} s of training, {log["steps"]:,} steps, {log["tokens_seen"] / 1e6:.1f} million tokens',
                ],
                ['settings', ', '.join(f'{name} {value}' for name, value in settings.items())],
                [
                    'held-out perplexity',
                    f"{log['held_out_perplexity'][-1]['perplexity']:.3f} on the assistant's tokens of conversations drawn with another seed",
                ],
            ],
        ),
        '',
        '![loss curve](loss.png)',
        '',
    ]
    result = log.get('evaluation')
    if result:
        parts += [
            '## Scores',
            '',
            'Greedy answers, graded by answer keys.  The paraphrases were frozen before training, and no training text contains one.  '
            'The look-up answers with what belongs to the nearest trained question (character n-gram TF-IDF).',
            '',
            table(['', *NAMES.values(), *(f'look-up, {name}' for name in NAMES.values())], score_rows(result)),
            '',
            f'Perplexity of the reference answers behind the frozen paraphrases: {result["paraphrase_perplexity"]}.',
            '',
            '### Stories of different seeds (temperature 0.8)',
            '',
            table(
                [
                    'prompt',
                    'seeds',
                    'ended',
                    'different',
                    'different openings',
                    'characters',
                    'in the length asked for',
                ],
                [
                    [
                        story['prompt'],
                        story['seeds'],
                        story['ended'],
                        story['different'],
                        story['different_openings'],
                        f'{story["shortest"]} to {story["longest"]}',
                        f'{story["within"]} ({story["asked"][0]} to {story["asked"][1]})' if 'asked' in story else '–',
                    ]
                    for story in result['stories']
                ],
            ),
            '',
            "### Answers to the course's prompts",
            '',
            table(['prompt', 'answer'], [[sample['question'], sample['answer']] for sample in result['samples']]),
            '',
            '### What it missed of the frozen paraphrases',
            '',
        ]
        missed = [miss for miss in result['misses'] if miss['category'] in result['baseline']]
        parts += [
            table(['question', 'answer'], [[miss['question'], miss['answer'][:100]] for miss in missed])
            if missed
            else 'None.',
            '',
        ]
    parts += ['## Files', '']
    files = [
        [path.name, path.stat().st_size, f'`{hashlib.sha256(path.read_bytes()).hexdigest()}`']
        for path in sorted(folder.iterdir())
        if path.suffix in ('.safetensors', '.json') and path.name != 'training_log.json'
    ]
    if result:
        files += [[f'training/{name}', '', f'`{digest}`'] for name, digest in result['frozen_files_sha256'].items()]
    parts += [
        table(['file', 'bytes', 'SHA-256'], files),
        '',
        'This card is made from `training_log.json` by `python -m training.card`.',
        '',
    ]
    return '\n'.join(parts)


def write(folder: pathlib.Path, interim: bool = False) -> None:
    curve(json.loads((folder / 'training_log.json').read_text('utf-8')), folder / 'loss.png')
    new = folder / 'README.new'
    new.write_text(card(folder, interim), 'utf-8')
    os.replace(new, folder / 'README.md')


def note_command(folder: pathlib.Path, arguments: list[str]) -> None:
    """Keep in training_log.json by which command the model was made."""
    path = folder / 'training_log.json'
    log = json.loads(path.read_text('utf-8'))
    log['command'] = shlex.join(['python', '-m', 'training.run', *arguments])
    write_json(path, log)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('folder', type=pathlib.Path, nargs='?', default=pathlib.Path('models/tiny-chat'))
    parser.add_argument('--interim', action='store_true', help='say that the weights are only there for their format')
    arguments = parser.parse_args()
    write(arguments.folder, arguments.interim)


if __name__ == '__main__':
    main()
