"""Predictions: reading a guess, keeping it, setting it beside formula and measurement; nothing where nobody guesses."""

import json
import re
import stat
from pathlib import Path

import chapters
import ipywidgets
import nbformat
import pytest
from widget_support import widgets_alive

from lessons.predictions import outcome, outcomes, predict, predictions
from lessons.predictions.box import static, turned
from lessons.predictions.kept import keep_guess, kept_path, plain, read
from lessons.predictions.questions import QUESTIONS, GuessError, question
from translations.messages import chinese

NUMBERS = list(QUESTIONS)


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """A submission's folder, and a kernel in which nothing has run."""
    monkeypatch.setenv('COURSE_SUBMISSION', str(tmp_path / 'submission'))
    monkeypatch.setenv('COURSE_LANG', 'en')
    monkeypatch.setattr(outcomes, '_RAN', {})
    return tmp_path / 'submission'


def text_of(shown) -> str:
    return shown._repr_mimebundle_()['text/plain']


def said(box) -> str:
    return re.sub('<[^>]+>', ' ', box._said.value)


def press_enter(box, text: str) -> None:
    """What the page sends, in its order."""
    box._field._handle_string_msg(box._field, {'event': 'submit'}, None)
    box._field.value = text


def button(box):
    return next(w for w in box.children[1].children if isinstance(w, ipywidgets.Button))


# ---------------------------------------------------------------- reading a guess


@pytest.mark.parametrize(
    ('entry', 'value'),
    [
        ('800', 800), ('800 MiB', 800), ('800mib', 800), (' 1,024.5 ', 1024.5), ('.5', 0.5), ('1e3', 1000), (12, 12),
        ('８００', 800), ('1，024', 1024), (0.25, 0.25),
    ],
)  # fmt: skip
def test_a_number_is_read_as_people_type_it(entry, value):
    assert question('3.2').read(entry) == value


def test_units_have_other_spellings():
    assert question('1.4').read('3倍') == question('1.4').read('3 x') == 3
    assert question('2.3').read('12个词元') == 12
    assert question('4.2').read('30 %') == question('4.2').read(30.0) == 30


@pytest.mark.parametrize(
    ('entry', 'why'),
    [
        ('abc', '“abc” is no number'), ('', 'is no number'), ('0,5', 'is no number'), ('1 2', 'is no number'),
        ('nan', 'is no number'), ('-3', '-3 cannot be: the answer is a number above 0'), ('0', '0 cannot be'),
        ('2 GiB', 'asked for in MiB, not in “GiB”'), ('5 tokens', 'not in “tokens”'), ('1e99', 'type a smaller number'),
        ('9' * 400, 'type a smaller number'), (None, 'is no number'), ('<b>' * 99, 'is no number'),
    ],
)  # fmt: skip
def test_what_is_no_guess_is_answered_with_a_sentence(entry, why):
    with pytest.raises(GuessError, match=re.escape(why)) as caught:
        question('3.2').read(entry)
    assert len(str(caught.value)) < 120


def test_a_choice_is_one_of_them():
    assert question('3.5').read('same') == 'same'
    for entry in (None, 'SAME', 1):
        with pytest.raises(GuessError, match='smaller, same, larger'):
            question('3.5').read(entry)


def test_the_table_is_whole_and_its_chinese_is_there():
    known = chinese()
    for number, asked in QUESTIONS.items():
        assert re.fullmatch(r'[0-7]\.\d(-[a-z]+)?', number)
        assert bool(asked.unit) != bool(asked.choices), number
        for words in filter(None, (asked.ask, asked.formula, *asked.choices.values())):
            assert re.search('[\u4e00-\u9fff]', known[words]), words
    with pytest.raises(KeyError, match=r"no prediction '3\.9'"):
        predict('3.9')


# ---------------------------------------------------------------- without a guess


def test_without_a_guess_nothing_is_shown_or_written(folder):
    assert outcome('3.2', formula=1, measured=2) is None
    assert outcome('3.5', measured=None) is None
    assert 'No guess was kept' in text_of(predictions('03'))
    predict('3.2')
    assert not folder.exists()


def test_a_draft_is_no_guess(folder):
    """Leaving the field changes its value, as every letter does; a slider and a choice wait for the button."""
    box = predict('3.2')
    for draft in ('8', '80', '800'):
        box._field.value = draft
    predict('4.2')._field.value = 30
    predict('3.5')._field.value = 'same'
    assert read() == {}


# ---------------------------------------------------------------- with one


def test_enter_keeps_it_and_the_outcome_shows_three_numbers():
    box = predict('3.2')
    press_enter(box, '800 MiB')
    assert 'Kept: 800 MiB' in said(box)
    shown = outcome('3.2', formula=900, measured=1000)
    assert 'your guess: 800 MiB · formula: 900 MiB · measured: 1,000 MiB' in text_of(shown)
    assert 'The right region: 20 % too low.' in text_of(shown)
    page = shown._repr_mimebundle_()['text/html']
    assert [float(w) for w in re.findall(r'width:([\d.]+)%', page)] == [80, 90, 100]
    assert predict('3.2')._field.value == '800', 'it stands there again'


def test_the_button_keeps_sliders_and_choices():
    for number, value in (('4.2', 30), ('3.5', 'same'), ('3.2', '800')):
        box = predict(number)
        box._field.value = value
        button(box).click()
    assert {number: kept.guess for number, kept in read().items()} == {'3.2': 800, '3.5': 'same', '4.2': 30}


def test_a_wrong_entry_says_so_and_keeps_what_was_there():
    box = predict('3.2')
    press_enter(box, '800')
    press_enter(box, '800 GiB')
    assert 'Not kept: the answer is asked for in MiB' in said(box)
    assert read()['3.2'].guess == 800
    press_enter(box, '<img src=x>')
    assert '<img' not in box._said.value


@pytest.mark.parametrize(
    ('guess', 'sentence'),
    [
        (1000, 'Spot on.'), (990, 'Spot on.'), (900, 'Very near: 10 % too low.'), (1100, 'Very near: 10 % too high.'),
        (1300, 'The right region: 30 % too high.'), (700, 'The right region: 30 % too low.'),
        (2000, 'Too high, by a factor of 2:'), (10, 'Too low, by a factor of 100:'),
    ],
)  # fmt: skip
def test_it_says_how_far_off(guess, sentence):
    predict('3.2', guess)
    assert sentence in text_of(outcome('3.2', formula=1, measured=1000))


def test_choices_are_set_side_by_side():
    predict('3.5', 'smaller')
    shown = outcome('3.5', formula='same', measured='same')
    assert 'your guess: it gets smaller · formula: it stays the same' in text_of(shown)
    assert 'Not as you guessed' in text_of(shown)
    rows = re.findall(r'<div>([^<]*)</div><div>(.*?)</div>', shown._repr_mimebundle_()['text/html'])
    assert [(words, re.findall('</span> ([a-z ]+)', dots)) for words, dots in rows] == [
        ('it gets smaller', ['your guess']), ('it stays the same', ['formula', 'measured']), ('it gets larger', []),
    ]  # fmt: skip
    predict('4.6', 'weights')
    assert 'As you guessed.' in text_of(outcome('4.6', measured='weights'))


@pytest.mark.parametrize('measured', [None, float('nan'), float('inf'), 0, -3, 'many', 1e300, [1], True])
def test_no_measurement_breaks_a_run(measured):
    predict('5.6', 32)
    predict('3.5', 'same')
    for number in ('5.6', '3.5'):
        try:
            shown = outcome(number, formula=measured, measured=measured)
        finally:
            assert number in read()
        assert 'your guess' in text_of(shown)
        assert text_of(predictions(number[0]))


def test_numbers_of_torch_and_numpy_are_numbers():
    import numpy as np
    import torch

    for number in (torch.tensor(3), np.float32(3), np.array(3), np.int64(3)):
        assert json.dumps(plain(question('3.2'), number)) == '3.0'


def test_who_guesses_after_the_run_sees_it_at_once_and_it_says_so():
    box = predict('3.2')
    assert outcome('3.2', formula=900, measured=1000) is None
    press_enter(box, '950')
    assert 'measured' in said(box)
    assert 'You guessed after the run.' in said(box)
    press_enter(box, '990')
    assert read()['3.2'].late
    assert (read()['3.2'].guess, read()['3.2'].measured) == (990, 1000)


def test_a_guess_from_before_the_run_stays():
    box = predict('3.2')
    press_enter(box, '800')
    outcome('3.2', formula=900, measured=1000)
    press_enter(box, '1000')
    assert 'Not kept: your guess from before the run stays.' in said(box)
    assert (read()['3.2'].guess, read()['3.2'].late) == (800, False)


def test_the_end_of_a_chapter_shows_all_of_it():
    predict('3.5', 'same')
    predict('3.2', 800)
    predict('4.2', 30)
    outcome('3.2', formula=900, measured=1000)
    lines = text_of(predictions('03')).splitlines()
    assert [line[:4].strip() for line in lines[1:]] == ['3.2', '3.5']
    assert '800 MiB · 900 MiB · 1,000 MiB · The right region: 20 % too low.' in lines[1]
    assert 'The run is still to come.' in lines[2]
    assert '30 %' not in '\n'.join(lines)
    with pytest.raises(KeyError, match='chapter 9'):
        predictions(9)


# ---------------------------------------------------------------- the file


@pytest.mark.parametrize(
    'content',
    [
        b'', b'\xff\xfe', b'[]', b'{', b'[' * 100_000, b'{"3.2": 800}', b'{"3.2": {"guess": 800}}', b'x' * (2 << 20),
        b'{"3.2": {"guess": "<b>", "guessed": "2026-01-01T00:00:00Z"}}', b'{"9.9": {}, "3.2": null, "3.5": [1]}',
        b'{"3.2": {"guess": -1, "guessed": "2026-01-01T00:00:00Z"}}', b'{"3.2": {"guess": 1, "guessed": "today"}}',
        b'{"3.2": {"guess": 1, "guessed": "2026-01-01T00:00:00Z", "measured": "many"}}',
        b'{"3.2": {"guess": true, "guessed": "2026-01-01T00:00:00Z"}}', b'{"3.2": {"guess": NaN, "guessed": 3}}',
        b'{"3.5": {"guess": "same", "guessed": "2026-01-01T00:00:00Z", "measured": 3}}',
    ],
)  # fmt: skip
def test_a_file_that_was_tampered_with_counts_as_none(folder, content):
    folder.mkdir()
    kept_path().write_bytes(content)
    assert read() == {}
    assert outcome('3.2', formula=1, measured=2) is None
    assert 'No guess' in text_of(predictions(3))
    predict('3.2', 800)
    assert read()['3.2'].guess == 800, 'and is written anew'


def test_one_bad_entry_takes_no_other_with_it():
    predict('3.2', 800)
    predict('3.5', 'same')
    content = json.loads(kept_path().read_text())
    content['3.2']['guess'] = 'a lot'
    kept_path().write_text(json.dumps(content))
    assert list(read()) == ['3.5']


def test_a_folder_that_cannot_be_written_is_said_and_stops_nothing(tmp_path, monkeypatch):
    predict('3.2', 800)
    blocked = tmp_path / 'a file'
    blocked.write_text('')
    monkeypatch.setenv('COURSE_SUBMISSION', str(blocked))
    box = predict('3.2')
    press_enter(box, '900')
    assert 'Not kept:' in said(box)
    assert outcome('3.2', formula=1, measured=2) is None


def test_an_outcome_that_cannot_be_written_is_shown(monkeypatch):
    predict('3.2', 800)

    def full(*_):
        raise OSError(28, 'No space left on device')

    monkeypatch.setattr('lessons.predictions.kept.write_whole', full)
    assert 'measured: 1,000 MiB' in text_of(outcome('3.2', formula=900, measured=1000))
    assert read()['3.2'].measured is None


def test_it_is_written_whole_and_beside_others(folder):
    keep_guess('3.2', 800.0, None)
    before = kept_path().stat().st_ino
    keep_guess('0.4', 14.0, None)
    assert kept_path().stat().st_ino != before, 'renamed into its place'
    assert [path.name for path in folder.iterdir()] == ['predictions.json']
    assert stat.S_ISREG(kept_path().stat().st_mode)
    assert list(read()) == ['0.4', '3.2'], 'in the order of the chapters'


# ---------------------------------------------------------------- where no widget runs


@pytest.mark.parametrize('number', NUMBERS)
def test_the_question_is_there_without_widgets_in_both_languages(number):
    english, chinese_page = static(number, 'en'), static(number, 'zh')
    assert turned(english, 'zh') == chinese_page != english
    assert turned(chinese_page, 'en') == english
    assert not re.search(r'<script|<img|url\(|https?:', english['text/html'])
    for words in (QUESTIONS[number].ask, *QUESTIONS[number].choices.values()):
        assert words in english['text/plain']


def test_other_outputs_and_lists_with_guesses_do_not_turn():
    other = {'text/html': '<p>a table</p>', 'text/plain': 'a table'}
    assert turned(other, 'zh') == other
    empty = predictions(3)._repr_mimebundle_()
    assert '你在第 3 章的预测' in turned(empty, 'zh')['text/plain']
    predict('3.2', 800)
    full = predictions(3)._repr_mimebundle_()
    assert turned(full, 'zh') == full


def test_all_is_said_in_chinese(monkeypatch):
    monkeypatch.setenv('COURSE_LANG', 'zh')
    box = predict('1.4')
    press_enter(box, 'abc')
    assert said(box).strip() == '没有记下：“abc”不是数：请输入一个数，例如 12.5 或 1,024。'
    press_enter(box, '5 MiB')
    assert '这里要的单位是' in said(box)
    press_enter(box, '5倍')
    assert '已记下：5 倍' in said(box)
    shown = text_of(outcome('1.4', formula=16, measured=9))
    assert '你的猜测: 5 倍 · 公式: 16 倍 · 实测: 9 倍' in shown
    assert not re.search('[a-z]{3}', shown.replace('tokens', '')), shown
    predict('3.5', 'larger')
    assert not re.search('[a-z]{3}', text_of(outcome('3.5', formula='same', measured='same')))


def test_a_box_is_stored_as_text_that_never_changes_and_leaves_nothing_behind():
    before = widgets_alive()
    box = predict('3.2')
    data = box._repr_mimebundle_()
    assert data.keys() >= {'text/plain', 'text/html', 'application/vnd.jupyter.widget-view+json'}
    assert {kind: data[kind] for kind in ('text/plain', 'text/html')} == static('3.2')
    box.guess(800)
    assert box._repr_mimebundle_() == data
    box.close()
    assert widgets_alive() == before


# ---------------------------------------------------------------- in the notebooks


@pytest.mark.parametrize('path', [p for p in chapters.CORE if p.stem[:2] <= '07'], ids=lambda p: p.stem)
def test_each_core_chapter_asks_before_it_measures_and_shows_all_at_its_end(path: Path):
    cells = [c for c in nbformat.read(path, as_version=4).cells if c.cell_type == 'code']
    code = [c.source for c in cells]
    mine = [number for number in NUMBERS if int(number[0]) == int(path.stem[:2])]
    assert len(mine) >= 2

    def place(call: str) -> int:
        (at,) = [i for i, source in enumerate(code) if call in source]
        shown = [line for line in code[at].splitlines() if line.startswith(f'display({call}')] or code[at].splitlines()[
            -1:
        ]
        assert shown[0].removeprefix('display(').startswith(call), f'{call}: shown under its cell'
        return at

    end = place(f'predictions({int(path.stem[:2])})')
    for number in mine:
        assert place(f"predict('{number}'") < place(f"outcome('{number}'") < end
    assert not re.search(r"outcome\([^)]*(measured|formula)=[\d.']+[,)]", '\n'.join(code).replace('formula=16,', '')), (
        'nothing is typed in'
    )


@pytest.mark.parametrize('language', ['en', 'zh'])
def test_stored_questions_are_those_of_the_table_in_the_language_of_the_page(language):
    edition = chapters.FOLDER / ('zh' if language == 'zh' else '.')
    for path in (edition / p.name for p in chapters.CORE):
        for cell in nbformat.read(path, as_version=4).cells:
            for data in (output.get('data', {}) for output in cell.get('outputs', [])):
                if found := re.search(r'data-predict="([^"]+)"', data.get('text/html', '')):
                    assert data == static(found[1], language), (path.name, cell.id)
