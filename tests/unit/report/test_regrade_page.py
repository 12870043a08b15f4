"""The page of changes needs nothing from elsewhere, and runs no script at all."""

from typing import Any

from page_contract import EveryPage
from samples import Page, changes, poisoned

from grader.report.html.regrade_page import render


def page(**fields: Any) -> Page:
    return Page(render(changes(**fields)))


def hostile(text: str) -> Page:
    return Page(render(poisoned(changes(), text)))


def rows(shown: Page) -> list[str]:
    """Return the lines of the table below its head."""
    return [" ".join(one.text.split()) for one in shown.all("tr")[1:]]


class TestPage(EveryPage):
    style_sheets = ("page.css", "check.css", "class.css")

    def pages(self) -> list[Page]:
        return [page()]

    def hostile(self, text: str) -> Page:
        return hostile(text)


def test_it_is_written_in_english_and_has_a_title_and_landmarks() -> None:
    shown = page()
    counts = [len(shown.all(tag)) for tag in ("header", "main", "h1")]

    assert (counts, shown.one("html").attributes, shown.one("title").text) == (
        [1, 1, 1],
        {"lang": "en"},
        "Changes · Recurrent networks",
    )


def test_the_top_says_how_many_marks_change() -> None:
    assert " ".join(page().one("header").text.split()).endswith("2 of 4 marks change")


def test_a_change_says_before_after_and_because_of_what() -> None:
    assert rows(page()) == [
        "ana 1 2 5 +3 lstm_cell, step: failed → passed, +3",
        "bob 1 5 2.5 −2.5 handed in other files lstm_cell, step: passed → failed (gate order), −2.5",
        "eve 1 4 4 0 lstm_cell, step: failed → failed (no known mistake → gate order)"
        " lstm_cell, step: absent → skipped",
    ]


def test_a_mark_that_falls_stands_out() -> None:
    assert [one.text for one in page().all("td", class_="odd")] == ["−2.5"]


def test_what_else_differs_is_said_above() -> None:
    assert "the seed: 1, then 2" in page().one("section", aria_labelledby="differences").text


def test_where_nothing_else_differs_nothing_is_said() -> None:
    assert page(differences=()).all("section") == []


def test_where_nothing_changes_it_says_so() -> None:
    assert ("Nothing changes." in page(changes=()).source, "Nothing changes." in page().source) == (
        True,
        False,
    )


def test_who_is_in_one_grading_only_is_listed() -> None:
    assert [one.text.strip() for one in page().all("ul", class_="plainly")] == ["zoe", "max"]
