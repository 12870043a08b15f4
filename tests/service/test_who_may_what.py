"""Every route with every role, with none, and with another person's things."""

from pathlib import Path

import pytest
from fastapi.routing import APIRoute
from graded_classes import graded_report
from service_site import API, CLASS, Site, form
from starlette.routing import Route

from grader.review.answers import id_of
from grader.service import courses, tokens
from grader.service.database import Database
from grader.service.web.app import ROUTERS

NOBODY, STRANGER, OTHER, STUDENT, ASSISTANT, INSTRUCTOR, ADMIN = range(7)
LOGINS = {
    STRANGER: "stranger",
    OTHER: "ben",
    STUDENT: "ana",
    ASSISTANT: "tom",
    INSTRUCTOR: "ines",
    ADMIN: "root",
}
"""A stranger is in no course, and another student did not hand in what is asked for."""
EVERYBODY = {NOBODY, *LOGINS}
SIGNED_IN = {*LOGINS}
MEMBERS = {OTHER, STUDENT, ASSISTANT, INSTRUCTOR, ADMIN}
OWNER = {STUDENT, ASSISTANT, INSTRUCTOR, ADMIN}
STAFF = {ASSISTANT, INSTRUCTOR, ADMIN}
MANAGERS = {INSTRUCTOR, ADMIN}
GRADERS = {ASSISTANT, INSTRUCTOR}
"""Of the calibration that the walk asks for."""

PAGES = {
    "GET /static/{name}": EVERYBODY,
    "GET /sign-in": EVERYBODY,
    "POST /sign-in": EVERYBODY,
    "GET /sign-in/with/{provider}": set(),  # none is set up; see test_signing_in_elsewhere.py
    "GET /sign-in/with/{provider}/back": set(),
    "GET /lti/keys.json": set(),  # no platform is registered; see test_learning_platforms.py
    "GET /lti/login": set(),
    "POST /lti/login": set(),
    "POST /lti/launch": set(),
    "POST /lti/open": set(),
    "GET /calendar/{secret}.ics": set(),  # its address is the secret; see test_telling_people.py
    "GET /healthz": EVERYBODY,
    "GET /readyz": EVERYBODY,
    "GET /": SIGNED_IN,
    "POST /sign-out": SIGNED_IN,
    "GET /account": SIGNED_IN,
    "POST /account/tokens": SIGNED_IN,
    "POST /account/calendar": SIGNED_IN,
    "GET /account/data.zip": SIGNED_IN,
    "POST /account/tokens/{name}/end": set(),  # a token of another person
    "GET /courses/{course}": MEMBERS,
    "GET /people/{course}": MANAGERS,
    "POST /people/{course}": MANAGERS,
    "POST /people/{course}/roster": MANAGERS,
    "GET /courses/{course}/{assignment}": MEMBERS,
    "POST /courses/{course}/{assignment}/submissions": MEMBERS,
    "GET /courses/{course}/{assignment}/solutions": STAFF,
    "GET /courses/{course}/{assignment}/class": STAFF,
    "GET /courses/{course}/{assignment}/deadline": STAFF,
    "POST /courses/{course}/{assignment}/extensions": MANAGERS,
    "POST /courses/{course}/{assignment}/extensions/take-back": MANAGERS,
    "GET /courses/{course}/{assignment}/class.html": STAFF,
    "GET /courses/{course}/{assignment}/compare.html": MANAGERS,
    "GET /courses/{course}/{assignment}/grades.csv": MANAGERS,
    "GET /courses/{course}/{assignment}/everything.zip": MANAGERS,
    "POST /courses/{course}/{assignment}/release": MANAGERS,
    "GET /courses/{course}/{assignment}/releases": MANAGERS,
    "POST /courses/{course}/{assignment}/releases": MANAGERS,
    "GET /courses/{course}/{assignment}/rubric": STAFF,
    "POST /courses/{course}/{assignment}/rubric": MANAGERS,
    "POST /courses/{course}/{assignment}/regrade": MANAGERS,
    "POST /courses/{course}/{assignment}/publish": MANAGERS,
    "GET /submissions/{name}": OWNER,
    "GET /submissions/{name}/report.html": OWNER,
    "GET /submissions/{name}/events": OWNER,
    "GET /submissions/{name}/files.zip": OWNER,
    "POST /submissions/{name}/requests": {STUDENT},
    "POST /submissions/{name}/retry": MANAGERS,
    "POST /requests/{number}/answer": STAFF,
    "GET /courses/{course}/{assignment}/review/{path:path}": STAFF,
    "POST /courses/{course}/{assignment}/review/{path:path}": STAFF,
    "POST /submissions/{name}/points": STAFF,
    "POST /submissions/{name}/comments": STAFF,
    "POST /submissions/{name}/decisions/{decision}/take-back": STAFF,
    "GET /courses/{course}/{assignment}/graders": MANAGERS,
    "POST /courses/{course}/{assignment}/graders": MANAGERS,
    "POST /courses/{course}/{assignment}/calibrations": MANAGERS,
    "GET /calibrations/{number}": STAFF,
    "GET /calibrations/{number}/review/{path:path}": GRADERS,
    "POST /calibrations/{number}/review/{path:path}": GRADERS,
    "POST /calibrations/{number}/close": MANAGERS,
    "POST /calibrations/{number}/answers/{answer}/decide": MANAGERS,
}
PROGRAMS = {
    "GET /metrics": {ADMIN},
    "GET /api/v1/me": SIGNED_IN,
    "GET /api/v1/me/data.zip": SIGNED_IN,
    "GET /api/v1/courses": SIGNED_IN,
    "POST /api/v1/courses": {ADMIN},
    "GET /api/v1/courses/{course}/people": MANAGERS,
    "PUT /api/v1/courses/{course}/people/{login}": MANAGERS,
    "POST /api/v1/courses/{course}/assignments/{assignment}/revisions": MANAGERS,
    "PUT /api/v1/courses/{course}/assignments/{assignment}/rules": MANAGERS,
    "GET /api/v1/courses/{course}/people/{login}/data.zip": MANAGERS,
    "POST /api/v1/courses/{course}/people/from-platforms": MANAGERS,
    "GET /api/v1/courses/{course}/assignments": MEMBERS,
    "POST /api/v1/courses/{course}/assignments/{assignment}/submissions": MEMBERS,
    "GET /api/v1/courses/{course}/assignments/{assignment}/submissions": MEMBERS,
    "GET /api/v1/courses/{course}/assignments/{assignment}/class": STAFF,
    "GET /api/v1/courses/{course}/assignments/{assignment}/grades.csv": MANAGERS,
    "GET /api/v1/courses/{course}/assignments/{assignment}/everything.zip": MANAGERS,
    "GET /api/v1/courses/{course}/assignments/{assignment}/compare.html": MANAGERS,
    "POST /api/v1/courses/{course}/assignments/{assignment}/release": MANAGERS,
    "GET /api/v1/courses/{course}/assignments/{assignment}/releases": MEMBERS,
    "PUT /api/v1/courses/{course}/assignments/{assignment}/releases": MANAGERS,
    "GET /api/v1/courses/{course}/assignments/{assignment}/rubric": STAFF,
    "POST /api/v1/courses/{course}/assignments/{assignment}/rubric": MANAGERS,
    "POST /api/v1/courses/{course}/assignments/{assignment}/regrade": MANAGERS,
    "POST /api/v1/courses/{course}/assignments/{assignment}/publish": MANAGERS,
    "GET /api/v1/submissions/{submission}": OWNER,
    "GET /api/v1/submissions/{submission}/events": OWNER,
    "GET /api/v1/submissions/{submission}/report.json": OWNER,
    "GET /api/v1/submissions/{submission}/report.html": OWNER,
    "GET /api/v1/submissions/{submission}/files.zip": OWNER,
    "GET /api/v1/submissions/{submission}/requests": OWNER,
    "POST /api/v1/submissions/{submission}/requests": {STUDENT},
    "POST /api/v1/submissions/{submission}/retry": MANAGERS,
    "POST /api/v1/requests/{number}/answer": STAFF,
    "GET /api/v1/submissions/{submission}/decisions": STAFF,
    "POST /api/v1/submissions/{submission}/points": STAFF,
    "POST /api/v1/submissions/{submission}/comments": STAFF,
    "POST /api/v1/submissions/{submission}/decisions/{decision}/take-back": STAFF,
    "GET /api/v1/courses/{course}/assignments/{assignment}/review": STAFF,
    "PUT /api/v1/courses/{course}/assignments/{assignment}/graders": MANAGERS,
    "GET /api/v1/courses/{course}/assignments/{assignment}/calibrations": STAFF,
    "POST /api/v1/courses/{course}/assignments/{assignment}/calibrations": MANAGERS,
    "GET /api/v1/calibrations/{number}": STAFF,
    "GET /api/v1/calibrations/{number}/answers": GRADERS,
    "PUT /api/v1/calibrations/{number}/answers/{answer}": GRADERS,
    "POST /api/v1/calibrations/{number}/close": MANAGERS,
    "POST /api/v1/calibrations/{number}/answers/{answer}/decide": MANAGERS,
    "GET /api/v1/worker/files/{digest}": set(),  # workers only
    "GET /api/v1/openapi.json": EVERYBODY,
}
BODIES = {
    "sign-in": {"token": "nonsense"},
    "release": {"marks": "shown", "withheld": False},
    "releases": {
        "task": "standardize",
        "marks": "shown",
        "marks_at": "",
        "answers": "withheld",
        "answers_at": "",
        "known": "x",
    },
    "rubric": {"key": "x", "points": "1", "known": "x"},
    "publish": {"revision": 1},
    "requests": {"text": "Why?"},
    "answer": {"text": "Because."},
    "tokens": {"label": "x"},
    "points": {"target": "/standardize/step", "points": 1, "reason": "The sign is a convention."},
    "comments": {"text": "Well done."},
    "courses": {"name": "new"},
    "ana": {"role": "student"},
    "rules": {"attempts": 3},
    "calibrations": {"question": "answers/1.1.2", "grader": ["tom", "ines"]},
    "decide": {"grader": 4},  # tom
    "{course}": {"login": "ana", "role": "student"},
    "roster": {"text": "id\nana\n"},
    "extensions": {"person": 1, "until": "2030-01-01T00:00"},
    "take-back": {"key": "ana"},
}
OF_PROGRAMS: dict[str, object] = {
    "graders": {"task": "standardize", "graders": ["tom"]},
    "calibrations": {"task": "answers", "check": "1.1.2", "graders": ["tom", "ines"]},
    "decide": {"grader": "tom"},
    "{answer}": {"items": ["stays"]},
    "points": {"target": {"task": "standardize", "check": "step"}, "points": 1, "reason": "A convention."},
    "releases": [{"task": "standardize", "marks_from": 0}],
    "rubric": {"prices": [], "preview": True},
}
REFUSED = {303, 401, 403, 404}


@pytest.fixture
def url(tmp_path: object) -> str:
    """Who may what does not depend on the database: SQLite is enough."""
    return f"sqlite:///{tmp_path}/service.db"


@pytest.fixture
def ready(site: Site) -> Site:
    """The course after ana has handed in, was graded, and has asked."""
    name = site.hand_in("ana")
    site.grade()
    assert (
        site.program("ana").post(f"/api/v1/submissions/{name}/requests", json={"text": "Why?"}).status_code
        == 201
    )
    return site


def address(site: Site, path: str) -> str:
    name = site.submissions()[0].id
    token = "0" * 16 if "tokens" in path else "style.css" if "static" in path else name
    values = {
        "{course}": "dl", "{assignment}": "hw1", "{name}": token, "{submission}": name, "{number}": "1",
        "{login}": "ana", "{digest}": site.submissions()[0].upload,
        "{path:path}": "api/code/standardize/decide",
    }  # fmt: skip
    if "{decision}" in path:
        made = site.program("ines").post(f"/api/v1/submissions/{name}/comments", json={"text": "Well done."})
        values["{decision}"] = made.json()["id"]
    if "calibrations" in path:
        values |= calibrated(site, path)
    for mark, value in values.items():
        path = path.replace(mark, value)
    return f"{path}?job=1&lease=x" if "worker" in path else path


def calibrated(site: Site, path: str) -> dict[str, str]:
    """Return the names in an address about a calibration, after there is one of a new answer, half graded."""
    site.ask_in_words()
    answer = id_of(site.hand_in("cem"))
    site.grade(graded_report("cem"))
    if "{number}" not in path:
        return {}
    made = site.program("ines").post(f"{API}/calibrations", json=OF_PROGRAMS["calibrations"])
    where = f"/api/v1/calibrations/{made.json()['number']}"
    graded = site.program("tom").put(f"{where}/answers/{answer}", json=OF_PROGRAMS["{answer}"])
    assert (made.status_code, graded.status_code) == (201, 200)
    if path.endswith("/decide"):
        assert site.program("ines").post(f"{where}/close").status_code == 200
    return {"{number}": str(made.json()["number"]), "{answer}": answer}


def body(path: str, program: bool) -> dict[str, object]:
    last = path.rpartition("/")[2]
    if last == "submissions":
        return {"files": form({"standardize": b"x = 1\n"})}
    if "review" in path:
        return {"json": {}}
    return (
        {"json": OF_PROGRAMS.get(last, BODIES.get(last, {}))} if program else {"data": BODIES.get(last, {})}
    )


VIEWS = ("/courses/dl", CLASS, "/submissions/{name}", "/submissions/{name}/report.html")


def number_of(site: Site, login: str) -> int:
    with site.service.database.read() as session:
        return courses.person_with(session, login).id


def number_in_view(site: Site, role: int, path: str, login: str = "ana") -> int:
    """Return with which status a page is answered that is asked for as another person sees it."""
    where = f"{address(site, path)}?as={number_of(site, login)}"
    return site.browser(LOGINS.get(role, "")).get(where).status_code


@pytest.mark.parametrize("path", VIEWS)
def test_who_sees_the_class_sees_a_page_as_a_student_does(ready: Site, path: str) -> None:
    statuses = {role: number_in_view(ready, role, path) for role in EVERYBODY}

    assert {role for role, status in statuses.items() if status == 200} == STAFF
    assert {status for role, status in statuses.items() if role not in STAFF} <= {303, 403, 404}


@pytest.mark.parametrize("path", VIEWS)
@pytest.mark.parametrize("login", ["ines", "tom", "root", "stranger"])
def test_nobody_sees_a_page_as_somebody_who_is_no_student_of_the_course(
    ready: Site, path: str, login: str
) -> None:
    assert {number_in_view(ready, role, path, login) for role in STAFF} == {404}


def test_nobody_sees_a_submission_as_a_student_who_did_not_hand_it_in(ready: Site) -> None:
    assert {number_in_view(ready, role, "/submissions/{name}", "ben") for role in STAFF} == {404}


def test_every_route_is_in_the_tables(site: Site) -> None:
    own = [route for route in site.app.inner.routes if isinstance(route, APIRoute | Route)]
    routes = {
        f"{method} {route.path}"
        for route in [*own, *(one for part in ROUTERS for one in part.routes)]
        for method in route.methods - {"HEAD"}
    }

    assert routes == {*PAGES, *PROGRAMS}


@pytest.mark.parametrize("route", PAGES)
def test_each_page_is_for_those_who_may_see_it(ready: Site, route: str) -> None:
    method, path = route.split()
    answers = {}
    for role in EVERYBODY:
        first = "question/answers/1.1.2" if "calibrations" in path else ""
        where = address(ready, path if method == "POST" else path.replace("{path:path}", first))
        browser = ready.browser(LOGINS.get(role, ""))
        found = browser.get(where) if method == "GET" else browser.post(where, **body(path, False))
        answers[role] = found.status_code
        if role not in PAGES[route] and found.status_code == 303:
            assert found.headers["location"] == "/sign-in"

    refusals = {401, 403, 404} if method == "POST" else REFUSED
    wrong = {
        role: status for role, status in answers.items() if (status in refusals) is (role in PAGES[route])
    }
    assert wrong == ({role: 403 for role in EVERYBODY} if route == "POST /sign-in" else {})
    assert all(status < 500 for status in answers.values())


@pytest.mark.parametrize("route", PROGRAMS)
def test_each_call_is_for_those_who_may_make_it(ready: Site, route: str) -> None:
    method, path = route.split()
    answers = {}
    for role in EVERYBODY:
        where = address(ready, path)
        client = ready.program(LOGINS[role]) if role in LOGINS else ready.client()
        found = client.request(method, where, **({} if method == "GET" else body(path, True)))
        answers[role] = found.status_code

    wrong = {
        role: status for role, status in answers.items() if (status in REFUSED) is (role in PROGRAMS[route])
    }
    assert wrong == {}
    assert all(status < 500 for status in answers.values())
    assert answers[NOBODY] == (200 if NOBODY in PROGRAMS[route] else 401)


@pytest.mark.parametrize(
    "route", [route for route in PAGES if route.startswith("POST") and "sign-in" not in route]
)
def test_each_form_needs_the_mark_of_its_session(ready: Site, route: str) -> None:
    path = route.split()[1]
    browser, other = ready.browser("ines"), ready.browser("ana")
    where = address(ready, path)
    before = len(ready.submissions())
    for csrf in ("", "nonsense", other.csrf):
        browser.csrf = csrf

        assert browser.post(where, **body(path, False)).status_code == 403
    assert len(ready.submissions()) == before


def test_a_cookie_counts_for_nothing_in_the_api(ready: Site) -> None:
    assert ready.browser("ines").get(f"{API}/class").status_code == 401


def test_a_token_is_good_for_its_kind_only(ready: Site) -> None:
    for kind in set(tokens.Kind) - {tokens.Kind.API}:
        assert ready.program("ines", kind).get("/api/v1/me").status_code == 401


@pytest.mark.parametrize("text", ["", "grade_", "grade_0000000000000000_" + "A" * 43, "x" * 5000])
def test_what_is_no_token_is_refused(ready: Site, text: str) -> None:
    assert ready.client(text).get("/api/v1/me").status_code == 401


def test_a_token_with_another_secret_is_refused(ready: Site, database: Database) -> None:
    with database.write() as session:
        good = tokens.make(session, tokens.Kind.API, 1)

    assert ready.client(good).get("/api/v1/me").status_code == 200
    assert ready.client(good[:-1] + ("A" if good[-1] != "A" else "B")).get("/api/v1/me").status_code == 401


def test_a_token_that_was_ended_or_ran_out_is_refused(ready: Site, database: Database) -> None:
    with database.write() as session:
        ended = tokens.make(session, tokens.Kind.API, 1)
        over = tokens.make(session, tokens.Kind.API, 1, days=-1)
        tokens.revoke(session, ended.split("_")[1])

    assert [ready.client(one).get("/api/v1/me").status_code for one in (ended, over)] == [401, 401]


def test_the_database_holds_no_token(ready: Site, database: Database, tmp_path: Path) -> None:
    with database.write() as session:
        secret = tokens.make(session, tokens.Kind.API, 1).split("_")[2]

    database.close()
    stored = b"".join(
        path.read_bytes() for path in __import__("pathlib").Path(str(tmp_path)).glob("service.db*")
    )
    assert secret.encode() not in stored


def test_students_see_no_marks_while_they_are_withheld(ready: Site) -> None:
    name = ready.submissions()[0].id
    ready.program("ines").post(f"{API}/release", json={"withheld": True})

    student = ready.program("ana").get(f"/api/v1/submissions/{name}").json()
    assert (student["state"], student["score"]) == ("withheld", None)
    assert ready.program("ana").get(f"/api/v1/submissions/{name}/report.json").status_code == 404
    assert ready.browser("ana").get(f"/submissions/{name}/report.html").status_code == 404
    assert "of 5" not in ready.browser("ana").get(CLASS).text
    assert ready.program("ines").get(f"/api/v1/submissions/{name}").json()["state"] == "graded"


def test_solutions_are_shown_to_students_once_they_are_released(ready: Site) -> None:
    assert ready.browser("ana").get(f"{CLASS}/solutions").status_code == 404
    ready.program("ines").post(f"{API}/release", json={"answers_shown": True})

    assert "def standardize" in ready.browser("ana").get(f"{CLASS}/solutions").text
