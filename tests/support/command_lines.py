"""Find the `lmdeploy …` command lines in Markdown and notebooks, and ask an installed command line to parse them.

A command of the old LMDeploy stands in a block marked "sh old", or struck through: ~~`lmdeploy convert …`~~.
"""

import json
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import nbformat

ROOT = Path(__file__).resolve().parent.parent.parent
COMMAND = re.compile(r'^(?:\$ |!)?(lmdeploy|python3? -m lmdeploy_cpu)(?=\s|$)')
PARSE = """
import contextlib, io, json, sys
if sys.argv[1] == 'lmdeploy_cpu':
    import lmdeploy_cpu
    lmdeploy_cpu.enable()
from lmdeploy.cli.entrypoint import CLI, SubCliLite, SubCliServe
CLI.add_parsers(), SubCliServe.add_parsers(), SubCliLite.add_parsers()
answers = []
for words in json.load(sys.stdin):
    said = io.StringIO()
    with contextlib.redirect_stderr(said), contextlib.redirect_stdout(said):
        try:
            CLI.parser.parse_args(words)
            answers.append('')
        except SystemExit as e:
            answers.append('' if not e.code else said.getvalue()[-300:])
print('ANSWERS', json.dumps(answers))
"""


@dataclass(frozen=True)
class CommandLine:
    """A command line as it stands in a document: `words` after the program's name, `old` where it is marked so."""

    where: str
    program: str
    words: tuple[str, ...]
    old: bool


def _split(text: str):
    """(program, words) of each LMDeploy command in a piece of shell text."""
    text = re.sub(r'\\\n\s*', ' ', text)
    for line in text.splitlines():
        for part in re.split(r'&&|\||;', line):
            match = COMMAND.match(part.strip())
            if match:
                words = shlex.split(part.strip()[match.end() :], comments=True)
                words = words[: words.index('&')] if '&' in words else words
                yield ('lmdeploy' if match[1] == 'lmdeploy' else 'lmdeploy_cpu'), tuple(words)


def in_markdown(text: str, where: str) -> list[CommandLine]:
    """The command lines of a Markdown text: in fenced blocks, and in code spans."""
    found = []

    def block(match):
        if match['info'].split()[:1] not in (['python'], ['py'], ['json'], ['yaml']):
            old = 'old' in match['info'].split()
            found.extend(CommandLine(where, p, w, old) for p, w in _split(match['body']))
        return ''

    prose = re.sub(r'^[ \t]*```(?P<info>[^\n`]*)\n(?P<body>.*?)^[ \t]*```', block, text, flags=re.M | re.S)
    for struck, span in re.findall(r'(~~)?(?<!`)`([^`\n]+)`(?!`)', prose):
        for program, words in _split(span):
            # A command that is only named in a sentence has no model after it: see that it exists.
            named_only = not struck and 1 <= len(words) <= 2 and all(re.fullmatch(r'[a-z_]+', w) for w in words)
            found.append(CommandLine(where, program, (*words, '--help') if named_only else words, bool(struck)))
    return [c for c in found if c.words]


def in_notebook(path: Path) -> list[CommandLine]:
    """The command lines of a notebook: its Markdown, and its `!` lines."""
    found = []
    for cell in nbformat.read(path, as_version=4).cells:
        where = f'{path.name}: {cell.id}'
        if cell.cell_type == 'markdown':
            found += in_markdown(cell.source, where)
        elif cell.cell_type == 'code':
            shell = '\n'.join(line for line in cell.source.splitlines() if line.startswith('!'))
            found += [CommandLine(where, p, w, False) for p, w in _split(shell)]
    return found


def in_course() -> list[CommandLine]:
    """Every LMDeploy command line of the course."""
    names = subprocess.run(['git', 'ls-files', '-z'], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    found = []
    for name in names.split('\0'):
        path = ROOT / name
        if path.is_file() and name.endswith('.md'):
            found += in_markdown(path.read_text(encoding='utf-8'), name)
        elif path.is_file() and name.endswith('.ipynb'):
            found += in_notebook(path)
    return found


def refusals(program: str, commands: list[CommandLine]) -> list[str]:
    """What the installed command line says of each command: '' where it parses."""
    done = subprocess.run(
        [sys.executable, '-c', PARSE, program],
        input=json.dumps([c.words for c in commands]),
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.rsplit('ANSWERS', 1)[1])
