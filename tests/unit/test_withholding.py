"""A report holds no more of a hidden check than its author lets students know."""

from typing import Any

import pytest
from arithmetic import info
from samples import BROKEN, FAILED, PASSED, SKIPPED, check, followed, task, wrong

from grader.asking.questions import Description, Responses, Stop
from grader.judging.withholding import stops, told, with_titles
from grader.report.messages import text
from grader.results.message import Message
from grader.results.report import CheckResult, Evidence

REASON = Message.of("no_answer_given")


def described(**hidden: str) -> Description:
    return Description(forbid=(), checks=tuple(info(name, hidden=how) for name, how in hidden.items()))


def of_hidden(how: str, result: CheckResult) -> CheckResult:
    (found,) = told(task(result), described(**{result.check: how})).checks
    return found


FULL: dict[str, Any] = {"evidence": Evidence(), "hint": "Look at the sign.", "message": REASON}


@pytest.mark.parametrize(
    ("how", "name", "hint", "sees"),
    [
        ("", "step", "Look at the sign.", True),
        ("all", "step", "Look at the sign.", True),
        ("hint", "step", "Look at the sign.", False),
        ("title", "step", "", False),
        ("nothing", "hidden 1", "", False),
    ],
)
def test_of_a_failed_check_students_are_told_what_its_author_says(
    how: str, name: str, hint: str, sees: bool
) -> None:
    found = of_hidden(how, check(FAILED, "step", **FULL))

    assert (found.check, found.hint, found.evidence is not None, found.message == REASON) == (
        name, hint, sees, sees,
    )  # fmt: skip


def test_a_fault_of_ours_is_told_without_its_reason_and_a_skipped_check_with_it() -> None:
    broken, skipped = (of_hidden("title", check(verdict, **FULL)) for verdict in (BROKEN, SKIPPED))

    assert (text(REASON) in text(broken.message), skipped.message) == (False, REASON)


def test_titles_that_are_withheld_are_numbers_and_stops_name_checks_alike() -> None:
    whole = described(one="", two="title", three="nothing")
    stopped = {name: Stop(name, 0, REASON) for name in ("one", "three", "")}

    assert [one.title for one in with_titles(whole).checks] == ["one.", "two.", "Hidden check 2."]
    assert [*stops(Responses(stops=stopped), whole).stops] == ["one", "hidden 2", ""]


def test_explanations_name_hidden_checks_as_students_know_them() -> None:
    before = followed()
    names = [one.check for one in before.checks]
    found = told(before, described(**dict.fromkeys(names, "nothing")))
    known = {name: f"hidden {place}" for place, name in enumerate(names, 1)}

    assert before.explanations
    assert [one.right_given for one in found.explanations] == [
        tuple(known[name] for name in one.right_given) for one in before.explanations
    ]


def test_checks_of_the_graders_own_stay_as_they_are() -> None:
    gate = wrong("loads")

    assert told(task(gate, check(PASSED)), described(step="nothing")).checks[0] == gate
