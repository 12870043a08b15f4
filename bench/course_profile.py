"""Where the processor time of one submission of a class goes, beside that of the checks alone.

    python bench/course_profile.py [STUDENTS]

Processor time, not wall time: a busy machine stretches the one much less than the other.
"""

import cProfile
import inspect
import os
import pstats
import sys
import tempfile
import time
import types
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

import course
from platformdirs import user_cache_path

from grader import wire
from grader.asking.answer_cache import AnswerCache
from grader.asking.memory_cache import MemoryCache
from grader.asking.questions import Budget
from grader.asking.reference import ReferenceAnswers
from grader.assignment.loader import Assignment, bundled, read_assignment
from grader.course.rows import graded
from grader.judging.explanation import Explanations
from grader.judging.grading import Grader, _TaskGrading
from grader.judging.repair import Repairs
from grader.judging.verdicts import Verdicts
from grader.report import json
from grader.report.html import submission_page
from grader.results.report import Report
from grader.sandbox.linux import LinuxSandbox
from grader.sandbox.probe import best_level
from grader.submission.forbidden_scan import find_forbidden
from grader.submission.loader import Submission, read_submission

_PARTS: dict[str, Callable[..., object]] = {
    "parsing the answers": wire.parse_answer,
    "judging": Verdicts._judge,
    "naming the mistakes": Explanations.mistakes,
    "looking for forbidden layers": find_forbidden,
    "properties": ReferenceAnswers.property_results,
    "evidence and reproduction": Verdicts._failed,
    "search for a repair": Repairs.search,
}
"""The functions whose time is shown, with all that they call; a name that has gone is an error here."""


def main() -> None:
    """Print the table."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    assignment = read_assignment(bundled())
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        course.write_class(assignment, folder / "class", count, hostile=False)
        modules = tuple(task.name for task in assignment.tasks)
        submissions = [read_submission(path, modules) for path in sorted((folder / "class").iterdir())]
        with closing(LinuxSandbox(best_level())) as box:
            _measure(assignment, submissions, box, user_cache_path("torch-homework-grader") / "answers")
        seconds = course.floor(assignment, folder / "class", clock="process_time")
        _line("floor: the checks alone, no sandbox", seconds, count)


def _measure(assignment: Assignment, submissions: list[Submission], box: LinuxSandbox, key: Path) -> None:
    grader = Grader(
        assignment, assignment.tasks, assignment.seed, box, MemoryCache(AnswerCache(key)), workers=1
    )
    for submission in submissions:
        grader.grade(submission)  # fills the answer cache
    count = len(submissions)
    bubblewrap = box._zygote.process
    assert bubblewrap is not None
    zygote = youngest(bubblewrap.pid)
    own, children = times(zygote)
    begun = time.process_time()
    reports = [grader.grade(submission) for submission in submissions]
    spent = time.process_time() - begun
    own_after, children_after = times(zygote)
    _line("children: import, cases, wire, start and end", children_after - children, count)
    _line("zygote: forks", own_after - own, count)
    _line("grader: reads, judges, names, explains", spent, count)
    profile = cProfile.Profile(time.process_time)
    profile.enable()
    for submission in submissions:
        budget = Budget(assignment.limits.submission_seconds)
        for task in assignment.tasks:
            # Not `grade`, which has threads of its own.
            _TaskGrading(grader, task, submission, budget, None, submission.files).result()
    profile.disable()
    stats = pstats.Stats(profile)
    whole = stats.total_tt  # type: ignore[attr-defined]
    for name, function in _PARTS.items():
        code = _code(function)
        place = code.co_filename, code.co_firstlineno, code.co_name
        called = place in stats.stats  # type: ignore[attr-defined]
        share = f"{100 * stats.stats[place][3] / whole:.0f} %" if called else "not called"  # type: ignore[attr-defined]
        print(f"  of it {name:<36}{share:>8}")
    for name, act in (("report.html", submission_page.render), ("report.json", json.render), ("row", graded)):
        _line(name, _spent(act, reports), count)


def _code(function: Callable[..., object]) -> types.CodeType:
    """Return what a profile knows a function by, also of one behind a decorator."""
    unwrapped = inspect.unwrap(function)
    assert isinstance(unwrapped, types.FunctionType)
    return unwrapped.__code__


def _spent(act: Callable[[Report], object], reports: Sequence[Report]) -> float:
    begun = time.process_time()
    for report in reports:
        act(report)
    return time.process_time() - begun


def _line(name: str, seconds: float, count: int) -> None:
    print(f"{name:<46}{1000 * seconds / count:>8.1f} ms per submission", flush=True)


def youngest(pid: int) -> int:
    """Return the zygote: the child of bubblewrap's child."""
    while True:
        found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        if not found:
            return pid
        pid = int(found[0])


def times(pid: int) -> tuple[float, float]:
    """Return the processor time of a process and of its children that have ended."""
    fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
    ticks = os.sysconf("SC_CLK_TCK")
    return sum(map(int, fields[11:13])) / ticks, sum(map(int, fields[13:15])) / ticks


if __name__ == "__main__":
    main()
