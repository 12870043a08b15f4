"""The page of `grade check` shows an author what to mend, and runs no script at all."""

from typing import Any

import pytest
from page_contract import EveryPage
from samples import Page, checked, poisoned

from grader.report.html.audit_page import render


def page(**fields: Any) -> Page:
    return Page(render(checked(**fields)))


def hostile(text: str) -> Page:
    return Page(render(poisoned(checked(), text)))


FINE: dict[str, Any] = {"problems": (), "mistakes": (), "survivors": (), "unused": ()}


class TestPage(EveryPage):
    style_sheets = ("page.css", "check.css")

    def pages(self) -> list[Page]:
        return [page()]

    def hostile(self, text: str) -> Page:
        return hostile(text)


def test_it_is_written_in_english_and_has_a_title_and_landmarks() -> None:
    shown = page()
    counts = [len(shown.all(tag)) for tag in ("header", "main", "footer", "h1")]

    assert (counts, shown.one("html").attributes, shown.one("title").text) == (
        [1, 1, 1, 1],
        {"lang": "en"},
        "grade check · Recurrent networks",
    )


@pytest.mark.parametrize(
    ("fields", "title"), [({}, "What to mend"), (FINE, "Nothing is left to mend")], ids=["wrong", "fine"]
)
def test_the_first_thing_is_whether_there_is_something_to_mend(fields: dict[str, Any], title: str) -> None:
    assert page(**fields).one("h2", id="first").text == title


def test_the_score_is_that_of_the_mutants_that_are_mistakes() -> None:
    assert page().one("p", class_="score").text == "88.9 % mutation score"


def test_a_task_is_summed_up_in_a_line() -> None:
    cells = [one.text for one in page().all("td")][:8]

    assert cells == ["lstm_cell", "3", "2", "1", "10", "8", "1", "1"]


def test_a_slip_that_no_check_notices_is_shown_before_and_after() -> None:
    assert page().all("pre", class_="slip")[0].text == "lstm_cell/solution.py, line 3\n- a < b+ a <= b"


def test_a_slip_that_is_none_is_shown_with_its_reason() -> None:
    assert "never equal" in page().one("details").text


def test_a_mistake_that_is_missed_or_misnamed_is_told() -> None:
    assert [" ".join(one.text.split()) for one in page().all("p", class_="note")][:2] == [
        "The mistake missed passes every check.",
        "The mistake gate order is caught, but named as: forgets the bias.",
    ]


def test_a_problem_is_told() -> None:
    assert page().one("ul", class_="problems").text.strip() == "the solution fails step: it is slow"


def test_every_check_says_what_it_catches_and_which_cases_never_come_first() -> None:
    assert [one.text for one in page().all("td")][8:23] == [
        "step", "3", "4", "2", "1, 2",
        "idle", "1", "0", "0", "",
        "twin", "1", "2", "0", "",
    ]  # fmt: skip


def test_it_is_told_what_guessing_gets() -> None:
    assert [one.text for one in page().all("td")][-4:] == ["return zero", "0.5", "raise ValueError", "0"]


def test_it_is_told_what_one_mistake_gets() -> None:
    cells = [one.text for one in page().all("td")]
    at = cells.index("no bias")

    assert cells[at : at + 4] == ["no bias", "2 (not written down)", "1", "0"]


def test_a_mistake_that_needs_a_price_is_told() -> None:
    notes = [" ".join(one.text.split()) for one in page().all("p", class_="note")]

    assert "The mistake no bias loses more than half of the task by itself" in notes[-1]
