"""The results of a class: frozen records, and the schema of `class.json`."""

from collections.abc import Sequence

from grader.results.message import Message, Record
from grader.results.report import CheckResult, Lateness, SchemaVersion, Verdict


class Mark(Record):
    """The result of one check of one submission, without its evidence."""

    task: str
    result: CheckResult
    signature: str = ""
    """Of a failure that no known mistake explains: the same for the same wrong answers."""
    head: Message | None = None
    """What a group of such failures is called."""


class Graded(Record):
    """What a class needs of one report."""

    score: float
    points: float
    final: bool
    submission_digest: str
    sandbox: str
    tasks: dict[str, float]
    """Score by task."""
    marks: tuple[Mark, ...]


class Lost(Record):
    """A check that a student did not pass."""

    task: str
    check: str
    verdict: Verdict
    score: float
    mistake: str = ""
    signature: str = ""


class Member(Record):
    """A person, as the roster or a download names them."""

    id: str
    name: str
    email: str
    further: dict[str, str] = {}
    """Columns of the roster that mean nothing to the grader."""


class Row(Record):
    """One student, or one group. No two have the same `folder`."""

    folder: str
    out: str = ""
    """The folder of the report below the folder of the class; empty if there is no report."""
    id: str = ""
    name: str = ""
    email: str = ""
    further: dict[str, str] = {}
    """Columns of the roster that mean nothing to the grader."""
    others: tuple[Member, ...] = ()
    """The other people who handed in the same."""
    handed_in: str = ""
    """When, as a platform says."""
    marked_late: bool = False
    """Whether a platform marks it as late."""
    attempt: int = 0
    """The number of the attempt, if a platform gives it."""
    score: float = 0
    points: float = 0
    mark: float = 0
    """The score after what the policy takes off."""
    lateness: Lateness | None = None
    final: bool = True
    """False if a check is broken or waits for a person."""
    problem: Message | None = None
    """Why nothing could be graded."""
    submission_digest: str = ""
    tasks: dict[str, float] = {}
    lost: tuple[Lost, ...] = ()

    @property
    def who(self) -> str:
        """The names of the people, or the folder if no name is known."""
        return ", ".join(filter(None, (self.name, *(other.name for other in self.others)))) or self.folder


class CheckCount(Record):
    """How the class did in one check."""

    task: str
    check: str
    title: str
    points: float
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    pending: int = 0
    broken: int = 0
    lost: float = 0
    """Points that the class lost because the check was failed or skipped."""
    lost_skipped: float = 0
    """The part of them that was lost because the check was skipped."""
    behind: float = 0
    """Points of the checks that were skipped when this one was the first of its task to fail."""
    discrimination: float | None = None
    """Correlation of passing with the rest of the score, -1 to 1; None if nothing varies."""
    upper_lower: float | None = None
    """Share that passes among the best 27 %, minus the share among the weakest 27 %."""


class MistakeCount(Record):
    """A known mistake and who made it."""

    task: str
    mistake: str
    hint: str
    checks: tuple[str, ...]
    students: tuple[str, ...]
    """By folder."""
    lost: float
    behind: float = 0
    """Points of the checks that were skipped when this mistake failed the first check of its task."""


class Cluster(Record):
    """Students who give the same wrong answers to the same cases, which no known mistake explains."""

    task: str
    checks: tuple[str, ...]
    signature: str
    """Of the first check."""
    head: Message
    """What they share; no word of it comes from a submission."""
    message: Message | None
    """The message in the report of `example`; a part of it may be that student's own text."""
    example: str
    """The student whose report shows the failure, by folder."""
    students: tuple[str, ...]
    """By folder."""


class Counterexample(Record):
    """The result of one student of a group, and a file for `mistakes/` made from the same submission."""

    result: CheckResult
    skeleton: str


class TaskSum(Record):
    """A task and what it is worth."""

    task: str
    title: str
    points: float


class ClassResult(Record):
    """The marks of a class."""

    schema_version: SchemaVersion = 2
    assignment: str
    assignment_digest: str
    seed: int
    sandbox: str
    versions: dict[str, str]
    anonymous: bool = False
    points: float
    tasks: tuple[TaskSum, ...]
    students: tuple[Row, ...]
    checks: tuple[CheckCount, ...]
    mistakes: tuple[MistakeCount, ...]
    clusters: tuple[Cluster, ...]
    missing: tuple[Member, ...] = ()
    """In the roster, with no submission."""
    unknown: tuple[str, ...] = ()
    """Submissions that belong to no person in the roster."""
    left_out: tuple[str, ...] = ()
    """What is in the folder of the class and belongs to no student."""
    remarks: tuple[Message, ...] = ()
    """What an instructor should know about the download, the roster and the policy."""
    further: tuple[str, ...] = ()
    """Headers of the columns of the roster that mean nothing to the grader."""
    policy: dict[str, str] = {}
    """What the policy about late days says; empty if there is none."""


def shared(clusters: Sequence[Cluster]) -> list[Cluster]:
    """Return the groups of two and more."""
    return [cluster for cluster in clusters if len(cluster.students) > 1]
