"""What README promises is there."""

import importlib
import re
import subprocess
import sys
from pathlib import Path

import chapters
import nbformat
import pytest
from PIL import Image, ImageChops, ImageStat

ROOT = Path(__file__).resolve().parent.parent.parent
PICTURES = ROOT / 'imgs'
README = (ROOT / 'README.md').read_text(encoding='utf-8')
START = (ROOT / 'notebooks' / 'README.md').read_text(encoding='utf-8')


def test_every_link_of_every_markdown_file_leads_somewhere():
    names = subprocess.run(['git', 'ls-files', '*.md'], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    dead = []
    for name in names.split():
        path = ROOT / name
        for target in re.findall(r'\]\(([^)#\s]+)', path.read_text(encoding='utf-8')):
            if not target.startswith(('http:', 'https:')) and not (path.parent / target).exists():
                dead.append((name, target))
    assert not dead


def test_every_chapter_is_in_the_table():
    folder = ROOT / 'notebooks'
    there = {str(path.relative_to(folder)) for path in chapters.ALL}
    assert set(re.findall(r'\(notebooks/(\S+\.ipynb)\)', README)) == there
    assert set(re.findall(r'\((\S+\.ipynb)\)', START)) == there, 'the start page'


def test_the_start_page_has_the_minutes_that_the_titles_say():
    said = {}
    for path in chapters.ALL:
        title = nbformat.read(path, as_version=4).cells[0].source
        minutes = re.search(r'\*\*(?:Core|Deep dive, optional|Optional): (\d+) minutes', title)
        if minutes:  # the homework takes as long as it takes
            said[str(path.relative_to(ROOT / 'notebooks'))] = int(minutes[1])
    core = {name: int(n) for name, n in re.findall(r'^\| \[[^]]*\]\((\S+)\) \| [^|]* \| (\d+) \|', START, re.M)}
    beside = {name: int(n) for name, n in re.findall(r'\((\S+\.ipynb)\)(?:, optional)? \((\d+)\)', START)}
    assert core | beside == said
    assert re.search(r'\*\*(\d+)\*\* \|', START)[1] == str(sum(core.values()))


def test_the_glossary_has_each_term_once_in_both_languages():
    """A row: the anchor that notebooks link to and the term, its one translation, one sentence, where it is taught."""
    text = (ROOT / 'notebooks' / 'glossary.md').read_text(encoding='utf-8')
    anchors = re.findall(r'<a id="([\w-]+)"></a>', text)
    rows = re.findall(r'^\| <a id="([\w-]+)"></a>\*\*(.+?)\*\* \| (.+?) \| (.+?) \| (.+?) \|$', text, re.M)
    assert [row[0] for row in rows] == anchors == sorted(anchors, key=lambda a: a.replace('_', '-'))
    assert f'The {len(rows)} words' in text
    for column in range(4):
        assert len({row[column] for row in rows}) == len(rows)
    assert all(re.search(r'[\u4e00-\u9fff]', chinese) for _, _, chinese, *_ in rows)
    assert not [anchor for anchor, _, _, sentence, _ in rows if not sentence.endswith('.') or '. ' in sentence]
    assert not [anchor for anchor, *_, where in rows if '.ipynb)' not in where and where != '(in no notebook)']


def test_every_make_target_it_names_is_there():
    targets = set(re.findall(r'^([a-z-]+):', (ROOT / 'Makefile').read_text(), re.M))
    assert set(re.findall(r'(?:^|`)make ([a-z]+)', README, re.M)) <= targets


def test_every_folder_it_names_is_there():
    folders = re.findall(r'^([a-z_]+)/ ', README, re.M)
    assert len(folders) >= 10
    assert not [f for f in folders if not (ROOT / f).is_dir()]


@pytest.mark.parametrize('room', ['helpers', 'lessons'])
def test_every_file_of_the_rooms_is_named_and_no_other(room):
    table = README.split(f'| {room} | |', 1)[1].split('\n\n', 1)[0]
    named = {name for row in re.findall(r'^\| (`.*?) \|', table, re.M) for name in re.findall(r'`([^`]+)`', row)}
    files = {str(p.relative_to(ROOT / room).with_suffix('')) for p in (ROOT / room).rglob('*.py')}
    assert named - {'__init__'} == {name for name in files if not name.endswith('__init__')}


@pytest.fixture(scope='module')
def draw():
    """imgs/draw.py, which imports its neighbours."""
    folder = str(ROOT / 'imgs')
    sys.path.insert(0, folder)
    try:
        yield importlib.import_module('draw')
    finally:
        sys.path.remove(folder)


def test_every_picture_is_drawn_by_the_script_or_taken_by_a_test(draw):
    assert {p.stem for p in (ROOT / 'imgs').glob('*.png')} == draw.PICTURES.keys() | {'web_ui', 'vlm_page', 'card'}


@pytest.mark.parametrize(('language', 'folder'), [('en', PICTURES), ('zh', PICTURES / 'zh')])
def test_the_good_card_is_as_it_is_drawn_now(draw, language, folder):
    drawn, kept = importlib.import_module('card').card(language).convert('L'), Image.open(folder / 'card.png')
    assert drawn.size == kept.size
    (difference,) = ImageStat.Stat(ImageChops.difference(drawn, kept.convert('L'))).mean
    assert difference < 1, 'run imgs/card.py'


def test_every_word_of_a_picture_is_translated(draw):
    chinese = importlib.import_module('chinese')
    have, want = chinese.read_catalogue(), chinese.messages(draw.PICTURES)
    keys = [{(m.id, m.context) for m in found if m.id} for found in (have, want)]
    assert keys[0] == keys[1], 'python imgs/chinese.py'
    assert not [m.id for m in have if m.id and (not m.string or m.fuzzy)]


@pytest.mark.parametrize(('language', 'folder'), [('en', PICTURES), ('zh', PICTURES / 'zh')])
def test_every_picture_is_as_it_is_drawn_now(draw, tmp_path, language, folder):
    """Nearly: fonts may differ by a pixel where another version of Matplotlib sets them."""
    for name in draw.PICTURES:
        drawn, kept = (
            Image.open(path).convert('RGB') for path in (draw.write(name, tmp_path, language), folder / f'{name}.png')
        )
        assert drawn.size == kept.size, name
        (difference,) = ImageStat.Stat(ImageChops.difference(drawn, kept).convert('L')).mean
        assert difference < 1, f'{name}: run imgs/draw.py'
        assert ImageStat.Stat(drawn.convert('L')).stddev[0] > 10, f'{name} is empty'
