"""A slip is paid for once, and what is right given it keeps its points."""

from dataclasses import replace
from pathlib import Path

import pytest
from samples import BROKEN, FAILED, PASSED, PENDING, SKIPPED, check, report, task

from grader.assignment.loader import TaskSource
from grader.assignment.mistakes import Mistake, Price
from grader.course.rows import graded
from grader.judging.follow_through import Supposition, explanations, priced, score
from grader.report.slips import repair_found
from grader.results.explanation import Repair
from grader.results.message import Message
from grader.results.report import CheckResult

SWAPPED = Mistake("swapped", "", "", costs=Price(1))
DETACHED = Mistake("detached", "", "", costs=Price(0.25, is_share=True))
UNPRICED = Mistake("unpriced", "", "")
TASK = TaskSource("cell", "A cell", 10, Path("cell"), "", "", (SWAPPED, DETACHED, UNPRICED))
REPAIR = Repair(
    file="cell.py", line=3, end_line=3, column=0, end_column=9, kind="detach",
    before=".detach()", after="", alternatives=0, told=True,
)  # fmt: skip
RESULTS = [check(PASSED, "shape", 1), check(FAILED, "step", 4), check(SKIPPED, "five", 5)]
AFTER = {"shape": (), "step": ("shape",), "five": ("step",)}
ALL = {"shape": 1.0, "step": 1.0, "five": 1.0}


def marked(*supposed: Supposition, results: list[CheckResult] = RESULTS, task: TaskSource = TASK) -> float:
    return score(results, explanations(task, results, AFTER, supposed))


def test_without_an_explanation_the_checks_are_added_up() -> None:
    assert marked() == 1


def test_a_slip_costs_its_price_and_the_rest_is_right_given_it() -> None:
    assert marked(Supposition(("swapped",), shares=ALL)) == 9


def test_a_price_may_be_a_share_of_the_task() -> None:
    assert marked(Supposition(("detached",), shares=ALL)) == 7.5


def test_a_mistake_without_a_price_costs_what_a_slip_costs() -> None:
    assert marked(Supposition(("unpriced",), shares=ALL)) == 8
    assert marked(Supposition(("unpriced",), shares=ALL), task=replace(TASK, slip=0.5)) == 5


def test_a_repair_costs_what_its_kind_costs() -> None:
    supposed = Supposition(repair=REPAIR, shares=ALL)

    assert marked(supposed) == 8
    assert marked(supposed, task=replace(TASK, prices={"detach": 0.4})) == 6


def test_prices_of_two_slips_are_added() -> None:
    assert marked(Supposition(("swapped", "detached"), shares=ALL)) == 6.5
    assert marked(Supposition(("swapped",), REPAIR, ALL)) == 7


def test_what_is_wrong_given_the_slip_too_stays_lost() -> None:
    assert marked(Supposition(("swapped",), shares={"step": 1.0})) == 4


def test_what_depends_on_a_check_that_stays_wrong_is_not_given_back() -> None:
    assert marked(Supposition(("swapped",), shares={"five": 1.0})) == 1


def test_a_task_never_gets_less_than_the_sum_of_its_checks() -> None:
    expensive = replace(SWAPPED, costs=Price(100))

    assert marked(Supposition(("swapped",), shares=ALL), task=replace(TASK, mistakes=(expensive,))) == 1


def test_a_task_never_gets_more_than_its_points() -> None:
    free = replace(TASK, mistakes=(replace(SWAPPED, costs=Price(0)),))
    generous = {"shape": 1.0, "step": 2.0, "five": 3.0}

    assert marked(Supposition(("swapped",), shares=generous), task=free) == 10


def test_the_highest_mark_counts_whatever_the_order() -> None:
    good, bad = Supposition(("swapped",), shares=ALL), Supposition(("detached",), shares=ALL)

    assert marked(good, bad) == marked(bad, good) == 9


def test_of_equal_marks_the_fewest_slips_count_and_then_the_name() -> None:
    free = replace(TASK, slip=0, mistakes=(), prices={})
    supposed = [Supposition(names, shares=ALL) for names in (("a", "b"), ("c",), ("b",), ("a", "c"))]

    found = explanations(free, RESULTS, AFTER, supposed)

    assert [one.mistakes for one in found] == [("b",), ("c",), ("a", "b"), ("a", "c")]


def test_all_explanations_are_recorded_with_what_they_make_right() -> None:
    supposed = Supposition(("swapped",), shares=ALL), Supposition(("detached",), shares={"step": 1.0})

    found = explanations(TASK, RESULTS, AFTER, supposed)

    assert [(one.mistakes, one.right_given) for one in found] == [
        (("swapped",), ("step", "five")),
        (("detached",), ("step",)),
    ]


def test_of_two_ways_to_make_a_mistake_the_better_one_is_recorded() -> None:
    ways = Supposition(("swapped",), shares={"step": 1.0}), Supposition(("swapped",), shares=ALL)

    (found,) = explanations(TASK, RESULTS, AFTER, ways)

    assert found.right_given == ("step", "five")


def test_what_explains_nothing_is_no_explanation() -> None:
    assert explanations(TASK, RESULTS, AFTER, [Supposition(("swapped",), shares={"shape": 1.0})]) == ()


def test_a_repair_that_explains_less_than_half_is_recorded_and_counts_once_it_explains_more() -> None:
    weak = Supposition(repair=REPAIR, shares={"step": 1.0})
    (found,) = explanations(TASK, RESULTS, AFTER, [weak])
    told = task(*RESULTS, explanations=(found,))

    assert (found.counts, found.mark, found.right_given) == (False, 1, ("step",))
    assert (told.explanation, repair_found(told), graded(report(told)).slips) == (None, None, ())
    more = [check(PASSED, "shape", 1), check(FAILED, "step", 6), check(SKIPPED, "five", 3)]
    (repriced,) = priced(TASK, more, [found])
    assert (repriced.counts, repriced.mark > 1) == (True, True)


def test_an_explanation_that_counts_comes_before_a_repair_that_does_not() -> None:
    weak = Supposition(repair=REPAIR, shares={"step": 1.0})
    dear = replace(TASK, mistakes=(replace(SWAPPED, costs=Price(100)),))
    found = explanations(dear, RESULTS, AFTER, [weak, Supposition(("swapped",), shares=ALL)])

    assert [one.mistakes for one in found] == [("swapped",), ()]


def test_partial_credit_counts_with_the_larger_share() -> None:
    results = [check(PASSED, "shape", 1), check(FAILED, "step", 4, score=1), check(SKIPPED, "five", 5)]
    more, less = ({"step": share} for share in (0.75, 0.1))

    assert marked(Supposition(("swapped",), shares=more), results=results) == 3
    assert marked(Supposition(("swapped",), shares=less), results=results) == 2


def test_what_is_right_in_part_opens_no_later_check() -> None:
    assert marked(Supposition(("swapped",), shares={"step": 0.5, "five": 1.0})) == 2


@pytest.mark.parametrize("verdict", [BROKEN, PENDING])
def test_what_waits_for_us_is_no_slip(verdict: str) -> None:
    results = [check(verdict, "shape", 1), check(SKIPPED, "step", 4), check(SKIPPED, "five", 5)]

    assert explanations(TASK, results, AFTER, [Supposition(("swapped",), shares=ALL)]) == ()


def test_a_check_that_counts_with_nothing_is_not_given() -> None:
    waiting = check(SKIPPED, "five", 5, message=Message.of("counts_with", titles=()))
    results = [check(PASSED, "shape", 1), check(FAILED, "step", 4), waiting]

    assert marked(Supposition(("swapped",), shares=ALL), results=results) == 4


def test_another_price_re_marks_recorded_facts() -> None:
    found = explanations(TASK, RESULTS, AFTER, [Supposition(("swapped",), shares=ALL)])
    dearer = replace(TASK, mistakes=(replace(SWAPPED, costs=Price(4)),))

    assert score(RESULTS, priced(dearer, RESULTS, found)) == 6


def test_another_price_may_make_another_explanation_count() -> None:
    both = Supposition(("swapped",), shares=ALL), Supposition(("detached",), shares=ALL)
    found = explanations(TASK, RESULTS, AFTER, both)
    dearer = replace(TASK, mistakes=(replace(SWAPPED, costs=Price(4)), DETACHED))

    assert [one.mistakes[0] for one in priced(dearer, RESULTS, found)] == ["detached", "swapped"]


def test_a_repair_without_a_line_counts_only_if_it_gives_points() -> None:
    somewhere = Supposition(repair=REPAIR.model_copy(update={"told": False}), shares=ALL)

    assert marked(somewhere) == 8
    dear = replace(TASK, prices={"detach": 1})
    (found,) = explanations(dear, RESULTS, AFTER, [somewhere])
    assert (found.counts, found.mark, repair_found(task(*RESULTS, explanations=(found,)))) == (False, 1, None)
    assert [one.mark for one in priced(TASK, RESULTS, [found])] == [8]
