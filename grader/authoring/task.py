"""Tasks and checks: a task is a list of checks, and a check asks one question.

A check says what to *do* with an implementation and returns what was observed. It holds no expected value,
tolerance, assertion or message: the reference solution gets the same question, and a judge outside the
sandbox compares the two answers.
"""

import inspect
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from grader.errors import AssignmentError

if TYPE_CHECKING:
    from grader.authoring.case import Case

CheckFunction = Callable[[Any, "Case"], Mapping[str, Any]]
Compare = Callable[[Mapping[str, Any], Mapping[str, Any]], "str | tuple[str, str] | None"]

DTYPES = ("float64", "float32")
TOLD = ("nothing", "title", "hint", "all")
"""What students may be told of a failed hidden check."""
LEAST_BUDGET = 5
"""A smaller factor would judge the machine, not the program."""
MOST_SEEDS = 20


@dataclass(frozen=True)
class Plot:
    """A picture of a check's one-dimensional observations, one line (or bar) each."""

    title: str
    x: str
    y: str
    log: bool = False
    bars: bool = False
    first: int = 0
    """The number of the first entry on the x axis."""
    ticks: Sequence[str] = ()
    """Labels for the entries of the x axis, instead of numbers."""
    beside: Sequence[str] = ()
    """Observations that the check computes itself, drawn once next to the answers."""
    expected: bool = True
    """Whether to draw the solution's answer too; never with `compare=`."""


@dataclass(frozen=True)
class Check:
    """One question with its points; created by `Task.check`."""

    name: str
    title: str
    about: str
    points: float
    after: tuple[str, ...]
    cases: int
    dtype: str
    depth: str
    axes: Mapping[str, tuple[str, ...]]
    digits: int | None
    exact: bool
    compare: Compare | None
    seeds: int
    bonus: bool
    partial: bool
    counts_with: tuple[str, ...]
    plot: Plot | None
    hidden: str
    wall_seconds: float | None
    budget: float | None
    question: CheckFunction

    def __call__(self, impl: Any, case: "Case") -> Mapping[str, Any]:
        """Ask the question, so a check can call another one."""
        return self.question(impl, case)


class Task:
    """The checks of one task, in the order in which they are asked.

    `forbid` names layers, optimizers and functions of torch, and functions of NumPy, that may not compute the
    result, such as `torch.nn.LSTM`. Their subclasses and functional forms are refused too, also during the
    import. `allow_imports` names the libraries that may be imported besides Python's own modules and the
    submission's files; without it, all that are installed. `accept` names the files with right answers,
    without `.py`: a module passes a check if it answers like one of them.

    Raises `AssignmentError` if the declaration cannot work.
    """

    def __init__(
        self,
        *,
        forbid: Sequence[str] = (),
        allow_imports: Sequence[str] | None = None,
        accept: Sequence[str] = ("solution",),
    ) -> None:
        for option, names in (("forbid", forbid), ("allow_imports", allow_imports or ()), ("accept", accept)):
            if isinstance(names, str) or not all(isinstance(name, str) for name in names):
                raise AssignmentError(f"{option}= takes a list of names")
        if "solution" not in accept:
            raise AssignmentError('accept= must name "solution", whose answers are shown')
        self.forbid = tuple(forbid)
        self.allow_imports = None if allow_imports is None else tuple(allow_imports)
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
        axes: Mapping[str, Sequence[str]] | None = None,
        digits: int | None = None,
        exact: bool = False,
        compare: Compare | None = None,
        seeds: int = 1,
        bonus: bool = False,
        partial: bool = False,
        counts_with: Check | Sequence[Check] = (),
        plot: Plot | None = None,
        hidden: str = "",
        wall_seconds: float | None = None,
        budget: float | None = None,
    ) -> Callable[[CheckFunction], Check]:
        """Register the decorated function `(impl, case) -> observations` as a check.

        `points`: its worth; 0 for a gate that other checks depend on. `after`: checks without which
        this one is meaningless; if one of them fails, this one is skipped. `cases`: the number of
        cases. `dtype`: the dtype of tensors that the case draws. `depth`: the name of the size that
        counts chained steps; the tolerance grows with it. `axes`: by observation, what its axes are called in
        reports if the sizes that a case draws do not say it. `digits`: decimal places that must be right
        (relative for numbers above 1); without it, differences below float32 accuracy are ignored.
        `exact`: a list differs from a tuple, and a NumPy scalar from a number.
        `compare(expected, actual)`: for questions with many right answers. It gets the observations of
        the solution and of the submission and returns a sentence that says what is wrong, or None. It
        may return a pair: the name of the observation to show, and the sentence.
        `seeds`: for a property of random results. Each case is asked with the same inputs under so many
        seeds of the random numbers of torch, NumPy and Python, and fails only if `compare` finds something
        wrong under every one.
        `bonus`: the points come on top of those of the task, so a mark may exceed the maximum.
        `partial`: a failed check gets the share of its observations that are right in all cases.
        `counts_with`: checks of which something must be right, or this one gives nothing; for checks that a
        program passes if it always raises an exception.
        `plot`: a picture of the observations for the report. With 0 points the check is only a
        picture: it is drawn whenever the program returns numbers, and never counts as a failure.
        `wall_seconds`: how long all cases of the check may take together, instead of `wall_seconds` in
        assignment.toml; at most `task_seconds`, which all checks share.
        `budget`: how many times the solution's processor time a right answer may take, 5 or more; it is
        measured outside, in processes of its own.
        `hidden`: in `hidden_checks.py`, what students are told of a failed check: "nothing", "title", "hint"
        (the title and the rest of the docstring) or "all"; without it, assignment.toml decides.

        Raises `AssignmentError` if the declaration cannot work.
        """
        if isinstance(after, Check):
            after = (after,)
        if isinstance(counts_with, Check):
            counts_with = (counts_with,)

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
            axis_names = axes or {}
            if any(isinstance(names, str) for names in axis_names.values()):
                raise AssignmentError(f"check {name!r}: axes= takes a list of names for each observation")
            if digits is not None and not 1 <= digits <= 15:
                raise AssignmentError(f"check {name!r}: digits must be 1 to 15")
            if compare is not None and (digits is not None or exact):
                raise AssignmentError(
                    f"check {name!r}: compare= judges by itself; leave digits= and exact= out"
                )
            if not 1 <= seeds <= MOST_SEEDS or (seeds > 1 and compare is None):
                raise AssignmentError(
                    f"check {name!r}: seeds= is 1 to {MOST_SEEDS}, and more than 1 with compare= only"
                )
            if partial and compare is not None:
                raise AssignmentError(
                    f"check {name!r}: compare= judges an answer as a whole; leave partial= out"
                )
            if wall_seconds is not None and not 0 < wall_seconds < math.inf:
                raise AssignmentError(f"check {name!r}: wall_seconds= should be a number above 0")
            if budget is not None and not LEAST_BUDGET <= budget < math.inf:
                raise AssignmentError(
                    f"check {name!r}: budget= is {LEAST_BUDGET} or more times the solution's processor time"
                )
            if hidden and hidden not in TOLD:
                raise AssignmentError(f"check {name!r}: hidden= must be one of {', '.join(TOLD)}")
            for option, others in (("after", after), ("counts_with", counts_with)):
                for other in others:
                    if self.checks.get(other.name) is not other:
                        raise AssignmentError(
                            f"check {name!r} names {other.name!r} in {option}=, "
                            "which is not a check of this task"
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
                axes={observed: tuple(map(str, names)) for observed, names in axis_names.items()},
                digits=digits,
                exact=exact,
                compare=compare,
                seeds=seeds,
                bonus=bonus,
                partial=partial,
                counts_with=tuple(other.name for other in counts_with),
                # With many right answers, the solution's is not the expected one.
                plot=replace(plot, expected=False) if plot and compare else plot,
                hidden=hidden,
                wall_seconds=wall_seconds,
                budget=budget,
                question=question,
            )
            self.checks[name] = check
            return check

        return register
