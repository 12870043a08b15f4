"""A small course for the tests of the service: people, an assignment, and submissions to it."""

import io
from importlib.resources import files
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from grader.assignment.loader import read_assignment
from grader.assignment.starter import write_assignment
from grader.service import courses, revisions
from grader.service.access import Role
from grader.service.archives import Upload
from grader.service.database import Database, now
from grader.service.files import Files
from grader.service.queue import Priority, enqueue, work_of
from grader.service.schema import AssignmentRow, Course, Person, Revision, SubmissionRow

RIGHT = files("grader.assignment").joinpath("starter_files/standardize/solution.py").read_bytes()
TRANSPOSED = RIGHT.replace(b"return centred", b"return centred.T.contiguous().T")
"""Right, in memory that is laid out in another way."""
_LAYOUT_CHECK = '''

@task.check(points=1)
def layout(impl: Any, case: Case) -> dict[str, Any]:
    """The result is a new tensor of the same shape."""
    result = impl.standardize(case.normal(case.size("batch", least=2), case.size("features"), name="x"))
    return {"shape": SEEN}
'''
WRONG = b"def standardize(x):\n    return x\n"
STUDENTS = ("ana", "ben", "cem")


def sent(**modules: bytes) -> list[Upload]:
    """Return Python files as a browser sends them, by the name of the module."""
    return [Upload(f"{name}.py", io.BytesIO(data)) for name, data in modules.items()]


def set_up(database: Database, kept: Files, folder: Path) -> None:
    """Make the course `dl` with three students, an assistant, an instructor and the assignment `hw1`."""
    write_assignment(folder)
    found = read_assignment(folder)
    archive = revisions.keep(kept, folder)
    with database.write() as session:
        course = courses.new_course(session, "dl", "Deep Learning")
        for login in STUDENTS:
            who = courses.person(session, login, login.title(), f"{login}@example.org")
            courses.enrol(session, course, who, Role.STUDENT)
        courses.enrol(session, course, courses.person(session, "tom", "Tom"), Role.ASSISTANT)
        courses.enrol(session, course, courses.person(session, "ines", "Ines"), Role.INSTRUCTOR)
        courses.person(session, "root", "Root", admin=True)
        courses.person(session, "stranger", "Stranger")
        revisions.add(session, course, "hw1", found, archive)


def person(session: Session, login: str) -> Person:
    return courses.person_with(session, login)


def assignment(session: Session, name: str = "hw1") -> AssignmentRow:
    return session.scalars(select(AssignmentRow).where(AssignmentRow.name == name)).one()


def add_submission(session: Session, login: str, attempt: int, priority: Priority = Priority.LIVE) -> str:
    """Store a submission without files, with its job; return its id."""
    who, row = person(session, login), assignment(session)
    submission = SubmissionRow(
        id=f"{login}{attempt}",
        assignment_id=row.id,
        person_id=who.id,
        attempt=attempt,
        received=session.scalar(select(now())),
        upload="0" * 64,
        files=1,
        size=1,
        notes=[],
    )
    session.add(submission)
    session.flush()
    revision = session.get_one(Revision, row.revision_id)
    enqueue(session, work_of(submission), revision.id, revision.archive, priority)
    return submission.id


def course(session: Session) -> Course:
    return courses.course_named(session, "dl")


def layout_check(is_mended: bool) -> str:
    """Return a check of the shape of a result; before it is mended, it refuses `TRANSPOSED`."""
    seen = "list(result.shape)" if is_mended else "[*result.shape, result.is_contiguous()]"
    return _LAYOUT_CHECK.replace("SEEN", seen)
