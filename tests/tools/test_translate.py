"""The Chinese edition cannot drift from the English one."""

import dataclasses
import importlib
import re
import sys
from pathlib import Path

import nbformat
import pytest

from lessons.pictures import MovingPicture, Step
from lessons.pictures.words import Words
from translations import catalogues

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / 'tools'))
translate = importlib.import_module('translate')
sys.path.remove(str(ROOT / 'tools'))

TEXT = 'A text over\ntwo lines, see [2](two.ipynb) and ![x](../imgs/slice.png).'
ENGLISH = f'# One *word*\n\n{TEXT}\n\n- first\n  goes on\n- second\n'
CHINESE = {
    'One *word*': '一个*词*',
    TEXT: '见 [2](two.ipynb) 和 ![x](../imgs/slice.png)。',
    'first\n  goes on': '第一',
    'second': '第二',
}


@pytest.mark.parametrize('source', [*translate.sources(), *translate.OF_CODE], ids=lambda p: p.stem)
def test_the_edition_is_whole_and_built_from_what_is_there(source):
    assert translate.check(source) == []


@pytest.mark.parametrize('source', translate.sources(), ids=lambda p: p.stem)
def test_the_pieces_of_a_text_are_the_text(source):
    for _, markdown in translate.texts(source):
        assert ''.join(text for _, text in translate.pieces(markdown)) == markdown


@pytest.mark.parametrize(
    ('markdown', 'prose'),
    [
        ('# Title\n\nOne\ntwo.\n\nThree.', ['Title', 'One\ntwo.', 'Three.']),
        ('- a\n  b\n- [ ] c\n1. d', ['a\n  b', 'c', 'd']),
        ('Before\n| a | b |\n|---|---|\n| x | y |\nafter', ['Before', '| a | b |', '| x | y |', 'after']),
        ('See\n```python\n# a comment\n\nx = 1\n```\nend', ['See', 'end']),
        ('<details><summary>Hint</summary>\n\nOne\n\n</details>', ['<details><summary>Hint</summary>', 'One']),
        ('> quoted\n\n---\n\n12', ['quoted']),
        ('    ~~~~\n- code\n~~~\n~~~~\nend', ['end']),
    ],
)
def test_what_is_a_message(markdown, prose):
    assert [text for is_prose, text in translate.pieces(markdown) if is_prose] == prose


@pytest.fixture
def course(tmp_path, monkeypatch):
    """A course of one notebook and one page, translated and built; (notebook, its catalogue, its Chinese)."""
    (tmp_path / 'notebooks' / 'deep').mkdir(parents=True)
    (tmp_path / 'imgs' / 'zh').mkdir(parents=True)
    for path in ('imgs/slice.png', 'imgs/zh/slice.png', 'notebooks/two.ipynb'):
        (tmp_path / path).touch()
    cells = [nbformat.v4.new_markdown_cell(ENGLISH, id='title'), nbformat.v4.new_code_cell('print(1)', id='print')]
    source = tmp_path / 'notebooks' / 'one.ipynb'
    nbformat.write(nbformat.v4.new_notebook(cells=cells), source)
    for name, value in {
        'ROOT': tmp_path,
        'CATALOGUES': tmp_path / 'translations' / 'zh',
        'EDITION': tmp_path / 'notebooks' / 'zh',
        'PICTURES': tmp_path / 'imgs',
        'sources': lambda: [source, tmp_path / 'notebooks' / 'two.ipynb'],
    }.items():
        monkeypatch.setattr(translate, name, value)
    translate.update(source)
    catalogue = translate.read_catalogue(source)
    for english, chinese in CHINESE.items():
        catalogue.get(english, 'title').string = chinese
    translate.catalogue_of(source).write_bytes(catalogues.content(catalogue))
    build(source)
    assert translate.check(source) == []
    return source, translate.catalogue_of(source), translate.edition_of(source)


def build(source):
    translate.edition_of(source).parent.mkdir(parents=True, exist_ok=True)
    translate.edition_of(source).write_bytes(translate.edition(source))


def test_a_picture_that_moves_speaks_chinese_in_the_chinese_edition(course):
    source, _, built = course
    picture = MovingPicture(Words('Who', '谁'), Words('A bar.', '一条。'), [Step([], Words('Waits.', '在等。'))], 40)
    notebook = nbformat.read(source, as_version=4)
    stored = dataclasses.replace(picture, language='en')._repr_mimebundle_()
    notebook.cells[1].outputs = [nbformat.v4.new_output('display_data', data=stored, metadata={})]
    held = {'outputs': [{'output_type': 'display_data', 'data': {'text/html': stored['text/html']}, 'metadata': {}}]}
    state = {'state': {'1': {'model_name': 'OutputModel', 'model_module': '', 'state': held}}}
    notebook.metadata.widgets = {'application/vnd.jupyter.widget-state+json': state}
    nbformat.write(notebook, source)
    build(source)
    (output,) = nbformat.read(built, as_version=4).cells[1].outputs
    chinese = dataclasses.replace(picture, language='zh')._repr_mimebundle_()
    assert output.data == chinese != stored
    (kept,) = nbformat.read(built, as_version=4).metadata.widgets.values()
    assert kept['state']['1']['state']['outputs'][0]['data'] == {'text/html': chinese['text/html']}


def test_prose_is_chinese_and_all_else_is_the_same(course):
    source, _, built = course
    english, chinese = (nbformat.read(path, as_version=4) for path in (source, built))
    assert [cell.id for cell in english.cells] == [cell.id for cell in chinese.cells]
    assert english.cells[1] == chinese.cells[1]
    assert chinese.cells[0].source == (
        '# 一个*词*\n\n见 [2](two.ipynb) 和 ![x](../../imgs/zh/slice.png)。\n\n- 第一\n- 第二\n'
    )


def test_a_page_that_names_itself_means_its_english(course):
    source, _, _ = course
    assert (
        translate.relink('[English](one.ipynb), [2](two.ipynb#a)', source)
        == '[English](../one.ipynb), [2](two.ipynb#a)'
    )


def change(source, **edits):
    notebook = nbformat.read(source, as_version=4)
    for cell in notebook.cells:
        cell.source = edits.get(cell.id, cell.source)
    nbformat.write(notebook, source)


def test_a_changed_sentence_is_missing_and_its_old_one_obsolete(course):
    source, _, _ = course
    change(source, title=ENGLISH.replace('second', 'third'))
    found = '\n'.join(translate.check(source))
    assert "missing: title: 'third'" in found
    assert "obsolete: title: 'second'" in found


def test_what_is_updated_is_fuzzy_until_somebody_looked(course):
    source, catalogue, _ = course
    change(source, title=ENGLISH.replace('A text over', 'A long text over'))
    assert '1 to look over' in translate.update(source)
    assert 'fuzzy' in '\n'.join(translate.check(source))
    catalogue.write_text(catalogue.read_text().replace('#, fuzzy\n', ''))
    assert translate.problems(source) == []


def test_a_changed_code_cell_is_found_in_either_edition(course):
    source, _, built = course
    change(built, print='print(2)')
    assert 'one.ipynb is not what its source' in translate.check(source)[0]
    build(source)
    change(source, print='print(2)')
    assert 'one.ipynb is not what its source' in translate.check(source)[0]


def test_a_broken_catalogue_is_named(course):
    source, catalogue, _ = course
    catalogue.write_text('bla bla\n')
    with pytest.raises(ValueError, match=r'translations/zh/notebooks/one\.po is no catalogue'):
        translate.check(source)


def glossary() -> dict[str, str]:
    """{anchor: the Chinese of its term}, without what stands in brackets."""
    rows = re.findall(
        r'^\| <a id="([\w-]+)"></a>\*\*.+?\*\* \| (.+?) \|',
        (ROOT / 'notebooks' / 'glossary.md').read_text(encoding='utf-8'),
        re.M,
    )
    return {anchor: re.sub(r'[（(].*', '', chinese).strip() for anchor, chinese in rows}


@pytest.mark.parametrize('source', translate.sources(), ids=lambda p: p.stem)
def test_a_term_has_one_translation(source):
    """What links to a term of the glossary calls it as the glossary does, or by a part of that."""
    terms = glossary()
    other = [
        (message.context, text, terms[anchor])
        for message in translate.read_catalogue(source)
        for text, anchor in re.findall(r'\[([^\]]*)\]\([^)]*glossary\.md#([\w-]+)\)', message.string or '')
        if re.search(r'[\u4e00-\u9fff]', text) and terms[anchor] not in text and text not in terms[anchor]
    ]
    assert not other
