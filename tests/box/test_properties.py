"""Laws that many right answers obey: what `compare=` says about an answer, in a process of its own."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from samples import saying

from grader.asking.answer_cache import AnswerCache
from grader.asking.conversation import ask
from grader.asking.properties import PropertyResult, PropertyResults, examine, same_violation
from grader.asking.questions import CheckInfo, Question
from grader.assignment.loader import TaskSource, read_assignment
from grader.errors import AssignmentError
from grader.judging.grading import Grader
from grader.report import messages
from grader.results.message import Message
from grader.results.report import CheckResult, Report
from grader.sandbox.contract import Limits, Sandbox
from grader.submission.loader import Submission
from grader.values import Items, Members, Number, Other, Tensor, Value, Word
from grader.wire import Answer, Raised

LIMITS = Limits(wall_seconds=1)
CHECKS = '''
from grader import Task

task = Task()


def sums_to_one(expected, actual):
    total = float(actual["p"].sum())
    if total < 0:
        raise ValueError("a total below 0")
    while total == 7:
        pass
    return None if abs(total - 1) < 1e-9 else f"the probabilities sum to {total:.2f}, not to 1"


def as_many(expected, actual):
    """How many entries the solution has is a law, too."""
    return None if actual["p"].shape == expected["p"].shape else "another number of probabilities"


@task.check(points=1, cases=2, compare=sums_to_one)
def total(impl, case):
    """Probabilities sum to 1."""
    return {"p": impl.probabilities(case.size("count"))}


@task.check(points=2, cases=1, compare=as_many)
def count(impl, case):
    """There are as many probabilities as asked for."""
    return {"p": impl.probabilities(case.size("count"))}


@task.check(points=4, cases=1)
def first(impl, case):
    """The first probability is right."""
    return {"first": impl.probabilities(case.size("count"))[0]}
'''


def task(checks: str) -> TaskSource:
    return TaskSource("law", "A law", 1, Path("law"), checks, "", ())


TASK = task(CHECKS)


def info(name: str) -> CheckInfo:
    return CheckInfo(
        name=name,
        title="A law.",
        about="",
        points=1,
        after=(),
        cases=2,
        dtype="float64",
        depth="",
        compare=True,
        plot=None,
    )


def answer(case: int, p: object = (0.5, 0.5), **more: Value) -> Answer:
    given = p if isinstance(p, Other) else Tensor("float64", np.array(p, "float64"))
    return Answer("total", case, {"p": given, **more})


Look = Callable[..., Mapping[int, PropertyResult]]


@pytest.fixture(scope="module")
def found(sandbox: Sandbox) -> Look:
    """Return what is found about the answers to `total`, of which the solution gave as many."""

    def found(*answers: Answer | None) -> Mapping[int, PropertyResult]:
        solution = {"total": {case: answer(case) for case in range(len(answers))}}
        given = {"total": {case: one for case, one in enumerate(answers) if one is not None}}
        (findings,) = examine(sandbox, LIMITS, TASK, [info("total")], solution, [given])
        # In words, as they are compared below.
        return {n: replace(one, problem=messages.text(one.problem)) for n, one in findings["total"].items()}

    return found


# What is found about an answer


def test_an_answer_that_obeys_has_no_problem(found: Look) -> None:
    assert found(answer(0, (0.25, 0.75)), answer(1, (1,))) == {0: PropertyResult(""), 1: PropertyResult("")}


def test_an_answer_that_breaks_the_law_is_told_how(found: Look) -> None:
    assert found(answer(0), answer(1, (0.5, 0.75))) == {
        0: PropertyResult(""),
        1: PropertyResult("the probabilities sum to 1.25, not to 1"),
    }


def test_a_law_that_raises_on_an_answer_of_another_shape_costs_that_case_only(found: Look) -> None:
    assert found(answer(0, (-1,)), answer(1)) == {
        0: PropertyResult(
            "what was returned could not be examined: ValueError: a total below 0 (checks.py, line 10)",
            failed=True,
        ),
        1: PropertyResult(""),
    }


@pytest.mark.parametrize(
    "sent",
    [
        Items("torch.Size", (1.5, 2.5)),
        Number("int8", 300),
        Word("Fraction", "1e1000000000"),
        Members("set", (Items("list", ()),)),
    ],
)
def test_an_answer_that_is_not_of_the_type_that_it_claims_is_no_fault_of_the_law(
    sandbox: Sandbox, sent: Value
) -> None:
    meant = Answer("total", 0, {"p": Tensor("float64", np.array([0.5, 0.5])), "more": _like(sent)})
    given = Answer("total", 0, {"p": Tensor("float64", np.array([-1.0, 0.0])), "more": sent})
    whole = {"total": {0: meant}}
    (findings,) = examine(sandbox, LIMITS, TASK, [info("total")], whole, [{"total": {0: given}}])

    assert not findings["total"][0].fault


def _like(sent: Value) -> Value:
    """Return a value of the same type, as a solution would return it."""
    match sent:
        case Items():
            return Items("list", (1.5, 2.5))
        case Number():
            return Number("int8", 3)
        case Word():
            return Word("Fraction", "1/2")
    return Members("set", (1,))


def test_a_law_that_raises_on_an_answer_like_the_solutions_is_at_fault(found: Look) -> None:
    assert found(answer(0, (-1, 0)), answer(1)) == {
        0: PropertyResult(
            "compare= failed: ValueError: a total below 0 (checks.py, line 10)", failed=True, fault=True
        ),
        1: PropertyResult(""),
    }


def test_a_law_that_hangs_costs_that_case_only(found: Look) -> None:
    assert found(answer(0), answer(1, (7,)), answer(2, (2,))) == {
        0: PropertyResult(""),
        1: PropertyResult("what was returned could not be examined: no answer within 1 s", failed=True),
        2: PropertyResult("the probabilities sum to 2.00, not to 1"),
    }


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        (None, "there is no answer"),
        (Answer("total", 0, raised=Raised(("KeyError", "LookupError"), "'p'")), "it raised KeyError"),
        (replace(answer(0), changed=("x",)), "an argument was changed"),
        (answer(0, Other("a tuple of 2")), "the answer is of another kind than the solution's"),
        (answer(0, more=1), "the answer is of another kind than the solution's"),
        (Answer("total", 0, {}), "the answer is of another kind than the solution's"),
    ],
)
def test_an_answer_of_another_kind_is_left_to_the_judge(
    found: Look, given: Answer | None, problem: str
) -> None:
    assert found(given) == {0: PropertyResult(problem, by_property=False)}


UNANSWERED = PropertyResult(Message.of("no_answer_given"), by_property=False)


def test_every_one_who_answered_has_findings_of_his_own(sandbox: Sandbox) -> None:
    solution = {"total": {0: answer(0)}, "count": {0: replace(answer(0), check="count")}}
    one = {"total": {0: answer(0, (1,))}, "count": {0: replace(answer(0, (1,)), check="count")}}
    other = {"total": {0: answer(0, (1, 1))}, "count": {0: replace(answer(0, (1, 1)), check="count")}}

    assert examine(sandbox, LIMITS, TASK, [info("total"), info("count")], solution, [one, {}, other]) == [
        {
            "total": {0: PropertyResult(None)},
            "count": {0: PropertyResult(saying("another number of probabilities"))},
        },
        {"total": {0: UNANSWERED}, "count": {0: UNANSWERED}},
        {
            "total": {0: PropertyResult(saying("the probabilities sum to 2.00, not to 1"))},
            "count": {0: PropertyResult(None)},
        },
    ]


def test_where_nothing_was_answered_no_process_is_needed() -> None:
    nowhere: Sandbox = None  # type: ignore[assignment]
    found = examine(nowhere, LIMITS, TASK, [info("total")], {"total": {0: answer(0)}}, [{}])

    assert found == [{"total": {0: UNANSWERED}}]


def test_checks_that_cannot_be_run_are_said(sandbox: Sandbox) -> None:
    solution = {"total": {0: answer(0)}}
    with pytest.raises(AssignmentError, match=r"compare= in checks\.py could not be run.*ZeroDivisionError"):
        examine(sandbox, LIMITS, task("1 / 0"), [info("total")], solution, [solution])


# Whether two break a law alike


def problems(*said: str) -> dict[int, PropertyResult]:
    return {case: PropertyResult(problem) for case, problem in enumerate(said)}


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (problems("", "2 too many"), problems("", "13 too many"), False),
        (problems("off by 3"), problems("off by 3"), True),
        (problems("", "2 too many"), problems("2 too many", ""), False),
        (problems("", "2 too many"), problems("", "2 too few"), False),
        (problems("2 too many"), problems("2 too many", "2 too many"), False),
        (problems("", ""), problems("", ""), False),
    ],
)
def test_two_break_a_law_alike_where_they_do_so_on_the_same_cases(
    one: PropertyResults, other: PropertyResults, same: bool
) -> None:
    assert same_violation(one, other) is same  # type: ignore[arg-type]


# In a report

TOML = """\
title = "Laws"
seed = 5

[limits]
wall_seconds = 1

[[tasks]]
name = "law"
title = "Probabilities"
points = 7
"""
SOLUTION = """\
import torch


def probabilities(count):
    return torch.full((count,), 1 / count, dtype=torch.float64)
"""


@pytest.fixture(scope="module")
def mark(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Report]:
    """Return the report on a module that returns the given expression."""
    folder = tmp_path_factory.mktemp("laws")
    (folder / "law" / "mistakes").mkdir(parents=True)
    (folder / "assignment.toml").write_text(TOML)
    (folder / "law" / "checks.py").write_text(CHECKS)
    (folder / "law" / "solution.py").write_text(SOLUTION)
    (folder / "law" / "mistakes" / "ones.patch").write_text(
        "All are ones.\n\n- return torch.full((count,), 1 / count, dtype=torch.float64)\n"
        "+ return torch.ones(count, dtype=torch.float64)\n"
    )
    assignment = read_assignment(folder)
    grader = Grader(assignment, assignment.tasks, 5, sandbox, AnswerCache(folder / "key"))

    def mark(expression: str) -> Report:
        source = f"import torch\ndef probabilities(count):\n    return {expression}\n"
        return grader.grade(Submission("anna", {"law.py": source.encode()}, {}))

    return mark


def scores(report: Report) -> dict[str, float]:
    return {check.check: check.score for task in report.tasks for check in task.checks if check.points}


def total(report: Report) -> CheckResult:
    return next(check for check in report.tasks[0].checks if check.check == "total")


HALVES = "torch.tensor([0.5, 0.5] + [0.0] * (count - 2), dtype=torch.float64)"


def test_another_right_answer_passes(mark: Callable[[str], Report]) -> None:
    report = mark(HALVES.replace("[0.5, 0.5]", "[0.5, 0.25, 0.25]").replace("(count - 2)", "(count - 3)"))

    assert scores(report) == {"total": 1, "count": 0, "first": 4}


def test_a_broken_law_is_the_message(mark: Callable[[str], Report]) -> None:
    assert messages.text(total(mark("torch.zeros(count, dtype=torch.float64)")).message) == (
        "The probabilities sum to 0.00, not to 1."
    )


@pytest.mark.parametrize(
    ("total_of", "said"),
    [(-1.0, "ValueError: a total below 0 (checks.py, line 10)"), (7.0, "no answer within 1 s")],
)
def test_a_law_that_fails_on_an_answer_like_the_solutions_costs_nobody_a_point(
    mark: Callable[[str], Report], total_of: float, said: str
) -> None:
    report = mark(f"torch.tensor([0.5, {total_of - 0.5}] + [0.0] * (count - 2), dtype=torch.float64)")

    assert (scores(report), report.final, total(report).verdict, messages.text(total(report).message)) == (
        {"total": 1, "count": 2, "first": 4},
        False,
        "broken",
        "The grader could not decide this, which is not your fault: check total, case 0: "
        f"compare= failed: {said}.",
    )


def test_a_law_that_fails_on_an_answer_of_another_shape_costs_its_check(
    mark: Callable[[str], Report],
) -> None:
    report = mark("torch.tensor([0.5, -1.5] + [0.0] * (count - 1), dtype=torch.float64)")

    assert (scores(report), report.final, messages.text(total(report).message)) == (
        {"total": 0, "count": 0, "first": 4},
        True,
        "What was returned could not be examined: ValueError: a total below 0 (checks.py, line 10).",
    )


def test_an_answer_of_another_kind_is_told_by_the_judge(mark: Callable[[str], Report]) -> None:
    assert messages.text(total(mark("[1 / count] * count")).message) == (
        "`p` is a list of 2 (float, float); a float64 tensor of shape (2,) was expected."
    )


def test_a_mistake_that_is_answered_alike_is_named(mark: Callable[[str], Report]) -> None:
    found = total(mark("torch.zeros(count, dtype=torch.float64) + 1"))

    assert (found.mistake, found.hint) == ("ones", "All are ones.")


def test_a_mistake_of_which_the_law_says_the_same_is_named(mark: Callable[[str], Report]) -> None:
    found = total(mark("torch.tensor([float(count)] + [0.0] * (count - 1), dtype=torch.float64)"))

    assert (found.mistake, found.hint) == ("ones", "All are ones.")


def test_an_answer_of_which_the_law_says_another_number_has_no_name(mark: Callable[[str], Report]) -> None:
    found = total(mark("torch.ones(count, dtype=torch.float64) * 2"))

    assert (found.mistake, found.hint) == ("", "")


# What a law is given, and what it may return

SHOWING = CHECKS.replace(
    'return None if abs(total - 1) < 1e-9 else f"the probabilities sum to {total:.2f}, not to 1"',
    'return None if abs(total - 1) < 1e-9 else ("p", "wrong")',
)
GIVEN = """
from grader import Task

task = Task()


def as_returned(expected, actual):
    found = actual["v"]
    assert found == expected["v"]
    return f"{found}, {type(found).__name__}, {actual['n']}, {type(actual['pair']).__name__}"


@task.check(points=1, cases=1, compare=as_returned)
def total(impl, case):
    \"\"\"A law.\"\"\"
    return {"v": {"a": [1, (2,)], 1: {3}}, "n": {}, "pair": (1, 2)}
"""


def test_a_law_names_the_observation_to_show(sandbox: Sandbox) -> None:
    solution = {"total": {0: answer(0)}}
    given = {"total": {0: answer(0, (3,))}}
    (findings,) = examine(sandbox, LIMITS, task(SHOWING), [info("total")], solution, [given])

    assert findings["total"] == {0: PropertyResult(saying("wrong"), shown="p")}


@pytest.mark.parametrize("returned", ["5", "('q', 'wrong')", "True", "('p',)"])
def test_what_a_law_may_not_return_is_its_authors_fault(sandbox: Sandbox, returned: str) -> None:
    checks = SHOWING.replace('("p", "wrong")', returned)
    solution = {"total": {0: answer(0)}}
    given = {"total": {0: answer(0, (3, 4))}}
    (findings,) = examine(sandbox, LIMITS, task(checks), [info("total")], solution, [given])

    assert findings["total"][0].fault


def test_a_law_is_given_what_the_check_returned(sandbox: Sandbox) -> None:
    question = Question(GIVEN, "m", {"m.py": b""}, 1)
    answers = ask(sandbox, LIMITS, question).answers
    (findings,) = examine(sandbox, LIMITS, task(GIVEN), [info("total")], answers, [answers])

    assert messages.text(findings["total"][0].problem) == "{'a': [1, (2,)], 1: {3}}, dict, {}, tuple"


# Several seeds

SEEDS = """
import torch
from grader import Task

task = Task()


def is_small(expected, actual):
    return None if actual["n"] < 0.5 else ("n", f"{actual['n']:.2f} is not below 0.5")


@task.check(points=1, cases=3, compare=is_small, seeds=8)
def number(impl, case):
    \"\"\"The number is small.\"\"\"
    return {"n": impl.number(), "x": case.normal(2)}
"""


def asked_under_seeds(sandbox: Sandbox, number: str) -> Mapping[int, Answer]:
    source = f"import torch\ndef number():\n    return {number}\n"
    return ask(sandbox, LIMITS, Question(SEEDS, "m", {"m.py": source.encode()}, 1)).answers["number"]


@pytest.mark.parametrize(
    ("number", "said"),
    [("torch.rand(()).item()", None), ("0.75", saying("0.75 is not below 0.5"))],
)
def test_a_case_fails_only_if_the_law_is_broken_under_each_of_its_seeds(
    sandbox: Sandbox, number: str, said: Message | None
) -> None:
    solution = {"number": asked_under_seeds(sandbox, "0.25")}
    given = {"number": asked_under_seeds(sandbox, number)}
    (found,) = examine(
        sandbox, LIMITS, task(SEEDS), [replaced_name(info("total"), "number")], solution, [given]
    )

    shown = "n (seed 1)" if said else ""
    assert found["number"] == dict.fromkeys(range(3), PropertyResult(said, shown=shown))


def test_a_case_draws_the_same_under_each_of_its_seeds(sandbox: Sandbox) -> None:
    observed = asked_under_seeds(sandbox, "torch.rand(()).item()")[0].observed or {}

    assert len({x.array.tobytes() for x in observed.values() if isinstance(x, Tensor)}) == 1
    assert len({n for n in observed.values() if isinstance(n, float)}) == 8


def test_an_exception_under_one_seed_is_the_answer(sandbox: Sandbox) -> None:
    raised = asked_under_seeds(sandbox, "[0.1, 0.2][int(2 * torch.rand(()).item() + 0.9)]")[0].raised

    assert raised is not None and raised.kinds[0] == "IndexError"


def replaced_name(check: CheckInfo, name: str) -> CheckInfo:
    return check.model_copy(update={"name": name})


# The solution's own laws


def test_a_law_that_the_solution_breaks_costs_nobody_a_point(sandbox: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "law").mkdir()
    (tmp_path / "assignment.toml").write_text(TOML)
    (tmp_path / "law" / "checks.py").write_text(CHECKS.replace("abs(total - 1) < 1e-9", "total == 2"))
    (tmp_path / "law" / "solution.py").write_text(SOLUTION)
    assignment = read_assignment(tmp_path)
    grader = Grader(assignment, assignment.tasks, 5, sandbox, AnswerCache(tmp_path / "key"))
    report = grader.grade(Submission("anna", {"law.py": SOLUTION.encode()}, {}))

    assert (report.final, total(report).verdict, messages.text(total(report).message)) == (
        False,
        "broken",
        "The grader could not decide this, which is not your fault: the solution violates the property of "
        "check total, case 0: the probabilities sum to 1.00, not to 1.",
    )
