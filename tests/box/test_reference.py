"""The examples of docs/reference.md make an assignment that its own solution passes."""

import re
from pathlib import Path

import pytest

from grader.asking.answer_cache import AnswerCache
from grader.assignment.loader import read_assignment
from grader.judging.grading import Grader
from grader.results.report import CheckResult
from grader.sandbox.contract import Sandbox
from grader.submission.loader import Submission

PAGE = (Path(__file__).parents[2] / "docs" / "reference.md").read_text()
SOLUTION, *CHECKS = re.findall(r"^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
POINTS = sum(float(points) for points in re.findall(r"@task\.check\(\n? *points=([\d.]+)", PAGE))


@pytest.fixture(scope="module")
def grader(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Grader:
    folder = tmp_path_factory.mktemp("reference")
    entry = f'[[tasks]]\nname = "example"\ntitle = "Examples"\npoints = {POINTS}\n'
    (folder / "assignment.toml").write_text(f'title = "Examples"\nseed = 1\n{entry}')
    (folder / "example").mkdir()
    (folder / "example" / "solution.py").write_text(SOLUTION)
    (folder / "example" / "checks.py").write_text("\n\n".join(CHECKS))
    assignment = read_assignment(folder)
    return Grader(assignment, assignment.tasks, assignment.seed, sandbox, AnswerCache(folder / "key"))


def graded(grader: Grader, source: str) -> dict[str, CheckResult]:
    (task,) = grader.grade(Submission("anna", {"example.py": source.encode()}, {})).tasks
    return {check.check: check for check in task.checks}


def test_the_solution_passes_every_example(grader: Grader) -> None:
    found = graded(grader, SOLUTION)

    assert (len(found) > 2, {name: check.verdict.value for name, check in found.items()}) == (
        True,
        dict.fromkeys(found, "passed"),
    )


def test_a_training_that_does_not_learn_fails_and_one_that_learns_in_some_runs_passes(grader: Grader) -> None:
    idle = graded(grader, SOLUTION.replace("0.05 * gradient", "0.0 * gradient"))["training"]
    lucky = SOLUTION.replace(
        "    losses = []\n", "    losses = []\n    steps = steps * bool(torch.rand(()) < 0.5)\n"
    )

    assert (idle.verdict.value, graded(grader, lucky)["training"].verdict.value) == ("failed", "passed")
