"""Small reports made by hand, hostile text to put into them, and a look at a page without a browser."""

import math
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from grader.results.audit import AssignmentAudit, CheckWorth, Guess, MistakeAudit, Survivor, TaskAudit
from grader.results.course import (
    CheckCount,
    ClassResult,
    Cluster,
    Counterexample,
    Lost,
    Member,
    MistakeCount,
    Row,
    RubricLine,
    TaskSum,
)
from grader.results.explanation import Explanation, Repair
from grader.results.message import Message, Record
from grader.results.regrade import Cause, MarkChange, Regrade
from grader.results.report import (
    CheckResult,
    Comparison,
    Evidence,
    Excerpt,
    Lateness,
    Line,
    Picture,
    Provenance,
    RaisedException,
    Report,
    Shown,
    SourceLine,
    Stage,
    TaskResult,
    Verdict,
)

PASSED, FAILED, SKIPPED = Verdict.PASSED, Verdict.FAILED, Verdict.SKIPPED
PENDING, BROKEN = Verdict.PENDING, Verdict.BROKEN

SCRIPT = "<script>alert(1)</script>"
ESCAPES = "\x1b[2J\x1b]0;owned\x07\x9b31m\r\x08"
TURNED = "\u202e\u2066\u200b"
BLANK = "\u3164\u2800"
COMMANDS = "::error::no\n::add-mask::x\n##vso[task.complete result=Succeeded]"
FORMULA = "=HYPERLINK(1)"
HOSTILE = [
    SCRIPT,
    "\"><svg onload=alert(1)>'onfocus='alert(1)",
    "</style></script></title></pre><img src=x onerror=alert(1)>",
    "javascript:alert(1)",
    "{{ 7 * 7 }}{% raw %}",
    "&#x3c;b&gt;",
    ESCAPES,
    TURNED,
    BLANK,
    COMMANDS,
    FORMULA,
    "x" * 3000,
]
UNSEEN = "\x1b\x07\x9b\r\x08\u202e\u2066\u200b\u3164\u2800"
"""Characters that no page, table or terminal may get as they are."""


def saying(words: str | Message) -> Message:
    """Return a message that says these words."""
    return words if isinstance(words, Message) else Message.of("authors_words", text=words)


def _with_notes(fields: dict[str, Any]) -> dict[str, Any]:
    return fields | {"notes": tuple(map(saying, fields.get("notes", ())))}


def tensor(name: str, values: Any, *shape: int, **fields: Any) -> Shown:
    """Return a tensor that is shown whole."""
    entries = tuple(values)
    whole = shape or (len(entries),)
    sizes = " × ".join(map(str, whole))
    known = {
        "text": f"float64 tensor ({sizes})",
        "dtype": "float64",
        "shape": whole,
        "origin": (0,) * len(whole),
        "window": whole,
    }
    return Shown(name=name, kind="tensor", values=entries, **(known | fields))


def compared(expected: Shown, actual: Shown, **fields: Any) -> Comparison:
    """Return two tensors beside each other; what differs is wrong."""
    pairs = zip(expected.values, actual.values, strict=True)
    wrong = tuple(position for position, (one, other) in enumerate(pairs) if one != other)
    known = {
        "name": actual.name,
        "agrees": not wrong,
        "wrong": wrong,
        "wrong_count": len(wrong),
        "total": math.prod(actual.shape),
        "first_wrong": tuple(_index(actual.shape, wrong[0])) if wrong else None,
    }
    return Comparison(expected=expected, actual=actual, **(known | fields))


def _index(shape: tuple[int, ...], position: int) -> list[int]:
    index: list[int] = []
    for size in reversed(shape):
        position, at = divmod(position, size)
        index.insert(0, at)
    return index


def check(verdict: Verdict = PASSED, name: str = "step", points: float = 2, **fields: Any) -> CheckResult:
    """Return a check that got all its points, or none."""
    known = {"title": f"The {name} is right.", "score": points if verdict in (PASSED, BROKEN) else 0}
    if "message" in fields:
        fields["message"] = saying(fields["message"])
    return CheckResult(check=name, verdict=verdict, points=points, **(known | fields))


def wrong(name: str = "step", **fields: Any) -> CheckResult:
    """Return a failed check with evidence of every kind."""
    seen = Evidence(
        case=0,
        sizes={"batch": 1, "hidden": 2},
        inputs=(tensor("x", [0.5, -0.25]),),
        comparisons=(
            compared(tensor("h", [1.0, 2.0, 3.0, 4.0], 2, 2), tensor("h", [1.0, 2.0, 3.5, 4.0], 2, 2)),
            compared(tensor("c", [1.0]), tensor("c", [1.0])),
        ),
        source=(
            Excerpt(
                file="lstm_cell.py",
                function="forward",
                lines=(
                    SourceLine(number=4, text="    i = a"),
                    SourceLine(number=5, text="    f = b", marked=True),
                ),
            ),
        ),
        failing_cases=(0, 2),
        cases=3,
        snippet=f"import torch\n\nprint('{name}', 1 < 2)\n",
    )
    known = {
        "message": "`h` is wrong.",
        "mistake": "gate order",
        "hint": "Look at the gates.",
        "evidence": seen,
    }
    return check(FAILED, name, **(known | fields))


def raising(name: str = "raising") -> CheckResult:
    """Return a check in which the program raised."""
    excerpt = Excerpt(file="lstm_cell.py", function="f", lines=(SourceLine(number=1, text="x", marked=True),))
    raised = RaisedException(type="ValueError", message="no such gate", excerpts=(excerpt,))
    return check(FAILED, name, message="It stopped.", evidence=Evidence(raised=raised))


def large(name: str = "large") -> CheckResult:
    """Return a failed check whose values are too many to be read."""
    values = [float(number) for number in range(-50, 50)]
    other = [*values[:40], 99.0, math.inf and "inf", *values[42:]]
    seen = Evidence(comparisons=(compared(tensor("w", values, 10, 10), tensor("w", other, 10, 10)),))
    return check(FAILED, name, message="`w` is wrong.", evidence=seen)


def law(name: str = "law") -> CheckResult:
    """Return a check with many right answers, of which none was given."""
    return check(
        FAILED, name, message="They do not add up.", evidence=Evidence(seen=(tensor("p", [0.2, 0.3]),))
    )


def drawn(verdict: Verdict = PASSED, name: str = "gradients", **fields: Any) -> CheckResult:
    """Return a check that is there to be looked at."""
    return check(verdict, name, 0, picture=picture(**fields))


def picture(**fields: Any) -> Picture:
    """Return a picture of one line."""
    known: dict[str, Any] = {
        "title": "Norms",
        "x": "step",
        "y": "norm",
        "lines": (Line(name="tanh", expected=(1.0, 2.0, 3.0), actual=(1.0, 2.5, None)),),
    }
    return Picture(**(known | fields))


def task(*checks: CheckResult, name: str = "lstm_cell", **fields: Any) -> TaskResult:
    """Return a task of these checks."""
    return TaskResult(
        **(
            {
                "task": name,
                "title": "An LSTM cell",
                "score": sum(one.score for one in checks),
                "points": sum(one.points for one in checks),
                "checks": checks,
            }
            | _with_notes(fields)
        )
    )


def report(*tasks: TaskResult, **fields: Any) -> Report:
    """Return a report on these tasks."""
    made_from = Provenance(
        assignment="Recurrent networks",
        assignment_digest="a" * 64,
        submission_digest="b" * 64,
        seed=5,
        sandbox="full",
        versions={"python": "3.11.0", "torch": "2.13.0"},
    )
    known = {
        "submission": "ana",
        "score": sum(one.score for one in tasks),
        "points": sum(one.points for one in tasks),
        "final": True,
        "tasks": tasks,
        "provenance": made_from.model_copy(update=fields.pop("provenance", {})),
        "timings": {"total": 1.25},
    }
    return Report(**(known | _with_notes(fields)))


def repair(**fields: Any) -> Repair:
    """Return a change of one line."""
    known: dict[str, Any] = {
        "file": "lstm_cell.py",
        "line": 5,
        "end_line": 5,
        "column": 4,
        "end_column": 9,
        "kind": "detach",
        "before": ".detach()",
        "after": "",
        "alternatives": 0,
        "told": True,
    }
    return Repair(**(known | fields))


def followed(**fields: Any) -> TaskResult:
    """Return a task with one slip, and what is judged given it."""
    known: dict[str, Any] = {
        "mistakes": ("gate order",),
        "titles": ("The gates are in another order",),
        "right_given": ("step", "later"),
        "price": 1,
        "prices": (1,),
        "mark": 6,
    }
    checks = (
        wrong(mistake_title="The gates are in another order"),
        check(SKIPPED, "later", 3),
        check(FAILED, "other"),
    )
    explanation = Explanation(**(known | fields))
    return task(check(points=2, name="shape"), *checks, score=explanation.mark, explanations=(explanation,))


def right_report() -> Report:
    """Return a report without a flaw, with a picture."""
    return report(task(check(), check(name="gradient"), drawn()))


def wrong_report() -> Report:
    """Return a report with every verdict, every kind of evidence and every kind of picture."""
    log = Line(name="relu", expected=None, actual=(1e-3, 1.0, 1e9))
    return report(
        task(
            check(PASSED, "loads", 0),
            wrong(),
            raising(),
            large(),
            law(),
            check(SKIPPED, "later"),
            check(PENDING, "essay"),
            check(BROKEN, "ours"),
            drawn(),
            drawn(FAILED, "bars", bars=True, ticks=("one", "two")),
            drawn(FAILED, "log", log=True, lines=(log,)),
            notes=("`lstm_cell.ipynb` was read.",),
            output="epoch 1\nepoch 2\n",
        ),
        task(check(), name="gru_cell", title="A GRU cell"),
        followed(repair=repair()).model_copy(update={"task": "forget_gate", "title": "A forget gate"}),
        final=False,
        notes=("A note.",),
        provenance={"sandbox": "none", "not_isolated": ("files of this machine", "the network")},
    )


def one_bug_report() -> Report:
    """Return a report on eight tasks, of which one has a bug that shows in three checks."""
    right = [task(*(check(name=f"c{n}") for n in range(20)), name=f"task_{number}") for number in range(7)]
    wrongly = [wrong(name) for name in ("c", "h", "steps")]
    waiting = [check(SKIPPED, f"later {n}") for n in range(14)]
    return report(*right, task(check(), *wrongly, *waiting))


def a_class(**fields: Any) -> ClassResult:
    """Return a class of three, of whom two share a failure and one could not be read."""
    lost = (
        Lost(task="lstm_cell", check="step", verdict=FAILED, score=0, mistake="gate order"),
        Lost(task="lstm_cell", check="gradient", verdict=FAILED, score=1, signature="s1"),
    )
    rows = (
        Row(
            folder="ana",
            out="ana",
            id="1",
            name="Ana",
            email="a@x",
            score=2.5,
            points=5,
            mark=2.25,
            lateness=Lateness(when="2026-10-02", days=1, percent=10),
            tasks={"lstm_cell": 2.5},
            lost=lost,
        ),
        Row(folder="bob", out="b b#?", score=5, points=5, mark=5, final=False, tasks={"lstm_cell": 5}),
        Row(folder="eve", points=5, problem=saying("The folder is empty.")),
    )
    checks = (
        CheckCount(
            task="lstm_cell",
            check="step",
            title="A `step` is right.",
            points=3,
            passed=1,
            failed=1,
            lost=3,
            discrimination=-0.25,
            upper_lower=0.5,
        ),
        CheckCount(task="lstm_cell", check="gradient", title="The gradient.", points=2, passed=2),
    )
    known = {
        "assignment": "Recurrent networks",
        "assignment_digest": "a" * 64,
        "seed": 5,
        "sandbox": "full",
        "versions": {"torch": "2.13.0"},
        "points": 5,
        "tasks": (TaskSum(task="lstm_cell", title="An LSTM cell", points=5),),
        "students": rows,
        "checks": checks,
        "mistakes": (
            MistakeCount(
                task="lstm_cell",
                mistake="gate order",
                title="The gates are in another order",
                hint="Look at the gates.",
                checks=("step",),
                students=("ana",),
                lost=3,
            ),
        ),
        "rubric": (
            RubricLine(
                task="lstm_cell",
                slip="gate order",
                is_repair=False,
                title="The gates are in another order",
                price=1,
                students=("ana",),
                cost=1,
                changes=(1, 0.5, -0.75),
                changed=(1, 1, 1),
            ),
        ),
        "clusters": (
            Cluster(
                task="lstm_cell",
                checks=("gradient",),
                signature="s1",
                head=Message.of("same_wrong_answers"),
                message=saying("`h` is wrong."),
                example="ana",
                students=("ana", "bob"),
            ),
            Cluster(
                task="lstm_cell",
                checks=("gradient",),
                signature="s2",
                head=Message.of("same_failure"),
                message=saying("It stopped."),
                example="ana",
                students=("ana",),
            ),
        ),
        "missing": (Member(id="9", name="Zoe", email="z@x"),),
        "unknown": ("stranger",),
        "left_out": ("notes.txt",),
        "notices": (Message.of("unpacked_without", folder="ana", notes=("`x` was left out",)),),
    }
    return ClassResult(**(known | fields))


def examples(result: ClassResult) -> dict[str, Counterexample]:
    """Return what is shown of the groups of a class."""
    return {
        cluster.signature: Counterexample(result=wrong("gradient"), skeleton='"""Say what."""\n')
        for cluster in result.clusters
    }


def changes(**fields: Any) -> Regrade:
    """Return two gradings: one mark up, one down, one the same for other reasons."""

    def cause(before: Verdict | None, after: Verdict | None, change: float, mistake: str = "") -> Cause:
        return Cause(
            task="lstm_cell",
            check="step",
            title="Step.",
            before=before,
            after=after,
            change=change,
            mistake_before="",
            mistake_after=mistake,
        )

    known = {
        "assignment": "Recurrent networks",
        "differences": (Message.of("other_seed", before=1, after=2),),
        "students": 4,
        "changes": (
            _change("ana", 2, 5, (cause(FAILED, PASSED, 3),)),
            _change("bob", 5, 2.5, (cause(PASSED, FAILED, -2.5, "gate order"),), other_files=True),
            _change("eve", 4, 4, (cause(FAILED, FAILED, 0, "gate order"), cause(None, SKIPPED, 0))),
        ),
        "only_before": ("zoe",),
        "only_after": ("max",),
    }
    return Regrade(**(known | fields))


def _change(
    name: str, before: float, after: float, causes: tuple[Cause, ...], other_files: bool = False
) -> MarkChange:
    return MarkChange(
        folder=name, id="1", name=name, before=before, after=after, causes=causes, other_files=other_files
    )


def checked(**fields: Any) -> AssignmentAudit:
    """Return what `grade check` says of an assignment with something of everything to mend."""
    slip = Survivor(line=3, old="a < b", new="a <= b")
    known: dict[str, Any] = {
        "task": "lstm_cell",
        "points": 5,
        "problems": (Message.of("solution_fails", check="step", reason="it is slow"),),
        "mistakes": (
            MistakeAudit(name="missed", score=5, caught=False, named=False, named_as=()),
            MistakeAudit(
                name="gate order", score=2, caught=True, named=False, named_as=("forgets the bias",)
            ),
            MistakeAudit(
                name="no bias",
                score=1,
                price=2,
                has_price=False,
                caught=True,
                named=True,
                named_as=("no bias",),
            ),
        ),
        "mutants": 10,
        "survivors": (slip,),
        "equivalent": (slip.model_copy(update={"reason": "never equal"}),),
        "unused": ("x = 1",),
        "checks": (
            CheckWorth(check="step", points=3, kills=4, alone=2),
            CheckWorth(check="idle", points=1, kills=0, alone=0),
            CheckWorth(check="twin", points=1, kills=2, alone=0),
        ),
        "idle_cases": {"step": (1, 2)},
        "guesses": (
            Guess(program=Message.of("returns_zero"), score=0.5),
            Guess(program=Message.of("raises_value_error"), score=0),
        ),
    }
    return AssignmentAudit(title="Recurrent networks", tasks=(TaskAudit(**(known | fields)),), seconds=1.5)


_KEPT = ("kind", "tell", "schema_version", "versions", "timings", "values")


def poisoned(value: Any, text: str) -> Any:
    """Return a record with `text` in the place of every text that it holds."""
    if isinstance(value, (Verdict, Stage)):
        return value
    if isinstance(value, Message):
        return Message(id=value.id, parameters={n: poisoned(v, text) for n, v in value.parameters.items()})
    if isinstance(value, str):
        return text
    if isinstance(value, Record):
        fields = type(value).model_fields
        kept = {name: poisoned(getattr(value, name), text) for name in fields if name not in _KEPT}
        return value.model_copy(update=kept)
    if isinstance(value, tuple):
        return tuple(poisoned(one, text) for one in value)
    if isinstance(value, dict):
        return {poisoned(name, text): poisoned(one, text) for name, one in value.items()}
    return value


@dataclass
class Element:
    """An element of a page with the text inside it."""

    tag: str
    attributes: dict[str, str]
    text: str = ""


@dataclass
class Page(HTMLParser):
    """A page taken apart: its elements in order, and everything that can be read on it."""

    source: str
    elements: list[Element] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._open: list[Element] = []
        self.feed(self.source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.elements.append(element)
        if tag not in ("meta", "input", "img"):
            self._open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop().tag != tag:
            pass
        if tag in ("li", "p", "summary", "td", "th"):
            self.handle_data(" ")  # a reader sees that something ends here

    def handle_data(self, data: str) -> None:
        for element in self._open:
            element.text += data

    def all(self, tag: str, **attributes: str) -> list[Element]:
        """Return the elements of a kind that have these attributes; `class_` for `class`."""
        wanted = {name.rstrip("_").replace("_", "-"): value for name, value in attributes.items()}
        return [one for one in self.elements if one.tag == tag and wanted.items() <= one.attributes.items()]

    def one(self, tag: str, **attributes: str) -> Element:
        """Return the only such element."""
        (found,) = self.all(tag, **attributes)
        return found

    @property
    def shape(self) -> list[tuple[str, list[str]]]:
        """The elements and the names of their attributes."""
        return [(one.tag, sorted(one.attributes)) for one in self.elements]

    def __hash__(self) -> int:
        return id(self)
