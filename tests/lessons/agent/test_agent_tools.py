"""The clock, the search, and the box of tools: whatever a model writes, the answer is a text."""

import json
from datetime import UTC, datetime

import pytest

from lessons.agent.clock import ZONES, tell_time, utc_now
from lessons.agent.pages import Pages, Section, sections_of, words_of
from lessons.agent.tools import MOST_CHARACTERS, Tool, Toolbox, course_tools, small_sums


def noon() -> datetime:
    return datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path):
    """Three pages, a notebook among them."""
    (tmp_path / 'a.md').write_text('# Apples\n\nApples are red.\n\n## Pears\n\nPears are green, apples too.\n')
    (tmp_path / 'b.md').write_text('# Plums\n\nPlums plums plums, and [a link](http://x.y/apples).\n')
    (tmp_path / 'deep').mkdir()
    cells = [
        {'cell_type': 'markdown', 'source': ['# 樱桃\n', '\n', '樱桃是红色的。']},
        {'cell_type': 'code', 'source': ['apples = 1']},
    ]
    (tmp_path / 'deep' / 'c.ipynb').write_text(json.dumps({'cells': cells}))
    (tmp_path / '._d.md').write_text('# Apples of another system')
    return tmp_path


@pytest.mark.parametrize(
    ('city', 'told'), [('Paris', '13:00'), (' paris ', '13:00'), ('北京', '20:00'), ('TOKYO', '21:00')]
)
def test_the_time_in_a_city(city, told):
    assert tell_time(city, noon) == told


def test_summer_time():
    assert tell_time('Berlin', lambda: datetime(2026, 7, 1, 12, tzinfo=UTC)) == '14:00'


@pytest.mark.parametrize('city', ['Atlantis', '', 'Beijing 北京', '../etc/passwd', 'x' * 10_000])
def test_a_city_that_it_does_not_know(city):
    with pytest.raises(ValueError, match='unknown city') as caught:
        tell_time(city, noon)
    assert len(str(caught.value)) < 80


def test_every_zone_is_there_and_the_clock_has_a_zone():
    for names in ZONES:
        for name in names.split():
            assert len(tell_time(name, noon)) == 5
    assert utc_now().tzinfo


def test_words():
    assert words_of('KV cache: 3rd, quant_policy') == ['kv', 'cache', '3rd', 'quant_policy']
    assert words_of('前缀缓存 AWQ') == ['前缀', '缀缓', '缓存', 'awq']
    assert words_of('我') == ['我']
    assert words_of('…') == []


def test_sections_end_at_the_next_heading(folder):
    text = (folder / 'a.md').read_text()
    assert sections_of(text, 'a.md') == [
        Section('a.md', 'Apples', 'Apples are red.'),
        Section('a.md', 'Pears', 'Pears are green, apples too.'),
    ]
    assert sections_of('no heading', 'x') == []


def test_headings_count_more_and_rare_words_most(folder):
    found = Pages(folder).ranked('apples')
    assert [section.heading for _, section in found] == ['Apples', 'Pears']
    assert found[0][0] > found[1][0] > 0
    assert Pages(folder).ranked('apples plums')[0][1].heading == 'Plums', 'in one section of four only'


def test_a_word_of_every_section_still_finds(tmp_path):
    (tmp_path / 'a.md').write_text('# Holidays\n\nClosed in May.')
    assert Pages(tmp_path).search('holidays') == 'a.md, Holidays: Closed in May.'


def test_links_and_code_are_not_searched(folder):
    assert {section.file for _, section in Pages(folder).ranked('apples', 9)} == {'a.md'}
    assert Pages(folder).ranked('http') == []


def test_chinese_and_notebooks_of_deep_are_found(folder):
    assert Pages(folder).ranked('红色的樱桃')[0][1].file == 'deep/c.ipynb'
    assert Pages(folder, without=('deep/c.ipynb',)).ranked('樱桃') == []


def test_repeated_words_count_for_less_and_less(tmp_path):
    (tmp_path / 'a.md').write_text('# A\n\n' + 'word ' * 1000 + '\n\n# B\n\nword rare\n\n# C\n\nnothing')
    assert Pages(tmp_path).ranked('word rare')[0][1].heading == 'B'


def test_a_search_is_a_short_text_or_an_error(folder):
    text = Pages(folder).search('apples')
    assert text.splitlines()[0] == 'a.md, Apples: Apples are red.'
    for query in ('nowhere', '', '!!', ' ' * 9999):
        with pytest.raises(ValueError, match='nothing found'):
            Pages(folder).search(query)


def test_a_folder_without_pages(tmp_path):
    with pytest.raises(FileNotFoundError, match='no pages'):
        Pages(tmp_path).search('x')


def test_the_course_finds_itself():
    pages = Pages()
    best = {query: pages.ranked(query)[0][1].file for query in ('prefix caching', 'tensor parallelism', 'AWQ')}
    assert best['prefix caching'] == 'deep/03_roofline_and_prefix_caching.ipynb'
    assert best['tensor parallelism'] == '10_scaling.ipynb'
    assert 'awq' in best['AWQ']
    assert 'deep/05_agent.ipynb' not in {section.file for section in pages.sections}


@pytest.fixture
def box(folder):
    return Toolbox([*course_tools(Pages(folder), noon), *small_sums()])


@pytest.mark.parametrize(
    ('name', 'arguments', 'result'),
    [
        ('calculate', {'expression': '6 * 7'}, '42'),
        ('get_time', {'city': 'London'}, '12:00'),
        ('search', {'query': 'pears'}, 'a.md, Pears: Pears are green, apples too.'),
        ('add', {'a': 3, 'b': -4}, '-1'),
        ('mul', {'a': -3, 'b': -4}, '12'),
    ],
)
def test_a_call(box, name, arguments, result):
    assert box.call(name, json.dumps(arguments)) == result


@pytest.mark.parametrize(
    ('name', 'arguments', 'words'),
    [
        ('system', '{}', 'no such tool: system; there are: calculate, get_time, search, add, mul'),
        ('', '{}', 'no such tool'),
        ('__class__', '{}', 'no such tool'),
        ('calculate', '2 + 2', 'Extra data'),
        ('calculate', '', 'Expecting value'),
        ('calculate', '{"expression": ', 'Expecting value'),
        ('calculate', '"2"', 'is not of type'),
        ('calculate', '[1]', 'is not of type'),
        ('calculate', 'null', 'is not of type'),
        ('calculate', '{}', "'expression' is a required property"),
        ('calculate', '{"expression": 2}', 'is not of type'),
        ('calculate', '{"expression": "2", "x": 1}', 'Additional properties'),
        ('calculate', '{"expression": "1/0"}', 'division by zero'),
        ('calculate', '[' * 100_000, 'error'),
        ('add', '{"a": 1.5, "b": 1}', 'is not of type'),
        ('add', '{"a": true, "b": 1}', 'is not of type'),
        ('add', '{"a": NaN, "b": 1}', 'error'),
        ('add', '{"a": 1' + '0' * 5000 + ', "b": 1}', 'error'),
        ('mul', '{"a": 1' + '0' * 180 + ', "b": 1' + '0' * 180 + '}', 'at most 200'),
        ('get_time', '{"city": "Atlantis"}', 'unknown city'),
        ('get_time', '{"city": "' + 'x' * 10_000 + '"}', 'unknown city'),
        ('x' * 10_000, '{}', 'no such tool'),
    ],
)
def test_a_mistake_is_an_answer(box, name, arguments, words):
    answer = box.call(name, arguments)
    assert answer.startswith('error: ')
    assert words in answer
    assert len(answer) <= MOST_CHARACTERS


@pytest.mark.parametrize('fault', [RuntimeError(), RuntimeError('broken'), KeyError('x'), OSError(2, 'gone')])
def test_a_tool_that_fails_in_any_way_is_an_answer(fault):
    def fails():
        raise fault

    answer = Toolbox([Tool('t', 'fails', {}, fails)]).call('t', '{}')
    assert answer.startswith('error: ')
    assert len(answer) > len('error: ')


def test_a_person_who_stops_it_is_none():
    def stopped():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Toolbox([Tool('t', 'stopped', {}, stopped)]).call('t', '{}')


def test_a_long_result_is_cut():
    box = Toolbox([Tool('t', 'long', {}, lambda: 'x' * 10_000)])
    assert len(box.call('t', '{}')) == MOST_CHARACTERS


def test_descriptions_are_as_the_api_wants_them(box):
    assert [each['function']['name'] for each in box.descriptions] == ['calculate', 'get_time', 'search', 'add', 'mul']
    assert box.descriptions[3] == {
        'type': 'function',
        'function': {
            'name': 'add',
            'description': 'Add two integers',
            'parameters': {
                'type': 'object',
                'properties': {'a': {'type': 'integer'}, 'b': {'type': 'integer'}},
                'required': ['a', 'b'],
                'additionalProperties': False,
            },
        },
    }
