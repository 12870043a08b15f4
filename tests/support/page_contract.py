"""What every page keeps to; a test module of a page subclasses `EveryPage` and says how it is made."""

import base64
import hashlib
import re

import pytest
from samples import HOSTILE, SCRIPT, UNSEEN, Page

from grader.report.html.submission_page import file


def digest(text: str) -> str:
    """Return a text as a Content-Security-Policy names it."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


class EveryPage:
    """A page needs nothing from elsewhere, runs no script but its own, and shows all that is there."""

    style_sheets: tuple[str, ...]
    scripts: tuple[str, ...] = ()

    def pages(self) -> list[Page]:
        """Return pages as they mostly are."""
        raise NotImplementedError

    def hostile(self, text: str) -> Page:
        """Return a page with `text` wherever a stranger may write."""
        raise NotImplementedError

    def test_its_policy_allows_its_own_style_and_script_and_nothing_else(self) -> None:
        found, due = [], []
        for shown in [*self.pages(), self.hostile(SCRIPT)]:
            scripts = [f"script-src {digest(one.text)}; " for one in shown.all("script")]
            content = shown.one("meta", http_equiv="Content-Security-Policy").attributes["content"]
            found.append((content, len(scripts)))
            due.append(
                (
                    f"default-src 'none'; style-src {digest(shown.one('style').text)}; "
                    f"{''.join(scripts)}base-uri 'none'; form-action 'none'",
                    len(self.scripts),
                )
            )

        assert found == due

    def test_it_brings_its_style_sheets_and_its_script_along(self) -> None:
        due = "".join(map(file, self.style_sheets)), [*map(file, self.scripts)]

        assert [(one.one("style").text, [s.text for s in one.all("script")]) for one in self.pages()] == [
            due for _ in self.pages()
        ]

    def test_it_names_no_outside_address(self) -> None:
        found = [re.findall(r"https?:|//[a-z]|url\(|@import|src=", one.source) for one in self.pages()]

        assert found == [[] for _ in self.pages()]

    @pytest.mark.parametrize("text", HOSTILE)
    def test_hostile_text_adds_no_element_and_no_attribute(self, text: str) -> None:
        assert self.hostile(text).shape == self.hostile("x" * len(text)).shape

    @pytest.mark.parametrize("text", HOSTILE)
    def test_nothing_hostile_is_invisible_or_turns_the_writing(self, text: str) -> None:
        assert [character for character in self.hostile(text).source if character in UNSEEN] == []
