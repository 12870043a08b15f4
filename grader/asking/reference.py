"""Reference answers: what the solution and the known mistakes answer, kept in the answer cache."""

import ast
from collections import ChainMap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from grader.asking import conversation, properties
from grader.asking.questions import (
    Ask,
    CheckInfo,
    Description,
    Question,
    Responses,
    everything,
    of_task,
)
from grader.assignment.folders import KEY
from grader.assignment.loader import TaskSource
from grader.assignment.mistakes import Mistake
from grader.errors import AssignmentError, SandboxError
from grader.report.messages import text
from grader.results.message import Message
from grader.sandbox.contract import Sandbox
from grader.submission.forbidden_scan import ForbiddenUse, find_forbidden
from grader.syntax import parse
from grader.values import describe, incomparable
from grader.wire import Answer


class CachedAnswers(Protocol):
    """Keeps what trusted modules answered; see `grader.asking.answer_cache.AnswerCache`."""

    def holds(self, question: Question) -> bool:
        """Whether there seem to be answers to `question`, without reading them."""

    def load(self, question: Question) -> Responses | None:
        """Return the answers to `question`, None if there are none that can be trusted."""

    def store(self, question: Question, asked: Responses) -> None:
        """Keep the answers to `question`."""


Progress = Callable[[str, str], None]
"""Called with what is being worked on: a task and a step."""


@dataclass
class ReferenceAnswers:
    """What solutions and mistakes answer with one seed; the sandbox is asked what the cache lacks."""

    seed: int
    sandbox: Sandbox
    cache: CachedAnswers
    progress: Progress = field(default=lambda task, step: None)
    _properties: dict[tuple[str, str, str], Mapping[int, properties.PropertyResult]] = field(
        default_factory=dict, init=False
    )
    """By task, source of the mistake and check: the same for every submission of a class."""
    _violated: dict[str, Mapping[str, Message]] = field(default_factory=dict, init=False)
    _unanswered: dict[tuple[str, str, str], dict[int, Answer]] = field(default_factory=dict, init=False)
    """By task, source of a mistake and check that it does not answer: its answers to some of the cases."""
    _sound: set[tuple[str, str, str]] = field(default_factory=set, init=False)

    def solve(self, task: TaskSource) -> tuple[Description | None, Responses]:
        """Return what `checks.py` declares and the solution's answers.

        Raises `AssignmentError` for what only the author can correct: a slip in `checks.py`, points that
        do not add up, a check that the solution does not answer, or answers with an incomparable value.
        """
        self.progress(task.name, "asking the solution")
        solution = self.ask(task, task.solution)
        description = solution.description
        self._refuse_faults(task, "solution", task.solution, solution)
        if description is not None and description.forbid and task.key is None:
            _refuse_forbidden(task, description)
        if description is not None:
            description = _as_in_assignment(description, task)
            _refuse_long(task, description)
            total = sum(check.points for check in description.checks if task.bonus or not check.bonus)
            if abs(total + task.points_elsewhere - task.points) > 1e-9:
                also = " and hidden_checks.py" if task.hidden_checks else ""
                raise AssignmentError(
                    f"{task.folder / 'checks.py'}{also}: the checks are worth {total:g} points, "
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
                raise AssignmentError(f"{task.folder / name}.py did not answer: {text(stopped(asked))}")
            found.append(asked)
        return tuple(found)

    def _refuse_faults(self, task: TaskSource, name: str, source: str, asked: Responses) -> None:
        """Raise `AssignmentError` if something is wrong with the answers of an accepted solution."""
        known = task.name, task.checks, source
        if known not in self._sound:
            _refuse_faults(task, name, asked)
            if not (asked.broken or asked.stops):
                self._sound.add(known)

    def ask(
        self,
        task: TaskSource,
        source: str,
        description: Description | None = None,
        ask: Ask = (),
        record: bool = False,
    ) -> Responses:
        """Return a module's answers to all checks, or to `ask`.

        Without a `description` of the checks, the answers come with one.
        """
        if description is not None:
            ask = ask or everything(description)
        question = of_task(task, source, self.seed, ask, record)
        known = self.cache.load(question)
        if known is not None:
            return known
        _refuse_gap(task)
        asked = conversation.ask(self.sandbox, task.limits, question, description)
        if not (asked.broken or asked.stops or asked.not_loaded):
            self.cache.store(question, asked)
        return asked

    def ask_mistake(
        self, task: TaskSource, mistake: Mistake, checks: Sequence[CheckInfo]
    ) -> dict[str, dict[int, Answer]]:
        """Return a mistake's answers to `checks`; what the cache lacks is asked in one process.

        Raises `AssignmentError` if it uses an undefined name: that is a slip in the mistake's file.
        """
        questions = self._questions(task, mistake.source, checks)
        known = {name: self.cache.load(question) for name, question in questions.items()}
        answers = {name: asked.answers.get(name, {}) for name, asked in known.items() if asked}
        missing = {name: question for name, question in questions.items() if known[name] is None}
        if missing:
            _refuse_gap(task)
        return answers | self._ask_together(task, mistake, checks, missing)

    def prepare(self, task: TaskSource, mistake: Mistake, checks: Sequence[CheckInfo]) -> None:
        """Ask a mistake what the cache lacks of its answers to `checks`; nothing is read."""
        questions = self._questions(task, mistake.source, checks)
        missing = {name: one for name, one in questions.items() if not self.cache.holds(one)}
        self._ask_together(task, mistake, checks, missing)

    def _questions(self, task: TaskSource, source: str, checks: Sequence[CheckInfo]) -> dict[str, Question]:
        whole = of_task(task, source, self.seed)
        return {
            check.name: replace(whole, ask=((check.name, tuple(range(check.cases))),)) for check in checks
        }

    def _ask_together(
        self,
        task: TaskSource,
        mistake: Mistake,
        checks: Sequence[CheckInfo],
        questions: Mapping[str, Question],
    ) -> dict[str, dict[int, Answer]]:
        """Ask several questions about one module in one process; keep and return the answers, by check.

        What a mistake does not answer, because it never ends or ends its process, is not kept on disk: it
        may have been the machine. But it is asked twice only, not once per submission.

        Raises `SandboxError` if the sandbox is lost both times.
        """
        places = {name: (task.name, mistake.source, name) for name in questions}
        known = {name: self._unanswered[one] for name, one in places.items() if one in self._unanswered}
        new = {name: question for name, question in questions.items() if name not in known}
        if not new:
            return known
        whole = tuple(part for question in new.values() for part in question.ask)
        question = replace(next(iter(new.values())), ask=whole)
        described = Description(forbid=(), checks=tuple(checks))
        asked = conversation.ask(self.sandbox, task.limits, question, described)
        if asked.broken or asked.stops:
            asked = conversation.ask(self.sandbox, task.limits, question, described)
        if asked.broken:
            raise SandboxError(f"the sandbox was lost when {mistake.name} was asked")
        answers = {name: asked.answers.get(name, {}) for name in new}
        _refuse_slip(mistake, answers)
        for name, cases in whole:
            if asked.stops and len(answers[name]) < len(cases):
                self._unanswered[places[name]] = answers[name]
            else:
                self.cache.store(new[name], Responses(answers={name: answers[name]}))
        return known | answers

    def property_results(
        self,
        task: TaskSource,
        checks: Sequence[CheckInfo],
        solution: Responses,
        given: Sequence[properties.Answers],
    ) -> list[properties.PropertyResults]:
        """Return, for each of `given`, what the properties among `checks` say about its answers."""
        by_property = [check for check in checks if check.compare]
        if not by_property or not given:
            return [{} for _ in given]
        return properties.examine(self.sandbox, task.limits, task, by_property, solution.answers, given)

    def violated_by_solution(
        self, task: TaskSource, checks: Sequence[CheckInfo], solution: Responses
    ) -> Mapping[str, Message]:
        """Return, by check, how the solution itself violates a property."""
        if task.name not in self._violated:
            (found,) = self.property_results(task, checks, solution, [solution.answers])
            self._violated[task.name] = {
                name: Message.of("solution_violates", check=name, case=case, problem=problem)
                for name, findings in found.items()
                for case in properties.violated(findings)[:1]
                if (problem := findings[case].problem)
            }
        return self._violated[task.name]

    def properties_of_mistakes(
        self, task: TaskSource, mistakes: Sequence[Mistake], checks: Sequence[CheckInfo], solution: Responses
    ) -> list[properties.PropertyResults]:
        """Return, for each of `mistakes`, what the properties among `checks` say about it."""
        by_property = [check for check in checks if check.compare]
        places = [{c.name: (task.name, mistake.source, c.name) for c in by_property} for mistake in mistakes]
        new = [
            (mistake, place)
            for mistake, place in zip(mistakes, places, strict=True)
            if any(one not in self._properties for one in place.values())
        ]
        given = [self.ask_mistake(task, mistake, by_property) for mistake, _ in new]
        results = self.property_results(task, by_property, solution, given)
        in_part: dict[tuple[str, str, str], Mapping[int, properties.PropertyResult]] = {}
        for (_, place), answers, findings in zip(new, given, results, strict=True):
            kept = self._properties if _is_whole(by_property, answers) else in_part
            kept.update({place[name]: one for name, one in findings.items()})
        found = ChainMap(in_part, self._properties)
        return [{name: found[one] for name, one in place.items()} for place in places]


def _is_whole(checks: Sequence[CheckInfo], answers: Mapping[str, Mapping[int, Answer]]) -> bool:
    """Whether no case lacks an answer, as after a time limit: another process may have it by now."""
    return all(len(answers.get(check.name, {})) == check.cases for check in checks)


def _refuse_gap(task: TaskSource) -> None:
    """Raise `AssignmentError` if a program would have to be asked that is not in a kit."""
    if task.key is not None:
        raise AssignmentError(f"{task.folder / KEY} lacks an answer; get the kit again")


_NO_MISTAKE = ("NameError", "UnboundLocalError", "AttributeError")
"""What a slip in the file of a mistake raises."""


def _as_in_assignment(description: Description, task: TaskSource) -> Description:
    """Return what `checks.py` declares with what `assignment.toml` says of its checks."""
    checks = tuple(
        check.model_copy(
            update={
                "bonus": check.bonus or task.bonus,
                "hidden": task.hidden if check.hidden == "default" else check.hidden,
            }
        )
        for check in description.checks
    )
    return description.model_copy(update={"checks": checks})


def _refuse_slip(mistake: Mistake, answers: Mapping[str, Mapping[int, Answer]]) -> None:
    for check, by_case in answers.items():
        for answer in by_case.values():
            error = answer.raised
            # Two combined mistakes have no file, and need not make a program that runs.
            if mistake.file and error is not None and error.kinds[0] in _NO_MISTAKE and error.frames:
                raise AssignmentError(
                    f"{mistake.file}: the mistake raises {error.kinds[0]} in check {check} "
                    f"({error.message}); write one that runs"
                )


def _refuse_faults(task: TaskSource, name: str, asked: Responses) -> None:
    if asked.authors:
        why = text(asked.broken)
        line = _line_of_option(task.checks, why)
        file = task.folder / ("hidden_checks.py" if "hidden_checks.py" in why else "checks.py")
        raise AssignmentError(f"{file}{f', line {line}' if line else ''}: {why}")
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
                place = f"checks.py, line {line}" if line else _place_of(task, check)
                raise AssignmentError(
                    f"{task.folder / place}: check {check}, case {case} {fault} ({name}.py)"
                )


def _refuse_forbidden(task: TaskSource, description: Description) -> None:
    """Raise `AssignmentError` if the solution uses what its task forbids, called in a check or not."""
    files = task.files_of(task.solution)
    uses = (find_forbidden(files, m.replace("/", "."), task.wanted, description.forbid) for m in task.modules)
    use = next((use for use in uses if isinstance(use, ForbiddenUse)), None)
    if use is not None:
        raise AssignmentError(
            f"{task.folder / 'solution.py'}, line {use.line}: the solution uses {use.layer}, which forbid= "
            f"names: {use.what}"
        )


def _refuse_long(task: TaskSource, description: Description) -> None:
    """Raise `AssignmentError` if a check may take longer than all checks of its task together."""
    for check in description.checks:
        if check.wall_seconds is not None and check.wall_seconds > task.limits.task_seconds:
            raise AssignmentError(
                f"{task.folder / _place_of(task, check.name)}: check {check.name} has wall_seconds="
                f"{check.wall_seconds:g}, but its task has {task.limits.task_seconds:g} s for all checks; "
                "raise task_seconds in assignment.toml"
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


def _place_of(task: TaskSource, name: str) -> str:
    """Return where a check begins: `checks.py, line 3`; line 1 if it is not found."""
    found = (
        f"{file}, line {node.lineno}"
        for file, source in (("checks.py", task.checks), *task.beside.items())
        for node in ast.walk(parse(source))
        if isinstance(node, ast.FunctionDef) and node.name == name
    )
    return next(found, "checks.py, line 1")


def _line_of_option(checks: str, why: str) -> int:
    """Return the line of the name that `forbid: 'NAME' …` is about, 0 if it is about something else."""
    option, _, rest = why.partition(": ")
    calls = [node for node in ast.walk(parse(checks)) if isinstance(node, ast.keyword) and node.arg == option]
    names = [part for call in calls for part in ast.walk(call.value) if isinstance(part, ast.Constant)]
    found = [part.lineno for part in names if rest.startswith(repr(part.value))]
    return next(iter((*found, *(call.value.lineno for call in calls))), 0)


def stopped(asked: Responses) -> Message:
    """Return why a module did not answer everything."""
    if asked.broken is not None:
        return asked.broken
    stops = (
        Message.of("check_stopped", check=stop.check, reason=stop.reason) for stop in asked.stops.values()
    )
    return Message.of("checks_stopped", stops=tuple(stops))
