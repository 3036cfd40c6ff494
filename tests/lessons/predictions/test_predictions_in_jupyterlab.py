"""A prediction in JupyterLab, with a real keyboard: a draft is no guess, Enter keeps it, the run shows all three."""

import os

import pytest
from browser import opened_tab
from lab_support import jupyterlab

CELLS = [
    "from lessons.predictions import outcome, predict, predictions\n\npredict('3.2')",
    "outcome('3.2', formula=871.3, measured=912.6)",
    "predict('3.5')",
    "outcome('3.5', formula='same', measured='same')",
    'predictions(3)',
]


@pytest.mark.deep
@pytest.mark.parametrize(('language', 'keep'), [('en', 'Keep my guess'), ('zh', '记下我的猜测')])
def test_a_guess_is_typed_and_chosen_and_meets_its_measurement(tmp_path, monkeypatch, language, keep):
    from playwright.sync_api import expect

    monkeypatch.setenv('COURSE_SUBMISSION', str(tmp_path / 'submission'))
    kept = tmp_path / 'submission' / 'predictions.json'
    with jupyterlab(tmp_path, CELLS, language) as address, opened_tab(address, height=1400) as tab:
        tab.get_by_text('| Idle').wait_for()
        cells = tab.locator('.jp-CodeCell')

        def run(n: int):
            cells.nth(n).locator('.jp-InputArea-editor').click()
            tab.keyboard.press('Shift+Enter')

        run(0)
        field, said = tab.locator('.widget-text input'), tab.locator('[role=status]')
        field.click()
        field.press_sequentially('80')
        cells.nth(4).locator('.jp-InputArea-editor').click()  # the field is left: that is no guess
        field.click()
        field.press('End')
        field.press_sequentially('0 GiB')
        field.press('Enter')
        expect(said).to_contain_text('GiB')
        assert not kept.exists()
        field.fill('800 MiB')
        field.press('Enter')
        expect(said).to_contain_text('800 MiB')
        run(1)
        expect(cells.nth(1)).to_contain_text('912.6 MiB')
        run(2)
        tab.locator('.widget-radio-box input').nth(1).check()
        cells.nth(2).get_by_role('button', name=keep).press('Enter')
        expect(said).to_have_count(2)
        run(3)
        expect(cells.nth(3).locator('.course-outcome')).to_be_visible()
        run(4)
        expect(cells.nth(4).locator('td')).to_have_count(10)
        if folder := os.environ.get('PREDICTIONS_SHOTS'):  # to be looked at
            tab.screenshot(path=f'{folder}/predictions-{language}.png')
