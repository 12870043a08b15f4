"""An instructor gives single students more time on a page; all see what a late day costs before it does."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from service_samples import assignment, person
from service_site import API, CLASS, Site
from sqlalchemy import update

from grader.service.database import Database
from grader.service.schema import AssignmentRow, SubmissionRow

POLICY = """# What counts.
deadline = 2026-03-01T18:00:00
zone = "Europe/Berlin"
percent_per_day = 12.5
most_percent = 50
grace_minutes = 15
"""


@pytest.fixture
def url(tmp_path: Path) -> str:
    """SQLite is enough here."""
    return f"sqlite:///{tmp_path}/service.db"


@pytest.fixture
def ready(site: Site) -> Site:
    """A course whose homework has a deadline."""
    set_policy(site, POLICY)
    return site


def set_policy(site: Site, text: str) -> None:
    with site.service.database.write() as session:
        session.execute(update(AssignmentRow).values(policy=text))


def number(database: Database, login: str) -> str:
    with database.read() as session:
        return str(person(session, login).id)


def extend(site: Site, login: str, until: str, by: str = "ines") -> int:
    data = {"person": number(site.service.database, login), "until": until}
    return site.browser(by).post(f"{CLASS}/extensions", data=data).status_code


def deadline(site: Site, login: str) -> str:
    found: str = site.program(login).get("/api/v1/courses/dl/assignments").json()[0]["deadline"]
    return found


def test_an_extension_counts_for_its_student_and_no_other(ready: Site) -> None:
    assert extend(ready, "ana", "2026-03-04T12:30") == 303

    assert deadline(ready, "ana") == "2026-03-04T12:30:00+01:00"
    assert deadline(ready, "ben") == "2026-03-01T18:00:00+01:00"
    assert "2026-03-04 12:30 CET" in ready.browser("tom").get(f"{CLASS}/deadline").text


def test_an_extension_leaves_all_other_rules(ready: Site, database: Database) -> None:
    extend(ready, "ana", "2026-03-04T12:30")
    extend(ready, "ben", "2026-07-04T12:30")

    page = ready.browser("ines").get(f"{CLASS}/deadline").text
    for rule in (
        "2026-03-01 18:00 CET",
        "−12.5 %",
        "at most 50 %",
        "15 minutes of grace",
        "2026-07-04 12:30 CEST",
    ):
        assert rule in page
    with database.read() as session:
        assert (assignment(session).policy or "").count("percent_per_day = 12.5") == 1


@pytest.mark.parametrize("key", ["ana", "Ana@example.org", "ANA"])
def test_a_new_extension_takes_the_place_of_the_one_before(ready: Site, key: str) -> None:
    set_policy(
        ready, f'{POLICY}[extensions]\n"{key}" = 2026-05-01T18:00:00\n"no such" = 2026-05-01T18:00:00\n'
    )
    extend(ready, "ana", "2026-03-04T12:30")

    assert deadline(ready, "ana") == "2026-03-04T12:30:00+01:00"
    page = ready.browser("ines").get(f"{CLASS}/deadline").text
    assert "2026-05-01" in page and "no such: for no single person of this course" in page


def test_an_extension_is_taken_back_and_once_more_does_no_harm(ready: Site) -> None:
    extend(ready, "ana", "2026-03-04T12:30")
    codes = [
        ready.browser("ines").post(f"{CLASS}/extensions/take-back", data={"key": "ana"}).status_code
        for _ in range(2)
    ]

    assert (codes, deadline(ready, "ana")) == ([303, 303], "2026-03-01T18:00:00+01:00")
    assert "No extensions yet." in ready.browser("ines").get(f"{CLASS}/deadline").text


@pytest.mark.parametrize(
    ("login", "until", "code"),
    [
        ("ana", "2026-03-01T18:00", 422),
        ("ana", "0001-01-01T00:00", 422),
        ("ana", "9999-12-31T23:59", 422),
        ("ana", "soon", 422),
        ("ines", "2026-03-04T12:30", 404),
        ("stranger", "2026-03-04T12:30", 404),
    ],
)
def test_what_cannot_be_an_extension_is_refused(ready: Site, login: str, until: str, code: int) -> None:
    assert extend(ready, login, until) == code
    assert deadline(ready, "ana") == "2026-03-01T18:00:00+01:00"


def test_a_hostile_key_stays_what_it_is(ready: Site, database: Database) -> None:
    hostile = '"]\\x\x7f<b>\U0001f600'
    written = hostile.replace("\\", "\\\\").replace('"', '\\"').replace("\x7f", "\\u007f")
    set_policy(ready, f'{POLICY}[extensions]\n"{written}" = 2026-05-01T18:00:00\n')
    extend(ready, "ana", "2026-03-04T12:30")
    with database.read() as session:
        kept = assignment(session).policy or ""

    assert f'"{written}" = ' in kept and deadline(ready, "ana").startswith("2026-03-04")
    assert "<b>" not in ready.browser("ines").get(f"{CLASS}/deadline").text


def test_without_a_deadline_nobody_gets_more_time(site: Site) -> None:
    assert extend(site, "ana", "2026-03-04T12:30") == 422
    page = site.browser("ines").get(f"{CLASS}/deadline").text
    assert "Any number of attempts" in page and "Give more time" not in page


def test_an_assistant_reads_the_extensions_and_gives_none(ready: Site) -> None:
    assert extend(ready, "ana", "2026-03-04T12:30", by="tom") == 403
    assert "Give more time" not in ready.browser("tom").get(f"{CLASS}/deadline").text


def test_a_student_reads_before_the_deadline_what_a_late_day_costs(ready: Site) -> None:
    page = ready.browser("ana").get(CLASS).text

    assert "Late: −12.5 % for each day that has begun, at most 50 %" in page


@pytest.mark.parametrize(
    ("away", "said"),
    [
        (timedelta(days=3, minutes=5), "in 3 days"),
        (timedelta(hours=1, minutes=5), "in 1 hour"),
        (timedelta(minutes=2, seconds=30), "in 2 minutes"),
        (-timedelta(minutes=5, seconds=1), "5 minutes ago"),
        (-timedelta(days=1, minutes=5), "1 day ago"),
    ],
)
def test_a_deadline_says_how_far_it_is_away(site: Site, away: timedelta, said: str) -> None:
    when = datetime.now(UTC).replace(microsecond=0) + away
    set_policy(site, f"deadline = {when.isoformat()}\npercent_per_day = 10\n")

    for path in ("/", CLASS):
        assert f"{when:%Y-%m-%d %H:%M} UTC, {said}" in site.browser("ana").get(path).text


def test_times_of_a_homework_are_those_of_its_deadline(ready: Site, database: Database) -> None:
    name = ready.hand_in("ana")
    ready.grade()
    ready.program("ana").post(f"/api/v1/submissions/{name}/requests", json={"text": "Why?"})
    with database.write() as session:
        session.execute(
            update(SubmissionRow).values(received=datetime(2026, 2, 27, 23, 15, tzinfo=UTC).timestamp())
        )

    for login, path in (("ana", CLASS), ("ines", f"{CLASS}/class"), ("ana", f"/submissions/{name}")):
        page = ready.browser(login).get(path).text
        assert "2026-02-28 00:15 CET" in page and "UTC" not in page
    assert ready.program("ines").get(f"{API}/class").json()[0]["mark"] is not None
