"""What people decide, as records: they are only added, and marks are computed from them."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from pydantic import Field

from grader.results.explanation import Slip
from grader.results.message import Record
from grader.results.report import CheckResult
from grader.results.rubric import Question, RubricItem

Kind = Literal["points", "items", "comment", "release", "rubric", "price", "undo"]
"""What is decided: points instead of the machine's; items of a rubric that hold; a comment; that students may
see model answers; an item of a rubric that is new or has changed; another price of a slip; another decision
taken back."""

MOST_TEXT = 5000
"""Characters of a reason or a comment."""


class Decision(Record):
    """One decision of a person."""

    id: str = Field(min_length=1, max_length=64)
    when: str
    """UTC, ISO 8601."""
    by: str = Field(max_length=200)
    named: bool = True
    """Whether students see the name."""
    kind: Kind
    submission: str = ""
    """Its name in the class; empty if all are meant."""
    task: str = ""
    check: str = ""
    """Empty for the task as a whole."""
    file: str = ""
    """For a comment on a line of code."""
    line: int = Field(default=0, ge=0)
    points: float | None = Field(default=None, allow_inf_nan=False)
    """Those given; of kind `items`, what is added to the points of the items; of kind `price`, the price."""
    items: tuple[str, ...] = ()
    """Names of the rubric items that hold."""
    item: RubricItem | None = None
    """Of kind `rubric`."""
    slip: str = ""
    """Of kind `price`: the name of a known mistake, or a kind of repair."""
    is_repair: bool = False
    text: str = Field(default="", max_length=MOST_TEXT)
    """The reason or the comment."""
    seen: str = ""
    """Fingerprint of what the machine had found then."""
    undoes: str = ""
    """The id of the decision that is taken back."""
    together: str = ""
    """The same for decisions that were made at once, for a group of answers."""

    @property
    def target(self) -> tuple[str, str, str]:
        """What it is about."""
        return self.submission, self.task, self.check


def fingerprint(check: CheckResult) -> str:
    """Return what a decision depends on of the machine's result, shortened; not its price."""
    share = round(check.score / check.points, 4) if check.points else 0.0
    text = None if check.answer is None else check.answer.text
    facts = json.dumps([check.verdict.value, share, check.mistake, text])
    return hashlib.sha256(facts.encode()).hexdigest()[:16]


def standing(decisions: Iterable[Decision]) -> list[Decision]:
    """Return the decisions that were not taken back, in order."""
    everything = list(decisions)
    undone = {one.undoes for one in everything if one.kind == "undo"}
    return [one for one in everything if one.kind != "undo" and one.id not in undone]


def of_marks(decisions: Iterable[Decision]) -> dict[tuple[str, str, str], Decision]:
    """Return the decision about points that counts, by target: the last one."""
    return {one.target: one for one in standing(decisions) if one.kind in ("points", "items")}


def with_changes(questions: Sequence[Question], decisions: Iterable[Decision]) -> tuple[Question, ...]:
    """Return questions with the rubric items that people added and changed."""
    items: dict[tuple[str, str], dict[str, RubricItem]] = {
        (one.task, one.check): {item.name: item for item in one.items} for one in questions
    }
    for decision in standing(decisions):
        known = items.get((decision.task, decision.check))
        if decision.kind == "rubric" and decision.item is not None and known is not None:
            known[decision.item.name] = decision.item
    return tuple(
        one.model_copy(update={"items": tuple(items[one.task, one.check].values())}) for one in questions
    )


def prices(decisions: Iterable[Decision]) -> dict[str, dict[Slip, float]]:
    """Return the prices of slips that people set, by task: the last one of each."""
    found: dict[str, dict[Slip, float]] = {}
    for one in standing(decisions):
        if one.kind == "price" and one.points is not None:
            found.setdefault(one.task, {})[one.slip, one.is_repair] = one.points
    return found


def released(decisions: Iterable[Decision]) -> frozenset[str]:
    """Return the tasks whose model answers students may see."""
    return frozenset(one.task for one in standing(decisions) if one.kind == "release")


def by_target(questions: Iterable[Question]) -> Mapping[tuple[str, str], Question]:
    """Return questions by task and number."""
    return {(one.task, one.check): one for one in questions}
