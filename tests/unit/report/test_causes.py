"""Failures with one cause are one thing to do, and the one that brings most comes first."""

from samples import FAILED, SKIPPED, check, raising, report, saying, task, wrong

from grader.report.causes import Place, causes
from grader.results.explanation import Explanation
from grader.results.report import CheckResult, TaskResult


def found(*checks: CheckResult, **fields: object) -> list[tuple[list[str], float]]:
    """Return each cause of a task: its checks and the points that it may bring."""
    return [
        ([one.check for one in cause.checks], cause.gain) for cause in causes(report(task(*checks, **fields)))
    ]


def test_checks_with_one_known_mistake_have_one_cause() -> None:
    assert found(wrong("c"), wrong("h"), wrong("x", mistake="")) == [(["c", "h"], 4), (["x"], 2)]


def test_checks_with_one_exception_at_one_line_have_one_cause() -> None:
    assert found(raising("a"), raising("b")) == [(["a", "b"], 4)]


def test_checks_with_one_diagnosis_have_one_cause() -> None:
    said = saying("Every entry is 0.")
    one, other = check(FAILED, "a", diagnosis=said), check(FAILED, "b", diagnosis=said)

    assert found(one, other, check(FAILED, "c")) == [(["a", "b"], 4), (["c"], 2)]


def test_checks_with_the_same_wrong_values_in_the_same_cases_have_one_cause() -> None:
    one, other = wrong("a", mistake="", hint=""), wrong("b", mistake="", hint="")

    assert found(one, other) == [(["a", "b"], 4)]


def test_the_check_with_a_hint_is_shown() -> None:
    said = saying("Every entry is 0.")
    checks = wrong("a", mistake="", hint=""), wrong("b", mistake="", hint="", diagnosis=said)

    assert [cause.check.check for cause in causes(report(task(*checks)))] == ["a", "b"]
    assert found(wrong("a", hint=""), wrong("b")) == [(["b", "a"], 4)]


def test_skipped_checks_count_for_the_first_cause() -> None:
    first, second = causes(report(task(wrong("a"), check(SKIPPED, "b"), raising("c"))))

    assert [(cause.gain, cause.up_to) for cause in (first, second)] == [(4, True), (2, False)]


def explained(score: float, *more: CheckResult) -> TaskResult:
    """Return a task whose checks `a` and `b` fail by one known mistake, and `c` is skipped."""
    given = Explanation(mistakes=("gate order",), right_given=("a", "b", "c"), price=1, mark=score)
    return task(
        wrong("a"), wrong("b", mistake=""), check(SKIPPED, "c"), *more, explanations=(given,), score=score
    )


def test_an_explanation_is_one_cause_that_costs_its_price() -> None:
    (cause,) = causes(report(explained(5)))

    assert ([one.check for one in cause.checks], cause.gain, cause.up_to) == (["a", "b"], 1, False)


def test_another_failure_beside_an_explanation_is_a_cause_of_its_own() -> None:
    both = causes(report(explained(5, raising("d"))))

    assert [(cause.checks[0].check, cause.gain) for cause in both] == [("d", 2), ("a", 1)]


def test_the_largest_gain_comes_first_whatever_the_task() -> None:
    small, large = task(check(FAILED, "a", 1)), task(check(FAILED, "b", 3), name="gru_cell")

    assert [cause.task.task for cause in causes(report(small, large))] == ["gru_cell", "lstm_cell"]


def test_a_task_that_was_not_handed_in_has_no_cause() -> None:
    assert found(check(FAILED, "loads", 5), handed_in=False) == []


def test_the_place_of_an_exception_is_the_line_that_raised() -> None:
    (cause,) = causes(report(task(raising())))

    assert cause.place == Place("lstm_cell.py", 1)
