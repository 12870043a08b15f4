"""Summary of a class: the results of each check, the known mistakes, the groups of equal failures.

It takes one student after the other, and keeps a row of each, but no report.
"""

import statistics
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from grader.course.rows import lost
from grader.results.course import (
    TRIED,
    CheckCount,
    Cluster,
    Graded,
    Lost,
    Mark,
    MistakeCount,
    RepairCount,
    Row,
    RubricLine,
    SlipOf,
)
from grader.results.message import Message
from grader.results.report import LOADS, WRITTEN_OUT, Verdict

_PART = 0.27
"""Share of a class that counts as its best or its weakest, as usual in item analysis."""

_GATES = (LOADS, WRITTEN_OUT)
_Key = tuple[str, str]
"""A task and a check."""


@dataclass
class Summary:
    """What was seen so far; texts that are the same in all reports are kept once."""

    titles: dict[_Key, tuple[str, float, int]] = field(default_factory=dict)
    """Title and points of every check, and its place in the task."""
    hints: dict[_Key, str] = field(default_factory=dict)
    """By task and mistake."""
    names: dict[_Key, str] = field(default_factory=dict)
    """The title of a mistake, by task and mistake."""
    examples: dict[str, tuple[str, Message, Message | None]] = field(default_factory=dict)
    """By signature: one student with that failure, the head of the group, and the message."""
    kept: dict[Lost, Lost] = field(default_factory=dict)

    def row(self, row: Row, found: Graded) -> Row:
        """Return `row` with the results of its report."""
        places: dict[str, int] = {}
        for mark in found.marks:
            if mark.result.check in _GATES:
                place = _GATES.index(mark.result.check) - len(_GATES)
            else:
                place = places[mark.task] = places.get(mark.task, -1) + 1
            self._note(row.folder, mark, place)
        return row.model_copy(
            update={
                "score": found.score,
                "points": found.points,
                "mark": found.score,
                "final": found.final,
                "waiting": found.waiting,
                "submission_digest": found.submission_digest,
                "tasks": found.tasks,
                "not_handed_in": found.not_handed_in,
                "lost": tuple(self.kept.setdefault(one, one) for one in lost(found)),
                "slips": found.slips,
                "decided": found.decided,
            }
        )

    def _note(self, folder: str, mark: Mark, place: int) -> None:
        result = mark.result
        self.titles.setdefault((mark.task, result.check), (result.title, result.points, place))
        if result.mistake:
            self.hints.setdefault((mark.task, result.mistake), result.hint)
            self.names.setdefault((mark.task, result.mistake), result.mistake_title)
        # The first folder by name, so that the example does not depend on who was graded first.
        if mark.head is not None and folder <= self.examples.get(mark.signature, (folder,))[0]:
            self.examples[mark.signature] = folder, mark.head, result.message

    def checks(self, rows: Sequence[Row], order: Sequence[str]) -> tuple[CheckCount, ...]:
        """Return how `rows` did in each check, in the order of the tasks."""
        graded = [row for row in rows if not row.problem]
        lost_by = [{(one.task, one.check): one for one in row.lost} for row in graded]
        behind: dict[_Key, float] = {}
        for row in graded:
            for first, waiting in self._firsts(row):
                key = first.task, first.check
                behind[key] = behind.get(key, 0) + waiting
        found = []
        for (task, check), (title, points, _) in self._in_order(order):
            results = [by_check.get((task, check)) for by_check in lost_by]
            verdicts = [result.verdict if result else Verdict.PASSED for result in results]
            if not points and set(verdicts) <= {Verdict.PASSED}:
                continue  # a check of the grader's own that all passed
            earned = [result.earned if result else points for result in results]
            rest = [row.score - own for row, own in zip(graded, earned, strict=True)]
            passed = [verdict is Verdict.PASSED for verdict in verdicts]
            found.append(
                CheckCount(
                    task=task,
                    check=check,
                    title=title,
                    points=points,
                    passed=verdicts.count(Verdict.PASSED),
                    failed=verdicts.count(Verdict.FAILED),
                    skipped=verdicts.count(Verdict.SKIPPED),
                    pending=verdicts.count(Verdict.PENDING),
                    broken=verdicts.count(Verdict.BROKEN),
                    lost=round(
                        sum(
                            points - own
                            for own, verdict in zip(earned, verdicts, strict=True)
                            if verdict is not Verdict.PENDING
                        ),
                        6,
                    ),
                    lost_skipped=round(
                        sum(points - r.earned for r in results if r and r.verdict is Verdict.SKIPPED), 6
                    ),
                    behind=round(behind.get((task, check), 0), 6),
                    discrimination=correlation(passed, rest),
                    upper_lower=upper_lower(passed, [row.score for row in graded]),
                )
            )
        return tuple(found)

    def _firsts(self, row: Row) -> Iterator[tuple[Lost, float]]:
        """Yield the first failed check of each task, with the points of the checks that were skipped.

        A skipped check depends on one that failed, if not always on the first one.
        """
        waiting: dict[str, float] = {}
        firsts: dict[str, Lost] = {}
        for one in sorted(row.lost, key=lambda one: self.titles[one.task, one.check][2]):
            if one.verdict is Verdict.SKIPPED:
                waiting[one.task] = (
                    waiting.get(one.task, 0) + self.titles[one.task, one.check][1] - one.earned
                )
            elif one.verdict is Verdict.FAILED:
                firsts.setdefault(one.task, one)
        for task, first in firsts.items():
            yield first, waiting.get(task, 0)

    def _in_order(self, tasks: Sequence[str]) -> list[tuple[_Key, tuple[str, float, int]]]:
        return sorted(self.titles.items(), key=lambda item: (tasks.index(item[0][0]), item[1][2]))

    def mistakes(self, rows: Iterable[Row]) -> tuple[MistakeCount, ...]:
        """Return the known mistakes, the most frequent first."""
        students: dict[_Key, list[str]] = {}
        checks: dict[_Key, dict[str, None]] = {}
        costs: dict[_Key, float] = {}
        behind: dict[_Key, float] = {}
        for row in rows:
            for first, waiting in self._firsts(row):
                if first.mistake:
                    key = first.task, first.mistake
                    behind[key] = behind.get(key, 0) + waiting
            for one in row.lost:
                if not one.mistake:
                    continue
                key = one.task, one.mistake
                made = students.setdefault(key, [])
                if row.folder not in made[-1:]:
                    made.append(row.folder)
                checks.setdefault(key, {})[one.check] = None
                costs[key] = costs.get(key, 0) + self.titles[one.task, one.check][1] - one.earned
        found = [
            MistakeCount(
                task=task,
                mistake=mistake,
                title=self.names[task, mistake],
                hint=self.hints[task, mistake],
                checks=tuple(sorted(checks[task, mistake])),
                students=tuple(made),
                lost=round(costs[task, mistake], 6),
                behind=round(behind.get((task, mistake), 0), 6),
            )
            for (task, mistake), made in students.items()
        ]
        return tuple(sorted(found, key=lambda m: (-len(m.students), -m.lost - m.behind, m.task, m.mistake)))

    def rubric(self, rows: Iterable[Row]) -> tuple[RubricLine, ...]:
        """Return the slips of the class with their prices, what cost most first."""
        made: dict[tuple[str, str, bool], list[tuple[str, SlipOf]]] = {}
        for row in rows:
            for slip in row.slips:
                made.setdefault((slip.task, slip.slip, slip.is_repair), []).append((row.folder, slip))
        found = [
            RubricLine(
                task=task,
                slip=name,
                is_repair=is_repair,
                title=slips[0][1].title,
                price=slips[0][1].price,
                students=tuple(folder for folder, _ in slips),
                cost=round(sum(slip.cost for _, slip in slips), 6),
                changes=tuple(round(sum(slip.changes[n] for _, slip in slips), 6) for n in range(len(TRIED))),
                changed=tuple(sum(bool(slip.changes[n]) for _, slip in slips) for n in range(len(TRIED))),
                repairs=_repairs(slips) if is_repair else (),
            )
            for (task, name, is_repair), slips in made.items()
        ]
        return tuple(sorted(found, key=lambda line: (-line.cost, -len(line.students), line.task, line.slip)))

    def clusters(self, rows: Iterable[Row]) -> tuple[Cluster, ...]:
        """Return the groups with the same failure that no known mistake explains, the largest first.

        A group with the same failures in several checks of a task is one group.
        """
        members: dict[tuple[str, str, str], list[str]] = {}
        for row in rows:
            for one in row.lost:
                if one.signature:
                    members.setdefault((one.task, one.check, one.signature), []).append(row.folder)
        groups: dict[tuple[str, tuple[str, ...]], list[tuple[str, str]]] = {}
        for (task, check, signature), students in members.items():
            groups.setdefault((task, tuple(students)), []).append((check, signature))
        found = []
        for (task, names), parts in groups.items():
            parts.sort(key=lambda part: self.titles[task, part[0]][2])
            example, head, message = self.examples[parts[0][1]]
            found.append(
                Cluster(
                    task=task,
                    checks=tuple(check for check, _ in parts),
                    signature=parts[0][1],
                    head=head,
                    message=message,
                    example=example,
                    students=names,
                )
            )
        return tuple(sorted(found, key=lambda c: (-len(c.students), -len(c.checks), c.task, c.signature)))


def correlation(passed: Sequence[bool], rest: Sequence[float]) -> float | None:
    """Return the point-biserial correlation, None if all passed, all failed or all others are equal."""
    try:
        return round(statistics.correlation([float(one) for one in passed], rest), 3)
    except statistics.StatisticsError:  # fewer than two, or nothing varies
        return None


def upper_lower(passed: Sequence[bool], scores: Sequence[float]) -> float | None:
    """Return the share of the best that pass, minus that of the weakest; None for fewer than two students."""
    size = round(len(scores) * _PART)
    if size < 1:
        return None
    ranked = [own for _, own in sorted(zip(scores, passed, strict=True), key=lambda pair: pair[0])]
    return round((sum(ranked[-size:]) - sum(ranked[:size])) / size, 3)


def _repairs(slips: Sequence[tuple[str, SlipOf]]) -> tuple[RepairCount, ...]:
    """Return what repairs change, and for whom, the most frequent first."""
    found: dict[tuple[str, str], list[str]] = {}
    for folder, slip in slips:
        found.setdefault((slip.before, slip.after), []).append(folder)
    counts = [
        RepairCount(before=before, after=after, students=tuple(folders))
        for (before, after), folders in found.items()
    ]
    return tuple(sorted(counts, key=lambda one: (-len(one.students), one.before, one.after)))
