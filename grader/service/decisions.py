"""What people decide about an assignment, as rows that are only added."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from grader.errors import GraderError
from grader.results.decisions import Decision
from grader.service.schema import AssignmentRow, DecisionRow, Person, Stored

GONE = "somebody who left"
"""Who decided, once the person was erased."""
_IN_COLUMNS = {"id", "by", "submission"}


class DecidedMeanwhile(GraderError):
    """Somebody else has decided about this since the page was made."""


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


def add(
    session: Session, row: AssignmentRow, who: Person, made: Iterable[Decision], condition: Condition
) -> None:
    """Add the decisions of a person. What `condition` raises about those that are there is passed on.

    Nobody else adds one to the same assignment until the transaction ends.
    """
    # On PostgreSQL two transactions would not see each other's decisions; SQLite has one writer.
    session.execute(select(AssignmentRow.id).where(AssignmentRow.id == row.id).with_for_update()).all()
    condition(of_assignment(session, row, who))
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
    return _names([*people, who])[who.id]


def _read(session: Session, which: ColumnElement[bool], who: Person | None) -> list[Decision]:
    rows = session.scalars(select(DecisionRow).where(which).order_by(DecisionRow.number)).all()
    if not rows:
        return []
    # All who decided about the assignment, so that a name does not depend on what is asked for.
    deciders = select(DecisionRow.person_id).where(DecisionRow.assignment_id == rows[0].assignment_id)
    people = session.scalars(select(Person).where(Person.id.in_(deciders.distinct()))).all()
    names = _names([*people, *([who] if who else [])])
    return [_decision(row, names.get(row.person_id or 0, GONE)) for row in rows]


def _decision(row: DecisionRow, by: str) -> Decision:
    known: Stored = {"id": row.id, "by": by, "submission": row.submission_id or ""}
    return Decision.model_validate({**row.data, **known})


def _names(people: Iterable[Person]) -> dict[int, str]:
    """Return a name per person; two people of one name are told apart by their logins."""
    by_id = {one.id: one for one in people}
    count = Counter(one.name or one.login for one in by_id.values())
    return {
        one.id: f"{one.name} ({one.login})"[:200]
        if count[one.name or one.login] > 1
        else one.name or one.login
        for one in by_id.values()
    }
