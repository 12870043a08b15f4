"""The report on a submission: frozen records, and the schema of `report.json`."""

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Literal

from grader.results.explanation import Explanation, Tell
from grader.results.message import Message, Record
from grader.results.rubric import RubricItem

SchemaVersion = Literal[2]
"""Of `report.json` and `class.json`; goes up when a field changes its meaning."""

LOADS = "loads"
"""The grader's own check that a module can be imported."""
WRITTEN_OUT = "written_out"
"""The grader's own check that no forbidden layer computes the result."""


Told = Literal["nothing", "title", "hint", "all"]
"""What students are told of a hidden check that failed."""


class Verdict(StrEnum):
    """The outcome of one check."""

    PASSED = "passed"
    FAILED = "failed"  # the student's program is wrong
    SKIPPED = "skipped"  # it depends on a check that failed
    PENDING = "pending"  # it waits for a person
    BROKEN = "broken"  # our fault: it costs no points, and the report is not final


class Stage(StrEnum):
    """How far a task is."""

    WRITTEN = ""
    NOT_STARTED = "not started"  # every failure comes from work not yet done
    NOT_FINISHED = "not finished"  # so it does, and a part is done


class Shown(Record):
    """A value in a form that people can read: a tensor (or a window of a large one), a number, a text."""

    name: str
    kind: Literal["tensor", "number", "text", "nothing"]
    text: str
    """One line that describes the value: `float64 tensor (batch 2, hidden 3)`, `20362`."""
    dtype: str = ""
    shape: tuple[int, ...] = ()
    axes: tuple[str, ...] = ()
    """The name of each axis, empty if none fits."""
    origin: tuple[int, ...] = ()
    """Where the window starts, one index per axis."""
    window: tuple[int, ...] = ()
    """The shape of the window; `shape` if the tensor is shown whole."""
    values: tuple[float | int | bool | str, ...] = ()
    """The window's entries, row by row; `nan`, `inf` and `-inf` as text."""


class Comparison(Record):
    """One value that a check saw, beside the value that was expected."""

    name: str
    expected: Shown | None
    actual: Shown | None
    agrees: bool
    problem: Message | None = None
    """What is wrong with it."""
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


def defined_name(observation: str) -> str:
    """Return the value that an observation is named after: `h` for `h of large x`, `c` for `c, h`."""
    return re.split(r"[^\w]", observation, maxsplit=1)[0]


class SourceLine(Record):
    """A line of a file; `marked` if the reader should look at it."""

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
    """What was seen if a property is violated: many answers are right, so none is expected."""
    raised: RaisedException | None = None
    source: tuple[Excerpt, ...] = ()
    failing_cases: tuple[int, ...] = ()
    cases: int = 0
    snippet: str = ""
    """A program that shows the failure again with plain torch and the student's module."""


class Line(Record):
    """One line of a picture: expected and actual numbers; None stands for a number that is not finite."""

    name: str
    expected: tuple[float | None, ...] | None
    """None if many answers are right."""
    actual: tuple[float | None, ...] | None
    """None if the program gave nothing to draw."""
    beside: bool = False
    """Whether `expected` is no answer of the solution's, but a line that the check draws for comparison."""


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
    """The label on the x axis at each entry, if they are not numbered."""
    lines: tuple[Line, ...]


class Decided(Record):
    """What a person decided about a check or a task, and what the machine had found."""

    id: str
    by: str
    """Empty if the name is withheld."""
    when: str
    reason: str = ""
    items: tuple[RubricItem, ...] = ()
    """The rubric items that hold."""
    another_look: bool = False
    """Whether the machine's result has changed since, so that a person should look again."""
    more: float = 0
    """What a person added to the points of the items."""
    verdict: Verdict | None
    """The machine's; of a task as a whole only whether it waited for a person."""
    score: float
    """The machine's."""
    message: Message | None = None
    """The machine's."""


class Comment(Record):
    """What a person says about a submission, a check or a line of it."""

    by: str
    """Empty if the name is withheld."""
    task: str = ""
    check: str = ""
    file: str = ""
    line: int = 0
    text: str


class WrittenAnswer(Record):
    """What a student answered to a question in words."""

    file: str
    """Where it was read, relative to the submission."""
    text: str
    """Markdown, bounded."""
    placed: bool = True
    """False if the text has no heading for its questions, so that it may hold answers to others too."""


class CheckResult(Record):
    """The verdict on one check and the reasons."""

    check: str
    title: str
    verdict: Verdict
    score: float
    """Between 0 and `points` if a failed check gets partial credit."""
    points: float
    bonus: bool = False
    """Whether its points come on top of those of the task."""
    hidden: bool = False
    """Whether students cannot read it; the rest of this record holds no more than they are told."""
    message: Message | None = None
    """Why it was not passed."""
    mistake: str = ""
    """The name of the known mistake with the same answers, or several joined by ` + `."""
    mistake_title: str = ""
    """What people call that mistake."""
    hint: str = ""
    """The author's hint for that mistake."""
    diagnosis: Message | None = None
    """What is true of the wrong values if no known mistake explains them."""
    evidence: Evidence | None = None
    picture: Picture | None = None
    answer: WrittenAnswer | None = None
    """The answer, if the check is a question in words and there is one."""
    model: str = ""
    """The author's answer, once it is released."""
    decided: Decided | None = None
    """What a person decided; verdict, score and message are then the person's."""

    @property
    def mistake_name(self) -> str:
        """What people call the known mistake; empty without one."""
        return self.mistake_title or self.mistake


class TaskResult(Record):
    """All checks of one task.

    `score` is the sum of the checks, or more if a slip was found and the rest is judged given it.
    """

    task: str
    title: str
    score: float
    points: float
    """Without bonus points, so `score` may be more; 0 for a task that is a bonus as a whole."""
    explanations: tuple[Explanation, ...] = ()
    """What its failures may come from; the first one counts, if it gives more than the sum of the checks."""
    tell: Tell = "kind"
    """What students are told of a repair."""
    file: str = ""
    """The file that the task asks for; empty for the module of its name."""
    handed_in: bool = True
    """Whether the submission has this module or file."""
    stage: Stage = Stage.WRITTEN
    repair_too_dear: bool = False
    """Whether no repair was looked for, because the cheapest costs as much as was lost, or more."""
    notes: tuple[Message, ...] = ()
    checks: tuple[CheckResult, ...] = ()
    output: str = ""
    """The beginning of what the student's program printed."""
    equations: dict[str, str] = {}
    """Equations of the statement as TeX, by the value that each defines; those of wrong values only."""
    decided: Decided | None = None
    """What a person decided about the points of the task as a whole."""

    @property
    def all_decided(self) -> tuple[Decided, ...]:
        """What people decided about the task and its checks."""
        found = (self.decided, *(check.decided for check in self.checks))
        return tuple(one for one in found if one is not None)

    @property
    def explanation(self) -> Explanation | None:
        """The explanation that gives more than the sum of the checks, if there is one."""
        if self.explanations and self.explanations[0].mark > self.plain_score:
            return self.explanations[0]
        return None

    @property
    def plain_score(self) -> float:
        """The sum of the checks, as if no slip had been found."""
        return round(sum(check.score for check in self.checks), 6)

    @property
    def in_words(self) -> bool:
        """Whether a task is answered in words."""
        return self.file.endswith(".md")

    @property
    def wanted_file(self) -> str:
        """The file that the task asks for."""
        return self.file or f"{self.task}.py"

    @property
    def why_missing(self) -> Message | None:
        """Why there is nothing to grade, if more is known than that nothing was handed in."""
        if self.handed_in:
            return None
        found = next((check.message for check in self.checks if check.check == LOADS), None)
        return None if found is None or found.id == "file_missing" else found

    @property
    def is_unreadable(self) -> bool:
        """Whether its file was handed in and is none that can be graded."""
        return self.why_missing is not None and self.why_missing.id == "sentence"

    @property
    def most(self) -> float:
        """The most points that it can give, with those of bonus checks."""
        return max(self.points, round(sum(check.points for check in self.checks), 6))

    @property
    def open_verdicts(self) -> frozenset[Verdict]:
        """The verdicts that the mark depends on: none if a person decided about the task as a whole."""
        return frozenset(check.verdict for check in self.checks if self.decided is None)

    @property
    def waiting(self) -> float:
        """The points that wait for a person; none of a task that is a bonus as a whole."""
        if self.decided is not None:
            return 0.0
        waiting = sum(c.points for c in self.checks if c.verdict is Verdict.PENDING and not c.bonus)
        return round(min(waiting, self.points), 6)


class Provenance(Record):
    """What is needed to get the same report again."""

    assignment: str
    assignment_digest: str
    facts_digest: str = ""
    """Of all in the assignment but points and prices: reports with the same one can be re-marked."""
    submission_digest: str
    seed: int
    sandbox: str
    not_isolated: tuple[str, ...] = ()
    versions: dict[str, str]


class Lateness(Record):
    """How late a submission is."""

    when: str
    """When it was handed in; empty if that is not known."""
    days: int
    percent: float
    """What is taken off the points reached."""


class Report(Record):
    """The marks of one submission."""

    schema_version: SchemaVersion = 2
    submission: str
    score: float
    points: float
    final: bool
    """False if a check is broken or waits for a person: the score may still rise."""
    lateness: Lateness | None = None
    """None if it is not late, or no policy says what late means."""
    tasks: tuple[TaskResult, ...]
    notes: tuple[Message, ...] = ()
    comments: tuple[Comment, ...] = ()
    """What people say about it."""
    provenance: Provenance
    timings: dict[str, float]
    """Seconds; the only part that differs between two runs."""

    @property
    def waiting(self) -> float:
        """The points that wait for a person."""
        return round(sum(task.waiting for task in self.tasks), 6)

    @property
    def another_look(self) -> int:
        """How many decisions a person should look at again."""
        return sum(one.another_look for task in self.tasks for one in task.all_decided)

    @property
    def is_broken(self) -> bool:
        """Whether a check could not be decided because of a fault that is not the student's."""
        return any(Verdict.BROKEN in task.open_verdicts for task in self.tasks)


def merged(before: Report, now: Report) -> Report:
    """Return a report on all tasks of `before`, with what a later one says about some of them."""
    found = {task.task: task for task in now.tasks}
    tasks = tuple(found.get(task.task, task) for task in before.tasks)
    verdicts = frozenset[Verdict]().union(*(task.open_verdicts for task in tasks))
    return now.model_copy(
        update={
            "tasks": tasks,
            "score": round(sum(task.score for task in tasks), 6),
            "points": before.points,
            "final": not verdicts & {Verdict.BROKEN, Verdict.PENDING},
            "timings": {**before.timings, **now.timings},
        }
    )


def sizes_in_words(sizes: Mapping[str, int]) -> str:
    """Return the sizes of a case as one text: `batch 2, inputs 3`."""
    return ", ".join(f"{name} {size}" for name, size in sizes.items())


def counted(check: CheckResult, explanation: Explanation | None) -> float:
    """Return the points of a check given an explanation, before its price."""
    if explanation is None or check.decided is not None:
        return check.score
    share = 1.0 if check.check in explanation.right_given else explanation.given_in_part.get(check.check, 0.0)
    return max(check.score, check.points * share)


def is_picture(check: CheckResult) -> bool:
    """Whether a check is only a picture: it draws, and is worth no points."""
    return check.picture is not None and not check.points


def mark(score: float, lateness: Lateness | None) -> float:
    """Return what is left of `score` after the late days."""
    return score if lateness is None else round(score * (1 - lateness.percent / 100), 6)


def schema() -> dict[str, Any]:
    """Return the JSON schema of `report.json`."""
    return Report.model_json_schema()
