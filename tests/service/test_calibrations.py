"""Graders grade the same answers without seeing each other's points; then these are compared."""

import io
import threading
import zipfile
from typing import Any

import pytest
from graded_classes import QUESTIONS, graded_report
from service_site import API, CLASS, Browser, Site
from sqlalchemy import select

from grader.review.answers import id_of
from grader.service import courses
from grader.service.access import Role
from grader.service.database import Database
from grader.service.schema import Calibration, CalibrationGrade, DecisionRow
from grader.service.worker import outcome_of

REVIEW = f"{CLASS}/review/api/question/answers/1.1.2"
LOGINS = ("ana", "ben", "cem", "dana", "eve")
START = {"task": "answers", "check": "1.1.2", "graders": ["tom", "ines"]}


@pytest.fixture
def graded(site: Site) -> tuple[Site, dict[str, str]]:
    """The course with five answers, by what the review calls them: the submission."""
    site.ask_in_words()
    with site.service.database.write() as session:
        course = courses.course_named(session, "dl")
        for login in LOGINS[3:]:
            courses.enrol(session, course, courses.person(session, login, login.title()), Role.STUDENT)
    return site, {id_of(name): name for name in (handed_in(site, login) for login in LOGINS)}


def handed_in(site: Site, login: str) -> str:
    name = site.hand_in(login)
    job = site.service.queue.claim("test")
    assert job is not None
    site.service.queue.finish(job, outcome_of(graded_report(login, first=f"No, says {login}."), QUESTIONS))
    return name


def start(site: Site, **more: object) -> int:
    answer = site.program("ines").post(f"{API}/calibrations", json=START | more)
    assert answer.status_code == 201, answer.text
    found: int = answer.json()["number"]
    return found


def answers(site: Site, number: int, login: str = "tom") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = site.program(login).get(f"/api/v1/calibrations/{number}/answers").json()
    return found


def grade(site: Site, number: int, login: str, answer: str, *items: str, **more: object) -> int:
    where = f"/api/v1/calibrations/{number}/answers/{answer}"
    return site.program(login).put(where, json={"items": items, **more}).status_code


def shown(site: Site, number: int, login: str = "ines") -> dict[str, Any]:
    found: dict[str, Any] = site.program(login).get(f"/api/v1/calibrations/{number}").json()
    return found


def score(site: Site, name: str) -> float:
    found: float = site.program("ines").get(f"/api/v1/submissions/{name}").json()["score"]
    return found


def page_sends(browser: Browser, number: int, path: str, **body: object) -> Any:
    """Send what a page of the calibration's review sends."""
    where = f"/calibrations/{number}/review/api/{path}"
    return browser.client.post(where, json=body, headers={"X-CSRF-Token": browser.csrf})


def test_answers_are_drawn_at_random_and_the_seed_is_recorded(graded: tuple[Site, dict[str, str]]) -> None:
    site, names = graded
    drawn = []
    for _ in range(4):
        number = start(site, answers=2)
        drawn.append(frozenset(one["answer"] for one in answers(site, number)))
        site.program("ines").post(f"/api/v1/calibrations/{number}/close")

    calibrations = site.program("tom").get(f"{API}/calibrations").json()
    assert {len(one) for one in drawn} == {2} and all(one <= {*names} for one in drawn)
    assert len({one["seed"] for one in calibrations}) == 4
    assert [one["answers"] for one in calibrations] == [2] * 4


def test_ten_answers_are_drawn_or_all_that_there_are(graded: tuple[Site, dict[str, str]]) -> None:
    site, names = graded

    assert {one["answer"] for one in answers(site, start(site))} == {*names}


def test_no_grader_sees_the_points_of_another_one_before_all_are_done(
    graded: tuple[Site, dict[str, str]],
) -> None:
    site, names = graded
    number = start(site)
    for answer in names:
        assert grade(site, number, "tom", answer, "stays", text="Wirsing") == 200
    review = f"/calibrations/{number}/review/"
    seen = [
        site.program("ines").get(f"/api/v1/calibrations/{number}").text,
        site.program("ines").get(f"/api/v1/calibrations/{number}/answers").text,
        site.browser("ines").get(f"/calibrations/{number}").text,
        site.browser("ines").get(f"{review}question/answers/1.1.2").text,
        site.browser("ines").get(f"{review}api/question/answers/1.1.2").text,
        site.browser("ines").get(f"{CLASS}/review/").text,
        site.browser("ines").get(REVIEW).text,
        site.browser("ines").get(f"{CLASS}/graders").text,
        *(site.browser("ines").get(f"/submissions/{name}").text for name in names.values()),
    ]

    assert not any("Wirsing" in one for one in seen)
    assert shown(site, number)["compared"] == [] and shown(site, number)["closed"] is None
    assert [one["graded"] for one in answers(site, number, "ines")] == [False] * 5
    for answer in names:
        grade(site, number, "ines", answer)
    assert "Wirsing" in site.browser("ines").get(f"/calibrations/{number}").text


def test_answers_of_an_open_calibration_wait_for_its_end(graded: tuple[Site, dict[str, str]]) -> None:
    site, names = graded
    number = start(site, answers=2)
    drawn = {one["answer"] for one in answers(site, number)}
    during = [{one["id"] for one in site.browser("tom").get(REVIEW).json()["answers"]}]
    site.program("ines").post(f"/api/v1/calibrations/{number}/close")
    during.append({one["id"] for one in site.browser("tom").get(REVIEW).json()["answers"]})

    assert during == [{*names} - drawn, {*names}]


def test_an_answer_of_an_open_calibration_cannot_be_decided_about(
    graded: tuple[Site, dict[str, str]], database: Database
) -> None:
    site, names = graded
    number = start(site)
    answer, name = next(iter(names.items()))
    tom = site.browser("tom")
    sent = {"answers": [answer], "known": {}, "items": []}
    codes = [
        tom.client.post(f"{REVIEW}/decide", json=sent, headers={"X-CSRF-Token": tom.csrf}).status_code,
        tom.post(
            f"/submissions/{name}/points", data={"target": "/answers/1.1.2", "points": "1", "reason": "So."}
        ).status_code,
    ]
    with database.read() as session:
        assert (codes, session.scalars(select(DecisionRow)).all()) == ([400, 422], [])
    site.program("ines").post(f"/api/v1/calibrations/{number}/close")
    again = tom.client.post(f"{REVIEW}/decide", json=sent, headers={"X-CSRF-Token": tom.csrf})
    assert again.status_code == 200


def test_ones_own_data_holds_what_one_gave_and_others_get_it_when_it_is_closed(
    graded: tuple[Site, dict[str, str]],
) -> None:
    site, _ = graded
    number = start(site, answers=1)
    (answer,) = (one["answer"] for one in answers(site, number))
    grade(site, number, "tom", answer, "stays", text="Wirsing")

    def has_points(login: str, path: str) -> bool:
        with zipfile.ZipFile(io.BytesIO(site.program(login).get(path).content)) as archive:
            return b"Wirsing" in archive.read("person.json")

    course = "/api/v1/courses/dl/people/tom/data.zip"
    before = has_points("tom", "/api/v1/me/data.zip"), has_points("ines", course)
    site.program("ines").post(f"/api/v1/calibrations/{number}/close")
    assert (before, has_points("ines", course)) == ((True, False), True)


def test_points_of_a_calibration_are_no_marks(graded: tuple[Site, dict[str, str]]) -> None:
    site, names = graded
    before = [score(site, name) for name in names.values()]
    number = start(site)
    for answer in names:
        for login in ("tom", "ines"):
            grade(site, number, login, answer, "stays", "shared")

    assert shown(site, number)["closed"] is not None
    assert [score(site, name) for name in names.values()] == before
    assert site.browser("tom").get(f"{CLASS}/review/api/overview").json()[0]["decided"] == 0


def test_the_largest_difference_comes_first(graded: tuple[Site, dict[str, str]]) -> None:
    site, _ = graded
    number = start(site, answers=3)
    first, second, third = (one["answer"] for one in answers(site, number))
    for answer, tom, ines in (
        (first, ("stays",), ("stays",)),
        (second, ("stays", "shared"), ()),
        (third, (), ("stays",)),
    ):
        grade(site, number, "tom", answer, *tom)
        grade(site, number, "ines", answer, *ines)

    found = shown(site, number, "tom")
    assert [(one["answer"], one["difference"]) for one in found["compared"]] == [
        (second, 2.5),
        (third, 1),
        (first, 0),
    ]
    assert found["difference"] == pytest.approx(3.5 / 3)
    assert {one["login"]: one["more"] for one in found["graders"]} == {
        "ines": pytest.approx(-0.5),
        "tom": pytest.approx(0.5),
    }
    page = " ".join(site.browser("ines").get(f"/calibrations/{number}").text.split())
    places = [page.index(words) for words in ("2.5 points apart", "1 point apart", "the same points")]
    assert places == sorted(places)


def test_an_instructor_makes_the_points_of_a_grader_the_decision(
    graded: tuple[Site, dict[str, str]],
) -> None:
    site, names = graded
    number = start(site, answers=1)
    (answer,) = (one["answer"] for one in answers(site, number))
    grade(site, number, "tom", answer, "stays", text="It says so.")
    grade(site, number, "ines", answer)
    where, name = f"/api/v1/calibrations/{number}/answers/{answer}/decide", names[answer]
    program = site.program("ines")
    codes = [program.post(where, json={"grader": "tom"}).status_code]
    first = score(site, name)
    codes.append(program.post(where, json={"grader": "ines"}).status_code)
    known = shown(site, number)["compared"][0]["decision"]
    codes.append(program.post(where, json={"grader": "ines", "known": known}).status_code)

    (made,) = program.get(f"/api/v1/submissions/{name}/decisions").json()[-1:]
    assert (codes, first, score(site, name)) == ([200, 409, 200], 1 + 1, 1)
    assert (made["by"], made["items"]) == ("Ines", [])
    assert "Ines decided: 0 points" in site.browser("tom").get(f"/calibrations/{number}").text


def test_the_button_of_a_page_decides(graded: tuple[Site, dict[str, str]]) -> None:
    site, names = graded
    number = start(site, answers=1)
    (answer,) = (one["answer"] for one in answers(site, number))
    for login in ("tom", "ines"):
        grade(site, number, login, answer, "stays")
    with site.service.database.read() as session:
        tom = courses.person_with(session, "tom").id
    sent = {"grader": str(tom), "known": ""}
    where = f"/calibrations/{number}/answers/{answer}/decide"
    codes = [site.browser("ines").post(where, data=sent).status_code for _ in range(2)]

    assert (codes, score(site, names[answer])) == ([303, 409], 2)
    assert "Make it the decision" not in site.browser("tom").get(f"/calibrations/{number}").text


def test_nothing_is_decided_before_it_is_closed(graded: tuple[Site, dict[str, str]]) -> None:
    site, _ = graded
    number = start(site, answers=1)
    (answer,) = (one["answer"] for one in answers(site, number))
    grade(site, number, "tom", answer, "stays")
    where = f"/api/v1/calibrations/{number}/answers/{answer}/decide"
    before = site.program("ines").post(where, json={"grader": "tom"}).status_code
    site.program("ines").post(f"/api/v1/calibrations/{number}/close")

    assert (before, site.program("ines").post(where, json={"grader": "tom"}).status_code) == (422, 200)
    assert site.program("ines").post(where, json={"grader": "ines"}).status_code == 404


def test_an_instructor_closes_it_early(graded: tuple[Site, dict[str, str]]) -> None:
    site, names = graded
    number = start(site)
    answer = next(iter(names))
    grade(site, number, "tom", answer, "stays")
    codes = [site.program("ines").post(f"/api/v1/calibrations/{number}/close").status_code for _ in range(2)]

    found = shown(site, number)
    assert codes == [200, 422]
    assert [one["gave"] for one in found["compared"] if one["answer"] == answer] == [
        [{"login": "tom", "points": 1.0, "items": ["Says that it does not grow"], "text": ""}]
    ]
    assert {one["difference"] for one in found["compared"]} == {None} and found["difference"] is None
    assert grade(site, number, "tom", answer, "shared") == 422
    assert page_sends(
        site.browser("tom"), number, "question/answers/1.1.2/decide", answers=[answer], items=[]
    ).status_code in (400, 409)


def test_answers_are_graded_on_the_pages_of_the_review(graded: tuple[Site, dict[str, str]]) -> None:
    site, _ = graded
    number = start(site, answers=2)
    tom = site.browser("tom")
    first, second = (one["answer"] for one in answers(site, number))
    path = "question/answers/1.1.2/decide"
    codes = [page_sends(tom, number, path, answers=[first], known={first: ""}, items=["stays"]).status_code]
    codes.append(page_sends(tom, number, path, answers=[second], known={second: ""}, items=[]).status_code)
    codes.append(page_sends(tom, number, path, answers=[second], known={second: ""}, items=[]).status_code)
    before = [one["items"] for one in answers(site, number)]
    undone = page_sends(tom, number, "undo", any=1)

    assert (codes, before) == ([200, 200, 409], [["stays"], []])
    assert undone.json()["answers"] == [second]
    assert {one["answer"]: one["graded"] for one in answers(site, number)} == {first: True, second: False}
    assert "1 of 2 answers graded" in tom.get("/").text
    assert "1 of 2 answers graded" in tom.get(f"{CLASS}/review/").text
    page = tom.get(f"/calibrations/{number}").text
    assert "Tom: 1 of 2 graded" in page and "Ines: 0 of 2 graded" in page and "Go on" in page


def test_a_calibration_changes_no_rubric_and_releases_nothing(
    graded: tuple[Site, dict[str, str]], database: Database
) -> None:
    site, names = graded
    number, answer = start(site), next(iter(names))
    tom = site.browser("tom")
    new = page_sends(tom, number, "question/answers/1.1.2/item", title="New", points=1)
    released = page_sends(tom, number, "release", task="answers", shown=True)
    points = page_sends(tom, number, "code/cell/decide", answer=answer, check="step", points=1, text="So.")
    comment = page_sends(tom, number, "code/cell/comment", answer=answer, text="So.")

    assert [one.status_code for one in (new, released, points, comment)] == [400] * 4
    with database.read() as session:
        assert session.scalars(select(DecisionRow)).all() == []


def test_people_who_finish_at_the_same_time_close_it(graded: tuple[Site, dict[str, str]]) -> None:
    site, names = graded
    number = start(site)
    begin, codes = threading.Barrier(2), []

    def go(login: str) -> None:
        client = site.program(login)
        begin.wait()
        for answer in names:
            where = f"/api/v1/calibrations/{number}/answers/{answer}"
            codes.append(client.put(where, json={"items": ["stays"]}).status_code)

    threads = [threading.Thread(target=go, args=(one,)) for one in ("tom", "ines")]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert codes == [200] * 10 and shown(site, number)["closed"] is not None


def test_own_work_and_what_was_decided_is_not_drawn(graded: tuple[Site, dict[str, str]]) -> None:
    site, names = graded
    own = id_of(handed_in(site, "tom"))
    first = next(iter(names))
    ines = site.browser("ines")
    sent = {"answers": [first], "known": {}, "items": []}
    ines.client.post(f"{REVIEW}/decide", json=sent, headers={"X-CSRF-Token": ines.csrf})
    drawn = {one["answer"] for one in answers(site, start(site))}

    assert drawn == {*names} - {first, own}
    again = site.program("ines").post(f"{API}/calibrations", json=START)
    assert again.status_code == 422 and "decided already" in again.json()["detail"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"graders": ["tom"]},
        {"graders": ["tom", "tom"]},
        {"graders": ["tom", "ana"]},
        {"graders": ["tom", "root"]},
        {"graders": [f"x{number}" for number in range(11)]},
        {"check": "9.9"},
        {"task": "cell", "check": "step"},
        {"answers": 0},
        {"answers": 51},
    ],
)
def test_a_calibration_that_makes_no_sense_is_refused(
    graded: tuple[Site, dict[str, str]], wrong: dict[str, object], database: Database
) -> None:
    site, _ = graded
    answer = site.program("ines").post(f"{API}/calibrations", json=START | wrong)

    assert answer.status_code == 422
    with database.read() as session:
        assert session.scalars(select(Calibration)).all() == []


@pytest.mark.parametrize(
    ("answer", "body", "code"),
    [
        ("f" * 16, {"items": []}, 404),
        ("", {"items": ["nothing"]}, 422),
        ("", {"points": 1}, 422),
        ("", {"points": 1001, "text": "Because."}, 422),
        ("", {"text": "x" * 5001}, 422),
    ],
)
def test_points_that_make_no_sense_are_refused(
    graded: tuple[Site, dict[str, str]], answer: str, body: dict[str, Any], code: int
) -> None:
    site, names = graded
    number = start(site)
    found = grade(site, number, "tom", answer or next(iter(names)), **body)

    assert found == code and not any(one["graded"] for one in answers(site, number))


def test_who_is_no_grader_of_it_grades_nothing(graded: tuple[Site, dict[str, str]]) -> None:
    site, names = graded
    with site.service.database.write() as session:
        other = courses.person(session, "tim", "Tim")
        courses.enrol(session, courses.course_named(session, "dl"), other, Role.ASSISTANT)
    number = start(site)
    answer = next(iter(names))

    assert grade(site, number, "tim", answer, "stays") == 403
    assert site.browser("tim").get(f"/calibrations/{number}/review/question/answers/1.1.2").status_code == 403
    assert site.browser("tim").get(f"/calibrations/{number}").status_code == 200


def test_what_an_erased_person_handed_in_or_gave_is_gone(
    graded: tuple[Site, dict[str, str]], database: Database
) -> None:
    site, names = graded
    number = start(site)
    for answer in names:
        grade(site, number, "tom", answer, "stays")
    with database.write() as session:
        courses.erase(session, courses.person_with(session, "ana"))
    left = len(answers(site, number))
    with database.write() as session:
        courses.erase(session, courses.person_with(session, "tom"))

    with database.read() as session:
        (ines,) = {one.person_id for one in session.scalars(select(CalibrationGrade))}
        assert (left, ines) == (4, courses.person_with(session, "ines").id)
    site.program("ines").post(f"/api/v1/calibrations/{number}/close")
    assert [one["login"] for one in shown(site, number)["graders"]] == ["ines"]


def test_an_item_that_is_new_in_the_rubric_is_shown_to_graders(graded: tuple[Site, dict[str, str]]) -> None:
    site, _ = graded
    number = start(site)
    ines = site.browser("ines")
    item = {"title": "Names <b>a</b> reason", "points": 0.5}
    ines.client.post(f"{REVIEW}/item", json=item, headers={"X-CSRF-Token": ines.csrf})

    found = ines.get(f"/calibrations/{number}/review/api/question/answers/1.1.2").json()
    assert "Names <b>a</b> reason" in [one["title"] for one in found["question"]["items"]]
