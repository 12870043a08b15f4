"""Alternatives that a student wrote down: a change of the program may not choose among them.

`return [a, b, c][0]` would otherwise be one change away from right three times. A slip that is undone uses
all computed values that the program used before; a choice drops one of them. What a change takes away itself
must be small: `a + b`, of which one is right, is a choice as well if both are formulas.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from grader.asking.questions import Ask, CheckInfo
from grader.asking.search import Answers
from grader.edits.changes import Change
from grader.edits.choices import SPOILED, conditions, values
from grader.judging.comparison import agree

_MOST_VALUES = 80
"""Computed values of a program that are spoiled to see whether they matter."""
_MOST_DROPPED = 3
"""Computed values that a change itself may take away: a call, or a term of two factors."""
_FEW_CHECKS = 3
"""Failed checks, and passed ones, that are asked with each value spoiled."""


@dataclass
class Alternatives:
    """Decides whether a change chooses among alternatives that the student wrote down."""

    asked: Callable[[Sequence[Change], Ask], dict[int, Answers]]
    """Asks the program once with each of some changes; answers are by the number of the change."""
    checks: Sequence[CheckInfo]
    sources: Mapping[str, str]
    wanted: Collection[str]
    """Names that the task asks for."""
    base: Answers
    """What the program answers as it is."""
    lost: Mapping[str, list[int]]
    """The failing cases of each failed check."""

    def chooses(self, change: Change) -> bool:
        """Whether a change leaves out a computed value that mattered, or fixes what a condition decides.

        Each value is spoiled in turn, in the program as it is and in the changed one. A slip that is undone
        uses all that was used before; a choice among alternatives drops one of them. A condition may be
        changed only if both of its branches mattered before.
        """
        if self._drops_much(change) or self._fixed(change):
            return True
        apart = [at for at in self._mattered if _apart(self._values[at], change)]
        stopped = self._idle(change, apart, self._few)
        return bool(stopped) and bool(self._idle(change, stopped, self._many))

    def _idle(self, change: Change, places: Sequence[int], ask: Ask) -> list[int]:
        """Return the values on which no answer of the changed program depends."""
        some = [_both(change, self._values[at]) for at in places]
        after = self.asked([change, *some], ask)
        return [
            at for number, at in enumerate(places, 1) if self._same(after.get(number, {}), after.get(0, {}))
        ]

    def _drops_much(self, change: Change) -> bool:
        """Whether a change takes away more than a slip: computed values that its new text does not hold."""
        kept = " ".join(span.text for span in change.spans)
        source = self.sources[change.file].encode()
        dropped = 0
        for value in self._values:
            ((begin, end),) = ((span.begin, span.end) for span in value.spans)
            inside = value.file == change.file and any(
                span.begin <= begin and end <= span.end for span in change.spans
            )
            dropped += inside and source[begin:end].decode() not in kept
        return dropped > _MOST_DROPPED

    def _fixed(self, change: Change) -> bool:
        """Whether a change is in a condition of which one branch alone mattered before."""
        tests = [test for test in conditions(self.sources) if _inside(change, test)]
        if not tests:
            return False
        answers = self.asked(tests, self._many)
        as_it_is = self._as_it_is(self._many)
        return any(self._same(answers.get(at, {}), as_it_is) for at in range(len(tests)))

    @cached_property
    def _values(self) -> list[Change]:
        return list(values(self.sources, self.wanted, SPOILED))[:_MOST_VALUES]

    @cached_property
    def _mattered(self) -> list[int]:
        """Which values the answers depend on in the program as it is."""
        answers = self.asked(self._values, self._few)
        as_it_is = self._as_it_is(self._few)
        return [at for at in range(len(self._values)) if not self._same(answers.get(at, {}), as_it_is)]

    @cached_property
    def _few(self) -> Ask:
        """The first cases of the first checks that fail, and of those that pass."""
        failed = [check for check in self.checks if check.name in self.lost]
        passed = [check for check in self.checks if check.name not in self.lost]
        return tuple(
            (check.name, tuple(sorted({0, *self.lost.get(check.name, [])[:1]})))
            for check in [*failed[:_FEW_CHECKS], *passed[:_FEW_CHECKS]]
        )

    @cached_property
    def _many(self) -> Ask:
        return tuple((check.name, tuple(range(min(check.cases, 4)))) for check in self.checks)

    def _as_it_is(self, ask: Ask) -> Answers:
        return {
            name: {case: self.base[name][case] for case in cases if case in self.base.get(name, {})}
            for name, cases in ask
        }

    def _same(self, one: Answers, other: Answers) -> bool:
        return all(
            case in other.get(name, {}) and agree(answer, other[name][case])
            for name, by_case in one.items()
            for case, answer in by_case.items()
        ) and {n: c.keys() for n, c in one.items()} == {n: c.keys() for n, c in other.items() if c}


def _apart(place: Change, change: Change) -> bool:
    """Whether a value is computed outside a change, or moved by it as a whole."""
    return (
        place.file != change.file
        or _moved(place, change) is not None
        or all(
            one.end <= other.begin or other.end <= one.begin for one in place.spans for other in change.spans
        )
    )


def _moved(place: Change, change: Change) -> Change | None:
    """Return a change that exchanges two pieces, with a value in one of them spoiled; None for another."""
    (value,) = place.spans
    if len(change.spans) != 2 or change.kind != "order":
        return None
    for here, there in (change.spans, change.spans[::-1]):
        size = len(there.text.encode())
        if here.begin <= value.begin and value.end <= here.end and size == here.end - here.begin:
            text = there.text.encode()
            begin, end = value.begin - here.begin, value.end - here.begin
            spoiled = replace(there, text=(text[:begin] + value.text.encode() + text[end:]).decode())
            return replace(change, spans=tuple(sorted((here, spoiled), key=lambda span: span.begin)))
    return None


def _inside(change: Change, test: Change) -> bool:
    return change.file == test.file and any(
        test.spans[0].begin <= span.begin and span.end <= test.spans[0].end for span in change.spans
    )


def _both(change: Change, place: Change) -> Change:
    """Return a change with a value spoiled as well."""
    moved = _moved(place, change) if place.file == change.file else None
    if moved is not None:
        return moved
    return replace(change, spans=tuple(sorted((*change.spans, *place.spans), key=lambda s: s.begin)))
