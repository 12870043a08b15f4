"""A sandbox for sums: it runs our own small sources right here, and says what was asked of it.

A module says `a = 1` and `b = 2`; the check `step` asks for a·n + b, `slope` for a alone (for c where
it says one), `law` for b (for d), which has to be even. One that says `stop = "step"` ends there.
Checks that say nothing but `broken` are.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bare_back_end import Bare

from grader.asking.questions import CHECKS, CheckInfo, Description
from grader.assignment.loader import TaskSource
from grader.assignment.mistakes import Change, Mistake, apply
from grader.sandbox.contract import End, Ending, Hear, Level, Limits
from grader.wire import Answer, Raised, WireMessage, pack, pack_answer, parse_answer, unpack

SOLUTION = "a = 1\nb = 2\n"
CASES = 3


def info(name: str, **fields: Any) -> CheckInfo:
    known = {
        "name": name, "title": f"{name}.", "about": "", "points": 1.0, "after": (), "cases": CASES,
        "dtype": "float64", "depth": "", "compare": False, "plot": None,
    }  # fmt: skip
    return CheckInfo(**(known | fields))


STEP, SLOPE, LAW = info("step"), info("slope"), info("law", compare=True)
DESCRIPTION = Description(forbid=(), checks=(STEP, SLOPE, LAW))


def mistake(name: str, old: str, new: str) -> Mistake:
    """Return a mistake that changes one line of the solution."""
    changes = (Change((old,), (new,)),)
    return Mistake(name, f"Not {name}.", apply(changes, SOLUTION), changes)


def task(*mistakes: Mistake, solution: str = SOLUTION, points: float = 3) -> TaskSource:
    return TaskSource("sums", "Sums", points, Path("sums"), "the checks", solution, mistakes)


def answer(source: str, check: str, case: int) -> Answer:
    """Return what a module answers."""
    names: dict[str, Any] = {}
    exec(source, names)
    a, b = names.get("a", "NotImplementedError"), names.get("b")
    if isinstance(a, str):
        return Answer(check, case, raised=Raised((a,), "no"))
    values = {"step": a * (case + 1) + b, "slope": names.get("c", a), "law": names.get("d", b)}
    return Answer(check, case, {"value": values[check]})


@dataclass
class Arithmetic(Bare):
    """See `grader.sandbox.contract.Sandbox`."""

    asked: list[list[str]] = field(default_factory=list)
    """Which checks each run was about; `compare` for the author's own."""
    level: Level = Level.NONE
    not_isolated: tuple[str, ...] = ()
    lost: int = 0
    """Runs that are lost before one ends well."""

    def run(self, job: bytes, limits: Limits, hear: Hear, files: Mapping[str, bytes]) -> Ending:
        if self.lost:
            self.lost -= 1
            return Ending(End.LOST)
        (message,) = unpack(job)
        parts, at = {}, 0
        for path, size in message.fields["files"]:
            parts[path] = message.payload[at : at + size]
            at += size
        if message.kind == "compare":
            self.asked.append(["compare"])
            return self._compare(unpack(parts["answers"]), hear)
        if parts[CHECKS] == b"broken":
            hear(pack("broken", {"text": "a slip"}) + pack("end", {}))
            return Ending(End.DONE)
        source = files[f"{message.fields['module']}.py"].decode()
        asked = message.fields["ask"] or [[check.name, range(CASES)] for check in DESCRIPTION.checks]
        self.asked.append([name for name, _ in asked])
        return self._ask(source, asked, bool(message.fields["describe"]), hear)

    def _ask(self, source: str, asked: Sequence[Any], describe: bool, hear: Hear) -> Ending:
        hear(pack("started", {}))
        if describe:
            hear(pack("described", DESCRIPTION.model_dump(mode="json")))
        hear(pack("loaded", {}))
        names: dict[str, Any] = {}
        exec(source, names)
        for name, cases in asked:
            hear(pack("begin", {"check": name}))
            if names.get("stop") == name:
                return Ending(End.EXIT, 3)
            for case in cases:
                hear(pack_answer(answer(source, name, case)))
        hear(pack("end", {}))
        return Ending(End.DONE)

    def _compare(self, answers: list[WireMessage], hear: Hear) -> Ending:
        for message in answers[1::2]:
            value = (parse_answer(message).observed or {})["value"]
            odd = isinstance(value, int) and value % 2
            large = isinstance(value, int) and value > 1000
            problem = "it is too large" if large else f"{value} is odd" if odd else ""
            fields = {"problem": problem, "failed": False, "shown": "", "readable": True}
            hear(pack("compared", fields))
        return Ending(End.DONE)
