"""The results of a class: frozen records, and the schema of `class.json`."""

from collections.abc import Sequence

from grader.results.message import Message, Record
from grader.results.report import CheckResult, Lateness, SchemaVersion, Verdict


class Mark(Record):
    """The result of one check of one submission, without its evidence."""

    task: str
    result: CheckResult
    counted: float | None = None
    """Its points given the slip of the task, if that is more than its own score."""
    signature: str = ""
    """Of a failure that no known mistake explains: the same for the same wrong answers."""
    head: Message | None = None
    """What a group of such failures is called."""


TRIED = (0.0, 0.5, 2.0)
"""What a slip might cost instead: multiples of its price."""


class SlipOf(Record):
    """A slip of one student: a known mistake, or a kind of repair."""

    task: str
    slip: str
    """The name of the mistake, or the kind of the repair."""
    is_repair: bool = False
    title: str
    price: float
    cost: float
    """What it takes off what is right given the slips of the task."""
    changes: tuple[float, ...]
    """How the score of the task would change at each multiple of its price in `TRIED`."""
    before: str = ""
    """What a repair replaces, and by what."""
    after: str = ""


class DecidedMark(Record):
    """What a person decided about a check or a task of one student."""

    task: str
    check: str = ""
    """Empty for the task as a whole."""
    by: str
    """Empty if the name is withheld."""
    reason: str
    score: float
    """The points that were given."""
    machine: float
    """The points that the machine had given."""
    another_look: bool


class Graded(Record):
    """What a class needs of one report."""

    score: float
    points: float
    final: bool
    waiting: float = 0
    """The points that wait for a person."""
    submission_digest: str
    sandbox: str
    tasks: dict[str, float]
    """Score by task."""
    not_handed_in: tuple[str, ...] = ()
    """Tasks without a file."""
    marks: tuple[Mark, ...]
    slips: tuple[SlipOf, ...] = ()
    decided: tuple[DecidedMark, ...] = ()


class Lost(Record):
    """A check that a student did not pass."""

    task: str
    check: str
    verdict: Verdict
    score: float
    counted: float | None = None
    """Its points given the slip of the task, if that is more than its own score."""
    mistake: str = ""
    signature: str = ""

    @property
    def earned(self) -> float:
        """Its points given the slip of the task, before its price."""
        return self.score if self.counted is None else self.counted


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
    waiting: float = 0
    """The points that wait for a person."""
    problem: Message | None = None
    """Why nothing could be graded."""
    submission_digest: str = ""
    tasks: dict[str, float] = {}
    not_handed_in: tuple[str, ...] = ()
    """Tasks without a file."""
    lost: tuple[Lost, ...] = ()
    slips: tuple[SlipOf, ...] = ()
    decided: tuple[DecidedMark, ...] = ()
    """What people decided."""

    @property
    def is_broken(self) -> bool:
        """Whether something could not be decided because of a fault that is not the student's."""
        by_fault = self.problem is not None and not self.final
        return by_fault or self._has_open(Verdict.BROKEN)

    @property
    def is_pending(self) -> bool:
        """Whether something waits for a person."""
        return self._has_open(Verdict.PENDING)

    def _has_open(self, verdict: Verdict) -> bool:
        """Whether a check has this verdict, in a task about which no person decided as a whole."""
        whole = {one.task for one in self.decided if not one.check}
        return any(one.verdict is verdict and one.task not in whole for one in self.lost)

    @property
    def people(self) -> tuple[Member, ...]:
        """All who handed it in, as one record each."""
        first = Member(id=self.id, name=self.name, email=self.email, further=self.further)
        return (first, *self.others)

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
    title: str = ""
    hint: str
    checks: tuple[str, ...]
    students: tuple[str, ...]
    """By folder."""
    lost: float
    behind: float = 0
    """Points of the checks that were skipped when this mistake failed the first check of its task."""


class RepairCount(Record):
    """The same change of several programs."""

    before: str
    after: str
    students: tuple[str, ...]
    """By folder."""


class RubricLine(Record):
    """A slip with its price, and what it costs the class."""

    task: str
    slip: str
    is_repair: bool
    title: str
    price: float
    students: tuple[str, ...]
    """By folder."""
    cost: float
    """What it takes off their points, in all."""
    changes: tuple[float, ...]
    """How their points would change, in all, at each multiple of the price in `TRIED`."""
    changed: tuple[int, ...]
    """How many of their scores would change."""
    repairs: tuple[RepairCount, ...] = ()
    """What the repairs of this kind change, the most frequent first."""


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
    file: str = ""
    """The file that the task asks for; empty for the module of its name."""

    @property
    def in_words(self) -> bool:
        """Whether a task is answered in words."""
        return self.file.endswith(".md")


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
    rubric: tuple[RubricLine, ...] = ()
    clusters: tuple[Cluster, ...]
    missing: tuple[Member, ...] = ()
    """In the roster, with no submission."""
    unknown: tuple[str, ...] = ()
    """Submissions that belong to no person in the roster."""
    left_out: tuple[str, ...] = ()
    """What is in the folder of the class and belongs to no student."""
    notices: tuple[Message, ...] = ()
    """What an instructor should know about the download, the roster and the policy."""
    further: tuple[str, ...] = ()
    """Headers of the columns of the roster that mean nothing to the grader."""
    policy: dict[str, str] = {}
    """What the policy about late days says; empty if there is none."""


def shared(clusters: Sequence[Cluster]) -> list[Cluster]:
    """Return the groups of two and more."""
    return [cluster for cluster in clusters if len(cluster.students) > 1]
