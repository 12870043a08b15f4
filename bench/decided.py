"""What decisions cost in the service: the page of a class, the review and the homes, with 10,000 submissions.

Run it with `.venv/bin/python bench/decided.py`; on SQLite in this process. Figures are times of a processor.
"""

import contextlib
import secrets
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import delete, insert

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "support"))

from graded_classes import graded_report
from service_site import CLASS, Site

from grader.service import courses, deciding
from grader.service.access import Role
from grader.service.database import Database, now, sqlite_url
from grader.service.queue import State
from grader.service.schema import AssignmentRow, JobRow, MarkRow, ReportRow, ResultRow, SubmissionRow
from grader.service.worker import outcome_of

STUDENTS, ATTEMPTS = 1000, 10
TIMES = 5


def main() -> None:
    """Print the table."""
    with (
        tempfile.TemporaryDirectory() as folder,
        contextlib.closing(Database(sqlite_url(Path(folder) / "service.db"))) as database,
    ):
        database.migrate()
        site = Site(database, Path(folder))
        site.ask_in_words()
        newest = fill(database)
        pages(site, "nothing decided", newest)
        seconds = timed(decide(database, newest))
        print(f"deciding about {len(newest)} submissions at once: {seconds:.1f} s")
        pages(site, "all decided", newest)
        with database.write() as session:
            session.execute(delete(MarkRow))
        pages(site, "all decided, no mark kept", newest, times=1)


def fill(database: Database) -> list[str]:
    """Store submissions with results; return the newest one of each student."""
    outcome = outcome_of(graded_report("x"))
    newest = []
    with database.write() as session:
        course = courses.course_named(session, "dl")
        row = courses.assignment_named(session, course, "hw1")
        at = session.scalar(now().select()) or 0.0
        for student in range(STUDENTS):
            who = courses.person(session, f"full{student:05}", f"Student {student}")
            courses.enrol(session, course, who, Role.STUDENT)
            for attempt in range(1, ATTEMPTS + 1):
                name = secrets.token_hex(16)
                common = {"submission_id": name, "revision_id": row.revision_id, "run": 1}
                handed = {"attempt": attempt, "received": at, "upload": "0" * 64, "files": 1, "size": 1}
                of = {"assignment_id": row.id, "person_id": who.id, "notes": []}
                session.execute(insert(SubmissionRow).values(id=name, **of, **handed))
                job = {
                    "state": State.DONE,
                    "priority": 0,
                    "turn": 0,
                    "created": at,
                    "claimed": at,
                    "deaths": 0,
                }
                empty = {"worker": "", "lease": "", "lease_until": 0.0, "progress": "", "name": "x"}
                files = {"upload": "0" * 64, "archive": "0" * 64, "person_id": who.id}
                session.execute(insert(JobRow).values(**common, **job, **empty, **files))
                marks = {"score": outcome.score, "points": outcome.points, "final": False, "broken": False}
                result = session.scalar(
                    insert(ResultRow)
                    .values(**common, **marks, created=at, seconds=1.0, graded=outcome.graded)
                    .returning(ResultRow.id)
                )
                session.execute(insert(ReportRow).values(result_id=result, data=outcome.report))
            newest.append(name)
    return newest


def decide(database: Database, names: list[str]) -> Callable[[], object]:
    """Return what decides about one answer of each submission, as a group of the review."""

    with database.read() as session:
        row = session.get_one(AssignmentRow, 1)
        who = courses.person_with(session, "tom")
    of = {"task": "answers", "check": "1.1.2", "items": ("stays",)}
    made = [deciding.decision("items", name, **of) for name in names]
    return lambda: deciding.ReviewedDecisions(database, row, who).append(made, lambda there: None)


def pages(site: Site, state: str, newest: list[str], times: int = TIMES) -> None:
    """Open each page some times."""
    for login, path in (
        ("ines", "/"),
        ("ines", f"{CLASS}/class"),
        ("ines", f"{CLASS}/class.html"),
        ("ines", f"{CLASS}/grades.csv"),
        ("ines", f"{CLASS}/review/"),
        ("ines", f"{CLASS}/rubric"),
        ("ines", f"{CLASS}/releases"),
        ("full00999", "/"),
        ("ines", f"/submissions/{newest[-1]}"),
    ):
        browser = site.browser(login)
        found = sorted(timed(lambda: browser.get(path)) for _ in range(times))  # noqa: B023
        shown = path.replace(newest[-1], "ID")
        who = "instructor" if login == "ines" else "student"
        median, most = (f"{1e3 * one:.0f} ms" for one in (found[len(found) // 2], found[-1]))
        print(f"{state}: {who}, {shown}: median {median}, most {most}")


def timed(act: Callable[[], object]) -> float:
    """Return the seconds of a processor that something takes: other work on the machine does not count."""
    begun = time.process_time()
    act()
    return time.process_time() - begun


if __name__ == "__main__":
    main()
