"""What tiny-chat is taught to say of the course exists: chapters, notebooks, modules, commands, options, addresses."""

import importlib
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from command_lines import in_markdown, refusals

from training.chat import texts
from training.chat.words import read

ROOT = Path(__file__).parents[3]
ROOMS = 'helpers|lessons|homework|lmdeploy_cpu|training|benchmarks|deploy|tools'
CHAPTERS = {int(path.name[:2]) for path in (ROOT / 'notebooks').glob('[0-9][0-9]_*.ipynb')}
HAN = dict(zip('零一二三四五六七八九十', range(11), strict=True))
NUMBERED = re.compile(
    r'\b(?:chapter|lesson|notebook|ch) ?(\d+)\b|第 ?(\d+|[零一二三四五六七八九十]) ?[章课]|(?<!\d)(\d\d) 号',
    re.IGNORECASE,
)
OWN_MODEL = re.compile(r'number 08 belongs to a model of your own|08 这个号码属于自己的模型')
# Commands that an answer names to say that they are gone, or fail.
GONE = {'lmdeploy convert', 'lmdeploy serve api_client', 'lmdeploy serve gradio', 'lmdeploy lite auto_gptq'}
HERE = {'127.0.0.1', 'localhost'}


def asked() -> list[tuple[str, str]]:
    """(where, question) of the FAQ."""
    return [(f'{entry.id}.{entry.language}', ask) for entry in texts.faq() for ask in entry.asks]


def answers() -> list[tuple[str, str]]:
    """(where, text): the FAQ's answers, and all text of the tables of talk."""

    def flat(value):
        if isinstance(value, str):
            yield value
        else:
            for part in value.values() if isinstance(value, dict) else value:
                yield from flat(part)

    tables = [(path.stem, text) for path in sorted(read.HERE.glob('*.yaml')) for text in flat(read.read(path.stem))]
    return [(f'{entry.id}.{entry.language}', entry.answer) for entry in texts.faq()] + tables


def everything() -> list[tuple[str, str]]:
    return asked() + answers()


def exists(name: str) -> bool:
    """Whether `name` is a module, or what a module holds."""
    parts = name.split('.')
    for at in range(len(parts), 0, -1):
        try:
            found = importlib.import_module('.'.join(parts[:at]))
        except ModuleNotFoundError:
            continue
        for part in parts[at:]:
            if not hasattr(found, part):
                return False
            found = getattr(found, part)
        return True
    return False


def is_a_program(name: str) -> bool:
    """Whether `python -m name` runs something."""
    path = ROOT / name.replace('.', '/')
    path = path / '__main__.py' if path.is_dir() else path.with_suffix('.py')
    return path.exists() and "__name__ == '__main__'" in path.read_text('utf-8')


def chapter_numbers(text: str) -> set[int]:
    found = {next(filter(None, match.groups())) for match in NUMBERED.finditer(text)}
    return {HAN[number] if number in HAN else int(number) for number in found}


def test_chapters_exist():
    assert {0, 7, 8, 9, 10} <= CHAPTERS
    assert [(where, text) for where, text in everything() if chapter_numbers(text) - CHAPTERS] == []


def test_number_08_belongs_to_a_model_of_your_own():
    """So says the FAQ, in both languages; the chapter of that number is about one, and so is its title."""
    answers = [entry.answer for entry in texts.faq() if entry.id == 'chapter-08']
    assert len(answers) == 2
    assert all(OWN_MODEL.search(answer) for answer in answers)
    (path,) = (ROOT / 'notebooks').glob('08_*.ipynb')
    title = json.loads(path.read_text('utf-8'))['cells'][0]['source'][0]
    assert path.name == '08_your_own_model.ipynb'
    assert 'Your own model' in title


def test_the_chapters_are_all_asked_for():
    ids = {entry.id for entry in texts.faq()}
    assert {f'chapter-{number:02}' for number in CHAPTERS - {9}} | {'homework', 'chapter-08'} <= ids


def test_files_exist():
    names = {path.name for path in (ROOT / 'notebooks').rglob('*.ipynb')} | {
        str(path.relative_to(ROOT)) for path in (ROOT / 'notebooks').rglob('*')
    }
    missing = []
    for where, text in everything():
        for name in re.findall(r'[\w/]+\.ipynb|notebooks/[\w/]+\.md|notebooks/\w+', text):
            if name not in names and not (ROOT / name.rstrip('/')).exists() and f'notebooks/{name}' not in names:
                missing.append((where, name))
        for room in re.findall(rf'`({ROOMS}|notebooks|models|records|tests)/`', text):
            if not (ROOT / room).is_dir():
                missing.append((where, room))
    assert missing == []


def test_modules_exist():
    names = {
        (where, name)
        for where, text in everything()
        for name in re.findall(rf'(?<![\w./-])((?:{ROOMS})(?:\.[a-z_]\w*)+)', text)
    }
    assert len({name for _, name in names}) >= 5
    assert sorted(pair for pair in names if not exists(pair[1])) == []


def test_names_imported_in_the_texts_exist():
    found = {
        (where, f'{module}.{name}')
        for where, text in everything()
        for module, name in re.findall(rf'from ((?:{ROOMS})[\w.]*) import (\w+)', text, re.ASCII)
    }
    assert sorted(pair for pair in found if not exists(pair[1])) == []


def spans() -> list[tuple[str, str]]:
    """(where, code) of all answers, each once."""
    return sorted({(where, span) for where, text in answers() for span in re.findall(r'`([^`\n]+)`', text)})


def test_programs_exist_and_take_the_options_that_are_named():
    programs = {}
    for where, span in spans():
        match = re.match(r'(?:[A-Z_]+=\S+ )*python -m ([\w.]+)(.*)', span)
        if match and match[1] not in ('lmdeploy_cpu', 'ipykernel'):
            words = match[2].split()
            command = words[:1] if words and re.fullmatch('[a-z]+', words[0]) else []
            uses = programs.setdefault((match[1], *command), [])
            uses += [(where, option) for option in words if option.startswith('--')]
    assert {'helpers.environment', 'lessons.smollm2', 'homework'} <= {program[0] for program in programs}
    wrong = [program for program in programs if not is_a_program(program[0])]
    for program, uses in programs.items():
        if uses and is_a_program(program[0]):
            done = subprocess.run([sys.executable, '-m', *program, '--help'], capture_output=True, text=True, cwd=ROOT)
            wrong += [(*use, done.stderr[-300:]) for use in uses if done.returncode or use[1] not in done.stdout]
    assert wrong == []


def test_lmdeploys_command_line_takes_the_commands():
    found = [
        command
        for where, text in answers()
        for command in in_markdown(text, where)
        if not any(f'{command.program} {" ".join(command.words)}'.startswith(gone) for gone in GONE)
    ]
    assert len(found) > 40
    refused = []
    for program in ('lmdeploy', 'lmdeploy_cpu'):
        of_it = [command for command in found if command.program == program]
        refused += [
            (command.where, command.words, said)
            for command, said in zip(of_it, refusals(program, of_it), strict=True)
            if said
        ]
    assert refused == []


def test_make_has_the_targets():
    makefile = (ROOT / 'Makefile').read_text('utf-8')
    named = {(where, target) for where, span in spans() for target in re.findall(r'^(?:\w+=\S+ )*make ([a-z-]+)', span)}
    assert {'lab', 'course', 'submission'} <= {target for _, target in named}
    assert sorted(pair for pair in named if not re.search(rf'^{pair[1]}:', makefile, re.M)) == []


def test_the_environment_has_the_name_of_its_file():
    name = re.search(r'^name: (\S+)', (ROOT / 'environment.yml').read_text('utf-8'), re.M)[1]
    named = [
        (where, found)
        for where, text in answers()
        for found in re.findall(r'conda activate ([\w-]+)|ipykernel install .*--name ([\w-]+)', text)
    ]
    assert len(named) >= 4
    assert [pair for pair in named if name not in pair[1]] == []


def test_no_address_of_a_mirror_and_none_that_is_gone():
    urls = [(where, host) for where, text in answers() for host in re.findall(r'https?://([\w.-]+)', text)]
    assert urls
    assert [pair for pair in urls if pair[1] not in HERE] == []
    assert [pair for pair in everything() if re.search(r'hf-mirror\.com|tuna\.|mirrors?\.\w+\.\w+', pair[1])] == []
    says = re.compile(r'no longer maintained|停止维护|[Oo]ld copies|旧副本')
    assert [pair for pair in answers() if 'OpenXLab' in pair[1] and not says.search(pair[1])] == []


@pytest.mark.parametrize(
    ('text', 'numbers'),
    [
        ('after lesson 08, what', {8}),
        ('第八课讲什么，第 10 章呢', {8, 10}),
        ('ch09', {9}),
        ('09 号 notebook', {9}),
        ('a notebook on 8 cards', set()),
    ],
)
def test_a_chapter_is_recognised(text, numbers):
    assert chapter_numbers(text) == numbers


def test_a_made_up_name_is_found():
    assert exists('lessons.serving.clients.terminal')
    assert exists('lmdeploy_cpu.set_memory_budget')
    assert not exists('helpers.server')
    assert not exists('lmdeploy_cpu.set_memory')
