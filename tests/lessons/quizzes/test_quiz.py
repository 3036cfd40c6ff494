"""The quizzes: whole data, in both languages, small outputs without a script, and a browser that answers."""

import re
from html.parser import HTMLParser
from pathlib import Path

import chapters
import nbformat
import pytest
from browser import started_browser
from patience import PATIENCE_S

from lessons.quizzes import page, quiz, words
from lessons.quizzes.page import CHAPTERS, MOST_BYTES, Quiz, turned
from lessons.quizzes.questions import all_questions, questions_of, read
from translations import catalogues

NOTEBOOKS = Path(chapters.FOLDER)
NUMBERS = list(dict.fromkeys(question.quiz for question in all_questions()))
GOOD = "[[question]]\nid = 'a'\nquiz = '3.1'\nask = 'b?'\nchoices = [{}]\n"
RIGHT, WRONG = "{key='x', say='s', why='w', right=true}", "{key='y', say='s', why='w', look='3.1'}"

each = pytest.mark.parametrize('number', NUMBERS)


def cells_of(path):
    return nbformat.read(path, as_version=4).cells


def test_ids_are_unique_and_the_right_ones_stand_everywhere():
    questions = all_questions()
    assert len({question.id for question in questions}) == len(questions) > 50
    letters = ['ABC'[[choice.right for choice in question.choices].index(True)] for question in questions]
    for letter in 'ABC':
        assert letters.count(letter) > len(questions) / 4, f'{letter} is right {letters.count(letter)} times'


@pytest.mark.parametrize(
    ('choices', 'said'),
    [
        (f'{WRONG}', 'two choices or more'),
        (f'{WRONG}, {WRONG}', 'a key of its own'),
        (
            f'{WRONG}, {WRONG.replace("y", "z", 1).replace("kez", "key")}',
            'two choices or more|one choice is right, not 0',
        ),
        (f'{RIGHT}, {RIGHT.replace("x", "z")}', 'one choice is right, not 2'),
        (f'{RIGHT}, {WRONG.replace(", look=", ", x=")}', 'unexpected keyword'),
        (f'{RIGHT}, {WRONG.replace("3.1", "")}', 'y: a wrong choice says where to look'),
        (f'{RIGHT}, {WRONG.replace("w", " ", 1)}', 'unexpected|say and why are wanted'),
    ],
)
def test_what_is_not_whole_is_refused(tmp_path, choices, said):
    path = tmp_path / 'chapter_03.toml'
    path.write_text(GOOD.replace('{}', f'{RIGHT}, {WRONG}'))
    assert len(read(path)) == 1
    path.write_text(GOOD.replace('{}', choices))
    with pytest.raises(ValueError, match=rf'chapter_03\.toml, question 1 \(a\): .*(?:{said})'):
        read(path)


def test_where_to_look_is_there():
    anchors = {
        folder: set(re.findall(r'<a id="([\w-]+)">', (folder / 'glossary.md').read_text(encoding='utf-8')))
        for folder in (NOTEBOOKS, NOTEBOOKS / 'zh')
    }
    heads = {}
    for chapter, name in CHAPTERS.items():
        heads[chapter] = '\n'.join(c.source for c in cells_of(NOTEBOOKS / name) if c.cell_type == 'markdown')
    for question in all_questions():
        for look in (choice.look for choice in question.choices if choice.look):
            if re.fullmatch(r'\d\.\d+', look):
                assert re.search(rf'^## {re.escape(look)} ', heads[look[0]], re.M), (question.id, look)
                continue
            target, _, anchor = look.partition('#')
            for folder, known in anchors.items():
                assert (folder / target).is_file(), (question.id, look)
                assert not anchor or anchor in known, (question.id, look)


def test_its_chinese_is_set_as_chinese():
    for message in catalogues.read(words.CATALOGUE):
        if message.id:
            assert not re.search(r'[\u4e00-\u9fff][,;:?!]|[，。：；？！] ', message.string), message.string
            assert re.findall('`[^`]+`', message.id) == re.findall('`[^`]+`', message.string), message.string


# ---------------------------------------------------------------- what is shown


class Text(HTMLParser):
    """The text that remains where a code host strips styles; and every element is closed."""

    def __init__(self, html: str):
        super().__init__()
        self.open, self.text = [], ''
        self.feed(html)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attrs):
        assert not {'id', 'onclick'} & set(dict(attrs))
        self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if 'style' not in self.open:
            self.text += data


@each
def test_questions_and_choices_are_there_as_text_in_both_languages(number):
    for language in words.LANGUAGES:
        bundle = Quiz(number, language)._repr_mimebundle_()
        html, plain = bundle['text/html'], bundle['text/plain']
        assert len(html.encode()) <= MOST_BYTES
        assert not re.search(r'<script|<img|url\(|@import|="https?:', html)
        seen = Text(html).text
        for question in questions_of(number):
            for text in (question.ask, *(choice.say for choice in question.choices)):
                assert words.say(text, question.id, language) in plain
                assert all(words.say(text, question.id, which).replace('`', '') in seen for which in words.LANGUAGES)
        parts = [m.start() for m in re.finditer(r'<div lang="(?:en|zh)">', html)]
        assert html[parts[0] :].startswith(f'<div lang="{language}">')
        assert '<details class="quiz-other">' in html[parts[0] : parts[1]], 'the other language is folded'


@each
def test_an_output_turns_into_another_language_and_back(number):
    english, chinese = (Quiz(number, language)._repr_mimebundle_() for language in ('en', 'zh'))
    assert turned(english, 'zh') == chinese != english
    assert turned(chinese, 'en') == english


def test_other_outputs_do_not_turn():
    other = {'text/html': '<p>a table</p>', 'text/plain': 'a table'}
    assert turned(other, 'zh') == other


def test_the_language_is_the_one_that_the_kernel_was_told(monkeypatch):
    for told, expected in (('zh', 'zh'), ('ZH_cn', 'zh'), ('en', 'en'), ('', 'en')):
        monkeypatch.setenv('COURSE_LANG', told)
        assert quiz('3.1')._repr_mimebundle_() == Quiz('3.1', expected)._repr_mimebundle_()


def test_what_cannot_be_shown_is_refused(monkeypatch):
    with pytest.raises(KeyError, match=r"no quiz '3\.99'; there are 0\.3, "):
        quiz('3.99')
    monkeypatch.setattr(page, 'MOST_BYTES', 1000)
    with pytest.raises(ValueError, match=r'quiz 3\.1: [\d,]+ bytes, at most 1,000'):
        quiz('3.1')._repr_mimebundle_()


# ---------------------------------------------------------------- in the notebooks


def test_every_quiz_ends_its_section_and_is_stored_as_it_is_now():
    """The cells of the Chinese edition hold the same quiz in Chinese."""
    found = []
    for name in CHAPTERS.values():
        cells, chinese = cells_of(NOTEBOOKS / name), cells_of(NOTEBOOKS / 'zh' / name)
        section, mine = '', []
        for cell, edition, below in zip(cells, chinese, [*cells[1:], None], strict=True):
            if cell.cell_type == 'markdown' and cell.source.startswith('## '):
                section = cell.source.split()[1]
            if 'quiz' not in cell.metadata.get('tags', []):
                assert 'lessons.quizzes' not in cell.source
                continue
            number = re.fullmatch(r"(?:from lessons\.quizzes import quiz\n\n)?quiz\('([\d.]+)'\)", cell.source)[1]
            assert (number, cell.id) == (section, f'quiz-{section.replace(".", "-")}')
            assert below.source.startswith('## '), f'{cell.id} ends its section'
            for language, shown in (('en', cell), ('zh', edition)):
                assert [output.data for output in shown.outputs] == [Quiz(number, language)._repr_mimebundle_()], (
                    cell.id
                )
            mine.append(number)
        assert 3 <= len(mine) <= 4
        found += mine
    assert found == NUMBERS
    assert all(2 <= len(questions_of(number)) <= 3 for number in NUMBERS)


# ---------------------------------------------------------------- in a browser


@pytest.fixture(scope='module')
def browser():
    with started_browser() as opened:
        yield opened


@pytest.fixture
def tab(browser):
    """A page without JavaScript, as wide as a phone."""
    opened = browser.new_page(viewport={'width': 360, 'height': 800}, java_script_enabled=False)
    opened.set_default_timeout(1000 * PATIENCE_S)
    yield opened
    opened.close()


@pytest.mark.parametrize(('language', 'no', 'yes'), [('en', '✗ No.', '✓ Right.'), ('zh', '✗ 不对。', '✓ 对了。')])
def test_a_choice_says_why(tab, language, no, yes):
    tab.set_content(Quiz('3.5', language)._repr_mimebundle_()['text/html'])
    question = questions_of('3.5')[0]
    wrong, right = question.choices[0], question.choices[2]
    choices = tab.locator(f'details[name="{question.id}-{language}"]')
    reasons = choices.locator('p')
    assert [reasons.nth(n).is_visible() for n in range(3)] == [False] * 3
    choices.nth(0).locator('summary').click()
    said = reasons.nth(0).inner_text()
    assert said.startswith(no)
    assert words.say(wrong.why, question.id, language) in said
    assert '3.5' in said
    choices.nth(2).locator('summary').focus()
    tab.keyboard.press('Enter')
    said = reasons.nth(2).inner_text()
    assert said.startswith(yes)
    assert words.say(right.why, question.id, language) in said
    assert [reasons.nth(n).is_visible() for n in range(3)] == [False, False, True], 'one choice at a time'


def test_nothing_is_wider_than_a_phone(browser):
    tab = browser.new_page(viewport={'width': 360, 'height': 800})
    for number in NUMBERS:
        for language in words.LANGUAGES:
            html = Quiz(number, language)._repr_mimebundle_()['text/html'].replace('<details', '<details open')
            tab.set_content(re.sub(r' name="[^"]+"', '', html))
            assert tab.evaluate('document.documentElement.scrollWidth') <= 360, (number, language)
    tab.close()
