"""A chat page in a browser that a program drives: headless Chromium, asked and pictured as a person would."""

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from homework.evidence import HomeworkError

_CHROMIUM = 'chromium', 'chromium-browser', 'google-chrome'
# The course's page shows its speed line at the end of an answer; a page of `gr.ChatInterface` its button to send.
_DONE = """() => {
    const said = [...document.querySelectorAll('.bot.message')].at(-1)?.innerText.trim();
    const end = document.querySelector('#speed') ?? document.querySelector('.submit-button');
    if (!said || said === 'Loading content' || !end) return false;
    if (said !== window.lastSaid) { window.lastSaid = said; window.lastTime = Date.now(); return false; }
    return Date.now() - window.lastTime > 3000;
}"""


def asked_on_page(
    address: str, question: str, picture: Path | str, *, image: Path | str | None = None, timeout_s: float = 300.0
) -> str:
    """Open a chat page, ask it, and store what the window shows then as the PNG `picture`; returns the answer.

    Args:
        image: a file to show to the model with the question.

    Raises HomeworkError where this machine has no Chromium: take the screenshot by hand.
    """
    chromium = next(filter(None, map(shutil.which, _CHROMIUM)), None)
    if chromium is None:
        raise HomeworkError('no Chromium on this machine: open the page in a browser, and take the screenshot by hand')
    with ThreadPoolExecutor(1) as thread:  # a notebook's own event loop runs in this one
        return thread.submit(_asked, chromium, address, question, Path(picture), image, 1000 * timeout_s).result()


def _asked(chromium: str, address: str, question: str, picture: Path, image, timeout_ms: float) -> str:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium)
        tab = browser.new_page(viewport={'width': 1100, 'height': 760})
        tab.set_default_timeout(timeout_ms)
        tab.goto(address)
        if image is not None:
            tab.locator('input[type=file]').first.set_input_files(image)
            tab.locator('#image img, .thumbnail-item').first.wait_for()
        field = tab.locator('textarea').first
        field.fill(question)
        field.press('Enter')
        tab.wait_for_function(_DONE, polling=200)
        said = tab.locator('.bot.message').last.inner_text().strip()
        tab.screenshot(path=picture)
        browser.close()
    return said
