"""Follow-through marks: a slip is paid for once, and what is right given it keeps its points.

Examiners call it error carried forward. Everything here is arithmetic on recorded facts, so that another
price re-marks a class without running anything again.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from grader.assignment.loader import TaskSource
from grader.judging.marks import total
from grader.results.explanation import Explanation, Repair, Slip
from grader.results.report import CheckResult, TaskResult, Verdict, counted, is_picture

_MOST = 50
"""Explanations of one task that are recorded, the best ones."""


@dataclass(frozen=True)
class Supposition:
    """What a task's failures may come from, and what is right given it."""

    mistakes: tuple[str, ...] = ()
    """Names of known mistakes."""
    repair: Repair | None = None
    shares: Mapping[str, float] = field(default_factory=dict)
    """By check: the share of its points that it gets given it, each check taken by itself.

    1 if its answers equal the mistake's, or pass after the repair.
    """
    also: tuple[Repair, ...] = ()
    """A second repair that belongs to the first: two slips."""


def explanations(
    task: TaskSource,
    results: Sequence[CheckResult],
    after: Mapping[str, Sequence[str]],
    supposed: Iterable[Supposition],
) -> tuple[Explanation, ...]:
    """Return what explains failures of a task, the one that counts first.

    `results` are those of the checks in their order, and `after` says which others each depends on: a
    check is right given a slip only if those that it depends on are right, too.
    """
    found = [_explanation(task, results, after, one) for one in supposed]
    found = [one for one in found if one.right_given or one.given_in_part]
    ranked = priced(task, results, found)
    best: dict[tuple[tuple[str, ...], Repair | None], Explanation] = {}
    for one in ranked:  # of several ways to make the same mistake, the one that explains most
        best.setdefault((one.mistakes, one.repair), one)
    return tuple(best.values())[:_MOST]


def _is_told(one: Explanation) -> bool:
    return one.repair is None or all(repair.told for repair in (one.repair, *one.also))


class Prices(Protocol):
    """What slips cost, in points."""

    def price_of_mistake(self, name: str) -> float:
        """Return what a known mistake costs."""

    def price_of_repair(self, kind: str) -> float:
        """Return what a repair of this kind costs."""


def priced(
    task: Prices, results: Sequence[CheckResult], found: Iterable[Explanation]
) -> tuple[Explanation, ...]:
    """Return explanations with the prices of `task` and their marks, the one that counts first.

    The highest mark counts, then the fewest slips, then the name. A repair that says too little comes last
    and gives nothing; with other points or prices it may count.
    """
    plain = total(result.score for result in results)
    marked = []
    for one in found:
        prices = [task.price_of_mistake(name) for name in one.mistakes]
        if one.repair is not None:
            repairs = (one.repair, *one.also)
            prices += [task.price_of_repair(repair.kind) for repair in repairs]
        counts = one.repair is None or bool(one.mistakes) or _explains_half(results, one)
        priced = one.model_copy(update={"price": total(prices), "prices": tuple(prices), "counts": counts})
        reached = mark(results, priced)
        counts = counts and (reached > plain or _is_told(one))
        marked.append(priced.model_copy(update={"mark": reached, "counts": counts}))
    return tuple(sorted(marked, key=_rank))


@dataclass(frozen=True)
class _Known:
    """Prices by slip."""

    prices: Mapping[Slip, float]

    def price_of_mistake(self, name: str) -> float:
        return self.prices[name, False]

    def price_of_repair(self, kind: str) -> float:
        return self.prices[kind, True]


def repriced(task: TaskResult, prices: Mapping[Slip, float]) -> TaskResult:
    """Return what the machine found of a task with other prices of some slips, and the mark that follows.

    Prices that were set before are left out, so without any it is as the assignment says. A report of an
    earlier version that does not say what each slip costs stays as it is.
    """
    own = {
        slip: price
        for one in task.explanations
        for slip, price in zip(one.slips, one.own_prices or one.prices, strict=False)
    }
    slips = {slip for one in task.explanations for slip in one.slips}
    are_set = any(one.own_prices for one in task.explanations)
    if not (are_set or slips & {*prices}) or not slips <= {*own}:
        return task
    found = priced(_Known({**own, **prices}), task.checks, task.explanations)
    marked = []
    for one in found:
        before = tuple(own[slip] for slip in one.slips)
        marked.append(one.model_copy(update={"own_prices": before if before != one.prices else ()}))
    return task.model_copy(update={"explanations": tuple(marked), "score": score(task.checks, marked)})


def marked_again(results: Sequence[CheckResult], found: Iterable[Explanation]) -> tuple[Explanation, ...]:
    """Return explanations with their marks for other results, at the prices that they have."""
    again = [one.model_copy(update={"mark": mark(results, one)}) for one in found]
    return tuple(sorted(again, key=_rank))


def score(results: Sequence[CheckResult], found: Sequence[Explanation]) -> float:
    """Return the points of a task: with the explanation that counts, if it gives more than the checks do."""
    return max([total(result.score for result in results), *(one.mark for one in found[:1])])


def mark(results: Sequence[CheckResult], explanation: Explanation) -> float:
    """Return the points of a task with an explanation: never less than without it.

    Never more than its points either: no check counts with more than its own.
    """
    plain = total(result.score for result in results)
    if not explanation.counts:
        return plain
    given = total(counted(result, explanation) for result in results)
    return max(plain, total([given, -explanation.price]))


def _explains_half(results: Sequence[CheckResult], repair: Explanation) -> bool:
    """Whether a repair explains half of the points that were lost in public checks, or more.

    Right answers that take too long are no part of that: no repair could explain them.
    """
    lost = {
        one.check: one.points
        for one in results
        if one.verdict in (Verdict.FAILED, Verdict.SKIPPED)
        and not (one.hidden or is_picture(one) or is_too_slow(one))
    }
    return 2 * total(lost.get(name, 0.0) for name in repair.right_given) >= total(lost.values())


def is_too_slow(result: CheckResult) -> bool:
    """Whether the answers to a check are right but take too long."""
    return result.message is not None and result.message.id == "too_slow"


def _explanation(
    task: TaskSource,
    results: Sequence[CheckResult],
    after: Mapping[str, Sequence[str]],
    supposed: Supposition,
) -> Explanation:
    right = {result.check for result in results if result.verdict is Verdict.PASSED}
    given: list[str] = []
    in_part: dict[str, float] = {}
    for result in results:
        name, share = result.check, supposed.shares.get(result.check, 0.0)
        lost = result.verdict in (Verdict.FAILED, Verdict.SKIPPED) and not _counts_with_nothing(result)
        if not lost or not right.issuperset(after.get(name, ())):
            continue
        if share >= 1:
            right.add(name)
            given.append(name)
        elif share > 0:
            in_part[name] = share
    return Explanation(
        mistakes=supposed.mistakes,
        titles=tuple(map(task.title_of_mistake, supposed.mistakes)),
        repair=supposed.repair,
        also=supposed.also,
        right_given=tuple(given),
        given_in_part=in_part,
    )


def _counts_with_nothing(result: CheckResult) -> bool:
    """Whether a check gives nothing because nothing is right of those that it counts with."""
    return result.message is not None and result.message.id == "counts_with"


def _rank(one: Explanation) -> tuple[bool, float, int, tuple[str, ...], str]:
    slips = len(one.mistakes) + (one.repair is not None) + len(one.also)
    place = f"{one.repair.file}:{one.repair.line:06}:{one.repair.kind}" if one.repair else ""
    return not one.counts, -one.mark, slips, one.mistakes, place
