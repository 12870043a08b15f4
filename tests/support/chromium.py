"""Chromium for the tests of pages, as Playwright drives it."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_SCROLLED = "scrollable-region-focusable"
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


def barriers(page: Any) -> list[str]:
    """Return what axe-core finds on a page: the rule, and where."""
    from axe_core_python.sync_playwright import Axe

    return [
        f"{one['id']}: {node['html'][:200]}"
        for one in Axe().run(page)["violations"]
        for node in one["nodes"]
        # axe-core takes all that stands in a disabled fieldset for disabled; the browser knows better.
        if not (one["id"] == _SCROLLED and _takes_focus(page, node["target"][0]))
    ]


def _takes_focus(page: Any, selector: str) -> bool:
    script = "selector => { const one = document.querySelector(selector); one.focus();"
    script += " const takes = document.activeElement === one; one.blur(); return takes; }"
    return bool(page.evaluate(script, selector))
