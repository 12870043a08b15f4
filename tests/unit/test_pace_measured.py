"""A right answer is too slow only if it takes more than its budget each time that it is measured."""

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field

import pytest
from arithmetic import info, task

from grader.asking.questions import of_task
from grader.judging.pace import too_slow
from grader.report.messages import text
from grader.sandbox.contract import End, Ending, Hear, Level, Limits
from grader.wire import Answer, pack, pack_answer, unpack

CHECK = info("step", cases=1, budget=8, wall_seconds=3)
OWN = "a = 1\nb = 2  # mine\n"


@dataclass
class Timed:
    """A sandbox that answers right, in so many seconds of the submission and of the solution, run by run.

    None is a run without an answer; an `End` one that ends so.
    """

    own: list[float | End | None]
    solutions: list[float | None]
    allowed: list[float] = field(default_factory=list)
    """The seconds that checks may take."""
    level: Level = Level.NONE
    not_isolated: tuple[str, ...] = ()

    def run(self, job: bytes, limits: Limits, hear: Hear, files: Mapping[str, bytes]) -> Ending:
        (message,) = unpack(job)
        hear(pack("started", {}) + pack("loaded", {}))
        self.allowed.append(hear(pack("begin", {"check": "step"})) or 0)
        cases = message.fields["ask"][0][1]
        seconds: float | End | None = 1.0  # of the import
        if cases:
            seconds = (self.own if b"mine" in files["sums.py"] else self.solutions).pop(0)
        if isinstance(seconds, End):
            return Ending(seconds)
        if seconds is not None:
            hear(b"".join(pack_answer(Answer("step", case, {"value": 1})) for case in cases))
            hear(pack("end", {}))
        return Ending(End.DONE, processor_seconds=(seconds or 0) + bool(cases))

    def holding(self, files: Mapping[str, bytes]) -> AbstractContextManager[object]:
        return nullcontext()

    def close(self) -> None:
        pass


def said(own: list[float | End | None], solutions: list[float | None]) -> str:
    box = Timed(own, solutions)
    whole = task()
    found = too_slow(box, whole, CHECK, of_task(whole, OWN, 1), going_on=False)
    assert set(box.allowed) == {CHECK.wall_seconds}
    return "" if found is None else text(found)


SLOW = "20 times the processor time of the solution"


@pytest.mark.parametrize(
    ("own", "solutions", "message"),
    [
        ([0.5], [0.1], ""),
        ([2.0, 0.5], [0.1, 0.1], ""),  # something else kept the machine busy
        ([2.0, 3.0], [0.1, 0.1], SLOW),
        ([0.1, 0.1], [0.0, 0.0], SLOW),  # so little time of the solution cannot be measured
        ([None, None], [0.1, 0.1], "no answer"),
        ([None, 0.1], [0.1, 0.1], ""),
        ([2.0], [None], ""),
        ([End.LOST], [0.1], ""),
    ],
)
def test_it_fails_only_for_time_that_is_its_own(
    own: list[float | End | None], solutions: list[float | None], message: str
) -> None:
    found = said(own, solutions)

    assert (message in found, bool(found)) == (True, bool(message))
