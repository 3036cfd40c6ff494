"""The browser of the tests that look at pages."""

import contextlib
import os
import shutil
from collections.abc import Iterator

import pytest
from patience import PATIENCE_S


def chromium_path() -> str:
    """Where Chromium is; without one the test is skipped, and fails in CI."""
    found = next(filter(None, map(shutil.which, ('chromium', 'chromium-browser', 'google-chrome'))), None)
    if not found:
        reason = 'no Chromium on this machine: apt-get install chromium fonts-noto-cjk'
        (pytest.fail if os.environ.get('CI') else pytest.skip)(reason)
    return found


@contextlib.contextmanager
def started_browser(*arguments: str) -> Iterator:
    """A headless Chromium of Playwright's, closed at the end."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=list(arguments))
        yield browser
        browser.close()


@contextlib.contextmanager
def opened_tab(address: str, width: int = 1280, height: int = 900) -> Iterator:
    """The page at `address`, in a browser of its own that waits as long as a busy machine needs."""
    from playwright.sync_api import expect

    with started_browser() as browser:
        tab = browser.new_page(viewport={'width': width, 'height': height})
        tab.set_default_timeout(1000 * PATIENCE_S)
        expect.set_options(timeout=1000 * PATIENCE_S)
        tab.goto(address)
        yield tab
