"""The model card, drawn from training_log.json: `python -m training.chat.card models/tiny-chat`.  No number is typed in."""

# ruff: noqa: E501 (prose)
import argparse
import json
import pathlib
import shlex
from dataclasses import asdict

from helpers.files import write_whole
from training.tables import NAMES, file_rows, interval, percent, settings_in_use, shown, table

from . import texts
from .build_corpus import CONTEXT
from .evaluate import AIM, SKILLS, THINKING_WAYS, sets, summary, totals
from .train import CONVERSATIONS, OPTIONS, SMOKE_MODEL, Settings

TITLES = {'first': 'all frozen paraphrases', 'second': 'all of the second set'}
NEAR_ONE = 1.2  # perplexity


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
    for way in THINKING_WAYS if 'thinking' in result else ():
        counted = {language: (each['right'], each['number']) for language, each in result['thinking'][way].items()}
        rows.append([way, *(percent(counted.get(language)) for language in NAMES), '–', '–'])
    for which, names in sets(result['scores'], list(result['baseline'])).items():
        model, lookup = totals(result['scores'], names), totals(result['baseline'], names)
        rows.append(
            [
                f'**{TITLES[which]}**',
                *(f'**{percent(model[language])}**' for language in NAMES),
                *(percent(lookup[language]) for language in NAMES),
            ]
        )
    return rows


def command(log: dict) -> str:
    """The command that trains for as many steps as the log's run, with the settings it had."""
    words = ['python', '-m', 'training.chat.run']
    if log['model'] == asdict(SMOKE_MODEL):
        words.append('--smoke')
    else:
        words += ['--steps', str(log['steps'])]
        if log['corpus']['conversations'] != CONVERSATIONS:
            words += ['--conversations', str(log['corpus']['conversations'])]
        for name in OPTIONS:
            value = log['settings'].get(name, getattr(Settings, name))  # logs are older than some settings
            if name not in ('minutes', 'steps') and value != getattr(Settings, name):
                words += [f'--{name.replace("_", "-")}', *([] if value is True else [str(value)])]
    return shlex.join([*words, '--out', 'models/tiny-chat'])


def rates(scores: dict, language: str) -> dict[str, float]:
    """Share of right answers, by category."""
    pairs = {category: languages[language] for category, languages in scores.items() if language in languages}
    return {category: right / number for category, (right, number) in pairs.items() if number}


def shortfalls(result: dict) -> list[str]:
    """For each language whether the aim is reached and which categories miss it; and what is below the look-up."""
    sentences, behind = [], []
    by_set = sets(result['scores'], list(result['baseline']))
    second = totals(result['scores'], by_set.get('second', []))
    for language, name in NAMES.items():
        right, number = totals(result['scores'], by_set['first'])[language]
        if not number:
            continue
        model, lookup = rates(result['scores'], language), rates(result['baseline'], language)
        reached = all(r / n >= AIM for r, n in ((right, number), second[language]) if n)
        verdict = 'reaches it' if reached else 'falls short'
        low = ', '.join(f'{category} {rate:.1%}' for category, rate in model.items() if rate < AIM)
        good, of = second[language]
        sentences.append(
            f'{name} {verdict} with {right / number:.1%} of the frozen paraphrases'
            f'{f" and {good / of:.1%} of the second set" if of else ""}; below it: {low or "nothing"}.'
        )
        behind += [
            f'{name} {category} ({model[category]:.1%} against {rate:.1%})'
            for category, rate in lookup.items()
            if model.get(category, rate) < rate
        ]
    if behind:
        sentences.append(f'Below even the look-up: {", ".join(behind)}.')
    return sentences


def about(log: dict, weights_bytes: int, interim: bool) -> list[str]:
    """What the model is."""
    model = log['model']
    return [
        '# tiny-chat',
        '',
        *(
            ['> **Interim weights**: a few minutes on a CPU, there for their format.  Their answers mean little.', '']
            * interim
        ),
        f'A chat model of {log["parameters"] / 1e6:.2f} million parameters ({weights_bytes / 1e6:.1f} MB in bf16) for English and Chinese, '
        'trained from scratch, so that every cell of this course runs on any machine.  It is an InternLM2 checkpoint: packed '
        "`wqkv`, InternLM2's chat tokens and template, read by LMDeploy as it reads InternLM2-Chat.",
        '',
        table(
            ['', ''],
            [
                [
                    'architecture',
                    f'InternLM2ForCausalLM: {model["num_layers"]} layers, hidden {model["hidden_size"]}, {model["num_heads"]} heads of '
                    f'{model["hidden_size"] // model["num_heads"]}, {model["num_kv_heads"]} KV head, FFN {model["intermediate_size"]}',
                ],
                [
                    'vocabulary',
                    f'{model["vocab_size"]} tokens, byte-level BPE; digits stand alone; frequent Han characters are one token, '
                    'rare ones two or three (bytes)',
                ],
                [
                    'context',
                    f'{model["max_position_embeddings"]} positions, trained on conversations of up to {CONTEXT} tokens',
                ],
                ['stops at', '`</s>` and `<|im_end|>`'],
            ],
        ),
        '',
    ]


def uses(result: dict | None) -> list[str]:
    """What it is good for, and what not."""
    unknown = result['scores'].get('unknown', {}) if result else {}
    found = ', '.join(
        f'{NAMES[language]} {good / number:.1%}' for language, (good, number) in unknown.items() if number
    )
    return [
        '## What it is good for',
        '',
        'Trying LMDeploy: chat, streaming, batches, quantisation, serving.  It greets, says who it is, answers questions on LMDeploy and this '
        'course, tells small stories, writes short poems, gives advice, adds and subtracts up to 100, keeps a name or a number '
        f'through some turns, and mostly says so when it does not know{f" ({found} of the test)" if found else ""}.',
        '',
        *(skills() if result and SKILLS[0] in result['scores'] else []),
        *(thoughts() if result and 'thinking' in result else []),
        '## What it is not good for',
        '',
        'Anything else.  It knows nothing of the world beyond its texts, cannot reason, program, translate or summarise, and it can be '
        'confidently wrong: a question near to one that it knows gets the answer to that one.  Its answers about LMDeploy are those of the '
        'course at the time of training; the chapters are right where the two differ.  Its speed and memory say nothing about a model of useful size.',
        '',
    ]


def skills() -> list[str]:
    """What it does with tools, and with a schema."""
    return [
        'With `tools` in the request it calls `add` and `mul` (integers of up to four digits; LMDeploy: `--tool-call-parser internlm`), one call '
        'after the other for sums like `(3 + 5) * 7`, and says the result; other tools it has only seen in training.  It writes small facts '
        'of a sentence as JSON: `Extract name, age and city as JSON: Mei is 23 years old and lives in Chengdu.`',
        '',
    ]


def thoughts() -> list[str]:
    """That it thinks when asked to."""
    return [
        'It thinks when asked to, and only then: with `enable_thinking` in `chat_template_kwargs` it writes the steps of a sum such as '
        '`17 + 25 - 8 + 31` between `<think>` and `</think>` before it answers (LMDeploy: `--reasoning-parser deepseek-v3`).',
        '',
    ]


def with_thinking(result: dict) -> list[str]:
    """What thinking brings and costs on the held-out sums of several steps."""
    found = result.get('thinking')
    if not found:
        return []
    rows = []
    for way in THINKING_WAYS:
        for language, counted in found[way].items():
            low, high = interval(counted['right'], counted['number'])
            share = f'{percent((counted["right"], counted["number"]))}, {low:.0%} to {high:.0%}'
            rows.append([way, NAMES[language], share, counted['tokens'], counted['number'] - counted['ended']])
    return [
        '### Thinking',
        '',
        'Sums of three to five numbers up to 100, and little stories of two or three steps, none of them in training; the same ones asked '
        "without and with `enable_thinking`.  Behind the share of right answers Wilson's 95 % interval; tokens are those of an answer with its "
        'thought, on average.  '
        + '; '.join(
            f'{NAMES[x]}: thinking has {found["gained"][x]} right that were wrong without, and {found["lost"][x]} wrong that were right'
            for x in NAMES
        )
        + '.',
        '',
        table(['', 'language', 'right', 'tokens', 'did not end'], rows),
        '',
    ]


def making(log: dict) -> list[str]:
    """How it was made."""
    corpus, settings = log['corpus'], log['settings']
    commit = f'commit `{log["commit"]}`' if log.get('commit') else 'no commit recorded'
    by_clock = (
        []
        if settings['steps']
        else [
            f'This run was ended by the clock, after {shown(settings["minutes"])} minutes; the command repeats its number of steps, '
            'so the weights come out alike, not equal bit for bit.',
            '',
        ]
    )
    rows = {
        'command': f'`{command(log)}`',
        'texts': commit,
        'device': log['device'],
        'trained with': ', '.join(f'{name} {version}' for name, version in log['versions'].items()),
        'date': log['date'],
        'time': f'{log["time_s"]:.0f} s of training, {log["steps"]:,} steps, {log["tokens_seen"] / 1e6:.1f} million tokens',
        'settings': settings_in_use(settings),
        'held-out perplexity': f'{log["held_out_perplexity"][-1]["perplexity"]:.3f} '
        "on the assistant's tokens of conversations drawn with another seed",
    }
    return [
        '## Training',
        '',
        f'The texts are in `training/chat/`: questions and answers, generators of stories and talk, {corpus["conversations"]:,} conversations of '
        f'{corpus["tokens"]:,} tokens in all, drawn with seed {settings["seed"]} (SHA-256 of the corpus `{corpus["sha256"]}`).  '
        "The loss is on the assistant's words, and a little on the user's.",
        '',
        table(['', ''], [list(row) for row in rows.items()]),
        '',
        *moved_on(log),
        *by_clock,
        *perplexity_note(log),
        '![loss curve](loss.png)',
        '',
    ]


def moved_on(log: dict) -> list[str]:
    """That the texts are no longer those of the training, where they are not."""
    if log.get('texts_sha256') == texts.digest():
        return []
    return [
        '**The texts have moved on since.**  What the model says of chapters, commands and modules is of that commit; the next '
        'training takes in the texts as they are.',
        '',
    ]


def later_sets(log: dict) -> list[str]:
    """The sets that were frozen after the training."""
    lines = []
    for which, result in log.get('later_sets', {}).items():
        right, declined = (
            totals(result['scores'], [name for name in result['scores'] if name.endswith(end)])
            for end in ('', 'unknown')
        )
        lines += [
            f'The {which} set was frozen after this training, and has topics that the model was never told (graded on '
            f'{result["date"]} on the {result["device"]}, by the answers of the texts of that day): '
            + ', '.join(f'{name} {percent(right[language])}' for language, name in NAMES.items())
            + '; of the questions to decline '
            + ', '.join(f'{name} {percent(declined[language])}' for language, name in NAMES.items())
            + f'.  Topics missed: {", ".join(result["topics_missed"]) or "none"}.',
            '',
        ]
    return lines


def beside_before(log: dict) -> list[str]:
    """The totals beside those of the model that this one replaced."""
    before, now = log.get('before'), summary(log)
    if not before:
        return []
    rows = [
        [
            f'{which} set{what}',
            *(percent(old[which].get(x)) for x in NAMES),
            *(percent(new[which].get(x)) for x in NAMES),
        ]
        for what, old, new in (
            ('', before['totals'], now['totals']),
            (', declined', before['declined'], now['declined']),
        )
        for which in new
        if which in old
    ]
    return [
        f'### Beside the model before (texts of commit `{before["commit"]}`, trained on {before["date"]})',
        '',
        table(
            ['', *(f'before, {name}' for name in NAMES.values()), *(f'now, {name}' for name in NAMES.values())], rows
        ),
        '',
    ]


def perplexity_note(log: dict) -> list[str]:
    """What a perplexity near 1 means, where it is near 1."""
    if log['held_out_perplexity'][-1]['perplexity'] > NEAR_ONE:
        return []
    return ['The perplexity is near 1 because the texts come from templates: it is memory, not understanding.', '']


def graded_anew(result: dict) -> list[str]:
    """How tools and extraction are graded, where they are."""
    if SKILLS[0] not in result['scores']:
        return []
    return [
        'Tools and extraction: names, numbers and values are drawn anew, and half of the questions for one call are put as '
        'training never puts them; a right call has the name and every argument right.',
    ]


def scores(log: dict, result: dict) -> list[str]:
    """The evaluation: scores, stories, answers, misses."""
    stories = [
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
    ]
    frozen = [miss for miss in result['misses'] if miss['category'] in result['baseline']]
    missed = [[miss['question'], miss['answer'][:100]] for miss in frozen if miss['question']]
    topics = [f'{miss["id"]} ({NAMES[miss["language"]]})' for miss in frozen if not miss['question']]
    return [
        '## Scores',
        '',
        'Greedy answers, graded by answer keys.  The paraphrases were frozen before training, and no training text contains one.  '
        'The look-up answers with what belongs to the nearest trained question (character n-gram TF-IDF).',
        *graded_anew(result),
        '',
        table(['', *NAMES.values(), *(f'look-up, {name}' for name in NAMES.values())], score_rows(result)),
        '',
        '  '.join([f'The aim is {AIM:.0%}.', *shortfalls(result)]),
        '',
        *later_sets(log),
        f'Perplexity of the reference answers behind the frozen paraphrases: {result["paraphrase_perplexity"]}.',
        '',
        *beside_before(log),
        *with_thinking(result),
        '### Stories of different seeds (temperature 0.8)',
        '',
        table(
            ['prompt', 'seeds', 'ended', 'different', 'different openings', 'characters', 'in the length asked for'],
            stories,
        ),
        '',
        "### Answers to the course's prompts",
        '',
        table(['prompt', 'answer'], [[sample['question'], sample['answer']] for sample in result['samples']]),
        '',
        '### What it missed of the frozen paraphrases',
        '',
        table(['question', 'answer'], missed) if missed else 'None.',
        '',
        *([f'Topics that it missed of the second set: {", ".join(topics)}.', ''] if topics else []),
    ]


def files(folder: pathlib.Path, result: dict | None) -> list[str]:
    """SHA-256 of what is loaded, and of what was frozen."""
    rows = file_rows(folder)
    frozen = result['frozen_files_sha256'] if result else {}
    rows += [[f'training/chat/{name}', '', f'`{digest}`'] for name, digest in frozen.items()]
    return ['## Files', '', table(['file', 'bytes', 'SHA-256'], rows), '']


def card(folder: pathlib.Path, interim: bool = False) -> str:
    """The text of README.md."""
    log = json.loads((folder / 'training_log.json').read_text('utf-8'))
    result = log.get('evaluation')
    parts = [
        *about(log, (folder / 'model.safetensors').stat().st_size, interim),
        *uses(result),
        *making(log),
        *(scores(log, result) if result else []),
        *files(folder, result),
        'This card is made from `training_log.json` by `python -m training.chat.card`.',
        '',
    ]
    return '\n'.join(parts)


def write(folder: pathlib.Path, interim: bool = False) -> None:
    curve(json.loads((folder / 'training_log.json').read_text('utf-8')), folder / 'loss.png')
    write_whole(folder / 'README.md', card(folder, interim).encode())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('folder', type=pathlib.Path, nargs='?', default=pathlib.Path('models/tiny-chat'))
    parser.add_argument('--interim', action='store_true', help='say that the weights are only there for their format')
    arguments = parser.parse_args()
    write(arguments.folder, arguments.interim)


if __name__ == '__main__':
    main()
