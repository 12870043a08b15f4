"""What grading found: frozen records without behaviour, the schema of `report.json`."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict


class Verdict(StrEnum):
    """What became of one check."""

    PASSED = "passed"
    FAILED = "failed"  # the student's program is wrong
    SKIPPED = "skipped"  # it stands on a check that failed
    PENDING = "pending"  # it waits for a person
    BROKEN = "broken"  # our fault: costs nobody points, the report is not final


class Record(BaseModel):
    """A frozen record that refuses unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Shown(Record):
    """A value made fit to be read: a tensor (or a window of a large one), a number, a text."""

    name: str
    kind: Literal["tensor", "number", "text", "nothing"]
    text: str
    """One line that describes the value: `float64 tensor (batch 2, hidden 3)`, `20362`."""
    dtype: str = ""
    shape: tuple[int, ...] = ()
    axes: tuple[str, ...] = ()
    """The name of each axis, empty where none fits."""
    origin: tuple[int, ...] = ()
    """Where the window starts, one index an axis."""
    window: tuple[int, ...] = ()
    """The shape of the window; `shape` where the tensor is shown whole."""
    values: tuple[float | int | bool | str, ...] = ()
    """The window's entries, row by row; `nan`, `inf` and `-inf` as text."""


class Comparison(Record):
    """One value that a check saw, beside the value that was expected."""

    name: str
    expected: Shown | None
    actual: Shown | None
    agrees: bool
    problem: str = ""
    """What is wrong with it in one sentence."""
    wrong: tuple[int, ...] = ()
    """Positions within `actual.values` that are wrong."""
    wrong_count: int = 0
    total: int = 0
    first_wrong: tuple[int, ...] | None = None
    """Index of the first wrong entry in the whole tensor."""
    error: float | None = None
    """Largest distance from the expected value, as a finite number."""
    tolerance: float | None = None
    """What was allowed at the entry with that distance."""


class SourceLine(Record):
    """A line of a file; `marked` where the reader should look."""

    number: int
    text: str
    marked: bool = False


class Excerpt(Record):
    """Lines of one of the student's files."""

    file: str
    function: str
    lines: tuple[SourceLine, ...]


class RaisedException(Record):
    """An exception that left the student's program."""

    type: str
    message: str
    excerpts: tuple[Excerpt, ...] = ()
    """Where it passed through the student's files, outermost first."""


class Evidence(Record):
    """What was seen when a check failed: its smallest failing case."""

    case: int | None = None
    sizes: dict[str, int] = {}
    inputs: tuple[Shown, ...] = ()
    comparisons: tuple[Comparison, ...] = ()
    seen: tuple[Shown, ...] = ()
    """What was seen where a law is broken: many answers are right, so none is expected."""
    raised: RaisedException | None = None
    source: tuple[Excerpt, ...] = ()
    failing_cases: tuple[int, ...] = ()
    cases: int = 0
    snippet: str = ""
    """A program that shows the failure again with plain torch and the student's module."""


class Line(Record):
    """One line of a picture: expected and actual numbers; None where there is no finite one."""

    name: str
    expected: tuple[float | None, ...] | None
    """None where many answers are right."""
    actual: tuple[float | None, ...] | None
    """None where the program gave nothing to draw."""
    beside: bool = False
    """Whether `expected` is nobody's answer: the check itself draws it beside the others."""


class Picture(Record):
    """A small chart that says more than the numbers."""

    title: str
    x: str
    y: str
    log: bool = False
    bars: bool = False
    first: int = 0
    """The number on the x axis at the first entry."""
    ticks: tuple[str, ...] = ()
    """What stands on the x axis at each entry, where they are not numbered."""
    caption: str = ""
    lines: tuple[Line, ...]


class CheckResult(Record):
    """The verdict on one check and the reasons."""

    check: str
    title: str
    verdict: Verdict
    score: float
    points: float
    message: str = ""
    hint: str = ""
    mistake: str = ""
    """The name of the known mistake that answers alike, or several joined by ` + `."""
    evidence: Evidence | None = None
    picture: Picture | None = None


class TaskResult(Record):
    """All checks of one task."""

    task: str
    title: str
    score: float
    points: float
    notes: tuple[str, ...] = ()
    checks: tuple[CheckResult, ...] = ()
    output: str = ""
    """The beginning of what the student's program printed."""


class Provenance(Record):
    """What is needed to get the same report again."""

    assignment: str
    assignment_digest: str
    submission_digest: str
    seed: int
    sandbox: str
    not_isolated: tuple[str, ...] = ()
    versions: dict[str, str]


class Report(Record):
    """The marks of one submission."""

    schema_version: Literal[1] = 1
    submission: str
    score: float
    points: float
    final: bool
    """False where a check is broken or waits for a person: the score may still rise."""
    tasks: tuple[TaskResult, ...]
    notes: tuple[str, ...] = ()
    provenance: Provenance
    timings: dict[str, float]
    """Seconds; the only part that differs between two runs."""


def sizes_in_words(sizes: Mapping[str, int]) -> str:
    """Return a case's sizes as people know it by: `batch 2, inputs 3`."""
    return ", ".join(f"{name} {size}" for name, size in sizes.items())


def is_picture(check: CheckResult) -> bool:
    """Whether a check is there to be looked at: it draws, and nothing can be lost by it."""
    return check.picture is not None and not check.points


def schema() -> dict[str, Any]:
    """Return the JSON schema of `report.json`."""
    return Report.model_json_schema()
