"""A declaration that cannot work is refused where it is written."""

from typing import Any

import pytest

import grader
from grader.authoring.task import Plot, Task
from grader.errors import AssignmentError


def question(impl: Any, case: Any) -> dict[str, Any]:
    """The result is right.

    It is asked for
    once.
    """
    return {"value": impl.value(case)}


def named(name: str, text: str | None = "A title.") -> Any:
    def asked(impl: Any, case: Any) -> dict[str, Any]:
        return {}

    asked.__name__, asked.__doc__ = name, text
    return asked


def test_the_docstring_is_title_and_explanation() -> None:
    check = Task().check(points=1)(question)

    assert (check.name, check.title, check.about) == (
        "question",
        "The result is right.",
        "It is asked for once.",
    )


def test_a_title_of_two_lines_becomes_one() -> None:
    check = Task().check(points=1)(named("one", "A title that is\n    long.\n\n    About."))

    assert (check.title, check.about) == ("A title that is long.", "About.")


def test_checks_are_kept_in_the_order_of_their_declaration() -> None:
    task = Task()
    for name in ("b", "a", "c"):
        task.check(points=1)(named(name))

    assert list(task.checks) == ["b", "a", "c"]


def test_what_is_not_said_has_a_default() -> None:
    check = Task().check(points=2)(question)

    assert (check.points, check.after, check.cases, check.dtype, check.depth, check.compare, check.plot) == (
        2, (), 10, "float64", "", None, None,
    )  # fmt: skip


@pytest.mark.parametrize("several", [False, True])
def test_a_check_stands_on_those_it_names(several: bool) -> None:
    task = Task()
    first = task.check(points=1)(named("first"))
    second = task.check(points=1, after=[first] if several else first)(named("second"))

    assert second.after == ("first",)


def test_a_check_can_be_asked_by_another_one() -> None:
    check = Task().check(points=1)(question)

    class Implementation:
        value = staticmethod(lambda case: case + 1)

    assert check(Implementation, 4) == {"value": 5}


def test_a_plot_is_kept() -> None:
    plot = Plot("Norms", "d", "norm", log=True)

    assert Task().check(points=1, plot=plot)(question).plot == plot


def test_forbidden_layers_are_kept() -> None:
    assert Task(forbid=["torch.nn.LSTM"]).forbid == ("torch.nn.LSTM",)


@pytest.mark.parametrize("text", [None, "", "   "])
def test_a_check_without_a_docstring_is_refused(text: str | None) -> None:
    with pytest.raises(AssignmentError, match="'one' has no docstring; its first line is the title"):
        Task().check(points=1)(named("one", text))


@pytest.mark.parametrize("wrong", [lambda: {}, lambda impl: {}, lambda impl, case, more: {}])
def test_a_check_that_takes_other_arguments_is_refused(wrong: Any) -> None:
    wrong.__doc__ = "A title."
    with pytest.raises(AssignmentError, match="must take two arguments"):
        Task().check(points=1)(wrong)


def test_a_name_that_comes_twice_is_refused() -> None:
    task = Task()
    task.check(points=1)(question)
    with pytest.raises(AssignmentError, match="two checks are called 'question'"):
        task.check(points=1)(question)


@pytest.mark.parametrize("numbers", [{"points": -1}, {"points": 1, "cases": 0}])
def test_points_below_zero_and_no_cases_are_refused(numbers: Any) -> None:
    with pytest.raises(AssignmentError, match="'question' needs points >= 0 and cases >= 1"):
        Task().check(**numbers)(question)


def test_partial_credit_for_what_is_judged_as_a_whole_is_refused() -> None:
    with pytest.raises(AssignmentError, match="compare= judges an answer as a whole; leave partial= out"):
        Task().check(points=1, partial=True, compare=lambda expected, actual: None)(question)


def test_a_check_counts_only_with_checks_of_its_task() -> None:
    task, stranger = Task(), Task().check(points=1)(named("first"))
    first = task.check(points=1)(named("other"))

    assert task.check(points=1, counts_with=first)(named("second")).counts_with == ("other",)
    with pytest.raises(AssignmentError, match="names 'first' in counts_with=, which is not a check of"):
        task.check(points=1, counts_with=stranger)(question)


@pytest.mark.parametrize("options", [{"seeds": 0}, {"seeds": 21}, {"seeds": 2, "compare": None}])
def test_seeds_without_a_property_and_too_many_are_refused(options: Any) -> None:
    with pytest.raises(AssignmentError, match="seeds= is 1 to 20, and more than 1 with compare= only"):
        Task().check(points=1, **{"compare": lambda expected, actual: None, **options})(question)


@pytest.mark.parametrize("dtype", ["float16", "double", ""])
def test_a_dtype_that_is_not_offered_is_refused(dtype: str) -> None:
    with pytest.raises(AssignmentError, match="dtype must be one of float64, float32"):
        Task().check(points=1, dtype=dtype)(question)


def test_a_check_of_another_task_is_nothing_to_stand_on() -> None:
    stranger = Task().check(points=1)(named("first"))
    with pytest.raises(
        AssignmentError, match="'question' names 'first' in after=, which is not a check of this task"
    ):
        Task().check(points=1, after=stranger)(question)


def test_another_check_of_the_same_name_is_nothing_to_stand_on() -> None:
    task, stranger = Task(), Task().check(points=1)(named("first"))
    task.check(points=1)(named("first"))
    with pytest.raises(AssignmentError, match="not a check of this task"):
        task.check(points=1, after=stranger)(question)


def test_a_declaration_that_was_refused_leaves_nothing_behind() -> None:
    task = Task()
    with pytest.raises(AssignmentError):
        task.check(points=1, dtype="float16")(question)

    assert task.checks == {}


def test_authors_find_what_they_need_in_the_package() -> None:
    assert [getattr(grader, name).__name__ for name in grader.__all__] == ["Case", "Plot", "Task"]


def test_the_package_has_no_other_names() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Check'"):
        grader.Check  # noqa: B018


def test_a_docstring_of_blanks_is_none() -> None:
    def question(impl: object, case: object) -> dict[str, object]:
        return {}

    question.__doc__ = "   \n  "
    with pytest.raises(AssignmentError, match="has no docstring"):
        Task().check(points=1)(question)
