"""That six digits are right is told only if nothing else is farther off."""

from samples import FAILED, check, tensor

from grader.judging.verdicts import without_chance_digits
from grader.results.message import Message
from grader.results.report import CheckResult, Comparison, Evidence

SIX_DIGITS = Message.of("float32_part")
FAR_OFF = Message.of("sentence", text=Message.of("value_wrong", name="h", actual="1", expected="2"))
COARSE = Message.of("sentence", text=Message.of("dtype_wrong", name="h", actual="a", expected="b"))


def failed(name: str, message: Message, diagnosis: Message | None = None) -> CheckResult:
    shown = tensor("h", [1.0])
    evidence = Evidence(comparisons=(Comparison(name="h", expected=shown, actual=shown, agrees=False),))
    return check(FAILED, name, message=message, diagnosis=diagnosis, evidence=evidence)


def told(*results: CheckResult) -> list[bool]:
    return [one.diagnosis is not None for one in without_chance_digits(list(results))]


def test_beside_values_that_are_far_off_six_digits_are_chance() -> None:
    assert told(failed("exploding", FAR_OFF, SIX_DIGITS), failed("step", FAR_OFF)) == [False, False]


def test_six_digits_are_told_if_all_that_is_wrong_is_coarse() -> None:
    assert told(failed("step", FAR_OFF, SIX_DIGITS), failed("dtype", COARSE)) == [True, False]


def test_another_diagnosis_stays_beside_values_that_are_far_off() -> None:
    scaled = Message.of("scaled", names=("h",), factor="2")

    assert told(failed("step", FAR_OFF, scaled), failed("later", FAR_OFF)) == [True, False]
