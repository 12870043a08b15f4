"""What grading a class found: frozen records without behaviour, the schema of `class.json`."""

from collections.abc import Sequence
from typing import Literal

from grader.results.report import CheckResult, Record, Verdict


class Mark(Record):
    """What became of one check of one submission."""

    task: str
    check: str
    title: str
    verdict: Verdict
    score: float
    points: float
    mistake: str = ""
    hint: str = ""
    message: str = ""
    signature: str = ""
    """Of a failure that no known mistake explains: the same for the same wrong answers."""
    head: str = ""
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


class Lateness(Record):
    """How late a submission is. `when` is empty where nobody knows when it was handed in."""

    when: str
    days: int
    percent: float
    """Of the points reached, taken off."""


class Lost(Record):
    """A check that a student did not pass."""

    task: str
    check: str
    verdict: Verdict
    score: float
    mistake: str = ""
    signature: str = ""


class Row(Record):
    """One student. `folder` tells students apart."""

    folder: str
    out: str = ""
    """The folder of the report below the folder of the class; empty where there is none."""
    id: str = ""
    name: str = ""
    email: str = ""
    score: float = 0
    points: float = 0
    mark: float = 0
    """The score after what the policy takes off."""
    late: str = ""
    """What the policy says, in one sentence."""
    final: bool = True
    """False where a check is broken or waits for a person."""
    problem: str = ""
    """Why nothing could be graded."""
    note: str = ""
    submission_digest: str = ""
    tasks: dict[str, float] = {}
    lost: tuple[Lost, ...] = ()


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
    """Points lost by all together, by failing it and where it was skipped."""
    lost_skipped: float = 0
    """Those of them that were lost where it was skipped."""
    behind: float = 0
    """Points of the checks that were skipped where this one was the first of its task to fail."""
    discrimination: float | None = None
    """Correlation of passing with the rest of the score, -1 to 1; None where nothing varies."""
    upper_lower: float | None = None
    """Share that passes among the best 27 % less that among the weakest 27 %."""


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
    """Points of the checks that were skipped where this was the first to fail one of its task."""


class Cluster(Record):
    """Students who give the same wrong answers to the same cases, which no known mistake explains."""

    task: str
    checks: tuple[str, ...]
    signature: str
    """Of the first check."""
    head: str
    """What they share, in the grader's own words."""
    message: str
    """What one of them was told; a part of it may be that student's own text."""
    told: str
    """Who that is, by folder; that report holds the counterexample."""
    students: tuple[str, ...]
    """By folder."""


class Counterexample(Record):
    """What one student of a group was shown, and a file for `mistakes/` made from the same submission."""

    result: CheckResult
    skeleton: str


class Absent(Record):
    """Somebody in the roster whose folder is not there."""

    id: str
    name: str
    email: str


class TaskSum(Record):
    """A task and what it is worth."""

    task: str
    title: str
    points: float


class ClassResult(Record):
    """The marks of a class."""

    schema_version: Literal[1] = 1
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
    missing: tuple[Absent, ...] = ()
    """In the roster, with no submission."""
    unknown: tuple[str, ...] = ()
    """Submissions of nobody in the roster."""
    left_out: tuple[str, ...] = ()
    """What lay in the folder of the class and is no folder."""


def shared(clusters: Sequence[Cluster]) -> list[Cluster]:
    """Return the groups of two and more."""
    return [cluster for cluster in clusters if len(cluster.students) > 1]
