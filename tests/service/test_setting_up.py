"""Courses, people and assignments that a program sets up over the API."""

from pathlib import Path
from typing import Any

import pytest
from service_samples import RIGHT, person
from service_site import Site, zipped
from sqlalchemy import select
from starlette.testclient import TestClient

from grader.assignment.starter import write_assignment
from grader.service import courses, identities, making, tokens
from grader.service.database import Database
from grader.service.schema import AssignmentRow, Identity, LogEntry, Person, Revision
from grader.service.web.app import make

COURSE = "/api/v1/courses/dl"
FAILS = b"\n\ndef standardize(x):\n    raise ValueError\n"


@pytest.fixture
def url(tmp_path: Path) -> str:
    """SQLite is enough here."""
    return f"sqlite:///{tmp_path}/service.db"


@pytest.fixture
def taking(site: Site, tmp_path: Path) -> Site:
    """A site that takes assignments."""
    site.service = making.service(site.service.database, site.files, answers=tmp_path / "answers")
    site.app = make(site.service)
    return site


@pytest.fixture
def folder(tmp_path: Path) -> dict[str, bytes]:
    """The files of an assignment, by path."""
    place = tmp_path / "new"
    write_assignment(place)
    return {
        path.relative_to(place).as_posix(): path.read_bytes() for path in place.rglob("*") if path.is_file()
    }


def send(client: TestClient, files: list[tuple[str, bytes]], name: str = "hw2") -> Any:
    return client.post(f"{COURSE}/assignments/{name}/revisions", files=[("files", one) for one in files])


def test_an_administrator_makes_a_course(site: Site) -> None:
    root = site.program("root")

    assert root.post("/api/v1/courses", json={"name": "nlp", "title": "Texts"}).status_code == 201
    assert root.post("/api/v1/courses", json={"name": "nlp"}).status_code == 422
    assert root.post("/api/v1/courses", json={"name": "No Name"}).status_code == 422
    assert "nlp" in [one["name"] for one in root.get("/api/v1/courses").json()]


def test_an_instructor_adds_people_and_gives_roles(site: Site, database: Database) -> None:
    ines = site.program("ines")
    zoe = {"name": "Zoe", "email": "", "role": "assistant"}

    assert ines.put(f"{COURSE}/people/zoe", json=zoe).json() == {"login": "zoe", **zoe}
    assert ines.put(f"{COURSE}/people/zoe", json={"role": "student"}).status_code == 200
    assert {"login": "zoe", **zoe, "role": "student"} in ines.get(f"{COURSE}/people").json()
    with database.read() as session:
        assert [one.action for one in session.scalars(select(LogEntry))] == [
            "enrolled as assistant",
            "enrolled as student",
        ]


def test_an_instructor_gives_nobody_an_address_to_sign_in_by(site: Site, database: Database) -> None:
    ines, root = site.program("ines"), site.program("root")
    zoe = {"name": "Zoe", "email": "ines@example.org", "role": "student"}

    for _ in range(2):
        assert ines.put(f"{COURSE}/people/zoe", json=zoe).json()["email"] == ""
    assert root.put(f"{COURSE}/people/zoe", json=zoe).json()["email"] == "ines@example.org"


def sign_ins(database: Database, login: str) -> tuple[int, set[str]]:
    """Return of a person how many identities there are, and which kinds of good tokens."""
    with database.read() as session:
        who = person(session, login)
        found = session.scalars(select(Identity).where(Identity.person_id == who.id)).all()
        return len(found), {one.kind for one in tokens.of_person(session, who.id)}


@pytest.fixture
def signed_in(site: Site, database: Database) -> None:
    """Ana has signed in everywhere."""
    with database.write() as session:
        ana = person(session, "ana")
        for kind in (tokens.Kind.SIGN_IN, tokens.Kind.SESSION, tokens.Kind.API):
            tokens.make(session, kind, ana.id)
        assert identities.link(session, "https://login.example.org", "s-1", ana)


@pytest.mark.usefixtures("signed_in")
def test_what_an_old_address_opened_ends_with_it(site: Site, database: Database) -> None:
    root = site.program("root")
    before = sign_ins(database, "ana")
    for same in ("", "ANA@example.org"):
        assert root.put(f"{COURSE}/people/ana", json={"email": same}).status_code == 200
    assert sign_ins(database, "ana") == before == (1, {"sign-in", "session", "api"})

    assert root.put(f"{COURSE}/people/ana", json={"email": "a@example.org"}).status_code == 200
    assert sign_ins(database, "ana") == (0, {"sign-in"})


@pytest.mark.usefixtures("signed_in")
def test_an_access_that_is_ended_is_not_open_elsewhere(site: Site, database: Database) -> None:
    with database.write() as session:
        courses.end_access(session, person(session, "ana"))

    assert sign_ins(database, "ana") == (0, set())


@pytest.mark.parametrize("login", ["ana", "root", "stranger"])
@pytest.mark.parametrize("change", [{"email": "ines@example.org"}, {"name": "Somebody"}])
def test_an_instructor_does_not_change_by_what_address_a_person_signs_in(
    site: Site, database: Database, login: str, change: dict[str, str]
) -> None:
    def facts() -> tuple[str, str]:
        with database.read() as session:
            found = person(session, login)
            return found.name, found.email

    before = facts()
    refused = site.program("ines").put(f"{COURSE}/people/{login}", json={"role": "student", **change})

    has_address = before[1] != "" or "email" not in change
    assert refused.status_code == (403 if has_address else 200) and facts() == before
    assert site.program("root").put(f"{COURSE}/people/{login}", json=change).status_code == 200
    assert facts() != before


@pytest.mark.parametrize(
    "body", [{"role": "admin"}, {"name": "x\0y"}, {"email": "x" * 400}, {"role": None}, []], ids=str
)
def test_people_who_cannot_be_are_refused(site: Site, database: Database, body: Any) -> None:
    assert site.program("root").put(f"{COURSE}/people/zoe", json=body).status_code == 422
    with database.read() as session:
        assert session.scalar(select(Person).where(Person.login == "zoe")) is None


def test_rules_are_set_one_by_one(site: Site, database: Database) -> None:
    ines, where = site.program("ines"), f"{COURSE}/assignments/hw1/rules"
    policy = "deadline = 2026-10-01T18:00:00+02:00\npercent_per_day = 10\n"

    assert ines.put(where, json={"policy": policy}).status_code == 200
    assert ines.put(where, json={"attempts": 2, "closes": 1e10}).status_code == 200
    with database.read() as session:
        row = session.scalars(select(AssignmentRow)).one()
        assert (row.policy, row.attempts, row.closes) == (policy, 2, 1e10)


@pytest.mark.parametrize(
    "body",
    [
        {"policy": "deadline = 7"},
        {"policy": "["},
        {"policy": "deadline = 0001-01-01T00:00:00+14:00\npercent_per_day = 10"},
        {"policy": "deadline = 9999-12-31T23:59:59-14:00\npercent_per_day = 10"},
        {"policy": "deadline = 0001-01-01T00:00:00\npercent_per_day = 10\nzone = 'Asia/Tokyo'"},
        {
            "policy": "deadline = 2026-10-01T18:00:00Z\npercent_per_day = 10\n"
            "[extensions]\nana = 9999-12-31T23:59:59-14:00"
        },
        {"policy": "deadline = 2026-10-01T18:00:00Z\npercent_per_day = 10\ngrace_minutes = 1e300"},
        {"attempts": -1},
        {"closes": -1},
        {"closes": 2**39},
    ],
    ids=str,
)
def test_rules_that_cannot_be_are_refused_without_naming_a_folder(site: Site, body: Any) -> None:
    answer = site.program("ines").put(f"{COURSE}/assignments/hw1/rules", json=body)

    assert answer.status_code == 422 and "/tmp" not in answer.text


@pytest.mark.parametrize("way", ["files", "zip", "zip of a folder"])
def test_an_assignment_is_added_once_its_solution_passes(
    taking: Site, database: Database, folder: dict[str, bytes], way: str
) -> None:
    inside = "homework/" if way == "zip of a folder" else ""
    packed = zipped({f"{inside}{name}": data for name, data in folder.items()})
    sent = [*folder.items()] if way == "files" else [("homework.zip", packed)]
    ines = taking.program("ines")

    assert send(ines, sent).json() == {"revision": 1, "new": True, "counts": True}
    assert send(ines, sent).json() == {"revision": 1, "new": False, "counts": True}
    changed = folder | {"assignment.toml": folder["assignment.toml"] + b"\n# a remark\n"}
    assert send(ines, [*changed.items()]).json() == {"revision": 2, "new": True, "counts": False}


def test_an_assignment_whose_solution_fails_is_refused_without_naming_a_folder(
    taking: Site, database: Database, folder: dict[str, bytes]
) -> None:
    broken = folder | {"standardize/solution.py": RIGHT + FAILS}
    answer = send(taking.program("ines"), [*broken.items()])

    assert answer.status_code == 422 and "/tmp" not in answer.text and "fails on the solution" in answer.text
    with database.read() as session:
        assert len(session.scalars(select(Revision)).all()) == 1


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"wall_seconds = 10", b"wall_seconds = 1e8\ntask_seconds = 1e8"),
        (b"wall_seconds = 10", b"memory = 1125899906842624"),
        (b"points = 5", b"points = 5\nlimits = { task_seconds = 151 }"),
        (b"points = 5", b"points = 5\nlimits = { threads = 1000 }"),
    ],
    ids=str,
)
def test_limits_that_would_use_up_the_machine_are_refused(
    taking: Site, folder: dict[str, bytes], old: bytes, new: bytes
) -> None:
    changed = folder | {"assignment.toml": folder["assignment.toml"].replace(old, new, 1)}
    answer = send(taking.program("ines"), [*changed.items()])

    assert answer.status_code == 422 and "at most" in answer.text and "grade admin assignment" in answer.text


def test_the_check_of_an_assignment_has_an_end(taking: Site, folder: dict[str, bytes]) -> None:
    assert taking.service.assignments is not None
    taking.service.assignments.seconds = 0.0
    answer = send(taking.program("ines"), [*folder.items()])

    assert answer.status_code == 422 and "too long" in answer.text


@pytest.mark.parametrize(
    "sent",
    [
        [],
        [("notes.txt", b"x")],
        [("a.zip", b"no zip")],
        [("assignment.toml", b"[")],
        [("../assignment.toml", b"")],
    ],
    ids=str,
)
def test_what_is_no_assignment_is_refused(taking: Site, sent: list[tuple[str, bytes]]) -> None:
    answer = send(taking.program("ines"), sent)

    assert answer.status_code == 422 and "/tmp" not in answer.text
    assert send(taking.program("ines"), sent, "No Name").status_code == 422


def test_a_service_without_a_place_for_answers_says_how_assignments_are_added(
    site: Site, folder: dict[str, bytes]
) -> None:
    assert "grade admin assignment" in send(site.program("ines"), [*folder.items()]).text


# The page of the people of a course


def test_a_roster_that_is_pasted_adds_students_and_leaves_who_is_there(
    site: Site, database: Database
) -> None:
    roster = (
        "id,name,email\nkim,Kim <b>Lee</b>,kim@example.org\nana,Other,ana@evil.example\ntom,Tom,\nroot,X,\n"
    )
    answer = site.browser("ines").post("/people/dl/roster", data={"text": roster})

    assert "2 of 4 people are new" in answer.text and "<b>Lee" not in answer.text
    people = {one["login"]: one for one in site.program("root").get(f"{COURSE}/people").json()}
    assert people["kim"] == {"login": "kim", "name": "Kim <b>Lee</b>", "email": "", "role": "student"}
    assert (people["ana"]["name"], people["ana"]["email"]) == ("Ana", "ana@example.org")
    assert (people["tom"]["role"], people["root"]["name"]) == ("assistant", "Root")


def test_the_roster_of_an_administrator_gives_addresses(site: Site) -> None:
    roster = "id,name,email\nkim,Kim,kim@example.org\nstranger,Sam,sam@example.org\ntom,Tom,tom@example.org\n"
    answer = site.browser("root").post("/people/dl/roster", data={"text": roster})

    assert "2 of 3 people are new" in answer.text
    people = {one["login"]: one for one in site.program("root").get(f"{COURSE}/people").json()}
    assert {people[one]["email"] for one in ("kim", "stranger", "tom")} == {
        "kim@example.org",
        "sam@example.org",
        "tom@example.org",
    }
    assert (people["stranger"]["name"], people["tom"]["role"]) == ("Sam", "assistant")


@pytest.mark.parametrize("roster", ["", "nonsense", "id,name\n,Kim\n", "id\nkim\nkim\n"])
def test_a_roster_that_cannot_be_read_adds_nobody(site: Site, roster: str) -> None:
    before = site.program("ines").get(f"{COURSE}/people").json()
    answer = site.browser("ines").post("/people/dl/roster", data={"text": roster})

    assert answer.status_code == 422 and "/tmp" not in answer.text
    assert site.program("ines").get(f"{COURSE}/people").json() == before


def test_the_page_of_people_gives_a_role_and_says_who_needs_a_link(site: Site) -> None:
    ines = site.browser("ines")
    new = ines.post("/people/dl", data={"login": " zoe ", "role": "assistant", "name": "Zoe"}).text
    known = ines.post("/people/dl", data={"login": "zoe", "role": "student"}).text

    assert "zoe is an assistant of this course now." in new and "needs a link" in new
    assert "zoe is a student of this course now." in known and "needs a link" not in known
    assert "4 students" in known and "1 assistant<" in known
    assert ines.post("/people/dl", data={"login": "zoe", "role": "admin"}).status_code == 422
