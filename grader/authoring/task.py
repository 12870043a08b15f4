"""What an author writes with: a task is a list of checks, a check is a question.

A check says what to *do* with an implementation and returns what was seen. It holds no expected
value, tolerance, assertion or message: the same question is put to the reference solution, and a
judge outside the sandbox compares the two answers.
"""

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from grader.errors import AssignmentError

if TYPE_CHECKING:
    from grader.authoring.case import Case

CheckFunction = Callable[[Any, "Case"], Mapping[str, Any]]
Compare = Callable[[Mapping[str, Any], Mapping[str, Any]], "str | tuple[str, str] | None"]

DTYPES = ("float64", "float32")


@dataclass(frozen=True)
class Plot:
    """A picture of a check's one-dimensional observations, one line (or bar) each."""

    title: str
    x: str
    y: str
    log: bool = False
    bars: bool = False
    first: int = 0
    """The number at the first entry of the x axis."""
    ticks: Sequence[str] = ()
    """What to write at each entry of the x axis instead of numbers."""
    beside: Sequence[str] = ()
    """Observations that the check works out by itself, drawn once beside the answers."""
    expected: bool = True
    """Whether the solution's answer is drawn beside the submission's; never for a law."""


@dataclass(frozen=True)
class Check:
    """One question with its points; made by `Task.check`."""

    name: str
    title: str
    about: str
    points: float
    after: tuple[str, ...]
    cases: int
    dtype: str
    depth: str
    digits: int | None
    exact: bool
    compare: Compare | None
    plot: Plot | None
    question: CheckFunction

    def __call__(self, impl: Any, case: "Case") -> Mapping[str, Any]:
        """Ask the question, so that a check can build on another one."""
        return self.question(impl, case)


class Task:
    """The checks of one task, in the order in which they are asked.

    `forbid` names the layers that may not compute the result, as `torch.nn.LSTM`; their
    subclasses and functional forms are refused with them, at import too. `accept` names the files
    whose answers are right, each without its `.py`: a check is passed if it is answered like any one
    of them.

    Raises `AssignmentError` where the declaration cannot work.
    """

    def __init__(self, *, forbid: Sequence[str] = (), accept: Sequence[str] = ("solution",)) -> None:
        if isinstance(forbid, str) or isinstance(accept, str):
            raise AssignmentError("forbid= and accept= take a list of names")
        if "solution" not in accept:
            raise AssignmentError('accept= must name "solution", whose answers are shown')
        self.forbid = tuple(forbid)
        self.accept = tuple(accept)
        self.checks: dict[str, Check] = {}

    def check(
        self,
        *,
        points: float,
        after: Check | Sequence[Check] = (),
        cases: int = 10,
        dtype: str = "float64",
        depth: str = "",
        digits: int | None = None,
        exact: bool = False,
        compare: Compare | None = None,
        plot: Plot | None = None,
    ) -> Callable[[CheckFunction], Check]:
        """Register the decorated function `(impl, case) -> observations` as a check.

        `points` it is worth; 0 for a gate that others stand on. `after`: checks without which
        this one means nothing; where one of them fails this one is skipped. `cases`: how many
        cases are drawn. `dtype`: of the tensors that the case draws. `depth`: the name of the
        size that counts steps computed one upon the other; the tolerance grows with it.
        `digits`: so many digits after the decimal point have to be right (of numbers above 1, so many
        relative to their size); without it what float32 rounds away is no mistake, in float64 either.
        `exact`: a list is told from a tuple, and a scalar of NumPy from a number.
        `compare(expected, actual)`: for laws with many right answers; gets what was seen on the
        solution and on the submission and returns what is wrong in a sentence, or None. It may
        return a pair, the name of the observation to show and the sentence.
        `plot`: a picture of the observations for the report. With no points it is there to be looked
        at only: wherever the program gives numbers it is drawn, and never counted as a failure.

        Raises `AssignmentError` where the declaration cannot work.
        """
        if isinstance(after, Check):
            after = (after,)

        def register(question: CheckFunction) -> Check:
            name = question.__name__
            title, _, about = inspect.cleandoc(question.__doc__ or "").strip().partition("\n\n")
            if not title:
                raise AssignmentError(
                    f"check {name!r} has no docstring; its first line is the title students read"
                )
            if len(inspect.signature(question).parameters) != 2:
                raise AssignmentError(f"check {name!r} must take two arguments: (impl, case)")
            if name in self.checks:
                raise AssignmentError(f"two checks are called {name!r}")
            if points < 0 or cases < 1:
                raise AssignmentError(f"check {name!r} needs points >= 0 and cases >= 1")
            if dtype not in DTYPES:
                raise AssignmentError(f"check {name!r}: dtype must be one of {', '.join(DTYPES)}")
            if digits is not None and not 1 <= digits <= 15:
                raise AssignmentError(f"check {name!r}: digits must be 1 to 15")
            if compare is not None and (digits is not None or exact):
                raise AssignmentError(
                    f"check {name!r}: compare= judges by itself; leave digits= and exact= out"
                )
            for other in after:
                if self.checks.get(other.name) is not other:
                    raise AssignmentError(
                        f"check {name!r} stands on {other.name!r}, not a check of this task"
                    )
            check = Check(
                name=name,
                title=" ".join(title.split()),
                about=" ".join(about.split()),
                points=points,
                after=tuple(other.name for other in after),
                cases=cases,
                dtype=dtype,
                depth=depth,
                digits=digits,
                exact=exact,
                compare=compare,
                # Many answers obey a law: the solution's is not the one to be expected.
                plot=replace(plot, expected=False) if plot and compare else plot,
                question=question,
            )
            self.checks[name] = check
            return check

        return register
