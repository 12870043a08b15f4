"""Limits of a task, and checks with a budget of processor time."""

from collections.abc import Callable
from pathlib import Path

import pytest

from grader.asking.answer_cache import AnswerCache
from grader.assignment.loader import read_assignment
from grader.audit.audit import Audit
from grader.errors import AssignmentError
from grader.judging.grading import Grader
from grader.report.messages import text
from grader.results.report import CheckResult, TaskResult
from grader.sandbox.contract import Sandbox
from grader.submission.loader import Submission

TOML = 'title = "Sums"\nseed = 5\n[[tasks]]\nname = "sums"\ntitle = "Sums"\npoints = 3\n'
CHECKS = '''
from grader import Task

task = Task()


@task.check(points=1)
def total(impl, case):
    """A total is right."""
    return {"total": impl.total(case.normal(3, name="values"))}


@task.check(points=2, cases=2, budget=8)
def fast(impl, case):
    """Many rows take no loop."""
    return {"total": impl.total(case.normal(20000, 5, name="values"))}
'''
SOLUTION = "def total(values):\n    return values.sum(-1)\n"
LOOP = """\
import torch


def total(values):
    if values.dim() == 1:
        return values.sum()
    return torch.stack([row[0] + row[1] + row[2] + row[3] + row[4] for row in values])
"""
"""About forty times the solution's time: the budget is far away from what a busy machine can change."""
Mark = Callable[..., TaskResult]


def made(folder: Path, entry: str = "", checks: str = CHECKS) -> Path:
    (folder / "sums" / "mistakes").mkdir(parents=True)
    (folder / "assignment.toml").write_text(TOML + entry)
    (folder / "sums" / "checks.py").write_text(checks)
    (folder / "sums" / "solution.py").write_text(SOLUTION)
    (folder / "sums" / "mistakes" / "negative.patch").write_text(
        "The sign.\n\n- return values.sum(-1)\n+ return -values.sum(-1)\n"
    )
    return folder


@pytest.fixture
def mark(sandbox: Sandbox, tmp_path: Path) -> Mark:
    def mark(source: str, entry: str = "") -> TaskResult:
        assignment = read_assignment(made(tmp_path / "sums", entry))
        grader = Grader(assignment, assignment.tasks, 5, sandbox, AnswerCache(tmp_path / "cache"))
        return grader.grade(Submission("anna", {"sums.py": source.encode()}, {})).tasks[0]

    return mark


def fast(result: TaskResult) -> CheckResult:
    return result.checks[-1]


def test_a_program_as_fast_as_the_solution_passes(mark: Mark) -> None:
    assert mark(SOLUTION.replace("values.sum(-1)", "values.sum(dim=-1) + 0.0")).score == 3


def test_a_loop_over_many_rows_fails_although_its_answers_are_right(mark: Mark) -> None:
    result = mark(LOOP)

    assert "times the processor time of the solution" in text(fast(result).message)
    assert (result.score, result.explanations) == (1, ())


def test_a_repair_of_a_slip_gives_no_slow_check_back(mark: Mark) -> None:
    result = mark(LOOP.replace("values.sum()", "values.exp().sum()"))

    assert [one.right_given for one in result.explanations] == [("total",)]
    assert (fast(result).verdict.value, result.score) == ("failed", 0.4)


def test_an_import_that_takes_long_does_not_count(mark: Mark) -> None:
    work = "import torch\nfor _ in range(400): torch.ones(200, 200) @ torch.ones(200, 200)\n"

    assert mark(work + SOLUTION).score == 3


def test_wrong_answers_are_told_as_wrong(mark: Mark) -> None:
    assert fast(mark("def total(values):\n    return -values.sum(-1)\n")).mistake == "negative"


def test_a_task_has_limits_of_its_own(mark: Mark) -> None:
    slow = "import time\n\n\ndef total(values):\n    time.sleep(1.5)\n    return values.sum(-1)\n"
    stopped = mark(slow, "limits = { wall_seconds = 1 }\n").checks[1].message

    assert "1 s" in text(stopped)


SLOW = '''

@task.check(points=0.5, cases=1, wall_seconds=2)
def quick(impl, case):
    """One sum is quick."""
    return {"total": impl.total(case.normal(5, name="values"))}


@task.check(points=0.5, cases=2, wall_seconds=25)
def slow(impl, case):
    """Two sums may take their time."""
    return {"total": impl.total(case.normal(4, 4, name="values"))}
'''


def test_a_check_has_a_limit_of_its_own(sandbox: Sandbox, tmp_path: Path) -> None:
    assignment = read_assignment(
        made(
            tmp_path / "sums",
            "limits = { wall_seconds = 4 }\n",
            f"{CHECKS.replace('points=2', 'points=1')}{SLOW}",
        )
    )
    grader = Grader(assignment, assignment.tasks, 5, sandbox, AnswerCache(tmp_path / "cache"))
    sleeping = SOLUTION.replace(
        "    return", "    import time\n    time.sleep(2.5 if values.numel() in (5, 16) else 0)\n    return"
    )
    found = {
        check.check: check
        for check in grader.grade(Submission("anna", {"sums.py": sleeping.encode()}, {})).tasks[0].checks
    }

    assert {name: check.verdict.value for name, check in found.items()} == {
        "loads": "passed", "total": "passed", "fast": "passed", "quick": "failed", "slow": "passed",
    }  # fmt: skip
    assert "2 s" in text(found["quick"].message)


@pytest.mark.parametrize(
    ("option", "said"),
    [
        ("wall_seconds=0", r"checks.py.*'total': wall_seconds= should be a number above 0"),
        ("wall_seconds=31", r"checks.py, line 8: check total has wall_seconds=31, but its task has 30 s"),
    ],
)
def test_a_limit_of_a_check_that_cannot_hold_is_refused(
    sandbox: Sandbox, tmp_path: Path, option: str, said: str
) -> None:
    checks = CHECKS.replace("@task.check(points=1)", f"@task.check(points=1, {option})")
    assignment = read_assignment(made(tmp_path / "sums", checks=checks))
    grader = Grader(assignment, assignment.tasks, 5, sandbox, AnswerCache(tmp_path / "cache"))

    with pytest.raises(AssignmentError, match=said):
        grader.grade(Submission("anna", {"sums.py": SOLUTION.encode()}, {}))


def test_a_mistake_that_is_only_slow_is_caught_by_a_budget(sandbox: Sandbox, tmp_path: Path) -> None:
    folder = made(tmp_path / "sums")
    (folder / "sums" / "mistakes" / "loop.py").write_text(f'"""It takes a loop."""\n{LOOP}')
    assignment = read_assignment(folder)
    grader = Grader(assignment, assignment.tasks, 5, sandbox, AnswerCache(tmp_path / "cache"))
    audited = Audit(grader, quick=True).check(assignment.tasks[0])

    assert [(m.name, m.caught, m.slow, m.score) for m in audited.mistakes] == [
        ("loop", True, True, 1),
        ("negative", True, False, audited.mistakes[1].score),
    ]
    assert audited.passed


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("limits = { submission_seconds = 5 }", "submission_seconds is no limit of a task"),
        ("limits = { wall_seconds = 0 }", "wall_seconds should be a number above 0"),
        ("limits = { memory = 1.5 }", "memory should be a whole number above 0"),
    ],
)
def test_a_wrong_limit_is_told(tmp_path: Path, entry: str, said: str) -> None:
    with pytest.raises(AssignmentError, match=said):
        read_assignment(made(tmp_path / "sums", entry))


def test_a_budget_that_would_judge_the_machine_is_refused(sandbox: Sandbox, tmp_path: Path) -> None:
    assignment = read_assignment(made(tmp_path / "sums", checks=CHECKS.replace("budget=8", "budget=2")))
    grader = Grader(assignment, assignment.tasks, 5, sandbox, AnswerCache(tmp_path / "cache"))

    with pytest.raises(AssignmentError, match=r"checks.py.*'fast': budget= is 5 or more"):
        grader.grade(Submission("anna", {"sums.py": SOLUTION.encode()}, {}))
