"""The web application on a database, with people who use it in a browser or by a program."""

import io
import zipfile
from pathlib import Path
from typing import Any

import httpx2 as httpx
from graded_classes import QUESTIONS
from samples import check, report, task, wrong
from service_samples import set_up
from sqlalchemy import select
from starlette.testclient import TestClient

from grader.results.report import Report
from grader.service import courses, making, tokens
from grader.service.database import Database
from grader.service.files import Files
from grader.service.schema import AssignmentRow, Revision, SubmissionRow
from grader.service.web.app import make
from grader.service.web.asking import Service
from grader.service.worker import outcome_of

REPORT = report(task(wrong("step"), check(name="other"), name="standardize"))
CLASS = "/courses/dl/hw1"
API = "/api/v1/courses/dl/assignments/hw1"


class Browser:
    """A browser with a session; its forms hold the session's mark."""

    def __init__(self, site: "Site", login: str) -> None:
        self.client = TestClient(site.app, raise_server_exceptions=False, follow_redirects=False)
        self.csrf = ""
        if login:
            with site.service.database.write() as session:
                who = courses.person_with(session, login)
                text = tokens.make(session, tokens.Kind.SESSION, who.id)
                shown = tokens.shown(session, text, tokens.Kind.SESSION)
            assert shown is not None
            self.client.cookies.set(site.service.cookie, text)
            self.csrf = shown.csrf

    def get(self, path: str) -> httpx.Response:
        return self.client.get(path)

    def post(self, path: str, **more: Any) -> httpx.Response:
        return self.client.post(path, params={"csrf": self.csrf}, **more)


class Site:
    """The service with the course of `service_samples`, and no worker."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.files = Files(folder / "files")
        set_up(database, self.files, folder / "assignment")
        self.service: Service = making.service(database, self.files)
        self.app = make(self.service)

    def browser(self, login: str = "") -> Browser:
        """Return a browser of a person, or one without a session."""
        return Browser(self, login)

    def program(self, login: str, kind: tokens.Kind = tokens.Kind.API) -> TestClient:
        """Return a client that sends a token of a person."""
        with self.service.database.write() as session:
            text = tokens.make(session, kind, courses.person_with(session, login).id)
        return self.client(text)

    def client(self, token: str = "") -> TestClient:
        """Return a client that sends a token, if there is one."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return TestClient(self.app, headers=headers, raise_server_exceptions=False, follow_redirects=False)

    def hand_in(self, login: str, **files: bytes) -> str:
        """Hand in Python files; return the id of the submission."""
        answer = self.program(login).post(
            f"{API}/submissions", files=form(files or {"standardize": b"x = 1\n"})
        )
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def grade(self, found: Report = REPORT) -> int:
        """Give every waiting submission a report, the sample if no other; return how many."""
        count = 0
        while (job := self.service.queue.claim("test")) is not None:
            assert self.service.queue.finish(job, outcome_of(found))
            count += 1
        return count

    def ask_in_words(self) -> None:
        """Let the assignment be that of `graded_classes`, with questions in words."""
        with self.service.database.write() as session:
            for one in session.scalars(select(Revision)):
                one.tasks = [
                    {
                        "name": "cell",
                        "title": "Cell",
                        "points": 4,
                        "wanted": ["f"],
                        "modules": ["standardize"],
                    },
                    {"name": "answers", "title": "Questions", "points": 5, "file": "answers.md"},
                ]
                one.questions = [question.model_dump(mode="json") for question in QUESTIONS]

    def revise(self, found: Report) -> None:
        """Add a revision that finds something else, grade all with it, and publish it."""
        with self.service.database.write() as session:
            row = session.scalars(select(AssignmentRow)).one()
            first = session.get_one(Revision, row.revision_id)
            kept = {c.key: getattr(first, c.key) for c in Revision.__table__.columns if c.key != "id"}
            session.add(Revision(**kept | {"number": first.number + 1, "archive": "f" * 64}))
        client = self.program("ines")
        assert client.post(f"{API}/regrade").status_code == 200
        self.grade(found)
        assert client.post(f"{API}/publish", json={"revision": first.number + 1}).status_code == 200

    def submissions(self) -> list[SubmissionRow]:
        """Return all that is stored."""
        with self.service.database.read() as session:
            return list(session.scalars(select(SubmissionRow).order_by(SubmissionRow.received)))


def form(files: dict[str, bytes]) -> list[tuple[str, tuple[str, bytes]]]:
    """Return Python files as a form sends them."""
    return [("files", (f"{name}.py", data)) for name, data in files.items()]


def zipped(files: dict[str, bytes]) -> bytes:
    """Return files as a zip archive."""
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return whole.getvalue()
