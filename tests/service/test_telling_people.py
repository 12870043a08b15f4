"""What people are told, and what they can take with them: mails, a web hook, a calendar, their data."""

import hashlib
import hmac
import io
import json
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from identity_provider import Reply, listening
from mail_server import MailServer
from service_samples import person
from service_site import API, CLASS, Browser, Site
from sqlalchemy import select, update
from test_operations import new_revision

from grader.service import courses, deliveries, making, tokens
from grader.service.access import Role
from grader.service.database import Database
from grader.service.options import Hook, Mail, Options
from grader.service.outgoing import Unreachable, call, is_safe, origin
from grader.service.schema import AssignmentRow, Course, Delivery, Person, ResultRow
from grader.service.serving import sender
from grader.service.web.app import make

PUBLIC = "https://grader.example.org"
KEY = "0123456789abcdef"


@pytest.fixture
def url(tmp_path: Path) -> str:
    """SQLite is enough here."""
    return f"sqlite:///{tmp_path}/service.db"


@pytest.fixture
def mails() -> Iterator[MailServer]:
    with MailServer().open() as opened:
        yield opened


class Called:
    """A web hook."""

    def __init__(self) -> None:
        self.calls: list[tuple[dict[str, str], bytes]] = []
        self.reply: Reply = (204, {})

    def answer(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Reply:
        self.calls.append((headers, body))
        return self.reply


@pytest.fixture
def hook() -> Iterator[tuple[Called, Hook]]:
    called = Called()
    with listening(called.answer) as address:
        yield called, Hook(url=f"{address}/hook", key=KEY)


def switched_on(site: Site, mails: MailServer | None = None, hook: Hook | None = None) -> Site:
    """Let a site send mail, or call a hook."""
    mail = None
    if mails:
        mail = Mail(host="127.0.0.1", port=mails.port, security="none", sender="grader@example.org")
    site.service = making.service(site.service.database, site.files, PUBLIC, Options(mail=mail, hook=hook))
    site.app = make(site.service)
    return site


def send_all(site: Site) -> int:
    count, sending = 0, sender(site.service)
    while sending.send_one():
        count += 1
    return count


def withhold(site: Site, value: bool) -> None:
    assert site.program("ines").post(f"{API}/release", json={"withheld": value}).status_code == 200


def graded_and_withheld(site: Site, *logins: str) -> None:
    withhold(site, True)
    for login in logins:
        site.hand_in(login)
    site.grade()


# Mail and the web hook


def test_by_default_nobody_is_told(site: Site, database: Database) -> None:
    graded_and_withheld(site, "ana")
    withhold(site, False)

    with database.read() as session:
        assert session.scalars(select(Delivery)).all() == []


def test_a_mail_says_that_a_mark_is_there_and_not_which(site: Site, mails: MailServer) -> None:
    switched_on(site, mails)
    graded_and_withheld(site, "ana", "ben")
    assert send_all(site) == 0
    withhold(site, False)

    assert send_all(site) == 2
    assert sorted(str(one["To"]) for one in mails.mails) == ["ana@example.org", "ben@example.org"]
    mail = mails.mails[0]
    assert mail.get_content_type() == "text/plain" and mail["Auto-Submitted"] == "auto-generated"
    text = mail.get_content()
    assert re.search(rf"{PUBLIC}/submissions/[0-9a-f]+", text) and "points" not in text


def test_a_mark_is_told_once(site: Site, mails: MailServer) -> None:
    switched_on(site, mails)
    graded_and_withheld(site, "ana")
    for value in (False, False, True, False):
        withhold(site, value)
        send_all(site)

    assert len(mails.mails) == 1


def test_the_page_of_the_class_tells_people_as_well(site: Site, mails: MailServer) -> None:
    switched_on(site, mails)
    graded_and_withheld(site, "ana")
    browser = Browser(site, "ines")

    assert browser.post(f"{CLASS}/release", data={"marks": "shown"}).status_code == 303
    assert send_all(site) == 1


def test_a_new_revision_is_told_to_those_whose_mark_it_changes(
    site: Site, database: Database, mails: MailServer, tmp_path: Path
) -> None:
    switched_on(site, mails)
    for login in ("ana", "ben"):
        site.hand_in(login)
    site.grade()
    new_revision(site, database, tmp_path)
    site.program("ines").post(f"{API}/regrade")
    site.grade()
    with database.write() as session:
        changed = session.scalars(select(ResultRow.id).order_by(ResultRow.id.desc())).first()
        session.execute(update(ResultRow).where(ResultRow.id == changed).values(score=1.25))
    site.program("ines").post(f"{API}/publish", json={"revision": 2})

    assert send_all(site) == 1 and len(mails.mails) == 1


def test_a_name_with_line_breaks_makes_no_line_of_a_mail(
    site: Site, database: Database, mails: MailServer
) -> None:
    switched_on(site, mails)
    evil = "x\r\nBcc: everybody@example.org\r\n\r\nhello"
    with database.write() as session:
        session.execute(update(AssignmentRow).values(title=evil))
        session.execute(update(Person).where(Person.login == "ana").values(name=evil))
        session.execute(update(Person).where(Person.login == "ben").values(email=f"ben@example.org{evil}"))
    graded_and_withheld(site, "ana", "ben")
    withhold(site, False)
    send_all(site)

    (mail,) = mails.mails
    assert mail["Bcc"] is None and mails.recipients == ["ana@example.org"]
    assert not [line for line in mail.get_content().splitlines() if line.startswith("Bcc")]


def test_a_mail_that_is_not_taken_is_sent_later(site: Site, database: Database, mails: MailServer) -> None:
    switched_on(site, mails)
    mails.refuses = True
    graded_and_withheld(site, "ana")
    withhold(site, False)
    assert send_all(site) == 1 and mails.mails == []
    mails.refuses = False
    assert send_all(site) == 0
    with database.write() as session:
        session.execute(update(Delivery).values(due=0))

    assert send_all(site) == 1 and len(mails.mails) == 1


def test_a_server_of_mail_without_encryption_gets_nothing_unless_the_operator_says_so(
    site: Site, mails: MailServer
) -> None:
    mail = Mail(host="127.0.0.1", port=mails.port, sender="grader@example.org")
    site.service = making.service(site.service.database, site.files, PUBLIC, Options(mail=mail))
    site.app = make(site.service)
    graded_and_withheld(site, "ana")
    withhold(site, False)

    assert send_all(site) == 1 and mails.mails == []


def test_a_hook_is_called_with_a_signature(site: Site, hook: tuple[Called, Hook]) -> None:
    called, at = hook
    switched_on(site, hook=at)
    graded_and_withheld(site, "ana")
    withhold(site, False)
    assert send_all(site) == 1

    headers, body = called.calls[0]
    said = json.loads(body)
    wanted = hmac.new(KEY.encode(), headers["x-grade-timestamp"].encode() + b"." + body, hashlib.sha256)
    assert headers["x-grade-signature"] == f"sha256={wanted.hexdigest()}"
    assert (said["event"], said["login"], said["course"], said["assignment"]) == (
        "mark_released", "ana", "dl", "hw1",
    )  # fmt: skip
    assert not {"mark", "score", "points"} & {*said}


@pytest.mark.parametrize("status", [302, 400, 404, 500])
def test_a_hook_that_does_not_take_a_call_is_called_again(
    site: Site, database: Database, hook: tuple[Called, Hook], status: int
) -> None:
    called, at = hook
    called.reply = (status, {"_headers": {"Location": at.url}})
    switched_on(site, hook=at)
    graded_and_withheld(site, "ana")
    withhold(site, False)

    assert send_all(site) == 1 and len(called.calls) == 1
    with database.read() as session:
        waiting = session.scalars(select(Delivery)).one()
        assert waiting.done is None and str(status) in waiting.problem and waiting.due > waiting.created + 50


def test_what_is_to_be_sent_shows_in_the_metrics(site: Site, database: Database) -> None:
    with database.write() as session:
        deliveries.put(session, "mail", "k", person(session, "ana").id, {})

    assert 'grade_deliveries{state="waiting"} 1.0' in site.program("root").get("/metrics").text


# Calls of others


@pytest.mark.parametrize(
    ("url", "safe"),
    [
        ("https://example.org/x", True),
        ("http://127.0.0.1:80/x", True),
        ("http://[::1]/x", True),
        ("http://localhost/x", True),
        ("http://example.org/x", False),
        ("http://127.0.0.1.example.org/", False),
        ("http://localhost@example.org/", False),
        ("file:///etc/passwd", False),
        ("ftp://127.0.0.1/", False),
        ("https://", False),
        ("https://[", False),
        ("https://x:y/", False),
        ("", False),
    ],
)
def test_only_calls_that_nobody_can_read_are_made(url: str, safe: bool) -> None:
    assert is_safe(url) is safe
    if not safe:
        with pytest.raises(Unreachable):
            call(url)
        assert origin(url) == ""


def test_an_answer_without_end_is_cut_off() -> None:
    with listening(lambda *_: (200, {"x": "y" * (5 << 20)})) as address, pytest.raises(Unreachable):
        call(address)


def test_a_service_that_is_away_is_said_to_be(site: Site) -> None:
    with pytest.raises(Unreachable, match="cannot be reached"):
        call("http://127.0.0.1:1/x")


# The calendar

POLICY = """
deadline = 2026-10-01T18:00:00+02:00
percent_per_day = 10
[extensions]
ana = 2026-10-08T18:00:00+02:00
"""


def secret_address(browser: Browser) -> str:
    found = re.search(r"<pre[^>]*>(\S+)</pre>", browser.post("/account/calendar").text)
    assert found is not None
    return found[1].removeprefix("https://grader.example.org").removeprefix("http://testserver")


def test_a_calendar_has_a_persons_deadlines(site: Site, database: Database) -> None:
    switched_on(site)
    with database.write() as session:
        session.execute(
            update(AssignmentRow).values(
                policy=POLICY, closes=1791561600.0, title="Cells; \\ gates, and \n" + "ü" * 90
            )
        )
        session.execute(update(Course).values(title="x\r\nBEGIN:VEVENT"))
    found = site.client().get(secret_address(site.browser("ana")))
    other = site.client().get(secret_address(site.browser("ben")))

    assert found.headers["content-type"] == "text/calendar; charset=utf-8"
    lines = found.content.split(b"\r\n")
    assert (
        max(map(len, lines)) <= 75
        and lines[0] == b"BEGIN:VCALENDAR"
        and lines[-2:] == [b"END:VCALENDAR", b""]
    )
    whole = found.content.replace(b"\r\n ", b"").decode().split("\r\n")
    assert "DTSTART:20261008T160000Z" in whole and "DTSTART:20261001T160000Z" in other.text
    assert "DTSTART:20261009T160000Z" in whole
    assert whole.count("BEGIN:VEVENT") == 2
    summary = next(line for line in whole if line.startswith("SUMMARY"))
    assert summary.startswith("SUMMARY:Cells\\; \\\\ gates\\, and ") and "ü" * 90 in summary
    assert f"URL:{PUBLIC}/courses/dl/hw1" in whole


def test_the_address_of_a_calendar_can_be_ended_and_replaced(site: Site, database: Database) -> None:
    browser = site.browser("ana")
    first = secret_address(browser)
    second = secret_address(browser)

    assert [site.client().get(one).status_code for one in (first, second)] == [404, 200]
    name = second.split("_")[1]
    assert "a calendar" in browser.get("/account").text
    assert browser.post(f"/account/tokens/{name}/end").status_code == 303
    assert site.client().get(second).status_code == 404


@pytest.mark.parametrize("kind", [kind for kind in tokens.Kind if kind != tokens.Kind.CALENDAR])
def test_only_the_secret_of_a_calendar_opens_it(site: Site, database: Database, kind: tokens.Kind) -> None:
    with database.write() as session:
        other = tokens.make(session, kind, person(session, "ana").id)

    assert site.client().get(f"/calendar/{other}.ics").status_code == 404


def test_the_secret_of_a_calendar_opens_nothing_else(site: Site) -> None:
    secret = secret_address(site.browser("ana")).removeprefix("/calendar/").removesuffix(".ics")

    assert site.client(secret).get("/api/v1/me").status_code == 401
    assert site.client().post("/sign-in", data={"token": secret}).status_code == 403


# A person's data


def unpacked(data: bytes) -> dict[str, Any]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        return {
            name: json.loads(archive.read(name)) if name.endswith(".json") else archive.read(name)
            for name in archive.namelist()
        }


def test_a_person_takes_home_all_that_is_held_about_them(site: Site) -> None:
    name = site.hand_in("ana", standardize=b"x = 1\n")
    site.hand_in("ben", standardize=b"y = 2\n")
    site.grade()
    site.program("ana").post(f"/api/v1/submissions/{name}/requests", json={"text": "Why?"})
    found = unpacked(site.browser("ana").get("/account/data.zip").content)

    assert found["person.json"]["email"] == "ana@example.org"
    assert found["person.json"]["courses"] == [{"name": "dl", "role": "student"}]
    assert sum(path.endswith("files.zip") for path in found) == 1
    (about,) = (value for path, value in found.items() if path.endswith("submission.json"))
    assert about["id"] == name and about["questions"][0]["question"] == "Why?"
    assert [path for path in found if "report-" in path]
    assert "digest" not in json.dumps(found["person.json"]) and "ben" not in json.dumps(found["person.json"])
    assert unpacked(site.program("ana").get("/api/v1/me/data.zip").content).keys() == found.keys()


def test_a_persons_data_has_no_marks_that_are_withheld_or_not_published(
    site: Site, database: Database, tmp_path: Path
) -> None:
    site.hand_in("ana")
    site.grade()
    new_revision(site, database, tmp_path)
    site.program("ines").post(f"{API}/regrade")
    site.grade()

    def reports(browser: Browser) -> list[str]:
        data = browser.get("/account/data.zip").content
        return [path.rpartition("/")[2] for path in unpacked(data) if "report-" in path]

    assert reports(site.browser("ana")) == ["report-1-1.json"]
    withhold(site, True)
    assert reports(site.browser("ana")) == []


def test_an_instructor_gets_what_belongs_to_the_course(site: Site, database: Database) -> None:
    site.hand_in("ana")
    site.grade()
    with database.write() as session:
        other = courses.new_course(session, "other", "")
        courses.enrol(session, other, person(session, "ana"), Role.STUDENT)
        courses.enrol(session, other, person(session, "ben"), Role.INSTRUCTOR)
        courses.enrol(session, courses.course_named(session, "dl"), person(session, "ben"), Role.STUDENT)
    ines, ben = site.program("ines"), site.program("ben")
    found = unpacked(ines.get("/api/v1/courses/dl/people/ana/data.zip").content)

    assert found["person.json"]["courses"] == [{"name": "dl", "role": "student"}]
    assert "tokens" not in found["person.json"] and len(found) == 4
    assert [*unpacked(ben.get("/api/v1/courses/other/people/ana/data.zip").content)] == ["person.json"]
    assert ben.get("/api/v1/courses/dl/people/ana/data.zip").status_code == 403
    assert ines.get("/api/v1/courses/dl/people/stranger/data.zip").status_code == 404
    assert ines.get("/api/v1/courses/other/people/ana/data.zip").status_code == 404


def test_what_is_downloaded_is_sent_in_blocks(site: Site) -> None:
    import os

    from service_samples import assignment, course

    from grader.service import actions

    site.hand_in("ana", standardize=b"x = 1\n", data=os.urandom(5 << 20))
    with site.service.database.read() as session:
        held, row = course(session), assignment(session)
    blocks = [*map(len, actions.everything(site.service.database, site.files, held, row))]

    assert sum(blocks) > 5 << 20 and max(blocks) <= 1 << 20
