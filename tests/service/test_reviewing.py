"""Several people review one class: each knows who looks at what, and what is his or hers to decide about."""

import threading
from typing import Any

import pytest
from graded_classes import QUESTIONS, graded_report
from service_site import API, CLASS, Browser, Site
from sqlalchemy import select, update

from grader.review.answers import id_of
from grader.service import courses
from grader.service.access import Role
from grader.service.database import Database
from grader.service.schema import Grader, Looking
from grader.service.worker import outcome_of

REVIEW = f"{CLASS}/review"
GROWS = ("answers", "1.1.2")


@pytest.fixture
def graded(site: Site) -> tuple[Site, list[str]]:
    """The course with three submissions whose answers wait, by their ids in the review."""
    site.ask_in_words()
    names = []
    for login in ("ana", "ben", "cem"):
        names.append(site.hand_in(login))
        job = site.service.queue.claim("test")
        assert job is not None
        site.service.queue.finish(job, outcome_of(graded_report(login), QUESTIONS))
    return site, [id_of(one) for one in names]


def look(browser: Browser, **body: object) -> dict[str, Any]:
    """Send what the page of a question sends."""
    known = {"task": "answers", "check": "1.1.2"}
    answer = browser.client.post(
        f"{REVIEW}/api/look", json=known | body, headers={"X-CSRF-Token": browser.csrf}
    )
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_others_are_told_who_looks_at_an_answer(graded: tuple[Site, list[str]]) -> None:
    site, (first, *_) = graded
    tom, ines = site.browser("tom"), site.browser("ines")
    alone = look(tom, at=first)
    both = look(ines, at=first)

    assert alone == {"answer": first, "others": {}}
    assert both == {"answer": first, "others": {first: ["Tom"]}}
    assert look(tom, at=first)["others"] == {first: ["Ines"]}


def test_the_list_of_questions_says_who_looks_at_which(graded: tuple[Site, list[str]]) -> None:
    site, (first, *_) = graded
    look(site.browser("tom"), at=first)
    look(site.browser("root"), task="cell", check="", at=first)

    page = " ".join(site.browser("ines").get(f"{REVIEW}/").text.split())
    assert "Tom is looking at this" in page and "Root is looking at this" in page
    assert "Tom is looking" not in site.browser("tom").get(f"{REVIEW}/").text


def test_next_is_an_answer_at_which_no_other_looks(graded: tuple[Site, list[str]]) -> None:
    site, answers = graded
    browsers = [site.browser(login) for login in ("tom", "ines", "root")]
    chosen = [look(one, choose=answers)["answer"] for one in browsers]

    assert chosen == answers
    assert look(browsers[0], choose=answers[1:])["answer"] == ""
    assert look(browsers[1], at=answers[0])["others"] == {answers[0]: ["Tom"], answers[2]: ["Root"]}


def test_people_who_go_on_at_the_same_time_get_different_answers(graded: tuple[Site, list[str]]) -> None:
    site, answers = graded
    browsers = [site.browser(login) for login in ("tom", "ines", "root")]
    start, chosen = threading.Barrier(len(browsers)), []

    def go(browser: Browser) -> None:
        start.wait()
        chosen.append(look(browser, choose=answers)["answer"])

    threads = [threading.Thread(target=go, args=(one,)) for one in browsers]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(chosen) == sorted(answers)


def test_a_page_that_is_silent_or_left_counts_as_closed(
    graded: tuple[Site, list[str]], database: Database
) -> None:
    site, (first, second, _) = graded
    tom, ines = site.browser("tom"), site.browser("ines")
    look(tom, at=first)
    with database.write() as session:
        session.execute(update(Looking).values(seen=Looking.seen - 25))
    seen = [look(ines, at=second)["others"]]
    with database.write() as session:
        session.execute(update(Looking).where(Looking.answer == first).values(seen=Looking.seen - 6))
    seen.append(look(ines, at=second)["others"])
    look(tom, at=first)
    look(tom)
    seen.append(look(ines, at=second)["others"])

    assert seen == [{first: ["Tom"]}, {}, {}]
    with database.read() as session:
        assert [one.answer for one in session.scalars(select(Looking))] == [second]


def test_a_page_that_is_left_does_not_close_another_one(graded: tuple[Site, list[str]]) -> None:
    site, (first, *_) = graded
    tom = site.browser("tom")
    look(tom, at=first)
    look(tom, check="2.1.1")

    assert look(site.browser("ines"), at=first)["others"] == {first: ["Tom"]}


def test_who_was_erased_looks_at_nothing(graded: tuple[Site, list[str]], database: Database) -> None:
    site, (first, *_) = graded
    look(site.browser("tom"), at=first)
    assign(site, tom=GROWS)
    with database.write() as session:
        courses.erase(session, courses.person_with(session, "tom"))

    assert look(site.browser("ines"), at=first)["others"] == {}
    with database.read() as session:
        assert session.scalars(select(Grader)).all() == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"at": "x" * 16},
        {"at": "../../etc/passwd"},
        {"choose": ["0" * 16] * 2001},
        {"choose": ["<b>"]},
        {"task": "x" * 101},
        {"check": 5},
    ],
)
def test_what_no_page_says_is_refused(graded: tuple[Site, list[str]], wrong: dict[str, object]) -> None:
    site, _ = graded
    tom = site.browser("tom")
    sent = {"task": "answers", "check": "1.1.2"} | wrong
    answer = tom.client.post(f"{REVIEW}/api/look", json=sent, headers={"X-CSRF-Token": tom.csrf})

    assert answer.status_code == 400


def test_what_no_database_can_store_breaks_nothing(graded: tuple[Site, list[str]]) -> None:
    site, (first, *_) = graded

    assert look(site.browser("tom"), task="an\0swers", at=first)["answer"] == first


# Who decides about what


def assign(site: Site, **graders: tuple[str, str]) -> None:
    for login, (task, check) in graders.items():
        sent = {"task": task, "check": check, "graders": [login]}
        assert site.program("ines").put(f"{API}/graders", json=sent).status_code == 200


def own_part(site: Site, login: str) -> tuple[str, str]:
    """Return what the review of a person begins with, and what follows behind."""
    page = site.browser(login).get(f"{REVIEW}/").text
    first, _, rest = page.partition('<details id="rest">')
    return first, rest


def test_a_review_begins_with_what_is_ones_own(graded: tuple[Site, list[str]]) -> None:
    site, _ = graded
    assign(site, tom=("answers", "2.1.1"))
    first, rest = own_part(site, "tom")
    others, nothing = own_part(site, "ines")

    assert "Why gates?" in first and "0 of 3 decided" in first and "parameters grow" not in first
    assert "parameters grow" in rest and "/code/cell" in rest
    assert "Why gates?" in others and "parameters grow" in others and nothing == ""
    assert "Tom decides about it" in " ".join(others.split())


def test_without_graders_all_see_all(graded: tuple[Site, list[str]]) -> None:
    site, _ = graded
    first, rest = own_part(site, "tom")

    assert "Why gates?" in first and "parameters grow" in first and rest == ""


def test_after_a_question_of_ones_own_comes_another_one(graded: tuple[Site, list[str]]) -> None:
    site, _ = graded
    page = f"{REVIEW}/question/answers/1.1.2"
    before = site.browser("tom").get(page).text
    assign(site, tom=GROWS)
    alone = site.browser("tom").get(page).text
    assign(site, tom=("answers", "2.1.1"))

    assert f'data-after="{REVIEW}/question/answers/2.1.1"' in before
    assert f'data-after="{REVIEW}/"' in alone
    assert f'data-after="{REVIEW}/question/answers/2.1.1"' in site.browser("tom").get(page).text


def test_the_page_of_graders_stores_all_that_is_ticked(graded: tuple[Site, list[str]]) -> None:
    site, _ = graded
    ines = site.browser("ines")
    with site.service.database.read() as session:
        tom, own = (courses.person_with(session, one).id for one in ("tom", "ines"))
    ticked = [f"{tom}/answers/1.1.2", f"{own}/answers/1.1.2", f"{tom}/cell/"]
    assert ines.post(f"{CLASS}/graders", data={"grader": ticked}).status_code == 303
    first = shown(site)
    again = ines.get(f"{CLASS}/graders").text
    assert ines.post(f"{CLASS}/graders", data={"grader": ticked[2:]}).status_code == 303

    assert first == {"1.1.2": ["tom", "ines"], "2.1.1": [], "": ["tom"]}
    assert again.count(" checked") == 3
    assert shown(site) == {"1.1.2": [], "2.1.1": [], "": ["tom"]}


def shown(site: Site) -> dict[str, list[str]]:
    """Return the graders that the API tells, by the number of the question."""
    found = site.program("tom").get(f"{API}/review").json()
    return {one["check"]: one["graders"] for one in found}


def test_only_people_who_may_decide_are_graders(graded: tuple[Site, list[str]], database: Database) -> None:
    site, _ = graded
    program = site.program("ines")
    for login in ("ana", "stranger", "root", "nobody"):
        sent = {"task": "answers", "check": "1.1.2", "graders": ["tom", login]}
        assert program.put(f"{API}/graders", json=sent).status_code == 422
    missing = {"task": "answers", "check": "9.9", "graders": ["tom"]}
    assert program.put(f"{API}/graders", json=missing).status_code == 404
    before = shown(site)["1.1.2"]
    assign(site, tom=GROWS)
    with database.write() as session:
        course = courses.course_named(session, "dl")
        courses.enrol(session, course, courses.person_with(session, "tom"), Role.STUDENT)

    found = site.program("ines").get(f"{API}/review").json()
    assert (before, [one["graders"] for one in found]) == ([], [[], [], []])


@pytest.mark.parametrize("wrong", ["", "x", "1", "1/answers", "1/answers/9", "-1/cell/", "9999999999/cell/"])
def test_ticks_that_no_page_has_are_refused(graded: tuple[Site, list[str]], wrong: str) -> None:
    site, _ = graded
    answer = site.browser("ines").post(f"{CLASS}/graders", data={"grader": [wrong]})

    assert answer.status_code in (404, 422) and shown(site)["1.1.2"] == []


def test_the_api_tells_how_far_each_question_is_and_who_looks(graded: tuple[Site, list[str]]) -> None:
    site, (first, *_) = graded
    tom = site.browser("tom")
    look(tom, at=first)
    sent = {"answers": [first], "known": {}, "items": ["stays"]}
    decided = tom.client.post(
        f"{REVIEW}/api/question/answers/1.1.2/decide", json=sent, headers={"X-CSRF-Token": tom.csrf}
    )
    assert decided.status_code == 200

    found = site.program("ines").get(f"{API}/review").json()
    assert [(one["check"], one["answers"], one["decided"], one["looking"]) for one in found] == [
        ("1.1.2", 3, 1, ["tom"]),
        ("2.1.1", 3, 0, []),
        ("", None, None, []),
    ]
