"""What people decide about an assignment, as rows that are only added."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from grader.errors import GraderError, UsageError
from grader.results.decisions import Decision
from grader.service.schema import (
    AssignmentRow,
    Calibration,
    CalibrationGrade,
    DecisionRow,
    Person,
    Stored,
)

GONE = "somebody who left"
"""Who decided, once the person was erased."""
_IN_COLUMNS = {"id", "by", "submission"}


class DecidedMeanwhile(GraderError):
    """Somebody else has decided about this since the page was made."""


class InCalibration(UsageError):
    """This answer is in an open calibration: it can be decided about once that is closed."""


Condition = Callable[[Sequence[Decision]], None]
"""Raises if a decision should not be added to these."""


def of_assignment(session: Session, row: AssignmentRow, who: Person | None = None) -> list[Decision]:
    """Return all decisions about an assignment in their order; `who` is one more to be told by name."""
    return _read(session, DecisionRow.assignment_id == row.id, who)


def of_submission(session: Session, assignment_id: int, submission_id: str) -> list[Decision]:
    """Return the decisions that concern a submission, those that concern all as well.

    Model answers are released in `grader.service.releases` alone.
    """
    concerns = DecisionRow.submission_id.is_(None) | (DecisionRow.submission_id == submission_id)
    found = _read(session, (DecisionRow.assignment_id == assignment_id) & concerns, None)
    return [one for one in found if one.kind != "release"]


def of_all(session: Session, row: AssignmentRow) -> list[Decision]:
    """Return the decisions that concern all submissions of an assignment."""
    return _read(session, (DecisionRow.assignment_id == row.id) & DecisionRow.submission_id.is_(None), None)


def in_calibration(session: Session, row: AssignmentRow) -> set[tuple[str, str, str]]:
    """Return submission, task and check of the answers of an assignment's open calibrations."""
    found = session.execute(
        select(CalibrationGrade.submission_id, Calibration.task, Calibration.check)
        .join(Calibration, Calibration.id == CalibrationGrade.calibration_id)
        .where(Calibration.assignment_id == row.id, Calibration.closed.is_(None))
        .distinct()
    )
    return {(one[0], one[1], one[2]) for one in found}


def add(
    session: Session, row: AssignmentRow, who: Person, made: Sequence[Decision], condition: Condition
) -> None:
    """Add the decisions of a person. What `condition` raises about those that are there is passed on.

    Raises `InCalibration`.

    No one else adds one to the same assignment until the transaction ends.
    """
    lock(session, row)
    condition(of_assignment(session, row, who))
    if not in_calibration(session, row).isdisjoint(one.target for one in made):
        raise InCalibration
    session.add_all(
        DecisionRow(
            id=one.id,
            assignment_id=row.id,
            submission_id=one.submission or None,
            person_id=who.id,
            data=one.model_dump(mode="json", exclude_defaults=True, exclude=_IN_COLUMNS),
        )
        for one in made
    )
    session.flush()


def lock(session: Session, row: AssignmentRow) -> None:
    """Let no other transaction decide about an assignment until this one ends; uploads go on.

    On PostgreSQL two would not see each other's decisions; SQLite has one writer.
    """
    wanted = select(AssignmentRow.id).where(AssignmentRow.id == row.id)
    session.execute(wanted.with_for_update(key_share=True)).all()


def has_prices(session: Session, assignment_id: int) -> bool:
    """Whether somebody has set prices of slips, which all marks may depend on."""
    made = select(DecisionRow.number).where(DecisionRow.assignment_id == assignment_id, is_price())
    return session.scalar(made.limit(1)) is not None


def is_price() -> ColumnElement[bool]:
    """Return whether a row sets the price of a slip."""
    kind: ColumnElement[str] = DecisionRow.data["kind"].as_string()
    return DecisionRow.submission_id.is_(None) & (kind == "price")


def name_of(session: Session, row: AssignmentRow, who: Person) -> str:
    """Return what a person is called in the decisions about an assignment: the same for no other."""
    deciders = select(DecisionRow.person_id).where(DecisionRow.assignment_id == row.id).distinct()
    people = session.scalars(select(Person).where(Person.id.in_(deciders))).all()
    return names([*people, who])[who.id]


def _read(session: Session, which: ColumnElement[bool], who: Person | None) -> list[Decision]:
    rows = session.scalars(select(DecisionRow).where(which).order_by(DecisionRow.number)).all()
    if not rows:
        return []
    # All who decided about the assignment, so that a name does not depend on what is asked for.
    deciders = select(DecisionRow.person_id).where(DecisionRow.assignment_id == rows[0].assignment_id)
    people = session.scalars(select(Person).where(Person.id.in_(deciders.distinct()))).all()
    known = names([*people, *([who] if who else [])])
    return [_decision(row, known.get(row.person_id or 0, GONE)) for row in rows]


def _decision(row: DecisionRow, by: str) -> Decision:
    known: Stored = {"id": row.id, "by": by, "submission": row.submission_id or ""}
    return Decision.model_validate({**row.data, **known})


def names(people: Iterable[Person]) -> dict[int, str]:
    """Return a name by the number of a person; two people of one name are told apart by their logins."""
    by_id = {one.id: one for one in people}
    count = Counter(one.name or one.login for one in by_id.values())
    return {
        one.id: f"{one.name} ({one.login})"[:200]
        if count[one.name or one.login] > 1
        else one.name or one.login
        for one in by_id.values()
    }
