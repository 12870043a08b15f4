"""The page of a class needs nothing from elsewhere, runs nobody's script, and says who needs what."""

import re
from typing import Any

import pytest
from page_contract import EveryPage
from samples import BROKEN, HOSTILE, PENDING, Page, a_class, examples, poisoned, saying

from grader.report.html.class_page import render
from grader.results.course import (
    CheckCount,
    ClassResult,
    Cluster,
    DecidedMark,
    Lost,
    MistakeCount,
    RepairCount,
    Row,
)
from grader.results.report import Lateness


def page(**fields: Any) -> Page:
    result = a_class(**fields)
    return Page(render(result, examples(result)))


def hostile(text: str) -> Page:
    result = poisoned(a_class(), text)
    return Page(render(result, poisoned(examples(result), text)))


def rows(shown: Page) -> list[list[str]]:
    """Return the cells of the table of students."""
    source = shown.source.split('id="everybody"')[1].split("</table>")[0]
    bodies = [
        Page(f"<table>{row}</table>") for row in re.findall(r"<tr data-causes.*?</tr>", source, re.DOTALL)
    ]
    return [[" ".join(cell.text.split()) for cell in body.all("td")] for body in bodies]


class TestPage(EveryPage):
    style_sheets = ("page.css", "check.css", "class.css")
    scripts = ("class.js",)

    def pages(self) -> list[Page]:
        return [page()]

    def hostile(self, text: str) -> Page:
        return hostile(text)


def test_it_is_written_in_english_and_has_a_title_and_landmarks() -> None:
    shown = page()
    counts = {tag: len(shown.all(tag)) for tag in ("header", "main", "nav", "footer", "h1")}

    assert (counts, shown.one("html").attributes, shown.all("title")[0].text) == (
        {"header": 1, "main": 1, "nav": 1, "footer": 1, "h1": 1},
        {"lang": "en"},
        "Class · Recurrent networks",
    )


@pytest.mark.parametrize("text", HOSTILE)
def test_a_link_leads_to_a_report_below_or_into_the_page(text: str) -> None:
    links = [one.attributes["href"] for one in hostile(text).all("a")]

    assert [href for href in links if not re.fullmatch(r"#[a-z]+|[\w%/.~-]+/report\.html", href)] == []


def test_what_is_pointed_at_is_there_once() -> None:
    shown = page()
    ids = [one.attributes["id"] for one in shown.elements if "id" in one.attributes]
    pointed = [one.attributes["href"][1:] for one in shown.all("a") if one.attributes["href"][0] == "#"]
    pointed += [
        one.attributes["data-copies"] for one in shown.all("button") if "data-copies" in one.attributes
    ]

    assert (len(set(ids)) == len(ids), set(pointed) - set(ids)) == (True, set())


def test_the_top_says_median_mean_and_how_many() -> None:
    assert " ".join(page().one("header").text.split()) == (
        "How the class did in Recurrent networks 3.75 / 5 median 2 graded 1 with full marks mean 3.75"
    )


def test_a_class_of_which_nobody_was_graded_has_no_median() -> None:
    shown = page(
        students=(Row(folder="ana", problem=saying("Empty.")), Row(folder="bob", problem=saying("Empty.")))
    )

    assert "– / 5 median 0 graded" in " ".join(shown.one("header").text.split())


def test_everybody_is_in_the_table() -> None:
    assert rows(page()) == [
        [
            "Ana 1",
            "2.5",
            "2.25",
            "2.5",
            "Handed in 2026-10-02, 1 day late: 10 % of the points reached are taken off, "
            "which leaves 2.25 of 5.",
        ],
        ["bob", "5", "5", "5", "Not final."],
        ["eve", "0", "0", "0", "The folder is empty."],
    ]


def test_without_late_days_there_is_no_column_for_the_mark() -> None:
    (row,) = rows(page(students=(Row(folder="ana", score=1, mark=9, points=5),), mistakes=(), clusters=()))

    assert row == ["ana", "1", "0", ""]


def test_a_name_leads_to_the_report() -> None:
    links = {one.attributes["href"] for one in page().all("a") if one.attributes["href"][0] != "#"}

    assert links == {"ana/report.html", "b%20b%23%3F/report.html"}


def test_the_filter_knows_what_a_student_lost() -> None:
    causes = [one.attributes["data-causes"] for one in page().all("tr") if "data-causes" in one.attributes]

    assert causes == ["c0 c1 m0", "", ""]


def test_the_filter_offers_every_check_and_every_mistake() -> None:
    options = [(one.attributes["value"], one.text) for one in page().all("option")]

    assert options == [
        ("", "everybody"),
        ("c0", "lstm_cell: A `step` is right."),
        ("c1", "lstm_cell: The gradient."),
        ("m0", "lstm_cell: The gates are in another order"),
    ]


def test_a_mistake_lists_who_made_it_and_what_it_cost() -> None:
    item = page().one("ol", class_="found")

    assert " ".join(item.text.split()) == (
        "1 × The gates are in another order lstm_cell price 1 each; besides, 3 points lost "
        "Look at the gates. Shows in: A step is right. 1 student Ana"
    )


def test_the_rubric_says_what_a_slip_costs_and_what_another_price_would_do() -> None:
    table = page().one("div", aria_label="Table of the slips")

    assert " ".join(table.text.split()).endswith(
        "lstm_cell The gates are in another order 1 student Ana 1 1 1 +1 1 score +0.5 1 score −0.75 1 score"
    )


def test_a_class_without_slips_has_no_rubric() -> None:
    assert "Nothing was judged given a slip." in page(rubric=()).one("section", aria_labelledby="rubric").text


def test_twelve_mistakes_are_shown_and_the_others_open() -> None:
    (one,) = a_class().mistakes
    many = tuple(one.model_copy(update={"mistake": f"m{n}", "title": ""}) for n in range(15))

    assert "3 more, made less often" in [found.text for found in page(mistakes=many).all("summary")]


def test_a_group_shows_one_counterexample_for_all() -> None:
    group = " ".join(page().one("article").text.split())

    assert [text in group for text in ("2 × the same wrong", "What goes wrong, from the report of Ana")] == [
        True
    ] * 2


def test_the_words_of_one_student_are_quoted_beside_that_students_name() -> None:
    page = Page(render(a_class(), {}))
    shown = [" ".join(one.text.split()) for one in page.all("p") + page.all("li")]

    assert ["Ana got the message: h is wrong." in shown, "Ana lstm_cell It stopped." in shown] == [True, True]
    assert [one.text for one in page.all("q")] == ["h is wrong.", "It stopped."]


def test_the_button_copies_the_beginning_of_a_mistake() -> None:
    shown = page()
    (button,) = [one for one in shown.all("button") if "data-copies" in one.attributes]

    assert shown.one("code", id=button.attributes["data-copies"]).text == '"""Say what."""\n'


def test_a_failure_of_one_alone_is_listed_and_not_shown() -> None:
    assert "1 more, each in one submission only" in [one.text for one in page().all("summary")]


def test_a_group_whose_report_is_gone_is_still_listed() -> None:
    shown = Page(render(a_class(), {}))

    assert (len(shown.all("article")), "Make it a mistake" in shown.source) == (1, False)


def test_a_class_without_mistakes_and_groups_says_so() -> None:
    shown = page(mistakes=(), clusters=())

    assert [text in shown.source for text in ("No student made one.", "No two submissions share one.")] == [
        True
    ] * 2


@pytest.mark.parametrize(
    ("discrimination", "word"),
    [
        (-0.2, "the weak pass more often"),
        (0.05, "hardly separates them"),
        (0.2, "separates them a little"),
        (0.3, "separates them"),
        (None, ""),
    ],
)
def test_it_is_said_in_words_what_a_check_tells(discrimination: float | None, word: str) -> None:
    check = CheckCount(task="lstm_cell", check="step", title="S.", points=3, discrimination=discrimination)
    source = page(checks=(check, *a_class().checks[1:])).source.split('id="checks"')[1]

    assert re.findall(r'<span class="word">([^<]*)</span>', source.split("</table>")[0]) == (
        [word] if word else []
    )


def test_a_check_says_how_the_class_did_in_it() -> None:
    table = Page(page().source.split('id="checks"')[1].split("</table>")[0])
    heads = [one.text.strip() for one in table.all("th")]
    cells = dict(zip(heads, (one.text for one in table.all("td")), strict=False))
    columns = ("task", "worth", "pass", "fail", "skipped", "discrimination", "best − weakest")

    assert [cells[name] for name in columns] == [
        "lstm_cell", "3", "50 %", "1", "0", "−0.25the weak pass more often", "0.50",
    ]  # fmt: skip


def test_the_bar_of_a_student_is_as_long_as_the_share_of_the_points() -> None:
    source = page().source.split('id="everybody"')[1].split('id="checks"')[0]

    assert [one.attributes["width"] for one in Page(source).all("rect", class_="fill")] == [
        "50.0",
        "100.0",
        "0.0",
    ]


def test_notes_come_in_an_order() -> None:
    late = Lateness(when="", days=0, percent=0)
    row = Row(folder="ana", problem=saying("One."), lateness=late, final=False)

    assert rows(page(students=(row,), mistakes=(), clusters=()))[0][-1] == (
        "One. It is not known when this was handed in; nothing is taken off. Not final."
    )


def test_a_column_has_its_numbers_for_who_cannot_see_it() -> None:
    shown = page()
    titles = [one.text for one in shown.all("title")[1:]]

    assert titles == ["2.5 to less than 2.75 points: 1", "4.75 to 5 points: 1"]


def test_who_is_missing_unknown_or_no_folder_is_listed() -> None:
    items = [one.text.strip() for one in page().all("ul", class_="plainly")]

    assert items == ["Zoe 9", "stranger", "notes.txt"]


def test_a_class_that_is_not_final_says_so() -> None:
    final = (Row(folder="ana"), Row(folder="bob"))
    shown = [page(), page(students=final)]

    assert [len(one.all("section", aria_labelledby="unfinished")) for one in shown] == [1, 0]


def test_a_large_class_stays_a_page() -> None:
    names = [f"student {n}" for n in range(500)]
    students = tuple(Row(folder=name, out=name, score=n % 6, points=5) for n, name in enumerate(names))
    mistake = MistakeCount(task="lstm_cell", mistake="m", hint="", checks=(), students=tuple(names), lost=1)
    cluster = Cluster(
        task="lstm_cell",
        checks=("step",),
        signature="s",
        head=saying("h"),
        message=saying("m"),
        example=names[0],
        students=tuple(names),
    )
    result: ClassResult = a_class(students=students, mistakes=(mistake,), rubric=(), clusters=(cluster,))

    assert len(render(result, {})) < 500 * 2000


def test_the_same_class_gives_the_same_bytes() -> None:
    assert page().source == page().source


def test_repairs_of_one_kind_are_listed_by_what_they_change() -> None:
    (line,) = a_class().rubric
    counts = (
        RepairCount(before="sigmoid", after="tanh", students=("ana", "bob")),
        RepairCount(before="<b>", after="x", students=("ana",)),
    )
    repaired = line.model_copy(update={"is_repair": True, "title": "an activation", "repairs": counts})
    table = " ".join(page(rubric=(repaired,)).one("div", aria_label="Table of the slips").text.split())

    assert "repairsigmoid → tanh 2 students<b> → x 1 student Ana" in table


def listed(shown: Page) -> list[str]:
    """Return who needs help, in their order."""
    section = Page(shown.source.split('<h2 id="help">')[1].split("</section>")[0])
    return [" ".join(item.text.split()) for item in section.all("li")]


def test_who_has_less_than_half_of_the_points_is_listed_the_weakest_first() -> None:
    rows = (
        Row(folder="ana", score=4, points=10),
        Row(folder="bo", score=9, points=10),
        Row(folder="cy", score=1, points=10, not_handed_in=("gru_cell", "lstm_cell")),
    )

    assert listed(page(students=rows, checks=(), mistakes=(), clusters=(), rubric=())) == [
        "cy 1 of 10. Not handed in: gru_cell, lstm_cell.",
        "ana 4 of 10",
    ]


def test_points_that_wait_for_a_person_are_not_lost() -> None:
    open_question = Lost(task="answers", check="1.1", verdict=PENDING, score=0)
    rows = (
        Row(folder="ana", score=4, points=10, waiting=6, final=False, lost=(open_question,)),
        Row(folder="bo", score=1, points=10, waiting=6, final=False, lost=(open_question,)),
        Row(folder="cy", score=0, points=10, waiting=10, final=False, lost=(open_question,)),
    )
    shown = page(students=rows, checks=(), mistakes=(), clusters=(), rubric=())

    assert [who.split()[0] for who in listed(shown)] == ["bo"]
    assert "Of 3 students something waits for a person" in shown.source
    assert "Grade again" not in shown.source


def test_what_is_broken_and_what_is_to_be_looked_at_again_is_told_apart_from_what_waits() -> None:
    broken = Lost(task="cell", check="step", verdict=BROKEN, score=2)
    again = DecidedMark(task="a", check="b", by="", reason="", score=1, machine=2, another_look=True)
    rows = (
        Row(folder="ana", score=4, points=4, final=False, lost=(broken,)),
        Row(folder="bo", score=4, points=4, final=False, decided=(again,)),
    )
    shown = page(students=rows, checks=(), mistakes=(), clusters=(), rubric=()).source

    assert "Of 1 student something could not be decided, by a fault that is not theirs. Grade again" in shown
    assert "1 decision to look at again" in shown
    assert "waits for a person" not in shown


def test_if_each_student_has_half_of_the_points_the_page_says_so() -> None:
    rows = (Row(folder="ana", score=5, points=10),)
    shown = page(students=rows, checks=(), mistakes=(), clusters=(), rubric=())

    assert (listed(shown), "Each student has half of the points or more." in shown.source) == ([], True)
