"""The model card, drawn from training_log.json: `python -m training.vision.card models/tiny-vlm`.  No number is typed in."""

# ruff: noqa: E501 (prose)
import argparse
import json
import pathlib
import shlex

from helpers.files import write_whole
from training.tables import NAMES, file_rows, percent, settings_in_use, table

from .evaluate import AIM, AIMED
from .feed import WIDTH
from .model import MAX_POSITIONS
from .model_size import IMAGE_SIZE, IMAGE_TOKENS, PATCH_SIZE
from .train import Settings


def curve(log: dict, path: pathlib.Path) -> None:
    """The losses and, where measured on the way, the share of right answers, as a PNG."""
    import matplotlib

    matplotlib.use('Agg')
    from matplotlib import pyplot as plt

    figure, axis = plt.subplots(figsize=(7, 3.5), dpi=110)
    seen = [point['pictures'] / 1e6 for point in log['curve']]
    axis.plot(seen, [point['loss'] for point in log['curve']], label='answers')
    axis.plot(seen, [point['cell_loss'] for point in log['curve']], label='cells', alpha=0.6)
    axis.set(xlabel='pictures seen (millions)', ylabel='loss (nats)', yscale='log', title='tiny-vlm: training')
    axis.legend(loc='upper right')
    if log['held_out']:
        other = axis.twinx()
        for category in AIMED:
            points = [(point['pictures'] / 1e6, point['right'][category]) for point in log['held_out']]
            other.plot(*zip(*points, strict=True), '.--', alpha=0.7, label=category)
        other.set(ylabel='right on held-out pictures', ylim=(0, 1.02))
        other.legend(loc='center right', fontsize='small')
    figure.tight_layout()
    figure.savefig(path, metadata={'Software': None})
    plt.close(figure)


def command(log: dict) -> str:
    """The command that trains for as many steps as the log's run, with the settings it had."""
    settings = log['settings']
    words = ['python', '-m', 'training.vision.run', '--steps', str(log['steps'])]
    if log['smoke']:
        words.append('--small')
    for name in ('chunks', 'peak_lr', 'texts', 'seed', 'compile', 'text_layers', 'text_ffn'):
        value = settings.get(name, getattr(Settings, name))
        if value != getattr(Settings, name):
            words += [f'--{name.replace("_", "-")}', *([] if value is True else [str(value)])]
    return shlex.join([*words, '--out', 'models/tiny-vlm'])


def both(languages: dict) -> list[int]:
    return [sum(pair[i] for pair in languages.values()) for i in (0, 1)]


def verdict(result: dict) -> str:
    """Which of the aims are reached."""
    rates = {category: both(result['scores'][category]) for category in AIMED}
    low = [f'{category} {right / number:.1%}' for category, (right, number) in rates.items() if right / number < AIM]
    aim = f'The aim is {AIM:.0%} for each of: {"; ".join(AIMED)}.'
    return f'{aim}  {"Below it: " + ", ".join(low) if low else "All reach it"}.'


def about(log: dict, weights_bytes: int) -> list[str]:
    vision, text = log['model']['vision'], log['model']['text']
    return [
        '# tiny-vlm',
        '',
        *(['> **Interim weights**: a small model, there for its format.  Its answers mean little.', ''] * log['smoke']),
        f'A vision-language model of {log["parameters"] / 1e6:.2f} million parameters ({weights_bytes / 1e6:.1f} MB in bf16) that looks at simple '
        'drawings and answers in English and Chinese, trained from nothing, so that every cell of this course runs on any machine.  It is an InternVL '
        'checkpoint in the format of transformers (`InternVLForConditionalGeneration` with a Qwen2 language model), read by both engines of LMDeploy.',
        '',
        table(
            ['', ''],
            [
                ['vision tower', f'{vision["num_hidden_layers"]} layers, hidden {vision["hidden_size"]}, {vision["num_attention_heads"]} heads, FFN {vision["intermediate_size"]}'],
                ['a picture', f'becomes {IMAGE_SIZE} × {IMAGE_SIZE} pixels whatever its shape, {(IMAGE_SIZE // PATCH_SIZE) ** 2} patches of {PATCH_SIZE} × {PATCH_SIZE}, {IMAGE_TOKENS} tokens; always one tile'],
                ['language model', f'Qwen2: {text["num_hidden_layers"]} layers, hidden {text["hidden_size"]}, {text["num_attention_heads"]} heads of {text["hidden_size"] // text["num_attention_heads"]}, 1 KV head, FFN {text["intermediate_size"]}, embeddings tied'],
                ['vocabulary', f'{log["vocabulary"]} tokens, byte-level BPE'],
                ['context', f'{MAX_POSITIONS} positions, trained on conversations of up to {WIDTH} tokens'],
                ['stops at', '`<|im_end|>`'],
            ],
        ),
        '',
        '## What it is good for',
        '',
        'Trying LMDeploy with pictures.  It names shapes, colours, some animals and things, reads a digit or a letter, counts to five, tells left, right, '
        'above and below, says what is there and what is not, and describes simple scenes: of drawings like those that it was trained on, made with a '
        'paint program, with Pillow or with matplotlib.',
        '',
        '## What it is not good for',
        '',
        'Photographs, and everything else.  It knows only what its training draws, answers any question as if it were one of those, and names something '
        'from its list also where the picture shows something else.  It forgets itself in long conversations.  Its speed and memory say nothing about a '
        'model of useful size.',
        '',
    ]  # fmt: skip


def making(log: dict) -> list[str]:
    settings = log['settings']
    rows = {
        'command': f'`{command(log)}`',
        'code': f'commit `{log["commit"]}`' if log.get('commit') else 'no commit recorded',
        'device': log['device'],
        'trained with': ', '.join(f'{name} {version}' for name, version in log['versions'].items()),
        'date': log['date'],
        'time': f'{log["time_s"]:.0f} s of training, {log["steps"]:,} steps, {log["pictures_seen"]:,} pictures, {log["pictures_drawn"]:,} of them drawn anew',
        'settings': settings_in_use(settings),
    }
    return [
        '## Training',
        '',
        'The pictures and the talk about them are made by `training/vision/` while training runs.  The loss is on the answers; a second one, on '
        'what covers each cell of the picture and how many things have their middle in it, helps the vision tower along and fades.',
        '',
        table(['', ''], [list(row) for row in rows.items()]),
        '',
        'With drawing processes beside it a run depends on their speed: the command gives a model that is alike, not equal bit for bit.',
        '',
        '![loss curve](loss.png)',
        '',
    ]


def scores(result: dict) -> list[str]:
    rows = [
        [category, *(percent(languages.get(language)) for language in NAMES), percent(both(languages))]
        for category, languages in result['scores'].items()
    ]
    described = {
        'named of what is there': ('things_there_named', 'things_there'),
        'named though not there': ('things_named_not_there', 'things_named'),
        'groups with the right number and colour': ('groups_with_right_number_and_colour', 'groups_there'),
        'came to an end': ('ended', 'pictures'),
        'word for word as the facts say it': ('as_the_facts_say_it', 'pictures'),
    }
    found = result['descriptions']
    return [
        '## Scores',
        '',
        f'Greedy answers in fp32 about pictures that were drawn with other seeds: places, most sizes, and the fonts of signs not written by hand are ones that training leaves out '
        f'({result["cases_each"]} cases of each task).  An answer is right if the whole sentence is.',
        '',
        table(['', *NAMES.values(), 'together'], rows),
        '',
        verdict(result),
        '',
        '### Descriptions',
        '',
        table(
            ['', *NAMES.values()],
            [
                [title, *(percent((found[language][part], found[language][whole])) for language in NAMES)]
                for title, (part, whole) in described.items()
            ],
        ),
        '',
        table(['facts', 'description'], [[sample['facts'], sample['answer']] for sample in result['samples']]),
        '',
        '### What it missed',
        '',
        table(
            ['', 'question', 'right', 'answer'],
            [[miss['category'], miss['question'], miss['right'], miss['answer'][:100]] for miss in result['misses']],
        )
        if result['misses']
        else 'Nothing of these.',
        '',
    ]


def files(folder: pathlib.Path) -> list[str]:
    rows = file_rows(folder)
    return ['## Files', '', table(['file', 'bytes', 'SHA-256'], rows), '']


def card(folder: pathlib.Path) -> str:
    """The text of README.md."""
    log = json.loads((folder / 'training_log.json').read_text('utf-8'))
    result = log.get('evaluation')
    parts = [
        *about(log, (folder / 'model.safetensors').stat().st_size),
        *making(log),
        *(scores(result) if result else []),
        *files(folder),
        'This card is made from `training_log.json` by `python -m training.vision.card`.',
        '',
    ]
    return '\n'.join(parts)


def write(folder: pathlib.Path) -> None:
    curve(json.loads((folder / 'training_log.json').read_text('utf-8')), folder / 'loss.png')
    write_whole(folder / 'README.md', card(folder).encode())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('folder', type=pathlib.Path, nargs='?', default=pathlib.Path('models/tiny-vlm'))
    write(parser.parse_args().folder)


if __name__ == '__main__':
    main()
