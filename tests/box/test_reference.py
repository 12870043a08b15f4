"""The examples of docs/reference.md make an assignment that its own solution passes."""

import re
from pathlib import Path

import pytest

from grader.asking.answer_cache import AnswerCache
from grader.assignment.loader import read_assignment
from grader.judging.grading import Grader
from grader.results.report import CheckResult, Report
from grader.sandbox.contract import Sandbox
from grader.submission.loader import Submission

PAGE = (Path(__file__).parents[2] / "docs" / "reference.md").read_text()
SOLUTION, *BLOCKS = re.findall(r"^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
HIDDEN = [block for block in BLOCKS if "from checks import" in block]
COMMON = [block for block in BLOCKS if block.startswith("def sentences")]
(LIMITS,) = re.findall(r"`(limits = \{.*?\})`", PAGE.partition("\n## Limits")[2])
CHECKS = [block for block in BLOCKS if block not in HIDDEN + COMMON]
POINTS = sum(
    float(points) for points in re.findall(r"^@task\.check\(points=([\d.]+)(?!.*bonus)", PAGE, re.MULTILINE)
)


@pytest.fixture(scope="module")
def grader(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Grader:
    folder = tmp_path_factory.mktemp("reference")
    entry = f'[[tasks]]\nname = "example"\ntitle = "Examples"\npoints = {POINTS}\n{LIMITS}\n'
    (folder / "assignment.toml").write_text(f'title = "Examples"\nseed = 1\n{entry}')
    (folder / "example").mkdir()
    (folder / "example" / "solution.py").write_text(SOLUTION)
    (folder / "example" / "checks.py").write_text("\n\n".join(CHECKS))
    (folder / "common.py").write_text("\n\n".join(COMMON))
    (folder / "data").mkdir()
    (folder / "data" / "corpus.txt").write_text("one two\nthree\nfour\n")
    (folder / "example" / "hidden_checks.py").write_text("\n\n".join(HIDDEN))
    assignment = read_assignment(folder)
    return Grader(assignment, assignment.tasks, assignment.seed, sandbox, AnswerCache(folder / "key"))


def report(grader: Grader, source: str) -> Report:
    return grader.grade(Submission("anna", {"example.py": source.encode()}, {}))


def graded(grader: Grader, source: str) -> dict[str, CheckResult]:
    (task,) = report(grader, source).tasks
    return {check.check: check for check in task.checks}


def test_the_solution_passes_every_example(grader: Grader) -> None:
    found = graded(grader, SOLUTION)

    assert (len(found) > 2, {name: check.verdict.value for name, check in found.items()}) == (
        True,
        dict.fromkeys(found, "passed"),
    )


def test_the_task_has_the_limits_of_the_example(grader: Grader) -> None:
    (task,) = grader.tasks

    assert (task.limits.wall_seconds, task.limits.task_seconds) == (30, 60)


def test_a_bonus_comes_on_top_and_its_loss_costs_nothing(grader: Grader) -> None:
    whole, without = report(grader, SOLUTION), report(grader, SOLUTION.replace("1 / p)", "1 / p + 1e-11)"))

    assert (whole.score - whole.points, without.score - without.points) == (1, 0)


def test_a_task_may_be_a_bonus_as_a_whole(grader: Grader) -> None:
    path = grader.assignment.folder / "assignment.toml"
    whole = path.read_text().replace(f"points = {POINTS}", f"points = {POINTS + 1}")
    path.write_text(f"{whole}bonus = true\n")
    assignment = read_assignment(path.parent)
    extra = Grader(assignment, assignment.tasks, assignment.seed, grader.sandbox, grader.cache)
    found = report(extra, SOLUTION)

    assert (found.score, found.points, found.tasks[0].points) == (POINTS + 1, 0, 0)
    assert {check.bonus for check in found.tasks[0].checks if check.points} == {True}


@pytest.mark.parametrize(
    ("right", "wrong", "score"),
    [
        ("x.T @ g", "2 * x.T @ g", 2),
        ('"w": x.T @ g, ', "", 2),
        ("g.sum(0)}", "None}", 2),
        ("g.sum(0)}", "g.sum(0) / 0}", 2),
        ("return {", "x.zero_()\n    return {", 0),
        ("return {", "return 1 / 0, {", 0),
    ],
)
def test_what_is_right_in_part_gets_its_share(grader: Grader, right: str, wrong: str, score: float) -> None:
    found = graded(grader, SOLUTION.replace(right, wrong))["gradients_by_hand"]

    assert (found.verdict.value, found.score) == ("failed", score)


@pytest.mark.parametrize(
    ("body", "mean", "too_small", "score"),
    [
        ("raise ValueError", "failed", "skipped", 0),
        ("if p < 1: raise ValueError\n    return None", "failed", "skipped", 0),
        ("if p < 1: raise ValueError\n    return x.mean(-1)", "failed", "passed", 1),
        ("return x.abs().pow(p).mean(-1).pow(1 / p)", "passed", "failed", 2),
    ],
)
def test_an_exception_counts_only_with_something_right_and_one_slip_is_paid_for_once(
    grader: Grader, body: str, mean: str, too_small: str, score: float
) -> None:
    head = "def power_mean(x: Tensor, p: int) -> Tensor:\n"
    found = graded(grader, f"{SOLUTION[: SOLUTION.index(head)]}{head}    {body}\n")

    assert (found["mean"].verdict.value, found["too_small"].verdict.value) == (mean, too_small)
    assert found["mean"].score + found["too_small"].score == score


def test_a_training_that_does_not_learn_fails_and_one_that_learns_in_some_runs_passes(grader: Grader) -> None:
    idle = graded(grader, SOLUTION.replace("0.05 * gradient", "0.0 * gradient"))["training"]
    lucky = SOLUTION.replace(
        "    losses = []\n", "    losses = []\n    steps = steps * bool(torch.rand(()) < 0.5)\n"
    )

    assert (idle.verdict.value, graded(grader, lucky)["training"].verdict.value) == ("failed", "passed")
