"""Every text of the homework is in the programs' Chinese catalogue (tests/tools/test_translate.py holds it whole)."""

import string

import pytest
from babel.messages.extract import extract_from_dir

from homework.texts import message, printable
from translations.messages import CATALOGUE, chinese

ROOT = CATALOGUE.parents[2]
METHODS = [('**.py', 'python'), ('templates/**.*', 'jinja2')]


@pytest.fixture(scope='module')
def asked_for() -> set[str]:
    """The texts that the code and the templates ask for, as Babel finds them."""
    found = extract_from_dir(ROOT / 'homework', METHODS, keywords={'message': None})
    return {text for _, _, text, *_ in found}


def test_every_text_is_translated_and_puts_in_the_same_values(asked_for):
    assert len(asked_for) > 150, 'the extraction finds them'
    assert sorted(asked_for - chinese().keys()) == [], 'missing'
    for text in asked_for:
        assert fields(chinese()[text]) == fields(text), text


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def test_a_text_in_both_languages():
    inner = message('a server')
    outer = message('No engine: start {wanted}, then note it with task.engine(LABEL, …).', wanted=inner)
    assert outer.text() == 'No engine: start a server, then note it with task.engine(LABEL, …).'
    assert outer.text('zh') == '缺少推理引擎：请启动服务，再用 task.engine(名称, …) 记录。'


def test_a_value_is_not_taken_for_a_text_to_fill():
    assert message('{name!r} is no vision model: serve one that takes pictures.', name='{0}').text().startswith("'{0}'")


def test_what_turns_a_line_around_is_left_out():
    assert printable('a\u202eb\x07c\ud800d\te') == 'abcd    e'
    assert printable('a\u202eb', '�') == 'a�b'
