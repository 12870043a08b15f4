"""A known mistake is named by what it does, not by how it looks."""

import numpy as np

from grader.asking import CheckInfo
from grader.naming import Suspect, agreement, fitting
from grader.observation import Answer, Raised, Tensor

Numbers = dict[int, float]

STEP = CheckInfo(
    name="step", title="A step.", about="", points=1, after=(), cases=3,
    dtype="float64", depth="", compare=False, plot=None,
)  # fmt: skip


def answers(numbers: Numbers) -> dict[int, Answer]:
    return {
        case: Answer("step", case, {"h": Tensor("float64", np.array([number]))})
        for case, number in numbers.items()
    }


def suspect(name: str, numbers: Numbers) -> Suspect:
    return Suspect((name,), f"hint of {name}", {"step": answers(numbers)})


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


def names(given: Numbers, *suspects: Suspect) -> list[str]:
    """Return the names of the suspects that fit what was given."""
    found = fitting(STEP, answers(SOLUTION), answers(given), suspects)
    return [one.names[0] for one in found]


def test_a_submission_that_answers_like_a_mistake_is_told_its_name() -> None:
    wrong = SOLUTION | {1: 5.0, 2: 6.0}

    assert names(wrong, suspect("swapped", wrong)) == ["swapped"]


def test_rounding_does_not_hide_the_mistake() -> None:
    wrong = SOLUTION | {1: 5.0}

    assert names(SOLUTION | {1: 5.0 + 1e-13}, suspect("swapped", wrong)) == ["swapped"]


def test_in_a_check_of_float32_a_mistake_may_be_as_coarse_as_float32() -> None:
    wrong, coarse = SOLUTION | {1: 5.0}, SOLUTION | {1: 5.00001}
    found = [
        fitting(check, answers(SOLUTION), answers(coarse), [suspect("swapped", wrong)])
        for check in (STEP, STEP.model_copy(update={"dtype": "float32"}))
    ]

    assert [len(one) for one in found] == [0, 1]


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


def test_a_mistake_that_was_not_asked_explains_nothing() -> None:
    other = Suspect(("swapped",), "", {"another check": answers(SOLUTION | {1: 5.0})})

    assert names(SOLUTION | {1: 5.0}, other) == []


def test_a_submission_that_did_not_answer_every_case_fits_nothing() -> None:
    wrong = SOLUTION | {1: 5.0, 2: 6.0}

    assert names({0: 1.0, 1: 5.0}, suspect("swapped", wrong)) == []


def test_all_mistakes_that_fit_are_told_in_their_order() -> None:
    wrong = SOLUTION | {1: 5.0}

    assert names(wrong, suspect("b", wrong), suspect("a", wrong)) == ["b", "a"]


def test_a_mistake_that_raises_fits_a_submission_that_raises_alike() -> None:
    def raising(kind: str) -> dict[int, Answer]:
        return {case: Answer("step", case, raised=Raised((kind,), "")) for case in SOLUTION}

    suspects = [Suspect((kind,), "", {"step": raising(kind)}) for kind in ("TypeError", "ValueError")]
    found = fitting(STEP, answers(SOLUTION), raising("ValueError"), suspects)

    assert [one.names for one in found] == [("ValueError",)]


def test_agreement_counts_the_cases_of_all_checks() -> None:
    given = {"step": answers(SOLUTION), "other": answers({0: 4.0, 1: 5.0})}
    suspect_answers = {
        "step": answers(SOLUTION | {1: 9.0}),
        "other": answers({0: 4.0}),
        "third": answers({0: 0.0}),
    }

    assert agreement(given, suspect_answers) == 3
