"""A term in a browser, from an empty folder to the export of marks: no page has a barrier in any state."""

from pathlib import Path

import chromium
import pytest

pytest.importorskip("playwright.sync_api")
axe = pytest.importorskip("axe_core_python.sync_playwright")

from term_story import Term, Visitor  # noqa: E402

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(chromium.PROGRAM is None, reason="there is no Chromium on this machine"),
]


def examine(visitor: Visitor, name: str) -> None:
    """Look for barriers in both schemes and both widths, and for anything that the browser complained about.

    What is seen depends on the scheme, and where it is on the width, so two of the four are enough.
    """
    page = visitor.page
    for scheme, width in (("light", 1400), ("dark", 360)):
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size({"width": width, "height": 900})
        found = axe.Axe().run(page)["violations"]
        barriers = [(one["id"], node["html"][:200]) for one in found for node in one["nodes"]]
        seen = page.evaluate("document.documentElement.scrollWidth")
        assert (name, scheme, barriers, visitor.heard, seen) == (name, scheme, [], [], width)
    page.set_viewport_size({"width": 1400, "height": 900})


def test_a_term_passes_without_a_barrier_and_with_the_right_marks(tmp_path: Path) -> None:
    with chromium.opened() as browser:
        Term(tmp_path, browser, examine).walk()
