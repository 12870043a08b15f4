"""Publishing, exporting, erasing, backup, workers on other machines, and what the service writes down."""

import io
import json
import logging
import zipfile
from pathlib import Path

import pytest
from postgres import Server
from service_samples import RIGHT, WRONG, course, person
from service_site import API, CLASS, Site
from sqlalchemy import func, select, text, update
from sqlalchemy.exc import ProgrammingError

from grader.assignment.loader import read_assignment
from grader.errors import AssignmentError, UsageError
from grader.sandbox.contract import Sandbox
from grader.service import backup, courses, revisions, tokens
from grader.service.database import Database
from grader.service.files import Files
from grader.service.logs import _Lines
from grader.service.making import Data
from grader.service.queue import Queue, State
from grader.service.rights import grant_worker
from grader.service.schema import JobRow, LogEntry, Person, ReportRow, ResultRow, TokenRow
from grader.service.serving import first_token
from grader.service.worker import Place, Worker


@pytest.fixture
def url(tmp_path: Path) -> str:
    """SQLite is enough for most of it."""
    return f"sqlite:///{tmp_path}/service.db"


def new_revision(site: Site, database: Database, folder: Path) -> None:
    """Add a revision whose check is worth 10 points instead of 5."""
    toml = folder / "assignment" / "assignment.toml"
    toml.write_text(toml.read_text().replace("# ", "# another remark: ", 1) + "\n# a repaired check\n")
    archive = revisions.keep(site.files, folder / "assignment")
    with database.write() as session:
        found = read_assignment(folder / "assignment")
        assert revisions.add(session, course(session), "hw1", found, archive)[1]


def test_a_new_revision_changes_no_mark_until_it_is_published(
    site: Site, database: Database, tmp_path: Path
) -> None:
    name = site.hand_in("ana")
    site.grade()
    new_revision(site, database, tmp_path)
    program = site.program("ines")
    assert program.post(f"{API}/regrade").json() == {"count": 1}
    assert program.post(f"{API}/regrade").json() == {"count": 0}

    assert program.get(f"/api/v1/submissions/{name}").json()["state"] == "graded"
    assert site.grade() == 1
    assert "<title>" in program.get(f"{API}/compare.html").text
    assert "Revision 2 is not published" in site.browser("ines").get(f"{CLASS}/class").text
    assert program.post(f"{API}/publish", json={"revision": 2}).status_code == 200
    assert "Revision 2 is not published" not in site.browser("ines").get(f"{CLASS}/class").text


def test_what_was_not_graded_when_a_revision_is_published_is_found(
    site: Site, database: Database, tmp_path: Path
) -> None:
    name = site.hand_in("ana")
    site.grade()
    new_revision(site, database, tmp_path)
    site.program("ines").post(f"{API}/publish", json={"revision": 2})

    assert site.program("ana").get(f"/api/v1/submissions/{name}").json()["state"] == "queued"
    assert site.service.queue.sweep() == 1
    assert site.grade() == 1
    assert site.program("ana").get(f"/api/v1/submissions/{name}").json()["state"] == "graded"


def test_a_revision_whose_solution_fails_is_refused(sandbox: Sandbox, site: Site, tmp_path: Path) -> None:
    solution = tmp_path / "assignment" / "standardize" / "solution.py"
    solution.write_bytes(RIGHT + b"\n\ndef standardize(x):\n    raise ValueError\n")

    with pytest.raises(AssignmentError, match="fails on the solution"):
        revisions.checked(tmp_path / "assignment", sandbox, tmp_path / "answers")


def test_a_worker_grades_what_was_handed_in(sandbox: Sandbox, site: Site, tmp_path: Path) -> None:
    names = {data: site.hand_in("ana", standardize=data) for data in (RIGHT, WRONG)}
    worker = Worker(site.service.queue, site.files, sandbox, Place(tmp_path / "cache", tmp_path / "answers"))
    while (job := site.service.queue.claim(worker.name)) is not None:
        assert worker.do(job)

    program = site.program("ana")
    right, wrong = (program.get(f"/api/v1/submissions/{names[data]}").json() for data in (RIGHT, WRONG))
    assert right["score"] == right["points"] > wrong["score"]
    report = program.get(f"/api/v1/submissions/{names[WRONG]}/report.json").json()
    assert report["tasks"][0]["task"] == "standardize"
    page = site.browser("ana").get(f"/submissions/{names[WRONG]}/report.html")
    assert "fewer points" in page.text or "since" in page.text.lower() or "no longer" in page.text.lower()


def test_a_job_whose_files_are_gone_is_parked_and_the_next_one_is_graded(
    sandbox: Sandbox, site: Site, tmp_path: Path
) -> None:
    site.hand_in("ana", standardize=WRONG)
    site.files.remove(site.submissions()[0].upload)
    site.hand_in("ben", standardize=RIGHT)
    worker = Worker(site.service.queue, site.files, sandbox, Place(tmp_path / "cache", tmp_path / "answers"))
    done = []
    while (job := site.service.queue.claim(worker.name)) is not None:
        done.append(worker.do(job))

    assert done == [False, False, False, True]
    assert site.service.queue.counts()[State.PARKED] == 1
    assert "could not be graded" in site.browser("ines").get(f"{CLASS}/class").text


def test_grades_and_everything_can_be_taken_home(site: Site) -> None:
    site.hand_in("ana", standardize=WRONG)
    site.grade()
    program = site.program("ines")

    table = program.get(f"{API}/grades.csv").text
    assert [line.split(",")[1] for line in table.splitlines()] == ["id", "ana", "ben", "cem"]
    with zipfile.ZipFile(io.BytesIO(program.get(f"{API}/everything.zip").content)) as archive:
        (files,) = (name for name in archive.namelist() if name.endswith("files.zip"))
        assert files.startswith("ana-")
        with zipfile.ZipFile(io.BytesIO(archive.read(files))) as inner:
            assert inner.read("standardize.py") == WRONG
        assert json.loads(archive.read(files.replace("files.zip", "report.json")))["score"] >= 0


def test_a_person_is_erased_with_all_that_came_from_them(site: Site, database: Database) -> None:
    site.hand_in("ana", standardize=RIGHT)
    kept = site.hand_in("ben", standardize=WRONG)
    site.hand_in("ana", standardize=WRONG)
    site.grade()
    uploads = [one.upload for one in site.submissions()]

    with database.write() as session:
        courses.remove_files(site.files, courses.erase(session, person(session, "ana")))

    assert [one.id for one in site.submissions()] == [kept]
    assert not site.files.path(uploads[0]).exists() and site.files.path(uploads[1]).exists()
    with database.read() as session:
        for table in (JobRow, ResultRow, ReportRow):
            assert session.scalar(select(func.count()).select_from(table)) == 1
        assert session.scalar(select(func.count()).where(Person.login == "ana")) == 0
        assert session.scalar(select(func.count()).where(TokenRow.person_id.not_in(select(Person.id)))) == 0


def test_a_backup_is_taken_while_the_service_runs_and_can_be_restored(tmp_path: Path) -> None:
    data = Data(tmp_path / "data")
    data.make()
    database = Database(data.url(""))
    database.migrate()
    site = Site(database, data.folder)
    name = site.hand_in("ana", standardize=RIGHT)
    site.grade()

    assert backup.back_up(data, tmp_path / "backup") == 2
    site.hand_in("ben", standardize=RIGHT)
    assert backup.restore(tmp_path / "backup", tmp_path / "restored") == 2

    copy = Data(tmp_path / "restored")
    restored = Database(copy.url(""))
    with restored.read() as session:
        assert session.scalars(select(ResultRow.submission_id)).all() == [name]
    database.close()
    restored.close()
    with pytest.raises(UsageError, match="new folder"):
        backup.restore(tmp_path / "backup", tmp_path / "restored")


def test_a_backup_that_lacks_a_file_is_not_restored(tmp_path: Path) -> None:
    data = Data(tmp_path / "data")
    data.make()
    database = Database(data.url(""))
    database.migrate()
    site = Site(database, data.folder)
    site.hand_in("ana", standardize=RIGHT)
    backup.back_up(data, tmp_path / "backup")
    Files(tmp_path / "backup" / "files").remove(site.submissions()[0].upload)
    database.close()

    with pytest.raises(UsageError, match="not whole"):
        backup.restore(tmp_path / "backup", tmp_path / "restored")


def test_the_first_start_makes_an_administrator_and_later_ones_do_not(database: Database) -> None:
    first = first_token(database)

    assert first is not None and first_token(database) is None
    with database.read() as session:
        shown = tokens.shown(session, first, tokens.Kind.SIGN_IN)
        assert shown is not None and shown.person is not None and shown.person.admin


def test_a_worker_elsewhere_gets_the_files_of_its_job_and_no_others(site: Site, database: Database) -> None:
    site.hand_in("ana", standardize=RIGHT)
    site.hand_in("ben", standardize=WRONG)
    with database.write() as session:
        client = site.client(tokens.make(session, tokens.Kind.WORKER, None))
    job = site.service.queue.claim("w")
    assert job is not None
    ana, ben = (one.upload for one in site.submissions())

    def status(digest: str, number: int, lease: str) -> int:
        return client.get(
            f"/api/v1/worker/files/{digest}", params={"job": number, "lease": lease}
        ).status_code

    assert status(ana, job.id, job.lease) == status(job.archive, job.id, job.lease) == 200
    assert status(ben, job.id, job.lease) == 404
    assert status(ana, job.id, "x") == status(ben, job.id + 1, "") == 404
    assert client.get("/api/v1/me").status_code == 401


def test_the_log_names_no_person(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="grader"):
        name = site.hand_in("ana", standardize=RIGHT)
        site.browser("ana").get(f"/submissions/{name}")
        site.client("nonsense").get("/api/v1/me")

    lines = [_Lines().format(record) for record in caplog.records if record.name.startswith("grader")]
    assert len(lines) >= 3
    assert not [line for line in lines if "ana" in line or name in line or "grade_" in line]


def test_what_an_instructor_does_is_written_down(site: Site, database: Database) -> None:
    site.program("ines").post(f"{API}/release", json={"withheld": True})

    with database.read() as session:
        ines = person(session, "ines")
        assert [(one.person_id, one.action) for one in session.scalars(select(LogEntry))] == [
            (ines.id, "withheld: True")
        ]


def test_a_link_signs_in_and_a_form_from_elsewhere_does_not(site: Site, database: Database) -> None:
    with database.write() as session:
        link = tokens.make(session, tokens.Kind.SIGN_IN, person(session, "ana").id)
    client = site.client()
    elsewhere = {"Sec-Fetch-Site": "cross-site"}

    assert client.post("/sign-in", data={"token": link}, headers=elsewhere).status_code == 403
    answer = client.post("/sign-in", data={"token": link})
    cookie = answer.headers["set-cookie"]
    assert answer.headers["location"] == "/" and "HttpOnly" in cookie and "SameSite=lax" in cookie
    assert "Your courses" in client.get("/").text
    with database.write() as session:
        tokens.revoke_all(session, person(session, "ana").id)
    assert client.get("/").status_code == 303


def test_too_many_tries_to_sign_in_are_refused(site: Site) -> None:
    client = site.client()

    assert 429 in [client.post("/sign-in", data={"token": "x"}).status_code for _ in range(40)]


def test_a_cookie_is_sent_over_https_only_if_the_service_has_it(site: Site, database: Database) -> None:
    from service_site import TestClient

    from grader.service.making import service
    from grader.service.web.app import make

    secure = TestClient(
        make(service(database, site.files, "https://grader.example.org")),
        base_url="https://grader.example.org",
        follow_redirects=False,
    )
    with database.write() as session:
        link = tokens.make(session, tokens.Kind.SIGN_IN, person(session, "ana").id)
    answer = secure.post("/sign-in", data={"token": link})

    assert answer.headers["set-cookie"].startswith("__Host-grade=")
    assert "Secure" in answer.headers["set-cookie"] and "Path=/" in answer.headers["set-cookie"]
    assert "max-age" in answer.headers["strict-transport-security"]


def test_every_page_has_a_strict_policy_and_a_report_an_origin_of_its_own(site: Site) -> None:
    name = site.hand_in("ana", standardize=RIGHT)
    site.grade()
    browser = site.browser("ana")

    page, report = browser.get(f"/submissions/{name}"), browser.get(f"/submissions/{name}/report.html")
    assert page.headers["content-security-policy"].startswith("default-src 'none'; script-src 'self'")
    assert "unsafe" not in page.headers["content-security-policy"]
    assert report.headers["content-security-policy"].startswith("sandbox allow-scripts;")
    assert 'sandbox="allow-scripts"' in page.text
    assert page.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("place", ["name", "email", "login"])
def test_what_people_are_called_is_escaped(site: Site, database: Database, place: str) -> None:
    evil = "<script>alert(1)</script>"
    site.hand_in("ana")
    with database.write() as session:
        session.execute(update(Person).where(Person.login == "ana").values({place: evil}))
    login = evil if place == "login" else "ana"

    for page in (
        site.browser("ines").get(f"{CLASS}/class"),
        site.browser(login).get("/account"),
        site.browser("ines").get(f"/submissions/{site.submissions()[0].id}"),
    ):
        assert page.status_code == 200 and evil not in page.text


def test_a_question_is_answered_and_both_are_escaped(site: Site) -> None:
    name = site.hand_in("ana")
    site.grade()
    asked = site.browser("ana").post(f"/submissions/{name}/requests", data={"text": "<b>Why</b>?"})
    assert asked.status_code == 303
    page = site.browser("ines").get(f"{CLASS}/class").text
    assert "asks: &lt;b&gt;Why&lt;/b&gt;?" in page
    site.browser("tom").post("/requests/1/answer", data={"text": "<i>So</i>."})

    shown = site.browser("ana").get(f"/submissions/{name}").text
    assert "&lt;b&gt;Why&lt;/b&gt;?" in shown and "&lt;i&gt;So&lt;/i&gt;." in shown
    assert "asks: " not in site.browser("ines").get(f"{CLASS}/class").text


def test_progress_is_told_until_a_submission_is_graded(site: Site) -> None:
    name = site.hand_in("ana")
    site.grade()
    events = site.program("ana").get(f"/api/v1/submissions/{name}/events")

    assert events.headers["content-type"].startswith("text/event-stream")
    (line,) = [line for line in events.text.splitlines() if line]
    assert json.loads(line.removeprefix("data: "))["state"] == "graded"


def test_a_role_of_workers_reaches_the_queue_and_nothing_else(postgres: Server, tmp_path: Path) -> None:
    from conftest import empty

    empty(postgres.url())
    owner = Database(postgres.url())
    owner.migrate()
    with owner.engine.begin() as connection:
        connection.execute(text("DROP ROLE IF EXISTS grader_worker"))
        connection.execute(text("CREATE ROLE grader_worker LOGIN"))
    grant_worker(owner, "grader_worker")
    site = Site(owner, tmp_path)
    site.hand_in("ana", standardize=RIGHT)
    limited = Database(postgres.url("grader_worker"))
    limited.check()
    queue = Queue(limited)

    assert queue.reconcile() == 0
    job = queue.claim("w")
    assert job is not None and queue.renew(job, "half")
    from service_site import REPORT

    from grader.service.worker import outcome_of

    assert queue.finish(job, outcome_of(REPORT))
    for statement in (
        "SELECT * FROM people",
        "SELECT * FROM tokens",
        "SELECT * FROM submissions",
        "SELECT data FROM reports",
        "SELECT score FROM results",
        "UPDATE results SET score = 100",
        "DELETE FROM jobs",
        "UPDATE jobs SET person_id = 1",
        "UPDATE jobs SET upload = ''",
        "INSERT INTO tokens (id) VALUES ('x')",
        "CREATE TABLE mine (id int)",
    ):
        with pytest.raises(ProgrammingError, match="permission denied"), limited.write() as session:
            session.execute(text(statement))
    limited.close()
    with owner.engine.begin() as connection:
        connection.execute(text("DROP OWNED BY grader_worker"))
        connection.execute(text("DROP ROLE grader_worker"))
    owner.close()
