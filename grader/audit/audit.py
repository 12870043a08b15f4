"""Tests the checks of an assignment with its known mistakes, and with mutants of the solution."""

import ast
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import TypeVar

from grader.asking import conversation, properties
from grader.asking.questions import Budget, Description, Responses, everything, of_task
from grader.assignment.loader import TaskSource
from grader.assignment.mistakes import Mistake
from grader.audit.kills import Kills, MutantKills, covers, failing, limits_of_mutants, reason_of
from grader.edits.mutants import Mutant, mutants
from grader.judging import comparison, pace
from grader.judging.grading import Grader, our_fault
from grader.judging.known_mistakes import Answers
from grader.results.audit import CheckWorth, Extent, Guess, MistakeAudit, Survivor, TaskAudit
from grader.results.message import Message
from grader.results.report import TaskResult, Verdict
from grader.submission.loader import Submission
from grader.syntax import parse

_SEEDS = 30
"""Seeds for which the solution must have the properties that its checks ask for."""
_TOGETHER = 8
"""Mutants that one thread asks in a row; properties judge their answers in one process."""
_LONG = 1e9
"""Seconds of a budget that only measures."""

_T = TypeVar("_T")


@dataclass
class _Found:
    """What is known about a task so far."""

    task: TaskSource
    description: Description | None = None
    problems: tuple[Message, ...] = ()
    known: list[Kills] = field(default_factory=list)
    mistakes: list[MistakeAudit] = field(default_factory=list)
    tried: list[tuple[Mutant, Kills]] = field(default_factory=list)
    left_out: int = 0
    """Mutants that turned out to be no slips."""
    guesses: list[Guess] = field(default_factory=list)

    def audit(self, extent: Extent) -> TaskAudit:
        task, tested = self.task, self.description
        whole = extent == "all" and not self.problems
        kills = [killed for _, killed in self.tried] + self.known
        survivors = [(mutant, reason_of(task, mutant)) for mutant, killed in self.tried if not killed]
        unused = [
            known.line
            for known in task.equivalent
            if not any(covers(known.line, known.becomes, mutant) for mutant, _ in survivors)
        ]
        return TaskAudit(
            task=task.name,
            points=task.points,
            extent=extent,
            problems=self.problems,
            mistakes=tuple(self.mistakes),
            mutants=len(self.tried),
            survivors=tuple(_survivor(mutant, "") for mutant, reason in survivors if not reason),
            equivalent=tuple(_survivor(mutant, reason) for mutant, reason in survivors if reason),
            left_out=self.left_out,
            unused=tuple(unused) if whole else (),
            checks=_worth(tested, kills) if tested else (),
            idle_cases=_idle(tested, kills) if tested and whole else {},
            guesses=tuple(self.guesses),
            relatives=tested.relatives if tested else {},
        )


@dataclass
class Audit:
    """Checks the tasks of a grader's assignment, `grader.workers` programs at a time.

    `quick` leaves out mutants and guesses.
    """

    grader: Grader
    progress: Callable[[str, str], None] = field(default=lambda task, step: None)
    quick: bool = False
    _found: _Found | None = None
    """Of the task that is being checked."""

    def __post_init__(self) -> None:
        """Grade without repairs.

        Some guesses hold the whole solution: a repair that uncovers it says nothing about the checks. And a
        search for each mistake that no other explains whole takes minutes.
        """
        self.grader = replace(self.grader, assignment=replace(self.grader.assignment, candidates=0))

    def check(self, task: TaskSource) -> TaskAudit:
        """Return the audit of one task."""
        self._found = found = _Found(task)
        pool = ThreadPoolExecutor(self.grader.workers)
        try:
            self._check(found, pool)
        finally:
            # After Ctrl-C, closing the sandbox ends what still runs.
            pool.shutdown(wait=False, cancel_futures=True)
        self._found = None
        return found.audit("quick" if self.quick else "all")

    def so_far(self) -> TaskAudit | None:
        """Return what is known of the task whose check was interrupted; None if none was."""
        return None if self._found is None else self._found.audit("stopped")

    def _check(self, found: _Found, pool: ThreadPoolExecutor) -> None:
        task, budget = found.task, Budget(_LONG)
        description, solution = self.grader.trusted.solve(task)
        fault = self._fault(task, description, solution, budget)
        if fault or description is None:
            found.problems = (fault or Message.of("no_checks"),)
            return
        found.description = description
        accepted = self.grader.trusted.accepted(task, description, solution)
        judged = pool.map(lambda m: self._judged(task, description, accepted, m), task.mistakes)
        for kills, mistake in self._counted(task, "mistakes", len(task.mistakes), judged):
            found.known.append(kills)
            found.mistakes.append(mistake)
        if self.quick:
            return
        limits = limits_of_mutants(task.limits, _LONG - budget.left)
        asking = MutantKills(self.grader, task, description, accepted, limits)
        made = mutants(task.solution)
        groups = [made[first : first + _TOGETHER] for first in range(0, len(made), _TOGETHER)]
        asked = self._counted(task, "mutants", len(made), pool.map(asking.of, groups), _TOGETHER)
        for group, killed in zip(groups, asked, strict=True):
            slips = [(m, kills) for m, kills in zip(group, killed, strict=True) if kills is not None]
            found.tried += slips
            found.left_out += len(group) - len(slips)
        self.progress(task.name, "guesses")
        found.guesses += pool.map(lambda g: _guess(self.grader, task, *g), _guesses(task))

    def _counted(
        self, task: TaskSource, what: str, count: int, results: Iterable[_T], together: int = 1
    ) -> Iterator[_T]:
        """Yield results as they come, and say how many there are; each stands for so many `together`."""
        for done, result in enumerate(results):
            self.progress(task.name, f"{what} {min(count, done * together)}/{count}")
            yield result

    def _fault(
        self, task: TaskSource, description: Description | None, solution: Responses, budget: Budget
    ) -> Message | None:
        """Return why the solution itself does not pass twice, or not with another seed; None if it does.

        The time that it takes is taken from `budget`.
        """
        # This comes first, because an answer that changes by itself would count as a wrong one.
        question = of_task(task, task.solution, self.grader.seed)
        again = conversation.ask(self.grader.sandbox, task.limits, question, budget=budget)
        for check in description.checks if description else ():
            first, second = solution.answers.get(check.name, {}), again.answers.get(check.name, {})
            if not check.compare and comparison.failing_cases(first, second, check.accuracy):
                return Message.of("answers_change", check=check.name)
        fault = our_fault(description, solution)
        if fault is not None:
            return fault
        whole = self.grader.grade(Submission("solution", dict(question.files), {}), (task,)).tasks[0]
        lost = [check for check in whole.checks if check.verdict is not Verdict.PASSED]
        if (
            lost and lost[0].verdict is Verdict.BROKEN
        ):  # the sandbox was lost: this says nothing about the solution
            return lost[0].message
        if lost:
            return Message.of("solution_fails", check=lost[0].check, reason=lost[0].message or "")
        other = replace(question, seed=self.grader.seed + 1)
        elsewhere = conversation.ask(self.grader.sandbox, task.limits, other)
        for answers in elsewhere.answers.values():
            for answer in answers.values():
                if answer.raised is not None:
                    reason = answer.raised.message
                    return Message.of("solution_fails_with_seed", check=answer.check, reason=reason)
        for stop in elsewhere.stops.values():
            return Message.of("solution_fails_with_seed", check=stop.check, reason=stop.reason)
        return elsewhere.broken or self._violated(task, description)

    def _violated(self, task: TaskSource, description: Description | None) -> Message | None:
        """Return which property the solution violates with one of many seeds, None if it violates none."""
        by_property = [check for check in description.checks if check.compare] if description else []
        if not by_property:
            return None
        self.progress(task.name, f"properties with {_SEEDS} seeds")
        ask = tuple((check.name, tuple(range(check.cases))) for check in by_property)
        limits = task.limits

        def violated(seed: int) -> Message | None:
            question = of_task(task, task.solution, seed, ask)
            answers = conversation.ask(self.grader.sandbox, limits, question, description).answers
            known = {check.name: answers.get(check.name, {}) for check in by_property}
            (found,) = properties.examine(self.grader.sandbox, limits, task, by_property, known, [known])
            for name, findings in found.items():
                for case in properties.violated(findings):
                    problem = findings[case].problem or Message.of("no_answer_given")
                    return Message.of(
                        "solution_violates_with_seed", seed=seed, check=name, case=case, problem=problem
                    )
            return None

        with ThreadPoolExecutor(self.grader.workers) as pool:
            seeds = (self.grader.seed + more for more in range(1, _SEEDS + 1))
            return next((problem for problem in pool.map(violated, seeds) if problem is not None), None)

    def _mistake(
        self, task: TaskSource, mistake: Mistake, kills: Kills, answers: Responses | None, slow: bool
    ) -> MistakeAudit:
        """Return how a mistake is graded; `answers` are None if it has to be asked."""
        result = _graded(self.grader, task, mistake.source, answers)
        names = tuple(dict.fromkeys(check.mistake for check in result.checks if check.mistake))
        return MistakeAudit(
            name=mistake.name,
            title=mistake.title,
            score=result.score,
            plain=result.plain_score,
            price=task.price_of_mistake(mistake.name),
            has_price=mistake.costs is not None,
            # A property that raises an exception catches nothing.
            caught=result.plain_score < sum(check.points for check in result.checks) and bool(kills),
            named=mistake.name in names,
            named_as=names,
            slow=slow,
        )

    def _judged(
        self, task: TaskSource, description: Description, accepted: Sequence[Responses], mistake: Mistake
    ) -> tuple[Kills, MistakeAudit]:
        answers = self.grader.trusted.ask_mistake(task, mistake, description.checks)
        kills = self._known(task, description, accepted, mistake, answers)
        known = everything(description) == tuple((name, tuple(by_case)) for name, by_case in answers.items())
        slow = {} if kills or not known else self._too_slow(task, description, mistake)
        given = Responses(answers=answers) if known and not slow else None
        return kills | slow, self._mistake(task, mistake, kills | slow, given, bool(slow))

    def _too_slow(self, task: TaskSource, description: Description, mistake: Mistake) -> Kills:
        """Return the checks whose budget of processor time a mistake with right answers exceeds."""
        question = of_task(task, mistake.source, self.grader.seed)
        return {
            check.name: tuple(range(check.cases))
            for check in description.checks
            if check.budget is not None
            and pace.too_slow(self.grader.sandbox, task, check, question, going_on=False) is not None
        }

    def _known(
        self,
        task: TaskSource,
        description: Description,
        accepted: Sequence[Responses],
        mistake: Mistake,
        answers: Answers,
    ) -> Kills:
        """Return the cases in which a mistake differs from the solution."""
        trusted = self.grader.trusted
        (findings,) = trusted.properties_of_mistakes(task, [mistake], description.checks, accepted[0])
        # For a known mistake, a difference that float32 would round away counts.
        checks = [check.model_copy(update={"strict": True}) for check in description.checks]
        return failing(checks, [one.answers for one in accepted], answers, findings)


def _graded(grader: Grader, task: TaskSource, source: str, answers: Responses | None = None) -> TaskResult:
    submission = Submission(task.name, task.files_of(source), {})
    known = {} if answers is None else {task.name: answers}
    return grader.grade(submission, (task,), known).tasks[0]


def _guess(grader: Grader, task: TaskSource, program: Message, source: str) -> Guess:
    result = _graded(grader, task, source)
    given = () if result.explanation is None else result.explanation.titles
    gained = round(result.score - result.plain_score, 6)
    return Guess(program=program, score=result.score, gained=gained, given=given)


def _survivor(mutant: Mutant, reason: str) -> Survivor:
    return Survivor(line=mutant.line, old=mutant.old, new=mutant.new, reason=reason)


def _worth(description: Description, kills: Sequence[Kills]) -> tuple[CheckWorth, ...]:
    return tuple(
        CheckWorth(
            check=check.name,
            points=check.points,
            kills=sum(check.name in killed for killed in kills),
            alone=sum(set(killed) == {check.name} for killed in kills),
        )
        for check in description.checks
    )


def _idle(description: Description, kills: Sequence[Kills]) -> dict[str, tuple[int, ...]]:
    idle = {}
    for check in description.checks:
        failed = [set(killed.get(check.name, ())) for killed in kills]
        first = {min(cases) for cases in failed if cases}
        found = tuple(case for case in range(check.cases) if case not in first)
        if found and first:
            idle[check.name] = found
    return idle


_BODIES = (
    (Message.of("returns_none"), "return None"),
    (Message.of("returns_zero"), "return 0"),
    (Message.of("returns_argument"), "return arguments[0] if arguments else None"),
    (Message.of("returns_argument_twice"), "return (arguments[0], arguments[0]) if arguments else None"),
    (Message.of("returns_zeros"), "return torch.zeros_like(arguments[0])"),
    (Message.of("raises_value_error"), "raise ValueError('no')"),
)
"""Bodies of functions that do nothing of what a task asks."""


def _guesses(task: TaskSource) -> list[tuple[Message, str]]:
    """Return programs that have the right names and do nothing: what they do, their source."""
    defined = [node for node in parse(task.solution).body if isinstance(node, ast.ClassDef)]
    classes = {node.name for node in defined}
    modules = {
        node.name
        for node in defined
        if any(isinstance(item, ast.FunctionDef) and item.name == "forward" for item in node.body)
    }
    programs = []
    for program, body in _BODIES:
        parts = ["import torch\n"]
        for name in task.wanted:
            if name in classes:
                parts.append(
                    f"class {name}(torch.nn.Module):\n"
                    "    def __init__(self, *arguments, **named):\n        super().__init__()\n"
                    f"    def forward(self, *arguments, **named):\n        {body}\n"
                )
            else:
                parts.append(f"def {name}(*arguments, **named):\n    {body}\n")
        programs.append((program, "\n".join(parts)))
    for program, value in _CONSTANTS:
        source = f"{task.solution}\n{_CONSTANT.replace('VALUE', value)}"
        parts = [f"{name}.forward = _constant({name}.forward)" for name in task.wanted if name in modules]
        parts += [f"{name} = _constant({name})" for name in task.wanted if name not in classes]
        if parts:  # without, it would be the solution
            programs.append((program, "\n".join([source, *parts, ""])))
    return programs


_CONSTANTS = (
    (Message.of("returns_right_zeros"), "zeros"),
    (Message.of("returns_right_ones"), "ones"),
)
_CONSTANT = """
def _constant(call):
    import sys

    numpy, torch = sys.modules["numpy"], sys.modules["torch"]  # `allow_imports` may refuse to import them

    def of(value):
        if isinstance(value, torch.Tensor):
            return torch.VALUE_like(value).requires_grad_(value.requires_grad)
        if isinstance(value, (tuple, list)):
            return type(value)(map(of, value))
        if isinstance(value, dict):
            return {key: of(item) for key, item in value.items()}
        if isinstance(value, numpy.ndarray):
            return numpy.VALUE_like(value)
        number = int(torch.VALUE(()).item())
        if isinstance(value, str):
            return str(number) * len(value)
        return type(value)(number) if isinstance(value, (int, float, complex, numpy.number)) else value

    return lambda *arguments, **named: of(call(*arguments, **named))
"""
"""Turns a right function into one that returns a constant of the right form."""
