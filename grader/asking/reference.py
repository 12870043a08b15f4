"""Asks what we trust: the solution and its known mistakes. What they answered is kept in a key."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from grader.asking import conversation, properties
from grader.asking.conversation import CheckInfo, Description, Question, Responses
from grader.assignment.loader import TaskSource
from grader.assignment.mistakes import Mistake
from grader.errors import AssignmentError
from grader.judging.known_mistakes import Candidate, distinguishing_cases
from grader.sandbox.contract import Limits, Sandbox
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
    _telling: dict[tuple[str, str, str], frozenset[int]] = field(default_factory=dict)
    _laws: dict[tuple[str, str, str], Mapping[int, properties.PropertyResult]] = field(default_factory=dict)
    # Both by task, source of the mistake and check: the same for every submission of a class.

    def solve(self, task: TaskSource) -> tuple[Description | None, Responses]:
        """Return what `checks.py` declares and the solution's answers.

        Raises `AssignmentError` where the points don't add up.
        """
        self.progress(task.name, "asking the solution")
        solution = self.ask(task, task.solution)
        description = solution.description
        if description is not None:
            total = sum(check.points for check in description.checks)
            if abs(total - task.points) > 1e-9:
                raise AssignmentError(
                    f"{task.folder / 'checks.py'}: the checks are worth {total:g} points, "
                    f"assignment.toml says {task.points:g}"
                )
        return description, solution

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
        self, task: TaskSource, source: str, checks: Sequence[CheckInfo]
    ) -> dict[str, dict[int, Answer]]:
        """Return a mistake's answers to `checks`; what the key lacks is asked in one process."""
        questions = self._questions(task, source, checks)
        known = {name: self.key.load(question) for name, question in questions.items()}
        answers = {name: asked.answers.get(name, {}) for name, asked in known.items() if asked}
        missing = {name: question for name, question in questions.items() if known[name] is None}
        return answers | self._ask_together(missing)

    def prepare(self, task: TaskSource, source: str, checks: Sequence[CheckInfo]) -> None:
        """Have a mistake asked what the key lacks of its answers to `checks`; nothing is read."""
        questions = self._questions(task, source, checks)
        self._ask_together({name: one for name, one in questions.items() if not self.key.holds(one)})

    def _questions(self, task: TaskSource, source: str, checks: Sequence[CheckInfo]) -> dict[str, Question]:
        files = {f"{task.name}.py": source.encode()}
        return {
            check.name: Question(
                task.checks, task.name, files, self.seed, ((check.name, tuple(range(check.cases))),)
            )
            for check in checks
        }

    def _ask_together(self, questions: Mapping[str, Question]) -> dict[str, dict[int, Answer]]:
        """Put questions about one module in one process; return the answers by check, and keep them."""
        if not questions:
            return {}
        whole = tuple(part for question in questions.values() for part in question.ask)
        asked = conversation.ask(
            self.sandbox, self.limits, replace(next(iter(questions.values())), ask=whole)
        )
        answers = {name: asked.answers.get(name, {}) for name in questions}
        if not (asked.broken or asked.stops):
            for name, question in questions.items():
                self.key.store(question, Responses(answers={name: answers[name]}))
        return answers

    def suspect(
        self, task: TaskSource, mistake: Mistake, checks: Sequence[CheckInfo], solution: Responses
    ) -> Candidate:
        """Return what `mistake` answers to `checks`, and which cases tell it from the solution."""
        answers = self.ask_mistake(task, mistake.source, checks)
        telling = {}
        for check in checks:
            place = task.name, mistake.source, check.name
            if place not in self._telling:
                self._telling[place] = distinguishing_cases(
                    check, solution.answers[check.name], answers[check.name]
                )
            telling[check.name] = self._telling[place]
        return Candidate((mistake.name,), mistake.hint, answers, telling)

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
        given = [self.ask_mistake(task, mistake.source, by_law) for mistake, _ in new]
        for (_, place), findings in zip(new, self.look(task, by_law, solution, given), strict=True):
            self._laws.update({place[name]: found for name, found in findings.items()})
        return [{name: self._laws[one] for name, one in place.items()} for place in places]
