"""Marks and model answers are released by task and date; what is withheld is nowhere to be found."""

import io
import json
import re
import time
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from graded_classes import graded_report
from mail_server import MailServer
from service_site import API, CLASS, Browser, Site
from sqlalchemy import select, update
from test_telling_people import send_all, switched_on

from grader.service import actions, courses
from grader.service.database import Database
from grader.service.schema import AssignmentRow, Delivery, ReleaseRow

RELEASES = f"{CLASS}/releases"
HOUR = 3600.0
POLICY = """
deadline = 2030-09-01T23:59:00
zone = "Europe/Berlin"
percent_per_day = 10
"""


@pytest.fixture
def url(tmp_path: Path) -> str:
    """SQLite is enough here; the times are compared on both databases in test_changed_marks.py."""
    return f"sqlite:///{tmp_path}/service.db"


@pytest.fixture
def graded(site: Site) -> tuple[Site, str]:
    """The course with one submission: 1 of 4 points for `cell`, and 2 of 5 for `answers`, reviewed."""
    site.ask_in_words()
    name = site.hand_in("ana")
    site.grade(graded_report("ana"))
    give(site, name, "answers", "1.1.2", 2)
    give(site, name, "answers", "2.1.1", 0)
    return site, name


def give(site: Site, name: str, task: str, check: str, points: float) -> None:
    given = {"target": {"task": task, "check": check}, "points": points, "reason": f"Reason for {check}."}
    assert site.program("tom").post(f"/api/v1/submissions/{name}/points", json=given).status_code == 201


def release(site: Site, *sent: dict[str, object]) -> None:
    answer = site.program("ines").put(f"{API}/releases", json=sent)
    assert answer.status_code == 200, answer.text


def withhold(site: Site, *tasks: str, until: float | None = None) -> None:
    release(site, *({"task": task, "marks_from": until} for task in tasks))


def in_an_hour(site: Site) -> float:
    return float(round(time.time())) + HOUR


def an_hour_passes(site: Site) -> None:
    """Let all releases have been meant for an hour earlier: the clock is the database's."""
    with site.service.database.write() as session:
        session.execute(
            update(ReleaseRow)
            .where(ReleaseRow.shown_from > HOUR)
            .values(shown_from=ReleaseRow.shown_from - 2 * HOUR)
        )


def number(site: Site, login: str) -> int:
    with site.service.database.read() as session:
        return courses.person_with(session, login).id


def form(site: Site, browser: Browser, **marks: str) -> dict[str, object]:
    """Return what the page of releases sends if these tasks are chosen otherwise: `cell="withheld"`."""
    page = browser.get(RELEASES).text
    known = re.search(r'name="known" value="(\w+)"', page)
    assert known is not None
    tasks = ["", "cell", "answers"]
    chosen = [marks.get(task or "all", "" if not task else "shown") for task in tasks]
    return {
        "known": known[1],
        "task": tasks,
        "marks": ["at" if "T" in one else one for one in chosen],
        "marks_at": [one if "T" in one else "" for one in chosen],
        "answers": ["", "withheld", "withheld"],
        "answers_at": ["", "", ""],
    }


def everything_seen(site: Site, name: str) -> dict[str, str]:
    """Return all that ana can read about her submission, by where."""
    ana, program = site.browser("ana"), site.program("ana")
    pages = ["/", "/courses/dl", CLASS, f"/submissions/{name}", f"/submissions/{name}/report.html"]
    calls = [f"{API}/submissions", f"{API}/releases", f"/api/v1/submissions/{name}"]
    calls += [
        f"/api/v1/submissions/{name}/{part}" for part in ("report.json", "report.html", "requests", "events")
    ]
    found = {path: ana.get(path).text for path in pages} | {path: program.get(path).text for path in calls}
    archive = ana.get("/account/data.zip").content
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        return found | {
            path: opened.read(path).decode() for path in opened.namelist() if path.endswith("json")
        }


def report(site: Site, name: str) -> dict[str, Any]:
    found: dict[str, Any] = site.program("ana").get(f"/api/v1/submissions/{name}/report.json").json()
    return found


def status(site: Site, name: str, login: str = "ana") -> tuple[Any, ...]:
    found = site.program(login).get(f"/api/v1/submissions/{name}").json()
    return tuple(found[key] for key in ("state", "score", "mark", "points", "final"))


def test_a_student_sees_nothing_of_a_withheld_task_but_that_it_is_handed_in(graded: tuple[Site, str]) -> None:
    site, name = graded
    site.browser("ines").post(
        f"/submissions/{name}/comments", data={"text": "Only 2 of 5, sadly.", "file": "answers.md", "line": 3}
    )
    before = everything_seen(site, name)
    withhold(site, "answers")
    after = everything_seen(site, name)

    leaks = re.compile(r"Reason for|3 of 9|of 9|of 5|1\.1\.2|sadly|No, they are")
    assert {path for path, words in before.items() if leaks.search(words)} >= {"/", CLASS}
    assert {path: leaks.findall(words) for path, words in after.items() if leaks.search(words)} == {}
    assert status(site, name) == ("graded", 1, 1, 4, True)
    assert [one["task"] for one in report(site, name)["tasks"]] == ["cell"]
    assert (
        "Questions is handed in; its marks are not released yet." in after[f"/submissions/{name}/report.html"]
    )
    for path in ("/", CLASS, f"/submissions/{name}"):
        assert "Marks of Questions are not released yet." in after[path]


def test_those_who_see_the_class_see_all_marks(graded: tuple[Site, str]) -> None:
    site, name = graded
    withhold(site, "cell", "answers")

    assert status(site, name, "tom") == ("graded", 3, 3, 9, True)
    assert "3 of 9" in site.browser("ines").get(f"{CLASS}/class").text
    assert "Reason for" in site.browser("tom").get(f"/submissions/{name}/report.html").text
    assert site.program("ines").get(f"{API}/grades.csv").text.count("ana@example.org,3,9,3,1,2,") == 1


def test_a_release_in_the_future_happens_by_itself(graded: tuple[Site, str]) -> None:
    site, name = graded
    with site.service.database.write() as session:
        session.execute(update(AssignmentRow).values(policy=POLICY))
    withhold(site, "answers", until=in_an_hour(site))
    there = site.browser("ana").get(f"/submissions/{name}").text
    first = status(site, name)
    an_hour_passes(site)

    assert re.search(r"Marks of Questions are released on \d{4}-\d\d-\d\d \d\d:\d\d CES?T\.", there)
    assert (first[1], status(site, name)) == (1, ("graded", 3, 3, 9, True))
    assert "released" not in site.browser("ana").get(f"/submissions/{name}").text


def test_marks_that_are_withheld_again_are_gone(graded: tuple[Site, str]) -> None:
    site, name = graded
    seen = []
    for tasks, until in ((("answers",), None), (("answers",), 0), (("cell", "answers"), None)):
        withhold(site, *tasks, until=until)
        seen.append(status(site, name)[:2])

    assert seen == [("graded", 1), ("graded", 3), ("withheld", None)]
    assert site.program("ana").get(f"/api/v1/submissions/{name}/report.json").status_code == 404
    assert site.browser("ana").get(f"/submissions/{name}/report.html").status_code == 404


def test_what_is_said_of_all_tasks_replaces_what_was_said_of_one(graded: tuple[Site, str]) -> None:
    site, name = graded
    withhold(site, "answers")
    site.program("ines").post(f"{API}/release", json={"withheld": False})
    first = status(site, name)[1]
    withhold(site, "answers", until=0)
    site.program("ines").post(f"{API}/release", json={"withheld": True})

    assert (first, status(site, name)[0]) == (3, "withheld")


def test_a_task_of_a_later_revision_is_withheld_with_the_assignment(graded: tuple[Site, str]) -> None:
    site, _ = graded
    site.program("ines").post(f"{API}/release", json={"withheld": True})
    withhold(site, "cell", until=0)
    found = {one["task"]: one["marks_shown"] for one in site.program("ana").get(f"{API}/releases").json()}

    assert found == {"cell": True, "answers": False}


def test_a_part_is_final_if_nothing_in_it_waits(site: Site) -> None:
    site.ask_in_words()
    name = site.hand_in("ana")
    site.grade(graded_report("ana"))
    whole = status(site, name)[-1]
    withhold(site, "answers")
    code = status(site, name)[-1]
    release(site, {"task": "answers", "marks_from": 0}, {"task": "cell", "marks_from": None})

    assert (whole, code, status(site, name)[-1]) == (False, True, False)


def test_model_answers_are_released_by_task_and_date(graded: tuple[Site, str]) -> None:
    site, name = graded

    def models() -> list[str]:
        tasks = report(site, name)["tasks"]
        return [one["model"] for task in tasks if task["task"] == "answers" for one in task["checks"]]

    release(site, {"task": "cell", "answers_from": 0})
    others = models()
    release(site, {"task": "answers", "answers_from": in_an_hour(site)})
    early = models()
    an_hour_passes(site)

    assert others == early == ["", ""]
    assert models() == ["No, they are shared.", "They control what is kept."]
    release(site, {"task": "answers", "answers_from": None})
    assert models() == ["", ""]


def test_solutions_are_those_of_the_tasks_that_are_released(site: Site) -> None:
    ana = site.browser("ana")
    release(site, {"task": "standardize", "answers_from": in_an_hour(site)})
    early = ana.get(f"{CLASS}/solutions").status_code, "Solutions" in ana.get(CLASS).text
    an_hour_passes(site)

    assert early == (404, False)
    assert "def standardize" in ana.get(f"{CLASS}/solutions").text and "Solutions" in ana.get(CLASS).text


def test_a_reviewer_cannot_release_model_answers(graded: tuple[Site, str]) -> None:
    site, name = graded
    tom = site.browser("tom")
    headers = {"X-CSRF-Token": tom.csrf}
    sent = {"task": "answers", "shown": True}
    tom.client.post(f"{CLASS}/review/api/release", json=sent, headers=headers)

    assert "No, they are" not in json.dumps(report(site, name))


def test_what_came_of_a_question_is_withheld_with_the_task(graded: tuple[Site, str]) -> None:
    site, name = graded
    site.browser("ana").post(f"/submissions/{name}/requests", data={"text": "Why?"})
    answer = {"text": "Right.", "target": "/cell/step", "points": "2"}
    assert site.browser("tom").post("/requests/1/answer", data=answer).status_code == 303
    words = "2 of 3 points, 0 before"
    first = [words in site.browser("ana").get(path).text for path in ("/", f"/submissions/{name}")]
    withhold(site, "cell")
    second = [words in site.browser("ana").get(path).text for path in ("/", f"/submissions/{name}")]

    assert (first, second) == ([True, True], [False, False])
    assert words in site.browser("tom").get(f"/submissions/{name}").text


def test_what_changed_between_attempts_is_withheld_with_the_task(site: Site) -> None:
    site.ask_in_words()
    for right in (False, True):
        name = site.hand_in("ana")
        site.grade(graded_report("ana", right=right))
    places = ("/", f"/submissions/{name}/report.html")
    first = [site.browser("ana").get(path).text.count("now right") for path in places]
    withhold(site, "cell")
    second = [site.browser("ana").get(path).text.count("now right") for path in places]

    assert (first, second) == ([1, 1], [0, 0])


@pytest.mark.parametrize(
    "sent",
    [
        [{"task": "nothing", "marks_from": 0}],
        [{"task": "cell", "marks_from": -1}],
        [{"task": "cell", "marks_from": 1e15}],
        [{"task": "cell", "marks_from": "soon"}],
        [{"task": "cell"}] * 201,
        {"task": "cell"},
    ],
)
def test_a_release_that_makes_no_sense_is_refused(graded: tuple[Site, str], sent: object) -> None:
    site, name = graded

    assert site.program("ines").put(f"{API}/releases", json=sent).status_code == 422
    assert status(site, name)[1] == 3


# The page


def test_the_page_shows_what_changes_before_it_is_stored(graded: tuple[Site, str]) -> None:
    site, name = graded
    ines = site.browser("ines")
    sent = form(site, ines, answers="withheld")
    page = ines.post(RELEASES, data={**sent, "action": "preview"}).text
    before = status(site, name)[1]
    stored = ines.post(RELEASES, data={**sent, "action": "store"})

    assert "Questions, marks: shown now, then withheld." in page
    assert (before, stored.status_code, status(site, name)[1]) == (3, 303, 1)


def test_a_form_says_something_of_all_tasks_in_the_courses_time(graded: tuple[Site, str]) -> None:
    site, name = graded
    with site.service.database.write() as session:
        session.execute(update(AssignmentRow).values(policy=POLICY))
    ines = site.browser("ines")
    assert ines.post(
        RELEASES, data={**form(site, ines, all="2035-07-01T18:00"), "action": "store"}
    ).is_redirect

    times = {one["marks_from"] for one in site.program("ana").get(f"{API}/releases").json()}
    assert times == {datetime(2035, 7, 1, 16, tzinfo=UTC).timestamp()}
    assert (
        "Marks are released on 2035-07-01 18:00 CEST." in site.browser("ana").get(f"/submissions/{name}").text
    )


def test_a_look_ahead_shows_what_a_student_sees_now_and_after(graded: tuple[Site, str]) -> None:
    site, name = graded
    ines = site.browser("ines")
    withhold(site, "cell", "answers")
    later = (datetime.now(UTC) + timedelta(days=2)).strftime("%Y-%m-%dT%H:%M")
    sent = form(site, ines, cell="shown", answers=later)
    page = ines.post(RELEASES, data={**sent, "action": "preview", "student": number(site, "ana")}).text
    looks = [one.replace("&amp;", "&") for one in re.findall(r'href="(/submissions/[^"]*)"', page)]
    seen = [ines.get(one).text for one in looks]

    assert len(looks) == 3 and all(f"?as={number(site, 'ana')}" in one for one in looks)
    assert ["of 4" in one for one in seen] == [False, True, False]
    assert ["of 9" in one for one in seen] == [False, False, True]
    assert "with releases that you have not stored" in seen[2]
    assert status(site, name)[0] == "withheld"
    framed = re.search(r'<iframe[^>]*src="([^"]*)"', seen[2])
    assert framed and "Reason for 1.1.2" in ines.get(framed[1].replace("&amp;", "&")).text


def test_a_student_sees_nothing_more_by_supposing_a_release(graded: tuple[Site, str]) -> None:
    site, name = graded
    withhold(site, "cell", "answers", until=in_an_hour(site))
    ana, own = site.browser("ana"), number(site, "ana")
    then = f"then=1.{round(time.time()) + 9999};cell.marks.0"
    for path in (f"/submissions/{name}", CLASS, "/courses/dl"):
        assert "of 9" not in ana.get(f"{path}?{then}").text
        assert ana.get(f"{path}?as={own}&{then}").status_code == 403


@pytest.mark.parametrize(
    "then",
    [
        "x",
        "1",
        "1.2;",
        "1.2;cell.marks.soon",
        "1.2;a b.marks.0",
        "9" * 20 + ".1",
        "1.999999999999",
        "1.2;cell.marks.999999999999",
    ],
)
def test_an_address_that_supposes_nonsense_is_refused(graded: tuple[Site, str], then: str) -> None:
    site, name = graded
    path = f"/submissions/{name}?as={number(site, 'ana')}&then={then}"

    assert site.browser("ines").get(path).status_code == 422


def test_a_release_can_be_supposed_of_assignments_of_the_course_only(graded: tuple[Site, str]) -> None:
    site, name = graded
    with site.service.database.write() as session:
        other = courses.new_course(session, "other", "")
        hidden = AssignmentRow(course_id=other.id, name="hidden", title="Hidden")
        session.add(hidden)
        session.flush()
        ids = [1, hidden.id, 99]
    path = f"/submissions/{name}?as={number(site, 'ana')}&then="

    assert [site.browser("tom").get(f"{path}{one}.2").status_code for one in ids] == [200, 404, 404]


def test_two_people_do_not_overwrite_each_others_releases(graded: tuple[Site, str]) -> None:
    site, name = graded
    ines, root = site.browser("ines"), site.browser("root")
    first, second = form(site, ines, answers="withheld"), form(site, root, cell="withheld")
    codes = [
        one.post(RELEASES, data={**sent, "action": action}).status_code
        for one, sent, action in ((ines, first, "store"), (root, second, "preview"), (root, second, "store"))
    ]

    assert (codes, status(site, name)[1]) == ([303, 409, 409], 1)


@pytest.mark.parametrize(
    "wrong",
    [
        {"task": ["", "cell"]},
        {"task": ["", "cell", "nothing"]},
        {"marks": ["", "at", "shown"]},
        {"marks": ["", "at", "shown"], "marks_at": ["", "tomorrow", ""]},
        {"marks": ["", "at", "shown"], "marks_at": ["", "9999-12-31T00:00", ""]},
        {"marks": ["", "at", "shown"], "marks_at": ["", "0001-01-01T00:00", ""]},
        {"action": "nonsense"},
    ],
)
def test_a_form_that_makes_no_sense_is_refused(graded: tuple[Site, str], wrong: dict[str, object]) -> None:
    site, name = graded
    ines = site.browser("ines")
    answer = ines.post(RELEASES, data={**form(site, ines), "action": "store", **wrong})

    assert (answer.status_code, status(site, name)[1]) == (422, 3)


# Mails


@pytest.fixture
def mails() -> Any:
    with MailServer().open() as opened:
        yield opened


def test_people_are_told_when_the_time_has_come_and_once(graded: tuple[Site, str], mails: MailServer) -> None:
    site, _ = graded
    switched_on(site, mails)
    withhold(site, "cell", "answers", until=in_an_hour(site))

    def come() -> int:
        actions.tell_of_releases(site.service.database, site.service.options.notices)
        return send_all(site)

    early = come()
    an_hour_passes(site)
    assert (early, come(), come()) == (0, 1, 0)
    assert str(mails.mails[0]["To"]) == "ana@example.org" and "points" not in mails.mails[0].get_content()


def test_people_are_told_of_each_task_once(graded: tuple[Site, str], mails: MailServer) -> None:
    site, _ = graded
    switched_on(site, mails)
    withhold(site, "cell", "answers")
    sent = []
    for task in ("cell", "answers"):
        withhold(site, task, until=0)
        sent.append(send_all(site))
    withhold(site, "answers")
    withhold(site, "answers", until=0)

    assert (sent, send_all(site)) == ([1, 1], 0)


def test_a_mail_of_marks_that_are_withheld_again_is_not_sent(
    graded: tuple[Site, str], mails: MailServer, database: Database
) -> None:
    site, _ = graded
    switched_on(site, mails)
    withhold(site, "cell", "answers")
    withhold(site, "cell", until=0)
    release(site, {"task": "cell", "marks_from": None}, {"task": "answers", "marks_from": None})
    send_all(site)

    assert mails.mails == []
    with database.read() as session:
        assert session.scalars(select(Delivery)).all() == []
