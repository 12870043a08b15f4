"""A known mistake is named by what it does, not by how it looks."""

import numpy as np
import pytest

from grader.asking.questions import CheckInfo
from grader.judging.known_mistakes import Candidate, agreement, distinguishing_cases, matches, without_claims
from grader.values import Tensor
from grader.wire import Answer, Raised

Numbers = dict[int, float]


def answers(numbers: Numbers) -> dict[int, Answer]:
    return {
        case: Answer("step", case, {"h": Tensor("float64", np.array([number]))})
        for case, number in numbers.items()
    }


STEP = CheckInfo(
    name="step",
    title="A step is right.",
    about="",
    points=1,
    after=(),
    cases=3,
    dtype="float64",
    depth="",
    compare=False,
    plot=None,
)
SOLUTION = {0: 1.0, 1: 2.0, 2: 3.0}


def suspect(name: str, numbers: Numbers) -> Candidate:
    found = answers(numbers)
    return Candidate(
        (name,),
        f"hint of {name}",
        {"step": found},
        {"step": distinguishing_cases(STEP, answers(SOLUTION), found)},
    )


def names(given: Numbers, *suspects: Candidate) -> list[str]:
    """Return the names of the suspects that fit what was given."""
    failing = {case for case in SOLUTION if given.get(case) != SOLUTION[case]}
    return [one.names[0] for one in suspects if matches(STEP, one, failing, answers(given))]


def test_a_submission_that_answers_like_a_mistake_is_told_its_name() -> None:
    wrong = SOLUTION | {1: 5.0, 2: 6.0}

    assert names(wrong, suspect("swapped", wrong)) == ["swapped"]


def test_rounding_does_not_hide_the_mistake() -> None:
    wrong = SOLUTION | {1: 5.0}

    assert names(SOLUTION | {1: 5.0 + 1e-13}, suspect("swapped", wrong)) == ["swapped"]


def test_in_a_check_of_float32_a_mistake_may_be_as_coarse_as_float32() -> None:
    swapped, coarse = suspect("swapped", SOLUTION | {1: 5.0}), answers(SOLUTION | {1: 5.00001})
    checks = [STEP, STEP.model_copy(update={"dtype": "float32"})]

    assert [matches(check, swapped, {1}, coarse) for check in checks] == [False, True]


def whole(entries: list[float]) -> dict[int, Answer]:
    """Return an answer of several entries to case 0."""
    return {0: Answer("step", 0, {"h": Tensor("float64", np.array(entries))})}


def test_one_who_overflows_in_more_entries_makes_the_same_mistake() -> None:
    solution, less, more = whole([1, 2, 3]), whole([1, np.nan, 3]), whole([1, np.nan, np.inf])
    one_gate = Candidate(
        ("overflows",), "", {"step": less}, {"step": distinguishing_cases(STEP, solution, less)}
    )

    assert matches(STEP, one_gate, {0}, more)


def test_one_who_overflows_but_differs_elsewhere_makes_another_mistake() -> None:
    solution, less, other = whole([1, 2, 3]), whole([1, np.nan, 3]), whole([9, np.nan, np.inf])
    one_gate = Candidate(
        ("overflows",), "", {"step": less}, {"step": distinguishing_cases(STEP, solution, less)}
    )

    assert not matches(STEP, one_gate, {0}, other)


def test_a_mistake_that_answers_otherwise_where_it_shows_does_not_fit() -> None:
    assert names(SOLUTION | {1: 5.0}, suspect("swapped", SOLUTION | {1: 7.0})) == []


def test_a_mistake_that_fails_fewer_cases_does_not_fit() -> None:
    wrong = SOLUTION | {1: 5.0}

    assert names(wrong | {2: 9.0}, suspect("swapped", wrong)) == []


def test_a_mistake_that_fails_more_cases_does_not_fit() -> None:
    wrong = SOLUTION | {1: 5.0}

    assert names(wrong, suspect("swapped", wrong | {2: 9.0})) == []


def test_a_mistake_that_does_not_show_in_this_check_explains_nothing() -> None:
    assert names(SOLUTION | {1: 5.0}, suspect("swapped", SOLUTION)) == []


def test_a_submission_that_did_not_answer_every_case_fits_nothing() -> None:
    wrong = SOLUTION | {1: 5.0, 2: 6.0}

    assert names({0: 1.0, 1: 5.0}, suspect("swapped", wrong)) == []


def test_a_mistake_that_raises_fits_a_submission_that_raises_alike() -> None:
    def raising(kind: str) -> dict[int, Answer]:
        return {case: Answer("step", case, raised=Raised((kind,), "")) for case in SOLUTION}

    suspects = [
        Candidate((kind,), "", {"step": raising(kind)}, {"step": frozenset(SOLUTION)})
        for kind in ("TypeError", "ValueError")
    ]

    assert [matches(STEP, one, set(SOLUTION), raising("ValueError")) for one in suspects] == [False, True]


def test_of_torchs_own_errors_the_words_must_be_alike_too() -> None:
    def raising(message: str) -> dict[int, Answer]:
        return {case: Answer("step", case, raised=Raised(("RuntimeError",), message)) for case in SOLUTION}

    known = Candidate(("m",), "", {"step": raising("size 2 and 3")}, {"step": frozenset(SOLUTION)})
    given = [raising("size 7 and 5"), raising("a leaf Variable")]

    assert [matches(STEP, known, set(SOLUTION), one) for one in given] == [True, False]


def test_errors_about_dtypes_are_alike_in_the_words_of_any_operation() -> None:
    def raising(message: str) -> dict[int, Answer]:
        return {0: Answer("step", 0, raised=Raised(("RuntimeError",), message))}

    solution = whole([1])
    ours = raising("mat1 and mat2 must have the same dtype, but got Float and Double")
    theirs = raising("expected m1 and m2 to have the same dtype, but got: float != double")
    suspect = Candidate(
        ("zeros of default dtype",), "", {"step": ours}, {"step": distinguishing_cases(STEP, solution, ours)}
    )

    assert matches(STEP, suspect, {0}, theirs)


@pytest.mark.parametrize(
    ("message", "fits"),
    [
        ("Cell.forward() got an unexpected keyword argument 'state'", True),
        ("LSTM.forward() got an unexpected keyword argument 'state'", True),
        ("Cell.forward() missing 1 required positional argument: 'state'", False),
        ("my own words", False),
    ],
)
def test_of_any_error_the_words_must_be_alike_but_not_the_function(message: str, fits: bool) -> None:
    def raising(text: str) -> dict[int, Answer]:
        return {case: Answer("step", case, raised=Raised(("TypeError",), text)) for case in SOLUTION}

    ours = raising("LSTMCell.forward() got an unexpected keyword argument 'state'")
    known = Candidate(("m",), "", {"step": ours}, {"step": frozenset(SOLUTION)})

    assert matches(STEP, known, set(SOLUTION), raising(message)) is fits


def test_a_value_error_in_words_of_ones_own_is_like_another_but_not_like_pythons() -> None:
    def raising(text: str) -> dict[int, Answer]:
        return {case: Answer("step", case, raised=Raised(("ValueError",), text)) for case in SOLUTION}

    known = Candidate(("m",), "", {"step": raising("p is too large")}, {"step": frozenset(SOLUTION)})
    given = [raising("no such p"), raising("too many values to unpack (expected 2)")]

    assert [matches(STEP, known, set(SOLUTION), one) for one in given] == [True, False]


@pytest.mark.parametrize(
    ("hint", "shorter"),
    [
        (
            "The values are right, but no gradient flows. Look at detach.",
            "No gradient flows. Look at detach.",
        ),
        ("Look at x. Your h is right, but c went through a tanh.", "Look at x. C went through a tanh."),
        ("Everything else is correct.", ""),
        ("The gates have changed places.", "The gates have changed places."),
    ],
)
def test_a_hint_can_do_without_calling_anything_right(hint: str, shorter: str) -> None:
    assert without_claims(hint) == shorter


def test_the_cases_that_tell_two_apart_are_those_that_both_answered() -> None:
    assert distinguishing_cases(STEP, answers(SOLUTION), answers({0: 1.0, 1: 5.0})) == {1}


def test_agreement_counts_the_cases_of_all_checks() -> None:
    given = {"step": answers(SOLUTION), "other": answers({0: 4.0, 1: 5.0})}
    suspect_answers = {
        "step": answers(SOLUTION | {1: 9.0}),
        "other": answers({0: 4.0}),
        "third": answers({0: 0.0}),
    }

    assert agreement(given, suspect_answers) == 3
