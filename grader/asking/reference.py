"""Asks what we trust: the solution and its known mistakes. What they answered is kept in a key."""

import ast
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from grader.asking import conversation, properties
from grader.asking.conversation import CheckInfo, Description, Question, Responses
from grader.assignment.loader import TaskSource
from grader.assignment.mistakes import Mistake
from grader.errors import AssignmentError
from grader.sandbox.contract import Limits, Sandbox
from grader.syntax import parse
from grader.values import describe, incomparable
from grader.wire import Answer


class CachedAnswers(Protocol):
    """Keeps what trusted modules answered: `grader.asking.answer_cache.Key`."""

    def holds(self, question: Question) -> bool:
        """Whether there seem to be answers to `question`, without reading them."""

    def load(self, question: Question) -> Responses | None:
        """Return the answers to `question`, None where there are none that can be trusted."""

    def store(self, question: Question, asked: Responses) -> None:
        """Keep the answers to `question`."""


Progress = Callable[[str, str], None]
"""Called with what is being worked on: a task and a step."""


@dataclass
class ReferenceAnswers:
    """What solutions and mistakes answer under one seed; asked in `sandbox` where `key` lacks it."""

    limits: Limits
    seed: int
    sandbox: Sandbox
    key: CachedAnswers
    progress: Progress = field(default=lambda task, step: None)
    _laws: dict[tuple[str, str, str], Mapping[int, properties.PropertyResult]] = field(default_factory=dict)
    """By task, source of the mistake and check: the same for every submission of a class."""
    _broken: dict[str, Mapping[str, str]] = field(default_factory=dict)
    _sound: set[tuple[str, str, str]] = field(default_factory=set)

    def solve(self, task: TaskSource) -> tuple[Description | None, Responses]:
        """Return what `checks.py` declares and the solution's answers.

        Raises `AssignmentError` for what only the author can mend: a slip in `checks.py`, points that
        don't add up, a check that the solution does not answer or not with what can be compared.
        """
        self.progress(task.name, "asking the solution")
        solution = self.ask(task, task.solution)
        description = solution.description
        self._refuse_faults(task, "solution", task.solution, solution)
        if description is not None:
            total = sum(check.points for check in description.checks)
            if abs(total - task.points) > 1e-9:
                raise AssignmentError(
                    f"{task.folder / 'checks.py'}: the checks are worth {total:g} points, "
                    f"assignment.toml says {task.points:g}"
                )
        return description, solution

    def accepted(
        self, task: TaskSource, description: Description, solution: Responses
    ) -> tuple[Responses, ...]:
        """Return the answers that are right, the solution's first; raises `AssignmentError` as `solve`."""
        found = [solution]
        for name in description.accept:
            if name == "solution":
                continue
            if name not in task.others:
                raise AssignmentError(
                    f"{task.folder / 'checks.py'}: accept= names {name!r}; there is no {name}.py"
                )
            asked = self.ask(task, task.others[name])
            self._refuse_faults(task, name, task.others[name], asked)
            if asked.broken or asked.stops:
                raise AssignmentError(f"{task.folder / name}.py did not answer: {stopped(asked)}")
            found.append(asked)
        return tuple(found)

    def _refuse_faults(self, task: TaskSource, name: str, source: str, asked: Responses) -> None:
        """Raise `AssignmentError` for what is wrong with the answers of an accepted solution."""
        known = task.name, task.checks, source
        if known not in self._sound:
            _refuse_faults(task, name, asked)
            if not (asked.broken or asked.stops):
                self._sound.add(known)

    def ask(
        self, task: TaskSource, source: str, ask: conversation.Ask = (), record: bool = False
    ) -> Responses:
        """Return a module's answers; all checks are asked where `ask` names none."""
        question = Question(
            task.checks, task.name, {f"{task.name}.py": source.encode()}, self.seed, ask, record
        )
        known = self.key.load(question)
        if known is not None:
            return known
        asked = conversation.ask(self.sandbox, self.limits, question)
        if not (asked.broken or asked.stops or asked.not_loaded):
            self.key.store(question, asked)
        return asked

    def ask_mistake(
        self, task: TaskSource, mistake: Mistake, checks: Sequence[CheckInfo]
    ) -> dict[str, dict[int, Answer]]:
        """Return a mistake's answers to `checks`; what the key lacks is asked in one process.

        Raises `AssignmentError` where it uses a name that is not there: nobody's mistake is like that.
        """
        questions = self._questions(task, mistake.source, checks)
        known = {name: self.key.load(question) for name, question in questions.items()}
        answers = {name: asked.answers.get(name, {}) for name, asked in known.items() if asked}
        missing = {name: question for name, question in questions.items() if known[name] is None}
        return answers | self._ask_together(mistake, missing)

    def prepare(self, task: TaskSource, mistake: Mistake, checks: Sequence[CheckInfo]) -> None:
        """Have a mistake asked what the key lacks of its answers to `checks`; nothing is read."""
        questions = self._questions(task, mistake.source, checks)
        self._ask_together(mistake, {name: one for name, one in questions.items() if not self.key.holds(one)})

    def _questions(self, task: TaskSource, source: str, checks: Sequence[CheckInfo]) -> dict[str, Question]:
        files = {f"{task.name}.py": source.encode()}
        return {
            check.name: Question(
                task.checks, task.name, files, self.seed, ((check.name, tuple(range(check.cases))),)
            )
            for check in checks
        }

    def _ask_together(
        self, mistake: Mistake, questions: Mapping[str, Question]
    ) -> dict[str, dict[int, Answer]]:
        """Put questions about one module in one process; return the answers by check, and keep them."""
        if not questions:
            return {}
        whole = tuple(part for question in questions.values() for part in question.ask)
        asked = conversation.ask(
            self.sandbox, self.limits, replace(next(iter(questions.values())), ask=whole)
        )
        answers = {name: asked.answers.get(name, {}) for name in questions}
        _refuse_slip(mistake, answers)
        if not (asked.broken or asked.stops):
            for name, question in questions.items():
                self.key.store(question, Responses(answers={name: answers[name]}))
        return answers

    def look(
        self,
        task: TaskSource,
        checks: Sequence[CheckInfo],
        solution: Responses,
        given: Sequence[properties.Answers],
    ) -> list[properties.PropertyResults]:
        """Return, for each of `given`, what the laws among `checks` say about its answers."""
        by_law = [check for check in checks if check.compare]
        if not by_law or not given:
            return [{} for _ in given]
        return properties.examine(self.sandbox, self.limits, task.checks, by_law, solution.answers, given)

    def broken_laws(
        self, task: TaskSource, checks: Sequence[CheckInfo], solution: Responses
    ) -> Mapping[str, str]:
        """Return what is wrong with the laws that the solution itself breaks, by check."""
        if task.name not in self._broken:
            (found,) = self.look(task, checks, solution, [solution.answers])
            self._broken[task.name] = {
                name: f"the solution breaks the law of check {name}, case {cases[0]}: "
                f"{findings[cases[0]].problem}"
                for name, findings in found.items()
                if (cases := properties.violated(findings))
            }
        return self._broken[task.name]

    def laws_on(
        self, task: TaskSource, mistakes: Sequence[Mistake], checks: Sequence[CheckInfo], solution: Responses
    ) -> list[properties.PropertyResults]:
        """Return, for each of `mistakes`, what the laws among `checks` say about it."""
        by_law = [check for check in checks if check.compare]
        places = [{c.name: (task.name, mistake.source, c.name) for c in by_law} for mistake in mistakes]
        new = [
            (mistake, place)
            for mistake, place in zip(mistakes, places, strict=True)
            if any(one not in self._laws for one in place.values())
        ]
        given = [self.ask_mistake(task, mistake, by_law) for mistake, _ in new]
        for (_, place), findings in zip(new, self.look(task, by_law, solution, given), strict=True):
            self._laws.update({place[name]: found for name, found in findings.items()})
        return [{name: self._laws[one] for name, one in place.items()} for place in places]


_NO_MISTAKE = ("NameError", "UnboundLocalError", "AttributeError")
"""What a slip in the file of a mistake raises; no student makes it."""


def _refuse_slip(mistake: Mistake, answers: Mapping[str, Mapping[int, Answer]]) -> None:
    for check, by_case in answers.items():
        for answer in by_case.values():
            error = answer.raised
            # Two mistakes made at once have no file: they need not go together.
            if mistake.file and error is not None and error.kinds[0] in _NO_MISTAKE and error.frames:
                raise AssignmentError(
                    f"{mistake.file}: the mistake raises {error.kinds[0]} in check {check} "
                    f"({error.message}); write one that runs"
                )


def _refuse_faults(task: TaskSource, name: str, asked: Responses) -> None:
    checks = task.folder / "checks.py"
    if asked.authors:
        line = _line_of_forbid(task.checks) if asked.broken.startswith("forbid:") else 0
        raise AssignmentError(f"{checks}{f', line {line}' if line else ''}: {asked.broken}")
    error = asked.not_loaded
    if error is not None:
        line = error.frames[-1].line if error.frames else 0
        raise AssignmentError(
            f"{task.folder / name}.py{f', line {line}' if line else ''}: the solution cannot be imported: "
            f"{error.kinds[0]}: {error.message}"
        )
    for check, by_case in asked.answers.items():
        for case, answer in by_case.items():
            fault = _fault_of(answer)
            if fault:
                line = answer.raised.check_line if answer.raised else 0
                raise AssignmentError(
                    f"{checks}, line {line or _line_of(task.checks, check)}: "
                    f"check {check}, case {case} {fault} ({name}.py)"
                )


def _fault_of(answer: Answer) -> str:
    if answer.raised is not None:
        return f"fails on the solution: {answer.raised.kinds[0]}: {answer.raised.message}"
    for name, value in (answer.observed or {}).items():
        if "," in name:
            return f"expects several values ({name}); the solution returned {describe(value)}"
        part = incomparable(name, value)
        if part is not None:
            return f"returned on the solution what cannot be compared: {part[0]} is {part[1].text}"
    return ""


def _line_of(checks: str, name: str) -> int:
    """Return the line of `checks.py` where a check begins, 1 where that cannot be told."""
    found = (
        node.lineno
        for node in ast.walk(parse(checks))
        if isinstance(node, ast.FunctionDef) and node.name == name
    )
    return next(found, 1)


def _line_of_forbid(checks: str) -> int:
    calls = (
        node for node in ast.walk(parse(checks)) if isinstance(node, ast.keyword) and node.arg == "forbid"
    )
    return next((node.value.lineno for node in calls), 1)


def stopped(asked: Responses) -> str:
    """Return why a module did not answer everything."""
    return asked.broken or "; ".join(f"{stop.check}: {stop.reason}" for stop in asked.stops.values())
