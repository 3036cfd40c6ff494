"""The presenter's pages fit chapters and minutes; `%prepare` runs what slides leave out; plots for a projector."""

import os
import re
import subprocess
import sys

import chapters
import matplotlib
import nbformat
import pytest
from IPython.core.interactiveshell import InteractiveShell

from lessons.presenting import live, projector
from lessons.presenting.pages import FOLDERS, VERSIONS, notes, page_of, read_page

core = pytest.mark.parametrize('chapter', [path.stem for path in chapters.CORE])
ROUTES = (FOLDERS['en'] / 'presenting' / 'README.md').read_text(encoding='utf-8')


def notebook_of(chapter: str, language: str):
    return nbformat.read(FOLDERS[language] / f'{chapter}.ipynb', as_version=4)


@core
def test_a_page_has_the_minutes_that_its_chapter_states(chapter):
    page = page_of(chapter)
    stated = re.search(r'\*\*Core: (\d+) minutes', notebook_of(chapter, 'en').cells[0].source)
    assert page.minutes('all') == int(stated[1])
    assert 40 <= page.minutes('45') <= 45
    assert 15 <= page.minutes('20') <= 20


@core
@pytest.mark.parametrize('language', FOLDERS)
def test_each_section_of_a_chapter_has_its_note(chapter, language):
    """In order; only cards, and where it is left to the presenter summary and exercises, have none."""
    page = page_of(chapter, language)
    cells = notebook_of(chapter, language).cells
    headings = [m[1] for c in cells if c.cell_type == 'markdown' and (m := re.search('^## (.*)$', c.source, re.M))]
    found = dict(zip(headings, notes(page, headings), strict=True))
    assert not [heading for heading, note in found.items() if re.match(r'\d+\.\d', heading) and not note]
    assert [s.title for s in page.sections] == [heading for heading in headings if found[heading]]
    assert page.aim
    assert [s.minutes for s in page.sections] == [s.minutes for s in page_of(chapter).sections]


def test_a_heading_without_minutes_is_named(tmp_path):
    path = tmp_path / 'page.md'
    path.write_text('# A\n\nAim.\n\n## 1.1 B (5 · 5 min)\n')
    with pytest.raises(ValueError, match=r'1\.1 B .*three versions'):
        read_page(path)


def test_a_section_that_the_notebook_lacks_is_named():
    with pytest.raises(ValueError, match=r'no section 0\.5'):
        notes(page_of('00_setup'), ['First, an answer', '0.1 A', '0.2 B', '0.3 C', '0.4 D', 'Summary', 'Exercises'])


@pytest.mark.parametrize('title', ['90 minutes', 'Half a day', 'Two days'])
def test_the_minutes_of_a_route_are_those_of_its_chapters(title):
    table = re.search(rf'^### {title}.*?(?=^##|\Z)', ROUTES, re.M | re.S)[0]
    rows = [[part.strip() for part in row.split('|')[1:-1]] for row in re.findall(r'^\|.*\d+ \|$', table, re.M)]
    *parts, total = rows
    assert len(parts) >= 5
    for name, version, minutes in parts:
        if chapter := re.search(r'\]\((\d\d_\w+)\.md\)', name):
            assert version in VERSIONS
            assert page_of(chapter[1]).minutes(version) <= int(minutes), name
            assert int(minutes) - page_of(chapter[1]).minutes(version) <= 5, name
    assert sum(int(row[2]) for row in parts) == int(total[2])


def test_the_longest_route_has_every_core_chapter():
    days = ROUTES[ROUTES.index('### Two days') :]
    assert re.findall(r'^\| .*\]\((\d\d_\w+)\.md\)', days, re.M) == [path.stem for path in chapters.CORE]


@pytest.fixture
def shell(tmp_path, monkeypatch):
    """A kernel's shell that presents a small chapter: what is run is in its list `ran`."""
    source = ('import', True), ('first', False), ('check', True), ('check-2', True), ('second', False)
    cells = []
    for name, skipped in source:
        cell = nbformat.v4.new_code_cell(f"ran.append('{name}')", id=name)
        cell.metadata['slideshow'] = {'slide_type': 'skip' if skipped else 'slide'}
        cells.append(cell)
    card = nbformat.v4.new_markdown_cell('## Card', id='card-idea')
    after = nbformat.v4.new_code_cell("ran.append('card')", id='card')
    after.metadata['slideshow'] = card.metadata['slideshow'] = {'slide_type': 'skip'}
    nbformat.write(nbformat.v4.new_notebook(cells=[*cells, card, after]), tmp_path / '01_small.ipynb')
    monkeypatch.setitem(FOLDERS, 'en', tmp_path)
    monkeypatch.setenv('JPY_SESSION_NAME', str(tmp_path / '01_small.ipynb'))
    with matplotlib.rc_context():
        made = InteractiveShell()
        made.user_ns['ran'] = []
        made.run_line_magic('load_ext', 'lessons.presenting')
        yield made


def test_prepare_runs_what_stands_before_the_first_live_cell(shell, capsys):
    shell.run_line_magic('prepare', '')
    assert shell.user_ns['ran'] == ['import']
    assert capsys.readouterr().out == '01_small: 1 → first\n'
    assert matplotlib.rcParams['font.size'] == 15


def test_after_a_live_cell_its_hidden_checks_run_and_no_card(shell):
    shell.run_line_magic('prepare', '')
    shell.run_cell("ran.append('first')")
    assert shell.user_ns['ran'] == ['import', 'first', 'check', 'check-2']
    shell.run_cell("ran.append('second')")
    shell.run_cell('1 + 1')
    assert shell.user_ns['ran'] == ['import', 'first', 'check', 'check-2', 'second']


def test_an_unknown_chapter_is_named_with_those_that_there_are(shell):
    with pytest.raises(ValueError, match=r'99_none.*01_small'):
        shell.run_line_magic('prepare', '99_none')


def test_every_core_chapter_has_a_live_cell_to_prepare_for():
    for path in chapters.CORE:
        cells = live.cells_of(path.stem)
        assert not live.skipped_from(cells, 0)[2:], 'much to wait for before the first live cell'
        assert [cell for cell in cells if not cell.skipped]


def test_on_a_projector_letters_are_larger_and_nothing_leaves_the_figure():
    import matplotlib.pyplot as plt

    def letters():
        figure, axes = plt.subplots(figsize=(9, 3))
        axes.set(title='KV cache', xlabel='MiB', ylabel='a rather long label')
        figure.canvas.draw()
        box, sizes = figure.bbox, [t.get_fontsize() for t in (axes.title, axes.xaxis.label, *axes.get_xticklabels())]
        written = [axes.title, axes.xaxis.label, axes.yaxis.label]
        inside = all(box.contains(*corner) for t in written for corner in t.get_window_extent().corners())
        plt.close(figure)
        return min(sizes), inside

    with matplotlib.rc_context(matplotlib.rcParamsDefault):
        plain, _ = letters()
        projector.use_projector()
        large, inside = letters()
    assert large >= 1.35 * plain
    assert inside


def test_the_theme_is_a_matplotlibrc_too():
    """As `COURSE_PROJECTOR=1 make lab` gives it to every kernel."""
    command = [sys.executable, '-c', 'import matplotlib; print(matplotlib.rcParams["font.size"])']
    environment = os.environ | {'MATPLOTLIBRC': str(projector.STYLE)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert float(done.stdout) == 15
    assert not done.stderr
