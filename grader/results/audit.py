"""What `grade check` found out about an assignment's checks."""

from grader.results.report import Record


class MistakeAudit(Record):
    """Whether a known mistake costs marks and is recognised."""

    name: str
    score: float
    caught: bool
    named: bool
    named_as: tuple[str, ...]


class Survivor(Record):
    """A mutant of the solution that passes every check."""

    line: int
    old: str
    new: str
    reason: str = ""
    """Why it is no mistake, where the assignment says so."""


class CheckWorth(Record):
    """What one check contributes."""

    check: str
    points: float
    kills: int
    """Mutants and mistakes it fails."""
    alone: int
    """Those that no other check fails."""


class Guess(Record):
    """What a program gets that does nothing of what is asked."""

    what: str
    score: float


class TaskAudit(Record):
    """What was found out about one task."""

    task: str
    points: float
    problems: tuple[str, ...]
    mistakes: tuple[MistakeAudit, ...]
    mutants: int
    survivors: tuple[Survivor, ...]
    equivalent: tuple[Survivor, ...]
    unused: tuple[str, ...]
    """Lines of `equivalent.toml` that no surviving mutant has."""
    checks: tuple[CheckWorth, ...]
    idle_cases: dict[str, tuple[int, ...]]
    """By check: cases that tell no mutant or mistake that an earlier case doesn't."""
    guesses: tuple[Guess, ...]

    @property
    def killed(self) -> int:
        """Mutants that some check fails."""
        return self.mutants - len(self.survivors) - len(self.equivalent)

    @property
    def passed(self) -> bool:
        """Whether nothing is left to mend."""
        return not (self.problems or self.survivors or self.unused) and all(
            mistake.caught and mistake.named for mistake in self.mistakes
        )


class AssignmentAudit(Record):
    """What was found out about an assignment."""

    title: str
    tasks: tuple[TaskAudit, ...]
    seconds: float

    @property
    def score(self) -> float:
        """Killed mutants, out of those that are not equivalent, in percent."""
        killed = sum(task.killed for task in self.tasks)
        alive = sum(len(task.survivors) for task in self.tasks)
        return 100.0 * killed / (killed + alive) if killed + alive else 100.0

    @property
    def passed(self) -> bool:
        """Whether nothing is left to mend."""
        return all(task.passed for task in self.tasks)
