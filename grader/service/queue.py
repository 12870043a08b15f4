"""The queue: jobs in the database, each held by at most one worker for as long as it is heard of.

A worker holds a job by a lease, which it renews. If it is not heard of, the job goes to another worker under
another lease, and what the first one does later changes nothing. All times are the database's.
"""

import secrets
from dataclasses import dataclass
from enum import IntEnum, StrEnum

from sqlalchemy import ColumnElement, Select, and_, bindparam, exists, func, insert, select, tuple_, update
from sqlalchemy.orm import Session, aliased

from grader.service.database import Database, now
from grader.service.schema import AssignmentRow, JobRow, ReportRow, ResultRow, Revision, SubmissionRow

LEASE_SECONDS = 6.0
"""How long a worker may be silent before its job is given to another one."""
MOST_DEATHS = 3
"""Workers that a job may end before it is parked."""
_LONGEST_PROGRESS = 200


class State(StrEnum):
    """Where a job is."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    PARKED = "parked"  # it ended its worker again and again


LIVE = (State.QUEUED, State.RUNNING)


class Priority(IntEnum):
    """What goes first: the lowest."""

    LIVE = 0
    REGRADE = 10


@dataclass(frozen=True)
class Claimed:
    """A job as its worker needs it."""

    id: int
    lease: str
    upload: str
    """The digest of what was handed in."""
    archive: str
    """The digest of the assignment's folder."""
    name: str


@dataclass(frozen=True)
class Outcome:
    """What a worker found out."""

    score: float
    points: float
    final: bool
    broken: bool
    graded: bytes
    report: bytes
    flagged: int = 0
    """Answers in words that a person should look at first."""


@dataclass(frozen=True)
class Place:
    """Where a job stands."""

    state: State
    ahead: int
    """Jobs that go first."""
    progress: str


@dataclass(frozen=True)
class Work:
    """What a job needs to know of a submission."""

    submission: str
    person: int
    upload: str
    """The digest of what was handed in."""
    attempt: int


def work_of(submission: SubmissionRow) -> Work:
    """Return what a job needs to know of a submission."""
    return Work(submission.id, submission.person_id, submission.upload, submission.attempt)


# Built once, because each upload needs them. A minimum per state is one look at the index, over both is not.
_OF_PRIORITY = JobRow.priority == bindparam("of_priority")
_TURNS = select(
    *(
        select(func.min(JobRow.turn))
        .where(JobRow.state == state, _OF_PRIORITY)
        .scalar_subquery()
        .label(state)
        for state in LIVE
    ),
    select(func.max(JobRow.turn))
    .where(JobRow.state.in_(LIVE), _OF_PRIORITY, JobRow.person_id == bindparam("person"))
    .scalar_subquery()
    .label("last"),
)
_NEW = insert(JobRow).values(
    state=State.QUEUED,
    created=now(),
    claimed=0.0,
    worker="",
    lease="",
    lease_until=0.0,
    deaths=0,
    progress="",
)


def enqueue(
    session: Session, work: Work, revision: int, archive: str, priority: Priority, run: int = 1
) -> None:
    """Add the job for a submission and a revision, whose folder is `archive`, in the caller's transaction.

    A person's jobs take turns with those of others: each goes one turn after the one before, and the first
    goes in the turn that the queue has come to.
    """
    connection = session.connection()
    found = connection.execute(_TURNS, {"of_priority": priority, "person": work.person}).one()
    reached = min((turn for turn in (found.queued, found.running) if turn is not None), default=0)
    connection.execute(
        _NEW,
        {
            "submission_id": work.submission,
            "revision_id": revision,
            "run": run,
            "person_id": work.person,
            "upload": work.upload,
            "archive": archive,
            "name": f"attempt-{work.attempt}",
            "priority": priority,
            "turn": reached if found.last is None else max(reached, found.last + 1),
        },
    )


class Queue:
    """The jobs of one database."""

    def __init__(self, database: Database, lease_seconds: float = LEASE_SECONDS) -> None:
        """Give jobs for `lease_seconds` at a time."""
        self._database = database
        self._lease_seconds = lease_seconds

    def claim(self, worker: str) -> Claimed | None:
        """Take the job that comes first, None if none is waiting."""
        waiting = select(JobRow.id).where(JobRow.state == State.QUEUED)
        if self._database.is_sqlite:  # a look that takes no lock
            with self._database.read() as session:
                if session.scalar(waiting.limit(1)) is None:
                    return None
        with self._database.write() as session:
            first = waiting.order_by(JobRow.priority, JobRow.turn, JobRow.id).limit(1)
            number = session.scalar(first.with_for_update(skip_locked=True))
            if number is None:
                return None
            lease = secrets.token_hex(16)
            session.execute(
                update(JobRow)
                .where(JobRow.id == number)
                .values(
                    state=State.RUNNING,
                    worker=worker,
                    lease=lease,
                    claimed=now(),
                    lease_until=now() + self._lease_seconds,
                    progress="",
                )
            )
            found = session.execute(
                select(JobRow.upload, JobRow.archive, JobRow.name).where(JobRow.id == number)
            ).one()
            return Claimed(number, lease, found.upload, found.archive, found.name)

    def renew(self, job: Claimed, progress: str) -> bool:
        """Keep a job; return False if it was given to another worker."""
        with self._database.write() as session:
            kept = session.execute(
                update(JobRow)
                .where(*_held(job))
                .values(lease_until=now() + self._lease_seconds, progress=progress[:_LONGEST_PROGRESS])
                .returning(JobRow.id)
            )
            return kept.first() is not None

    def finish(self, job: Claimed, outcome: Outcome) -> bool:
        """Store the result of a job; return False, with nothing stored, if another worker has it by now."""
        with self._database.write() as session:
            ended = session.execute(
                update(JobRow)
                .where(*_held(job))
                .values(state=State.DONE, lease="", progress="")
                .returning(
                    JobRow.submission_id,
                    JobRow.revision_id,
                    JobRow.run,
                    (now() - JobRow.claimed).label("seconds"),
                )
            ).first()
            if ended is None:
                return False
            result = session.scalar(
                insert(ResultRow)
                .values(
                    submission_id=ended.submission_id,
                    revision_id=ended.revision_id,
                    run=ended.run,
                    created=now(),
                    seconds=ended.seconds,
                    score=outcome.score,
                    points=outcome.points,
                    final=outcome.final,
                    broken=outcome.broken,
                    flagged=outcome.flagged,
                    graded=outcome.graded,
                )
                .returning(ResultRow.id)
            )
            session.execute(insert(ReportRow).values(result_id=result, data=outcome.report))
            return True

    def hand_back(self, job: Claimed) -> None:
        """Put a job back, as if it had not been taken."""
        with self._database.write() as session:
            session.execute(
                update(JobRow).where(*_held(job)).values(state=State.QUEUED, lease="", worker="", progress="")
            )

    def reconcile(self) -> int:
        """Take jobs from workers that are not heard of any more; return how many.

        A job that ended its workers too often is parked.
        """
        lost = and_(JobRow.state == State.RUNNING, JobRow.lease_until < now())
        with self._database.read() as session:
            if session.scalar(select(JobRow.id).where(lost).limit(1)) is None:
                return 0
        with self._database.write() as session:
            found = session.execute(
                select(JobRow.id, JobRow.deaths).where(lost).with_for_update(skip_locked=True)
            )
            jobs = found.all()
            for job in jobs:
                _failed(session, job.id, job.deaths)
            return len(jobs)

    def give_up(self, job: Claimed) -> None:
        """Say that a job cannot be graded here, as if it had ended the worker."""
        with self._database.write() as session:
            deaths = session.scalar(select(JobRow.deaths).where(*_held(job)).with_for_update())
            if deaths is not None:
                _failed(session, job.id, deaths)

    def sweep(self) -> int:
        """Add a job for each submission that has neither a job nor a result; return how many."""
        with self._database.read() as session:
            if session.execute(_forgotten().limit(1)).first() is None:
                return 0
        with self._database.write() as session:
            found = session.execute(_forgotten()).all()
            for row in found:
                enqueue(session, work_of(row[0]), row[1].id, row[1].archive, Priority.LIVE)
            return len(found)

    def counts(self) -> dict[State, int]:
        """Return how many jobs are in each state."""
        with self._database.read() as session:
            found = session.execute(select(JobRow.state, func.count()).group_by(JobRow.state))
            return dict.fromkeys(State, 0) | {State(state): count for state, count in found}


# Built once, because each page that follows a submission asks again and again.
_NEWEST = (
    select(JobRow.id, JobRow.state, JobRow.priority, JobRow.turn, JobRow.progress)
    .where(JobRow.submission_id == bindparam("submission"), JobRow.revision_id == bindparam("revision"))
    .order_by(JobRow.run.desc())
    .limit(1)
)
_AHEAD = select(func.count()).where(
    JobRow.state == State.QUEUED,
    tuple_(JobRow.priority, JobRow.turn, JobRow.id)
    < tuple_(bindparam("of_priority"), bindparam("of_turn"), bindparam("of_id")),
)


def place(session: Session, submission_id: str, revision_id: int) -> Place | None:
    """Return where the newest job for a submission and a revision stands, None if there is none."""
    connection = session.connection()
    job = connection.execute(_NEWEST, {"submission": submission_id, "revision": revision_id}).first()
    if job is None:
        return None
    ahead = 0
    if job.state == State.QUEUED:
        key = {"of_priority": job.priority, "of_turn": job.turn, "of_id": job.id}
        ahead = connection.scalar(_AHEAD, key) or 0
    return Place(State(job.state), ahead, job.progress)


def again(session: Session, submission: SubmissionRow, revision: Revision) -> bool:
    """Add a job for a submission whose result is broken or whose job is parked; return False for others."""
    job = session.scalars(
        select(JobRow)
        .where(JobRow.submission_id == submission.id, JobRow.revision_id == revision.id)
        .order_by(JobRow.run.desc())
        .limit(1)
    ).first()
    if job is None or job.state in LIVE:
        return False
    broken = session.scalar(
        select(ResultRow.broken).where(
            ResultRow.submission_id == submission.id,
            ResultRow.revision_id == revision.id,
            ResultRow.run == job.run,
        )
    )
    if job.state != State.PARKED and not broken:
        return False
    enqueue(session, work_of(submission), revision.id, revision.archive, Priority.LIVE, job.run + 1)
    return True


def _failed(session: Session, number: int, deaths: int) -> None:
    """Queue a job again, or park it if it has failed too often."""
    deaths += 1
    state = State.PARKED if deaths >= MOST_DEATHS else State.QUEUED
    session.execute(
        update(JobRow).where(JobRow.id == number).values(state=state, deaths=deaths, lease="", progress="")
    )


def _held(job: Claimed) -> tuple[ColumnElement[bool], ...]:
    return JobRow.id == job.id, JobRow.state == State.RUNNING, JobRow.lease == job.lease


def _forgotten() -> Select[SubmissionRow, Revision]:
    job, result = aliased(JobRow), aliased(ResultRow)
    return (
        select(SubmissionRow, Revision)
        .join(AssignmentRow, AssignmentRow.id == SubmissionRow.assignment_id)
        .join(Revision, Revision.id == AssignmentRow.revision_id)
        .where(
            ~exists().where(job.submission_id == SubmissionRow.id, job.revision_id == Revision.id),
            ~exists().where(result.submission_id == SubmissionRow.id, result.revision_id == Revision.id),
        )
    )
