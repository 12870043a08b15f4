"""A known mistake is named where it explains a failure, and nowhere else."""

from collections.abc import Callable
from pathlib import Path

import pytest
from arithmetic import CASES, DESCRIPTION, LAW, SLOPE, SOLUTION, STEP, Arithmetic, answer, mistake, task

from grader.asking.answer_cache import AnswerCache
from grader.asking.questions import Responses, Stop
from grader.asking.reference import ReferenceAnswers
from grader.assignment.mistakes import Mistake
from grader.judging import comparison
from grader.judging.explanation import Explanations, pairs_of
from grader.judging.known_mistakes import Candidates
from grader.results.message import Message

Explain = Callable[..., dict[str, tuple[str, ...]]]

SLOPED = mistake("slope", "a = 1", "a = 2")
OFFSET = mistake("offset", "b = 2", "b = 4")
ODD = mistake("odd", "b = 2", "b = 3")


@pytest.fixture
def box() -> Arithmetic:
    return Arithmetic()


@pytest.fixture
def explaining(box: Arithmetic, tmp_path: Path) -> Callable[..., Explanations]:
    def explaining(source: str, *mistakes: Mistake) -> Explanations:
        whole = task(*mistakes)
        trusted = ReferenceAnswers(1, box, AnswerCache(tmp_path / "key"))
        description, solution = trusted.solve(whole)
        assert description is not None
        given = Responses(
            answers={
                check.name: {case: answer(source, check.name, case) for case in range(CASES)}
                for check in description.checks
            }
        )
        (findings,) = trusted.property_results(whole, [LAW], solution, [given.answers])
        failing = {
            check.name: set(comparison.failing_cases(solution.answers[check.name], given.answers[check.name]))
            for check in (STEP, SLOPE)
        }
        failing["law"] = {case for case, found in findings["law"].items() if found.problem}
        return Explanations(Candidates(trusted), whole, description, solution, given, findings, failing)

    return explaining


@pytest.fixture
def names(explaining: Callable[..., Explanations]) -> Explain:
    """Return by check the names of the mistakes that explain why a module fails."""

    def names(source: str, *mistakes: Mistake) -> dict[str, tuple[str, ...]]:
        made = explaining(source, *mistakes)
        failed = [check for check in DESCRIPTION.checks if made.failing[check.name]]
        return {check: suspect.names for check, suspect in made.mistakes(failed).items()}

    return names


def test_where_nothing_failed_nobody_is_asked(
    explaining: Callable[..., Explanations], box: Arithmetic
) -> None:
    made = explaining(SOLUTION, SLOPED)
    before = len(box.asked)

    assert (made.mistakes([]), len(box.asked)) == ({}, before)


def test_one_who_answers_like_a_mistake_is_told_its_name(names: Explain) -> None:
    assert names("a = 2\nb = 2\n", OFFSET, SLOPED) == {"step": ("slope",), "slope": ("slope",)}


def test_one_who_answers_like_none_is_told_none(names: Explain) -> None:
    assert names("a = 7\nb = 2\n", OFFSET, SLOPED) == {}


def test_a_mistake_is_named_in_the_checks_where_it_shows(names: Explain) -> None:
    assert names("a = 1\nb = 4\n", OFFSET) == {"step": ("offset",)}


@pytest.mark.parametrize("more", ["c = 9", "d = 3"], ids=["a check", "a law"])
def test_a_mistake_that_would_fail_what_was_passed_was_not_made(names: Explain, more: str) -> None:
    like = Mistake("like", "", f"a = 1\nb = 4\n{more}\n")

    assert names("a = 1\nb = 4\n", like) == {}


def test_a_broken_law_is_explained_by_who_breaks_it_alike(names: Explain) -> None:
    assert names("a = 1\nb = 3\n", OFFSET, ODD) == {"step": ("odd",), "law": ("odd",)}


def test_a_law_that_is_broken_in_the_same_words_by_one_mistake_names_it(names: Explain) -> None:
    large = mistake("large", "b = 2", "b = 2; d = 2000")
    larger = mistake("larger", "b = 2", "b = 2; d = 4000")

    assert names("a = 1\nb = 2\nd = 3000\n", large) == {"law": ("large",)}
    assert names("a = 1\nb = 2\nd = 3000\n", large, larger) == {}


def test_of_two_that_fit_the_one_is_named_that_answers_everything_more_alike(names: Explain) -> None:
    first = Mistake("first", "", "a = 2\nb = 4\n")
    second = Mistake("second", "", "a = 2\nb = 2\n")

    assert names("a = 2\nb = 2\n", first, second)["slope"] == ("second",)


def test_equal_whole_numbers_name_no_mistake_that_fails_another_check_with_other_answers(
    names: Explain,
) -> None:
    assert names("a = 2\nb = 2\nc = 3\n", SLOPED) == {}


def test_equal_real_numbers_name_a_mistake_though_something_else_is_wrong_as_well(names: Explain) -> None:
    half = mistake("half", "a = 1", "a = 0.5")

    assert names("a = 0.5\nb = 2\nc = 3\n", half) == {"step": ("half",)}


# Two mistakes at once


def test_two_mistakes_that_explain_it_together_are_named_together(names: Explain) -> None:
    assert names("a = 2\nb = 4\n", SLOPED, OFFSET)["step"] == ("slope", "offset")


def test_two_mistakes_give_both_hints(explaining: Callable[..., Explanations]) -> None:
    named = explaining("a = 2\nb = 4\n", SLOPED, OFFSET).mistakes([STEP])

    assert named["step"].hint == "Not slope.\n\nNot offset."


def test_where_one_mistake_explains_it_two_are_not_tried(names: Explain) -> None:
    alone = Mistake("alone", "", "a = 2\nb = 4\n")

    assert names("a = 2\nb = 4\n", SLOPED, OFFSET, alone)["step"] == ("alone",)


def test_a_mistake_that_is_a_module_of_its_own_is_no_part_of_two(names: Explain) -> None:
    assert "step" not in names("a = 2\nb = 4\n", SLOPED, Mistake("offset", "", "a = 1\nb = 4\n"))


def test_who_raised_made_no_two_mistakes(names: Explain) -> None:
    assert names("a = 'ValueError'\nb = 4\n", SLOPED, OFFSET) == {}


def test_two_mistakes_are_asked_about_the_smallest_failing_case_first(
    explaining: Callable[..., Explanations], box: Arithmetic
) -> None:
    made = explaining("a = 9\nb = 9\n", SLOPED, OFFSET)
    made.mistakes([STEP])
    asked = len(box.asked)

    assert (made.mistakes([STEP]), len(box.asked), box.asked[-1]) == ({}, asked, ["step"])


def test_two_mistakes_that_answer_only_the_smallest_case_alike_are_not_named(names: Explain) -> None:
    # 6, 7, 8 where the two together answer 6, 8, 10.
    assert "step" not in names("a = 1\nb = 5\nc = 2\nd = 2\n", SLOPED, OFFSET)


def test_it_says_that_it_is_looking(explaining: Callable[..., Explanations]) -> None:
    made, said = explaining("a = 2\nb = 2\n", SLOPED), []
    made.candidates.trusted.progress = lambda *words: said.append(words)
    made.mistakes([STEP])

    assert said == [("sums", "looking for known mistakes")]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (SLOPED, Mistake("whole", "", "a = 3\n")),
        (SLOPED, mistake("slope", "b = 2", "b = 4")),
        (SLOPED, mistake("tripled", "a = 1", "a = 3")),
    ],
    ids=["a module of its own", "the same name", "the same line"],
)
def test_two_that_cannot_be_made_at_once_are_no_pair(one: Mistake, other: Mistake) -> None:
    assert list(pairs_of(SOLUTION, [one, other])) == []


def test_a_pair_is_the_solution_with_both_changes() -> None:
    (pair,) = pairs_of(SOLUTION, [SLOPED, OFFSET])

    assert (pair.names, pair.mistake.hint) == (("slope", "offset"), "Not slope.\n\nNot offset.")
    assert (pair.mistake.title, pair.mistake.source) == ("Slope + Offset", "a = 2\nb = 4\n")


# What is right given a mistake


@pytest.fixture
def given(explaining: Callable[..., Explanations]) -> Callable[..., dict[tuple[str, ...], set[str]]]:
    """Return by the names of mistakes the checks that are right given them."""

    def given(source: str, *mistakes: Mistake) -> dict[tuple[str, ...], set[str]]:
        made = explaining(source, *mistakes)
        failed = [check for check in DESCRIPTION.checks if made.failing[check.name]]
        made.mistakes(failed)
        return {one.mistakes: set(one.shares) for one in made.suppositions(failed)}

    return given


Given = Callable[..., dict[tuple[str, ...], set[str]]]


def test_checks_with_the_answers_of_the_mistake_are_right_given_it(given: Given) -> None:
    assert given("a = 2\nb = 2\n", OFFSET, SLOPED) == {("slope",): {"step", "slope", "law"}}


def test_a_check_that_a_mistake_leaves_right_is_right_given_it(given: Given) -> None:
    only_step = Mistake("only step", "", "a = 1\nb = 4\nd = 2\n")

    assert given("a = 1\nb = 4\nd = 2\n", only_step) == {("only step",): {"step", "slope", "law"}}


def test_a_check_with_other_answers_is_not_right_given_it(given: Given) -> None:
    assert given("a = 2\nb = 2\nd = 5\n", SLOPED) == {("slope",): {"step", "slope"}}


def test_without_a_failure_that_it_explains_nothing_is_given(given: Given) -> None:
    assert given("a = 7\nb = 2\n", OFFSET, SLOPED) == {}


def test_two_mistakes_that_explain_it_together_come_with_what_is_right_given_both(given: Given) -> None:
    assert given("a = 2\nb = 4\n", SLOPED, OFFSET) == {
        ("slope",): {"slope", "law"},
        ("slope", "offset"): {"step", "slope", "law"},
    }


def test_a_mistake_that_raises_everywhere_shows_nothing_of_what_is_right(given: Given) -> None:
    raising = Mistake("raising", "", "a = 'ValueError'\nb = 2\n")

    assert given("a = 'ValueError'\nb = 2\n", raising) == {("raising",): set()}


def test_a_check_that_did_not_end_is_not_given(explaining: Callable[..., Explanations]) -> None:
    made = explaining("a = 2\nb = 2\n", SLOPED)
    made.given.stops["slope"] = Stop("slope", 0, Message.of("no_answer", seconds=1))
    (one,) = made.suppositions([STEP])

    assert set(one.shares) == {"step", "law"}
