"""The chat box in JupyterLab, with a real keyboard: what the page's own messages make of it."""

import pytest
from browser import opened_tab
from lab_support import jupyterlab

CELL = """
import time
from types import SimpleNamespace

from lessons.chat import chat_box


class Pipe:
    def session(self):
        return SimpleNamespace(abort=lambda: None)

    def stream_infer(self, messages, sessions, gen_config):
        for word in ('heard', *messages[-1]['content'].split(), 'well'):
            time.sleep(1.5)  # so that a slow page, too, has sent the next message before the answer ends
            yield SimpleNamespace(text=word + ' ', finish_reason=None, error_message=None)


box = chat_box(Pipe())
box
"""


@pytest.fixture
def lab(tmp_path):
    """A JupyterLab with a notebook of one cell that makes a box -> its address."""
    with jupyterlab(tmp_path, [CELL, 'box.messages']) as address:
        yield address


@pytest.mark.deep
def test_drafts_stay_and_enter_sends_the_last_letter_too(lab):
    from playwright.sync_api import expect

    with opened_tab(lab) as tab:
        tab.get_by_text('| Idle').wait_for()
        first, second = (tab.locator('.jp-CodeCell').nth(i).locator('.jp-InputArea-editor') for i in (0, 1))
        first.click()
        tab.keyboard.press('Shift+Enter')
        field, page = tab.locator('.widget-text input'), tab.locator('.widget-html')
        field.click()
        field.press_sequentially('a draft')
        second.click()  # the field is left: its value goes to the kernel, and no further
        field.click()
        field.press('End')
        field.press_sequentially(', sent')
        field.press('Enter')
        expect(page).to_contain_text('you: a draft, sent')
        expect(field).to_have_value('')
        field.press_sequentially('and more')
        tab.get_by_role('button', name='Send').click()
        expect(page).to_contain_text('you, next: and more')
        expect(page).to_contain_text('model: heard and more well')
        assert page.inner_text().count('you:') == 2, 'the draft was not sent by itself'
