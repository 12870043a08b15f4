"""What a failure of a task comes from, as facts: a slip, what is right given it, and its price."""

from typing import Literal

from grader.results.message import Record

Slip = tuple[str, bool]
"""The name of a known mistake, or a kind of repair; whether it is a repair."""
Tell = Literal["line", "kind", "change"]
"""What students are told of a repair: the line, the line and the kind, or the change as well."""


class Repair(Record):
    """One small change of the student's program after which it passes."""

    file: str
    """Relative to the submission."""
    line: int
    """Where the change begins, counted from 1."""
    end_line: int
    column: int
    """Where it begins in its line: characters, counted from 0."""
    end_column: int
    kind: str
    """A key of the table of edits."""
    before: str
    """The student's text that is replaced, bounded."""
    after: str
    """What replaces it, bounded."""
    alternatives: int
    """How many other changes of the same rank do the same."""
    told: bool
    """Whether all of them agree on the line, so that it may be told."""


class Explanation(Record):
    """A known mistake, two of them, a repair, or a mistake and a repair, and what is right given it."""

    mistakes: tuple[str, ...] = ()
    """Names of known mistakes."""
    titles: tuple[str, ...] = ()
    """What people call these."""
    repair: Repair | None = None
    also: tuple[Repair, ...] = ()
    """A second repair that belongs to the first: two slips."""
    right_given: tuple[str, ...] = ()
    """Checks that are right given it, and not without it."""
    given_in_part: dict[str, float] = {}
    """By check with partial credit: the share of its points that it gets given it."""
    price: float = 0
    """In points."""
    prices: tuple[float, ...] = ()
    """Of each mistake, and of the repair at last; they add up to `price`."""
    own_prices: tuple[float, ...] = ()
    """The same as the assignment says, if a person has set another price; empty otherwise."""
    counts: bool = True
    """False for a repair that may do by chance what it does: it explains less than half of the lost points,
    or is at a line that cannot be told and gives no point."""
    mark: float = 0
    """The points of the task with this explanation."""

    @property
    def slips(self) -> tuple[Slip, ...]:
        """What it is made of, in the order of its prices."""
        repairs = () if self.repair is None else (self.repair, *self.also)
        return (*((name, False) for name in self.mistakes), *((one.kind, True) for one in repairs))
