"""Another price changes marks without running a program, and is seen before it is stored."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from graded_classes import graded_report
from samples import FAILED, check, task
from service_site import API, CLASS, Browser, Site
from sqlalchemy import delete, select, update

from grader.results.explanation import Explanation
from grader.results.report import Report
from grader.review.answers import id_of
from grader.service import marks
from grader.service.database import Database
from grader.service.schema import AssignmentRow, JobRow, MarkRow

RUBRIC = f"{CLASS}/rubric"
SWAPPED = {"task": "cell", "name": "swapped gates", "points": 0.25}
LATE = """
deadline = 2020-01-01T00:00:00Z
percent_per_day = 50
most_percent = 50
"""


def slipped(price: float = 2) -> Report:
    """Return a report with a slip: 1 of 4 points plainly, and 4 given the slip, less its price."""
    found = graded_report("x")
    explanation = Explanation(
        mistakes=("swapped gates",),
        titles=("The <gates> are swapped.",),
        right_given=("step",),
        price=price,
        prices=(price,),
        mark=4 - price,
    )
    checks = check(name="shape", points=1), check(FAILED, "step", 3, message="`h` is wrong.")
    cell = task(*checks, name="cell", score=4 - price, explanations=(explanation,))
    return found.model_copy(update={"tasks": (cell, found.tasks[1]), "score": 4 - price})


@pytest.fixture
def graded(site: Site) -> Site:
    """A course in which ana and ben made the same slip, for 2 points, and cem made none."""
    site.ask_in_words()
    for login, found in (("ana", slipped()), ("ben", slipped()), ("cem", graded_report("x", right=True))):
        site.hand_in(login)
        site.grade(found)
    return site


def scores(site: Site, login: str = "ines") -> dict[str, float]:
    found = site.program(login).get(f"{API}/class").json()
    return {one["login"]: one["score"] for one in found if one["submission"]}


def rubric(site: Site) -> dict[str, Any]:
    found: dict[str, Any] = site.program("tom").get(f"{API}/rubric").json()
    return found


def set_price(site: Site, *prices: dict[str, object], known: str | None = None, preview: bool = False) -> Any:
    version = rubric(site)["version"] if known is None else known
    sent = {"prices": prices or (SWAPPED,), "known": version, "preview": preview}
    return site.program("ines").post(f"{API}/rubric", json=sent)


def form(browser: Browser, **changed: str) -> dict[str, object]:
    """Return what the page sends if prices of these titles are changed."""
    page = browser.get(RUBRIC).text
    keys = re.findall(r'name="key" value="([^"]*)"', page)
    points = re.findall(r'name="points"[^>]*value="([^"]*)"', page)
    known = re.search(r'name="known" value="(\w+)"', page)
    assert known and len(keys) == len(points)
    plain = [one.replace("&#34;", '"') for one in keys]
    wanted = [changed.get(json.loads(key)[2].split()[0], old) for key, old in zip(plain, points, strict=True)]
    return {"known": known[1], "key": plain, "points": wanted}


def test_the_rubric_says_what_slips_cost_and_how_many_made_them(graded: Site) -> None:
    entries = {one["name"]: one for one in rubric(graded)["entries"]}

    swapped = entries["swapped gates"]
    assert (swapped["points"], swapped["own"], swapped["students"], swapped["check"]) == (2, 2, 2, "")
    assert (entries["shared"]["points"], entries["shared"]["students"]) == (1.5, 0)
    page = graded.browser("tom").get(RUBRIC).text
    assert "The &lt;gates&gt; are swapped." in page and "<button name" not in page


def test_a_preview_says_whose_marks_change_and_stores_nothing(graded: Site) -> None:
    found = set_price(graded, preview=True, known="").json()
    page = graded.browser("ines").post(RUBRIC, data={**form(graded.browser("ines"), swapped="0,25")}).text

    assert (found["marks"], found["up"], found["down"]) == (3, 2, 0)
    assert {one["login"]: (one["before"], one["after"]) for one in found["changes"]} == {
        "ana": (2, 3.75), "ben": (2, 3.75),
    }  # fmt: skip
    assert "2 of 3 marks change: 2 up, 0 down" in page and "Ana" in page and "Cem" not in page
    assert scores(graded) == {"ana": 2, "ben": 2, "cem": 4}


def test_a_price_that_is_stored_counts_everywhere_and_nothing_is_graded_again(graded: Site) -> None:
    ines = graded.browser("ines")
    sent = form(ines, swapped="3")
    assert ines.post(RUBRIC, data={**sent, "action": "store"}).status_code == 303

    with graded.service.database.read() as session:
        assert len(session.scalars(select(JobRow)).all()) == 3
    assert scores(graded) == {"ana": 1, "ben": 1, "cem": 4}
    assert "1 of 9" in graded.browser("ana").get(CLASS).text
    assert "ana@example.org,1,9,1,1,0," in graded.program("ines").get(f"{API}/grades.csv").text
    (entry,) = (one for one in rubric(graded)["entries"] if one["name"] == "swapped gates")
    assert (entry["points"], entry["own"]) == (3, 2)


def test_the_points_of_an_item_are_in_the_same_rubric(graded: Site) -> None:
    name = graded.submissions()[0].id
    tom = graded.browser("tom")
    decided = {"answers": [id_of(name)], "known": {}, "items": ["shared"]}
    tom.client.post(
        f"{CLASS}/review/api/question/answers/1.1.2/decide", json=decided, headers={"X-CSRF-Token": tom.csrf}
    )
    item = {"task": "answers", "check": "1.1.2", "name": "shared", "points": 0.5}
    before, found = scores(graded)["ana"], set_price(graded, item).json()

    assert (before, found["up"], found["down"], scores(graded)["ana"]) == (3.5, 0, 1, 2.5)


def test_a_price_changes_the_mark_after_late_days(graded: Site, database: Database) -> None:
    with database.write() as session:
        session.execute(update(AssignmentRow).values(policy=LATE))
    found = set_price(graded).json()

    assert [(one["before"], one["after"]) for one in found["changes"]] == [(1, 1.875)] * 2


def test_two_people_do_not_overwrite_each_others_prices(graded: Site) -> None:
    ines, root = graded.browser("ines"), graded.browser("root")
    first, second = form(ines, swapped="1"), form(root, swapped="3")
    codes = [
        one.post(RUBRIC, data={**sent, "action": action}).status_code
        for one, sent, action in ((ines, first, "store"), (root, second, "preview"), (root, second, "store"))
    ]

    assert (codes, scores(graded)["ana"]) == ([303, 409, 409], 3)
    assert set_price(graded, known=str(first["known"])).status_code == 409
    assert "set by Ines" in set_price(graded, known=str(first["known"])).json()["detail"]


def test_a_price_for_another_revision_is_refused(graded: Site) -> None:
    version = rubric(graded)["version"]
    graded.revise(slipped())

    assert set_price(graded, known=version).status_code == 409


def test_a_price_holds_for_later_attempts_and_revisions(graded: Site) -> None:
    set_price(graded)
    graded.hand_in("cem")
    graded.grade(slipped())
    first = scores(graded)["cem"]
    graded.revise(slipped())

    assert (first, scores(graded)) == (3.75, {"ana": 3.75, "ben": 3.75, "cem": 3.75})


def test_marks_that_came_after_a_price_are_kept_once(graded: Site, database: Database) -> None:
    nothing = marks.keep_new(database)
    set_price(graded)
    after = marks.keep_new(database)
    name = graded.hand_in("cem")
    graded.grade(slipped())
    counts = [marks.keep_new(database) for _ in range(2)]

    with database.read() as session:
        kept = {one.score for one in session.scalars(select(MarkRow))}
    assert (nothing, after, counts, kept) == (0, 0, [1, 0], {3.75, 4})
    with database.write() as session:
        session.execute(delete(MarkRow))
    assert scores(graded)["cem"] == 3.75 and name


def test_a_home_does_not_wait_for_what_a_price_made_new(graded: Site) -> None:
    said = graded.browser("tom").get("/").text
    set_price(graded)

    assert "of 3 submissions" in said and "of 3 submissions" in graded.browser("tom").get("/").text


@pytest.mark.parametrize(
    "wrong",
    [
        {"task": "nothing", "name": "x", "points": 1},
        {**SWAPPED, "name": "another"},
        {**SWAPPED, "is_repair": True},
        {**SWAPPED, "points": -1},
        {**SWAPPED, "points": 1001},
        {"task": "answers", "check": "1.1.2", "name": "stays", "points": -1001},
    ],
)
def test_a_price_that_makes_no_sense_is_refused(graded: Site, wrong: dict[str, object]) -> None:
    assert set_price(graded, wrong).status_code == 422
    assert scores(graded)["ana"] == 2


@pytest.mark.parametrize("points", ["", "x", "nan", "1e400", "-1"])
def test_a_form_with_no_number_is_refused(graded: Site, points: str) -> None:
    ines = graded.browser("ines")

    assert ines.post(RUBRIC, data={**form(ines, swapped=points), "action": "store"}).status_code == 422


def test_the_review_leads_to_the_rubric_of_the_course(graded: Site) -> None:
    tom = graded.browser("tom")

    assert f'href="{RUBRIC}"' in tom.get(f"{CLASS}/review/").text
    assert tom.get(f"{CLASS}/review/prices").status_code == 404


def test_a_rubric_without_slips_and_questions_says_so(site: Site, tmp_path: Path) -> None:
    page = site.browser("ines").get(RUBRIC)

    assert (page.status_code, "no questions in words" in page.text) == (200, True)
