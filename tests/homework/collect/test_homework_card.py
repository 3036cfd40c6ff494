"""The card: what it shows, on any machine, in any language."""

import io

import numpy as np
import pytest
from homework_good import Builder, typed
from PIL import Image

from homework.collect import typesetting
from homework.collect.card import Card
from homework.collect.typesetting import FONTS


@pytest.mark.parametrize('language', ['zh', 'en'])
def test_it_holds_what_homework_asks_for(language):
    name = {'zh': '王小明', 'en': 'Ada'}[language]
    evidence = Builder(name, language).all()['story']
    card = Card(typed(evidence))
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
    assert {'zh': '内存', 'en': 'Memory'}[language] in page
    assert 'MiB' in page
    assert evidence['code'] in repr(card)


@pytest.mark.parametrize('language', ['zh', 'en'])
@pytest.mark.parametrize('task', ['chat', 'story', 'memory-kv', 'benchmark', 'tools'])
def test_its_picture_is_a_picture(language, task):
    evidence = Builder('王小明', language).all()[task]
    picture = Image.open(io.BytesIO(Card(typed(evidence)).png()))
    picture.load()
    assert picture.width == 1280
    assert 400 < picture.height < 4000
    assert (picture.text['course-task'], picture.text['course-code']) == (task, evidence['code'])
    dark = sum(picture.convert('L').histogram()[:100])
    assert dark > 3000, 'there is something on it'


@pytest.fixture
def only_our_fonts(monkeypatch):
    """A machine without fonts."""
    fonts = typesetting._fonts(of_this_machine=False)
    monkeypatch.setattr(typesetting, '_fonts', lambda: fonts)


def test_chinese_needs_no_font_of_the_machine(request):
    """The course brings its own: the same letters where the machine has none."""
    card = Card(typed(Builder('王小明', 'zh').all()['story']))
    with_the_machines = card.png()
    request.getfixturevalue('only_our_fonts')
    assert card.png() == with_the_machines


def drawn(answer: str) -> np.ndarray:
    """The card with this answer, down to the answer's last line: 255 is white."""
    builder = Builder('Ada', 'en')
    engine = builder.engine('16 bit', 'pipeline', awq=False)
    answers = [builder.answer('16 bit', 'pipeline', 'x', answer)]
    card = Card(typed(builder.evidence('chat', engines=[engine], answers=answers)))
    return np.asarray(Image.open(io.BytesIO(card.png())).convert('L'))[:-122]


def test_a_character_that_no_font_has_is_a_box(only_our_fonts):
    """It is seen that something stands there."""
    assert (drawn('a😀b') < 128).sum() > (drawn('ab') < 128).sum() + 20


def test_common_chinese_is_covered():
    from matplotlib.ft2font import FT2Font

    level_1_and_2 = [bytes((row, cell)) for row in range(0xB0, 0xF8) for cell in range(0xA1, 0xFF)]
    characters = ''.join(code.decode('gb2312', errors='ignore') for code in level_1_and_2)
    assert len(characters) == 6763
    covered = FT2Font(str(FONTS / 'CourseSansSC.ttf')).get_charmap()
    assert all(ord(c) in covered for c in characters + '，。！？；：、（）《》“”…·—')


def same(one: np.ndarray, other: np.ndarray) -> bool:
    return one.shape == other.shape and bool((one == other).all())


def test_lines_break_between_words_and_within_chinese():
    words = ['word'] * 40
    broken = drawn(' '.join(words))
    assert any(same(broken, drawn('\n'.join([' '.join(words[:n]), ' '.join(words[n:])]))) for n in range(18, 26))
    assert same(drawn('一' * 70), drawn('一' * 55 + '\n' + '一' * 15))
    assert same(drawn('一' * 55 + '，一'), drawn('一' * 55 + '，\n一')), 'no line begins with a comma'
    assert drawn('a\n\nb').shape[0] > drawn('a\nb').shape[0]


def test_a_word_that_is_longer_than_a_line_is_broken_and_not_cut():
    long = drawn('abcdefghij' * 30)
    assert long.shape[0] > drawn('abcdefghij').shape[0]
    assert (long[20:, 1240:] > 200).all(), 'the margin is empty'


def test_a_long_answer_does_not_make_a_long_card():
    builder = Builder('Ada', 'en')
    engine = builder.engine('16 bit', 'pipeline', awq=False)
    answer = builder.answer('16 bit', 'pipeline', 'x ' * 3000, 'word ' * 5000)
    card = Card(typed(builder.evidence('chat', engines=[engine], answers=[answer])))
    assert Image.open(io.BytesIO(card.png())).height < 1500


def test_markup_in_an_answer_is_text():
    builder = Builder('<i>Ada</i>', 'en')
    engine = builder.engine('16 bit', 'pipeline', awq=False)
    answer = builder.answer('16 bit', 'pipeline', '<b>', '<script>alert(1)</script>')
    page = Card(typed(builder.evidence('chat', engines=[engine], answers=[answer])))._repr_html_()
    assert '<script' not in page
    assert '<i>' not in page
    assert '<b>' not in page


@pytest.mark.parametrize(('way', 'used_mib'), [('cli', 0), ('cli', 900), ('api_server', 1900), ('pipeline', 900)])
def test_what_a_reading_cannot_say_is_said(way, used_mib):
    """A terminal is no process of the notebook; a server brings a Python of its own."""
    evidence = Builder('Ada', 'en').all()['chat']
    engine = evidence['engines'][0]
    engine['way'], engine['used_bytes'] = way, used_mib << 20
    engine['after']['used_bytes'] = engine['before']['used_bytes'] + engine['used_bytes']
    card = Card(typed(evidence))
    (bars,), page = card._bars(), card._repr_html_()
    said = f'{bars} {page}'
    assert ('not measurable for a terminal' in said) == ((way, used_mib) == ('cli', 0))
    assert ('its own Python process takes about 1184 MiB besides' in said) == (
        way == 'api_server' or (used_mib == 900 and way == 'cli')
    )
    assert page.count('>Memory<') == 1


def test_memory_is_ram_on_a_cpu_and_a_cards_on_a_card():
    evidence = Builder('王小明', 'zh').all()['chat']
    assert '>内存<' in Card(typed(evidence))._repr_html_()
    evidence['device']['kind'] = 'cuda'
    assert '>显存<' in Card(typed(evidence))._repr_html_()
