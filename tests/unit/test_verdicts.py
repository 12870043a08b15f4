"""What is decided about each check of a task, and what is told of it."""

from pathlib import Path

import pytest
from small_assignment import grader

from grader.report.messages import text
from grader.results.report import CheckResult, TaskResult
from grader.submission.loader import Submission

NO_REPAIR = "[repair]\ncandidates = 0\n"
HEAD = "from grader import Plot, Task\n\ntask = Task({options})\n\n\n"
SOLUTION = """\
def total(values):
    return values.sum()


def mean(values):
    return values.sum() / len(values)


def shares(values):
    return values.exp() / values.exp().sum()
"""
TOTAL = '''
@task.check(points=2{options})
def total(impl, case):
    """A total is right."""
    return {{"total": impl.total(case.normal(case.size("count"), name="values"))}}


'''
MEAN = '''
@task.check(points=1{options})
def mean(impl, case):
    """A mean is right."""
    return {{"mean": impl.mean(case.normal(case.size("count"), name="values"))}}


'''
SHARES = '''
def sums_to_one(expected, actual):
    {first}
    return None if abs(float(actual["shares"].sum()) - 1) < 1e-9 else ("shares", "they do not sum to 1")


@task.check(points=3, compare=sums_to_one{options})
def shares(impl, case):
    """The shares sum to 1."""
    return {{"shares": impl.shares(case.normal(case.size("count"), name="values"))}}


'''


def task(*checks: str, options: str = "", **files: str) -> dict[str, str]:
    """Return the files of a task with these checks."""
    return {"checks.py": HEAD.format(options=options) + "".join(checks), "solution.py": SOLUTION, **files}


def check(template: str, options: str = "", first: str = "") -> str:
    return template.format(options=f", {options}" if options else "", first=first)


def graded(folder: Path, files: dict[str, str], source: str = SOLUTION) -> TaskResult:
    made = grader(folder, {"sums": files}, NO_REPAIR)
    return made.grade(Submission("ana", {"sums.py": source.encode()}, {})).tasks[0]


def verdicts(result: TaskResult) -> dict[str, str]:
    return {one.check: one.verdict.value for one in result.checks if one.check != "loads"}


def of(result: TaskResult, name: str) -> CheckResult:
    return next(one for one in result.checks if one.check == name)


def said(result: TaskResult, name: str) -> str:
    return text(of(result, name).message)


def wrong(name: str, returned: str) -> str:
    """Return the solution with another line in one of its functions."""
    begin = SOLUTION.index("    return", SOLUTION.index(f"def {name}"))
    end = SOLUTION.index("\n", begin)
    return f"{SOLUTION[:begin]}    return {returned}{SOLUTION[end:]}"


# Checks that depend on others


def test_a_check_is_skipped_if_one_that_it_depends_on_is_lost(tmp_path: Path) -> None:
    files = task(check(TOTAL), check(MEAN, "after=total"))

    assert verdicts(graded(tmp_path, files, wrong("total", "values[0]"))) == {
        "total": "failed",
        "mean": "skipped",
    }


def test_a_check_that_counts_with_another_gives_nothing_if_nothing_of_that_one_is_right(
    tmp_path: Path,
) -> None:
    files = task(check(TOTAL), check(MEAN, "counts_with=total"))
    raising, other = (graded(tmp_path / name, files, wrong("total", returned)) for name, returned in (
        ("raising", "1 / 0"), ("other", "values[0]"),
    ))  # fmt: skip

    assert verdicts(raising) == {"total": "failed", "mean": "skipped"}
    assert verdicts(other) == {"total": "failed", "mean": "passed"}


# Properties


def test_a_property_that_does_not_hold_fails_in_its_authors_words(tmp_path: Path) -> None:
    result = graded(tmp_path, task(check(SHARES)), wrong("shares", "values.exp()"))
    seen = of(result, "shares").evidence

    assert (verdicts(result), said(result, "shares")) == ({"shares": "failed"}, "They do not sum to 1.")
    assert seen is not None and [one.name for one in seen.seen] == ["shares"]


def test_an_answer_of_another_kind_fails_without_the_property(tmp_path: Path) -> None:
    result = graded(tmp_path, task(check(SHARES)), wrong("shares", "[values]"))

    assert verdicts(result) == {"shares": "failed"}
    assert "list" in said(result, "shares")


def test_no_answer_fails_without_the_property(tmp_path: Path) -> None:
    result = graded(tmp_path, task(check(SHARES)), f"{SOLUTION}# ends in shares\n")

    assert (verdicts(result), result.score) == ({"shares": "failed"}, 0)


@pytest.mark.parametrize(
    "first",
    [
        # For the solution as well.
        'return "It never holds."',
        # For the submission alone, in an answer of the right form.
        'if actual["shares"].min() < 0: raise ValueError("it is at fault")',
    ],
)
def test_a_property_at_fault_costs_nothing_and_neither_do_checks_that_depend_on_it(
    tmp_path: Path, first: str
) -> None:
    files = task(check(SHARES, first=first), check(MEAN, "after=shares"))
    result = graded(tmp_path, files, wrong("shares", "values.exp() / values.exp().sum() - 9"))

    assert (verdicts(result), result.score) == ({"shares": "broken", "mean": "broken"}, 4)
    assert "The shares sum to 1." in said(result, "mean")


def test_a_property_that_the_solution_violates_is_told_as_that(tmp_path: Path) -> None:
    first = 'if actual["shares"].min() < 0: raise ValueError("it is at fault")\n    return "It never holds."'
    result = graded(tmp_path, task(check(SHARES, first=first)), wrong("shares", "-values.exp()"))

    assert ("It never holds." in said(result, "shares"), "at fault" in said(result, "shares")) == (
        True,
        False,
    )


# Several right answers, and what is only nearly right

OTHER = SOLUTION.replace("return values.sum()\n", "return values.sum() + 100\n")


def test_of_several_right_answers_the_nearest_is_the_one_to_compare_with(tmp_path: Path) -> None:
    files = task(
        check(TOTAL),
        check(MEAN),
        check(SHARES),
        options='accept=("solution", "other")',
        **{"other.py": OTHER},
    )
    right, near = (
        graded(tmp_path / "right", files, OTHER),
        graded(tmp_path / "near", files, wrong("total", "values.sum() + 100 + (len(values) > 4)")),
    )
    seen = of(near, "total").evidence

    assert verdicts(right) == {"total": "passed", "mean": "passed", "shares": "passed"}
    assert seen is not None and len(seen.failing_cases) < seen.cases


FLOAT = "Compute in float64.\n\n- return values.sum()\n+ return values.float().sum().double()\n"
NEGATIVE = "Look at the sign.\n\n- return values.sum()\n+ return -values.sum()\n"


@pytest.mark.parametrize(
    ("returned", "verdict"),
    [
        ("values.float().sum().double()", "failed"),
        ("values.double().sum()", "passed"),
        # As far away, and no mistake that is known.
        ("values.sum() * (1 + 1e-7)", "passed"),
    ],
)
def test_digits_that_float32_rounds_away_count_only_if_a_known_mistake_loses_them(
    tmp_path: Path, returned: str, verdict: str
) -> None:
    files = task(
        check(TOTAL), check(MEAN), **{"mistakes/negative.patch": NEGATIVE, "mistakes/rounded.patch": FLOAT}
    )
    result = graded(tmp_path, files, wrong("total", returned))

    assert (verdicts(result), of(result, "total").mistake) == (
        {"total": verdict, "mean": "passed"}, "rounded" * (verdict == "failed"),
    )  # fmt: skip


def test_a_hint_claims_nothing_to_be_right_if_the_mistake_does_not_explain_everything(tmp_path: Path) -> None:
    patch = "The size is right, but the sign is not.\n\n- return values.sum()\n+ return -values.sum()\n"
    files = task(check(TOTAL), check(MEAN), **{"mistakes/negative.patch": patch})
    alone = graded(tmp_path / "alone", files, wrong("total", "-values.sum()"))
    both = graded(
        tmp_path / "both", files, wrong("total", "-values.sum()").replace("/ len(values)", "* values.std()")
    )

    assert of(alone, "total").hint == "The size is right, but the sign is not."
    assert of(both, "total").hint == "The sign is not."


# What is told of a failure


def test_partial_credit_is_the_share_of_the_values_that_are_right(tmp_path: Path) -> None:
    partial = TOTAL.replace('"total": impl', '"mean": impl.mean(case.normal(3)), "total": impl')
    result = graded(tmp_path, task(check(partial, "partial=True")), wrong("total", "values[0]"))

    assert (verdicts(result), of(result, "total").score) == ({"total": "failed"}, 1)


TOTALS = '''
@task.check(points={points}, plot=Plot("Totals", "value", "total"))
def totals(impl, case):
    """Multiples of a total are right."""
    values = case.normal(case.size("count"), name="values")
    return {{"total": impl.total(values) * values}}


'''


def test_a_check_that_only_draws_a_picture_draws_it_of_wrong_answers_too_and_tells_nothing(
    tmp_path: Path,
) -> None:
    files = task(check(MEAN), TOTALS.format(points=0))
    right, lost = (
        of(graded(tmp_path / returned, files, wrong("total", f"values.{returned}()")), "totals")
        for returned in ("sum", "mean")
    )

    assert [one.picture is not None for one in (right, lost)] == [True, True]
    assert (lost.evidence, lost.hint, lost.diagnosis) == (None, "", None)


def test_the_picture_of_a_failed_check_is_of_the_case_that_is_shown(tmp_path: Path) -> None:
    source = wrong("total", "values.sum() + (len(values) == 1)")
    lost = of(graded(tmp_path, task(TOTALS.format(points=2)), source), "totals")

    assert lost.picture is not None and lost.evidence is not None
    (line,) = lost.picture.lines
    assert (lost.evidence.sizes, len(line.expected or ()), line.expected != line.actual) == (
        {"count": 1},
        1,
        True,
    )


def test_an_exception_is_told_with_the_sizes_at_which_there_is_none(tmp_path: Path) -> None:
    source = wrong("total", "values.sum() + 0 * (1 // (len(values) == 1))")
    result = graded(tmp_path, task(check(TOTAL), check(MEAN)), source)

    assert verdicts(result) == {"total": "failed", "mean": "passed"}
    assert "ZeroDivisionError" in said(result, "total")
    assert "count" in text(of(result, "total").diagnosis)


HIDDEN = '''
from checks import task


@task.check(points=3, hidden="all")
def many(impl, case):
    """A total of many values is right.

    Are they all added?
    """
    return {"total": impl.total(case.normal(1000, name="values"))}


@task.check(points=1, hidden="title")
def large(impl, case):
    """A total of large values is right."""
    return {"total": impl.total(1000 + case.normal(2, name="values"))}
'''


def test_a_hidden_check_is_told_with_its_authors_hint_and_without_a_program(tmp_path: Path) -> None:
    files = task(check(TOTAL), check(MEAN), **{"hidden_checks.py": HIDDEN})
    result = graded(tmp_path, files, wrong("total", "values[:500].sum() / (values.max() < 900)"))
    many = of(result, "many")

    assert verdicts(result) == {"total": "passed", "mean": "passed", "many": "failed", "large": "failed"}
    assert many.evidence is not None and many.evidence.comparisons
    assert (many.hint, many.evidence.snippet, of(result, "large").evidence) == (
        "Are they all added?",
        "",
        None,
    )


@pytest.mark.parametrize(
    ("sizes", "words"), [('case.size("count")', "count"), ("7", "")], ids=["with sizes", "without"]
)
def test_a_run_that_ends_is_told_with_the_sizes_at_which_it_did(
    tmp_path: Path, sizes: str, words: str
) -> None:
    files = task(check(TOTAL.replace('case.size("count")', sizes)))
    result = graded(tmp_path, files, f"{SOLUTION}# ends in total\n")

    assert (verdicts(result), words in said(result, "total")) == ({"total": "failed"}, True)
    assert "SIGKILL" in said(result, "total")
