"""Tests the checks of an assignment with its known mistakes, and with mutants of the solution."""

import ast
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from grader.asking import conversation, properties
from grader.asking.questions import Ask, CheckInfo, Description, Question, Responses, everything
from grader.assignment.loader import TaskSource
from grader.assignment.mistakes import Mistake
from grader.edits.mutants import Mutant, mutants
from grader.errors import SandboxError
from grader.judging import comparison
from grader.judging.grading import Grader, our_fault
from grader.judging.known_mistakes import Answers
from grader.report.messages import text
from grader.results.audit import CheckWorth, Guess, MistakeAudit, Survivor, TaskAudit
from grader.results.message import Message
from grader.results.report import TaskResult, Verdict
from grader.submission.loader import Submission
from grader.syntax import parse

Kills = dict[str, tuple[int, ...]]
"""By check: the cases in which a wrong program differs from the solution, at least the first of them."""
NOT_LOADED = "loads"
"""Stands for a check if a program cannot be imported."""
_SEEDS = 30
"""Seeds for which the solution must have the properties that its checks ask for."""
_FIRST = 2
"""Cases of each check that a mutant is asked first; most differ there."""


@dataclass
class Audit:
    """Checks the tasks of a grader's assignment, `grader.workers` programs at a time."""

    grader: Grader
    progress: Callable[[str, str], None] = field(default=lambda task, step: None)

    def check(self, task: TaskSource) -> TaskAudit:
        """Return the audit of one task."""
        description, solution = self.grader.trusted.solve(task)
        fault = self._fault(task, description, solution)
        if fault or description is None:
            return _faulty(task, fault or Message.of("no_checks"))
        accepted = self.grader.trusted.accepted(task, description, solution)
        with ThreadPoolExecutor(self.grader.workers) as pool:
            self.progress(task.name, "mistakes")
            known = list(pool.map(lambda m: self._known(task, description, accepted, m), task.mistakes))
            mistakes = list(pool.map(lambda m, kills: self._mistake(task, m, kills), task.mistakes, known))
            found = mutants(task.solution)
            self.progress(task.name, f"{len(found)} mutants")
            kills = list(pool.map(lambda m: self._kills(task, description, accepted, m.source), found))
            kills += known
            self.progress(task.name, "guesses")
            guesses = list(pool.map(lambda g: self._guess(task, *g), _guesses(task)))
        survivors = [m for m, killed in zip(found, kills, strict=False) if not killed]
        reasons = [_reason(task, mutant) for mutant in survivors]
        return TaskAudit(
            task=task.name,
            points=task.points,
            problems=(),
            mistakes=tuple(mistakes),
            mutants=len(found),
            survivors=tuple(
                _survivor(m, "") for m, reason in zip(survivors, reasons, strict=True) if not reason
            ),
            equivalent=tuple(
                _survivor(m, reason) for m, reason in zip(survivors, reasons, strict=True) if reason
            ),
            unused=tuple(
                known.line
                for known in task.equivalent
                if not any(_covers(known.line, known.becomes, mutant) for mutant in survivors)
            ),
            checks=_worth(description, kills),
            idle_cases=_idle(description, kills),
            guesses=tuple(guesses),
        )

    def _fault(
        self, task: TaskSource, description: Description | None, solution: Responses
    ) -> Message | None:
        """Return why the solution itself does not pass twice, or not with another seed; None if it does."""
        files = {f"{task.name}.py": task.solution.encode()}
        # This comes first, because an answer that changes by itself would count as a wrong one.
        question = Question(task.checks, task.name, files, self.grader.seed)
        again = conversation.ask(self.grader.sandbox, self.grader.assignment.limits, question)
        for check in description.checks if description else ():
            first, second = solution.answers.get(check.name, {}), again.answers.get(check.name, {})
            if not check.compare and comparison.failing_cases(first, second, check.accuracy):
                return Message.of("answers_change", check=check.name)
        fault = our_fault(description, solution)
        if fault is not None:
            return fault
        whole = self.grader.grade(Submission("solution", files, {}), (task,)).tasks[0]
        lost = [check for check in whole.checks if check.verdict is not Verdict.PASSED]
        if (
            lost and lost[0].verdict is Verdict.BROKEN
        ):  # the sandbox was lost: this says nothing about the solution
            return lost[0].message
        if lost:
            return Message.of("solution_fails", check=lost[0].check, reason=lost[0].message or "")
        other = Question(task.checks, task.name, files, self.grader.seed + 1)
        elsewhere = conversation.ask(self.grader.sandbox, self.grader.assignment.limits, other)
        for answers in elsewhere.answers.values():
            for answer in answers.values():
                if answer.raised is not None:
                    reason = answer.raised.message
                    return Message.of("solution_fails_with_seed", check=answer.check, reason=reason)
        for stop in elsewhere.stops.values():
            return Message.of("solution_fails_with_seed", check=stop.check, reason=stop.reason)
        return elsewhere.broken or self._violated(task, description, files)

    def _violated(
        self, task: TaskSource, description: Description | None, files: Mapping[str, bytes]
    ) -> Message | None:
        """Return which property the solution violates with one of many seeds, None if it violates none."""
        by_property = [check for check in description.checks if check.compare] if description else []
        if not by_property:
            return None
        self.progress(task.name, f"properties with {_SEEDS} seeds")
        ask = tuple((check.name, tuple(range(check.cases))) for check in by_property)
        limits = self.grader.assignment.limits

        def violated(seed: int) -> Message | None:
            question = Question(task.checks, task.name, files, seed, ask)
            answers = conversation.ask(self.grader.sandbox, limits, question, description).answers
            known = {check.name: answers.get(check.name, {}) for check in by_property}
            (found,) = properties.examine(
                self.grader.sandbox, limits, task.checks, by_property, known, [known]
            )
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

    def _mistake(self, task: TaskSource, mistake: Mistake, kills: Kills) -> MistakeAudit:
        result = self._graded(task, mistake.source)
        names = tuple(dict.fromkeys(check.mistake for check in result.checks if check.mistake))
        return MistakeAudit(
            name=mistake.name,
            title=mistake.title,
            score=result.score,
            plain=result.plain_score,
            price=task.price_of_mistake(mistake.name),
            has_price=mistake.costs is not None,
            # A property that raises an exception catches nothing.
            caught=result.plain_score < result.points and bool(kills),
            named=mistake.name in names,
            named_as=names,
        )

    def _graded(self, task: TaskSource, source: str) -> TaskResult:
        submission = Submission(task.name, {f"{task.name}.py": source.encode()}, {})
        return self.grader.grade(submission, (task,)).tasks[0]

    def _kills(
        self, task: TaskSource, description: Description, accepted: Sequence[Responses], source: str
    ) -> Kills:
        """Return the cases in which a program differs; for most the first cases of each check are enough."""
        whole = everything(description)
        killed = self._differing(
            task, description, accepted, source, tuple((name, cases[:_FIRST]) for name, cases in whole)
        )
        left = tuple((name, cases[_FIRST:]) for name, cases in whole if name not in killed and cases[_FIRST:])
        if NOT_LOADED in killed or not left:
            return killed
        return killed | self._differing(task, description, accepted, source, left)

    def _differing(
        self, task: TaskSource, description: Description, accepted: Sequence[Responses], source: str, ask: Ask
    ) -> Kills:
        files = {f"{task.name}.py": source.encode()}
        question = Question(task.checks, task.name, files, self.grader.seed, ask)
        limits = self.grader.assignment.limits
        given = conversation.ask(self.grader.sandbox, limits, question, description)
        if given.broken is not None:  # nothing was measured
            raise SandboxError(text(given.broken))
        if given.not_loaded is not None or "" in given.stops:
            return {NOT_LOADED: (0,)}
        expected = [
            {name: {case: one.answers[name][case] for case in cases} for name, cases in ask}
            for one in accepted
        ]
        asked = [check for check in description.checks if check.name in expected[0]]
        by_property = [check for check in asked if check.compare]
        (findings,) = properties.examine(
            self.grader.sandbox, limits, task.checks, by_property, expected[0], [given.answers]
        )
        return _failing(asked, expected, given.answers, findings)

    def _known(
        self, task: TaskSource, description: Description, accepted: Sequence[Responses], mistake: Mistake
    ) -> Kills:
        """Return the cases in which a mistake differs from the solution; its answers are in the cache."""
        trusted = self.grader.trusted
        answers = trusted.ask_mistake(task, mistake, description.checks)
        (findings,) = trusted.properties_of_mistakes(task, [mistake], description.checks, accepted[0])
        # For a known mistake, a difference that float32 would round away counts.
        checks = [check.model_copy(update={"strict": True}) for check in description.checks]
        return _failing(checks, [one.answers for one in accepted], answers, findings)

    def _guess(self, task: TaskSource, program: Message, source: str) -> Guess:
        result = self._graded(task, source)
        given = () if result.explanation is None else result.explanation.titles
        gained = round(result.score - result.plain_score, 6)
        return Guess(program=program, score=result.score, gained=gained, given=given)


def _failing(
    checks: Sequence[CheckInfo],
    accepted: Sequence[Answers],
    given: Answers,
    findings: properties.PropertyResults,
) -> Kills:
    kills: Kills = {}
    for check in checks:
        if check.compare:
            found = findings[check.name]
            # An exception in a property says nothing about the program.
            kills[check.name] = tuple(case for case in properties.violated(found) if not found[case].failed)
        else:
            answers = given.get(check.name, {})
            failing = [comparison.failing_cases(one[check.name], answers, check.accuracy) for one in accepted]
            kills[check.name] = min(failing, key=len)
    return {name: cases for name, cases in kills.items() if cases}


def _faulty(task: TaskSource, fault: Message) -> TaskAudit:
    return TaskAudit(
        task=task.name,
        points=task.points,
        problems=(fault,),
        mistakes=(),
        mutants=0,
        survivors=(),
        equivalent=(),
        unused=(),
        checks=(),
        idle_cases={},
        guesses=(),
    )


def _survivor(mutant: Mutant, reason: str) -> Survivor:
    return Survivor(line=mutant.line, old=mutant.old, new=mutant.new, reason=reason)


def _reason(task: TaskSource, mutant: Mutant) -> str:
    return next(
        (known.reason for known in task.equivalent if _covers(known.line, known.becomes, mutant)),
        "",
    )


def _covers(line: str, becomes: str, mutant: Mutant) -> bool:
    return mutant.old == line.strip() and becomes.strip() in ("", mutant.new)


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
    classes = {node.name for node in parse(task.solution).body if isinstance(node, ast.ClassDef)}
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
        parts = [f"{name}.forward = _constant({name}.forward)" for name in task.wanted if name in classes]
        parts += [f"{name} = _constant({name})" for name in task.wanted if name not in classes]
        programs.append((program, "\n".join([source, *parts, ""])))
    return programs


_CONSTANTS = (
    (Message.of("returns_right_zeros"), "zeros"),
    (Message.of("returns_right_ones"), "ones"),
)
_CONSTANT = """
def _constant(call):
    import torch

    def of(value):
        if isinstance(value, torch.Tensor):
            return torch.VALUE_like(value).requires_grad_(value.requires_grad)
        if isinstance(value, (tuple, list)):
            return type(value)(map(of, value))
        if isinstance(value, dict):
            return {key: of(item) for key, item in value.items()}
        return type(value)(torch.VALUE(()).item()) if type(value) in (int, float) else value

    return lambda *arguments, **named: of(call(*arguments, **named))
"""
"""Turns a right function into one that returns a constant of the right form."""
