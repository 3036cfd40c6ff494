"""The browser of the tests that look at pages."""

import os
import shutil

import pytest


def chromium_path() -> str:
    """Where Chromium is; without one the test is skipped, and fails in CI."""
    found = next(filter(None, map(shutil.which, ('chromium', 'chromium-browser', 'google-chrome'))), None)
    if not found:
        reason = 'no Chromium on this machine: apt-get install chromium fonts-noto-cjk'
        (pytest.fail if os.environ.get('CI') else pytest.skip)(reason)
    return found
