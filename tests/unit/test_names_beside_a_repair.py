"""A repair and a name say the same, or one of them is not told."""

from dataclasses import replace

from samples import FAILED, PASSED, SKIPPED, check

from grader.judging.repair import Found, false_names
from grader.results.explanation import Repair
from grader.results.report import CheckResult

REPAIR = Repair(
    file="cell.py",
    line=3,
    end_line=3,
    column=4,
    end_column=9,
    kind="detach",
    before="h.detach()",
    after="h",
    alternatives=0,
    told=True,
)
SOMEWHERE = REPAIR.model_copy(update={"told": False})
FOUND = Found((REPAIR,), frozenset({"values", "gradients", "later"}), frozenset(), {})


def failed(name: str, mistake: str = "") -> CheckResult:
    return check(FAILED, name, mistake=mistake)


def test_a_name_for_a_part_of_what_one_repair_sets_right_is_false() -> None:
    results = [failed("values", "rounded"), failed("gradients"), check(SKIPPED, "later")]

    assert false_names(FOUND, results) == {"rounded"}


def test_two_names_for_what_one_repair_sets_right_are_both_false() -> None:
    results = [failed("values", "rounded"), failed("gradients", "scaled")]

    assert false_names(FOUND, results) == {"rounded", "scaled"}


def test_a_name_for_all_that_failed_stays_beside_a_repair() -> None:
    results = [failed("values", "cut"), failed("gradients", "cut"), check(PASSED, "later")]

    assert false_names(FOUND, results) == set()


def test_a_name_stays_if_the_repair_leaves_something_wrong() -> None:
    results = [failed("values", "cut"), failed("gradients"), failed("elsewhere")]

    assert false_names(FOUND, results) == set()


def test_a_name_stays_beside_a_repair_without_a_line_and_beside_two_repairs() -> None:
    results = [failed("values", "cut"), failed("gradients")]

    assert false_names(replace(FOUND, repairs=(SOMEWHERE,)), results) == set()
    assert false_names(replace(FOUND, repairs=(REPAIR, REPAIR)), results) == set()
