"""Courses, people and assignments, set up by a program: what `grade admin` does, with rights checked."""

import contextlib
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, fields
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from grader.assignment.loader import Assignment, read_assignment
from grader.course.roster import read_roster
from grader.errors import AssignmentError, GraderError, UsageError
from grader.sandbox.contract import Ending, Hear, Limits, Sandbox
from grader.sandbox.probe import open_sandbox
from grader.sandbox.restarting import RestartingSandbox
from grader.service import access, courses, revisions
from grader.service.access import Refused, Role
from grader.service.archives import Upload, unpacked
from grader.service.database import Database
from grader.service.files import Files
from grader.service.schema import AssignmentRow, Course, Person

_WIDEST = 5
"""How many times a default a limit may be."""
_ELSEWHERE = "who runs the service can add it with `grade admin assignment`"


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

    Name and address of a person who is known already are an administrator's to change, and an address is an
    administrator's to give: by it people sign in elsewhere, and a login may belong to several courses. The
    address that an instructor gives for somebody without one is dropped. Raises `Refused`, and `UsageError`.
    """
    known = session.scalar(select(Person).where(Person.login == login))
    if not who.admin:
        email = email if known is not None and known.email else ""
        if known is not None and (name or known.name, email or known.email) != (known.name, known.email):
            raise Refused("name and address")
    found = courses.person(session, login, name, email)
    courses.enrol(session, course, found, role)
    courses.note(session, who.id, f"enrolled as {role}", f"person {found.id}, course {course.id}")
    return known is None


def add_roster(session: Session, who: Person, course: Course, text: str) -> tuple[int, int]:
    """Make the people of a roster, the text of a CSV file, students; return how many are new, and how many
    are in it.

    Somebody who is in the course keeps his or her role. An administrator's roster gives names and addresses
    of people who are known, too. Raises `UsageError` that names the line.
    """
    with tempfile.TemporaryDirectory(prefix="grade-") as temporary, _without_paths(Path(temporary)):
        path = Path(temporary) / "roster.csv"
        path.write_text(text, encoding="utf-8", errors="replace")
        listed = read_roster(path).people
    if who.admin:
        courses.note(session, who.id, "roster", f"course {course.id}")
        return courses.enrol_roster(session, course, listed), len(listed)
    held = {one.login for one, _ in access.members(session, course)}
    new = [one for one in listed if one.id not in held]
    for one in new:
        known = session.scalar(select(Person.id).where(Person.login == one.id)) is not None
        name, email = ("", "") if known else (one.name, one.email)
        set_person(session, who, course, one.id, name=name, email=email, role=Role.STUDENT)
    return len(new), len(listed)


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
    seconds: float = 600.0
    """For the check of one."""
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
                _refuse_wide_limits(read_assignment(folder))
                with contextlib.closing(RestartingSandbox(open_sandbox)) as sandbox:
                    ends = _Ends(sandbox, time.monotonic() + self.seconds)
                    found = revisions.checked(folder, ends, self.answers)
                archive = revisions.keep(files, folder)
        finally:
            self._turn.release()
        with database.write() as session:
            revision, is_new = revisions.add(session, course, name, found, archive)
            row = courses.assignment_named(session, course, name)
            courses.note(session, who.id, "revision", f"revision {revision.id}")
            return revision.number, is_new, row.revision_id == revision.id


@dataclass
class _Ends:
    """A sandbox that runs nothing more after a moment of `time.monotonic()`."""

    sandbox: Sandbox
    end: float

    def __post_init__(self) -> None:
        self.level, self.not_isolated = self.sandbox.level, self.sandbox.not_isolated

    def run(self, job: bytes, limits: Limits, hear: Hear, files: Mapping[str, bytes]) -> Ending:
        """See `grader.sandbox.contract.Sandbox`. Raises `AssignmentError` after the end."""
        if time.monotonic() > self.end:
            raise AssignmentError(f"The checks of this assignment take too long; {_ELSEWHERE}.")
        return self.sandbox.run(job, limits, hear, files)

    def holding(self, files: Mapping[str, bytes]) -> AbstractContextManager[object]:
        """See `grader.sandbox.contract.Sandbox`."""
        return self.sandbox.holding(files)

    def alone(self) -> AbstractContextManager[object]:
        """See `grader.sandbox.contract.Sandbox`."""
        return self.sandbox.alone()

    def close(self) -> None:
        """See `grader.sandbox.contract.Sandbox`."""
        self.sandbox.close()


def _refuse_wide_limits(found: Assignment) -> None:
    """Raise `AssignmentError` for limits that would let one course use up a machine that all share."""
    most, places = Limits(), {"limits": found.limits}
    places |= {f"tasks.{task.name}: limits": task.limits for task in found.tasks}
    for place, limits in places.items():
        for one in fields(Limits):
            value, usual = getattr(limits, one.name), getattr(most, one.name)
            if usual is not None and value > _WIDEST * usual:
                raise AssignmentError(
                    f"assignment.toml: {place}: {one.name} may be {_WIDEST * usual:g} at most; {_ELSEWHERE}."
                )


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
