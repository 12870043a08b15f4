"""What people decide counts on every page and in every export, survives a re-grade, and overwrites nobody."""

import csv
import io
import json
import threading
import zipfile
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from graded_classes import graded_report
from service_site import API, CLASS, Browser, Site
from sqlalchemy import select, text

from grader.assignment.loader import read_assignment
from grader.results.report import Report
from grader.review.answers import id_of
from grader.service import courses, decisions, marks, revisions
from grader.service.access import Role
from grader.service.database import Database, migrations
from grader.service.schema import AssignmentRow, DecisionRow, MarkRow, Person, Revision

REVIEW = f"{CLASS}/review"
QUESTION = f"{REVIEW}/api/question/answers/1.1.2"
POINTS = {"target": "/cell/step", "points": "2", "reason": "The sign is a convention."}


@pytest.fixture
def graded(site: Site) -> tuple[Site, str]:
    """The course with one submission: a failed check of three points, and two answers that wait."""
    site.ask_in_words()
    name = site.hand_in("ana")
    site.grade(graded_report("ana"))
    return site, name


def report_of(site: Site, name: str, login: str = "ana") -> dict[str, Any]:
    found: dict[str, Any] = site.program(login).get(f"/api/v1/submissions/{name}/report.json").json()
    return found


def review(browser: Browser, path: str = "", **body: object) -> Any:
    """Send what a script of the review sends, or read a page of it."""
    if not body:
        return browser.get(f"{REVIEW}/{path}")
    return browser.client.post(f"{REVIEW}/{path}", json=body, headers={"X-CSRF-Token": browser.csrf})


def decide(browser: Browser, name: str, *items: str, known: str = "", check: str = "1.1.2") -> Any:
    return review(
        browser,
        f"api/question/answers/{check}/decide",
        answers=[id_of(name)],
        known={id_of(name): known},
        items=items,
    )


def score(site: Site, name: str) -> float:
    found: float = site.program("ines").get(f"/api/v1/submissions/{name}").json()["score"]
    return found


def test_points_that_an_assistant_gives_count_everywhere(graded: tuple[Site, str]) -> None:
    site, name = graded
    before = score(site, name)
    assert site.browser("tom").post(f"/submissions/{name}/points", data=POINTS).status_code == 303

    table = csv.DictReader(io.StringIO(site.program("ines").get(f"{API}/grades.csv").text))
    archive = site.program("ines").get(f"{API}/everything.zip").content
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        (packed,) = (json.loads(opened.read(n)) for n in opened.namelist() if n.endswith("report.json"))
    assert (before, score(site, name), report_of(site, name)["score"], packed["score"]) == (1, 3, 3, 3)
    assert [row["score"] for row in table if row["id"] == "ana"] == ["3"]
    assert "3 of 9" in site.browser("tom").get(f"{CLASS}/class").text
    assert "3 of 9" in site.browser("ana").get(CLASS).text
    assert site.program("ines").get(f"{API}/class").json()[0]["score"] == 3


def test_a_student_reads_who_gave_points_and_why(graded: tuple[Site, str]) -> None:
    site, name = graded
    site.browser("tom").post(f"/submissions/{name}/points", data=POINTS)
    site.browser("tom").post(f"/submissions/{name}/comments", data={"text": "Well <b>done</b>."})

    page = site.browser("ana").get(f"/submissions/{name}/report.html").text
    assert "Tom" in page and "The sign is a convention." in page
    assert "Well &lt;b&gt;done&lt;/b&gt;." in page
    assert "Take back" not in site.browser("ana").get(f"/submissions/{name}").text


def test_decisions_are_withheld_with_the_marks(graded: tuple[Site, str]) -> None:
    site, name = graded
    site.browser("tom").post(f"/submissions/{name}/points", data=POINTS)
    site.program("ines").post(f"{API}/release", json={"withheld": True})

    assert site.browser("ana").get(f"/submissions/{name}/report.html").status_code == 404
    assert "convention" not in site.browser("ana").get(f"/submissions/{name}").text


def test_a_report_is_final_once_all_answers_are_reviewed(graded: tuple[Site, str]) -> None:
    site, name = graded
    tom = site.browser("tom")
    finals = [site.program("ana").get(f"/api/v1/submissions/{name}").json()["final"]]
    for check, items in (("1.1.2", ("stays", "mixes")), ("2.1.1", ("control",))):
        assert decide(tom, name, *items, check=check).status_code == 200
        finals.append(site.program("ana").get(f"/api/v1/submissions/{name}").json()["final"])

    assert (finals, score(site, name)) == ([False, False, True], 1 + 0.5 + 2.5)


def test_the_review_shows_no_name_and_whose_turn_it_is(graded: tuple[Site, str]) -> None:
    site, _ = graded
    tom = site.browser("tom")
    seen = review(tom).text + review(tom, "question/answers/1.1.2").text + tom.get(QUESTION).text

    assert "Tom" in seen and "Ana" not in seen and '"hints"' not in seen
    assert review(tom, "static/review.js").status_code == 200
    assert review(tom, "nothing/here").status_code == 404


def test_two_people_do_not_overwrite_each_other(graded: tuple[Site, str]) -> None:
    site, name = graded
    tom, ines = site.browser("tom"), site.browser("ines")
    first, second = decide(tom, name, "stays"), decide(ines, name, "shared")
    forms = [one.post(f"/submissions/{name}/points", data=POINTS).status_code for one in (tom, ines)]

    assert (first.status_code, second.status_code, forms) == (200, 409, [303, 409])
    assert second.json()["newer"][0]["by"] == "Tom"
    known = first.json()["made"][id_of(name)]
    assert decide(ines, name, "shared", known=known).status_code == 200
    assert score(site, name) == 3 + 1.5


def test_of_people_who_decide_at_the_same_time_one_is_told(graded: tuple[Site, str]) -> None:
    site, name = graded
    browsers = [site.browser(login) for login in ("tom", "ines", "root") for _ in range(2)]
    start, codes = threading.Barrier(len(browsers)), []

    def go(browser: Browser) -> None:
        start.wait()
        codes.append(browser.post(f"/submissions/{name}/points", data=POINTS).status_code)

    threads = [threading.Thread(target=go, args=(one,)) for one in browsers]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(codes) == [303] + [409] * (len(browsers) - 1)


def test_a_decision_survives_a_regrade(graded: tuple[Site, str]) -> None:
    site, name = graded
    decide(site.browser("tom"), name, "stays")
    decide(site.browser("tom"), name, "control", check="2.1.1")
    site.revise(graded_report("ana"))

    assert (score(site, name), look_again(site, name)) == (1 + 1 + 2.5, 0)


def look_again(site: Site, name: str) -> int:
    """Return how many decisions of a submission the overview of the review calls for another look."""
    found = site.browser("tom").get(f"{REVIEW}/api/overview").json()
    code = site.browser("tom").get(f"{REVIEW}/api/code/cell").json()
    findings = [one["look_again"] for submission in code for one in submission["findings"]]
    return sum(one["look_again"] for one in found) + sum(findings)


def test_a_decision_whose_result_changed_is_shown_for_another_look(graded: tuple[Site, str]) -> None:
    site, name = graded
    first = decide(site.browser("tom"), name, "stays").json()["made"][id_of(name)]
    decide(site.browser("tom"), name, "control", check="2.1.1")
    assert site.program("ana").get(f"/api/v1/submissions/{name}").json()["final"]
    site.revise(graded_report("ana", first="Yes, it grows."))

    page = site.browser("tom").get(f"{CLASS}/class").text
    assert not site.program("ana").get(f"/api/v1/submissions/{name}").json()["final"]
    assert (score(site, name), look_again(site, name)) == (1 + 1 + 2.5, 1)
    assert "1 to look at again" in review(site.browser("tom")).text and "not final" in page
    decide(site.browser("ines"), name, known=first)
    assert (score(site, name), look_again(site, name)) == (1 + 2.5, 0)


def test_another_price_of_an_item_marks_all_again(graded: tuple[Site, str]) -> None:
    site, name = graded
    other = site.hand_in("ben")
    site.grade(graded_report("ben", first="Constant."))
    for one in (name, other):
        decide(site.browser("tom"), one, "shared")
    item = {"name": "shared", "title": "Says that weights are shared", "points": 2}
    preview = review(site.browser("ines"), "api/question/answers/1.1.2/item", **item, preview=True)
    before = [score(site, one) for one in (name, other)]
    review(site.browser("ines"), "api/question/answers/1.1.2/item", **item)

    assert (preview.json()["holds"], before) == (2, [2.5, 2.5])
    assert [score(site, one) for one in (name, other)] == [3, 3]


def test_kept_marks_are_those_that_are_computed(graded: tuple[Site, str], database: Database) -> None:
    site, name = graded
    decide(site.browser("tom"), name, "stays")
    site.browser("tom").post(f"/submissions/{name}/points", data=POINTS)
    with database.write() as session:
        kept = session.scalars(select(MarkRow)).one()
        values = (kept.score, kept.final, kept.graded)
        session.delete(kept)

    with database.read() as session:
        found = marks.with_decisions(
            session, session.get_one(Revision, 1), list(session.scalars(select(marks.ResultRow)))
        )[name]
    assert (found.score, found.final, found.graded) == values


def test_a_decision_that_is_taken_back_does_not_count(graded: tuple[Site, str]) -> None:
    site, name = graded
    program = site.program("tom")
    given = {"target": {"task": "cell"}, "points": 0.5, "reason": "All copied."}
    made = program.post(f"/api/v1/submissions/{name}/points", json=given).json()["id"]
    first = score(site, name)
    path = f"/api/v1/submissions/{name}/decisions"
    codes = [program.post(f"{path}/{made}/take-back").status_code for _ in range(2)]

    assert (first, codes, score(site, name), program.get(path).json()) == (0.5, [200, 404], 1, [])


@pytest.mark.parametrize(
    "wrong",
    [
        {"points": "4"},
        {"points": "-1"},
        {"points": "nan"},
        {"reason": " "},
        {"reason": "x" * 5001},
        {"target": "/cell/nothing"},
        {"target": "/nothing/"},
        {"target": "cell"},
    ],
)
def test_a_decision_that_makes_no_sense_is_refused(graded: tuple[Site, str], wrong: dict[str, str]) -> None:
    site, name = graded
    answer = site.browser("tom").post(f"/submissions/{name}/points", data={**POINTS, **wrong})

    assert answer.status_code in (404, 422)
    assert site.program("tom").get(f"/api/v1/submissions/{name}/decisions").json() == []


def test_an_assistant_decides_nothing_about_own_work(graded: tuple[Site, str]) -> None:
    site, name = graded
    codes = []
    for login in ("tom", "ines"):
        own = site.hand_in(login)
        site.grade(graded_report(login))
        browser = site.browser(login)
        codes.append(browser.post(f"/submissions/{own}/points", data=POINTS).status_code)
        seen = [one["id"] for one in browser.get(QUESTION).json()["answers"]]
        codes.append(id_of(own) in seen and id_of(name) in seen)

    assert codes == [403, False, 303, True]


def test_undo_takes_back_what_the_same_person_decided(graded: tuple[Site, str]) -> None:
    site, name = graded
    with site.service.database.write() as session:
        twin = courses.person(session, "tom2", "Tom")
        courses.enrol(session, courses.course_named(session, "dl"), twin, Role.ASSISTANT)
    decide(site.browser("tom"), name, "stays")

    codes = [review(site.browser(login), "api/undo", any=1).status_code for login in ("tom2", "tom")]
    assert (codes, score(site, name)) == ([404, 200], 1)


def test_decisions_go_with_the_person_that_they_are_about(
    graded: tuple[Site, str], database: Database
) -> None:
    site, name = graded
    decide(site.browser("tom"), name, "stays")
    with database.write() as session:
        courses.erase(session, courses.person_with(session, "ana"))

    with database.read() as session:
        assert session.scalars(select(DecisionRow)).all() == []
        assert session.scalars(select(MarkRow)).all() == []


def test_decisions_stay_when_the_person_who_made_them_is_erased(
    graded: tuple[Site, str], database: Database
) -> None:
    site, name = graded
    decide(site.browser("tom"), name, "stays")
    with database.write() as session:
        courses.erase(session, courses.person_with(session, "tom"))

    with database.read() as session:
        (made,) = decisions.of_assignment(session, session.scalars(select(AssignmentRow)).one())
    assert (made.by, score(site, name)) == (decisions.GONE, 2)
    assert "Tom" not in json.dumps(report_of(site, name))


# Questions about a mark


def ask(site: Site, name: str) -> int:
    answer = site.browser("ana").post(
        f"/submissions/{name}/requests", data={"text": "Why is the sign wrong?"}
    )
    assert answer.status_code == 303
    found: int = site.program("ana").get(f"/api/v1/submissions/{name}/requests").json()[-1]["id"]
    return found


def test_an_answer_with_points_shows_the_student_what_came_of_it(graded: tuple[Site, str]) -> None:
    site, name = graded
    number = ask(site, name)
    answer = {"text": "You are right.", "target": POINTS["target"], "points": "2,5"}
    assert site.browser("tom").post(f"/requests/{number}/answer", data=answer).status_code == 303

    page = site.browser("ana").get(f"/submissions/{name}").text
    assert "You are right." in page and "2.5 of 3 points, 0 before" in page
    assert score(site, name) == 3.5
    assert report_of(site, name)["tasks"][0]["checks"][1]["decided"]["reason"] == "You are right."


def test_what_came_of_a_question_counts_from_what_a_person_gave_before(graded: tuple[Site, str]) -> None:
    site, name = graded
    decide(site.browser("tom"), name, "stays")
    number = ask(site, name)
    (made,) = site.program("tom").get(f"/api/v1/submissions/{name}/decisions").json()
    answer = {"text": "It says more.", "target": f"{made['id']}/answers/1.1.2", "points": "2"}
    assert site.browser("tom").post(f"/requests/{number}/answer", data=answer).status_code == 303

    for path in (f"/submissions/{name}", "/"):
        assert "2 of 2.5 points, 1 before." in site.browser("ana").get(path).text


def test_an_answer_without_points_leaves_the_mark(graded: tuple[Site, str]) -> None:
    site, name = graded
    number = ask(site, name)
    site.browser("tom").post(
        f"/requests/{number}/answer", data={"text": "It is.", "target": "", "points": ""}
    )

    assert "It is." in site.browser("ana").get(f"/submissions/{name}").text
    assert (score(site, name), site.program("tom").get(f"{API}/class").json()[0]["score"]) == (1, 1)


def test_a_question_is_answered_once(graded: tuple[Site, str]) -> None:
    site, name = graded
    number = ask(site, name)
    codes = [
        site.browser(login).post(f"/requests/{number}/answer", data={"text": f"By {login}."}).status_code
        for login in ("tom", "ines")
    ]

    page = site.browser("ana").get(f"/submissions/{name}").text
    assert (codes, "By tom." in page, "By ines." in page) == ([303, 409], True, False)


def test_an_answer_whose_points_are_refused_is_not_stored(graded: tuple[Site, str]) -> None:
    site, name = graded
    number = ask(site, name)
    answer = {"text": "You are right.", "target": POINTS["target"], "points": "30"}
    assert site.browser("tom").post(f"/requests/{number}/answer", data=answer).status_code == 422

    assert site.program("ana").get(f"/api/v1/submissions/{name}/requests").json()[0]["answered"] is None


def test_what_no_database_can_store_is_left_out_of_forms_and_refused_from_programs(
    graded: tuple[Site, str],
) -> None:
    site, name = graded
    path = f"/api/v1/submissions/{name}"
    forms = [
        site.browser("ana").post(f"/submissions/{name}/requests", data={"text": "Why\0?"}),
        site.browser("tom").post(f"/submissions/{name}/comments", data={"text": "So\0."}),
    ]
    sent = site.program("tom").post(f"{path}/comments", json={"text": "So\0."})

    assert ([one.status_code for one in forms], sent.status_code) == ([303, 303], 422)
    assert site.program("ana").get(f"{path}/requests").json()[0]["question"] == "Why?"
    assert [one["text"] for one in site.program("tom").get(f"{path}/decisions").json()] == ["So."]


# Revisions and migrations


def test_a_revision_knows_the_questions_of_its_folder(site: Site) -> None:
    folder = Path(__file__).parents[2] / "reference"
    found = read_assignment(folder)
    with site.service.database.write() as session:
        course = courses.course_named(session, "dl")
        added, _ = revisions.add(session, course, "hw2", found, "e" * 64)
        asked = marks.questions(added)
        added.questions = []
        again, is_new = revisions.add(session, course, "hw2", found, "e" * 64)

        assert (len(asked), is_new, marks.questions(again)) == (8, False, asked)


def test_model_answers_are_shown_with_the_solutions(graded: tuple[Site, str]) -> None:
    site, name = graded

    def models() -> list[str]:
        return [one["model"] for one in report_of(site, name)["tasks"][1]["checks"]]

    before = models()
    site.program("ines").post(f"{API}/release", json={"answers_shown": True})
    assert (before, models()) == (["", ""], ["No, they are shared.", "They control what is kept."])


def test_a_database_of_the_first_version_is_brought_up_to_date(url: str, template: Path) -> None:
    with closing(Database(url)) as opened:
        with opened.engine.begin() as connection:
            config = migrations()
            config.attributes["connection"] = connection
            command.upgrade(config, "0001")
            for statement in (
                "INSERT INTO courses (id, name, title, created) VALUES (1, 'dl', 'DL', 1)",
                "INSERT INTO assignments (id, course_id, name, title, policy, attempts, withheld,"
                " answers_shown) VALUES (1, 1, 'hw1', 'HW', '', 0, false, false)",
                "INSERT INTO revisions (id, assignment_id, number, archive, digest, title, seed, tasks,"
                " created) VALUES (1, 1, 1, 'a', 'b', 'HW', 5, '[]', 1)",
            ):
                connection.execute(text(statement))
        opened.migrate()
        opened.check()
        with opened.read() as session:
            assert session.get_one(Revision, 1).questions == []
            assert session.scalars(select(Person)).all() == []


def test_reports_that_a_review_prepared_judge_as_before() -> None:
    from grader.results.decisions import fingerprint
    from grader.service.deciding import for_review

    found: Report = graded_report("ana")
    before = [fingerprint(one) for task in found.tasks for one in task.checks]
    assert [fingerprint(one) for task in for_review(found).tasks for one in task.checks] == before
