"""Courses, people and assignments, set up by a program: what `grade admin` does, with rights checked."""

import contextlib
import tempfile
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from grader.errors import AssignmentError, GraderError, UsageError
from grader.sandbox.probe import open_sandbox
from grader.sandbox.restarting import RestartingSandbox
from grader.service import courses, revisions
from grader.service.access import Refused, Role
from grader.service.archives import Upload, unpacked
from grader.service.database import Database
from grader.service.files import Files
from grader.service.schema import AssignmentRow, Course, Person


def new_course(session: Session, who: Person, name: str, title: str) -> Course:
    """Make a course; only an administrator may. Raises `Refused`, and `UsageError`."""
    if not who.admin:
        raise Refused("courses")
    made = courses.new_course(session, name, title)
    courses.note(session, who.id, "new course", name)
    return made


def set_person(
    session: Session, who: Person, course: Course, login: str, *, name: str, email: str, role: Role
) -> bool:
    """Give somebody a role in a course; return whether the person is new.

    Name and address of a person who is known already are an administrator's to change: by an address people
    sign in elsewhere. Raises `Refused`, and `UsageError`.
    """
    known = session.scalar(select(Person).where(Person.login == login))
    changes = known is not None and (
        (name or known.name) != known.name or (email or known.email) != known.email
    )
    if changes and not who.admin:
        raise Refused("name and address")
    found = courses.person(session, login, name, email)
    courses.enrol(session, course, found, role)
    courses.note(session, who.id, f"enrolled as {role}", f"person {found.id}, course {course.id}")
    return known is None


def set_rules(
    session: Session,
    who: Person,
    row: AssignmentRow,
    *,
    policy: str | None,
    attempts: int | None,
    closes: float | None,
) -> None:
    """Set the rules that are given; `policy` is the text of a policy.toml. Raises `UsageError`."""
    with tempfile.TemporaryDirectory(prefix="grade-") as temporary:
        path = Path(temporary) / "policy.toml"
        if policy is not None:
            path.write_text(policy, encoding="utf-8", errors="replace")
        rules = revisions.Rules(path if policy is not None else None, attempts, closes)
        with _without_paths(Path(temporary)):
            revisions.set_rules(session, row, rules)
    courses.note(session, who.id, "rules", f"assignment {row.id}")


@dataclass
class Assignments:
    """Takes in assignments, one at a time: to check one needs a sandbox. `answers` is the workers' cache."""

    answers: Path
    _turn: threading.Lock = field(default_factory=threading.Lock)

    def add(
        self, database: Database, files: Files, who: Person, course: Course, name: str, sent: Sequence[Upload]
    ) -> tuple[int, bool, bool]:
        """Store what was sent as a revision, if its solution passes its checks.

        Return its number, whether it is new, and whether its marks count. Raises `UsageError`, and
        `AssignmentError`.
        """
        courses.valid_name(name, "an assignment")
        if not self._turn.acquire(blocking=False):
            raise UsageError("Another assignment is being checked; try again in a minute.")
        try:
            with tempfile.TemporaryDirectory(prefix="grade-") as place, _without_paths(Path(place)):
                folder = _whole(unpacked(sent, Path(place))[0])
                with contextlib.closing(RestartingSandbox(open_sandbox)) as sandbox:
                    found = revisions.checked(folder, sandbox, self.answers)
                archive = revisions.keep(files, folder)
        finally:
            self._turn.release()
        with database.write() as session:
            revision, is_new = revisions.add(session, course, name, found, archive)
            row = courses.assignment_named(session, course, name)
            courses.note(session, who.id, "revision", f"revision {revision.id}")
            return revision.number, is_new, row.revision_id == revision.id


def _whole(folder: Path) -> Path:
    """Return the folder with assignment.toml: what came, or the one folder in it."""
    found = [
        path.parent
        for path in (folder / "assignment.toml", *folder.glob("*/assignment.toml"))
        if path.is_file()
    ]
    if not found:
        raise AssignmentError("There is no assignment.toml in what you sent.")
    return found[0]


@contextlib.contextmanager
def _without_paths(folder: Path) -> Iterator[None]:
    """Let no error name a folder of this machine."""
    try:
        yield
    except GraderError as error:
        raise type(error)(str(error).replace(f"{folder}/upload/", "").replace(f"{folder}/", "")) from None
