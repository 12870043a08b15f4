"""A small loss with the names of mistakes is not worth a search for a repair."""

from samples import FAILED, SKIPPED, check

from grader.asking.questions import Responses
from grader.judging.repair import is_too_dear, is_wanted
from grader.results.message import Message
from grader.results.report import CheckResult
from grader.wire import Answer, Raised


def raising(*names: str) -> Responses:
    """Return responses in which the only case of these checks raises an exception."""
    raised = Raised(("TypeError",), "no", (), 0)
    return Responses(answers={name: {0: Answer(name, 0, raised=raised)} for name in names})


def wanted(*checks: CheckResult, price: float = 2) -> bool:
    is_searched = is_wanted(checks, raising(*(one.check for one in checks)), ())
    return is_searched and not is_too_dear(checks, price)


def test_a_tenth_of_the_points_with_a_name_is_not_searched() -> None:
    assert not wanted(check(points=9), check(FAILED, "names", 1, mistake="other names"))


def test_more_than_a_tenth_is_searched() -> None:
    assert wanted(check(points=8), check(FAILED, "names", 2, mistake="other names"))


def test_a_small_loss_without_a_name_is_searched() -> None:
    named = check(FAILED, "names", 0.5, mistake="other names")

    assert wanted(check(points=9), named, check(FAILED, "sizes", 0.5))


def test_what_is_skipped_counts_as_lost() -> None:
    named = check(FAILED, "names", 1, mistake="other names")

    assert wanted(check(points=9), named, check(SKIPPED, "sizes", 1))


def test_what_is_lost_in_part_counts_in_part() -> None:
    half = check(FAILED, "names", 2, score=1, mistake="other names")

    assert not wanted(check(points=8), half)


def test_a_loss_above_the_price_of_a_repair_is_searched() -> None:
    checks = check(points=9), check(FAILED, "names", 1, mistake="other names")

    assert (wanted(*checks, price=1), wanted(*checks, price=0.9)) == (False, True)


def test_hidden_checks_and_slow_answers_are_no_part_of_the_loss() -> None:
    hidden = check(FAILED, "many", 5, hidden=True)
    slow = check(FAILED, "fast", 5, message=Message.of("too_slow"))

    assert not wanted(check(points=9), check(FAILED, "names", 1, mistake="other names"), hidden, slow)
