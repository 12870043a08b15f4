"""Marks: what the machine found, and what people decided since.

A mark is computed, whenever it is asked for. For submissions about which somebody decided that takes some
milliseconds each, so what was computed is kept with the number of the last decision that it holds.
"""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, aliased

from grader.course.rows import graded
from grader.judging.deciding import decided
from grader.results.report import Report
from grader.results.rubric import Question
from grader.service import decisions
from grader.service.database import Database
from grader.service.schema import (
    AssignmentRow,
    DecisionRow,
    MarkRow,
    ReportRow,
    ResultRow,
    Revision,
    SubmissionRow,
)

_Name = TypeVar("_Name", int, str)
_AT_ONCE = 500
"""Names in one statement."""
_KEPT_AT_ONCE = 40
"""Marks in one transaction."""


@dataclass(frozen=True)
class Result:
    """A result with the mark that follows from what people decided about it."""

    row: ResultRow
    score: float
    points: float
    """What can be reached."""
    final: bool
    graded: bytes
    look_again: int = 0
    """How many decisions a person should look at again."""

    @property
    def waits(self) -> bool:
        """Whether answers in words wait for a person."""
        return not (self.final or self.is_broken or self.look_again)

    @property
    def is_broken(self) -> bool:
        """Whether a fault of ours is in it, so that it may be tried again."""
        return self.row.broken


def with_decisions(session: Session, revision: Revision, found: Sequence[ResultRow]) -> dict[str, Result]:
    """Return results of one revision with what people decided, by submission."""
    latest = _latest(session, revision.assignment_id, [one.submission_id for one in found])
    kept: dict[int, Any] = {}
    columns = (
        MarkRow.result_id,
        MarkRow.seen,
        MarkRow.score,
        MarkRow.final,
        MarkRow.look_again,
        MarkRow.graded,
    )
    for part in parts([one.id for one in found if one.submission_id in latest]):
        kept |= {
            row.result_id: row for row in session.execute(select(*columns).where(MarkRow.result_id.in_(part)))
        }
    whole = {}
    for one in found:
        wanted, mark = latest.get(one.submission_id), kept.get(one.id)
        if wanted is None:
            whole[one.submission_id] = Result(one, one.score, one.points, one.final, one.graded)
        elif mark is not None and mark.seen >= wanted:
            whole[one.submission_id] = Result(
                one, mark.score, one.points, mark.final, mark.graded, mark.look_again
            )
        else:
            whole[one.submission_id] = _computed(session, revision, one)
    return whole


def keep(session: Session, row: AssignmentRow, submissions: Sequence[str]) -> None:
    """Compute the marks of a few submissions for the revision that counts, and keep them."""
    for mark in _marks(session, row, submissions):
        session.merge(mark)
    session.flush()


def keep_all(database: Database, row: AssignmentRow, submissions: Sequence[str] | None = None) -> None:
    """Do the same for many submissions, all about which somebody decided if none are named.

    If somebody has set prices, these are all that count as well. It takes seconds for a large class, so
    others can write in between.
    """
    with database.read() as session:
        fresh = session.get_one(AssignmentRow, row.id)
        decided_about = select(DecisionRow.submission_id).where(
            DecisionRow.assignment_id == row.id, DecisionRow.submission_id.is_not(None)
        )
        found_names = {one for one in session.scalars(decided_about.distinct()) if one}
        if decisions.has_prices(session, row.id):
            found_names |= {*session.scalars(newest_of(row))}
        names = sorted(found_names)
    for part in parts([one for one in names if submissions is None or one in {*submissions}], _KEPT_AT_ONCE):
        with database.read() as session:
            found = _marks(session, fresh, part)
        with database.write() as session:
            ids = [one.result_id for one in found]
            there = {*session.scalars(select(ResultRow.id).where(ResultRow.id.in_(ids)))}
            for mark in found:
                if mark.result_id in there:  # a person may have been erased meanwhile
                    session.merge(mark)


def keep_new(database: Database) -> int:
    """Keep marks of results that came after somebody had set prices, some at a time; return how many."""
    later = aliased(ResultRow)
    count = 0
    with database.read() as session:
        priced = select(DecisionRow.assignment_id).where(decisions.is_price()).distinct()
        rows = session.scalars(select(AssignmentRow).where(AssignmentRow.id.in_(priced))).all()
    for row in rows:
        is_old = select(later.id).where(
            later.submission_id == ResultRow.submission_id,
            later.revision_id == ResultRow.revision_id,
            later.run > ResultRow.run,
        )
        not_kept = (
            select(ResultRow.submission_id)
            .outerjoin(MarkRow, MarkRow.result_id == ResultRow.id)
            .where(ResultRow.revision_id == row.revision_id, MarkRow.result_id.is_(None))
            .where(~is_old.exists(), ResultRow.submission_id.in_(newest_of(row)))
        )
        with database.read() as session:
            names = session.scalars(not_kept.limit(_KEPT_AT_ONCE)).all()
        if names:
            keep_all(database, row, names)
        count += len(names)
    return count


def newest_of(row: AssignmentRow) -> Select[str]:
    """Select each person's newest submission."""
    later = aliased(SubmissionRow)
    is_old = select(later.id).where(
        later.assignment_id == SubmissionRow.assignment_id,
        later.person_id == SubmissionRow.person_id,
        later.attempt > SubmissionRow.attempt,
    )
    return select(SubmissionRow.id).where(SubmissionRow.assignment_id == row.id, ~is_old.exists())


def _marks(session: Session, row: AssignmentRow, submissions: Sequence[str]) -> list[MarkRow]:
    revision = None if row.revision_id is None else session.get(Revision, row.revision_id)
    if revision is None:
        return []
    latest = _latest(session, row.id, submissions)
    rows = session.scalars(
        select(ResultRow)
        .where(ResultRow.revision_id == revision.id, ResultRow.submission_id.in_(latest))
        .order_by(ResultRow.run)
    )
    found = []
    for one in {one.submission_id: one for one in rows}.values():
        mark = _computed(session, revision, one)
        found.append(
            MarkRow(
                result_id=one.id,
                seen=latest[one.submission_id],
                score=mark.score,
                final=mark.final,
                look_again=mark.look_again,
                graded=mark.graded,
            )
        )
    return found


def machine_report(session: Session, found: ResultRow) -> Report:
    """Return what the machine found; the submission is called by its id."""
    data = session.get_one(ReportRow, found.id).data
    read = Report.model_validate_json(zlib.decompress(data))
    return read.model_copy(update={"submission": found.submission_id})


def decided_report(session: Session, revision: Revision, found: ResultRow) -> Report:
    """Return a report with what people decided; the submission is called by its id."""
    known = decisions.of_submission(session, revision.assignment_id, found.submission_id)
    return decided(machine_report(session, found), known, questions(revision))


def questions(revision: Revision) -> tuple[Question, ...]:
    """Return the questions in words of a revision."""
    return tuple(Question.model_validate(one) for one in revision.questions)


def _latest(session: Session, assignment_id: int, names: Sequence[str]) -> dict[str, int]:
    """Return the number of the last decision by submission, for those that somebody decided about."""
    of_all = session.scalar(
        select(func.max(DecisionRow.number)).where(
            DecisionRow.assignment_id == assignment_id, DecisionRow.submission_id.is_(None)
        )
    )
    found: dict[str, int] = {}
    if decisions.has_prices(session, assignment_id):
        found = dict.fromkeys(names, of_all or 0)
    for part in parts(names):
        rows = session.execute(
            select(DecisionRow.submission_id, func.max(DecisionRow.number))
            .where(DecisionRow.assignment_id == assignment_id, DecisionRow.submission_id.in_(part))
            .group_by(DecisionRow.submission_id)
        )
        found |= {str(name): max(number, of_all or 0) for name, number in rows}
    return found


def _computed(session: Session, revision: Revision, found: ResultRow) -> Result:
    whole = decided_report(session, revision, found)
    packed = zlib.compress(graded(whole).model_dump_json(exclude_defaults=True).encode("utf-8", "replace"))
    return Result(found, whole.score, found.points, whole.final, packed, whole.another_look)


def parts(names: Sequence[_Name], most: int = _AT_ONCE) -> list[Sequence[_Name]]:
    """Return names in parts that fit into a statement each."""
    return [names[at : at + most] for at in range(0, len(names), most)]
