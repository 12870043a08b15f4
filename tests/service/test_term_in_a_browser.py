"""A term in a browser, from an empty folder to the export of marks: no page has a barrier in any state."""

from pathlib import Path

import chromium
import pytest

pytest.importorskip("playwright.sync_api")
pytest.importorskip("axe_core_python.sync_playwright")

from term_story import Term, Visitor

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(chromium.PROGRAM is None, reason="there is no Chromium on this machine"),
]


def problems(visitor: Visitor) -> list[str]:
    """Return barriers, what is wider than the window, and what the browser complained about.

    What is seen depends on the scheme, and where it is on the width, so two of the four are enough.
    """
    page, found = visitor.page, []
    for scheme, width in (("light", 1400), ("dark", 360)):
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size({"width": width, "height": 900})
        found += [f"{scheme}, {one}" for one in chromium.barriers(page)]
        if (seen := page.evaluate("document.documentElement.scrollWidth")) > width:
            found.append(f"{seen} pixels of {width}")
    page.set_viewport_size({"width": 1400, "height": 900})
    return found + visitor.heard


def test_a_term_passes_without_a_barrier_and_with_the_right_marks(tmp_path: Path) -> None:
    found = {}

    def look(visitor: Visitor, name: str) -> None:
        found[name] = problems(visitor)

    with chromium.opened() as browser:
        Term(tmp_path, browser, look).walk()
    assert {name: one for name, one in found.items() if one} == {}
    assert len(found) > 40
