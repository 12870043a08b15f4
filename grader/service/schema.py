"""Tables of the service.

Times are seconds since 1970 by the database's clock. What identifies a person stands in `people` only.
"""

from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Double,
    ForeignKey,
    Index,
    LargeBinary,
    MetaData,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

Stored = dict[str, object]


class Base(DeclarativeBase):
    """What all tables have in common."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: dict[Any, Any] = {
        float: Double,
        bytes: LargeBinary,
        str: Text,
    }


class Person(Base):
    """Somebody who can sign in; `login` is the id of a roster."""

    __tablename__ = "people"
    __table_args__ = {"sqlite_autoincrement": True}  # the number of an erased person is not used again
    id: Mapped[int] = mapped_column(primary_key=True)
    login: Mapped[str] = mapped_column(String(200), unique=True)
    name: Mapped[str]
    email: Mapped[str]
    admin: Mapped[bool] = mapped_column(default=False)
    created: Mapped[float]


class TokenRow(Base):
    """A secret that a person or a worker shows; only its digest is kept."""

    __tablename__ = "tokens"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(String(16))
    digest: Mapped[bytes]
    label: Mapped[str]
    created: Mapped[float]
    expires: Mapped[float]
    revoked: Mapped[float | None]


class Secret(Base):
    """A key of the service's own, such as the one that signs for a learning platform."""

    __tablename__ = "secrets"
    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    value: Mapped[str]


class Identity(Base):
    """What an identity provider, or a learning platform, calls a person; it stays the same."""

    __tablename__ = "identities"
    __table_args__ = (UniqueConstraint("issuer", "person_id"),)
    issuer: Mapped[str] = mapped_column(String(255), primary_key=True)
    subject: Mapped[str] = mapped_column(String(255), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), index=True)
    created: Mapped[float]


class UsedNonce(Base):
    """The digest of the nonce of a token that was accepted: the token is not accepted again."""

    __tablename__ = "nonces"
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    expires: Mapped[float] = mapped_column(index=True)


class Platform(Base):
    """A learning platform that the operator registered: LTI 1.3."""

    __tablename__ = "platforms"
    __table_args__ = (UniqueConstraint("issuer", "client_id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(64), unique=True)
    issuer: Mapped[str] = mapped_column(String(255))
    client_id: Mapped[str] = mapped_column(String(255))
    auth_url: Mapped[str]
    token_url: Mapped[str]
    jwks_url: Mapped[str]
    audience: Mapped[str]
    """What a request for an access token is for; the address of tokens if the platform wants nothing else."""
    deployments: Mapped[list[str]] = mapped_column(JSON)
    """The ids of the deployments that may launch."""
    hosts: Mapped[list[str]] = mapped_column(JSON)
    """Where its services may be, beside the hosts of the addresses above."""
    people: Mapped[str] = mapped_column(String(16))
    """How its people are found among ours: `new`, `email` or `sourcedid`."""


class PlatformCourse(Base):
    """A course on a platform that is a course of ours; the operator says so."""

    __tablename__ = "platform_courses"
    __table_args__ = (UniqueConstraint("platform_id", "deployment_id", "context_id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    platform_id: Mapped[int] = mapped_column(ForeignKey("platforms.id", ondelete="CASCADE"))
    deployment_id: Mapped[str] = mapped_column(String(255))
    context_id: Mapped[str] = mapped_column(String(255))
    course_id: Mapped[int] = mapped_column(ForeignKey("courses.id"))
    memberships_url: Mapped[str] = mapped_column(default="")


class PlatformMember(Base):
    """A person whom a platform named, in a launch or a list, as one of a course there."""

    __tablename__ = "platform_members"
    platform_course_id: Mapped[int] = mapped_column(
        ForeignKey("platform_courses.id", ondelete="CASCADE"), primary_key=True
    )
    person_id: Mapped[int] = mapped_column(
        ForeignKey("people.id", ondelete="CASCADE"), primary_key=True, index=True
    )


class PlatformLink(Base):
    """A link on a platform that opens an assignment, with the column of marks that belongs to it."""

    __tablename__ = "platform_links"
    __table_args__ = (UniqueConstraint("platform_course_id", "resource_link_id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    platform_course_id: Mapped[int] = mapped_column(ForeignKey("platform_courses.id", ondelete="CASCADE"))
    resource_link_id: Mapped[str] = mapped_column(String(255))
    assignment_id: Mapped[int] = mapped_column(ForeignKey("assignments.id"), index=True)
    lineitem: Mapped[str]


class Delivery(Base):
    """Something to be sent: a mark to a platform, a mail, a call of a web hook."""

    __tablename__ = "deliveries"
    __table_args__ = (Index("ix_deliveries_due", "done", "due"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(8))
    key: Mapped[str] = mapped_column(String(120), unique=True)
    """What it says something about: news about the same takes its place."""
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), index=True)
    body: Mapped[Stored] = mapped_column(JSON)
    created: Mapped[float]
    due: Mapped[float]
    tries: Mapped[int] = mapped_column(default=0)
    lease: Mapped[str] = mapped_column(String(32), default="")
    done: Mapped[float | None]
    """When it was sent, or given up."""
    problem: Mapped[str] = mapped_column(default="")
    """Why the last try failed; with `done` set, why it was given up."""


class Course(Base):
    """A course; `name` stands in addresses."""

    __tablename__ = "courses"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(64), unique=True)
    title: Mapped[str]
    created: Mapped[float]


class Membership(Base):
    """The role of a person in a course."""

    __tablename__ = "members"
    course_id: Mapped[int] = mapped_column(ForeignKey("courses.id"), primary_key=True)
    person_id: Mapped[int] = mapped_column(
        ForeignKey("people.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    role: Mapped[str] = mapped_column(String(16))


class AssignmentRow(Base):
    """An assignment of a course, and the rules for handing in."""

    __tablename__ = "assignments"
    __table_args__ = (UniqueConstraint("course_id", "name"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    course_id: Mapped[int] = mapped_column(ForeignKey("courses.id"))
    name: Mapped[str] = mapped_column(String(64))
    title: Mapped[str]
    policy: Mapped[str] = mapped_column(default="")
    """The text of a policy.toml, empty for no deadline."""
    attempts: Mapped[int] = mapped_column(default=0)
    """How often a student may hand in; 0 for no limit."""
    closes: Mapped[float | None]
    """When nothing more is accepted."""
    revision_id: Mapped[int | None]
    """The revision whose marks count."""
    withheld: Mapped[bool] = mapped_column(default=False)
    """Whether students do not see their marks and reports yet, of tasks without a release of their own."""
    answers_shown: Mapped[bool] = mapped_column(default=False)
    """Whether students see the solutions of tasks without a release of their own."""


class ReleaseRow(Base):
    """From when students see the marks, or the model answers, of a task."""

    __tablename__ = "releases"
    assignment_id: Mapped[int] = mapped_column(ForeignKey("assignments.id"), primary_key=True)
    task: Mapped[str] = mapped_column(primary_key=True)
    what: Mapped[str] = mapped_column(String(8), primary_key=True)
    shown_from: Mapped[float | None]
    """None until somebody releases it."""
    is_told: Mapped[bool]
    """Whether it needs no message any more: its time has come, or there is none."""


class Revision(Base):
    """One state of an assignment's folder; `archive` is the digest of the file that holds it."""

    __tablename__ = "revisions"
    __table_args__ = (
        UniqueConstraint("assignment_id", "number"),
        UniqueConstraint("assignment_id", "archive"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    assignment_id: Mapped[int] = mapped_column(ForeignKey("assignments.id"))
    number: Mapped[int]
    archive: Mapped[str] = mapped_column(String(64))
    digest: Mapped[str] = mapped_column(String(64))
    """The digest of the assignment, as in a report's provenance."""
    title: Mapped[str]
    seed: Mapped[int] = mapped_column(BigInteger)
    tasks: Mapped[list[Stored]] = mapped_column(JSON)
    """Per task: name, title, points that count; and the names that checks use, or the file with answers."""
    questions: Mapped[list[Stored]] = mapped_column(JSON, default=list)
    """The questions in words with their rubrics: records `Question`."""
    created: Mapped[float]


class SubmissionRow(Base):
    """What one person handed in once; `upload` is the digest of the file that holds it."""

    __tablename__ = "submissions"
    __table_args__ = (UniqueConstraint("assignment_id", "person_id", "attempt"),)
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    assignment_id: Mapped[int] = mapped_column(ForeignKey("assignments.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), index=True)
    attempt: Mapped[int]
    received: Mapped[float] = mapped_column(index=True)
    upload: Mapped[str] = mapped_column(String(64), index=True)
    files: Mapped[int]
    size: Mapped[int]
    notes: Mapped[list[str]] = mapped_column(JSON)
    """Sentences about what was left out."""


class JobRow(Base):
    """Work: one submission is to be graded with one revision. It holds all that a worker needs."""

    __tablename__ = "jobs"
    __table_args__ = (
        UniqueConstraint("submission_id", "revision_id", "run"),
        Index("ix_jobs_order", "state", "priority", "turn", "id"),
        Index("ix_jobs_person", "person_id", "state"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    submission_id: Mapped[str] = mapped_column(ForeignKey("submissions.id", ondelete="CASCADE"))
    revision_id: Mapped[int] = mapped_column(ForeignKey("revisions.id"))
    run: Mapped[int]
    """1, and one more for each time that a broken result is tried again."""
    person_id: Mapped[int]
    upload: Mapped[str] = mapped_column(String(64))
    archive: Mapped[str] = mapped_column(String(64))
    name: Mapped[str]
    """What the report calls the submission."""
    state: Mapped[str] = mapped_column(String(8))
    priority: Mapped[int]
    turn: Mapped[int]
    created: Mapped[float]
    claimed: Mapped[float]
    """When a worker took it; 0 before."""
    worker: Mapped[str]
    lease: Mapped[str] = mapped_column(String(32))
    """What the worker shows that has the job; another one after it was taken over."""
    lease_until: Mapped[float]
    deaths: Mapped[int]
    """How many workers ended while they had it."""
    progress: Mapped[str]


class ResultRow(Base):
    """The result of a job: written once, never changed."""

    __tablename__ = "results"
    __table_args__ = (UniqueConstraint("submission_id", "revision_id", "run"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    submission_id: Mapped[str] = mapped_column(ForeignKey("submissions.id", ondelete="CASCADE"))
    revision_id: Mapped[int] = mapped_column(ForeignKey("revisions.id"), index=True)
    run: Mapped[int]
    created: Mapped[float]
    seconds: Mapped[float]
    """From the claim of the job to its result."""
    score: Mapped[float]
    points: Mapped[float]
    final: Mapped[bool]
    broken: Mapped[bool]
    """Whether it holds a fault of ours, so that it may be tried again."""
    flagged: Mapped[int] = mapped_column(default=0)
    """Answers in words that a person should look at first."""
    graded: Mapped[bytes]
    """What a class needs of the report: a record `Graded` as JSON, packed by zlib."""


class ReportRow(Base):
    """The report of a result, as JSON packed by zlib."""

    __tablename__ = "reports"
    result_id: Mapped[int] = mapped_column(ForeignKey("results.id", ondelete="CASCADE"), primary_key=True)
    data: Mapped[bytes]


class DecisionRow(Base):
    """What a person decided; only ever added. Those of one assignment are added one after the other."""

    __tablename__ = "decisions"
    __table_args__ = (
        Index("ix_decisions_assignment", "assignment_id", "submission_id", "number"),
        # The number of an erased decision is not used again: marks know the last one that they hold.
        {"sqlite_autoincrement": True},
    )
    number: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(String(64), unique=True)
    assignment_id: Mapped[int] = mapped_column(ForeignKey("assignments.id"))
    submission_id: Mapped[str | None] = mapped_column(
        ForeignKey("submissions.id", ondelete="CASCADE"), index=True
    )
    """None for what concerns all submissions."""
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id", ondelete="SET NULL"))
    data: Mapped[Stored] = mapped_column(JSON)
    """The record `Decision` without what the other columns hold."""


class MarkRow(Base):
    """The mark that follows from a result and the decisions about it, kept because it takes long to compute.

    It holds for the decisions up to the one with the number `seen`; after that it is computed again.
    """

    __tablename__ = "marks"
    result_id: Mapped[int] = mapped_column(ForeignKey("results.id", ondelete="CASCADE"), primary_key=True)
    seen: Mapped[int]
    score: Mapped[float]
    final: Mapped[bool]
    look_again: Mapped[int]
    """How many decisions a person should look at again."""
    graded: Mapped[bytes]
    """As in a result."""


class Looking(Base):
    """Which answer a person has open in the review of an assignment; after some seconds of silence, none."""

    __tablename__ = "looking"
    assignment_id: Mapped[int] = mapped_column(ForeignKey("assignments.id"), primary_key=True)
    person_id: Mapped[int] = mapped_column(
        ForeignKey("people.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    task: Mapped[str]
    check: Mapped[str]
    """Empty for a task of code."""
    answer: Mapped[str] = mapped_column(String(16))
    """What the pages of the review call the submission."""
    seen: Mapped[float]


class Grader(Base):
    """A person who is to decide about a question in words, or a task of code."""

    __tablename__ = "graders"
    assignment_id: Mapped[int] = mapped_column(ForeignKey("assignments.id"), primary_key=True)
    person_id: Mapped[int] = mapped_column(
        ForeignKey("people.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    task: Mapped[str] = mapped_column(primary_key=True)
    check: Mapped[str] = mapped_column(primary_key=True)
    """Empty for a task of code."""


class Calibration(Base):
    """A question of which several graders grade the same answers, each without the points of the others."""

    __tablename__ = "calibrations"
    id: Mapped[int] = mapped_column(primary_key=True)
    assignment_id: Mapped[int] = mapped_column(ForeignKey("assignments.id"), index=True)
    task: Mapped[str]
    check: Mapped[str]
    seed: Mapped[int] = mapped_column(BigInteger)
    """With which the answers were drawn."""
    created: Mapped[float]
    closed: Mapped[float | None]
    """When the last answer was graded or an instructor closed it; from then on the points are shown."""


class CalibrationGrade(Base):
    """What a grader gives for an answer of a calibration. It is no mark."""

    __tablename__ = "calibration_grades"
    calibration_id: Mapped[int] = mapped_column(
        ForeignKey("calibrations.id", ondelete="CASCADE"), primary_key=True
    )
    submission_id: Mapped[str] = mapped_column(
        ForeignKey("submissions.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    person_id: Mapped[int] = mapped_column(
        ForeignKey("people.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    graded: Mapped[float | None]
    """When; None until then."""
    data: Mapped[Stored | None] = mapped_column(JSON(none_as_null=True))
    """A record `Decision` without submission and author."""


class RegradeRequest(Base):
    """A student's question about a mark, and its answer."""

    __tablename__ = "regrade_requests"
    id: Mapped[int] = mapped_column(primary_key=True)
    submission_id: Mapped[str] = mapped_column(ForeignKey("submissions.id", ondelete="CASCADE"), index=True)
    question: Mapped[str]
    asked: Mapped[float]
    answer: Mapped[str] = mapped_column(default="")
    answered: Mapped[float | None]
    decision: Mapped[str] = mapped_column(String(64), default="")
    """The id of the decision that came of it, empty for none."""


class LogEntry(Base):
    """What somebody did that others should be able to find out later."""

    __tablename__ = "log"
    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[float]
    person_id: Mapped[int | None]
    """Without a foreign key: a person that is erased leaves a number."""
    action: Mapped[str] = mapped_column(String(40))
    subject: Mapped[str] = mapped_column(String(80))
