"""Chromium for the tests of pages, as Playwright drives it."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

PROGRAM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
"""None if there is no Chromium on this machine."""


@contextmanager
def opened(*options: str) -> Iterator[Any]:
    """Yield a browser; close it afterwards."""
    from playwright.sync_api import sync_playwright

    # Chromium's own sandbox refuses to run as root.
    alone = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=PROGRAM, args=[*alone, *options])
        yield browser
        browser.close()
