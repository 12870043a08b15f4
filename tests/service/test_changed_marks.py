"""People are told of a mark that a decision or a price changed: once, after a quiet time, not if withheld."""

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from graded_classes import graded_report
from mail_server import MailServer
from service_site import API, CLASS, Site
from sqlalchemy import select, update
from test_prices import set_price, slipped
from test_telling_people import Called, hook, send_all, switched_on

from grader.review.answers import id_of
from grader.service import actions
from grader.service.database import Database
from grader.service.notices import QUIET_SECONDS
from grader.service.options import Hook
from grader.service.schema import Delivery, ReleaseRow

__all__ = ["hook"]
HALF = {"task": "answers", "check": "1.1.2"}


@pytest.fixture
def mails() -> Iterator[MailServer]:
    with MailServer().open() as opened:
        yield opened


@pytest.fixture
def graded(site: Site, mails: MailServer) -> tuple[Site, str]:
    """A course that sends mail, in which ana and ben made a slip, and all that ana answered is decided."""
    switched_on(site, mails)
    site.ask_in_words()
    name = site.hand_in("ana")
    site.hand_in("ben")
    site.grade(slipped())
    for check in ("1.1.2", "2.1.1"):
        give(site, name, 1, "answers", check)
    after_a_quiet_time(site)
    mails.mails.clear()
    return site, name


def give(site: Site, name: str, points: float, task: str = "cell", check: str = "step") -> str:
    known = [
        one["id"]
        for one in site.program("tom").get(f"/api/v1/submissions/{name}/decisions").json()
        if (one["task"], one["check"]) == (task, check)
    ]
    target = {"task": task, "check": check, "known": known[-1] if known else ""}
    given = {"target": target, "points": points, "reason": "A convention."}
    answer = site.program("tom").post(f"/api/v1/submissions/{name}/points", json=given)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def after_a_quiet_time(site: Site) -> int:
    """Return how many messages are due once the quiet time is over; some of them may say nothing."""
    with site.service.database.write() as session:
        session.execute(update(Delivery).where(Delivery.done.is_(None)).values(due=0))
    return send_all(site)


def waiting(database: Database) -> list[Delivery]:
    with database.read() as session:
        return list(session.scalars(select(Delivery).where(Delivery.done.is_(None))))


def withhold(site: Site, task: str, until: float | None = None) -> None:
    sent = [{"task": task, "marks_from": until}]
    assert site.program("ines").put(f"{API}/releases", json=sent).status_code == 200


def test_by_default_nobody_is_told_of_a_decision(site: Site, database: Database) -> None:
    site.ask_in_words()
    name = site.hand_in("ana")
    site.grade(slipped())
    give(site, name, 3)

    assert waiting(database) == []


def test_a_mark_that_a_decision_changes_is_told_after_a_quiet_time(
    graded: tuple[Site, str], mails: MailServer, database: Database
) -> None:
    site, name = graded
    give(site, name, 3)
    at_once = send_all(site)
    (row,) = waiting(database)

    assert (at_once, mails.mails) == (0, [])
    assert QUIET_SECONDS - 60 < row.due - time.time() < QUIET_SECONDS + 60
    assert after_a_quiet_time(site) == 1
    (mail,) = mails.mails
    text = mail.get_content()
    assert str(mail["To"]) == "ana@example.org" and str(mail["Subject"]).endswith("your mark has changed")
    assert f"/submissions/{name}" in text and "points" not in text and mail.get_content_type() == "text/plain"


def test_many_decisions_are_one_message(graded: tuple[Site, str], mails: MailServer) -> None:
    site, name = graded
    for points in (1, 3, 2):
        give(site, name, points)
    give(site, name, 2.5, "answers", "1.1.2")

    assert (after_a_quiet_time(site), len(mails.mails), after_a_quiet_time(site)) == (1, 1, 0)
    give(site, name, 1, "answers", "1.1.2")
    assert (after_a_quiet_time(site), len(mails.mails)) == (1, 2)


def test_a_mark_that_is_as_before_in_the_end_is_not_told(
    graded: tuple[Site, str], mails: MailServer, database: Database
) -> None:
    site, name = graded
    made = give(site, name, 3)
    site.browser("tom").post(f"/submissions/{name}/decisions/{made}/take-back")
    after_a_quiet_time(site)

    assert (mails.mails, waiting(database)) == ([], [])


def test_a_mark_is_told_once_nothing_waits_any_more(graded: tuple[Site, str], mails: MailServer) -> None:
    site, _ = graded
    name = site.submissions()[1].id
    subjects = []
    for check, points in (("1.1.2", 2), ("2.1.1", 0)):
        give(site, name, points, "answers", check)
        after_a_quiet_time(site)
        subjects.append([str(one["Subject"]).rpartition(": ")[2] for one in mails.mails])

    assert subjects == [[], ["your mark is final"]]


def test_a_decision_of_the_review_is_told(graded: tuple[Site, str], mails: MailServer) -> None:
    site, name = graded
    tom = site.browser("tom")
    known = tom.get(f"{CLASS}/review/api/question/answers/1.1.2").json()["answers"]
    ids = {one["id"]: one["made"]["id"] if one["made"] else "" for one in known}
    sent = {"answers": [id_of(name)], "known": ids, "items": ["shared"]}
    answer = tom.client.post(
        f"{CLASS}/review/api/question/answers/1.1.2/decide", json=sent, headers={"X-CSRF-Token": tom.csrf}
    )

    assert (answer.status_code, after_a_quiet_time(site), len(mails.mails)) == (200, 1, 1)


def test_an_answer_to_a_question_with_points_is_told(graded: tuple[Site, str], mails: MailServer) -> None:
    site, name = graded
    site.browser("ana").post(f"/submissions/{name}/requests", data={"text": "Why?"})
    site.browser("tom").post(
        "/requests/1/answer", data={"text": "Right.", "target": "/cell/step", "points": "3"}
    )

    assert (after_a_quiet_time(site), len(mails.mails)) == (1, 1)


def test_an_earlier_attempt_changes_no_mark_that_counts(
    graded: tuple[Site, str], mails: MailServer, database: Database
) -> None:
    site, name = graded
    site.hand_in("ana")
    site.grade(slipped())
    give(site, name, 3)

    assert waiting(database) == []


def test_a_price_is_told_to_those_whose_mark_it_changes(graded: tuple[Site, str], mails: MailServer) -> None:
    site, _ = graded
    site.hand_in("cem")
    site.grade(graded_report("x", right=True))
    for check in ("1.1.2", "2.1.1"):
        give(site, site.submissions()[1].id, 1, "answers", check)
        give(site, site.submissions()[2].id, 1, "answers", check)
    after_a_quiet_time(site)
    mails.mails.clear()
    assert set_price(site).status_code == 200
    after_a_quiet_time(site)

    assert sorted(str(one["To"]) for one in mails.mails) == ["ana@example.org", "ben@example.org"]


@pytest.mark.parametrize("tasks", [("cell",), ("cell", "answers")])
def test_nothing_is_told_of_a_task_that_is_withheld(
    graded: tuple[Site, str], mails: MailServer, database: Database, tasks: tuple[str, ...]
) -> None:
    site, name = graded
    for task in tasks:
        withhold(site, task)
    give(site, name, 3)
    set_price(site)
    after_a_quiet_time(site)

    assert (mails.mails, waiting(database)) == ([], [])


def test_a_change_of_a_task_that_is_withheld_meanwhile_is_not_told(
    graded: tuple[Site, str], mails: MailServer
) -> None:
    site, name = graded
    give(site, name, 3)
    withhold(site, "cell")
    after_a_quiet_time(site)

    assert mails.mails == []
    withhold(site, "cell", until=0)
    assert (after_a_quiet_time(site), str(mails.mails[0]["Subject"]).endswith("your mark is there")) == (
        2,
        True,
    )


def test_a_hook_is_told_what_happened_and_no_mark(
    graded: tuple[Site, str], hook: tuple[Called, Hook]
) -> None:
    site, name = graded
    called, at = hook
    switched_on(site, hook=at)
    for points in (3, 0, 3):
        give(site, name, points)
        after_a_quiet_time(site)

    said, *others = (json.loads(body) for _, body in called.calls)
    assert len({one["delivery"] for one in (said, *others)}) == 3
    assert (said["event"], said["login"], said["submission"]) == ("mark_changed", "ana", name)
    assert not {"was", "mark", "score", "points"} & {*said}


def test_a_release_happens_by_itself_on_each_database(graded: tuple[Site, str], mails: MailServer) -> None:
    site, name = graded
    for task in ("cell", "answers"):
        withhold(site, task, until=time.time() + 3600)

    def state() -> Any:
        return site.program("ana").get(f"/api/v1/submissions/{name}").json()["state"]

    def told() -> bool:
        return actions.tell_of_releases(site.service.database, site.service.options.notices)

    before = state(), told()
    with site.service.database.write() as session:
        session.execute(update(ReleaseRow).values(shown_from=ReleaseRow.shown_from - 7200))
    after = state(), told(), told()

    assert (before, after) == (("withheld", False), ("graded", True, False))
    assert (send_all(site), len(mails.mails)) == (2, 2)
