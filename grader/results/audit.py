"""What `grade check` found out about an assignment's checks."""

from typing import Literal

from grader.results.message import Message, Record

Extent = Literal["all", "quick", "stopped"]
"""What was tried: everything, no mutants, or what there was time for until a person stopped it."""


class MistakeAudit(Record):
    """Whether a known mistake costs marks and is recognised."""

    name: str
    title: str = ""
    score: float
    """What a submission with exactly this mistake gets."""
    plain: float = 0
    """What it would get if nothing else were judged given the mistake."""
    price: float = 0
    """What the mistake costs at most, in points."""
    has_price: bool = True
    """Whether the author wrote the price down."""
    caught: bool
    named: bool
    named_as: tuple[str, ...]
    slow: bool = False
    """Whether only its processor time costs marks; such a mistake has no answers to be recognised by."""

    @property
    def is_found(self) -> bool:
        """Whether it costs marks and is recognised, as far as that is possible."""
        return self.caught and (self.named or self.slow)


class Survivor(Record):
    """A mutant of the solution that passes every check."""

    line: int
    old: str
    new: str
    reason: str = ""
    """Why it is not a mistake, if the assignment says so."""


class CheckWorth(Record):
    """What one check contributes."""

    check: str
    points: float
    kills: int
    """Mistakes that it fails, and mutants that it fails in its first two cases, or later if no check does."""
    alone: int
    """Those that only this check fails."""


class Guess(Record):
    """The score of a program that does nothing of what the task asks."""

    program: Message
    score: float
    gained: float = 0
    """The part of it that it would not get without follow-through."""
    given: tuple[str, ...] = ()
    """The titles of the mistakes that give it this part."""


class MistakeMark(Record):
    """What a submission gets that makes exactly one known mistake, in any way to make it."""

    title: str
    price: float
    has_price: bool
    least: float
    most: float
    plain: float
    """The least without follow-through."""


class TaskAudit(Record):
    """What was found out about one task."""

    task: str
    points: float
    extent: Extent = "all"
    problems: tuple[Message, ...]
    mistakes: tuple[MistakeAudit, ...]
    mutants: int
    survivors: tuple[Survivor, ...]
    equivalent: tuple[Survivor, ...]
    left_out: int = 0
    """Mutants that are plainly none, such as a detached value that needs no gradient; not counted above."""
    unused: tuple[str, ...]
    """Lines of `equivalent.toml` that match no surviving mutant."""
    checks: tuple[CheckWorth, ...]
    idle_cases: dict[str, tuple[int, ...]]
    """By check: cases that catch no mutant or mistake that an earlier case does not catch."""
    guesses: tuple[Guess, ...]
    relatives: dict[str, tuple[str, ...]] = {}
    """By forbidden name: what is refused with it."""

    @property
    def killed(self) -> int:
        """Mutants that some check fails."""
        return self.mutants - len(self.survivors) - len(self.equivalent)

    @property
    def passed(self) -> bool:
        """Whether there is nothing to correct."""
        return (
            not (self.problems or self.survivors or self.unused)
            and all(mistake.is_found for mistake in self.mistakes)
            and not any(guess.gained for guess in self.guesses)
        )

    @property
    def unpriced(self) -> tuple[str, ...]:
        """Mistakes without a price of their own that lose more than half of the task by themselves."""
        found = (m.name for m in self.mistakes if not m.has_price and m.plain < self.points / 2)
        return tuple(dict.fromkeys(found))

    @property
    def marks(self) -> tuple["MistakeMark", ...]:
        """What each mistake gets: a line per name, for the author to agree to."""
        by_name: dict[str, list[MistakeAudit]] = {}
        for mistake in self.mistakes:
            by_name.setdefault(mistake.name, []).append(mistake)
        return tuple(
            MistakeMark(
                title=ways[0].title or name,
                price=ways[0].price,
                has_price=ways[0].has_price,
                least=min(way.score for way in ways),
                most=max(way.score for way in ways),
                plain=min(way.plain for way in ways),
            )
            for name, ways in by_name.items()
        )


class AssignmentAudit(Record):
    """What was found out about an assignment."""

    title: str
    tasks: tuple[TaskAudit, ...]
    seconds: float

    @property
    def extent(self) -> Extent:
        """What was tried of the task of which least was."""
        extents = {task.extent for task in self.tasks}
        return "stopped" if "stopped" in extents else "quick" if "quick" in extents else "all"

    @property
    def score(self) -> float:
        """Killed mutants, out of those that are not equivalent, in percent."""
        killed = sum(task.killed for task in self.tasks)
        alive = sum(len(task.survivors) for task in self.tasks)
        return 100.0 * killed / (killed + alive) if killed + alive else 100.0

    @property
    def passed(self) -> bool:
        """Whether there is nothing to correct."""
        return all(task.passed for task in self.tasks)
