"""The page on which an instructor releases marks and model answers by task, with a look at it before."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse, Response
from sqlalchemy.orm import Session

from grader.errors import UsageError
from grader.service import access, actions, releases, results
from grader.service.access import May
from grader.service.policies import in_words
from grader.service.releases import SHOWN, Changes, Releases, Supposed, Time, What, releases_of
from grader.service.results import ClassLine
from grader.service.schema import AssignmentRow, Course
from grader.service.web.asking import Browser, Of
from grader.service.web.pages import of_page, page, to

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
_MOST_TASKS = 200
_MOST_STUDENTS = 500
"""To choose from."""
_CHOICES = ("shown", "withheld", "at")
_TITLES = {What.MARKS: "marks", What.ANSWERS: "model answers"}


@dataclass(frozen=True)
class Choice:
    """What a form says about one task, or about all if `task` is empty."""

    task: str
    what: What
    choice: str
    """One of `shown`, `withheld` and `at`; empty if each task has its own."""
    at: str
    """A time as a browser writes it, without a zone."""

    def time(self, shown: Releases) -> Time:
        """Return from when it is shown. Raises `UsageError`."""
        if self.choice != "at":
            return SHOWN if self.choice == "shown" else None
        try:
            written = datetime.fromisoformat(self.at)
        except ValueError:
            raise UsageError(f"Write day and time from which the {_TITLES[self.what]} are shown.") from None
        return (written if written.tzinfo else written.replace(tzinfo=shown.clock)).timestamp()


@dataclass(frozen=True)
class _Sent:
    """What a form says."""

    choices: Sequence[Choice]

    @classmethod
    def of(cls, task: list[str], fields: Mapping[What, tuple[list[str], list[str]]]) -> "_Sent":
        if len(task) > _MOST_TASKS or {len(one) for pair in fields.values() for one in pair} != {len(task)}:
            raise UsageError("This form is not whole; reload the page.")
        return cls(
            [
                Choice(name, what, choice, at)
                for what, (choices, times) in fields.items()
                for name, choice, at in zip(task, choices, times, strict=True)
                if choice in _CHOICES
            ]
        )

    def changes(self, shown: Releases) -> Changes:
        """Return what differs from what is stored; what is said of all tasks counts."""
        wanted: dict[tuple[str, What], Time] = {}
        for one in sorted(self.choices, key=lambda one: not one.task):  # what is said of all comes last
            when = one.time(shown)
            for task in [one.task] if one.task else [each.task for each in shown.tasks]:
                wanted[task, one.what] = when
        releases.checked(shown, wanted)
        return {key: when for key, when in wanted.items() if not _is_same(when, shown.time(*key), shown)}


def _is_same(one: Time, other: Time, shown: Releases) -> bool:
    """Whether two times show the same on the page, which has minutes."""
    if one is None or other is None:
        return one is other
    return one // 60 == other // 60 or (shown.is_past(one) and shown.is_past(other))


@dataclass(frozen=True)
class Look:
    """A page as a student sees it, at a moment."""

    words: str
    address: str


Names = Annotated[list[str], Form()]


@router.get("/courses/{course}/{assignment}/releases")
def show(of: Of, browser: Browser, course: str, assignment: str) -> Response:
    """Show what is released of each task, and when."""
    with of.database.read() as session:
        found, row, _ = access.assignment(session, browser.person, course, assignment, May.MANAGE)
        return page("releases.html", **_page(session, found, row, {}, 0), **of_page(browser))


@router.post("/courses/{course}/{assignment}/releases")
def change(
    of: Of,
    browser: Browser,
    course: str,
    assignment: str,
    task: Names,
    marks: Names,
    marks_at: Names,
    answers: Names,
    answers_at: Names,
    known: Annotated[str, Form(max_length=64)],
    student: Annotated[int, Form(ge=0, le=2**31 - 1)] = 0,
    action: Annotated[str, Form(pattern="^(preview|store)$")] = "preview",
) -> Response:
    """Show what a form would change, or store it."""
    sent = _Sent.of(task, {What.MARKS: (marks, marks_at), What.ANSWERS: (answers, answers_at)})
    if action == "preview":
        with of.database.read() as session:
            found, row, _ = access.assignment(session, browser.person, course, assignment, May.MANAGE)
            actions.refuse_old(session, row, known)
            changes = sent.changes(releases_of(session, row))
            return page("releases.html", **_page(session, found, row, changes, student), **of_page(browser))
    with of.database.write() as session:
        found, row, _ = access.assignment(session, browser.person, course, assignment, May.MANAGE)
        changes = sent.changes(releases_of(session, row))
        actions.release_tasks(session, browser.person, row, changes, known, of.options.notices)
    return to(f"/courses/{quote(course)}/{quote(assignment)}/releases")


def _page(
    session: Session, course: Course, row: AssignmentRow, changes: Changes, student: int
) -> dict[str, Any]:
    """Return what the page shows, with `changes` in its form."""
    shown = releases_of(session, row)
    students = results.students(session, course)
    lines = [
        line
        for line in results.class_lines(session, course, row, row.revision_id)
        if line.person.id in students
    ]
    handed_in = [line for line in lines if line.submission is not None]
    chosen = next((one for one in handed_in if one.person.id == student), next(iter(handed_in), None))
    return {
        "course": course,
        "assignment": row,
        "tasks": shown.tasks,
        "times": {
            (one.task, what): changes.get((one.task, what), shown.time(one.task, what))
            for one in shown.tasks
            for what in What
        },
        "shown": shown,
        "clock": in_words(shown.moment, shown.clock),
        "version": releases.version(session, row),
        "changes": list(_in_words(shown, changes)),
        "students": handed_in[:_MOST_STUDENTS],
        "chosen": chosen,
        "looks": list(_looks(row, shown, changes, chosen)) if chosen else [],
        "local": lambda when: datetime.fromtimestamp(when, shown.clock).strftime("%Y-%m-%dT%H:%M"),
        "What": What,
    }


def _in_words(shown: Releases, changes: Changes) -> Iterator[str]:
    for one in shown.tasks:
        for what in What:
            if (one.task, what) in changes:
                before, after = (
                    _chosen(when, shown) for when in (shown.time(one.task, what), changes[one.task, what])
                )
                yield f"{one.title}, {_TITLES[what]}: {before} now, then {after}."


def _chosen(when: Time, shown: Releases) -> str:
    """Return a time as the choices of the form name it."""
    if when is None:
        return "withheld"
    return "shown" if shown.is_past(when) else f"shown from {in_words(when, shown.clock)}"


def _looks(row: AssignmentRow, shown: Releases, changes: Changes, line: ClassLine) -> Iterator[Look]:
    """Yield what the student of a line sees now, once the changes are stored, and at each later time."""
    assert line.submission is not None
    where, name = f"/submissions/{line.submission.id}", line.person.name or line.person.login
    yield Look(f"{name} now", f"{where}?as={line.person.id}")
    times = [when for one in shown.tasks for when in (one.marks, one.answers)] + [*changes.values()]
    later = sorted({when for when in times if when is not None and when > shown.moment})
    begin = [(f"{name} once this is stored", shown.moment)] if changes else []
    for words, when in [*begin, *((f"{name} on {in_words(when, shown.clock)}", when) for when in later)]:
        code = Supposed(row.id, when, changes).code
        yield Look(words, f"{where}?as={line.person.id}&then={code}")
