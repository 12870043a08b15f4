"""How people decide: on the page of a submission, in answers to questions, and in the review of a class."""

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache

from sqlalchemy.orm import Session

from grader.errors import UsageError
from grader.judging.deciding import decided, fingerprint_of_task
from grader.judging.suggesting import Suggest, suggest
from grader.report.numbers import points
from grader.results.decisions import MOST_TEXT, Decision, Kind, fingerprint, of_marks, standing
from grader.results.report import CheckResult, Report, TaskResult
from grader.results.rubric import Question
from grader.service import access, courses, decisions, marks, notices, results
from grader.service.access import ALLOWED, May, NotThere, Refused, Role
from grader.service.database import Database
from grader.service.decisions import Condition, DecidedMeanwhile, InCalibration
from grader.service.marks import Result
from grader.service.releases import Releases
from grader.service.schema import AssignmentRow, Course, Person, ResultRow, Revision, SubmissionRow

_OF_MARKS = ("points", "items")
_MOST_REPORTS = 2000
_MOST_SUGGESTIONS = 10_000


@dataclass(frozen=True)
class Target:
    """What points can be given for, as the page of a submission offers it."""

    task: str
    check: str
    """Empty for the task as a whole."""
    title: str
    score: float
    points: float
    known: str
    """The id of the decision that counts, empty for none."""

    @property
    def value(self) -> str:
        """What a form sends."""
        return f"{self.known}/{self.task}/{self.check}"


@dataclass(frozen=True)
class Given:
    """Points that a form gives, from `Target.value`."""

    task: str
    check: str
    known: str
    points: float
    reason: str

    @classmethod
    def of(cls, target: str, points: float, reason: str) -> "Given":
        """Return what a form says. Raises `NotThere` for a target that is none."""
        parts = target.split("/", 2)
        if len(parts) != 3:
            raise NotThere(target)
        known, task, check = parts
        return cls(task, check, known, points, reason)


def targets(report: Report) -> list[Target]:
    """Return what points can be given for, from a report with decisions."""
    found = []
    for task in report.tasks:
        whole = Target(task.task, "", f"{task.title}, as a whole", task.score, task.points, _id(task))
        found.append(whole)
        found += [
            Target(
                task.task,
                one.check,
                f"{task.title}: {one.title.rstrip('.')}",
                one.score,
                one.points,
                _id(one),
            )
            for one in task.checks
            if one.points
        ]
    return found


def outcome(
    session: Session,
    row: AssignmentRow,
    found: Result,
    report: Report,
    decision: str,
    shown: Releases | None = None,
) -> str:
    """Return what came of a question about a mark: what the decision gave, if it still counts.

    It is empty if `shown` withholds the marks of the task.
    """
    for number, (task, one) in enumerate(_judged(report)):
        if one.decided is not None and one.decided.id == decision:
            if shown is not None and not shown.is_out(task):
                return ""
            before = _judged(_before(session, row, found, decision))[number][1].score
            title = one.title.rstrip(".")
            colon = "" if title.endswith("?") else ":"
            return (
                f"{title}{colon} {points(one.score)} of {points(one.points)} points, {points(before)} before."
            )
    return "The points that came of it were changed again later."


def _judged(report: Report) -> list[tuple[str, TaskResult | CheckResult]]:
    """Return all that can be decided about, each with the name of its task."""
    found: list[tuple[str, TaskResult | CheckResult]] = []
    for task in report.tasks:
        judged: tuple[TaskResult | CheckResult, ...] = (task, *task.checks)
        found += [(task.task, one) for one in judged]
    return found


def _before(session: Session, row: AssignmentRow, found: Result, decision: str) -> Report:
    """Return the report as it was before a decision: somebody may have decided about the same earlier."""
    known = decisions.of_submission(session, row.id, found.row.submission_id)
    place = [one.id for one in known].index(decision)
    asked = marks.questions(session.get_one(Revision, found.row.revision_id))
    return decided(marks.machine_report(session, found.row), known[:place], asked)


def _id(one: TaskResult | CheckResult) -> str:
    return one.decided.id if one.decided else ""


def give(session: Session, who: Person, name: str, given: Given, notice: Sequence[str] = ()) -> Decision:
    """Store other points for a check or a task of a submission; `notice` is how its student is told.

    Raises `UsageError` for points or a reason that cannot be, and `DecidedMeanwhile`.
    """
    row, submission, found = _to_decide(session, who, name)
    report = marks.machine_report(session, found.row)
    task = next((one for one in report.tasks if one.task == given.task), None)
    check = next((one for one in task.checks if one.check == given.check), None) if task else None
    if task is None or (given.check and check is None):
        raise NotThere(given.check or given.task)
    most = task.points if check is None else check.points
    if not 0 <= given.points <= most:
        raise UsageError(f"Give 0 to {most:g} points.")
    made = decision(
        "points",
        submission.id,
        task=task.task,
        check=given.check,
        points=given.points,
        text=_text(given.reason, "a reason: the student reads it"),
        seen=fingerprint_of_task(task) if check is None else fingerprint(check),
    )

    def is_known(there: Sequence[Decision]) -> None:
        last = of_marks(there).get((submission.id, given.task, given.check))
        if last is not None and last.id != given.known:
            raise DecidedMeanwhile(
                f"{last.by} has decided about this in between: {last.text or 'no reason given'}. Look at it, "
                "and decide again if you see it differently."
            )

    add(session, row, who, made, is_known, notice)
    return made


def comment(session: Session, who: Person, name: str, text: str, file: str = "", line: int = 0) -> Decision:
    """Store a comment on a submission, or on a line of a file of it."""
    row, submission, _ = _to_decide(session, who, name)
    made = decision(
        "comment", submission.id, text=_text(text, "a comment"), file=file.strip()[:300], line=line
    )
    add(session, row, who, made)
    return made


def take_back(session: Session, who: Person, name: str, taken: str, notice: Sequence[str] = ()) -> Decision:
    """Take back a decision about a submission, by any person. Raises `NotThere` if it does not stand."""
    row, submission, _ = _to_decide(session, who, name)
    made = decision("undo", submission.id, undoes=taken)

    def stands(there: Sequence[Decision]) -> None:
        if not any(one.id == taken and one.submission == submission.id for one in standing(there)):
            raise NotThere(taken)

    add(session, row, who, made, stands, notice)
    return made


def add(
    session: Session,
    row: AssignmentRow,
    who: Person,
    made: Decision,
    condition: Condition = lambda there: None,
    notice: Sequence[str] = (),
) -> None:
    """Store a decision about a submission and the mark that follows, both or nothing."""
    notices.may_change(session, row, notice, [made.submission])
    decisions.add(session, row, who, [made], condition)
    marks.keep(session, row, [made.submission])
    courses.note(session, who.id, "decided", made.submission)


def made_about(session: Session, row: AssignmentRow, submission: SubmissionRow) -> list[Decision]:
    """Return the decisions about a submission that stand."""
    found = decisions.of_submission(session, row.id, submission.id)
    return [one for one in standing(found) if one.submission]


def _to_decide(session: Session, who: Person, name: str) -> tuple[AssignmentRow, SubmissionRow, Result]:
    _, row, submission, role = access.submission(session, who, name, May.DECIDE)
    if not _may_decide_about(submission, who, role):
        raise Refused("another person decides about what one handed in")
    found = results.result(session, row, submission.id)
    if found is None:
        raise UsageError("It is not graded yet.")
    return row, submission, found


def _may_decide_about(submission: SubmissionRow, who: Person, role: Role) -> bool:
    return submission.person_id != who.id or May.MANAGE in ALLOWED[role]


def decision(kind: Kind, submission: str, **fields: object) -> Decision:
    """Return a new decision about a submission; who makes it is stored with it."""
    known = {
        "id": secrets.token_hex(8),
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
        "by": "",  # it is stored by number
        "kind": kind,
        "submission": submission,
    }
    return Decision.model_validate(known | fields)


def _text(text: str, what: str) -> str:
    plain = courses.storable(text)
    if not plain:
        raise UsageError(f"Write {what}.")
    if len(plain) > MOST_TEXT:
        raise UsageError(f"Write at most {MOST_TEXT} characters.")
    return plain


# The review of a class


class Prepared:
    """What reviews need again and again: reports without what they do not show, and suggestions."""

    def __init__(self) -> None:
        self.suggest: Suggest = lru_cache(_MOST_SUGGESTIONS)(suggest)
        self._reports: dict[int, Report] = {}

    def report(self, session: Session, row: ResultRow) -> Report:
        """Return what the machine found; it is read once, since results never change."""
        found = self._reports.get(row.id)
        if found is None:
            found = for_review(marks.machine_report(session, row))
            while len(self._reports) >= _MOST_REPORTS:
                self._reports.pop(next(iter(self._reports)), None)
            self._reports[row.id] = found
        return found


@dataclass(frozen=True)
class ReviewedDecisions:
    """The decisions about an assignment, for `grader.review`."""

    database: Database
    row: AssignmentRow
    who: Person
    notice: Sequence[str] = ()
    """How students are told of marks that change."""

    def read(self) -> Sequence[Decision]:
        """Return all decisions in their order."""
        with self.database.read() as session:
            return decisions.of_assignment(session, self.row, self.who)

    def append(self, made: Sequence[Decision], condition: Condition) -> None:
        """Add decisions, and keep the marks that follow."""
        names = {one.submission for one in made}
        with self.database.write() as session:
            notices.may_change(session, self.row, self.notice, None if "" in names else sorted(names))
            try:
                decisions.add(session, self.row, self.who, made, condition)
            except InCalibration as error:  # of a page that was made before
                raise ValueError(str(error)) from None
            for name in sorted(names):
                courses.note(session, self.who.id, "decided", name or f"assignment {self.row.id}")
        marks.keep_all(self.database, self.row, None if "" in names else sorted(names))


@dataclass(frozen=True)
class ReviewedReports:
    """The reports on a class that count, for `grader.review`: each student's newest submission."""

    database: Database
    prepared: Prepared
    course: Course
    row: AssignmentRow
    who: Person
    role: Role

    def questions(self) -> Sequence[Question]:
        """Return the questions in words of the revision that counts."""
        with self.database.read() as session:
            revision = session.get(Revision, self.row.revision_id or 0)
            return marks.questions(revision) if revision else ()

    def reports(self) -> Sequence[Report]:
        """Return what the machine found, by the names of students.

        Without the reviewer's own work, and without answers of an open calibration: its graders would see
        here what others decide about them.
        """
        with self.database.read() as session:
            lines = results.class_lines(session, self.course, self.row, self.row.revision_id)
            held_back = decisions.in_calibration(session, self.row)
            return [
                _without(self.prepared.report(session, line.result.row), held_back)
                for line in lines
                if line.result is not None
                and line.submission is not None
                and _may_decide_about(line.submission, self.who, self.role)
            ]

    def people(self, submission: str) -> str:
        """Return who handed a submission in."""
        with self.database.read() as session:
            found = session.get_one(Person, session.get_one(SubmissionRow, submission).person_id)
            return found.name or found.login


def _without(report: Report, targets: Collection[tuple[str, str, str]]) -> Report:
    if not any(one[0] == report.submission for one in targets):
        return report
    tasks = tuple(
        task.model_copy(
            update={
                "checks": tuple(
                    one for one in task.checks if (report.submission, task.task, one.check) not in targets
                )
            }
        )
        for task in report.tasks
    )
    return report.model_copy(update={"tasks": tasks})


def for_review(report: Report) -> Report:
    """Return a report without the values and the programs that the pages of a review do not show."""
    tasks = []
    for task in report.tasks:
        checks = []
        for one in task.checks:
            evidence = one.evidence
            if evidence is not None:
                bare = {"inputs": (), "comparisons": (), "seen": (), "snippet": ""}
                evidence = evidence.model_copy(update=bare)
            # A check without points is left out of a review, and with it what it draws.
            picture = None if one.points else one.picture
            checks.append(one.model_copy(update={"evidence": evidence, "picture": picture}))
        tasks.append(task.model_copy(update={"checks": tuple(checks), "output": ""}))
    return report.model_copy(update={"tasks": tuple(tasks)})
