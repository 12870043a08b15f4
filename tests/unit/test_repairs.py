"""The smallest repair of a program is found, and there is none where it could be a choice or a chance."""

import bisect
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import small_assignment
import torch
from in_process import InProcess
from samples import FAILED, SKIPPED, check
from small_assignment import SOLUTION, grader

from grader.asking.questions import Responses, everything, of_task
from grader.authoring.case import Case
from grader.errors import UnreadableSource
from grader.judging.follow_through import Supposition
from grader.judging.repair import Found, Repairs, is_wanted, suppositions
from grader.results.explanation import Explanation, Repair
from grader.results.report import TaskResult
from grader.sandbox.contract import End, Ending
from grader.submission.loader import Submission
from grader.syntax import parse_strangers
from grader.values import Number, Tensor, Value
from grader.wire import Answer, Raised

CHECKS = small_assignment.CHECKS.replace("points=1", "points=2")
SUMS = {"checks.py": CHECKS, "solution.py": SOLUTION}


def wrong(total: str, mean: str = "values.sum() / len(values)") -> str:
    """Return a module whose two functions return these."""
    return f"def total(values):\n    return {total}\n\n\ndef mean(values):\n    return {mean}\n"


PLUS_ONE = wrong("values.sum() + 1")


def graded(folder: Path, source: str | bytes, files: dict[str, str] = SUMS, **more: str) -> TaskResult:
    """Return the result of a module, with more files beside it."""
    handed_in = {f"{name}.py": text.encode() for name, text in more.items()}
    handed_in["sums.py"] = source.encode() if isinstance(source, str) else source
    return grader(folder, {"sums": files}).grade(Submission("ana", handed_in, {})).tasks[0]


def changed(found: Explanation) -> list[tuple[str, int, str, str]]:
    """Return of each repair the file, the line, what stands there and what it becomes."""
    repairs = [] if found.repair is None else [found.repair, *found.also]
    return [(one.file, one.line, one.before, one.after) for one in repairs]


def repairs(result: TaskResult) -> list[tuple[str, int, str, str]]:
    return [one for found in result.explanations for one in changed(found)]


# What is found


def test_a_repair_is_told_with_its_place_and_what_is_right_given_it(tmp_path: Path) -> None:
    result = graded(tmp_path, PLUS_ONE)

    assert repairs(result) == [("sums.py", 2, "values.sum() + 1", "values.sum()")]
    assert result.explanations[0].right_given == ("total",)


def test_the_second_of_two_repairs_has_its_line_in_the_file_that_was_handed_in(tmp_path: Path) -> None:
    clamped = "torch.clamp(\n        values.sum(),\n        -1,\n        1,\n    )"
    result = graded(tmp_path, f"import torch\n{wrong(clamped, 'values.sum() * len(values)')}")

    assert repairs(result) == [
        ("sums.py", 3, "torch.clamp( values.sum(), -1, 1, )", "values.sum()"),
        ("sums.py", 11, "values.sum() * len(values)", "values.sum() / len(values)"),
    ]
    assert result.explanations[0].right_given == ("total", "mean")


def test_a_repair_of_a_part_is_told_if_nothing_small_explains_the_rest(tmp_path: Path) -> None:
    (found,) = graded(tmp_path, wrong("values.sum() + 1", "values.exp().std() ** 3")).explanations

    assert (changed(found), found.right_given) == (
        [("sums.py", 2, "values.sum() + 1", "values.sum()")],
        ("total",),
    )


def test_a_repair_may_be_in_a_file_that_the_module_imports(tmp_path: Path) -> None:
    source = f"import helper\nimport other\n{wrong('helper.summed(values)')}"
    helper = "import other\n\n\ndef summed(values):\n    return values.sum() + other.one()\n"
    result = graded(tmp_path, source, helper=helper, other="def one():\n    return 0 + 1\n")

    assert repairs(result) == [("helper.py", 5, "values.sum() + other.one()", "values.sum()")]


def test_a_file_that_is_not_python_is_not_searched_but_those_beside_it_are(tmp_path: Path) -> None:
    source = f"try:\n    import broken\nexcept SyntaxError:\n    pass\n{PLUS_ONE}"
    result = graded(tmp_path, source, broken="def (:\n")

    assert repairs(result) == [("sums.py", 6, "values.sum() + 1", "values.sum()")]


def test_a_file_in_another_encoding_is_graded_but_not_searched(tmp_path: Path) -> None:
    result = graded(tmp_path, f"# coding: latin-1\n\n# Größe\n{PLUS_ONE}".encode("latin-1"))

    assert (repairs(result), result.score) == ([], 2)


LIMITS = {
    "checks.py": CHECKS.replace('"total": impl.total', '"low, high": impl.total'),
    "solution.py": SOLUTION.replace("return values.sum()\n", "return values.min(), values.max()\n"),
}


def test_two_results_in_the_wrong_order_are_told_as_their_whole_line(tmp_path: Path) -> None:
    result = graded(tmp_path, wrong("values.max(), values.min()"), LIMITS)

    assert repairs(result) == [("sums.py", 2, "values.max(), values.min()", "values.min(), values.max()")]


POSITIVE = {
    "checks.py": CHECKS,
    "solution.py": SOLUTION.replace("return values.sum()\n", "return values.clamp(min=0).sum()\n"),
}


def test_a_condition_may_be_repaired_if_both_of_its_branches_mattered(tmp_path: Path) -> None:
    source = f"import torch\n{wrong('torch.where(values < 0, values, 0 * values).sum()')}"

    assert repairs(graded(tmp_path, source, POSITIVE)) == [("sums.py", 3, "values < 0", "(values > (0))")]


# What is no repair


@pytest.mark.parametrize(
    "returned",
    [
        "one\n    one, other = values.exp().std(), values.sum()\n    return one",
        "values.sum() + values.exp().mean() * values.std() * values.abs().max()",
        "values.sum() if len(values) > 100 else values.exp().std()",
    ],
    ids=["another name", "a term of many values", "the other branch"],
)
def test_a_change_that_chooses_among_what_was_written_down_is_no_repair(
    tmp_path: Path, returned: str
) -> None:
    source = wrong(returned).replace("    return one\n", "", 1)

    assert repairs(graded(tmp_path, source)) == []


def test_a_program_that_looks_at_its_own_code_gets_no_repair(tmp_path: Path) -> None:
    looking = wrong("values.sum() * 1 + (len(total.__code__.co_code) // 2 - OWN + 1) % 3")
    names: dict[str, Any] = {}
    exec(looking, names)
    own = len(names["total"].__code__.co_code) // 2

    assert repairs(graded(tmp_path, f"OWN = {own}\n{looking}")) == []


def test_a_change_that_is_right_in_small_cases_alone_is_no_repair(tmp_path: Path) -> None:
    assert repairs(graded(tmp_path, wrong("values[:4].sum() + 1"))) == []


def test_a_change_that_makes_two_checks_right_in_small_cases_and_one_in_all_is_a_repair_of_that_one(
    tmp_path: Path,
) -> None:
    plus = "def plus(values):\n    return values.sum() + 1\n"
    result = graded(tmp_path, f"{plus}{wrong('plus(values)', 'plus(values[:4]) / len(values)')}")

    assert "mean" not in {name for one in result.explanations for name in one.right_given}


SQUARE = '''
from grader import Task

task = Task()


@task.check(points=2, cases=3)
def square(impl, case):
    """A square is right."""
    return {"square": impl.square(case.integer(2, 10**6))}
'''


def test_a_change_that_is_right_with_one_seed_is_no_repair(tmp_path: Path) -> None:
    files = {"checks.py": SQUARE, "solution.py": "def square(number):\n    return number * number\n"}
    seen = [Case("square", number, 5, torch.float64).integer(2, 10**6) for number in range(3)]
    always = f"SEEN = {seen}\n\n\ndef square(number):\n    return number * number + 1\n"
    lucky = always.replace("+ 1", "+ 1 if number in SEEN else 7")

    assert repairs(graded(tmp_path / "lucky", lucky, files)) == []
    assert len(repairs(graded(tmp_path / "always", always, files))) == 1


def test_a_program_with_a_number_too_long_to_be_written_gets_no_repair(tmp_path: Path) -> None:
    huge = "0x" + "F" * 5000

    assert repairs(graded(tmp_path, PLUS_ONE.replace("return", f"values[:{huge}]\n    return", 1))) == []


def nested(depth: int) -> str:
    return f"def total(values):\n    return values{'.T' * depth}.sum()\n"


def is_too_deep(depth: int) -> bool:
    try:
        parse_strangers(nested(depth))
    except UnreadableSource:
        return True
    return False


def test_where_a_program_is_nested_as_deep_as_python_can_parse_the_search_ends_without_a_repair(
    tmp_path: Path,
) -> None:
    made = grader(tmp_path, {"sums": SUMS})
    (task,) = made.tasks
    description, solution = made.trusted.solve(task)
    assert description is not None
    given = made.trusted.ask(task, PLUS_ONE)
    # Python 3.11 counts its own calls too: it parses a source in one function and not in one called by that.
    deepest = bisect.bisect_left(range(60_000), True, key=is_too_deep)
    for depth in range(deepest - 30, deepest, 3):
        source = nested(depth)
        question = of_task(task, source, made.seed, everything(description))
        lost = InProcess(instead=[Ending(End.LOST)])
        searched = Repairs(
            lost, task.limits, made.trusted, made.with_another_seed, task,
            Submission("ana", {"sums.py": source.encode()}, {}), description, (solution,), question, given, 9,
        ).search()  # fmt: skip

        assert (searched.found, searched.tried) == (None, 0)


# Properties

LAW = '''
from grader import Task

task = Task()


def sums_to_one(expected, actual):
    return None if abs(float(actual["shares"].sum()) - 1) < 1e-9 else "They do not sum to 1."


@task.check(points=2, compare=sums_to_one)
def total(impl, case):
    """The shares sum to 1."""
    return {"shares": impl.total(case.normal(case.size("count"), name="values"))}


@task.check(points=1)
def mean(impl, case):
    """A mean is right."""
    return {"mean": impl.mean(case.normal(case.size("count"), name="values"))}
'''
SHARES = {"checks.py": LAW, "solution.py": wrong("values.exp() / values.exp().sum()")}


@pytest.mark.parametrize(
    ("shares", "mean", "told"),
    [
        ("values.exp() / values.exp().sum() + 1", "values.mean()", [True]),
        # Another design passes a property as well, so what is exchanged may not be where the slip is.
        ("values.exp() * values.exp().sum()", "values.mean()", [False]),
        ("values.exp() / values.exp().sum()", "values.sum() * len(values)", [True]),
    ],
)
def test_if_a_property_was_lost_a_repair_has_a_place_only_if_it_takes_something_away(
    tmp_path: Path, shares: str, mean: str, told: list[bool]
) -> None:
    result = graded(tmp_path, wrong(shares, mean), SHARES)

    assert [one.repair.told for one in result.explanations if one.repair] == told


# A sandbox that is lost

TWO_WAYS = {
    "checks.py": CHECKS.replace("Task()", 'Task(accept=("solution", "other"))'),
    "solution.py": SOLUTION,
    "other.py": SOLUTION.replace(".sum()", ".sum() + 3"),
    "hidden_checks.py": (
        "from checks import task\n\n\n@task.check(points=1)\ndef many(impl, case):\n"
        '    """Many are right."""\n    return {"total": impl.total(case.normal(100))}\n'
    ),
}


def test_a_lost_sandbox_can_take_a_repair_away_but_makes_none_that_explains_more(tmp_path: Path) -> None:
    def found(folder: Path, lost: int | None) -> tuple[int, TaskResult]:
        """Return the number of runs and the result, if the run with the number `lost` is."""
        made = grader(folder, {"sums": TWO_WAYS}, "[repair]\ncandidates = 200\n")
        box = made.sandbox
        assert isinstance(box, InProcess)
        box.instead = [] if lost is None else [*[None] * lost, Ending(End.LOST)]
        result = made.grade(Submission("ana", {"sums.py": PLUS_ONE.encode()}, {})).tasks[0]
        return len(box.jobs), result

    runs, whole = found(tmp_path / "whole", None)
    (told,) = whole.explanations
    answered = 4  # by both programs that are right, and to both parts of the question
    for lost in range(answered, runs):
        _, result = found(tmp_path / str(lost), lost)
        assert {name for one in result.explanations for name in one.right_given} <= {*told.right_given}
        assert whole.plain_score == result.plain_score <= result.score <= whole.score


# Whether to search


def given(*values: Value | Raised) -> Responses:
    def answer(case: int, value: Value | Raised) -> Answer:
        if isinstance(value, Raised):
            return Answer("step", case, raised=value)
        return Answer("step", case, {"y": value})

    return Responses(answers={"step": {case: answer(case, value) for case, value in enumerate(values)}})


@pytest.mark.parametrize(
    ("values", "wanted"),
    [
        ((0, 0), False),
        (("a", "b"), False),
        ((Tensor("float64", np.zeros(5)), 0.0), False),
        ((Tensor("object", np.array(["a", "b"], object)),), False),
        ((), False),
        ((1, 2.5), True),
        ((Tensor("float64", np.array([1.0, 2.0])),), True),
        ((Number("float32", 1.0), Number("float32", 2.0)), True),
        ((Raised(("ValueError",), "no"),), True),
    ],
)
def test_what_shows_no_more_than_one_number_is_not_repaired(
    values: tuple[Value | Raised, ...], wanted: bool
) -> None:
    assert is_wanted([check(FAILED, "step")], given(*values), []) is wanted


# What a repair explains

REPAIR = Repair(
    file="cell.py", line=3, end_line=3, column=4, end_column=9, kind="detach",
    before="h.detach()", after="h", alternatives=0, told=True,
)  # fmt: skip


def test_a_mistake_that_explains_what_a_repair_leaves_comes_with_it() -> None:
    results = [check(FAILED, "a"), check(FAILED, "b", mistake="cut"), check(SKIPPED, "c", mistake="cut")]
    found = Found((REPAIR,), frozenset({"a"}), frozenset({"b", "c"}), {})
    known = Supposition(("cut",), shares={"b": 1.0, "c": 0.5, "a": 0.5})
    (one,) = suppositions(found, results, [known])

    assert (one.mistakes, one.repair, one.shares) == (("cut",), REPAIR, {"a": 1.0, "b": 1.0, "c": 1.0})


def test_a_repair_is_alone_if_what_it_leaves_has_no_name() -> None:
    results = [check(FAILED, "a"), check(FAILED, "b")]
    (one,) = suppositions(Found((REPAIR,), frozenset({"a"}), frozenset({"b"}), {}), results, [])

    assert (one.mistakes, one.shares) == ((), {"a": 1.0})
