"""The page that leads from an error to its lesson: its rows, where their texts come from, and who names them."""

import argparse
import builtins
import html
import importlib
import mmap
import os
import re
import subprocess
import sys
import sysconfig
import types
from importlib.machinery import PathFinder
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from helpers import environment, troubleshooting
from helpers.environment import ROOT
from helpers.troubleshooting import NOTEBOOKS, PAGES, pointer, row_for, rows
from translations.messages import shown

ROWS = rows('en')
PACKAGES = Path(importlib.util.find_spec('lmdeploy').origin).parent.parent
STDLIB = Path(sysconfig.get_path('stdlib'))
QUOTES = [(row.anchor, quote) for row in ROWS for quote in row.quotes]
OF_THE_SYSTEM = 5  # texts that stand in no package, at most


def sources_of(row) -> list[str]:
    found = re.search(r'<!-- source: (.+?) -->', row.symptom)
    return found[1].split() if found else []


# --- the page


def test_it_has_rows_enough_and_each_has_all_parts():
    page = (NOTEBOOKS / PAGES['en']).read_text(encoding='utf-8')
    assert len(ROWS) >= 40
    assert len(ROWS) == len(re.findall(r'^\| (?!What you see)', page, re.M)), 'a row that is not understood'
    assert f'{len(ROWS)} things that go wrong' in page
    assert len({row.anchor for row in ROWS}) == len(ROWS)
    assert len({quote for _, quote in QUOTES}) == len(QUOTES), 'two rows quote the same'
    for row in ROWS:
        assert re.fullmatch(r'\[.+\]\(.+\)', row.lesson), row.anchor
        assert '](' not in row.remedy, f'{row.anchor}: it is printed under errors too'
        sentences = re.findall(r'[.?!](?: |$)', re.sub(r'`.+?`', '', row.cause))
        assert len(sentences) == 2, (row.anchor, row.cause)


@pytest.mark.parametrize('language', PAGES)
def test_its_links_lead_to_a_cell(language):
    dead = []
    for row in rows(language):
        target, _, fragment = re.search(r'\(([^)]+)\)', row.lesson)[1].partition('#')
        path = (NOTEBOOKS / PAGES[language]).parent / target
        cells = nbformat.read(path, as_version=4).cells if path.suffix == '.ipynb' else []
        if not path.exists() or (cells and fragment not in {f'cell-id={cell.id}' for cell in cells}):
            dead.append((row.anchor, target, fragment))
    assert not dead


def test_both_languages_have_the_same_rows():
    chinese = {row.anchor: row for row in rows('zh')}
    assert list(chinese) == [row.anchor for row in ROWS]
    for row in ROWS:
        other = chinese[row.anchor]
        assert (other.quotes, sources_of(other)) == (row.quotes, sources_of(row))
        for part in ('cause', 'remedy', 'lesson'):
            assert len(getattr(other, part)) > 5, (row.anchor, part)
        assert re.search(r'[\u4e00-\u9fff]', other.cause), row.anchor
        assert other.where == f'notebooks/zh/troubleshooting.md#{row.anchor}'


# --- where the texts come from


def files_of(source: str) -> list[Path]:
    """The files that a row's comment names: of the standard library, a package, the environment or the course."""
    if source.startswith('python/'):
        return [STDLIB / source.removeprefix('python/')]
    return [path for folder in (PACKAGES, ROOT, Path(sys.prefix)) for path in folder.glob(source)]


def holds(path: Path, quote: str) -> bool:
    """Whether each piece of a quoted text stands in the file."""
    quote = re.sub(r'^\w+Error: ', '', quote)  # the type; the text follows
    check = re.fullmatch(r'\[FAIL\] (.+): …', quote)
    if check:
        return path.name == 'environment.py' and check[1] in environment.CHECKS
    with path.open('rb') as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        pieces = [piece for piece in quote.split('…') if piece.strip()]
        return all(
            content.find(form.encode()) >= 0 or content.find(form.replace("'", r'\'').encode()) >= 0 for form in pieces
        )


def test_every_quoted_text_stands_where_its_row_says():
    of_the_system, nowhere = [], []
    for row in ROWS:
        sources = sources_of(row)
        unused = set(sources) - {'os', 'raised'}
        for quote in row.quotes:
            found = {source for source in sources for path in files_of(source) if holds(path, quote)}
            unused -= found
            if not found and quote not in RAISED:
                (of_the_system if 'os' in sources else nowhere).append((row.anchor, quote))
        nowhere += [(row.anchor, f'{source} holds none of its texts') for source in unused]
    assert not nowhere
    assert len(of_the_system) <= OF_THE_SYSTEM, of_the_system


RAISED = {  # texts that Python puts together, and the code that raises them
    "No module named 'lmdeploy'": 'import lmdeploy',
    "No module named 'helpers'": 'import helpers',
    "No module named 'lmdeploy.…'": 'import lmdeploy.serve.gradio',
    "cannot import name … from 'lmdeploy…'": 'from lmdeploy.serve.openai import client',
    'NameError: name … is not defined': 'pipe',
}


@pytest.mark.parametrize('quote', RAISED)
def test_what_python_raises_is_as_quoted(monkeypatch, quote):
    if quote.endswith("y'") or quote.endswith("s'"):  # another environment, which has no such package
        name = quote.split("'")[1]
        monkeypatch.setattr(sys, 'path', [])
        for loaded in [module for module in sys.modules if module.split('.')[0] == name]:
            monkeypatch.delitem(sys.modules, loaded)
        monkeypatch.setattr(sys, 'meta_path', [PathFinder])
    (anchor,) = [anchor for anchor, quoted in QUOTES if quoted == quote]
    with pytest.raises((ImportError, NameError)) as caught:
        exec(RAISED[quote], {})
    assert row_for(f'{caught.type.__name__}: {caught.value}', 'en').anchor == anchor


# --- from an error to its row


def raised(tmp_path: Path):
    """(anchor, what raises): errors as LMDeploy, its friends and the course raise them on this machine."""
    import safetensors
    from huggingface_hub.utils import validate_repo_id
    from lmdeploy import TurbomindEngineConfig
    from openai import OpenAI
    from PIL import Image
    from requests import get

    from helpers import engine_config, load_record, model_path
    from homework.collect.pack import pack_submission
    from homework.evidence import check_name
    from lessons.serving.port import listen

    def old_command():
        parser = argparse.ArgumentParser(exit_on_error=False)
        parser.add_argument('what', choices=['api_server', 'proxy'])
        parser.parse_args(['gradio'])

    def port_taken():
        with listen('127.0.0.1', None, announce=False) as listening:
            listen('127.0.0.1', listening.getsockname()[1])

    (tmp_path / 'model.safetensors').write_text(f'version https://git-lfs.github.com/spec/v1\noid sha256:{"0" * 64}\n')
    (tmp_path / 'page.jpg').write_text('<html>404</html>')
    return {
        'invalid-ratio': lambda: TurbomindEngineConfig(cache_max_entry_count=0),
        'engine-argument': lambda: engine_config(cache_max_entry=0.4),
        'no-model': lambda: model_path(str(tmp_path / 'nowhere')),
        'lfs': lambda: safetensors.safe_open(tmp_path / 'model.safetensors', 'pt'),
        'repo-id': lambda: validate_repo_id('/root/models/internlm2-chat-1_8b'),
        'openai-key': OpenAI,
        'bad-picture': lambda: Image.open(tmp_path / 'page.jpg'),
        'no-record': lambda: load_record('h200/none'),
        'own-name': lambda: check_name(''),
        'no-evidence': lambda: pack_submission('Ling'),
        'old-command': old_command,
        'port-taken': port_taken,
        'refused': lambda: get('http://127.0.0.1:9/v1/models', timeout=5),
        'disk-full': lambda: os.write(os.open('/dev/full', os.O_WRONLY), b'!'),
    }


def test_an_error_as_it_is_raised_finds_its_row(tmp_path, monkeypatch):
    for name in ('OPENAI_API_KEY', 'OPENAI_ADMIN_KEY', 'COURSE_MODEL', 'http_proxy', 'HTTP_PROXY', 'all_proxy'):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv('COURSE_SUBMISSION', str(tmp_path))
    found = {}
    for anchor, action in raised(tmp_path).items():
        with pytest.raises(Exception) as caught:  # noqa: PT011  each of its own type
            action()
        row = row_for(f'{caught.type.__name__}: {caught.value}', 'en')
        found[anchor] = row.anchor if row else str(caught.value)
    assert found == {anchor: anchor for anchor in found}
    assert len(found) >= 12


@pytest.mark.parametrize(
    ('text', 'anchor'),
    [
        ('torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has', 'oom'),
        ('RuntimeError: [TM][ERROR] CUDA runtime error: out of memory /lmdeploy/src/turbomind/core', 'oom'),
        ('channel 3: open failed: connect failed: Connection refused', 'tunnel'),
        ('curl: (7) Failed to connect to 127.0.0.1 port 23333: Connection refused', 'refused'),
        ('the server ended while starting: it\nNo enough gpu memory for kv cache.', 'no-cache-left'),
        ('ERROR: No matching distribution found for lmdeploy==0.18.0', 'no-wheel'),
        ("[Errno 98] error while attempting to bind on address ('0.0.0.0', 23333): in use", 'port-taken'),
    ],
)  # fmt: skip
def test_the_longest_text_wins(text, anchor):
    assert row_for(text, 'en').anchor == anchor


@pytest.mark.parametrize(
    'text', ['', 'KeyError: 3', 'ValueError: math domain error', 'ZeroDivisionError: division by zero',
             "TypeError: unsupported operand type(s) for +: 'int' and 'str'", 'IndexError: list index out of range',
             'AssertionError', 'no\nmodel at\n3: no such folder', 'the answer is 42'],
)  # fmt: skip
def test_an_unrelated_error_has_none(text):
    assert row_for(text, 'en') is None
    assert pointer(text) == ''


def test_no_builtin_error_alone_has_one():
    """A pattern that matches a bare type would stand under half of all errors."""
    names = [name for name, value in vars(builtins).items() if isinstance(value, type)]
    assert not [name for name in names if row_for(f'{name}: ', 'en')]


def test_the_language_is_the_courses(monkeypatch):
    monkeypatch.setenv('COURSE_LANG', 'zh')
    assert row_for('Connection error.').where == 'notebooks/zh/troubleshooting.md#refused'


# --- who names them


def test_a_failed_check_names_its_row(monkeypatch, capsys):
    monkeypatch.setenv('COURSE_LANG', 'en')
    checks = {name: lambda: (False, 'broken', 'mend it') for name in environment.CHECKS}
    monkeypatch.setattr(environment, 'CHECKS', checks)
    environment.print_checks()
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3 * len(checks)
    anchors = {row.anchor for row in ROWS}
    assert {re.fullmatch(r' +→ notebooks/troubleshooting\.md#(.+)', line)[1] for line in lines[2::3]} <= anchors


def test_programs_name_the_row_of_their_error(monkeypatch, tmp_path, capsys):
    import homework.__main__ as homework
    from lessons.serving.clients import page

    monkeypatch.setenv('COURSE_LANG', 'en')
    monkeypatch.setenv('COURSE_SUBMISSION', str(tmp_path))
    assert homework.main(['pack', '--name', 'Ling']) == 1
    assert capsys.readouterr().err.endswith('\n→ notebooks/troubleshooting.md#no-evidence\n')
    from lessons.serving.port import listen

    with listen('127.0.0.1', None, announce=False) as taken, pytest.raises(SystemExit) as ended:
        page.main(['http://127.0.0.1:9', '--port', str(taken.getsockname()[1])])
    assert str(ended.value).endswith('\n→ notebooks/troubleshooting.md#port-taken')
    asked = subprocess.run(
        [sys.executable, '-m', 'lessons.serving.clients.terminal', 'http://127.0.0.1:9'],
        input='hello\n\nexit\n\n', capture_output=True, text=True, env={**os.environ, 'PYTHONPATH': str(ROOT)},
    )  # fmt: skip
    assert '→ notebooks/troubleshooting.md#refused' in asked.stdout.splitlines()


ERRORS = [
    'raise RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB.")',
    'pipe',
    '1 / 0',
    'try:\n    open("/dev/full", "w", 1).write("!\\n")\nexcept OSError as error:\n    raise KeyError(1) from error',
    'f(',
    'class Odd(Exception):\n    def __str__(self):\n        raise ValueError\nraise Odd',
    'import asyncio\nasync def late():\n    raise ConnectionError("Connection refused")\nawait late()',
]
HINTS = {0: 'oom', 1: 'not-defined', 3: 'disk-full', 6: 'refused'}


def executed(folder: Path, first: str) -> list:
    """The outputs of each cell of ERRORS, in a notebook that lies in `folder` and begins with the cell `first`."""
    cells = [nbformat.v4.new_code_cell(source) for source in (first, *ERRORS)]
    notebook = nbformat.v4.new_notebook(cells=cells)
    NotebookClient(notebook, allow_errors=True, resources={'metadata': {'path': str(folder)}}).execute()
    assert not notebook.cells[0].outputs
    return [cell.outputs for cell in notebook.cells[1:]]


@pytest.fixture(scope='module')
def plain() -> list:
    return executed(NOTEBOOKS, 'import helpers.troubleshooting')


@pytest.mark.parametrize(('folder', 'page', 'way'), [
    ('', 'notebooks/troubleshooting.md', 'troubleshooting.md'),
    ('deep', 'notebooks/troubleshooting.md', '../troubleshooting.md'),
    ('zh', 'notebooks/zh/troubleshooting.md', 'troubleshooting.md'),
])  # fmt: skip
def test_a_notebook_shows_the_row_under_the_traceback_as_it_was(plain, monkeypatch, folder, page, way):
    """The traceback is the same as without the extension, and nbclient sees the error."""
    monkeypatch.setenv('COURSE_LANG', 'en')
    found = executed(NOTEBOOKS / folder, '%load_ext helpers.troubleshooting')
    for at, (alone, outputs) in enumerate(zip(plain, found, strict=True)):
        assert outputs[: len(alone)] == alone, ERRORS[at]
        assert alone[-1].output_type == 'error' or at == 5
        more = outputs[len(alone) :]
        assert len(more) == (at in HINTS), ERRORS[at]
        for output in more:
            (row,) = [row for row in rows('zh' if folder == 'zh' else 'en') if row.anchor == HINTS[at]]
            assert output.data['text/plain'] == f'{row.remedy}\n→ {page}#{row.anchor}'
            assert output.data['text/markdown'].endswith(f'→ [{page}#{row.anchor}]({way}#{row.anchor})')


@pytest.mark.parametrize(('folder', 'language', 'chinese'), [
    ('', 'en', False), ('', 'zh', True), ('zh', 'en', True),
])  # fmt: skip
def test_the_courses_own_error_says_its_sentence_in_chinese(monkeypatch, folder, language, chinese):
    monkeypatch.setenv('COURSE_LANG', language)
    source = '%load_ext helpers.troubleshooting\nfrom helpers.engine import engine_config\nengine_config(engine="vllm")'
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)])
    client = NotebookClient(notebook, allow_errors=True, resources={'metadata': {'path': str(NOTEBOOKS / folder)}})
    client.execute()
    error, *more = notebook.cells[0].outputs
    english = "engine='vllm': LMDeploy's engines are 'turbomind' and 'pytorch'"
    assert error.evalue == english  # as it can be searched for
    assert bool(more) == chinese
    if chinese:
        (output,) = more
        assert output.data['text/plain'].splitlines()[0] == shown(english, 'zh') != english
        assert html.escape(shown(english, 'zh')) in output.data['text/markdown']


def test_a_learners_copy_leads_to_the_page_beside_it(monkeypatch, tmp_path):
    """`work/zh/deep` has `work/zh/troubleshooting.md`; JupyterLab opens nothing outside of where it was started."""
    shown_there, folder = [], tmp_path / 'work' / 'zh' / 'deep'
    folder.mkdir(parents=True)
    (folder.parent / 'troubleshooting.md').touch()
    monkeypatch.chdir(folder)
    monkeypatch.setenv('COURSE_LANG', 'en')
    monkeypatch.setattr('IPython.display.display', lambda data, raw: shown_there.append(data['text/markdown']))
    error = NameError("name 'pipe' is not defined")
    troubleshooting._show(types.SimpleNamespace(error_in_exec=error, error_before_exec=None))
    assert shown_there[0].endswith('→ [notebooks/zh/troubleshooting.md#not-defined](../troubleshooting.md#not-defined)')


def test_every_notebook_has_it_in_its_first_cell():
    folders = [NOTEBOOKS, NOTEBOOKS / 'deep', NOTEBOOKS / 'zh', NOTEBOOKS / 'zh' / 'deep']
    for path in (path for folder in folders for path in folder.glob('[!.]*.ipynb')):
        first = next(cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == 'code')
        assert '%load_ext helpers.troubleshooting' in first.source.splitlines(), path


def test_without_the_page_a_program_still_says_its_error(monkeypatch, tmp_path):
    monkeypatch.setattr(troubleshooting, 'NOTEBOOKS', tmp_path)
    rows.cache_clear()
    assert pointer('Connection refused') == ''
    monkeypatch.undo()
    rows.cache_clear()
