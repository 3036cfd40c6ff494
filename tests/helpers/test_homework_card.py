"""The card: what it shows, on any machine, in any language."""

import io

import pytest
from homework_good import STORY, Builder
from PIL import Image

from helpers.homework import fonts
from helpers.homework.card import Card


@pytest.mark.parametrize('language', ['zh', 'en'])
def test_it_holds_what_homework_asks_for(language):
    name = {'zh': '王小明', 'en': 'Ada'}[language]
    evidence = Builder(name, language).all()['story']
    card = Card(evidence)
    page = card._repr_html_()
    asked = [
        name,
        evidence['code'],
        'LMDeploy 0.18.0',
        'CPU (x86_64, 2 cores)',
        'cache_max_entry_count 0.4',
        '120.0 tokens/s',
    ]
    for text in (*asked, '1.50 s', evidence['answers'][0]['text'][:20], '2026-11-20'):
        assert text in page
    assert {'zh': '显存', 'en': 'Memory'}[language] in page
    assert 'MiB' in page
    assert evidence['code'] in repr(card)


@pytest.mark.parametrize('language', ['zh', 'en'])
@pytest.mark.parametrize('task', ['chat', 'story', 'memory-kv', 'benchmark', 'tools'])
def test_its_picture_is_a_picture(language, task):
    evidence = Builder('王小明', language).all()[task]
    picture = Image.open(io.BytesIO(Card(evidence).png()))
    picture.load()
    assert picture.width == 1280
    assert 400 < picture.height < 4000
    assert (picture.text['course-task'], picture.text['course-code']) == (task, evidence['code'])
    dark = sum(picture.convert('L').histogram()[:100])
    assert dark > 3000, 'there is something on it'


def test_chinese_needs_no_font_of_the_machine(monkeypatch):
    """The course brings its own: the same letters where the machine has none."""
    card = Card(Builder('王小明', 'zh').all()['story'])
    monkeypatch.setattr(fonts, '_systems_fonts', lambda: ())
    fonts.font_of.cache_clear()
    fonts._advance.cache_clear()
    assert {path for path, _ in fonts.runs(STORY)} == {fonts.FONT}
    with_own = card.png()
    fonts.font_of.cache_clear()
    fonts._advance.cache_clear()
    monkeypatch.undo()
    assert card.png() == with_own
    fonts.font_of.cache_clear()
    fonts._advance.cache_clear()


def test_a_character_that_no_font_has_is_a_box(monkeypatch):
    monkeypatch.setattr(fonts, 'fallbacks', lambda: [])
    fonts.font_of.cache_clear()
    fonts._advance.cache_clear()
    assert fonts.runs('a😀b') == [(fonts.FONT, 'a□b')]
    fonts.font_of.cache_clear()
    fonts._advance.cache_clear()


def test_common_chinese_is_covered():
    level_1_and_2 = [bytes((row, cell)) for row in range(0xB0, 0xF8) for cell in range(0xA1, 0xFF)]
    characters = ''.join(code.decode('gb2312', errors='ignore') for code in level_1_and_2)
    assert len(characters) == 6763
    assert all(ord(c) in fonts._covered(fonts.FONT) for c in characters + '，。！？；：、（）《》“”…·—')


def test_lines_break_between_words_and_within_chinese():
    def measure(text):
        return sum(2 if ord(c) > 255 else 1 for c in text)

    assert fonts.wrap('one two three', 7, measure) == ['one two', 'three'] or fonts.wrap('one two three', 8, measure)
    assert fonts.wrap('一二三四五', 6, measure) == ['一二三', '四五']
    assert fonts.wrap('一二三，四', 6, measure) == ['一二三，', '四'], 'no line begins with a comma'
    assert fonts.wrap('abcdefghij', 4, measure) == ['abcd', 'efgh', 'ij']
    assert fonts.wrap('a\n\nb', 9, measure) == ['a', '', 'b']
    assert fonts.wrap('', 9, measure) == ['']


def test_what_turns_a_line_around_is_left_out():
    assert fonts.printable('a\u202eb\x07c\ud800d\te') == 'abcd    e'


def test_a_long_answer_does_not_make_a_long_card():
    builder = Builder('Ada', 'en')
    engine = builder.engine('16 bit', 'pipeline', awq=False)
    answer = builder.answer('16 bit', 'pipeline', 'x ' * 3000, 'word ' * 5000)
    picture = Image.open(io.BytesIO(Card(builder.evidence('chat', engines=[engine], answers=[answer])).png()))
    assert picture.height < 1500


def test_markup_in_an_answer_is_text():
    builder = Builder('<i>Ada</i>', 'en')
    engine = builder.engine('16 bit', 'pipeline', awq=False)
    answer = builder.answer('16 bit', 'pipeline', '<b>', '<script>alert(1)</script>')
    page = Card(builder.evidence('chat', engines=[engine], answers=[answer]))._repr_html_()
    assert '<script' not in page
    assert '<i>' not in page
    assert '<b>' not in page
