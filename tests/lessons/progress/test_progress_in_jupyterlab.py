"""A learner in JupyterLab says yes in the form, and runs a cell: the report says where."""

import os

import nbformat
import pytest
from browser import opened_tab
from lab_support import jupyterlab
from patience import wait_until

from lessons.progress.report import read_report


@pytest.mark.deep
@pytest.mark.parametrize(('language', 'save', 'asked'), [('en', 'Save', 'My instructor'), ('zh', '保存', '讲师')])
def test_a_yes_and_a_cell(tmp_path, monkeypatch, language, save, asked):
    from playwright.sync_api import expect

    shared = tmp_path / 'class'
    shared.mkdir()
    monkeypatch.setenv('COURSE_HOME', str(tmp_path / 'home'))
    monkeypatch.setenv('COURSE_CLASS', str(shared))
    form = 'from lessons.learner_form import learner_form\n\nlearner_form()'
    with jupyterlab(tmp_path, [form], language) as address:
        page = tmp_path / 'notebooks' / 'page.ipynb'
        notebook = nbformat.read(page, as_version=4)
        notebook.cells.append(nbformat.v4.new_code_cell('1 + 1', id='check'))  # of 0.2
        nbformat.write(notebook, page.with_name('00_setup.ipynb'))
        with opened_tab(address.replace('page.ipynb', '00_setup.ipynb')) as tab:
            tab.get_by_text('| Idle').wait_for()
            cells = tab.locator('.jp-CodeCell')

            def run(n: int):
                cells.nth(n).locator('.jp-InputArea-editor').click()
                tab.keyboard.press('Shift+Enter')

            run(0)
            tab.locator('.widget-text input').first.fill('王敏')
            yes = tab.locator('.widget-checkbox input')
            expect(yes).not_to_be_checked()
            expect(tab.locator('.widget-checkbox')).to_contain_text(asked)
            for words in ('.widget-checkbox label', '.widget-html-content'):
                cut = tab.locator(words).first.evaluate('e => e.scrollWidth > e.clientWidth')
                assert not cut, words
            run(1)
            expect(cells.nth(1)).to_contain_text('2')
            assert not list(shared.iterdir())
            yes.check()
            cells.nth(0).get_by_role('button', name=save).click()
            expect(cells.nth(0)).to_contain_text('王敏')
            if folder := os.environ.get('PROGRESS_SHOTS'):  # to be looked at
                tab.screenshot(path=f'{folder}/form-{language}.png')
            run(1)
            path = wait_until(lambda: next(shared.glob('*.json'), None), every_s=0.1)
            report = read_report(path)
            assert (report.name, [(n, p.section) for n, p in report.notebooks.items()]) == (
                '王敏',
                [('00_setup', '0.2')],
            )
