"""Answers from the keys of a kit, in place of programs that are asked."""

from collections.abc import Callable, Iterable

from grader.asking.questions import Description, Question, Responses, everything
from grader.asking.reference import CachedAnswers
from grader.assignment.answer_key import AnswerKey, checks_digest, program_name
from grader.assignment.folders import KEY
from grader.assignment.loader import TaskSource
from grader.wire import Answer


class KeyAnswers:
    """The answers of a kit, whose tasks have the names of programs in place of their sources."""

    def __init__(self, tasks: Iterable[TaskSource]) -> None:
        self._tasks = tuple(tasks)

    def holds(self, question: Question) -> bool:
        """Whether there are answers to `question`."""
        return self.load(question) is not None

    def load(self, question: Question) -> Responses | None:
        """Return the answers to `question`, None if there is no key that has them."""
        program = question.files[KEY].decode()
        for task in self._tasks:
            key = task.key
            if key is not None and task.checks == question.checks and program in key.header.answers:
                return from_key(key, program, question) if question.seed == key.header.seed else None
        return None

    def store(self, question: Question, asked: Responses) -> None:
        """Keep nothing: a key is complete."""


def from_key(key: AnswerKey, program: str, question: Question) -> Responses | None:
    """Return what `program` answers to `question`, None if the key lacks an answer."""
    described = None if question.ask else Description.model_validate(key.header.description)
    ask = everything(described) if described else question.ask
    if question.record and program != key.header.solution:
        return None
    answers: dict[str, dict[int, Answer]] = {}
    for check, cases in ask:
        known = key.drawn.get(check) if question.record else key.answers(program, check)
        if known is None or not known.keys() >= set(cases):
            return None
        answers[check] = {case: known[case] for case in cases}
    return Responses(described, answers=answers)


Agree = Callable[[Answer, Answer], bool]
"""Whether two answers are the same but for rounding."""


class WarmAnswers:
    """A cache that also has the answers of known mistakes from keys that came with an assignment.

    They are used for a task only if its solution answers here as it did where the key was made: another
    machine or version may draw other inputs.
    """

    def __init__(self, cache: CachedAnswers, tasks: Iterable[TaskSource], agree: Agree) -> None:
        self._cache = cache
        self._tasks = {task.checks: task for task in tasks}
        self._agree = agree
        self._same: dict[str, bool] = {}
        """By the source of the checks: whether the solution answers as the key says."""

    def holds(self, question: Question) -> bool:
        """Whether there seem to be answers to `question`, without reading them."""
        return self._cache.holds(question) or self._of_mistake(question) is not None

    def load(self, question: Question) -> Responses | None:
        """Return the answers to `question`, None if there are none that can be trusted."""
        found = self._cache.load(question)
        if found is not None:
            self._compare(question, found)
            return found
        return self._of_mistake(question)

    def store(self, question: Question, asked: Responses) -> None:
        """Keep the answers to `question`."""
        self._cache.store(question, asked)
        self._compare(question, asked)

    def _of_mistake(self, question: Question) -> Responses | None:
        key = self._key(question)
        if key is None or not self._same.get(question.checks) or question.record or not question.ask:
            return None
        return from_key(key, self._program(question), question)

    def _key(self, question: Question) -> AnswerKey | None:
        """Return the key of this question's task, if it was made from the same checks and seed."""
        task = self._tasks.get(question.checks)
        key = None if task is None else task.key_beside
        if task is None or key is None or key.header.seed != question.seed:
            return None
        return key if key.header.checks == checks_digest(task.checks, task.shared) else None

    def _program(self, question: Question) -> str:
        data = self._tasks[question.checks].data
        return program_name({path: text for path, text in question.files.items() if path not in data})

    def _compare(self, question: Question, found: Responses) -> None:
        key = self._key(question)
        if key is None or question.ask or question.checks in self._same:
            return
        if self._program(question) != key.header.solution:
            return
        self._same[question.checks] = all(
            case in found.answers.get(check, {}) and self._agree(answer, found.answers[check][case])
            for check in key.header.drawn
            for case, answer in (key.answers(key.header.solution, check) or {}).items()
        )
